# What tries to get out of the sandbox.
# Its limits, kept by the kernel and sampled.
check_PROGRAMS += tests/escape/test-limits tests/escape/hog
TESTS += tests/escape/test-limits
tests_escape_test_limits_SOURCES = tests/escape/test-limits.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_limits_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)
tests_escape_hog_SOURCES = tests/escape/hog.c

check_PROGRAMS += tests/escape/test-sandbox tests/escape/attempt \
	tests/escape/deny
TESTS += tests/escape/test-sandbox tests/escape/test-denied.sh
EXTRA_DIST += tests/escape/test-denied.sh tests/escape/README.md

tests_escape_test_sandbox_SOURCES = tests/escape/test-sandbox.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_sandbox_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)
# By itself, so that it also runs where the build folder is not.
tests_escape_attempt_SOURCES = tests/escape/attempt.c tests/escape/attempt.h \
	tests/escape/attempt-calls.c tests/escape/attempt-facts.c \
	tests/escape/attempt-files.c tests/escape/attempt-hogs.c \
	tests/escape/attempt-processes.c tests/escape/attempt-sockets.c \
	tests/escape/cases.c tests/escape/cases.h
tests_escape_attempt_LDADD = libbase.a
tests_escape_deny_SOURCES = tests/escape/deny.c
tests_escape_deny_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_escape_deny_LDADD = $(SECCOMP_LIBS)

check_PROGRAMS += tests/escape/test-escape
TESTS += tests/escape/test-escape
tests_escape_test_escape_SOURCES = tests/escape/test-escape.c \
	tests/escape/cases.c tests/escape/cases.h tests/escape/outside.c \
	tests/escape/outside.h tests/escape/world.c tests/escape/world.h
tests_escape_test_escape_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-walls
TESTS += tests/escape/test-walls
tests_escape_test_walls_SOURCES = tests/escape/test-walls.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_walls_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-ready
TESTS += tests/escape/test-ready
tests_escape_test_ready_SOURCES = tests/escape/test-ready.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_ready_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-stays
TESTS += tests/escape/test-stays
tests_escape_test_stays_SOURCES = tests/escape/test-stays.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_stays_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-serve
TESTS += tests/escape/test-serve
tests_escape_test_serve_SOURCES = tests/escape/test-serve.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_serve_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-renew
TESTS += tests/escape/test-renew
tests_escape_test_renew_SOURCES = tests/escape/test-renew.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_renew_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-net
TESTS += tests/escape/test-net
tests_escape_test_net_SOURCES = tests/escape/test-net.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_net_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-broker
TESTS += tests/escape/test-broker
tests_escape_test_broker_SOURCES = tests/escape/test-broker.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_broker_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/escape/test-guard
TESTS += tests/escape/test-guard
tests_escape_test_guard_SOURCES = tests/escape/test-guard.c \
	tests/escape/world.c tests/escape/world.h
tests_escape_test_guard_LDADD = libsandboxclient.a libloop.a libbase.a \
	$(BASE_LIBS) $(CURL_LIBS)
