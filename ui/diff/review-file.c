/*
 * The file `seen` in the session's folder, a JSON object a line: bytes of a
 * hunk's text that were on the screen ("seen": from, to, from, to, ...), the
 * place in the review, the text of a plan if all of it was ("plan"; its parts
 * depend on the width), or the journal's last line when a key came ("key"). UIs
 * append to it, all to the same. The id of a hunk is a hash of its path and
 * text (gate/hunk.c), so a line counts for that text alone, at any size of the
 * terminal. A line that is damaged, torn or of a hunk that isn't proposed
 * counts for nothing: at worst text is unseen again. Text is saved as seen only
 * when a key comes after it: without one, the connection may already have been
 * dead.
 */
#include "config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"

#define REVIEW_MAX ((size_t)8 << 20)	/* then it begins again */

struct review_file {
	char		*path;
	off_t		 size;		/* when it was last read or written */
	char		*plan;		/* text of the last one that was seen, or
					   NULL */
	char		*hunk;		/* the place; NULL: none */
	int64_t		 last_key;	/* see review_file_load */
	int64_t		 key;		/* written by us; 0: none */
};

struct review_file *
review_file_new(const char *dir)
{
	struct review_file *r = xcalloc(1, sizeof(*r));

	r->path = fs_join(dir, "seen");
	return r;
}

void
review_file_free(struct review_file *r)
{
	if (r == NULL)
		return;
	FREE_ALL(r->path, r->hunk, r->plan, r);
}

/* ---- reading ---- */

/* Bytes of a hunk. */
static void
review_load_seen(struct ui *ui, const cJSON *o, bool back)
{
	const cJSON *from = json_get(o, "seen"), *to;
	const struct fold_hunk *h;
	struct seen *s;
	bool fresh;

	if (fold_find_hunk(ui->fold, json_str(o, "hunk"), &h) == NULL ||
	    json_int(o, "bytes", 0) != (int64_t)(h->text_len == 0 ? 1 :
	    h->text_len) || review_was_rejected(&ui->review, h))
		return;
	s = seen_get(&ui->review, h->id, h->text_len);
	fresh = s->fresh;
	for (from = from == NULL ? NULL : from->child; from != NULL &&
	    (to = from->next) != NULL; from = to->next) {
		if (!cJSON_IsNumber(from) || !cJSON_IsNumber(to) ||
		    !(from->valuedouble >= 0) ||
		    !(to->valuedouble > from->valuedouble) ||
		    !(to->valuedouble <= (double)s->len))
			break;
		seen_count(s, (size_t)from->valuedouble,
		    (size_t)to->valuedouble - (size_t)from->valuedouble);
		memset(s->bytes + (size_t)from->valuedouble, SEEN_SAVED,
		    (size_t)to->valuedouble - (size_t)from->valuedouble);
	}
	s->fresh = fresh;
	if (back && seen_is_full(s))
		review_known(&ui->review, h);
}

/* Take over the last key of other screens, before the first one of this
 * screen. */
static void
review_load_key(struct review_file *r, const cJSON *o)
{
	int64_t seq = json_int(o, "key", 0);

	if (r->key == 0 && seq > r->last_key)
		r->last_key = seq;
}

/* Read it; false if nobody but us has written, or if it isn't a regular file
 * that only the user can write. */
static bool
review_read(struct review_file *r, struct buf *b)
{
	AUTO_CLOSE int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if ((size_t)st.st_size > REVIEW_MAX) {
		(void)unlink(r->path);
		return false;
	}
	if (st.st_size == r->size || fs_check_own(r->path, NULL) < 0)
		return false;
	r->size = st.st_size;
	return fs_read_all(fd, b) == 0;
}

static void
review_append(struct review_file *r, const struct buf *b)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (b->len == 0 || (fd = open(r->path, O_WRONLY | O_CREAT | O_APPEND |
	    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600)) < 0)
		return;
	/* What another UI has added is still to be read. */
	if (fstat(fd, &st) == 0 && st.st_size == r->size)
		r->size += (off_t)b->len;
	/* What can't be written is unseen for the next UI. */
	(void)fs_write_all(fd, b->p, b->len);
}

