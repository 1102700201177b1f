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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/chain.h"
#include "journal/event.h"
#include "journal/linefile.h"
#include "journal/session.h"

#define JOURNAL_WHOLE ((off_t)1 << 20)

struct journal {
	char		*dir;
	int		 dirfd, fd, lockfd, headfd;
	journal_line_cb	*cb;
	void		*arg;
	struct chain	 chain;
	int64_t		 synced;	/* seq of the last durable line */
	int		 slot;		/* slot of head to write next */
	bool		 fresh;		/* the folder's names aren't durable */
	bool		 begun;		/* ... but head and the folder are */
	bool		 broken;
	off_t		*offs;		/* offs[i]: where line i + 1 begins */
	size_t		 offs_len;
};

static void
journal_index(struct journal *j, off_t off)
{
	GROW(j->offs, j->offs_len);
	j->offs[j->offs_len++] = off;
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

/* The last line was incomplete: nobody has seen it, so cut it off. */
static int
journal_cut(struct journal *j, size_t n, const struct chain *head,
    char **note, struct err *e)
{
	if (j->chain.seq < head->seq)
		return err_set(e, "line %lld of %s/journal.jsonl is torn, but "
		    "head says it was complete: the journal is damaged",
		    (long long)j->chain.seq + 1, j->dir);
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
journal_check_head(const struct journal *j, const struct chain *head,
    struct err *e)
{
	if (j->chain.seq != head->seq)
		return 0;
	if (j->chain.end == head->end && strcmp(j->chain.h, head->h) == 0)
		return 0;
	return err_set(e, "line %lld of %s/journal.jsonl isn't the one that "
	    "head names: the journal is damaged", (long long)head->seq,
	    j->dir);
}

static int
journal_load(struct journal *j, char **note, struct err *e)
{
	struct err why = ERR_INIT;
	AUTO_BUF struct buf cut = BUF_INIT(0);
	AUTO(linefile_release) struct linefile r = { 0 };
	struct chain head;
	struct stat st;
	const char *line;
	size_t n, bad = 0;
	cJSON *event;
	off_t whole;
	int got;

	linefile_init(&r, j->fd, 0);
	if (chain_head_read(j->dirfd, &head, &j->slot, &why) < 0)
		return err_set(e, "%s: %s", j->dir, why.text);
	if (fstat(j->fd, &st) < 0)
		return err_sys(e, "cannot read %s/journal.jsonl", j->dir);
	whole = st.st_size - JOURNAL_WHOLE;
	while ((got = linefile_next(&r, &line, &n, &why)) == LINEFILE_LINE) {
		off_t start = j->chain.end;

		if (bad > 0)
			break;	/* the bad line was not the last one */
		if (chain_check(&j->chain, line, n, start < whole ? &cut : NULL,
		    &event, &why) < 0) {
			bad = n + 1;
			continue;
		}
		journal_index(j, start);
		if (journal_check_head(j, &head, e) < 0) {
			cJSON_Delete(event);
			return -1;
		}
		j->cb(j->arg, event, line, n);
		cJSON_Delete(event);
	}
	if (got < 0 || (bad > 0 && (got != LINEFILE_END ||
	    j->chain.seq < head.seq)))
		return err_set(e,
		    "line %lld of %s/journal.jsonl is damaged: %s",
		    (long long)j->chain.seq + 1, j->dir, why.text);
	if (got == LINEFILE_TORN)
		bad = n;
	if (bad > 0 && journal_cut(j, bad, &head, note, e) < 0)
		return -1;
	if (j->chain.seq < head.seq)
		return err_set(e,
		    "%s/journal.jsonl ends at line %lld, but head "
		    "names line %lld: the journal is damaged",
		    j->dir, (long long)j->chain.seq, (long long)head.seq);
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
	free(j->offs);
	free(j->dir);
	free(j);
}

static int
journal_depth(const char *p, size_t n)
{
	int depth = 0, max = 0;
	bool in_string = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (in_string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				in_string = false;
		} else if (p[i] == '"') {
			in_string = true;
		} else if (p[i] == '{' || p[i] == '[') {
			if (++depth > max)
				max = depth;
		} else if (p[i] == '}' || p[i] == ']') {
			depth--;
		}
	}
	return max;
}

/* The event with all members except "h"; NULL if `fields` isn't allowed. */
static cJSON *
journal_event(const struct journal *j, enum event_type type, const char *by,
    cJSON *fields, struct err *e)
{
	static const char *const own[] = {
		"seq", "t", "type", "by", "prev", "h",
	};
	char stamp[CLOCK_STAMP_SIZE];
	cJSON *event, *item;
	size_t i;

	for (i = 0; i < MEM_COUNT(own); i++)
		if (json_get(fields, own[i]) != NULL) {
			err_set(e, "a journal line of type %s cannot have a "
			    "member \"%s\": the journal writes it itself (see "
			    "journal.h)", event_name(type), own[i]);
			return NULL;
		}
	clock_stamp(stamp);
	event = cJSON_CreateObject();
	json_add_int(event, "seq", j->chain.seq + 1);
	json_add_str(event, "t", stamp);
	json_add_str(event, "type", event_name(type));
	json_add_str(event, "by", by);
	while (fields != NULL && fields->child != NULL) {
		/* cJSON_AddItemToArray keeps the item's name. */
		item = cJSON_DetachItemViaPointer(fields, fields->child);
		cJSON_AddItemToArray(event, item);
	}
	json_add_str(event, "prev", j->chain.h);
	return event;
}

/* The line's text without its closing brace and without "h". */
static void
journal_text(struct buf *line, const cJSON *event)
{
	AUTO_FREE char *text = json_print(event);

	buf_clear(line);
	buf_add(line, text, strlen(text) - 1);
}

/*
 * A model may nest its arguments arbitrarily deep, and that must not end the
 * session: a member that would make the line unreadable is stored as its JSON
 * text.
 */
static void
journal_flatten(cJSON *event)
{
	cJSON *item, *next;

	for (item = event->child; item != NULL; item = next) {
		AUTO_FREE char *text = NULL;

		next = item->next;
		if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
			continue;
		text = json_print(item);
		if (journal_depth(text, strlen(text)) >= JSON_MAX_DEPTH) {
			AUTO_FREE char *name = xstrdup(item->string);

			cJSON_ReplaceItemInObjectCaseSensitive(event, name,
			    cJSON_CreateString(text));
		}
	}
}

static int
journal_write(struct journal *j, const struct buf *line, struct err *e)
{
	int sys;

	if (fs_write_all(j->fd, line->p, line->len) == 0)
		return 0;
	sys = errno;
	if (ftruncate(j->fd, j->chain.end) < 0)
		j->broken = true;
	errno = sys;
	return err_sys(e, "cannot write to the journal %s/journal.jsonl",
	    j->dir);
}

int
journal_append(struct journal *j, enum event_type type, const char *by,
    cJSON *fields, int64_t *seq, struct err *e)
{
	AUTO_BUF struct buf line = BUF_INIT(0);
	bool durable = event_has(type, EVENT_DURABLE);
	char h[SHA256_HEX_SIZE];
	AUTO_JSON cJSON *taken = fields, *event = NULL;

	if (j->broken)
		return err_set(e,
		    "an earlier write to the journal in %s failed; free "
		    "some space and resume the session",
		    j->dir);
	if ((event = journal_event(j, type, by, fields, e)) == NULL)
		return -1;
	journal_text(&line, event);
	if (journal_depth(line.p, line.len) > JSON_MAX_DEPTH) {
		journal_flatten(event);
		journal_text(&line, event);
	}
	chain_seal(&line, h);
	/* It must be readable on the way back. */
	if (line.len > JSON_MAX_BYTES)
		return err_set(e,
		    "a journal line of type %s with %zu MB is too long",
		    event_name(type), line.len >> 20);
	if (!utf8_is_valid(line.p, line.len) ||
	    memchr(line.p, '\n', line.len) != NULL)
		return err_set(
		    e, "a journal line of type %s is not UTF-8",
		    event_name(type));
	buf_addc(&line, '\n');
	if (journal_write(j, &line, e) < 0)
		return -1;
	journal_index(j, j->chain.end);
	j->chain.seq++;
	j->chain.end += (off_t)line.len;
	memcpy(j->chain.h, h, sizeof(h));
	if (durable && journal_sync(j, e) < 0)
		return -1;
	/* J3: who announces an effect is told of no line that may be lost. */
	assert(!durable || j->synced == j->chain.seq);
	/* J1: a line is whole before anyone is told of it. */
	assert(j->offs_len == (size_t)j->chain.seq);
	if (seq != NULL)
		*seq = j->chain.seq;
	json_add_str(event, "h", h);
	j->cb(j->arg, event, line.p, line.len - 1);
	return 0;
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
journal_seq(const struct journal *j)
{
	return j->chain.seq;
}

int64_t
journal_durable(const struct journal *j)
{
	return j->synced;
}

int64_t
journal_bytes_from(const struct journal *j, int64_t seq)
{
	return seq > j->chain.seq ? 0 : j->chain.end -
	    j->offs[seq < 1 ? 0 : seq - 1];
}

int64_t
journal_seq_of_last(const struct journal *j, int64_t bytes)
{
	return (int64_t)MEM_FIRST(j->offs_len, i,
	    j->chain.end - j->offs[i] <= bytes) + 1;
}

int
journal_read(struct journal *j, int64_t from, journal_raw_cb *cb, void *arg,
    struct err *e)
{
	struct err why = ERR_INIT;
	struct linefile r;
	const char *line;
	int64_t seq, last = j->chain.seq;
	size_t n;
	bool more = true;
	int rc = 0;

	if (from < 1)
		from = 1;
	if (from > last)
		return 0;
	linefile_init(&r, j->fd, j->offs[from - 1]);
	for (seq = from; rc == 0 && more && seq <= last; seq++) {
		if (linefile_next(&r, &line, &n, &why) != LINEFILE_LINE)
			rc = err_set(e, "cannot read line %lld of "
			    "%s/journal.jsonl back: %s", (long long)seq,
			    j->dir, err_is_set(&why) ? why.text :
			    "the file has become shorter");
		else
			more = cb(arg, line, n);
	}
	linefile_release(&r);
	return rc;
}
