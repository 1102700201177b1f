# unit tests of the screen
UNIT_TESTS += tests/unit/test-sanitize
tests_unit_test_sanitize_SOURCES = tests/unit/test-sanitize.c
tests_unit_test_sanitize_LDADD = $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-keys
tests_unit_test_keys_SOURCES = tests/unit/test-keys.c
tests_unit_test_keys_LDADD = libui.a $(UNIT_LIBS) $(NCURSES_LIBS)
UNIT_TESTS += tests/unit/test-ui
tests_unit_test_ui_SOURCES = tests/unit/test-ui.c
tests_unit_test_ui_LDADD = libui.a libjournal.a $(UNIT_LIBS) $(NCURSES_LIBS) \
	$(CRYPTO_LIBS)
