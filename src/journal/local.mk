# libjournal is what front ends link too: no crypto, no libgit2. The journal
# itself needs SHA-256 and is part of libstore.
noinst_LIBRARIES += libjournal.a
libjournal_a_SOURCES = \
	src/journal/reader.c src/journal/reader.h \
	src/journal/command.c src/journal/command.h \
	src/journal/event.c src/journal/event.h src/journal/facts.c \
	src/journal/facts.h src/journal/events.def \
	src/journal/file-lines.c src/journal/file-lines.h \
	src/journal/session.c src/journal/session.h \
	src/journal/session-disk.c \
	src/journal/session-grep.c \
	src/journal/session-list.c src/journal/session-state.c \
	src/journal/session-state.def \
	src/journal/session-watch.c \
	src/journal/summary.c src/journal/summary.h \
	src/journal/task-usage.c src/journal/task-usage.h
libjournal_a_SOURCES += \
	src/journal/fold.c src/journal/fold.h \
	src/journal/fold-ask.c \
	src/journal/fold-tools.c \
	src/journal/fold-changes.c \
	src/journal/fold-end.c \
	src/journal/fold-int.h \
	src/journal/fold-note.c \
	src/journal/fold-proof.c \
	src/journal/fold-proposal.c \
	src/journal/fold-open.c \
	src/journal/fold-plan.c
