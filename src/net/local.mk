noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/address.c src/net/address.h \
	src/net/authority.c src/net/authority.h \
	src/net/channel.c src/net/channel.h \
	src/net/confine.c src/net/confine.h \
	src/net/conn.c src/net/conn.h \
	src/net/dial.c src/net/dial.h \
	src/net/flow.c src/net/flow.h \
	src/net/head.c src/net/head.h \
	src/net/proxy.c src/net/proxy.h \
	src/net/same.h
libnet_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(SECCOMP_CFLAGS)
pkglibexec_PROGRAMS += assent-net
assent_net_SOURCES = src/net/assent-net.c
assent_net_LDADD = libnet.a libpolicy.a libloop.a libbase.a $(BASE_LIBS) $(CURL_LIBS) \
	$(SECCOMP_LIBS)
