/* See session-client.h. */

#include "config.h"

#include "cmd/session-client.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/exec.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "git/worktrees.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"
#include "journal/session.h"

static const char *const half_applied_hows[] = { "finish", "undo", "leave" };

/*
 * A session whose core died while it wrote files.  The core's
 * program, which can hash, checks which of them are written.
 */

static bool
half_applied_is(const struct session_info *s)
{
	return !s->alive && s->says == SESSION_APPLIES;
}

/* Ask one assent-core about all of them: an answer for each half-applied one, in
 * order. */
static cJSON *
half_applied_look_all(const struct session_info *v, size_t n, struct err *e)
{
	AUTO_FREE const char **args = xcalloc(n + 2, sizeof(*args));
	cJSON *o = NULL;
	size_t i, len = 1;

	args[0] = "stopped";
	for (i = 0; i < n; i++)
		if (half_applied_is(&v[i]) &&
		    (args[len] = session_dir(v[i].id, e)) != NULL)
			len++;
	if (len > 1)
		o = client_ask_core(args, NULL, 0, e);
	while (len > 1)
		free((char *)(uintptr_t)args[--len]);
	return o;
}

static void
half_applied_read(struct half_applied *s, const cJSON *o)
{
	s->files = json_int(o, "files", 0);
	s->written = json_int(o, "written", 0);
	s->open = json_int(o, "open", 0);
	s->known = json_int(o, "tx", 0) > 0;
	snprintf(s->words, sizeof(s->words), "stopped while applying, "
	    "%lld of %lld file%s written", (long long)s->written,
	    (long long)s->files, s->files == 1 ? "" : "s");
}

int
half_applied_look(const char *id, struct half_applied *s, struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	AUTO(session_info_release) struct session_info info = { 0 };
	const cJSON *it;

	memset(s, 0, sizeof(*s));
	if (!session_look(id, &info) || !half_applied_is(&info))
		return 0;
	o = half_applied_look_all(&info, 1, e);
	it = cJSON_GetArrayItem(json_array(o, "sessions"), 0);
	if (err_is_set(e))
		return -1;
	if (it == NULL || json_str(it, "error") != NULL)
		return err_set(e, "%s", json_str_or(it, "error",
		    "the files can't be checked"));
	half_applied_read(s, it);
	return 0;
}

void
half_applied_list(struct session_info *v, size_t n)
{
	struct half_applied s;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = half_applied_look_all(v, n, &e);
	const cJSON *it = json_array(o, "sessions");
	size_t i;

	it = it == NULL ? NULL : it->child;
	for (i = 0; i < n && it != NULL; i++) {
		if (!half_applied_is(&v[i]))
			continue;
		half_applied_read(&s, it);
		if (s.known)
			xstrset(&v[i].stopped, s.words);
		it = it->next;
	}
}

/* Are some files written and some not? */
static bool
half_applied_is_half(const struct half_applied *s)
{
	return s->known && s->written > 0 && s->open > 0;
}

/* NULL: no valid answer. */
static const char *
half_applied_answer(const char *id, const struct half_applied *s)
{
	const char *how = NULL;
	size_t i;

	cmd_say("session %s %s. finish: write the rest. undo: restore the "
		"written files. leave: keep them and review the rest again.",
	    id, s->words);
	while (how == NULL) {
		AUTO_FREE char *line = ask_line("finish, undo or leave?");

		if (line == NULL || line[0] == '\0' || strcmp(line, "q") == 0) {
			break;
		}
		for (i = 0; i < MEM_COUNT(half_applied_hows); i++)
			if (strcmp(line, half_applied_hows[i]) == 0 ||
			    (line[1] == '\0' &&
				line[0] == half_applied_hows[i][0]))
				how = half_applied_hows[i];
	}
	return how;
}

/*
 * Before starting a core for this session: tell the user, and ask on a terminal
 * unless --recover is given. *how is finish, undo, leave, or NULL if nothing is
 * half-written. 0, or the exit code after printing the error.
 */
static int
half_applied_ask(const char *id, const struct cmd_args *a, const char **how,
    struct half_applied *s)
{
	struct err e = ERR_INIT;
	const char *const *said = MEM_FIND(half_applied_hows, a->recover);

