UNIT_TESTS += tests/unit/test-cage
tests_unit_test_cage_SOURCES = tests/unit/test-cage.c
tests_unit_test_cage_LDADD = libcage.a libcageclient.a $(UNIT_LIBS)
