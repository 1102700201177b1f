/*
 * Patch text. Reads no files and decides nothing: it adds headers to existing
 * hunks. A binary change has no contents here; the patch has git's own line for
 * it ("Binary files … differ").
 */

#include "config.h"

#include "gate/patch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"
#include "journal/fold.h"

/* "@@ -1,5 +1,6 @@": a count that isn't there is 1. */
static void
diff_line_hunk(struct diff_lines *d, const char *line, size_t n)
{
	char head[64];
	int at, plus = 0;

	n = n < sizeof(head) - 1 ? n : sizeof(head) - 1;
	memcpy(head, line, n);
	head[n] = '\0';
	d->old_lines = d->new_lines = 1;
	(void)sscanf(head, "@@ -%d,%d +%n", &at, &d->old_lines, &plus);
	if (plus == 0)
		(void)sscanf(head, "@@ -%d +%n", &at, &plus);
	if (plus > 0)
		(void)sscanf(head + plus, "%d,%d", &at, &d->new_lines);
}

enum diff_line_kind
diff_line(struct diff_lines *d, const char *line, size_t n)
{
	char first = n == 0 ? ' ' : line[0];

	if (first == '\\')
		return DIFF_LINE_NOTE;
	if (d->old_lines <= 0 && d->new_lines <= 0) {
		if (!mem_starts(line, line + n, "@@ "))
			return DIFF_LINE_HEAD;
		diff_line_hunk(d, line, n);
		return DIFF_LINE_HUNK;
	}
	d->old_lines -= first != '+';
	d->new_lines -= first != '-';
	return first == '-' ? DIFF_LINE_OLD : first == '+' ? DIFF_LINE_NEW :
	    DIFF_LINE_SAME;
}

/* ---- hunks as text ---- */

/*
 * The lines of one hunk as displayed, and hunks made from them by a person who
 * picks some changed lines or edits them. Text to text, no files. Depends on
 * base only, so that front ends can link it.
 *
 * A hunk's text has lines with ' ' '+' '-' before them and, after a line
 * without a newline in the file, a line that starts with a backslash, as in
 * unified diffs (POSIX diff -u; the backslash is GNU's).
 */

