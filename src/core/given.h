/*
 * given: what a client hands over with its hello, by whom it is for and by name:
 * the headers of model servers, the variables and headers of MCP servers. The
 * values are secret: they are kept apart from the start object, which is
 * journaled.
 */
#ifndef ASSENT_CORE_GIVEN_H
#define ASSENT_CORE_GIVEN_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct mask_list;

struct given_value {
	char	*owner, *name;
	char	*value;		/* a secret */
};

struct given {
	struct given_value	*v;
	size_t			 len;
};

/* {"NAME": "VALUE"} for this owner; the first value of a name counts. */
void	given_add(struct given *, const char *owner, const cJSON *values);
/* Forget those of this owner. */
void	given_drop(struct given *, const char *owner);
void	given_release(struct given *);
/* Append "NAME: VALUE" of each, with its NUL. Free them with given_wipe. */
void	given_lines(const struct given *, const char *owner, struct buf *);
void	given_wipe(struct buf *lines);
/* Add the values that are secret to what is masked. */
void	given_secrets(const struct given *, struct mask_list *);

#endif
