# unit tests of what goes through without a key
UNIT_TESTS += tests/unit/test-grant
tests_unit_test_grant_SOURCES = tests/unit/test-grant.c
tests_unit_test_grant_LDADD = libcore.a libpolicy.a $(UNIT_LIBS)
