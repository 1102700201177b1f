/*
 * What a terminal type can do: from terminfo, and lists of types whose entries
 * don't say. The terminal isn't queried for it.
 */
#include "config.h"

#include "ui/term/tty-int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curses.h>
#include <term.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/term/tty.h"

const char *
tty_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == NULL || s == (const char *)-1 ? "" : s;
}

bool
tty_is_one_of(const char *name, const char *const *known, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

/* Types that have what xterm has, or ignore it. */
bool
tty_is_like_xterm(const char *name)
{
	static const char *const known[] = { "xterm", "screen", "tmux",
		"rxvt", "alacritty", "kitty", "foot", "st-", "wezterm",
		"konsole", "gnome", "vte", "contour", "ghostty" };

	return tty_is_one_of(name, known, MEM_COUNT(known));
}

bool
tty_is_in_tmux(void)
{
	const char *tmux = getenv("TMUX");

	return tmux != NULL && tmux[0] != '\0';
}

/* DECSET 2004 (bracketed paste). */
bool
tty_knows_paste(const char *name)
{
	return tty_string("BE")[0] != '\0' || tty_is_like_xterm(name);
}

/* Terminals with synchronized output. They aren't queried, because the answer
 * could arrive after we have exited. */
bool
tty_knows_sync(const char *name)
{
	static const char *const known[] = { "alacritty", "contour", "foot",
		"ghostty", "kitty", "wezterm", "xterm-ghostty",
		"xterm-kitty" };

	return tty_string("Sync")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known));
}

/* GNU screen would take a title for its own status line. */
bool
tty_knows_titles(const char *name)
{
	return tty_is_like_xterm(name) && (strncmp(name, "screen", 6) != 0 ||
	    tty_is_in_tmux());
}

/* XTWINOPS 22 and 23. */
bool
tty_knows_title_stack(const char *name)
{
	static const char *const known[] = { "alacritty", "foot", "ghostty",
		"kitty", "tmux", "wezterm", "xterm" };

	return tty_is_one_of(name, known, MEM_COUNT(known)) ||
	    tty_is_in_tmux();
}

/* Terminals whose entry says so, and some whose entry often doesn't. */
bool
tty_knows_copy(const char *name)
{
	static const char *const known[] = { "xterm", "tmux", "alacritty",
		"kitty", "foot", "wezterm", "contour", "ghostty" };

	return tty_string("Ms")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known));
}

/* Does it take RGB colours, though its entry counts 256?  GNU screen before 5
 * doesn't understand them, whatever runs it says. */
bool
tty_knows_shades(const char *name)
{
	const char *said = getenv("COLORTERM");

	if (name != NULL && strncmp(name, "screen", 6) == 0 &&
	    !tty_is_in_tmux())
		return false;
	return tigetflag("RGB") > 0 || tigetflag("Tc") > 0 || (said != NULL &&
	    (strcmp(said, "truecolor") == 0 || strcmp(said, "24bit") == 0));
}

/* A string of terminfo without its delays such as "$<5>", which a dying process
 * can't use. */
void
tty_add_bare(struct buf *b, const char *s)
{
	const char *pad;

	while ((pad = strstr(s, "$<")) != NULL) {
		buf_add(b, s, (size_t)(pad - s));
		pad = strchr(pad, '>');
		s = pad == NULL ? "" : pad + 1;
	}
	buf_adds(b, s);
}

/* Has it no alternate screen, so that the shell continues below our output? */
bool
tty_has_one_screen(void)
{
	return tty_string("rmcup")[0] == '\0';
}

/* One byte, or a sequence that begins as ESC [ and ESC O do. */
static bool
tty_is_usual_key(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	if ((c == 033 && s[1] != '\0' && strchr("[O", s[1]) != NULL) ||
	    c == 0x9b || c == 0x8f || isprint(c))
		return true;
	while (*s != '\0' && !isgraph((unsigned char)*s))
		s++;
	return *s == '\0';
}

/* The letters in other keys (a Wyse sends "^AA^M", a Heath "ESC ? y") could
 * decide something if a slow line cuts them off. */
bool
tty_has_usual_keys(void)
{
	size_t i;

	for (i = 0; strnames[i] != NULL; i++)
		if (strnames[i][0] == 'k' &&
		    !tty_is_usual_key(tty_string(strnames[i])))
			return false;
	return true;
}

/* Consoles, whose fonts are small, and old terminals. */
bool
tty_has_signs(void)
{
	static const char *const without[] = { "linux", "vt", "ansi", "cons",
		"sun", "wsvt", "pcansi" };
	const char *name = getenv("TERM");

	return name != NULL && (strncmp(name, "vte", 3) == 0 ||
	    !tty_is_one_of(name, without, MEM_COUNT(without)));
}

bool
tty_wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return no == NULL || no[0] == '\0';
}

/* Can wrapping be turned off?  Then a row with characters that this terminal
 * counts as wider than we do doesn't overflow into the next.  Without xenl,
 * curses relies on wrapping. */
bool
tty_can_unwrap(const char *name)
{
	static const char *const known[] = { "screen", "tmux" };

	return tigetflag("xenl") > 0 && (tty_string("rmam")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known)));
}
