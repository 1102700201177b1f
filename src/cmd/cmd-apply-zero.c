/*
 * A patch without context lines (diff -U0).  Git places such a hunk by its line
 * number alone, and rejects it by default.  Here it is accepted if its removed
 * lines occur exactly once in the file; then git finds them, whatever the
 * number.
 */
#include "config.h"

#include "cmd/cmd-apply.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/hunk/hunk-text.h"
#include "gate/hunk/patch.h"

#define ZERO_FILE_MAX ((size_t)64 << 20)

struct zero_line {
	const char	*p;		/* with its newline, if any */
	size_t		 len, at;
};

struct zero_file {
	char		*path;		/* NULL: none, or not readable */
	struct buf	 text;
	struct zero_line *lines, *sorted;
	size_t		 len;
	bool		 loaded;
};

struct zero_hunk {
	int		 start;			/* from its header */
	struct zero_line *lines;		/* that it removes */
	size_t		 len;
	bool		 context;
};

static int
zero_compare(const void *a, const void *b)
{
	const struct zero_line *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int d = memcmp(x->p, y->p, n);

	return d != 0 ? d : x->len < y->len ? -1 : x->len > y->len;
}

static int
zero_compare_at(const void *a, const void *b)
{
	const struct zero_line *x = a, *y = b;
	int d = zero_compare(a, b);

	return d != 0 ? d : x->at < y->at ? -1 : x->at > y->at;
}

static void
zero_file_release(struct zero_file *f)
{
	free(f->path);
	free(f->lines);
	free(f->sorted);
	buf_release(&f->text);
	memset(f, 0, sizeof(*f));
}

/* Reads its lines, if it is a readable file of the project. */
static void
zero_load(struct zero_file *f, const char *root)
{
	char *path = fs_join(root, f->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *p, *end, *nl;
	struct stat st;

	free(path);
	buf_init(&f->text, ZERO_FILE_MAX);
	f->loaded = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &f->text) == 0;
	fs_close(fd);
	p = buf_str(&f->text);
	for (end = p + f->text.len; f->loaded && p < end; p = nl) {
		GROW(f->lines, f->len);
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl == NULL ? end : nl + 1;
		f->lines[f->len].p = p;
		f->lines[f->len].len = (size_t)(nl - p);
		f->lines[f->len].at = f->len;
		f->len++;
	}
	f->sorted = xcalloc(f->len + 1, sizeof(*f->sorted));
	if (f->len > 0)
		memcpy(f->sorted, f->lines, f->len * sizeof(*f->lines));
	qsort(f->sorted, f->len, sizeof(*f->sorted), zero_compare_at);
}

/* The first of the sorted lines that isn't less than this one (`after`: that is
 * greater). */
static size_t
zero_bound(const struct zero_file *f, const struct zero_line *l, bool after)
{
	return MEM_FIRST(f->len, i,
	    zero_compare(&f->sorted[i], l) >= (after ? 1 : 0));
}

/* How often the lines occur, counting up to 2; searches for the one that is
 * rarest in the file. */
static int
zero_places(const struct zero_file *f, const struct zero_hunk *h)
{
	size_t i, k, from = 0, to = f->len + 1, rare = 0, low, high;
	int n = 0;

	for (i = 0; i < h->len; i++) {
		low = zero_bound(f, &h->lines[i], false);
		high = zero_bound(f, &h->lines[i], true);
		if (high - low < to - from) {
			from = low;
			to = high;
			rare = i;
		}
	}
	for (i = from; i < to && n < 2; i++) {
		if (f->sorted[i].at < rare ||
		    f->sorted[i].at - rare + h->len > f->len)
			continue;
		low = f->sorted[i].at - rare;
		for (k = 0; k < h->len && zero_compare(&f->lines[low + k],
		    &h->lines[k]) == 0; k++)
			;
		n += k == h->len;
	}
	return n;
}

static int
zero_check(const struct zero_file *f, const struct zero_hunk *h, bool *needed,
    struct err *e)
{
	int n;

	/* The whole file occurs once. */
	if (h->len == f->len)
		return 0;
	*needed = true;
	if (h->len == 0)
		return err_set(e,
		    "%.200s: the hunk at line %d only adds lines and "
		    "has no context; create the patch with context (diff -u)",
		    f->path, h->start);
	n = zero_places(f, h);
	if (n == 1)
		return 0;
	return err_set(e,
	    "%.200s: the lines that the hunk at line %d removes %s; "
	    "create the patch with context (diff -u)",
	    f->path, h->start, n == 0 ? "don't exist" : "occur more than once");
}

/* Its removed lines. */
static void
zero_read(struct zero_hunk *h, const struct patch_hunk *in)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(in->text, in->len, &v), i;

	h->start = in->old_start;
	for (i = h->len = 0; i < n; i++) {
		h->context = h->context || (v[i].sign != '-' &&
		    v[i].sign != '+');
		if (v[i].sign != '-')
			continue;
		GROW(h->lines, h->len);
		h->lines[h->len].p = v[i].p + 1;
		h->lines[h->len++].len = v[i].bytes;
	}
}

/* The old name of the file, with `strip` components removed; NULL if it isn't a
 * valid name in the project. */
static char *
zero_path(const char *p, const char *end, int strip)
{
	AUTO_FREE char *name = apply_name(p, end);
	const char *cut = strip > 0 ? strchr(name, '/') : name;

	if (cut == NULL || name[0] == '/' || name[0] == '"' ||
	    strstr(name, "..") != NULL)
		return NULL;
	return xstrdup(cut + (strip > 0));
}

int
apply_zero(const char *root, const struct buf *patch, int strip, struct err *e)
{
	struct zero_file f = { 0 };
	struct zero_hunk h = { 0 };
	struct patch_hunk in;
	const char *p = buf_str(patch), *end = p + patch->len, *nl, *after;
	bool needed = false, known = true;
	struct err why = ERR_INIT;
	int rc = 0;

	for (; p < end && !h.context; p = nl) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl == NULL ? end : nl + 1;
		if (end - p > 4 && memcmp(p, "--- ", 4) == 0) {
			zero_file_release(&f);
			f.path = zero_path(p, nl - (nl[-1] == '\n'), strip);
			if (f.path != NULL)
				zero_load(&f, root);
		} else if ((after = patch_hunk_read(&in, p, end)) != NULL) {
			bool makes = in.old_start == 0 && in.old_lines == 0;

			nl = after;
			zero_read(&h, &in);
			known = known && (f.loaded || makes);
			if (f.loaded && !makes && rc == 0)
				rc = zero_check(&f, &h, &needed, &why);
		}
	}
	if (h.context || !known)
		rc = 0;
	else if (rc < 0)
		*e = why;
	else
		rc = needed;
	zero_file_release(&f);
	free(h.lines);
	return rc;
}
