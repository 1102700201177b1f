/*
 * Which hunks of `git diff HEAD` are in the commit of a file. Each is followed
 * back through all texts of the file: the work tree's, and each applied change's
 * after and before, from the last to the first, until it was as in HEAD. If only
 * applied changes have led from there to what it is now, it is committed as it
 * is now. If the user has edited it, it can't be.
 *
 * The first line of a text stands for its mode, so that a file with no lines
 * differs from none.
 */
#include "config.h"

#include "git/commit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"

#define LINES_SHOWN	40	/* bytes of line numbers */

/* The numbers of the texts: from 2 on, a change's before is even. */
#define TEXT_BEFORE	2
#define TEXT_STEP(at)	(((at) - TEXT_BEFORE) / 2)
#define LINES_LOST	SIZE_MAX	/* no line of a text */

/* Lines of a text, one after the other. */
struct part {
	const char	*p;
	size_t		 n;
	unsigned	 mode;		/* of the file, if that line is one; else 0 */
	bool		 is_known;	/* where they are in the text */
};

/* A hunk. */
struct place {
	size_t		 head, head_len;	/* lines of HEAD */
	size_t		 work, work_len;	/* and of the work tree */
	size_t		 from, to;	/* of the text that is read */
	size_t		 more[2];	/* lines before and after it that changed
					   with it in the first text where it
					   can't be told from them */
	struct part	 is;		/* in HEAD */
	struct part	*was;		/* in each text from TEXT_BEFORE on */
	bool		 is_strict;	/* no steps alone have led to it: perhaps
					   they did, with lines beside it */
	bool		 is_picked;
};

struct history {
	struct commit_file *file;
	const struct commit_text *texts;
	size_t		 last;		/* the number of the work tree's */
	struct lines	 head, index, work;
	struct place	*places;
	size_t		 places_len;
	struct place	*staged;	/* from HEAD to the index */
	size_t		 staged_len;
};

/* ---- lines ---- */

static struct lines
text_cut(const struct history *h, size_t text)
{
	const struct commit_text *t = &h->texts[text];
	struct lines l = { 0 };

	if (t->mode != 0) {
		lines_add(&l, t->p, 0);
		l.v[0].hash = t->mode;
		lines_cut(&l, t->p, t->len);
	}
	return l;
}

static size_t *
text_match(const struct lines *old, const struct lines *new)
{
	ptrdiff_t work = PTRDIFF_MAX;

	return lines_match(old, new, &work);
}

/* These lines of a text. */
static struct part
text_part(const struct history *h, size_t text, const struct lines *l,
    size_t from, size_t to)
{
	const char *p = from == to ? "" : l->v[from].p;

	return (struct part){ .p = p, .n = from == to ? 0 :
		(size_t)(l->v[to - 1].p + l->v[to - 1].n - p),
		.mode = from < to && from == 0 ? h->texts[text].mode : 0,
		.is_known = true };
}

static bool
part_same(const struct part *x, const struct part *y)
{
	return x->is_known && y->is_known && x->mode == y->mode &&
	    x->n == y->n && memcmp(x->p, y->p, x->n) == 0;
}

/* ---- hunks ---- */

/* In which HEAD's text and this one differ. */
static struct place *
places_find(const struct lines *head, const struct lines *work, size_t *len)
{
	AUTO_FREE size_t *to = text_match(head, work);
	struct place *v = NULL;
	size_t i, j, end;

	for (i = j = *len = 0; j <= work->len; i = end + 1, j++) {
		struct place p = { .head = i, .work = j };

		while (j < work->len && to[j] == 0)
			j++;
		end = j < work->len ? to[j] - 1 : head->len;
		p.head_len = end - i;
		p.work_len = j - p.work;
		if (p.head_len + p.work_len == 0)
			continue;
		*GROW_ADD(v, *len) = p;
	}
	return v;
}

/* Where it begins or ends in an older text of n lines, by text_match. What was
 * removed there is a part of it. LINES_LOST: the lines on both sides of that
 * border aren't in the older text; if it is strict, the one outside isn't. */
static size_t
place_border(const struct place *p, const size_t *to, const struct lines *now,
    size_t n, bool end)
{
	size_t at = end ? p->to : p->from;
	size_t prev = at == 0 ? 0 : to[at - 1] == 0 ? LINES_LOST : to[at - 1];
	size_t next = at == now->len ? n : to[at] == 0 ? LINES_LOST :
	    to[at] - 1;
	size_t out = end ? next : prev, in = end ? prev : next;

	if (p->is_strict && (out == LINES_LOST || (in == LINES_LOST &&
	    p->from == p->to)))
		return LINES_LOST;
	return out == LINES_LOST ? in : out;
}

