/* Hunks that make the same change. */
#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "review/alike.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

/* The groups of the hunks, and what differs: "1 1 1 0". So many more are
 * like the first one that a group of it needs two others. */
static char *
found(const char *const *hunks, size_t n)
{
	struct alike a = { .hunks = NULL };
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n && hunks[i] != NULL; i++)
		alike_add(&a, i == 4 ? "why" : NULL, hunks[i],
		    strlen(hunks[i]));
	n = i;
	for (i = 3; i < ALIKE_LEAST; i++)
		alike_add(&a, NULL, hunks[0], strlen(hunks[0]));
	alike_find(&a);
	for (i = 0; i < n; i++)
		buf_addf(&b, "%s%zu", i > 0 ? " " : "", a.hunks[i].group);
	alike_release(&a);
	return buf_take(&b);
}

#define RENAMED	"-x = old(1);\n+x = new(1);\n", \
		" a\n-if (!old(p + 1))\n+if (!new(p + 1))\n b\n", \
		"-\treturn old(old(y));\n+\treturn new(new(y));\n"

TEST(test_found)
{
	static const struct {
		const char *label, *hunks[5], *want;
	} cases[] = {
		{ "a word, wherever it is", { RENAMED }, "1 1 1" },
		{ "two are too few", { "-old\n+new\n", "-old\n+new\n" },
		    "0 0" },
		{ "not a part of a word", { RENAMED, "-x = older(1);\n"
		    "+x = newer(1);\n" }, "1 1 1 0" },
		{ "another word", { RENAMED, "-x = old(1);\n+x = evil(1);\n" },
		    "1 1 1 0" },
		{ "one more word", { RENAMED, "-x = old(1);\n"
		    "+x = new(1, 2);\n" }, "1 1 1 0" },
		{ "a check is gone", { RENAMED, "-check(x);\n y\n-x = old(1);\n"
		    "+x = new(1);\n" }, "1 1 1 0" },
		{ "the arguments swapped", { RENAMED, "-x = old(a, b);\n"
		    "+x = new(b, a);\n" }, "1 1 1 0" },
		{ "a comment in the middle", { RENAMED, "-x = old(1) && ok();\n"
		    "+x = new(1) // && ok();\n" }, "1 1 1 0" },
		{ "both ways", { RENAMED, "-x = new(1);\n+x = old(1);\n" },
		    "1 1 1 0" },
		{ "not all of them", { RENAMED, "-x = old(old(1));\n"
		    "+x = new(old(1));\n" }, "1 1 1 1" },
		{ "much else", { RENAMED, "-x = old(1);\n+x = new(1);\n z\n"
		    "+a(b, c, d, e, f, g);\n" }, "1 1 1 0" },
		{ "something is said of it", { RENAMED, "-old\n+new\n",
		    "-old\n+new\n" }, "1 1 1 1 0" },
		{ "the same once more", { RENAMED, "-old();\n+new();\n a\n"
		    "-old();\n+new();\n" }, "1 1 1 1" },
		{ "moved names and strings", {
		    "-f(a, \"b c\");\n+f(\"b c\", a);\n",
		    "-f(a, \"d\");\n+f(\"d\", a);\n",
		    "-g(a, 'e f');\n+g('e f', a);\n",
		    "-f(a, b);\n+f(b, a);\n" }, "1 1 1 0" },
		{ "a new name that was there", { RENAMED,
		    "-new(old(1));\n+new(new(1));\n" }, "1 1 1 0" },
		{ "moved names", { "-f(a, b);\n+f(b, a);\n",
		    "-g(c, d);\n+g(d, c);\n", "-\tf(e, h);\n+\tf(h, e);\n" },
		    "1 1 1" },
		{ "one name twice", { "-f(a, b);\n+f(b, a);\n",
		    "-g(c, d);\n+g(d, c);\n", "-f(e, h);\n+f(h, e);\n",
		    "-f(e, h);\n+f(h, h);\n" }, "1 1 1 0" },
		/* What is only added is the same everywhere. */
		{ "a string is added", { "-f(a);\n+f(a, \"x\");\n",
		    "-f(b);\n+f(b, \"x\");\n", "-f(c);\n+f(c, \"x\");\n",
		    "-f(d);\n+f(d, \"rm -rf /\");\n" }, "1 1 1 0" },
		{ "a string stays", { "-f(\"a b\");\n+f.g(\"a b\");\n",
		    "-f(\"c\");\n+f.g(\"c\");\n",
		    "-f(\"%s\\\"\");\n+f.g(\"%s\\\"\");\n" }, "1 1 1" },
		{ "a name is no string", { "-f(\"a b\");\n+f.g(\"a b\");\n",
		    "-f(\"c\");\n+f.g(\"c\");\n",
		    "-f(d);\n+f.g(d);\n" }, "0 0 0" },
		{ "lines that are removed", { "-check(a);\n x\n",
		    "-check(a);\n y\n", "-check(a);\n", "-check(b);\n" },
		    "1 1 1 0" },
		{ "lines that are added", { "+use <log>\n", "+use <log>\n",
		    "+use <log>\n", "+use <lag>\n" }, "1 1 1 0" },
		{ "with another indentation", { "+\ta();\n", "+\ta();\n",
		    "+\ta();\n", "+a();\n" }, "1 1 1 0" },
		{ "indented as they were", { "-\ta();\n+\ta()\n+\tb();\n",
		    "-a();\n+a()\n+b();\n", "-\t\ta();\n+\t\ta()\n"
		    "+\t\tb();\n", "-a();\n+a()\n+\tb();\n" },
		    "1 1 1 0" },
		{ "no newline at the end", { RENAMED,
		    "-old\n+new\n\\ No newline at end of file\n" },
		    "1 1 1 0" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *s = found(cases[i].hunks, 5);

		if (strcmp(s, cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, s);
	}
}

/* ---- against a model: each hunk compared with each other one ---- */

#define HUNKS	150
#define KINDS	3		/* that most hunks are varied from */
#define TOKENS	5		/* of a line */

static const char *const tokens[] = { "a", "b", "c", "(", "+", "\"s t\"",
	"'u'" };

struct line {
	int	 n[2], v[2][TOKENS];	/* of `tokens`, old and new */
	int	 indent;
	bool	 twice;			/* it stands there once more */
};

static bool
is_word(int t)
{
	return t < 3;
}

static bool
may_differ(const struct line *l, int t)
{
	int side, i, has[2] = { 0, 0 };

	for (side = 0; side < 2; side++)
		for (i = 0; i < l->n[side]; i++)
			has[side] += l->v[side][i] == t;
	return t != 3 && t != 4 && has[0] > 0 && has[1] > 0;
}

/* The words that are replaced, each by which, or -1: it does something else. */
static int
replaced(const struct line *l, int pairs[2 * TOKENS])
{
	int i, k, n = 0, pair;

	if (l->n[0] != l->n[1])
		return -1;
	for (i = 0; i < (l->twice ? 2 : 1) * l->n[0]; i++) {
		k = i % l->n[0];
		pair = 10 * l->v[0][k] + l->v[1][k];
		if (l->v[0][k] == l->v[1][k])
			continue;
		if (!is_word(l->v[0][k]) || !is_word(l->v[1][k]) ||
		    may_differ(l, l->v[1][k]))
			return -1;
		if (n == 0 || pairs[n - 1] != pair)
			pairs[n++] = pair;
	}
	return n > 0 ? n : -1;
}

static bool
model_alike(const struct line *x, const struct line *y)
{
	int p[2 * TOKENS], q[2 * TOKENS], n = replaced(x, p), m = replaced(y, q);
	int to[MEM_COUNT(tokens)], back[MEM_COUNT(tokens)], side, i, t, u;

	if (n >= 0 || m >= 0)
		return n == m && memcmp(p, q, (size_t)n * sizeof(*p)) == 0;
	memset(to, -1, sizeof(to));
	memset(back, -1, sizeof(back));
	if ((x->n[0] == 0 || x->n[1] == 0) && x->indent != y->indent)
		return false;
	for (side = 0; side < 2; side++)
		for (i = 0; i < x->n[side] || i < y->n[side]; i++) {
			if (x->n[side] != y->n[side])
				return false;
			t = x->v[side][i];
			u = y->v[side][i];
			if (may_differ(x, t) != may_differ(y, u) ||
			    is_word(t) != is_word(u) ||
			    (!may_differ(x, t) && t != u))
				return false;
			if ((to[t] >= 0 || back[u] >= 0) &&
			    (to[t] != u || back[u] != t))
				return false;
			to[t] = u;
			back[u] = t;
		}
	return true;
}

static void
random_line(struct line *l, uint64_t *seed, size_t most)
{
	int side, i;

	do
		for (side = 0; side < 2; side++)
			l->n[side] = (int)random_next(seed, most + 1);
	while (l->n[0] + l->n[1] == 0);
	for (side = 0; side < 2; side++)
		for (i = 0; i < l->n[side]; i++)
			l->v[side][i] = (int)random_next(seed,
			    MEM_COUNT(tokens));
	/* Most keep something. */
	if (random_next(seed, 4) > 0)
		memcpy(l->v[1], l->v[0], random_next(seed, TOKENS) *
		    sizeof(int));
}

/* Swap two tokens everywhere, and at times change one in one place. */
static void
vary_line(struct line *l, uint64_t *seed)
{
	int t = (int)random_next(seed, MEM_COUNT(tokens));
	int u = (int)random_next(seed, MEM_COUNT(tokens));
	int side, i, *v;

	for (side = 0; side < 2; side++)
		for (i = 0; i < l->n[side]; i++) {
			v = &l->v[side][i];
			*v = *v == t ? u : *v == u ? t : *v;
		}
	if (random_next(seed, 3) == 0)
		l->v[random_next(seed, 2)][random_next(seed, TOKENS)] = t;
}

static void
write_line(struct buf *b, const struct line *l)
{
	int side, i;

	for (side = 0; side < 2; side++) {
		if (l->n[side] == 0)
			continue;
		buf_addf(b, "%c%.*s", "-+"[side], l->indent, "\t\t");
		for (i = 0; i < l->n[side]; i++)
			buf_addf(b, "%s ", tokens[l->v[side][i]]);
		buf_addc(b, '\n');
	}
}

TEST(test_any)
{
	uint64_t seed = rounds_seed();
	unsigned long long round, rounds = rounds_of(300, 10000);
	size_t i, k, same, grouped = 0, longer = 0;

	for (round = 0; round < rounds; round++) {
		struct alike a = { .hunks = NULL };
		struct line l[HUNKS] = { 0 };
		struct buf text[HUNKS] = { 0 };
		size_t most = 1 + random_next(&seed, TOKENS);

		for (i = 0; i < HUNKS; i++) {
			if (i < KINDS || random_next(&seed, 4) == 0)
				random_line(&l[i], &seed, most);
			else {
				l[i] = l[random_next(&seed, KINDS)];
				vary_line(&l[i], &seed);
			}
			l[i].indent = (int)random_next(&seed, 3);
			write_line(&text[i], &l[i]);
			l[i].twice = random_next(&seed, 5) == 0;
			if (l[i].twice) {
				buf_adds(&text[i], " stays\n");
				write_line(&text[i], &l[i]);
			}
			alike_add(&a, NULL, buf_str(&text[i]), text[i].len);
		}
		alike_find(&a);
		for (i = 0; i < HUNKS; i++) {
			for (same = k = 0; k < HUNKS; k++)
				same += model_alike(&l[i], &l[k]);
			grouped += a.hunks[i].group > 0;
			longer += a.hunks[i].group > 0 &&
			    l[i].n[0] > 1 && l[i].n[1] > 1;
			for (k = 0; k < HUNKS; k++)
				if ((same >= ALIKE_LEAST && model_alike(&l[i],
				    &l[k])) != (a.hunks[i].group > 0 &&
				    a.hunks[i].group == a.hunks[k].group) &&
				    (i != k || same >= ALIKE_LEAST))
					fail_msg("round %llu:\n%s\n%s", round,
					    buf_str(&text[i]),
					    buf_str(&text[k]));
			/* The first one comes first. */
			if (a.hunks[i].group > 0)
				assert_true(a.members[a.groups[a.hunks[i].group
				    - 1].from] <= i);
		}
		alike_release(&a);
		for (i = 0; i < HUNKS; i++)
			buf_release(&text[i]);
	}
	/* Else it tested little. */
	assert_true(grouped > 20 * rounds);
	assert_true(longer > 3 * rounds);
}

/* ---- many hunks ---- */

/* A codemod with so many hunks: a name that is replaced, of which each tenth is
 * replaced by another one and each other tenth has one more word. */
static size_t
codemod(size_t n, size_t *groups)
{
	struct alike a = { .hunks = NULL };
	struct buf all = BUF_INIT(0);
	AUTO_FREE size_t *from = xcalloc(n + 1, sizeof(*from));
	size_t i, work;

	for (i = 0; i < n; i++) {
		from[i] = all.len;
		buf_addf(&all, " before %zu\n-\tx%zu = old_name(a[%zu], \"%zu\");"
		    "\n+\tx%zu = %s(a[%zu%.*s], \"%zu\");\n after\n", i, i,
		    i, i, i, i % 10 == 3 ? "no_name" : "new_name", i,
		    i % 10 == 4 ? (int)(i / 10 % 5) + 4 : 0, "1 + 2 + 3", i);
	}
	from[n] = all.len;
	for (i = 0; i < n; i++)
		alike_add(&a, NULL, buf_str(&all) + from[i], from[i + 1] -
		    from[i]);
	alike_find(&a);
	work = a.work;
	*groups = a.groups_len;
	alike_release(&a);
	buf_release(&all);
	return work;
}

TEST(test_many)
{
	size_t groups, few = codemod(1000, &groups), many = codemod(4000,
	    &groups);

	assert_int_equal(groups, 2);
	assert_in_range(many, few, 4 * few + few / 10);
}
