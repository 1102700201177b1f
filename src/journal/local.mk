# libjournal is what front ends link too: no crypto, no libgit2. The journal
# itself needs SHA-256 and is part of libstore.
noinst_LIBRARIES += libjournal.a
libjournal_a_SOURCES = \
	src/journal/brief.c src/journal/brief.h \
	src/journal/command.c src/journal/command.h \
	src/journal/event.c src/journal/event.h \
	src/journal/linefile.c src/journal/linefile.h \
	src/journal/past.c src/journal/past.h \
	src/journal/reader.c src/journal/reader.h \
	src/journal/session.c src/journal/session.h \
	src/journal/session-list.c \
	src/journal/session-running.c src/journal/session-running.h \
	src/journal/session-sock.c \
	src/journal/summary.c src/journal/summary.h \
	src/journal/syntax-class.h \
	src/journal/task-limit.c src/journal/task-limit.h \
	src/journal/task-usage.c src/journal/task-usage.h \
	src/journal/trim.c src/journal/trim.h
libjournal_a_SOURCES += \
	src/journal/fold.c src/journal/fold.h \
	src/journal/fold-ask.c src/journal/fold-ask.h \
	src/journal/fold-changes.c \
	src/journal/fold-end.c \
	src/journal/fold-int.h \
	src/journal/fold-items.c \
	src/journal/fold-marks.c \
	src/journal/fold-hook.c src/journal/fold-hook.h \
	src/journal/fold-net.c src/journal/fold-net.h \
	src/journal/fold-pause.c src/journal/fold-pause.h \
	src/journal/fold-plan.c src/journal/fold-plan.h \
	src/journal/fold-proposal.c src/journal/fold-proposal.h \
	src/journal/fold-tools.c
