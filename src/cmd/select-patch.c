/*
 * --patch: the output of `show` with hunks removed or edited.  Names and line
 * numbers must match the proposal's.  And whether a patch of other origin has
 * the proposal's hunks.
 */
#include "config.h"

#include "base/mem.h"
#include "cmd/select.h"

#include <stdlib.h>
#include <string.h>

#include "gate/patch.h"
#include "journal/fold.h"

/* The first line of this file's part in the proposal's patch. */
static char *
choose_patch_head(const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);
	struct fold_file head = *f;

	head.hunks_len = 0;	/* it precedes them */
	patch_write_file(&b, &head);
	b.len = strcspn(buf_str(&b), "\n");
	if (b.p != NULL)
		b.p[b.len] = '\0';
	return buf_take(&b);
}

/*
 * The file's hunk at this line that hasn't been matched yet: one with this
 * text, else the first. Parts of a split hunk may start at the same line.
 */
static struct choose_hunk *
choose_patch_find(struct choose_hunk *part, size_t n, int start, const char *p,
    size_t len)
{
	struct choose_hunk *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (part[i].word != NULL || part[i].yes ||
		    part[i].hunk->old_start != start)
			continue;
		if (len == part[i].hunk->text_len &&
		    memcmp(p, part[i].hunk->text, len) == 0)
			return &part[i];
		if (first == NULL)
			first = &part[i];
	}
	return first;
}

/* One hunk of the edited patch: p is after its "@@" line. */
static int
choose_patch_hunk(struct choose_hunk *part, size_t n, const char *at,
    const char *p, const char *end, struct err *e)
{
	const char *number = at + 4;	/* "@@ -" */
	int start = select_number(&number);
	struct choose_hunk *h = choose_patch_find(part, n, start, p,
	    (size_t)(end - p));

	if (h == NULL)
		return err_set(e, "the patch has a hunk of %s at line %d that "
		    "isn't in the proposal; don't change the numbers after @@ "
		    "-", part->file->path, start);
	h->yes = true;
	h->edited = (size_t)(end - p) != h->hunk->text_len ||
	    memcmp(p, h->hunk->text, h->hunk->text_len) != 0;
	if (h->edited)
		buf_add(&h->edit, p, (size_t)(end - p));
	return 0;
}

static const char *
choose_next_line(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl == NULL ? end : nl + 1;
}

/* Does a hunk or file start here? No line of a hunk looks like that. */
static bool
choose_patch_begins(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
}

/* The part of one file, after its "diff --git" line. Returns its end. */
static const char *
choose_patch_file(struct choose_hunk *part, size_t n, const char *p,
    const char *end, struct err *e)
{
	bool mode = false, hunks = false;
	size_t i;

	while (p < end && !choose_patch_begins(p, end, "diff --git ")) {
		const char *at = p, *body;

		p = choose_next_line(p, end);
		mode = mode || choose_patch_begins(at, p, "new mode ");
		if (!choose_patch_begins(at, p, "@@ -"))
			continue;
		hunks = true;
		for (body = p; p < end &&
		    !choose_patch_begins(p, end, "@@ -") &&
		    !choose_patch_begins(p, end, "diff --git ");)
			p = choose_next_line(p, end);
		if (choose_patch_hunk(part, n, at, body, p, e) < 0)
			return NULL;
	}
	for (i = 0; i < n; i++)
		if (part[i].renames || (part[i].word != NULL ? mode :
		    !hunks && part[i].hunk->text_len == 0))
			part[i].yes = true;
	return p;
}

static bool
choose_patch_is_two(const struct fold_file *f)
{
	return f->before.exists && f->after.exists &&
	    (f->before.mode & 0170000) != (f->after.mode & 0170000);
}

/* A file that becomes a link: a deletion and a creation, as one change. Returns
 * the end of both. */
static const char *
choose_patch_two(struct choose_hunk *part, size_t n, const char *line,
    const char *end, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	patch_write_file(&b, part->file);
	if (choose_patch_begins(line, end, buf_str(&b))) {
		line += b.len;
		for (i = 0; i < n; i++)
			part[i].yes = true;
	} else {
		err_set(e,
		    "%s changes its file type, which can only be accepted "
		    "or rejected as a whole; keep both its parts in the patch "
		    "or remove both",
		    part->file->path);
		line = NULL;
	}
	return line;
}

int
select_apply_patch(const struct choose_rule *r, struct choose_hunk *v,
    size_t n, struct err *e)
{
	const char *p = buf_str(&r->edit), *end = p + r->edit.len;
	bool any = false;
	size_t from, to = 0;

	while (p < end) {
		const char *line = p;
		size_t len;

		p = choose_next_line(p, end);
		if (!choose_patch_begins(line, p, "diff --git "))
			continue;
		any = true;
		len = (size_t)(p - line);
		len -= len > 0 && line[len - 1] == '\n';
		for (from = 0; from < n; from = to) {
			AUTO_FREE char *head = choose_patch_head(v[from].file);
			bool same = strlen(head) == len &&
			    memcmp(head, line, len) == 0;

			for (to = from; to < n && v[to].file == v[from].file;
			    to++)
				;
			if (same)
				break;
		}
		if (from == n)
			return err_set(e, "the patch changes a file that isn't "
			    "in the proposal: %.*s",
			    len > 200 ? 200 : (int)len, line);
		p = choose_patch_is_two(v[from].file) ?
		    choose_patch_two(&v[from], to - from, line, end, e) :
		    choose_patch_file(&v[from], to - from, p, end, e);
		if (p == NULL)
			return -1;
	}
	if (!any)
		return err_set(e, "%s isn't a patch from assent show",
		    r->shown);
	return 0;
}

