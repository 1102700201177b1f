/*
 * cmd-show: prints a session's complete open proposal, as a patch or as one JSON
 * object, for decisions without the UI. Reads only the journal, which a core may
 * be writing at the same time.
 */

#include "config.h"

#include "cmd/cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/ask.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "cmd/stale.h"
#include "front/editor.h"
#include "front/message.h"
#include "front/plan-markdown.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "policy/approve.h"

/* What a session proposes, read from its journal. */
struct proposal_past {
	struct fold	*fold;
	struct event	*line;		/* the last proposal, or NULL */
	struct event	*evidence;	/* the last run's line, or NULL; its
					   status is what it is now */
};

/* Keep the check's result; only the last one can be stale. */
static void
proposal_keep_evidence(struct proposal_past *p, const struct event *l)
{
	bool valid = ev_is(l->evidence.status, "valid");

	if (!valid && !ev_is(l->evidence.status, "stale"))
		event_keep_line(&p->evidence, l);
	else if (p->evidence != NULL)
		p->evidence->evidence.status = valid ? "done" : "stale";
}

static void
proposal_past_line(void *arg, const struct event *l)
{
	struct proposal_past *p = arg;

	fold_event(p->fold, l);
	if (l->type == EVENT_PROPOSAL)
		event_keep_line(&p->line, l);
	else if (l->type == EVENT_EVIDENCE)
		proposal_keep_evidence(p, l);
}

/* Read the proposal from the journal in the session's folder. -1 with *e;
 * release it either way. */
static int
proposal_past_read(struct proposal_past *p, const char *dir, struct err *e)
{
	*p = (struct proposal_past){ .fold = fold_new() };
	return log_events(dir, proposal_past_line, p, e);
}

static void
proposal_past_release(struct proposal_past *p)
{
	fold_free(p->fold);
	event_drop(&p->line);
	event_drop(&p->evidence);
}

/* The last run of the check, if any, and whether its result still
 * applies. */
static void
proposal_evidence(cJSON *o, const struct event *last)
{
	static const char *const always[] = {
		"status", "command", "check_by", "where", "exit", "words",
		"unproposed",
	}, *const some[] = {
		"signal", "killed", "limit", "met", "text", "out", "ms",
	};
	const struct ev_evidence *x;
	const cJSON *v;
	cJSON *ev;
	size_t i;

	if (last == NULL) {
		json_set_take(o, "evidence", cJSON_CreateNull());
		return;
	}
	x = &last->evidence;
	ev = cJSON_CreateObject();
	for (i = 0; i < MEM_COUNT(always); i++) {
		v = json_get(last->line, always[i]);
		json_set_take(ev, always[i], v == NULL ? cJSON_CreateNull() :
		    cJSON_Duplicate(v, 1));
	}
	JSON_COPY(ev, last->line, some);
	json_set_take(ev, "status", cJSON_CreateString(x->status));
	json_set_take(ev, "passed", !ev_is(x->status, "done") ?
	    cJSON_CreateNull() : cJSON_CreateBool(ev_int(x->exit, -1) == 0 &&
	    x->killed == NULL));
	json_set_take(o, "evidence", ev);
}

/* What it said with a part of the changes. */
static void
proposal_proofs(cJSON *o, const struct fold *f)
{
	static const char *const some[] = { "which", "status", "reason",
		"files", "words", "text" };
	cJSON *list = cJSON_AddArrayToObject(o, "proofs"), *one;
	size_t i;

	for (i = 0; f != NULL && i < FOLD_PROOFS; i++) {
		const struct fold_proof *p = &f->proofs[i];

		if (p->status == NULL)
			continue;
		one = cJSON_CreateObject();
		JSON_COPY(one, p->line->line, some);
		cJSON_AddItemToArray(list, one);
	}
}

/* What is told of a file, its hunks and lines. */
static void
show_notes(cJSON *file, const struct fold_file *f)
{
	cJSON *list = cJSON_AddArrayToObject(file, "notes"), *it;

	MEM_EACH(f, notes, n) {
		AUTO_FREE char *text = xasprintf("%s%s", ev_str(n->row->lead,
		    ""), n->text);

		cJSON_AddItemToArray(list, it = cJSON_CreateObject());
		json_add_str(it, "kind", n->row->name);
		if (n->hunk != FOLD_NOTE_FILE)
			json_add_str(it, "hunk", f->hunks[n->hunk].id);
		if (n->line > 0) {
			json_add_str(it, "side", n->old ? "old" : "new");
			json_add_int(it, "line", n->line);
		}
		json_add_str(it, "text", text);
		json_add_bool(it, "warns", n->row->level >= NOTE_LOOK);
		json_add_bool(it, "stops", n->row->stops != NOTE_STOPS_NONE);
	}
}

