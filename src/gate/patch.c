/*
 * Patch text. Reads no files and decides nothing: it adds headers to existing
 * hunks. A binary change has no contents here; the patch has git's own line for
 * it ("Binary files … differ").
 */
#include "config.h"

#include "gate/patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold-proposal.h"

static bool
patch_byte_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void
patch_name(struct buf *out, const char *prefix, const char *path)
{
	static const char letters[] = "\aa\bb\tt\nn\vv\ff\rr\"\"\\\\";
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
		for (l = letters; *l != '\0' && *l != *p; l += 2)
			;
		if (*l != '\0')
			buf_addf(out, "\\%c", l[1]);
		else
			buf_addf(out, "\\%03o", c);
	}
	buf_addc(out, '"');
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
	const char *nl;
	int old, new;

	memset(h, 0, sizeof(*h));
	if (end - p < 4 || memcmp(p, "@@ -", 4) != 0 ||
	    (p = patch_range_read(p + 3, '-', &h->old_start,
	    &h->old_lines)) == NULL ||
	    (p = patch_range_read(p, '+', &h->new_start,
	    &h->new_lines)) == NULL)
		return NULL;
	nl = memchr(p, '\n', (size_t)(end - p));
	h->text = p = nl == NULL ? end : nl + 1;
	old = h->old_lines;
	new = h->new_lines;
	for (; p < end && (*p == '\\' || old > 0 || new > 0);
	    p = nl == NULL ? end : nl + 1) {
		old -= *p != '+' && *p != '\\';
		new -= *p != '-' && *p != '\\';
		nl = memchr(p, '\n', (size_t)(end - p));
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
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl == NULL ? end : nl + 1;

		if (*p != '\\')
			mine = *p == sign;
		if (mine)
			buf_add(out, p, (size_t)(next - p));
		p = next;
	}
}

static void
patch_type_change(struct buf *out, const struct patch_file *f)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct patch_hunk all = { 0 }, part = { 0 };
	struct patch_file half = *f;

	if (f->hunks_len > 0)
		all = f->hunks[0];
	half.hunks = &part;
	half.hunks_len = 1;
	half.new_exists = false;
	patch_pick(&text, &all, '-');
	part.old_start = all.old_start;
	part.old_lines = all.old_lines;
	part.text = buf_str(&text);
	part.len = text.len;
	patch_one(out, &half);
	buf_clear(&text);
	half = *f;
	half.hunks = &part;
	half.hunks_len = 1;
	half.old_exists = false;
	patch_pick(&text, &all, '+');
	memset(&part, 0, sizeof(part));
	part.new_start = all.new_start;
	part.new_lines = all.new_lines;
	part.text = buf_str(&text);
	part.len = text.len;
	patch_one(out, &half);
}

int
patch_format(struct buf *out, const struct patch_file *f)
{
	bool was_full = out->full;

	out->full = false;
	if (f->old_exists && f->new_exists &&
	    (f->old_mode & 0170000) != (f->new_mode & 0170000))
		patch_type_change(out, f);
	else
		patch_one(out, f);
	if (out->full)
		return -1;
	out->full = was_full;
	return 0;
}

int
patch_write_file(struct buf *out, const struct fold_file *file)
{
	struct patch_hunk *v = xcalloc(file->hunks_len + 1, sizeof(*v));
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
	int rc;

	for (i = 0; i < file->hunks_len; i++) {
		const struct fold_hunk *h = &file->hunks[i];

		v[i].old_start = h->old_start;
		v[i].old_lines = h->old_lines;
		v[i].new_start = h->new_start;
		v[i].new_lines = h->new_lines;
		v[i].text = h->text;
		v[i].len = h->text_len;
	}
	rc = patch_format(out, &f);
	free(v);
	return rc;
}
