/*
 * line-comment: comments on a line of a hunk.
 */
#ifndef ASSENT_UI_DIFF_LINE_COMMENT_H
#define ASSENT_UI_DIFF_LINE_COMMENT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct fold_hunk;
struct page;
struct ui;

/* Add the rows of the comment on this line, if there is one. */
void	line_comment_add(struct page *, const struct fold_hunk *,
	    int line);
bool	line_comment_key(struct ui *, enum action_id);
void	line_comment_send(struct ui *, const char *text);
/* A line from the core: an answer comes into view, or a notice says where it
 * is. */
void	line_comment_line(struct ui *, const cJSON *line);

#endif