/* Each hunk's number, as for --accept, and its mark; the notes of each file. No
 * rule accepts one that a user has started to decide. */
static void
show_number(cJSON *files, const struct fold *fold)
{
	const struct fold_file *f;
	const struct fold_hunk *h;
	cJSON *file, *hunk, *rules, *rule, *why;

	cJSON_ArrayForEach(file, files) {
		bool begun = false;

		f = NULL;
		cJSON_ArrayForEach(hunk, json_get(file, "hunks")) {
			f = fold_find_hunk(fold, json_str(hunk, "id"), &h);
			if (f == NULL)
				continue;
			if (h->called != NULL)
				json_add_str(hunk, "number", h->called);
			else
				json_add_int(hunk, "number", h->number);
			if (h->mark != MARK_NONE)
				json_add_str(hunk, "mark", h->edit != NULL ?
				    "edited" : h->mark == MARK_YES ? "yes" :
				    "no");
			begun = begun || h->mark != MARK_NONE;
		}
		if (f != NULL)
			show_notes(file, f);
		rules = cJSON_GetObjectItemCaseSensitive(file, "rules");
		if (f != NULL && cJSON_IsNull(json_get(rules, "small")) &&
		    fold_note_stops(f) != NULL)
			cJSON_ReplaceItemInObjectCaseSensitive(rules, "small",
			    cJSON_CreateString(fold_note_stops(f)));
		for (rule = begun && rules != NULL ? rules->child : NULL;
		    rule != NULL; rule = why->next) {
			why = cJSON_CreateString("you started to review it");
			cJSON_ReplaceItemInObjectCaseSensitive(rules,
			    rule->string, why);
		}
	}
}

/* Print the comments on its hunks that the model hasn't received yet. One line
 * each, also if they have several: a patch follows that can be passed to
 * decide. */
static void
show_comments(const struct fold_file *f, struct buf *out)
{
	MEM_EACH(f, hunks, h)
		MEM_EACH(h, comments, c) {
			buf_adds(out, "# your comment on ");
			sanitize_add(out, f->path, strlen(f->path), 0);
			if (h->called != NULL)
				buf_addf(out, ", %s", h->called);
			else
				buf_addf(out, ", hunk %d", h->number);
			if (c->line > 0)
				buf_addf(out, ", line%s %d", c->end > c->line ?
				    "s" : "", c->line);
			if (c->end > c->line)
				buf_addf(out, " to %d", c->end);
			buf_adds(out, ": ");
			sanitize_add(out, c->text, strlen(c->text), 0);
			buf_addc(out, '\n');
		}
}

/* Show what --accept calls a file's changes: "# run.sh: mode hunks 4-6"; and of
 * a binary file, what there is to know. */
static void
show_file(const struct fold_file *f, struct buf *out)
{
	int first = 0, last = 0;

	buf_adds(out, "# ");
	sanitize_add(out, f->path, strlen(f->path), 0);
	buf_addc(out, ':');
	MEM_EACH(f, hunks, h) {
		if (h->called != NULL)
			buf_addf(out, " %s", h->called);
		first = first == 0 ? h->number : first;
		last = h->number > 0 ? h->number : last;
	}
	if (first > 0)
		buf_addf(out, last == first ? " hunk %d" : " hunks %d-%d",
		    first, last);
	if (f->binary) {
		buf_adds(out, ", ");
		ask_whole(out, f);
	}
	buf_addc(out, '\n');
}

static void
show_patch(const struct fold_proposal *p, const struct session_client *r,
    struct buf *out)
{
	buf_addf(out, STALE_HEAD "%lld.%d" STALE_OF "%s\n", (long long)p->id,
	    p->version, r->id);
	MEM_EACH(p, files, file)
		show_file(file, out);
	MEM_EACH(p, files, file)
		show_comments(file, out);
	MEM_EACH(p, files, file)
		patch_write_file(out, file);
}

/* What the model and hooks have reported, as they are shown in the diff. */
static void
show_findings(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_CreateArray(), *it;

	MEM_EACH(&f->findings, list, g) {
		it = cJSON_CreateObject();
		json_add_path(it, "path", g->path);
		json_add_int(it, "line", g->line);
		JSON_ADD_TEXTS(it, "severity", g->severity,
		    "message", g->message, "by", g->by);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "findings", list);
}

