#include "config.h"

#include "core/diagnose/weaken.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "core/diagnose/weaken-form.h"
#include "journal/event.h"

const char *const weaken_words[WEAKEN_KINDS] = {
	[WEAKEN_REMOVED] = "assertion removed",
	[WEAKEN_CAUGHT] = "failed assertion is caught",
	[WEAKEN_TEST_REMOVED] = "test removed",
	[WEAKEN_SKIPPED] = "skip added",
	[WEAKEN_VALUE] = "expected value changed",
};

#define WEAKEN_TOKENS		24
#define WEAKEN_STATEMENT	40		/* lines */
#define WEAKEN_WALK		50
/* Assertions that are compared with each other. */
#define WEAKEN_PAIRS		6000000
#define WEAKEN_LIKENESS		8		/* more work than others */

/* ---- what a file has ---- */

/* An assertion, a line or a name, as text without blanks. */
struct weaken_item {
	char		*key;
	size_t		 file;
	int		 line, last;	/* from 0 */
	int		 hunk, at;	/* its first changed line's */
	int		 group;
	int		 taken;		/* items with this key that another
					   has been found to equal; of the
					   first one in a sorted list */
	bool		 used;		/* it was told, or has a partner */
	bool		 same;		/* the partner differs in values only */
	char		*shape;		/* the key without values */
	uint64_t	*tokens;	/* sorted */
	size_t		 tokens_len;
};
struct weaken_items { struct weaken_item *v; size_t v_len; };

/* A function. The first one of a file is what is outside of functions. */
struct weaken_group {
	char		*name;
	int		 line, end;	/* first and last */
	int		 indent;
	bool		 test;
	int		 pair;		/* on the other side; -1: none */
	int		 asserts;
	bool		 helped;	/* a new line calls what may assert */
};

struct weaken_side {
	struct language_text text;
	struct weaken_group *groups;
	size_t		 groups_len;
};

struct weaken_pair {
	const struct weaken_lists *lists;	/* NULL: not looked at */
	struct weaken_side old, new;
	bool		 told;		/* of it something that counts */
	/* Of each hunk, by its number. */
	struct weaken_hunk {
		bool	 merges;	/* new lines may stand for several */
		int	 old, new;	/* lines with assertions */
		int	 skips;		/* old ones, without a new one */
	} *hunks;
};

struct weaken {
	const struct change_text *files;
	struct weaken_pair *pairs;
	/* Of all files: old and new lines, those that stay, names of new tests
	 * without a partner, and assertions in changed lines. All but `olds`
	 * are sorted. */
	struct weaken_items removed, added, kept, tests, olds, news;
	struct weaken_lists *lists;	/* of the languages that were met */
	long		 budget;	/* WEAKEN_PAIRS */
	struct weaken_founds *out;
};

/* ---- reading a file ---- */

static struct weaken_item *
weaken_add(struct weaken_items *all, struct weaken_item it)
{
	GROW(all->v, all->v_len);
	all->v[all->v_len] = it;
	return &all->v[all->v_len++];
}

static void
weaken_release(struct weaken_items *all)
{
	MEM_EACH(all, v, it)
		FREE_ALL(it->key, it->shape, it->tokens);
	free(all->v);
}

/* The name of the function or test that begins in this line. */
static char *
weaken_name(const struct weaken_form *l, const struct language_line *line)
{
	const char *end = line->code + line->len, *p, *q;

	p = l->quoted ? memchr(line->code, LANGUAGE_STRING, line->len) : NULL;
	if (p == NULL) {
		q = memchr(line->code, '(', line->len);
		p = q = q == NULL ? end : q;
		while (p > line->code && pattern_is_name(p[-1]))
			p--;
	} else
		for (q = p; q < end && *q == LANGUAGE_STRING; q++)
			;
	return xmemdup(line->text + (p - line->code), (size_t)(q - p));
}