	*how = said == NULL ? NULL : *said;
	if (a->recover != NULL && *how == NULL)
		return cmd_fail(EXIT_USAGE,
		    "--recover %.40s: must be finish, undo or "
		    "leave",
		    a->recover);
	if (half_applied_look(id, s, &e) < 0)
		return cmd_fail_err(&e);
	/* Other things can be left, too. */
	if (!half_applied_is_half(s) && (*how == NULL || strcmp(*how,
	    "leave") != 0))
		*how = NULL;
	if (!s->known)
		return 0;
	if (!half_applied_is_half(s)) {
		cmd_say("session %s %s%s", id, s->words,
		    s->open > 0 ? "; nothing more is written without a "
		    "new decision" : "");
		return 0;
	}
	if (*how == NULL && headless_person() &&
	    (*how = half_applied_answer(id, s)) == NULL)
		return cmd_fail(EXIT_WAITS, "session %s %s; nothing changed",
		    id, s->words);
	if (*how == NULL)
		return cmd_fail(EXIT_WAITS,
		    "session %s %s; use --recover finish (write "
		    "the rest), undo (restore the written files) or leave "
		    "(keep "
		    "them, review the rest again)",
		    id, s->words);
	return 0;
}

#define ANSWER_MS	2000	/* before it counts as slow */
#define LEAVING_MS	5000
#define LEAVING_STEP_MS	10

/* The work may be in worktrees, each of which is a project of its own. */
static void
session_client_worktrees(const char *root)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	struct err e = ERR_INIT;

	if (root != NULL && worktrees_list(&l, root, &e) == 0 && l.len > 0)
		cmd_say("assent ls --all lists those of its worktrees, too");
}

int
session_named(const struct cmd_args *a, char **id)
{
	AUTO(setup_release) struct setup project = { 0 };
	struct err e = ERR_INIT;
	int code;

	*id = NULL;
	if (a->operands_len == 0 && (code = setup_project(&project, a)) != 0)
		return code;
	*id = session_resolve(a->operands_len > 0 ? a->operands[0] : NULL,
	    project.root, &e);
	if (*id != NULL)
		return 0;
	code = cmd_fail(EXIT_USAGE, "%s", e.text);
	session_client_worktrees(project.root);
	return code;
}

int
session_client_find(struct session_client *r, const struct cmd_args *a)
{
	AUTO_FREE char *dir = NULL;
	AUTO_JSON cJSON *line = NULL;
	AUTO_EVENT struct event first = { 0 };
	struct err e = ERR_INIT;
	int code;

	memset(r, 0, sizeof(*r));
	if ((code = session_named(a, &r->id)) != 0)
		return code;
	if (session_check(r->id, &e) == 0 &&
	    (dir = session_dir(r->id, &e)) != NULL)
		line = session_first_line(dir, &e);
	event_read(&first, line);
	event_keep(&r->first, line == NULL ? NULL : &first);
	return line == NULL ? cmd_fail(EXIT_USAGE, "%s", e.text) : 0;
}

/* The last line that changes the model. */
static void
session_client_model_past(void *arg, const char *line, size_t n)
{
	static const char mark[] = "\"type\":\"model\"";
	struct session_client *r = arg;
	AUTO_JSON cJSON *o = NULL;
	AUTO_EVENT struct event l = { 0 };

	if (memmem(line, n < 256 ? n : 256, mark, sizeof(mark) - 1) == NULL)
		return;
	o = json_parse(line, n, JSON_OWN, NULL);
	event_read(&l, o);
	if (l.type != EVENT_MODEL || !cJSON_IsObject(l.model.model) ||
	    l.model.failover || l.model.route != NULL)
		return;
	cJSON_Delete(r->model);
	r->model = cJSON_Duplicate(l.model.model, 1);
	r->first->session_start.model = r->model;
}

static int
session_client_model_line(void *arg, const char *line, size_t n,
    struct err *e UNUSED)
{
	session_client_model_past(arg, line, n);
	return 0;
}

static void
session_client_add_model(struct buf *b, const cJSON *m)
{
	buf_addf(b, "%s%s/%s", b->len > 0 ? "," : "",
	    json_str_or(m, "provider", "?"), json_str_or(m, "name", "?"));
}

