/*
 * Applied changes, one by one: from a decision (who, how many lines), its
 * apply_begin, and the applied line with the results; for listing and undoing.
 * Only hashes: contents are in the store.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold.h"

static void
fold_change_file_release(struct fold_change_file *f)
{
	FREE_ALL(f->path, f->path_bytes, f->from, f->before.hash,
	    f->after.hash, f->commit);
}

static void
fold_change_release(struct fold_change *c)
{
	MEM_EACH(c, files, file)
		fold_change_file_release(file);
	FREE_ALL(c->files, c->time, c->who, c->model, c->task, c->goal);
}

static void
fold_changes_release(struct fold *f)
{
	event_drop(&f->commits);
	MEM_EACH(f, changes, c)
		fold_change_release(c);
	free(f->changes);
	MEM_EACH(&f->files, list, it) {
		file_lines_release(&it->lines);
		FREE_ALL(it->path, it->hash);
	}
	free(f->files.list);
	pathmap_release(&f->files.at);
	pathmap_release(&f->hidden);
	if (f->begun.change != NULL)
		fold_change_release(f->begun.change);
	free(f->begun.change);
	event_drop(&f->begun.commit);
	event_drop(&f->begun.git);
}

/* ---- what became of it ---- */

static int
fold_change_file_compare(const void *a, const void *b)
{
	const struct fold_change_file *x = a, *y = b;

	return strcmp(x->path_bytes, y->path_bytes);
}

static struct fold_change_file *
fold_change_file_find(struct fold_change_file *files, size_t n,
    const char *path)
{
	struct fold_change_file key = { 0 };

	key.path_bytes = (char *)(uintptr_t)path;
	return n == 0 || path == NULL ? NULL : bsearch(&key, files, n, sizeof(*files),
	    fold_change_file_compare);
}

const struct fold_change_file *
fold_change_file(const struct fold_change *c, const char *path)
{
	return fold_change_file_find(c->files, c->files_len, path);
}

static void
fold_on_apply_begin(struct fold *f, const struct event *e)
{
	const struct ev_apply_begin *x = &e->apply_begin;
	struct fold_change *c = xmalloc(sizeof(*c));
	struct fold_decided *d = f->begun.decision;
	struct fold_change_file *found;
	const struct fold_change *of;

	if (f->begun.change != NULL)
		fold_change_release(f->begun.change);
	FREE_SET(f->begun.change, c);
	*c = (struct fold_change){
		.tx = x->tx, .undoes = x->undoes, .index = x->index,
		.time = e->t[0] == '\0' ? NULL : xstrdup(e->t),
		.model = xstrdup_null(f->model),
		.files = xcalloc(x->ops_len + 1, sizeof(*c->files)),
	};
	MEM_EACH(x, ops, op)
		if (op->path_bytes != NULL)
			c->files[c->files_len++] = (struct fold_change_file){
				.path = xstrdup(ev_str(op->path, "?")),
				.path_bytes = xstrdup(op->path_bytes),
				.before = fold_side(op->before),
				.after = fold_side(op->after),
			};
	MEM_EACH(x, hidden, h)
		if (h->path_bytes != NULL)
			pathmap_set_number(&f->hidden, h->path_bytes,
			    (size_t)h->bits);
	qsort(c->files, c->files_len, sizeof(*c->files),
	    fold_change_file_compare);
	if (d == NULL || d->seq != x->decision)
		return;
	c->who = xstrdup(d->who);
	/* An undo belongs to the change that it undoes. */
	of = fold_change_find(f, c->undoes);
	c->task = xstrdup_null(of != NULL ? of->task : f->task.own != NULL ?
	    f->task.own : f->task.text);
	c->task_id = of != NULL ? of->task_id : f->task.own != NULL ?
	    f->task.own_id : f->task.id;
	c->goal = xstrdup_null(of != NULL ? of->goal : f->task.own != NULL ?
	    NULL : fold_plan_goal(&f->plan));
	c->whole = d->whole;
	c->check_running = d->check_running;
	c->own = f->task.own_changes != 0 || f->task.own != NULL;
	c->rejected = d->rejected;
	c->edited = d->edited;
	MEM_EACH(d, files, file) {
		/* One whose new name was rejected has the old one. */
		found = fold_change_file_find(c->files, c->files_len,
		    file->path);
		if (found == NULL)
			found = fold_change_file_find(c->files, c->files_len,
			    file->from);
		if (found == NULL)
			continue;
		found->decided = file;
		MEM_EACH(file, hunks, h)
			file_hunk_count(h->text, h->len, d->discard ?
			    &found->removed : &found->added, d->discard ?
			    &found->added : &found->removed);
	}
}

