/* Only what terminfo says of the terminal is used. Colours and attributes are set
 * by one sequence where theirs are those of ECMA-48. */
#include "config.h"

#include "ui/term/terminal.h"

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <term.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/term/tty-int.h"

static const char *const pen_names[PEN_CAPS] = {
	[PEN_CUP] = "cup", [PEN_HPA] = "hpa", [PEN_CUF] = "cuf",
	[PEN_CR] = "cr", [PEN_DOWN] = "cud1", [PEN_BACK] = "cub1",
	[PEN_EL] = "el", [PEN_ECH] = "ech", [PEN_CSR] = "csr",
	[PEN_INDN] = "indn", [PEN_IND] = "ind", [PEN_RIN] = "rin",
	[PEN_RI] = "ri", [PEN_SGR0] = "sgr0", [PEN_OP] = "op",
	[PEN_FG] = "setaf", [PEN_BG] = "setab",
};

static const struct {
	unsigned	 attr;
	const char	*name, *on, *off;	/* codes of SGR */
	int		 ncv;
} pen_attrs[] = {
	{ PALETTE_BOLD, "bold", "1", "22", 32 },
	{ PALETTE_DIM, "dim", "2", "22", 16 },
	{ PALETTE_UNDERLINE, "smul", "4", "24", 2 },
	{ PALETTE_REVERSE, "rev", "7", "27", 4 },
	{ PALETTE_ITALIC, "sitm", "3", "23", 1 << 15 },
	{ PALETTE_BLINK, "blink", "5", "25", 8 },
};

/* The numbers between ESC [ and m; 0: it is another sequence. */
static size_t
pen_sgr_len(const char *s)
{
	size_t n = strncmp(s, "\033[", 2) == 0 ? strspn(s + 2,
	    "0123456789:;") : 0;

	return n > 0 && s[2 + n] == 'm' ? n : 0;
}

void
pen_init(struct pen *p, const struct tty *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int ncv = tigetnum("ncv");
	const char *s;
	size_t i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < PEN_CAPS; i++) {
		buf_clear(&b);
		tty_add_bare(&b, tty_string(pen_names[i]));
		p->caps[i] = xstrdup(buf_str(&b));
	}
	s = tiparm(p->caps[PEN_FG], 1);
	/* It may also choose a set of characters, which is always the same. */
	p->sgr = strstr(p->caps[PEN_SGR0], "\033[") != NULL &&
	    (p->caps[PEN_FG][0] == '\0' || pen_sgr_len(s) > 0);
	for (i = 0; i < MEM_COUNT(pen_attrs); i++) {
		s = tty_string(pen_attrs[i].name);
		if (s[0] == '\0')
			continue;
		p->attrs |= pen_attrs[i].attr;
		p->sgr = p->sgr && pen_sgr_len(s) == 1 &&
		    s[2] == pen_attrs[i].on[0];
		if (ncv > 0 && (ncv & pen_attrs[i].ncv) != 0)
			p->not_coloured |= pen_attrs[i].attr;
	}
	/* Attributes that take a cell of their own are none. */
	if (tigetnum("xmc") > 0)
		p->attrs = 0;
	p->direct = tty_colours() > 256;
	p->takes_back = t->like_xterm;
	p->fills = tigetflag("bce") > 0;
	p->moves = tigetflag("msgr") > 0;
	p->stays = t->unwraps;
	p->wraps = !t->unwraps && tigetflag("am") > 0 && tigetflag("xenl") <= 0;
	p->scrolls = p->caps[PEN_CSR][0] != '\0' && p->caps[PEN_IND][0] !=
	    '\0' && p->caps[PEN_RI][0] != '\0';
	p->near = p->caps[PEN_DOWN][0] != '\0' && p->caps[PEN_CR][0] != '\0' &&
	    p->caps[PEN_BACK][0] != '\0';
	pen_lost(p);
}

void
pen_release(struct pen *p)
{
	size_t i;

	for (i = 0; i < PEN_CAPS; i++)
		free(p->caps[i]);
	buf_release(&p->out);
}

void
pen_lost(struct pen *p)
{
	p->y = p->x = -1;
	p->look = PEN_LOST;
}

