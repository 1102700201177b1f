# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS) $(MD4C_CFLAGS)
libui_a_SOURCES = \
	ui/app/app.c \
	ui/app/app-draft.c \
	ui/app/app-edit.c \
	ui/app/app-frame.c \
	ui/app/app-int.h \
	ui/app/app-kept.c \
	ui/app/notify.c \
	ui/app/ui.h \
	ui/app/view-settings.c ui/app/view-settings.h \
	ui/diff/context-lines.c \
	ui/diff/diff.h \
	ui/diff/diff-hunk.c \
	ui/diff/diff-jump.c \
	ui/diff/diff-page.c \
	ui/diff/diff-spot.c \
	ui/diff/diff-text.c \
	ui/diff/diff-view.c \
	ui/diff/hunk-edit.c \
	ui/diff/line-comment.c \
	ui/diff/product-list.c \
	ui/diff/pairs.c ui/diff/pairs.h \
	ui/diff/word-diff.c ui/diff/word-diff.h \
	ui/input/complete.c ui/input/complete.h \
	ui/input/composer.c ui/input/composer.h \
	ui/input/composer-history.c \
	ui/input/draft.c ui/input/draft.h \
	ui/input/draft-file.c \
	ui/input/input.c ui/input/input.h \
	ui/input/input-draw.c \
	ui/input/input-kill.c \
	ui/input/input-paste.c \
	ui/input/plan-edit.c \
	ui/input/summary-edit.c \
	ui/input/typing.c \
	ui/keys/key-hints.c \
	ui/keys/keys.c ui/keys/keys.h \
	ui/keys/keys-code.c \
	ui/keys/keys-int.h \
	ui/layout/layout.c ui/layout/layout.h \
	ui/layout/pane.c \
	ui/layout/plan-strip.c \
	ui/layout/status.c \
	ui/layout/view.c \
	ui/panes/apply-notice.c \
	ui/panes/export.c ui/panes/export.h \
	ui/panes/help.c \
	ui/panes/limit.c \
	ui/panes/output-fetch.c ui/panes/output-fetch.h \
	ui/panes/output-viewer.c ui/panes/output-viewer.h \
	ui/panes/pane-ask.c \
	ui/panes/pane-changes.c \
	ui/panes/pane-diff.c \
	ui/panes/pane-output.c \
	ui/panes/pane-plan.c \
	ui/panes/pane-transcript.c \
	ui/panes/transcript.c ui/panes/transcript.h \
	ui/panes/transcript-export.c \
	ui/panes/transcript-find.c \
	ui/panes/transcript-item.c \
	ui/state/decide.c \
	ui/state/displayed.c \
	ui/state/frame.c \
	ui/state/prompt-id.c \
	ui/state/scroll-state.c \
	ui/state/search.c \
	ui/state/state.c ui/state/state.h \
	ui/term/draw.c ui/term/draw.h \
	ui/term/rate-limit.c ui/term/rate-limit.h \
	ui/term/screen.c ui/term/screen.h \
	ui/term/sendq.c ui/term/sendq.h \
	ui/term/terminfo-keys.c ui/term/terminfo-keys.h \
	ui/term/terminfo-keys-load.c \
	ui/term/tty.c ui/term/tty.h \
	ui/term/tty-int.h \
	ui/term/tty-line.c \
	ui/term/tty-rescue.c \
	ui/term/tty-type.c \
	ui/text/markdown.c ui/text/markdown.h \
	ui/text/markdown-int.h \
	ui/text/markdown-render.c \
	ui/text/markdown-table.c \
	ui/text/page.c ui/text/page.h \
	ui/text/page-find.c
