#include "config.h"

#include "core/review/propose.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "core/diagnose/weaken.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/kernel/paths.h"
#include "core/review/comment.h"
#include "core/review/reading-order.h"
#include "core/review/undeclared.h"
#include "core/review/undo.h"
#include "core/source/source.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "tool/tool.h"
#include "tool/v4a.h"

#define REASONS_OF_FILE 200
#define REASONS_TEXT_MAX ((size_t)64 << 10)	/* limit on replaced text */

/* One edit of a call: the old text, the new text and the reason. If there is no
 * text, the reason is for the whole file. */
static cJSON *
reasons_edit(const char *path, const char *text, const char *old,
    const char *new, bool all)
{
	cJSON *o = JSON_TEXTS("path", path, "text", text);

	if (old != NULL && new != NULL && strlen(old) <= REASONS_TEXT_MAX &&
	    strlen(new) <= REASONS_TEXT_MAX) {
		JSON_ADD_TEXTS(o, "old", old, "new", new);
		json_add_bool(o, "all", all);
	}
	return o;
}

/* The edit in `o`, a call's arguments or one of its "edits". */
static void
reasons_add(cJSON *list, const cJSON *args, const cJSON *o)
{
	const char *path = json_str(args, "path");
	const char *text = json_str_or(o, "reason",
	    json_str(args, "reason"));

	if (path != NULL && text != NULL &&
	    cJSON_GetArraySize(list) < REASONS_OF_FILE)
		cJSON_AddItemToArray(list, reasons_edit(path, text,
		    json_str(o, "old_string"), json_str(o, "new_string"),
		    json_bool(o, "replace_all", false)));
}

/* The chunks of a patch, each with its own reason, its file's, or the
 * call's. */
static void
reasons_patch(cJSON *list, const char *patch, const char *said)
{
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i, k;
	bool read = v4a_parse(&v, patch, strlen(patch), &e) == 0;

	for (i = 0; read && i < v.len; i++) {
		const struct v4a_file *f = &v.files[i];
		const char *text = f->reason != NULL ? f->reason : said;
		const char *path = f->move != NULL ? f->move : f->path;

		if (f->len == 0 && text != NULL)
			cJSON_AddItemToArray(list, reasons_edit(path, text,
			    NULL, NULL, false));
		for (k = 0; k < f->len; k++) {
			const char *words = f->chunks[k].reason != NULL ?
			    f->chunks[k].reason : text;
			AUTO_BUF struct buf old = BUF_INIT(0);
			AUTO_BUF struct buf new = BUF_INIT(0);

			if (words == NULL)
				continue;
			v4a_chunk_text(&f->chunks[k], false, &old);
			v4a_chunk_text(&f->chunks[k], true, &new);
			cJSON_AddItemToArray(list, reasons_edit(path, words,
			    buf_str(&old), buf_str(&new), false));
		}
	}
}

static void
reasons_call(const struct core *c, const struct ev_tool_call *call)
{
	const cJSON *args = call->args, *it;
	const cJSON *edits = json_array(args, "edits");
	cJSON *list;

	if (c->fold->open.planning)
		return;
	list = cJSON_CreateArray();
	if (ev_is(call->name, "apply_patch"))
		reasons_patch(list, json_str_or(args, "input", ""),
		    json_str(args, "reason"));
	else if (edits == NULL || json_str_or(args, "old_string",
	    "")[0] != '\0')
		reasons_add(list, args, args);
	cJSON_ArrayForEach(it, edits)
		reasons_add(list, args, it);
	if (list->child != NULL && call->id != NULL)
		json_set_take(c->reasons->calls, call->id, list);
	else
		cJSON_Delete(list);
}

/* Add it under the file's path from the root. */
static void
reasons_of(struct reasons *r, const char *path, cJSON *o_take)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(r->paths, path);

	if (list == NULL) {
		list = cJSON_CreateArray();
		json_set_take(r->paths, path, list);
	}
	if (cJSON_GetArraySize(list) < REASONS_OF_FILE)
		cJSON_AddItemToArray(list, o_take);
	else
		cJSON_Delete(o_take);
}

/* Add a finished edit. */
static void
reasons_made(struct reasons *r, cJSON *o_take)
{
	AUTO_FREE char *full =
	    fs_normalize(fs_is_below(r->cwd, r->root) ? r->cwd : r->root,
		json_str_or(o_take, "path", ""));
	const char *path = full + strlen(r->root) + 1;

	if (fs_is_below(full, r->root) && strlen(full) > strlen(r->root) + 1)
		reasons_of(r, path, o_take);
	else
		cJSON_Delete(o_take);
}

/* An entry that says who wrote the file, where no model gives a reason. */
static cJSON *
reasons_by(const char *path, const char *by)
{
	cJSON *o = JSON_TEXTS("path", path, "by", by);

	return o;
}

/* What an MCP server wrote: its tool is "server__tool". */
static void
reasons_server(const struct core *c, const struct ev_tool_result *result)
{
	struct reasons *r = c->reasons;
	const char *server = ev_str(result->server, "");
	const char *tool = ev_str(result->name, "");
	size_t n = strlen(server);
	AUTO_FREE char *by = xasprintf("MCP server %s (its tool %s)", server,
	    strncmp(tool, server, n) == 0 && strlen(tool) > n + 2 ?
	    tool + n + 2 : tool);

	MEM_EACH(result, wrote, f) {
		AUTO_FREE char *full = f->path_bytes == NULL ||
		    r->root == NULL ? NULL : fs_join(r->root, f->path_bytes);

		if (full != NULL && !c->fold->open.planning)
			reasons_made(r, reasons_by(full, by));
	}
}

