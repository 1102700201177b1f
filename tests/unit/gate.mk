# unit tests of gate: UNIT_TESTS += ...
GATE_TEST_LIBS = libgate.a libstore.a $(UNIT_LIBS) $(STORE_LIBS)

UNIT_TESTS += tests/unit/test-hunk
tests_unit_test_hunk_SOURCES = tests/unit/test-hunk.c
tests_unit_test_hunk_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_hunk_LDADD = $(GATE_TEST_LIBS)

EXTRA_DIST += tests/fixtures/diff/README.md tests/fixtures/diff/cases.json
