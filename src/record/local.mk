# Sessions as Markdown.
noinst_LIBRARIES += librecord.a
librecord_a_SOURCES = \
	src/record/scrub.c src/record/scrub.h \
	src/record/session-markdown.c src/record/session-markdown.h