static void
reasons_result(const struct core *c, const struct ev_tool_result *result)
{
	struct reasons *r = c->reasons;
	AUTO_JSON cJSON *list = result->id == NULL ? NULL :
	    cJSON_DetachItemFromObjectCaseSensitive(r->calls, result->id);

	reasons_server(c, result);
	if (result->ok && r->root != NULL)
		while (list != NULL && list->child != NULL)
			reasons_made(r, cJSON_DetachItemFromArray(list, 0));
}

/* Drop the reasons of files that are no longer proposed. */
static void
reasons_proposal(struct reasons *r, const struct ev_proposal *p)
{
	cJSON *kept = cJSON_CreateObject(), *it;

	MEM_EACH(p, files, f) {
		it = f->path_bytes == NULL ? NULL :
		    cJSON_DetachItemFromObjectCaseSensitive(r->paths,
			f->path_bytes);
		if (it != NULL)
			json_set_take(kept, f->path_bytes, it);
	}
	cJSON_Delete(r->paths);
	r->paths = kept;
}

/* Did the user, or a rule, decide everything shown of the file? */
static bool
propose_is_decided(const struct core *c, const char *path)
{
	const struct fold_file *f = path == NULL ? NULL :
	    fold_find_file(c->fold, path);
	size_t i;

	for (i = 0; f != NULL && i < f->hunks_len; i++)
		if (!f->hunks[i].decided)
			return false;
	return f != NULL;
}

/* The reason was for the text that is written now. */
static void
reasons_applied(struct core *c, const struct ev_applied *a)
{
	MEM_EACH(a, ops, op)
		if (op->ok && propose_is_decided(c, op->path_bytes))
			cJSON_DeleteItemFromObjectCaseSensitive(
			    c->reasons->paths, op->path_bytes);
}

static void
reasons_line(struct core *c, const struct event *e)
{
	struct reasons *r = c->reasons;

	if (e->type == EVENT_TOOL_CALL)
		reasons_call(c, &e->tool_call);
	else if (e->type == EVENT_TOOL_RESULT)
		reasons_result(c, &e->tool_result);
	else if (e->type == EVENT_PROPOSAL)
		reasons_proposal(r, &e->proposal);
	else if (e->type == EVENT_APPLIED)
		reasons_applied(c, &e->applied);
	else if (e->type == EVENT_SESSION_START && r->root == NULL) {
		const struct ev_session_start *s = &e->session_start;

		r->root = xstrdup(ev_str(s->root, "/"));
		r->cwd = xstrdup(ev_str(s->cwd, r->root));
	}
}

/* ---- files of a stopped call ---- */

/*
 * Changes of a call that was stopped (by a limit, by the user, or with its
 * core) stay staged, since the work before the stop may be useful. A file may
 * be half done, so it is named to the model and the user when the call ends,
 * and with each proposal, until the user has decided all its shown hunks, it
 * was applied, `write` has replaced it, or its change is gone. Another call
 * that changes one line proves nothing about the rest.
 */

#define STOPPED_NAMES	20	/* in one note */
#define STOPPED_NOTE "a stopped call changed this; it may be half done"

struct stopped_file {
	char	*path;		/* the key; must stay first */
	bool	 shown;		/* the open proposal shows it as the stopped
				   call left it */
};

static bool
stopped_is(const struct ev_tool_result *r)
{
	return r->killed != NULL || ev_is(r->error, "interrupted");
}

/* Did this call write the whole file, so that nothing half-done remains? */
static bool
stopped_is_whole(const struct core *c, const struct ev_tool_result *r,
    const char *path)
{
	const struct core_call *call = &c->calls.list[c->calls.next];

	return ev_is(r->name, "write") && r->ok &&
	    c->calls.next < c->calls.len &&
	    call->seen_len == 1 &&
	    call->seen[0].path != NULL &&
	    strcmp(call->seen[0].path, path) == 0;
}

/* After a call: add all such files, old and new, to its result as `stopped`. */
static void
stopped_look(struct core *c, const struct stage_scan *scan,
    struct event *result)
{
	struct ev_tool_result *r = &result->tool_result;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	bool stopped = stopped_is(r);
	size_t n = 0;

	r->stopped = ev_alloc(result, (scan->changes_len + 1) *
	    sizeof(*r->stopped));
	MEM_EACH(scan, changes, ch) {
		bool by_it = stopped && ch->now;

		if (!by_it && (pathmap_find(
		    &c->reasons->stopped, ch->path) == NULL ||
		    stopped_is_whole(c, r, ch->path)))
			continue;
		r->stopped[r->stopped_len++].path_bytes =
		    ev_text(result, ch->path);
		if (!by_it || ++n > STOPPED_NAMES)
			continue;
		buf_adds(&notes, n > 1 ? ", " :
					 "the call was stopped; its changes so "
					 "far are kept: ");
		json_path_quoted(&notes, ch->path);
	}
	if (n > STOPPED_NAMES)
		buf_addf(&notes, ", and %zu more", n - STOPPED_NAMES);
	if (n > 0)
		buf_addc(&notes, '\n');
	emit_stage_notes(c, &notes);
	/* An empty list ends an earlier one. */
	if (r->stopped_len == 0 && c->reasons->stopped.len == 0)
		r->stopped = NULL;
}

/* The stopped files after a call. A call that was itself stopped may have
 * changed what was shown before. */
static void
stopped_set(struct core *c, const struct ev_tool_result *result)
{
	AUTO(pathmap_release) struct pathmap had = c->reasons->stopped;
	bool stopped = stopped_is(result);
	const struct stopped_file *old;
	struct stopped_file *now;

	c->reasons->stopped = (struct pathmap){ 0 };
	MEM_EACH(result, stopped, f) {
		if (f->path_bytes == NULL)
			continue;
		old = pathmap_find(&had, f->path_bytes);
		now = pathmap_add(&c->reasons->stopped, f->path_bytes,
		    sizeof(*now));
		now->shown = old != NULL && old->shown && !stopped;
	}
}

