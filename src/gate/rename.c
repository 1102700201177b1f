/*
 * libgit2 computes the similarity of two contents: the share of common lines
 * (sampled in large files). The cost is in reading, so each file's signature is
 * computed once, when the other side has a file of similar size, until
 * RENAME_BYTES_MAX are read.
 */
#include "config.h"

#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include <git2.h>
#include <git2/sys/hashsig.h>

#include "base/fs.h"
#include "base/mem.h"
#include "store/gitlib.h"

#define RENAME_CHANCE	32	/* bytes that may be equal by chance */
#define RENAME_TWINS	100	/* bytes of one content to compare */

/* ---- candidates ---- */

/* A file that was deleted or created. */
struct rename_file {
	const struct stage_change *change;
	const struct stage_side	*side;	/* the side that exists */
	const char		*name;	/* the last component of its path */
	size_t			 index;	/* index in the scan */
	git_hashsig		*sig;
	bool			 tried;
};

struct rename_search {
	const struct stage_scan	*scan;
	struct policy		*policy;
	struct blob_store	*store;
	struct rename_half	*halves;
	size_t			 bytes;	/* bytes left to read */
};

static bool
rename_is_link(const struct stage_side *s)
{
	return (s->mode & 0170000) == 0120000;
}

static bool
rename_is_protected(struct rename_search *r, const struct rename_file *from,
    const struct rename_file *to)
{
	AUTO_BUF struct buf target = BUF_INIT(0);
	bool link = rename_is_link(to->side);

	return (link && blob_get(r->store, to->side->hash, &target,
	    NULL) < 0) || policy_protected(r->policy, from->change->path,
	    &from->change->before, &from->change->after, NULL) != NULL ||
	    policy_protected(r->policy, to->change->path, from->side,
	    to->side, link ? buf_str(&target) : NULL) != NULL;
}

/* Very short contents are often alike: then the name counts. */
static bool
rename_is_chance(const struct rename_file *from, const struct rename_file *to)
{
	return (from->side->size < RENAME_CHANCE ||
	    to->side->size < RENAME_CHANCE) && !rename_is_link(to->side) &&
	    strcmp(from->name, to->name) != 0;
}

/* The first change whose path begins with these n bytes, or NULL. */
static const struct stage_change *
rename_first(const struct stage_scan *scan, const char *path, size_t n)
{
	size_t at = MEM_FIRST(scan->changes_len, i,
	    strncmp(scan->changes[i].path, path, n) >= 0);

	return at < scan->changes_len &&
	    strncmp(scan->changes[at].path, path, n) == 0 ?
	    &scan->changes[at] : NULL;
}

/* Must the file be removed before something else can be created: a folder in
 * its place, or a file instead of its folder? In a pair, the old name is
 * removed last. */
static bool
rename_is_in_the_way(const struct stage_scan *scan, const char *path)
{
	AUTO_FREE char *dir = xasprintf("%s/", path);
	bool yes = rename_first(scan, dir, strlen(dir)) != NULL;
	const struct stage_change *c;

	dir[strlen(path)] = '\0';
	while (!yes && fs_up(dir)) {
		/* Including the NUL: exactly that name. */
		c = rename_first(scan, dir, strlen(dir) + 1);
		yes = c != NULL && c->after.exists;
	}
	return yes;
}

/* Pair the two, unless one is paired already or must be reviewed on its own, or
 * the old name must be removed first. Beside a protected half the other waits,
 * unless the user allows it. */
