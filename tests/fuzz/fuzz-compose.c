/*
 * A decision: which hunks of a change are taken, refused, edited or left open,
 * and what is written and staged for it.  The store is a table in memory.
 *
 * Input: a byte for the kind of change and one for what is split, before,
 * after, one byte a hunk, and the edit of those that are edited.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "gate/gate.h"
#include "tests/fuzz/fuzz-git.h"

#define STORE_MAX 16
#define HUNKS_MAX 64

static struct {
	char		 hash[SHA256_HEX_SIZE];
	struct buf	 bytes;
} stored[STORE_MAX];
static size_t stored_len;

int
blob_put(struct blob_store *store, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	(void)store;
	(void)e;
	sha256_hex(p, n, hex);
	FUZZ_CHECK(stored_len < STORE_MAX);
	memcpy(stored[stored_len].hash, hex, SHA256_HEX_SIZE);
	buf_init(&stored[stored_len].bytes, 0);
	buf_add(&stored[stored_len++].bytes, p, n);
	return 0;
}

int
blob_get(struct blob_store *store, const char *hex, struct buf *out,
    struct err *e)
{
	size_t i;

	(void)store;
	for (i = 0; i < stored_len; i++)
		if (strcmp(stored[i].hash, hex) == 0)
			return buf_add(out, buf_str(&stored[i].bytes),
			    stored[i].bytes.len);
	return err_set(e, "no such blob: %s", hex);
}

bool
blob_has(struct blob_store *store, const char *hex)
{
	struct buf b = BUF_INIT(0);
	bool has = blob_get(store, hex, &b, NULL) == 0;

	buf_release(&b);
	return has;
}

int
blob_git_name(struct blob_store *store, const char *hex,
    char name[BLOB_GIT_NAME], struct err *e)
{
	(void)store;
	(void)e;
	snprintf(name, BLOB_GIT_NAME, "%.40s", hex == NULL ? "" : hex);
	return 0;
}

bool
blob_is_over(struct blob_store *store, const char *hex, size_t most)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return blob_get(store, hex, &b, NULL) == 0 && b.len > most;
}

static void
stored_clear(void)
{
	while (stored_len > 0)
		buf_release(&stored[--stored_len].bytes);
}

static const struct buf *
stored_find(const struct stage_side *s)
{
	size_t i;

	for (i = 0; i < stored_len; i++)
		if (strcmp(stored[i].hash, s->hash) == 0)
			break;
	/* The contents that a side names are in the store. */
	FUZZ_CHECK(i < stored_len);
	return &stored[i].bytes;
}

static void
side_make(struct stage_side *s, const struct buf *b, unsigned kind)
{
	static const unsigned modes[] = { 0100644, 0100755, 0120000, 0 };

	memset(s, 0, sizeof(*s));
	s->exists = modes[kind & 3] != 0;
	if (!s->exists)
		return;
	s->mode = modes[kind & 3];
	s->size = (int64_t)b->len;
	blob_put(NULL, buf_str(b), b->len, s->hash, NULL);
}

static bool
side_same(const struct stage_side *a, const struct stage_side *b)
{
	return a->exists == b->exists && (!a->exists ||
	    (a->mode == b->mode && strcmp(a->hash, b->hash) == 0));
}

static void
side_check(const struct stage_side *s)
{
	if (!s->exists)
		return;
	FUZZ_CHECK((int64_t)stored_find(s)->len == s->size);
	FUZZ_CHECK(s->mode == 0100644 || s->mode == 0100755 ||
	    s->mode == 0120000);
}

struct decided {
	const char	*yes[HUNKS_MAX], *no[HUNKS_MAX];
	struct gate_edit edits[HUNKS_MAX];
	size_t		 yes_len, no_len, edits_len, n;
};

static void
decided_make(struct decided *d, const struct hunk_list *l,
    struct fuzz_input *in, struct buf *edit)
{
	uint8_t ways[HUNKS_MAX] = { 0 };
	size_t i;

