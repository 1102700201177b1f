#include "config.h"

#include "core/review/feedback.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/core.h"
#include "core/review/comment.h"
#include "core/review/propose-open.h"
#include "journal/fold-proposal.h"

#define FEEDBACK_MAX ((size_t)64 << 10)

static bool
feedback_is_yes(const cJSON *h)
{
	return json_is(h, "decision", "yes");
}

static void
feedback_first(struct core *c)
{
	if (c->feedback.len > 0)
		return;
	buf_adds(&c->feedback, "[assent] ");
	if (!c->feedback_rejects && !c->feedback_edits)
		buf_adds(&c->feedback, "The user accepted the changes and has "
		    "comments. Do what they ask for.");
	if (c->feedback_rejects)
		buf_adds(&c->feedback, "The user did not accept all changes. "
		    "Rejected hunks are no longer staged; accepted ones are in "
		    "the real tree.");
	if (c->feedback_edits)
		buf_addf(&c->feedback, "%s edited some hunks and accepted them "
		    "so: their text is in the real tree and in your copy.",
		    c->feedback_rejects ? " They" : "The user");
}

/* Describe a rejected or edited hunk to the model. */
static void
feedback_hunk(struct core *c, const cJSON *h, const struct fold_file *ff,
    bool edited)
{
	const char *word = json_str(h, "word");
	bool name = propose_is_renaming(ff, json_str_or(h, "id", ""));
	size_t i, len;

	if (c->feedback.len > FEEDBACK_MAX)
		return;
	feedback_first(c);
	if (feedback_is_yes(h)) {
		buf_addf(&c->feedback, "\n\nAccepted in %s:", ff->path);
		goto out;
	}
	buf_addf(&c->feedback, "\n\n%s %s%s%s",
	    edited ? "Accepted as the user edited it, in" :
	    name   ? "Rejected: the renaming of" :
		     "Rejected in",
	    name ? ff->from : "", name ? " to " : "", ff->path);
	if (word != NULL)
		buf_addf(&c->feedback, "%s: %s", edited ? "" : ", because",
		    word);
	if (edited) {
		char *text = json_get_bytes(h, "edit", &len);

		if (text != NULL)
			buf_addf(&c->feedback, "\n%.*s",
			    len > 4000 ? 4000 : (int)len, text);
		free(text);
		goto out;
	}
	for (i = 0; i < ff->hunks_len; i++) {
		const struct fold_hunk *fh = &ff->hunks[i];

		if (strcmp(fh->id, json_str_or(h, "id", "")) == 0 &&
		    fh->text_len > 0)
			buf_addf(&c->feedback, "\n%.*s",
			    fh->text_len > 4000 ? 4000 : (int)fh->text_len,
			    fh->text);
	}
out:
	comment_tell(&c->feedback, h, ff);
	if (c->feedback.len > FEEDBACK_MAX)
		buf_adds(&c->feedback, "\n\n[... more rejected or edited hunks "
				       "are not shown ...]");
}

void
feedback_file(struct core *c, const cJSON *file, const struct fold_file *ff)
{
	const cJSON *h;

	/* An undo is between the user and their files. */
	if (c->fold->proposal->undo != 0)
		return;
	cJSON_ArrayForEach(h, json_array(file, "hunks")) {
		const char *decision = json_str_or(h, "decision", "");
		bool edited = strcmp(decision, "edited") == 0;
		bool yes = feedback_is_yes(h);

		if (yes ? !comment_has_news(h) : !edited &&
		    strcmp(decision, "no") != 0)
			continue;
		if (c->mode == MODE_TRY)	/* try has no model */
			continue;
		/* A plain rejection at the end needs no feedback. */
		if (json_str(h, "word") == NULL &&
		    c->fold->proposal->final && c->feedback.len == 0 &&
		    !c->feedback_wanted)
			continue;
		feedback_hunk(c, h, ff, edited);
	}
}

void
feedback_begin(struct core *c, const cJSON *files)
{
	const cJSON *file, *h;

	c->feedback_wanted = c->feedback_rejects = c->feedback_edits = false;
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(h, json_array(file, "hunks"))
		{
			if (json_str(h, "word") != NULL ||
			    comment_has_news(h))
				c->feedback_wanted = true;
			if (json_is(h, "decision", "edited"))
				c->feedback_edits = true;
			if (json_is(h, "decision", "no"))
				c->feedback_rejects = true;
		}
}

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

void
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
					return;
	feedback_begin(c, files);
	feedback_ops(&ops, applied);
	cJSON_ArrayForEach(file, files) {
		size_t len;
		char *path = json_get_bytes(file, "path", &len);
		const struct fold_file *ff = path == NULL ? NULL :
		    fold_find_file(c->fold, path);

		if (ff != NULL && !feedback_failed(file, ff, &ops))
			feedback_file(c, file, ff);
		free(path);
	}
	pathmap_release(&ops);
}