static struct stopped_file *
stopped_find(const struct core *c, const char *path)
{
	return path == NULL ? NULL : pathmap_find(&c->reasons->stopped, path);
}

/* It is decided, or written: it needs no name any more, if it was shown. */
static void
stopped_settled(struct core *c, const char *path)
{
	const struct stopped_file *f = stopped_find(c, path);

	if (f != NULL && f->shown)
		pathmap_remove(&c->reasons->stopped, path);
}

/* The last result with a list counts. */
static void
stopped_line(struct core *c, const struct event *e)
{
	const struct ev_decision *d = &e->decision;
	struct stopped_file *f;

	if (e->type == EVENT_TOOL_RESULT && e->tool_result.stopped != NULL)
		stopped_set(c, &e->tool_result);
	else if (e->type == EVENT_PROPOSAL) {
		MEM_EACH(&e->proposal, files, file)
			if ((f = stopped_find(c, file->path_bytes)) != NULL)
				f->shown = true;
	} else if (e->type == EVENT_DECISION && d->rule == NULL) {
		/* The user may have left some hunks of the file undecided. A
		 * rule's decision counts only once it is applied. */
		MEM_EACH(d, files, file)
			if (propose_is_decided(c, file->path_bytes))
				stopped_settled(c, file->path_bytes);
	} else if (e->type == EVENT_APPLIED)
		MEM_EACH(&e->applied, ops, op)
			if (op->ok && !ev_is(op->rule, "person"))
				stopped_settled(c, op->path_bytes);
}

static void
propose_note(struct event *made, struct ev_proposed_file *f, const char *text)
{
	AUTO_FREE char *note = xasprintf("%s%s%s", ev_str(f->note, ""),
	    f->note == NULL ? "" : "; ", text);

	f->note = ev_text(made, note);
}

/* Add a note about each of these files to the proposal. */
static void
stopped_tell(const struct core *c, struct event *made)
{
	MEM_EACH(&made->proposal, files, f)
		if (stopped_find(c, f->path_bytes) != NULL)
			propose_note(made, f, STOPPED_NOTE);
}

/* ---- what is looked for in the texts ---- */

enum propose_look { LOOK_WEAKER, LOOK_ADDS, LOOKS };

static const struct {
	bool		(*reads)(const struct change_text *);
	const char	*large, *unread;	/* why it couldn't */
	bool		 others;	/* other files are read, too, as they
					   were, if there is room */
	bool		 added, deleted;	/* such files matter */
	bool		 all;		/* no rule accepts it then, or only not
					   "small" */
} propose_looks[LOOKS] = {
	[LOOK_WEAKER] = { weaken_reads,
	    "too large to look for weakened tests",
	    "can't be read to look for weakened tests",
	    .deleted = true, .all = true },
	[LOOK_ADDS] = { adds_reads, "too large to look for what it adds",
	    "can't be read to look for what it adds",
	    .others = true, .added = true },
};

/* The texts of a change, for each who looks those that it needs, if they aren't
 * more than is left for it. */
struct propose_texts {
	struct change_text *of[LOOKS];
	struct buf	(*texts)[2];
	size_t		 left[LOOKS];
};

/* Say that the file couldn't be looked at, and let rules leave it. */
static void
propose_unread(struct event *made, struct ev_proposed_file *f, const char *why,
    bool all)
{
	struct ev_rules *told = ev_alloc(made, sizeof(*told));

	told->small = why;
	told->yes = all ? why : f->rules == NULL ? NULL : f->rules->yes;
	f->rules = told;
	propose_note(made, f, why);
}

static void
propose_text(const struct core *c, struct event *made, struct propose_texts *t,
    size_t at)
{
	struct ev_proposed_file *f = &made->proposal.files[at];
	const struct ev_side *sides[] = { f->before, f->after };
	struct change_text with = t->of[0][at];
	bool large = ev_is(f->kind, "text"), unread = f->binary;
	size_t cost = 0, most = 0, i;

	/* A built program has no ending either, but isn't text. */
	if (f->binary && language_of(with.path) == LANGUAGE_NONE &&
	    strchr(basename(with.path), '.') == NULL)
		return;
	for (i = 0; i < LOOKS; i++)
		if (propose_looks[i].others || propose_looks[i].reads(&with))
			most = MAX(most, t->left[i]);
	for (i = 0; i < 2 && most > 0; i++) {
		if (sides[i] == NULL)
			continue;
		large = large || sides[i]->size.n > (int64_t)most;
		unread = unread || large || !S_ISREG(sides[i]->mode) ||
		    gate_text(c->blobs, sides[i]->hash, f->encoding,
		    &t->texts[at][i], NULL) < 0;
		*(i == 0 ? &with.before : &with.after) = &t->texts[at][i];
		cost += language_cost(&t->texts[at][i]);
	}
	for (i = 0; i < LOOKS; i++) {
		bool no = large || cost > t->left[i];
		/* Some programs tell what they are only in their text. */
		bool wants = propose_looks[i].reads(&with);

		if (!no && !unread && (wants || propose_looks[i].others)) {
			t->of[i][at] = with;
			t->left[i] -= cost;
		} else if (wants && (f->before == NULL ?
		    propose_looks[i].added : f->after != NULL ||
		    propose_looks[i].deleted))
			propose_unread(made, f, no ? propose_looks[i].large :
			    propose_looks[i].unread, propose_looks[i].all);
	}
}

/* Add which lines make tests weaker. */
static void
weaker_tell(struct event *made, const struct change_text *files)
{
	struct ev_proposal *p = &made->proposal;
	struct weaken_founds all = { 0 };
	struct ev_weaker *v;

	weaken_find(files, p->files_len, &all);
	v = ev_alloc(made, (all.v_len + 1) * sizeof(*v));
	MEM_EACH(&all, v, it) {
		struct ev_proposed_file *f = &p->files[it->file];

		*v = (struct ev_weaker){ .side = it->old_side ? "old" : "new",
			.line = it->line, .what = weaken_words[it->kind],
			.counts = weaken_counts(it->kind) };
		if (f->weaker_len++ == 0)
			f->weaker = v;
		v++;
	}
	weaken_founds_release(&all);
}