/* Copy the members of the last proposal's line; of a closed proposal only those
 * about the copy. */
static void
show_members(cJSON *o, const struct proposal_past *s, bool open)
{
	static const struct {
		const char	*name;
		bool		 closed;	/* copied for a closed proposal
						   too */
		const char	*none;		/* or omitted */
	} taken[] = {
		{ "files", true, "[]" }, { "refused", true, "[]" },
		{ "ignored", true, "0" }, { "ignored_some", true, "[]" },
		{ "products", true, "[]" }, { "version", false, "null" },
		{ "final", false, "null" }, { "undo", false, NULL },
		{ "undo_left", false, NULL },
	};
	const cJSON *line = s->line == NULL ? NULL : s->line->line;
	size_t i;

	for (i = 0; i < MEM_COUNT(taken); i++) {
		const cJSON *v = taken[i].closed || open ?
		    json_get(line, taken[i].name) : NULL;

		json_copy(o, taken[i].name, v);
		if (v == NULL && taken[i].none != NULL)
			json_set_take(o, taken[i].name,
			    json_parse(taken[i].none,
			    strlen(taken[i].none), JSON_NUL_REFUSE, NULL));
	}
}

/* What was applied and is still there, with the lines that it has now. */
static void
show_changes(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_AddArrayToObject(o, "changes"), *it, *lines, *range;
	const struct fold_change *c;
	const struct fold_change_file *file;
	const struct fold_written *now;
	struct file_range r;

	for (c = f->changes; c < f->changes + f->changes_len; c++)
		for (file = c->files; file < c->files + c->files_len; file++) {
			now = fold_change_now(f, file);
			r = (struct file_range){ 0 };
			if (now == NULL || file->renamed_later ||
			    !file_lines_next(&now->lines, c->tx, &r))
				continue;
			cJSON_AddItemToArray(list, it = cJSON_CreateObject());
			json_add_int(it, "tx", c->tx);
			json_add_path(it, "path", now->path);
			lines = cJSON_AddArrayToObject(it, "lines");
			do {
				range = cJSON_CreateObject();
				json_add_int(range, "from", r.from);
				json_add_int(range, "to", r.to);
				cJSON_AddItemToArray(lines, range);
			} while (file_lines_next(&now->lines, c->tx, &r));
		}
}

static void
show_stopped(cJSON *o, const struct half_applied *how)
{
	cJSON *s;

	if (!how->known)
		return;
	s = cJSON_CreateObject();
	json_add_int(s, "files", how->files);
	json_add_int(s, "written", how->written);
	json_add_int(s, "before", how->open);
	json_set_take(o, "stopped", s);
}

/* The plan that waits, or NULL. */
static cJSON *
show_plan_of(const struct fold *f)
{
	return f->plan.status != FOLD_PLAN_PROPOSED ? NULL : json_parse(
	    f->plan.json, strlen(f->plan.json), JSON_NUL_REPLACE, NULL);
}

/* The questions beside the work that were answered, or weren't. */
static void
show_asides(cJSON *o, const struct fold *f)
{
	cJSON *list = cJSON_AddArrayToObject(o, "asides"), *aside;

	MEM_EACH(f, items, it) {
		if (it->kind != ITEM_ASIDE)
			continue;
		aside = JSON_TEXTS("title", it->title, "text", it->text);
		cJSON_AddItemToArray(list, aside);
	}
}

static void
show_json(const struct proposal_past *s, const struct session_client *r,
    bool open, const struct half_applied *how)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct approve *mode = approve_find(s->fold->approve == NULL ?
	    "" : s->fold->approve);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *files, *plan, *grants;
	AUTO_BUF struct buf patch = BUF_INIT(0);
	char *text;

	JSON_ADD_TEXTS(o, "session", r->id,
	    "root", r->first->session_start.root);
	json_add_bool(o, "alive", session_is_alive(r->id));
	show_stopped(o, how);
	json_add_str(o, "approve", s->fold->approve);
	json_set_take(o, "rule", mode != NULL && mode->rule ?
	    cJSON_CreateString(mode->name) : cJSON_CreateNull());
	grants = cJSON_AddArrayToObject(o, "grants");
	MEM_EACH(s->fold, grants, it)
		cJSON_AddItemToArray(grants, cJSON_CreateString(it->text));
	if (!open) {
		json_set_take(o, "proposal", cJSON_CreateNull());
		json_set_take(o, "ref", cJSON_CreateNull());
	} else {
		text = xasprintf("%lld.%d", (long long)p->id, p->version);
		json_add_int(o, "proposal", p->id);
		json_add_str(o, "ref", text);
		free(text);
		show_patch(p, r, &patch);
	}
	if ((plan = show_plan_of(s->fold)) != NULL) {
		json_add_int(plan, "version", s->fold->plan.version -
		    s->fold->plan.before);
		json_set_take(o, "plan", plan);
	}
	show_members(o, s, open);
	files = cJSON_GetObjectItemCaseSensitive(o, "files");
	if (open)
		show_number(files, s->fold);
	json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	show_findings(o, s->fold);
	show_changes(o, s->fold);
	show_asides(o, s->fold);
	proposal_evidence(o, s->evidence);
	proposal_proofs(o, s->fold);
	print_object(o);
}

