#include "config.h"

#include "tool/v4a.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define V4A_FILES_MAX	500

struct v4a_reader {
	const char	*p, *end;
	size_t		 line;		/* of the line read last */
	const char	*s;		/* that line, without its ending */
	size_t		 n;
	struct err	*e;
};

/* A line that begins with "***". */
enum v4a_mark {
	MARK_NONE, MARK_BEGIN, MARK_END, MARK_ADD, MARK_DELETE, MARK_UPDATE,
	MARK_MOVE, MARK_REASON, MARK_EOF,
};

static const struct {
	const char	*word;
	enum v4a_mark	 mark;
	bool		 takes;		/* text after it */
} v4a_marks[] = {
	{ "Begin Patch", MARK_BEGIN, false },
	{ "End Patch", MARK_END, false },
	{ "End of File", MARK_EOF, false },
	{ "Add File:", MARK_ADD, true },
	{ "Delete File:", MARK_DELETE, true },
	{ "Update File:", MARK_UPDATE, true },
	{ "Move to:", MARK_MOVE, true },
	{ "Reason:", MARK_REASON, true },
};

static bool
v4a_next(struct v4a_reader *r)
{
	if (r->p == r->end)
		return false;
	r->s = r->p;
	r->n = (size_t)(mem_line_end(r->p, r->end) - r->p);
	r->p = mem_line_after(r->p, r->end);
	r->line++;
	if (r->n > 0 && r->s[r->n - 1] == '\r')
		r->n--;
	return true;
}

static bool
v4a_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
v4a_trim(const char **p, size_t *n)
{
	while (*n > 0 && v4a_is_blank((*p)[*n - 1]))
		--*n;
	while (*n > 0 && v4a_is_blank(**p)) {
		++*p;
		--*n;
	}
}

/* The mark of this line; *rest is the text after it. */
static enum v4a_mark
v4a_mark(const char *p, size_t n, const char **rest, size_t *rest_n)
{
	size_t i, k;

	v4a_trim(&p, &n);
	if (!mem_starts(p, p + n, "***"))
		return MARK_NONE;
	for (p += 3, n -= 3; n > 0 && *p == '*'; p++)
		n--;
	/* Some models close a mark the way they opened it. */
	if (n >= 3 && memcmp(p + n - 3, "***", 3) == 0)
		while (n > 0 && p[n - 1] == '*')
			n--;
	v4a_trim(&p, &n);
	for (i = 0; i < MEM_COUNT(v4a_marks); i++) {
		k = strlen(v4a_marks[i].word);
		if (n < k || memcmp(p, v4a_marks[i].word, k) != 0 ||
		    (!v4a_marks[i].takes && n != k))
			continue;
		*rest = p + k;
		*rest_n = n - k;
		v4a_trim(rest, rest_n);
		return v4a_marks[i].mark;
	}
	return MARK_NONE;
}

static int
v4a_fail(struct v4a_reader *r, const char *what)
{
	return err_set(r->e, "line %zu of the patch: %s", r->line, what);
}

/* A path as a string; NULL if it is invalid. */
static char *
v4a_path(const char *p, size_t n)
{
	if (n >= 2 && (*p == '"' || *p == '`') && p[n - 1] == *p) {
		p++;
		n -= 2;
	}
	return n == 0 || memchr(p, '\0', n) != NULL ? NULL : xmemdup(p, n);
}

static struct v4a_chunk *
v4a_chunk_last(struct v4a_file *f)
{
	return f->len == 0 ? NULL : &f->chunks[f->len - 1];
}

/* Does it have any lines, from the file or added? */
static bool
v4a_chunk_begun(const struct v4a_chunk *c)
{
	return c != NULL && c->len > 0 && c->lines[c->len - 1].kind != '@';
}

static struct v4a_chunk *
v4a_chunk_new(struct v4a_reader *r, struct v4a_file *f)
{
	struct v4a_chunk *c;

	c = GROW_ADD(f->chunks, f->len);
	c->at = r->line;
	return c;
}

/* The chunk that this line belongs to: a head begins a new one. */
static struct v4a_chunk *
v4a_chunk_for(struct v4a_reader *r, struct v4a_file *f, bool head)
{
	struct v4a_chunk *c = v4a_chunk_last(f);

	if (c == NULL || c->at_end || (head && v4a_chunk_begun(c)))
		c = v4a_chunk_new(r, f);
	return c;
}

