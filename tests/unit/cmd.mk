UNIT_TESTS += tests/unit/test-cmd
tests_unit_test_cmd_SOURCES = tests/unit/test-cmd.c
tests_unit_test_cmd_LDADD = libcmd.a libui.a libconfig.a libpatch.a \
	libjournal.a libtool-table.a $(UNIT_LIBS) $(NCURSES_LIBS)
