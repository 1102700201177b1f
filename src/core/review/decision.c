#include "config.h"

#include "core/review/decision.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/review/comment.h"
#include "core/review/evidence.h"
#include "core/review/feedback.h"
#include "core/review/propose.h"
#include "core/review/undo.h"
#include "core/source/source.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/session.h"

/* ---- after a crash during an apply ---- */

/*
 * Hashes show the state of the tree; the user, or --recover, decides about a
 * half-written tree before anything else happens in the session.
 */

#define RECOVER_TYPE_MAX 256	/* a line's type comes before that */

size_t
recover_ops(const struct ev_apply_begin *begin, struct apply_op **ops)
{
	size_t n = 0;

	*ops = xcalloc(begin->ops_len + 1, sizeof(**ops));
	MEM_EACH(begin, ops, from) {
		struct apply_op *op = &(*ops)[n];

		if (from->path_bytes == NULL)
			continue;
		op->path = xstrdup(from->path_bytes);
		gate_side(&op->before, from->before);
		gate_side(&op->after, from->after);
		n++;
	}
	return n;
}

/* Find the state of this apply_begin line's files in the project. */
static int
recover_look(const char *root, const struct ev_apply_begin *begin,
    struct apply_stand *s, struct err *e)
{
	AUTO_FREE struct apply_op *ops = NULL;
	AUTO_CLOSE int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n;

	memset(s, 0, sizeof(*s));
	if (fd < 0)
		return err_sys(e, "cannot open the project %s", root);
	n = recover_ops(begin, &ops);
	apply_look_all(fd, ops, n, s);
	apply_ops_release(ops, n);
	return 0;
}

int
recover_choose(struct core *c, struct err *e)
{
	const struct event *begin = c->fold->open.begin;
	static const struct choice {
		const char		*word;
		enum apply_recovery	 how;
	} choices[] = {
		{ "finish", APPLY_FINISH }, { "undo", APPLY_UNDO },
		{ "leave", APPLY_LEAVE },
	};
	const struct choice *chosen = MEM_FIND(choices, json_str(c->start,
	    "recover"));
	struct apply_stand s;

	/* Entries of the index change all at once. */
	if (begin == NULL || c->fold->open.applied != NULL ||
	    begin->apply_begin.index)
		return 0;
	if (recover_look(c->root, &begin->apply_begin, &s, e) < 0)
		return -1;
	c->decision.recovery = APPLY_LEAVE;
	c->decision.recovered = NULL;
	/* Nothing is half-written: it is complete, or not begun. */
	if (s.written == 0 || s.open == 0)
		return 0;
	if (chosen != NULL) {
		c->decision.recovery = chosen->how;
		c->decision.recovered = chosen->word;
		return 0;
	}
	c->exit_code = CORE_EXIT_WAITS;
	return err_set(e, "session %s stopped while applying: %zu of %zu files "
	    "are written. Use --recover finish (write the rest), undo (take "
	    "those back) or leave (keep them, review the rest again)", c->id,
	    s.written, s.written + s.open + s.other);
}

/* ---- for readers ---- */

static bool
recover_is(const char *line, size_t n, enum event_type type)
{
	char mark[64];

	snprintf(mark, sizeof(mark), "\"type\":\"%s\"", event_rows[type].name);
	return memmem(line, n < RECOVER_TYPE_MAX ? n : RECOVER_TYPE_MAX, mark,
	    strlen(mark)) != NULL;
}

/* The open apply_begin, and the project; NULL: none. */
static void
recover_find(int fd, struct event **begin, char **root)
{
	AUTO(linefile_release) struct linefile r = { .fd = fd };
	const char *line;
	size_t n;

	*root = NULL;
	while (linefile_next(&r, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *o = NULL;
		AUTO_EVENT struct event e = { 0 };

		if ((*root == NULL && recover_is(line, n,
		    EVENT_SESSION_START)) ||
		    recover_is(line, n, EVENT_APPLY_BEGIN)) {
			o = json_parse(line, n, JSON_OWN, NULL);
			event_read(&e, o);
			if (e.type == EVENT_APPLY_BEGIN)
				event_keep(begin, e.apply_begin.index ? NULL :
				    &e);
			else if (e.type == EVENT_SESSION_START)
				*root = xstrdup_null(e.session_start.root);
		} else if (recover_is(line, n, EVENT_APPLIED) ||
		    recover_is(line, n, EVENT_PROPOSAL) ||
		    recover_is(line, n, EVENT_DECISION))
			event_drop(begin);
	}
}

cJSON *
recover_tell(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO(event_drop) struct event *begin = NULL;
	cJSON *o = NULL;
	struct apply_stand s;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		err_sys(e, "cannot open %s", path);
		return o;
	}
	recover_find(fd, &begin, &root);
	if (begin != NULL && root != NULL &&
	    recover_look(root, &begin->apply_begin, &s, e) < 0)
		return o;
	o = cJSON_CreateObject();
	if (begin == NULL || root == NULL)
		return o;
	json_add_int(o, "tx", begin->apply_begin.tx);
	json_add_int(o, "files", (int64_t)(s.written + s.open + s.other));
	json_add_int(o, "written", (int64_t)s.written);
	json_add_int(o, "open", (int64_t)s.open);
	json_add_int(o, "other", (int64_t)s.other);
	return o;
}

