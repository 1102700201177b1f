# Unit tests of pure parts (cmocka). One fragment a module.
UNIT_RUN = tests/unit/libunit.a $(CMOCKA_LIBS)
UNIT_LIBS = libbase.a $(BASE_LIBS) $(UNIT_RUN)
# Those that take longest come first; each folder's file adds the others.
UNIT_TESTS = tests/unit/test-ui-questions tests/unit/test-apply \
	tests/unit/test-markdown tests/unit/test-policy
EXTRA_DIST += tests/unit/tap.sh tests/unit/rounds.h tests/unit/shipped.h
include tests/unit/base.mk
include tests/unit/journal.mk
include tests/unit/store.mk
include tests/unit/config.mk
include tests/unit/provider.mk
include tests/unit/tool.mk
include tests/unit/sandbox.mk
include tests/unit/gate.mk
include tests/unit/core.mk
include tests/unit/policy.mk
include tests/unit/net.mk
include tests/unit/rpc.mk
include tests/unit/cmd.mk
include tests/unit/ui.mk
if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = tests/unit/unit.c tests/unit/unit.h
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
# They go on for longer there.
SLOW_UNITS += tests/unit/test-gate-any tests/unit/test-review-any \
	tests/unit/test-ui-screen
endif
