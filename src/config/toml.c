/* See toml.h. A descent through the text, which ends with a NUL, so that looking
 * ahead never leaves it. */

#include "config.h"

#include "config/toml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define TOML_DEPTH 16

struct toml {
	const char	*p;
	int		 depth;
	const char	*why, *at;	/* the first error, or NULL; its place */
};

static void
toml_fail(struct toml *t, const char *why)
{
	if (t->why != NULL)
		return;
	t->why = why;
	t->at = t->p;
}

/* Skip spaces and, with `lines`, comments and ends of lines. */
static void
toml_space(struct toml *t, bool lines)
{
	for (;;) {
		t->p += strspn(t->p, lines ? " \t\r\n" : " \t");
		if (!lines || *t->p != '#')
			return;
		t->p += strcspn(t->p, "\n");
	}
}

/* The character comes next, and is skipped. */
static bool
toml_is(struct toml *t, char c)
{
	if (*t->p != c || c == '\0')
		return false;
	t->p++;
	return true;
}

/* One of the four kinds of strings; malloc'ed. */
static char *
toml_string(struct toml *t)
{
	const char quote[4] = { *t->p, *t->p, *t->p, '\0' };
	size_t n = strncmp(t->p, quote, 3) == 0 ? 3 : 1;
	const char *from = t->p, *text = from + n;
	AUTO_JSON cJSON *o = NULL;

	for (t->p += n; strncmp(t->p, quote, n) != 0; t->p++) {
		if (*t->p == '\\' && quote[0] == '"' && t->p[1] != '\0')
			t->p++;
		if (*t->p == '\0' || (n == 1 && *t->p == '\n')) {
			toml_fail(t, "unterminated string");
			return xstrdup("");
		}
	}
	t->p += n;
	if (quote[0] == '\'' || n == 3) {
		text += n == 3 && *text == '\n';
		return xmemdup(text, (size_t)(t->p - n - text));
	}
	o = json_parse(from, (size_t)(t->p - from), JSON_NUL_REFUSE, NULL);
	if (o == NULL)
		toml_fail(t, "unknown escape");
	return xstrdup(o == NULL ? "" : o->valuestring);
}

static char *
toml_key(struct toml *t)
{
	size_t n;

	toml_space(t, false);
	if (*t->p == '"' || *t->p == '\'')
		return toml_string(t);
	n = strspn(t->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-");
	if (n == 0)
		toml_fail(t, "a key is missing");
	t->p += n;
	return xmemdup(t->p - n, n);
}

/* The table of that name in this one. */
static cJSON *
toml_table(struct toml *t, cJSON *in, const char *name)
{
	cJSON *o = cJSON_GetObjectItemCaseSensitive(in, name);

	if (o == NULL)
		o = cJSON_AddObjectToObject(in, name);
	if (cJSON_IsObject(o))
		return o;
	toml_fail(t, "not a table");
	return in;
}

/* a.b.c: *in becomes the table of the last name, which is returned. */
static char *
toml_dotted(struct toml *t, cJSON **in)
{
	char *name = toml_key(t);
	int depth = 0;

	toml_space(t, false);
	while (t->why == NULL && toml_is(t, '.')) {
		if (++depth > TOML_DEPTH)
			toml_fail(t, "nested too deeply");
		*in = toml_table(t, *in, name);
		free(name);
		name = toml_key(t);
		toml_space(t, false);
	}
	return name;
}

static cJSON *toml_value(struct toml *);

static void
toml_pair(struct toml *t, cJSON *in)
{
	AUTO_FREE char *name = toml_dotted(t, &in);

	if (!toml_is(t, '='))
		toml_fail(t, "= is missing");
	toml_space(t, false);
	json_set_take(in, name, toml_value(t));
}

/* [ value, ... ] or { key = value, ... } */
static cJSON *
toml_items(struct toml *t)
{
	bool list = *t->p++ == '[';
	cJSON *o = list ? cJSON_CreateArray() : cJSON_CreateObject();

	if (t->depth++ >= TOML_DEPTH)
		toml_fail(t, "nested too deeply");
	for (toml_space(t, true); t->why == NULL && !toml_is(t, list ? ']' :
	    '}'); toml_space(t, true)) {
		if (list)
			cJSON_AddItemToArray(o, toml_value(t));
		else
			toml_pair(t, o);
		toml_space(t, true);
		if (!toml_is(t, ',') && *t->p != (list ? ']' : '}'))
			toml_fail(t, "a comma is missing");
	}
	t->depth--;
	return o;
}

static cJSON *
toml_value(struct toml *t)
{
	AUTO_FREE char *text = NULL;
	size_t n = strcspn(t->p, ",]}# \t\r\n");
	double number;
	char *end;

	if (*t->p == '[' || *t->p == '{')
		return toml_items(t);
	if (*t->p == '"' || *t->p == '\'') {
		text = toml_string(t);
		return cJSON_CreateString(text);
	}
	if (n == 0)
		toml_fail(t, "a value is missing");
	text = xmemdup(t->p, n);
	t->p += n;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return cJSON_CreateBool(text[0] == 't');
	number = strtod(text, &end);
	return n == 0 || *end != '\0' || strpbrk(text, "xXnN_") != NULL ?
	    cJSON_CreateString(text) : cJSON_CreateNumber(number);
}

/* [a.b], or [[a.b]]: what follows is in this table. */
static cJSON *
toml_head(struct toml *t, cJSON *top)
{
	bool list = toml_is(t, '[');
	AUTO_FREE char *name = toml_dotted(t, &top);

	if (!toml_is(t, ']') || (list && !toml_is(t, ']')))
		toml_fail(t, "] is missing");
	return toml_table(t, top, name);
}

cJSON *
toml_parse(const char *p, size_t n, struct err *e)
{
	AUTO_FREE char *text = xmemdup(p, n);
	struct toml t = { .p = text };
	cJSON *top = cJSON_CreateObject(), *at = top;
	const char *s;
	int line = 1;

	if (strlen(text) != n || !utf8_is_valid(p, n))
		toml_fail(&t, "not UTF-8 text");
	t.p += utf8_bom(text, n);
	for (toml_space(&t, true); *t.p != '\0' && t.why == NULL;
	    toml_space(&t, true)) {
		if (toml_is(&t, '['))
			at = toml_head(&t, top);
		else
			toml_pair(&t, at);
		toml_space(&t, false);
		if (strchr("#\r\n", *t.p) == NULL)
			toml_fail(&t, "the line doesn't end here");
	}
	if (t.why == NULL)
		return top;
	for (s = text; s < t.at; s++)
		line += *s == '\n';
	err_set(e, "line %d: %s", line, t.why);
	cJSON_Delete(top);
	return NULL;
}
