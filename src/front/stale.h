/*
 * stale: checks whether the open proposal is still the one the user saw, and
 * describes the differences.  A pure fold of a journal's proposal lines.
 */
#ifndef ASSENT_FRONT_STALE_H
#define ASSENT_FRONT_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct stale {
	int64_t	 id;		/* of the one the user saw; 0: none */
	int	 version;
	cJSON	*then, *now;	/* its line, and the last one, or NULL */
};

/* "17.2", as printed by show. -1 for anything else. */
int	stale_parse(const char *text, int64_t *id, int *version);
/* Any line; skips all but proposals. */
void	stale_line(struct stale *, const cJSON *line);
/* Has it changed? Then *e describes the differences. */
bool	stale_check(const struct stale *, struct err *e);
void	stale_release(struct stale *);

/* The line before a patch's first file that names the proposal: written by
 * show, read by decide, skipped by other readers of patches. */
void	stale_head(struct buf *, int64_t id, int version, const char *session);
/* 1 if the patch has one (*session malloc'ed), 0 if not, -1 with *e if it is
 * invalid. */
int	stale_head_read(const char *patch, size_t n, int64_t *id,
	    int *version, char **session, struct err *e);

#endif