/* Does this line begin a function or, in *test, a test? */
static bool
weaken_begins(const struct weaken_lists *l, const struct language_line *line,
    bool marked, bool *test)
{
	const char *open = memchr(line->code, '(', line->len);
	const char *equals = memchr(line->code, '=', line->len);

	*test = weaken_seek(l, WEAKEN_TESTS, line) != NULL;
	if (*test)
		return true;
	*test = marked;
	return weaken_seek(l, WEAKEN_FUNCTIONS, line) != NULL && open != NULL &&
	    (equals == NULL || equals > open || l->of->quoted);
}

static void
weaken_groups(struct weaken_side *s, const struct weaken_lists *l)
{
	bool marked = false, test;
	size_t at = 0;
	int i;

	*GROW_ADD(s->groups, s->groups_len) = (struct weaken_group){ .pair = 0,
		.name = xstrdup(""), .indent = -1 };
	for (i = 0; i < (int)s->text.v_len; i++) {
		struct language_line *line = &s->text.v[i];
		const char *p = line->code + (line->indent < 0 ? 0 :
		    line->indent);

		if (at > 0 && line->indent >= 0 && line->indent <=
		    s->groups[at].indent && strchr(")]}{\"'`", *p) == NULL &&
		    !mem_starts(p, line->code + line->len, "end"))
			at = 0;
		marked = marked || (line->indent >= 0 &&
		    weaken_seek(l, WEAKEN_MARKS, line) != NULL);
		if (line->indent >= 0 && (at == 0 || !s->groups[at].test) &&
		    weaken_begins(l, line, marked, &test) &&
		    (at == 0 || test)) {
			GROW(s->groups, s->groups_len);
			at = s->groups_len++;
			s->groups[at] = (struct weaken_group){ .line = i,
				.pair = -1, .indent = line->indent,
				.test = test,
				.name = weaken_name(l->of, line) };
			marked = false;
		}
		line->group = (int)at;
		s->groups[at].end = i;
	}
	for (at = 0; i-- > 0; s->text.v[i].about = (int)at)
		if (s->text.v[i].group > 0)
			at = (size_t)s->text.v[i].group;
}

/* The last line of the statement that begins in line `i`. */
static int
weaken_statement(const struct weaken_side *s, const struct weaken_lists *l,
    int i, const char *p)
{
	int depth = 0, first = i, indent = s->text.v[i].indent;

	for (; i + 1 < (int)s->text.v_len && i < first + WEAKEN_STATEMENT;
	    i++) {
		const struct language_line *line = &s->text.v[i];
		const struct language_line *next = line + 1;
		const char *end = line->code + line->len;

		for (; p < end; p++)
			depth += (strchr("([{", *p) != NULL) -
			    (strchr(")]}", *p) != NULL);
		p = next->code;
		if (next->indent < 0 ? depth <= 0 : (depth <= 0 &&
		    (p[next->indent] != '.' || weaken_seek(l, WEAKEN_ASSERTS,
		    next) == p + next->indent)) || (next->indent <= indent &&
		    strchr(")]}.", p[next->indent]) == NULL))
			break;
	}
	return i;
}

static void
weaken_tokens(struct weaken_item *it, const char *text, const char *code,
    size_t len)
{
	uint64_t hash;
	size_t i, k, n;

	for (i = 0; i < len && it->tokens_len < WEAKEN_TOKENS; i += n + 1) {
		bool string = code[i] == LANGUAGE_STRING;
		AUTO_FREE char *name = NULL;

		for (n = 0; i + n < len && (string ? code[i + n] ==
		    LANGUAGE_STRING : pattern_is_name(code[i + n])); n++)
			;
		name = xmemdup(text + i, n);
		if (n == 0 || (!string && weaken_is_stop(name)))
			continue;
		hash = hash_bytes(HASH_BEGIN, name, n);
		GROW(it->tokens, it->tokens_len);
		for (k = it->tokens_len++; k > 0 && it->tokens[k - 1] > hash;
		    k--)
			it->tokens[k] = it->tokens[k - 1];
		it->tokens[k] = hash;
	}
}

