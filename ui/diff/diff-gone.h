/*
 * diff-gone: what a new version of a proposal no longer has of the hunks that
 * the user looked at: whole hunks, and lines of those that changed.
 */
#ifndef ASSENT_UI_DIFF_DIFF_GONE_H
#define ASSENT_UI_DIFF_DIFF_GONE_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct page;
struct ui;

/* Before a line `decision` is folded: remember what the user rejects. */
void	diff_gone_decision(struct ui *, const cJSON *line);
/* Before a line `proposal`, whose hunks have these ids, sorted. */
void	diff_gone_line(struct ui *, const cJSON *line, const char *const *ids,
	    size_t len);
/* After it: compare, and count in ui.diff.version. */
void	diff_gone_settle(struct ui *);
/* Add what is no longer proposed; how many hunks, or parts of them. p: NULL
 * only counts. */
size_t	diff_gone_rows(const struct ui *, struct page *p);
void	diff_gone_release(struct ui *);

#endif
