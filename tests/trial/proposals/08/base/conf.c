#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without the spaces at both ends; the text is changed. */
static char *
conf_strip(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* Is there nothing in it but a comment? */
static bool
conf_is_blank(const char *s)
{
	return *s == '\0' || *s == '#' || *s == ';';
}

static bool
conf_is_name(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
	return true;
}

/* The value without quotes, and with \n, \t, \" and \\ as what they stand
 * for; false if a quote doesn't end or something follows it. */
static bool
conf_unquote(char *s)
{
	char *to = s;

	if (*s != '"')
		return true;
	for (s++; *s != '"'; s++) {
		if (*s == '\0')
			return false;
		if (*s == '\\') {
			s++;
			if (*s == 'n')
				*to++ = '\n';
			else if (*s == 't')
				*to++ = '\t';
			else if (*s == '"' || *s == '\\')
				*to++ = *s;
			else
				return false;
			continue;
		}
		*to++ = *s;
	}
	*to = '\0';
	return s[1] == '\0';
}

static void
conf_add(struct conf *c, const char *section, const char *name,
    const char *value)
{
	struct conf_entry *e;
	size_t n = strlen(section) + strlen(name) + 2;

	c->v = realloc(c->v, (c->len + 1) * sizeof(*c->v));
	if (c->v == NULL)
		abort();
	e = &c->v[c->len++];
	e->name = malloc(n);
	e->value = strdup(value);
	if (e->name == NULL || e->value == NULL)
		abort();
	snprintf(e->name, n, "%s%s%s", section, *section == '\0' ? "" : ".",
	    name);
}

/* One line; NULL, or what is wrong with it. */
static const char *
conf_line(struct conf *c, char *line, char *section, size_t size)
{
	char *s = conf_strip(line), *value;
	size_t n;

	if (conf_is_blank(s))
		return NULL;
	if (*s == '[') {
		n = strlen(s);
		if (s[n - 1] != ']')
			return "a section ends with ]";
		s[n - 1] = '\0';
		s = conf_strip(s + 1);
		if (!conf_is_name(s))
			return "not a name";
		if (strlen(s) >= size)
			return "the name is too long";
		strcpy(section, s);
		return NULL;
	}
	value = strchr(s, '=');
	if (value == NULL)
		return "no = in it";
	*value++ = '\0';
	s = conf_strip(s);
	value = conf_strip(value);
	if (!conf_is_name(s))
		return "not a name";
	if (!conf_unquote(value))
		return "the quotes are wrong";
	conf_add(c, section, s, value);
	return NULL;
}

int
conf_read(struct conf *c, const char *path)
{
	char *line = NULL, section[64] = "";
	const char *why;
	size_t cap = 0;
	unsigned number = 0;
	int rc = 0;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		snprintf(c->error, sizeof(c->error), "%s: %s", path,
		    strerror(errno));
		return -1;
	}
	while (rc == 0 && getline(&line, &cap, f) >= 0) {
		number++;
		why = conf_line(c, line, section, sizeof(section));
		if (why != NULL) {
			snprintf(c->error, sizeof(c->error), "%s:%u: %s", path,
			    number, why);
			rc = -1;
		}
	}
	free(line);
	fclose(f);
	return rc;
}

const char *
conf_get(const struct conf *c, const char *name)
{
	size_t i;

	for (i = c->len; i > 0; i--)
		if (strcmp(c->v[i - 1].name, name) == 0)
			return c->v[i - 1].value;
	return NULL;
}

void
conf_release(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->len; i++) {
		free(c->v[i].name);
		free(c->v[i].value);
	}
	free(c->v);
	*c = (struct conf){ 0 };
}
