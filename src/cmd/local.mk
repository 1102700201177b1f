noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/args.c src/cmd/cmd.h \
	src/cmd/apply.c src/cmd/apply.h \
	src/cmd/apply-zero.c \
	src/cmd/attach.c \
	src/cmd/choose.c src/cmd/choose.h src/cmd/choose-int.h \
	src/cmd/choose-comment.c \
	src/cmd/choose-patch.c \
	src/cmd/choose-words.c \
	src/cmd/clean.c src/cmd/clean.h \
	src/cmd/clear.c src/cmd/clear.h \
	src/cmd/client.c src/cmd/client.h \
	src/cmd/decide.c \
	src/cmd/demo.c \
	src/cmd/doctor.c \
	src/cmd/doctor-protected.c src/cmd/doctor-protected.h \
	src/cmd/end.c \
	src/cmd/estimate.c \
	src/cmd/exec.c src/cmd/sarif.c src/cmd/sarif.h \
	src/cmd/headless.c src/cmd/headless.h src/cmd/headless-int.h \
	src/cmd/headless-ask.c \
	src/cmd/headless-choice.c \
	src/cmd/headless-print.c \
	src/cmd/help.c \
	src/cmd/keys-cmd.c \
	src/cmd/live-scratch.c src/cmd/live-scratch.h \
	src/cmd/live.c src/cmd/live.h \
	src/cmd/local.c src/cmd/local.h \
	src/cmd/log-cmd.c \
	src/cmd/log.c src/cmd/log.h \
	src/cmd/login.c \
	src/cmd/ls.c \
	src/cmd/models.c \
	src/cmd/moved.c src/cmd/moved.h \
	src/cmd/plain.c src/cmd/plain.h src/cmd/plain-int.h \
	src/cmd/plain-ask.c src/cmd/plain-change.c \
	src/cmd/plain-kept.c src/cmd/plain-output.c src/cmd/plain-typed.c \
	src/cmd/print.c src/cmd/print-end.c src/cmd/print-json.c src/cmd/print-line.c \
	src/cmd/print.h src/cmd/print-int.h \
	src/cmd/reach.c src/cmd/reach.h \
	src/cmd/review.c src/cmd/review.h \
	src/cmd/setup.c src/cmd/setup.h \
	src/cmd/show.c \
	src/cmd/stats.c \
	src/cmd/stopped.c src/cmd/stopped.h \
	src/cmd/table.c \
	src/cmd/try.c src/cmd/try.h \
	src/cmd/undo.c

bin_PROGRAMS += assent
assent_SOURCES = src/cmd/main.c
assent_LDADD = libcmd.a libui.a libconfig.a libdialect.a libpolicy.a libpatch.a libjournal.a \
	libtool-table.a libbase.a $(BASE_LIBS) $(NCURSES_LIBS) $(MD4C_LIBS)