/* Text of a file, as text of a line. */
static const char *
adds_text(struct event *made, const char *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (s == NULL)
		return NULL;
	utf8_repair(&b, s, strlen(s));
	return ev_text(made, buf_str(&b));
}

/* Add what lines let the program do. */
static void
adds_tell(struct event *made, const struct change_text *files)
{
	struct ev_proposal *p = &made->proposal;
	struct adds_founds all = { 0 };
	struct ev_adding *v;

	adds_find(files, p->files_len, &all);
	v = ev_alloc(made, (all.v_len + 1) * sizeof(*v));
	MEM_EACH(&all, v, it) {
		struct ev_proposed_file *f = &p->files[it->file];

		*v = (struct ev_adding){ .line = it->line,
			.kind = adds_names[it->kind],
			.what = adds_text(made, it->what),
			.target = adds_text(made, it->target) };
		if (f->adds_len++ == 0)
			f->adds = v;
		v++;
	}
	adds_founds_release(&all);
}

/* Look at the texts; an undo takes back what was told then. What may add
 * something comes first, and new files last: they can't keep others from being
 * looked at. */
static void
propose_tell_texts(const struct core *c, struct event *made)
{
	struct ev_proposal *p = &made->proposal;
	struct propose_texts t = { .texts = xcalloc(p->files_len + 1,
	    sizeof(*t.texts)) };
	size_t i, k, pass;

	for (k = 0; k < LOOKS; k++) {
		t.of[k] = xcalloc(p->files_len + 1, sizeof(*t.of[k]));
		t.left[k] = LANGUAGE_COST_MAX;
	}
	p->only_tests = p->files_len > 0;
	for (i = 0; i < p->files_len; i++) {
		const struct ev_proposed_file *f = &p->files[i];
		bool test = policy_is_test(c->policy, f->path_bytes);

		for (k = 0; k < LOOKS; k++)
			t.of[k][i] = (struct change_text){
				.path = f->path_bytes, .test = test,
				.added = f->before == NULL, .hunks = f->hunks,
				.hunks_len = f->hunks_len };
		p->only_tests = p->only_tests && test;
	}
	for (pass = 0; pass < 4; pass++)
		for (i = 0; i < p->files_len; i++)
			if (t.of[0][i].added == (pass % 2 > 0) &&
			    adds_reads(&t.of[0][i]) == (pass < 2))
				propose_text(c, made, &t, i);
	weaker_tell(made, t.of[LOOK_WEAKER]);
	adds_tell(made, t.of[LOOK_ADDS]);
	for (i = 0; i < p->files_len; i++) {
		buf_release(&t.texts[i][0]);
		buf_release(&t.texts[i][1]);
	}
	for (k = 0; k < LOOKS; k++)
		free(t.of[k]);
	free(t.texts);
}

static void
notes_free(struct reasons *r)
{
	cJSON_Delete(r->calls);
	cJSON_Delete(r->paths);
	FREE_ALL(r->root, r->cwd);
	pathmap_release(&r->stopped);
	pathmap_release(&r->refused);
	free(r);
}

#define PROPOSE_NAMES 20	/* files named in one note */

/* Report what the model can't know of files that the call that just ended has
 * changed: the user did, too, they aren't new, or they can't be proposed. */
static void
propose_note_changed(struct core *c, const struct stage_scan *scan)
{
	AUTO(pathmap_release) struct pathmap told = c->reasons->refused;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	size_t n = 0;

	c->reasons->refused = (struct pathmap){ NULL, 0 };
	MEM_EACH(scan, changes, ch) {
		bool sparse = ch->now && !ch->before.exists &&
		    policy_is_sparse(c->policy, ch->path);

		if ((!ch->changed_now && !sparse) || n++ >= PROPOSE_NAMES)
			continue;
		json_path_quoted(&notes, ch->path);
		buf_addf(&notes, ": %s\n", sparse ? "the last commit has it, "
		    "outside the sparse checkout (git show prints it)" :
		    "changed on disk while the call ran");
	}
	MEM_EACH(scan, refused, x) {
		(void)pathmap_add(&c->reasons->refused, x->path, sizeof(char *));
		if (pathmap_find(&told, x->path) != NULL ||
		    n++ >= PROPOSE_NAMES)
			continue;
		json_path_quoted(&notes, x->path);
		buf_addf(&notes, ": can't be proposed: %s\n", x->why);
	}
	if (n > PROPOSE_NAMES)
		buf_addf(&notes, "... and %zu more\n", n - PROPOSE_NAMES);
	emit_stage_notes(c, &notes);
}

static cJSON *
propose_staged_line(const struct core *c)
{
	return EVENT_LINE(staged, .files = c->review.staged,
	    .ignored = c->review.ignored);
}

/* After a command in the planning copy: if other files are changed now, say in
 * its result that this isn't kept. */
static void
propose_count_planned(struct core *c, struct event *result)
{
	AUTO_FREE char *text = NULL;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	int64_t had = c->plan.dropped;
	long long n;

	/* A session that only looks has no plan to hand in. */
	if (!task_plans(c) || c->plan.mode == PLAN_LOOK ||
	    c->plan.stage == NULL || stage_scan(c->plan.stage, &scan, NULL) < 0)
		return;
	n = c->plan.dropped = (int64_t)scan.changes_len;
	if (n == 0 || n == had)
		return;
	text = xasprintf("%lld file%s changed; changes before an approved plan "
	    "aren't kept.%s", n, n == 1 ? "" : "s", c->peer != NULL ? "" :
	    " Propose a plan with the tool plan, then run it again.");
	if (result->tool_result.note == NULL)
		result->tool_result.note = ev_text(result, text);
	buf_addf(&c->feedback.notes, "%s\n", text);
}

