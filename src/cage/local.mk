# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libcageclient.a
libcageclient_a_SOURCES = \
	src/cage/cage.c src/cage/cage.h \
	src/cage/cage-limits.c \
	src/cage/request.c src/cage/request.h
