/*
 * cmd-decide: decides a session's proposal without the UI. A dead core is
 * started again for it; a running one continues afterwards.
 */

#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "cmd/stale.h"
#include "front/message.h"
#include "front/plan-markdown.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

static int
decide_check(const struct cmd_args *a, struct select **choose, struct err *e)
{
	AUTO_JSON cJSON *comments = select_comments(a->comments.v,
	    a->comments.len, NULL, e);

	if (comments == NULL)
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

/* "17.2", as printed by show. -1 for anything else. */
static int
stale_parse(const char *text, int64_t *id, int *version)
{
	int n = 0;

	return sscanf(text, "%9" SCNd64 ".%9d%n", id, version, &n) == 2 &&
	    text[n] == '\0' && *id > 0 && *version > 0 ? 0 : -1;
}

static int
stale_head_parse(const char *line, int64_t *id, int *version, char **session,
    struct err *e)
{
	AUTO_FREE char *number = xstrdup(line);
	char *of = strstr(number, STALE_OF);

	if (of != NULL) {
		*of = '\0';
		of += strlen(STALE_OF);
		of[strcspn(of, " \t\r")] = '\0';
	}
	if (of == NULL || *of == '\0' ||
	    stale_parse(number, id, version) < 0)
		return err_set(e, "the patch's line \"" STALE_HEAD "%.60s\" "
		    "doesn't name a proposal; use it as printed by assent "
		    "show, or remove it", line);
	*session = xstrdup(of);
	return 1;
}

/* 1 if the patch has one (*session malloc'ed), 0 if not, -1 with *e if it is
 * invalid. */
static int
stale_head_read(const char *patch, size_t n, int64_t *id, int *version,
    char **session, struct err *e)
{
	const char *p = patch, *end = patch + n;
	size_t head = strlen(STALE_HEAD), len;
	char *line;
	int rc;

	for (; p < end; p = mem_line_after(p, end)) {
		len = (size_t)(mem_line_end(p, end) - p);
		if (len >= 5 && memcmp(p, "diff ", 5) == 0)
			return 0;
		if (len < head || memcmp(p, STALE_HEAD, head) != 0)
			continue;
		line = xmemdup(p + head, len - head);
		rc = stale_head_parse(line, id, version, session, e);
		free(line);
		return rc;
	}
	return 0;
}

/* If the proposal is named in two places, they must agree. */
static int
stale_meant(struct stale *m, int64_t id, int version, struct err *e)
{
	if (m->id != 0 && (m->id != id || m->version != version))
		return err_set(e, "--proposal and --patch disagree: proposal "
		    "%lld.%d or %lld.%d", (long long)m->id, m->version,
		    (long long)id, version);
	m->id = id;
	m->version = version;
	return 0;
}

/* The proposal that --proposal names, and the first line of a patch from show. -1
 * with *e, also if they disagree. */
static int
stale_named(struct stale *m, const struct cmd_args *a,
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
		if (stale_meant(m, id, version, e) < 0)
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
			rc = stale_meant(m, id, version, e);
		FREE_NULL(of);
	}
	return rc;
}

struct decide_now {
	struct fold	*fold;
	struct stale	*stale;
};

