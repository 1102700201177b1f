/*
 * The two transports: HTTP against a small server on the same loop, which sends
 * what it is told in pieces and hangs up where it is told; and replay from
 * folders made here.  Nothing waits on a clock but for a deadline that fails.
 */
#include "config.h"

#define DEADLINE_MS	30000
#define SECRET		"sk-secret-0123456789"

/* Not before the request has arrived: until then something is ready. */
static void
on_quiet(void *arg)
{
	struct server *s = arg;

	assert_true(s->request.len > 0);
	s->quiet++;
}

TEST(test_http_idle)
{
	static const struct answer answer = { OK_STREAM CHAT_TEXT("Hi"), 0,
		true };
	static const struct answer none = { "", 0, true };
	struct loop *loop = loop_new();
	struct server s;
	struct run r = { .text = BUF_INIT(0) };
	struct call_target t = { .idle_timeout_ms = 4000 };
	struct loop_timer *never;

	server_start(&s, loop, &answer, 1);
	t.format = provider_format_find("openai-chat");
	t.base_url = s.url;
	run_start(&r, loop, &t, "{}");
	loop_timer_new(loop, LOOP_IDLE, on_quiet, &s);
	never = loop_timer_new(loop, LOOP_IDLE, run_deadline, NULL);
	loop_timer_free(&never);
	run_wait(&r);
	assert_int_equal(s.quiet, 1);
	assert_int_equal(r.reply->stop, REPLY_TRUNCATED);
	assert_int_equal(r.reply->error.kind, PROVIDER_TIMEOUT);
	assert_true(r.reply->error.retry);
	assert_true(r.reply->error.keyless);
	assert_string_equal(r.reply->text, "Hi");
	assert_non_null(strstr(r.reply->error.message,
	loop_free(loop);
}

