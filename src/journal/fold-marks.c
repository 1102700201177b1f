/*
 * Marks and comments on the hunks of the open proposal, and the results of a
 * decision. Only hunks that keep their id keep marks from the previous version,
 * so a mark is never on a text its author hasn't seen.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"

static void
fold_hunk_unmark(struct fold_hunk *h)
{
	h->mark = MARK_NONE;
	h->seen = false;
	xstrset(&h->edit, NULL);
	h->edit_len = 0;
	xstrset(&h->word, NULL);
	xstrset(&h->client, NULL);
}

void
fold_hunk_uncomment(struct fold_hunk *h)
{
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		free(h->comments[i].text);
		free(h->comments[i].answer);
	}
	FREE_NULL(h->comments);
	h->comments_len = 0;
}

bool
fold_hunk_is_open(const struct fold_hunk *h)
{
	return h->mark == MARK_NONE && !h->decided;
}

void
fold_proposal_keep_marks(struct fold_proposal *to,
    const struct fold_proposal *from)
{
	struct fold_hunk *was, *h;
	struct fold_at *at;
	size_t i, k;

	/* A hunk that is still there wasn't written: its mark comes back. */
	to->words = from->words;
	for (i = 0; i < from->hunks_len; i++) {
		was = from->hunks[i].hunk;
		if (fold_proposal_find(to, was->id) != NULL)
			continue;
		to->words.reasons += was->words.reasons;
		to->words.comments += was->words.comments;
	}
	for (i = 0; i < to->files_len; i++)
		for (k = 0; k < to->files[i].hunks_len; k++) {
			h = &to->files[i].hunks[k];
			at = fold_proposal_find(from, h->id);
			if (at == NULL)
				continue;
			was = at->hunk;
			fold_hunk_uncomment(h);
			h->comments = was->comments;
			h->comments_len = was->comments_len;
			was->comments = NULL;
			was->comments_len = 0;
			if (was->mark == MARK_NONE || (was->mark == MARK_YES &&
			    h->overwrites && !was->overwrites))
				continue;
			to->undecided -= fold_hunk_is_open(h);
			h->mark = was->mark;
			h->seen = was->seen;
			FREE_SET(h->edit, was->edit);
			h->edit_len = was->edit_len;
			was->edit = NULL;
			xstrset(&h->word, was->word);
			xstrset(&h->client, was->client);
		}
}

/* One mark: a draft line, or one of its list. */
static void
fold_mark(struct fold_proposal *p, const cJSON *o, const char *client)
{
	const char *mark = json_str_or(o, "mark", "none");
	struct fold_at *at = fold_proposal_find(p, json_str(o, "hunk"));
	struct fold_hunk *h = at == NULL ? NULL : at->hunk;

	if (h == NULL || h->decided)
		return;
	p->undecided += !fold_hunk_is_open(h);
	fold_hunk_unmark(h);
	if (strcmp(mark, "yes") == 0)
		h->mark = MARK_YES;
	else if (strcmp(mark, "no") == 0)
		h->mark = MARK_NO;
	else if (strcmp(mark, "edited") == 0 && (h->edit =
	    json_get_bytes(o, "edit", &h->edit_len)) != NULL)
		h->mark = MARK_YES;
	else
		return;
	p->undecided--;
	h->seen = json_bool(o, "seen", false);
	xstrset(&h->word, json_str(o, "word"));
	xstrset(&h->client, client);
}

void
fold_on_draft(struct fold *f, const cJSON *line)
{
	struct fold_proposal *p = f->proposal;
	const cJSON *list = json_array(line, "marks"), *it;
	const char *client = json_str(line, "client");

	if (p == NULL || json_int(line, "proposal", 0) != p->id)
		return;
	if (list == NULL)
		fold_mark(p, line, client);
	cJSON_ArrayForEach(it, list)
		fold_mark(p, it, client);
}

bool
fold_comment_asks(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n'))
		n--;
	return n > 1 && text[n - 1] == '?';
}

void
fold_hunk_comment(struct fold_hunk *h, const cJSON *o)
{
	const char *text = json_str_or(o, "text", "");
	int at = fold_int(o, "line", 0);
	int end = fold_int(o, "end_line", at);
	size_t i;

	end = end < at ? at : end;
	for (i = 0; i < h->comments_len && (h->comments[i].line != at ||
	    h->comments[i].end != end); i++)
		;
	if (json_is(o, "by", "model")) {
		if (i < h->comments_len)
			xstrset(&h->comments[i].answer, text);
		return;
	}
	if (i < h->comments_len) {
		free(h->comments[i].text);
		FREE_NULL(h->comments[i].answer);
		if (text[0] == '\0') {
			h->comments[i] = h->comments[--h->comments_len];
			return;
		}
	} else if (text[0] == '\0') {
		return;
	} else {
		GROW(h->comments, i);
		h->comments_len = i + 1;
		h->comments[i].line = at;
		h->comments[i].end = end;
		h->comments[i].answer = NULL;
	}
	h->comments[i].text = xstrdup(text);
}

