/* See picker.h. */

#include "config.h"

#include "ui/pick/picker.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "ui/text/input.h"
#include "ui/text/list.h"
#include "ui/text/page.h"

#define FUZZY_TEXT_MAX 256	/* characters of a text that count */
#define FUZZY_WORD_MAX 64	/* characters of a word in the query */

enum {
	FUZZY_ALL = 1000,	/* the word is the whole text, */
	FUZZY_START = 900,	/* or stands at its start, */
	FUZZY_WORD = 800,	/* at the start of a word, */
	FUZZY_INSIDE = 600,	/* or in one */
	FUZZY_STARTS = 500,	/* its letters begin words */
	FUZZY_SPREAD = 300,	/* or are in the text in their order */
	FUZZY_MORE_WORD = 250,	/* the same for the second text */
	FUZZY_MORE = 100,
};

struct fuzzy_unit {
	uint32_t	 cp, folded;
	bool		 start;		/* of a word */
};

struct fuzzy_text {
	struct fuzzy_unit	of[FUZZY_TEXT_MAX];
	size_t			len;
};

/*
 * Three ways to match, tried from the best to the worst: the word as it stands,
 * the beginnings of words ("hac" in "hunk-accept"), the letters in their order.
 * Each is one pass over the text.  Words in the query may come in any order, and
 * all must match.
 */

static bool
fuzzy_is_letter(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
	    (cp >= 'A' && cp <= 'Z') || cp >= 0x80;
}

/* Code points; a byte that isn't part of one stands for itself. */
static void
fuzzy_read(struct fuzzy_text *t, const char *p, size_t n, size_t most)
{
	size_t i, used;
	uint32_t before = 0;

	t->len = 0;
	for (i = 0; i < n && t->len < most; i += used) {
		struct fuzzy_unit *u = &t->of[t->len++];

		used = utf8_next(p + i, n - i, &u->cp);
		u->folded = u->cp;
		if (used == 0) {
			used = 1;
			u->cp = u->folded = 0x80000000u | (unsigned char)p[i];
		} else if (u->cp >= 0x80)
			u->folded = (uint32_t)utf8proc_tolower(
			    (utf8proc_int32_t)u->cp);
		else if (u->cp >= 'A' && u->cp <= 'Z')
			u->folded += 'a' - 'A';
		u->start = fuzzy_is_letter(u->cp) && (!fuzzy_is_letter(before) ||
		    (u->cp != u->folded && before >= 'a' && before <= 'z'));
		before = u->cp;
	}
}

static bool
fuzzy_folds(const struct fuzzy_text *w)
{
	size_t i;

	for (i = 0; i < w->len; i++)
		if (w->of[i].cp != w->of[i].folded)
			return false;
	return true;
}

static bool
fuzzy_same(const struct fuzzy_text *t, size_t i, const struct fuzzy_text *w,
    size_t k, bool fold)
{
	return fold ? t->of[i].folded == w->of[k].cp :
	    t->of[i].cp == w->of[k].cp;
}

/* The best place of the word as it stands; -1: none. */
static int
fuzzy_whole(const struct fuzzy_text *t, const struct fuzzy_text *w, bool fold)
{
	int best = -1, score;
	size_t i, k;

	for (i = 0; i + w->len <= t->len; i++) {
		for (k = 0; k < w->len && fuzzy_same(t, i + k, w, k, fold); k++)
			;
		if (k < w->len)
			continue;
		score = i == 0 ? (w->len == t->len ? FUZZY_ALL : FUZZY_START) :
		    t->of[i].start ? FUZZY_WORD : FUZZY_INSIDE;
		best = score > best ? score : best;
		if (best >= FUZZY_WORD)
			break;
	}
	return best;
}

/* Match the letters of `w`, each right after the last one or (`starts`) at the
 * start of a word. Returns the number of pieces; 0: no match. */
static int
fuzzy_pieces(const struct fuzzy_text *t, const struct fuzzy_text *w, bool fold,
    bool starts)
{
	size_t i, k = 0, next = 0;
	int pieces = 0;

	for (i = 0; i < t->len && k < w->len; i++) {
		bool joins = k > 0 && next == i;

		if (!fuzzy_same(t, i, w, k, fold) ||
		    (starts && !joins && !t->of[i].start))
			continue;
		pieces += !joins;
		next = i + 1;
		k++;
	}
	return k == w->len ? pieces : 0;
}

