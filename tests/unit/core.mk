UNIT_TESTS += tests/unit/test-core
tests_unit_test_core_SOURCES = tests/unit/test-core.c
tests_unit_test_core_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
tests_unit_test_core_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=loop_timer_new \
	-Wl,--wrap=program_others_wait
UNIT_TESTS += tests/unit/test-paths
tests_unit_test_paths_SOURCES = tests/unit/test-paths.c
tests_unit_test_paths_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-project
tests_unit_test_project_SOURCES = tests/unit/test-project.c
tests_unit_test_project_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-server
tests_unit_test_server_SOURCES = tests/unit/test-server.c
tests_unit_test_server_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
tests_unit_test_server_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_ms \
	-Wl,--wrap=poll
UNIT_TESTS += tests/unit/test-context
tests_unit_test_context_SOURCES = tests/unit/test-context.c
tests_unit_test_context_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-spans
tests_unit_test_spans_SOURCES = tests/unit/test-spans.c
tests_unit_test_spans_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-hook-answer
tests_unit_test_hook_answer_SOURCES = tests/unit/test-hook-answer.c
tests_unit_test_hook_answer_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-checker
tests_unit_test_checker_SOURCES = tests/unit/test-checker.c
tests_unit_test_checker_LDADD = $(assent_core_LDADD) $(UNIT_LIBS)
