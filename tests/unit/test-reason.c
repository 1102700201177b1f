/*
 * The model's reasons stand at the hunks of their edits, wherever the diff puts
 * them.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <git2.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/hunk.h"
#include "gate/gate.h"
#include "tests/unit/hunk-any.h"

struct edit { char *old, *new; };

/* Lines of which some are alike. */
static char *
any_lines(uint64_t *seed, uint32_t most)
{
	static const char *const lines[] = {
		"", "\t}\n", "\tif (a)\n", "\n", "\tif (a && b)\n", "x\n",
		"\tx\n", "\tif", " (a)\n",
	};
	AUTO_BUF struct buf b = BUF_INIT(0);
	uint32_t n = random_next(seed, most + 1);

	while (n-- > 0)
		buf_adds(&b, lines[random_next(seed, MEM_COUNT(lines))]);
	return xstrdup(buf_str(&b));
}

static void
separate(struct buf *b, int from)
{
	int i;

	for (i = 0; i < 8; i++)
		buf_addf(b, "line %d\n", from + i);
}

/* Two edits far from each other: each hunk has the reason of its own one. */
static void
check_one(uint64_t seed)
{
	static const char *const texts[] = { "first.", "second." };
	AUTO_BUF struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	AUTO_FREE char *file = NULL;
	AUTO_JSON cJSON *reasons = cJSON_CreateArray();
	struct err e = ERR_INIT;
	struct hunk_list l;
	char **words;
	cJSON *o;
	size_t i;

	for (i = 0; i < 2; i++) {
		AUTO_FREE char *above = any_lines(&seed, 3);
		AUTO_FREE char *below = any_lines(&seed, 3);
		AUTO_FREE char *same = any_lines(&seed, 2);
		AUTO_FREE char *was = any_lines(&seed, 3);
		AUTO_FREE char *now = any_lines(&seed, 3);
		AUTO_FREE char *end = any_lines(&seed, 2);
		/* Unique, as the tool asks for. */
		AUTO_FREE char *old = xasprintf("<%zu>%s%s%s", i, same, was,
		    end);
		AUTO_FREE char *new = xasprintf("<%zu>%s%s%s", i, same, now,
		    end);

		separate(&before, (int)i * 10);
		separate(&after, (int)i * 10);
		buf_addf(&before, "%s%s%s\n", above, old, below);
		buf_addf(&after, "%s%s%s\n", above, new, below);
		o = cJSON_CreateObject();
		json_add_str(o, "text", texts[i]);
		json_add_str(o, "old", old);
		json_add_str(o, "new", new);
		cJSON_AddItemToArray(reasons, o);
	}
	separate(&before, 20);
	separate(&after, 20);
	if (strcmp(buf_str(&before), buf_str(&after)) == 0)
		return;
	if (hunk_list_make(&l, "f", &before, &after, &e) < 0)
		fail_msg("%s", e.text);
	words = xcalloc(l.len + 1, sizeof(*words));
	reason_place(&l, &before, &after, reasons, words, &file);
	assert_null(file);
	for (i = 0; i < l.len; i++) {
		size_t at = strstr(buf_str(&before), "line 14\n") -
		    buf_str(&before) <= (ptrdiff_t)l.v[i].old_off;

		if (words[i] == NULL || strcmp(words[i], texts[at]) != 0)
			fail_msg("%s, not %s, at\n%s\nbefore\n%s\nafter\n%s",
			    words[i] == NULL ? "nothing" : words[i],
			    texts[at], l.v[i].text, buf_str(&before),
			    buf_str(&after));
		free(words[i]);
	}
	free(words);
	hunk_list_release(&l);
}

static void
test_each_hunk_has_its_reason(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 3000; seed++)
		check_one(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_hunk_has_its_reason),
	};
	int failed;

	if (git_libgit2_init() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	git_libgit2_shutdown();
	return failed;
}