/* The session's model, or one for a session without a model.  Looking at the
 * session needs none. */
static int
session_client_model(struct session_client *r, const struct cmd_args *a)
{
	const struct ev_session_start *first = &r->first->session_start;
	int code;

	if (!ev_mode_has_model(first->mode) || (cmd_flag(a, "model") == NULL &&
	    (json_str(first->model, "answers") != NULL ||
	    json_is(first->model, "format", "replay"))))
		return 0;
	r->setup.again = true;
	r->setup.other_model = cmd_flag(a, "model") != NULL;
	if (r->setup.other_model)
		return setup_model(&r->setup, true);
	code = setup_model(&r->setup, false);
	if (code != 0 && !r->setup.has_model) {
		cmd_say(r->setup.agent_name == NULL ? "opening the session "
		    "without its model; /model chooses another" :
		    "opening the session without its agent");
		code = 0;
	}
	return code;
}

/* The user's flags, followed by the session's settings. */
struct session_client_flags {
	struct config_flag	*v;
	size_t			 len;
	cJSON			*texts;		/* of the session's */
};

static void
session_client_flags_add(
    struct session_client_flags *f, const char *setting, const char *text)
{
	cJSON *kept = cJSON_CreateString(text);

	cJSON_AddItemToArray(f->texts, kept);
	*GROW_ADD(f->v, f->len) = (struct config_flag){ .setting = setting,
	    .flag = "the session", .text = kept->valuestring };
}

/* The session's models, as if set by flags. */
static void
session_client_flags_models(struct session_client_flags *f,
    const struct session_client *r, const struct cmd_args *a)
{
	/* An older session may have others. */
	static const char *const parts[] = { "execute", "explore", "plan",
		"review" };
	const struct ev_session_start *first = &r->first->session_start;
	const cJSON *it;
	AUTO_BUF struct buf spec = BUF_INIT(0);
	AUTO_JSON cJSON *phases = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;

	if (cmd_flag(a, "model") == NULL) {
		session_client_add_model(&spec, first->model);
		cJSON_ArrayForEach(it, json_array(first->settings,
		    "failover"))
			session_client_add_model(&spec, it);
		session_client_flags_add(f, "model", buf_str(&spec));
	}
	cJSON_ArrayForEach(it, json_get(first->settings, "routes")) {
		if (MEM_FIND(parts, it->string) == NULL)
			continue;
		buf_clear(&spec);
		session_client_add_model(&spec, it);
		json_add_str(cJSON_AddObjectToObject(phases, it->string),
		    "model", buf_str(&spec));
	}
	if (phases->child != NULL) {
		text = json_print(phases);
		session_client_flags_add(f, "phases", text);
	}
}

static bool
session_client_was_tree(const char *root)
{
	AUTO_FREE char *dir = data_dir("worktrees", NULL);

	return dir != NULL && fs_is_below(root, dir);
}

int
session_client_setup(
    struct session_client *r, const struct cmd_args *a, unsigned what)
{
	bool model = (what & SESSION_MODEL) != 0;
	struct half_applied stopped;
	struct err e = ERR_INIT;
	const struct ev_session_start *first = &r->first->session_start;
	AUTO_FREE char *dir = session_dir(r->id, NULL);
	struct cmd_args with = *a;
	struct session_client_flags flags = { 0 };
	struct setup *s = &r->setup;
	int code;

	if ((what & SESSION_RECOVER) != 0) {
		code = half_applied_ask(r->id, a, &r->recover, &stopped);
		if (code != 0)
			return code;
		r->stopped = stopped.known;
	}
	/* The core reports an unreadable journal. */
	if (model && r->past != NULL)
		past_each(r->past, session_client_model_past, r);
	else if (model && dir != NULL)
		(void)log_lines(dir, session_client_model_line, r, NULL, &e);
	s->recorded = first;
	s->root = xstrdup_null(first->root);
	if (s->root != NULL) {
		(void)spawn_path_without(s->root);
		s->alias = project_alias(s->root, NULL);
	}
	s->cwd = xstrdup_null(first->cwd);
	if (s->root != NULL && access(s->root, F_OK) != 0)
		return cmd_fail(EXIT_ERROR,
		    "the session's project %s doesn't exist any more%s",
		    s->root, session_client_was_tree(s->root) ? ": its "
		    "worktree was removed; git revert takes back what was "
		    "merged" : "");
	flags.texts = cJSON_CreateArray();
	flags.len = a->flags_len;
	GROW_BY(flags.v, 0, a->flags_len + 1);
	if (a->flags_len > 0)
		memcpy(flags.v, a->flags, a->flags_len * sizeof(*flags.v));
	if (cJSON_IsObject(first->model))
		session_client_flags_models(&flags, r, a);
	with.flags = flags.v;
	with.flags_len = flags.len;
	code = setup_config(s, &with, "interactive");
	r->rests = r->rests || !model;
	if (code == 0 && model)
		code = session_client_model(r, a);
	if (code == 0 && model)
		code = setup_processes(s);
	free(flags.v);
	cJSON_Delete(flags.texts);
	return code;
}

