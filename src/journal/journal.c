/*
 * The owner of journal.jsonl, head and lock in a session's folder.
 *
 *   append: print, hash, write(2) ──► written ──(types that must)──► sync
 *   sync:   fdatasync(journal) ──► pwrite(head) ──► durable ──► callback
 *
 * A failed write is undone (ftruncate to the last whole line), so that the next
 * append works once there is room. A failed sync isn't: the kernel may have
 * dropped pages whose lines others have seen, so the journal accepts nothing
 * more until it is reopened (`broken`).
 */
#include "config.h"

#include "journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

#define CHAIN_H_OPEN ",\"h\":\""
#define CHAIN_H_CLOSE "\"}"
#define CHAIN_HEX (SHA256_HEX_SIZE - 1)
/* What chain_seal appends. */
#define CHAIN_TAIL \
	(sizeof(CHAIN_H_OPEN) - 1 + CHAIN_HEX + sizeof(CHAIN_H_CLOSE) - 1)

/* `line` holds an object's text without its closing brace; append "h" and the
 * brace. The hash goes to h. */
static void
chain_seal(struct buf *line, char h[SHA256_HEX_SIZE])
{
	sha256_hex(buf_str(line), line->len, h);
	buf_addf(line, CHAIN_H_OPEN "%s" CHAIN_H_CLOSE, h);
}

/* Only the first line of a session can have an unknown format. */
static int
chain_check_format(const cJSON *o, struct err *e)
{
	int64_t format = json_int(o, "format",
	    event_type(o) == EVENT_SESSION_START ? 0 : EVENT_FORMAT);

	return format == EVENT_FORMAT ? 0 : err_set(e, "it has journal format "
	    "%lld, and this assent only reads %d", (long long)format,
	    EVENT_FORMAT);
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

/* Check one line (without newline) against the chain and advance. *event gets
 * the parsed line: if `cut` isn't NULL, without the members that the core
 * doesn't need (trim_line), with the buffer as scratch space. -1 if the line doesn't
 * follow. */
static int
chain_check(struct chain *c, const char *line, size_t n, struct buf *cut,
    cJSON **event, struct err *e)
{
	char want[SHA256_HEX_SIZE];
	const char *tail, *prev;
	AUTO_JSON cJSON *o = NULL;
	bool follows;

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
		o = json_parse(cut->p, cut->len, JSON_OWN, e);
		follows = chain_is_prev(c, line, tail);
	} else {
		o = json_parse(line, n, JSON_OWN, e);
		prev = json_str(o, "prev");
		follows = prev != NULL && strcmp(prev, c->h) == 0;
	}
	if (o == NULL)
		return -1;
	if (!cJSON_IsObject(o))
		return err_set(e, "it isn't an object");
	if (json_int(o, "seq", -1) != c->seq + 1)
		return err_set(e, "its seq isn't %lld", (long long)c->seq + 1);
	if (!follows)
		return err_set(e, "it doesn't follow the line before");
	if (chain_check_format(o, e) < 0)
		return -1;
	c->seq++;
	memcpy(c->h, want, sizeof(c->h));
	c->end += (off_t)n + 1;
	*event = o;
	o = NULL;
	return 0;
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

/* *slot gets the slot to write next. */
static int
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

static int
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

#define JOURNAL_WHOLE ((off_t)1 << 20)

static void
journal_tell(journal_line_cb *cb, void *arg, const cJSON *parsed,
    const char *line, size_t n)
{
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, parsed);
	cb(arg, &e, line, n);
}

static void
journal_index(struct journal *j, off_t off)
{
	*GROW_ADD(j->offs, j->offs_len) = off;
}

