# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS) $(MD4C_CFLAGS)
libui_a_SOURCES = \
	ui/app/app-frame.c \
	ui/app/app-int.h \
	ui/app/app-pick.c \
	ui/app/app.c ui/app/app.h \
	ui/app/decide.c ui/app/decide.h \
	ui/app/frame.c \
	ui/app/offers.c \
	ui/app/pick-command.c \
	ui/app/state-line.c \
	ui/app/state.c ui/app/state.h \
	ui/app/status-line.c \
	ui/diff/diff-alike.c \
	ui/diff/diff-files.c \
	ui/diff/diff-header.c \
	ui/diff/diff-hunk.c \
	ui/diff/diff-page.c \
	ui/diff/diff-view.c \
	ui/diff/diff.h \
	ui/diff/hunk-edit.c \
	ui/diff/line-notes.c \
	ui/diff/pane-diff.c \
	ui/diff/review-file.c \
	ui/keys/key-code.c ui/keys/key-code.h \
	ui/keys/keys.c ui/keys/keys.h \
	ui/panes/background-list.c \
	ui/panes/btw.c \
	ui/panes/colours.c \
	ui/panes/complete.c \
	ui/panes/composer.c ui/panes/composer.h \
	ui/panes/confirm.c ui/panes/confirm.h \
	ui/panes/draft.c \
	ui/panes/help.c \
	ui/panes/pane-ask.c \
	ui/panes/pane-changes.c \
	ui/panes/pane-output.c \
	ui/panes/pane-plan.c \
	ui/panes/pane.c \
	ui/panes/panes.h \
	ui/panes/plan-strip.c \
	ui/panes/transcript-item.c \
	ui/panes/transcript.c ui/panes/transcript.h \
	ui/panes/ui-base.c ui/panes/ui-base.h \
	ui/pick/picker.c ui/pick/picker.h \
	ui/term/draw.c \
	ui/app/guest.c ui/app/guest.h src/term/term-view.c \
	ui/term/palette.c \
	ui/term/pen.c \
	ui/term/screen.c ui/term/screen.h \
	ui/term/sendq.c \
	ui/term/terminal.h \
	ui/term/tty-int.h \
	ui/term/tty.c \
	ui/text/input.c ui/text/input.h \
	ui/text/list.c ui/text/list.h \
	ui/text/markdown.c ui/text/markdown.h \
	ui/text/page.c ui/text/page.h
