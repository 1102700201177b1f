UNIT_TESTS += tests/unit/test-journal
tests_unit_test_journal_SOURCES = tests/unit/test-journal.c
tests_unit_test_journal_LDADD = libstore.a libjournal.a $(UNIT_LIBS) \
	$(STORE_LIBS)
EXTRA_DIST += \
	tests/fixtures/journal/make.py \
	tests/fixtures/journal/demo.jsonl \
	tests/fixtures/journal/open.jsonl \
	tests/fixtures/journal/hostile.jsonl \
	tests/fixtures/journal/stops.jsonl
