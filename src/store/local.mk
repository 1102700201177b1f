noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/base/sha.c src/base/sha.h \
	src/journal/journal.c src/journal/journal.h \
	src/store/blob.c src/store/blob.h \
	src/store/gitlib.c src/store/gitlib.h
libstore_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(GIT2_CFLAGS)
STORE_LIBS = $(GIT2_LIBS) $(CRYPTO_LIBS)
