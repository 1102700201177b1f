/*
 * cmd-decide: decides a session's proposal without the UI. A dead core is
 * started again for it; a running one continues afterwards.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/select.h"
#include "front/client.h"
#include "cmd/cmd-apply.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"
#include "front/stale.h"
#include "cmd/session-client.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

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
	AUTO_JSON cJSON *o = event_parse(line, n, e);

	if (o == NULL)
		return -1;
	fold_line(now->fold, o);
	stale_line(now->stale, o);
	return 0;
}

/* If the proposal is named in two places, they must agree. */
static int
decide_meant(struct stale *m, int64_t id, int version, struct err *e)
{
	if (m->id != 0 && (m->id != id || m->version != version))
		return err_set(e, "--proposal and --patch disagree: proposal "
		    "%lld.%d or %lld.%d", (long long)m->id, m->version,
		    (long long)id, version);
	m->id = id;
	m->version = version;
	return 0;
}

/* Find the proposal named by --proposal, and by the first line of a patch from
 * show. */
static int
decide_named(struct stale *m, const struct cmd_args *a,
    const struct select *choose, const char *session, struct err *e)
{
	const struct buf *patch;
	int64_t id;
	int version, got, rc = 0;
	char *of = NULL;
	size_t i;

	if (a->proposal != NULL) {
		if (stale_parse(a->proposal, &id, &version) < 0)
			return err_set(e,
			    "--proposal %.40s: must be a number "
			    "and version as in assent show, such as 17.2",
			    a->proposal);
		if (decide_meant(m, id, version, e) < 0)
			return -1;
	}
	for (i = 0; rc == 0 && (patch = select_patch(choose, i)) != NULL; i++) {
		got = stale_head_read(buf_str(patch), patch->len, &id,
		    &version, &of, e);
		if (got < 0)
			return -1;
		if (got > 0 && strcmp(of, session) != 0)
			rc = err_set(e, "the patch is from session %.60s, not "
			    "from %s", of, session);
		else if (got > 0)
			rc = decide_meant(m, id, version, e);
		FREE_NULL(of);
	}
	return rc;
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
	struct err e = ERR_INIT;
	int code = 0;

	if (decide_named(&m, a, choose, r->id, &e) < 0)
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
	else if (session_client_lines(r, decide_line, &now, &e) < 0)
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