/* The folder, its lock, head and the file, created if `create`. */
static int
journal_open_files(struct journal *j, bool create, struct err *e)
{
	int flags = create ? O_CREAT | O_EXCL : 0;

	if (create && fs_mkdirs(j->dir, 0700, e) < 0)
		return -1;
	j->dirfd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dirfd < 0)
		return err_sys(e, "cannot open the session's folder %s",
		    j->dir);
	j->lockfd = session_lock(j->dirfd, j->dir, e);
	if (j->lockfd < 0)
		return -1;
	if (!create && session_never_began(j->dirfd))
		return err_set(e, "%s: " SESSION_NEVER_BEGAN, j->dir);
	j->headfd = openat(j->dirfd, "head",
	    O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (j->headfd < 0)
		return err_sys(e, "cannot %s %s/head",
		    create ? "make" : "open", j->dir);
	if (create) {
		if (chain_head_write(j->headfd, 0, &j->chain) < 0 ||
		    chain_head_write(j->headfd, 1, &j->chain) < 0)
			return err_sys(e, "cannot write %s/head", j->dir);
		j->fresh = true;
	}
	j->fd = openat(j->dirfd, "journal.jsonl",
	    O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (j->fd < 0)
		return err_sys(e, "cannot %s %s/journal.jsonl",
		    create ? "make" : "open", j->dir);
	return 0;
}

/* The last line is incomplete, and was never announced: cut it off. */
static int
journal_cut(struct journal *j, size_t n, char **note, struct err *e)
{
	if (ftruncate(j->fd, j->chain.end) < 0)
		return err_sys(e, "cannot cut the torn last line of "
		    "%s/journal.jsonl", j->dir);
	if (note != NULL)
		*note = xasprintf("the last line of the journal (line %lld, "
		    "%zu bytes) was torn and has been cut off",
		    (long long)j->chain.seq + 1, n);
	return 0;
}

/* Is the line just read (or the empty start) the one that head names? */
static int
chain_check_head(const struct chain *at, const struct chain *head,
    const char *dir, struct err *e)
{
	return at->seq != head->seq || (at->end == head->end &&
	    strcmp(at->h, head->h) == 0) ? 0 :
	    err_set(e, "line %lld of %s/journal.jsonl isn't the one that "
	    "head names: the journal is damaged", (long long)head->seq, dir);
}

/* Does it have all lines up to that one? The next one may be torn. */
static int
chain_check_end(const struct chain *at, const struct chain *head, bool torn,
    const char *dir, struct err *e)
{
	if (at->seq >= head->seq)
		return 0;
	return torn ? err_set(e, "line %lld of %s/journal.jsonl is torn, but "
	    "head says it was complete: the journal is damaged",
	    (long long)at->seq + 1, dir) : err_set(e, "%s/journal.jsonl ends "
	    "at line %lld, but head names line %lld: the journal is damaged",
	    dir, (long long)at->seq, (long long)head->seq);
}

static int
journal_load(struct journal *j, char **note, struct err *e)
{
	struct err why = ERR_INIT;
	AUTO_BUF struct buf cut = BUF_INIT(0);
	AUTO(linefile_release) struct linefile r = { .fd = j->fd };
	struct chain head;
	struct stat st;
	const char *line;
	size_t n, bad = 0;
	off_t whole;
	int got;

	if (chain_head_read(j->dirfd, &head, &j->slot, &why) < 0)
		return err_set(e, "%s: %s", j->dir, why.text);
	if (fstat(j->fd, &st) < 0)
		return err_sys(e, "cannot read %s/journal.jsonl", j->dir);
	whole = st.st_size - JOURNAL_WHOLE;
	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		AUTO_JSON cJSON *event = NULL;
		off_t start = j->chain.end;

		if (bad > 0)
			break;	/* the bad line was not the last one */
		if (chain_check(&j->chain, line, n, start < whole ? &cut : NULL,
		    &event, &why) < 0) {
			bad = n + 1;
			continue;
		}
		journal_index(j, start);
		if (chain_check_head(&j->chain, &head, j->dir, e) < 0)
			return -1;
		journal_tell(j->cb, j->arg, event, line, n);
	}
	if (got < 0 || (bad > 0 && (got != LINEFILE_END ||
	    j->chain.seq < head.seq)))
		return err_set(e,
		    "line %lld of %s/journal.jsonl is damaged: %s",
		    (long long)j->chain.seq + 1, j->dir, why.text);
	if (got == LINEFILE_TORN)
		bad = n;
	if (chain_check_end(&j->chain, &head, bad > 0, j->dir, e) < 0 ||
	    (bad > 0 && journal_cut(j, bad, note, e) < 0))
		return -1;
	j->synced = head.seq;
	/* Replayed lines may lead to effects, so J3 holds for them too. */
	return journal_sync(j, e);
}

