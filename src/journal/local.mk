# libjournal is what front ends link too: no crypto, no libgit2. The journal
# itself needs SHA-256 and is part of libstore.
noinst_LIBRARIES += libjournal.a
libjournal_a_SOURCES = \
	src/journal/command.c src/journal/command.h \
	src/journal/cut.c src/journal/cut.h \
	src/journal/event.c src/journal/event.h \
	src/journal/past.c src/journal/past.h \
	src/journal/peek.c src/journal/peek.h \
	src/journal/linefile.c src/journal/linefile.h \
	src/journal/session.c src/journal/session.h \
	src/journal/sock.c \
	src/journal/spent.c src/journal/spent.h \
	src/journal/summary.c src/journal/summary.h
libjournal_a_SOURCES += \
	src/journal/fold.c src/journal/fold.h src/journal/fold-int.h \
	src/journal/fold-changes.c \
	src/journal/fold-end.c \
	src/journal/fold-items.c \
	src/journal/fold-marks.c \
	src/journal/fold-pause.c \
	src/journal/fold-plan.c \
	src/journal/fold-proposal.c \
	src/journal/fold-tools.c
