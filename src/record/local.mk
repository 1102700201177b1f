# Recordings of sessions, and statistics.
noinst_LIBRARIES += librecord.a
librecord_a_SOURCES = \
	src/record/recording.c src/record/recording.h \
	src/record/recording-tree.c src/record/recording-tree.h \
	src/record/replay-answer.c src/record/replay-answer.h \
	src/record/replay-diff.c src/record/replay-diff.h \
	src/record/scrub.c src/record/scrub.h \
	src/record/stats.c src/record/stats.h
