/*
 * Opens the full-screen UI or plain mode: for a new session, a running one, or
 * one whose core is started again from the journal.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/plain.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "policy/net-allow.h"
#include "ui/app/app.h"

/* Panes or plain lines? */
static bool
screen_is_plain(const struct cmd_args *a)
{
	return a->plain || plain_is_needed();
}

bool
cmd_has_screen(const struct cmd_args *a)
{
	return headless_person() && !screen_is_plain(a) && app_can_run(NULL);
}

int
screen_needed(const struct cmd_args *a)
{
	struct err e = ERR_INIT;

	if (!headless_person())
		return cmd_fail(EXIT_USAGE, "%s needs a terminal; use "
		    "assent exec or assent log", screen_is_plain(a) ?
		    "plain mode" : "the full-screen UI");
	if (screen_is_plain(a))
		return 0;
	/* Check before a core is started that no terminal would show. */
	if (!app_can_run(&e))
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	return 0;
}

static int
screen_add_host(cJSON *saved, void *host, struct err *e)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(saved, "net_allow");
	AUTO(net_allow_release) struct net_allow l = { NULL, 0 };

	if (net_allow_add(&l, host, "config", e) < 0)
		return -1;
	if (json_has(list, l.v[0].text))
		return 0;
	if (cJSON_GetArraySize(list) >= NET_ALLOW_MAX)
		return err_set(e, "net_allow: must have at most %d entries",
		    NET_ALLOW_MAX);
	if (list == NULL)
		list = cJSON_AddArrayToObject(saved, "net_allow");
	cJSON_AddItemToArray(list, cJSON_CreateString(l.v[0].text));
	return 1;
}

static int
screen_save_host(void *arg, const char *host, struct err *e)
{
	const struct setup *s = arg;
	AUTO_FREE char *entry = xstrdup(host);

	return config_save(s->config, screen_add_host, entry, e) < 0 ? -1 : 0;
}

/* The options that both callers share; then print the id of a session that
 * outlives the UI. */
static int
screen_run(struct client *c, const struct cmd_args *a, struct setup *s,
    struct ui_options *u, enum ui_end *how)
{
	AUTO_FREE char *state = session_state_dir(NULL);
	AUTO_FREE char *history =
	    state == NULL ? NULL : fs_join(state, "history");
	AUTO_FREE char *kept = state == NULL ? NULL : fs_join(state, "screen");
	int code;

	u->save_arg = s;
	u->save_host = s->config->path == NULL ? NULL :
	    screen_save_host;
	u->client = c;
	u->history = history;
	u->view_file = kept;
	u->end = how;
	u->commits = s->branch.when;
	u->branch = s->branch.name;
	u->in_git = s->root != NULL && project_has_git(s->root);
	setup_likes(s, &u->likes);
	setup_models(s, &u->models);
	s->config->quiet = !screen_is_plain(a);
	code = screen_is_plain(a) ? plain_run(c, u) : app_run(u);
	if (*how != UI_ENDED)
		c->pid = 0;
	client_release(c);
	return code;
}

/* The way from one session to another, in the same terminal. */
struct screen_way {
	char	*to;		/* where keys lead, "" to the list; or NULL */
	char	*from;		/* which was left for it, */
	char	*back;		/* and the one before that; or NULL */
	bool	 walks;		/* the user came by a key, or the list */
	bool	 inbox;		/* --inbox */
};

static void
screen_way_release(struct screen_way *w)
{
	FREE_ALL(w->to, w->from, w->back);
}

static int	screen_go(struct screen_way *, bool home);

/* A session that begins when its screen is there: what its start takes from the
 * user's git and folders is read only then. */
struct screen_later {
	struct client	*client;
	struct setup	*setup;
	cJSON		*start;		/* the client's */
};

static bool
screen_later(void *arg, bool wait)
{
	struct screen_later *l = arg;

	if (!setup_own(l->setup, l->start, wait))
		return false;
	client_go(l->client);
	return true;
}

/* Start the session, and show it unless it is to be detached. */
static int
screen_begin(struct client *c, const struct cmd_args *a, struct setup *s,
    const struct bindings *bindings, cJSON *start_take)
{
	AUTO(screen_way_release) struct screen_way w = { .to = NULL };
	struct screen_later l = { c, s, start_take };
	struct ui_options u = { .other = &w.to, .left = &w.from,
		.walks = &w.walks, .bindings = bindings, .root = s->root,
		.begin = screen_later, .begin_arg = &l };
	enum ui_end how = UI_NO_SCREEN;
	struct err e = ERR_INIT;
	int code;

	c->early = cJSON_CreateArray();
	if (client_start(c, start_take, setup_hello(s), &e) < 0)
		return cmd_fail_err(&e);
	if (a->detach || screen_is_plain(a))
		(void)screen_later(&l, true);
	if (a->detach)
		return cmd_detach(c);
	code = screen_run(c, a, s, &u, &how);
	/* The settings of others stay as they are: the flags were for a new
	 * one. */
	return w.to == NULL ? code : screen_go(&w, false);
}

