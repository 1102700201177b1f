/*
 * cmd-decide: decides a session's proposal without the UI. A dead core is
 * started again for it; a running one continues afterwards.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/proposal-file.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "front/client.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

static int
decide_check(const struct cmd_args *a, struct select **choose, struct err *e)
{
	size_t i;

	for (i = 0; i < a->comments.len; i++)
		if (select_comment_check(a->comments.v[i], e) < 0)
			return -1;
	if (a->choices_len == 0 && (a->recover != NULL ||
	    a->include.len + a->comments.len > 0))
		return 0;
	if (a->choices_len == 0 && headless_person() && a->feedback == NULL)
		return 0;
	if (a->choices_len == 0)
		return err_set(e, "no decision given; use --accept all, none, "
		    "1,3 or PATH=1,3, or --patch FILE (assent show prints the "
		    "hunks)");
	*choose = select_new(a->choices, a->choices_len, e);
	return *choose == NULL ? -1 : 0;
}

/* ---- which proposal ---- */

struct decide_now {
	struct fold	*fold;
	struct stale	*stale;
};

static int
decide_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct decide_now *now = arg;
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, e);

	if (o == NULL)
		return -1;
	fold_line(now->fold, o);
	stale_line(now->stale, o);
	return 0;
}

/* Find the named proposal, else the last one in the journal. 0, or the exit
 * status after printing the error. */
static int
decide_version(const struct session_client *r, const struct cmd_args *a,
    const struct select *choose, int64_t *id, int *version)
{
	AUTO(stale_release) struct stale m = { 0 };
	struct decide_now now = { fold_new(), &m };
	const struct fold_proposal *p;
	AUTO_FREE char *dir = NULL;
	struct err e = ERR_INIT;
	int code = 0;

	if (stale_named(&m, a, choose, r->id, &e) < 0)
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
	else if ((dir = session_dir(r->id, &e)) == NULL ||
	    log_lines(dir, decide_line, &now, NULL, &e) < 0)
		code = cmd_fail_err(&e);
	else if (stale_check(&m, &e))
		code = cmd_fail(EXIT_ERROR, "nothing was changed: %s", e.text);
	p = now.fold->proposal;
	if (code == 0 && p != NULL) {
		*id = p->id;
		*version = p->version;
	}
	fold_free(now.fold);
	return code;
}

static cJSON *
decide_includes(const struct cmd_args *a)
{
	cJSON *list = a->include.len == 0 ? NULL : cJSON_CreateArray();
	size_t i;

	for (i = 0; i < a->include.len; i++)
		cJSON_AddItemToArray(list, command_bytes("include", "glob",
		    a->include.v[i], strlen(a->include.v[i])));
	return list;
}

int
cmd_decide(const struct cmd_args *a)
{
	struct headless_options o = { .decide = true };
	AUTO_JSON cJSON *include = NULL;
	AUTO(headless_result_release) struct headless_result result = { 0 };
	AUTO(select_free_at) struct select *choose = NULL;
	struct client c = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	/* Without feedback and questions, the session doesn't continue. */
	bool model = a->feedback != NULL;
	size_t i;
	int code;

	if (a->from != NULL)
		return decide_from(a);
	if (decide_check(a, &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	for (i = 0; choose != NULL && i < a->comments.len; i++)
		model = model || fold_comment_asks(a->comments.v[i]);
	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = session_client_recover(&r, a)) != 0)
		return code;
	if (!r.stopped && choose == NULL && a->recover != NULL &&
	    a->include.len + a->comments.len == 0)
		return cmd_fail(EXIT_ERROR, "nothing was changed: session %s "
		    "didn't stop while applying", r.id);
	if ((code = decide_version(&r, a, choose, &o.proposal,
	    &o.version)) != 0 ||
	    (code = session_client_setup(&r, a, model)) != 0)
		return code;
	r.redecide = true;
	o.person = choose == NULL && a->recover == NULL &&
	    a->include.len + a->comments.len == 0;
	o.screen = o.person && cmd_has_screen(a);
	if (session_client_connect(&c, &r, a, o.screen, &e) < 0)
		return cmd_fail_err(&e);
	o.choose = choose;
	o.recovered = r.stopped;
	o.include = include = decide_includes(a);
	o.comments = a->comments.v;
	o.comments_len = a->comments.len;
	o.feedback = a->feedback;
	code = headless_run(&c, &o, &result);
	return result.screen ? cmd_review(&c, &result) : code;
}
