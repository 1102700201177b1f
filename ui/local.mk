# files of the screen; linked into assent alone
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS)
libui_a_SOURCES = \
	ui/action.c ui/action.h \
	ui/keys.c ui/keys.h \
	ui/ui.h
