# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libcageclient.a
libcageclient_a_SOURCES = \
	src/cage/advice.c src/cage/advice.h \
	src/cage/cage.c src/cage/cage.h \
	src/cage/cage-limits.c \
	src/cage/cage-line.c \
	src/cage/cgroup-file.c src/cage/cgroup.h \
	src/cage/cgroup-find.c src/cage/cgroup-leaf.c \
	src/cage/cgroup-scope.c \
	src/cage/cage-probe.c \
	src/cage/gitlink.c src/cage/gitlink.h \
	src/cage/landlock.c src/cage/landlock.h \
	src/cage/outside.c src/cage/outside.h \
	src/cage/cage-ready.c \
	src/cage/cage-worker.c src/cage/cage-worker.h \
	src/cage/request.c src/cage/request.h \
	src/cage/toolchain.c src/cage/toolchain.h

# The worker's side.
noinst_LIBRARIES += libcage.a
libcage_a_SOURCES = \
	src/cage/cachedir.c src/cage/cachedir.h \
	src/cage/cgroup-file.c src/cage/cgroup.h src/cage/cgroup-join.c \
	src/cage/duty.c src/cage/duty.h \
	src/cage/filter.c src/cage/filter.h \
	src/cage/filter-calls.c src/cage/filter-calls.h \
	src/cage/gitlink.c src/cage/gitlink.h \
	src/cage/inside.c src/cage/inside.h \
	src/cage/landlock.c src/cage/landlock.h \
	src/cage/launch.c src/cage/launch.h src/cage/launch-priv.h \
	src/cage/ns.c src/cage/ns.h \
	src/cage/outside.c src/cage/outside.h \
	src/cage/payload.c src/cage/payload.h \
	src/cage/plan.c src/cage/plan.h \
	src/cage/pump.c \
	src/cage/report.c src/cage/report.h \
	src/cage/request.c src/cage/request.h \
	src/cage/root.c src/cage/root.h src/cage/root-priv.h \
	src/cage/root-place.c src/cage/root-show.c \
	src/cage/selftest.c src/cage/selftest.h \
	src/cage/sys.h \
	src/cage/tasks.c src/cage/tasks.h \
	src/cage/toolchain.c src/cage/toolchain.h \
	src/cage/watch.c src/cage/watch.h
libcage_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)

# The AppArmor profile as a string: doctor's advice and the file that is
# installed are one text.
src/cage/apparmor-profile.h: contrib/apparmor/assent-worker.in
	@$(MKDIR_P) src/cage
	$(AM_V_GEN)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
		-e 's/.*/"&\\n"/' '$(srcdir)/contrib/apparmor/assent-worker.in' \
		>$@.tmp && mv $@.tmp $@
src/cage/advice.$(OBJEXT): src/cage/apparmor-profile.h
CLEANFILES += src/cage/apparmor-profile.h
