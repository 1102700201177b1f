/*
 * Searches what you and the model said in a session. Only lines that say
 * something and have a text that each match has are parsed, so a journal is read
 * about as fast as its bytes come. A journal, or a line, that can't be read has
 * no match.
 */
#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

#define GREP_HEAD	((size_t)128)	/* bytes: a line's type is in them */
#define GREP_LEAD	((size_t)24)	/* cells and bytes before a match */

struct session_grep {
	regex_t	 re;
	bool	 any_case;
	char	*literal;	/* is in each match, and in JSON as it is */
};

/* The longest text that each match has, of characters that JSON needn't escape;
 * "" if alternatives or the like leave none. */
static char *
grep_literal(const char *pattern)
{
	size_t best = 0, best_len = 0, at = 0, i = 0, len;

	if (strchr(pattern, '|') != NULL)
		return xstrdup("");
	for (;; i++) {
		bool repeats = pattern[i] != '\0' &&
		    strchr("*?+{", pattern[i]) != NULL;

		if (isalnum((unsigned char)pattern[i]) || (pattern[i] != '\0' &&
		    strchr(" _-,:;=#@%&'!", pattern[i]) != NULL))
			continue;
		/* What may be repeated may be missing. */
		len = i - at - (repeats && i > at);
		if (len > best_len) {
			best = at;
			best_len = len;
		}
		at = i + 1;
		if (pattern[i] == '\0' || strchr("([{\\", pattern[i]) != NULL)
			return xmemdup(pattern + best, best_len);
	}
}

struct session_grep *
session_grep_new(const char *pattern, struct err *e)
{
	struct session_grep *g = xcalloc(1, sizeof(*g));
	char why[128];
	int rc;

	g->any_case = strpbrk(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
	rc = regcomp(&g->re, pattern, REG_EXTENDED | REG_NEWLINE |
	    (g->any_case ? REG_ICASE : 0));
	if (rc != 0) {
		regerror(rc, &g->re, why, sizeof(why));
		err_set(e, "\"%.100s\" is no regular expression: %s", pattern,
		    why);
		free(g);
		return NULL;
	}
	g->literal = grep_literal(pattern);
	return g;
}

void
session_grep_free(struct session_grep *g)
{
	if (g == NULL)
		return;
	regfree(&g->re);
	FREE_ALL(g->literal, g);
}

static bool
grep_has_literal(const struct session_grep *g, const char *p, size_t n)
{
	size_t len = strlen(g->literal);
	const char *end = p + n;

	if (!g->any_case || len == 0)
		return memmem(p, n, g->literal, len) != NULL;
	for (; (size_t)(end - p) >= len; p++)
		if (tolower((unsigned char)*p) == g->literal[0] &&
		    strncasecmp(p, g->literal, len) == 0)
			return true;
	return false;
}

static bool
grep_has(const char *p, size_t n, const char *word)
{
	return memmem(p, n, word, strlen(word)) != NULL;
}

/* Can the line have a match? Another program than ours may write any character
 * as \uXXXX. */
static bool
grep_is_likely(const struct session_grep *g, const char *p, size_t n)
{
	size_t head = n < GREP_HEAD ? n : GREP_HEAD;

	return (grep_has(p, head, "\"type\":\"user_message\"") ||
	    grep_has(p, head, "\"type\":\"assistant_message\"")) &&
	    (grep_has_literal(g, p, n) || grep_has(p, n, "\\u"));
}

/* The match with a little of what is before it, and what follows; malloc'ed. */
static char *
grep_excerpt(const char *text, const regmatch_t *m)
{
	size_t from = (size_t)m->rm_so, at = utf8_tail(text, from, GREP_LEAD);
	size_t all = strlen(text), n;
	char *s, *p;

	while (sanitize_width(text + at, from - at, sanitize_locale()) >
	    (int)GREP_LEAD)
		at += utf8_tail(text + at, from - at, from - at - 1);
	n = utf8_cut(text + at, all - at, SESSION_WORDS_MAX);
	s = xasprintf("%s%.*s%s", at > 0 ? "..." : "", (int)n, text + at,
	    at + n < all ? "..." : "");
	for (p = s; (p = strpbrk(p, "\n\t")) != NULL;)
		*p = ' ';
	return s;
}

static bool
grep_parse(const struct session_grep *g, const char *p, size_t n,
    struct session_match *found)
{
	AUTO_JSON cJSON *o = json_parse(p, n, JSON_OWN, NULL);
	AUTO_EVENT struct event e = { 0 };
	const char *text = NULL;
	regmatch_t m;

	event_read(&e, o);
	if (e.type == EVENT_ASSISTANT_MESSAGE)
		text = e.assistant_message.text;
	else if (e.type == EVENT_USER_MESSAGE && !ev_is(e.by, "core"))
		text = e.user_message.text;
	if (text == NULL || regexec(&g->re, text, 1, &m, 0) != 0)
		return false;
	*found = (struct session_match){ .seq = e.seq, .text =
		grep_excerpt(text, &m), .by_model =
		e.type == EVENT_ASSISTANT_MESSAGE };
	return true;
}

bool
session_grep(const struct session_grep *g, struct session_info *s)
{
	AUTO_FREE char *dir = session_dir(s->id, NULL);
	AUTO_FREE char *path = fs_join(dir == NULL ? "" : dir, "journal.jsonl");
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	AUTO(linefile_release) struct linefile lines = { .fd = fd };
	const char *line;
	size_t n;

	FREE_NULL(s->match.text);
	while (s->match.text == NULL && linefile_next(&lines, &line, &n,
	    NULL) == LINEFILE_LINE)
		if (grep_is_likely(g, line, n))
			(void)grep_parse(g, line, n, &s->match);
	return s->match.text != NULL;
}
