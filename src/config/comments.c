/*
 * Our JSON files: comments and a comma after the last item are allowed. Both are
 * replaced by spaces, so that one parser reads everything and its positions are
 * those of the file.
 */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "config/config-int.h"

static void
comments_blank(char *p, size_t from, size_t to)
{
	for (; from < to; from++)
		if (p[from] != '\n' && p[from] != '\r')
			p[from] = ' ';
}

/* The end of the string or comment at i, or i if there is none; n + 1: it has no
 * end. */
static size_t
comments_skip(const char *p, size_t n, size_t i)
{
	size_t from = i;

	if (p[i] == '"') {
		for (i++; i < n && p[i] != '"'; i++)
			if (p[i] == '\\')
				i++;
		return i >= n ? n + 1 : i + 1;
	}
	if (p[i] != '/' || i + 1 >= n)
		return i;
	if (p[i + 1] == '/') {
		while (i < n && p[i] != '\n')
			i++;
	} else if (p[i + 1] == '*') {
		for (i += 2; i + 1 < n && (p[i] != '*' || p[i + 1] != '/');)
			i++;
		i = i + 1 >= n ? n + 1 : i + 2;
	}
	return i < from ? from : i;
}

/* Replaces comments; *at is where one, or a string, has no end. */
static int
comments_strip(char *p, size_t n, size_t *at, struct err *e)
{
	size_t i, end;

	for (i = 0; i < n; i = end == i ? i + 1 : end) {
		end = comments_skip(p, n, i);
		*at = i;
		if (end > n)
			return err_set(e, p[i] == '"' ? "unterminated string" :
			    "unterminated comment");
		if (end > i && p[i] == '/')
			comments_blank(p, i, end);
	}
	return 0;
}

/* A comma between a value and the bracket that closes its list. */
static void
comments_commas(char *p, size_t n)
{
	size_t i, end, last = n, before = n;	/* what isn't space; n: none */

	for (i = 0; i < n; i = end == i ? i + 1 : end) {
		end = comments_skip(p, n, i);
		if (memchr(" \t\r\n", p[i], 4) != NULL)
			continue;
		if ((p[i] == '}' || p[i] == ']') && last < n && before < n &&
		    p[last] == ',' && strchr(",:[{", p[before]) == NULL)
			p[last] = ' ';
		before = last;
		last = i;
	}
}

/* "line 3, column 5: ..." */
static void
comments_place(const char *p, size_t at, const struct err *why, struct err *e)
{
	size_t i, line = 1, column = 1;

	for (i = 0; i < at; i++) {
		/* A character counts once. */
		column += ((unsigned char)p[i] & 0xc0) != 0x80;
		if (p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	err_set(e, "line %zu, column %zu: %s", line, column, why->text);
}

cJSON *
config_json(char *p, size_t n, struct err *e)
{
	struct err why = ERR_INIT;
	cJSON *o = NULL;
	size_t at = 0;

	if (comments_strip(p, n, &at, &why) == 0) {
		comments_commas(p, n);
		o = json_parse_at(p, n, JSON_NUL_REFUSE, &at, &why);
	}
	if (o == NULL)
		comments_place(p, at, &why, e);
	return o;
}
