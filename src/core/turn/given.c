#include "config.h"

#include "core/turn/given.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/secret.h"
#include "policy/mask.h"

void
given_add(struct given *g, const char *owner, const cJSON *values)
{
	struct given_value *v;
	const cJSON *it;
	size_t i;

	cJSON_ArrayForEach(it, values) {
		for (i = 0; i < g->len; i++)
			if (strcmp(g->v[i].owner, owner) == 0 &&
			    strcmp(g->v[i].name, it->string) == 0)
				break;
		if (i < g->len || !cJSON_IsString(it))
			continue;
		GROW(g->v, g->len);
		v = &g->v[g->len++];
		v->owner = xstrdup(owner);
		v->name = xstrdup(it->string);
		v->value = secret_dup(it->valuestring);
	}
}

void
given_release(struct given *g)
{
	size_t i;

	for (i = 0; i < g->len; i++) {
		free(g->v[i].owner);
		free(g->v[i].name);
		secret_free(g->v[i].value);
	}
	free(g->v);
	memset(g, 0, sizeof(*g));
}

void
given_lines(const struct given *g, const char *owner, struct buf *lines)
{
	size_t i;

	for (i = 0; i < g->len; i++)
		if (strcmp(g->v[i].owner, owner) == 0) {
			buf_addf(lines, "%s: %s", g->v[i].name, g->v[i].value);
			buf_addc(lines, '\0');
		}
}

void
given_wipe(struct buf *lines)
{
	if (lines->p != NULL)
		explicit_bzero(lines->p, lines->cap);
	buf_release(lines);
}

void
given_secrets(const struct given *g, struct mask_list *l)
{
	size_t i;

	for (i = 0; i < g->len; i++) {
		mask_list_add(l, g->v[i].value);
		/* Of "Bearer KEY" the key, too. */
		if (strncasecmp(g->v[i].value, "bearer ", 7) == 0)
			mask_list_add(l, g->v[i].value + 7);
	}
}
