UNIT_TESTS += tests/unit/test-config
tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_LDADD = libconfig.a libdialect.a libpolicy.a libtool-table.a \
	$(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-model-table
tests_unit_test_model_table_SOURCES = tests/unit/test-model-table.c
tests_unit_test_model_table_LDADD = libconfig.a libdialect.a libpolicy.a libtool-table.a \
	$(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-config-net
tests_unit_test_config_net_SOURCES = tests/unit/test-config-net.c
tests_unit_test_config_net_LDADD = libconfig.a libdialect.a libpolicy.a libtool-table.a \
	$(UNIT_LIBS)
