#include "config.h"

#include "core/fork.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/core.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "store/blob.h"

#define FORK_NAMED	20	/* lines in an error */

struct fork_message {
	int64_t	 seq;
	int64_t	 last;		/* line before it that counts */
	char	*text;
	bool	 command;		/* of a file */
};

struct fork_op {		/* a file that was written */
	int64_t	 seq;
	char	*path;		/* bytes */
	cJSON	*before, *after;
};

struct fork {
	const char		*id;		/* of the other one */
	char			*new_id;
	cJSON			*begun;		/* apply_begin, until its end */
	int64_t			 decision;	/* not carried out yet; or 0 */
	int64_t			 disk;		/* limit of all sessions */
	struct fork_message	*messages;
	size_t			 len;
	struct fork_op		*ops;
	size_t			 ops_len;
	/* ---- the copy ---- */
	const struct fork_message *at;
	struct journal		*to;
	char			*commit;	/* of the last applied change */
	struct err		*e;
	bool			 failed;
};

static void
fork_release(struct fork *f)
{
	size_t i;

	for (i = 0; i < f->len; i++)
		free(f->messages[i].text);
	for (i = 0; i < f->ops_len; i++) {
		free(f->ops[i].path);
		cJSON_Delete(f->ops[i].before);
		cJSON_Delete(f->ops[i].after);
	}
	free(f->messages);
	free(f->ops);
	free(f->new_id);
	free(f->commit);
	cJSON_Delete(f->begun);
	journal_free(f->to);
}

/* ---- the other journal ---- */

static void
fork_applied(struct fork *f, const cJSON *ev)
{
	const cJSON *op, *o;

	cJSON_ArrayForEach(op, json_array(f->begun, "ops")) {
		AUTO_FREE char *path = json_get_bytes(op, "path", NULL);

		cJSON_ArrayForEach(o, json_array(ev, "ops"))
			if (path != NULL && json_is_path(o, path) &&
			    json_bool(o, "ok", false)) {
				GROW(f->ops, f->ops_len);
				f->ops[f->ops_len++] = (struct fork_op){
					json_int(ev, "seq", 0), xstrdup(path),
					cJSON_Duplicate(json_get(op, "before"),
					1), cJSON_Duplicate(json_get(op,
					"after"), 1) };
				break;
			}
	}
	json_drop(&f->begun);
}

/* Can one go on from this message? It isn't about a hunk, and says something. */
static bool
fork_is_message(const cJSON *ev)
{
	return json_is(ev, "by", "user") && json_get(ev, "question") == NULL &&
	    !json_bool(ev, "again", false) &&
	    json_str_or(ev, "text", "")[0] != '\0';
}

/* What it does may have begun, or not: it is as if it hadn't been decided. */
static int64_t
fork_last(const struct fork *f, int64_t seq)
{
	return (f->decision > 0 ? f->decision : seq) - 1;
}

static void
fork_look(void *arg, const cJSON *ev, const char *line, size_t n)
{
	struct fork *f = arg;
	enum event_type type = event_type(ev);
	int64_t seq = json_int(ev, "seq", 0);

	(void)line;
	(void)n;
	if (type == EVENT_SESSION_START)
		f->disk = json_int(json_get(ev, "settings"), "sessions_disk",
		    0);
	else if (type == EVENT_DECISION)
		f->decision = seq;
	else if (type == EVENT_PROPOSAL || type == EVENT_AGENT_END)
		f->decision = 0;
	else if (type == EVENT_APPLY_BEGIN) {
		cJSON_Delete(f->begun);
		f->begun = cJSON_Duplicate(ev, 1);
	} else if (type == EVENT_APPLIED)
		fork_applied(f, ev);
	else if (type == EVENT_UNQUEUED && f->len > 0 &&
	    f->messages[f->len - 1].seq == json_int(ev, "message", 0))
		free(f->messages[--f->len].text);
	else if (type == EVENT_USER_MESSAGE && fork_is_message(ev)) {
		GROW(f->messages, f->len);
		f->messages[f->len++] = (struct fork_message){ seq,
			fork_last(f, seq), xstrdup(json_str_or(ev, "text",
			"")), json_get(ev, "command") != NULL };
	}
}