static int
fold_change_compare(const void *a, const void *b)
{
	const struct fold_change *x = a, *y = b;

	return (x->tx > y->tx) - (x->tx < y->tx);
}

/* The core counts them. */
const struct fold_change *
fold_change_find(const struct fold *f, int64_t tx)
{
	const struct fold_change key = { .tx = tx };

	return tx == 0 || f->changes_len == 0 ? NULL : bsearch(&key,
	    f->changes, f->changes_len, sizeof(key), fold_change_compare);
}

int
fold_change_counts(const struct fold *f, const struct fold_change *c)
{
	const struct fold_change *first = c->seq <= f->facts.since ? NULL :
	    c->tx != 0 && c->root == c->tx ? c :
	    fold_change_find(f, c->root);

	return first == NULL || first->seq <= f->facts.since ? 0 :
	    c->undoes == 0 || c->is_redo ? 1 : -1;
}

int64_t
fold_change_named(const struct fold *f, int64_t tx, bool *redo)
{
	const struct fold_change *c = fold_change_find(f, tx);

	*redo = c != NULL && c->undoes != 0 && !c->is_redo;
	return c == NULL ? tx : c->root;
}

bool
fold_can_undo(const struct fold *f)
{
	const struct fold_proposal *p = f->proposal;

	return f->ask.command == NULL &&
	    f->plan.status != FOLD_PLAN_PROPOSED && (p == NULL ||
	    p->undo != 0 || fold_hunks(p) == fold_undecided(p));
}

const struct fold_change *
fold_change_undoing(const struct fold *f, int64_t tx)
{
	const struct fold_change *of = fold_change_find(f, tx);

	if (of == NULL || (of->undoes == 0 && of->undone_by == 0))
		return NULL;
	MEM_EACH_BACK(f, changes, c)
		if (c->undone != UNDONE_WHOLE && !c->is_redo &&
		    c->undoes != 0 && (c->tx == tx || c->root == tx))
			return c;
	return NULL;
}

const struct fold_change *
fold_change_last(const struct fold *f, bool redo)
{
	const struct fold_change *part = NULL;

	MEM_EACH_BACK(f, changes, c) {
		/* What is committed isn't staged any more. */
		if (c->is_redo || (c->undoes != 0) != redo || (c->index &&
		    c->files->commit != NULL))
			continue;
		if (c->undone == UNDONE_NOT)
			return c;
		if (part == NULL && c->undone == UNDONE_PART)
			part = c;
	}
	return part;
}

const struct fold_change *
fold_change_reverser(const struct fold *f, const struct fold_change *u,
    const struct fold_change *after)
{
	const struct fold_change *c = fold_change_find(f, after == NULL ?
	    u->undone_by : after->also);

	while (c != NULL && c->undone == UNDONE_WHOLE)
		c = fold_change_find(f, c->also);
	return c;
}

bool
fold_change_is_back(const struct fold_change_file *file,
    const struct fold_change_file *now)
{
	return now->after.exists == file->before.exists &&
	    (!file->before.exists || strcmp(now->after.hash,
	    file->before.hash) == 0);
}

/* By those that reversed it and are still in the files. */
static enum fold_undone
fold_change_undone(const struct fold *f, const struct fold_change *u)
{
	const struct fold_change *c;
	const struct fold_change_file *now;
	bool any = false, all = true, back;

	MEM_EACH(u, files, file) {
		back = false;
		for (c = fold_change_reverser(f, u, NULL); c != NULL;
		    c = fold_change_reverser(f, u, c)) {
			any = true;
			now = fold_change_file(c, file->path_bytes);
			back = back || (now != NULL && c->undone ==
			    UNDONE_NOT && (c->whole ||
			    fold_change_is_back(file, now)));
		}
		all = all && back;
	}
	return !any ? UNDONE_NOT : all ? UNDONE_WHOLE : UNDONE_PART;
}