/* A plan is open: it is seen if an earlier UI showed all of it; else saved if this
 * one has. */
static void
review_plan_seen(struct review_file *r, struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_PLAN);
	AUTO_FREE char *text = NULL;
	struct seen *s;

	if (ui->fold->plan.status != FOLD_PLAN_PROPOSED)
		return;
	text = plan_text(ui->fold);
	s = seen_get(&ui->review, id, strlen(text));
	if (r->plan != NULL && strcmp(r->plan, text) == 0) {
		seen_count(s, 0, s->len);
		return;
	}
	if (!seen_is_full(s))
		return;
	xstrset(&r->plan, text);
	buf_adds(&b, "{\"plan\":");
	json_quote(&b, text, strlen(text));
	buf_adds(&b, "}\n");
	review_append(r, &b);
}

int64_t
review_file_load(struct review_file *r, struct ui *ui, bool back)
{
	AUTO_BUF struct buf b = BUF_INIT(2 * REVIEW_MAX);
	const char *p, *end, *nl;

	if (back)
		r->size = -1;
	if ((ui->fold->proposal != NULL || back) && !review_read(r, &b))
		buf_clear(&b);
	p = buf_str(&b);
	end = p + b.len;
	for (; (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1) {
		AUTO_JSON cJSON *o = json_parse(p, (size_t)(nl - p),
		    JSON_NUL_REFUSE, NULL);

		if (json_get(o, "key") != NULL)
			review_load_key(r, o);
		else if (json_str(o, "at") != NULL && back)
			xstrset(&r->hunk, json_str(o, "at"));
		else if (json_str(o, "plan") != NULL)
			xstrset(&r->plan, json_str(o, "plan"));
		else
			review_load_seen(ui, o, back);
	}
	/* Begin there instead of at the first undecided hunk. */
	if (back && ui->fold->proposal != NULL && r->hunk != NULL) {
		xstrset(&ui->diff.back, r->hunk);
		ui->panes[PANE_DIFF].proposal = 0;	/* open it again */
	}
	review_plan_seen(r, ui);
	return r->last_key;
}

/* ---- writing ---- */

static void
review_add_seen(struct buf *b, struct seen *s)
{
	const char *comma = "";
	size_t i, from;

	s->fresh = false;
	buf_adds(b, "{\"hunk\":");
	json_quote(b, s->id, strlen(s->id));
	buf_addf(b, ",\"bytes\":%zu,\"seen\":[", s->len);
	for (i = 0; i < s->len; i++) {
		if (s->bytes[i] == 0 || s->bytes[i] == SEEN_SAVED)
			continue;
		for (from = i; i < s->len && s->bytes[i] != 0 &&
		    s->bytes[i] != SEEN_SAVED; i++)
			s->bytes[i] = SEEN_SAVED;
		buf_addf(b, "%s%zu,%zu", comma, from, i);
		comma = ",";
	}
	buf_adds(b, "]}\n");
}

/* Somebody is there. */
static void
review_here(struct review_file *r, const struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (ui->fold->seq <= r->key)
		return;
	r->key = ui->fold->seq;
	buf_addf(&b, "{\"key\":%lld}\n", (long long)r->key);
	review_append(r, &b);
}
void
review_file_key(struct review_file *r, struct ui *ui, bool seen)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *at = ui->panes[PANE_DIFF].hunk;

	review_here(r, ui);
	if (!seen)
		return;
	if (ui->review.fresh && p != NULL)
		MEM_EACH(p, hunks, h) {
			struct seen *s = seen_find(&ui->review, h->hunk->id);

			if (s != NULL && s->fresh)
				review_add_seen(&b, s);
		}
	ui->review.fresh = false;
	if (ui->at == PANE_DIFF && !ui->typing && at != NULL &&
	    (r->hunk == NULL || strcmp(r->hunk, at) != 0)) {
		xstrset(&r->hunk, at);
		buf_adds(&b, "{\"at\":");
		json_quote(&b, at, strlen(at));
		buf_adds(&b, "}\n");
	}
	review_append(r, &b);
	review_plan_seen(r, ui);
}

