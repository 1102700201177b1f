# unit tests of gate: UNIT_TESTS += ...
GATE_TEST_LIBS = libgate.a libstore.a $(UNIT_LIBS) $(STORE_LIBS)

UNIT_TESTS += tests/unit/test-hunk
tests_unit_test_hunk_SOURCES = tests/unit/test-hunk.c tests/unit/hunk-any.h
tests_unit_test_hunk_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_hunk_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-hunk-cut
tests_unit_test_hunk_cut_SOURCES = tests/unit/test-hunk-cut.c \
	tests/unit/hunk-any.h
tests_unit_test_hunk_cut_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_hunk_cut_LDADD = $(GATE_TEST_LIBS)

tests_unit_test_apply_SOURCES = tests/unit/test-apply.c \
	tests/unit/gate-tree.h tests/unit/scratch.h
tests_unit_test_apply_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_apply_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=fstat -Wl,--wrap=fstatat -Wl,--wrap=fstatfs -Wl,--wrap=nanosleep \
	-Wl,--wrap=renameat2 -Wl,--wrap=renameat -Wl,--wrap=linkat \
	-Wl,--wrap=unlinkat -Wl,--wrap=fsync -Wl,--wrap=fchmod \
	-Wl,--wrap=fchown -Wl,--wrap=write -Wl,--wrap=mkdirat \
	-Wl,--wrap=symlinkat \
	-Wl,--wrap=openat -Wl,--wrap=statx -Wl,--wrap=blob_put
tests_unit_test_apply_LDADD = $(GATE_TEST_LIBS)

# SEED=1 ROUNDS=10000 for a long run.
UNIT_TESTS += tests/unit/test-gate-any
tests_unit_test_gate_any_SOURCES = tests/unit/test-gate-any.c \
	tests/unit/gate-any.h tests/unit/staged.h tests/unit/scratch.h
tests_unit_test_gate_any_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_gate_any_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=renameat2
tests_unit_test_gate_any_LDADD = $(GATE_TEST_LIBS)

# SEED=1 ROUNDS=10000 for a long run.
UNIT_TESTS += tests/unit/test-stage-ignore
tests_unit_test_stage_ignore_SOURCES = tests/unit/test-stage-ignore.c \
	tests/unit/rounds.h tests/unit/scratch.h
tests_unit_test_stage_ignore_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_stage_ignore_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-stage-kinds
tests_unit_test_stage_kinds_SOURCES = tests/unit/test-stage-kinds.c \
	tests/unit/staged.h tests/unit/scratch.h
tests_unit_test_stage_kinds_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_stage_kinds_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-rename
tests_unit_test_rename_SOURCES = tests/unit/test-rename.c \
	tests/unit/gate-tree.h tests/unit/scratch.h
tests_unit_test_rename_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_rename_LDADD = $(GATE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-proposal
tests_unit_test_proposal_SOURCES = tests/unit/test-proposal.c \
	tests/unit/gate-tree.h tests/unit/scratch.h
tests_unit_test_proposal_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
tests_unit_test_proposal_LDADD = libgate.a libstore.a libjournal.a \
	$(UNIT_LIBS) $(STORE_LIBS)

EXTRA_DIST += tests/fixtures/diff/README.md tests/fixtures/diff/cases.json
