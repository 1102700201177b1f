/*
 * --patch: the output of `show` with hunks removed or edited.  Names and line
 * numbers must match the proposal's.
 */
#include "config.h"

#include "base/mem.h"
#include "cmd/select/select-int.h"

#include <string.h>

#include "gate/hunk/patch.h"
#include "journal/fold-proposal.h"

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
