noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/address.c src/net/address.h \
	src/net/channel.c src/net/proxy.h \
	src/net/confine.c \
	src/net/head.c src/net/head.h
libnet_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(SECCOMP_CFLAGS)
pkglibexec_PROGRAMS += assent-net
assent_net_SOURCES = src/net/assent-net.c src/net/assent-net.h \
	src/net/conn.c src/net/dial.c src/net/flow.c \
	src/net/relay.c
assent_net_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
assent_net_LDADD = libnet.a libpolicy.a libloop.a libbase.a $(BASE_LIBS) $(CURL_LIBS) \
	$(SECCOMP_LIBS)
