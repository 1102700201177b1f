noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = src/loop/loop.c src/loop/loop.h \
	src/loop/loop-int.h src/loop/loop-transfer.c
libloop_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
