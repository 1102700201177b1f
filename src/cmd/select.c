/* Applies the rules to a proposal. See select.h. */
#include "config.h"

#include "cmd/select-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "gate/hunk-text.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"

const char *
select_word(const struct fold_file *f, size_t i)
{
	size_t first = f->from != NULL;	/* of the content's */

	if (i < first)
		return f->hunks_len > 1 ? "rename" : NULL;
	return strcmp(f->status, "mode") == 0 || (i == first &&
	    f->hunks[i].text_len == 0 && (f->hunks_len > first + 1 ||
	    (first == 1 && !f->binary))) ? "mode" : NULL;
}

static struct choose_hunk *
select_hunks(const struct fold_proposal *p, size_t *n)
{
	struct choose_hunk *v = NULL;
	size_t i, k;
	int number = 0;

	for (i = 0, *n = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		int in_file = 0;

		GROW_BY(v, *n, f->hunks_len + 1);
		for (k = 0; k < f->hunks_len; k++) {
			struct choose_hunk *h = &v[(*n)++];

			memset(h, 0, sizeof(*h));
			h->file = f;
			h->hunk = &f->hunks[k];
			h->word = select_word(f, k);
			h->renames = f->from != NULL && k == 0;
			if (h->word != NULL)
				continue;
			h->number = ++number;
			h->in_file = ++in_file;
		}
	}
	return v;
}

static void
select_hunks_free(struct choose_hunk *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_release(&v[i].edit);
	free(v);
}

/* "DIR/": all files below. */
static bool
select_is_folder(const struct choose_rule *r)
{
	size_t n = r->path == NULL ? 0 : strlen(r->path);

	return n > 0 && r->path[n - 1] == '/';
}

static bool
select_is_of(const struct choose_rule *r, const struct choose_hunk *h)
{
	size_t n = r->path == NULL ? 0 : strlen(r->path);

	return r->path == NULL || (select_is_folder(r) ?
	    strncmp(r->path, h->file->path_bytes, n) == 0 :
	    strcmp(r->path, h->file->path_bytes) == 0);
}

static int
select_no_file(const struct choose_rule *r, struct err *e)
{
	if (select_is_folder(r))
		return err_set(e, "%s %s: no file of this proposal is in %s",
		    select_flag(r->kind), r->shown, r->path);
	return err_set(e, "%s %s: %s isn't in this proposal",
	    select_flag(r->kind), r->shown, r->path == NULL ? "it" : r->path);
}

/* The hunk with that number, or NULL with *e. */
static struct choose_hunk *
select_find(const struct choose_rule *r, int number, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool path = false;
	int most = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int here = r->path == NULL ? v[i].number : v[i].in_file;

		if (!select_is_of(r, &v[i]))
			continue;
		path = true;
		if (v[i].word == NULL && here == number)
			return &v[i];
		most = here > most ? here : most;
	}
	if (!path)
		select_no_file(r, e);
	else
		err_set(e, "%s %s: no hunk %d; the last is %d",
		    select_flag(r->kind), r->shown, number, most);
	return NULL;
}

static void
select_forget(const struct choose_rule *r, struct choose_hunk *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (select_is_of(r, &v[i]))
			v[i].yes = false;
}

/* Does `mode` or `rename` select it? */
static bool
select_is_named(const struct choose_rule *r, const struct choose_hunk *h)
{
	return (r->what == WHAT_RENAME && h->renames) ||
	    (r->what == WHAT_MODE && h->word != NULL && !h->renames);
}

static int
select_apply_accept(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool path = false, word = false;
	size_t i;

	for (i = 0; i < n; i++) {
		bool named;

		if (!select_is_of(r, &v[i]))
			continue;
		path = true;
		named = select_is_named(r, &v[i]);
		word = word || named;
		if (r->what == WHAT_ALL || named)
			v[i].yes = true;
		else if (r->what == WHAT_NONE && select_is_folder(r))
			v[i].yes = false;
	}
	if (r->path != NULL && !path)
		return select_no_file(r, e);
	if ((r->what == WHAT_MODE || r->what == WHAT_RENAME) && !word)
		return err_set(e, r->what == WHAT_MODE ?
		    "--accept %s: no mode change there" :
		    "--accept %s: no renamed file there", r->shown);
	for (i = 0; i < r->numbers_len; i++) {
		struct choose_hunk *h = select_find(r, r->numbers[i], v, n, e);

		if (h == NULL)
			return -1;
		h->yes = true;
	}
	return 0;
}

static int
select_apply_lines(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	struct choose_hunk *h = select_find(r, r->hunk, v, n, e);
	size_t lines, i, picked = 0;
	AUTO_FREE bool *pick = NULL;

	if (h == NULL)
		return -1;
	lines = hunk_text_changes(h->hunk->text, h->hunk->text_len);
	pick = xcalloc(lines + 1, sizeof(*pick));
	for (i = 0; i < r->numbers_len; i++) {
		if ((size_t)r->numbers[i] > lines)
			return err_set(e, "--lines %s: the hunk has only "
			    "%zu + and - lines", r->shown, lines);
		picked += !pick[r->numbers[i] - 1];
		pick[r->numbers[i] - 1] = true;
	}
	h->yes = true;
	buf_clear(&h->edit);
	h->edited = picked < lines;
	if (h->edited)
		hunk_text_pick(&h->edit, h->hunk->text, h->hunk->text_len,
		    pick);
	return 0;
}

static int
select_apply_edit(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	struct choose_hunk *h = select_find(r, r->hunk, v, n, e);

	if (h == NULL)
		return -1;
	h->yes = h->edited = true;
	buf_clear(&h->edit);
	buf_add(&h->edit, buf_str(&r->edit), r->edit.len);
	return 0;
}