static void
rename_pair(struct rename_search *r, const struct rename_file *from,
    const struct rename_file *to, int same)
{
	struct rename_half *a = &r->halves[from->index];
	struct rename_half *b = &r->halves[to->index];
	bool held;

	if (a->other >= 0 || b->other >= 0)
		return;
	if (rename_is_protected(r, from, to)) {
		/* All empty files are alike. */
		held = from->side->size > 0 && !policy_allows(r->policy,
		    from->change->path) && !policy_allows(r->policy,
		    to->change->path);
		a->held = a->held || held;
		b->held = b->held || held;
		return;
	}
	if (rename_is_chance(from, to) ||
	    rename_is_in_the_way(r->scan, from->change->path))
		return;
	a->other = (ptrdiff_t)to->index;
	b->other = (ptrdiff_t)from->index;
	a->same = b->same = same;
}

/* Files that exist on only one side, in the order of the scan. */
static struct rename_file *
rename_files(const struct stage_scan *scan, size_t *n)
{
	struct rename_file *v = xcalloc(scan->changes_len + 1, sizeof(*v));
	size_t i;

	for (i = 0, *n = 0; i < scan->changes_len; i++) {
		const struct stage_change *c = &scan->changes[i];
		struct rename_file *f = &v[*n];

		f->change = c;
		f->side = c->before.exists ? &c->before : &c->after;
		f->name = basename(c->path);
		f->index = i;
		*n += c->before.exists != c->after.exists &&
		    f->side->size > 0 && !c->changed_on_disk;
	}
	return v;
}

static bool
rename_is_gone(const struct rename_file *f)
{
	return f->change->before.exists;
}

/* ---- the same content ---- */

