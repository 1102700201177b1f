#include "config.h"

#include "core/decision.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/comment.h"
#include "core/core.h"
#include "core/propose.h"
#include "journal/event.h"
#include "journal/fold.h"

#define FEEDBACK_MAX ((size_t)64 << 10)
#define FEEDBACK_NAMES 50
#define FEEDBACK_HEAD "[assent] Your changes were reviewed."

static bool
feedback_is_yes(const cJSON *h)
{
	return json_is(h, "decision", "yes");
}

/* Describe a rejected or edited hunk, or one with comments, to the model. */
static void
feedback_hunk(struct core *c, const cJSON *h, const struct fold_file *ff,
    bool edited)
{
	struct buf *b = &c->feedback.words;
	const char *word = json_str(h, "word");
	bool name = propose_is_renaming(ff, json_str_or(h, "id", ""));
	size_t i, len;

	if (b->len > FEEDBACK_MAX)
		return;
	if (feedback_is_yes(h)) {
		buf_addf(b, "\n\nAccepted in %s:", ff->path);
		goto out;
	}
	buf_addf(b, "\n\n%s %s%s%s",
	    edited ? "Accepted as the user edited it, in" :
	    name   ? "Rejected: the renaming of" :
		     "Rejected in",
	    name ? ff->from : "", name ? " to " : "", ff->path);
	if (word != NULL)
		buf_addf(b, "%s: %s", edited ? "" : ", because", word);
	if (edited) {
		char *text = json_get_bytes(h, "edit", &len);

		if (text != NULL)
			buf_addf(b, "\n%.*s", len > 4000 ? 4000 : (int)len,
			    text);
		free(text);
		goto out;
	}
	for (i = 0; i < ff->hunks_len; i++) {
		const struct fold_hunk *fh = &ff->hunks[i];

		if (strcmp(fh->id, json_str_or(h, "id", "")) == 0 &&
		    fh->text_len > 0)
			buf_addf(b, "\n%.*s",
			    fh->text_len > 4000 ? 4000 : (int)fh->text_len,
			    fh->text);
	}
out:
	comment_tell(b, h, ff);
	if (b->len > FEEDBACK_MAX)
		buf_adds(b, "\n\n[... more rejected or edited hunks are not "
		    "shown ...]");
}

/* A name of a list; of a file in part how many hunks. */
static void
feedback_name(struct buf *b, size_t *names, const struct fold_file *ff,
    size_t hunks)
{
	if ((*names)++ >= FEEDBACK_NAMES)
		return;
	buf_addf(b, "%s%s", *names > 1 ? ", " : "", ff->path);
	if (hunks < ff->hunks_len)
		buf_addf(b, " (%zu of %zu hunks)", hunks, ff->hunks_len);
	else if (!ff->after.exists)
		buf_adds(b, " (deleted)");
	else if (ff->from != NULL)
		buf_addf(b, " (was %s)", ff->from);
}

static void
feedback_names(struct buf *out, const char *head, const struct buf *list,
    size_t names)
{
	if (names == 0)
		return;
	buf_addf(out, "\n%s: %s", head, buf_str(list));
	if (names > FEEDBACK_NAMES)
		buf_addf(out, " and %zu more files", names - FEEDBACK_NAMES);
}

void
feedback_file(struct core *c, const cJSON *decision, const cJSON *file,
    const struct fold_file *ff)
{
	struct core_feedback *fb = &c->feedback;
	const cJSON *h;
	size_t yes = 0;

	/* An undo is between the user and their files; try has no model. */
	if (c->fold->proposal->undo != 0 || c->mode == MODE_TRY)
		return;
	cJSON_ArrayForEach(h, json_array(file, "hunks")) {
		bool edited = json_is(h, "decision", "edited");
		bool no = json_is(h, "decision", "no");

		yes += edited || feedback_is_yes(h);
		fb->edits = fb->edits || edited;
		fb->rejects = fb->rejects || no;
		if (!no && !edited && !comment_has_news(h))
			continue;
		feedback_hunk(c, h, ff, edited);
		/* A plain rejection at the end needs no answer. */
		fb->turn = fb->turn || !c->fold->proposal->final ||
		    json_str(h, "word") != NULL || comment_has_news(h);
	}
	if (yes == 0)
		return;
	if (json_is(decision, "rule", "rollback"))
		feedback_name(&fb->back, &fb->backs, ff, yes);
	else
		feedback_name(&fb->written, &fb->names, ff, yes);
}

