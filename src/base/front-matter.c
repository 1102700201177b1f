#include "config.h"

#include "base/front-matter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

/* How the lines of a value become one text. */
enum style {
	PLAIN,		/* folded, without comments */
	QUOTED,		/* folded */
	LITERAL,	/* | */
	FOLDED,		/* > */
};

struct line {
	const char	*p;	/* without what ends it, and spaces there */
	size_t		 n;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
line_trim(struct line *l)
{
	while (l->n > 0 && is_blank(l->p[l->n - 1]))
		l->n--;
}

static bool
line_next(const char *text, size_t n, size_t *at, struct line *l)
{
	if (*at >= n)
		return false;
	l->p = text + *at;
	l->n = (size_t)(mem_line_end(l->p, text + n) - l->p);
	*at = (size_t)(mem_line_after(l->p, text + n) - text);
	line_trim(l);
	return true;
}

static size_t
line_indent(struct line l)
{
	size_t i = 0;

	while (i < l.n && is_blank(l.p[i]))
		i++;
	return i;
}

static struct line
line_from(struct line l, size_t start)
{
	return (struct line){ l.p + start, l.n - start };
}

/* The line after its indentation. */
static struct line
line_text(struct line l)
{
	return line_from(l, line_indent(l));
}

static void
line_cut_comment(struct line *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->p[i] == '#' && (i == 0 || is_blank(l->p[i - 1]))) {
			l->n = i;
			line_trim(l);
		}
	}
}

static bool
line_is_item(struct line l)
{
	return l.n > 0 && *l.p == '-' && (l.n == 1 || is_blank(l.p[1]));
}

/* The position of the colon after a key, which may be in quotes; 0 if the line
 * doesn't begin with one. */
static size_t
line_key(struct line l, struct line *key)
{
	size_t quoted = l.n > 0 && (*l.p == '"' || *l.p == '\''), i = quoted;

	while (i < l.n && (isalnum((unsigned char)l.p[i]) ||
	    strchr("_-.", l.p[i]) != NULL))
		i++;
	*key = (struct line){ l.p + quoted, i - quoted };
	if (quoted && (i == l.n || l.p[i++] != *l.p))
		return 0;
	return key->n > 0 && i < l.n && l.p[i] == ':' &&
	    (i + 1 == l.n || is_blank(l.p[i + 1])) ? i : 0;
}

/* Does it belong to the value of the key before it? */
static bool
line_continues(struct line l)
{
	return l.n == 0 || is_blank(*l.p) || *l.p == '#' || line_is_item(l);
}

/* The text in quotes, malloc'ed; NULL: it has none, or there is more than a
 * comment after them. */
static char *
unquote(struct line l)
{
	struct buf b = BUF_INIT(0);
	char quote = l.n > 0 ? *l.p : '\0';
	struct line rest;
	size_t i;
	cJSON *s;

	if (quote != '"' && quote != '\'')
		return NULL;
	for (i = 1; i < l.n; i++) {
		if (i + 1 < l.n && quote == '"' && l.p[i] == '\\')
			buf_addc(&b, l.p[i++]);
		else if (i + 1 < l.n && quote == '\'' &&
		    memcmp(l.p + i, "''", 2) == 0)
			i++;
		else if (l.p[i] == quote)
			break;
		buf_addc(&b, l.p[i]);
	}
	rest = line_from(l, i < l.n ? i + 1 : 0);
	line_cut_comment(&rest);
	if (line_text(rest).n > 0) {
		buf_release(&b);
		return NULL;
	}
	/* Its escapes are those of JSON; where they aren't, as in "C:\dir", the
	 * text stays as it is. */
	if (quote == '"' &&
	    (s = json_parse(l.p, i + 1, JSON_NUL_REPLACE, NULL)) != NULL) {
		buf_clear(&b);
		buf_adds(&b, s->valuestring);
		cJSON_Delete(s);
	}
	return buf_take(&b);
}

/* A value of several lines, as they are joined. */
struct value {
	struct buf	 text;
	enum style	 style;
	size_t		 indent;	/* of a block: its first line's */
	size_t		 blanks;	/* blank lines since the last one */
};