/* ---- a patch that others made ---- */

/* The part of a file. */
struct choose_part {
	const char		*name;	/* a line that ends with it */
	size_t			 len;
	bool			 git;	/* it has a "diff --git" line */
	struct patch_hunk	*v;
	size_t			 n;
};

struct choose_parts {
	struct choose_part	*v;
	size_t			 len;
};

static void
choose_parts_release(struct choose_parts *l)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		free(l->v[i].v);
	free(l->v);
}

/* A name ends at a tab, before a date. */
static void
choose_part_name(struct choose_part *part, const char *p, const char *end)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p));

	part->name = p;
	part->len = (size_t)((tab == NULL ? end : tab) - p);
	while (part->len > 0 && strchr("\r\n", p[part->len - 1]) != NULL)
		part->len--;
}

static void
choose_parts_read(struct choose_parts *l, const struct buf *patch)
{
	const char *p = buf_str(patch), *end = p + patch->len, *next, *after;
	struct choose_part *part = NULL;
	struct patch_hunk h;

	for (; p < end; p = next) {
		bool git = choose_patch_begins(p, end, "diff --git ");

		next = choose_next_line(p, end);
		if (git || (choose_patch_begins(p, end, "--- ") &&
		    choose_patch_begins(next, end, "+++ ") &&
		    (part == NULL || !part->git || part->n > 0))) {
			GROW(l->v, l->len);
			part = &l->v[l->len++];
			memset(part, 0, sizeof(*part));
			part->git = git;
			choose_part_name(part, p, next);
		} else if (part != NULL && !part->git &&
		    choose_patch_begins(p, end, "+++ ") &&
		    !choose_patch_begins(p, end, "+++ /dev/null")) {
			choose_part_name(part, p, next);
		} else if (part != NULL && (after = patch_hunk_read(&h, p,
		    end)) != NULL) {
			GROW(part->v, part->n);
			part->v[part->n++] = h;
			next = after;
		}
	}
}

/* Ends its line with this name? */
static bool
choose_part_ends(const struct choose_part *part, const char *name)
{
	size_t n = strlen(name);

	return part->len > n &&
	    memcmp(part->name + part->len - n, name, n) == 0 &&
	    strchr("/ \"", part->name[part->len - n - 1]) != NULL;
}

/* Is it a hunk of this text? An empty line may lack its space, as with git's
 * diff.suppressBlankEmpty. */
static bool
choose_part_has(const struct patch_hunk *h, const char *text, size_t len)
{
	size_t i, k = 0;

	for (i = 0; i < h->len && k < len; i++, k++) {
		if (h->text[i] == '\n' && text[k] == ' ' &&
		    (i == 0 || h->text[i - 1] == '\n'))
			k++;
		if (k == len || h->text[i] != text[k])
			return false;
	}
	return i == h->len && k == len;
}

/* Is it about that file, with the same hunks? One hunk is always the same. */
static bool
choose_part_is(const struct choose_part *part, const struct fold_file *f)
{
	AUTO_BUF struct buf quoted = BUF_INIT(0);
	size_t i, n = 0, lines = 0;
	bool same = true;

	patch_name(&quoted, "", f->path_bytes);
	if (!choose_part_ends(part, f->path_bytes) &&
	    !choose_part_ends(part, buf_str(&quoted) + (quoted.p[0] == '"')))
		return false;
	for (i = 0; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		if (select_word(f, i) != NULL)
			continue;
		n++;
		if (h->text_len == 0)
			continue;
		same = same && lines < part->n && choose_part_has(
		    &part->v[lines], h->text, h->text_len);
		lines++;
	}
	return (same && lines == part->n) || (n == 1 && part->n <= 1);
}

/* The first file, up to the one with hunk `most`, that isn't numbered as in the
 * patch; or NULL. */
static const struct fold_file *
choose_parts_differ(const struct choose_parts *l,
    const struct fold_proposal *p, int most)
{
	size_t i, k;
	int n = 0;

	for (i = 0; i < p->files_len && n < most; i++) {
		if (i == l->len || !choose_part_is(&l->v[i], &p->files[i]))
			return &p->files[i];
		for (k = 0; k < p->files[i].hunks_len; k++)
			n += select_word(&p->files[i], k) == NULL;
	}
	return NULL;
}

int
select_patch_numbers(const struct select *c, const struct fold_proposal *p,
    const struct buf *patch, struct err *e)
{
	AUTO(choose_parts_release) struct choose_parts l = { 0 };
	const struct fold_file *f;
	size_t i, k, at;

	choose_parts_read(&l, patch);
	for (i = 0; i < c->len; i++) {
		const struct choose_rule *r = &c->rules[i];
		int most = r->hunk;

		for (k = 0; k < r->numbers_len && r->kind != SELECT_LINES; k++)
			most = r->numbers[k] > most ? r->numbers[k] : most;
		f = r->path != NULL || most == 0 ? NULL :
		    choose_parts_differ(&l, p, most);
		for (k = 0; r->path != NULL && most > 0 && k < p->files_len;
		    k++) {
			if (strcmp(p->files[k].path_bytes, r->path) != 0)
				continue;
			for (at = 0; at < l.len && !choose_part_is(&l.v[at],
			    &p->files[k]); at++)
				;
			f = at == l.len ? &p->files[k] : NULL;
		}
		if (f != NULL)
			return err_set(e, "%s %s: the patch numbers other hunks "
			    "than assent from %s on; accept whole files (%s=all), "
			    "or make the patch with git diff -U3 (and "
			    "--diff-algorithm=myers instead of histogram)",
			    select_flag(r->kind), r->shown, f->path, f->path);
	}
	return 0;
}
