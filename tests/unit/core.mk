UNIT_TESTS += tests/unit/test-core
tests_unit_test_core_SOURCES = tests/unit/test-core.c
tests_unit_test_core_LDADD = libcore.a libpolicy.a libstore.a $(UNIT_LIBS) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test-paths
tests_unit_test_paths_SOURCES = tests/unit/test-paths.c
tests_unit_test_paths_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
