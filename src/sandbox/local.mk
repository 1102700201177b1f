# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libsandboxclient.a
libsandboxclient_a_SOURCES = \
	src/sandbox/advice.c src/sandbox/advice.h \
	src/sandbox/sandbox.c src/sandbox/sandbox.h \
	src/sandbox/sandbox-limits.c src/sandbox/sandbox-limits.h \
	src/sandbox/sandbox-line.c \
	src/sandbox/cgroup-file.c src/sandbox/cgroup.h \
	src/sandbox/cgroup-find.c src/sandbox/cgroup-leaf.c \
	src/sandbox/cgroup-scope.c \
	src/sandbox/sandbox-probe.c \
	src/sandbox/gitlink.c src/sandbox/gitlink.h \
	src/sandbox/landlock.c src/sandbox/landlock.h \
	src/sandbox/outside.c src/sandbox/outside.h \
	src/sandbox/sandbox-ready.c \
	src/sandbox/sandbox-worker.c src/sandbox/sandbox-worker.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h

# The worker's side.
noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = \
	src/sandbox/cachedir.c src/sandbox/cachedir.h \
	src/sandbox/cgroup-file.c src/sandbox/cgroup.h src/sandbox/cgroup-join.c \
	src/sandbox/duty.c src/sandbox/duty.h \
	src/sandbox/filter.c src/sandbox/filter.h \
	src/sandbox/filter-calls.c src/sandbox/filter-calls.h \
	src/sandbox/gitlink.c src/sandbox/gitlink.h \
	src/sandbox/inside.c src/sandbox/inside.h \
	src/sandbox/landlock.c src/sandbox/landlock.h \
	src/sandbox/launch.c src/sandbox/launch.h src/sandbox/launch-priv.h \
	src/sandbox/ns.c src/sandbox/ns.h \
	src/sandbox/outside.c src/sandbox/outside.h \
	src/sandbox/payload.c src/sandbox/payload.h \
	src/sandbox/plan.c src/sandbox/plan.h \
	src/sandbox/pump.c \
	src/sandbox/report.c src/sandbox/report.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/root.c src/sandbox/root.h src/sandbox/root-priv.h \
	src/sandbox/root-place.c src/sandbox/root-show.c \
	src/sandbox/sandbox-limits.c src/sandbox/sandbox-limits.h \
	src/sandbox/selftest.c src/sandbox/selftest.h \
	src/sandbox/sys.h \
	src/sandbox/tasks.c src/sandbox/tasks.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h \
	src/sandbox/watch.c src/sandbox/watch.h
libsandbox_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)

# The AppArmor profile as a string: doctor's advice and the file that is
# installed are one text.
src/sandbox/apparmor-profile.h: contrib/apparmor/assent-worker.in
	@$(MKDIR_P) src/sandbox
	$(AM_V_GEN)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
		-e 's/.*/"&\\n"/' '$(srcdir)/contrib/apparmor/assent-worker.in' \
		>$@.tmp && mv $@.tmp $@
src/sandbox/advice.$(OBJEXT): src/sandbox/apparmor-profile.h
CLEANFILES += src/sandbox/apparmor-profile.h
