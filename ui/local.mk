# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS)
libui_a_SOURCES = \
	ui/action.c ui/action.h \
	ui/app.c \
	ui/decide.c \
	ui/draw.c ui/draw.h \
	ui/editor.c ui/editor.h \
	ui/help.c \
	ui/input.c ui/input.h \
	ui/keys.c ui/keys.h \
	ui/layout.c ui/layout.h \
	ui/page.c ui/page.h \
	ui/pane-ask.c \
	ui/pane-diff.c \
	ui/pane-output.c \
	ui/pane-plan.c \
	ui/pane-transcript.c \
	ui/pane.c \
	ui/screen.c ui/screen.h \
	ui/seen.c \
	ui/state.c ui/state.h \
	ui/status.c \
	ui/tty.c ui/tty.h \
	ui/ui.h
