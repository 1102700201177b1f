# What a person can do with what waits; no terminal.
noinst_LIBRARIES += libreview.a
libreview_a_SOURCES = \
	src/review/alike.c \
	src/review/alike.h \
	src/review/review.c \
	src/review/review.h \
	src/review/target.c
