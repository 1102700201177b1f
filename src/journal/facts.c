#include "config.h"

#include "journal/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "journal/fold.h"

#define REVIEW_BREAK_MS	(5 * 60 * 1000)	/* a longer pause between marks isn't
					   reading */

/* ---- money ---- */

static struct task_usage_sum *
facts_model(struct facts *f, const char *name)
{
	struct facts_model *m = MEM_FIND_IN(f->models, f->models_len, name);

	if (m == NULL) {
		m = GROW_ADD(f->models, f->models_len);
		*m = (struct facts_model){ .name = xstrdup(name) };
	}
	return &m->used;
}

/* A separate request (a review, a summary, a question beside the work) names its
 * model. */
static void
facts_paid(struct facts *f, const struct event *e)
{
	const struct ev_asked *asked = e->type == EVENT_COMPACTION ?
	    e->compaction.model : e->type == EVENT_REVIEW ? e->review.model :
	    e->type == EVENT_BTW ? e->btw.model : NULL;
	struct task_usage_sum sum = { 0 };
	AUTO_FREE char *name = asked == NULL ? NULL :
	    xasprintf("%s/%s", ev_str(asked->provider, "?"),
	    ev_str(asked->name, "?"));

	if (!task_usage_paid(&sum, e))
		return;
	task_usage_add_sum(&f->paid[e->type == EVENT_COMPACTION ?
	    FACTS_COMPACTION : e->type == EVENT_REVIEW ? FACTS_REVIEWER :
	    e->type == EVENT_BTW ? FACTS_ASIDE : f->payer], &sum);
	sum.turns = 1;
	task_usage_add_sum(facts_model(f,
	    name != NULL ? name : f->model != NULL ? f->model : "?"), &sum);
}

static void
facts_missed(struct facts *f, const struct ev_usage *u)
{
	if (u == NULL || u->miss == NULL)
		return;
	if (f->misses == NULL)
		f->misses = cJSON_CreateObject();
	json_add_int(f->misses, u->miss, json_int(f->misses, u->miss, 0) +
	    u->missed);
}

void
facts_add_misses(struct buf *b, const char *lead, const cJSON *misses)
{
	static const struct { const char *name, *said; } rows[] = {
		{ "expired", "nothing had changed, but it had expired" },
		{ "messages_changed", "the conversation changed" },
		{ "model_changed", "the model changed" },
		{ "pending", NULL },
		{ "previous_message_not_found", NULL },
		{ "system_changed", "the system prompt changed" },
		{ "tools_changed", "the tools changed" },
		{ "unavailable", NULL },
	};
	const cJSON *it;

	cJSON_ArrayForEach(it, misses) {
		const char *word = it->string, *said = word;
		int64_t tokens = json_int(misses, word, 0);

		if (MEM_FIND(rows, word) != NULL)
			said = MEM_FIND(rows, word)->said;
		if (said == NULL)
			continue;
		buf_addf(b, "%sthe cache missed: ", lead);
		sanitize_name(b, said);
		if (tokens > 0) {
			buf_adds(b, " (");
			limit_count_text(b, tokens);
			buf_adds(b, " tokens)");
		}
	}
}

static void
facts_new_model(struct facts *f, const cJSON *model)
{
	if (cJSON_IsObject(model))
		FREE_SET(f->model, xasprintf("%s/%s", json_str_or(model,
		    "provider", "?"), json_str_or(model, "name", "?")));
}

/* Forget models and hunks. */
static void
facts_clear(struct facts *f)
{
	MEM_EACH(f, models, m)
		free(m->name);
	MEM_EACH(f, hunks, h)
		FREE_ALL(h->id, h->path, h->word);
	json_drop(&f->misses);
	FREE_NULL(f->models);
	FREE_NULL(f->hunks);
	FREE_NULL(f->decided);
	f->models_len = f->hunks_len = f->decided_len = 0;
	pathmap_release(&f->ids);
	pathmap_release(&f->lines);
}

/* ---- hunks ---- */