	memset(d, 0, sizeof(*d));
	d->n = l->len;
	for (i = 0; i < l->len && i < HUNKS_MAX; i++)
		ways[i] = fuzz_byte(in);
	fuzz_part(in, edit);
	for (i = 0; i < l->len && i < HUNKS_MAX; i++) {
		if ((ways[i] & 7) == 1) {
			d->yes[d->yes_len++] = l->v[i].id;
		} else if ((ways[i] & 7) == 2) {
			d->no[d->no_len++] = l->v[i].id;
		} else if ((ways[i] & 7) == 3) {
			/* By itself, or nothing but the hunk again. */
			d->edits[d->edits_len].id = l->v[i].id;
			d->edits[d->edits_len].text = (ways[i] & 8) != 0 ?
			    buf_str(edit) : l->v[i].text;
			d->edits[d->edits_len++].len = (ways[i] & 8) != 0 ?
			    edit->len : l->v[i].len;
		}
	}
}

static void
decided_check(const struct gate_choice *c, const struct decided *d,
    const struct hunk_list *l, const struct buf *before)
{
	struct stage_side write, rest;
	struct err e = ERR_INIT;
	struct buf want = BUF_INIT(0);
	bool *take;
	size_t i, k;

	if (gate_compose(NULL, c, &write, &rest, &e) < 0) {
		FUZZ_CHECK(err_is_set(&e));
		FUZZ_CHECK(c->edits_len > 0);	/* else it always can */
		return;
	}
	side_check(&write);
	side_check(&rest);
	if (d->yes_len + d->edits_len == 0)
		FUZZ_CHECK(side_same(&write, &c->before));
	if (d->no_len == d->n)
		FUZZ_CHECK(side_same(&rest, &c->before));
	if (d->yes_len == d->n)
		FUZZ_CHECK(side_same(&write, &c->after));
	if (d->no_len + d->edits_len == 0)
		FUZZ_CHECK(side_same(&rest, &c->after));
	if (d->no_len + d->yes_len + d->edits_len == d->n)
		FUZZ_CHECK(side_same(&rest, &write));
	if (d->edits_len > 0 || l->whole || !write.exists)
		return;
	take = xcalloc(l->len + 1, sizeof(*take));
	for (i = 0; i < l->len; i++)
		for (k = 0; k < d->yes_len; k++)
			take[i] = take[i] || d->yes[k] == l->v[i].id;
	FUZZ_CHECK(hunk_compose(&want, before, l, take) == 0);
	FUZZ_CHECK(fuzz_same(&want, stored_find(&write)));
	if (l->v[0].kind == HUNK_MODE)
		FUZZ_CHECK(write.mode == (take[0] ? c->after.mode :
		    c->before.mode));
	free(take);
	buf_release(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct gate_choice c = { .path = "f" };
	struct buf before, after, edit, old = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct hunk_list l, s;
	struct decided d;
	const char *split[1];
	uint8_t kinds, parts;

	fuzz_git();
	kinds = fuzz_byte(&in);
	parts = fuzz_byte(&in);
	fuzz_part(&in, &before);
	fuzz_part(&in, &after);
	side_make(&c.before, &before, kinds);
	side_make(&c.after, &after, kinds >> 2);
	if (gate_hunks(&l, NULL, "f", &c.before, &c.after, NULL, &old,
	    &e) < 0) {
		FUZZ_CHECK(!c.before.exists && !c.after.exists);
		goto out;
	}
	FUZZ_CHECK(l.len > 0);
	if ((parts & 1) != 0) {
		split[0] = l.v[(parts >> 1) % l.len].id;
		c.split.ids = split;
		c.split.len = 1;
	}
	FUZZ_CHECK(gate_hunks(&s, NULL, "f", &c.before, &c.after, &c.split,
	    NULL, &e) == 0);
	decided_make(&d, &s, &in, &edit);
	c.yes = d.yes;
	c.yes_len = d.yes_len;
	c.no = d.no;
	c.no_len = d.no_len;
	c.edits = d.edits;
	c.edits_len = d.edits_len;
	decided_check(&c, &d, &s, &old);
	buf_release(&edit);
	hunk_list_release(&s);
	hunk_list_release(&l);
out:
	stored_clear();
	buf_release(&old);
	buf_release(&before);
	buf_release(&after);
	return 0;
}
