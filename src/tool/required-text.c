/*
 * required-text: see required-text.h. This reads only the common part of
 * PCRE2's syntax, and knows nothing about a pattern with anything else in it.
 */
#include "config.h"

#include "tool/required-text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define REQUIRED_LEAST	2	/* bytes of a text that are worth it */

/* A match contains one of these. */
struct required {
	struct buf	 words;		/* quoted, each with a NUL */
	size_t		 len;		/* how many */
	size_t		 least;		/* bytes of the shortest; 0: unknown */
};

struct required_parse {
	const char	*p;
	bool		 quoted;	/* after \Q */
	bool		 unknown;	/* syntax that isn't read here */
};

/* The text that is being read, as long as each part follows the other. */
struct required_run {
	struct buf	 word;
	size_t		 n;
};

enum required_atom {
	REQUIRED_CHAR,		/* in the run */
	REQUIRED_EMPTY,		/* takes no text: \b, ^, (?!...) */
	REQUIRED_OTHER,		/* other text, or a group */
};

static void	required_branches(struct required_parse *, struct required *);

static bool
required_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static void
required_clear(struct required *r)
{
	buf_release(&r->words);
	*r = (struct required){ .len = 0 };
}

/* Keep the better of both; `other` is empty afterwards. */
static void
required_better(struct required *best, struct required *other)
{
	struct required keep = *best;

	if (other->least > best->least) {
		*best = *other;
		*other = keep;
	}
	required_clear(other);
}

/* The run ends here. */
static void
required_run_end(struct required_run *run, struct required *best)
{
	struct required r = { .len = 1, .least = run->n };

	buf_addc(&run->word, '\0');
	r.words = run->word;
	required_better(best, &r);
	*run = (struct required_run){ .n = 0 };
}

/* One character, which can have several bytes. */
static void
required_char(struct required_parse *s, struct required_run *run)
{
	do {
		if ((unsigned char)*s->p < 0x80 && !required_is_alnum(*s->p))
			buf_addc(&run->word, '\\');
		buf_addc(&run->word, *s->p++);
		run->n++;
	} while (((unsigned char)*s->p & 0xc0) == 0x80);
}

/* Past a class, [...]. */
static void
required_class(struct required_parse *s)
{
	const char *p = s->p + 1;

	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != ']' && *p != '\0' && !s->unknown; p++) {
		if (*p == '\\') {
			p++;
			s->unknown = *p == 'Q' || *p == 'E' || *p == '\0';
		} else if (*p == '[' && p[1] == ':') {
			p += 2 + (p[2] == '^');
			p += strspn(p, "abcdefghijklmnopqrstuvwxyz");
			s->unknown = p[0] != ':' || p[1] != ']';
			p++;
		}
	}
	if (s->unknown || *p == '\0')
		s->unknown = true;
	else
		s->p = p + 1;
}

/* (...), with what a match of it contains in *group. */
static enum required_atom
required_group(struct required_parse *s, struct required *group)
{
	const char *p = s->p + 1;
	bool looks = false;

	if (*p == '?') {
		p++;
		if (*p == '<' && (p[1] == '=' || p[1] == '!'))
			p++;
		looks = *p == '=' || *p == '!';
		if (!looks && *p != ':' && *p != '>')
			s->unknown = true;
		p++;
	} else if (*p == '*') {
		s->unknown = true;
	}
	if (s->unknown)
		return REQUIRED_OTHER;
	s->p = p;
	required_branches(s, group);
	if (*s->p == ')')
		s->p++;
	else
		s->unknown = true;
	if (looks)
		required_clear(group);
	return looks ? REQUIRED_EMPTY : REQUIRED_OTHER;
}

static enum required_atom
required_escape(struct required_parse *s, struct required_run *run)
{
	char c = *++s->p;

	if (c != '\0' && (unsigned char)c < 0x80 && !required_is_alnum(c)) {
		required_char(s, run);
		return REQUIRED_CHAR;
	}
	if (c == '\0' || strchr("bBAzZGKdDwWsShHvVRX", c) == NULL) {
		s->unknown = true;
		return REQUIRED_OTHER;
	}
	s->p++;
	return strchr("bBAzZGK", c) != NULL ? REQUIRED_EMPTY : REQUIRED_OTHER;
}

