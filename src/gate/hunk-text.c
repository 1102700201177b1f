#include "config.h"

#include "gate/hunk-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

size_t
hunk_text_cut(const char *text, size_t len, struct hunk_line **lines)
{
	const char *p = text, *end = p + len;
	struct hunk_line *v = NULL;
	size_t n = 0;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl == NULL ? end : nl + 1;

		if (*p == '\\' && n > 0) {
			v[n - 1].len += (size_t)(next - p);
			/* Its newline isn't part of the file. */
			if (v[n - 1].bytes > 0 &&
			    v[n - 1].p[v[n - 1].bytes] == '\n')
				v[n - 1].bytes--;
		} else {
			GROW(v, n);
			v[n].p = p;
			v[n].len = (size_t)(next - p);
			v[n].bytes = v[n].len - 1;
			v[n].sign = *p;
			n++;
		}
		p = next;
	}
	*lines = v;
	return n;
}

size_t
hunk_text_changes(const char *text, size_t len)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(text, len, &v), i, changes = 0;

	for (i = 0; i < n; i++)
		changes += v[i].sign == '+' || v[i].sign == '-';
	return changes;
}

bool
hunk_text_has_parts(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *nl;
	bool changed = false, between = false;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (*p == '+' || *p == '-') {
			if (between)
				return true;
			changed = true;
		} else if (*p == ' ')
			between = changed;
		if (nl == NULL)
			break;
	}
	return false;
}

/* Does this line have a newline in the file? */
static bool
hunk_text_has_newline(const struct hunk_line *l)
{
	return l->bytes > 0 && l->p[l->bytes] == '\n';
}

/* As the first of these lines that has one ends. */
static const char *
hunk_text_newline(const struct hunk_line *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (hunk_text_has_newline(&v[i]))
			return v[i].bytes > 1 &&
			    v[i].p[v[i].bytes - 1] == '\r' ? "\r\n" : "\n";
	return "\n";
}

/* Add a line; `ends`: no other follows it in the block. What was the file's last
 * line and no longer is gets the newline `nl`. */
static void
hunk_text_put(struct buf *out, char sign, const struct hunk_line *l, bool ends,
    const char *nl)
{
	if (ends || hunk_text_has_newline(l)) {
		buf_addc(out, sign);
		buf_add(out, l->p + 1, l->len - 1);
		return;
	}
	if (sign == ' ')
		buf_add(out, l->p, l->len);
	buf_addc(out, '+');
	buf_add(out, l->p + 1, l->bytes);
	buf_adds(out, nl);
}

static void
hunk_text_put_added(struct buf *out, const struct hunk_line *v, size_t n,
    const bool *pick, bool ends, const char *nl)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].sign == '+' && pick[i])
			hunk_text_put(out, '+', &v[i], ends, nl);
}

/* A block: changed lines without others between them. */
static void
hunk_text_pick_block(struct buf *out, const struct hunk_line *v, size_t n,
    const bool *pick, const char *nl)
{
	size_t i, last = n;
	bool added = false, kept = false;

	for (i = 0; i < n; i++)
		if (v[i].sign == '+') {
			added = added || pick[i];
		} else {
			last = pick[i] ? i : last;
			kept = !pick[i];
		}
	for (i = 0; i < n; i++) {
		if (v[i].sign == '-' && pick[i])
			buf_add(out, v[i].p, v[i].len);
		else if (v[i].sign == '-')
			hunk_text_put(out, ' ', &v[i], last < n || !added, nl);
		if (i == last)
			hunk_text_put_added(out, v, n, pick, !kept, nl);
	}
	if (last == n)
		hunk_text_put_added(out, v, n, pick, true, nl);
}

void
hunk_text_pick(struct buf *out, const char *text, size_t len,
    const bool *pick)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(text, len, &v), i, end;
	const char *nl = hunk_text_newline(v, n);

	for (i = 0; i < n; i = end) {
		end = i + 1;
		if (v[i].sign == ' ') {
			buf_add(out, v[i].p, v[i].len);
			continue;
		}
		while (end < n && v[end].sign != ' ')
			end++;
		hunk_text_pick_block(out, v + i, end - i, pick, nl);
		pick += end - i;
	}
}

/* ---- an edited hunk ---- */

struct hunk_edit {
	struct hunk_line	*old;	/* the hunk's lines without '+' lines */
	size_t			 old_len, old_at;
	struct buf		 text, put;
	size_t			 met;	/* bytes of old lines so far */
	size_t			 from, put_from;	/* after the equal lines
							   at the top */
	size_t			 to, put_to;	/* before those at the end */
	bool			 changed;
	bool			 ended;	/* a line without a newline was added */
	int			 new_lines;
};

static int
hunk_edit_old(struct hunk_edit *x, const struct hunk_line *l, int number,
    struct err *e)
{
	const struct hunk_line *have;
	size_t body = l->bytes;