/* A hash that identifies a hunk by its path and the lines that it adds and
 * removes; without lines, by its id. */
static uint64_t
facts_lines(const char *path, const char *id, const struct ev_bytes *text)
{
	struct hunk_walk w = hunk_walk(text->p, text->len, 0, 0);
	uint64_t h = hash_bytes(HASH_BEGIN, path, strlen(path) + 1);

	if (text->len == 0)
		return hash_bytes(h, id, strlen(id));
	while (hunk_walk_next(&w))
		if (w.sign == '+' || w.sign == '-')
			h = hash_bytes(h, w.line, w.n);
	return h;
}

/* The hunk with this id, from 1; 0: none, or it was written: it is another. */
static size_t
facts_known(const struct facts *f, const char *id)
{
	size_t at = pathmap_number(&f->ids, id);

	return at != 0 && f->hunks[at - 1].written ? 0 : at;
}

/* A hunk with a new id: one that isn't open any more, or another. Returns where
 * it is, from 1. */
static size_t
facts_new_hunk(struct facts *f, const char *path, const struct ev_hunk *now)
{
	uint64_t lines = facts_lines(path, now->id, &now->text);
	char name[20];
	struct facts_hunk *h;
	size_t at, first;

	snprintf(name, sizeof(name), "%016llx", (unsigned long long)lines);
	at = first = pathmap_number(&f->lines, name);
	for (; at != 0; at = f->hunks[at - 1].older) {
		h = &f->hunks[at - 1];
		if (h->proposal != f->proposal && !h->written)
			break;
	}
	if (at == 0) {
		*GROW_ADD(f->hunks, f->hunks_len) = (struct facts_hunk){
		    .path = xstrdup(path), .older = first };
		at = f->hunks_len;
		pathmap_set_number(&f->lines, name, at);
	} else
		pathmap_remove(&f->ids, f->hunks[at - 1].id);
	h = &f->hunks[at - 1];
	xstrset(&h->id, now->id);
	h->proposal = f->proposal;
	h->added = h->removed = 0;
	file_hunk_count(now->text.p, now->text.len, &h->added, &h->removed);
	pathmap_set_number(&f->ids, h->id, at);
	return at;
}

/* The hunks with a known id (first, so that no other becomes one of them), or
 * the others. */
static void
facts_offer(struct facts *f, const struct ev_proposal *p, bool known)
{
	size_t at;

	MEM_EACH(p, files, file)
		MEM_EACH(file, hunks, h) {
			if (h->id == NULL || file->path_bytes == NULL ||
			    h->text.p == NULL)
				continue;
			at = facts_known(f, h->id);
			if (known && at != 0)
				f->hunks[at - 1].proposal = f->proposal;
			else if (!known && at == 0)
				at = facts_new_hunk(f, file->path_bytes, h);
			if (at != 0)
				f->hunks[at - 1].line = h->new_start;
		}
}

static void
facts_proposal(struct facts *f, const struct event *e)
{
	const struct ev_proposal *p = &e->proposal;

	f->proposal = e->seq;
	f->open = p->files_len == 0 ? FACTS_FINAL : p->undo != 0 ?
	    FACTS_UNDO : p->final.on ? FACTS_FINAL : FACTS_PARTIAL;
	if (f->open != FACTS_UNDO) {
		facts_offer(f, p, true);
		facts_offer(f, p, false);
	}
}

/* The word of who decided, in `applied`. */
static const char *const facts_whos[FACTS_WHOS] = {
	"person", NULL, "yes", "small", "reviewer", "rollback",
};

static enum facts_who
facts_who(const char *word, const char *client)
{
	enum facts_who who = (enum facts_who)MEM_WORD(facts_whos, word);

	return who != FACTS_PERSON ? who :
	    ev_is(client, "no tty") ? FACTS_SCRIPT : FACTS_PERSON;
}

