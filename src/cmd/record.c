/* See record.h. */
#include "config.h"

#include "cmd/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "git/git-run.h"
#include "cmd/cmd.h"
#include "front/log.h"
#include "record/recording-tree.h"
#include "record/recording.h"
#include "journal/event.h"
#include "journal/fold-ask.h"
#include "journal/session.h"
#include "tool/tool.h"

struct record {
	cJSON	*first;		/* session_start */
	cJSON	*answers, *user, *events;
	cJSON	*before;	/* the files it wrote, as they were */
	cJSON	*proposed;	/* the files of the open proposal */
	struct recording_at at;
	int	 count;		/* the agent's events */
	bool	 interrupted;	/* since the last request */
	char	*call;		/* id of the model's last one */
	bool	 foreign;	/* it is one of an MCP server's tool */
	bool	 asked;		/* the user was asked about it, by a hook or for
				   a server */
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
	free(r->call);
}

/* ---- the journal ---- */

/* A replay starts no servers and hooks: it answers such a call as they did, and
 * asks nothing about it. True if this line is only about that. */
static bool
record_foreign(struct record *r, const cJSON *line, const char *type)
{
	static const char *const same[] = { "ok", "error", "text" };
	const char *id = json_str_or(line, "id", "");
	const char *name = json_str_or(line, "name", "");
	const char *error = json_str_or(line, "error", "");
	cJSON *last = r->answers->child == NULL ? NULL :
	    r->answers->child->prev, *call, *o;

	if (strcmp(type, "tool_call") == 0 && json_is(line, "by", "model")) {
		xstrset(&r->call, id);
		r->foreign = tool_find(name) == NULL ||
		    strcmp(name, "mcp_tool_schema") == 0;
		r->asked = false;
	}
	if (r->call != NULL && json_is(line, "for", r->call) &&
	    json_is(line, "decision", "ask"))
		r->asked = true;
	if (r->call == NULL || !fold_ask_is_of(id, r->call))
		return false;
	if (strcmp(type, "ask") == 0 && (r->foreign ||
	    json_get(line, "hook") != NULL))
		r->asked = true;
	if (strcmp(type, "ask") == 0 || strcmp(type, "answer") == 0)
		return r->asked;
	if (strcmp(type, "tool_result") != 0 || strcmp(r->call, id) != 0 ||
	    !(json_get(line, "server") !=
	    NULL || strcmp(error, "hook") == 0 || (r->asked &&
	    strcmp(error, "refused") == 0) || (r->foreign &&
	    strcmp(error, "bad_call") != 0)))
		return false;
	cJSON_ArrayForEach(call, json_get(last, "calls"))
		if (json_is(call, "id", id)) {
			o = cJSON_CreateObject();
			JSON_COPY(o, line, same);
			if (strcmp(error, "no_sandbox") == 0 || (r->asked &&
			    (strcmp(error, "refused") == 0 ||
			    strcmp(error, "hook") == 0)))
				json_add_bool(o, "refused", true);
			json_set_take(call, "result", o);
			break;
		}
	return false;
}

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
	const char *id = json_str(mark, "hunk");
	const cJSON *f, *h;
	int i;

	cJSON_ArrayForEach(f, r->proposed) {
		i = 0;
		cJSON_ArrayForEach(h, json_array(f, "hunks")) {
			if (id != NULL && json_is(h, "id", id)) {
				json_add_str(mark, "path", json_str(f,
				    "path"));
				json_add_int(mark, "index", i);
				return;
			}
			i++;
		}
	}
}

/* What the user did, and when. An interruption of the model's answer needs no
 * command: it is the answer. */
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
	if (r->at.thinking && json_is(line, "type", "interrupt")) {
		json_add_bool(o, "interrupted", true);
		cJSON_AddItemToArray(r->answers, o);
		cJSON_Delete(command);
		return;
	}
	json_add_int(o, "after", r->count);
	json_add_int(o, "answers", r->at.answers);
	if (r->at.thinking)
		json_add_bool(o, "thinking", true);
	if (r->at.runs)
		json_add_bool(o, "running", true);
	json_set_take(o, "command", command);
	cJSON_AddItemToArray(r->user, o);
}

/* A replay interrupts the call when it has printed as much. */
static void
record_printed(struct record *r, const cJSON *line)
{
	cJSON *last = r->user->child == NULL ? NULL : r->user->child->prev;

	if (json_is(json_get(last, "command"), "type", "interrupt"))
		json_copy(last, "printed", json_get(line, "printed"));
}

/* Why this line can't come again in a replay; or NULL. */
static const char *
record_fault(struct record *r, const cJSON *line, const char *type)
{
	const cJSON *limit = json_get(line, "limit"), *f;

	if (strcmp(type, "interrupt") == 0)
		r->interrupted = true;
	else if (strcmp(type, "turn_start") == 0)
		r->interrupted = false;
	else if (strcmp(type, "tool_result") == 0 && !r->interrupted &&
	    json_is(line, "by", "core") && json_is(line, "error",
	    "interrupted"))
		return "a call was stopped, not by you";
	else if (strcmp(type, "agent_end") == 0) {
		if (r->at.thinking)
			return "the model didn't answer";
		if (recording_is_timed(limit))
			return "a limit on time or money ended the task";
	} else if (strcmp(type, "budget") == 0 && recording_is_timed(line) &&
	    json_get(line, "action") != NULL && !json_is(line, "action",
	    "extend"))
		return "a limit on time or money ended the task";
	else if (json_get(line, "wrote") != NULL)
		return "an MCP server changed files";
	else if (json_get(line, "server") != NULL && json_is(line, "error",
	    "interrupted"))
		return "a call of an MCP server was interrupted";
	else if (strcmp(type, "hook") == 0 && json_get(line, "decision") !=
	    NULL && !json_is(line, "decision", "allow") &&
	    !json_is(line, "event", "before_tool"))
		return "a hook objected";
	else if (strcmp(type, "review") == 0)
		return "the rule reviewer asked a model";
	else if (strcmp(type, "proposal") == 0) {
		if (json_get(line, "undo_part") != NULL)
			return "a part of a change was undone";
		cJSON_ArrayForEach(f, json_array(line, "files"))
			if (json_array(f, "split") != NULL)
				return "a hunk was split";
	}
	return NULL;
}

