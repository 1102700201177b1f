/*
 * JSON-RPC with a peer that is played here: what it may do, and all that it may
 * not. Both ends are in one process: the loop runs until nothing is left to do.
 */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "tests/unit/unit.h"

#define ROUNDS	64	/* of a loop that has something to do in each */

struct side {
	struct loop	*loop;
	struct rpc	*rpc;
	int		 fd;		/* the peer's end */
	struct buf	 got;		/* our callbacks, in words */
	bool		 frees;		/* in the first callback */
	bool		 answers;
	cJSON		*id;		/* of the last request */
};

static void
side_free_rpc(struct side *s)
{
	if (s->frees)
		rpc_free(s->rpc);
	s->frees = false;
}

static void
on_request(void *arg, const cJSON *id, const char *method, const cJSON *params)
{
	struct side *s = arg;
	AUTO_FREE char *text = json_print(params);

	buf_addf(&s->got, "request %s %s\n", method, text);
	cJSON_Delete(s->id);
	s->id = cJSON_Duplicate(id, 1);
	if (s->answers)
		rpc_answer_take(s->rpc, id, cJSON_CreateObject());
	side_free_rpc(s);
}

static void
on_notice(void *arg, const char *method, const cJSON *params)
{
	struct side *s = arg;

	buf_addf(&s->got, "notice %s%s\n", method, params == NULL ? "" : " +");
	side_free_rpc(s);
}

static void
on_closed(void *arg, const char *why)
{
	struct side *s = arg;

	buf_addf(&s->got, "closed: %s\n", why);
	side_free_rpc(s);
}

static void
on_done(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct side *s = arg;
	AUTO_FREE char *text = result == NULL ? NULL : json_print(result);

	if (result != NULL)
		buf_addf(&s->got, "result %s\n", text);
	else
		buf_addf(&s->got, "failure %d %s\n", f->code, f->message);
	side_free_rpc(s);
}

static struct rpc_handlers handlers = {
	.request = on_request, .notice = on_notice, .closed = on_closed,
};

static void
begin_with(struct side *s, const struct rpc_limits *limits)
{
	int fd[2];

	memset(s, 0, sizeof(*s));
	buf_init(&s->got, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fd), 0);
	s->fd = fd[1];
	s->loop = loop_new();
	s->rpc = rpc_new_take(s->loop, fd[0], fd[0], limits, &handlers, s);
}

static void
begin(struct side *s)
{
	begin_with(s, NULL);
}

static void
turn(struct side *s)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		loop_once(s->loop, 0);
}

static void
end(struct side *s)
{
	if (s->frees || s->rpc != NULL)
		rpc_free(s->rpc);
	loop_free(s->loop);
	if (s->fd >= 0)
		close(s->fd);
	cJSON_Delete(s->id);
	buf_release(&s->got);
}

/* The peer sends these bytes. */
static void
say(struct side *s, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t some = send(s->fd, bytes, n, MSG_DONTWAIT);

		if (some > 0) {
			bytes += some;
			n -= (size_t)some;
		}
		loop_once(s->loop, 0);
		if (some < 0 && s->got.len > 0 &&
		    strstr(buf_str(&s->got), "closed") != NULL)
			break;
	}
	turn(s);
}

static void
line(struct side *s, const char *text)
{
	say(s, text, strlen(text));
	say(s, "\n", 1);
}

/* The bytes that the peer has received. */
static const char *
heard(struct side *s)
{
	static char text[65536];
	ssize_t n;

	turn(s);
	n = recv(s->fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

#define GOT(s, text) do { \
		assert_string_equal(buf_str(&(s)->got), text); \
		buf_clear(&(s)->got); \
	} while (0)

TEST(test_peer_asks)
{
	struct side s;

	begin(&s);
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\","
	    "\"params\":{\"k\":[1]}}");
	GOT(&s, "request m {\"k\":[1]}\n");
	/* The same id again, while it is open: it is answered once. */
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m2\"}");
	GOT(&s, "");
	rpc_answer_take(s.rpc, s.id, cJSON_CreateObject());
	assert_string_equal(heard(&s),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}\n");
	/* And now it is free. */
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m3\"}");
	rpc_refuse(s.rpc, s.id, RPC_NO_METHOD, "no");
	assert_string_equal(heard(&s), "{\"jsonrpc\":\"2.0\",\"id\":\"a\","
	    "\"error\":{\"code\":-32601,\"message\":\"no\"}}\n");
	/* 1 and "1" are two ids. */
	buf_clear(&s.got);
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"n\"}");
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"n\"}");
	end(&s);
}

