/*
 * stale: is the open proposal still the one that somebody looked at, and if
 * not, what is different?  A pure fold of a journal's proposal lines.
 */
#ifndef ASSENT_CMD_STALE_H
#define ASSENT_CMD_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct stale {
	int64_t	 id;		/* of the one that was looked at; 0: none */
	int	 version;
	cJSON	*then, *now;	/* its line, and the last one, or NULL */
};

/* "17.2", as show prints it. -1 if it is something else. */
int	stale_parse(const char *text, int64_t *id, int *version);
/* Any line; others than proposals are skipped. */
void	stale_line(struct stale *, const cJSON *line);
/* Is it another by now? Then *e says what is different. */
bool	stale_check(const struct stale *, struct err *e);
void	stale_release(struct stale *);

/* The line of a patch, before its first file, that says of which proposal it
 * is: written by show, read by decide. Other readers of patches skip it. */
void	stale_head(struct buf *, int64_t id, int version, const char *session);
/* 1 if the patch has one (*session malloc'ed), 0 if not, -1 with *e if it does
 * not read. */
int	stale_head_read(const char *patch, size_t n, int64_t *id,
	    int *version, char **session, struct err *e);

#endif