static void
decide_line(void *arg, const struct event *l)
{
	struct decide_now *now = arg;

	fold_event(now->fold, l);
	stale_line(now->stale, l);
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
	    log_events(dir, decide_line, &now, &e) < 0)
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

	for (i = 0; i < a->include.len; i++) {
		cJSON *o = command_of("include");

		json_add_bytes(o, "glob", a->include.v[i],
		    strlen(a->include.v[i]));
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

/* ---- a plan, a limit ---- */

enum { PLAN_FILE, PLAN_APPROVE, PLAN_REJECT };
static const char *const decide_plan_words[] = { [PLAN_FILE] = "",
	[PLAN_APPROVE] = "approve", [PLAN_REJECT] = "reject" };

/* Is it "approve", or "approve N" with the version's number? */
static bool
decide_plan_approves(const char *s, int *number)
{
	int n = 0;

	return strcmp(s, decide_plan_words[PLAN_APPROVE]) == 0 ||
	    (sscanf(s, "approve %9d%n", number, &n) == 1 && s[n] == '\0');
}

/* The script can't have seen it. */
static int
decide_send_approval(struct client *c, const struct cmd_args *a, cJSON *o_take)
{
	if (a->fresh)
		json_add_bool(o_take, "fresh", true);
	json_add_bool(o_take, "seen", false);
	return client_send(c, o_take);
}

static int
decide_plan_file(struct client *c, const struct fold *f,
    const struct cmd_args *a, struct err *e)
{
	const char *path = a->plan;
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *was = json_parse(f->plan.json, strlen(f->plan.json),
	    JSON_NUL_REPLACE, e), *plan = NULL;
	struct err why = ERR_INIT;
	cJSON *o;
	int line = 0;

	if (was == NULL || fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return -1;
	plan = plan_markdown_read(buf_str(&b), b.len, was, &line, &why);
	if (plan == NULL)
		return err_set(e, "%.200s:%d: %s", path, line, why.text);
	if (plan_markdown_is(buf_str(&b), b.len, was))
		return decide_send_approval(c, a, command_plan(f, "approve",
		    NULL));
	/* In one command: the next version may be somebody else's. */
	o = command_plan(f, "edit", NULL);
	json_set_take(o, "plan", cJSON_Duplicate(plan, true));
	json_add_bool(o, "approve", true);
	return decide_send_approval(c, a, o);
}

/* Each --comment goes along: "step 2: TEXT", with a row of the plan, is a note
 * there; another one is the reason. */
static int
decide_plan_comments(const struct cmd_args *a, const struct fold *f, cJSON *o,
    struct err *e)
{
	cJSON *notes = cJSON_AddArrayToObject(o, "notes"), *note;
	size_t i;

	for (i = 0; i < a->comments.len; i++) {
		const char *text = a->comments.v[i], *rest = text;
		AUTO_FREE char *at = fold_plan_at_cut(&f->plan, &rest);

		if (at != NULL && memchr(text, ':', (size_t)(rest - text)) !=
		    NULL) {
			note = command_plan_note(f, at, rest);
			cJSON_AddItemToArray(notes, note);
		} else if (json_is(o, "action", "return") &&
		    json_get(o, "word") == NULL)
			json_add_str(o, "word", text);
		else
			return err_set(e, "--comment %.80s: must be a row of "
			    "the plan and a text, such as 'step 2: why?' (goal, "
			    "step N, file N, check, risk N); --plan reject takes "
			    "one without a row", text);
	}
	return 0;
}

static int
decide_plan(struct client *c, const struct fold *f, void *arg, struct err *e)
{
	const struct cmd_args *a = arg;
	bool rejects = MEM_WORD(decide_plan_words, a->plan) == PLAN_REJECT;
	int number = f->plan.version - f->plan.before;
	cJSON *o;

	if (f->plan.status != FOLD_PLAN_PROPOSED)
		return err_set(e, "nothing was changed: no plan needs "
		    "your approval");
	if (!rejects && !decide_plan_approves(a->plan, &number))
		return decide_plan_file(c, f, a, e);
	o = command_plan(f, rejects ? "return" : "approve", NULL);
	json_set_take(o, "version", cJSON_CreateNumber(f->plan.before +
	    number));
	if (decide_plan_comments(a, f, o, e) < 0) {
		cJSON_Delete(o);
		return -1;
	}
	return rejects ? client_send(c, o) : decide_send_approval(c, a, o);
}

static int
decide_limit(struct client *c, const struct fold *f, void *arg, struct err *e)
{
	static const struct { const char *word, *action; } rows[] = {
		{ "end", "stop" }, { "more", "extend" }, { "wrap", "wrap" },
		{ "wait", "wait" },
	};
	const struct cmd_args *a = arg;
	size_t n = strcspn(a->limit, " ");
	AUTO_FREE char *word = xmemdup(a->limit, n);
	cJSON *o;

	if (f->pause == NULL)
		return err_set(e, "nothing was changed: the task isn't paused "
		    "at a limit");
	o = MEM_FIND(rows, word) == NULL ? NULL : command_budget(f,
	    MEM_FIND(rows, word)->action, a->limit + n +
	    strspn(a->limit + n, " "));
	return o == NULL ? err_set(e, "--limit must be more, \"more N\", "
	    "wrap, wait or end") : client_send(c, o);
}

/* Answer a plan or a limit and leave: the session goes on without us. */
static int
decide_answer(const struct cmd_args *a)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	struct cmd_args b = *a;
	struct err e = ERR_INIT;
	int code, number;

	if (a->choices_len + a->include.len > 0 || a->feedback != NULL ||
	    a->proposal != NULL || (a->plan != NULL && a->limit != NULL))
		return cmd_fail(EXIT_USAGE, "--plan and --limit go alone: "
		    "nothing else is open then");
	if (a->comments.len > 0 && (a->plan == NULL || (MEM_WORD(
	    decide_plan_words, a->plan) == PLAN_FILE &&
	    !decide_plan_approves(a->plan, &number))))
		return cmd_fail(EXIT_USAGE, "--comment goes with --plan approve "
		    "or reject; edit the plan in a FILE instead");
	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = session_client_setup(&r, a, SESSION_MODEL |
	    SESSION_RECOVER)) != 0)
		return code;
	if (session_client_connect(&c, &r, a, true, &e) < 0)
		return cmd_fail_err(&e);
	return cmd_send(&c, a->plan != NULL ? decide_plan : decide_limit, &b);
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
	struct session_info info = { 0 };
	struct err e = ERR_INIT;
	/* Only feedback needs a model: without it the session doesn't go on. */
	bool model = a->feedback != NULL;
	size_t i;
	int code;

	if (a->plan != NULL || a->limit != NULL)
		return decide_answer(a);
	if (decide_check(a, &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	for (i = 0; choose != NULL && i < a->comments.len; i++)
		model = model || fold_comment_asks(NULL, a->comments.v[i]);
	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if (session_look(r.id, &info))
		model = model || info.state.work != SESSION_ENDED;
	session_info_release(&info);
	if ((code = session_client_setup(&r, a, SESSION_RECOVER |
	    (model ? SESSION_MODEL : 0))) != 0)
		return code;
	if (!r.stopped && choose == NULL && a->recover != NULL &&
	    a->include.len + a->comments.len == 0)
		return cmd_fail(EXIT_ERROR, "nothing was changed: session %s "
		    "didn't stop while applying", r.id);
	if ((code = decide_version(&r, a, choose, &o.proposal,
	    &o.version)) != 0)
		return code;
	r.redecide = true;
	o.person = choose == NULL && a->recover == NULL &&
	    a->include.len + a->comments.len == 0;
	o.screen = o.person && cmd_has_screen(a);
	if (session_client_connect(&c, &r, a, true, &e) < 0)
		return cmd_fail_err(&e);
	o.choose = choose;
	o.recovered = r.stopped;
	o.include = include = decide_includes(a);
	o.comments = a->comments.v;
	o.comments_len = a->comments.len;
	o.feedback = a->feedback;
	o.require_proof = a->require_proof;
	code = headless_run(&c, &o, &result);
	return result.screen ? cmd_review(&c, &result) : code;
}
