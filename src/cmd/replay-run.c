/* See replay-run.h. */
#include "config.h"

#include "cmd/replay-run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/client.h"
#include "cmd/cmd.h"
#include "cmd/headless/headless.h"
#include "cmd/record.h"
#include "cmd/recording-tree.h"
#include "cmd/recording.h"
#include "cmd/replay-answer.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "journal/session.h"

/* ---- what the user did ---- */

struct replay {
	struct client	 client;
	struct fold	*fold;
	const cJSON	*next;		/* what to repeat then */
	int		 count;		/* events so far */
	int		 sent;		/* at that count; -1: nothing */
	bool		 person, live, ended;
};

static void
replay_send(struct replay *r, cJSON *o_take)
{
	lineio_send_take(r->client.io, o_take);
}

/* NULL if the session is elsewhere than it was. */
static cJSON *
replay_command(const struct replay *r, const cJSON *did)
{
	const char *type = json_str_or(did, "type", "");
	const char *text = json_str_or(did, "text", "");
	cJSON *o;

	if (strcmp(type, "say") == 0)
		return command_say(text, strlen(text), false);
	if (strcmp(type, "decide") == 0)
		return r->fold->proposal == NULL ? NULL :
		    command_decide(r->fold->proposal, cJSON_Duplicate(
		    json_get(did, "marks"), 1));
	if (strcmp(type, "answer") == 0)
		return command_answer(r->fold, json_bool(did, "allow", false),
		    json_str(did, "scope"));
	if (strcmp(type, "plan") != 0)
		return NULL;
	o = command_plan(r->fold, json_str_or(did, "action", "?"),
	    json_str(did, "word"));
	json_copy(o, "plan", json_get(did, "plan"));
	return o;
}

/* What is next, once the events before it are there; or, if the agent rests,
 * now: it may wait for just that. */
static void
replay_act(struct replay *r, bool rests)
{
	const cJSON *did;
	cJSON *o;

	while (r->live && r->next != NULL && r->sent < r->count &&
	    (rests || json_int(r->next, "after", 0) <= r->count)) {
		did = json_get(r->next, "command");
		r->next = r->next->next;
		o = replay_command(r, did);
		if (o != NULL) {
			r->sent = r->count;
			replay_send(r, o);
		}
	}
	/* Nobody will say anything more. */
	if (rests && r->person && !r->ended && r->sent < r->count) {
		r->ended = true;
		replay_send(r, command_of("end"));
	}
}

static void
replay_line(void *arg, const cJSON *line)
{
	struct replay *r = arg;
	const char *type = json_str_or(line, "type", "");
	AUTO_JSON cJSON *event = recording_event(line);

	fold_line(r->fold, line);
	r->count += event != NULL;
	r->live = r->live || strcmp(type, "live") == 0;
	if (strcmp(type, "refused") == 0)
		r->sent = -1;
	replay_act(r, r->live && (strcmp(type, "refused") == 0 ||
	    (strcmp(type, "status") == 0 && (json_is(line, "state", "idle") ||
	    json_is(line, "state", "waiting")))));
}

/* ---- a run ---- */

static cJSON *
replay_start(const cJSON *recording, const char *root, const char *answers,
    const char *least)
{
	static const char start[] =
	    "{\"type\":\"start\",\"sandbox\":\"auto\",\"limits\":{},"
	    "\"keep_alive\":false,\"model\":{\"provider\":\"replay\","
	    "\"name\":\"recording\",\"format\":\"replay\","
	    "\"base_url\":\"\"}}";
	struct err e = ERR_INIT;
	cJSON *o = json_parse(start, sizeof(start) - 1, JSON_NUL_REFUSE, &e);
	cJSON *m = cJSON_GetObjectItemCaseSensitive(o, "model");
	AUTO_JSON cJSON *same = recording_start(json_get(recording, "start"));
	const cJSON *it;

	cJSON_ArrayForEach(it, same)
		if (strcmp(it->string, "model") != 0)
			json_copy(o, it->string, it);
	json_copy(m, "facts", json_get(json_get(same, "model"), "facts"));
	json_add_str(o, "root", root);
	json_add_str(o, "cwd", root);
	json_add_str(o, "home", getenv("HOME"));
	json_add_str(o, "path", getenv("PATH"));
	/* Whoever recorded it answers no question here. */
	json_add_str(o, "sandbox_require", strcmp(least, "none") == 0 ? "D" :
	    least);
	json_add_str(m, "replay_dir", answers);
	return o;
}