static int
record_take(void *arg, const char *text, size_t n, struct err *e)
{
	struct record *r = arg;
	AUTO_JSON cJSON *line = event_parse(text, n, e);
	const char *type = json_str_or(line, "type", ""), *fault;
	cJSON *event;

	if (line == NULL)
		return -1;
	if (strcmp(type, "session_start") == 0 && r->first == NULL)
		r->first = cJSON_Duplicate(line, 1);
	else if (strcmp(type, "assistant_message") == 0 &&
	    !json_bool(line, "broken", false))
		record_answer(r, line);
	else if (strcmp(type, "apply_begin") == 0)
		record_apply(r, line);
	if (r->user != NULL) {
		if ((fault = record_fault(r, line, type)) != NULL)
			return err_set(e, "line %lld (%s): %s",
			    (long long)json_int(line, "seq", 0), type, fault);
		if (record_foreign(r, line, type))
			return 0;
		record_user(r, line);
		if (strcmp(type, "proposal") == 0) {
			cJSON_Delete(r->proposed);
			r->proposed = cJSON_Duplicate(json_array(line,
			    "files"), 1);
		}
		if (strcmp(type, "tool_result") == 0)
			record_printed(r, line);
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

/* ---- out with names ---- */

static int
record_by_path(const void *a, const void *b)
{
	return strcmp(json_str_or(*(cJSON *const *)a, "path", ""),
	    json_str_or(*(cJSON *const *)b, "path", ""));
}

/* Files by their names as they are now. */
static void
record_sort(cJSON *list)
{
	size_t n = (size_t)cJSON_GetArraySize(list), i;
	AUTO_FREE cJSON **v = xcalloc(n + 1, sizeof(*v));

	for (i = 0; i < n; i++)
		v[i] = cJSON_DetachItemFromArray(list, 0);
	qsort(v, n, sizeof(*v), record_by_path);
	for (i = 0; i < n; i++)
		cJSON_AddItemToArray(list, v[i]);
}

void
record_scrub_events(cJSON *events, const struct scrub *scrub)
{
	cJSON *event;

	scrub_json(scrub, events);
	cJSON_ArrayForEach(event, events)
		if (!json_is(event, "type", "plan")) {
			record_sort(cJSON_GetObjectItemCaseSensitive(event,
			    "files"));
			record_sort(cJSON_GetObjectItemCaseSensitive(event,
			    "ops"));
		}
}

cJSON *
record_events(const char *dir, const struct scrub *scrub, struct err *e)
{
	AUTO(record_release) struct record r = { .first = NULL };
	cJSON *events;

	record_init(&r);
	if (log_lines(dir, record_take, &r, NULL, e) < 0)
		return NULL;
	record_scrub_events(r.events, scrub);
	events = r.events;
	r.events = NULL;
	return events;
}

/* ---- a recording ---- */

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
	char *end = ident == NULL ? NULL : strrchr(ident, '>');
	char *mail = ident == NULL ? NULL : strstr(ident, " <");
	AUTO_FREE char *name = NULL, *only = NULL, *local = NULL;
	const char *names[4];
	struct scrub *scrub;
	size_t n = 0;

	/* "name <mail> time zone" */
	if (mail != NULL && end != NULL && end > mail + 2) {
		end[1] = '\0';
		name = xmemdup(ident, (size_t)(mail - ident));
		only = xmemdup(mail + 2, (size_t)(end - mail) - 2);
		names[n++] = ident;
		names[n++] = name;
		names[n++] = only;
		local = xmemdup(only, strcspn(only, "@"));
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
	cJSON *start, *tree = NULL, *o = NULL;

	if (record_contents(r, dir, scratch, e) == 0)
		tree = recording_tree_read(r->first, r->before, scratch, scrub,
		    e);
	if (tree != NULL) {
		start = recording_start(json_get(r->first, "settings"));
		scrub_json(scrub, start);
		scrub_json(scrub, r->answers);
		scrub_json(scrub, r->user);
		record_scrub_events(r->events, scrub);
		o = cJSON_CreateObject();
		json_add_int(o, "assent_recording", RECORDING_VERSION);
		json_add_str(o, "version", json_str(r->first, "version"));
		json_copy(o, "prompts", json_get(r->first, "prompts"));
		json_set_take(o, "start", start);
		json_set_take(o, "tree", tree);
		json_set_take(o, "answers", r->answers);
		json_set_take(o, "user", r->user);
		json_set_take(o, "events", r->events);
		r->answers = r->user = r->events = NULL;
	}
	scrub_free(scrub);
	return o;
}

cJSON *
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