/* The score of one word of the query. */
static int
fuzzy_word(const struct fuzzy_text *t, const struct fuzzy_text *w)
{
	bool fold = fuzzy_folds(w);
	int score = fuzzy_whole(t, w, fold), pieces;

	if (score >= 0)
		return score;
	if ((pieces = fuzzy_pieces(t, w, fold, true)) > 0)
		return FUZZY_STARTS - pieces;
	pieces = fuzzy_pieces(t, w, fold, false);
	return pieces > 0 ? FUZZY_SPREAD - pieces : -1;
}

/*
 * The higher the better; -1: no match; 0 for an empty query.  Ignores case for
 * a word without capitals.  A word that isn't in `text` may stand in `more`,
 * letter by letter, which counts less.  Both may be any bytes.
 */
static int
fuzzy_score(const char *query, const char *text, const char *more)
{
	struct fuzzy_text t, m, w;
	size_t n;
	int sum = 0, score;

	t.len = 0;
	for (;; query += n) {
		query += strspn(query, " ");
		n = strcspn(query, " ");
		if (n == 0)
			return sum;
		if (t.len == 0)
			fuzzy_read(&t, text, strlen(text), FUZZY_TEXT_MAX);
		fuzzy_read(&w, query, n, FUZZY_WORD_MAX);
		score = fuzzy_word(&t, &w);
		/* Spread letters in a sentence mean nothing. */
		if (score < 0) {
			fuzzy_read(&m, more, strlen(more), FUZZY_TEXT_MAX);
			score = fuzzy_whole(&m, &w, fuzzy_folds(&w));
			if (score >= 0)
				score = score >= FUZZY_WORD ? FUZZY_MORE_WORD :
				    FUZZY_MORE;
		}
		if (score < 0)
			return -1;
		sum += score;
	}
}

#define PICKER_PROMPT ": "
#define PICKER_QUERY_MAX 200	/* bytes */
#define PICKER_KEY_COLS 12	/* most cells of the keys' column */
#define PICKER_BESIDE_COLS 160	/* narrower: the preview is below the rows */
#define PICKER_BELOW_MIN 11	/* rows of both, to have one there */
#define PICKER_BELOW_ROWS 4	/* of the preview below the rows, and */
#define PICKER_ROWS 21		/* half of what is more than this */
#define PICKER_OFF	"not now"
#define PICKER_OFF_COLS 40	/* least cells of a row to say that */

struct picker_row {
	char	*key, *text, *note, *more;
	char	*alias;		/* or NULL */
	bool	 off;
	size_t	 index;		/* among the rows */
	int	 score;		/* of what is typed now */
};

struct picker {
	struct picker_kind kind;
	char		*what;
	bool		 given;		/* the query is typed elsewhere */
	struct picker_row *rows;
	size_t		 len;
	struct pane	 list;		/* of those that match, the best first;
					   their ids are numbers from 1 */
	struct input	 input;
	struct page	 page;		/* the preview */
};

struct picker *
picker_new(const struct picker_kind *kind)
{
	struct picker *p = xcalloc(1, sizeof(*p));

	p->kind = *kind;
	p->what = xstrdup(kind->what);
	p->given = kind->query != NULL;
	input_init(&p->input);
	if (p->given)
		input_set(&p->input, kind->query);
	return p;
}

void
picker_clear(struct picker *p, const char *what)
{
	xstrset(&p->what, what);
	for (; p->len > 0; p->len--) {
		struct picker_row *r = &p->rows[p->len - 1];

		FREE_ALL(r->key, r->text, r->note, r->more, r->alias);
	}
}

void
picker_free(struct picker *p)
{
	if (p == NULL)
		return;
	picker_clear(p, NULL);
	free(p->rows);
	list_release(&p->list);
	input_release(&p->input);
	page_release(&p->page);
	free(p);
}

void
picker_add(struct picker *p, const struct picker_entry *e)
{
	const char *note = e->note == NULL ? "" : e->note;

	GROW(p->rows, p->len);
	p->rows[p->len] = (struct picker_row){ .index = p->len,
		.key = xstrdup(e->key == NULL ? "" : e->key),
		.text = xstrdup(e->text), .alias = xstrdup_null(e->alias),
		.note = xstrdup(note), .more = xasprintf("%s %s", note,
		e->more == NULL ? "" : e->more), .off = e->off };
	p->len++;
}

