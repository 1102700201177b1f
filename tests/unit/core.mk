UNIT_TESTS += tests/unit/test-core
tests_unit_test_core_SOURCES = tests/unit/test-core.c
tests_unit_test_core_LDADD = libcore.a libstore.a $(UNIT_LIBS) $(CRYPTO_LIBS)