/* ---- the look ---- */

uint64_t
pen_look(const struct pen *p, unsigned attr, uint32_t fg, uint32_t bg)
{
	attr &= p->attrs & ~(fg != 0 || bg != 0 ? p->not_coloured : 0);
	return (uint64_t)attr << PEN_ATTR_AT | (uint64_t)bg << PEN_BG_AT | fg;
}

static unsigned
pen_attr(uint64_t look)
{
	return (unsigned)(look >> PEN_ATTR_AT);
}

static uint32_t
pen_colour(uint64_t look, bool ground)
{
	return (uint32_t)(look >> (ground ? PEN_BG_AT : 0)) & (2 * PEN_RGB - 1);
}

uint64_t
pen_blank(uint64_t look)
{
	return (pen_attr(look) & (PALETTE_REVERSE | PALETTE_UNDERLINE)) != 0 ?
	    look : (uint64_t)pen_colour(look, true) << PEN_BG_AT;
}

static void
pen_code(struct buf *b, const char *code)
{
	size_t n = pen_sgr_len(code);

	if (b->len > 0)
		buf_addc(b, ';');
	buf_add(b, n > 0 ? code + 2 : code, n > 0 ? n : strlen(code));
}

/* The sequence for a colour, or its code alone. */
static const char *
pen_coloured(const struct pen *p, uint64_t look, bool ground, char *out,
    size_t size)
{
	uint32_t c = pen_colour(look, ground);

	if (c == 0)
		return !p->sgr ? "" : ground ? "49" : "39";
	if (c < PEN_RGB || p->direct)
		return tiparm(p->caps[ground ? PEN_BG : PEN_FG], c < PEN_RGB ?
		    (int)c - 1 : MAX((int)(c - PEN_RGB), 8));
	snprintf(out, size, "%c8;2;%u;%u;%u", ground ? '4' : '3',
	    c >> 16 & 255, c >> 8 & 255, c & 255);
	return out;
}

/* From nothing, or where only this changes: from `is`. */
static void
pen_codes(const struct pen *p, struct buf *b, uint64_t is, uint64_t to)
{
	unsigned off = pen_attr(is) & ~pen_attr(to);
	unsigned had = pen_attr(is) & pen_attr(to);
	char text[24];
	size_t i;
	int g;

	/* One code ends both. */
	if ((off & (PALETTE_BOLD | PALETTE_DIM)) != 0)
		had &= ~(unsigned)(PALETTE_BOLD | PALETTE_DIM);
	for (i = 0; i < MEM_COUNT(pen_attrs); i++)
		if ((off & pen_attrs[i].attr) != 0)
			pen_code(b, pen_attrs[i].off);
	for (i = 0; i < MEM_COUNT(pen_attrs); i++)
		if ((pen_attr(to) & ~had & pen_attrs[i].attr) != 0)
			pen_code(b, pen_attrs[i].on);
	for (g = 0; g < 2; g++)
		if (pen_colour(is, g != 0) != pen_colour(to, g != 0))
			pen_code(b, pen_coloured(p, to, g != 0, text,
			    sizeof(text)));
}

void
pen_set(struct pen *p, uint64_t to)
{
	AUTO_BUF struct buf all = BUF_INIT(0), part = BUF_INIT(0);
	uint64_t is = p->look;
	char text[24];
	size_t i;

	if (is == to)
		return;
	p->look = to;
	if (!p->sgr) {
		buf_addf(&p->out, "%s%s", p->caps[PEN_SGR0], p->caps[PEN_OP]);
		for (i = 0; i < MEM_COUNT(pen_attrs); i++)
			if ((pen_attr(to) & pen_attrs[i].attr) != 0)
				tty_add_bare(&p->out,
				    tty_string(pen_attrs[i].name));
		for (i = 0; i < 2; i++)
			buf_adds(&p->out, pen_coloured(p, to, i != 0, text,
			    sizeof(text)));
		return;
	}
	pen_codes(p, &all, 0, to);
	if (is != PEN_LOST && (p->takes_back || is == 0))
		pen_codes(p, &part, is, to);
	if (part.len > 0 && part.len < all.len + 2)
		buf_addf(&p->out, "\033[%sm", buf_str(&part));
	else
		buf_addf(&p->out, all.len > 0 ? "\033[0;%sm" : "\033[m",
		    buf_str(&all));
}

