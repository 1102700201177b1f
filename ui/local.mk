# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS) $(MD4C_CFLAGS)
libui_a_SOURCES = \
	ui/app/app-draft.c \
	ui/app/app-edit.c \
	ui/app/app-frame.c \
	ui/app/app-ground.c \
	ui/app/app-int.h \
	ui/app/app-pick.c \
	ui/app/app-seen.c \
	ui/app/app-view.c \
	ui/app/app.c ui/app/app.h \
	ui/app/notify.c \
	ui/app/view-settings.c ui/app/view-settings.h \
	ui/panes/confirm.c ui/panes/confirm.h \
	ui/panes/send-decision.c ui/panes/send-decision.h \
	ui/panes/diff-data.h \
	ui/panes/displayed.c ui/panes/displayed.h \
	ui/panes/mark-history.c ui/panes/mark-history.h \
	ui/panes/output-data.h \
	ui/panes/pane-data.h \
	ui/panes/prompt-id.c ui/panes/prompt-id.h \
	ui/panes/transcript-data.h \
	ui/panes/typing-data.h \
	ui/panes/ui-base.c ui/panes/ui-base.h \
	ui/diff/context-lines.c ui/diff/context-lines.h \
	ui/diff/diff-colours.c ui/diff/diff-colours.h \
	ui/diff/diff-file.c \
	ui/diff/diff-header.c \
	ui/diff/diff-hunk.c \
	ui/diff/diff-jump.c \
	ui/diff/diff-news.c \
	ui/diff/disk-note.c ui/diff/disk-note.h \
	ui/diff/diff-page.c \
	ui/diff/diff-space.c \
	ui/diff/diff-spot.c \
	ui/diff/diff-text.c \
	ui/diff/diff-tree.c \
	ui/diff/diff-view.c \
	ui/diff/diff.h \
	ui/diff/effect.c ui/diff/effect.h \
	ui/diff/hunk-edit.c ui/diff/hunk-edit.h \
	ui/diff/line-comment.c ui/diff/line-comment.h \
	ui/diff/line-notes.c ui/diff/line-notes.h \
	ui/diff/look-file.c ui/diff/look-file.h \
	ui/diff/moved-blocks.c ui/diff/moved-blocks.h \
	ui/diff/pane-diff.c \
	ui/diff/product-list.c ui/diff/product-list.h \
	ui/diff/review-file.c ui/diff/review-file.h \
	ui/panes/complete.c ui/panes/complete.h \
	ui/panes/composer-history.c \
	ui/panes/composer.c ui/panes/composer.h \
	ui/panes/draft-file.c \
	ui/panes/draft.c ui/panes/draft.h \
	ui/panes/plan-edit.c ui/panes/plan-edit.h \
	ui/panes/search.c ui/panes/search.h \
	ui/panes/summary-edit.c ui/panes/summary-edit.h \
	ui/panes/typing.c ui/panes/typing.h \
	ui/keys/keys-code.c \
	ui/keys/keys-int.h \
	ui/keys/keys.c ui/keys/keys.h \
	ui/panes/colours.c ui/panes/colours.h \
	ui/panes/export.c ui/panes/export.h \
	ui/panes/git-commit.c ui/panes/git-commit.h \
	ui/panes/layout.c ui/panes/layout.h \
	ui/panes/pane.c ui/panes/pane.h \
	ui/panes/plan-strip.c ui/panes/plan-strip.h \
	ui/panes/view.c ui/panes/view.h \
	ui/panes/changes-rows.c ui/panes/changes-rows.h \
	ui/panes/code-colours.c ui/panes/code-colours.h \
	ui/panes/failure-line.c ui/panes/failure-line.h \
	ui/panes/help.c ui/panes/help.h \
	ui/panes/limit.c ui/panes/limit.h \
	ui/panes/output-fetch.c ui/panes/output-fetch.h \
	ui/panes/output-viewer.c ui/panes/output-viewer.h \
	ui/panes/pane-ask.c \
	ui/panes/pane-changes.c ui/panes/pane-changes.h \
	ui/panes/pane-output.c ui/panes/pane-output.h \
	ui/panes/pane-plan.c ui/panes/pane-plan.h \
	ui/panes/plan-news.c ui/panes/plan-news.h \
	ui/panes/pane-transcript.c \
	ui/panes/panes.h \
	ui/panes/transcript-export.c \
	ui/panes/transcript-find.c \
	ui/panes/transcript-item.c \
	ui/panes/transcript.c ui/panes/transcript.h \
	ui/panes/welcome.c ui/panes/welcome.h \
	ui/pick/fuzzy.c ui/pick/fuzzy.h \
	ui/pick/picker.c ui/pick/picker.h \
	ui/app/apply-notice.c ui/app/apply-notice.h \
	ui/app/away-notice.c ui/app/away-notice.h \
	ui/app/decide-scope.c ui/app/decide-scope.h \
	ui/app/decide.c ui/app/decide.h \
	ui/app/frame.c ui/app/frame.h \
	ui/app/key-hints.c ui/app/key-hints.h \
	ui/app/mouse.c ui/app/mouse.h \
	ui/app/pick-command.c ui/app/pick-command.h \
	ui/app/pick-view.c ui/app/pick-view.h \
	ui/app/state.c ui/app/state.h \
	ui/app/state-line.c ui/app/state-line.h \
	ui/app/status-line.c ui/app/status-line.h \
	ui/app/submit.c ui/app/submit.h \
	ui/app/take-back.c ui/app/take-back.h \
	ui/app/verdict.c ui/app/verdict.h \
	ui/term/draw-colour.c ui/term/draw-colour.h \
	ui/term/draw.c ui/term/draw.h \
	ui/term/ground.c ui/term/ground.h \
	ui/term/palette.c ui/term/palette.h \
	ui/term/rate-limit.c ui/term/rate-limit.h \
	ui/term/screen.c ui/term/screen.h \
	ui/term/sendq.c ui/term/sendq.h \
	ui/term/tty-int.h \
	ui/term/tty-line.c \
	ui/term/tty-rescue.c \
	ui/term/tty-type.c \
	ui/term/tty.c ui/term/tty.h \
	ui/text/input-draw.c \
	ui/text/input-kill.c \
	ui/text/input-paste.c \
	ui/text/input.c ui/text/input.h \
	ui/text/markdown-int.h \
	ui/text/markdown-render.c \
	ui/text/markdown-table.c \
	ui/text/markdown.c ui/text/markdown.h \
	ui/text/page-find.c \
	ui/text/page.c ui/text/page.h \
	ui/text/pairs.c ui/text/pairs.h \
	ui/text/word-diff.c ui/text/word-diff.h