/* ---- what matches ---- */

static int
picker_compare(const void *a, const void *b)
{
	const struct picker_row *x = *(struct picker_row *const *)a;
	const struct picker_row *y = *(struct picker_row *const *)b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->off != y->off)
		return x->off ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

const char *
picker_query(const struct picker *p)
{
	return buf_str(&p->input.text);
}

/* Find the rows for what is typed; the cursor is on this one or, if it can't do
 * anything, on the first. */
void
picker_start(struct picker *p, size_t row)
{
	AUTO_FREE struct picker_row **found = xcalloc(p->len + 1,
	    sizeof(*found));
	size_t i, n = 0;
	int score;

	for (i = 0; i < p->len; i++) {
		struct picker_row *r = &p->rows[i];

		if (!p->given) {
			r->score = fuzzy_score(picker_query(p), r->text,
			    r->more);
			score = r->alias == NULL ? -1 : fuzzy_score(
			    picker_query(p), r->alias, r->more);
			r->score = score > r->score ? score : r->score;
		}
		if (r->score >= 0)
			found[n++] = r;
	}
	if (!p->given)
		qsort(found, n, sizeof(*found), picker_compare);
	page_clear(&p->list.page, 0, 0);
	p->list.top = 0;
	for (i = 0; i < n; i++) {
		p->list.page.next.id.of[0] = (int64_t)found[i]->index + 1;
		page_row_add(&p->list.page);
		if (i == 0 || (found[i]->index == row && !found[i]->off)) {
			p->list.cur = i;
			p->list.at = p->list.page.next.id;
		}
	}
}

void
picker_click(struct picker *p, int y)
{
	struct pane *l = &p->list;

	if (y >= l->y && y < l->y + l->height &&
	    l->top + (size_t)(y - l->y) < l->page.len)
		list_go(l, l->top + (size_t)(y - l->y));
}

size_t
picker_row(const struct picker *p)
{
	return p->list.page.len == 0 ? SIZE_MAX : (size_t)p->list.at.of[0] - 1;
}

size_t
picker_found(const struct picker *p)
{
	return p->list.page.len;
}

const char *
picker_text(const struct picker *p, size_t row)
{
	return p->rows[row].text;
}

/* ---- keys ---- */

static void
picker_move(struct picker *p, enum action_id id)
{
	struct pane *l = &p->list;
	size_t was = l->cur;

	(void)list_move(l, id == ACTION_PICK_NEXT ? ACTION_LINE_DOWN :
	    id == ACTION_PICK_PREV ? ACTION_LINE_UP :
	    id == ACTION_PICK_DOWN ? ACTION_PAGE_DOWN : ACTION_PAGE_UP);
	/* A row past an end is at the other one. */
	if (l->cur == was && id == ACTION_PICK_NEXT)
		(void)list_move(l, ACTION_TOP);
	else if (l->cur == was && id == ACTION_PICK_PREV)
		(void)list_move(l, ACTION_BOTTOM);
}

enum picker_end
picker_key(struct picker *p, const struct action *a, uint32_t key)
{
	enum action_id id = a == NULL ? ACTION_NONE : a->id;

	switch (id) {
	case ACTION_PICK_TAKE:
		return p->list.page.len > 0 ? PICKER_TAKEN : PICKER_STAYS;
	case ACTION_PICK_LEAVE:
		return PICKER_LEFT;
	case ACTION_PICK_NEXT:
	case ACTION_PICK_PREV:
	case ACTION_PICK_DOWN:
	case ACTION_PICK_UP:
		picker_move(p, id);
		return PICKER_STAYS;
	case ACTION_INPUT_BACKSPACE:
		/* As in vi, backspace deletes the key that opened the list. */
		if (input_is_empty(&p->input))
			return PICKER_LEFT;
		break;
	default:
		break;
	}
	if (a == NULL && key >= ' ' && key < 0x110000 &&
	    p->input.text.len < PICKER_QUERY_MAX)
		input_put(&p->input, key);
	else if (a == NULL || input_key(&p->input, id) != INPUT_CHANGED)
		return PICKER_STAYS;
	picker_start(p, SIZE_MAX);
	return PICKER_STAYS;
}

