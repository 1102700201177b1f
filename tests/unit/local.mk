# Unit tests of pure parts (cmocka). One file a module.
UNIT_LIBS = libbase.a $(BASE_LIBS) $(CMOCKA_LIBS)
if HAVE_CMOCKA
UNIT_TESTS = tests/unit/test-base
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

tests_unit_test_base_SOURCES = tests/unit/test-base.c
tests_unit_test_base_LDADD = $(UNIT_LIBS)
endif
