/*
 * A model's patch and its file: lines that it doesn't name stay. The new
 * content has the file's lines, less the removed ones, more the added ones; if
 * anything fails there is no new content. Input: the file, then the patch.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "tool/v4a.h"

/* Lines of this kind in all chunks, and their number of line ends in a text. */
static size_t
lines_of(const struct v4a_file *f, char kind)
{
	size_t i, k, n = 0;

	for (i = 0; i < f->len; i++)
		for (k = 0; k < f->chunks[i].len; k++)
			n += f->chunks[i].lines[k].kind == kind;
	return n;
}

static size_t
lines_in(const char *p, size_t n)
{
	size_t i, lines = 0;

	for (i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines + (n > 0 && p[n - 1] != '\n');
}

/* CRs that aren't part of a CRLF; each may end a line. */
static size_t
lone_in(const char *p, size_t n)
{
	size_t i, lone = 0;

	for (i = 0; i < n; i++)
		lone += p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n');
	return lone;
}

/* Was a lone CR a line end? Then one beside an LF makes a CRLF of it, and an
 * added line that has one is two. */
static bool
fits_loosely(const struct v4a_file *f, const struct buf *file,
    const struct buf *new)
{
	size_t lone = lone_in(file->p, file->len), more = 0, i, k, want, is;

	for (i = 0; i < f->len; i++)
		for (k = 0; k < f->chunks[i].len; k++)
			if (f->chunks[i].lines[k].kind == '+')
				more += lone_in(f->chunks[i].lines[k].p,
				    f->chunks[i].lines[k].n);
	want = lines_in(file->p, file->len) + lone + more + lines_of(f, '+') -
	    lines_of(f, '-');
	is = lines_in(new->p, new->len) + lone_in(new->p, new->len);
	return lone > 0 && is <= want + 1 && is + lone + more + 2 >= want;
}

static void
apply(const struct v4a_file *f, const struct buf *file)
{
	struct edit_result r, again;
	size_t old = lines_in(file->p, file->len);

	v4a_apply(&r, f, buf_str(file), file->len, 1 << 20);
	if (r.kind == EDIT_OK) {
		size_t new = lines_in(buf_str(&r.content), r.content.len);
		size_t want = old + lines_of(f, '+') - lines_of(f, '-');

		/* An empty last line without a newline isn't a line. */
		FUZZ_CHECK(new == want || new + 1 == want ||
		    fits_loosely(f, file, &r.content));
		FUZZ_CHECK(r.lines_len <= EDIT_LINES_MAX);
	} else {
		FUZZ_CHECK(r.content.len == 0);
		FUZZ_CHECK(r.kind == EDIT_NO_CHANGE || r.kind ==
		    EDIT_OVERLAP || r.at < f->len);
	}
	v4a_apply(&again, f, buf_str(file), file->len, 1 << 20);
	FUZZ_CHECK(again.kind == r.kind && again.content.len ==
	    r.content.len && (r.content.len == 0 || memcmp(again.content.p,
	    r.content.p, r.content.len) == 0));
	buf_release(&again.content);
	buf_release(&r.content);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct buf file, patch, text = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct v4a v;
	size_t i, k;

	fuzz_part(&in, &file);
	buf_init(&patch, 0);
	buf_add(&patch, in.p, in.len);
	if (v4a_parse(&v, buf_str(&patch), patch.len, &e) == 0) {
		FUZZ_CHECK(v.len > 0);
		for (i = 0; i < v.len; i++) {
			FUZZ_CHECK(v.files[i].path[0] != '\0');
			for (k = 0; k < v.files[i].len; k++)
				v4a_chunk_text(&v.files[i].chunks[k], false,
				    &text);
			if (v.files[i].kind == V4A_UPDATE &&
			    v.files[i].len > 0)
				apply(&v.files[i], &file);
		}
	} else
		FUZZ_CHECK(e.text[0] != '\0');
	v4a_release(&v);
	buf_release(&text);
	buf_release(&file);
	buf_release(&patch);
	return 0;
}
