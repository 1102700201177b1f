/*
 * Renames in a scan: by content, by name, in which order, and how much is
 * compared.
 */
#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "tests/unit/gate-tree.h"
#include "tests/unit/unit.h"

/*
 * "a20" is 20 lines of the kind a; "a20-3" has the last 3 replaced, "a20+3" the
 * first. "=..." is what follows. A kind in capitals has a NUL in each line.
 */
static void
content(struct buf *out, const char *spec)
{
	int n, k = 0, i;
	char *end;

	if (*spec == '=') {
		buf_adds(out, spec + 1);
		return;
	}
	n = (int)strtol(spec + 1, &end, 10);
	if (*end != '\0')
		k = (int)strtol(end + 1, NULL, 10);
	for (i = 0; i < n; i++) {
		bool other = *end == '-' ? i >= n - k : i < k;

		buf_addf(out, "%c line %05d%c", *spec, other ? i + 10000 : i,
		    *spec < 'a' ? '\0' : ';');
		buf_addc(out, '\n');
	}
}

/* The change of a file that is gone ("-"), or came ("+"). */
static void
found_add(struct stage_scan *scan, struct tree *t, char sign, const char *path,
    unsigned mode, const char *spec)
{
	struct buf b = BUF_INIT(0);
	struct stage_change *c;

	scan->changes = xreallocarray(scan->changes, scan->changes_len + 1,
	    sizeof(*scan->changes));
	c = &scan->changes[scan->changes_len++];
	memset(c, 0, sizeof(*c));
	content(&b, spec);
	c->path = xstrdup(path);
	*(sign == '-' ? &c->before : &c->after) = tree_side(t, mode,
	    buf_str(&b), b.len);
	buf_release(&b);
}

static void
found_release(struct stage_scan *scan)
{
	size_t i;

	for (i = 0; i < scan->changes_len; i++)
		free(scan->changes[i].path);
	free(scan->changes);
	memset(scan, 0, sizeof(*scan));
}

/* "old>new 87, ...", in the order of the old names. */
static void
pairs(struct tree *t, const struct stage_scan *scan, struct buf *out)
{
	static const char *const own[] = { "secret-sauce/", NULL };
	struct policy_options o = { .root = t->root, .protected_globs = own };
	struct err e = ERR_INIT;
	struct policy *p = policy_new(&o, &e);
	struct rename_half *h;
	size_t i;

	assert_non_null(p);
	h = rename_find(scan, p, t->store);
	for (i = 0; i < scan->changes_len; i++) {
		const struct stage_change *c = &scan->changes[i], *new;

		if (h[i].other < 0)
			continue;
		new = &scan->changes[h[i].other];
		assert_int_equal(h[h[i].other].other, i);
		assert_int_equal(h[h[i].other].same, h[i].same);
		assert_true(c->before.exists != new->before.exists);
		if (c->before.exists)
			buf_addf(out, "%s%s>%s %d", out->len > 0 ? ", " : "",
			    c->path, new->path, h[i].same);
	}
	free(h);
	policy_free(p);
}

