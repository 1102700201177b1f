/*
 * export: what the screen shows, looked at elsewhere: a proposed file in the
 * editor, a pane's text in the pager, a part of it in the clipboard.  What comes
 * back from there is thrown away; nothing of it counts as seen, and nothing is
 * decided there.
 */
#ifndef ASSENT_UI_PANES_EXPORT_H
#define ASSENT_UI_PANES_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "front/action.h"

#define EXPORT_COPY_MAX	24000	/* bytes: terminals take more, slow lines not */
#define EXPORT_KEPT_MAX	((size_t)16 << 20)	/* of one output, in a pager */

struct ui;

struct ui_look {
	char	*wanted;		/* id of the hunk whose file was asked
					   for, */
	int64_t	 asked;			/* by the key of that time */
	char	*name, *text;		/* of the file for editor or pager */
	size_t	 len;
	int	 line;			/* to begin at, from 1 */
	bool	 pager;
	char	*copy;			/* for the terminal's clipboard */
	size_t	 copy_len;
};

/* What a pane gives: all that it has, sanitized, for the pager; or what the
 * cursor is on, as it is, to be copied. */
struct export {
	struct buf	 text;
	const char	*name;		/* pager: of the file */
	int		 line;		/* pager: to begin at, from 1 */
	const char	*what;		/* copy: "the line is" */
};

bool	export_key(struct ui *, enum action_id);
void	export_line(struct ui *, const cJSON *line);	/* the core's answer */
/* The editor or pager has ended: what is in its file now, or NULL and why. */
void	export_done(struct ui *, const char *text, size_t len, const char *why);
void	export_clear(struct ui *);

/* ---- for the panes ---- */
/* Append foreign text, and a newline if it does not end in one. */
void	export_add(struct export *, const struct ui *, const char *text,
	    size_t len);
/* Append one line: our words, then a foreign text. */
void	export_add_line(struct export *, const struct ui *, const char *before,
	    const char *text);
/* Newlines in a text. */
int	export_lines(const char *, size_t);

#endif
