/* What test runners print: counts, names, and the same in a few words. */
#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"
#include "policy/test-report.h"
#include "tests/unit/unit.h"

/* "pytest: 2 passed, 1 failed, 0 skipped, 0 broken: NAME; NAME", the names of
 * what failed or is broken. */
static char *
report(const char *output)
{
	struct test_report r;
	struct buf b = BUF_INIT(0);
	const char *before = ": ";

	test_report_read(output, strlen(output), &r);
	buf_addf(&b, "%s: %s%lld passed, %lld failed, %lld skipped, "
	    "%lld broken", r.runner == NULL ? "unknown" : r.runner,
	    r.n[TEST_RAN] > 0 ? "at least " : "", (long long)r.n[TEST_PASSED],
	    (long long)(r.n[TEST_FAILED] + r.n[TEST_ERROR] +
	    r.n[TEST_XPASSED]), (long long)(r.n[TEST_SKIPPED] +
	    r.n[TEST_XFAILED]), (long long)r.n[TEST_BROKEN]);
	MEM_EACH(&r, v, test)
		if (test->outcome <= TEST_BROKEN) {
			buf_addf(&b, "%s%s", before, test->name);
			before = "; ";
		}
	test_report_release(&r);
	return buf_take(&b);
}

TEST(test_summaries)
{
	/* What it is read as, or NULL if that doesn't count here, and how
	 * that is told in a few words, or NULL. */
	static const struct { const char *output, *want, *says; } t[] = {
		/* pytest */
		{ "============ test session starts ============\n"
		  "collected 4 items\n\n"
		  "tests/test_a.py ..F                        [ 75%]\n"
		  "tests/test_b.py s                          [100%]\n\n"
		  "================= FAILURES ==================\n"
		  "E       assert 1 == 2\n"
		  "========== short test summary info ==========\n"
		  "FAILED tests/test_a.py::test_bad - assert 1 == 2\n"
		  "===== \033[31m1 failed\033[0m, 2 passed, 1 skipped in 0.12s "
		  "=====\n",
		  "pytest: 2 passed, 1 failed, 1 skipped, 0 broken: "
		  "tests/test_a.py::test_bad",
		  "1 failed, 2 passed, 1 skipped" },
		{ "tests/test_a.py::test_ok PASSED       [ 50%]\n"
		  "tests/test_a.py::test_bad[a-1] FAILED [100%]\n"
		  "FAILED tests/test_a.py::test_bad[a-1] - ValueError\n"
		  "1 failed, 1 passed in 65.12s (0:01:05)\n",
		  "pytest: 1 passed, 1 failed, 0 skipped, 0 broken: "
		  "tests/test_a.py::test_bad[a-1]", "1 failed, 1 passed" },
		{ "ERROR tests/test_a.py - ModuleNotFoundError: No module\n"
		  "!!!! Interrupted: 1 error during collection !!!!\n"
		  "=========== 1 error in 0.08s ===========\n",
		  "pytest: 0 passed, 0 failed, 0 skipped, 1 broken: "
		  "tests/test_a.py", "1 error" },
		{ "3 passed, 1 xfailed, 2 warnings in 0.30s\n",
		  "pytest: 3 passed, 0 failed, 1 skipped, 0 broken",
		  "3 passed, 1 xfailed" },
		/* unittest */
		{ "FE.sx\n=======\n"
		  "ERROR: test_err (test_x.TestA.test_err)\n-------\n"
		  "Traceback (most recent call last):\nValueError: x\n\n"
		  "=======\nFAIL: test_bad (test_x.TestA.test_bad)\n-------\n"
		  "AssertionError: 1 != 2\n\n-------\n"
		  "Ran 5 tests in 0.001s\n\n"
		  "FAILED (failures=1, errors=1, skipped=1, "
		  "expected failures=1)\n",
		  "unittest: 1 passed, 2 failed, 2 skipped, 0 broken: "
		  "test_err (test_x.TestA.test_err); "
		  "test_bad (test_x.TestA.test_bad)",
		  "1 failed, 1 error, 1 passed, 1 skipped, 1 xfailed" },
		{ "E\n=======\n"
		  "ERROR: nope (unittest.loader._FailedTest.nope)\n-------\n"
		  "ImportError: Failed to import test module: nope\n\n"
		  "Ran 1 test in 0.000s\n\nFAILED (errors=1)\n",
		  "unittest: 0 passed, 0 failed, 0 skipped, 1 broken: nope",
		  "1 error" },
		{ "...\n----\nRan 3 tests in 0.001s\n\nOK\n",
		  "unittest: 3 passed, 0 failed, 0 skipped, 0 broken",
		  "3 passed" },
		{ "----\nRan 3 tests in 0.001s\n\nOK (skipped=2)\n",
		  "unittest: 1 passed, 0 failed, 2 skipped, 0 broken",
		  "1 passed, 2 skipped" },
		/* Jest */
		{ "FAIL src/add.test.js\n  ✓ adds (2 ms)\n  ✕ subtracts (3 ms)\n"
		  "  ○ skipped later\n\n"
		  "  ● math › subtracts\n\n    expect(received).toBe(expected)\n"
		  "\nPASS src/b.test.js\n\n"
		  "Test Suites: 1 failed, 1 passed, 2 total\n"
		  "Tests:       1 failed, 1 skipped, 2 passed, 4 total\n"
		  "Snapshots:   0 total\nTime:        0.512 s\n",
		  "Jest: 2 passed, 1 failed, 1 skipped, 0 broken: subtracts; "
		  "math › subtracts", "1 failed, 2 passed, 1 skipped" },
		{ "FAIL src/add.test.js\n  ● Test suite failed to run\n\n"
		  "    Cannot find module './add'\n\n"
		  "Test Suites: 1 failed, 1 total\nTests:       0 total\n",
		  "Jest: 0 passed, 0 failed, 0 skipped, 1 broken: "
		  "src/add.test.js", "1 error" },
		/* Vitest */
		{ " ✓ src/a.test.ts (2 tests) 3ms\n"
		  " ❯ src/b.test.ts (2 tests | 1 failed) 5ms\n"
		  "   × b > subtracts 4ms\n\n"
		  " FAIL  src/b.test.ts > b > subtracts\n"
		  "AssertionError: expected 1 to be 2\n\n"
		  " Test Files  1 failed | 1 passed (2)\n"
		  "      Tests  1 failed | 3 passed (4)\n",
		  "Vitest: 3 passed, 1 failed, 0 skipped, 0 broken: "
		  "src/b.test.ts > b > subtracts", "1 failed, 3 passed" },
		/* Mocha */
		{ "  add\n    ✓ adds\n    1) subtracts\n\n"
		  "  1 passing (5ms)\n  2 pending\n  1 failing\n",
		  "Mocha: 1 passed, 1 failed, 2 skipped, 0 broken",
		  "1 failed, 1 passed, 2 skipped" },
		/* node --test */
		{ "TAP version 13\n# Subtest: ok one\nok 1 - ok one\n"
		  "# Subtest: bad one\nnot ok 2 - bad one\n  ---\n"
		  "  error: '1 == 2'\n  ...\nok 3 - sk # SKIP\n"
		  "# Subtest: group\n    # Subtest: inner\n    ok 1 - inner\n"
		  "    1..1\nok 4 - group\n1..4\n# tests 4\n# suites 1\n"
		  "# pass 2\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n",
		  "TAP: 2 passed, 1 failed, 1 skipped, 0 broken: bad one",
		  "1 failed, 2 passed, 1 skipped" },
		/* go test, plain and -v */
		{ "# ex.org/m/sub\nsub/a_test.go:3:34: expected operand\n"
		  "FAIL\tex.org/m/sub [setup failed]\n"
		  "--- FAIL: TestBad (0.00s)\n"
		  "    --- FAIL: TestBad/sub_one (0.00s)\n"
		  "        a_test.go:4: no 3\nFAIL\nFAIL\tex.org/m\t0.007s\n"
		  "ok  \tex.org/m/fine\t0.005s\n"
		  "?   \tex.org/m/none\t[no test files]\nFAIL\n",
		  "go test: at least 0 passed, 1 failed, 0 skipped, 1 broken: "
		  "ex.org/m/sub; TestBad; TestBad/sub_one",
		  "1 failed, 1 error, 1 passed (packages)" },
		{ "=== RUN   TestOk\n--- PASS: TestOk (0.00s)\n"
		  "=== RUN   TestSkip\n    a_test.go:5: x\n"
		  "--- SKIP: TestSkip (0.00s)\nPASS\nok  \tex.org/m\t0.003s\n",
		  "go test: 1 passed, 0 failed, 1 skipped, 0 broken",
		  "1 passed, 1 skipped" },
		/* cargo test */
		{ "   Compiling ex v0.1.0\n"
		  "     Running unittests src/lib.rs (target/debug/deps/ex-a)\n\n"
		  "running 3 tests\ntest tests::good ... ok\n"
		  "test tests::slow ... ignored\ntest tests::bad ... FAILED\n\n"
		  "failures:\n    tests::bad\n\n"
		  "test result: FAILED. 1 passed; 1 failed; 1 ignored; "
		  "0 measured; 0 filtered out; finished in 0.11s\n\n"
		  "   Doc-tests ex\n\nrunning 1 test\n"
		  "test src/lib.rs - f (line 1) ... ok\n\n"
		  "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; "
		  "0 filtered out; finished in 0.13s\n",
		  "cargo test: 2 passed, 1 failed, 1 skipped, 0 broken: "
		  "tests::bad", "1 failed, 2 passed, 1 skipped" },
		{ "error[E0425]: cannot find value `x` in this scope\n"
		  "error: could not compile `ex` (lib test) due to 1 previous "
		  "error\n",
		  "cargo test: 0 passed, 0 failed, 0 skipped, 1 broken: ex",
		  NULL },
		/* Maven, Gradle */
		{ "[INFO] Running com.x.FooTest\n"
		  "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1, "
		  "Time elapsed: 0.05 s <<< FAILURE! -- in com.x.FooTest\n"
		  "[ERROR] com.x.FooTest.bad -- Time elapsed: 0.01 s <<< "
		  "FAILURE!\norg.opentest4j.AssertionFailedError: x\n"
		  "[INFO] Results:\n[INFO] \n[ERROR] Failures: \n"
		  "[ERROR]   FooTest.bad:12 expected: <1> but was: <2>\n"
		  "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1\n"
		  "[INFO] BUILD FAILURE\n",
		  "Maven: 1 passed, 1 failed, 1 skipped, 0 broken: "
		  "com.x.FooTest.bad", "1 failed, 1 passed, 1 skipped" },
		{ "[ERROR] COMPILATION ERROR : \n[INFO] BUILD FAILURE\n",
		  "Maven: 0 passed, 0 failed, 0 skipped, 1 broken", NULL },
		{ "> Task :test FAILED\n\nFooTest > bad() FAILED\n"
		  "    org.opentest4j.AssertionFailedError at FooTest.java:12\n"
		  "\n5 tests completed, 1 failed, 1 skipped\n",
		  "Gradle: 3 passed, 1 failed, 1 skipped, 0 broken: "
		  "FooTest > bad()", "1 failed, 3 passed, 1 skipped" },
		/* RSpec, Minitest */
		{ "..F*\n\nFailures:\n\n  1) Add adds\n"
		  "     Failure/Error: expect(r).to eq(3)\n\n"
		  "Finished in 0.01 seconds (files took 0.1 seconds to load)\n"
		  "4 examples, 1 failure, 1 pending\n\nFailed examples:\n\n"
		  "rspec ./spec/add_spec.rb:5 # Add adds\n",
		  "RSpec: 2 passed, 1 failed, 1 skipped, 0 broken: "
		  "./spec/add_spec.rb:5 # Add adds",
		  "1 failed, 2 passed, 1 skipped" },
		{ "An error occurred while loading ./spec/add_spec.rb.\n"
		  "0 examples, 0 failures, 1 error occurred outside of "
		  "examples\n",
		  "RSpec: 0 passed, 0 failed, 0 skipped, 1 broken: "
		  "./spec/add_spec.rb", "1 error" },
		{ "10 runs, 20 assertions, 1 failures, 1 errors, 1 skips\n",
		  "Minitest: 7 passed, 2 failed, 1 skipped, 0 broken",
		  "1 failed, 1 error, 7 passed, 1 skipped" },
		/* TAP, by prove, by itself and by bats */
		{ "t/a.t .. \nDubious, test returned 1 (wstat 256, 0x100)\n"
		  "Failed 1/3 subtests \n\t(less 1 skipped subtest: 1 okay)\n"
		  "t/b.t .. ok\nt/c.t .. \nNo subtests run \n\n"
		  "Test Summary Report\n-------------------\n"
		  "t/a.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)\n"
		  "Files=3, Tests=4,  1 wallclock secs ( 0.01 usr)\n"
		  "Result: FAIL\n",
		  "TAP: 2 passed, 1 failed, 1 skipped, 1 broken: t/c.t",
		  "1 failed, 1 error, 2 passed, 1 skipped" },
		{ "1..3\nok 1 - a\nnot ok 2 - b\nok 3 # skip no\n",
		  "TAP: 1 passed, 1 failed, 1 skipped, 0 broken: b",
		  "1 failed, 1 passed, 1 skipped" },
		{ "1..2\nok 1 adds\nnot ok 2 subtracts\n"
		  "# (in test file a.bats, line 4)\n",
		  "TAP: 1 passed, 1 failed, 0 skipped, 0 broken: subtracts",
		  "1 failed, 1 passed" },
		/* automake, a script, CTest */
		{ "PASS: tests/a 1 - one\nFAIL: tests/a 2 - two\n"
		  "XFAIL: tests/b\n=====\nTestsuite summary for x 0.1\n=====\n"
		  "# TOTAL: 3\n# PASS:  1\n# SKIP:  0\n# XFAIL: 1\n# FAIL:  1\n"
		  "# XPASS: 0\n# ERROR: 0\n=====\n",
		  "automake: 1 passed, 1 failed, 1 skipped, 0 broken: "
		  "tests/a 2 - two", "1 failed, 1 passed, 1 xfailed" },
		{ "PASS: one\nFAIL: two\n",
		  "automake: 1 passed, 1 failed, 0 skipped, 0 broken: two",
		  NULL },
		{ "Test project /x\n    Start 1: good\n"
		  "1/4 Test #1: good .............   Passed    0.00 sec\n"
		  "2/4 Test #2: bad ..............***Failed    0.00 sec\n"
		  "3/4 Test #3: gone .............***Not Run   0.00 sec\n"
		  "4/4 Test #4: sk ...............***Skipped   0.00 sec\n\n"
		  "50% tests passed, 2 tests failed out of 4\n",
		  "CTest: 1 passed, 1 failed, 1 skipped, 1 broken: bad; gone",
		  "1 failed, 1 error, 1 passed, 1 skipped" },
		/* two in one output */
		{ "ok  \tex.org/m\t0.003s\n--- FAIL: TestBad (0.00s)\n"
		  "2 passed in 0.10s\n",
		  "pytest: at least 2 passed, 1 failed, 0 skipped, 0 broken: "
		  "TestBad", "2 passed" },
		/* counts of every kind; printed twice, and of the last of two */
		{ "# TOTAL: 23\n# PASS:  8\n# SKIP:  4\n# XFAIL: 5\n# FAIL:  2\n"
		  "# XPASS: 1\n# ERROR: 3\n",
		  "automake: 8 passed, 6 failed, 9 skipped, 0 broken",
		  "2 failed, 3 errors, 1 xpassed, 8 passed, 4 skipped, 5 xfailed" },
		{ "# TOTAL: 2\n# PASS:  1\n# FAIL:  1\n\nFAIL: t2\n========\n\n"
		  "# TOTAL: 2\n# PASS:  1\n# FAIL:  1\n",
		  "automake: 1 passed, 1 failed, 0 skipped, 0 broken: t2",
		  "1 failed, 1 passed" },
		{ "# TOTAL: 0\n# PASS:  0\n# FAIL:  0\n",
		  "automake: 0 passed, 0 failed, 0 skipped, 0 broken",
		  "0 passed" },
		{ "\xe2\x9c\x94 x (1.6ms)\n\xe2\x84\xb9 tests 3\n\xe2\x84\xb9 suites 0\n"
		  "\xe2\x84\xb9 pass 1\n\xe2\x84\xb9 fail 1\n"
		  "\xe2\x84\xb9 cancelled 1\n\xe2\x84\xb9 skipped 0\n"
		  "\xe2\x84\xb9 todo 0\n\xe2\x84\xb9 duration_ms 356.9\n\n"
		  "\xe2\x9c\x96 failing tests:\n\ntest at a.test.js:1:70\n"
		  "  AssertionError [ERR_ASSERTION]: 1 == 2\n",
		  "TAP: 1 passed, 2 failed, 0 skipped, 0 broken",
		  "2 failed, 1 passed" },
		{ "# retry after 3 errors\n# see test 5\n# note: skip 2\n",
		  "unknown: 0 passed, 0 failed, 0 skipped, 0 broken", NULL },
		{ "1..5\nok 1 - a\n    ok 1 - of a subtest\nnot ok 2 - b\n"
		  "ok 3 - c\nok 4 # skip no\nnot ok 5 - d # TODO later\n",
		  "TAP: 2 passed, 1 failed, 2 skipped, 0 broken: b",
		  "1 failed, 2 passed, 1 skipped, 1 xfailed" },
		{ "Ran 2 tests in 0.001s\n\nFAILED (unexpected successes=1)\n",
		  "unittest: 1 passed, 1 failed, 0 skipped, 0 broken",
		  "1 xpassed, 1 passed" },
		{ "1 failed in 0.10s\r\n2 passing (1ms)\r\n1 passing\r\n",
		  NULL, "3 passed" },
		{ "# TOTAL: 3\n# PASS:  3\n# FAIL:  0\n"
		  "# tests 2\n# pass 1\n# fail 1\n",
		  NULL, "1 failed, 1 passed" },
		{ "\033[32m2 passed\033[0m in 0.10s\nFAIL: a\n",
		  NULL, "2 passed" },
		{ "ERROR: no matching distribution (from versions: none)\n",
		  NULL, NULL },
		{ "✓ built in 3s\n✔ done (3ms)\n✕ not found\n",
		  NULL, NULL },
		{ "FAIL: a\nPASS: b\ntest a ... ok\n",
		  NULL, NULL },
		/* none of them */
		{ "ok\nok then\n    ok 1 - indented\n",
		  "unknown: 0 passed, 0 failed, 0 skipped, 0 broken", NULL },
		{ "", "unknown: 0 passed, 0 failed, 0 skipped, 0 broken",
		  NULL },
		{ "✓ built in 3s\nERROR: no such file\nall good\n12 files in 3s\n",
		  "unknown: 0 passed, 0 failed, 0 skipped, 0 broken", NULL },
	};
	size_t i, wrong = 0;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_FREE char *got = report(t[i].output);
		AUTO_FREE char *says = test_summary(t[i].output,
		    strlen(t[i].output));

		if ((t[i].want == NULL || strcmp(got, t[i].want) == 0) &&
		    (says == NULL) == (t[i].says == NULL) &&
		    (says == NULL || strcmp(says, t[i].says) == 0))
			continue;
		wrong++;
		print_error("%zu: got \"%s\" (%s), not \"%s\" (%s)\n", i, got,
		    says == NULL ? "none" : says,
		    t[i].want == NULL ? "" : t[i].want,
		    t[i].says == NULL ? "none" : t[i].says);
	}
	assert_int_equal(wrong, 0);
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