/* Go on to the text before this one. */
static void
place_back(struct place *p, const size_t *to, const struct lines *now,
    const struct lines *old)
{
	size_t from = place_border(p, to, now, old->len, false), end =
	    place_border(p, to, now, old->len, true), i;

	for (i = p->from; from == LINES_LOST && i > 0 && to[i - 1] == 0; i--)
		p->more[0]++;
	for (i = p->to; end == LINES_LOST && i < now->len && to[i] == 0; i++)
		p->more[1]++;
	p->from = from;
	p->to = end;
}

/* Find what each was in each text. */
static void
places_follow(struct history *h)
{
	struct lines now = text_cut(h, h->last), old;
	size_t text;

	MEM_EACH(h, places, p) {
		p->is = text_part(h, 0, &h->head, p->head,
		    p->head + p->head_len);
		FREE_SET(p->was, xcalloc(h->last + 1, sizeof(*p->was)));
		p->from = p->work;
		p->to = p->work + p->work_len;
		p->more[0] = p->more[1] = 0;
	}
	for (text = h->last; text >= TEXT_BEFORE; text--) {
		AUTO_FREE size_t *to = NULL;

		old = text_cut(h, text - 1);
		to = text_match(&old, &now);
		MEM_EACH(h, places, p) {
			if (p->more[0] + p->more[1] > 0)
				continue;
			p->was[text] = text_part(h, text, &now, p->from,
			    p->to);
			place_back(p, to, &now, &old);
		}
		free(now.v);
		now = old;
	}
	free(now.v);
}

/* Join it with the next one, if there is no line between them. */
static void
places_join(struct history *h, size_t at)
{
	struct place *p = &h->places[at], *next = p + 1;

	if (at + 1 >= h->places_len || p->work + p->work_len < next->work)
		return;
	p->work_len = next->work + next->work_len - p->work;
	p->head_len = next->head + next->head_len - p->head;
	free(next->was);
	memmove(next, next + 1, (--h->places_len - at - 1) * sizeof(*next));
}

/* Extend a place by the lines beside it that changed together with it and are
 * as in HEAD again, up to the next hunks. False if there are none. */
static bool
place_extend(struct history *h, struct place *p)
{
	size_t at = (size_t)(p - h->places), end = p->work + p->work_len;
	size_t before = p->work - (at == 0 ? 0 : p[-1].work + p[-1].work_len);
	size_t after = (at + 1 == h->places_len ? h->work.len : p[1].work) -
	    end;

	before = before < p->more[0] ? before : p->more[0];
	after = after < p->more[1] ? after : p->more[1];
	p->work -= before;
	p->head -= before;
	p->work_len += before + after;
	p->head_len += before + after;
	places_join(h, at);
	if (at > 0)
		places_join(h, at - 1);
	return before + after > 0;
}

/* ---- what is committed ---- */

/* Is there, or beside it, something else in the index than in HEAD and in the
 * work tree? */
static bool
place_is_staged(const struct history *h, const struct place *p)
{
	MEM_EACH(h, staged, s) {
		struct part is = text_part(h, 1, &h->index, s->work,
		    s->work + s->work_len);

		if (s->head <= p->head + p->head_len &&
		    p->head <= s->head + s->head_len &&
		    (s->head != p->head || s->head_len != p->head_len ||
		    !part_same(&is, &p->was[h->last])))
			return true;
	}
	return false;
}

/* Back from the work tree's to HEAD's: which steps led there, and did the user,
 * too? Who takes back what they did brings back what was then. 1; 0: no chosen
 * one did; -1: it is to be followed again. */
static int
place_path(struct history *h, struct place *p, bool *in, bool *edited)
{
	const struct part *was = p->was;
	size_t i = h->last, k;
	bool any = false;

	for (*edited = false; !part_same(&was[i], &p->is); i--) {
		if (i > TEXT_BEFORE && !was[i - 1].is_known &&
		    place_extend(h, p))
			return -1;
		if (i == TEXT_BEFORE || !was[i - 1].is_known) {
			*edited = true;
			break;
		}
		if (part_same(&was[i], &was[i - 1]))
			continue;
		if (i % 2 != 0) {
			in[TEXT_STEP(i)] = true;
			any = any || h->file->steps[TEXT_STEP(i)].is_chosen;
			continue;
		}
		for (k = i - 1; k >= TEXT_BEFORE && !part_same(&was[k],
		    &was[i]); k--)
			;
		*edited = *edited || k < TEXT_BEFORE;
		i = k < TEXT_BEFORE ? i : k + 1;
	}
	if (!*edited || p->is_strict)
		return any;
	p->is_strict = true;
	return -1;
}