static cJSON *
session_client_start(const struct session_client *r, const struct cmd_args *a,
    bool keep_alive)
{
	const char *mode = ev_str(r->first->session_start.mode, "interactive");
	const struct setup_task task = { .person = true,
		.keep_alive = keep_alive };
	cJSON *o = setup_start(&r->setup, mode, &task);

	/* A headless session continues in the UI; a `try` has only its
	 * proposal, no model. */
	if (ev_mode_has_model(mode))
		json_set_take(o, "mode", cJSON_CreateString("interactive"));
	JSON_ADD_TEXTS(o, "session", r->id, "recover", r->recover);
	if (r->redecide)
		json_add_bool(o, "redecide", true);
	if (r->rests)
		json_add_bool(o, "rests", true);
	if (cmd_flag(a, "model") != NULL)
		json_add_bool(o, "override_model", true);
	if (cmd_flag(a, "sandbox") != NULL)
		json_add_bool(o, "override_sandbox", true);
	return o;
}

/* Switches a running session to the flag's model, and one without a model to
 * the configured one. */
static void
session_client_say_model(struct client *c, const struct session_client *r,
    const struct cmd_args *a)
{
	if (r->setup.has_model && (cmd_flag(a, "model") != NULL ||
	    !cJSON_IsObject(r->first->session_start.model)))
		(void)client_send(c, command_model(
		    config_start_model(&r->setup.model),
		    r->setup.model.key, r->setup.model.headers));
}

/* Wait up to `ms` for its first byte: 1, also if it is only slow; 0 if it hung
 * up (an idle core was just exiting); -1 with *e if it is stopped. */
static int
session_client_is_answered(struct client *c, int ms, struct err *e)
{
	struct pollfd p = { client_fd(c), POLLIN, 0 };
	char byte;

	if (poll(&p, 1, ms) <= 0)
		return client_check_stopped(c, false, e) < 0 ? -1 : 1;
	return recv(p.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* An idle core without clients exits, maybe just now: then wait for its lock.
 */
int
session_client_connect(struct client *c, const struct session_client *r,
    const struct cmd_args *a, bool keep_alive, struct err *e)
{
	int64_t due = clock_mono_ms() + LEAVING_MS;
	int answered;

	while (session_is_alive(r->id)) {
		client_release(c);
		if (client_attach(c, r->id, setup_hello(&r->setup), e) == 0) {
			answered = session_client_is_answered(c, ANSWER_MS, e);
			if (answered > 0) {
				session_client_say_model(c, r, a);
				return 0;
			}
			client_release(c);
			if (answered < 0)
				return -1;
			err_set(e,
			    "the background process of session %s disconnected",
			    r->id);
		}
		if (clock_mono_ms() >= due)
			return -1;
		(void)poll(NULL, 0, LEAVING_STEP_MS);
	}
	*e = (struct err)ERR_INIT;
	return client_start(c, session_client_start(r, a, keep_alive),
	    setup_hello(&r->setup), e);
}

static void
session_fold_line(void *fold, const struct event *l)
{
	fold_event(fold, l);
}

int
session_fold(const char *id, struct fold *f, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);

	return dir == NULL ? -1 : log_events(dir, session_fold_line, f,
	    e);
}

void
session_client_release(struct session_client *r)
{
	event_drop(&r->first);
	cJSON_Delete(r->model);
	free(r->id);
	past_free(r->past);
	setup_release(&r->setup);
}
