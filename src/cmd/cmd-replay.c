/*
 * record: writes a recording of a session, from its journal.
 *
 * replay: runs recordings again, each in a fresh copy of the files it began
 * with and in a state folder of its own, with the recorded answers, and says what
 * is different now. It needs no key, no network and no configuration, and never
 * sees the real tree.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "git/git-run.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "record/recording.h"

struct record {
	struct event *first;	/* session_start */
	cJSON	*answers, *user, *events;
	cJSON	*before;	/* the files it wrote, as they were */
	struct event *proposed;	/* the last proposal */
	struct recording_at at;
	int	 count;		/* the agent's events */
};

static void
record_release(struct record *r)
{
	event_drop(&r->first);
	cJSON_Delete(r->answers);
	cJSON_Delete(r->user);
	cJSON_Delete(r->events);
	cJSON_Delete(r->before);
	event_drop(&r->proposed);
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
record_apply(struct record *r, const struct ev_apply_begin *l)
{
	cJSON *o;

	EV_EACH(l, ops, op) {
		const struct ev_side *was = op->before;

		if (op->path == NULL ||
		    json_find(r->before, "path", op->path) != NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_str(o, "path", op->path);
		json_add_str(o, "hash", was == NULL ? NULL : was->hash);
		json_add_int(o, "mode", was == NULL ? 0100644 : was->mode);
		cJSON_AddItemToArray(r->before, o);
	}
}

/* A hunk's id is a hash of its text, which may be scrubbed: where it is, too. */
static void
record_place(const struct record *r, cJSON *mark)
{
	const char *id = json_str_or(mark, "hunk", "");

	if (r->proposed != NULL)
		EV_EACH(&r->proposed->proposal, files, f)
			EV_EACH(f, hunks, h)
				if (ev_is(h->id, id)) {
					json_add_str(mark, "path", f->path);
					json_add_int(mark, "index",
					    h - f->hunks);
					return;
				}
}

/* What the user did, and when. */
static void
record_user(struct record *r, const struct event *l)
{
	cJSON *o, *mark, *command = recording_command(l);

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
record_is_once(const struct record *r, const struct event *l)
{
	switch (l->type) {
	case EVENT_ASK: case EVENT_INTERRUPT: case EVENT_REVIEW:
		return true;
	case EVENT_AGENT_END:
		return r->at.thinking || (l->agent_end.limit != NULL &&
		    recording_is_timed(l->agent_end.limit->what));
	case EVENT_HOOK:
		return ev_is(l->hook.decision, "ask") ||
		    ev_is(l->hook.decision, "deny");
	case EVENT_PROPOSAL:
		EV_EACH(&l->proposal, files, f)
			if (f->split_len > 0)
				return true;
		return l->proposal.undo_part;
	case EVENT_TOOL_RESULT:
		return l->tool_result.server != NULL || (ev_is(l->by, "core") &&
		    ev_is(l->tool_result.error, "interrupted"));
	default:
		return false;
	}
}

static int
record_take(void *arg, const struct event *l, struct err *e)
{
	struct record *r = arg;
	cJSON *event;

	if (l->type == EVENT_SESSION_START && r->first == NULL)
		event_keep(&r->first, l);
	else if (l->type == EVENT_ASSISTANT_MESSAGE &&
	    !l->assistant_message.broken)
		record_answer(r, l->line);
	else if (l->type == EVENT_APPLY_BEGIN)
		record_apply(r, &l->apply_begin);
	if (r->user != NULL) {
		if (record_is_once(r, l))
			return err_set(e, "a replay can't repeat this: %s",
			    event_rows[l->type].name);
		record_user(r, l);
		if (l->type == EVENT_PROPOSAL)
			event_keep(&r->proposed, l);
	}
	event = recording_event(l, &r->at);
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

/* The events alone of a session in this folder, scrubbed. */
static cJSON *
record_events(const char *dir, const struct scrub *scrub, struct err *e)
{
	AUTO(record_release) struct record r = { .first = NULL };
	cJSON *events;

	record_init(&r);
	if (log_events(dir, record_take, &r, e) < 0)
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
	cJSON *asked, *list, *it;
	AUTO_JSON cJSON *answer = NULL;

	if (fs_mkdirs(to, 0700, e) < 0)
		return -1;
	asked = cJSON_CreateObject();
	list = cJSON_AddArrayToObject(asked, "hashes");
	cJSON_ArrayForEach(it, r->before) {
		const char *hash = json_str(it, "hash");
		AUTO_FREE char *path = hash == NULL ? NULL : fs_join(to, hash);

		if (hash == NULL)
			continue;
		json_add_str(it, "content", path);
		cJSON_AddItemToArray(list, cJSON_CreateString(hash));
	}
	answer = client_ask_core(args, asked, 0, e);
	if (answer == NULL && !err_is_set(e))
		err_set(e, "the session's contents can't be read");
	return answer == NULL ? -1 : 0;
}

static cJSON *
record_make(struct record *r, const char *dir, const char *scratch,
    struct err *e)
{
	static const struct ev_session_start none;
	const struct ev_session_start *first = r->first == NULL ? &none :
	    &r->first->session_start;
	const char *root = ev_str(first->root, "");
	struct scrub *scrub = scrub_session(dir, root);
	cJSON *tree = NULL, *o = NULL;

	if (record_contents(r, dir, scratch, e) == 0)
		tree = recording_tree_read(first, r->before, scratch, scrub,
		    e);
	if (tree != NULL) {
		o = cJSON_CreateObject();
		json_add_int(o, "assent_recording", RECORDING_VERSION);
		json_add_str(o, "version", first->version);
		json_set_take(o, "start", recording_start(first->settings));
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
	if (log_events(dir, record_take, &r, e) == 0) {
		if (cJSON_GetArraySize(r.answers) == 0)
			err_set(e, "the model hasn't answered in it");
		else
			o = record_make(&r, dir, scratch, e);
	}
	(void)fs_remove_tree(AT_FDCWD, scratch, &ignored);
	return o;
}

static int
replay_write(const char *path, const cJSON *o, struct err *e)
{
	AUTO_FREE char *text = cJSON_Print(o);

	if (text == NULL)
		mem_out();
	return print_file(path, text, strlen(text), print_foreign, e);
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
	if (replay_write(a->output, o, &e) < 0)
		return cmd_fail_err(&e);
	commit = json_str(json_get(o, "tree"), "commit");
	cmd_say("%s: %d answers, %s%s; read it before you give it away",
	    a->output, cJSON_GetArraySize(json_get(o, "answers")),
	    commit == NULL ? "with its files" : "the files of commit ",
	    commit == NULL ? "" : commit);
	return EXIT_DONE;
}

static void
replay_answer_release(const char *dir, int n)
{
	AUTO_FREE char *from = xasprintf("%s/%02d.wait", dir, n);
	AUTO_FREE char *to = xasprintf("%s/%02d.sse", dir, n);

	(void)rename(from, to);
}

/* ---- what the user did ---- */

struct replay {
	struct client	 client;
	struct fold	*fold;
	const cJSON	*next;		/* what to repeat then */
	const char	*dir;		/* of the answers */
	struct recording_at at;
	int		 count;		/* the agent's events so far */
	int		 given;		/* answers */
	int		 lines, quiet;	/* of the journal; when it last rested */
	bool		 person, ended, rests;
};

static void
replay_send(struct replay *r, cJSON *o_take)
{
	(void)client_send(&r->client, o_take);
	client_sync(&r->client);
}

/* Does nothing happen any more? */
static bool
replay_rests(struct replay *r)
{
	if (!r->rests || !client_is_synced(&r->client))
		return false;
	if (r->quiet == r->lines)
		return true;
	r->quiet = r->lines;
	client_sync(&r->client);
	return false;
}

/* The id of the hunk at the recorded place: its text has another without names. */
static void
replay_place(const struct fold_proposal *p, cJSON *mark)
{
	const char *path = json_str_or(mark, "path", "");
	int64_t at = json_int(mark, "index", -1);

	EV_EACH(p, files, f) {
		if (strcmp(f->path, path) == 0 && at >= 0 &&
		    (size_t)at < f->hunks_len)
			json_set_take(mark, "hunk", cJSON_CreateString(
			    f->hunks[at].id));
	}
	cJSON_DeleteItemFromObjectCaseSensitive(mark, "path");
	cJSON_DeleteItemFromObjectCaseSensitive(mark, "index");
}

static cJSON *
replay_decide(const struct fold *fold, const cJSON *did)
{
	const cJSON *list = json_array(did, "marks");
	cJSON *marks, *mark;

	if (fold->proposal == NULL || list == NULL)
		return NULL;
	marks = cJSON_Duplicate(list, 1);
	cJSON_ArrayForEach(mark, marks)
		replay_place(fold->proposal, mark);
	return command_marks(fold->proposal,
	    COMMAND_DECISION, marks);
}

static cJSON *
replay_comment(const struct fold *fold, const cJSON *did)
{
	AUTO_JSON cJSON *at = cJSON_Duplicate(did, 1);

	if (fold->proposal == NULL)
		return NULL;
	replay_place(fold->proposal, at);
	return command_comment(fold->proposal, json_str_or(at, "hunk", ""),
	    (int)json_int(at, "line", 0), (int)json_int(at, "end_line", 0),
	    json_str_or(at, "text", ""));
}

static cJSON *
replay_same(const struct fold *f, const cJSON *did)
{
	(void)f;
	return cJSON_Duplicate(did, 1);
}

/* Without images and unsaved files. */
static cJSON *
replay_say(const struct fold *f, const cJSON *did)
{
	(void)f;
	return command_text("say", "text", json_str_or(did, "text", ""));
}

static cJSON *
replay_budget(const struct fold *f, const cJSON *did)
{
	cJSON *o;

	if (f->pause == NULL)
		return NULL;
	o = command_budget(f, json_str_or(did, "action", "?"), 0);
	json_copy(o, "more", json_get(did, "more"));
	return o;
}

static cJSON *
replay_plan(const struct fold *f, const cJSON *did)
{
	cJSON *o = command_plan(f, json_str_or(did, "action", "?"),
	    json_str(did, "word"));

	json_copy(o, "plan", json_get(did, "plan"));
	json_copy(o, "at", json_get(did, "at"));
	return o;
}

/* NULL if the session is elsewhere than it was. It answers no question. */
static cJSON *
replay_command(const struct replay *r, const cJSON *did)
{
	static const struct {
		const char	*type;
		cJSON		*(*make)(const struct fold *, const cJSON *);
	} rows[] = {
		{ "budget", replay_budget }, { "comment", replay_comment },
		{ "decide", replay_decide }, { "hide", replay_same },
		{ "include", replay_same }, { "new", replay_same },
		{ "plan", replay_plan }, { "propose", replay_same },
		{ "retry", replay_same }, { "say", replay_say },
		{ "set", replay_same }, { "undo", replay_same },
		{ "unqueue", replay_same },
	}, *row;

	row = MEM_FIND(rows, json_str(did, "type"));
	return row == NULL ? NULL : row->make(r->fold, did);
}

/* Is it time for what is next? Also if it is too late. */
static bool
replay_is_due(const struct replay *r)
{
	return r->next != NULL &&
	    json_int(r->next, "answers", -1) <= r->at.answers &&
	    (r->at.thinking || json_int(r->next, "after", 0) <= r->count);
}

static void
replay_act(struct replay *r)
{
	const cJSON *did;
	cJSON *o;

	if (!r->client.live || r->ended)
		return;
	/* The agent may wait for just what is next. */
	while (client_is_synced(&r->client) && r->next != NULL &&
	    (replay_is_due(r) || replay_rests(r))) {
		did = json_get(r->next, "command");
		r->next = r->next->next;
		o = replay_command(r, did);
		if (o != NULL)
			replay_send(r, o);
	}
	if (!client_is_synced(&r->client))
		return;
	/* The answer that the core waits for. */
	if (r->at.thinking && r->given <= r->at.answers)
		replay_answer_release(r->dir, ++r->given);
	/* Nobody will say anything more. */
	if (r->person && r->next == NULL && replay_rests(r)) {
		r->ended = true;
		(void)client_send(&r->client, command_of("end"));
	}
}

static void
replay_line(void *arg, const struct event *l)
{
	struct replay *r = arg;
	AUTO_JSON cJSON *event = recording_event(l, &r->at);

	r->count += event != NULL;
	r->lines += l->seq > 0 && l->type != EVENT_HELLO;
	if (l->type == EVENT_STATUS)
		r->rests = ev_is(l->status.state, "idle") ||
		    ev_is(l->status.state, "waiting");
	replay_act(r);
}

/* ---- a run ---- */

static cJSON *
replay_begin(const cJSON *recording, const char *root, const char *answers,
    const struct config *config)
{
	static const char start[] =
	    "{\"type\":\"start\",\"replay\":true,\"sandbox\":\"auto\","
	    "\"keep_alive\":false,\"model\":{\"provider\":\"replay\","
	    "\"name\":\"recording\",\"format\":\"replay\","
	    "\"base_url\":\"\"}}";
	struct err e = ERR_INIT;
	cJSON *o = json_parse(start, sizeof(start) - 1, JSON_NUL_REFUSE, &e);
	cJSON *m = cJSON_GetObjectItemCaseSensitive(o, "model");
	AUTO_JSON cJSON *same = recording_start(json_get(recording, "start"));
	const cJSON *it;

	cJSON_ArrayForEach(it, same)
		if (strcmp(it->string, "model") != 0 &&
		    strcmp(it->string, "mode") != 0)
			json_copy(o, it->string, it);
	/* In another mode a task without a person doesn't end. */
	json_add_str(o, "mode", json_is(same, "mode", "interactive") &&
	    json_bool(same, "person", false) ? "interactive" : "exec");
	json_copy(m, "facts", json_get(json_get(same, "model"), "facts"));
	config_start_limits(o, config);
	json_add_str(o, "root", root);
	json_add_str(o, "cwd", root);
	json_add_str(o, "home", getenv("HOME"));
	json_add_str(o, "path", getenv("PATH"));
	/* Nobody can be asked about each command, so level none won't do. */
	json_add_str(o, "sandbox_require", json_is(config->values,
	    "sandbox_require", "none") ? "D" : json_str(config->values,
	    "sandbox_require"));
	json_add_str(m, "replay_dir", answers);
	return o;
}

/* The folder of the session that was run, malloc'ed; NULL with *e and the exit
 * code. */
static char *
replay_session(const cJSON *recording, cJSON *start_take, const char *answers,
    int *code, struct err *e)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };
	static const struct client_ops ops = { .line = replay_line,
		.signals = signals };
	struct replay r = { .dir = answers, .quiet = -1 };
	struct client *c = &r.client;
	char *dir;

	r.person = json_bool(start_take, "person", false);
	r.next = json_get(recording, "user")->child;
	if (client_start(c, start_take, NULL, e) < 0)
		return NULL;
	r.fold = fold_new();
	client_open(c, r.fold, &ops, &r);
	client_run(c);
	dir = xstrdup_null(r.fold->dir);
	if (c->interrupts > 0) {
		*code = EXIT_INTERRUPTED;
		err_set(e, "interrupted");
	} else if (c->end != CLIENT_ENDED) {
		*code = c->end == CLIENT_REFUSED ? c->code : EXIT_ERROR;
		err_set(e, "%s", c->why);
	}
	(void)client_release(c);
	fold_free(r.fold);
	return dir;
}

static cJSON *
replay_in(cJSON *recording, const char *scratch, const char *from,
    const struct config *config, int *code, struct err *e)
{
	AUTO_FREE char *root = fs_join(scratch, "project");
	AUTO_FREE char *answers = fs_join(scratch, "answers");
	AUTO_FREE char *state = fs_join(scratch, "state"), *dir = NULL;
	AUTO_JSON cJSON *own = recording_unpack(recording, from, root, answers,
	    e);
	struct scrub *scrub;
	cJSON *events = NULL;

	if (own != NULL && setenv("XDG_STATE_HOME", state, 1) == 0)
		dir = replay_session(own, replay_begin(own, root, answers,
		    config), answers, code, e);
	if (!err_is_set(e)) {
		scrub = scrub_session(dir, root);
		events = record_events(dir, scrub, e);
		/* Words of it may be names here. */
		scrub_json(scrub, cJSON_GetObjectItemCaseSensitive(recording,
		    "events"));
		scrub_free(scrub);
	}
	return events;
}

/* The events of the run; they and those of the recording are scrubbed for this
 * user. A recording that names a commit finds it in the checkout `from`. NULL with
 * *code and *e. */
static cJSON *
replay_run(cJSON *recording, const char *from,
    const struct config *config, int *code, struct err *e)
{
	AUTO_FREE char *made = cmd_scratch("replay", e);
	AUTO_FREE char *scratch = made == NULL ? NULL : fs_realpath(made);
	AUTO_FREE char *state = xstrdup_null(getenv("XDG_STATE_HOME"));
	struct err ignored = ERR_INIT;
	cJSON *events;

	*code = EXIT_ERROR;
	if (scratch == NULL)
		return NULL;
	events = replay_in(recording, scratch, from, config, code, e);
	(void)(state == NULL ? unsetenv("XDG_STATE_HOME") :
	    setenv("XDG_STATE_HOME", state, 1));
	if (fs_remove_tree(AT_FDCWD, scratch, &ignored) < 0)
		cmd_say("can't remove %s: %s", scratch, ignored.text);
	return events;
}

static int
replay_one(const char *file, const struct cmd_args *a, const struct setup *s)
{
	AUTO_BUF struct buf diff = BUF_INIT(0), b = BUF_INIT(JSON_MAX_BYTES);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *recording = fs_read_file(AT_FDCWD, file, &b, &e) < 0 ?
	    NULL : recording_parse(buf_str(&b), b.len, &e);
	AUTO_FREE char *top = git_run_ask(".", "rev-parse", "--show-toplevel",
	    NULL, NULL);
	AUTO_JSON cJSON *events = NULL;
	bool differs;
	int code;

	if (recording == NULL)
		return cmd_fail(EXIT_USAGE, "%s: %s", file, e.text);
	events = replay_run(recording, top == NULL ? "." : top, s->config,
	    &code, &e);
	if (events == NULL)
		return cmd_fail(code == EXIT_DONE ? EXIT_ERROR : code,
		    "%s: %s", file, e.text);
	differs = replay_diff(json_get(recording, "events"), events, &diff);
	if (a->update && differs) {
		json_copy(recording, "events", events);
		if (replay_write(file, recording, &e) < 0)
			return cmd_fail_err(&e);
	}
	if (!differs)
		print_words(stdout, "%s: the same", file);
	else {
		print_words(stdout, "%s: differs%s", file,
		    a->update ? "; recorded anew" : "");
		print_words(stdout, "--- recorded");
		print_words(stdout, "+++ replayed");
		print_lines(stdout, diff.p, diff.len);
	}
	fflush(stdout);
	return !differs || a->update ? EXIT_DONE : EXIT_ERROR;
}

int
cmd_replay(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	int code, worst = EXIT_DONE;
	size_t i;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "replay needs a recording");
	/* Of the configuration: what the sandbox must be, and the limits. */
	if ((code = setup_config(&s, a, "demo")) != 0)
		return code;
	for (i = 0; i < a->operands_len && code != EXIT_INTERRUPTED; i++) {
		code = replay_one(a->operands[i], a, &s);
		if (worst == EXIT_DONE || code == EXIT_INTERRUPTED)
			worst = code;
	}
	return worst;
}