int
cmd_screen(const struct cmd_args *a)
{
	AUTO(client_release) struct client c = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	struct err e = ERR_INIT;
	AUTO_FREE char *task = NULL;
	cJSON *start, *images;
	int code;

	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* The core loads its libraries while the configuration is read. */
	(void)client_spawn(&c, NULL);
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if (cmd_task(a, a->detach && a->operands_len > 0, &task, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a->detach && task == NULL)
		return cmd_fail(EXIT_USAGE, "--detach needs a task: assent "
		    "--detach 'fix the failing test'");
	if ((bindings = setup_bindings(&s)) == NULL)
		return EXIT_USAGE;
	s.screen = !screen_is_plain(a);
	/* Only a task needs a model. */
	code = setup_model(&s, task != NULL);
	if (code != 0 || (!a->detach && (code = screen_needed(a)) != 0) ||
	    (code = setup_processes(&s)) != 0 ||
	    (code = branch_make(a, s.root, NULL, false)) != 0)
		return code;
	if (!ask_images(task == NULL ? "" : task, s.root, &images)) {
		cJSON_Delete(images);
		return cmd_fail(EXIT_USAGE, "not started");
	}
	start = setup_start(&s, "interactive", &(struct setup_task){
	    .text = task, .person = true, .keep_alive = true,
	    .later = true });
	if (images != NULL)
		json_set_take(start, "outside", images);
	return screen_begin(&c, a, &s, bindings, start);
}

int
cmd_begin(const struct cmd_args *a, struct setup *s, cJSON *start_take)
{
	AUTO(client_release) struct client c = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = setup_bindings(s);
	int code = bindings == NULL ? EXIT_USAGE : a->detach ? EXIT_DONE :
	    screen_needed(a);

	if (code != 0) {
		cJSON_Delete(start_take);
		return code;
	}
	return screen_begin(&c, a, s, bindings, start_take);
}

/* Read the lines for the screen. */
static void
screen_past(struct session_client *r)
{
	AUTO_FREE char *dir = session_dir(r->id, NULL);

	r->setup.cut = true;
	if (dir != NULL && (r->past = past_open(dir)) != NULL)
		r->setup.from = r->past->last + 1;
}

/* Attach to it, once its core runs, instead of `held`, our client of it. */
static int
screen_attach(const struct cmd_args *a, struct client *held,
    struct screen_way *w, const struct headless_result *looks,
    enum ui_end *how)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	AUTO(client_release) struct client c = { 0 };
	struct err e = ERR_INIT;
	struct session_info s = { 0 };
	struct ui_options u = { .past = &r.past,
		.looks = looks != NULL && looks->looks,
		.asks = looks != NULL && looks->asks,
		.after_command = looks != NULL && looks->after_command };
	int code;

	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = screen_needed(a)) != 0)
		return code;
	u.ended = session_look(r.id, &s) && s.state.ended;
	session_info_release(&s);
	if (!session_is_alive(r.id))
		(void)client_spawn(&c, NULL);
	else if (cmd_flag(a, "net_allow") != NULL)
		return cmd_fail(EXIT_USAGE, "session %s is running: allow the "
		    "host when it asks, or end the session and resume it "
		    "with --net", r.id);
	else if (cmd_flag(a, "forward") != NULL || cmd_flag(a, "sandbox") !=
	    NULL)
		return cmd_fail(EXIT_USAGE, "session %s is running: end it, "
		    "and resume it with --%s", r.id, cmd_flag(a, "forward") ==
		    NULL ? "sandbox" : "forward");
	/* Plain mode prints whole lines, which the core sends. */
	if (!screen_is_plain(a))
		screen_past(&r);
	if ((code = session_client_setup(&r, a, SESSION_MODEL |
	    SESSION_RECOVER)) != 0)
		return code;
	if ((bindings = setup_bindings(&r.setup)) == NULL)
		return EXIT_USAGE;
	if (session_client_connect(&c, &r, a, true, &e) < 0)
		return cmd_fail_err(&e);
	if (held->io != NULL) {
		c.pid = held->pid;
		held->pid = 0;
		client_release(held);
	}
	if (w != NULL) {
		FREE_SET(w->back, w->from);
		w->from = NULL;
		FREE_NULL(w->to);
		u.other = &w->to;
		u.left = &w->from;
		u.keys = w->walks;
		u.inbox = w->inbox;
		w->walks = false;
		u.walks = &w->walks;
	}
	u.session = r.id;
	u.bindings = bindings;
	return screen_run(&c, a, &r.setup, &u, how);
}

