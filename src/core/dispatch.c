/*
 * Client messages: hello and start, then commands. The core obeys each command
 * or rejects it with a message.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/comment.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/disk.h"
#include "core/driver.h"
#include "core/evidence.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/net/network.h"
#include "core/paths.h"
#include "core/plan.h"
#include "core/project/project.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/say.h"
#include "core/server.h"
#include "core/start.h"
#include "core/syntax/syntax.h"
#include "core/turn.h"
#include "core/undo.h"
#include "journal/event.h"
#include "journal/fold.h"

/* In the order in which they are named when a command is refused. */
enum core_fact {
	HAS_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	HAS_ASK		= 1u << 1,	/* a command waits for permission */
	HAS_PLAN	= 1u << 2,	/* a task's plan waits for approval */
	HAS_PLAN_LEFT	= 1u << 3,	/* the same; its task has ended */
	HAS_DECISION	= 1u << 4,	/* a decision is still to be applied */
	HAS_RUN		= 1u << 5,	/* the user's own command is running */
	HAS_UNDO	= 1u << 6,	/* the open proposal is the reverse of
					   a change */
	HAS_REVIEW	= 1u << 7,	/* a proposal is open */
	HAS_SUMMARY	= 1u << 8,	/* the conversation is being summarized */
	HAS_FAILED	= 1u << 9,	/* the provider failed; the user can
					   retry */
	HAS_TASK	= 1u << 10,	/* a task is being worked on */
	HAS_PLANNING	= 1u << 11,	/* the task's plan is being made */
	HAS_ENDING	= 1u << 12,	/* the task is about to end */
};

#define IN_ANY		(~0u)	/* in every phase */

static const char *const committing_begins[] = {
	"index", "index_b64", "head", "ref", "tree", "amend", "changes", "files",
	"left",
};
static const char *const committing_ends[] = {
	"begin", "commit", "files",
};
static const char *const committing_git_begins[] = {
	"act", "argv", "dir", "dir_b64", "head", "ref",
};
static const char *const committing_git_ends[] = {
	"begin", "status", "head", "url",
};

/* A kind of act, and what its two events take from the command. */
struct committing {
	const char		*what;
	enum event_type		 begun, ended;
	const char *const	*begins, *const *ends;	/* members of them */
	size_t			 begins_len, ends_len;
};

static const struct committing committing_commit = {
	"commit", EVENT_COMMIT_BEGIN, EVENT_COMMITTED,
	committing_begins, committing_ends,
	MEM_COUNT(committing_begins), MEM_COUNT(committing_ends),
};
static const struct committing committing_act = {
	"git act", EVENT_GIT_BEGIN, EVENT_GIT_END,
	committing_git_begins, committing_git_ends,
	MEM_COUNT(committing_git_begins), MEM_COUNT(committing_git_ends),
};

/* What began and didn't end is ended first: only one person at a time can answer
 * for the repository. */
static int
committing_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool act = json_is(command, "type", "git");
	const struct committing *k = act ? &committing_act : &committing_commit;
	const cJSON *open = act ? c->fold->begun.git : c->fold->begun.commit;
	const cJSON *begin = json_get(command, "begin"),
	    *end = json_get(command, "end");
	AUTO_FREE char *by = xasprintf("client:%s", client);
	cJSON *o;

	if (cJSON_IsObject(begin) == cJSON_IsObject(end))
		return err_set(e, "a %s needs \"begin\" or \"end\"", k->what);
	if (begin != NULL && open != NULL)
		return err_set(e, "a %s of this session is already under way",
		    k->what);
	if (end != NULL && (open == NULL || json_int(open, "seq", 0) !=
	    json_int(end, "begin", -1)))
		return err_set(e, "no such %s is under way", k->what);
	o = cJSON_CreateObject();
	if (begin != NULL)
		json_copy_names(o, begin, k->begins, k->begins_len);
	else
		json_copy_names(o, end, k->ends, k->ends_len);
	(void)emit_event(c, begin != NULL ? k->begun : k->ended, by, o);
	return 0;
}

/*
 * allow: decides whether a client's command works now.  For each command the
 * table in dispatch.c names the phases (core/core.h) in which it works, and
 * facts that must or must not hold, such as an open proposal or a decision that
 * is still to be applied.
 */

