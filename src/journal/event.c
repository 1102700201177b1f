#include "config.h"

#include "journal/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

const struct event_row event_rows[EVENT_TYPES_LEN] = {
	[EVENT_OTHER] = { "", 0 },
#define X(constant, name, flags) [EVENT_##constant] = { #name, flags },
	EVENT_TYPES(X)
#undef X
};

static enum event_type
event_named(const char *name)
{
	const struct event_row *r = MEM_SEARCH(event_rows,
	    MEM_COUNT(event_rows), name);

	return r == NULL ? EVENT_OTHER : (enum event_type)(r - event_rows);
}

enum event_type
event_type(const cJSON *line)
{
	return event_named(json_str_or(line, "type", ""));
}

/*
 * Finds where the members begin and end without parsing the line: for a value
 * to drop it only looks for the end.
 */

#define TRIM_MEMBERS 5

/* What the fold reads from the journal again, or ignores. */
static const struct trim_rule {
	const char	*members[TRIM_MEMBERS];
	const char	*in, *text;	/* in this member, texts of this name
					   become "" */
} trim_rules[][EVENT_TYPES_LEN] = {
	[TRIM_SCREEN] = {
		[EVENT_ASSISTANT_MESSAGE] = {
			{ "calls", "raw", "thinking" }, NULL, NULL },
		[EVENT_COMPACTION] = { { "said", "state" }, NULL, NULL },
		[EVENT_EVIDENCE] = { { "text" }, NULL, NULL },
		[EVENT_PROJECT] = {
			{ "user_files", "files", "skills", "map", "symbols" },
			NULL, NULL },
		[EVENT_TOOL_CALL] = { { "args", "args_text" }, NULL, NULL },
		[EVENT_TOOL_RESULT] = {
			{ "diff", "diff_b64", "text" }, NULL, NULL },
	},
	[TRIM_CORE] = {
		[EVENT_ASSISTANT_MESSAGE] = {
			{ "raw", "thinking" }, "calls", "arguments" },
		[EVENT_TOOL_CALL] = { { NULL }, "args", "content" },
		[EVENT_TOOL_RESULT] = {
			{ "diff", "diff_b64", "text" }, NULL, NULL },
	},
};

struct trim {
	struct buf	*b;
	const char	*p, *end;
	const char	*from;		/* not in the buffer yet */
	size_t		 min;
	const struct trim_rule *rules, *rule;
	struct buf	 left_out;
};

/* Skip the string at p; NULL if it doesn't end. */
static const char *
trim_string(const char *p, const char *end)
{
	const char *q = p + 1, *b;

	for (; q < end && (q = memchr(q, '"', (size_t)(end - q))) != NULL;
	    q++) {
		for (b = q; b[-1] == '\\'; b--)
			;
		if ((q - b) % 2 == 0)
			return q + 1;
	}
	return NULL;
}

/* Skip the value at p. */
static const char *
trim_value(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			if ((p = trim_string(p, end)) == NULL || depth == 0)
				return p;
			p--;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			if (--depth == 0)
				return p + 1;
		} else if (*p == ',' && depth == 0)
			return p;
	}
	return NULL;
}

static bool
trim_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* The rule for lines of this type; NULL: they are never trimmed. */
static const struct trim_rule *
trim_rule_of(const struct trim *c, const char *p, size_t n)
{
	AUTO_FREE char *name = xmemdup(p, n);
	const struct trim_rule *r = &c->rules[event_named(name)];

	return r->members[0] == NULL && r->in == NULL ? NULL : r;
}

static bool
trim_goes(const struct trim *c, const char *name, size_t n, size_t size)
{
	size_t i;

	for (i = 0; size >= c->min && c->rule != NULL && i < TRIM_MEMBERS &&
	    c->rule->members[i] != NULL; i++)
		if (trim_is(name, n, c->rule->members[i]))
			return true;
	return false;
}

/* Empty the large texts in the value at p; false if there are none. */
static bool
trim_texts(struct trim *c, const char *p, const char *end)
{
	const char *from = c->from, *next, *stop;

	for (; p < end; p = next) {
		next = p + 1;
		if (*p != '"' || (next = trim_string(p, end)) == NULL)
			continue;
		if (end - next < 3 || next[0] != ':' || next[1] != '"' ||
		    !trim_is(p + 1, (size_t)(next - p) - 2, c->rule->text) ||
		    (stop = trim_string(next + 1, end)) == NULL)
			continue;
		if ((size_t)(stop - next) > c->min) {
			buf_add(c->b, c->from, (size_t)(next + 2 - c->from));
			c->from = stop - 1;
		}
		next = stop;
	}
	return c->from != from;
}

static void
trim_left_out(struct trim *c, const char *name, size_t n, size_t size)
{
	buf_addf(&c->left_out, "%s\"%.*s\":%zu", c->left_out.len > 0 ? "," : "",
	    (int)n, name, size);
}

/* The next member, starting at the brace or comma before it; false at "prev",
 * which only "h" follows, and if it isn't a member. */
static bool
trim_member(struct trim *c)
{
	const char *name = c->p + 2, *value, *next;
	size_t n;

	if (c->end - c->p < 2 || c->p[1] != '"' ||
	    (next = trim_string(c->p + 1, c->end)) == NULL ||
	    next >= c->end || *next != ':')
		return false;
	n = (size_t)(next - name) - 1;
	value = next + 1;
	if (trim_is(name, n, "prev") ||
	    (next = trim_value(value, c->end)) == NULL)
		return false;
	if (trim_is(name, n, "type")) {
		if (*value != '"' || (c->rule = trim_rule_of(c, value + 1,
		    (size_t)(next - value) - 2)) == NULL)
			return false;
	} else if (trim_goes(c, name, n, (size_t)(next - value))) {
		buf_add(c->b, c->from, (size_t)(c->p - c->from));
		trim_left_out(c, name, n, (size_t)(next - value));
		c->from = next;
	} else if (c->rule != NULL && c->rule->in != NULL &&
	    trim_is(name, n, c->rule->in) && trim_texts(c, value, next))
		trim_left_out(c, name, n, (size_t)(next - value));
	c->p = next;
	return c->p < c->end && *c->p == ',';
}

bool
trim_line(struct buf *b, const char *line, size_t n, enum trim_for who,
    size_t min)
{
	static const char prev[] = ",\"prev\":\"";
	struct trim c = { .b = b, .p = line, .end = line + n, .from = line,
		.min = min, .rules = trim_rules[who], .left_out = BUF_INIT(0) };
	bool is;

	buf_clear(b);
	if (n < min || *line != '{')
		return false;
	while (trim_member(&c))
		;
	is = c.left_out.len > 0 && (size_t)(c.end - c.p) >= sizeof(prev) &&
	    memcmp(c.p, prev, sizeof(prev) - 1) == 0;
	if (is) {
		buf_add(b, c.from, (size_t)(c.p - c.from));
		buf_addf(b, ",\"cut\":{%s}}", buf_str(&c.left_out));
	}
	buf_release(&c.left_out);
	return is;
}

