#include "config.h"

#include "journal/chain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "journal/event.h"
#include "journal/trim.h"

#define CHAIN_H_OPEN ",\"h\":\""
#define CHAIN_H_CLOSE "\"}"
#define CHAIN_HEX (SHA256_HEX_SIZE - 1)
/* What chain_seal appends. */
#define CHAIN_TAIL \
	(sizeof(CHAIN_H_OPEN) - 1 + CHAIN_HEX + sizeof(CHAIN_H_CLOSE) - 1)

void
chain_seal(struct buf *line, char h[SHA256_HEX_SIZE])
{
	sha256_hex(buf_str(line), line->len, h);
	buf_addf(line, CHAIN_H_OPEN "%s" CHAIN_H_CLOSE, h);
}

/* Only the first line of a session can have an unknown format. */
static int
chain_check_format(const cJSON *o, struct err *e)
{
	int64_t format = json_int(o, "format", event_type(o) == EVENT_SESSION_START ? 1 : EVENT_FORMAT);

	if (format == EVENT_FORMAT)
		return 0;
	return err_set(e, "it has journal format %lld, and this assent only "
	    "reads %d: %s", (long long)format, EVENT_FORMAT,
	    format > EVENT_FORMAT ? "use a newer assent" :
	    "use an older assent");
}

/* Does a line in the journal's own form name the line before? */
static bool
chain_is_prev(const struct chain *c, const char *line, const char *tail)
{
	char prev[sizeof(",\"prev\":\"\"") + CHAIN_HEX];
	size_t n = (size_t)snprintf(prev, sizeof(prev), ",\"prev\":\"%s\"",
	    c->h);

	return (size_t)(tail - line) > n && memcmp(tail - n, prev, n) == 0;
}

int
chain_check(struct chain *c, const char *line, size_t n, struct buf *cut,
    cJSON **event, struct err *e)
{
	char want[SHA256_HEX_SIZE];
	const char *tail, *prev;
	cJSON *o = NULL;
	bool follows;
	int rc = -1;

	*event = NULL;
	if (n < CHAIN_TAIL + 1)
		return err_set(e, "it is too short");
	tail = line + n - CHAIN_TAIL;
	if (memcmp(tail, CHAIN_H_OPEN, sizeof(CHAIN_H_OPEN) - 1) != 0 ||
	    memcmp(line + n - (sizeof(CHAIN_H_CLOSE) - 1), CHAIN_H_CLOSE,
	    sizeof(CHAIN_H_CLOSE) - 1) != 0)
		return err_set(e, "it doesn't end with its hash");
	sha256_hex(line, (size_t)(tail - line), want);
	if (memcmp(tail + sizeof(CHAIN_H_OPEN) - 1, want, CHAIN_HEX) != 0)
		return err_set(e, "its hash doesn't match");
	if (cut != NULL && trim_line(cut, line, n, TRIM_CORE, TRIM_MIN)) {
		o = event_parse(cut->p, cut->len, e);
		follows = chain_is_prev(c, line, tail);
	} else {
		o = event_parse(line, n, e);
		prev = json_str(o, "prev");
		follows = prev != NULL && strcmp(prev, c->h) == 0;
	}
	if (o == NULL)
		return -1;
	if (!cJSON_IsObject(o))
		err_set(e, "it isn't an object");
	else if (json_int(o, "seq", -1) != c->seq + 1)
		err_set(e, "its seq isn't %lld", (long long)c->seq + 1);
	else if (!follows)
		err_set(e, "it doesn't follow the line before");
	else
		rc = chain_check_format(o, e);
	if (rc == 0) {
		c->seq++;
		memcpy(c->h, want, sizeof(c->h));
		c->end += (off_t)n + 1;
	}
	if (rc == 0)
		*event = o;
	else
		cJSON_Delete(o);
	return rc;
}

/* "seq=… end=… h=… sum=…" with spaces up to the slot's newline. */
static void
chain_head_encode(char slot[CHAIN_HEAD_SLOT + 1], const struct chain *c)
{
	char sum[SHA256_HEX_SIZE], text[CHAIN_HEAD_SLOT];
	int n;

	n = snprintf(text, sizeof(text), "seq=%lld end=%lld h=%s",
	    (long long)c->seq, (long long)c->end, c->h);
	sha256_hex(text, (size_t)n, sum);
	n = snprintf(slot, CHAIN_HEAD_SLOT + 1, "%s sum=%.16s", text, sum);
	memset(slot + n, ' ', (size_t)(CHAIN_HEAD_SLOT - 1 - n));
	slot[CHAIN_HEAD_SLOT - 1] = '\n';
	slot[CHAIN_HEAD_SLOT] = '\0';
}

static int
chain_head_decode(const char *slot, struct chain *c)
{
	char again[CHAIN_HEAD_SLOT + 1], text[CHAIN_HEAD_SLOT + 1];
	long long seq, end;
	int at = 0;

	memset(c, 0, sizeof(*c));
	memcpy(text, slot, CHAIN_HEAD_SLOT);
	text[CHAIN_HEAD_SLOT] = '\0';
	if (sscanf(text, "seq=%19lld end=%19lld h=%n", &seq, &end, &at) != 2 ||
	    at == 0 || seq < 0 || end < 0)
		return -1;
	c->seq = seq;
	c->end = (off_t)end;
	if (seq > 0)
		memcpy(c->h, text + at, CHAIN_HEX);
	/* Checks the sum, and that the slot has the only valid form. */
	chain_head_encode(again, c);
	return memcmp(again, slot, CHAIN_HEAD_SLOT) == 0 ? 0 : -1;
}

int
chain_head_read(int dirfd, struct chain *best, int *slot, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(CHAIN_HEAD_SIZE);
	struct chain c;
	int i, rc = -1;

	memset(best, 0, sizeof(*best));
	if (fs_read_file(dirfd, "head", &b, e) < 0)
		return rc;
	for (i = 0; b.len == CHAIN_HEAD_SIZE && i < 2; i++) {
		if (chain_head_decode(b.p + i * CHAIN_HEAD_SLOT, &c) < 0 ||
		    (rc == 0 && c.seq <= best->seq))
			continue;
		*best = c;
		*slot = 1 - i;
		rc = 0;
	}
	if (rc < 0)
		err_set(e, "the file head is damaged");
	return rc;
}

int
chain_head_write(int fd, int slot, const struct chain *c)
{
	char text[CHAIN_HEAD_SLOT + 1];
	ssize_t n;

	chain_head_encode(text, c);
	do {
		n = pwrite(fd, text, CHAIN_HEAD_SLOT,
		    (off_t)slot * CHAIN_HEAD_SLOT);
	} while (n < 0 && errno == EINTR);
	return n == CHAIN_HEAD_SLOT ? 0 : -1;
}
