noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/args.c src/cmd/cmd.h \
	src/cmd/attach.c \
	src/cmd/client.c src/cmd/client.h \
	src/cmd/demo.c \
	src/cmd/doctor.c \
	src/cmd/end.c \
	src/cmd/exec.c \
	src/cmd/headless.c src/cmd/headless.h \
	src/cmd/help.c \
	src/cmd/log-cmd.c \
	src/cmd/log.c src/cmd/log.h \
	src/cmd/ls.c \
	src/cmd/print.c src/cmd/print.h \
	src/cmd/review.c src/cmd/review.h \
	src/cmd/setup.c src/cmd/setup.h \
	src/cmd/table.c \
	src/cmd/try.c

bin_PROGRAMS += assent
assent_SOURCES = src/cmd/main.c
assent_LDADD = libcmd.a libui.a libconfig.a libpatch.a libjournal.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS)