/* ---- leftovers of other sessions ---- */

/* Remove the temporary files of a session without a core, in this project;
 * false to try again later. */
static bool
recover_sweep_one(struct core *c, const char *id, const char *dir)
{
	AUTO_FREE char *journal = fs_join(dir, "journal.jsonl"), *root = NULL;
	AUTO_FREE char *undo = fs_join(dir, "undo");
	AUTO_CLOSE int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(event_drop) struct event *begin = NULL;
	AUTO(blob_store_free_at) struct blob_store *blobs = NULL;
	AUTO_FREE struct apply_op *ops = NULL;
	size_t n, found;

	if (fd >= 0)
		recover_find(fd, &begin, &root);
	if (begin == NULL || root == NULL || strcmp(root, c->root) != 0 ||
	    (blobs = blob_store_open(dir, false, NULL)) == NULL)
		return begin == NULL;
	n = recover_ops(&begin->apply_begin, &ops);
	found = apply_recover(c->stage->root_fd, undo, blobs, ops, n,
	    APPLY_SWEEP);
	apply_ops_release(ops, n);
	if (found > 0)
		emit_note(c, "session %s stopped while applying; its %zu "
		    "temporary files were removed from the project", id,
		    found);
	return true;
}

/* Remove the temporary files that sessions without a core left in this project,
 * but only those whose content their store has; a user's file is put back. */
static void
recover_sweep(struct core *c)
{
	DIR *d = fs_dir_take(session_marks(SESSION_APPLYING, false));
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *dir = NULL;
		AUTO_CLOSE int at = -1, lock = -1;
		bool done;

		if (strcmp(de->d_name, c->id) == 0 ||
		    session_is_alive(de->d_name) ||
		    (dir = session_dir(de->d_name, NULL)) == NULL)
			continue;
		at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		done = at < 0 && errno == ENOENT;
		/* Keep others from resuming it meanwhile. */
		lock = at < 0 ? -1 : session_lock(at, dir, NULL);
		if (lock >= 0)
			done = recover_sweep_one(c, de->d_name, dir);
		if (done)
			(void)unlinkat(dirfd(d), de->d_name, 0);
	}
}

/* A decision is due once it is in the journal. */
static void
recover_line(struct core *c, const struct event *e)
{
	if (c->resume != NULL)
		return;
	event_keep(&c->decision.line, e);
}

static void
recover_free(struct core *c)
{
	event_drop(&c->decision.line);
	FREE_ALL(c->decision.said.text, c->decision.said.client);
}

bool
decision_is_open(const struct core *c)
{
	return c->decision.line != NULL || (c->review.decided != NULL &&
	    source_reads(c));
}

static unsigned
decision_facts(const struct core *c)
{
	return decision_is_open(c) ? HAS_DECISION : 0;
}

const struct core_part recover_part = {
	.facts = decision_facts, .has = HAS_DECISION,
	.line = recover_line, .lines = OF(EVENT_DECISION),
	.begun = recover_sweep, .free = recover_free,
};

/* ---- a decision on its way to the real tree ---- */

/* One file of a decision, on its way to the real tree. */
struct chosen {
	const struct fold_file	*file;
	struct gate_choice	 choice;
	const char		**yes, **no;
	struct gate_edit	*edits;
	struct stage_side	 write, rest;
	bool			 composed;
	bool			 renames;	/* the new name is accepted */
	struct apply_op		*op;	/* NULL: no part of it was accepted */
	struct apply_op		*old;	/* other half of a renaming */
};

#define CORE_APPLY_NO_RULE (CORE_APPLY_TRIES + 1) /* no rule decides until the
				   user has, not even in the next turn */

/* Does it stage hunks, in `assent review`? */
static bool
decision_stages(const struct core *c)
{
	return source_stages(c) && !c->decision.line->decision.discard;
}