size_t
hunk_text_cut(const char *text, size_t len, struct hunk_line **lines)
{
	struct hunk_walk w = hunk_walk(text, len, 0, 0);
	struct hunk_line *v = NULL;
	size_t n = 0;

	while (hunk_walk_next(&w))
		if (w.sign == '\\' && n > 0) {
			v[n - 1].len += w.n;
			/* The line's newline isn't part of the file. */
			if (v[n - 1].bytes > 0 &&
			    v[n - 1].p[v[n - 1].bytes] == '\n')
				v[n - 1].bytes--;
		} else {
			*GROW_ADD(v, n) =
			    (struct hunk_line){ .p = w.line, .len = w.n,
				.bytes = w.n - 1, .sign = w.sign };
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
	struct hunk_walk w = hunk_walk(text, len, 0, 0);
	bool changed = false, between = false;

	while (hunk_walk_next(&w)) {
		if (w.sign == '+' || w.sign == '-') {
			if (between)
				return true;
			changed = true;
		} else if (w.sign == ' ')
			between = changed;
	}
	return false;
}

/* Does this line have a newline in the file? */
static bool
hunk_text_has_newline(const struct hunk_line *l)
{
	return l->bytes > 0 && l->p[l->bytes] == '\n';
}

/* The line end of the first of these lines that has one. */
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
	bool			 crlf;	/* each line of the hunk ends so */
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

/* The line's newline, which an editor writes without the CR. */
static bool
hunk_edit_is_bare(const struct hunk_line *l)
{
	return hunk_text_has_newline(l) && l->p[l->bytes - 1] != '\r';
}

static int
hunk_edit_line(struct hunk_edit *x, const struct hunk_line *l, int number,
    struct err *e)
{
	size_t cut = x->crlf && l->sign == '+' && hunk_edit_is_bare(l);

	if (l->sign != '+' && l->sign != '-' && l->sign != ' ')
		return err_set(e, "line %d starts with neither ' ', '-' nor "
		    "'+'", number);
	if (l->sign != '+' && hunk_edit_old(x, l, number, e) < 0)
		return -1;
	buf_add(&x->text, l->p, l->len - cut);
	buf_adds(&x->text, cut ? "\r\n" : "");
	if (l->sign != '-') {
		if (x->ended)
			return err_set(e, "line %d comes after a line that has "
			    "no newline", number);
		x->ended = !hunk_text_has_newline(l);
		buf_add(&x->put, l->p + 1, l->bytes - cut);
		buf_adds(&x->put, cut ? "\r\n" : "");
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
	return p[0] == '#' || mem_starts(p, p + n, "@@ ");
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
	bool bare = false;
	size_t n = hunk_text_cut(text, len, &x.old), i;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++) {
		bare = bare || hunk_edit_is_bare(&x.old[i]);
		x.crlf = x.crlf || hunk_text_has_newline(&x.old[i]);
	}
	x.crlf = x.crlf && !bare;
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
	FREE_ALL(m->text, m->new_text);
	memset(m, 0, sizeof(*m));
}

static bool
patch_byte_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* A byte, and the letter that stands for it. */
static const char patch_letters[] = "\aa\bb\tt\nn\vv\ff\rr\"\"\\\\";

void
patch_name(struct buf *out, const char *prefix, const char *path)
{
	const char *p, *l;
	bool plain = true;

	for (p = path; *p != '\0'; p++)
		plain = plain && patch_byte_is_plain((unsigned char)*p);
	if (plain) {
		buf_adds(out, prefix);
		buf_adds(out, path);
		return;
	}
	buf_addc(out, '"');
	buf_adds(out, prefix);
	for (p = path; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (patch_byte_is_plain(c)) {
			buf_addc(out, *p);
			continue;
		}
		for (l = patch_letters; *l != '\0' && *l != *p; l += 2)
			;
		if (*l != '\0')
			buf_addf(out, "\\%c", l[1]);
		else
			buf_addf(out, "\\%03o", c);
	}
	buf_addc(out, '"');
}

char *
patch_name_read(const char *text)
{
	size_t len = strlen(text);
	const char *p, *end = text + len - 1, *l;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (text[0] != '"')
		return xstrdup(text);
	if (len < 2 || *end != '"')
		return NULL;
	for (p = text + 1; p < end; p++) {
		if (*p != '\\') {
			buf_addc(&b, *p);
			continue;
		}
		p++;
		if (strspn(p, "01234567") >= 3) {
			buf_addc(&b, (char)((p[0] - '0') << 6 |
			    (p[1] - '0') << 3 | (p[2] - '0')));
			p += 2;
			continue;
		}
		for (l = patch_letters; *l != '\0' && l[1] != *p; l += 2)
			;
		if (*l == '\0')
			return NULL;
		buf_addc(&b, *l);
	}
	return buf_take(&b);
}

/* "--- a/x" or "+++ b/x"; a name with a space ends with a tab, as in git, so
 * that readers don't cut it there. */
static void
patch_side(struct buf *out, const char *mark, const char *prefix,
    const char *path, bool exists)
{
	buf_addf(out, "%s ", mark);
	if (!exists) {
		buf_adds(out, "/dev/null\n");
		return;
	}
	patch_name(out, prefix, path);
	if (strchr(path, ' ') != NULL)
		buf_addc(out, '\t');
	buf_addc(out, '\n');
}

static void
patch_range(struct buf *out, char sign, int start, int lines)
{
	buf_addf(out, " %c%d", sign, start);
	if (lines != 1)
		buf_addf(out, ",%d", lines);
}

/* "-1,2": the count is 1 by default. NULL if it isn't one. */
static const char *
patch_range_read(const char *p, char sign, int *start, int *lines)
{
	int *to[2] = { start, lines }, i;
	char *end;
	long n;

	*lines = 1;
	for (i = 0; i < 2 && (i == 0 || *p == ','); i++, p = end) {
		if (*p != (i == 0 ? sign : ',') || p[1] < '0' || p[1] > '9')
			return NULL;
		n = strtol(p + 1, &end, 10);
		if (n > 1000000000)
			return NULL;
		*to[i] = (int)n;
	}
	return p + (*p == ' ');
}

const char *
patch_hunk_read(struct patch_hunk *h, const char *p, const char *end)
{
	int old, new;

	memset(h, 0, sizeof(*h));
	if (!mem_starts(p, end, "@@ -") ||
	    (p = patch_range_read(p + 3, '-', &h->old_start,
	    &h->old_lines)) == NULL ||
	    (p = patch_range_read(p, '+', &h->new_start,
	    &h->new_lines)) == NULL)
		return NULL;
	h->text = p = mem_line_after(p, end);
	old = h->old_lines;
	new = h->new_lines;
	for (; p < end && (*p == '\\' || old > 0 || new > 0);
	    p = mem_line_after(p, end)) {
		old -= *p != '+' && *p != '\\';
		new -= *p != '-' && *p != '\\';
	}
	h->len = (size_t)(p - h->text);
	return p;
}

static const char *
patch_old_name(const struct patch_file *f)
{
	return f->from != NULL ? f->from : f->path;
}

static void
patch_binary(struct buf *out, const struct patch_file *f)
{
	buf_adds(out, "Binary files ");
	if (f->old_exists)
		patch_name(out, "a/", patch_old_name(f));
	else
		buf_adds(out, "/dev/null");
	buf_adds(out, " and ");
	if (f->new_exists)
		patch_name(out, "b/", f->path);
	else
		buf_adds(out, "/dev/null");
	buf_adds(out, " differ\n");
}

static void
patch_one(struct buf *out, const struct patch_file *f)
{
	bool begun = false;
	size_t i;

	buf_adds(out, "diff --git ");
	patch_name(out, "a/", patch_old_name(f));
	buf_addc(out, ' ');
	patch_name(out, "b/", f->path);
	buf_addc(out, '\n');
	if (!f->old_exists)
		buf_addf(out, "new file mode %06o\n", f->new_mode);
	else if (!f->new_exists)
		buf_addf(out, "deleted file mode %06o\n", f->old_mode);
	else if (f->old_mode != f->new_mode)
		buf_addf(out, "old mode %06o\nnew mode %06o\n", f->old_mode,
		    f->new_mode);
	if (f->from != NULL) {
		buf_addf(out, "similarity index %d%%\nrename from ", f->same);
		patch_name(out, "", f->from);
		buf_adds(out, "\nrename to ");
		patch_name(out, "", f->path);
		buf_addc(out, '\n');
	}
	if (f->old_name != NULL)
		buf_addf(out, "index %s..%s", f->old_name, f->new_name);
	if (f->old_name != NULL && f->old_exists && f->new_exists &&
	    f->old_mode == f->new_mode)
		buf_addf(out, " %06o", f->new_mode);
	buf_adds(out, f->old_name != NULL ? "\n" : "");
	if (f->binary && f->binary_patch != NULL) {
		buf_adds(out, f->binary_patch);
		return;
	}
	if (f->binary) {
		patch_binary(out, f);
		return;
	}
	for (i = 0; i < f->hunks_len; i++) {
		const struct patch_hunk *h = &f->hunks[i];

		if (h->len == 0)
			continue;
		if (!begun) {
			patch_side(out, "---", "a/", patch_old_name(f),
			    f->old_exists);
			patch_side(out, "+++", "b/", f->path, f->new_exists);
			begun = true;
		}
		buf_adds(out, "@@");
		patch_range(out, '-', h->old_start, h->old_lines);
		patch_range(out, '+', h->new_start, h->new_lines);
		buf_adds(out, " @@\n");
		buf_add(out, h->text, h->len);
	}
}

/* Only the lines that begin with `sign`, and their backslash lines. */
static void
patch_pick(struct buf *out, const struct patch_hunk *h, char sign)
{
	const char *p = h->text, *end = p + h->len;
	bool mine = false;

	while (p < end) {
		const char *next = mem_line_after(p, end);

		if (*p != '\\')
			mine = *p == sign;
		if (mine)
			buf_add(out, p, (size_t)(next - p));
		p = next;
	}
}

/* One side of a file whose type changes: it is deleted ('-'), or made. */
static void
patch_half(struct buf *out, const struct patch_file *f, char sign)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct patch_hunk part = { 0 };
	struct patch_file half = *f;

	if (f->hunks_len > 0)
		part = f->hunks[0];
	patch_pick(&text, &part, sign);
	part.text = buf_str(&text);
	part.len = text.len;
	if (sign == '-') {
		half.new_exists = false;
		part.new_start = part.new_lines = 0;
	} else {
		half.old_exists = false;
		part.old_start = part.old_lines = 0;
	}
	half.hunks = &part;
	half.hunks_len = 1;
	patch_one(out, &half);
}

