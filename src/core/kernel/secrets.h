/*
 * secrets: what clients hand over that nobody may see, such as keys and headers,
 * and masking all that the session knows in what is journaled, shown or sent.
 */
#ifndef ASSENT_CORE_SECRETS_H
#define ASSENT_CORE_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct core;
struct mask_list;

struct given_value {
	char	*owner, *name;
	char	*value;		/* a secret */
};

struct given {
	struct given_value	*v;
	size_t			 v_len;
};

/* {"NAME": "VALUE"} for this owner; the first value of a name counts. */
void	given_add(struct given *, const char *owner, const cJSON *values);
/* Forget the secrets of this owner; of all owners. */
void	given_drop(struct given *, const char *owner);
void	given_release(struct given *);
/* Is there a secret of this name, in any case? */
bool	given_has(const struct given *, const char *owner, const char *name);
/* Append "NAME: VALUE" of each, with its NUL. Free them with given_wipe. */
void	given_lines(const struct given *, const char *owner, struct buf *);
void	given_wipe(struct buf *lines);
/* Add the values that are secret to what is masked. */
void	given_secrets(const struct given *, struct mask_list *);

/* Add the secrets of all parts; borrowed. */
void	core_secrets(const struct core *, struct mask_list *);
/* Append the text without them. */
void	core_mask(const struct core *, struct buf *, const char *p, size_t n);
char	*core_masked(const struct core *, const char *text);	/* malloc'ed */

#endif