/* Who can't read the file and the folders that it is in: a new one has that of the
 * copy; what goes may come back. Add what isn't known, or is no longer so. */
static void
decision_add_hidden(struct core *c, struct event *to, struct pathmap *seen,
    const char *path, bool goes)
{
	struct ev_apply_begin *begin = &to->apply_begin;
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *up = NULL;
	unsigned bits;

	if (pathmap_number(seen, path) != 0)
		return;
	pathmap_set_number(seen, path, 1);
	bits = stage_hidden_bits(c->stage, path, goes);
	if (bits != pathmap_number(&c->fold->hidden, path)) {
		*GROW_ADD(begin->hidden, begin->hidden_len) =
		    (struct ev_hidden){
			.path_bytes = ev_text(to, path), .bits = bits };
	}
	if (slash == NULL)
		return;
	up = xmemdup(path, (size_t)(slash - path));
	decision_add_hidden(c, to, seen, up, goes);
}

/* Begin the next transaction, which writes these files. Both lines are
 * durable. */
static void
decision_emit_begin(struct core *c, const struct apply_op *ops, size_t n)
{
	AUTO_EVENT struct event made = { 0 };
	AUTO_FREE struct ev_hidden *hidden = NULL;
	AUTO(pathmap_release) struct pathmap seen = { 0 };
	bool comes = c->review.undoing == 0 &&
	    !c->decision.line->decision.discard;
	size_t i;

	stages_add_ops(&made, ops, n);
	for (i = 0; i < n; i++)
		if (!ops[i].after.exists || (comes && !ops[i].before.exists))
			decision_add_hidden(c, &made, &seen, ops[i].path,
			    !ops[i].after.exists);
	hidden = made.apply_begin.hidden;
	EMIT(c, "core", apply_begin, .tx = c->fold->open.tx + 1,
	    .decision = c->decision.line->seq, .undoes = c->review.undoing,
	    .index = decision_stages(c),
	    .ops = made.apply_begin.ops, .ops_len = n, .hidden = hidden,
	    .hidden_len = made.apply_begin.hidden_len);
	emit_sync(c);
}

/* What accepted this file, which was written: the user, or a rule; for a
 * protected file, what protects it, and the flag that let the rule accept it. */
static void
decision_add_rule(const struct core *c, struct ev_applied_op *op)
{
	const char *rule = c->decision.line->decision.rule;
	const struct fold_file *f = fold_find_file(c->fold, op->path_bytes);

	op->rule = ev_str(rule, "person");
	op->protected = f == NULL ? NULL : fold_note_text(f,
	    FOLD_NOTE_FILE, NOTE_PROTECTED);
	if (op->protected != NULL && ev_is(rule, "yes"))
		op->grant = "allow_protected";
}

/* Journal the outcome, which ends the transaction. */
static void
decision_emit_applied(struct core *c, const struct apply_op *ops, size_t n)
{
	AUTO_FREE struct ev_applied_op *list = xcalloc(n + 1, sizeof(*list));
	AUTO_FREE struct blob_entry *entries = xcalloc(n + 1,
	    sizeof(*entries));
	struct err e = ERR_INIT;
	char id[41];
	size_t i, done = 0;
	bool commit;

	for (i = 0; i < n; i++) {
		const struct apply_op *op = &ops[i];
		struct ev_applied_op *to = &list[i];

		*to = (struct ev_applied_op){ .path_bytes = op->path,
			.ok = op->done, .text = op->text };
		if (!op->done) {
			to->error = op->changed_on_disk ? "changed" :
			    op->error != 0 ? "failed" : "stopped";
			continue;
		}
		decision_add_rule(c, to);
		if (op->pair != NULL && op->pair->done)
			*(op->after.exists ? &to->from_bytes :
			    &to->to_bytes) = op->pair->path;
		entries[done++] = (struct blob_entry){ .path = op->path,
			.hash = op->after.exists ? op->after.hash : NULL,
			.mode = op->after.mode };
	}
	commit = done > 0 && blob_commit(c->blobs, entries, done, "applied",
	    id, &e) == 0;
	EMIT(c, "core", applied, .tx = c->fold->open.tx,
	    .client = c->decision.line->decision.client,
	    .undoes = c->review.undoing, .index = decision_stages(c),
	    .recovered = c->decision.recovered,
	    .commit = commit ? id : NULL, .ops = list, .ops_len = n);
	emit_sync(c);
	session_mark(SESSION_APPLYING, c->id, false);
}

/*
 * The copy after a decision was applied: the real tree, with the accepted
 * and the undecided hunks, and what the agent wrote meanwhile.
 */

