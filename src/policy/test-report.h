/*
 * test-report: what programs that run tests print: which one it was, how many
 * tests passed, and which failed. A table of the lines of pytest, unittest,
 * Jest, Vitest, Mocha, node, Go, cargo, Maven, Gradle, RSpec, Minitest, TAP,
 * automake and CTest, and of PASS and FAIL lines of shell scripts. Takes time
 * in proportion to the output.
 */
#ifndef ASSENT_POLICY_TEST_REPORT_H
#define ASSENT_POLICY_TEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those that are counted in words come in the order of the words. */
enum test_outcome {
	TEST_FAILED,
	TEST_ERROR,		/* ended by an error, if the runner tells */
	TEST_BROKEN,		/* couldn't be collected, or built */
	TEST_XPASSED,		/* passed, and was expected to fail */
	TEST_PASSED,
	TEST_SKIPPED,
	TEST_XFAILED,		/* failed, as expected */
	TEST_RAN,		/* it isn't told how; also a file, a package */
	TEST_OUTCOMES
};

struct test_named {
	char		*name;	/* as printed; any bytes */
	enum test_outcome outcome;
};

struct test_report {
	const char	*runner;	/* "pytest": the last one; NULL:
					   unknown, the rest is empty */
	bool		 classes;	/* it names no files, but classes */
	/* Of all runners. TEST_RAN: how many passed in those isn't known. */
	int64_t		 n[TEST_OUTCOMES];
	char		*words;		/* "1 failed, 2 passed": of the last
					   one; NULL: it isn't sure */
	struct test_named *v;		/* those that are named */
	size_t		 v_len;
};

#define TEST_NAMED_MAX		((size_t)5000)
/* Only the end of a longer output is read. */
#define TEST_OUTPUT_MAX		((size_t)4 << 20)

void	test_report_read(const char *output, size_t len, struct test_report *);
void	test_report_release(struct test_report *);
/* Was this test, or a file of tests, seen to run? Sure only if true: most
 * runners name what passed only if they are asked to. One that runs in a folder
 * may name a file from there. */
bool	test_report_saw(const struct test_report *, const char *name);
/* Was it, or one in this file, seen to fail? */
bool	test_report_failed(const struct test_report *, const char *name);
/* Only the words of a report, malloc'ed, or NULL; they have nothing of the
 * output but numbers. */
char	*test_summary(const char *output, size_t len);

#endif
