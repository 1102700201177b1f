#include "config.h"

#include "core/main/fork.h"

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
#include "core/kernel/core.h"
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

struct fork {
	const char		*id;		/* of the other one */
	char			*new_id;
	struct fold		*fold;		/* of all its lines */
	int64_t			 disk;		/* limit of all sessions */
	struct fork_message	*messages;
	size_t			 messages_len;
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
	MEM_EACH(f, messages, m)
		free(m->text);
	FREE_ALL(f->messages, f->new_id, f->commit);
	fold_free(f->fold);
	journal_free(f->to);
}

/* ---- the other journal ---- */

/* Can a fork begin before this message? Not if it is about a hunk, or empty. */
static bool
fork_is_message(const struct event *e)
{
	const struct ev_user_message *m = &e->user_message;

	return ev_is(e->by, "user") && m->question == NULL && !m->again &&
	    m->text != NULL && m->text[0] != '\0';
}

/* A turn may have begun after the decision: fork as if it hadn't been made. A
 * turn begins when it is applied; older versions wrote no proposal after the
 * last hunk. */
static int64_t
fork_last(const struct fork *f, int64_t seq)
{
	const struct fold_open *o = &f->fold->open;

	return (o->decision == NULL ||
	    o->last[EVENT_TURN_START] > o->decision->seq || (o->applied != NULL &&
	    o->last[EVENT_AGENT_END] > o->applied->seq) ? seq :
	    o->decision->seq) - 1;
}

static void
fork_look(void *arg, struct event *e, const char *line UNUSED, size_t n UNUSED)
{
	struct fork *f = arg;

	fold_event(f->fold, e);
	if (e->type == EVENT_SESSION_START)
		f->disk = json_int(e->session_start.settings, "sessions_disk",
		    0);
	else if (e->type == EVENT_UNQUEUED && f->messages_len > 0 &&
	    f->messages[f->messages_len - 1].seq == e->unqueued.message)
		free(f->messages[--f->messages_len].text);
	else if (e->type == EVENT_USER_MESSAGE && fork_is_message(e)) {
		*GROW_ADD(f->messages, f->messages_len) =
		    (struct fork_message){ e->seq,
			fork_last(f, e->seq), xstrdup(e->user_message.text),
			e->user_message.command != NULL };
	}
}

static int
fork_choose(struct fork *f, int64_t at, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (f->messages_len == 0)
		return err_misuse(e, "session %s has no message to go on from",
		    f->id);
	for (i = 0; i < f->messages_len && at > 0; i++)
		if (f->messages[i].seq == at)
			f->at = &f->messages[i];
	if (at == 0)
		f->at = &f->messages[f->messages_len - 1];
	if (f->at != NULL)
		return 0;
	for (i = f->messages_len > FORK_NAMED ? f->messages_len - FORK_NAMED :
	    0; i < f->messages_len; i++)
		buf_addf(&b, "%s%lld", b.len > 0 ? ", " : "",
		    (long long)f->messages[i].seq);
	return err_misuse(e, "line %lld of session %s isn't a message of yours; "
	    "%s %s (assent log %s)", (long long)at, f->id, f->messages_len > 1 ?
	    "those are lines" : "that is line", buf_str(&b), f->id);
}

/* ---- the new one ---- */

static struct ev_origin
fork_from(const struct fork *f)
{
	return (struct ev_origin){ f->id, f->at->seq };
}

static int
fork_append(const struct fork *f, enum event_type type, const void *members)
{
	AUTO_EVENT struct event made;

	event_make(&made, type, members);
	return journal_append(f->to, &made, "core", f->e);
}

/* The first line; a run that is done once (exec --name) isn't done by it. */
static int
fork_start(const struct fork *f, const struct ev_session_start *old)
{
	static const char *const own[] = { "name", "task", "typed" };
	struct ev_session_start start = *old;
	struct ev_origin from = fork_from(f);
	AUTO_JSON cJSON *settings = cJSON_Duplicate(old->settings, 1);
	size_t i, n = f->at == f->messages ? MEM_COUNT(own) : 1;

	for (i = 0; i < n; i++)
		cJSON_DeleteItemFromObjectCaseSensitive(settings, own[i]);
	if (f->at == f->messages)
		start.task = NULL;
	start.settings = settings;
	start.session = f->new_id;
	start.from = &from;
	return fork_append(f, EVENT_SESSION_START, &start);
}

static void
fork_copy(void *arg, struct event *e, const char *line, size_t n)
{
	struct fork *f = arg;

	if (f->failed || e->seq > f->at->last)
		return;
	if (e->type == EVENT_APPLIED)
		xstrset(&f->commit, e->applied.commit);
	f->failed = (e->seq == 1 ? fork_start(f, &e->session_start) :
	    journal_copy(f->to, line, n, f->e)) < 0;
}

