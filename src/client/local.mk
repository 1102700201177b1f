# A session as a front end has it.
noinst_LIBRARIES += libclient.a
libclient_a_SOURCES = \
	src/client/client.c src/client/client.h \
	src/client/client-start.c src/client/offer.c src/client/offer.h