static void
show_text(const struct proposal_past *s, const struct session_client *r)
{
	const struct fold_proposal *p = s->fold->proposal;
	AUTO_BUF struct buf patch = BUF_INIT(0), b = BUF_INIT(0);
	size_t i;

	show_patch(p, r, &patch);
	print_diff(stdout, patch.p, patch.len);
	MEM_EACH(p, files, file)
		ask_notes(stderr, file, NULL);
	for (i = 0; i < FOLD_PROOFS; i++) {
		buf_clear(&b);
		(void)fold_proof_words(&b, s->fold, (enum fold_proof_which)i);
		if (b.len > 0)
			print_words(stderr, "proof: %s", buf_str(&b));
	}
	buf_clear(&b);
	fold_notice_words(&b, s->fold);
	if (b.len > 0)
		print_words(stderr, "%s", buf_str(&b));
	buf_clear(&b);
	(void)select_left_open(p, &b);
	if (b.len > 0)
		print_text(stderr, "", "", b.p);
	print_findings(stderr, s->fold);
	MEM_EACH(s->fold, grants, it)
		print_words(stderr, "auto-approval: %s", it->text);
	MEM_EACH(p, refused, it)
		print_words(stderr, "can't be reviewed: %s: %s",
		    it->path, it->why);
}

/* The plan that waits; false: there is none. */
static bool
show_plan(const struct fold *f, const char *id, FILE *to)
{
	AUTO_JSON cJSON *plan = show_plan_of(f);
	AUTO_FREE char *text = NULL;
	size_t n;

	if (plan == NULL)
		return false;
	text = plan_markdown_shown(plan, &n);
	if (to == stdout)
		(void)pager_begin();
	print_foreign(to, text, n);
	MEM_EACH(&f->plan, notes, x)
		print_words(to, "your note on %s: %s", x->at, x->text);
	pager_end();
	cmd_say("plan v%d of session %s needs your approval: assent decide %s --plan "
	    "approve, reject, or FILE (this, as you edited it)",
	    f->plan.version - f->plan.before, id, id);
	return true;
}

/* What waits without a proposal. */
static void
show_other(const struct fold *f, const char *id)
{
	AUTO_BUF struct buf b = BUF_INIT(0), used = BUF_INIT(0),
	    step = BUF_INIT(0);

	if (show_plan(f, id, stdout))
		return;
	if (f->pause != NULL) {
		fold_pause_words(f, &b, &used, &step);
		cmd_say("session %s: %s; so far %s: assent decide %s --limit "
		    "%s or end", id, buf_str(&b), buf_str(&used), id,
		    fold_pause_until(f) > 0 ? "wait" : "more, wrap");
	} else
		cmd_say("session %s has nothing to review; assent log %s "
		    "prints what was applied", id, id);
}

int
cmd_show(const struct cmd_args *a)
{
	AUTO(proposal_past_release) struct proposal_past s = { 0 };
	struct half_applied how = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;
	bool open;
	int code;

	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if ((dir = session_dir(r.id, &e)) == NULL ||
	    proposal_past_read(&s, dir, &e) < 0 || half_applied_look(r.id, &how, &e) < 0)
		return cmd_fail_err(&e);
	/* A decided proposal that is only partly written isn't open. */
	open = !how.known && s.fold->proposal != NULL;
	if (open)
		session_also(s.fold);
	if (a->json)
		show_json(&s, &r, open, &how);
	else if (open) {
		(void)pager_begin();
		show_text(&s, &r);
		pager_end();
		/* The patch stays one. */
		(void)show_plan(s.fold, r.id, stderr);
	}
	if (how.known)
		code = cmd_fail(EXIT_WAITS,
		    "session %s %s; continue with assent "
		    "resume %s",
		    r.id, how.words, r.id);
	else if (!open && !a->json)
		show_other(s.fold, r.id);
	return code;
}
