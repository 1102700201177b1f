# unit tests of what goes through without a key
UNIT_TESTS += tests/unit/test-grant
tests_unit_test_grant_SOURCES = tests/unit/test-grant.c
tests_unit_test_grant_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-price
tests_unit_test_price_SOURCES = tests/unit/test-price.c
tests_unit_test_price_LDADD = libpolicy.a $(UNIT_LIBS)
EXTRA_DIST += tests/fixtures/usage/samples.json
UNIT_TESTS += tests/unit/test-net-allow
tests_unit_test_net_allow_SOURCES = tests/unit/test-net-allow.c
tests_unit_test_net_allow_LDADD = libpolicy.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-report
tests_unit_test_report_SOURCES = tests/unit/test-report.c
tests_unit_test_report_LDADD = libpolicy.a $(UNIT_LIBS)