/* Scan the copy, which a command may work in. */
static int
propose_look(struct core *c, struct stage_scan *scan, struct err *e)
{
	blob_keep(c->blobs, true);
	if ((job_runs(c, JOB_CALL) ? stage_look(c->stage, scan, false, e) :
	    stage_scan(c->stage, scan, e)) < 0)
		return -1;
	c->review.staged = (int64_t)scan->changes_len;
	c->review.ignored = (int64_t)scan->ignored_all;
	undeclared_moved(c, scan);
	paths_staged(c, scan);
	return 0;
}

void
propose_count(struct core *c, struct event *result)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	struct err e = ERR_INIT;

	if (result != NULL && task_plans(c)) {
		propose_count_planned(c, result);
		return;
	}
	if (propose_look(c, &scan, &e) < 0)
		return;
	propose_note_changed(c, &scan);
	if (result != NULL) {
		stopped_look(c, &scan, result);
		PART_EACH(c, p)
			if ((*p)->scanned != NULL)
				(*p)->scanned(c, &scan, result);
	}
	emit_line(c, propose_staged_line(c));
}

void
propose_count_live(struct core *c)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };

	if (stage_look(c->stage, &scan, true, NULL) < 0)
		return;
	c->review.staged = (int64_t)scan.counted;
	emit_line(c, propose_staged_line(c));
}

static bool
propose_same_word(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
propose_same_side(const struct fold_side *a, const struct ev_side *b)
{
	return strcmp(ev_str(a->hash, ""), b == NULL ? "" :
	    ev_str(b->hash, "")) == 0;
}

static bool
propose_same_file(const struct fold_file *now,
    const struct ev_proposed_file *f)
{
	size_t i;

	if (!propose_same_word(f->rules->small, now->not_small) ||
	    !propose_same_word(f->rules->yes, now->not_yes) ||
	    f->hunks_len != now->hunks_len ||
	    f->changed_on_disk != now->changed_on_disk ||
	    !propose_same_side(&now->after, f->after) ||
	    !propose_same_side(&now->before, f->before))
		return false;
	for (i = 0; i < f->hunks_len; i++)
		/* Decided but not applied: ask again. */
		if (now->hunks[i].decided ||
		    f->hunks[i].overwrites != now->hunks[i].overwrites ||
		    strcmp(f->hunks[i].id, now->hunks[i].id) != 0)
			return false;
	return true;
}

/* Are the same hunks proposed already, with the same results of the rules? */
static bool
propose_same(const struct fold_proposal *open, const struct ev_proposal *p)
{
	size_t i;

	if (open == NULL || p->files_len != open->files_len)
		return false;
	for (i = 0; i < p->files_len; i++)
		if (!propose_same_file(&open->files[i], &p->files[i]))
			return false;
	return true;
}

/* Are writes atomic? If not, a note tells the user before the first proposal,
 * and each proposal has the member `atomic`, for programs. */
static const cJSON *
propose_atomic(struct core *c)
{
	static const cJSON no = { .type = cJSON_False };
	static const cJSON unknown = { .type = cJSON_NULL };

	if (c->review.atomic == ATOMIC_NOT_ASKED) {
		c->review.atomic = apply_atomic(c->stage->root_fd, c->undo_dir);
		if (c->review.atomic == ATOMIC_NO)
			emit_note(c, "this file system can't exchange two "
			    "names, so writes aren't atomic: while assent "
			    "writes a file, it is missing for a "
			    "moment");
		else if (c->review.atomic == ATOMIC_UNKNOWN)
			emit_note(c, "assent hasn't tested this file system "
			    "for atomic writes; without them, a file is "
			    "missing for a moment while assent "
			    "writes it");
	}
	return c->review.atomic == ATOMIC_NO ? &no :
	    c->review.atomic == ATOMIC_UNKNOWN ? &unknown : NULL;
}

int
propose_restore(struct core *c, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	int rc = stage_restore(c->stage, &notes, e);

	emit_stage_notes(c, &notes);
	return rc;
}

/* The last line of the open proposal. Most that it says is in the fold. */
static void
propose_note_offered(struct core *c, const struct event *e)
{
	AUTO_FREE struct ev_proposed_file *files = NULL;
	size_t n = 0;

	MEM_EACH(&e->proposal, files, f)
		if (f->was != NULL || f->split_len > 0)
			*GROW_ADD(files, n) = *f;
	event_keep(&c->review.offered, &(struct event){
	    .type = EVENT_PROPOSAL, .seq = e->seq, .proposal = {
		.files = files, .files_len = n,
		.ignored = e->proposal.ignored,
		.undo_left = e->proposal.undo_left,
		.undo_left_len = e->proposal.undo_left_len } });
	event_drop(&c->review.undo_left);
	if (e->proposal.undo == 0)
		undo_end(c);
	c->review.undoing = e->proposal.undo;
	c->review.undo_part = e->proposal.undo_part;
}

struct encodings *
propose_declared(const struct core *c)
{
	return encodings_new(c->policy->root, json_get(c->start, "encodings"));
}

#define PROPOSE_BINARIES	3	/* in a folder: more are one row */

/* The plan's paths, but for those that mean the whole project. */
static struct glob_list *
propose_planned(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	struct glob_list *g = glob_list_new(false);

	if (p->status != FOLD_PLAN_APPROVED || p->task == PLAN_OF_EARLIER)
		return g;
	MEM_EACH(p, files, path)
		glob_list_add(g, *path, strlen(*path));
	MEM_EACH(p, steps, s)
		MEM_EACH(s, paths, path)
			if (strspn(*path, "*./") < strlen(*path))
				glob_list_add(g, *path, strlen(*path));
	return g;
}

/* A folder in which commands made binaries. */
struct propose_folder {
	char		*path;		/* the key; must stay first */
	int64_t		 n;
};

/* The folder of a binary that a command made and that the plan doesn't name, or
 * NULL. One that is protected by its name is on its own. */
static struct propose_folder *
propose_folder_of(const struct core *c, struct pathmap *folders,
    struct glob_list *planned, const struct ev_proposed_file *f)
{
	const char *slash = strrchr(f->path_bytes, '/');
	AUTO_FREE char *dir = slash == NULL ? xstrdup(".") :
	    xmemdup(f->path_bytes, (size_t)(slash - f->path_bytes));

	return !f->binary || f->before != NULL || ev_is(f->kind, "text") ||
	    pathmap_find(&c->policy->written, f->path_bytes) != NULL ||
	    glob_list_covers(planned, f->path_bytes) ||
	    policy_protected(c->policy, f->path_bytes, NULL, NULL, NULL) !=
	    NULL ? NULL : pathmap_add(folders, dir,
	    sizeof(struct propose_folder));
}

/* Mark which binaries, such as object files, are one row: those of a folder in
 * which commands made several. */
static void
propose_tell_binaries(const struct core *c, struct event *made)
{
	AUTO(glob_list_free_at) struct glob_list *planned = propose_planned(c);
	AUTO(pathmap_release) struct pathmap folders = { NULL, 0 };
	AUTO_FREE struct propose_folder **in = xcalloc(
	    made->proposal.files_len + 1, sizeof(*in));
	size_t i;

	/* What the user's own command makes is meant. */
	if (c->mode == MODE_TRY || c->mode == MODE_REVIEW ||
	    c->review.undoing != 0)
		return;
	for (i = 0; i < made->proposal.files_len; i++) {
		in[i] = propose_folder_of(c, &folders, planned,
		    &made->proposal.files[i]);
		if (in[i] != NULL)
			in[i]->n++;
	}
	for (i = 0; i < made->proposal.files_len; i++)
		if (in[i] != NULL && in[i]->n > PROPOSE_BINARIES)
			made->proposal.files[i].binaries = in[i]->n;
}

int
propose_changes(struct core *c, const struct stage_scan *scan,
    struct event *made, struct err *e)
{
	AUTO(encodings_free_at) struct encodings *declared =
	    propose_declared(c);

	if (proposal_make(made, scan, c->policy, c->blobs, c->diff, declared,
	    c->reasons->paths, c->fold, c->check.command, e) < 0)
		return -1;
	/* The user needs no warning of their own changes. */
	if (source_stages(c))
		MEM_EACH(&made->proposal, files, f)
			f->protected = NULL;
	stopped_tell(c, made);
	if (c->review.undoing == 0)
		propose_tell_texts(c, made);
	propose_tell_binaries(c, made);
	return 0;
}

/* The changes, as a proposal. */
static int
propose_scan(struct core *c, struct event *made, struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };

	made->proposal.undo = c->review.undoing;
	return c->review.undoing != 0 ?
	    propose_changes(c, undo_scan(c), made, e) :
	    propose_look(c, &scan, e) < 0 ? -1 :
	    propose_changes(c, &scan, made, e);
}