/* What the agent is doing, by phase. */
static const char *const phase_words[] = {
	[PHASE_IDLE] = "idle",
	[PHASE_MODEL] = "thinking",
	[PHASE_RETRY] = "waiting to ask the model again",
	[PHASE_TOOL] = "running a tool",
	[PHASE_LOOK] = "looking at the project",
	[PHASE_CHECK] = "running the success check",
	[PHASE_HOOK] = "running a hook",
};

struct fact_words {
	enum core_fact	 fact;
	const char	*missing;	/* error if a command needs the fact;
					   NULL: none does */
	const char	*first;		/* error if the fact blocks a command */
};

/* In the order of the enum. */
static const struct fact_words fact_words[] = {
	{ HAS_LIMIT, "the task isn't paused at a limit",
	    "the task is paused at a limit: say first how to continue" },
	{ HAS_ASK, "no command waits for your answer",
	    "a command waits for your answer: allow or reject it first" },
	{ HAS_PLAN, "no plan waits for your approval",
	    "decide the plan first: approve it, or send it back" },
	{ HAS_PLAN_LEFT, NULL,
	    "decide the plan first: approve it, or send it back" },
	{ HAS_DECISION, NULL,
	    "your decision is being applied: wait for it" },
	{ HAS_RUN, NULL,
	    "your command is running: wait for it, or interrupt it" },
	{ HAS_UNDO, NULL,
	    "review the open undo first" },
	{ HAS_REVIEW, "no proposal is open",
	    "review the open proposal first" },
	{ HAS_SUMMARY, NULL,
	    "a summary is being made: wait for it" },
	{ HAS_FAILED, "nothing to retry: the model didn't fail and wasn't "
	    "interrupted", NULL },
	{ HAS_TASK, "no task is running",
	    "the task has not ended: wait for it, or interrupt it" },
	{ HAS_PLANNING, NULL, "approve the plan first: files written while "
	    "planning are thrown away" },
	{ HAS_ENDING, NULL, "the task is about to end; its changes are "
	    "proposed then" },
};

static unsigned
allow_facts(const struct core *c)
{
	bool failed = c->phase == PHASE_RETRY || (c->phase == PHASE_IDLE &&
	    c->fold->ended && fold_can_retry(c->fold));

	return ((c->waits & WAIT_LIMIT) != 0 ? HAS_LIMIT : 0u) |
	    ((c->waits & WAIT_COMMAND) != 0 || run_is_asking(c) ||
	    network_is_asking(c) ? HAS_ASK : 0u) |
	    ((c->waits & WAIT_PLAN) != 0 && phase_has_task(c) ? HAS_PLAN : 0u) |
	    (plan_is_left(c) ? HAS_PLAN_LEFT : 0u) |
	    (c->decision.line != NULL ? HAS_DECISION : 0u) |
	    (run_is_on(c) ? HAS_RUN : 0u) |
	    (c->review.undoing != 0 ? HAS_UNDO : 0u) |
	    (propose_is_open(c) ? HAS_REVIEW : 0u) |
	    (compact_is_running(c) ? HAS_SUMMARY : 0u) |
	    (failed ? HAS_FAILED : 0u) |
	    (phase_has_task(c) ? HAS_TASK : 0u) |
	    (c->task.planning && c->plan.mode != PLAN_LOOK ?
	    HAS_PLANNING : 0u) |
	    (c->task.stop != STOP_NONE ? HAS_ENDING : 0u);
}

static const struct fact_words *
fact_lowest(unsigned facts)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fact_words); i++)
		if ((facts & fact_words[i].fact) != 0)
			return &fact_words[i];
	return NULL;
}

/* May a command run now?  `phases`: IN() of those that allow it.  `needs`:
 * facts of which one has to hold (0: none has to).  `bars`: facts that must
 * not.  -1 with a sentence that says when it works. */
static int
allow_command(const struct core *c, unsigned phases, unsigned needs,
    unsigned bars, struct err *e)
{
	unsigned facts = allow_facts(c), in_the_way = facts & bars;

	if (needs != 0 && (facts & needs) == 0)
		return err_set(e, "%s", fact_lowest(needs)->missing);
	if ((phases & IN(c->phase)) == 0)
		return err_set(e, "the agent is %s: wait for it, or interrupt "
		    "it", phase_words[c->phase]);
	if (in_the_way != 0)
		return err_set(e, "%s", fact_lowest(in_the_way)->first);
	return 0;
}

