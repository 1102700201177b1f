/*
 * Applied changes, one by one: from a decision (who, how many lines), its
 * apply_begin, and the applied line with the results; for listing and undoing.
 * Only hashes: contents are in the store.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold.h"

static void
fold_change_file_release(struct fold_change_file *f)
{
	free(f->path);
	free(f->path_bytes);
	free(f->from);
	free(f->before.hash);
	free(f->after.hash);
	free(f->commit);
}

static void
fold_change_release(struct fold_change *c)
{
	size_t i;

	for (i = 0; i < c->files_len; i++)
		fold_change_file_release(&c->files[i]);
	free(c->files);
	free(c->time);
	free(c->who);
	free(c->task);
	free(c->goal);
}

static void
fold_changes_release(struct fold *f)
{
	size_t i;

	for (i = 0; i < f->changes_len; i++)
		fold_change_release(&f->changes[i]);
	free(f->changes);
	if (f->begun.change != NULL)
		fold_change_release(f->begun.change);
	free(f->begun.change);
	cJSON_Delete(f->begun.commit);
	cJSON_Delete(f->begun.git);
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
	return n == 0 ? NULL : bsearch(&key, files, n, sizeof(*files),
	    fold_change_file_compare);
}

const struct fold_change_file *
fold_change_file(const struct fold_change *c, const char *path)
{
	return fold_change_file_find(c->files, c->files_len, path);
}

static void
fold_change_file_parse(struct fold_change_file *f, char *path_take,
    const cJSON *op)
{
	memset(f, 0, sizeof(*f));
	f->path_bytes = path_take;
	f->path = xstrdup(json_str_or(op, "path", "?"));
	fold_side_parse(&f->before, json_get(op, "before"));
	fold_side_parse(&f->after, json_get(op, "after"));
}

static void
fold_on_apply_begin(struct fold *f, const cJSON *line)
{
	const cJSON *ops = json_array(line, "ops"), *op;
	struct fold_change *c = xcalloc(1, sizeof(*c));
	struct fold_decided *d = f->begun.decision;
	struct fold_change_file *found;
	const struct fold_change *of;
	size_t i, n;

	if (f->begun.change != NULL)
		fold_change_release(f->begun.change);
	FREE_SET(f->begun.change, c);
	c->tx = json_int(line, "tx", 0);
	c->undoes = json_int(line, "undoes", 0);
	c->time = xstrdup_null(json_str(line, "t"));
	n = ops == NULL ? 0 : (size_t)cJSON_GetArraySize(ops);
	c->files = xcalloc(n + 1, sizeof(*c->files));
	cJSON_ArrayForEach(op, ops) {
		char *path = json_get_bytes(op, "path", &n);

		if (path != NULL)
			fold_change_file_parse(&c->files[c->files_len++],
			    path, op);
	}
	qsort(c->files, c->files_len, sizeof(*c->files),
	    fold_change_file_compare);
	if (d == NULL || d->seq != json_int(line, "decision", 0))
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
	c->rejected = d->rejected;
	c->edited = d->edited;
	for (i = 0; i < d->len; i++) {
		found = fold_change_file_find(c->files, c->files_len,
		    d->files[i].path);
		if (found == NULL)
			continue;
		found->added = d->files[i].added;
		found->removed = d->files[i].removed;
	}
}

const struct fold_change *
fold_change_find(const struct fold *f, int64_t tx)
{
	size_t i;

	for (i = f->changes_len; tx != 0 && i-- > 0;)
		if (f->changes[i].tx == tx)
			return &f->changes[i];
	return NULL;
}

int64_t
fold_change_named(const struct fold *f, int64_t tx, bool *redo)
{
	const struct fold_change *c = fold_change_find(f, tx);

	*redo = c != NULL && c->undoes != 0 && !c->is_redo;
	return c == NULL ? tx : c->root;
}

const struct fold_change *
fold_change_undoing(const struct fold *f, int64_t tx)
{
	size_t i;

	for (i = f->changes_len; i-- > 0;)
		if ((!f->changes[i].undone || f->changes[i].undone_part) &&
		    !f->changes[i].is_redo && f->changes[i].undoes != 0 &&
		    (f->changes[i].tx == tx || f->changes[i].root == tx))
			return &f->changes[i];
	return NULL;
}

const struct fold_change *
fold_change_last(const struct fold *f, bool redo)
{
	const struct fold_change *part = NULL;
	size_t i;

	for (i = f->changes_len; i-- > 0;) {
		if (f->changes[i].is_redo ||
		    (f->changes[i].undoes != 0) != redo)
			continue;
		if (!f->changes[i].undone)
			return &f->changes[i];
		if (part == NULL && f->changes[i].undone_part)
			part = &f->changes[i];
	}
	return part;
}

bool
fold_change_is_back(const struct fold_change_file *file,
    const struct fold_change_file *now)
{
	return now->after.exists == file->before.exists &&
	    (!file->before.exists || strcmp(now->after.hash,
	    file->before.hash) == 0);
}

/* Did the change that reversed `u` cover all of its files? */
static bool
fold_change_covers(const struct fold_change *c, const struct fold_change *u)
{
	const struct fold_change_file *now;
	size_t i;

	for (i = 0; i < u->files_len; i++) {
		now = fold_change_file(c, u->files[i].path_bytes);
		if (now == NULL || (!c->whole &&
		    !fold_change_is_back(&u->files[i], now)))
			return false;
	}
	return true;
}