static void
facts_decision(struct facts *f, const struct event *e)
{
	const struct ev_decision *d = &e->decision;
	enum facts_who who = facts_who(strcmp(e->by, "user") == 0 ? "person" :
	    d->rule, d->client);
	struct facts_hunk *known;
	size_t at;

	f->decided_len = 0;
	/* What is discarded is a change. */
	if (f->open == FACTS_UNDO || ev_is(d->rule, "rollback") || d->discard)
		return;
	MEM_EACH(d, files, file)
		MEM_EACH(file, hunks, h) {
			if (h->id == NULL || file->path_bytes == NULL)
				continue;
			at = facts_known(f, h->id);
			if (at == 0)
				at = facts_new_hunk(f, file->path_bytes,
				    &(struct ev_hunk){ .id = h->id, .text.p = "" });
			known = &f->hunks[at - 1];
			known->verdict = ev_is(h->decision, "no") ?
			    FACTS_REJECTED : ev_is(h->decision, "edited") ?
			    FACTS_EDITED : FACTS_ACCEPTED;
			known->written = known->verdict != FACTS_REJECTED;
			xstrset(&known->word, h->word);
			known->who = who;
			known->task = f->task;
			known->seq = e->seq;
			known->turn = f->usage.session.turns;
			*GROW_ADD(f->decided, f->decided_len) = at - 1;
		}
}

/* What is known of a file while its hunks are counted. */
struct facts_file {
	char		*path;		/* first, for pathmap */
	int64_t		 turn;		/* of the last one that was accepted */
	unsigned	 whos;
};

/* What couldn't be written wasn't decided after all: it is asked again. */
static void
facts_applied(struct facts *f, const struct event *e)
{
	AUTO(pathmap_release) struct pathmap failed = { 0 };
	struct facts_hunk *h;

	MEM_EACH(&e->applied, ops, op)
		if (op->ok && op->rule != NULL)
			f->wrote[facts_who(op->rule, NULL)]++;
		else if (!op->ok && op->path_bytes != NULL)
			pathmap_add(&failed, op->path_bytes, sizeof(char *));
	MEM_EACH(f, decided, at) {
		h = &f->hunks[*at];
		if (h->written && pathmap_find(&failed, h->path) != NULL) {
			h->written = false;
			h->verdict = FACTS_UNDECIDED;
		}
	}
}

static bool
facts_is_of(const struct facts *f, const struct facts_hunk *h,
    enum facts_of of)
{
	return of == FACTS_OF_SESSION || h->task == f->task;
}

/* Has it been proposed again since it was rejected? */
static bool
facts_is_open(const struct facts *f, const struct facts_hunk *h)
{
	return !h->written && h->proposal == f->proposal &&
	    h->seq < f->proposal;
}

struct facts_hunks
facts_hunks(const struct facts *f, enum facts_of of)
{
	AUTO(pathmap_release) struct pathmap files = { 0 };
	struct facts_hunks sum = { 0 };
	struct facts_file *file;

	MEM_EACH(f, hunks, h) {
		if (!facts_is_of(f, h, of) || facts_is_open(f, h))
			continue;
		sum.n[h->verdict]++;
		sum.decided += h->verdict != FACTS_UNDECIDED;
		if (!h->written)
			continue;
		sum.by[h->who].hunks++;
		file = pathmap_add(&files, h->path, sizeof(*file));
		if ((file->whos & 1u << h->who) == 0)
			sum.by[h->who].files++;
		file->whos |= 1u << h->who;
		file->turn = h->turn > file->turn ? h->turn : file->turn;
	}
	MEM_EACH(f, hunks, h)
		if (of != FACTS_OF_SESSION && facts_is_of(f, h, of) &&
		    h->verdict == FACTS_REJECTED && !facts_is_open(f, h) &&
		    (file = pathmap_find(&files, h->path)) != NULL)
			sum.replaced += file->turn > h->turn;
	return sum;
}

bool
facts_is_rejected(const struct facts *f, const struct facts_hunk *h)
{
	return h->verdict == FACTS_REJECTED && h->proposal != f->proposal;
}