/* An assertion at `p`. */
static struct weaken_item
weaken_assert(const struct weaken_side *s, struct weaken_item it, const char *p)
{
	const struct language_line *first = &s->text.v[it.line];
	const struct language_line *last = &s->text.v[it.last];
	const char *text;
	size_t len = (size_t)(last->code + last->len - p);

	if (*p == '.') {
		/* What it is about comes before. */
		len += (size_t)(p - first->code);
		p = first->code;
	}
	text = first->text + (p - first->code);
	it.key = weaken_key(text, p, len, false);
	it.shape = weaken_key(text, p, len, true);
	weaken_tokens(&it, text, p, len);
	return it;
}

/* Count the assertions of each function; those in changed lines go to `to`. */
static void
weaken_asserts(struct weaken_side *s, const struct weaken_lists *l,
    size_t file, struct weaken_items *to)
{
	int i, j, last = -1;

	for (i = 0; i < (int)s->text.v_len; i++) {
		struct weaken_item it = { .file = file, .line = i,
			.group = s->text.v[i].group };
		const char *p = weaken_seek(l, WEAKEN_ASSERTS, &s->text.v[i]);
		struct weaken_group *g = &s->groups[it.group];

		if (i <= last || s->text.v[i].indent < 0)
			continue;
		/* An attribute belongs to the function below. */
		if (p != NULL && *p == '#') {
			it.group = s->text.v[i].about;
			g = &s->groups[it.group];
		}
		if (p == NULL) {
			if (weaken_helps(&s->text.v[i]) && g->line != i) {
				g->asserts++;
				g->helped = g->helped || s->text.v[i].hunk != 0;
			}
			continue;
		}
		last = it.last = weaken_statement(s, l, i, p);
		for (j = i; j < last && s->text.v[j].hunk == 0; j++)
			;
		it.hunk = s->text.v[j].hunk;
		it.at = j;
		g->asserts++;
		if (it.hunk != 0)
			weaken_add(to, weaken_assert(s, it, p));
	}
}

static int
weaken_order(const void *x, const void *y)
{
	const struct weaken_item *a = x, *b = y;
	int c = strcmp(a->key, b->key);

	return c != 0 ? c : a->line - b->line;
}

static void
weaken_sort(struct weaken_items *all)
{
	MEM_SORT_BY(all->v, all->v_len, weaken_order);
}

/* Find where items with this key begin in a sorted list. */
static size_t
weaken_index(const struct weaken_items *all, const char *key)
{
	return MEM_FIRST(all->v_len, k, strcmp(all->v[k].key, key) >= 0);
}

/* An item with this key that wasn't taken before; NULL: there is none. */
static struct weaken_item *
weaken_take(struct weaken_items *all, const char *key)
{
	size_t i = weaken_index(all, key), to;

	if (i == all->v_len)
		return NULL;
	to = i + (size_t)all->v[i].taken;
	if (to >= all->v_len || strcmp(all->v[to].key, key) != 0)
		return NULL;
	all->v[i].taken++;
	return &all->v[to];
}

static bool
weaken_has(const struct weaken_items *all, const char *key)
{
	size_t i = weaken_index(all, key);

	return i < all->v_len && strcmp(all->v[i].key, key) == 0;
}

/* What changed lines are: lists of them, and what their hunks have. */
static void
weaken_changed(struct weaken *w, size_t file, struct weaken_side *s, bool new)
{
	struct weaken_pair *f = &w->pairs[file];
	const struct weaken_lists *l = f->lists;
	int i;

	for (i = 0; i < (int)s->text.v_len; i++) {
		const struct language_line *line = &s->text.v[i];
		struct weaken_hunk *h = &f->hunks[line->hunk];
		struct weaken_item it = { .file = file, .line = i,
			.group = line->group };

		if (line->hunk == 0 && !new)
			continue;
		it.key = weaken_line_key(line);
		weaken_add(!new ? &w->removed : line->hunk == 0 ? &w->kept :
		    &w->added, it);
		if (line->hunk == 0)
			continue;
		*(new ? &h->new : &h->old) += (weaken_helps(line) &&
		    s->groups[line->group].line != i) ||
		    weaken_seek(l, WEAKEN_ASSERTS, line) != NULL;
		h->skips += !new && weaken_seek(l, WEAKEN_SKIPS, line) != NULL;
		h->merges = h->merges || weaken_seek(l, new ? WEAKEN_LOOPS :
		    WEAKEN_BRANCHES, line) != NULL;
	}
}