/* Past the quantifier at s->p, if there is one; sets *none if the item before it
 * can be missing. */
static bool
required_quantifier(struct required_parse *s, bool *none)
{
	const char *p = s->p;
	bool zero = *p == '?' || *p == '*';

	if (s->quoted)
		return false;
	if (*p == '{') {
		size_t n = strspn(p + 1, "0123456789");

		zero = strspn(p + 1, "0") == n;
		if (n > 0 && p[1 + n] == ',')
			n += 1 + strspn(p + 2 + n, "0123456789");
		if (n == 0 || p[1 + n] != '}')
			return false;
		p += n + 2;
	} else if (zero || *p == '+') {
		p++;
	} else {
		return false;
	}
	if (*p == '?' || *p == '+')
		p++;
	s->p = p;
	*none = *none || zero;
	return true;
}

static enum required_atom
required_item(struct required_parse *s, struct required_run *run,
    struct required *group)
{
	switch (*s->p) {
	case '\\':
		return required_escape(s, run);
	case '(':
		return required_group(s, group);
	case '[':
		required_class(s);
		return REQUIRED_OTHER;
	case '.':
		s->p++;
		return REQUIRED_OTHER;
	case '^':
	case '$':
		s->p++;
		return REQUIRED_EMPTY;
	case '{':
		/* Newer versions of PCRE2 know "{,3}" and "{ 2 }". */
		s->unknown = s->p[1] != '\0' &&
		    strchr(", \t0123456789", s->p[1]) != NULL;
		required_char(s, run);
		return REQUIRED_CHAR;
	case '*':
	case '+':
	case '?':
		s->unknown = true;	/* "a\Q\E*" */
		return REQUIRED_OTHER;
	default:
		required_char(s, run);
		return REQUIRED_CHAR;
	}
}

/* Items up to "|", ")" or the end. */
static void
required_branch(struct required_parse *s, struct required *best)
{
	struct required_run run = { .n = 0 };

	while (*s->p != '\0' && !s->unknown &&
	    (s->quoted || (*s->p != '|' && *s->p != ')'))) {
		struct required group = { .len = 0 };
		size_t n = run.n, word_n = run.word.len;
		enum required_atom atom = REQUIRED_CHAR;
		bool none = false, repeated = false;

		if (s->p[0] == '\\' && s->p[1] == (s->quoted ? 'E' : 'Q')) {
			s->quoted = !s->quoted;
			s->p += 2;
			continue;
		}
		if (s->quoted)
			required_char(s, &run);
		else
			atom = required_item(s, &run, &group);
		/* "x\E" may have its quantifier after the "\E". */
		if (s->quoted && s->p[0] == '\\' && s->p[1] == 'E') {
			s->quoted = false;
			s->p += 2;
		}
		while (!s->unknown && required_quantifier(s, &none))
			repeated = true;
		if (none && atom == REQUIRED_CHAR) {
			run.n = n;
			run.word.len = word_n;
		}
		if (!none)
			required_better(best, &group);
		required_clear(&group);
		if (repeated || atom == REQUIRED_OTHER)
			required_run_end(&run, best);
	}
	required_run_end(&run, best);
}

/* Branches with "|" between them: a match contains what one of them requires. */
static void
required_branches(struct required_parse *s, struct required *all)
{
	bool known = true;

	for (;;) {
		struct required r = { .len = 0 };

		required_branch(s, &r);
		known = known && r.least > 0 &&
		    all->len + r.len <= REQUIRED_MOST;
		if (known) {
			buf_add(&all->words, buf_str(&r.words), r.words.len);
			if (all->len == 0 || r.least < all->least)
				all->least = r.least;
			all->len += r.len;
		}
		required_clear(&r);
		if (*s->p != '|' || s->unknown)
			break;
		s->p++;
	}
	if (!known)
		required_clear(all);
}

char *
required_text(const char *pattern)
{
	struct required_parse s = { .p = pattern };
	struct required all = { .len = 0 };
	char *words = NULL;

	required_branches(&s, &all);
	if (!s.unknown && *s.p == '\0' && all.least >= REQUIRED_LEAST)
		words = buf_take(&all.words);	/* with one more NUL */
	required_clear(&all);
	return words;
}
