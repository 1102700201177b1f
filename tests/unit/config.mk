UNIT_TESTS += tests/unit/test-config
tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_LDADD = libconfig.a libdialect.a libpolicy.a libtool-table.a \
	$(UNIT_LIBS)
