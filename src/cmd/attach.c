/*
 * The screen: opened for a new session, attached to a living one, or on a core
 * that is started again from the journal of a dead one.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/client.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"
#include "cmd/setup.h"
#include "journal/session.h"
#include "ui/ui.h"

#define ANSWER_MS	2000	/* then the screen waits for it */
#define LEAVING_MS	5000
#define LEAVING_STEP_MS	10
#define FIRST_LINE_MAX ((size_t)4 << 20)

static int
screen_needed(void)
{
	struct err e = ERR_INIT;

	if (!headless_person())
		return cmd_fail(EXIT_USAGE, "the screen needs a terminal; "
		    "without one: assent exec, assent log");
	/* Before a core is started that nobody would watch. */
	if (!ui_can_run(&e))
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	return 0;
}

/* A session that outlives the screen is told by its id. */
static int
screen_run(struct client *c, bool task_given, const char *id)
{
	enum ui_end how = UI_NO_SCREEN;
	struct ui_options u = {
		.io = c->io, .session = id, .task_given = task_given,
		.end = &how,
	};
	int code = ui_run(&u);

	client_release(c, how == UI_ENDED);
	return code;
}

int
cmd_screen(const struct cmd_args *a)
{
	struct client c = { 0 };
	struct setup s = { 0 };
	struct err e = ERR_INIT;
	char *task = NULL;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "interactive")) != 0)
		goto out;
	if (cmd_task(a, false, &task, &e) < 0) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	if ((code = setup_model(&s)) != 0 || (code = screen_needed()) != 0)
		goto out;
	if (client_start(&c, setup_start(&s, "interactive", task, true, true),
	    setup_key(&s), &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	code = screen_run(&c, task != NULL, NULL);
out:
	free(task);
	setup_release(&s);
	return code;
}

/* The first line of a session's journal; NULL with *e. */
static cJSON *
attach_first_line(const char *id, struct err *e)
{
	struct buf b = BUF_INIT(FIRST_LINE_MAX);
	char *dir = session_dir(id, e), *path;
	const char *nl;
	cJSON *o = NULL;
	int fd;

	if (dir == NULL)
		return NULL;
	path = fs_join(dir, "journal.jsonl");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Only the beginning matters; a longer file fills the buffer. */
	if (fd < 0)
		err_sys(e, "cannot open %s", path);
	else {
		(void)fs_read_all(fd, &b);
		nl = b.p == NULL ? NULL : memchr(b.p, '\n', b.len);
		if (nl == NULL)
			err_set(e, "%s has no first line", path);
		else
			o = json_parse(b.p, (size_t)(nl - b.p),
			    JSON_NUL_REPLACE, e);
		close(fd);
	}
	buf_release(&b);
	free(path);
	free(dir);
	return o;
}

/*
 * Configuration and key for a session that has its model already: the recorded
 * one, unless a flag names another.
 */
static int
attach_setup(struct setup *s, const struct cmd_args *a, const cJSON *first)
{
	const cJSON *m = json_get(first, "model");
	struct cmd_args with = *a;
	struct config_flag flag = { .setting = "model", .flag = "the session" };
	char *spec = NULL;
	int code;

	s->root = xstrdup_null(json_str(first, "root"));
	s->cwd = xstrdup_null(json_str(first, "cwd"));
	if (s->root != NULL && access(s->root, F_OK) != 0)
		return cmd_fail(EXIT_ERROR, "the session's project %s is gone",
		    s->root);
	if (cmd_flag(a, "model") == NULL && cJSON_IsObject(m)) {
		spec = xasprintf("%s/%s", json_str_or(m, "provider", "?"),
		    json_str_or(m, "name", "?"));
		flag.text = spec;
		with.flags = &flag;
		with.flags_len = 1;
	}
	code = setup_config(s, &with, "interactive");
	if (code == 0 && cJSON_IsObject(m) &&
	    strcmp(json_str_or(m, "format", ""), "replay") != 0)
		code = setup_model(s);
	free(spec);
	return code;
}

static cJSON *
attach_start(const struct setup *s, const char *id, const cJSON *first,
    bool other_model)
{
	const char *mode = json_str_or(first, "mode", "interactive");
	cJSON *o = setup_start(s, mode, NULL, true, true);

	/* What was begun without the screen goes on with it; a `try` has no
	 * model to go on with, only its proposal. */
	if (strcmp(mode, "try") != 0)
		json_set_take(o, "mode", cJSON_CreateString("interactive"));
	json_add_str(o, "session", id);
	if (other_model)
		json_add_bool(o, "override_model", true);
	return o;
}

/*
 * To the living core, or to a new one. A core that nobody looks at leaves when
 * it has nothing to do, maybe just now: then its lock is waited for.
 */
static int
attach_connect(struct client *c, const char *id, const struct setup *s,
    cJSON *start_take, struct err *e)
{
	int64_t due = clock_mono_ms() + LEAVING_MS;

	while (session_is_alive(id)) {
		if (client_attach(c, id, setup_key(s), e) == 0) {
			if (client_is_answered(c, ANSWER_MS)) {
				cJSON_Delete(start_take);
				return 0;
			}
			client_release(c, false);
			err_set(e, "the core of session %s hung up", id);
		}
		if (clock_mono_ms() >= due) {
			cJSON_Delete(start_take);
			return -1;
		}
		(void)poll(NULL, 0, LEAVING_STEP_MS);
	}
	err_clear(e);
	return client_start(c, start_take, setup_key(s), e);
}

static int
attach_run(const struct cmd_args *a)
{
	struct setup project = { 0 }, s = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	cJSON *first = NULL;
	char *id = NULL;
	int code = 0;

	if (a->operands_len == 0 && (code = setup_project(&project, a)) != 0)
		goto out;
	id = session_resolve(a->operands_len > 0 ? a->operands[0] : NULL,
	    project.root, &e);
	if (id == NULL || (first = attach_first_line(id, &e)) == NULL) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	if ((code = screen_needed()) != 0 ||
	    (code = attach_setup(&s, a, first)) != 0)
		goto out;
	code = attach_connect(&c, id, &s, attach_start(&s, id, first,
	    cmd_flag(a, "model") != NULL), &e);
	if (code < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	code = screen_run(&c, true, id);
out:
	cJSON_Delete(first);
	free(id);
	setup_release(&s);
	setup_release(&project);
	return code;
}

int
cmd_attach(const struct cmd_args *a)
{
	return attach_run(a);
}

/* The same: what is alive is attached to, what is not is started again. */
int
cmd_resume(const struct cmd_args *a)
{
	return attach_run(a);
}