/* Append one more line after those before it. */
static void
value_add(struct value *v, struct line l)
{
	bool block = v->style == LITERAL || v->style == FOLDED;
	size_t indent = line_indent(l);

	if (v->text.len == 0)
		v->indent = indent;
	l = line_from(l, block && indent > v->indent ? v->indent : indent);
	if (v->style == PLAIN)
		line_cut_comment(&l);
	if (l.n == 0) {
		v->blanks++;
		return;
	}
	if (v->text.len > 0) {
		v->blanks += v->style == LITERAL;
		if (v->blanks == 0)
			buf_addc(&v->text, ' ');
		while (v->blanks > 0) {
			buf_addc(&v->text, '\n');
			v->blanks--;
		}
	}
	v->blanks = 0;
	buf_add(&v->text, l.p, l.n);
}

/* Join a key's value: the rest of its line and the lines below it;
 * malloc'ed. */
static char *
value_join(enum style style, struct line first, const char *p, size_t n)
{
	struct value v = { .text = BUF_INIT(0), .style = style };
	struct line l;
	size_t at = 0;

	if (first.n > 0)
		value_add(&v, first);
	while (line_next(p, n, &at, &l))
		value_add(&v, l);
	return buf_take(&v.text);
}

/* "|", ">-" and the like: a block is below it. */
static bool
line_is_block(struct line l)
{
	line_cut_comment(&l);
	return l.n > 0 && (*l.p == '|' || *l.p == '>') &&
	    (l.n == 1 || (l.n < 4 && strchr("+-123456789", l.p[1]) != NULL));
}

static char *
value_read(struct line first, const char *p, size_t n)
{
	struct line l = first, bare = first, none = { p, 0 }, key;
	char *text, *quoted;
	size_t at = 0;

	if (line_is_block(first))
		return value_join(*first.p == '|' ? LITERAL : FOLDED, none, p,
		    n);
	line_cut_comment(&bare);
	while (bare.n == 0 && line_next(p, n, &at, &l)) {
		bare = line_text(l);
		line_cut_comment(&bare);
	}
	if (at > 0 && line_key(bare, &key) > 0)
		return xstrdup("");	/* a mapping */
	text = value_join(QUOTED, first, p, n);
	quoted = unquote((struct line){ text, strlen(text) });
	FREE_SET(text, quoted != NULL ? quoted :
	    value_join(PLAIN, first, p, n));
	return text;
}

/* The lines from `at` up to the line "---", and where the body begins after it;
 * false: there is no such line. */
static bool
find_end(const char *text, size_t n, size_t at, size_t *end, size_t *body)
{
	struct line l;

	do {
		*end = at;
		if (!line_next(text, n, &at, &l))
			return false;
	} while (l.n != 3 || memcmp(l.p, "---", 3) != 0);
	*body = at;
	return true;
}

int
front_matter_parse(struct front_matter *fm, const char *text, size_t n,
    struct err *e)
{
	size_t at, end, start, next, colon, number = 0;
	struct line l, key, more;
	int rc = 0;

	*fm = (struct front_matter){ .body = utf8_bom(text, n) };
	if (!utf8_is_valid(text, n) || memchr(text, '\0', n) != NULL)
		return err_set(e, "it isn't UTF-8 text");
	at = fm->body;
	do {
		number++;
		if (!line_next(text, n, &at, &l))
			return 0;
	} while (l.n == 0);
	if (l.n != 3 || memcmp(l.p, "---", 3) != 0)
		return 0;
	if (!find_end(text, n, at, &end, &fm->body))
		return err_set(e, "line %zu: no second line \"---\" ends what "
		    "begins here", number);
	while (line_next(text, end, &at, &l)) {
		number++;
		if (l.n == 0 || *l.p == '#')
			continue;
		if ((colon = line_key(l, &key)) == 0) {
			rc = err_set(e, "line %zu: no \"key: value\"", number);
			continue;
		}
		for (start = next = at; line_next(text, end, &next, &more) &&
		    line_continues(more); at = next)
			number++;
		*GROW_ADD(fm->fields, fm->nfields) =
		    (struct front_matter_field){
			xmemdup(key.p, key.n),
			value_read(line_text(line_from(l, colon + 1)),
			    text + start, at - start)
		};
	}
	return rc;
}

void
front_matter_release(struct front_matter *fm)
{
	while (fm->nfields > 0) {
		FREE_ALL(fm->fields[--fm->nfields].key,
		    fm->fields[fm->nfields].value);
	}
	FREE_NULL(fm->fields);
}

const char *
front_matter_get(const struct front_matter *fm, const char *key)
{
	size_t i;

	for (i = fm->nfields; i > 0; i--) {
		if (strcmp(fm->fields[i - 1].key, key) == 0)
			return fm->fields[i - 1].value;
	}
	return NULL;
}
