/* The last lines of test runners, as they print them. */
#include "config.h"

#include "base/mem.h"
#include "policy/test-report.h"
#include "tests/unit/unit.h"

/* clang-format off */
static const struct {
	const char *says, *text;	/* NULL: no runner is recognized */
} outputs[] = {
	/* automake */
	{ "1 failed, 8 passed",
	  "PASS: t1\nFAIL: t2\n"
	  "=====================\nTestsuite summary for x 1.0\n"
	  "=====================\n"
	  "# TOTAL: 9\n# PASS:  8\n# SKIP:  0\n# XFAIL: 0\n# FAIL:  1\n"
	  "# XPASS: 0\n# ERROR: 0\n=====================\n"
	  "See ./test-suite.log\n=====================\n"
	  "make[2]: *** [Makefile:1: test-suite.log] Error 1\n" },
	{ "2 failed, 3 errors, 1 xpassed, 8 passed, 4 skipped, 5 xfailed",
	  "# TOTAL: 23\n# PASS:  8\n# SKIP:  4\n# XFAIL: 5\n# FAIL:  2\n"
	  "# XPASS: 1\n# ERROR: 3\n" },
	/* VERBOSE=1 prints test-suite.log first. */
	{ "1 failed, 1 passed",
	  "# TOTAL: 2\n# PASS:  1\n# FAIL:  1\n\nFAIL: t2\n========\n\n"
	  "# TOTAL: 2\n# PASS:  1\n# FAIL:  1\n" },
	{ "0 passed", "# TOTAL: 0\n# PASS:  0\n# FAIL:  0\n" },
	/* node --test: tap and spec */
	{ "1 failed, 1 passed, 1 skipped",
	  "TAP version 13\n# Subtest: x\nok 1 - x\n  ---\n"
	  "  duration_ms: 1.9\n  ...\nnot ok 2 - y\nok 3 - z # SKIP\n1..3\n"
	  "# tests 3\n# suites 0\n# pass 1\n# fail 1\n# cancelled 0\n"
	  "# skipped 1\n# todo 0\n# duration_ms 378.889851\n" },
	{ "2 failed, 1 passed",
	  "\xe2\x9c\x94 x (1.6ms)\n\xe2\x84\xb9 tests 3\n\xe2\x84\xb9 suites 0\n"
	  "\xe2\x84\xb9 pass 1\n\xe2\x84\xb9 fail 1\n"
	  "\xe2\x84\xb9 cancelled 1\n\xe2\x84\xb9 skipped 0\n"
	  "\xe2\x84\xb9 todo 0\n\xe2\x84\xb9 duration_ms 356.9\n\n"
	  "\xe2\x9c\x96 failing tests:\n\ntest at a.test.js:1:70\n"
	  "  AssertionError [ERR_ASSERTION]: 1 == 2\n" },
	/* a comment in a file that was printed */
	{ NULL, "# retry after 3 errors\n# see test 5\n# note: skip 2\n" },
	/* TAP; prove */
	{ "1 failed, 2 passed, 1 skipped, 1 xfailed",
	  "1..5\nok 1 - a\n    ok 1 - of a subtest\nnot ok 2 - b\n"
	  "ok 3 - c\nok 4 # skip no\nnot ok 5 - d # TODO later\n" },
	{ "1 failed, 4 passed",
	  "t/a.t .. ok\nt/b.t .. \nDubious, test returned 1 (wstat 256, "
	  "0x100)\nFailed 1/3 subtests \n\nTest Summary Report\n"
	  "t/b.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)\n"
	  "  Failed test:  2\n"
	  "Files=2, Tests=5,  0 wallclock secs ( 0.04 usr)\nResult: FAIL\n" },
	/* pytest, with -q, too */
	{ "1 failed, 1 error, 3 passed, 1 skipped",
	  "FAILED tests/a.py::test_add - assert 1 == 2\n"
	  "===== 1 failed, 3 passed, 1 skipped, 2 warnings, 1 error in "
	  "0.03s =====\n" },
	{ "12 passed", "............\n12 passed in 61.02s (0:01:01)\n" },
	/* unittest */
	{ "1 failed, 1 error, 1 passed, 1 skipped, 1 xfailed",
	  "Ran 5 tests in 0.002s\n\nFAILED (failures=1, errors=1, skipped=1, "
	  "expected failures=1)\n" },
	{ "1 passed", "Ran 1 test in 0.001s\n\nOK\n" },
	{ "1 xpassed, 1 passed",
	  "Ran 2 tests in 0.001s\n\nFAILED (unexpected successes=1)\n" },
	/* go */
	{ "1 failed, 2 passed (packages)",
	  "ok  \tx/a\t0.002s\n--- FAIL: TestSum (0.00s)\n    a_test.go:4: no\n"
	  "FAIL\nFAIL\tx/b\t0.003s\nok  \tx/c\t(cached)\n"
	  "?   \tx/d\t[no test files]\nFAIL\n" },
	{ "1 failed, 1 error, 1 passed (packages)",
	  "FAIL\tx/a [build failed]\n--- FAIL: TestSum (0.00s)\n"
	  "FAIL\tx/b\t0.003s\nok  \tx/c\t0.001s\nFAIL\n" },
	{ "1 failed, 1 passed, 1 skipped",
	  "--- PASS: TestOk (0.00s)\n--- FAIL: TestSum (0.00s)\n"
	  "--- SKIP: TestLater (0.00s)\nFAIL\nFAIL\tx/b\t0.003s\n" },
	/* cargo: the last one is that of the doc tests */
	{ "2 passed, 1 skipped",
	  "running 3 tests\ntest a ... ok\n\n"
	  "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 "
	  "filtered out; finished in 0.00s\n\n   Doc-tests c\n\n"
	  "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 "
	  "filtered out; finished in 0.00s\n" },
	{ "1 failed, 1 passed",
	  "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 "
	  "filtered out; finished in 0.29s\n\n"
	  "error: test failed, to rerun pass `--lib`\n" },
	/* ctest */
	{ "1 failed, 1 passed",
	  "2/2 Test #2: b ......***Failed    0.01 sec\n\n"
	  "50% tests passed, 1 tests failed out of 2\n\n"
	  "Total Test time (real) =   0.02 sec\n" },
	{ "1 failed, 1 error, 1 passed, 1 skipped",
	  "1/4 Test #1: a ......   Passed    0.01 sec\n"
	  "2/4 Test #2: b ......***Failed    0.01 sec\n"
	  "3/4 Test #3: c ......***Not Run   0.00 sec\n"
	  "4/4 Test #4: d ......***Skipped   0.00 sec\n\n"
	  "50% tests passed, 2 tests failed out of 4\n" },
	/* jest, vitest, mocha */
	{ "1 error",
	  "FAIL src/a.test.js\n  ● Test suite failed to run\n\n"
	  "Test Suites: 1 failed, 1 total\nTests:       0 total\n" },
	{ "1 failed, 2 passed",
	  "Test Suites: 1 failed, 1 passed, 2 total\n"
	  "Tests:       1 failed, 2 passed, 3 total\n"
	  "Snapshots:   0 total\nTime:        0.5 s, estimated 1 s\n" },
	{ "1 failed, 2 passed, 1 skipped",
	  " Test Files  1 failed | 1 passed (2)\n"
	  "      Tests  1 failed | 2 passed | 1 skipped (4)\n"
	  "   Duration  1.05s (transform 21ms, tests 3ms)\n" },
	{ "1 failed, 2 passed, 1 skipped",
	  "  2 passing (5ms)\n  1 pending\n  1 failing\n\n  1) sum\n"
	  "       AssertionError: 1 == 2\n" },
	/* maven, gradle */
	{ "1 failed, 4 passed",
	  "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0, Time "
	  "elapsed: 0.1 s <<< FAILURE! - in a.ATest\n[INFO] Results:\n"
	  "[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0\n"
	  "[INFO] BUILD FAILURE\n" },
	{ "1 failed, 2 passed",
	  "ATest > b FAILED\n\n3 tests completed, 1 failed\n\n"
	  "FAILURE: Build failed with an exception.\n" },
	/* rspec, minitest */
	{ "1 failed, 4 passed", "5 examples, 1 failure\n" },
	{ "1 failed, 1 error, 7 passed, 1 skipped",
	  "10 runs, 20 assertions, 1 failures, 1 errors, 1 skips\n" },
	/* the runner that ran last */
	{ "3 passed", "1 failed in 0.10s\r\n2 passing (1ms)\r\n1 passing\r\n" },
	{ "1 failed, 1 passed",
	  "# TOTAL: 3\n# PASS:  3\n# FAIL:  0\n"
	  "# tests 2\n# pass 1\n# fail 1\n" },
	/* numbers count more than lines; in colours */
	{ "2 passed", "\033[32m2 passed\033[0m in 0.10s\nFAIL: a\n" },
	/* lines that other programs print, too */
	{ NULL, "ERROR: no matching distribution (from versions: none)\n" },
	{ NULL, "✓ built in 3s\n✔ done (3ms)\n✕ not found\n" },
	{ NULL, "FAIL: a\nPASS: b\ntest a ... ok\n" },
	/* none */
	{ NULL, "" }, { NULL, "\n\n" },
	{ NULL, "0 errors in 12 files\n" }, { NULL, "ok\nok then\n" },
	{ NULL, "# build 3\n" }, { NULL, "    ok 1 - indented\n" },
};
/* clang-format on */

TEST(test_outputs)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(outputs); i++) {
		AUTO_FREE char *s = test_summary(outputs[i].text,
		    strlen(outputs[i].text));

		if ((s == NULL) != (outputs[i].says == NULL) ||
		    (s != NULL && strcmp(s, outputs[i].says) != 0))
			fail_msg("%s, not %s, of:\n%s", s == NULL ? "none" : s,
			    outputs[i].says == NULL ? "none" :
			    outputs[i].says, outputs[i].text);
	}
}

/* Any bytes, and numbers that don't fit. */
TEST(test_odd)
{
	static const char nul[] = "# TOTAL: 3\n\0# PASS:  2\n\n# PASS:  3\n";
	static const char big[] = "99999999999999999999999 passing\n";
	AUTO_FREE char *s = test_summary(nul, sizeof(nul) - 1);
	AUTO_FREE char *t = test_summary(big, sizeof(big) - 1);

	assert_string_equal(s, "3 passed");
	assert_non_null(strstr(t, " passed"));
}
