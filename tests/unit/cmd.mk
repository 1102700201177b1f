UNIT_TESTS += tests/unit/test-cmd
tests_unit_test_cmd_SOURCES = tests/unit/test-cmd.c
tests_unit_test_cmd_LDADD = libcmd.a librecord.a libgitcmd.a libui.a libclient.a libreview.a libfront.a libconfig.a libdialect.a libpolicy.a libpatch.a librpc.a libloop.a \
	libjournal.a libtool-table.a $(UNIT_LIBS) $(NCURSES_LIBS) $(MD4C_LIBS)

UNIT_TESTS += tests/unit/test-alike
tests_unit_test_alike_SOURCES = tests/unit/test-alike.c
tests_unit_test_alike_LDADD = libreview.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-review-any
tests_unit_test_review_any_SOURCES = tests/unit/test-review-any.c
tests_unit_test_review_any_LDADD = libreview.a libjournal.a $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-client
tests_unit_test_client_SOURCES = tests/unit/test-client.c
tests_unit_test_client_LDADD = libclient.a libreview.a libjournal.a $(UNIT_LIBS)