/* Does the proposal tell the user anything new? */
static bool
propose_is_news(const struct core *c, const struct ev_proposal *p, bool anew)
{
	const struct fold_proposal *open = c->fold->proposal;

	if (p->files_len > 0)
		return anew || !propose_same(open, p) ||
		    open->final != c->review.final;
	/* An undo of nothing leaves what is open. */
	if (open != NULL && open->undo != p->undo && p->undo != 0)
		return false;
	/* Nothing is staged: the open one ends, files can't be proposed, or a
	 * try has new ignored files. */
	return open != NULL || p->refused_len > 0 || (c->mode == MODE_TRY &&
	    c->review.ignored != (c->review.offered == NULL ? 0 :
	    c->review.offered->proposal.ignored));
}

#define PROPOSE_OTHERS	8	/* sessions whose journals are looked at */

/* Whether it was another session of the user's that wrote what is on disk now: of
 * the first of these files, and by the sessions that were used last. */
static void
propose_add_writers(const struct core *c, struct event *made)
{
	struct session_info *list = NULL;
	size_t i, n = 0;
	int looked = 0;

	MEM_EACH(&made->proposal, files, f) {
		if (f->before == NULL || !f->changed_on_disk)
			continue;
		if (looked++ == PROPOSE_NAMES || (list == NULL && session_list(
		    c->root, SESSION_RANKED, &list, &n, NULL) < 0))
			break;
		for (i = 0; i < n && i < PROPOSE_OTHERS; i++)
			if (strcmp(list[i].id, c->id) != 0 &&
			    reader_wrote(list[i].id, f->before->hash)) {
				f->meanwhile_by = ev_text(made, list[i].id);
				break;
			}
	}
	session_list_free(list, n);
}

/* What it doesn't say yet, but for its files. */
static void
propose_add_state(struct core *c, struct ev_proposal *p)
{
	const struct event *left = c->review.undo_left != NULL ?
	    c->review.undo_left : c->review.offered;
	const struct fold_proposal *was = p->files_len == 0 ?
	    c->fold->proposal : fold_version_of(c->fold, p->undo);

	p->proposal = was == NULL ? 0 : was->id;
	p->version = was == NULL ? 1 : was->version + 1;
	p->final = EV_ON(c->review.final);
	if (p->files_len == 0) {
		p->undo = 0;
		return;
	}
	p->atomic = propose_atomic(c);
	if (p->undo != 0) {
		p->undo_part = c->review.undo_part;
		p->undo_left = left->proposal.undo_left;
		p->undo_left_len = left->proposal.undo_left_len;
	}
}