/* ---- both sides ---- */

static void
weaken_marry(struct weaken_pair *f, size_t old, size_t new)
{
	f->old.groups[old].pair = (int)new;
	f->new.groups[new].pair = (int)old;
}

static int
weaken_group_hunk(const struct weaken_side *s, size_t g)
{
	return s->text.v[s->groups[g].line].hunk;
}

/* Pair functions that are the same: by an unchanged first line, by name, or as
 * a test that another in its hunk replaces. */
static void
weaken_partners(struct weaken_pair *f)
{
	struct weaken_side *a = &f->old, *b = &f->new;
	struct weaken_items names = { 0 };
	struct weaken_item *it;
	size_t i, j;

	for (i = 1; i < a->groups_len; i++) {
		int other = a->text.v[a->groups[i].line].other;

		if (other >= 0 && b->text.v[other].group > 0 &&
		    b->groups[b->text.v[other].group].line == other)
			weaken_marry(f, i, (size_t)b->text.v[other].group);
	}
	MEM_EACH(b, groups, g)
		if (g->pair < 0)
			weaken_add(&names, (struct weaken_item){ .line =
			    g->line, .group = (int)(g - b->groups),
			    .key = xstrdup(g->name) });
	weaken_sort(&names);
	for (i = 1; i < a->groups_len; i++)
		if (a->groups[i].pair < 0 && (it = weaken_take(&names,
		    a->groups[i].name)) != NULL)
			weaken_marry(f, i, (size_t)it->group);
	weaken_release(&names);
	for (i = j = 1; i < a->groups_len; i++) {
		int hunk = weaken_group_hunk(a, i);

		if (a->groups[i].pair >= 0 || !a->groups[i].test)
			continue;
		while (j < b->groups_len && (b->groups[j].pair >= 0 ||
		    !b->groups[j].test || weaken_group_hunk(b, j) < hunk))
			j++;
		if (j < b->groups_len && hunk != 0 &&
		    weaken_group_hunk(b, j) == hunk)
			weaken_marry(f, i, j);
	}
}

static void
weaken_read(struct weaken *w, size_t file)
{
	const struct change_text *from = &w->files[file];
	struct weaken_pair *f = &w->pairs[file];

	enum language l = language_of_change(from);

	if (!weaken_reads(from) ||
	    (from->before == NULL && from->after == NULL))
		return;
	f->lists = weaken_lists(&w->lists, l);
	f->hunks = xcalloc(from->hunks_len + 1, sizeof(*f->hunks));
	language_read(&f->old.text, l, from->before);
	language_read(&f->new.text, l, from->after);
	language_pair(&f->old.text, &f->new.text, from);
	weaken_groups(&f->old, f->lists);
	weaken_groups(&f->new, f->lists);
	weaken_partners(f);
	weaken_asserts(&f->old, f->lists, file, &w->olds);
	weaken_asserts(&f->new, f->lists, file, &w->news);
	weaken_changed(w, file, &f->old, false);
	weaken_changed(w, file, &f->new, true);
	MEM_EACH(&f->new, groups, g)
		if (g->test && g->pair < 0)
			weaken_add(&w->tests, (struct weaken_item){ .file =
			    file, .line = g->line, .key = xstrdup(g->name) });
}

/* ---- what is told ---- */

static void
weaken_tell(struct weaken *w, size_t file, bool old, int line,
    enum weaken_kind kind)
{
	struct weaken_founds *out = w->out;
	struct weaken_pair *f = &w->pairs[file];
	bool counts = weaken_counts(kind);