static void
v4a_chunk_add(struct v4a_chunk *c, char kind, bool bare, const char *p,
    size_t n)
{
	*GROW_ADD(c->lines, c->len) = (struct v4a_line){ kind, bare, p, n };
}

/* The text after "@@": a line of the file, but not line numbers. */
static void
v4a_head(struct v4a_reader *r, struct v4a_file *f)
{
	struct v4a_chunk *c = v4a_chunk_for(r, f, true);
	const char *p = r->s + 2;
	size_t n = r->n - 2;

	if (n > 0 && *p == ' ') {
		p++;
		n--;
	}
	if (n >= 3 && memcmp(p + n - 3, " @@", 3) == 0)
		n -= 3;
	if (n >= 2 && *p == '-' && p[1] >= '0' && p[1] <= '9' &&
	    memchr(p, '+', n) != NULL)
		n = 0;
	if (n > 0)
		v4a_chunk_add(c, '@', false, p, n);
}

static int
v4a_update_line(struct v4a_reader *r, struct v4a_file *f)
{
	if (r->n >= 2 && r->s[0] == '@' && r->s[1] == '@') {
		v4a_head(r, f);
		return 0;
	}
	if (r->n == 0) {
		/* Meaningless between chunks. */
		if (v4a_chunk_last(f) != NULL && !v4a_chunk_last(f)->at_end)
			v4a_chunk_add(v4a_chunk_last(f), ' ', true, r->s, 0);
		return 0;
	}
	if (strchr(" -+", r->s[0]) == NULL || r->s[0] == '\0')
		return v4a_fail(r, "in an update, a line begins with a space "
		    "(kept), - (removed), + (added) or @@");
	v4a_chunk_add(v4a_chunk_for(r, f, false), r->s[0], false, r->s + 1,
	    r->n - 1);
	return 0;
}

static int
v4a_body_line(struct v4a_reader *r, struct v4a_file *f)
{
	const char *p = r->s;
	size_t n = r->n;

	if (f != NULL && f->kind == V4A_UPDATE)
		return v4a_update_line(r, f);
	v4a_trim(&p, &n);
	if (f != NULL && f->kind == V4A_ADD && r->n > 0 && r->s[0] == '+') {
		buf_add(&f->content, r->s + 1, r->n - 1);
		buf_addc(&f->content, '\n');
		return 0;
	}
	if (n == 0)
		return 0;
	return v4a_fail(r, f == NULL ? "expected \"*** Update File: PATH\", "
	    "\"*** Add File: PATH\" or \"*** Delete File: PATH\"" :
	    f->kind == V4A_ADD ? "each line of an added file begins with +" :
	    "a deleted file has no lines");
}

static int
v4a_file_new(struct v4a *v, struct v4a_reader *r, enum v4a_mark mark,
    const char *rest, size_t n)
{
	struct v4a_file *f;
	char *path = v4a_path(rest, n);

	if (path == NULL)
		return v4a_fail(r, "the path is missing");
	if (v->len == V4A_FILES_MAX) {
		free(path);
		return v4a_fail(r, "too many files in one patch");
	}
	f = GROW_ADD(v->files, v->len);
	f->kind = mark == MARK_ADD ? V4A_ADD : mark == MARK_DELETE ?
	    V4A_DELETE : V4A_UPDATE;
	f->path = path;
	f->at = r->line;
	return 0;
}

static int
v4a_take_mark(struct v4a *v, struct v4a_reader *r, enum v4a_mark mark,
    const char *rest, size_t n)
{
	struct v4a_file *f = v->len == 0 ? NULL : &v->files[v->len - 1];
	struct v4a_chunk *c;
	char **words;

	if (mark == MARK_ADD || mark == MARK_DELETE || mark == MARK_UPDATE)
		return v4a_file_new(v, r, mark, rest, n);
	if (mark == MARK_BEGIN)
		return v4a_fail(r, "the patch begins a second time");
	if (f == NULL)
		return v4a_fail(r, "no file is named yet");
	if (mark == MARK_REASON) {
		words = f->kind != V4A_UPDATE || f->len == 0 ? &f->reason :
		    &v4a_chunk_for(r, f, true)->reason;
		FREE_SET(*words, xmemdup(rest, n));
		return 0;
	}
	if (f->kind != V4A_UPDATE)
		return v4a_fail(r, "only an update can have this");
	if (mark == MARK_MOVE) {
		if (f->move != NULL || f->len > 0)
			return v4a_fail(r, "\"*** Move to\" is allowed once, "
			    "right after \"*** Update File\"");
		f->move = v4a_path(rest, n);
		return f->move == NULL ? v4a_fail(r, "the path is missing") : 0;
	}
	c = v4a_chunk_last(f);
	if (!v4a_chunk_begun(c))
		return v4a_fail(r, "\"*** End of File\" must follow the lines "
		    "of a chunk");
	c->at_end = true;
	return 0;
}