static struct fold_change *
fold_change_before(struct fold *f, const struct fold_change *c)
{
	return (struct fold_change *)(uintptr_t)fold_change_find(f, c->undoes);
}

/* A reversed change is no longer in the files; the one it had reversed is
 * again; and so on down. The last change is the new one. */
static void
fold_change_mark(struct fold *f)
{
	struct fold_change *c = &f->changes[f->changes_len - 1];
	struct fold_change *u = fold_change_before(f, c), *next;

	/* Always an earlier one, also in a damaged journal. */
	u = u < c ? u : NULL;
	c->is_redo = u != NULL && u->undoes != 0 && !u->is_redo;
	c->root = u != NULL ? u->root : c->undoes != 0 ? c->undoes : c->tx;
	if (u == NULL)
		return;
	c->also = u->undone_by < c->tx ? u->undone_by : 0;
	u->undone_by = c->tx;
	for (; u != NULL; u = next) {
		u->undone = fold_change_undone(f, u);
		next = fold_change_before(f, u);
		if (next >= u)
			break;
	}
}

/* ---- the lines that it has ---- */

/* Is this the content, whatever its mode? */
static bool
fold_side_has(const struct fold_side *s, const char *hash)
{
	return s->exists ? ev_is(s->hash, hash) : hash == NULL;
}

/* Does it say which lines were written? */
static bool
fold_decided_has_lines(const struct fold_decided_file *d)
{
	if (d != NULL && !d->unknown)
		MEM_EACH(d, hunks, h)
			if (h->len > 0)
				return true;
	return false;
}

/* The file that it wrote, by its old name if it renamed it, and its lines: those
 * before, unless others changed the file since, and its hunks. */
static void
fold_written_file(struct fold *f, const struct fold_change *c,
    struct fold_change_file *file)
{
	const char *name = file->from == NULL ? file->path_bytes : file->from;
	const struct fold_change_file *old = fold_change_file(c, name);
	struct fold_decided_file *d = file->decided;
	struct fold_written *w;

	file->at = pathmap_number(&f->files.at, name);
	if (file->at == 0) {
		*GROW_ADD(f->files.list, f->files.list_len) = (struct fold_written){
			.path = xstrdup(name) };
		file->at = f->files.list_len;
		pathmap_set_number(&f->files.at, name, file->at);
	}
	if (file->renamed_later && file->from == NULL)
		return;
	w = &f->files.list[file->at - 1];
	if (old == NULL || !fold_side_has(&old->before, w->hash))
		file_lines_forget(&w->lines);
	if (fold_decided_has_lines(d))
		file_lines_apply(&w->lines, d->hunks, d->hunks_len, c->tx,
		    c->undoes);
	else if (old != NULL && !fold_change_is_back(old, file))
		file_lines_forget(&w->lines);
	file->decided = NULL;
	w->tx = c->tx;
	w->changed_on_disk = false;
	xstrset(&w->hash, file->after.exists ? file->after.hash : NULL);
}

/* It has its new name, and a file that had it is no more. */
static void
fold_written_rename(struct fold *f, const struct fold_change_file *file)
{
	size_t other = pathmap_number(&f->files.at, file->path_bytes);

	if (other != 0)
		FREE_NULL(f->files.list[other - 1].path);
	pathmap_set_number(&f->files.at, file->path_bytes, file->at);
	xstrset(&f->files.list[file->at - 1].path, file->path_bytes);
}

static void
fold_change_write(struct fold *f, struct fold_change *c)
{
	MEM_EACH(c, files, file)
		fold_written_file(f, c, file);
	MEM_EACH(c, files, file)
		if (file->from != NULL)
			pathmap_remove(&f->files.at, file->from);
	MEM_EACH(c, files, file)
		if (file->from != NULL)
			fold_written_rename(f, file);
}

const struct fold_written *
fold_change_now(const struct fold *f, const struct fold_change_file *file)
{
	const struct fold_written *w = file->at == 0 ? NULL :
	    &f->files.list[file->at - 1];

	return w == NULL || w->path == NULL || w->hash == NULL ? NULL : w;
}

