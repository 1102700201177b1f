UNIT_TESTS += tests/unit/test-journal tests/unit/test-fold \
	tests/unit/test-session tests/unit/test-log
tests_unit_test_journal_SOURCES = tests/unit/test-journal.c \
	tests/unit/scratch.h
tests_unit_test_journal_LDADD = libstore.a libjournal.a $(UNIT_LIBS) \
	$(STORE_LIBS)
tests_unit_test_fold_SOURCES = tests/unit/test-fold.c tests/unit/fold-dump.h
tests_unit_test_fold_LDADD = libjournal.a $(UNIT_LIBS)
tests_unit_test_journal_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=nanosleep
UNIT_TESTS += tests/unit/test-task-usage
tests_unit_test_task_usage_SOURCES = tests/unit/test-task-usage.c
tests_unit_test_task_usage_LDADD = libjournal.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-trim
tests_unit_test_trim_SOURCES = tests/unit/test-trim.c tests/unit/fold-dump.h
tests_unit_test_trim_LDADD = libjournal.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-reader
tests_unit_test_reader_SOURCES = tests/unit/test-reader.c
tests_unit_test_reader_LDADD = libjournal.a $(UNIT_LIBS)
tests_unit_test_session_SOURCES = tests/unit/test-session.c
tests_unit_test_session_LDADD = libjournal.a $(UNIT_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test-log.c tests/unit/scratch.h
tests_unit_test_log_LDADD = $(tests_unit_test_cmd_LDADD)
EXTRA_DIST += \
	tests/fixtures/journal/make.py \
	tests/fixtures/journal/adds.fold \
	tests/fixtures/journal/adds.jsonl \
	tests/fixtures/journal/asked.jsonl \
	tests/fixtures/journal/chosen.fold \
	tests/fixtures/journal/chosen.jsonl \
	tests/fixtures/journal/demo.fold \
	tests/fixtures/journal/demo.jsonl \
	tests/fixtures/journal/first.jsonl \
	tests/fixtures/journal/hooks.fold \
	tests/fixtures/journal/hooks.jsonl \
	tests/fixtures/journal/hostile.fold \
	tests/fixtures/journal/hostile.jsonl \
	tests/fixtures/journal/noticed.fold \
	tests/fixtures/journal/noticed.jsonl \
	tests/fixtures/journal/open.fold \
	tests/fixtures/journal/open.jsonl \
	tests/fixtures/journal/own.fold \
	tests/fixtures/journal/own.jsonl \
	tests/fixtures/journal/commit.fold tests/fixtures/journal/commit.jsonl \
	tests/fixtures/journal/proof.fold \
	tests/fixtures/journal/proof.jsonl \
	tests/fixtures/journal/require.fold \
	tests/fixtures/journal/require.jsonl \
	tests/fixtures/journal/stops.fold \
	tests/fixtures/journal/weaker.fold \
	tests/fixtures/journal/weaker.jsonl \
	tests/fixtures/journal/review.jsonl \
	tests/fixtures/journal/stops.jsonl \
	tests/fixtures/socket/syntax.jsonl

if HAVE_PYTHON3
TESTS += tests/unit/test-schema.py
endif
EXTRA_DIST += tests/unit/test-schema.py tests/e2e/schema.py
check_PROGRAMS += tests/unit/event-docs
tests_unit_event_docs_SOURCES = tests/unit/event-docs.c
tests_unit_event_docs_LDADD = libbase.a $(BASE_LIBS)
# What is made from src/journal/events.def.
.PHONY: journal-docs
journal-docs: tests/unit/event-docs
	tests/unit/event-docs schema >journal-docs.tmp
	mv journal-docs.tmp $(srcdir)/share/journal.schema.json
	tests/unit/event-docs man <$(srcdir)/man/assent-journal.5 \
	    >journal-docs.tmp
	mv journal-docs.tmp $(srcdir)/man/assent-journal.5
UNIT_TESTS += tests/unit/test-event
tests_unit_test_event_SOURCES = tests/unit/test-event.c
tests_unit_test_event_LDADD = libjournal.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-facts
tests_unit_test_facts_SOURCES = tests/unit/test-facts.c
tests_unit_test_facts_LDADD = libjournal.a $(UNIT_LIBS)