/*
 * hunk-context: what a person may want to see of a change beside its hunks:
 * the unchanged lines around one, and the file as it is proposed.  Answers for
 * one client; nothing is journaled, and nothing of it is decided.
 */

#define HUNK_CONTEXT_FILE_MAX	((int64_t)64 << 20)
#define HUNK_CONTEXT_MAX	((size_t)4 << 20)	/* on each side */

/* Where lines of the file begin that a hunk is put instead of, from 0. */
static int
hunk_context_begin(const struct fold_hunk *h)
{
	return h->old_lines > 0 ? h->old_start - 1 : h->old_start;
}

/* The lines that lie between the hunk and its neighbours: [*from, begin) and
 * [end, *to). */
static void
hunk_context_bounds(
    const struct fold_file *f, const struct fold_hunk *h, int *from, int *to)
{
	const struct fold_hunk *o;
	size_t i;
	int end;

	*from = 0;
	*to = -1;
	for (i = 0; i < f->hunks_len; i++) {
		o = &f->hunks[i];
		end = hunk_context_begin(o) + o->old_lines;
		if (o == h || o->text_len == 0)
			continue;
		if (o < h && end > *from)
			*from = end;
		if (o > h && *to < 0)
			*to = hunk_context_begin(o);
	}
}

/* Offset of line n, from 0; the length if there are fewer. */
static size_t
hunk_context_line(const struct buf *b, int n)
{
	size_t at = 0;
	const char *nl;

	for (; n > 0 && at < b->len; n--) {
		nl = memchr(b->p + at, '\n', b->len - at);
		at = nl == NULL ? b->len : (size_t)(nl - b->p) + 1;
	}
	return at;
}

static int
hunk_context_count(const struct buf *b)
{
	size_t i;
	int n = 0;

	for (i = 0; i < b->len; i++)
		n += b->p[i] == '\n' || i + 1 == b->len;
	return n;
}

/* Lines [from, to) under this name, as many of them as are not too much. */
static void
hunk_context_add(
    cJSON *o, const char *name, const struct buf *b, int from, int to)
{
	size_t at = hunk_context_line(b, from), end = hunk_context_line(b, to);

	json_add_bytes(o, name, at < end ? b->p + at : "",
	    at < end ? end - at : 0);
}

static int
hunk_context_read(struct core *c, const struct fold_side *side, struct buf *b,
    struct err *e)
{
	if (side->size > HUNK_CONTEXT_FILE_MAX)
		return err_set(e, "the file is too large to be shown whole");
	return blob_get(c->blobs, side->hash, b, e);
}

static const struct fold_file *
hunk_context_find(struct core *c, const cJSON *command,
    const struct fold_hunk **h, struct err *e)
{
	const struct fold_file *f = fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), h);

	if (f == NULL)
		err_set(e, "that hunk has changed; look at it again");
	return f;
}

/* Unchanged lines around a hunk. */
static cJSON *
hunk_context_lines(struct core *c, const cJSON *command, struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = hunk_context_find(c, command, &h, e);
	int64_t want = json_int(command, "lines", 0);
	AUTO_BUF struct buf b = BUF_INIT(0);
	int begin, end, from, to, first, last;
	cJSON *o = NULL;

	if (f == NULL)
		return NULL;
	if (f->binary || h->text_len == 0 || !f->before.exists) {
		err_set(e, !f->before.exists ? "the file is new: no lines "
		    "around this change" : "this change has no lines");
		return NULL;
	}
	if (want < 0 || hunk_context_read(c, &f->before, &b, e) < 0)
		return o;
	begin = hunk_context_begin(h);
	end = begin + h->old_lines;
	hunk_context_bounds(f, h, &from, &to);
	last = hunk_context_count(&b);
	if (to < 0 || to > last)
		to = last;
	if (to < end)
		to = end;
	if (from > begin)
		from = begin;
	first = want < begin - from ? begin - (int)want : from;
	last = want < to - end ? end + (int)want : to;
	while (hunk_context_line(&b, begin) - hunk_context_line(&b, first) >
	       HUNK_CONTEXT_MAX)
		first += (begin - first + 1) / 2;
	while (hunk_context_line(&b, last) - hunk_context_line(&b, end) >
	       HUNK_CONTEXT_MAX)
		last -= (last - end + 1) / 2;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "around");
	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "hunk", h->id);
	json_add_int(o, "lines", want);
	json_add_int(o, "from", first + 1);
	hunk_context_add(o, "above", &b, first, begin);
	hunk_context_add(o, "below", &b, end, last);
	json_add_bool(o, "top", first == from);
	json_add_bool(o, "bottom", last == to);
	return o;
}

