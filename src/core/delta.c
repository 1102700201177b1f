#include "config.h"

#include "core/delta.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/core.h"
#include "core/emit.h"

#define DELTA_MS 50
#define DELTA_OUTPUT_MAX ((size_t)64 << 10)

static void
delta_send(struct core *c, const char *kind, struct buf *b)
{
	cJSON *o;

	if (b->len == 0)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", kind);
	/* Of a flood not all goes out, and who comes late has had none. */
	if (b == &c->delta.output && c->capture.len >= b->len)
		json_add_int(o, "at", (int64_t)(c->capture.len - b->len));
	/* Output may be cut within a character. */
	json_add_bytes(o, "text", buf_str(b), b->len);
	emit_line(c, o);
	buf_clear(b);
	c->delta.sent_ms = clock_mono_ms();
}

void
delta_flush(struct core *c)
{
	loop_timer_free(c->delta.timer);
	c->delta.timer = NULL;
	delta_send(c, "thinking", &c->delta.thinking);
	delta_send(c, "text", &c->delta.text);
	delta_send(c, "output", &c->delta.output);
}

static void
delta_time(void *arg)
{
	struct core *c = arg;

	c->delta.timer = NULL;
	delta_flush(c);
}

/* The first goes out with all else that has come by now. */
static void
delta_later(struct core *c)
{
	int64_t left = c->delta.sent_ms + DELTA_MS - clock_mono_ms();

	if (c->delta.timer == NULL)
		c->delta.timer = loop_timer_new(c->loop, left > 0 ? left : 0,
		    delta_time, c);
}

void
delta_add(struct core *c, struct buf *to, const char *p, size_t n)
{
	buf_add(to, p, n);
	delta_later(c);
}

void
delta_output(struct core *c, const char *p, size_t n)
{
	struct buf *b = &c->delta.output;

	/* try passes all of it through. */
	if (c->mode == MODE_TRY) {
		delta_add(c, b, p, n);
		if (b->len > DELTA_OUTPUT_MAX)
			delta_flush(c);
		return;
	}
	if (n > DELTA_OUTPUT_MAX) {
		p += n - DELTA_OUTPUT_MAX;
		n = DELTA_OUTPUT_MAX;
	}
	if (b->len + n > DELTA_OUTPUT_MAX)
		buf_consume(b, b->len + n - DELTA_OUTPUT_MAX);
	delta_add(c, b, p, n);
}

void
delta_drop(struct core *c)
{
	loop_timer_free(c->delta.timer);
	c->delta.timer = NULL;
	buf_clear(&c->delta.text);
	buf_clear(&c->delta.thinking);
	buf_clear(&c->delta.output);
}
