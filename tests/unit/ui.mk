# unit tests of the screen
UNIT_TESTS += tests/unit/test-sanitize
tests_unit_test_sanitize_SOURCES = tests/unit/test-sanitize.c
tests_unit_test_sanitize_LDADD = $(UNIT_LIBS)
