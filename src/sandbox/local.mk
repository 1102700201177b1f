# The core's side: no seccomp, no mounts.
noinst_LIBRARIES += libsandboxclient.a
libsandboxclient_a_SOURCES = \
	src/sandbox/devices.c src/sandbox/devices.h \
	src/sandbox/mount-plan.c src/sandbox/mount-plan.h \
	src/sandbox/host-advice.c src/sandbox/host-advice.h \
	src/sandbox/image.c src/sandbox/image.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/sandbox-limits.c \
	src/sandbox/sandbox-limits.h \
	src/sandbox/sandbox-probe.c \
	src/sandbox/sandbox.c \
	src/sandbox/sandbox.h \
	src/sandbox/cgroup.c src/sandbox/cgroup.h \
	src/sandbox/tasks.c src/sandbox/tasks.h \
	src/sandbox/landlock.c src/sandbox/landlock.h

# The worker's side.
noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = \
	src/sandbox/devices.c src/sandbox/devices.h \
	src/sandbox/mount-plan.c src/sandbox/mount-plan.h \
	src/sandbox/toolchain.c src/sandbox/toolchain.h \
	src/sandbox/request.c src/sandbox/request.h \
	src/sandbox/sandbox-limits.c \
	src/sandbox/sandbox-limits.h \
	src/sandbox/cgroup.c src/sandbox/cgroup.h \
	src/sandbox/broker.c src/sandbox/broker.h \
	src/sandbox/broker-device.c \
	src/sandbox/root-show.c src/sandbox/root.h \
	src/sandbox/filter.c src/sandbox/filter.h \
	src/sandbox/forks.c src/sandbox/forks.h \
	src/sandbox/init.c src/sandbox/init.h \
	src/sandbox/payload.c \
	src/sandbox/payload.h \
	src/sandbox/landlock.c src/sandbox/landlock.h \
	src/sandbox/launch.c \
	src/sandbox/sandbox.h \
	src/sandbox/root.c \
	src/sandbox/selftest.c src/sandbox/selftest.h \
	src/sandbox/sys.h \
	src/sandbox/tasks.c src/sandbox/tasks.h \
	src/sandbox/terminals.c src/sandbox/terminals.h
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
