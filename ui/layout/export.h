/*
 * export: what the screen shows, looked at elsewhere: a proposed file in the
 * editor, a pane's text in the pager, a part of it in the clipboard.  What comes
 * back from there is thrown away; nothing of it counts as seen, and nothing is
 * decided there.
 */
#ifndef ASSENT_UI_LAYOUT_EXPORT_H
#define ASSENT_UI_LAYOUT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/action.h"

#define EXPORT_COPY_MAX	24000	/* bytes: terminals take more, slow lines not */
#define EXPORT_KEPT_MAX	((size_t)16 << 20)	/* of one output, in a pager */

struct ui;

/* What a pane gives: all that it has, sanitized, for the pager; or what the
 * cursor is on, as it is, to be copied. */
struct export {
	struct buf	 text;
	const char	*name;		/* pager: of the file */
	int		 line;		/* pager: to begin at, from 1 */
	const char	*what;		/* copy: "the line is" */
};

bool	export_key(struct ui *, enum action_id);
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
