/*
 * An amended patch: what `show` printed, with hunks left out or edited.  It is
 * compared with the proposal; names and places must be the proposal's.
 */
#include "config.h"

#include "cmd/select/select-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/hunk/patch.h"

/* The first line of the proposal's patch of this file: how its part begins. */
static char *
choose_patch_head(const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);
	struct fold_file head = *f;

	head.hunks_len = 0;	/* it comes before them */
	patch_write_file(&b, &head);
	b.len = strcspn(buf_str(&b), "\n");
	if (b.p != NULL)
		b.p[b.len] = '\0';
	return buf_take(&b);
}

/*
 * The hunk that begins at this line of the file, among those of its part that
 * were not met yet: one with this text, else the first. Parts of a hunk may begin
 * at the same line.
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

/* One hunk of the amended patch: p is after its "@@" line. */
static int
choose_patch_hunk(struct choose_hunk *part, size_t n, const char *at,
    const char *p, const char *end, struct err *e)
{
	const char *number = at + 4;	/* "@@ -" */
	int start = choose_number(&number);
	struct choose_hunk *h = choose_patch_find(part, n, start, p,
	    (size_t)(end - p));

	if (h == NULL)
		return err_set(e, "the amended patch has a hunk of %s at line "
		    "%d that the proposal has not; the numbers after @@ - stay "
		    "as they are", part->file->path, start);
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

/* Does a hunk or a file begin here? No line of a hunk looks so. */
static bool
choose_patch_begins(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
}

/* The part of one file, after its "diff --git" line. Gives its end. */
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

/* A file that becomes a link: its deletion and its creation, one change. Gives
 * the end of both. */
static const char *
choose_patch_two(struct choose_hunk *part, size_t n, const char *line,
    const char *end, struct err *e)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	patch_write_file(&b, part->file);
	if (choose_patch_begins(line, end, buf_str(&b))) {
		line += b.len;
		for (i = 0; i < n; i++)
			part[i].yes = true;
	} else {
		err_set(e, "%s becomes another kind of file, which is taken or "
		    "refused whole: leave both its parts in the amended patch "
		    "as they are, or out", part->file->path);
		line = NULL;
	}
	buf_release(&b);
	return line;
}

int
choose_apply_patch(const struct choose_rule *r, struct choose_hunk *v,
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
			char *head = choose_patch_head(v[from].file);
			bool same = strlen(head) == len &&
			    memcmp(head, line, len) == 0;

			free(head);
			for (to = from; to < n && v[to].file == v[from].file;
			    to++)
				;
			if (same)
				break;
		}
		if (from == n)
			return err_set(e, "the amended patch changes a file "
			    "that the proposal does not: %.*s",
			    len > 200 ? 200 : (int)len, line);
		p = choose_patch_is_two(v[from].file) ?
		    choose_patch_two(&v[from], to - from, line, end, e) :
		    choose_patch_file(&v[from], to - from, p, end, e);
		if (p == NULL)
			return -1;
	}
	if (!any)
		return err_set(e, "%s is no patch as assent show prints it",
		    r->shown);
	return 0;
}
