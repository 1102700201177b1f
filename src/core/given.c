#include "config.h"

#include "core/given.h"

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

static void
given_free(struct given_value *v)
{
	free(v->owner);
	free(v->name);
	secret_free(v->value);
}

void
given_drop(struct given *g, const char *owner)
{
	size_t i, n = 0;

	for (i = 0; i < g->len; i++)
		if (strcmp(g->v[i].owner, owner) == 0)
			given_free(&g->v[i]);
		else
			g->v[n++] = g->v[i];
	g->len = n;
}

void
given_release(struct given *g)
{
	size_t i;

	for (i = 0; i < g->len; i++)
		given_free(&g->v[i]);
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
		const char *value = g->v[i].value;

		/* Of "Bearer KEY" the key. */
		if (strncasecmp(value, "bearer ", 7) == 0)
			mask_list_add(l, value + 7);
		else if (secret_is_value(g->v[i].name, value))
			mask_list_add(l, value);
	}
}