struct journal *
journal_open(const char *dir, bool create, journal_line_cb *cb, void *arg,
    char **note, struct err *e)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->dirfd = j->fd = j->lockfd = j->headfd = -1;
	j->dir = xstrdup(dir);
	j->cb = cb;
	j->arg = arg;
	if (note != NULL)
		*note = NULL;
	if (journal_open_files(j, create, e) < 0 ||
	    (!create && journal_load(j, note, e) < 0)) {
		j->broken = true;
		journal_free(j);
		if (note != NULL)
			FREE_NULL(*note);
		return NULL;
	}
	return j;
}

void
journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	if (!j->broken)
		(void)journal_sync(j, NULL);
	fs_close(j->fd);
	fs_close(j->headfd);
	fs_close(j->lockfd);
	fs_close(j->dirfd);
	FREE_ALL(j->offs, j->dir, j);
}

/* Write the next line, with this hash. */
static int
journal_write(struct journal *j, struct buf *line,
    const char h[SHA256_HEX_SIZE], struct err *e)
{
	int sys;

	buf_addc(line, '\n');
	if (fs_write_all(j->fd, line->p, line->len) == 0) {
		journal_index(j, j->chain.end);
		j->chain.seq++;
		j->chain.end += (off_t)line->len;
		memcpy(j->chain.h, h, SHA256_HEX_SIZE);
		return 0;
	}
	sys = errno;
	if (ftruncate(j->fd, j->chain.end) < 0)
		j->broken = true;
	errno = sys;
	return err_sys(e, "cannot write to the journal %s/journal.jsonl",
	    j->dir);
}

int
journal_append(struct journal *j, struct event *event, const char *by,
    struct err *e)
{
	const struct event_row *row = &event_rows[event->type];
	AUTO_BUF struct buf line = BUF_INIT(0);
	bool durable = (row->flags & EVENT_DURABLE) != 0;
	char h[SHA256_HEX_SIZE], stamp[CLOCK_STAMP_SIZE];

	if (j->broken)
		return err_set(e,
		    "an earlier write to the journal in %s failed; free "
		    "some space and resume the session",
		    j->dir);
	clock_stamp(stamp);
	buf_addf(&line, "{\"seq\":%lld,\"t\":\"%s\",\"type\":\"%s\",\"by\":",
	    (long long)j->chain.seq + 1, stamp, row->name);
	json_quote(&line, by, strlen(by));
	event_append(&line, event->type, &event->note);
	buf_addf(&line, ",\"prev\":\"%s\"", j->chain.h);
	chain_seal(&line, h);
	/* It must be readable on the way back. */
	if (line.full || line.len > JSON_MAX_BYTES)
		return err_set(e,
		    "a journal line of type %s with %zu MB is too long",
		    row->name, line.len >> 20);
	if (!utf8_is_valid(line.p, line.len) ||
	    memchr(line.p, '\n', line.len) != NULL)
		return err_set(
		    e, "a journal line of type %s is not UTF-8", row->name);
	if (journal_write(j, &line, h, e) < 0)
		return -1;
	if (durable && journal_sync(j, e) < 0)
		return -1;
	/* J3: an effect is announced only after its line is durable. */
	assert(!durable || j->synced == j->chain.seq);
	/* J1: a line is written whole before it is announced. */
	assert(j->offs_len == (size_t)j->chain.seq);
	event->seq = j->chain.seq;
	event->t = ev_text(event, stamp);
	event->by = by;
	if (j->cb != NULL)
		j->cb(j->arg, event, line.p, line.len - 1);
	return 0;
}

int
journal_copy(struct journal *j, const char *line, size_t n, struct err *e)
{
	static const char prev[] = ",\"prev\":\"";
	const size_t tail = sizeof(prev) - 1 + CHAIN_HEX + 1 + CHAIN_TAIL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	char h[SHA256_HEX_SIZE];

	if (j->broken || n < tail || memcmp(line + n - tail, prev,
	    sizeof(prev) - 1) != 0)
		return err_set(e, "line %lld can't be copied",
		    (long long)j->chain.seq + 1);
	buf_add(&b, line, n - tail);
	buf_addf(&b, "%s%s\"", prev, j->chain.h);
	chain_seal(&b, h);
	return journal_write(j, &b, h, e);
}

