UNIT_TESTS += tests/unit/test-cage
tests_unit_test_cage_SOURCES = tests/unit/test-cage.c
tests_unit_test_cage_LDADD = libcage.a libcageclient.a $(UNIT_LIBS)

# The kernel's part in cgroups is played by the test.
UNIT_TESTS += tests/unit/test-cgroup
tests_unit_test_cgroup_SOURCES = tests/unit/test-cgroup.c
tests_unit_test_cgroup_LDADD = libcageclient.a libcage.a $(UNIT_LIBS)
tests_unit_test_cgroup_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mkdir \
	-Wl,--wrap=rmdir -Wl,--wrap=cgroup_write

UNIT_TESTS += tests/unit/test-advice
tests_unit_test_advice_SOURCES = tests/unit/test-advice.c tests/unit/scratch.h
tests_unit_test_advice_LDADD = libcageclient.a $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-filter
tests_unit_test_filter_SOURCES = tests/unit/test-filter.c tests/unit/scratch.h
tests_unit_test_filter_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_filter_LDADD = libcage.a $(UNIT_LIBS) $(SECCOMP_LIBS)
