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
	ui/base/confirm.c ui/base/confirm.h \
	ui/base/send-decision.c ui/base/send-decision.h \
	ui/base/diff-data.h \
	ui/base/displayed.c ui/base/displayed.h \
	ui/base/mark-history.c ui/base/mark-history.h \
	ui/base/output-data.h \
	ui/base/pane-data.h \
	ui/base/prompt-id.c ui/base/prompt-id.h \
	ui/base/scroll-state.c ui/base/scroll-state.h \
	ui/base/transcript-data.h \
	ui/base/typing-data.h \
	ui/base/ui-base.c ui/base/ui-base.h \
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
	ui/input/complete.c ui/input/complete.h \
	ui/input/composer-history.c \
	ui/input/composer.c ui/input/composer.h \
	ui/input/draft-file.c \
	ui/input/draft.c ui/input/draft.h \
	ui/input/file-preview.c ui/input/file-preview.h \
	ui/input/plan-edit.c ui/input/plan-edit.h \
	ui/input/search.c ui/input/search.h \
	ui/input/summary-edit.c ui/input/summary-edit.h \
	ui/input/typing.c ui/input/typing.h \
	ui/keys/keys-code.c \
	ui/keys/keys-int.h \
	ui/keys/keys.c ui/keys/keys.h \
	ui/keys/terminfo-keys-load.c \
	ui/keys/terminfo-keys.c ui/keys/terminfo-keys.h \
	ui/layout/colours.c ui/layout/colours.h \
	ui/layout/export.c ui/layout/export.h \
	ui/layout/git-commit.c ui/layout/git-commit.h \
	ui/layout/layout.c ui/layout/layout.h \
	ui/layout/pane.c ui/layout/pane.h \
	ui/layout/plan-strip.c ui/layout/plan-strip.h \
	ui/layout/view.c ui/layout/view.h \
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
	ui/state/apply-notice.c ui/state/apply-notice.h \
	ui/state/away-notice.c ui/state/away-notice.h \
	ui/state/decide-scope.c ui/state/decide-scope.h \
	ui/state/decide.c ui/state/decide.h \
	ui/state/frame.c ui/state/frame.h \
	ui/state/key-hints.c ui/state/key-hints.h \
	ui/state/mouse.c ui/state/mouse.h \
	ui/state/pick-command.c ui/state/pick-command.h \
	ui/state/pick-view.c ui/state/pick-view.h \
	ui/state/state.c ui/state/state.h \
	ui/state/state-line.c ui/state/state-line.h \
	ui/state/status-line.c ui/state/status-line.h \
	ui/state/submit.c ui/state/submit.h \
	ui/state/take-back.c ui/state/take-back.h \
	ui/state/verdict.c ui/state/verdict.h \
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
