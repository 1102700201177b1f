# Recordings of sessions.
noinst_LIBRARIES += librecord.a
librecord_a_SOURCES = \
	src/record/recording.c src/record/recording.h \
	src/record/session-markdown.c src/record/session-markdown.h