TEST(test_strange_answers)
{
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":1e300,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":[1],\"result\":1}",
		"{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":1}",
		"{\"id\":1,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"m\",\"params\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":7}",
		"[]", "[[]]", "[1,2]", "null", "7", "\"x\"", "{}", "{", "}",
		"Server listening on stdio", "\xff\xfe",
		"{\"jsonrpc\":\"2.0\",\"method\":\"\xc3\"}",
	};
	struct side s;
	size_t i;

	begin(&s);
	assert_int_equal(rpc_ask_take(s.rpc, "q", NULL, 0, on_done, &s), 1);
	for (i = 0; i < MEM_COUNT(lines); i++)
		line(&s, lines[i]);
	/* None was taken for the answer, and none ended it. */
	GOT(&s, "");
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
	GOT(&s, "result 1\n");
	/* The second one for the same id. */
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}");
	GOT(&s, "");
	/* Neither result nor error, both, and an invalid error. */
	for (i = 0; i < 3; i++)
		assert_int_equal(rpc_ask_take(s.rpc, "q", NULL, 0, on_done,
		    &s), (int64_t)i + 2);
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":2}");
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":1,\"error\":"
	    "{\"code\":1,\"message\":\"x\"}}");
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":\"bad\"}");
	GOT(&s, "failure 3 its answer has no result and no error\n"
	    "failure 3 its answer has no result and no error\n"
	    "failure 3 its answer has no result and no error\n");
	end(&s);
}

TEST(test_too_many_faults)
{
	struct rpc_limits limits = { .faults = 3 };
	struct side s;

	begin_with(&s, &limits);
	assert_int_equal(rpc_ask_take(s.rpc, "q", NULL, 0, on_done, &s), 1);
	line(&s, "a\nb\nc\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
	GOT(&s, "failure 2 sent too much that isn't JSON-RPC\n"
	    "closed: sent too much that isn't JSON-RPC\n");
	/* Nothing more can be asked. */
	assert_int_equal(rpc_ask_take(s.rpc, "q", NULL, 0, on_done, &s), 0);
	(void)rpc_ask_take(s.rpc, "n", NULL, 0, NULL, NULL);
	end(&s);
}

TEST(test_time_and_forgetting)
{
	struct side s;
	int64_t id;

	begin(&s);
	assert_int_equal(rpc_ask_take(s.rpc, "q", NULL, 1, on_done, &s), 1);
	while (s.got.len == 0)
		loop_once(s.loop, -1);
	GOT(&s, "failure 1 it didn't answer in time\n");
	/* While one timer is stopped, only the other ends. */
	id = rpc_ask_take(s.rpc, "q", NULL, 1, on_done, &s);
	rpc_pause(s.rpc, id, true);
	(void)rpc_ask_take(s.rpc, "q", NULL, 5, on_done, &s);
	while (s.got.len == 0)
		loop_once(s.loop, -1);
	GOT(&s, "failure 1 it didn't answer in time\n");
	rpc_pause(s.rpc, id, false);
	while (s.got.len == 0)
		loop_once(s.loop, -1);
	GOT(&s, "failure 1 it didn't answer in time\n");
	/* A late answer has no receiver. */
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
	id = rpc_ask_take(s.rpc, "q", NULL, 1000, on_done, &s);
	rpc_forget(s.rpc, id);
	rpc_forget(s.rpc, id);
	line(&s, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":1}");
	GOT(&s, "");
	end(&s);
}

/* The owner ends it from each callback. */
TEST(test_free_within)
{
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"m\"}",
		"[{\"jsonrpc\":\"2.0\",\"method\":\"m\"},"
		"{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]",
		NULL,
	};
	static const char *const next =
	    "\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n";
	struct side s;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(lines); i++) {
		const char *nl;

		begin(&s);
		for (k = 0; k < 3; k++)
			assert_true(rpc_ask_take(s.rpc, "q", NULL, 0, on_done,
			    &s) > 0);
		s.frees = true;
		if (lines[i] != NULL) {
			say(&s, lines[i], strlen(lines[i]));
			say(&s, next, strlen(next));
		} else {
			close(s.fd);
			s.fd = -1;
		}
		turn(&s);
		s.rpc = NULL;
		nl = strchr(buf_str(&s.got), '\n');
		/* One callback, and none after it. */
		assert_true(nl != NULL && nl[1] == '\0');
		end(&s);
	}
}

int
main(void)
{
	/* A pipe has no flag against it. */
	signal(SIGPIPE, SIG_IGN);
	return unit_run();
}