/* ---- the place ---- */

/* To column x of a row below, from column `from`; empties *b if there is no way. */
static void
pen_way(const struct pen *p, struct buf *b, int from, int y, int x)
{
	AUTO_BUF struct buf by = BUF_INIT(0), to = BUF_INIT(0);
	int i;

	for (i = p->y; i < y; i++)
		buf_adds(b, p->caps[PEN_DOWN]);
	if (x == from)
		return;
	for (i = x; i < from; i++)
		buf_adds(&by, p->caps[PEN_BACK]);
	if (x > from && p->caps[PEN_CUF][0] != '\0')
		buf_adds(&by, tiparm(p->caps[PEN_CUF], x - from));
	if (p->caps[PEN_HPA][0] != '\0')
		buf_adds(&to, tiparm(p->caps[PEN_HPA], x));
	if (by.len == 0 && to.len == 0)
		buf_clear(b);
	else
		buf_adds(b, buf_str(to.len > 0 && (by.len == 0 || to.len <
		    by.len) ? &to : &by));
}

void
pen_move(struct pen *p, int y, int x)
{
	AUTO_BUF struct buf to = BUF_INIT(0), by = BUF_INIT(0);
	AUTO_BUF struct buf left = BUF_INIT(0);
	const struct buf *way = &to;

	if (p->y == y && p->x == x)
		return;
	if (!p->moves)
		pen_set(p, 0);
	buf_adds(&to, tiparm(p->caps[PEN_CUP], y, x));
	if (p->near && p->y >= 0 && y >= p->y && y - p->y < PEN_NEAR) {
		buf_adds(&left, p->caps[PEN_CR]);
		pen_way(p, &left, 0, y, x);
		if (p->x >= 0)
			pen_way(p, &by, p->x, y, x);
	}
	if (left.len > 0 && left.len < way->len)
		way = &left;
	if (by.len > 0 && by.len < way->len)
		way = &by;
	buf_add(&p->out, way->p, way->len);
	p->y = y;
	p->x = x;
}

void
pen_put(struct pen *p, const char *text, int width, bool sure, int cols)
{
	bool full = p->x < 0 || !sure || p->x + width >= cols;

	buf_adds(&p->out, text);
	p->x = full ? -1 : p->x + width;
	/* It may be in the next row now. */
	if (full && !p->stays && (p->wraps || !sure))
		p->y = -1;
}

bool
pen_erases(const struct pen *p, uint64_t look, int cells, bool all)
{
	return (pen_colour(look, true) == 0 || p->fills) && (pen_attr(look) &
	    (PALETTE_UNDERLINE | PALETTE_REVERSE)) == 0 &&
	    p->caps[all ? PEN_EL : PEN_ECH][0] != '\0' && cells >=
	    (all ? PEN_EL_LEAST : PEN_ECH_LEAST);
}

void
pen_erase(struct pen *p, int cells, bool all)
{
	buf_adds(&p->out, all ? p->caps[PEN_EL] : tiparm(p->caps[PEN_ECH],
	    cells));
}

void
pen_scroll(struct pen *p, int top, int end, int by, int rows)
{
	const char *all = p->caps[by > 0 ? PEN_INDN : PEN_RIN];
	bool part = top > 0 || end < rows;
	int n = abs(by);

	pen_set(p, 0);
	if (part)
		buf_adds(&p->out, tiparm(p->caps[PEN_CSR], top, end - 1));
	if (all[0] != '\0')
		buf_adds(&p->out, tiparm(all, n));
	else {
		p->y = p->x = -1;
		pen_move(p, by > 0 ? end - 1 : top, 0);
		for (; n > 0; n--)
			buf_adds(&p->out, p->caps[by > 0 ? PEN_IND : PEN_RI]);
	}
	/* To set the region moves the cursor. */
	if (part)
		buf_adds(&p->out, p->sgr ? "\033[r" : tiparm(
		    p->caps[PEN_CSR], 0, rows - 1));
	p->y = p->x = -1;
}
