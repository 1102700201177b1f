UNIT_TESTS += tests/unit/test-journal tests/unit/test-fold \
	tests/unit/test-session tests/unit/test-log
tests_unit_test_journal_SOURCES = tests/unit/test-journal.c \
	tests/unit/scratch.h
tests_unit_test_journal_LDADD = libstore.a libjournal.a $(UNIT_LIBS) \
	$(STORE_LIBS)
tests_unit_test_fold_SOURCES = tests/unit/test-fold.c tests/unit/fold-dump.h
tests_unit_test_fold_LDADD = libjournal.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-task-usage
tests_unit_test_task_usage_SOURCES = tests/unit/test-task-usage.c
tests_unit_test_task_usage_LDADD = libjournal.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-trim
tests_unit_test_trim_SOURCES = tests/unit/test-trim.c tests/unit/fold-dump.h
tests_unit_test_trim_LDADD = libjournal.a $(UNIT_LIBS)
	tests/fixtures/journal/stops.jsonl \
	tests/fixtures/socket/syntax.jsonl