static int
screen_go(struct screen_way *w, bool home)
{
	struct cmd_args a = { .operands_len = 1 };
	struct client held = { 0 };
	AUTO_FREE char *to = NULL;
	enum ui_end how;
	int code;

	for (;;) {
		FREE_SET(to, w->to);
		w->to = NULL;
		if (to == NULL || to[0] == '\0') {
			w->walks = true;
			a.operands_len = 0;
			if ((code = inbox_choose(&a, &w->to)) != 0)
				return code;
			/* Back to where the list was opened. */
			if (w->to == NULL && (home || w->from == NULL))
				return EXIT_DONE;
			if (w->to == NULL) {
				FREE_SET(w->to, w->from);
				w->from = w->back;
				w->back = NULL;
			}
			continue;
		}
		a.operands = &to;
		a.operands_len = 1;
		how = UI_NO_SCREEN;
		code = screen_attach(&a, &held, w, NULL, &how);
		/* It can't be opened, for a reason that the list would hide. */
		if (how == UI_NO_SCREEN || how == UI_CORE_GONE) {
			cmd_pause();
			if (w->from == NULL) {
				w->from = w->back;
				w->back = NULL;
			}
		} else if (how != UI_OTHER && (!home || code > 128))
			return code;
	}
}

int
screen_walk(void)
{
	AUTO(screen_way_release) struct screen_way w = { .to = NULL };

	return screen_go(&w, true);
}

/* HOST:ID, or HOST: for the list there. */
static int
screen_elsewhere(const struct cmd_args *a)
{
	AUTO_FREE char *host = xstrdup(a->operands[0]);
	char *id = strrchr(host, ':');

	if (a->flags_len > 0 || a->plain || a->recover != NULL ||
	    a->grep != NULL)
		return cmd_fail(EXIT_USAGE, "options aren't sent to another "
		    "host: ssh -t %.*s assent resume ...", (int)(id - host),
		    host);
	*id++ = '\0';
	return inbox_ssh(host, "resume", *id == '\0' ? NULL : id);
}

int
cmd_resume(const struct cmd_args *a)
{
	struct cmd_args named = *a;
	struct client held = { 0 };
	enum ui_end how = UI_NO_SCREEN;
	AUTO(screen_way_release) struct screen_way w = { .to = NULL };
	AUTO_FREE char *id = NULL;
	int code;

	if (a->operands_len == 1 && strrchr(a->operands[0], ':') != NULL)
		return screen_elsewhere(a);
	/* If there is neither a screen nor a name, resume the project's last
	 * session. */
	if (a->operands_len == 0 && headless_person() && !screen_is_plain(a)) {
		if ((code = session_pick(a, &id)) != 0)
			return code;
		if (id != NULL) {
			named.operands = &id;
			named.operands_len = 1;
		}
	} else if (a->grep != NULL)
		return cmd_fail(EXIT_USAGE, "--grep is for a list on a screen; "
		    "assent ls --grep prints one");
	w.inbox = a->inbox;
	code = screen_attach(&named, &held, &w, NULL, &how);
	return w.to == NULL ? code : screen_go(&w, false);
}

int
cmd_review(struct client *c, struct headless_result *r)
{
	struct cmd_args a = { .operands = &r->session, .operands_len = 1 };
	enum ui_end how = UI_NO_SCREEN;
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	struct review waiting = { .fold = f };
	AUTO_JSON cJSON *line = NULL;
	AUTO_EVENT struct event end = { 0 };
	bool waits;
	int code = screen_attach(&a, c, NULL, r, &how);

	client_release(c);
	if (session_fold(r->session, f, &e) < 0)
		code = cmd_fail_err(&e);
	review_update_waits(&waiting);
	waits = waiting.waiting > 0 || waiting.fold->proposal != NULL;
	if (how == UI_ENDED || (how == UI_DETACHED && code == EXIT_DONE))
		code = waits ? EXIT_WAITS : f->ended &&
		    strcmp(f->mode, "try") == 0 ? f->end.exit : EXIT_DONE;
	line = EVENT_LINE(agent_end,
	    .decided = EV_IS(waits ? 0 : f->end.decided),
	    .rejected = EV_IS(f->end.rejected));
	event_read(&end, line);
	event_keep(&r->end, &end);
	fold_free(f);
	return code;
}