/* Is nothing of this file left to write? If false, it is proposed again. */
static bool
decision_is_done(const struct chosen *ch)
{
	return ch->composed && (ch->op == NULL || ch->op->done);
}

/* Has the staged text of this path changed since the decision? Then the agent
 * continued meanwhile. */
static bool
decision_newer(const struct core *c, const struct chosen *ch,
    struct stage_side *newer)
{
	return stage_staged(c->stage, ch->choice.path, newer) &&
	    !stage_side_equal(newer, &ch->choice.after) &&
	    !stage_side_equal(newer, &ch->rest);
}

/* Merge the decision into the agent's newer text; leave the text alone if that
 * fails. */
static void
decision_keep_newer(struct core *c, struct chosen *ch,
    const struct stage_side *newer)
{
	struct stage_side want;
	struct err e = ERR_INIT;
	int rc = stage_merge_sides(c->blobs, ch->choice.path,
	    &ch->choice.after, newer, &ch->rest, false, &want, &e);

	if (rc != 1)
		emit_note(c,
		    "%s changed since it was proposed and your decision "
		    "doesn't fit the new text; it is proposed again",
		    ch->file->path);
	ch->rest = rc == 1 ? want : *newer;
}

/* Is the file missing from the copy? False if unknown. */
static bool
decision_is_gone(const struct core *c, const char *path)
{
	struct stage_side staged;

	return stage_staged(c->stage, path, &staged) && !staged.exists;
}

/* Handle the old name after a decision about the new one: remove it, or leave
 * it with the accepted and the undecided changes. If the agent made the old
 * file again, leave it to the agent. */
static int
decision_settle_old(struct core *c, const struct chosen *ch, struct err *e)
{
	const struct stage_side none = { 0 };
	const char *from = ch->file->from_bytes;
	AUTO_BUF struct buf name = BUF_INIT(0);

	if (ch->renames && !ch->old->done) {
		sanitize_quote(&name, ch->file->from);
		emit_note(c, "%s was not renamed as shown", buf_str(&name));
		return 0;
	}
	if (!decision_is_gone(c, from))
		return 0;
	if (ch->renames)
		return stage_rebase_file(c->stage, from, &none, &none, true, e);
	return stage_rebase_file(c->stage, from, ch->op != NULL ? &ch->write :
	    &ch->choice.before, &ch->rest, false, e);
}

static int
decision_settle_file(struct core *c, struct chosen *ch, struct err *e)
{
	struct stage_side newer, left = { 0 };
	const struct stage_side none = { 0 };
	bool is_newer = decision_newer(c, ch, &newer);
	bool whole = !is_newer && ch->op != NULL &&
	    ch->choice.no_len == 0 && ch->choice.edits_len == 0;
	const char *below = !ch->rest.exists ? NULL : stage_below(c->stage,
	    ch->file->from == NULL || ch->renames ? ch->choice.path :
	    ch->file->from_bytes);
	int rc;

	/* It would be lost. */
	if (below != NULL)
		return err_set(e, "%s is staged in its place", below);
	/* The agent has two files now: no longer a renaming. */
	if (is_newer && ch->file->from != NULL &&
	    !decision_is_gone(c, ch->file->from_bytes))
		left = newer;
	if (is_newer)
		decision_keep_newer(c, ch, &newer);
	if (ch->file->from == NULL)
		return stage_rebase_file(c->stage, ch->choice.path,
		    ch->op != NULL ? &ch->write : &ch->choice.before, &ch->rest,
		    whole, e);
	rc = ch->renames ? stage_rebase_file(c->stage, ch->choice.path,
			       &ch->write, &ch->rest, whole, e)
			 : stage_rebase_file(c->stage, ch->choice.path, &none,
			       &left, false, e);
	return rc < 0 ? -1 : decision_settle_old(c, ch, e);
}

/* The name that has the content of a file now. */
static const char *
decision_name(const struct chosen *ch)
{
	return ch->file->from != NULL && !ch->renames ? ch->file->from_bytes :
	    ch->choice.path;
}

/* What is undone isn't in the copy. */
static void
decision_settle_undo(struct core *c, const struct chosen *ch)
{
	static const struct stage_side none = { 0 };

	if (ch->file->from != NULL)
		undo_settle(c, ch->renames ? ch->file->from_bytes :
		    ch->choice.path, &none, &none);
	undo_settle(c, decision_name(ch), ch->op != NULL ? &ch->write :
	    &ch->choice.before, &ch->rest);
}

/* Update the copy after a decision: real + accepted + undecided. Files that go
 * are first: another may be where they needed a folder. What was only rejected
 * and can't be put back is proposed again. */
