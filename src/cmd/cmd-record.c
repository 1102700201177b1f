/* record: writes a recording of a session, from its journal, for replay. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/session-client.h"
#include "front/client.h"
#include "front/print.h"
#include "front/log.h"
#include "git/git-run.h"
#include "journal/event.h"
#include "journal/session.h"
#include "record/recording.h"

struct record {
	cJSON	*first;		/* session_start */
	cJSON	*answers, *user, *events;
	cJSON	*before;	/* the files it wrote, as they were */
	cJSON	*proposed;	/* the files of the open proposal */
	struct recording_at at;
	int	 count;		/* the agent's events */
};

static void
record_release(struct record *r)
{
	cJSON_Delete(r->first);
	cJSON_Delete(r->answers);
	cJSON_Delete(r->user);
	cJSON_Delete(r->events);
	cJSON_Delete(r->before);
	cJSON_Delete(r->proposed);
}

/* ---- the journal ---- */

static void
record_answer(struct record *r, const cJSON *line)
{
	static const char *const same[] = { "text", "thinking", "calls",
		"stop", "usage" };
	cJSON *o = cJSON_CreateObject(), *call;

	JSON_COPY(o, line, same);
	cJSON_ArrayForEach(call, json_get(o, "calls"))
		cJSON_DeleteItemFromObjectCaseSensitive(call, "raw");
	cJSON_AddItemToArray(r->answers, o);
}

/* Of each file that is written, what was there first. */
static void
record_apply(struct record *r, const cJSON *line)
{
	const cJSON *op, *was;
	cJSON *o;

	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		const char *path = json_str(op, "path");

		if (path == NULL || json_find(r->before, "path", path) != NULL)
			continue;
		o = cJSON_CreateObject();
		was = json_get(op, "before");
		json_add_str(o, "path", path);
		json_add_str(o, "hash", json_str(was, "hash"));
		json_add_int(o, "mode", json_int(was, "mode", 0100644));
		cJSON_AddItemToArray(r->before, o);
	}
}

/* A hunk's id is a hash of its text, which may be scrubbed: where it is, too. */
static void
record_place(const struct record *r, cJSON *mark)
{
	const char *id = json_str_or(mark, "hunk", "");
	const cJSON *f, *h;
	int i;

	cJSON_ArrayForEach(f, r->proposed) {
		i = 0;
		cJSON_ArrayForEach(h, json_array(f, "hunks")) {
			if (json_is(h, "id", id)) {
				json_add_str(mark, "path", json_str(f,
				    "path"));
				json_add_int(mark, "index", i);
				return;
			}
			i++;
		}
	}
}

/* What the user did, and when. */
static void
record_user(struct record *r, const cJSON *line)
{
	cJSON *o, *mark, *command = recording_command(line);

	if (command == NULL)
		return;
	record_place(r, command);
	cJSON_ArrayForEach(mark, json_get(command, "marks"))
		record_place(r, mark);
	o = cJSON_CreateObject();
	json_add_int(o, "after", r->count);
	json_add_int(o, "answers", r->at.answers);
	json_set_take(o, "command", command);
	cJSON_AddItemToArray(r->user, o);
}

/* What can't come again in a replay, which has no person to answer questions, no
 * hooks and servers, and no other time: a call that was stopped, for example. */
static bool
record_is_once(const struct record *r, const cJSON *line)
{
	static const struct {
		enum event_type type;
		const char *member;
	} rows[] = {
		{ EVENT_ASK, NULL }, { EVENT_INTERRUPT, NULL },
		{ EVENT_REVIEW, NULL }, { EVENT_PROPOSAL, "undo_part" },
		{ EVENT_TOOL_RESULT, "server" },
	};
	enum event_type type = event_type(line);
	const cJSON *f;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++)
		if (type == rows[i].type &&
		    (rows[i].member == NULL ||
		    json_get(line, rows[i].member) != NULL))
			return true;
	cJSON_ArrayForEach(f, json_array(line, "files"))
		if (json_array(f, "split") != NULL)
			return true;
	return json_is(line, "decision", "ask") ||
	    json_is(line, "decision", "deny") ||
	    recording_is_timed(json_get(line, "limit")) ||
	    (r->at.thinking && type == EVENT_AGENT_END) ||
	    (json_is(line, "error", "interrupted") &&
	    json_is(line, "by", "core"));
}

static int
record_take(void *arg, const char *text, size_t n, struct err *e)
{
	struct record *r = arg;
	AUTO_JSON cJSON *line = event_parse(text, n, e);
	enum event_type type = event_type(line);
	cJSON *event;

	if (line == NULL)
		return -1;
	if (type == EVENT_SESSION_START && r->first == NULL)
		r->first = cJSON_Duplicate(line, 1);
	else if (type == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(line, "broken", false))
		record_answer(r, line);
	else if (type == EVENT_APPLY_BEGIN)
		record_apply(r, line);
	if (r->user != NULL) {
		if (record_is_once(r, line))
			return err_set(e, "a replay can't repeat this: %s",
			    json_str_or(line, "type", "?"));
		record_user(r, line);
		if (type == EVENT_PROPOSAL) {
			cJSON_Delete(r->proposed);
			r->proposed = cJSON_Duplicate(json_array(line,
			    "files"), 1);
		}
	}
	recording_follow(&r->at, line);
	event = recording_event(line);
	if (event != NULL) {
		r->count++;
		cJSON_AddItemToArray(r->events, event);
	}
	return 0;
}