	/* Of a file with some that count at least one is told. */
	if (out->v_len >= WEAKEN_FOUND_MAX && (!counts || f->told))
		return;
	f->told = f->told || counts;
	*GROW_ADD(out->v, out->v_len) = (struct weaken_found){ .file = file,
		.old_side = old, .line = line + 1, .kind = kind };
}

/* How many of the words of `a` does `b` have? In percent. */
static size_t
weaken_likeness(struct weaken *w, const struct weaken_item *a,
    const struct weaken_item *b)
{
	size_t j = 0, same = 0;

	MEM_EACH(a, tokens, token) {
		while (j < b->tokens_len && b->tokens[j] < *token)
			j++;
		same += j < b->tokens_len && b->tokens[j] == *token;
	}
	w->budget -= WEAKEN_LIKENESS;
	return a->tokens_len == 0 ? 0 : same * 100 / a->tokens_len;
}

/* Is there a new assertion in this hunk that differs in values only? */
static bool
weaken_differs(struct weaken *w, struct weaken_item *a)
{
	MEM_EACH(&w->news, v, b) {
		if (w->budget-- <= 0)
			break;
		if (b->used || b->file != a->file ||
		    b->hunk != a->hunk || strcmp(a->shape, b->shape) != 0)
			continue;
		b->used = b->same = true;
		weaken_tell(w, a->file, false, b->at, WEAKEN_VALUE);
		return true;
	}
	return false;
}

/* Is an old assertion replaced by a new one? */
static bool
weaken_replaced(struct weaken *w, struct weaken_item *a, int group)
{
	bool merged = false;

	MEM_EACH(&w->news, v, b) {
		if (w->budget-- <= 0)
			break;
		merged = merged || (b->file == a->file && b->hunk == a->hunk &&
		    b->group == group && !b->same);
		if (!b->used && weaken_likeness(w, a, b) >= 60) {
			b->used = true;
			return true;
		}
	}
	return merged;
}

/* Is a line of the new function equal to this one? Then it was there twice. */
static bool
weaken_stays(struct weaken *w, const struct weaken_item *a, int group)
{
	const struct language_line *l = &w->pairs[a->file].old.text.v[a->line];
	AUTO_FREE char *key = weaken_line_key(l);
	size_t i = weaken_index(&w->kept, key);

	for (; i < w->kept.v_len && w->budget-- > 0 &&
	    strcmp(w->kept.v[i].key, key) == 0; i++)
		if (w->kept.v[i].file == a->file && w->kept.v[i].group == group)
			return true;
	return false;
}

/* An old assertion in a test that is still there, of which isn't known yet what
 * became of it. */
static bool
weaken_is_open(const struct weaken *w, const struct weaken_item *a)
{
	const struct weaken_group *old =
	    &w->pairs[a->file].old.groups[a->group];

	return !a->used && old->pair >= 0 &&
	    (w->files[a->file].test || old->test);
}

static void
weaken_tell_asserts(struct weaken *w)
{
	struct weaken_item *b;

	MEM_EACH(&w->olds, v, a)
		if ((b = weaken_take(&w->news, a->key)) != NULL)
			a->used = b->used = b->same = true;
	MEM_EACH(&w->olds, v, a)
		if (weaken_is_open(w, a))
			a->used = weaken_differs(w, a);
	MEM_EACH(&w->olds, v, a) {
		struct weaken_pair *f = &w->pairs[a->file];
		struct weaken_group *old = &f->old.groups[a->group], *new;
		struct weaken_hunk *h = &f->hunks[f->old.text.v[a->line].hunk];

		if (!weaken_is_open(w, a))
			continue;
		new = &f->new.groups[old->pair];
		if (!weaken_replaced(w, a, old->pair) &&
		    f->old.text.v[a->line].hunk != 0 && !new->helped &&
		    old->asserts > new->asserts && (!h->merges ||
		    h->new == 0) && !weaken_has(&w->news, a->key) &&
		    !weaken_stays(w, a, old->pair)) {
			old->asserts--;
			weaken_tell(w, a->file, true, a->line, WEAKEN_REMOVED);
		}
	}
}

