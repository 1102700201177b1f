# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libsandboxclient.a
libsandboxclient_a_SOURCES = \
	src/sandbox/gitlink.c src/sandbox/gitlink.h \
	src/sandbox/host-advice.c src/sandbox/host-advice.h \
	src/sandbox/host-path.c src/sandbox/host-path.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/sandbox-level.c \
	src/sandbox/sandbox-level.h \
	src/sandbox/sandbox-probe.c \
	src/sandbox/sandbox-ready.c \
	src/sandbox/sandbox-worker.c \
	src/sandbox/sandbox-worker.h \
	src/sandbox/cachedir.c src/sandbox/cachedir.h \
	src/sandbox/mount-plan.c src/sandbox/mount-plan.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h \
	src/sandbox/cgroup.h \
	src/sandbox/cgroup-file.c \
	src/sandbox/cgroup-find.c \
	src/sandbox/cgroup-leaf.c \
	src/sandbox/cgroup-scope.c \
	src/sandbox/sandbox-limits.c \
	src/sandbox/sandbox-limits.h \
	src/sandbox/sandbox-line.c \
	src/sandbox/tasks.c src/sandbox/tasks.h \
	src/sandbox/sandbox.c src/sandbox/sandbox.h \
	src/sandbox/landlock.c src/sandbox/landlock.h

# The worker's side.
noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = \
	src/sandbox/gitlink.c src/sandbox/gitlink.h \
	src/sandbox/host-path.c src/sandbox/host-path.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/sandbox-level.c \
	src/sandbox/sandbox-level.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h \
	src/sandbox/cgroup.h \
	src/sandbox/cgroup-file.c \
	src/sandbox/cgroup-join.c \
	src/sandbox/cpu-throttle.c \
	src/sandbox/cpu-throttle.h \
	src/sandbox/sandbox-limits.c \
	src/sandbox/sandbox-limits.h \
	src/sandbox/watch.c src/sandbox/watch.h \
	src/sandbox/cachedir.c src/sandbox/cachedir.h \
	src/sandbox/broker.c src/sandbox/broker.h \
	src/sandbox/broker-file.c \
	src/sandbox/broker-port.c \
	src/sandbox/broker-priv.h \
	src/sandbox/broker-signal.c \
	src/sandbox/broker-socket.c \
	src/sandbox/broker-target.c \
	src/sandbox/copy-git.c src/sandbox/copy-git.h \
	src/sandbox/filter.c src/sandbox/filter.h \
	src/sandbox/filter-calls.c \
	src/sandbox/filter-calls.h \
	src/sandbox/init.c src/sandbox/init.h \
	src/sandbox/inspection.c \
	src/sandbox/inspection.h \
	src/sandbox/landlock.c src/sandbox/landlock.h \
	src/sandbox/launch.c src/sandbox/launch.h \
	src/sandbox/launch-priv.h \
	src/sandbox/mount-plan.c src/sandbox/mount-plan.h \
	src/sandbox/ns.c src/sandbox/ns.h \
	src/sandbox/guard.c src/sandbox/guard.h \
	src/sandbox/payload.c src/sandbox/payload.h \
	src/sandbox/proxy-listen.c \
	src/sandbox/proxy-listen.h \
	src/sandbox/report.c src/sandbox/report.h \
	src/sandbox/root.c src/sandbox/root.h \
	src/sandbox/root-direct.c \
	src/sandbox/root-place.c \
	src/sandbox/root-priv.h \
	src/sandbox/root-renew.c \
	src/sandbox/root-show.c \
	src/sandbox/selftest.c src/sandbox/selftest.h \
	src/sandbox/supervise.c \
	src/sandbox/sys.h \
	src/sandbox/tasks.c src/sandbox/tasks.h
libsandbox_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)

# The AppArmor profile as a string: doctor's advice and the file that is
# installed are one text.
src/sandbox/apparmor-profile.h: contrib/apparmor/assent-worker.in
	@$(MKDIR_P) src/sandbox
	$(AM_V_GEN)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
		-e 's/.*/"&\\n"/' '$(srcdir)/contrib/apparmor/assent-worker.in' \
		>$@.tmp && mv $@.tmp $@
src/sandbox/host-advice.$(OBJEXT): src/sandbox/apparmor-profile.h
CLEANFILES += src/sandbox/apparmor-profile.h
