/*
 * Prints the output of the user's own command in plain mode, line by line, each
 * after a bar.  An overwritten line is printed in its last state, with a mark.
 * Of a flood, the first lines are printed, and its end when it is over.
 */
#include "config.h"

#include "base/mem.h"
#include "cmd/plain-int.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "front/print.h"
#include "journal/event.h"

#define OUTPUT_LINES 200	/* as they come */
#define OUTPUT_LAST 10		/* of the others, at the end */
#define OUTPUT_LINE_MAX 8192	/* bytes; then it is broken */

static void
output_line(struct plain *p, const char *s, size_t n)
{
	const char *cr;
	bool over;

	while (n > 0 && s[n - 1] == '\r')
		n--;
	cr = n == 0 ? NULL : memrchr(s, '\r', n);
	/* A leading carriage return overwrites nothing. */
	over = cr != NULL && s + strspn(s, "\r") < cr;
	if (cr != NULL) {
		n -= (size_t)(cr + 1 - s);
		s = cr + 1;
	}
	if (p->out_lines++ < OUTPUT_LINES)
		print_words(stdout, "  | %s%.*s", over ? "(...) " : "",
		    (int)n, s);
}

static void
output_add(struct plain *p, const char *s, size_t n)
{
	const char *nl;
	size_t len;

	while (n > 0) {
		nl = memchr(s, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - s);
		buf_add(&p->out, s, len);
		if (nl != NULL || p->out.len > OUTPUT_LINE_MAX) {
			output_line(p, buf_str(&p->out), p->out.len);
			buf_clear(&p->out);
		}
		len += nl != NULL;
		s += len;
		n -= len;
	}
}

/* Its last lines, if they weren't printed yet. */
static void
output_last(const struct plain *p, const char *text)
{
	size_t left = p->out_lines - OUTPUT_LINES, n = strlen(text), i;

	if (left > OUTPUT_LAST) {
		print_words(stdout, "  | [%zu lines omitted]",
		    left - OUTPUT_LAST);
		left = OUTPUT_LAST;
	}
	while (n > 0 && text[n - 1] == '\n')
		n--;
	for (i = n; i > 0 && left > 0; i--)
		if (text[i - 1] == '\n' && --left == 0)
			break;
	for (; i < n; i++) {
		size_t len = strcspn(text + i, "\n");

		print_words(stdout, "  | %.*s", (int)len, text + i);
		i += len;
	}
}

static void
output_end(struct plain *p, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");
	const cJSON *out = json_get(l, "out");

	if (p->out.len > 0)
		output_line(p, buf_str(&p->out), p->out.len);
	buf_clear(&p->out);
	if (p->out_lines > OUTPUT_LINES)
		output_last(p, text);
	if (out != NULL)
		print_words(stdout, "  | [complete output, %lld bytes: "
		    "out/%.16s... in the session's directory]",
		    (long long)json_int(out, "size", 0),
		    json_str_or(out, "sha256", ""));
	p->own = false;
}

bool
plain_output(struct plain *p, const cJSON *l)
{
	enum event_type type = event_type(l);
	bool user = json_is(l, "by", "user");
	size_t n, had = p->queued;
	AUTO_FREE char *s = NULL;

	if (type == EVENT_QUEUED) {
		p->queued = (size_t)cJSON_GetArraySize(json_array(l,
		    "commands"));
		if (p->queued > had)
			plain_say(p->own ? "queued; it runs after your current "
			    "command (/interrupt drops both)" :
			    "queued; it runs after the current call "
			    "(/interrupt drops it and stops the agent)");
		return true;
	}
	if (type == EVENT_TOOL_CALL && user) {
		p->own = true;
		p->out_lines = 0;
		buf_clear(&p->out);
	} else if (type == EVENT_TOOL_RESULT && user && p->own)
		output_end(p, l);
	if (!p->own || type != EVENT_DELTA ||
	    !json_is(l, "kind", "output"))
		return false;
	s = json_get_bytes(l, "text", &n);
	if (s != NULL)
		output_add(p, s, n);
	return true;
}