static int
fork_choose(struct fork *f, int64_t at, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (f->len == 0)
		return err_misuse(e, "session %s has no message to go on from",
		    f->id);
	for (i = 0; i < f->len && at > 0; i++)
		if (f->messages[i].seq == at)
			f->at = &f->messages[i];
	if (at == 0)
		f->at = &f->messages[f->len - 1];
	if (f->at != NULL)
		return 0;
	for (i = f->len > FORK_NAMED ? f->len - FORK_NAMED : 0; i < f->len; i++)
		buf_addf(&b, "%s%lld", b.len > 0 ? ", " : "",
		    (long long)f->messages[i].seq);
	return err_misuse(e, "line %lld of session %s isn't a message of yours; "
	    "%s %s (assent log %s)", (long long)at, f->id, f->len > 1 ?
	    "those are lines" : "that is line", buf_str(&b), f->id);
}

/* ---- the new one ---- */

static cJSON *
fork_from(const struct fork *f)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "session", f->id);
	json_add_int(o, "seq", f->at->seq);
	return o;
}

/* The first line; a run that is done once (exec --name) isn't done by it. */
static cJSON *
fork_start(const struct fork *f, const cJSON *ev)
{
	static const char *const own[] = { "seq", "t", "type", "by", "prev",
		"h", "session", "from" };
	static const char *const first[] = { "task", "typed" };
	cJSON *o = cJSON_Duplicate(ev, 1);
	cJSON *settings = cJSON_GetObjectItemCaseSensitive(o, "settings");
	size_t i;

	for (i = 0; i < MEM_COUNT(own); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, own[i]);
	for (i = 0; i < MEM_COUNT(first) && f->at == f->messages; i++) {
		cJSON_DeleteItemFromObjectCaseSensitive(o, first[i]);
		cJSON_DeleteItemFromObjectCaseSensitive(settings, first[i]);
	}
	cJSON_DeleteItemFromObjectCaseSensitive(settings, "name");
	json_add_str(o, "session", f->new_id);
	json_set_take(o, "from", fork_from(f));
	return o;
}

static void
fork_copy(void *arg, const cJSON *ev, const char *line, size_t n)
{
	struct fork *f = arg;
	int64_t seq = json_int(ev, "seq", 0);
	int rc = 0;

	if (f->failed || seq > f->at->last)
		return;
	if (event_type(ev) == EVENT_APPLIED)
		xstrset(&f->commit, json_str(ev, "commit"));
	if (seq == 1)
		rc = journal_append(f->to, EVENT_SESSION_START, "core",
		    fork_start(f, ev), NULL, f->e);
	else
		rc = journal_copy(f->to, line, n, f->e);
	f->failed = rc < 0;
}

struct fork_file {
	char		*path;		/* of pathmap */
	const cJSON	*before, *after;
};

/* What has been written since: each file as it was written last, and as it was
 * before the first time. */
static cJSON *
fork_files(const struct fork *f)
{
	AUTO(pathmap_release) struct pathmap all = { 0 };
	AUTO_FREE void **list = NULL;
	cJSON *files = cJSON_CreateArray(), *o;
	struct fork_file *file;
	size_t i;

	for (i = 0; i < f->ops_len; i++) {
		if (f->ops[i].seq <= f->at->last)
			continue;
		file = pathmap_add(&all, f->ops[i].path, sizeof(*file));
		if (file->before == NULL)
			file->after = f->ops[i].before;
		file->before = f->ops[i].after;
	}
	list = pathmap_list(&all);
	for (i = 0; list[i] != NULL; i++) {
		file = list[i];
		if (cJSON_Compare(file->before, file->after, 1))
			continue;
		cJSON_AddItemToArray(files, o = cJSON_CreateObject());
		json_add_path(o, "path", file->path);
		json_set_take(o, "before", cJSON_Duplicate(file->before, 1));
		json_set_take(o, "after", cJSON_Duplicate(file->after, 1));
	}
	return files;
}

static int
fork_end(const struct fork *f, struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *files = fork_files(f);
	AUTO_FREE char *text = xasprintf("From line %lld of session %s. Files "
	    "are as in the last proposal before that message; build products "
	    "start anew.%s", (long long)f->at->seq, f->id,
	    files->child == NULL ? "" : " What was written since is still "
	    "there; its reverse is proposed.");
	AUTO_FREE char *message = utf8_cut_dup(f->at->text, SESSION_WORDS_MAX);

	json_add_str(o, "text", text);
	json_set_take(o, "forked", fork_from(f));
	json_add_str(o, "message", message);
	json_set_take(o, "files", files);
	return journal_append(f->to, EVENT_NOTE, "core", o, NULL, e);
}

