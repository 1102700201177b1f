/* What the lines of a change newly let a program do: in each language its forms,
 * each at its line, and changes that nothing is said of. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "tests/unit/changed.h"
#include "tests/unit/unit.h"

/* "3 host a.b.org; 5 starts a shell" */
static char *
found(const char *path, const char *old, const char *new)
{
	struct changed changed;
	struct change_text file = changed_make(&changed, path, old, new,
	    false);
	struct adds_founds out;
	struct buf b = BUF_INIT(0);

	adds_find(&file, 1, &out);
	EV_EACH(&out, v, it)
		buf_addf(&b, "%s%d %s", b.len > 0 ? "; " : "", it->line,
		    it->what);
	adds_founds_release(&out);
	changed_release(&changed);
	return buf_take(&b);
}

struct change {
	const char *path, *old, *new;
	const char *want;
};

static void
check(const struct change *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *got = found(t[i].path, t[i].old, t[i].new);

		if (strcmp(got, t[i].want) == 0)
			continue;
		wrong++;
		print_error("%zu, %s:\n%s---\n%sgot \"%s\", not \"%s\"\n", i,
		    t[i].path, t[i].old, t[i].new, got, t[i].want);
	}
	assert_int_equal(wrong, 0);
}

TEST(test_python)
{
	static const struct change t[] = {
		{ "a.py", "x = 1\n", "x = 1\ny = get('https://a.b.org/c')\n",
		  "2 host a.b.org" },
		/* The same host, another path. */
		{ "a.py", "get('https://a.b.org/c')\n",
		  "get('https://a.b.org/d')\n", "" },
		{ "a.py", "x = 1\n", "x = 1  # https://a.b.org\n", "" },
		{ "a.py", "", "subprocess.run(a)\n", "1 starts a process" },
		{ "a.py", "subprocess.run(a)\n",
		  "subprocess.run(a)\nsubprocess.run(a, shell=True)\n",
		  "2 starts a shell" },
		/* It moved. */
		{ "a.py", "def f():\n    os.system(a)\n",
		  "if x:\n    def f():\n        os.system(a)\n", "" },
	};

	check(t, MEM_COUNT(t));
}
