TOOL_TEST_LIBS = libtool.a libtool-table.a $(UNIT_LIBS) $(PCRE2_LIBS)
TOOL_SCRATCH = tests/unit/tool-scratch.c tests/unit/tool-scratch.h
EXTRA_DIST += tests/fixtures/edit/README.md tests/fixtures/edit/cases.json

UNIT_TESTS += tests/unit/test-tool-args
tests_unit_test_tool_args_SOURCES = tests/unit/test-tool-args.c
tests_unit_test_tool_args_LDADD = libtool-table.a $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-line-diff
tests_unit_test_line_diff_SOURCES = tests/unit/test-line-diff.c
tests_unit_test_line_diff_LDADD = $(TOOL_TEST_LIBS)

UNIT_TESTS += tests/unit/test-tool-edit
tests_unit_test_tool_edit_SOURCES = tests/unit/test-tool-edit.c
tests_unit_test_tool_edit_LDADD = $(TOOL_TEST_LIBS)

UNIT_TESTS += tests/unit/test-tool-files
tests_unit_test_tool_files_SOURCES = tests/unit/test-tool-files.c $(TOOL_SCRATCH)
tests_unit_test_tool_files_LDADD = $(TOOL_TEST_LIBS)

UNIT_TESTS += tests/unit/test-tool-patch
tests_unit_test_tool_patch_SOURCES = tests/unit/test-tool-patch.c \
	tests/unit/rounds.h $(TOOL_SCRATCH)
tests_unit_test_tool_patch_LDADD = $(TOOL_TEST_LIBS)

UNIT_TESTS += tests/unit/test-tool-search
tests_unit_test_tool_search_SOURCES = tests/unit/test-tool-search.c \
	$(TOOL_SCRATCH)
tests_unit_test_tool_search_LDADD = $(TOOL_TEST_LIBS)

UNIT_TESTS += tests/unit/test-tool-fuzz
tests_unit_test_tool_fuzz_SOURCES = tests/unit/test-tool-fuzz.c \
	$(TOOL_SCRATCH)
tests_unit_test_tool_fuzz_LDADD = $(TOOL_TEST_LIBS)
