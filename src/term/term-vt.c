/* See term-vt.h. */
#include "config.h"

#include "term/term-vt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "base/utf8.h"

#define TERM_CAN	'\x18'
#define TERM_SUB	'\x1a'
#define TERM_ESC	'\x1b'

/* Other control bytes are done at once, and the sequence goes on. */
static bool
vt_is_within(unsigned char c)
{
	if (c == TERM_CAN || c == TERM_SUB || c == TERM_ESC)
		return false;
	return c < ' ' || c == 0x7f;
}

static void
vt_keep(struct term_vt *v, unsigned char c)
{
	if (v->seq_len < sizeof(v->seq))
		v->seq[v->seq_len++] = (char)c;
}

/* After ESC: bytes that libvterm passes over don't end it. */
static void
vt_after_esc(struct term_vt *v, unsigned char c)
{
	if (c == '[') {
		v->state = TERM_VT_CSI;
		v->numbers = 1;
		v->seq_len = 0;
	} else if (c >= '0' && c <= '~') {
		v->state = TERM_VT_TEXT;
		if (c == 'c' && v->seq_len == 0)
			v->final = 'c';
	} else
		vt_keep(v, c);
}

/* False: this byte is of a number too many. */
static bool
vt_in_csi(struct term_vt *v, unsigned char c)
{
	/* These four come before the numbers. */
	if (c >= '<' && c <= '?') {
		vt_keep(v, c);
		return true;
	}
	if (c == ';' || c == ':') {
		if (v->numbers <= TERM_NUMBERS_MAX)
			v->numbers++;
	} else if (c < '0' || c > '9') {
		v->state = TERM_VT_TEXT;
		if ((c == 'u' || c == 'm') && v->seq_len > 0 &&
		    v->seq_len <= TERM_SEQ_MAX && v->seq[0] >= '<')
			v->final = (char)c;
		return true;
	}
	vt_keep(v, c);
	return v->numbers <= TERM_NUMBERS_MAX;
}

/* False: libvterm doesn't get it. */
static bool
vt_takes(struct term_vt *v, unsigned char c)
{
	if (vt_is_within(c))
		return true;
	if (c == TERM_ESC) {
		v->state = TERM_VT_ESC;
		v->seq_len = 0;
	} else if (c < ' ')
		v->state = TERM_VT_TEXT;
	else if (v->state == TERM_VT_ESC)
		vt_after_esc(v, c);
	else if (v->state == TERM_VT_CSI)
		return vt_in_csi(v, c);
	return true;
}

/* Is it a character whose other bytes are still to come? */
static bool
vt_is_begun(const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;
	size_t i, whole = 2;

	if (c >= 0xe0)
		whole++;
	if (c >= 0xf0)
		whole++;
	if (c < 0xc2 || c > 0xf4 || n >= whole)
		return false;
	for (i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static void
vt_flush(struct term_vt *v)
{
	if (v->vt == NULL)
		return;
	if (v->out.len > 0)
		vterm_input_write(v->vt, v->out.p, v->out.len);
	buf_clear(&v->out);
}

static void
vt_tell(struct term_vt *v)
{
	char final = v->final;

	v->final = '\0';
	if (final == '\0' || v->seen == NULL)
		return;
	vt_flush(v);
	v->seen(v->arg, v->seq, final == 'c' ? 0 : v->seq_len, final);
}

void
term_vt_clean(struct term_vt *v, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	buf_clear(&v->out);
	buf_add(&v->in, p, n);
	for (i = 0; i < v->in.len; i += used) {
		p = v->in.p + i;
		used = utf8_next(p, v->in.len - i, &cp);
		if (used == 0 && vt_is_begun(p, v->in.len - i))
			break;
		if (!vt_takes(v, (unsigned char)*p)) {
			used = 1;
			continue;
		}
		/* A control character of two bytes is -1 wide there. */
		if (used == 0 || (used > 1 && cp < 0xa0))
			utf8_put(&v->out, 0xfffd);
		else
			buf_add(&v->out, p, used);
		used = MAX(used, 1);
		vt_tell(v);
	}
	buf_consume(&v->in, i);
}

void
term_vt_write(struct term_vt *v, VTerm *vt, const char *p, size_t n)
{
	v->vt = vt;
	term_vt_clean(v, p, n);
	vt_flush(v);
}

void
term_vt_release(struct term_vt *v)
{
	buf_release(&v->in);
	buf_release(&v->out);
}

/* The cursor, moved inside: libvterm can leave it above the first row. */
static void
vt_put_cursor(VTerm *vt, VTermPos pos)
{
	char s[64];

	snprintf(s, sizeof(s), "\033[%d;%dH", MAX(pos.row, 0) + 1,
	    MAX(pos.col, 0) + 1);
	vterm_input_write(vt, s, strlen(s));
}

void
term_vt_resize(struct term_vt *v, VTerm *vt, int rows, int cols)
{
	static const char no_margins[] = "\033[r\033[s";
	/* What was saved may be outside now. */
	static const char save[] = "\0337";
	VTermState *state = vterm_obtain_state(vt);
	int old_rows, old_cols;
	VTermPos pos;

	vterm_get_size(vt, &old_rows, &old_cols);
	vterm_state_get_cursorpos(state, &pos);
	vterm_input_write(vt, no_margins, strlen(no_margins));
	/* A sequence that was begun has ended with that. */
	v->state = TERM_VT_TEXT;
	vt_put_cursor(vt, pos);
	vterm_set_size(vt, rows, cols);
	vterm_state_get_cursorpos(state, &pos);
	vt_put_cursor(vt, pos);
	if (rows < old_rows || cols < old_cols)
		vterm_input_write(vt, save, strlen(save));
}