/* The file as it is proposed (or as it is, when it is to go). */
static cJSON *
hunk_context_file(struct core *c, const cJSON *command, struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = hunk_context_find(c, command, &h, e);
	const struct fold_side *side;
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *o = NULL;

	if (f == NULL)
		return NULL;
	side = f->after.exists ? &f->after : &f->before;
	if (hunk_context_read(c, side, &b, e) == 0) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "file");
		json_add_int(o, "proposal", c->fold->proposal->id);
		json_add_str(o, "hunk", h->id);
		json_add_str(o, "side", f->after.exists ? "after" : "before");
		json_add_bytes(o, "text", buf_str(&b), b.len);
	}
	return o;
}

static void
client_start(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	struct err e = ERR_INIT;
	int exit_code = 1;

	if (s->started || !cl->first) {
		client_refuse(cl, "start", "the session is running", -1);
		return;
	}
	if (start_session(s->core, cJSON_Duplicate(m, 1), s->pending_key,
	    &exit_code, &e) < 0) {
		client_refuse(cl, "start", e.text, exit_code);
		server_end_when_flushed(s, exit_code);
		return;
	}
	server_forget_key(s);
	s->started = true;
	client_attach(cl, cl->from);
}

/* Check the client's secret, in constant time. The client that started the core
 * needs none. */
static bool
client_knows_secret(const struct client *cl, const cJSON *m)
{
	const char *said = json_str_or(m, "secret", "");
	const char *secret = cl->server->secret;
	unsigned char differs = 0;
	size_t i;

	if (cl->first)
		return true;
	if (secret[0] == '\0' || strlen(said) != strlen(secret))
		return false;
	for (i = 0; secret[i] != '\0'; i++)
		differs |= (unsigned char)(said[i] ^ secret[i]);
	return differs == 0;
}

/* The advice to resume is for a newer client: a newer release can always resume
 * the journal of an older one. */
static void
client_refuse_protocol(struct client *cl, const cJSON *m)
{
	const struct server *s = cl->server;
	char *text, *way = !s->started ? xstrdup("install assent and "
	    "assent-core from the same release") : xasprintf("start "
	    "assent %s, or stop the session's process (kill %ld) and continue "
	    "the session with assent resume %s", CORE_VERSION, (long)getpid(),
	    s->core->id);

	text = xasprintf("this session runs in assent %s (protocol %d), but "
	    "you started assent %s (protocol %lld): %s", CORE_VERSION,
	    SESSION_PROTOCOL,
	    json_str_or(m, "version", "of an unknown version"),
	    (long long)json_int(m, "protocol", 0), way);
	client_refuse(cl, "hello", text, 1);
	free(text);
	free(way);
}

static void
client_hello(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	const char *key = json_str(m, "key");
	const cJSON *it;

	if (json_int(m, "protocol", 0) != SESSION_PROTOCOL) {
		client_refuse_protocol(cl, m);
		return;
	}
	if (!client_knows_secret(cl, m)) {
		client_refuse(cl, "hello", "wrong secret: send the contents "
		    "of the file \"secret\" in the session's folder", 1);
		return;
	}
	cl->state = CLIENT_OLD;
	cl->from = json_int(m, "from", 1);
	cl->cut = json_is(m, "lines", "cut");
	model_offer(s->core, json_get(m, "keys"));
	cJSON_ArrayForEach(it, json_get(m, "mcp_env"))
		mcp_offer(s->core, it->string, it);
	cJSON_ArrayForEach(it, json_get(m, "headers"))
		given_add(&s->core->models.headers, it->string, it);
	if (json_str(m, "client") != NULL)
		snprintf(cl->name, sizeof(cl->name), "%.24s",
		    json_str(m, "client"));
	if (!s->started) {
		server_forget_key(s);
		s->pending_key = secret_dup(key);
		return;
	}
	/* Use the key only for its own provider. */
	if (key != NULL && s->core->target.key == NULL &&
	    model_is_chosen(s->core) &&
	    strcmp(json_str_or(m, "key_for", s->core->target.provider),
	    s->core->target.provider) == 0 &&
	    s->core->models.at == ROUTE_MAIN)
		model_set_key(s->core, key);
	client_attach(cl, cl->from);
}