void
fold_add_lines(struct buf *b, const char *text, const struct fold *f,
    const struct fold_change *c, const struct fold_change_file *file)
{
	const struct fold_written *w = fold_change_now(f, file);
	struct file_range r = { 0 };
	int n = 0;

	while (w != NULL && !w->changed_on_disk && file_lines_next(&w->lines, c->tx, &r)) {
		if (n++ == FOLD_LINES_SHOWN) {
			buf_adds(b, ", ...");
			return;
		}
		buf_addf(b, "%s%s%lld", n == 1 ? text : ", ", n == 1 ?
		    "line " : "", (long long)r.from);
		if (r.from < r.to)
			buf_addf(b, "-%lld", (long long)r.to);
	}
}

/* Keep the parts of the change that were written. */
static void
fold_change_take(struct fold *f, const struct ev_applied *x)
{
	AUTO_FREE struct fold_change *c = f->begun.change;
	struct fold_change_file *file;
	size_t to = 0;

	if (c == NULL)
		return;
	f->begun.change = NULL;
	c->seq = f->seq;
	MEM_EACH(x, ops, op) {
		file = fold_change_file_find(c->files, c->files_len,
		    op->path_bytes);
		if (file != NULL && op->ok) {
			file->done = true;
			xstrset(&file->from, op->from_bytes);
			file->renamed_later = op->to != NULL;
		} else
			c->whole = false;
	}
	MEM_EACH(c, files, it) {
		if (it->done)
			c->files[to++] = *it;
		else
			fold_change_file_release(it);
	}
	c->files_len = to;
	if (to == 0) {
		fold_change_release(c);
		return;
	}
	GROW(f->changes, f->changes_len);
	if (!c->index)
		fold_change_write(f, c);
	f->changes[f->changes_len++] = *c;
	fold_change_mark(f);
}

void
fold_add_name(struct buf *b, const char *name)
{
	AUTO_BUF struct buf quoted = BUF_INIT(0);

	sanitize_quote(&quoted, name);
	sanitize_name(b, buf_str(&quoted));
}

void
fold_add_names(struct buf *b, const char *from, const char *path)
{
	AUTO_FREE char *clean = sanitize_dup(path, 0);

	if (from != NULL) {
		fold_add_names(b, NULL, from);
		buf_adds(b, " -> ");
	}
	fold_add_name(b, clean);
}

/* How this file of an `applied` line was accepted, where the decision above it
 * doesn't say that: "by rule small", "by you, acp editor"; malloc'ed, or NULL. */
static char *
fold_through(const struct fold *f, const struct ev_applied *x,
    const struct ev_applied_op *op)
{
	int64_t undoes = x->undoes;
	struct buf b = BUF_INIT(0);
	bool redo;

	if (op->rule == NULL)
		return NULL;
	if (!ev_is(op->rule, "person"))
		buf_addf(&b, "by rule %s", op->rule);
	else if (x->client != NULL && strncmp(x->client, "/dev/", 5) != 0)
		buf_addf(&b, "by you, %s", ev_is(x->client, "no tty") ?
		    "without a terminal" : x->client);
	if (op->protected != NULL)
		buf_addf(&b, "%sprotected: %s", b.len > 0 ? ", " : "",
		    op->protected);
	if (op->grant != NULL)
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", op->grant);
	if (undoes > 0) {
		undoes = fold_change_named(f, undoes, &redo);
		buf_addf(&b, "%s%s change %lld", b.len > 0 ? ", " : "",
		    redo ? "redoing" : "undoing", (long long)undoes);
	}
	return b.len > 0 ? buf_take(&b) : NULL;
}

/* What fold_through says, if it is the same of several files; else NULL. */
static char *
fold_through_all(const struct fold *f, const struct ev_applied *x)
{
	char *all = NULL, *one;
	int n = 0;
	bool same = true;

	MEM_EACH(x, ops, op) {
		if (!op->ok || op->to != NULL)
			continue;
		one = fold_through(f, x, op);
		if (n++ == 0) {
			all = one;
			continue;
		}
		same = same && one != NULL && ev_is(all, one);
		free(one);
	}
	if (n > 1 && same)
		return all;
	free(all);
	return NULL;
}