const struct facts_hunk *
facts_rejected(const struct facts *f, const char *id)
{
	size_t at = pathmap_number(&f->ids, id);

	return at != 0 && f->hunks[at - 1].verdict == FACTS_REJECTED ?
	    &f->hunks[at - 1] : NULL;
}

bool
facts_all_rejected(const struct facts *f, int64_t since)
{
	bool any = false;

	MEM_EACH(f, hunks, h) {
		if (h->seq <= since || h->verdict == FACTS_UNDECIDED)
			continue;
		if (h->verdict != FACTS_REJECTED)
			return false;
		any = true;
	}
	return any;
}

/* If some turns reported no tokens, a task's sum is unknown; the session's sum
 * is that of the turns that did. */
static struct ev_tokens *
facts_tokens(struct event *to, const struct task_usage_sum *sum, bool task)
{
	struct ev_tokens *t = ev_alloc(to, sizeof(*t));

	t->in = (struct ev_number){ !sum->uncounted ||
		(!task && sum->counted > 0), sum->counted };
	t->out = (struct ev_number){ !sum->uncounted ||
		(!task && sum->counted_out > 0), sum->counted_out };
	t->cached = (struct ev_number){ sum->cached_told &&
		!(task && sum->uncached), sum->cached };
	if (sum->guessed) {
		t->guess = ev_alloc(to, sizeof(*t->guess));
		*t->guess = (struct ev_tokens_count){ sum->in, sum->out };
	}
	return t;
}

cJSON *
facts_end(const struct facts *f, struct event *to)
{
	const struct task_usage_sum task = task_usage_whole(&f->usage);
	const struct task_usage_sum *all = &f->usage.session;
	const struct facts_hunks hunks = facts_hunks(f, FACTS_OF_TASK);
	struct ev_agent_end *end = &to->agent_end;
	cJSON *by = cJSON_CreateObject();
	size_t i;

	end->turns = task.turns;
	end->tokens = facts_tokens(to, &task, true);
	end->cost_usd = EV_KNOWN(task_usage_cost(&task));
	end->session = ev_alloc(to, sizeof(*end->session));
	*end->session = (struct ev_session_used){ .turns = all->turns,
		.tokens = facts_tokens(to, all, false),
		.cost_usd = EV_KNOWN(task_usage_cost(all)) };
	end->decided = EV_IS(hunks.decided);
	end->rejected = EV_IS(hunks.n[FACTS_REJECTED]);
	end->replaced = hunks.replaced;
	end->prompts = f->answers;
	for (i = 0; i < FACTS_WHOS; i++)
		if (f->wrote[i] > 0)
			json_add_int(by, facts_whos[i], f->wrote[i]);
	end->accepted_by = by;
	return by;
}

void
facts_add_accepted(struct buf *b, const struct facts_hunks *h)
{
	size_t i, len = b->len;

	for (i = 0; i < FACTS_WHOS; i++)
		if (h->by[i].hunks > 0)
			buf_addf(b, "%s%d hunk%s in %d file%s by %s%s",
			    b->len > len ? ", " : "", h->by[i].hunks,
			    h->by[i].hunks == 1 ? "" : "s", h->by[i].files,
			    h->by[i].files == 1 ? "" : "s", i == FACTS_PERSON ?
			    "you" : i == FACTS_SCRIPT ? "you, without a "
			    "terminal" : "rule ", i < FACTS_BY_YES ? "" :
			    facts_whos[i]);
}

/* ---- the short state ---- */

enum session_wait
session_state_waits(const struct session_state *s)
{
	return s->question != NULL ? SESSION_QUESTION :
	    s->limit != NULL ? SESSION_LIMIT :
	    s->steps > 0 ? SESSION_PLAN :
	    s->hunks > 0 && !s->said ? SESSION_HUNKS : SESSION_NOTHING;
}

enum session_says
session_state_says(const struct session_state *s)
{
	if (s->own)
		return SESSION_WORKS;
	if (s->applies != 0)
		return (enum session_says)s->applies;
	if (session_state_waits(s) != SESSION_NOTHING)
		return SESSION_WAITS;
	return s->work == SESSION_UNKNOWN && s->ran ? SESSION_ENDED :
	    (enum session_says)s->work;
}