static void
decision_settle(struct core *c, struct chosen *ch, size_t n)
{
	size_t i;

	if (c->review.undoing == 0)
		(void)stage_catch_up(c->stage, NULL);
	for (i = 0; i < 2 * n; i++) {
		struct chosen *now = &ch[i % n];
		struct err e = ERR_INIT;

		if (!decision_is_done(now) || now->rest.exists == (i < n))
			continue;
		if (c->review.undoing != 0) {
			decision_settle_undo(c, now);
			continue;
		}
		if (decision_settle_file(c, now, &e) == 0)
			continue;
		emit_note(c, "can't update the copy of %s: %s",
		    now->choice.path, e.text);
		now->composed = now->op != NULL;
	}
}

/* How far a decision got before the core died. */
enum apply_stage { APPLY_NOT_BEGUN, APPLY_BEGUN, APPLY_DONE };

static void
decision_choose(struct core *c, struct chosen *ch,
    const struct ev_decided_file *file)
{
	size_t n = file->hunks_len;

	ch->file = file->path_bytes == NULL ? NULL :
	    fold_find_file(c->fold, file->path_bytes);
	if (ch->file == NULL)
		return;
	propose_choice(c, &ch->choice, ch->file);
	ch->yes = xcalloc(n + 1, sizeof(*ch->yes));
	ch->no = xcalloc(n + 1, sizeof(*ch->no));
	ch->edits = xcalloc(n + 1, sizeof(*ch->edits));
	MEM_EACH(file, hunks, h) {
		const char *id = ev_str(h->id, "");

		if (propose_is_renaming(ch->file, id))
			ch->renames = ev_is(h->decision, "yes");
		else if (ev_is(h->decision, "yes"))
			ch->yes[ch->choice.yes_len++] = id;
		else if (ev_is(h->decision, "edited"))
			ch->edits[ch->choice.edits_len++] =
			    (struct gate_edit){ .id = id,
				.text = ev_str(h->edit.p, ""),
				.len = h->edit.len };
		else
			ch->no[ch->choice.no_len++] = id;
	}
	ch->choice.yes = ch->yes;
	ch->choice.no = ch->no;
	ch->choice.edits = ch->edits;
}

/* The file of the working tree without these hunks. 1: a process makes it, and its
 * end goes on from here. */
static int
decision_discard(struct core *c, struct chosen *ch, enum apply_stage from,
    struct apply_op *ops, size_t *ops_len, struct err *e)
{
	int rc;

	/* If it had begun, the journal has its op. */
	if (from != APPLY_NOT_BEGUN)
		return 0;
	ch->op = &ops[*ops_len];
	rc = source_discard(c, ch->file, &ch->choice, ch->op, e);
	*ops_len += rc == 0;
	return rc;
}

/* The composed file to write. If its new name was rejected, accepted content
 * goes to the old name. */
static void
decision_choose_ops(struct core *c, struct chosen *ch, struct apply_op *ops,
    size_t *ops_len)
{
	if (!ch->renames && ch->choice.yes_len + ch->choice.edits_len == 0)
		return;
	ch->op = &ops[(*ops_len)++];
	ch->op->path = xstrdup(decision_name(ch));
	ch->op->after = ch->write;
	if (c->review.undoing == 0 &&
	    stage_side_equal(&ch->write, &ch->choice.after))
		stage_staged_time(c->stage, ch->choice.path, &ch->op->staged);
	if (!ch->renames) {
		ch->op->before = ch->choice.before;
		return;
	}
	ch->old = &ops[(*ops_len)++];
	ch->old->path = xstrdup(ch->file->from_bytes);
	ch->old->before = ch->choice.before;
	ch->op->pair = ch->old;
	ch->old->pair = ch->op;
}

/*
 * Append to `ops` the files that an interrupted apply had begun and that can't
 * be composed any more, since their contents are gone. apply_recover() checks
 * them by the hashes in the journal; then they are proposed again. `begin` has
 * the order of `ops`. Returns the new length of `ops`.
 */
static size_t
decision_add_begun(const struct ev_apply_begin *begin,
    const struct chosen *ch, size_t ch_len, struct apply_op *ops, size_t n)
{
	AUTO_FREE struct apply_op *all = NULL;
	size_t i, k, from = 0, len = recover_ops(begin, &all), had = n;

	for (i = 0; i < len; i++) {
		if (from < had && strcmp(ops[from].path, all[i].path) == 0) {
			free(all[i].path);
			from++;
		} else {
			ops[n++] = all[i];
		}
	}
	/* Remove the old name only if the new file exists. */
	for (i = had; i + 1 < n; i++)
		for (k = 0; k < ch_len; k++)
			if (!ch[k].composed && ch[k].renames &&
			    strcmp(ops[i].path, ch[k].choice.path) == 0 &&
			    strcmp(ops[i + 1].path, ch[k].file->from_bytes) ==
			    0) {
				ops[i].pair = &ops[i + 1];
				ops[i + 1].pair = &ops[i];
			}
	return n;
}