static void
record_init(struct record *r)
{
	r->answers = cJSON_CreateArray();
	r->events = cJSON_CreateArray();
	r->before = cJSON_CreateArray();
}

/* ---- a recording ---- */

cJSON *
record_events(const char *dir, const struct scrub *scrub, struct err *e)
{
	AUTO(record_release) struct record r = { .first = NULL };
	cJSON *events;

	record_init(&r);
	if (log_lines(dir, record_take, &r, NULL, e) < 0)
		return NULL;
	scrub_json(scrub, r.events);
	events = r.events;
	r.events = NULL;
	return events;
}

/* The contents of the files that it wrote, as files in the scratch folder. */
static int
record_contents(struct record *r, const char *dir, const char *scratch,
    struct err *e)
{
	AUTO_FREE char *to = fs_join(scratch, "contents");
	const char *const args[] = { "contents", dir, to, NULL };
	cJSON *asked = cJSON_CreateObject(), *list, *it;
	AUTO_JSON cJSON *answer = NULL;

	list = cJSON_AddArrayToObject(asked, "hashes");
	cJSON_ArrayForEach(it, r->before) {
		const char *hash = json_str(it, "hash");
		AUTO_FREE char *path = hash == NULL ? NULL : fs_join(to, hash);

		if (hash == NULL)
			continue;
		json_add_str(it, "content", path);
		cJSON_AddItemToArray(list, cJSON_CreateString(hash));
	}
	if (fs_mkdirs(to, 0700, e) < 0) {
		cJSON_Delete(asked);
		return -1;
	}
	answer = client_ask_core(args, asked, 0, e);
	if (answer == NULL && !err_is_set(e))
		err_set(e, "the session's contents can't be read");
	return answer == NULL ? -1 : 0;
}

struct scrub *
record_scrub(const char *dir, const char *root)
{
	AUTO_FREE char *ident = git_run_ask(root, "var", "GIT_AUTHOR_IDENT",
	    NULL, NULL);
	char *mail = ident == NULL ? NULL : strstr(ident, " <");
	AUTO_FREE char *local = NULL;
	const char *names[3];
	struct scrub *scrub;
	size_t n = 0;

	/* "name <mail> time zone" */
	if (mail != NULL) {
		*mail = '\0';
		mail += 2;
		mail[strcspn(mail, ">")] = '\0';
		local = xmemdup(mail, strcspn(mail, "@"));
		names[n++] = ident;
		names[n++] = mail;
		names[n++] = local;
	}
	scrub = scrub_new(root, getenv("HOME"), names, n);
	/* Without namespaces a command's home and temporary files are there. */
	scrub_add(scrub, dir, RECORDING_SESSION);
	return scrub;
}

static cJSON *
record_make(struct record *r, const char *dir, const char *scratch,
    struct err *e)
{
	const char *root = json_str_or(r->first, "root", "");
	struct scrub *scrub = record_scrub(dir, root);
	cJSON *tree = NULL, *o = NULL;

	if (record_contents(r, dir, scratch, e) == 0)
		tree = recording_tree_read(r->first, r->before, scratch, scrub,
		    e);
	if (tree != NULL) {
		o = cJSON_CreateObject();
		json_add_int(o, "assent_recording", RECORDING_VERSION);
		json_add_str(o, "version", json_str(r->first, "version"));
		json_set_take(o, "start", recording_start(json_get(r->first,
		    "settings")));
		json_set_take(o, "answers", r->answers);
		json_set_take(o, "user", r->user);
		json_set_take(o, "events", r->events);
		r->answers = r->user = r->events = NULL;
		scrub_json(scrub, o);
		json_set_take(o, "tree", tree);
	}
	scrub_free(scrub);
	return o;
}

static cJSON *
record_session(const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	AUTO_FREE char *scratch = cmd_scratch("record", e);
	AUTO(record_release) struct record r = { .user = cJSON_CreateArray() };
	struct err ignored = ERR_INIT;
	cJSON *o = NULL;

	record_init(&r);
	if (dir == NULL || scratch == NULL)
		return NULL;
	if (log_lines(dir, record_take, &r, NULL, e) == 0) {
		if (cJSON_GetArraySize(r.answers) == 0)
			err_set(e, "the model hasn't answered in it");
		else
			o = record_make(&r, dir, scratch, e);
	}
	(void)fs_remove_tree(AT_FDCWD, scratch, &ignored);
	return o;
}

int
cmd_record(const struct cmd_args *a)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	AUTO_JSON cJSON *o = NULL;
	const char *commit;
	int code;

	if (a->output == NULL)
		return cmd_fail(EXIT_USAGE, "record needs a file: -o FILE");
	if (print_file_check(a->output, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--output %s", e.text);
	if ((code = session_named(a, &id)) != 0)
		return code;
	o = record_session(id, &e);
	if (o == NULL)
		return cmd_fail(EXIT_ERROR, "%s can't be recorded: %s", id,
		    e.text);
	if (recording_write(a->output, o, &e) < 0)
		return cmd_fail_err(&e);
	commit = json_str(json_get(o, "tree"), "commit");
	cmd_say("%s: %d answers, %s%s; read it before you give it away",
	    a->output, cJSON_GetArraySize(json_get(o, "answers")),
	    commit == NULL ? "with its files" : "the files of commit ",
	    commit == NULL ? "" : commit);
	return EXIT_DONE;
}