TEST(test_saw)
{
	static const struct { const char *output, *name; bool saw; } t[] = {
		{ "tests/test_a.py ..\n2 passed in 0.1s\n", "tests/test_a.py",
		  true },
		{ "tests/test_a.py ..\n2 passed in 0.1s\n", "tests/test_b.py",
		  false },
		{ "tests/test_a.py::test_one PASSED\n1 passed in 0.1s\n",
		  "test_one", true },
		{ "tests/test_a.py::test_one PASSED\n1 passed in 0.1s\n",
		  "test_on", false },
		{ "tests/test_a.py::test_one SKIPPED\n1 skipped in 0.1s\n",
		  "test_one", false },
		{ "PASS src/a.test.js\nTests:       1 passed, 1 total\n",
		  "src/a.test.js", true },
		{ "--- PASS: TestOk (0.00s)\nok  \tm\t0.1s\n", "TestOk", true },
		{ "[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, "
		  "Time elapsed: 0.05 s -- in com.x.FooTest\n"
		  "[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0\n",
		  "src/test/java/com/x/FooTest.java", true },
		{ "test_ok (tests.test_a.TestA.test_ok) ... ok\n"
		  "Ran 1 test in 0.0s\n\nOK\n", "tests/test_a.py", true },
		{ "test_b (unittest.loader._FailedTest.test_b) ... ERROR\n"
		  "ERROR: test_b (unittest.loader._FailedTest.test_b)\n"
		  "Ran 1 test in 0.0s\n\nFAILED (errors=1)\n",
		  "tests/test_b.py", false },
		{ "collecting tests/test_a.py ...\n1 passed in 0.1s\n",
		  "tests/test_a.py", false },
		{ "t/a.t .. ok\nFiles=1, Tests=1,  0 wallclock secs\n",
		  "t/a.t", true },
		{ "t/a.t .. skipped: no disk\nt/b.t .. \n"
		  "Failed 1/1 subtests \n"
		  "Files=2, Tests=1,  0 wallclock secs\n", "t/a.t", false },
		{ "t/c.t .. \nNo subtests run \n\n"
		  "t/c.t (Wstat: 0 Tests: 0 Failed: 0)\n"
		  "Files=1, Tests=0,  0 wallclock secs\n", "t/c.t", false },
		/* The runner's folder isn't the project's. */
		{ "tests/test_a.py ..\n2 passed in 0.1s\n",
		  "web/tests/test_a.py", true },
		{ "old/test_a.py ..\n2 passed in 0.1s\n",
		  "web/tests/test_a.py", false },
		{ "1 passed in 0.1s\n", "test_one", false },
		{ "", "test_one", false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct test_report r;

		test_report_read(t[i].output, strlen(t[i].output), &r);
		if (test_report_saw(&r, t[i].name) != t[i].saw)
			fail_msg("%zu: %s", i, t[i].name);
		test_report_release(&r);
	}
}

TEST(test_failed_names)
{
	struct test_report r;
	static const char out[] = "tests/test_a.py .F\n"
	    "FAILED tests/test_a.py::test_two - assert 1 == 2\n"
	    "ERROR tests/test_b.py - ImportError\n"
	    "1 failed, 1 passed, 1 error in 0.1s\n";

	test_report_read(out, strlen(out), &r);
	assert_true(test_report_failed(&r, "tests/test_a.py"));
	assert_true(test_report_failed(&r, "test_two"));
	assert_false(test_report_failed(&r, "tests/test_b.py"));
	assert_false(test_report_failed(&r, "test_a.py::test_one"));
	test_report_release(&r);
}

/* Long lines, many tests, bytes that are no text. */
TEST(test_hostile)
{
	struct buf b = BUF_INIT(0);
	struct test_report r;
	size_t i;

	for (i = 0; i < 200000; i++)
		buf_adds(&b, i % 2 == 0 ? "%n (%n > 1 " : "::.py ... \033[");
	buf_adds(&b, "\n");
	for (i = 0; i < 20000; i++)
		buf_addf(&b, "FAIL: test %zu (a) \377\n", i);
	buf_add(&b, "ok 1\0 - x\nRan 99999999999999999999 tests in 1s\n", 48);
	test_report_read(b.p, b.len, &r);
	assert_true(r.v_len <= TEST_NAMED_MAX);
	test_report_release(&r);
	for (i = 0; i < 300; i++) {
		test_report_read(b.p + b.len - i, i, &r);
		test_report_release(&r);
	}
	buf_release(&b);
}
