UNIT_TESTS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c \
	tests/unit/scratch.h
tests_unit_test_store_LDADD = libstore.a $(UNIT_LIBS) $(STORE_LIBS)

STAGE_TEST_LIBS = libgate.a libstore.a $(UNIT_LIBS) $(STORE_LIBS)
tests_unit_test_policy_SOURCES = tests/unit/test-policy.c \
	tests/unit/scratch.h
tests_unit_test_policy_LDADD = $(STAGE_TEST_LIBS)
tests_unit_test_policy_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)

UNIT_TESTS += tests/unit/test-secret-search
tests_unit_test_secret_search_SOURCES = tests/unit/test-secret-search.c \
	tests/unit/rounds.h tests/unit/scratch.h
tests_unit_test_secret_search_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=clock_gettime
tests_unit_test_secret_search_LDADD = $(STAGE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-manifest
tests_unit_test_manifest_SOURCES = tests/unit/test-manifest.c \
	tests/unit/scratch.h
tests_unit_test_manifest_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fdatasync
tests_unit_test_manifest_LDADD = $(STAGE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-stage
tests_unit_test_stage_SOURCES = tests/unit/test-stage.c \
	tests/unit/scratch.h tests/unit/staged.h
tests_unit_test_stage_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=readdir
tests_unit_test_stage_LDADD = $(STAGE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-stage-killed
tests_unit_test_stage_killed_SOURCES = tests/unit/test-stage-killed.c \
	tests/unit/rounds.h tests/unit/scratch.h tests/unit/staged.h
tests_unit_test_stage_killed_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=renameat -Wl,--wrap=unlinkat -Wl,--wrap=symlinkat \
	-Wl,--wrap=mkdirat -Wl,--wrap=mknodat -Wl,--wrap=fchmod \
	-Wl,--wrap=ftruncate -Wl,--wrap=fdatasync -Wl,--wrap=futimens \
	-Wl,--wrap=fsync -Wl,--wrap=write
tests_unit_test_stage_killed_LDADD = $(STAGE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-stage-live
tests_unit_test_stage_live_SOURCES = tests/unit/test-stage-live.c \
	tests/unit/scratch.h tests/unit/staged.h
tests_unit_test_stage_live_LDADD = $(STAGE_TEST_LIBS)

UNIT_TESTS += tests/unit/test-stage-user
tests_unit_test_stage_user_SOURCES = tests/unit/test-stage-user.c \
	tests/unit/scratch.h tests/unit/staged.h
tests_unit_test_stage_user_LDADD = $(STAGE_TEST_LIBS)
