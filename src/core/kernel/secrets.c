#include "config.h"

#include "core/kernel/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/secret.h"
#include "core/kernel/core.h"
#include "policy/mask.h"

/*
 * The secrets that a client sends with its hello, by receiver and name: the
 * headers of model servers, the variables and headers of MCP servers. They are
 * kept apart from the start object, which is journaled.
 */

void
given_add(struct given *g, const char *owner, const cJSON *values)
{
	struct given_value *v;
	const cJSON *it;

	cJSON_ArrayForEach(it, values) {
		bool known = false;

		MEM_EACH(g, v, had)
			known = known || (strcmp(had->owner, owner) == 0 &&
			    strcmp(had->name, it->string) == 0);
		if (known || !cJSON_IsString(it))
			continue;
		v = GROW_ADD(g->v, g->v_len);
		v->owner = xstrdup(owner);
		v->name = xstrdup(it->string);
		v->value = secret_dup(it->valuestring);
	}
}

static void
given_free(struct given_value *v)
{
	FREE_ALL(v->owner, v->name);
	secret_free(v->value);
}

void
given_drop(struct given *g, const char *owner)
{
	size_t n = 0;

	MEM_EACH(g, v, it)
		if (strcmp(it->owner, owner) == 0)
			given_free(it);
		else
			g->v[n++] = *it;
	g->v_len = n;
}

void
given_release(struct given *g)
{
	MEM_EACH(g, v, it)
		given_free(it);
	free(g->v);
	memset(g, 0, sizeof(*g));
}

bool
given_has(const struct given *g, const char *owner, const char *name)
{
	MEM_EACH(g, v, it)
		if (strcmp(it->owner, owner) == 0 &&
		    strcasecmp(it->name, name) == 0)
			return true;
	return false;
}

void
given_lines(const struct given *g, const char *owner, struct buf *lines)
{
	MEM_EACH(g, v, it)
		if (strcmp(it->owner, owner) == 0) {
			buf_addf(lines, "%s: %s", it->name, it->value);
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
	MEM_EACH(g, v, it) {
		const char *value = it->value;

		/* In "Bearer KEY" only the key is secret. */
		if (strncasecmp(value, "bearer ", 7) == 0)
			mask_list_add(l, value + 7);
		else if (secret_is_value(it->name, value))
			mask_list_add(l, value);
	}
}

void
core_secrets(const struct core *c, struct mask_list *l)
{
	PART_EACH(c, p)
		if ((*p)->secrets != NULL)
			(*p)->secrets(c, l);
}

void
core_mask(const struct core *c, struct buf *b, const char *p, size_t n)
{
	AUTO(mask_list_release) struct mask_list secrets = { 0 };

	core_secrets(c, &secrets);
	mask_secrets(b, p, n, &secrets);
}

char *
core_masked(const struct core *c, const char *text)
{
	struct buf b = BUF_INIT(0);

	core_mask(c, &b, text, strlen(text));
	return buf_take(&b);
}
