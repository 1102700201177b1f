#include "config.h"

#include "core/review/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "tool/tool.h"

#define SEEN_ID_MAX	160
#define SEEN_FILE_MAX	(32 << 10)	/* bytes of a file that is kept, for a
					   diff */
#define SEEN_ALL_MAX	((size_t)4 << 20)	/* and of all of them */
#define SEEN_TELL_MAX	((size_t)16 << 10)	/* of diffs in a message */
#define SEEN_NAMES	30

/* Ids: nothing exists, or no file; a file with this hash, as the gate wrote
 * it. */
#define SEEN_NONE	"none"
#define SEEN_OTHER	"other"
#define SEEN_HASH	"sha256:"

struct seen_entry {
	char	*path;
	char	 id[SEEN_ID_MAX];
	char	 written[SEEN_ID_MAX];	/* state after an apply, if one wrote
					   the file */
	char	 told[SEEN_ID_MAX];	/* the model has to read this state
					   again */
};

struct seen_text {		/* what a file was in the state of its id */
	char	*path;
	size_t	 len;
	char	 text[];
};

/* The state of the real file as one word; malloc'ed. NULL: not a file. The
 * inode number is left out, since not every file system keeps it; ctime shows
 * that the file was replaced. */
static char *
seen_id(const struct core *c, const char *path)
{
	struct stat st;

	if (fstatat(c->stage->root_fd, path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0)
		return xstrdup(SEEN_NONE);
	if (!S_ISREG(st.st_mode))
		return NULL;
	return xasprintf("%lld-%lld.%09ld-%lld.%09ld", (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

/* Decode the file as the model reads it. */
static void
seen_decode(const struct core *c, const char *path, struct buf *b)
{
	AUTO(encodings_free_at) struct encodings *declared =
	    propose_declared(c);
	AUTO_BUF struct buf bytes = *b;
	struct encoding is;

	encodings_find(declared, path, buf_str(&bytes), bytes.len, &is);
	buf_init(b, 0);
	if (is.name[0] == '\0' || encoding_decode(&is, buf_str(&bytes),
	    bytes.len, b, NULL) < 0)
		buf_add(b, buf_str(&bytes), bytes.len);
}

/* The text of the real file, if it is small and has one. */
static bool
seen_read(const struct core *c, const char *path, struct buf *b)
{
	AUTO_CLOSE int fd = fs_open_regular(c->stage->root_fd, path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > SEEN_FILE_MAX ||
	    fs_read_all(fd, b) < 0)
		return false;
	if (!utf8_is_valid(buf_str(b), b->len) ||
	    memchr(buf_str(b), '\0', b->len) != NULL)
		seen_decode(c, path, b);
	return memchr(buf_str(b), '\0', b->len) == NULL;
}

static void
seen_path_forget(struct core *c, const char *path)
{
	const struct seen_text *t = pathmap_find(&c->seen.texts, path);

	if (t != NULL)
		c->seen.bytes -= t->len;
	pathmap_remove(&c->seen.texts, path);
}

/* Keep the file's text, if it is the one of this id. */
static void
seen_path_keep(struct core *c, const char *path, const char *id)
{
	AUTO_BUF struct buf b = BUF_INIT(SEEN_FILE_MAX);
	AUTO_FREE char *now = NULL;
	struct seen_text *t;

	seen_path_forget(c, path);
	if (c->resume != NULL || c->stage == NULL ||
	    !seen_read(c, path, &b) || c->seen.bytes + b.len > SEEN_ALL_MAX)
		return;
	now = seen_id(c, path);
	if (now == NULL || strcmp(now, id) != 0)
		return;
	t = pathmap_add(&c->seen.texts, path, sizeof(*t) + b.len);
	t->len = b.len;
	memcpy(t->text, buf_str(&b), b.len);
	c->seen.bytes += b.len;
}

static void
seen_set(struct core *c, const char *path, const char *id)
{
	struct seen_entry *s;

	if (id == NULL) {
		pathmap_remove(&c->seen.files, path);
		seen_path_forget(c, path);
		return;
	}
	s = pathmap_add(&c->seen.files, path, sizeof(*s));
	snprintf(s->id, sizeof(s->id), "%s", id);
	seen_path_keep(c, path, id);
}

void
seen_release(struct core_call *call)
{
	MEM_EACH(call, seen, s) {
		FREE_ALL(s->path, s->id);
	}
	FREE_NULL(call->seen);
	call->seen_len = 0;
}

void
seen_begin(struct core *c, struct core_call *call)
{
	seen_release(call);
	call->seen = xcalloc(call->targets_len + 1, sizeof(*call->seen));
	MEM_EACH(call, targets, t) {
		struct call_seen *s = &call->seen[call->seen_len++];

		s->path = fs_inside(c->root, c->cwd, t->path);
		if (s->path != NULL)
			s->id = seen_id(c, s->path);
	}
}

/* The model hasn't seen these targets (paths as the model wrote them). */
static void
seen_missed(struct core_call *call, const cJSON *paths)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, paths)
		MEM_EACH(call, seen, s)
			if (cJSON_IsString(it) && strcmp(it->valuestring,
			    call->targets[s - call->seen].path) == 0) {
				FREE_ALL(s->path, s->id);
				*s = (struct call_seen){ 0 };
			}
}

void
seen_done(struct core_call *call, const cJSON *reply, struct event *result)
{
	struct ev_tool_result *r = &result->tool_result;
	struct ev_seen_file *list = ev_alloc(result, (call->targets_len + 1) *
	    sizeof(*list));

	seen_missed(call, json_array(reply, "unread"));
	MEM_EACH(call, seen, s)
		if (s->id != NULL)
			list[r->seen_len++] = (struct ev_seen_file){
			    .path_bytes = s->path, .id = s->id };
	r->seen = r->seen_len > 0 ? list : NULL;
}

/* The same as seen_id, if we know the content. */
static char *
seen_content(const struct core *c, const char *path)
{
	struct stage_side now;

	if (gate_look(c->stage->root_fd, path, INT64_MAX, &now) != 0)
		return NULL;
	return now.exists ? xasprintf(SEEN_HASH "%s", now.hash) :
	    xstrdup(SEEN_NONE);
}

static bool
seen_changed(const struct core *c, const struct seen_entry *s)
{
	AUTO_FREE char *now = strncmp(s->id, SEEN_HASH,
	    strlen(SEEN_HASH)) == 0 ? seen_content(c, s->path) :
	    seen_id(c, s->path);

	return now == NULL || strcmp(now, s->id) != 0;
}

bool
seen_is_old(const struct core *c, const char *path)
{
	AUTO_FREE char *rel = fs_inside(c->root, c->cwd, path);
	const struct seen_entry *s = rel == NULL ? NULL :
	    pathmap_find(&c->seen.files, rel);

	return s != NULL && seen_changed(c, s);
}

/* Append how the file differs from what the model saw. 1: it does, 0: it
 * doesn't, -1: that isn't known, or too long. */
static int
seen_diff(const struct core *c, const struct seen_entry *s,
    const struct mask_list *secrets, struct buf *out)
{
	const struct seen_text *t = pathmap_find(&c->seen.texts, s->path);
	AUTO_BUF struct buf now = BUF_INIT(SEEN_FILE_MAX),
	    old = BUF_INIT(0), new = BUF_INIT(0), diff = BUF_INIT(0),
	    text = BUF_INIT(0), about = BUF_INIT(0);

	if (t == NULL || !seen_read(c, s->path, &now))
		return -1;
	/* First: a diff may have a part of a key, which no one recognizes. */
	mask_secrets(&old, t->text, t->len, secrets);
	mask_secrets(&new, buf_str(&now), now.len, secrets);
	line_diff(&diff, buf_str(&old), old.len, buf_str(&new), new.len);
	if (out->len + diff.len > SEEN_TELL_MAX)
		return -1;
	if (diff.len == 0)
		return 0;
	utf8_repair(&text, buf_str(&diff), diff.len);
	buf_adds(&about, "What was changed in ");
	json_path_text(&about, s->path);
	fence_add(out, buf_str(&about), buf_str(&text), text.len, "");
	return 1;
}

void
seen_note(const struct core *c, const struct core_call *call, struct buf *out)
{
	MEM_EACH(call, seen, it) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const struct seen_entry *s = it->path == NULL ? NULL :
		    pathmap_find(&c->seen.files, it->path);

		if (s == NULL || !seen_changed(c, s) ||
		    seen_diff(c, s, NULL, &b) == 0)
			continue;
		buf_adds(out, "\n[assent: ");
		json_path_text(out, s->path);
		buf_addf(out, " was changed on disk, not by you, since you "
		    "last saw it]\n%s", buf_str(&b));
	}
}

/* Tell the model which of the files that it has seen somebody else changed,
 * with a diff if that is short. */
static void
seen_tell(struct core *c)
{
	AUTO(mask_list_release) struct mask_list secrets = { 0 };
	AUTO_BUF struct buf diffs = BUF_INIT(0), names = BUF_INIT(0),
	    text = BUF_INIT(0);
	struct ev_user_message m = { 0 };
	AUTO_EVENT struct event e = { 0 };
	size_t n = 0;

	if (c->stage == NULL)
		return;
	core_secrets(c, &secrets);
	PATHMAP_EACH(&c->seen.files, seen_entry, s) {
		AUTO_FREE char *id = seen_id(c, s->path);
		const char *now = id == NULL ? SEEN_OTHER : id;
		int rc = !seen_changed(c, s) ? 0 : seen_diff(c, s, &secrets,
		    &diffs);

		if (rc > 0) {
			*GROW_ADD(m.seen, m.seen_len) = (struct ev_seen_file){
			    .path_bytes = s->path, .id = ev_text(&e, id) };
		}
		if (rc >= 0 || strcmp(s->told, now) == 0)
			continue;
		snprintf(s->told, sizeof(s->told), "%s", now);
		if (n++ >= SEEN_NAMES)
			continue;
		buf_adds(&names, n > 1 ? ", " : "");
		json_path_text(&names, s->path);
	}
	if (diffs.len == 0 && n == 0)
		return;
	buf_adds(&text, "[assent] Files that you have seen were changed since, "
	    "by the user or another program.\n");
	buf_adds(&text, buf_str(&diffs));
	if (n > 0)
		buf_addf(&text, "Read again before you rely on them: %s",
		    buf_str(&names));
	if (n > SEEN_NAMES)
		buf_addf(&text, " and %zu more", n - SEEN_NAMES);
	m.text = buf_str(&text);
	EMIT_THIS(c, "core", user_message, &m);
	free(m.seen);
}

/* What others changed in a file that is about to be written: the model learns
 * it with the review; of an undo it learns the names of all files. */
static void
seen_meanwhile(struct core *c, const struct seen_entry *s)
{
	struct buf *b = &c->feedback.changed;
	AUTO_FREE char *now = NULL;
	int rc = c->resume != NULL || c->review.undoing != 0 ||
	    !seen_changed(c, s) ? 0 : seen_diff(c, s, NULL, b);

	if (rc < 0) {
		buf_adds(b, "Read ");
		json_path_text(b, s->path);
		buf_adds(b, " again: it was changed, too.\n");
	}
	if (rc == 0)
		return;
	/* The apply may fail, and begin again. */
	now = seen_id(c, s->path);
	seen_set(c, s->path, now);
}

static struct seen_entry *
seen_path_find(struct core *c, const char *path)
{
	return path == NULL ? NULL : pathmap_find(&c->seen.files, path);
}

static void
seen_begun(struct core *c, const struct ev_begin_op *op)
{
	struct seen_entry *s = seen_path_find(c, op->path_bytes);
	const char *hash = op->after == NULL ? NULL : op->after->hash;

	if (s == NULL)
		return;
	snprintf(s->written, sizeof(s->written), "%s%s",
	    hash == NULL ? SEEN_NONE : SEEN_HASH, hash == NULL ? "" : hash);
	seen_meanwhile(c, s);
}

/* The model knows what the gate wrote. In a resumed session the content tells
 * which state that was. */
static void
seen_applied(struct core *c, const struct ev_applied_op *op)
{
	struct seen_entry *s = seen_path_find(c, op->path_bytes);
	AUTO_FREE char *id = NULL;

	if (s == NULL || !op->ok)
		return;
	id = c->resume == NULL ? seen_id(c, s->path) : xstrdup(s->written);
	seen_set(c, op->path_bytes, id);
}

static void
seen_told(struct core *c, const struct ev_seen_file *seen, size_t n)
{
	const struct ev_seen_file *s;

	for (s = seen; s < seen + n; s++)
		if (s->path_bytes != NULL)
			seen_set(c, s->path_bytes, s->id);
}

/* What others changed in a file before an apply is added to the feedback. */
static void
seen_line(struct core *c, const struct event *e)
{
	if (e->type == EVENT_APPLY_BEGIN)
		MEM_EACH(&e->apply_begin, ops, op)
			seen_begun(c, op);
	else if (e->type == EVENT_APPLIED)
		MEM_EACH(&e->applied, ops, op)
			seen_applied(c, op);
	else if (e->type == EVENT_TOOL_RESULT)
		seen_told(c, e->tool_result.seen, e->tool_result.seen_len);
	else if (e->type == EVENT_USER_MESSAGE)
		seen_told(c, e->user_message.seen, e->user_message.seen_len);
	/* A new conversation begins: the model knows no file. */
	else if (ev_is(e->compaction.why, "new")) {
		pathmap_release(&c->seen.files);
		pathmap_release(&c->seen.texts);
		c->seen.bytes = 0;
	}
}

static void
seen_free(struct core *c)
{
	pathmap_release(&c->seen.files);
	pathmap_release(&c->seen.texts);
}

const struct core_part seen_part = {
	.line = seen_line, .lines = OF(EVENT_APPLY_BEGIN) | OF(EVENT_APPLIED) |
	    OF(EVENT_COMPACTION) | OF(EVENT_TOOL_RESULT) |
	    OF(EVENT_USER_MESSAGE),
	.tell = seen_tell, .free = seen_free,
};