static void
state_words(char **to, const char *text)
{
	free(*to);
	*to = text == NULL ? NULL : utf8_cut_dup(text, SESSION_WORDS_MAX);
}

static void
state_message(struct session_state *s, const char *text)
{
	FREE_NULL(s->outcome);
	if (s->task == NULL)
		state_words(&s->task, text);
	else if (s->over)
		state_words(&s->latest, text);
	s->over = false;
}

static void
state_works(struct session_state *s)
{
	s->work = SESSION_WORKS;
	s->own = s->ended = false;
}

static void
state_start(struct session_state *s, const struct event *e)
{
	const struct ev_session_start *start = &e->session_start;

	xstrset(&s->root, start->root);
	xstrset(&s->mode, start->mode);
	xstrset(&s->started, e->t);
	xstrset(&s->name, json_str(start->settings, "name"));
	if (start->task != NULL)
		state_words(&s->task, start->task);
}

static void
state_plan(struct session_state *s, const struct ev_plan *plan)
{
	if (ev_is(plan->status, "step"))
		return;
	state_works(s);
	s->steps = !ev_is(plan->status, "proposed") ? 0 :
	    plan->steps_len > 0 ? (int)plan->steps_len : 1;
}

/* A proposal begins a review, unless it is the rest of one. */
static void
state_review_begin(struct session_state *s, const struct event *e)
{
	const struct ev_proposal *p = &e->proposal;

	if (p->proposal != 0)
		return;
	s->review_at = p->undo != 0 || !ev_is(s->mode, "interactive") ? 0 :
	    clock_stamp_ms(e->t);
	s->review_ms = 0;
}

/* You did something in it: true if it counts. */
static bool
state_review(struct session_state *s, const struct event *e,
    const char *client)
{
	int64_t now = clock_stamp_ms(e->t), ms = now - s->review_at;

	if (s->review_at == 0 || strcmp(e->by, "user") != 0 ||
	    facts_who("person", client) != FACTS_PERSON)
		return false;
	s->review_at = now;
	s->review_ms = s->review_ms < 0 || ms < 0 || ms > REVIEW_BREAK_MS ? -1 :
	    s->review_ms + ms;
	return true;
}

static void
state_reviewed(struct session_state *s, const struct event *e)
{
	int was = s->reviewed;

	if (!state_review(s, e, e->decision.client))
		return;
	MEM_EACH(&e->decision, files, file)
		MEM_EACH(file, hunks, h) {
			bool yes = !ev_is(h->decision, "no");

			s->reviewed++;
			s->accepted += yes;
			s->unseen += yes && !h->seen;
			s->comments += (h->word != NULL) +
			    (int)h->comments_len;
		}
	if (s->review_ms >= 0) {
		s->timed += s->reviewed - was;
		s->timed_ms += s->review_ms;
	}
	s->review_ms = 0;
}

/* Whole names only. */
static void
state_paths(struct session_state *s, const struct ev_proposal *p)
{
	AUTO_BUF struct buf b = BUF_INIT(SESSION_PATHS_MAX);

	FREE_NULL(s->paths);
	if (p->files_len == 0 || ev_is(s->mode, "review"))
		return;
	MEM_EACH(p, files, file)
		if (buf_addf(&b, "%s\n", ev_str(file->path, "?")) < 0 ||
		    (file->from != NULL &&
		    buf_addf(&b, "%s\n", file->from) < 0))
			break;
	s->paths = xstrdup(buf_str(&b));
}

static void
state_proposal(struct session_state *s, const struct ev_proposal *p)
{
	state_paths(s, p);
	s->files = s->hunks = s->applies = 0;
	s->said = false;
	s->files = (int)p->files_len;
	MEM_EACH(p, files, file)
		s->hunks += (int)file->hunks_len;
	/* A file without lines is decided as a whole. */
	s->hunks = s->hunks < s->files ? s->files : s->hunks;
}