/* Are all hunks accepted as they were proposed? Then the file gets the content
 * that was shown. */
static bool
decision_is_whole(const struct chosen *ch)
{
	const struct fold_file *f = ch->file;
	size_t skip = f->from != NULL, i;	/* the renaming */

	if (ch->choice.no_len + ch->choice.edits_len > 0 ||
	    ch->choice.yes_len != f->hunks_len - skip)
		return false;
	for (i = 0; i < ch->choice.yes_len; i++)
		if (strcmp(ch->yes[i], f->hunks[i + skip].id) != 0)
			return false;
	return true;
}

/* Like gate_compose; if the store lacks contents, restore them from the
 * copy and the project and try once more. */
static int
decision_compose(struct core *c, struct chosen *ch, bool *restored,
    struct err *e)
{
	const struct stage_side *after = &ch->choice.after;
	struct err first = ERR_INIT;

	if (decision_is_whole(ch) && (!after->exists || blob_has(c->blobs,
	    after->hash))) {
		ch->write = ch->rest = *after;
		return 0;
	}
	if (gate_compose(c->blobs, &ch->choice, &ch->write, &ch->rest,
	    *restored ? e : &first) == 0)
		return 0;
	if (*restored)
		return -1;
	*restored = true;
	(void)propose_restore(c, NULL);
	return gate_compose(c->blobs, &ch->choice, &ch->write, &ch->rest, e);
}

/* Set the outcome of these files from the journal. */
static void
decision_take_applied(const struct ev_applied *applied, struct apply_op *ops,
    size_t n)
{
	size_t i, k = 0;

	MEM_EACH(applied, ops, op)
		/* Both have the same order. */
		for (i = 0; i < n; i++, k++)
			if (ev_is(op->path_bytes, ops[k % n].path)) {
				ops[k++ % n].done = op->ok;
				break;
			}
}

/* Prepare, announce and commit; after a crash, find out what was done. 1: a
 * process of source_write has begun with it. */
static int
decision_write(struct core *c, struct apply_op *ops, size_t n,
    enum apply_stage from, const struct ev_applied *applied)
{
	struct apply_tx *tx;
	struct err e = ERR_INIT;
	size_t i;

	/* Journal the transaction before any file is written to the tree,
	 * temporary ones included. */
	if (from == APPLY_NOT_BEGUN) {
		if (!decision_stages(c))
			/* If the mark is missing, temporary files just stay
			 * longer. */
			session_mark(SESSION_APPLYING, c->id, true);
		decision_emit_begin(c, ops, n);
		/* invariant 3: the tree changes only once the line is
		 * durable. */
		assert(c->journal->synced == c->journal->chain.seq);
	}
	for (i = 0; i < n; i++)
		ops[i].hidden = &c->fold->hidden;
	if (from == APPLY_DONE) {
		decision_take_applied(applied, ops, n);
		return 0;
	}
	if (decision_stages(c)) {
		if (!source_write(c, ops, n))
			return 1;
		decision_emit_applied(c, ops, n);
		return 0;
	}
	if (from == APPLY_BEGUN) {
		apply_recover(c->stage->root_fd, c->undo_dir, c->blobs,
		    ops, n, c->decision.recovery);
		decision_emit_applied(c, ops, n);
		/* The user decides again, not a rule, unless it goes on. */
		if (!json_bool(c->start, "go_on", false))
			c->decision.tries = CORE_APPLY_NO_RULE;
		c->decision.recovered = NULL;
		return 0;
	}
	tx = apply_prepare(c->stage->root_fd, c->undo_dir, c->blobs, ops,
	    n, &e);
	if (tx == NULL) {
		session_mark(SESSION_APPLYING, c->id, false);
		emit_error(c, "apply", "nothing was written: %s%s", e.text,
		    c->decision.line->decision.rule != NULL ?
			"" :
			"; your other decisions are kept: decide the open "
			"hunks to try again");
		/* Asking again can't remove this obstacle. */
		c->decision.tries = CORE_APPLY_TRIES;
		return -1;
	}
	apply_commit_free(tx);
	decision_emit_applied(c, ops, n);
	return 0;
}

