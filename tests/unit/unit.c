/* Runs the tests of a program, in the order of its lines. */
#include "config.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

static struct CMUnitTest tests[64];
static int lines[MEM_COUNT(tests)];
static size_t count;

void
unit_add(int line, struct CMUnitTest test)
{
	size_t i = count++;

	if (count > MEM_COUNT(tests))
		abort();
	for (; i > 0 && lines[i - 1] > line; i--) {
		lines[i] = lines[i - 1];
		tests[i] = tests[i - 1];
	}
	lines[i] = line;
	tests[i] = test;
}

int
unit_run(void)
{
	/* It skips those without a name. */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Of a program that has none of its own. */
__attribute__((weak)) int
main(void)
{
	return unit_run();
}