/* Propose what was found, if it is news. */
static void
propose_found(struct core *c, struct event *made, bool anew)
{
	AUTO_EVENT struct event line = { 0 };
	struct ev_proposal *p = &made->proposal;
	bool some = p->files_len > 0;

	c->review.scan = SCAN_READ;
	if (p->refused_len > 0 && !job_runs(c, JOB_CALL))
		c->task.faults |= FAULT_LEFT_OUT;
	event_keep(&c->review.left_out, &(struct event){
	    .type = EVENT_PROPOSAL, .proposal = { .refused = p->refused,
		.refused_len = p->refused_len, .products = p->products,
		.products_len = p->products_len } });
	reading_order(p->files, p->files_len, c->review.undoing == 0 ?
	    c->fold : NULL);
	policy_hold(c->policy, true);
	rule_tell(c, made);
	policy_hold(c->policy, false);
	if (!propose_is_news(c, p, anew))
		return;
	propose_add_state(c, p);
	propose_add_writers(c, made);
	comment_carry(c->fold, made);
	event_make(&line, EVENT_PROPOSAL, p);
	/* It may be large. */
	event_release(made);
	emit_made(c, "core", &line);
	emit_sync(c);
	c->check.due = some && c->check.command != NULL &&
	    c->mode != MODE_TRY && !c->approve->at_end &&
	    (!c->fold->evidence.known || c->fold->evidence.stale);
}

/* What the process that read the user's changes has found. */
static void
propose_read(struct core *c, const cJSON *answer)
{
	AUTO_EVENT struct event made = { .type = EVENT_PROPOSAL };
	const char *why = json_str(answer, "error");

	if (why != NULL)
		emit_error(c, "stage", "the changes can't be read: %s", why);
	/* After a decision, or an undo, they are read again. */
	if (why != NULL || answer == NULL || c->decision.line != NULL || !source_is_open(c))
		return;
	event_read_as(&made, EVENT_PROPOSAL, answer);
	propose_found(c, &made, c->review.scan == SCAN_OWES);
	marks_restore(c);
}

void
propose_make(struct core *c, bool anew)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	AUTO_EVENT struct event made = { 0 };
	struct err e = ERR_INIT, first = ERR_INIT;
	bool runs = job_runs(c, JOB_CALL);

	/* What was read of git's objects is in the session, even if the
	 * repository has lost it. */
	if (c->fold->reads && c->fold->proposal != NULL)
		return;
	anew = anew || c->review.scan == SCAN_OWES;
	c->review.scan = anew ? SCAN_OWES : SCAN_FAILED;
	if (c->review.undoing != 0 && !undo_goes_on(c)) {
		undo_end(c);
		if (undo_was_alone(c))
			return;
	}
	if (source_is_open(c)) {
		source_read(c, propose_read);
		return;
	}
	/* Into a copy that a command works in nothing is written. */
	if (c->review.undoing == 0 && !runs) {
		c->review.touched = false;
		if (stage_before_call(c->stage, false, &notes, &e) < 0)
			emit_note(c, "%s", e.text);
		emit_stage_notes(c, &notes);
		e = (struct err)ERR_INIT;
	}
	if (propose_scan(c, &made, &first) < 0 && (runs ||
	    propose_restore(c, &e) < 0 || propose_scan(c, &made, &e) < 0)) {
		emit_error(c, "stage", "the copy can't be reviewed: %s",
		    runs ? first.text : e.text);
		return;
	}
	propose_found(c, &made, anew);
}

/* ---- the open proposal in the fold ---- */

/*
 * The proposal's files in the gate's form, and the content that the marks on a
 * file would write.
 */

void
propose_choice(const struct core *c, struct gate_choice *choice,
    const struct fold_file *f)
{
	memset(choice, 0, sizeof(*choice));
	choice->path = f->path_bytes;
	choice->split.diff = c->diff;
	choice->split.ids = (const char *const *)f->split;
	choice->split.len = f->split_len;
	choice->split.encoding = f->encoding;
	stages_side(&choice->before, &f->before);
	stages_side(&choice->after, &f->after);
}

bool
propose_is_renaming(const struct fold_file *f, const char *id)
{
	return f->from != NULL && ev_is(id, f->hunks[0].id);
}

/* ---- ignored files ---- */

/*
 * They stay in the copy and aren't proposed, unless the model wrote them with its
 * own tools, or the user includes them. That is journaled first, and is valid for
 * the session.
 */

#define INCLUDE_GLOB_MAX 4096

void
include_written(struct core *c, const char *path)
{
	if (path != NULL)
		pathmap_add(&c->policy->written, path,
		    sizeof(struct policy_path));
}

void
include_recall(struct core *c, const struct event *e)
{
	const struct ev_tool_result *r = &e->tool_result;
	struct core_included *in = &c->review.included;
	const struct tool_entry *t = e->type == EVENT_TOOL_RESULT && r->ok &&
	    r->name != NULL ? tool_find(r->name) : NULL;

	if (e->type == EVENT_PRODUCTS && e->products.glob.p != NULL) {
		if (in->globs == NULL)
			in->globs = glob_list_new(false);
		if (ev_is(e->products.action, "include"))
			glob_list_add(in->globs, e->products.glob.p,
			    e->products.glob.len);
	} else if (t != NULL && (t->effects & TOOL_WRITES) != 0)
		MEM_EACH(r, seen, f)
			if (f->path_bytes != NULL)
				pathmap_add(&in->written, f->path_bytes,
				    sizeof(struct policy_path));
}

static void
include_release(struct core *c)
{
	glob_list_free(c->review.included.globs);
	pathmap_release(&c->review.included.written);
	memset(&c->review.included, 0, sizeof(c->review.included));
}