/* ---- decide again what couldn't be written ---- */

/*
 * The user's marks on files that weren't written (all, if nothing was), malloc'ed.
 * If the apply of a file was interrupted, its accepted hunks become undecided; if
 * it changed since, those that overwrite newer lines, since they may be others by
 * now. Rejections and comments are kept.
 */
static struct ev_decided_hunk *
decision_unwritten(const struct ev_decision *d, const struct chosen *ch,
    bool all, bool recovered, size_t *n)
{
	struct ev_decided_hunk *kept = NULL;
	size_t i;

	*n = 0;
	for (i = 0; d->rule == NULL && i < d->files_len; i++) {
		const struct chosen *now = &ch[i];
		bool changed = now->op != NULL &&
		    (now->op->changed_on_disk || (now->old != NULL &&
		    now->old->changed_on_disk));

		if (now->file == NULL || (!all && decision_is_done(now)))
			continue;
		MEM_EACH(&d->files[i], hunks, x) {
			struct ev_decided_hunk h = *x;

			if (d->discard || ((recovered || (changed &&
			    h.overwrite)) && !ev_is(h.decision, "no")))
				h.decision = "none";
			*GROW_ADD(kept, *n) = h;
		}
	}
	return kept;
}

/* Does this decision change the staged tree? If all of it was accepted and
 * written, files only went from the copy to the real tree. */
static bool
decision_alters(const struct ev_decision *d, const struct chosen *ch)
{
	MEM_EACH(d, files, file) {
		if (!decision_is_done(ch++))
			return true;
		MEM_EACH(file, hunks, h)
			if (!ev_is(h->decision, "yes"))
				return true;
	}
	return false;
}

static void
chosen_release(struct chosen *ch)
{
	FREE_ALL(ch->edits, ch->yes, ch->no);
}

static void
chosen_release_all(struct chosen *ch, size_t n)
{
	while (n > 0)
		chosen_release(&ch[--n]);
}

/* It is over: propose again what is left, with the marks of what wasn't
 * written. */
static void
decision_end(struct core *c, struct chosen *ch, bool all, bool recovered)
{
	const struct ev_decision *d = &c->decision.line->decision;
	struct ev_decided_hunk *kept;
	size_t n;

	/* Entries of the index change all at once. */
	if (source_stages(c))
		undo_end(c);
	kept = decision_unwritten(d, ch, all, recovered, &n);
	chosen_release_all(ch, d->files_len);
	marks_keep_take(c, c->decision.line, kept, n);
	c->decision.line = NULL;
	source_forget(c);
	propose_make(c, true);
	/* In a review of your own changes, marks come back once those are
	 * read. */
	if (!source_is_open(c))
		marks_restore(c);
}

static void
decision_go(struct core *c, enum apply_stage from,
    const struct ev_apply_begin *begin, const struct ev_applied *applied)
{
	const struct ev_decision *d = &c->decision.line->decision;
	size_t n = d->files_len, i, ops_len = 0;
	AUTO_FREE struct chosen *ch = xcalloc(n + 1, sizeof(*ch));
	AUTO_FREE struct apply_op *ops = xcalloc(2 * n + (begin == NULL ? 0 :
	    begin->ops_len) + 1, sizeof(*ops));
	bool written, all = true, restored = false;
	int rc = 0;

	/* phases: a decision is applied while no worker uses the
	 * copy. */
	assert(!job_waits(c, JOB_APPLY));
	/* invariant 3: an applied decision is a durable line of the journal. */
	assert(c->decision.line->seq > 0 &&
	    c->decision.line->seq <= c->journal->synced);
	status_tell(c, "applying", "applying your decision");
	for (i = 0; i < n; i++) {
		struct err e = ERR_INIT;
		struct chosen *now = &ch[i];

		decision_choose(c, now, &d->files[i]);
		if (now->file == NULL)
			continue;
		rc = d->discard ? decision_discard(c, now, from, ops, &ops_len,
		    &e) : decision_compose(c, now, &restored, &e);
		if (rc > 0)
			break;
		if (rc < 0) {
			/* A begun file's outcome is reported with the rest. */
			if (from != APPLY_BEGUN)
				emit_error(c, "apply", "%s: %s",
				    now->choice.path, e.text);
			continue;
		}
		now->composed = true;
		if (!d->discard)
			decision_choose_ops(c, now, ops, &ops_len);
	}
	if (from == APPLY_BEGUN)
		ops_len = decision_add_begun(begin, ch, n, ops, ops_len);
	if (rc <= 0)
		rc = ops_len == 0 ? 0 : decision_write(c, ops, ops_len, from,
		    applied);
	if (rc > 0) {
		/* It goes on from here when that process has ended. */
		chosen_release_all(ch, n);
		apply_ops_release(ops, ops_len);
		return;
	}
	written = rc == 0;
	question_decided(c, d);
	if (written) {
		if (!source_stages(c))
			decision_settle(c, ch, n);
		for (i = 0; i < n; i++)
			if (decision_is_done(&ch[i]))
				feedback_file(c, d, &d->files[i], ch[i].file);
		feedback_proofs(c, d);
	}
	for (i = 0; i < n; i++)
		all = all && decision_is_done(&ch[i]);
	/* What the user left open stays so, whatever a rule may do. */
	if (all)
		c->decision.tries = d->rule == NULL ? CORE_APPLY_TRIES : 0;
	else if (c->decision.tries < CORE_APPLY_TRIES)
		c->decision.tries++;
	/* With --rollback the check must run on the written files, so an
	 * earlier result doesn't count. */
	if (!written || c->rollback.on || decision_alters(d, ch))
		evidence_stale(c);
	if (d->say != NULL && written) {
		xstrset(&c->decision.said.text, d->say);
		xstrset(&c->decision.said.client, d->client);
		core_soon(c);
	}
	/* Entries of the index change all at once. */
	decision_end(c, ch, !written, from == APPLY_BEGUN &&
	    !begin->index);
	apply_ops_release(ops, ops_len);
}

