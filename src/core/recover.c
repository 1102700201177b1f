/*
 * Recovers a session whose core died during an apply. Hashes show the state of
 * the tree; the user, or --recover, decides about a half-written tree before
 * anything else happens in the session.
 */
#include "config.h"

#include "core/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/linefile.h"
#include "journal/session.h"

#define RECOVER_TYPE_MAX 256	/* a line's type comes before that */

static void
recover_side(struct stage_side *s, const cJSON *side)
{
	memset(s, 0, sizeof(*s));
	s->exists = cJSON_IsObject(side);
	s->mode = (unsigned)json_int(side, "mode", 0);
	snprintf(s->hash, sizeof(s->hash), "%s", json_str_or(side, "hash",
	    ""));
}

size_t
recover_ops(const cJSON *begin, struct apply_op **ops)
{
	const cJSON *list = json_array(begin, "ops"), *it;
	size_t n = 0, len;

	*ops = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(**ops));
	cJSON_ArrayForEach(it, list) {
		struct apply_op *op = &(*ops)[n];

		op->path = json_get_bytes(it, "path", &len);
		if (op->path == NULL)
			continue;
		recover_side(&op->before, json_get(it, "before"));
		recover_side(&op->after, json_get(it, "after"));
		n++;
	}
	return n;
}

/* Find the state of this apply_begin line's files in the project. */
static int
recover_look(const char *root, const cJSON *begin, struct apply_stand *s,
    struct err *e)
{
	AUTO_FREE struct apply_op *ops = NULL;
	AUTO_CLOSE int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n;

	memset(s, 0, sizeof(*s));
	if (fd < 0)
		return err_sys(e, "cannot open the project %s", root);
	n = recover_ops(begin, &ops);
	apply_look_all(fd, ops, n, s);
	apply_ops_release(ops, n);
	return 0;
}

int
recover_choose(struct core *c, const cJSON *begin, struct err *e)
{
	static const struct choice {
		const char		*word;
		enum apply_recovery	 how;
	} choices[] = {
		{ "finish", APPLY_FINISH }, { "undo", APPLY_UNDO },
		{ "leave", APPLY_LEAVE },
	};
	const struct choice *chosen = MEM_FIND(choices, json_str(c->start,
	    "recover"));
	struct apply_stand s;

	if (recover_look(c->root, begin, &s, e) < 0)
		return -1;
	c->decision.recovery = APPLY_LEAVE;
	c->decision.recovered = NULL;
	/* Nothing is half-written: it is complete, or not begun. */
	if (s.written == 0 || s.open == 0)
		return 0;
	if (chosen != NULL) {
		c->decision.recovery = chosen->how;
		c->decision.recovered = chosen->word;
		return 0;
	}
	c->exit_code = CORE_EXIT_WAITS;
	return err_set(e, "session %s stopped while applying: %zu of %zu files "
	    "are written. Use --recover finish (write the rest), undo (take "
	    "those back) or leave (keep them, review the rest again)", c->id,
	    s.written, s.written + s.open + s.other);
}

/* ---- for readers ---- */

static bool
recover_is(const char *line, size_t n, enum event_type type)
{
	char mark[64];

	snprintf(mark, sizeof(mark), "\"type\":\"%s\"", event_name(type));
	return memmem(line, n < RECOVER_TYPE_MAX ? n : RECOVER_TYPE_MAX, mark,
	    strlen(mark)) != NULL;
}

/* The open apply_begin, and the project; or NULL. */
static cJSON *
recover_find(int fd, char **root)
{
	struct linefile r;
	AUTO_BUF struct buf begin = BUF_INIT(0);
	const char *line;
	size_t n;

	*root = NULL;
	linefile_init(&r, fd, 0);
	while (linefile_next(&r, &line, &n, NULL) == LINEFILE_LINE) {
		if (*root == NULL && recover_is(line, n, EVENT_SESSION_START)) {
			AUTO_JSON cJSON *o = event_parse(line, n, NULL);

			*root = xstrdup_null(json_str(o, "root"));
		} else if (recover_is(line, n, EVENT_APPLY_BEGIN)) {
			buf_clear(&begin);
			buf_add(&begin, line, n);
		} else if (recover_is(line, n, EVENT_APPLIED) ||
		    recover_is(line, n, EVENT_PROPOSAL) ||
		    recover_is(line, n, EVENT_DECISION))
			buf_clear(&begin);
	}
	linefile_release(&r);
	return begin.len == 0 ? NULL : event_parse(begin.p, begin.len, NULL);
}