static struct fold_change *
fold_change_before(struct fold *f, const struct fold_change *c)
{
	return (struct fold_change *)(uintptr_t)fold_change_find(f, c->undoes);
}

/* A reversed change is no longer in the files; the one it had reversed is
 * again; and so on down. */
static void
fold_change_mark(struct fold *f, struct fold_change *c)
{
	struct fold_change *u = fold_change_before(f, c), *next;
	bool gone = true;

	c->is_redo = u != NULL && u->undoes != 0 && !u->is_redo;
	c->root = u != NULL ? u->root : c->undoes != 0 ? c->undoes : c->tx;
	for (; u != NULL; u = next) {
		u->undone = gone;
		u->undone_part = gone && !fold_change_covers(c, u);
		if (gone)
			u->undone_by = c->tx;
		gone = !gone;
		next = fold_change_before(f, u);
		/* Always an earlier one, also in a damaged journal. */
		if (next >= u)
			break;
	}
}

/* Keep the parts of the change that were written. */
static void
fold_change_take(struct fold *f, const cJSON *line)
{
	AUTO_FREE struct fold_change *c = f->begun.change;
	struct fold_change_file *file;
	const cJSON *op;
	size_t i, to = 0;

	if (c == NULL)
		return;
	f->begun.change = NULL;
	c->seq = f->seq;
	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		AUTO_FREE char *path = json_get_bytes(op, "path", NULL);

		file = path == NULL ? NULL : fold_change_file_find(c->files,
		    c->files_len, path);
		if (file != NULL && json_bool(op, "ok", false)) {
			file->done = true;
			FREE_SET(file->from, json_get_bytes(op, "from", NULL));
			file->renamed_later = json_str(op, "to") != NULL;
		} else
			c->whole = false;
	}
	for (i = 0; i < c->files_len; i++) {
		if (c->files[i].done)
			c->files[to++] = c->files[i];
		else
			fold_change_file_release(&c->files[i]);
	}
	c->files_len = to;
	if (to == 0) {
		fold_change_release(c);
		return;
	}
	GROW(f->changes, f->changes_len);
	fold_change_mark(f, c);
	f->changes[f->changes_len++] = *c;
}

static void
fold_add_name(struct buf *b, const char *path)
{
	AUTO_FREE char *clean = sanitize_dup(path, 0);
	const char *name = clean;

	if (name[0] != '"' && strstr(name, " -> ") == NULL) {
		buf_adds(b, name);
		return;
	}
	buf_addc(b, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *name);
	}
	buf_addc(b, '"');
}

void
fold_add_names(struct buf *b, const char *from, const char *path)
{
	if (from != NULL) {
		fold_add_name(b, from);
		buf_adds(b, " -> ");
	}
	fold_add_name(b, path);
}

/* How this file of an `applied` line was accepted, where the decision above it
 * doesn't say that: "by rule small", "by you, acp editor"; malloc'ed, or NULL. */