static int
rename_compare_content(const void *a, const void *b)
{
	const struct rename_file *x = a, *y = b;
	int d = strcmp(x->side->hash, y->side->hash);

	if (d == 0)
		d = strcmp(x->name, y->name);
	if (d != 0)
		return d;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void
rename_find_equal(struct rename_search *r, struct rename_file *v, size_t n)
{
	size_t i, k;
	int round;

	qsort(v, n, sizeof(*v), rename_compare_content);
	for (round = 0; round < 2; round++)
		for (i = 0; i < n; i++)
			for (k = i + 1; k < n && k <= i + RENAME_TWINS &&
			    r->halves[v[i].index].other < 0 &&
			    strcmp(v[i].side->hash, v[k].side->hash) == 0;
			    k++) {
				const struct rename_file *from =
				    &v[rename_is_gone(&v[i]) ? i : k];
				const struct rename_file *to =
				    &v[rename_is_gone(&v[i]) ? k : i];

				if (rename_is_gone(from) ==
				    rename_is_gone(to) ||
				    !stage_side_equal(from->side, to->side) ||
				    (round == 0 &&
				    strcmp(from->name, to->name) != 0))
					continue;
				rename_pair(r, from, to, 100);
			}
}

/* ---- similar content ---- */

struct rename_guess {
	const struct rename_file *from, *to;
	int			 same;
	bool			 named;	/* with the same last name */
};

/* The best first. */
static int
rename_compare_guess(const void *a, const void *b)
{
	const struct rename_guess *x = a, *y = b;

	if (x->same != y->same)
		return x->same > y->same ? -1 : 1;
	if (x->named != y->named)
		return x->named ? -1 : 1;
	if (x->from->index != y->from->index)
		return x->from->index < y->from->index ? -1 : 1;
	return x->to->index < y->to->index ? -1 :
	    x->to->index > y->to->index;
}

static const git_hashsig *
rename_signature(struct rename_search *r, struct rename_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (f->tried)
		return f->sig;
	f->tried = true;
	if ((size_t)f->side->size > r->bytes)
		return NULL;
	r->bytes -= (size_t)f->side->size;
	if (blob_get(r->store, f->side->hash, &b, NULL) == 0 &&
	    git_hashsig_create(&f->sig, buf_str(&b), b.len,
	    GIT_HASHSIG_NORMAL | GIT_HASHSIG_ALLOW_SMALL_FILES) < 0)
		f->sig = NULL;
	return f->sig;
}

/* In percent. Only identical contents get 100. */
static int
rename_alike(struct rename_search *r, struct rename_file *from,
    struct rename_file *to)
{
	const git_hashsig *a, *b;
	int same;

	if (strcmp(from->side->hash, to->side->hash) == 0)
		return 100;
	a = rename_signature(r, from);
	b = a == NULL ? NULL : rename_signature(r, to);
	same = b == NULL ? 0 : git_hashsig_compare(a, b);
	return same > 99 ? 99 : same;
}

/* Could more than half of the larger one be equal? */
static bool
rename_sizes_fit(const struct stage_side *a, const struct stage_side *b)
{
	return a->size <= 2 * b->size && b->size <= 2 * a->size;
}

/* Unpaired ordinary files of one kind that aren't too large. */
static struct rename_file **
rename_left(const struct rename_search *r, struct rename_file *v, size_t n,
    bool gone, size_t *len)
{
	struct rename_file **out = xcalloc(n + 1, sizeof(*out));
	size_t i;

	for (i = 0, *len = 0; i < n; i++)
		if (rename_is_gone(&v[i]) == gone &&
		    r->halves[v[i].index].other < 0 &&
		    !rename_is_link(v[i].side) &&
		    v[i].side->size <= RENAME_FILE_MAX)
			out[(*len)++] = &v[i];
	return out;
}

struct rename_guesses {
	struct rename_guess	*v;
	size_t			 len;
};

static void
rename_compare(struct rename_search *r, struct rename_file *from,
    struct rename_file *to, bool named, struct rename_guesses *g)
{
	int same;

	if (!rename_sizes_fit(from->side, to->side) ||
	    rename_is_chance(from, to))
		return;
	same = rename_alike(r, from, to);
	if (same < RENAME_SAME_MIN)
		return;
	*GROW_ADD(g->v, g->len) = (struct rename_guess){ .from = from, .to = to,
		.same = same, .named = named };
}

/* Compare files with the same last name first, in case not all can be read. */
static void
rename_find_alike(struct rename_search *r, struct rename_file *v, size_t n)
{
	size_t gone_len, come_len, i, k;
	AUTO_FREE struct rename_file **gone =
	    rename_left(r, v, n, true, &gone_len);
	AUTO_FREE struct rename_file **come =
	    rename_left(r, v, n, false, &come_len);
	bool many = come_len > 0 && gone_len > RENAME_PAIRS_MAX / come_len;
	struct rename_guesses g = { NULL, 0 };
	int round;

	for (round = 0; round < (many ? 1 : 2); round++)
		for (i = 0; i < gone_len; i++)
			for (k = 0; k < come_len; k++)
				if ((strcmp(gone[i]->name,
				    come[k]->name) != 0) == (round == 1))
					rename_compare(r, gone[i], come[k],
					    round == 0, &g);
	MEM_SORT_BY(g.v, g.len, rename_compare_guess);
	for (i = 0; i < g.len; i++)
		rename_pair(r, g.v[i].from, g.v[i].to, g.v[i].same);
	free(g.v);
}

static int
rename_compare_path(const void *a, const void *b)
{
	const struct rename_file *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

struct rename_half *
rename_find(const struct stage_scan *scan, struct policy *policy,
    struct blob_store *store)
{
	struct rename_search r = { .scan = scan, .policy = policy,
		.store = store, .bytes = RENAME_BYTES_MAX };
	AUTO_FREE struct rename_file *v = NULL;
	size_t n, i;

	r.halves = xcalloc(scan->changes_len + 1, sizeof(*r.halves));
	for (i = 0; i < scan->changes_len; i++)
		r.halves[i].other = -1;
	v = rename_files(scan, &n);
	rename_find_equal(&r, v, n);
	qsort(v, n, sizeof(*v), rename_compare_path);
	if (gitlib_init(NULL) == 0) {
		rename_find_alike(&r, v, n);
		for (i = 0; i < n; i++)
			git_hashsig_free(v[i].sig);
		gitlib_release();
	}
	return r.halves;
}
