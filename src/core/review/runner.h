/*
 * runner: what programs that run tests print: which one it was, how many tests
 * passed, and which failed. Pure; a table of the lines of pytest, unittest,
 * Jest, Vitest, Mocha, node, Go, cargo, Maven, Gradle, RSpec, Minitest, TAP,
 * automake and CTest, and of PASS and FAIL lines of shell scripts. Takes time in
 * proportion to the output.
 */
#ifndef ASSENT_CORE_RUNNER_H
#define ASSENT_CORE_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum runner_outcome {
	RUNNER_RAN,		/* it isn't told how; also a file */
	RUNNER_PASSED,
	RUNNER_FAILED,
	RUNNER_SKIPPED,		/* also one that was expected to fail */
	RUNNER_BROKEN,		/* couldn't be collected, or built */
	RUNNER_OUTCOMES
};

struct runner_test {
	char		*name;	/* as printed */
	enum runner_outcome outcome;
};

struct runner_report {
	const char	*framework;	/* "pytest"; NULL: unknown, the rest
					   is empty */
	int64_t		 n[RUNNER_OUTCOMES];
	bool		 uncounted;	/* more tests passed than n says */
	struct runner_test *v;		/* those that are named */
	size_t		 v_len;
};

#define RUNNER_TESTS_MAX	((size_t)5000)
/* Of a longer output its end is read. */
#define RUNNER_OUTPUT_MAX	((size_t)4 << 20)

void	runner_read(const char *output, size_t len, struct runner_report *);
void	runner_report_release(struct runner_report *);
/* Was this test, or a file of tests, seen to run? Sure only if true: most
 * frameworks name what passed only if they are asked to. */
bool	runner_saw(const struct runner_report *, const char *name);

#endif