/* A test without a partner: are most of its changed lines elsewhere now? */
static bool
weaken_moved(const struct weaken *w, const struct weaken_side *s,
    const struct weaken_group *g)
{
	int i, lines = 0, found = 0, kept = 0;

	for (i = g->line; i <= g->end; i++) {
		AUTO_FREE char *key = weaken_line_key(&s->text.v[i]);

		if (strlen(key) < 4 || s->text.v[i].hunk == 0)
			continue;
		lines++;
		found += weaken_has(&w->added, key);
		kept += i == g->line || weaken_has(&w->kept, key);
	}
	return found * 2 >= lines || (kept >= lines && lines > 2);
}

/* The next line with code, or the number of lines. */
static int
weaken_next(const struct weaken_side *s, int i)
{
	for (i++; i < (int)s->text.v_len && s->text.v[i].indent < 0; i++)
		;
	return i;
}

/* Does a test nothing: is it skipped, or empty? */
static bool
weaken_is_idle(const struct weaken_side *s, const struct weaken_lists *l,
    const struct weaken_group *g)
{
	int i = weaken_next(s, g->line);

	return weaken_seek(l, WEAKEN_SKIPS, &s->text.v[g->line]) != NULL ||
	    (g->asserts == 0 && (i > g->end ||
	    s->text.v[i].indent <= g->indent));
}

static void
weaken_tell_tests(struct weaken *w, size_t file)
{
	struct weaken_pair *f = &w->pairs[file];
	size_t i;
	int j;

	for (i = 1; i < f->old.groups_len; i++) {
		const struct weaken_group *g = &f->old.groups[i];
		const struct language_line *line = &f->old.text.v[g->line];
		const struct weaken_hunk *h = &f->hunks[line->hunk];

		if (!g->test || (g->pair >= 0 &&
		    f->new.groups[g->pair].test))
			continue;
		if (g->pair >= 0) {
			/* It lost its mark. */
			for (j = g->line; j > 0 && g->line - j < 5 &&
			    f->old.text.v[j].hunk == 0; j--)
				;
			h = &f->hunks[f->old.text.v[j].hunk];
			if (f->old.text.v[j].hunk != 0 && weaken_seek(f->lists,
			    WEAKEN_MARKS, &f->old.text.v[j]) != NULL &&
			    h->new == 0)
				weaken_tell(w, file, true, j,
				    WEAKEN_TEST_REMOVED);
		} else if (line->hunk != 0 &&
		    weaken_take(&w->tests, g->name) == NULL &&
		    (h->new == 0 || (!h->merges && h->new < h->old)) &&
		    !weaken_is_idle(&f->old, f->lists, g) &&
		    !weaken_moved(w, &f->old, g))
			weaken_tell(w, file, true, g->line,
			    WEAKEN_TEST_REMOVED);
	}
}

/* Does a line that catches an error, and the next one, do nothing about it; for
 * a failed assertion: neither assert nor raise anything? */
static bool
weaken_swallows(const struct weaken_lists *l, const char *key,
    const struct language_line *next)
{
	AUTO_FREE char *does = weaken_line_key(next);
	size_t n = strlen(key);

	return (n >= 2 && strcmp(key + n - 2, "{}") == 0) ||
	    strstr(key, ":pass") != NULL ||
	    weaken_seek(l, WEAKEN_NOTHING, next) != NULL ||
	    (strstr(key, "AssertionError") != NULL &&
	    weaken_seek(l, WEAKEN_ASSERTS, next) == NULL &&
	    strncmp(does, "raise", 5) != 0 && strncmp(does, "throw", 5) != 0);
}

/* Is a failed assertion before this line, or in the next one, caught by it and
 * nothing done? */
