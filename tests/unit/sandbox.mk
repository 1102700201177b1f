UNIT_TESTS += tests/unit/test-sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test-sandbox.c
tests_unit_test_sandbox_LDADD = libsandbox.a libsandboxclient.a $(assent_worker_LDADD) \
	$(UNIT_LIBS)
tests_unit_test_sandbox_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=init_run \
	-Wl,--wrap=ns_clone -Wl,--wrap=root_open_trees

# The kernel's part in cgroups is played by the test.
UNIT_TESTS += tests/unit/test-cgroup
tests_unit_test_cgroup_SOURCES = tests/unit/test-cgroup.c
tests_unit_test_cgroup_LDADD = libsandboxclient.a libsandbox.a $(UNIT_LIBS)
tests_unit_test_cgroup_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mkdir \
	-Wl,--wrap=rmdir -Wl,--wrap=write -Wl,--wrap=clock_mono_ms \
	-Wl,--wrap=nanosleep -Wl,--wrap=poll

UNIT_TESTS += tests/unit/test-forks
tests_unit_test_forks_SOURCES = tests/unit/test-forks.c
tests_unit_test_forks_LDADD = libsandbox.a $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-host-advice
tests_unit_test_host_advice_SOURCES = tests/unit/test-host-advice.c tests/unit/scratch.h
tests_unit_test_host_advice_LDADD = libsandboxclient.a $(UNIT_LIBS)

if HAVE_PYTHON3
TESTS += tests/unit/test-syscalls.py
endif
EXTRA_DIST += tests/unit/test-syscalls.py

UNIT_TESTS += tests/unit/test-filter
tests_unit_test_filter_SOURCES = tests/unit/test-filter.c tests/unit/scratch.h
tests_unit_test_filter_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_filter_LDADD = libsandbox.a $(UNIT_LIBS) $(SECCOMP_LIBS)
