# unit tests of gate: UNIT_TESTS += ...
GATE_TEST_LIBS = libgate.a libstore.a $(UNIT_LIBS) $(STORE_LIBS)

UNIT_TESTS += tests/unit/test-hunk
tests_unit_test_hunk_SOURCES = tests/unit/test-hunk.c
tests_unit_test_hunk_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_hunk_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-apply
tests_unit_test_apply_SOURCES = tests/unit/test-apply.c \
	tests/unit/gate-tree.h tests/unit/scratch.h
tests_unit_test_apply_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_apply_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=renameat2 -Wl,--wrap=renameat -Wl,--wrap=linkat \
	-Wl,--wrap=unlinkat -Wl,--wrap=fsync -Wl,--wrap=fchmod
tests_unit_test_apply_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-proposal
tests_unit_test_proposal_SOURCES = tests/unit/test-proposal.c \
	tests/unit/gate-tree.h tests/unit/scratch.h
tests_unit_test_proposal_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_proposal_LDADD = libgate.a libstore.a libjournal.a \
	$(UNIT_LIBS) $(STORE_LIBS)

EXTRA_DIST += tests/fixtures/diff/README.md tests/fixtures/diff/cases.json
