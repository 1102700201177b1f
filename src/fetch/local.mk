noinst_LIBRARIES += libfetch.a
libfetch_a_SOURCES = \
	src/fetch/html-text.c src/fetch/html-text.h
libfetch_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(XML2_CFLAGS)
pkglibexec_PROGRAMS += assent-fetch
assent_fetch_SOURCES = src/fetch/assent-fetch.c
assent_fetch_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(XML2_CFLAGS)
assent_fetch_LDADD = libfetch.a libbase.a $(BASE_LIBS) $(CURL_LIBS) \
	$(XML2_LIBS)