void
decision_block(struct core *c)
{
	const struct ev_decision *d = &c->decision.line->decision;
	AUTO_FREE struct chosen *ch = xcalloc(d->files_len + 1, sizeof(*ch));
	struct chosen *now = ch;

	MEM_EACH(d, files, file)
		decision_choose(c, now++, file);
	c->decision.tries = CORE_APPLY_TRIES;
	decision_end(c, ch, true, false);
}

/* What is accepted of one file, as apply would write it. */
static int
decision_stage_file(const struct chosen *ch, struct stage *stage,
    struct err *e)
{
	const struct stage_side none = { 0 };
	const char *path = ch->choice.path, *from = ch->file->from_bytes;

	if (!ch->renames)
		return stage_rebase_file(stage, from != NULL ? from : path,
		    &ch->choice.before, &ch->write, false, e);
	return stage_rebase_file(stage, from, &ch->choice.before, &none, false,
	    e) < 0 ? -1 :
	    stage_rebase_file(stage, path, &none, &ch->write, false, e);
}

int
decision_stage(struct core *c, const struct ev_decision *d,
    struct stage *stage, struct err *e)
{
	bool restored = false;
	int rc = 0;

	MEM_EACH(d, files, file) {
		AUTO(chosen_release) struct chosen ch = { 0 };

		decision_choose(c, &ch, file);
		if (rc == 0 && ch.file != NULL && (ch.renames || ch.choice.yes_len +
		    ch.choice.edits_len > 0))
			rc = decision_compose(c, &ch, &restored, e) < 0 ? -1 :
			    decision_stage_file(&ch, stage, e);
	}
	return rc;
}

void
decision_carry_out(struct core *c)
{
	const struct event *begin = c->fold->open.begin;

	/* invariant 4: a decision is applied once. */
	assert(c->decision.line != NULL);
	if (c->fold->proposal != NULL)
		decision_go(c, begin == NULL ? APPLY_NOT_BEGUN : APPLY_BEGUN,
		    begin == NULL ? NULL : &begin->apply_begin, NULL);
	else
		event_drop(&c->decision.line);
}

void
decision_recover(struct core *c)
{
	const struct event *begin = c->fold->open.begin;
	const struct event *applied = c->fold->open.applied;

	if (c->fold->open.decision == NULL)
		return;
	/* invariant 4: no other decision is pending. */
	assert(c->decision.line == NULL);
	event_keep(&c->decision.line, c->fold->open.decision);
	/* The rest of a final proposal is final, too. */
	c->review.final = c->fold->proposal != NULL &&
	    c->fold->proposal->final;
	if (begin == NULL && json_bool(c->start, "redecide", false)) {
		/* Nothing was applied, and a new proposal follows. */
		event_drop(&c->decision.line);
		propose_make(c, true);
	} else if (begin == NULL) {
		/* Decided, but not applied yet: it is due. */
	} else if (c->fold->proposal != NULL)
		decision_go(c, applied == NULL ? APPLY_BEGUN : APPLY_DONE,
		    &begin->apply_begin, applied == NULL ? NULL :
		    &applied->applied);
	else
		event_drop(&c->decision.line);
}