static char *
fold_through(const struct fold *f, const cJSON *line, const cJSON *op)
{
	const char *rule = json_str(op, "rule");
	const char *client = json_str(line, "client");
	int64_t undoes = json_int(line, "undoes", 0);
	struct buf b = BUF_INIT(0);
	bool redo;

	if (rule == NULL)
		return NULL;
	if (!json_is(op, "rule", "person"))
		buf_addf(&b, "by rule %s", rule);
	else if (client != NULL && strncmp(client, "/dev/", 5) != 0)
		buf_addf(&b, "by you, %s", client);
	if (json_str(op, "protected") != NULL)
		buf_addf(&b, "%sprotected: %s", b.len > 0 ? ", " : "",
		    json_str(op, "protected"));
	if (json_str(op, "grant") != NULL)
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
		    json_str(op, "grant"));
	if (undoes > 0) {
		undoes = fold_change_named(f, undoes, &redo);
		buf_addf(&b, "%s%s change %lld", b.len > 0 ? ", " : "",
		    redo ? "redoing" : "undoing", (long long)undoes);
	}
	return b.len > 0 ? buf_take(&b) : NULL;
}

/* What fold_through says, if it is the same of several files; else NULL. */
static char *
fold_through_all(const struct fold *f, const cJSON *line)
{
	char *all = NULL, *one;
	const cJSON *op;
	int n = 0;
	bool same = true;

	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		if (!json_bool(op, "ok", false) || json_str(op, "to") != NULL)
			continue;
		one = fold_through(f, line, op);
		if (n++ == 0) {
			all = one;
			continue;
		}
		same = same && all != NULL && one != NULL &&
		    strcmp(all, one) == 0;
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
	const struct fold_change_file *file;
	size_t i, k;

	for (i = f->changes_len; i > 0; i--)
		if ((file = fold_change_file(&f->changes[i - 1], path)) != NULL)
			return file->before.exists && !file->after.exists;
	/* Or is its name shown with marks? */
	for (i = f->changes_len; i > 0; i--)
		for (k = 0; k < f->changes[i - 1].files_len; k++) {
			file = &f->changes[i - 1].files[k];
			if (strcmp(file->path, path) == 0)
				return file->before.exists &&
				    !file->after.exists;
		}
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
fold_on_applied(struct fold *f, const cJSON *line)
{
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);
	struct fold_item *it;
	int done = 0, not_done = 0, gone = 0;
	const cJSON *op;
	const char *path, *why, *name = NULL;
	AUTO_FREE char *all = fold_through_all(f, line);

	fold_change_take(f, line);
	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		path = json_str_or(op, "path", "?");
		if (json_bool(op, "ok", false)) {
			const char *from = json_str(op, "from");
			AUTO_FREE char *through = NULL;
			AUTO_FREE char *bytes = json_get_bytes(op, "path", NULL);

			/* Reported under its new name. */
			if (json_str(op, "to") != NULL)
				continue;
			done++;
			through = all != NULL ? NULL : fold_through(f, line,
			    op);
			fold_add_names(&text, from, bytes != NULL ? bytes :
			    path);
			if (fold_is_gone(f, path)) {
				gone++;
				name = path;
				buf_adds(&text, " (deleted)");
			}
			buf_addf(&text, "%s%s\n", through == NULL ? "" : ": ",
			    through == NULL ? "" : through);
			continue;
		}
		not_done++;
		why = json_str_or(op, "text", json_str_or(op, "error", "?"));
		buf_adds(&text, "not written: ");
		if (strstr(why, path) == NULL) {
			sanitize_name(&text, path);
			buf_adds(&text, ": ");
		}
		buf_addf(&text, "%s\n", why);
	}
	fold_add_wrote(&title, done, gone, name);
	if (done == 1 && gone == 1 && not_done == 0)
		buf_clear(&text);
	if (not_done > 0)
		buf_addf(&title, ", %d not written", not_done);
	if (all != NULL)
		buf_addf(&title, ", %s", all);
	it = fold_item_add(f, ITEM_APPLIED, buf_str(&title),
	    text.len == 0 ? NULL : buf_str(&text));
	it->ok = not_done == 0;
}

/* ---- git commits of them ---- */

static void
fold_on_commit_begin(struct fold *f, const cJSON *line)
{
	cJSON_Delete(f->begun.commit);
	f->begun.commit = cJSON_Duplicate(line, 1);
}

/* The files that it was to commit are in this commit, or a part of them. An older
 * version didn't know of which changes. */
