/* The files of the project that a typed word means. */
#include "config.h"

#include <stdbool.h>

#include "base/mem.h"
#include "core/kernel/paths.h"
#include "tests/unit/unit.h"

TEST(test_score)
{
	/* Each is before the next one that has the same needle. */
	static const struct {
		const char *needle, *path;
		bool fits;
	} cases[] = {
		{ "parse", "src/parse.c", true },
		{ "parse", "src/deep/parse.c", true },
		{ "parse", "src/reparse.c", true },
		{ "parse", "lib-parse/x.c", true },
		{ "parse", "src/p-arse.c", true },
		{ "parse", "p/a/r/s/e", true },
		{ "parse", "src/pars.c", false },
		{ "Parse", "src/Parse.h", true },
		{ "Parse", "src/parse.c", false },
		{ "PARSE", "src/parse.c", false },
		{ "src/pa", "src/parse.c", true },
		{ "src/pa", "lib/src/parse.c", true },
		{ "scp", "src/cmd/plain.c", true },
		{ "", "a", true },
		{ "", "a/b", true },
		{ "\xc3\xb6", "gr\xc3\xb6\xc3\x9f" "e", true },
	};
	int score, before = -1;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		score = paths_score(cases[i].path, cases[i].needle);
		if ((score >= 0) != cases[i].fits)
			fail_msg("%s in %s: %d", cases[i].needle,
			    cases[i].path, score);
		if (i > 0 && cases[i].fits && before >= 0 &&
		    strcmp(cases[i].needle, cases[i - 1].needle) == 0 && score < before)
			fail_msg("%s is before %s", cases[i].path,
			    cases[i - 1].path);
		before = score;
	}
}
