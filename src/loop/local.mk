noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = src/loop/loop.c src/loop/loop.h
libloop_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
