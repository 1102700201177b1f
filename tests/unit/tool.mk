UNIT_TESTS += tests/unit/test-tool-args
tests_unit_test_tool_args_SOURCES = tests/unit/test-tool-args.c
tests_unit_test_tool_args_LDADD = libtool-table.a $(UNIT_LIBS)