bool
fold_is_gone(const struct fold *f, const char *path)
{
	size_t at = pathmap_number(&f->files.at, path);
	const struct fold_change *last = at == 0 ? NULL :
	    fold_change_find(f, f->files.list[at - 1].tx);
	const struct fold_change_file *file = last == NULL ? NULL :
	    fold_change_file(last, path);

	if (file != NULL)
		return file->before.exists && !file->after.exists;
	/* Or is its name shown with marks? */
	MEM_EACH_BACK(f, changes, c)
		MEM_EACH(c, files, it)
			if (!c->index && strcmp(it->path, path) == 0)
				return it->before.exists && !it->after.exists;
	return false;
}

void
fold_add_wrote(struct buf *b, int files, int gone, const char *name)
{
	if (files > gone || files == 0)
		buf_addf(b, "wrote %d file%s%s", files - gone,
		    files - gone == 1 ? "" : "s", gone > 0 ? ", " : "");
	if (gone == 1 && files == 1) {
		buf_adds(b, "deleted ");
		fold_add_names(b, NULL, name);
	} else if (gone > 0)
		buf_addf(b, "deleted %d file%s", gone, gone == 1 ? "" : "s");
}

static void
fold_on_applied(struct fold *f, const struct event *e)
{
	const struct ev_applied *x = &e->applied;
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);
	int done = 0, not_done = 0, gone = 0;
	const char *path, *why, *name = NULL, *not;
	AUTO_FREE char *all = fold_through_all(f, x);
	bool redo, back;

	(void)fold_change_named(f, x->undoes, &redo);
	back = x->undoes != 0 && !redo;
	not = !x->index ? "not written" : back ? "still staged" : "not staged";
	fold_change_take(f, x);
	MEM_EACH(x, ops, op) {
		path = ev_str(op->path, "?");
		if (op->ok) {
			AUTO_FREE char *through = NULL;

			/* Reported under its new name. */
			if (op->to != NULL)
				continue;
			done++;
			through = all != NULL ? NULL : fold_through(f, x, op);
			fold_add_names(&text, op->from,
			    ev_str(op->path_bytes, path));
			if (fold_is_gone(f, path)) {
				gone++;
				name = path;
				buf_adds(&text, " (deleted)");
			}
			buf_addf(&text, "%s%s\n", through == NULL ? "" : ": ",
			    ev_str(through, ""));
			continue;
		}
		not_done++;
		why = ev_str(op->text, ev_str(op->error, "?"));
		buf_addf(&text, "%s: ", not);
		if (strstr(why, path) == NULL) {
			sanitize_name(&text, path);
			buf_adds(&text, ": ");
		}
		buf_addf(&text, "%s\n", why);
	}
	if (x->index)
		buf_addf(&title, "%sstaged %d file%s", back ? "un" : "", done,
		    done == 1 ? "" : "s");
	else
		fold_add_wrote(&title, done, gone, name);
	if (done == 1 && gone == 1 && not_done == 0)
		buf_clear(&text);
	if (not_done > 0)
		buf_addf(&title, ", %d %s", not_done, not);
	if (all != NULL)
		buf_addf(&title, ", %s", all);
	fold_item_add(f, ITEM_APPLIED, buf_str(&title),
	    text.len == 0 ? NULL : buf_str(&text))->ok = not_done == 0;
}

/* ---- git commits of them ---- */

static void
fold_on_commit_begin(struct fold *f, const struct event *e)
{
	event_keep(&f->begun.commit, e);
}

/* A file of that change, by its path in bytes; NULL: there is none. */
static struct fold_change_file *
fold_change_file_of(struct fold *f, int64_t tx, const char *path)
{
	const struct fold_change *c = fold_change_find(f, tx);

	return c == NULL ? NULL : fold_change_file_find(c->files,
	    c->files_len, path);
}

/* The files that it was to commit are in this commit, or a part of them. An older
 * version didn't know of which changes. */
static void
fold_commit_mark(struct fold *f, const struct ev_commit_begin *x,
    const char *commit)
{
	struct fold_change_file *found;

	MEM_EACH(x, files, file) {
		MEM_EACH(file, changes, tx) {
			found = fold_change_file_of(f, *tx, file->path_bytes);
			if (found != NULL)
				xstrset(&found->commit, commit);
		}
		if (file->changes_len > 0 || file->part)
			continue;
		MEM_EACH(x, changes, tx) {
			found = fold_change_file_of(f, *tx, file->path_bytes);
			if (found != NULL && found->commit == NULL)
				found->commit = xstrdup(commit);
		}
	}
}