static void
state_check(struct session_state *s, const struct ev_evidence *check)
{
	if (ev_is(check->status, "done") && ev_is(check->where, "stage"))
		s->check = check->exit.is && check->exit.n == 0 ? 1 : -1;
	else if (!ev_is(check->status, "valid"))
		s->check = 0;
}

/* Number `which` of what tells about the open hunks runs, or not any more. */
static void
state_runs(struct session_state *s, size_t which, const char *status)
{
	s->runs = ev_is(status, "running") ? s->runs | 1 << which :
	    s->runs & ~(1 << which);
}

static void
state_end(struct session_state *s, const struct ev_agent_end *end)
{
	xstrset(&s->outcome, end->outcome);
	/* A message continues one that stopped. */
	s->over = !ev_is(end->outcome, "waiting") && !(end->stopped.is ?
	    end->stopped.on : ev_is(end->outcome, "interrupted"));
	if (end->rolled_back)
		s->check = -1;
	s->work = SESSION_ENDED;
	s->own = s->ended = s->said = false;
	s->until = 0;
	FREE_NULL(s->question);
	FREE_NULL(s->limit);
}

/* A command was started or, in the call that starts it as well, has ended. */
static void
state_background(struct session_state *s, const struct event *e)
{
	const struct ev_background *b = e->type == EVENT_TOOL_RESULT ?
	    e->tool_result.background : e->type == EVENT_NOTE ?
	    e->note.background : e->type == EVENT_USER_MESSAGE ?
	    e->user_message.background : NULL;

	if (b != NULL && b->ended == NULL)
		s->background++;
	else if (b != NULL && (e->type != EVENT_TOOL_RESULT ||
	    !ev_is(e->tool_result.name, "bash")))
		s->background--;
}

/* A fork shows the message that waits to be sent, until its first one. Lines
 * that it copied were counted in the parent session. */
static void
state_fork(struct session_state *s, const struct ev_note *note)
{
	AUTO_FREE char *text = xasprintf("fork of %s at: %s",
	    note->forked->session != NULL ? note->forked->session : "?",
	    note->message != NULL ? note->message : "");

	state_words(s->task == NULL ? &s->task : &s->latest, text);
	s->over = true;
	s->cost = s->unpriced = 0;
	s->reviewed = s->accepted = s->unseen = s->comments = s->timed = 0;
	s->timed_ms = s->review_at = 0;
}

static void
state_budget(struct session_state *s, const struct event *e)
{
	const struct ev_budget *x = &e->budget;
	bool service = limit_find(x->what) == LIMIT_SERVICE;

	xstrset(&s->limit, x->action != NULL ? NULL : ev_str(x->what, "?"));
	if (!ev_is(x->action, "wait"))
		s->until = x->action != NULL || !service ? 0 :
		    clock_stamp_ms(e->t) + limit_from_json(LIMIT_SERVICE,
		    x->limit);
}

