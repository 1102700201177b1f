# What a person can do with what waits; no terminal.
noinst_LIBRARIES += libreview.a
libreview_a_SOURCES = \
	src/review/marks.c \
	src/review/news.c \
	src/review/review.h \
	src/review/sight.c \
	src/review/target.c \
	src/review/waits.c
