#include "config.h"

#include "core/capture.h"

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/mask.h"
#include "sandbox/sandbox.h"

void
capture_add(struct buf *b, const char *p, size_t n)
{
	size_t left = b->max - b->len;

	assert(b->max != 0);
	/* The worker kills a command that prints too much; drop everything
	 * above the maximum. */
	buf_add(b, p, n < left ? n : left);
}

/* Skip at most `max` characters; *n gets how many there were. */
static const char *
capture_skip(const char *p, const char *end, size_t max, size_t *n)
{
	for (*n = 0; p < end && *n < max; ++*n)
		for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80; p++)
			continue;
	return p;
}

/* One line, from its last part to its first: of each, what is longer than all
 * that was written over it. Of parts with escape sequences, which may clear the
 * line or take no room, only a last one counts. */
static void
capture_line(struct buf *out, const char *p, const char *end)
{
	const char *cr, *from, *rest;
	size_t known = 0, n;
	bool escapes;

	do {
		cr = memrchr(p, '\r', (size_t)(end - p));
		from = cr == NULL ? p : cr + 1;
		escapes = memchr(from, '\033', (size_t)(end - from)) != NULL;
		if (escapes && known > 0)
			break;
		rest = capture_skip(from, end, known, &n);
		buf_add(out, rest, (size_t)(end - rest));
		(void)capture_skip(rest, end, SIZE_MAX, &n);
		known += n;
		end = cr;
	} while (cr != NULL && !escapes);
}

void
capture_overwrite(struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl, *to;
	struct buf out = BUF_INIT(b->max);

	if (memchr(p, '\r', b->len) == NULL)
		return;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		to = nl == NULL ? end : nl;
		while (to > p && to[-1] == '\r')
			to--;
		capture_line(&out, p, to);
		if (nl == NULL)
			break;
		/* A line end of two bytes stays one. */
		buf_adds(&out, to < nl ? "\r\n" : "\n");
	}
	buf_release(b);
	*b = out;
}

int
capture_keep_out(const char *out_dir, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	int dir, rc = 0;

	sha256_hex(p, n, hex);
	dir = open(out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "cannot open %s", out_dir);
	if (faccessat(dir, hex, F_OK, 0) != 0)
		/* The user's command may read the file in root's session; its
		 * parent folders are closed to all other users. */
		rc = fs_replace(dir, hex, p, n, geteuid() == 0 ? 0644 : 0600,
		    e);
	close(dir);
	return rc;
}

int
capture_end(const struct buf *b, const char *out_dir,
    const struct mask_list *secrets, size_t cap, bool tail_only,
    struct capture_result *r, struct err *e)
{
	struct buf masked = BUF_INIT(0), text = BUF_INIT(0);
	size_t head, tail;
	int rc = 0;

	memset(r, 0, sizeof(*r));
	mask_secrets(&masked, buf_str(b), b->len, secrets);
	r->size = masked.len;
	if (masked.len <= cap) {
		utf8_repair(&text, buf_str(&masked), masked.len);
		goto out;
	}
	if (out_dir != NULL)
		rc = capture_keep_out(out_dir, buf_str(&masked), masked.len, r->hash,
		    e);
	r->kept = out_dir != NULL && rc == 0;
	head = tail_only ? 0 : utf8_cut(masked.p, masked.len, cap / 2);
	tail = cap - cap / 2;
	if (tail_only)
		tail = cap;
	utf8_repair(&text, masked.p, head);
	if (r->kept)
		buf_addf(&text, "\n[... %zu of %zu bytes left out; the whole "
		    "output: read %s/%s ...]\n", masked.len - head - tail,
		    masked.len, SANDBOX_OUT_DIR, r->hash);
	else
		buf_addf(&text, "\n[... %zu of %zu bytes left out ...]\n",
		    masked.len - head - tail, masked.len);
	utf8_repair(&text, masked.p + masked.len - tail, tail);
out:
	r->text = buf_take(&text);
	buf_release(&masked);
	return rc;
}

void
capture_result_release(struct capture_result *r)
{
	FREE_NULL(r->text);
}