void
picker_paste(struct picker *p, const char *text, size_t n)
{
	size_t i, len = p->input.text.len;
	size_t room = len < PICKER_QUERY_MAX ? PICKER_QUERY_MAX - len : 0;
	AUTO_FREE char *line = xmemdup(text, n = n < room ? n : room);

	for (i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	(void)input_insert(&p->input, line, n);
	picker_start(p, SIZE_MAX);
}

/* ---- drawing ---- */

void
picker_title(const struct picker *p, struct buf *b)
{
	buf_adds(b, p->what);
	if (picker_query(p)[0] != '\0')
		buf_addf(b, " · %zu found", p->list.page.len);
}

/* The width of the widest key or text that isn't wider than this. */
static int
picker_widest(const struct picker *p, bool keys, unsigned flags, int limit)
{
	const char *s;
	int most = 0, n;
	size_t i;

	for (i = 0; i < p->len; i++) {
		s = keys ? p->rows[i].key : p->rows[i].text;
		n = sanitize_width(s, strlen(s), flags);
		most = n > most && n <= limit ? n : most;
	}
	return most;
}

static int
picker_key_cols(const struct picker *p, unsigned flags)
{
	int most = picker_widest(p, true, flags, INT_MAX);

	return most == 0 ? 0 : most + 2 > PICKER_KEY_COLS ? PICKER_KEY_COLS :
	    most + 2;
}

/* The column of the notes: after the widest text that leaves them room. */
static int
picker_note_at(const struct picker *p, unsigned flags, int cols)
{
	return picker_widest(p, false, flags, cols / 2) + 2;
}

static void
picker_draw_row(const struct picker *p, struct screen *s, size_t i, int y,
    int x, int end, int key_cols, int note_at)
{
	const struct picker_row *r = &p->rows[p->list.page.rows[i].id.of[0] -
	    1];
	enum style style = i == p->list.cur ? STYLE_BOLD :
	    r->off ? STYLE_DIM : STYLE_PLAIN;
	int text, off = (int)sizeof(PICKER_OFF);

	screen_puts(s, y, x, end, STYLE_CURRENT, i == p->list.cur ? ">" :
	    "");
	if (r->off && end - x >= PICKER_OFF_COLS) {
		screen_puts(s, y, end - off + 1, end, STYLE_DIM, PICKER_OFF);
		end -= off + 1;
	}
	x += 2;
	if (key_cols > 0)
		screen_puts(s, y, x, x + key_cols - 1 < end ? x + key_cols - 1 :
		    end, r->off ? STYLE_DIM : STYLE_KEY, r->key);
	x += key_cols;
	if (p->kind.notes_first) {
		text = sanitize_width(r->text, strlen(r->text), s->flags);
		/* If the row has no key, the text is how to name it. */
		x = screen_puts(s, y, x, r->key[0] == '\0' && !r->off &&
		    end - text - 2 > x ? end - text - 2 : end, style, r->note);
		if (x + 2 + text <= end && !r->off)
			screen_puts(s, y, end - text, end, STYLE_DIM, r->text);
		return;
	}
	text = screen_puts(s, y, x, end, style, r->text);
	x = x + note_at > text + 2 ? x + note_at : text + 2;
	if (x < end - 4)
		screen_puts(s, y, x, end, STYLE_DIM, r->note);
}

static void
picker_draw_rows(const struct picker *p, struct screen *s,
    const struct rect *r)
{
	int keys = picker_key_cols(p, s->flags), y, end = r->x + r->cols;
	int note_at = picker_note_at(p, s->flags, r->cols - keys - 2);
	size_t i;

	for (y = 0, i = p->list.top; y < r->rows && i < p->list.page.len; y++)
		picker_draw_row(p, s, i++, r->y + y, r->x, end, keys, note_at);
	if (p->list.page.len == 0 && r->rows > 0)
		screen_puts(s, r->y, r->x + 2, end, STYLE_DIM,
		    p->len == 0 ? p->kind.none != NULL ? p->kind.none :
		    "nothing to choose" :
		    p->kind.no_match == NULL ? "no match" :
		    p->kind.no_match);
}

/* Which of the rows these are, if there are more; the rest of the line is for
 * what is typed. */
static void
picker_draw_range(const struct picker *p, struct screen *s, struct rect *line)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct pane *l = &p->list;
	size_t last = l->top + (size_t)(l->height > 0 ? l->height : 0);
	size_t n = l->page.len;
	int end = line->x + line->cols;

	if (last >= n && l->top == 0)
		return;
	buf_addf(&b, "%zu-%zu of %zu", l->top + 1, last < n ? last : n, n);
	if (line->rows < 1 || (int)b.len * 2 > line->cols)
		return;
	line->cols -= (int)b.len + 1;
	screen_puts(s, line->y, end - (int)b.len, end, STYLE_DIM, buf_str(&b));
}