static int
journal_sync_failed(struct journal *j, struct err *e)
{
	j->broken = true;
	return err_sys(e, "cannot sync the journal %s/journal.jsonl to disk; "
	    "resume the session when the disk works again", j->dir);
}

int
journal_sync_begin(struct journal *j, struct err *e)
{
	if (j->fresh && !j->begun && (fsync(j->headfd) < 0 ||
	    fs_fsync_dir(j->dirfd, "..") < 0))
		return journal_sync_failed(j, e);
	j->begun = true;
	return 0;
}

int
journal_sync(struct journal *j, struct err *e)
{
	/* J4: nothing is durable that was not written. */
	assert(j->synced <= j->chain.seq);
	if (j->synced == j->chain.seq)
		return 0;
	if (j->broken)
		return err_set(e, "the journal in %s is not writable", j->dir);
	/* The folder's names once, before its first line counts as durable. */
	if (journal_sync_begin(j, e) < 0)
		return -1;
	if (fdatasync(j->fd) < 0 || (j->fresh && fsync(j->dirfd) < 0))
		return journal_sync_failed(j, e);
	j->fresh = false;
	j->synced = j->chain.seq;
	/* The line is durable whatever happens to head; an older head is fine,
	 * and the next sync writes it again. */
	if (chain_head_write(j->headfd, j->slot, &j->chain) == 0)
		j->slot = 1 - j->slot;
	return 0;
}

int64_t
journal_bytes_from(const struct journal *j, int64_t seq)
{
	return seq > j->chain.seq ? 0 : j->chain.end -
	    j->offs[seq < 1 ? 0 : seq - 1];
}

int
journal_read(struct journal *j, int64_t from, journal_raw_cb *cb, void *arg,
    struct err *e)
{
	struct err why = ERR_INIT;
	AUTO(linefile_release) struct linefile r = { .fd = j->fd };
	const char *line;
	int64_t seq, last = j->chain.seq;
	size_t n;
	bool more = true;
	int rc = 0;

	if (from < 1)
		from = 1;
	if (from > last)
		return 0;
	r.off = j->offs[from - 1];
	for (seq = from; rc == 0 && more && seq <= last; seq++) {
		if (linefile_next(&r, &line, &n, &why) != LINEFILE_LINE)
			rc = err_set(e, "cannot read line %lld of "
			    "%s/journal.jsonl back: %s", (long long)seq,
			    j->dir, err_is_set(&why) ? why.text :
			    "the file has become shorter");
		else
			more = cb(arg, line, n);
	}
	return rc;
}

/*
 * journal_verify: check a session's journal without changing it, while its core
 * may be writing: the chain, head, and that the contents of all hashes exist.
 */

struct verify_hash {
	char	*hex;
	int64_t	 line;		/* the first that has it */
};

struct verify {
	const char		*dir;
	journal_line_cb		*cb;	/* for each line, instead of */
	void			*arg;
	struct pathmap		 hashes;	/* of struct verify_hash */
};

static bool
verify_is_hash(const char *s)
{
	return strlen(s) == SHA256_HEX_SIZE - 1 &&
	    strspn(s, "0123456789abcdef") == SHA256_HEX_SIZE - 1;
}

/* A hash, an object with one under `key`, or null. */
static int
verify_add(struct verify *v, int64_t line, const cJSON *value,
    const char *key, struct err *e)
{
	const char *hex = cJSON_IsString(value) ? value->valuestring :
	    json_str(value, key);
	struct verify_hash *h;

	if (hex == NULL)
		return 0;
	if (!verify_is_hash(hex))
		return err_set(e, "line %lld of %s/journal.jsonl has something "
		    "else where a hash belongs", (long long)line, v->dir);
	h = pathmap_add(&v->hashes, hex, sizeof(*h));
	h->line = h->line == 0 ? line : h->line;
	return 0;
}

