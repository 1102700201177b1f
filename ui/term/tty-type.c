/*
 * Which entry of terminfo describes the terminal.  Servers often don't know
 * what their users sit at, so the types of contrib/terminfo are built in, and a
 * name that nobody knows says what its terminal resembles.  The terminal isn't
 * asked.
 */

#include "config.h"

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "base/mem.h"
#include "ui/term/tty-int.h"

/* Compiled entries, in the form that TERMINFO may have. */
static const struct {
	const char	*names;		/* "xterm-ghostty|ghostty" */
	const char	*entry;
} tty_types[] = {
#include "ui/term/types.inc"
};

/* By the name's beginning and end: the type to use; the first row counts. */
static const struct {
	const char	*begins, *ends, *type;
} tty_alikes[] = {
	{ "alacritty", "", "alacritty" },
	{ "contour", "", "contour" },
	{ "foot", "", "foot" },
	{ "ghostty", "", "ghostty" },
	{ "kitty", "", "kitty" },
	{ "linux", "", "linux" },
	{ "rio", "", "rio" },
	{ "screen", "-256color", "screen-256color" },
	{ "screen", "", "screen" },
	{ "tmux", "", "tmux-256color" },
	{ "wezterm", "", "wezterm" },
	{ "xterm", "", "xterm-256color" },
	{ "", "-256color", "xterm-256color" },
	/* All terminals that are made today can do what this one could. */
	{ "", "", TTY_TYPE_LEAST },
};

static bool
tty_type_is(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (; names != NULL; names = strchr(names, '|')) {
		names += *names == '|';
		if (strcspn(names, "|") == n && memcmp(names, name, n) == 0)
			return true;
	}
	return false;
}

/* A type that can't be used on a screen, such as paper, is known, too. */
static bool
tty_type_system(const char *name)
{
	int known = 0;

	return setupterm(name, STDOUT_FILENO, &known) == OK || known == 1;
}

static bool
tty_type_own(const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(tty_types); i++) {
		if (!tty_type_is(tty_types[i].names, name))
			continue;
		setenv("TERMINFO", tty_types[i].entry, 1);
		return tty_type_system(name);
	}
	return false;
}

static const char *
tty_type_alike(const char *name)
{
	size_t i, n = strlen(name), begins, ends;

	for (i = 0; i < MEM_COUNT(tty_alikes); i++) {
		begins = strlen(tty_alikes[i].begins);
		ends = strlen(tty_alikes[i].ends);
		if (n >= begins + ends &&
		    memcmp(name, tty_alikes[i].begins, begins) == 0 &&
		    strcmp(name + n - ends, tty_alikes[i].ends) == 0)
			break;
	}
	return tty_alikes[i].type;
}

const char *
tty_type_load(const char *name)
{
	const char *type = name;

	if (!tty_type_system(name) && !tty_type_own(name)) {
		type = tty_type_alike(name);
		if (!tty_type_system(type) && !tty_type_own(type))
			return NULL;
		setenv("TERM", type, 1);
	}
	return type;
}