void
include_start(struct core *c)
{
	struct core_included *in = &c->review.included;
	const cJSON *it;

	if (in->globs != NULL) {
		glob_list_free(c->policy->included);
		c->policy->included = in->globs;
		in->globs = NULL;
	}
	/* Everything in a patch is meant to be applied, whatever its name. */
	if (json_str(c->start, "patch_sha256") != NULL)
		glob_list_add(c->policy->included, "*", 1);
	cJSON_ArrayForEach(it, json_array(c->start, "include"))
		if (cJSON_IsString(it))
			glob_list_add(c->policy->included, it->valuestring,
			    strlen(it->valuestring));
	c->policy->written = in->written;
	memset(&in->written, 0, sizeof(in->written));
	include_release(c);
}

/* The pattern in a command: `glob`, or `path` for that file alone. */
static char *
include_glob(const cJSON *command, size_t *n, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = json_get_bytes(command, "path", n);
	char *glob;

	if (path != NULL) {
		while (*n > 1 && path[*n - 1] == '/')
			path[--*n] = '\0';
		if (strlen(path) == *n && apply_path_check(path, e) == 0)
			policy_path_glob(&b, path);
		*n = b.len;
		glob = b.len == 0 ? NULL : buf_take(&b);
	} else
		glob = json_get_bytes(command, "glob", n);
	if (glob == NULL || *n == 0 || *n > INCLUDE_GLOB_MAX ||
	    strlen(glob) != *n || strpbrk(glob, "\r\n") != NULL ||
	    strchr("!#", glob[0]) != NULL) {
		err_set(e, "give a file's name or a pattern as in "
		    ".gitignore");
		free(glob);
		return NULL;
	}
	return glob;
}

/* Would this pattern include any staged file? */
static int
include_check(struct core *c, const char *glob, size_t n, struct err *e)
{
	AUTO(glob_list_free_at) struct glob_list *g = glob_list_new(false);
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	bool any = false;
	size_t i;

	glob_list_add(g, glob, n);
	if (stage_scan(c->stage, &scan, e) < 0)
		return -1;
	/* It may match a file beyond the end of the list. */
	any = scan.ignored_all > scan.ignored_len;
	for (i = 0; i < scan.ignored_len && !any; i++)
		any = glob_list_covers(g, scan.ignored[i]);
	return any ? 0 : err_set(e, "no ignored file has this name");
}

void
include_refresh(struct core *c)
{
	/* phases: a mounted view is never scanned. */
	assert(c->phase == PHASE_IDLE && c->own_command == OWN_NONE);
	c->review.scan_due = false;
	if (task_plans(c) ||
	    (task_runs(c) && c->fold->proposal == NULL)) {
		propose_count(c, NULL);	/* proposed at the next occasion */
		return;
	}
	if (!task_runs(c))
		c->review.final = true;
	propose_make(c, c->mode != MODE_REVIEW);
	core_soon(c);
}

/* Client command: propose what matches. */
static int
include_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	size_t n;
	AUTO_FREE char *glob = include_glob(command, &n, e);
	/* phases: a mounted view is never scanned. */
	bool idle = c->phase == PHASE_IDLE && c->own_command == OWN_NONE;

	if (glob == NULL || (idle && include_check(c, glob, n, e) < 0))
		return -1;
	EMIT(c, "user", products, .action = "include", .glob = { glob, n },
	    .client = client);
	emit_sync(c);
	glob_list_add(c->policy->included, glob, n);
	c->review.scan_due = true;
	if (idle)
		include_refresh(c);
	return 0;
}

/* In a review, look at the user's files once more. */
static void
propose_again(struct core *c)
{
	if (c->mode != MODE_REVIEW)
		return;
	c->review.scan_due = true;
	core_soon(c);
}

static void
propose_init(struct core *c)
{
	c->reasons = xcalloc(1, sizeof(*c->reasons));
	c->reasons->calls = cJSON_CreateObject();
	c->reasons->paths = cJSON_CreateObject();
}

static void
propose_line(struct core *c, const struct event *e)
{
	stopped_line(c, e);
	reasons_line(c, e);
	if (c->resume != NULL)
		include_recall(c, e);
	if (e->type == EVENT_PROPOSAL)
		propose_note_offered(c, e);
	else if (e->type == EVENT_GIT_END && c->resume == NULL)
		propose_again(c);
}

static cJSON *
propose_present(struct core *c)
{
	if (!source_reads(c))
		propose_again(c);
	return c->review.staged > 0 ? propose_staged_line(c) : NULL;
}

static void
propose_free(struct core *c)
{
	marks_keep_take(c, NULL, NULL, 0);
	notes_free(c->reasons);
	include_release(c);
	event_drop(&c->review.left_out);
	event_drop(&c->review.offered);
	event_drop(&c->review.undo_left);
}

/* Client command: read the files and the index again. */
static int
propose_reread(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	if (c->mode != MODE_REVIEW)
		return err_set(e, "only assent review reads your files again");
	propose_again(c);
	return 0;
}

static const struct core_command propose_commands[] = {
	{ "include", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY,
	    .act = include_command },
	{ "reread", IN_ANY, 0, 0, NOBODY,
	    .act = propose_reread },
	{ 0 }
};

static unsigned
propose_facts(const struct core *c)
{
	return c->fold->proposal == NULL ? 0 : source_is_open(c) ? HAS_OWN :
	    HAS_REVIEW;
}

const struct core_part propose_part = {
	.facts = propose_facts, .has = HAS_REVIEW | HAS_OWN,
	.init = propose_init,
	.line = propose_line, .lines = OF(EVENT_TOOL_CALL) |
	    OF(EVENT_TOOL_RESULT) | OF(EVENT_PROPOSAL) | OF(EVENT_DECISION) |
	    OF(EVENT_APPLIED) | OF(EVENT_GIT_END) |
	    OF(EVENT_SESSION_START) | OF(EVENT_PRODUCTS),
	.present = propose_present, .free = propose_free,
	.commands = propose_commands,
};