/* Members that contain hashes; man/assent-journal.5 marks them. */
static int
verify_collect(struct verify *v, int64_t line, const cJSON *event,
    struct err *e)
{
	static const char *const lists[] = { "files", "ops" };
	const cJSON *item;
	size_t i;

	for (i = 0; i < MEM_COUNT(lists); i++)
		cJSON_ArrayForEach(item, json_array(event, lists[i]))
			if (verify_add(v, line, json_get(item, "before"),
			    "hash", e) < 0 ||
			    verify_add(v, line, json_get(item, "after"),
			    "hash", e) < 0)
				return -1;
	if (event_type(event) == EVENT_USER_MESSAGE)
		cJSON_ArrayForEach(item, json_array(event, "images"))
			if (verify_add(v, line, item, "hash", e) < 0)
				return -1;
	if (verify_add(v, line, json_get(event, "out"), "sha256", e) < 0 ||
	    verify_add(v, line, json_get(json_get(event, "background"), "out"),
	    "sha256", e) < 0)
		return -1;
	return verify_add(v, line, json_get(event, "patch"), "sha256", e);
}

/* Check each hash once; the error names the first line whose content is
 * missing. */
static int
verify_contents(struct verify *v, bool (*has)(void *, const char *),
    void *arg, struct err *e)
{
	const struct verify_hash *lost = NULL;
	size_t missing = 0;

	PATHMAP_EACH(&v->hashes, verify_hash, h) {
		if (has(arg, h->hex))
			continue;
		missing++;
		if (lost == NULL || h->line < lost->line)
			lost = h;
	}
	if (lost == NULL)
		return 0;
	return err_set(e, "line %lld of %s/journal.jsonl refers to the content "
	    "%s, which is missing or damaged (%zu in all)",
	    (long long)lost->line, v->dir, lost->hex, missing);
}

static int
verify_lines(struct verify *v, int fd, const struct chain *head,
    struct chain *at, struct err *e)
{
	struct err why = ERR_INIT;
	AUTO(linefile_release) struct linefile r = { .fd = fd };
	const char *line;
	size_t n;
	int got;

	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		AUTO_JSON cJSON *event = NULL;

		if (chain_check(at, line, n, NULL, &event, &why) < 0)
			break;
		if (v->cb != NULL)
			journal_tell(v->cb, v->arg, event, line, n);
		else if (verify_collect(v, at->seq, event, e) < 0)
			return -1;
		if (chain_check_head(at, head, v->dir, e) < 0)
			return -1;
	}
	if (err_is_set(&why))
		return err_set(e, "line %lld of %s/journal.jsonl is damaged: %s",
		    (long long)at->seq + 1, v->dir, why.text);
	return chain_check_end(at, head, got == LINEFILE_TORN, v->dir, e);
}

/* All lines, from the folder. */
static int
verify_folder(struct verify *v, struct chain *at, struct err *e)
{
	const char *dir = v->dir;
	struct err why = ERR_INIT;
	struct chain head;
	AUTO_CLOSE int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	int slot;

	memset(at, 0, sizeof(*at));
	if (dirfd < 0)
		return err_sys(e, "cannot open the session's folder %s", dir);
	if (session_never_began(dirfd))
		return 0;
	/* Read head before the journal, which can only be ahead of it. */
	if (chain_head_read(dirfd, &head, &slot, &why) < 0)
		return err_set(e, "%s: %s", dir, why.text);
	fd = openat(dirfd, "journal.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "cannot open %s/journal.jsonl", dir);
	return verify_lines(v, fd, &head, at, e);
}

int
journal_each(const char *dir, journal_line_cb *cb, void *arg, struct err *e)
{
	struct verify v = { .dir = dir, .cb = cb, .arg = arg };
	struct chain at;

	return verify_folder(&v, &at, e);
}

int
journal_verify(const char *dir, bool (*has)(void *arg, const char *hash),
    void *arg, int64_t *lines, struct err *e)
{
	struct verify v = { .dir = dir };
	struct chain at;
	int rc = verify_folder(&v, &at, e) < 0 || (has != NULL &&
	    verify_contents(&v, has, arg, e) < 0) ? -1 : 0;

	if (lines != NULL)
		*lines = at.seq;
	pathmap_release(&v.hashes);
	return rc;
}
