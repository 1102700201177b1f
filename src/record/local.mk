# Recordings of sessions, and statistics.
noinst_LIBRARIES += librecord.a
librecord_a_SOURCES = \
	src/record/recording.c src/record/recording.h \
	src/record/scrub.c \
	src/record/stats.c src/record/stats.h