/* Divide *rows between the list and its preview (*side); false if it has no
 * preview, or no room for one. */
static bool
picker_part(const struct picker *p, struct rect *rows, struct rect *side)
{
	size_t most = p->len == 0 ? 1 : p->len;

	*side = *rows;
	if (p->kind.preview == NULL)
		return false;
	if (rows->cols >= PICKER_BESIDE_COLS) {
		rows->cols = rows->cols * 3 / 5;
		side->x += rows->cols + 2;
		side->cols -= rows->cols + 2;
		rows->cols--;
		return true;
	}
	if (rows->rows < PICKER_BELOW_MIN)
		return false;
	side->rows = PICKER_BELOW_ROWS + (rows->rows > PICKER_ROWS ?
	    (rows->rows - PICKER_ROWS) / 2 : 0);
	/* A short list leaves it more. */
	if (most + 1 + (size_t)side->rows < (size_t)rows->rows)
		side->rows = rows->rows - 1 - (int)most;
	rows->rows -= side->rows + 1;
	side->y = rows->y + rows->rows + 1;
	return true;
}

int
picker_rows(const struct picker *p, int cols)
{
	int n = p->len < 1 ? 1 : p->len > INT16_MAX ? INT16_MAX : (int)p->len;

	if (p->kind.preview == NULL)
		return 1 + n;
	if (cols >= PICKER_BESIDE_COLS)
		return 1 + (n > PICKER_BELOW_ROWS ? n : PICKER_BELOW_ROWS);
	n += 1 + PICKER_BELOW_ROWS;
	return 1 + (n < PICKER_BELOW_MIN ? PICKER_BELOW_MIN : n);
}

/* Divide the room between the line to type in, the list and its preview; false if
 * it has none. */
static bool
picker_areas(const struct picker *p, const struct rect *r, struct rect *line,
    struct rect *rows, struct rect *side)
{
	*line = *rows = *r;
	line->rows = r->rows > 0 && !p->given;
	rows->y += line->rows;
	rows->rows -= line->rows;
	return picker_part(p, rows, side);
}

void
picker_place(struct picker *p, const struct rect *r, unsigned flags)
{
	struct rect line, rows, side;
	bool beside = picker_areas(p, r, &line, &rows, &side);
	size_t row = picker_row(p);

	p->list.height = rows.rows;
	p->list.y = rows.y;
	list_go(&p->list, p->list.cur);
	if (!beside)
		return;
	page_clear(&p->page, side.cols, flags);
	if (row != SIZE_MAX)
		p->kind.preview(p->kind.arg, row, &p->page);
}

static void
picker_draw_preview(const struct picker *p, struct screen *s,
    const struct rect *r)
{
	int y;

	for (y = 0; y < r->rows && (size_t)y < p->page.len; y++)
		page_draw_row(s, &p->page, (size_t)y, NULL, r->y + y, r->x,
		    r->x + r->cols);
}

void
picker_draw(const struct picker *p, struct screen *s, const struct rect *r)
{
	struct rect line, rows, side;
	int i;

	if (picker_areas(p, r, &line, &rows, &side)) {
		for (i = 0; side.y == rows.y && i < side.rows; i++)
			screen_puts(s, side.y + i, side.x - 2, side.x - 1,
			    STYLE_RULE, screen_bar(s));
		for (i = 0; side.y > rows.y && i < r->cols; i++)
			screen_puts(s, side.y - 1, r->x + i, r->x + i + 1,
			    STYLE_DIM, (s->flags &
			    SANITIZE_ASCII) != 0 ? "-" : "\xe2\x94\x80");
		picker_draw_preview(p, s, &side);
	}
	picker_draw_rows(p, s, &rows);
	if (p->given)
		return;
	picker_draw_range(p, s, &line);
	input_draw(&p->input, s, PICKER_PROMPT, &line);
	if (input_is_empty(&p->input) && line.rows > 0)
		screen_puts(s, line.y, line.x + (int)strlen(PICKER_PROMPT),
		    line.x + line.cols, STYLE_DIM, "type to search");
}