cJSON *
recover_tell(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO_JSON cJSON *begin = NULL;
	cJSON *o = NULL;
	struct apply_stand s;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		err_sys(e, "cannot open %s", path);
		return o;
	}
	begin = recover_find(fd, &root);
	if (begin != NULL && root != NULL &&
	    recover_look(root, begin, &s, e) < 0)
		return o;
	o = cJSON_CreateObject();
	if (begin == NULL || root == NULL)
		return o;
	json_add_int(o, "tx", json_int(begin, "tx", 0));
	json_add_int(o, "files", (int64_t)(s.written + s.open + s.other));
	json_add_int(o, "written", (int64_t)s.written);
	json_add_int(o, "open", (int64_t)s.open);
	json_add_int(o, "other", (int64_t)s.other);
	return o;
}

/* ---- leftovers of other sessions ---- */

/* A folder in the state folder, with an empty file for each session that is
 * applying: a start looks there instead of in every journal. */
#define RECOVER_APPLYING "applying"

static int
recover_open_marks(const struct core *c, bool make)
{
	AUTO_FREE char *path = fs_join(c->state_dir, RECOVER_APPLYING);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && make && mkdir(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		    O_NOFOLLOW);
	return fd;
}

void
recover_mark(const struct core *c, bool applying)
{
	AUTO_CLOSE int fd = recover_open_marks(c, applying);

	/* Without it temporary files just stay longer. */
	if (fd < 0)
		return;
	if (applying)
		fs_close(openat(fd, c->id, O_WRONLY | O_CREAT | O_CLOEXEC |
		    O_NOFOLLOW, 0600));
	else
		(void)unlinkat(fd, c->id, 0);
}

/* Remove the temporary files of a session without a core, in this project;
 * false to try again later. */
static bool
recover_sweep_one(struct core *c, const char *id, const char *dir)
{
	AUTO_FREE char *journal = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO_FREE char *undo = fs_join(dir, "undo");
	int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_JSON cJSON *begin = fd < 0 ? NULL : recover_find(fd, &root);
	struct blob_store *blobs = NULL;
	AUTO_FREE struct apply_op *ops = NULL;
	size_t n, found;
	bool done = begin == NULL;

	if (begin == NULL || root == NULL || strcmp(root, c->root) != 0 ||
	    (blobs = blob_store_open(dir, NULL)) == NULL)
		goto out;
	n = recover_ops(begin, &ops);
	found = apply_sweep(stage_root_fd(c->stage), undo, blobs, ops, n);
	apply_ops_release(ops, n);
	if (found > 0)
		emit_note(c, "session %s stopped while applying; its %zu "
		    "temporary files were removed from the project", id,
		    found);
	done = true;
out:
	fs_close(fd);
	blob_store_free(blobs);
	return done;
}

void
recover_sweep(struct core *c)
{
	int fd = recover_open_marks(c, false), at, lock;
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	bool done;
	char *dir;

	while ((de = fs_dir_next(&d)) != NULL) {
		if (strcmp(de->d_name, c->id) == 0 ||
		    session_is_alive(de->d_name) ||
		    (dir = session_dir(de->d_name, NULL)) == NULL)
			continue;
		at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		done = at < 0 && errno == ENOENT;
		/* Keep others from resuming it meanwhile. */
		lock = at < 0 ? -1 : session_lock(at, dir, NULL);
		if (lock >= 0) {
			done = recover_sweep_one(c, de->d_name, dir);
			close(lock);
		}
		fs_close(at);
		if (done)
			(void)unlinkat(dirfd(d), de->d_name, 0);
		free(dir);
	}
}