/* A file's part must say what to do. */
static int
v4a_check(const struct v4a *v, struct err *e)
{
	size_t i, k, m;

	if (v->len == 0)
		return err_set(e, "the patch is empty");
	for (i = 0; i < v->len; i++) {
		const struct v4a_file *f = &v->files[i];
		bool any = f->move != NULL;

		if (f->kind != V4A_UPDATE)
			continue;
		for (k = 0; k < f->len; k++)
			for (m = 0; m < f->chunks[k].len; m++)
				any = any || f->chunks[k].lines[m].kind ==
				    '-' || f->chunks[k].lines[m].kind == '+';
		if (!any)
			return err_set(e, "line %zu of the patch: the update "
			    "of %.200s changes nothing", f->at, f->path);
	}
	return 0;
}

/* Does this line, with a space before it, end the patch? In an update it may be
 * a line of the file: only if nothing but the end of a wrapper follows. */
static bool
v4a_is_last(const struct v4a_reader *r)
{
	struct v4a_reader rest = *r;
	const char *p;
	size_t n, k;

	while (v4a_next(&rest))
		if (v4a_mark(rest.s, rest.n, &p, &k) != MARK_NONE)
			return false;
	for (rest = *r, n = 0; v4a_next(&rest); n += rest.n > 0)
		;
	return n <= 1;
}

int
v4a_parse(struct v4a *v, const char *patch, size_t n, struct err *e)
{
	struct v4a_reader r = { .p = patch, .end = patch + n, .e = e };
	bool begun = false;

	memset(v, 0, sizeof(*v));
	while (v4a_next(&r)) {
		const char *rest = NULL;
		size_t rest_n = 0;
		enum v4a_mark mark = v4a_mark(r.s, r.n, &rest, &rest_n);
		const struct v4a_file *f = v->len == 0 ? NULL :
		    &v->files[v->len - 1];

		if (!begun) {
			/* Skip wrappers before it. Some models omit the first
			 * line. */
			begun = mark != MARK_NONE;
			if (mark == MARK_BEGIN || !begun)
				continue;
		}
		/* In an update, a line of the file may look like a mark. */
		if (mark != MARK_NONE && f != NULL && f->kind == V4A_UPDATE &&
		    r.s[0] != '*' && !(mark == MARK_END && v4a_is_last(&r)))
			mark = MARK_NONE;
		if (mark == MARK_END)
			return v4a_check(v, e);
		if ((mark == MARK_NONE ? v4a_body_line(&r, v->len == 0 ? NULL :
		    &v->files[v->len - 1]) :
		    v4a_take_mark(v, &r, mark, rest, rest_n)) < 0)
			return -1;
	}
	return !begun ? err_set(e, "no \"*** Begin Patch\"") :
	    err_set(e, "no \"*** End Patch\": the patch was cut off");
}

void
v4a_release(struct v4a *v)
{
	size_t i, k;

	for (i = 0; i < v->len; i++) {
		struct v4a_file *f = &v->files[i];

		for (k = 0; k < f->len; k++) {
			FREE_ALL(f->chunks[k].lines, f->chunks[k].reason);
		}
		FREE_ALL(f->chunks, f->path, f->move, f->reason);
		buf_release(&f->content);
	}
	free(v->files);
	memset(v, 0, sizeof(*v));
}

void
v4a_chunk_text(const struct v4a_chunk *c, bool after, struct buf *b)
{
	size_t i;

	for (i = 0; i < c->len; i++) {
		const struct v4a_line *l = &c->lines[i];

		if (l->kind == '@' || l->kind == (after ? '-' : '+'))
			continue;
		buf_add(b, l->p, l->n);
		buf_addc(b, '\n');
	}
}
