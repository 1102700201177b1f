#include "config.h"

#include "ui/term/ground.h"

#include <stdlib.h>
#include <string.h>

static const char ground_begin[] = "\033]11;";

enum palette_ground
ground_by_environment(const char *colorfgbg, const char *term)
{
	const char *last;
	char *end;
	long n;

	if (colorfgbg != NULL && (last = strrchr(colorfgbg, ';')) != NULL) {
		n = strtol(last + 1, &end, 10);
		if (end > last + 1 && *end == '\0' && n >= 0 && n < 16)
			return n < 7 || n == 8 ? PALETTE_DARK : PALETTE_LIGHT;
	}
	/* The console of Linux. */
	return term != NULL && strncmp(term, "linux", 5) == 0 ? PALETTE_DARK :
	    PALETTE_UNKNOWN;
}

/* A part of a colour, of one to four hex digits, in thousandths; -1: none. */
static long
ground_part(const char *s, char **end)
{
	long n = strtol(s, end, 16), most = 1;
	size_t digits = (size_t)(*end - s);

	if (digits < 1 || digits > 4)
		return -1;
	while (digits-- > 0)
		most *= 16;
	return n * 1000 / (most - 1);
}

/* "rgb:R/G/B", or "rgba:R/G/B/A". */
static enum palette_ground
ground_read(const char *s)
{
	const char *p = strchr(s, ':');
	long parts[3];
	char *end;
	int i;

	if (strncmp(s, "rgb", 3) != 0 || p == NULL)
		return PALETTE_UNKNOWN;
	for (i = 0; i < 3; i++, p = end) {
		parts[i] = ground_part(p + 1, &end);
		if (parts[i] < 0 || (i < 2 && *end != '/'))
			return PALETTE_UNKNOWN;
	}
	return parts[0] * 299 + parts[1] * 587 + parts[2] * 114 > 500000 ?
	    PALETTE_LIGHT : PALETTE_DARK;
}

static bool
ground_byte(struct ground *g, unsigned char c)
{
	if (c == 0x9d) {
		g->matched = 2;		/* ESC ] as one byte */
		return false;
	}
	if (g->matched < sizeof(ground_begin) - 1) {
		g->matched = c == (unsigned char)ground_begin[g->matched] ?
		    g->matched + 1 : c == 0x1b;
		return false;
	}
	if (c >= 0x20 && c < 0x7f) {
		if (g->len < sizeof(g->answer) - 1)
			g->answer[g->len++] = (char)c;
		return false;
	}
	/* BEL, or the ESC of its end, or ST as one byte. */
	g->answer[g->len] = '\0';
	g->matched = g->len = 0;
	return true;
}

bool
ground_feed(struct ground *g, const char *p, size_t n,
    enum palette_ground *out)
{
	bool whole = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (ground_byte(g, (unsigned char)p[i])) {
			whole = true;
			*out = ground_read(g->answer);
		}
	return whole;
}
