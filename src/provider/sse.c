/*
 * Lines are collected until their end is certain, then split into fields;
 * events are collected until their blank line. Doesn't look into the data.
 */
#include "config.h"

#include "provider/sse.h"

#include <string.h>

#include "base/mem.h"

#define SSE_BOM "\xef\xbb\xbf"
#define SSE_DONE "[DONE]"

void
sse_init(struct sse *s, sse_event_cb *cb, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->cb = cb;
	s->arg = arg;
	buf_init(&s->line, SSE_LINE_MAX);
	buf_init(&s->data, SSE_EVENT_MAX);
	buf_init(&s->event, 256);
	buf_init(&s->bare, SSE_BARE_MAX);
}

void
sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
	buf_release(&s->event);
	buf_release(&s->bare);
}

static void
sse_dispatch(struct sse *s)
{
	if (s->has_data)
		s->cb(s->arg, buf_str(&s->event), buf_str(&s->data),
		    s->data.len);
	buf_clear(&s->data);
	buf_clear(&s->event);
	s->has_data = false;
}

static void
sse_add_data(struct sse *s, const char *value, size_t n)
{
	if ((s->has_data && buf_addc(&s->data, '\n') < 0) ||
	    buf_add(&s->data, value, n) < 0)
		s->failed = true;
	s->has_data = true;
}

static void
sse_add_bare(struct sse *s, const char *line, size_t n)
{
	s->foreign = true;
	(void)buf_add(&s->bare, line, n);
	(void)buf_addc(&s->bare, '\n');
}

static bool
sse_field_is(const char *field, const char *line, size_t n)
{
	return strlen(field) == n && memcmp(field, line, n) == 0;
}

static void
sse_field(struct sse *s, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	size_t name = colon == NULL ? n : (size_t)(colon - line);
	size_t at = colon == NULL ? n : name + 1;

	if (at < n && line[at] == ' ')
		at++;
	if (sse_field_is("data", line, name)) {
		sse_add_data(s, line + at, n - at);
	} else if (sse_field_is("event", line, name)) {
		buf_clear(&s->event);
		/* Longer than any name that we know: treat it as empty. */
		buf_add(&s->event, line + at, n - at);
	} else if (sse_field_is("error", line, name)) {
		buf_clear(&s->event);
		buf_adds(&s->event, "error");
		sse_add_data(s, line + at, n - at);
	} else if (!sse_field_is("id", line, name) &&
	    !sse_field_is("retry", line, name)) {
		sse_add_bare(s, line, n);
	}
}

static void
sse_line(struct sse *s)
{
	const char *line = buf_str(&s->line);
	size_t n = s->line.len;

	if (!s->started && n >= 3 && memcmp(line, SSE_BOM, 3) == 0) {
		line += 3;
		n -= 3;
	}
	s->started = true;
	if (n == 0)
		sse_dispatch(s);
	else if (line[0] != ':')
		sse_field(s, line, n);
	buf_clear(&s->line);
}

int
sse_feed(struct sse *s, const char *p, size_t n)
{
	size_t i, run;

	for (i = 0; i < n && !s->failed && !s->stopped; i += run + 1) {
		if (s->after_cr && p[i] == '\n') {
			s->after_cr = false;
			run = 0;
			continue;
		}
		s->after_cr = false;
		for (run = 0; i + run < n; run++)
			if (p[i + run] == '\n' || p[i + run] == '\r')
				break;
		if (buf_add(&s->line, p + i, run) < 0) {
			s->failed = true;
			break;
		}
		if (i + run == n)
			break;
		s->after_cr = p[i + run] == '\r';
		sse_line(s);
	}
	return s->failed ? -1 : 0;
}

/* Could this incomplete line have become part of an event stream? Only for a
 * better error message. */
static bool
sse_line_is_begun(const char *line, size_t n)
{
	static const char *const fields[] = { ":", "data:", "error:", "event:",
		"id:", "retry:" };
	size_t i, len;

	for (i = 0; i < MEM_COUNT(fields); i++) {
		len = strlen(fields[i]);
		if (memcmp(line, fields[i], n < len ? n : len) == 0)
			return true;
	}
	return false;
}

void
sse_end(struct sse *s)
{
	static const char *const whole[] = { "data: " SSE_DONE,
		"data:" SSE_DONE };
	size_t i;

	if (s->failed || s->stopped)
		return;
	for (i = 0; i < 2; i++)
		if (sse_field_is(whole[i], buf_str(&s->line), s->line.len))
			sse_line(s);
	if (s->line.len > 0 && !sse_line_is_begun(buf_str(&s->line),
	    s->line.len))
		sse_add_bare(s, buf_str(&s->line), s->line.len);
	if (s->has_data && strcmp(buf_str(&s->data), SSE_DONE) == 0)
		sse_dispatch(s);
}