/* ---- commands ---- */

static int
dispatch_end(struct core *c, const cJSON *m, const char *client, struct err *e)
{
	(void)m;
	(void)e;
	driver_end(c, client);
	return 0;
}

static int
dispatch_typing(struct core *c, const cJSON *m, const char *client,
    struct err *e)
{
	(void)m;
	(void)client;
	(void)e;
	/* A message will follow: start the user's servers, inspect the project
	 * and connect to the model's server now, so that the request needn't
	 * wait for them. */
	mcp_ahead(c);
	inspect_ahead(c);
	turn_warm(c);
	return 0;
}

static int
dispatch_attach(struct client *cl, const cJSON *m, struct err *e)
{
	(void)e;
	client_attach(cl, json_int(m, "from", 1));
	return 0;
}

static int
dispatch_syntax(struct client *cl, const cJSON *m, struct err *e)
{
	return syntax_command(cl->server->core, m, cl->serial, e);
}

/* Who has to be there for a command. WITH_USER: a user at the front end;
 * WITH_MODEL: a model (a try and a replayed session have none); WITH_ANSWERS: a
 * model, or a recording of one. */
enum dispatch_who { NOBODY = 0, WITH_USER = 1, WITH_MODEL = 2,
	WITH_ANSWERS = 4 };

/* No worker runs in the staged copy. */
#define NO_WORKER	(IN(PHASE_IDLE) | IN(PHASE_MODEL) | IN(PHASE_RETRY))
#define OPEN_QUESTIONS	(HAS_LIMIT | HAS_ASK | HAS_PLAN)

/* Sorted by name. Each has one of act, answer and serve. */
static const struct dispatch_row {
	const char	*name;
	unsigned	 phases;	/* that allow it (core.h) */
	unsigned	 needs;		/* facts, one of which must hold (dispatch.c);
					   0: none */
	unsigned	 bars;		/* facts that must not hold */
	unsigned	 who;		/* has to be there */
	int		(*act)(struct core *, const cJSON *, const char *client,
			    struct err *);
	/* Its result is sent to this client alone. */
	cJSON		*(*answer)(struct core *, const cJSON *, struct err *);
	/* It answers this client, now or later. */
	int		(*serve)(struct client *, const cJSON *, struct err *);
} dispatch_table[] = {
	{ "answer", IN_ANY, HAS_ASK, 0, WITH_USER, .act = call_answer_ask },
	{ "around", IN_ANY, HAS_REVIEW, 0, NOBODY, .answer = hunk_context_lines },
	{ "attach", IN_ANY, 0, 0, NOBODY, .serve = dispatch_attach },
	{ "budget", IN_ANY, HAS_LIMIT, 0, WITH_USER, .act = budget_command },
	{ "changes", IN_ANY, 0, 0, NOBODY, .answer = undo_changes },
	{ "clean", NO_WORKER, 0, HAS_RUN | HAS_DECISION, NOBODY, .answer = clean_command },
	{ "code", IN_ANY, 0, 0, NOBODY, .serve = dispatch_syntax },
	{ "colours", IN_ANY, HAS_REVIEW, 0, NOBODY, .serve = dispatch_syntax },
	{ "comment", IN_ANY, HAS_REVIEW, 0, NOBODY, .act = question_ask_comment },
	{ "commit", IN_ANY, 0, 0, NOBODY, .act = committing_command },
	{ "compact", IN_ANY, 0, HAS_SUMMARY, WITH_MODEL, .act = compact_command },
	{ "decide", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, .act = propose_decide },
	{ "end", IN_ANY, 0, 0, NOBODY, .act = dispatch_end },
	{ "evidence", IN(PHASE_IDLE) | IN(PHASE_CHECK), 0, HAS_ASK | HAS_RUN | HAS_DECISION,
	    NOBODY, .act = evidence_command },
	{ "file", IN_ANY, HAS_REVIEW, 0, NOBODY, .answer = hunk_context_file },
	{ "git", IN_ANY, 0, 0, NOBODY, .act = committing_command },
	{ "hide", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY, .act = include_command },
	{ "include", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY,
	    .act = include_command },
	{ "interrupt", IN_ANY, 0, 0, NOBODY, .act = driver_interrupt_one },
	{ "mark", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, .act = propose_mark },
	{ "model", IN_ANY, 0, 0, WITH_MODEL, .act = model_switch },
	{ "new", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_REVIEW | HAS_TASK,
	    WITH_ANSWERS, .act = compact_new_task },
	{ "paths", IN_ANY, 0, 0, NOBODY, .answer = paths_find },
	{ "plan", IN_ANY, HAS_PLAN | HAS_PLAN_LEFT, 0, NOBODY, .act = plan_decide },
	{ "propose", IN_ANY, HAS_TASK, HAS_PLANNING | HAS_ENDING, NOBODY,
	    .act = driver_propose },
	{ "retry", IN_ANY, HAS_FAILED, HAS_PLAN_LEFT, NOBODY, .act = say_again },
	{ "run", IN_ANY, 0, HAS_UNDO, WITH_USER, .act = run_command },
	{ "say", IN_ANY, 0, 0, NOBODY, .act = driver_say_now },
	{ "set", IN_ANY, 0, 0, NOBODY, .act = set_command },
	{ "split", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, .act = propose_split },
	{ "typing", IN_ANY, 0, 0, NOBODY, .act = dispatch_typing },
	{ "undo", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_RUN | HAS_REVIEW |
	    HAS_DECISION, NOBODY, .act = undo_propose },
	{ "unqueue", IN_ANY, 0, 0, NOBODY, .act = say_unqueue },
};