char *
feedback_take(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	struct core_feedback *fb = &c->feedback;
	AUTO_BUF struct buf b = BUF_INIT(0), open = BUF_INIT(0);
	size_t i, names = 0;

	if (fb->names == 0 && fb->backs == 0 && fb->words.len == 0 &&
	    fb->changed.len == 0)
		return NULL;
	for (i = 0; p != NULL && p->undo == 0 && i < p->files_len; i++)
		feedback_name(&open, &names, &p->files[i],
		    p->files[i].hunks_len);
	buf_adds(&b, FEEDBACK_HEAD);
	feedback_names(&b, "Accepted, and written to the user's files",
	    &fb->written, fb->names);
	feedback_names(&b, "Taken back, since the success check failed",
	    &fb->back, fb->backs);
	feedback_names(&b, "Not decided yet", &open, names);
	if (fb->rejects)
		buf_adds(&b, "\nRejected, and no longer staged: see below.");
	if (fb->edits)
		buf_adds(&b, "\nThe user edited some hunks: that text is in "
		    "the user's files and in your copy.");
	if (fb->words.len > 0 && !fb->rejects && !fb->edits)
		buf_adds(&b, "\nThe user has comments. Do what they ask for.");
	if (fb->changed.len > 0)
		buf_addf(&b, "\nMeanwhile others, such as the user, changed "
		    "the same files.\n%s", buf_str(&fb->changed));
	buf_adds(&b, buf_str(&fb->words));
	feedback_clear(c);
	return buf_take(&b);
}

void
feedback_clear(struct core *c)
{
	struct core_feedback *fb = &c->feedback;

	buf_clear(&fb->written);
	buf_clear(&fb->back);
	buf_clear(&fb->words);
	buf_clear(&fb->changed);
	fb->names = fb->backs = 0;
	fb->rejects = fb->edits = fb->turn = false;
}

/* In an old journal: the model has been told. */
static void
feedback_line(struct core *c, const cJSON *line, enum event_type type)
{
	if (c->resume != NULL && type == EVENT_USER_MESSAGE &&
	    json_is(line, "by", "core") && strncmp(json_str_or(line, "text",
	    ""), FEEDBACK_HEAD, strlen(FEEDBACK_HEAD)) == 0)
		feedback_clear(c);
}

static void
feedback_free(struct core *c)
{
	buf_release(&c->feedback.written);
	buf_release(&c->feedback.back);
	buf_release(&c->feedback.words);
	buf_release(&c->feedback.changed);
	buf_release(&c->feedback.notes);
}

const struct core_part feedback_part = {
	.line = feedback_line, .free = feedback_free,
};

struct feedback_op {	/* of an `applied` line, in a pathmap */
	char	*path;
	bool	 failed;
};

/* Is this one of the files that the journal lists as unwritten? Either name of
 * a renaming counts. */
static bool
feedback_failed(const cJSON *file, const struct fold_file *ff,
    const struct pathmap *applied)
{
	const struct feedback_op *a = pathmap_find(applied, ff->path_bytes);
	const struct feedback_op *b = ff->from == NULL ? NULL :
	    pathmap_find(applied, ff->from_bytes);
	bool takes = false;
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(file, "hunks"))
		takes = takes || !json_is(it, "decision", "no");
	if ((a != NULL && a->failed) || (b != NULL && b->failed))
		return true;
	return takes && a == NULL && b == NULL;
}

static void
feedback_ops(struct pathmap *m, const cJSON *applied)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(applied, "ops")) {
		size_t len;
		char *path = json_get_bytes(it, "path", &len);
		struct feedback_op *op = path == NULL ? NULL :
		    pathmap_add(m, path, sizeof(*op));

		if (op != NULL && !json_bool(it, "ok", false))
			op->failed = true;
		free(path);
	}
}

bool
feedback_recall(struct core *c, const cJSON *decision, const cJSON *applied)
{
	const cJSON *files = json_array(decision, "files"), *file;
	struct pathmap ops = { 0 };
	const cJSON *h;

	/* Nothing was applied: the user is asked about all of it again. */
	if (applied == NULL)
		cJSON_ArrayForEach(file, files)
			cJSON_ArrayForEach(h, json_array(file, "hunks"))
				if (!json_is(h, "decision", "no"))
					return false;
	feedback_ops(&ops, applied);
	cJSON_ArrayForEach(file, files) {
		size_t len;
		char *path = json_get_bytes(file, "path", &len);
		const struct fold_file *ff = path == NULL ? NULL :
		    fold_find_file(c->fold, path);

		if (ff != NULL && !feedback_failed(file, ff, &ops))
			feedback_file(c, decision, file, ff);
		free(path);
	}
	pathmap_release(&ops);
	return true;
}