static bool
weaken_catches(const struct weaken_side *s, const struct weaken_lists *l,
    int i)
{
	const struct language_line *line = &s->text.v[i];
	int next = weaken_next(s, i), j;
	AUTO_FREE char *key = weaken_line_key(line);
	bool asserts = false;

	if (next == (int)s->text.v_len ||
	    weaken_seek(l, WEAKEN_CATCHES, line) == NULL)
		return false;
	if (strstr(key, "suppress") != NULL)
		return weaken_seek(l, WEAKEN_ASSERTS, &s->text.v[next]) != NULL;
	if (!weaken_swallows(l, key, &s->text.v[next]))
		return false;
	for (j = i - 1; j > 0 && i - j < WEAKEN_WALK &&
	    s->text.v[j].group == line->group; j--) {
		const struct language_line *one = &s->text.v[j];
		const char *p = weaken_seek(l, WEAKEN_ASSERTS, one);

		if (p != NULL && memmem(p, one->len - (size_t)(p - one->code),
		    "fail", 4) != NULL)
			return false;
		asserts = asserts || p != NULL;
		if (one->indent >= 0 && one->indent <= line->indent)
			return asserts && weaken_seek(l, WEAKEN_TRIES,
			    one) != NULL;
	}
	return false;
}

/* A new line. */
static void
weaken_tell_line(struct weaken *w, size_t file, int i)
{
	struct weaken_pair *f = &w->pairs[file];
	const struct weaken_lists *l = f->lists;
	const struct language_line *line = &f->new.text.v[i];
	AUTO_FREE char *key = weaken_line_key(line);

	if (f->new.groups[line->about].pair < 0 || (!w->files[file].test &&
	    !f->new.groups[line->about].test))
		return;
	if (weaken_seek(l, WEAKEN_SKIPS, line) != NULL) {
		if (weaken_take(&w->removed, key) == NULL &&
		    f->hunks[line->hunk].skips-- <= 0)
			weaken_tell(w, file, false, i, WEAKEN_SKIPPED);
	} else if (weaken_catches(&f->new, l, i))
		weaken_tell(w, file, false, i, WEAKEN_CAUGHT);
}

static int
weaken_by_place(const void *x, const void *y)
{
	const struct weaken_found *a = x, *b = y;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->old_side != b->old_side)
		return a->old_side ? -1 : 1;
	return a->line - b->line;
}

static void
weaken_side_release(struct weaken_side *s)
{
	MEM_EACH(s, groups, g)
		free(g->name);
	language_text_release(&s->text);
	free(s->groups);
}

void
weaken_find(const struct change_text *files, size_t n,
    struct weaken_founds *out)
{
	struct weaken w = { .files = files, .out = out,
		.budget = WEAKEN_PAIRS,
		.pairs = xcalloc(n + 1, sizeof(*w.pairs)) };
	struct weaken_items *const lists[] = { &w.removed, &w.added,
		&w.kept, &w.tests, &w.news, &w.olds };
	size_t i;
	int j;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		weaken_read(&w, i);
	for (i = 0; i + 1 < MEM_COUNT(lists); i++)
		weaken_sort(lists[i]);
	weaken_tell_asserts(&w);
	for (i = 0; i < n; i++) {
		struct weaken_pair *f = &w.pairs[i];

		if (f->lists != NULL)
			weaken_tell_tests(&w, i);
		for (j = 0; !files[i].added && j < (int)f->new.text.v_len;
		    j++)
			if (f->new.text.v[j].hunk != 0 &&
			    f->new.text.v[j].indent >= 0)
				weaken_tell_line(&w, i, j);
		weaken_side_release(&f->old);
		weaken_side_release(&f->new);
		free(f->hunks);
	}
	MEM_SORT_BY(out->v, out->v_len, weaken_by_place);
	for (i = 0; i < MEM_COUNT(lists); i++)
		weaken_release(lists[i]);
	weaken_lists_free(w.lists);
	free(w.pairs);
}

void
weaken_founds_release(struct weaken_founds *all)
{
	FREE_NULL(all->v);
	all->v_len = 0;
}

bool
weaken_counts(enum weaken_kind kind)
{
	return kind != WEAKEN_VALUE;
}

bool
weaken_reads(const struct change_text *f)
{
	const struct weaken_form *l = weaken_form(language_of_change(f));

	return l != NULL && (f->test || l->beside);
}