int
patch_format(struct buf *out, const struct patch_file *f)
{
	bool was_full = out->full;

	out->full = false;
	if (f->old_exists && f->new_exists &&
	    (f->old_mode & 0170000) != (f->new_mode & 0170000)) {
		patch_half(out, f, '-');
		patch_half(out, f, '+');
	} else
		patch_one(out, f);
	if (out->full)
		return -1;
	out->full = was_full;
	return 0;
}

int
patch_write_file(struct buf *out, const struct fold_file *file)
{
	AUTO_FREE struct patch_hunk *v = xcalloc(file->hunks_len + 1, sizeof(*v));
	struct patch_file f = {
		.path = file->path_bytes != NULL ? file->path_bytes :
		    file->path,
		.from = file->from_bytes,
		.same = file->similarity,
		.old_exists = file->before.exists,
		.new_exists = file->after.exists,
		.old_mode = file->before.mode,
		.new_mode = file->after.mode,
		.binary = file->binary,
		.hunks = v,
		.hunks_len = file->hunks_len,
	};
	size_t i;

	for (i = 0; i < file->hunks_len; i++) {
		const struct fold_hunk *h = &file->hunks[i];

		v[i].old_start = h->old_start;
		v[i].old_lines = h->old_lines;
		v[i].new_start = h->new_start;
		v[i].new_lines = h->new_lines;
		v[i].text = h->text;
		v[i].len = h->text_len;
	}
	return patch_format(out, &f);
}