struct fork_file {
	char			*path;	/* of pathmap */
	const struct fold_side	*before, *after;
};

static bool
fork_same(const struct fold_side *a, const struct fold_side *b)
{
	return a->exists == b->exists && (!a->exists || (ev_is(a->hash,
	    b->hash) && a->mode == b->mode));
}

static struct ev_side *
fork_side(struct ev_side *to, const struct fold_side *from)
{
	*to = (struct ev_side){ .hash = from->hash, .mode = from->mode };
	return from->exists ? to : NULL;
}

/* All files written since: each as it was written last, and as it was before
 * the first time. */
static void
fork_files(const struct fork *f, struct pathmap *all)
{
	struct fork_file *file;

	MEM_EACH(f->fold, changes, t)
		MEM_EACH(t, files, it) {
			if (t->seq <= f->at->last)
				break;
			file = pathmap_add(all, it->path_bytes, sizeof(*file));
			if (file->after == NULL)
				file->after = &it->before;
			file->before = &it->after;
		}
}

static int
fork_end(const struct fork *f)
{
	AUTO(pathmap_release) struct pathmap all = { 0 };
	AUTO_FREE struct ev_note_file *files = NULL;
	AUTO_FREE struct ev_side *sides = NULL;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *message = utf8_cut_dup(f->at->text, SESSION_WORDS_MAX);
	struct ev_origin from = fork_from(f);
	size_t n = 0;

	fork_files(f, &all);
	files = xcalloc(all.len + 1, sizeof(*files));
	sides = xcalloc(2 * all.len + 1, sizeof(*sides));
	PATHMAP_EACH(&all, fork_file, file) {
		if (fork_same(file->before, file->after))
			continue;
		files[n] = (struct ev_note_file){ .path_bytes = file->path,
			.before = fork_side(&sides[2 * n], file->before),
			.after = fork_side(&sides[2 * n + 1], file->after) };
		n++;
	}
	text = xasprintf("From line %lld of session %s. Files "
	    "are as in the last proposal before that message; ignored "
	    "files start anew.%s", (long long)f->at->seq, f->id,
	    n == 0 ? "" : " What was written since is still "
	    "there; its reverse is proposed.");
	return fork_append(f, EVENT_NOTE, &(struct ev_note){ .text = text,
	    .forked = &from, .message = message, .files = files,
	    .files_len = n });
}

/* Keep the message in the form in which a screen keeps text that wasn't sent
 * (ui/panes/draft.c). There, a first `/` or `!` of a message is doubled. */
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

/* Fill the new session's folder. */
static int
fork_fill(struct fork *f, const char *from, const char *dir, struct err *e)
{
	AUTO_FREE char *out = fs_join(from, "out");
	AUTO_FREE char *new_out = fs_join(dir, "out");
	AUTO_CLOSE int dirfd = -1;

	f->to = journal_open(dir, true, NULL, NULL, NULL, e);
	f->e = e;
	if (f->to == NULL || journal_each(from, fork_copy, f, e) < 0 ||
	    f->failed || fork_end(f) < 0 ||
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
		/* This releases its lock, too. */
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
	AUTO(fork_release) struct fork f = { .id = id, .fold = fold_new() };
	AUTO_FREE char *from = session_check(id, e) < 0 ? NULL :
	    session_dir(id, e);
	cJSON *o;

	if (from == NULL || journal_each(from, fork_look, &f, e) < 0 ||
	    fork_choose(&f, at, e) < 0)
		return NULL;
	if (f.fold->open.begin != NULL && f.fold->open.applied == NULL) {
		err_set(e, "session %s is writing files, or was stopped while "
		    "it did; try again, or first assent resume %s", id, id);
		return NULL;
	}
	if (session_check_disk(f.disk, e) < 0 || fork_build(&f, from, e) < 0)
		return NULL;
	o = JSON_TEXTS("session", f.new_id);
	return o;
}

/* ---- its first core ---- */

/* Keep the note of the fork until the model is told. */
static void
fork_line(struct core *c, const struct event *e)
{
	if (e->type == EVENT_NOTE ? e->note.forked != NULL :
	    ev_is(e->by, "user"))
		event_keep(&c->forked, e->type == EVENT_NOTE ? e : NULL);
}

static void
fork_tell(struct core *c)
{
	if (c->forked != NULL && c->context != NULL && c->fold->turn > 0)
		emit_tell_model(c, "[assent] The user went back to this point "
		    "of the conversation. The files are as you proposed them "
		    "last, or as they were then. What you had changed after "
		    "that without a proposal, and ignored files, are gone: "
		    "read a file before you change it.");
}

static void
fork_free(struct core *c)
{
	event_drop(&c->forked);
}

const struct core_part fork_part = {
	.line = fork_line, .lines = OF(EVENT_NOTE) | OF(EVENT_USER_MESSAGE),
	.tell = fork_tell, .free = fork_free,
};