void
fold_on_comment(struct fold *f, const cJSON *line)
{
	struct fold_at *found = NULL;

	if (f->proposal != NULL &&
	    json_int(line, "proposal", 0) == f->proposal->id)
		found = fold_proposal_find(f->proposal,
		    json_str(line, "hunk"));
	if (found != NULL && !found->hunk->decided)
		fold_hunk_comment(found->hunk, line);
	if (json_is(line, "by", "user"))
		fold_plan_mix(&f->plan, false);
}

struct fold_tally { int yes, no, edited, unseen, files; };

/* One hunk of a decision: count it, keep its reason, remove its mark. */
static void
fold_decide_hunk(struct fold_tally *t, struct buf *words, const char *path,
    const cJSON *o, struct fold_hunk *h)
{
	const char *word = json_str(o, "word");
	struct fold_words n = { 0 };
	const cJSON *it;
	bool edited = json_is(o, "decision", "edited");

	if (edited || json_is(o, "decision", "yes")) {
		t->yes++;
		t->edited += edited;
		t->unseen += !json_bool(o, "seen", false);
	} else {
		t->no++;
	}
	if (word != NULL && word[0] != '\0') {
		fold_add_path(words, path);
		buf_addf(words, ": rejected: %s\n", word);
		n.reasons++;
	}
	cJSON_ArrayForEach(it, json_array(o, "comments")) {
		if (json_str(it, "answer") != NULL)
			continue;	/* asked before: it isn't sent again */
		fold_add_path(words, path);
		buf_addf(words, ": comment: %s\n", json_str_or(it, "text",
		    ""));
		n.comments++;
	}
	if (h != NULL) {
		fold_hunk_unmark(h);
		fold_hunk_uncomment(h);
		h->decided = true;
		h->words = n;
	}
}

struct fold_words
fold_words(const struct fold_proposal *p)
{
	struct fold_words n = { 0 };
	const struct fold_hunk *h;
	size_t i, k;

	if (p == NULL)
		return n;
	n = p->words;
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		n.reasons += h->words.reasons + (h->mark == MARK_NO &&
		    h->word != NULL);
		n.comments += h->words.comments;
		for (k = 0; k < h->comments_len; k++)
			n.comments += h->comments[k].answer == NULL;
	}
	return n;
}

void
fold_words_sent(struct fold *f)
{
	if (f->proposal != NULL)
		f->proposal->words = (struct fold_words) { 0 };
}

/* "you accepted 6 hunks and rejected 1 in 3 files" */
static void
fold_tally_text(struct buf *b, const struct fold_tally *t, const char *who)
{
	int n = t->yes > 0 ? t->yes : t->no;

	buf_addf(b, "%s %s %d hunk%s", who, t->yes > 0 ? "accepted" :
	    "rejected", n, n == 1 ? "" : "s");
	if (t->yes > 0 && t->no > 0)
		buf_addf(b, " and rejected %d", t->no);
	buf_addf(b, " in %d file%s", t->files, t->files == 1 ? "" : "s");
	if (t->edited > 0)
		buf_addf(b, ", %d edited", t->edited);
	if (t->unseen > 0)
		buf_addf(b, ", %d not seen", t->unseen);
}

void
fold_on_decision(struct fold *f, const cJSON *line)
{
	AUTO_BUF struct buf title = BUF_INIT(0), words = BUF_INIT(0);
	struct fold_tally t = { 0 };
	struct fold_proposal *p = f->proposal;
	struct fold_decided *d = fold_decided_new(f, line);
	const cJSON *file, *o;
	struct fold_item *it;
	struct fold_at *at;
	size_t len;
	bool redo;
	AUTO_FREE char *who = NULL;
	char *bytes;

	if (strcmp(json_str_or(line, "by", "user"), "user") == 0)
		f->evidence.returned = 0;
	f->evidence.decided = false;
	if (p != NULL && p->id != json_int(line, "proposal", 0))
		p = NULL;
	cJSON_ArrayForEach(file, json_array(line, "files")) {
		t.files += t.files < INT_MAX;
		bytes = json_get_bytes(file, "path", &len);
		cJSON_ArrayForEach(o, json_array(file, "hunks")) {
			at = fold_proposal_find(p, json_str(o, "id"));
			fold_decided_hunk(d, bytes, at == NULL ? NULL :
			    at->hunk, json_str_or(o, "decision", "no"));
			if (at != NULL)
				p->undecided -= fold_hunk_is_open(at->hunk);
			fold_decide_hunk(&t, &words,
			    json_str_or(file, "path", "?"), o,
			    at == NULL ? NULL : at->hunk);
		}
		free(bytes);
	}
	fold_decided_take(f, d, t.yes - t.edited);
	who = fold_who(line);
	if (p != NULL && p->undo != 0 && t.yes == 0) {
		(void)fold_change_named(f, p->undo, &redo);
		buf_addf(&title, "%s dropped: nothing changes", redo ? "redo" :
		    "undo");
	} else
		fold_tally_text(&title, &t, who);
	it = fold_item_add(f, ITEM_DECISION, buf_str(&title),
	    words.len == 0 ? NULL : buf_str(&words));
	it->ok = t.no == 0 && t.unseen == 0;
}