/* False: it is to be followed again. */
static bool
place_judge(struct history *h, struct place *p)
{
	struct commit_file *f = h->file;
	AUTO_FREE bool *in = xcalloc(f->steps_len + 1, sizeof(*in));
	enum commit_mix mix = MIX_NONE;
	bool edited;
	size_t i, first, last;
	int rc = place_path(h, p, in, &edited);

	if (rc <= 0)
		return rc == 0;
	for (i = 0; i < f->steps_len; i++)
		if (in[i] && !f->steps[i].is_chosen) {
			f->steps[i].is_needed = true;
			mix = MIX_NEEDS;
		}
	mix = place_is_staged(h, p) ? MIX_STAGED : edited ? MIX_EDIT : mix;
	p->is_picked = mix == MIX_NONE;
	f->mix = mix > f->mix ? mix : f->mix;
	for (i = 0; i < f->steps_len; i++) {
		f->steps[i].is_in |= in[i] && p->is_picked;
		f->steps[i].is_left |= in[i] && !p->is_picked;
	}
	/* "9, 12-14" of the work tree; its mode has no number. */
	first = p->work + (p->work == 0);
	last = p->work + p->work_len - 1;
	if (!p->is_picked && f->lines.len < LINES_SHOWN)
		buf_addf(&f->lines, p->work_len > 0 && last > first ?
		    "%s%zu-%zu" : "%s%zu", f->lines.len > 0 ? ", " : "", first,
		    last);
	return true;
}

static bool
places_judge(struct history *h)
{
	struct commit_file *f = h->file;
	bool done = true;
	size_t i;

	places_follow(h);
	f->mix = MIX_NONE;
	buf_clear(&f->lines);
	MEM_EACH(f, steps, step)
		step->is_in = step->is_left = step->is_needed = false;
	for (i = 0; i < h->places_len; i++) {
		h->places[i].is_picked = false;
		done = place_judge(h, &h->places[i]) && done;
	}
	return done;
}

/* Put an undo and what it undoes into the commit together, or leave out
 * both. */
static void
steps_record(struct commit_file *f)
{
	struct commit_step *s, *end = f->steps + f->steps_len, *of;

	/* What was undone and then done again; but where an undo has lines of its
	 * own, HEAD has what it undoes. */
	for (s = f->steps; s < end; s++)
		for (of = f->steps; s->is_in && s->change->is_redo && of < s;
		    of++)
			of->is_in = of->is_in || (of->file->commit == NULL &&
			    of->change->root == s->change->root);
	/* Add also what took back a part of it. */
	for (s = f->steps; s < end; s++)
		for (of = f->steps; of < s; of++)
			s->is_in = s->is_in || (of->is_in &&
			    of->change->tx == s->change->undoes);
}

/* Append HEAD's text with these hunks of the work tree; its mode. */
static unsigned
places_write(const struct history *h, struct buf *text)
{
	unsigned mode = h->texts[0].mode;
	struct part kept;
	size_t at = 0;

	buf_clear(text);
	MEM_EACH(h, places, p) {
		const struct part *is = &p->was[h->last];

		if (!p->is_picked)
			continue;
		kept = text_part(h, 0, &h->head, at, p->head);
		(void)buf_add(text, kept.p, kept.n);
		(void)buf_add(text, is->p, is->n);
		mode = p->head == 0 ? is->mode : mode;
		at = p->head + p->head_len;
	}
	kept = text_part(h, 0, &h->head, at, h->head.len);
	(void)buf_add(text, kept.p, kept.n);
	return mode;
}

/* ---- */

static bool
text_has_crlf(const struct commit_text *t)
{
	return t->mode != 0 && memmem(t->p, t->len, "\r\n", 2) != NULL;
}

void
commit_text_lf(struct commit_text *t, struct buf *own)
{
	const char *at = t->p, *end = at + t->len, *nl;

	if (!text_has_crlf(t))
		return;
	for (; at < end; at = nl) {
		nl = mem_line_after(at, end);
		(void)buf_add(own, at, (size_t)(nl - at));
		if (own->len > 1 && memcmp(own->p + own->len - 2, "\r\n", 2) == 0)
			own->p[--own->len - 1] = '\n';
	}
	t->p = buf_str(own);
	t->len = own->len;
}

unsigned
commit_lines(struct commit_file *f, struct commit_text *texts,
    struct buf *text)
{
	size_t last = TEXT_BEFORE + 2 * f->steps_len, i;
	struct history h = { .file = f, .texts = texts, .last = last };
	AUTO_FREE struct buf *own = xcalloc(last, sizeof(*own));
	unsigned mode;

	/* If git keeps no CRLF, neither in HEAD nor of the work tree, that
	 * means LF. */
	for (i = TEXT_BEFORE; i < last && !text_has_crlf(&texts[0]) &&
	    !text_has_crlf(&texts[last]); i++)
		commit_text_lf(&texts[i], &own[i]);
	h.head = text_cut(&h, 0);
	h.index = text_cut(&h, 1);
	h.work = text_cut(&h, last);
	h.places = places_find(&h.head, &h.work, &h.places_len);
	h.staged = places_find(&h.head, &h.index, &h.staged_len);
	while (!places_judge(&h))
		;
	steps_record(f);
	mode = places_write(&h, text);
	MEM_EACH(&h, places, p)
		free(p->was);
	for (i = 0; i < last; i++)
		buf_release(&own[i]);
	FREE_ALL(h.places, h.staged, h.head.v, h.index.v, h.work.v);
	return mode;
}
