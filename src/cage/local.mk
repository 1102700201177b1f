# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libcageclient.a
libcageclient_a_SOURCES = \
	src/cage/cage.c src/cage/cage.h \
	src/cage/cage-limits.c \
	src/cage/cage-probe.c \
	src/cage/request.c src/cage/request.h \
	src/cage/toolchain.c src/cage/toolchain.h

# The worker's side.
noinst_LIBRARIES += libcage.a
libcage_a_SOURCES = \
	src/cage/filter.c src/cage/filter.h \
	src/cage/gitlink.c \
	src/cage/inside.c src/cage/inside.h \
	src/cage/launch.c src/cage/launch.h \
	src/cage/ns.c src/cage/ns.h \
	src/cage/payload.c src/cage/payload.h \
	src/cage/plan.c src/cage/plan.h \
	src/cage/report.c src/cage/report.h \
	src/cage/request.c src/cage/request.h \
	src/cage/selftest.c src/cage/selftest.h \
	src/cage/sys.h \
	src/cage/tasks.c src/cage/tasks.h \
	src/cage/toolchain.c src/cage/toolchain.h \
	src/cage/watch.c src/cage/watch.h
libcage_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
