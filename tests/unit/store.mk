UNIT_TESTS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c \
	tests/unit/scratch.h
tests_unit_test_store_LDADD = libstore.a $(UNIT_LIBS) $(STORE_LIBS)