/* A line of the model's or the core's. */
static void
state_event(struct session_state *s, const struct event *e)
{
	struct task_usage_sum paid = { 0 };

	if (task_usage_paid(&paid, e)) {
		s->cost += paid.cost;
		s->unpriced += paid.unpriced;
	}
	switch (e->type) {
	case EVENT_SESSION_START:
		state_start(s, e);
		break;
	case EVENT_USER_MESSAGE:
	case EVENT_TURN_START:
		s->decided = s->decided && e->type != EVENT_TURN_START;
		s->until = e->type == EVENT_TURN_START ? 0 : s->until;
		/* FALLTHROUGH */
	case EVENT_ASSISTANT_MESSAGE:
	case EVENT_TOOL_CALL:
	case EVENT_TOOL_RESULT:
	case EVENT_INTERRUPT:
		state_works(s);
		break;
	case EVENT_UNQUEUED:
		s->said = false;
		break;
	case EVENT_ASK:
		state_works(s);
		xstrset(&s->question, fold_ask_rows[fold_ask_kind(e)].waits);
		break;
	case EVENT_ANSWER:
		FREE_NULL(s->question);
		state_works(s);
		break;
	case EVENT_BUDGET:
		state_budget(s, e);
		state_works(s);
		break;
	case EVENT_PLAN:
		state_plan(s, &e->plan);
		break;
	case EVENT_PROPOSAL:
		state_proposal(s, &e->proposal);
		state_review_begin(s, e);
		break;
	case EVENT_DRAFT:
		(void)state_review(s, e, e->draft.client);
		break;
	case EVENT_COMMENT:
		(void)state_review(s, e, e->comment.client);
		break;
	case EVENT_DECISION:
		state_reviewed(s, e);
		s->hunks = s->files = 0;
		FREE_NULL(s->paths);
		s->applies = SESSION_WORKS;
		s->decided = strcmp(e->by, "user") == 0;
		break;
	case EVENT_APPLY_BEGIN:
		s->applies = SESSION_APPLIES;
		break;
	case EVENT_APPLIED:
		s->applies = SESSION_WORKS;
		break;
	case EVENT_EVIDENCE:
		state_check(s, &e->evidence);
		/* Proofs were about what was checked before. */
		s->runs = 0;
		state_runs(s, FOLD_PROOFS, e->evidence.status);
		break;
	case EVENT_PROOF:
		state_runs(s, mem_word(fold_proof_names, FOLD_PROOFS,
		    e->proof.which), e->proof.status);
		break;
	case EVENT_AGENT_END:
		state_end(s, &e->agent_end);
		break;
	case EVENT_BTW:
		s->ran = true;
		break;
	case EVENT_NOTE:
		s->ended = s->ended || e->note.ended;
		s->runs = e->note.resumed ? 0 : s->runs;
		if (e->note.forked != NULL)
			state_fork(s, &e->note);
		break;
	default:
		break;
	}
}

bool
session_state_line(struct session_state *s, const struct event *e)
{
	enum session_says says = session_state_says(s);
	enum session_wait waits = session_state_waits(s);
	int hunks = s->hunks, check = s->check, runs = s->runs;
	bool user = strcmp(e->by, "user") == 0, ended = s->ended;

	/* A command of the user's is no work on a task. */
	if (user && ((e->type == EVENT_TOOL_CALL &&
	    ev_is(e->tool_call.name, "bash")) ||
	    (e->type == EVENT_TOOL_RESULT &&
	    ev_is(e->tool_result.name, "bash")))) {
		s->own = e->type == EVENT_TOOL_CALL;
		s->ran = s->ran || !s->own;
	} else
		state_event(s, e);
	state_background(s, e);
	if (user && e->type == EVENT_USER_MESSAGE) {
		state_message(s, e->user_message.text);
		/* One about a hunk leaves the proposal as it is. */
		s->said = s->said || e->user_message.question == NULL;
	}
	/* The command of `try`. */
	else if (s->task == NULL && e->type == EVENT_TOOL_CALL &&
	    ev_is(e->tool_call.name, "argv"))
		state_words(&s->task, json_str(e->tool_call.args, "command"));
	if (says != session_state_says(s) || waits != session_state_waits(s) ||
	    runs != s->runs)
		xstrset(&s->since, e->t);
	else if (hunks == s->hunks && check == s->check && ended == s->ended &&
	    e->type != EVENT_PROPOSAL)
		return false;
	return true;
}

/* ---- tasks ---- */

/* Nothing was decided in it yet. */
static void
facts_task(struct facts *f)
{
	f->answers = 0;
	f->test = FACTS_TEST_NONE;
	memset(f->wrote, 0, sizeof(f->wrote));
}

static void
facts_message(struct facts *f, const struct event *e)
{
	const struct ev_user_message *m = &e->user_message;
	bool user = strcmp(e->by, "user") == 0;
	bool opens = user && f->usage.state != USAGE_OPEN;
	bool begins = opens && !task_usage_continues(&f->usage, m);

	/* Hunks of the user's own commands, before the first turn, belong to
	 * no task. */
	if (opens ? begins : task_usage_whole(&f->usage).turns == 0)
		f->task++;
	if (begins) {
		f->since = e->seq;
		f->counted = f->was_checked = false;
		facts_task(f);
	}
	f->asks = f->asks || m->question != NULL;
	if (user && f->over && !m->again && f->open != FACTS_UNDO)
		f->open = FACTS_FINAL;
	f->over = f->over && !user;
}

