UNIT_TESTS += tests/unit/test-sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test-sandbox.c
tests_unit_test_sandbox_LDADD = libsandbox.a libsandboxclient.a $(assent_worker_LDADD) \
	$(UNIT_LIBS)
tests_unit_test_sandbox_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=init_run \
	-Wl,--wrap=ns_clone -Wl,--wrap=root_take

# The kernel's part in cgroups is played by the test.
UNIT_TESTS += tests/unit/test-cgroup
tests_unit_test_cgroup_SOURCES = tests/unit/test-cgroup.c
tests_unit_test_cgroup_LDADD = libsandboxclient.a libsandbox.a $(UNIT_LIBS)
tests_unit_test_cgroup_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mkdir \
	-Wl,--wrap=rmdir -Wl,--wrap=write

