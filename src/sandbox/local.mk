# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libsandboxclient.a
libsandboxclient_a_SOURCES = \
	src/sandbox/shared/gitlink.c src/sandbox/shared/gitlink.h \
	src/sandbox/host/host-advice.c src/sandbox/host/host-advice.h \
	src/sandbox/shared/host-path.c src/sandbox/shared/host-path.h \
	src/sandbox/shared/request.c src/sandbox/shared/request.h \
	src/sandbox/shared/sandbox-level.c \
	src/sandbox/shared/sandbox-level.h \
	src/sandbox/host/sandbox-probe.c \
	src/sandbox/host/sandbox-ready.c \
	src/sandbox/host/sandbox-worker.c \
	src/sandbox/host/sandbox-worker.h \
	src/sandbox/shared/cachedir.c src/sandbox/shared/cachedir.h \
	src/sandbox/shared/mount-plan.c src/sandbox/shared/mount-plan.h \
	src/sandbox/shared/toolchain.c src/sandbox/shared/toolchain.h \
	src/sandbox/limits/cgroup.h \
	src/sandbox/limits/cgroup-file.c \
	src/sandbox/limits/cgroup-find.c \
	src/sandbox/limits/cgroup-leaf.c \
	src/sandbox/limits/cgroup-scope.c \
	src/sandbox/limits/sandbox-limits.c \
	src/sandbox/limits/sandbox-limits.h \
	src/sandbox/limits/sandbox-line.c \
	src/sandbox/limits/tasks.c src/sandbox/limits/tasks.h \
	src/sandbox/sandbox.c src/sandbox/sandbox.h \
	src/sandbox/worker/landlock.c src/sandbox/worker/landlock.h

# The worker's side.
noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = \
	src/sandbox/shared/gitlink.c src/sandbox/shared/gitlink.h \
	src/sandbox/shared/host-path.c src/sandbox/shared/host-path.h \
	src/sandbox/shared/request.c src/sandbox/shared/request.h \
	src/sandbox/shared/sandbox-level.c \
	src/sandbox/shared/sandbox-level.h \
	src/sandbox/shared/toolchain.c src/sandbox/shared/toolchain.h \
	src/sandbox/limits/cgroup.h \
	src/sandbox/limits/cgroup-file.c \
	src/sandbox/limits/cgroup-join.c \
	src/sandbox/limits/cpu-throttle.c \
	src/sandbox/limits/cpu-throttle.h \
	src/sandbox/limits/sandbox-limits.c \
	src/sandbox/limits/sandbox-limits.h \
	src/sandbox/limits/watch.c src/sandbox/limits/watch.h \
	src/sandbox/shared/cachedir.c src/sandbox/shared/cachedir.h \
	src/sandbox/worker/broker.c src/sandbox/worker/broker.h \
	src/sandbox/worker/broker-file.c \
	src/sandbox/worker/broker-port.c \
	src/sandbox/worker/broker-priv.h \
	src/sandbox/worker/broker-signal.c \
	src/sandbox/worker/broker-socket.c \
	src/sandbox/worker/broker-target.c \
	src/sandbox/worker/copy-git.c src/sandbox/worker/copy-git.h \
	src/sandbox/worker/filter.c src/sandbox/worker/filter.h \
	src/sandbox/worker/filter-calls.c \
	src/sandbox/worker/filter-calls.h \
	src/sandbox/worker/init.c src/sandbox/worker/init.h \
	src/sandbox/worker/inspection.c \
	src/sandbox/worker/inspection.h \
	src/sandbox/worker/landlock.c src/sandbox/worker/landlock.h \
	src/sandbox/worker/launch.c src/sandbox/worker/launch.h \
	src/sandbox/worker/launch-priv.h \
	src/sandbox/shared/mount-plan.c src/sandbox/shared/mount-plan.h \
	src/sandbox/worker/ns.c src/sandbox/worker/ns.h \
	src/sandbox/worker/guard.c src/sandbox/worker/guard.h \
	src/sandbox/worker/payload.c src/sandbox/worker/payload.h \
	src/sandbox/worker/proxy-listen.c \
	src/sandbox/worker/proxy-listen.h \
	src/sandbox/worker/report.c src/sandbox/worker/report.h \
	src/sandbox/worker/root.c src/sandbox/worker/root.h \
	src/sandbox/worker/root-direct.c \
	src/sandbox/worker/root-place.c \
	src/sandbox/worker/root-priv.h \
	src/sandbox/worker/root-renew.c \
	src/sandbox/worker/root-show.c \
	src/sandbox/worker/selftest.c src/sandbox/worker/selftest.h \
	src/sandbox/worker/supervise.c \
	src/sandbox/worker/sys.h \
	src/sandbox/limits/tasks.c src/sandbox/limits/tasks.h
libsandbox_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)

# The AppArmor profile as a string: doctor's advice and the file that is
# installed are one text.
src/sandbox/apparmor-profile.h: contrib/apparmor/assent-worker.in
	@$(MKDIR_P) src/sandbox
	$(AM_V_GEN)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
		-e 's/.*/"&\\n"/' '$(srcdir)/contrib/apparmor/assent-worker.in' \
		>$@.tmp && mv $@.tmp $@
src/sandbox/host/host-advice.$(OBJEXT): src/sandbox/apparmor-profile.h
CLEANFILES += src/sandbox/apparmor-profile.h