/* One that waits hasn't always ended. */
static void
facts_count(struct facts *f)
{
	f->tasks += !f->counted;
	f->counted = true;
}

/* A run that says whether the model's work is done. */
static void
facts_check(struct facts *f, const struct ev_evidence *check)
{
	if (!ev_is(check->status, "done") || f->was_checked ||
	    f->open != FACTS_FINAL || ev_is(check->where, "accepted") ||
	    (check->killed != NULL && fold_not_run(check->killed)))
		return;
	f->was_checked = true;
	f->checked++;
	f->passed += check->killed == NULL && check->exit.is &&
	    check->exit.n == 0;
}

/* The user's: did it answer something that waited? */
static bool
facts_is_answer(const struct event *e)
{
	enum event_type type = e->type;

	return strcmp(e->by, "user") == 0 && (type == EVENT_DECISION ||
	    type == EVENT_ANSWER || (type == EVENT_PLAN &&
	    (ev_is(e->plan.status, "approved") ||
	    ev_is(e->plan.status, "returned"))) ||
	    (type == EVENT_BUDGET && e->budget.action != NULL));
}

/* Lines copied from the parent session are counted there. */
static void
facts_fork(struct facts *f, const struct event *e)
{
	facts_clear(f);
	memset(f->paid, 0, sizeof(f->paid));
	f->tasks = f->checked = f->passed = 0;
	f->counted = f->was_checked = false;
	facts_task(f);
	f->since = e->seq;
	f->task++;
}

void
facts_event(struct facts *f, const struct event *e)
{
	const char *agent;

	switch (e->type) {
	case EVENT_SESSION_START:
		facts_new_model(f, e->session_start.model);
		agent = json_str(json_get(e->session_start.settings, "agent"),
		    "name");
		if (agent != NULL)
			xstrset(&f->model, agent);
		xstrset(&f->profile, json_str_or(json_get(
		    e->session_start.settings, "profile"), "name", "code"));
		break;
	case EVENT_MODEL:
		facts_new_model(f, e->model.model);
		break;
	case EVENT_USER_MESSAGE:
		facts_message(f, e);
		break;
	case EVENT_COMMENT:
		f->asks = f->asks && strcmp(e->by, "model") != 0;
		break;
	case EVENT_TURN_START:
		f->payer = f->asks ? FACTS_ASIDE : FACTS_TASK;
		facts_count(f);
		break;
	case EVENT_TOOL_RESULT:
		if (e->tool_result.test_failed)
			f->test = FACTS_TEST_FAILED;
		else if (ev_is(e->tool_result.error, "test_first"))
			f->test = FACTS_TEST_MISSED;
		break;
	case EVENT_PROPOSAL:
		facts_proposal(f, e);
		break;
	case EVENT_DECISION:
		facts_decision(f, e);
		break;
	case EVENT_APPLIED:
		facts_applied(f, e);
		break;
	case EVENT_EVIDENCE:
		facts_check(f, &e->evidence);
		break;
	case EVENT_NOTE:
		if (e->note.forked != NULL)
			facts_fork(f, e);
		break;
	case EVENT_TURN_END:
		facts_missed(f, e->turn_end.usage);
		break;
	case EVENT_AGENT_END:
		facts_count(f);
		f->over = true;
		f->asks = false;
		break;
	default:
		break;
	}
	f->answers += facts_is_answer(e);
	facts_paid(f, e);
	task_usage_event(&f->usage, e);
	f->news = session_state_line(&f->state, e) || f->news;
}

void
facts_release(struct facts *f)
{
	facts_clear(f);
	session_state_release(&f->state);
	FREE_ALL(f->usage.last_call, f->model, f->profile);
}
