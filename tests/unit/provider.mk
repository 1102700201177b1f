# unit tests of provider
UNIT_TESTS += tests/wire/test-wire
tests_wire_test_wire_SOURCES = tests/wire/test-wire.c
tests_wire_test_wire_LDADD = $(PROVIDER_LIBS) $(CMOCKA_LIBS)
