# What tries to get out of the cage.
check_PROGRAMS += tests/escape/test-cage tests/escape/attempt \
	tests/escape/deny
TESTS += tests/escape/test-cage tests/escape/test-denied.sh
EXTRA_DIST += tests/escape/test-denied.sh

tests_escape_test_cage_SOURCES = tests/escape/test-cage.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_cage_LDADD = libcageclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)
tests_escape_attempt_SOURCES = tests/escape/attempt.c
tests_escape_deny_SOURCES = tests/escape/deny.c
tests_escape_deny_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_escape_deny_LDADD = $(SECCOMP_LIBS)