static int
select_apply_overwrite(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	bool mode = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (select_is_of(r, &v[i]) && select_is_named(r, &v[i]))
			mode = v[i].yes = v[i].over = true;
	if (r->what == WHAT_MODE && !mode)
		return err_set(e, "--overwrite %s: no mode change there",
		    r->shown);
	for (i = 0; i < r->numbers_len; i++) {
		struct choose_hunk *h = select_find(r, r->numbers[i], v, n, e);

		if (h == NULL)
			return -1;
		h->yes = h->over = true;
	}
	return 0;
}

cJSON *
select_splits(const struct select *c, const struct fold_proposal *p,
    struct err *e)
{
	cJSON *list = cJSON_CreateArray();
	struct choose_hunk *v, *h;
	size_t n, i;

	v = select_hunks(p, &n);
	for (i = 0; i < c->len; i++) {
		if (c->rules[i].kind != SELECT_SPLIT)
			continue;
		h = select_find(&c->rules[i], c->rules[i].hunk, v, n, e);
		if (h == NULL) {
			json_drop(&list);
			break;
		}
		if (h->yes)
			continue;	/* named twice */
		h->yes = true;
		cJSON_AddItemToArray(list, command_hunk(p, "split",
		    h->hunk->id));
	}
	select_hunks_free(v, n);
	return list;
}

static void
select_add(cJSON *list, const struct fold_proposal *p,
    const struct choose_hunk *h)
{
	cJSON *o = command_mark(p, h->hunk->id, h->edited ? "edited" :
	    h->yes ? "yes" : "no", false, NULL);

	if (h->edited)
		json_add_bytes(o, "edit", buf_str(&h->edit), h->edit.len);
	if (h->over)
		json_add_bool(o, "overwrite", true);
	cJSON_AddItemToArray(list, o);
}

bool
select_leaves_rest(const struct select *c)
{
	bool over = false;
	size_t i;

	for (i = 0; i < c->len; i++) {
		if (c->rules[i].kind != SELECT_OVERWRITE &&
		    c->rules[i].kind != SELECT_SPLIT)
			return false;
		over = over || c->rules[i].kind == SELECT_OVERWRITE;
	}
	return over;
}

/* Accepted by an option that doesn't overwrite newer lines, or not selected. */
static bool
select_stays_open(const struct select *c, const struct choose_hunk *h)
{
	return h->yes ? h->hunk->overwrites && !h->over : select_leaves_rest(c);
}

/* As in git, a hunk of a renamed file includes the new name. */
static void
select_rename(struct choose_hunk *v, size_t n)
{
	size_t i, name = n;

	for (i = 0; i < n; i++) {
		if (v[i].renames)
			name = i;
		else if (v[i].yes && v[i].file->from != NULL && name < n)
			v[name].yes = true;
	}
}

cJSON *
select_marks(const struct select *c, const struct fold_proposal *p,
    int *open, struct err *e)
{
	cJSON *list = NULL;
	struct choose_hunk *v;
	size_t n, i;
	int rc = 0;

	*open = 0;
	v = select_hunks(p, &n);
	/* A file's own rule wins over that of its directory. */
	for (i = 0; i < c->len && rc == 0; i++)
		if (select_is_folder(&c->rules[i]))
			rc = select_apply_accept(&c->rules[i], v, n, e);
	for (i = 0; i < c->len && rc == 0; i++)
		if (c->rules[i].path != NULL && !select_is_folder(&c->rules[i]))
			select_forget(&c->rules[i], v, n);
	for (i = 0; i < c->len && rc == 0; i++)
		if (c->rules[i].kind == SELECT_ACCEPT &&
		    !select_is_folder(&c->rules[i]))
			rc = select_apply_accept(&c->rules[i], v, n, e);
	for (i = 0; i < c->len && rc == 0; i++)
		if (c->rules[i].kind == SELECT_LINES)
			rc = select_apply_lines(&c->rules[i], v, n, e);
		else if (c->rules[i].kind == SELECT_EDIT)
			rc = select_apply_edit(&c->rules[i], v, n, e);
		else if (c->rules[i].kind == SELECT_PATCH)
			rc = select_apply_patch(&c->rules[i], v, n, e);
	for (i = 0; i < c->len && rc == 0; i++)
		if (c->rules[i].kind == SELECT_OVERWRITE)
			rc = select_apply_overwrite(&c->rules[i], v, n, e);
	if (rc == 0) {
		list = cJSON_CreateArray();
		select_rename(v, n);
		for (i = 0; i < n; i++)
			if (select_stays_open(c, &v[i]))
				++*open;
			else
				select_add(list, p, &v[i]);
	}
	select_hunks_free(v, n);
	return list;
}

bool
select_left_open(const struct fold_proposal *p, struct buf *b)
{
	struct choose_hunk *v;
	size_t n, i;
	bool all = true;

	v = select_hunks(p, &n);
	for (i = 0; i < n; i++) {
		all = all && v[i].hunk->overwrites;
		if (!v[i].hunk->overwrites)
			continue;
		if (b->len > 0)
			buf_addc(b, '\n');
		buf_addf(b, "open: %s, ", v[i].file->path);
		if (v[i].word != NULL)
			buf_addf(b, "%s overwrites a newer %s; to accept it: "
			    "--overwrite %s=%s", v[i].word, v[i].word,
			    v[i].file->path, v[i].word);
		else
			buf_addf(b, "hunk %d overwrites newer lines; to "
			    "accept it: --overwrite %d", v[i].number,
			    v[i].number);
	}
	select_hunks_free(v, n);
	return all;
}