	/* There may be no lines, and no array. */
	if (x->old_at == x->old_len)
		return err_set(e, "line %d: the hunk has no more lines of the "
		    "file; only lines that start with '+' can be added",
		    number);
	have = &x->old[x->old_at];
	/* In a '-' line only the text matters. */
	if (!hunk_text_has_newline(have) && l->sign == '-' &&
	    hunk_text_has_newline(l))
		body--;
	if (body != have->bytes || memcmp(l->p + 1, have->p + 1, body) != 0)
		return err_set(e, "line %d is not what the file has there; "
		    "don't change lines that start with ' ' or '-' (use ' ' "
		    "instead of '-' to keep a line, and '+' to add lines)",
		    number);
	x->old_at++;
	x->met += have->bytes;
	return 0;
}

static int
hunk_edit_line(struct hunk_edit *x, const struct hunk_line *l, int number,
    struct err *e)
{
	if (l->sign != '+' && l->sign != '-' && l->sign != ' ')
		return err_set(e, "line %d starts with neither ' ', '-' nor "
		    "'+'", number);
	if (l->sign != '+' && hunk_edit_old(x, l, number, e) < 0)
		return -1;
	buf_add(&x->text, l->p, l->len);
	if (l->sign != '-') {
		if (x->ended)
			return err_set(e, "line %d comes after a line that has "
			    "no newline", number);
		x->ended = !hunk_text_has_newline(l);
		buf_add(&x->put, l->p + 1, l->bytes);
		x->new_lines++;
	}
	if (l->sign != ' ') {
		x->changed = true;
		x->to = x->met;
		x->put_to = x->put.len;
	} else if (!x->changed) {
		x->from = x->met;
		x->put_from = x->put.len;
	}
	return 0;
}

/* Other lines in the editor's text: comments, the @@ line. */
static bool
hunk_edit_is_comment(const char *p, size_t n)
{
	return p[0] == '#' || (n > 2 && memcmp(p, "@@ ", 3) == 0);
}

/* Strip comments; numbers[] gets each line's number in `edit`. */
static void
hunk_edit_clean(struct buf *out, int **numbers, const char *edit, size_t len)
{
	const char *p = edit, *end = p + len;
	size_t n = 0;
	int number = 1;

	for (*numbers = NULL; p < end; number++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t have = (size_t)((nl == NULL ? end : nl + 1) - p);

		if (!hunk_edit_is_comment(p, have)) {
			/* Editors strip the space of an empty line. */
			if (*p == '\n')
				buf_addc(out, ' ');
			buf_add(out, p, have);
			if (nl == NULL)
				buf_addc(out, '\n');
			GROW(*numbers, n);
			if (*p != '\\')
				(*numbers)[n++] = number;
		}
		p += have;
	}
}

static int
hunk_edit_read(struct hunk_edit *x, const char *edit, size_t len,
    struct err *e)
{
	AUTO_BUF struct buf clean = BUF_INIT(0);
	AUTO_FREE struct hunk_line *v = NULL;
	AUTO_FREE int *numbers = NULL;
	int rc = 0;
	size_t n, i;

	hunk_edit_clean(&clean, &numbers, edit, len);
	if (clean.len > 0 && clean.p[0] == '\\')
		rc = err_set(e, "the first line starts with a backslash, but "
		    "there is no line before it");
	n = rc < 0 ? 0 : hunk_text_cut(buf_str(&clean), clean.len, &v);
	for (i = 0; i < n && rc == 0; i++)
		rc = hunk_edit_line(x, &v[i], numbers[i], e);
	return rc;
}

int
hunk_text_amend(struct hunk_amended *out, const char *text, size_t len,
    const char *edit, size_t edit_len, struct err *e)
{
	struct hunk_edit x = { 0 };
	size_t n = hunk_text_cut(text, len, &x.old), i;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		if (x.old[i].sign != '+')
			x.old[x.old_len++] = x.old[i];
	if (memchr(edit, '\0', edit_len) != NULL) {
		err_set(e, "the edited hunk contains a NUL byte");
		goto out;
	}
	if (hunk_edit_read(&x, edit, edit_len, e) < 0)
		goto out;
	if (x.old_at != x.old_len) {
		err_set(e, "%zu of the file's lines are missing: keep a line "
		    "with ' ' before it, or delete it with '-'",
		    x.old_len - x.old_at);
		goto out;
	}
	if (!x.changed) {
		err_set(e, "nothing is left of the change; reject the hunk "
		    "instead");
		goto out;
	}
	out->old_lines = (int)x.old_len;
	out->new_lines = x.new_lines;
	out->no_newline = x.ended;
	/* Equal lines around it may belong to another part too. */
	out->skip = x.from;
	out->old_len = x.to - x.from;
	out->new_len = x.put_to - x.put_from;
	out->new_text = xmemdup(buf_str(&x.put) + x.put_from, out->new_len);
	out->len = x.text.len;
	out->text = buf_take(&x.text);
	rc = 0;
out:
	free(x.old);
	buf_release(&x.text);
	buf_release(&x.put);
	return rc;
}

void
hunk_amended_release(struct hunk_amended *m)
{
	free(m->text);
	free(m->new_text);
	memset(m, 0, sizeof(*m));
}