/* As a screen keeps text that wasn't sent (ui/panes/draft.c). There, a message
 * that begins with one of these is written with two. */
static int
fork_draft(const struct fork *f, int dirfd, struct err *e)
{
	const char *text = f->at->text;
	AUTO_FREE char *typed = xasprintf("%.*s%s", !f->at->command &&
	    (text[0] == '/' || text[0] == '!'), text, text);
	AUTO_JSON cJSON *line = cJSON_CreateObject();
	cJSON *o = cJSON_CreateObject(), *part = cJSON_CreateObject();
	AUTO_FREE char *json = NULL;

	json_add_int(line, "version", 1);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(line, "texts"), o);
	json_add_str(o, "for", "say");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "parts"), part);
	json_add_str(part, "text", typed);
	json = json_print(line);
	return fs_replace(dirfd, "typed-0", json, strlen(json), 0600, e);
}

static int
fork_fill(struct fork *f, const char *from, const char *dir, struct err *e)
{
	AUTO_FREE char *out = fs_join(from, "out");
	AUTO_FREE char *new_out = fs_join(dir, "out");
	AUTO_CLOSE int dirfd = -1;

	f->to = journal_open(dir, true, fork_look, &(struct fork){ 0 }, NULL,
	    e);
	f->e = e;
	if (f->to == NULL || journal_each(from, fork_copy, f, e) < 0 ||
	    f->failed || fork_end(f, e) < 0 ||
	    blob_store_link(from, dir, f->commit, e) < 0 ||
	    fs_link_files(out, new_out, geteuid() == 0 ? 0755 : 0700, e) < 0 ||
	    journal_sync(f->to, e) < 0)
		return -1;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fork_draft(f, dirfd, e) < 0)
		return err_is_set(e) ? -1 : err_sys(e, "cannot open %s", dir);
	/* Many new names: each folder of them would cost a sync. */
	return syncfs(dirfd) == 0 ? 0 : err_sys(e, "cannot sync %s", dir);
}

static int
fork_build(struct fork *f, const char *from, struct err *e)
{
	AUTO_FREE char *dir = NULL;
	int rc = session_make_dir(&f->new_id, &dir, true, e);

	if (rc == 0) {
		session_remove_rest();
		rc = fork_fill(f, from, dir, e);
		/* Its lock goes, too. */
		journal_free(f->to);
		f->to = NULL;
	}
	if (rc == 0)
		rc = session_show_dir(f->new_id, dir, e);
	if (rc < 0 && dir != NULL)
		(void)fs_remove_tree(AT_FDCWD, dir, NULL);
	if (rc < 0)
		session_full_disk(e);
	return rc;
}

cJSON *
fork_make(const char *id, int64_t at, struct err *e)
{
	AUTO(fork_release) struct fork f = { .id = id };
	AUTO_FREE char *from = session_check(id, e) < 0 ? NULL :
	    session_dir(id, e);
	cJSON *o;

	if (from == NULL || journal_each(from, fork_look, &f, e) < 0 ||
	    fork_choose(&f, at, e) < 0)
		return NULL;
	if (f.begun != NULL) {
		err_set(e, "session %s is writing files, or was stopped while "
		    "it did; try again, or first assent resume %s", id, id);
		return NULL;
	}
	if (session_check_disk(f.disk, e) < 0 || fork_build(&f, from, e) < 0)
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "session", f.new_id);
	return o;
}

/* ---- its first core ---- */

/* The model knows the conversation, but not that. */
static void
fork_line(struct core *c, const struct event *e)
{
	const cJSON *ev = e->line;
	enum event_type type = e->type;

	if (type == EVENT_NOTE)
		c->forked = c->forked || json_get(ev, "forked") != NULL;
	else if (json_is(ev, "by", "user"))
		c->forked = false;
}

static void
fork_tell(struct core *c)
{
	if (c->forked && c->context != NULL && c->fold->turn > 0)
		emit_tell_model(c, "[assent] The user went back to this point "
		    "of the conversation. The files are as you proposed them "
		    "last, or as they were then. What you had changed after "
		    "that without a proposal, and build products, are gone: "
		    "read a file before you change it.");
}

const struct core_part fork_part = {
	.line = fork_line, .lines = OF(EVENT_NOTE) | OF(EVENT_USER_MESSAGE),
	.tell = fork_tell,
};