static void
fold_on_committed(struct fold *f, const struct event *e)
{
	const struct ev_commit_begin *x = f->begun.commit == NULL ? NULL :
	    &f->begun.commit->commit_begin;
	const char *commit = e->committed.commit;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t n;

	if (x != NULL && commit != NULL) {
		fold_commit_mark(f, x, commit);
		/* The count includes a hook's files. */
		n = e->committed.files > 0 ? e->committed.files :
		    (int64_t)x->files_len;
		buf_addf(&b, "committed %lld file%s as %.12s%s%s",
		    (long long)n, n == 1 ? "" : "s", commit,
		    x->left == NULL ? "" : "\n", ev_str(x->left, ""));
		(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
	}
	event_drop(&f->begun.commit);
}

/* ---- what else git did for the user ---- */

/* What was staged and not taken back is in this commit. */
static void
fold_commit_index(struct fold *f, const char *commit)
{
	MEM_EACH(f, changes, c)
		MEM_EACH(c, files, it)
			if (c->index && c->undone == UNDONE_NOT &&
			    (c->undoes == 0 || c->is_redo) &&
			    it->commit == NULL)
				it->commit = xstrdup(commit);
}

static void
fold_on_git_begin(struct fold *f, const struct event *e)
{
	const struct ev_git_begin *x = &e->git_begin;
	AUTO_BUF struct buf b = BUF_INIT(0);

	event_keep(&f->begun.git, e);
	buf_addf(&b, "%s: running", ev_str(x->act, "git"));
	MEM_EACH(x, argv, arg)
		buf_addf(&b, " %s", *arg);
	if (x->head != NULL)
		buf_addf(&b, " (HEAD %.12s)", x->head);
	(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
}

static void
fold_on_git_end(struct fold *f, const struct event *e)
{
	static const struct ev_git_begin none;
	const struct ev_git_begin *begun = f->begun.git == NULL ? &none :
	    &f->begun.git->git_begin;
	const struct ev_git_end *x = &e->git_end;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s: ", ev_str(begun->act, "git"));
	if (!x->status.is || x->status.n < 0)
		buf_adds(&b, "it isn't known how it ended");
	else if (x->status.n > 0)
		buf_addf(&b, "failed, exit %lld", (long long)x->status.n);
	else
		buf_adds(&b, "done");
	if (x->head != NULL && !ev_is(begun->head, x->head)) {
		buf_addf(&b, ", HEAD is now %.12s", x->head);
		fold_commit_index(f, x->head);
	}
	if (x->url != NULL)
		buf_addf(&b, ", %s", x->url);
	(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
	event_drop(&f->begun.git);
}

/* ---- the core's last check ---- */

static void
fold_on_changes(struct fold *f, const struct event *e)
{
	struct fold_change_file *file;
	struct fold_written *w;

	MEM_EACH(f, changes, c)
		MEM_EACH(c, files, it)
			it->changed_on_disk = false;
	MEM_EACH(&f->files, list, it)
		it->changed_on_disk = false;
	MEM_EACH(&e->changes, changed_on_disk, it) {
		file = fold_change_file_of(f, it->tx, it->path_bytes);
		if (file == NULL || file->at == 0)
			continue;
		file->changed_on_disk = true;
		w = &f->files.list[file->at - 1];
		w->changed_on_disk = w->changed_on_disk || w->tx == it->tx;
	}
	f->looked.left = e->changes.left;
	f->looked.looks++;
}

static void
fold_on_commits(struct fold *f, const struct event *e)
{
	event_keep(&f->commits, e);
}

const struct fold_part fold_changes = {
	.on = {
		[EVENT_APPLY_BEGIN] = fold_on_apply_begin,
		[EVENT_APPLIED] = fold_on_applied,
		[EVENT_CHANGES] = fold_on_changes,
		[EVENT_COMMIT_BEGIN] = fold_on_commit_begin,
		[EVENT_COMMITS] = fold_on_commits,
		[EVENT_COMMITTED] = fold_on_committed,
		[EVENT_GIT_BEGIN] = fold_on_git_begin,
		[EVENT_GIT_END] = fold_on_git_end,
	},
	.release = fold_changes_release,
};