static int
replay_session(const cJSON *recording, cJSON *start_take,
    struct headless_result *result, struct err *e)
{
	struct replay r = { .sent = -1 };
	const struct headless_options o = { .watch = replay_line,
		.watch_arg = &r };
	int code;

	r.person = json_bool(start_take, "person", false);
	r.next = json_get(recording, "user")->child;
	if (client_start(&r.client, start_take, NULL, e) < 0)
		return EXIT_ERROR;
	r.fold = fold_new();
	code = headless_run(&r.client, &o, result);
	fold_free(r.fold);
	if (result->session == NULL || result->dir == NULL)
		err_set(e, "%s", result->error != NULL ? result->error :
		    "the background process didn't start");
	else if (result->interrupted)
		err_set(e, "interrupted");
	else if (code == EXIT_INTERRUPTED)
		code = EXIT_ERROR;	/* so the recorded session ended */
	return code;
}

static cJSON *
replay_in(const cJSON *recording, const char *scratch, const char *from,
    const char *least, int *code, struct err *e)
{
	AUTO_FREE char *root = fs_join(scratch, "project");
	AUTO_FREE char *answers = fs_join(scratch, "answers");
	AUTO_FREE char *state = fs_join(scratch, "state");
	AUTO_JSON cJSON *own = cJSON_Duplicate(recording, 1);
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct scrub *expand = scrub_new_empty(), *scrub;
	cJSON *events = NULL, *o = NULL;

	scrub_add(expand, RECORDING_ROOT, root);
	(void)scrub_json(expand, cJSON_GetObjectItemCaseSensitive(own,
	    "start"));
	(void)scrub_json(expand, cJSON_GetObjectItemCaseSensitive(own,
	    "answers"));
	(void)scrub_json(expand, cJSON_GetObjectItemCaseSensitive(own,
	    "user"));
	if (recording_tree_write(json_get(own, "tree"), from, root, expand,
	    e) == 0 && replay_answer_write(json_get(own, "answers"), answers,
	    e) == 0 && setenv("XDG_STATE_HOME", state, 1) == 0)
		*code = replay_session(own, replay_start(own, root, answers,
		    least), &r, e);
	if (!err_is_set(e)) {
		scrub = record_scrub(root);
		events = record_events(r.dir, scrub, e);
		scrub_free(scrub);
	}
	scrub_free(expand);
	if (events != NULL) {
		AUTO_JSON cJSON *first = session_first_line(AT_FDCWD, r.dir,
		    NULL);

		o = cJSON_CreateObject();
		json_set_take(o, "events", events);
		json_copy(o, "prompts", json_get(first, "prompts"));
	}
	return o;
}

cJSON *
replay_run(const cJSON *recording, const char *root, const char *least,
    int *code, struct err *e)
{
	AUTO_FREE char *made = cmd_scratch("replay", e);
	AUTO_FREE char *scratch = made == NULL ? NULL : fs_realpath(made);
	AUTO_FREE char *state = xstrdup_null(getenv("XDG_STATE_HOME"));
	struct err ignored = ERR_INIT;
	cJSON *o;

	*code = EXIT_ERROR;
	if (scratch == NULL)
		return NULL;
	o = replay_in(recording, scratch, root, least, code, e);
	(void)(state == NULL ? unsetenv("XDG_STATE_HOME") :
	    setenv("XDG_STATE_HOME", state, 1));
	if (fs_remove_tree(AT_FDCWD, scratch, &ignored) < 0)
		cmd_say("can't remove %s: %s", scratch, ignored.text);
	return o;
}