static const struct {
	const char	*label;
	struct {
		const char	*path;	/* with its sign before it */
		unsigned	 mode;	/* 0: 0100644 */
		const char	*content;
	} files[6];			/* sorted by path */
	const char	*want;
} cases[] = {
	{ "the same", { { "-a", 0, "a20" }, { "+b", 0, "a20" } },
	    "a>b 100" },
	{ "twins: by name first", { { "+m", 0, "a20" }, { "-n", 0, "a20" },
	    { "-x/n", 0, "a20" }, { "+y/n", 0, "a20" } },
	    "n>y/n 100, x/n>m 100" },
	{ "one was two", { { "-a", 0, "a20" }, { "+b", 0, "a20" },
	    { "+c", 0, "a20" } }, "a>b 100" },
	{ "alike", { { "-a", 0, "a20" }, { "+b", 0, "a20-2" } }, "a>b 90" },
	{ "less than half", { { "-a", 0, "a20" }, { "+b", 0, "a20-11" } },
	    "" },
	{ "nothing in common", { { "-a", 0, "a20" }, { "+b", 0, "b20" } },
	    "" },
	{ "the same before the alike", { { "+k", 0, "a20" },
	    { "+l/a", 0, "a20-1" }, { "-m/a", 0, "a20" } }, "m/a>k 100" },
	{ "the most alike before the name", { { "+k/a", 0, "a20-5" },
	    { "+l", 0, "a20-1" }, { "-m/a", 0, "a20" } }, "m/a>l 95" },
	{ "each once", { { "-a", 0, "a20" }, { "-b", 0, "a20-4" },
	    { "+c", 0, "a20-1" }, { "+d", 0, "a20-9" } },
	    "a>c 95, b>d 75" },
	{ "not the same though all lines are", { { "-a", 0,
	    "=here is the first of the lines\nand the second of them\n" },
	    { "+b", 0,
	    "=and the second of them\nhere is the first of the lines\n" } },
	    "a>b 99" },
	{ "empty ones", { { "-a", 0, "=" }, { "+b", 0, "=" } }, "" },
	{ "an empty one with the name", { { "-a/x", 0, "=" },
	    { "+b/x", 0, "=" } }, "" },
	{ "emptied", { { "-a/x", 0, "a20" }, { "+b/x", 0, "=" } }, "" },
	{ "short: the name says it", { { "-a/x", 0, "=1\n" },
	    { "+b/x", 0, "=1\n" } }, "a/x>b/x 100" },
	{ "three times as large", { { "-a", 0, "a20" }, { "+b", 0, "a61" } },
	    "" },
	{ "binary", { { "-a", 0, "A20" }, { "+b", 0, "A20" } }, "a>b 100" },
	{ "a link", { { "-a", 0120000, "=to" }, { "+b", 0120000, "=to" } },
	    "a>b 100" },
	{ "a link to a like place", { { "-a/x", 0120000,
	    "=there/are/many/folders/on/the/way" }, { "+b/x", 0120000,
	    "=there/are/many/folders/on/the/wax" } }, "" },
	{ "a link that was a file", { { "-a", 0, "=to" },
	    { "+b", 0120000, "=to" } }, "" },
	{ "no longer executable", { { "-a", 0100755, "a20" },
	    { "+b", 0, "a20" } }, "a>b 100" },
	{ "executable now", { { "-a", 0, "a20" }, { "+b", 0100755, "a20" } },
	    "" },
	{ "to where it is protected", { { "-a", 0, "a20" },
	    { "+secret-sauce/a", 0, "a20-1" } }, "" },
	{ "the next best, then", { { "-a", 0, "a20" }, { "+b", 0, "a20-5" },
	    { "+secret-sauce/a", 0, "a20" } }, "a>b 75" },
	{ "into a folder of its name", { { "-a", 0, "a20" },
	    { "+a/b", 0, "a20" } }, "" },
	{ "out of it", { { "+a", 0, "a20-1" }, { "-a/b", 0, "a20" } }, "" },
	{ "a file comes in its folder's place", { { "+d", 0, "b20" },
	    { "-d/e/a", 0, "a20" }, { "+f", 0, "a20" } }, "" },
	{ "names that only begin so", { { "-a", 0, "a20" },
	    { "+a-b", 0, "b20" }, { "+a.c/d", 0, "a20-1" } }, "a>a.c/d 95" },

};

TREE_TEST(test_pairs)
{
	struct tree *t = *state;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct stage_scan scan = { 0 };
		struct buf got = BUF_INIT(0);

		for (k = 0; k < MEM_COUNT(cases[i].files) &&
		    cases[i].files[k].path != NULL; k++)
			found_add(&scan, t, cases[i].files[k].path[0],
			    cases[i].files[k].path + 1,
			    cases[i].files[k].mode == 0 ? 0100644 :
			    cases[i].files[k].mode, cases[i].files[k].content);
		pairs(t, &scan, &got);
		if (strcmp(buf_str(&got), cases[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].label,
			    buf_str(&got), cases[i].want);
		buf_release(&got);
		found_release(&scan);
	}
}