static int
dispatch_allowed(const struct core *c, const struct dispatch_row *k, struct err *e)
{
	if ((k->who & WITH_USER) != 0 && !c->person)
		return err_set(e, "this run is unattended: wait for its end, "
		    "then assent resume");
	if (((k->who & (WITH_MODEL | WITH_ANSWERS)) != 0 &&
	    c->context == NULL) || ((k->who & WITH_MODEL) != 0 &&
	    c->target.replay_dir != NULL))
		return err_set(e, "this session uses no model");
	return allow_command(c, k->phases, k->needs, k->bars, e);
}

static int
dispatch_command(struct client *cl, const char *type, const cJSON *m,
    struct err *e)
{
	const struct dispatch_row *k = MEM_FIND(dispatch_table, type);
	struct core *c = cl->server->core;
	cJSON *answer;

	if (k == NULL)
		return err_set(e, "unknown command \"%.40s\"", type);
	/* A command that can't run during an inspection of the project stops
	 * it. */
	if ((k->phases & IN(PHASE_LOOK)) == 0)
		inspect_give_way(c);
	if (dispatch_allowed(c, k, e) < 0)
		return -1;
	if (k->act != NULL)
		return k->act(c, m, cl->name, e);
	if (k->serve != NULL)
		return k->serve(cl, m, e);
	answer = k->answer(c, m, e);
	if (answer == NULL)
		return -1;
	client_send(cl, answer);
	return 0;
}

void
dispatch_line(struct client *cl, const char *line, size_t n)
{
	struct err e = ERR_INIT;
	cJSON *m = json_parse(line, n, JSON_NUL_REPLACE, &e);
	const char *type = json_str(m, "type");
	cJSON *it;

	if (type == NULL)
		client_refuse(cl, NULL, e.text[0] != '\0' ? e.text :
		    "a line without a type", -1);
	else if (strcmp(type, "hello") == 0)
		client_hello(cl, m);
	else if (cl->state == CLIENT_NEW)
		client_refuse(cl, type, "say hello first", -1);
	else if (strcmp(type, "start") == 0)
		client_start(cl, m);
	else if (!cl->server->started)
		client_refuse(cl, type, "no session is started", -1);
	else if (dispatch_command(cl, type, m, &e) < 0)
		client_refuse(cl, type, e.text, e.sys == EALREADY ? 0 : -1);
	/* Wipe keys from the message and the input buffer: only the target and
	 * failover keep them. */
	json_wipe(m, "key");
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		json_wipe(it, NULL);
	cJSON_ArrayForEach(it, json_get(m, "mcp_env"))
		mcp_env_wipe(it);
	cJSON_ArrayForEach(it, json_get(m, "headers"))
		mcp_env_wipe(it);
	if (json_str(m, "key") != NULL || json_get(m, "keys") != NULL ||
	    json_get(m, "mcp_env") != NULL || json_get(m, "headers") != NULL)
		lineio_wipe(cl->io);
	cJSON_Delete(m);
}