static size_t
fold_commit_mark(struct fold *f, const char *commit)
{
	const cJSON *tx, *file, *own, *of;
	struct fold_change_file *found;
	struct fold_change *c;
	size_t files = 0;

	cJSON_ArrayForEach(file, json_array(f->begun.commit, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", NULL);

		files++;
		own = json_array(file, "changes");
		of = own != NULL ? own : json_array(f->begun.commit, "changes");
		cJSON_ArrayForEach(tx, of) {
			c = (struct fold_change *)(uintptr_t)fold_change_find(
			    f, (int64_t)cJSON_GetNumberValue(tx));
			found = path == NULL || c == NULL ? NULL :
			    fold_change_file_find(c->files, c->files_len,
			    path);
			if (found != NULL && (own != NULL ||
			    (found->commit == NULL &&
			    !json_bool(file, "part", false))))
				xstrset(&found->commit, commit);
		}
	}
	return files;
}

static void
fold_on_committed(struct fold *f, const cJSON *line)
{
	const char *commit = json_str(line, "commit");
	const char *left = json_str(f->begun.commit, "left");
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n;

	if (f->begun.commit != NULL && commit != NULL) {
		n = fold_commit_mark(f, commit);
		/* With a hook's. */
		n = (size_t)json_int(line, "files", (int64_t)n);
		buf_addf(&b, "committed %zu file%s as %.12s", n,
		    n == 1 ? "" : "s", commit);
		if (left != NULL)
			buf_addf(&b, "\n%s", left);
		(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
	}
	json_drop(&f->begun.commit);
}

/* ---- what else git did for the user ---- */

static void
fold_on_git_begin(struct fold *f, const cJSON *line)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *arg;

	cJSON_Delete(f->begun.git);
	f->begun.git = cJSON_Duplicate(line, 1);
	buf_addf(&b, "%s: running", json_str_or(line, "act", "git"));
	cJSON_ArrayForEach(arg, json_array(line, "argv"))
		if (cJSON_IsString(arg))
			buf_addf(&b, " %s", arg->valuestring);
	if (json_str(line, "head") != NULL)
		buf_addf(&b, " (HEAD %.12s)", json_str(line, "head"));
	(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
}

static void
fold_on_git_end(struct fold *f, const cJSON *line)
{
	const char *head = json_str(line, "head");
	AUTO_BUF struct buf b = BUF_INIT(0);
	int status = fold_int(line, "status", -1);

	buf_addf(&b, "%s: ", json_str_or(f->begun.git, "act", "git"));
	if (status < 0)
		buf_adds(&b, "it isn't known how it ended");
	else if (status > 0)
		buf_addf(&b, "failed, exit %d", status);
	else
		buf_adds(&b, "done");
	if (head != NULL && !json_is(f->begun.git, "head", head))
		buf_addf(&b, ", HEAD is now %.12s", head);
	if (json_str(line, "url") != NULL)
		buf_addf(&b, ", %s", json_str(line, "url"));
	(void)fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b));
	json_drop(&f->begun.git);
}

/* ---- the core's last check ---- */

static void
fold_on_changes(struct fold *f, const cJSON *line)
{
	struct fold_change_file *file;
	struct fold_change *c = NULL;
	const cJSON *o;
	size_t i, k;

	for (i = 0; i < f->changes_len; i++)
		for (k = 0; k < f->changes[i].files_len; k++)
			f->changes[i].files[k].changed_on_disk = false;
	cJSON_ArrayForEach(o, json_array(line, "changed_on_disk")) {
		AUTO_FREE char *path = json_get_bytes(o, "path", NULL);

		if (c == NULL || c->tx != json_int(o, "tx", 0))
			c = (struct fold_change *)(uintptr_t)fold_change_find(
			    f, json_int(o, "tx", 0));
		file = path == NULL || c == NULL ? NULL :
		    fold_change_file_find(c->files, c->files_len, path);
		if (file != NULL)
			file->changed_on_disk = true;
	}
	f->looked.left = json_int(line, "left", 0);
	f->looked.looks++;
}

const struct fold_part fold_changes = {
	.on = {
		[EVENT_APPLY_BEGIN] = fold_on_apply_begin,
		[EVENT_APPLIED] = fold_on_applied,
		[EVENT_CHANGES] = fold_on_changes,
		[EVENT_COMMIT_BEGIN] = fold_on_commit_begin,
		[EVENT_COMMITTED] = fold_on_committed,
		[EVENT_GIT_BEGIN] = fold_on_git_begin,
		[EVENT_GIT_END] = fold_on_git_end,
	},
	.release = fold_changes_release,
};
