# What a person can do with what waits; no terminal.
noinst_LIBRARIES += libreview.a
libreview_a_SOURCES = \
	src/review/alike.c \
	src/review/alike.h \
	src/review/moved.c \
	src/review/moved.h \
	src/review/pairs.c \
	src/review/pairs.h \
	src/review/review.c \
	src/review/review.h \
	src/review/target.c
