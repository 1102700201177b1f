/*
 * HTTP against a small server on the same loop, which sends what it is told in
 * pieces and hangs up where it is told. Nothing waits on a clock but for a deadline
 * that fails: the time that a server lets pass is set on.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "loop/loop.h"
#include "provider/provider.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

#define DEADLINE_MS	30000
#define IDLE_MS		4000
#define SECRET		"sk-secret-0123456789"

/* ---- the server ---- */

struct answer {
	const char	*bytes;		/* head and body, as on the wire */
	size_t		 piece;		/* bytes a write; 0 means all */
	bool		 hold;		/* do not close at the end */
};

struct server {
	struct loop		*loop;
	int			 fd;
	struct loop_watch	*watch;
	char			 url[64];	/* of its root */
	const struct answer	*answers;
	size_t			 answers_len;
	size_t			 next;
	struct buf		 request;	/* the latest one, whole */
	/* one connection at a time */
	int			 conn;
	struct loop_watch	*conn_watch;
	size_t			 sent;
	bool			 answering;
	bool			 peer_gone;
	int			 quiet;		/* calls of on_quiet */
};

static void
server_drop(struct server *s)
{
	loop_watch_free(&s->conn_watch);
	if (s->conn >= 0)
		close(s->conn);
	s->conn = -1;
}

static bool
server_has_request(struct server *s)
{
	const char *body, *length;

	body = s->request.p == NULL ? NULL : strstr(s->request.p, "\r\n\r\n");
	if (body == NULL)
		return false;
	length = strcasestr(s->request.p, "content-length:");
	return length != NULL && s->request.len - (size_t)(body + 4 -
	    s->request.p) >= strtoul(length + 15, NULL, 10);
}

static void
server_on_conn(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	const struct answer *a = &s->answers[s->next < s->answers_len ?
	    s->next : s->answers_len - 1];
	char chunk[4096];
	size_t left, n;
	ssize_t got;

	if (events & LOOP_READ) {
		got = read(fd, chunk, sizeof(chunk));
		if (got <= 0) {
			s->peer_gone = true;
			server_drop(s);
			return;
		}
		buf_add(&s->request, chunk, (size_t)got);
		if (!s->answering && server_has_request(s)) {
			s->answering = true;
			s->sent = 0;
			loop_watch_set(s->conn_watch, LOOP_READ | LOOP_WRITE);
		}
	}
	if (!s->answering || !(events & LOOP_WRITE))
		return;
	left = strlen(a->bytes) - s->sent;
	n = a->piece == 0 || a->piece > left ? left : a->piece;
	if (n > 0)
		got = send(fd, a->bytes + s->sent, n, MSG_NOSIGNAL);
	s->sent += n;
	if (n < left)
		return;
	s->answering = false;
	s->next++;
	if (a->hold)
		loop_watch_set(s->conn_watch, LOOP_READ);
	else
		server_drop(s);
}

static void
server_on_listen(void *arg, int fd, unsigned events)
{
	struct server *s = arg;

	(void)events;
	server_drop(s);
	s->conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (s->conn < 0)
		return;
	s->answering = false;
	buf_clear(&s->request);
	s->conn_watch = loop_watch_new(s->loop, s->conn, LOOP_READ,
	    server_on_conn, s);
}

static void
server_start(struct server *s, struct loop *loop, const struct answer *answers,
    size_t n)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	memset(s, 0, sizeof(*s));
	s->loop = loop;
	s->conn = -1;
	s->answers = answers;
	s->answers_len = n;
	buf_init(&s->request, 1 << 20);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&in, &len), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d",
	    ntohs(in.sin_port));
	s->watch = loop_watch_new(loop, s->fd, LOOP_READ, server_on_listen,
	    s);
}

static void
server_stop(struct server *s)
{
	server_drop(s);
	loop_watch_free(&s->watch);
	close(s->fd);
	buf_release(&s->request);
}

/* ---- a call and what became of it ---- */

struct run {
	struct loop	*loop;
	struct provider_call	*call;
	struct reply	*reply;
	struct buf	 text;
	size_t		 deltas;
	bool		 starting;
	bool		 cancel_at_delta;
	bool		 cancelled;
};

static void
run_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct run *r = arg;

	assert_false(r->starting);
	assert_false(r->cancelled);
	if (kind == DELTA_TEXT)
		buf_add(&r->text, text, n);
	r->deltas++;
	if (r->cancel_at_delta) {
		r->cancelled = true;
		r->call->cancel(r->call);
		loop_stop(r->loop, 0);
	}
}

static void
run_done(void *arg, struct reply *reply)
{
	struct run *r = arg;

	assert_false(r->starting);
	assert_false(r->cancelled);
	assert_null(r->reply);
	r->reply = reply;
	loop_stop(r->loop, 0);
}

static void
run_deadline(void *arg)
{
	(void)arg;
	fail_msg("nothing happened for too long");
}

static void
run_start(struct run *r, struct loop *loop, const struct call_target *t,
    const char *body)
{
	static const struct call_callbacks cb = { run_delta, run_done };

	r->loop = loop;
	r->starting = true;
	r->call = provider_call_start(loop, t, xstrdup(body), &cb, r);
	r->starting = false;
}

static void
run_wait(struct run *r)
{
	struct loop_timer *t = loop_timer_new(r->loop, DEADLINE_MS,
	    run_deadline, NULL);

	loop_run(r->loop);
	loop_timer_free(&t);
}

static void
run_release(struct run *r)
{
	reply_free(r->reply);
	buf_release(&r->text);
}

/* ---- HTTP ---- */

#define OK_STREAM	"HTTP/1.1 200 OK\r\n" \
	"Content-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define OK_JSON	"HTTP/1.1 200 OK\r\n" \
	"Content-Type: application/json\r\nConnection: close\r\n\r\n"
#define CHAT_TEXT(s) "data: {\"id\":\"c\",\"choices\":[{\"index\":0," \
	"\"delta\":{\"content\":\"" s "\"},\"finish_reason\":null}]}\n\n"
#define CHAT_END "data: {\"id\":\"c\",\"choices\":[{\"index\":0," \
	"\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define ERROR_HEAD(status) "HTTP/1.1 " status "\r\n" \
	"Content-Type: application/json\r\nConnection: close\r\n"

static const struct http_case {
	const char			*label;
	const char			*format;
	struct answer			 answer;
	enum reply_stop			 stop;
	enum provider_error_kind	 kind;
	bool				 retry;
	int64_t				 wait_ms;
	long				 status;
	const char			*text;
	const char			*message;	/* part of it */
	const char			*advice;	/* part of it */
} http_cases[] = {
	{ "a stream in small pieces", "openai-chat",
	    { OK_STREAM CHAT_TEXT("He") CHAT_TEXT("llo") CHAT_END, 7, false },
	    REPLY_END, PROVIDER_OK, false, -1, 0, "Hello", "", NULL },
	{ "chunked", "openai-chat",
	    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "4\r\ndata\r\n58\r\n: {\"id\":\"c\",\"choices\":[{\"index\":0,"
	      "\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n"
	      "    \r\n0\r\n\r\n",
		5, true },
	    REPLY_END, PROVIDER_OK, false, -1, 0, "x", "", NULL },
	{ "401", "openai-chat",
	    { ERROR_HEAD(
		  "401 Unauthorized") "\r\n{\"error\":{\"message\":"
				      "\"Incorrect API key provided: " SECRET
				      "\",\"type\":"
				      "\"invalid_request_error\",\"code\":"
				      "\"invalid_api_key\"}}",
		0, false },
	    REPLY_ERROR, PROVIDER_AUTH, false, -1, 401, "",
	    "Incorrect API key provided: [key]", "Check the key in MOCK_KEY" },
	{ "429", "anthropic",
	    { ERROR_HEAD(
		  "429 Too Many Requests") "retry-after: 7\r\n"
					   "request-id: "
					   "req_9\r\n\r\n{\"type\":\"error\","
					   "\"error\":{"
					   "\"type\":\"rate_limit_error\","
					   "\"message\":\"slow down\"}}",
		3, false },
	    REPLY_ERROR, PROVIDER_RATE_LIMIT, true, 7000, 429, "", "slow down",
	    "It may work again in 7 s." },
	{ "500 and when to come back", "openai-chat",
	    { ERROR_HEAD(
		  "500 Internal Server Error") "retry-after: "
					       "600\r\n\r\n{\"error\":{"
					       "\"message\":"
					       "\"boom \\u001b[31mred\\u0007 "
					       "\\n end\"}}",
		0, false },
	    REPLY_ERROR, PROVIDER_SERVER, true, 600000, 500, "",
	    "boom ^[[31mred^G",
	    "It may work again in 10 min. Retry then; if "
	    "it persists, check" },
	{ "a web page for an error", "openai-chat",
	    { "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n"
	      "Connection: close\r\n\r\n<html><head><title>502 Bad Gateway"
	      "</title></head></html>",
		0, false },
	    REPLY_ERROR, PROVIDER_SERVER, true, -1, 502, "", "502 Bad Gateway",
	    MSG_FAILED_ON_ITS_OWN_SIDE },
	{ "an error with status 200", "openai-chat",
	    { OK_JSON "{\"error\":{\"code\":502,\"message\":\"Upstream\"}}", 0,
		false },
	    REPLY_ERROR, PROVIDER_SERVER, true, -1, 200, "", "Upstream", NULL },
	{ "no stream: the whole answer", "openai-chat",
	    { OK_JSON "\n{\"id\":\"c\",\"choices\":[{\"message\":{"
		"\"content\":\"Hi\"}}]}", 5, false },
	    REPLY_END, PROVIDER_OK, false, -1, 0, "Hi", "", NULL },
	{ "the whole answer, its end missing", "openai-chat",
	    { "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
		"{\"id\":\"c\",\"choices\":[{\"message\":{}}]}", 0, false },
	    REPLY_TRUNCATED, PROVIDER_TRUNCATED, true, -1, 200, "", "", NULL },
	{ "neither a stream nor an error", "openai-chat",
	    { OK_JSON "{\"id\":\"r\",\"error\":null,\"output\":[]}", 0, false },
	    REPLY_ERROR, PROVIDER_PROTOCOL, false, -1, 200, "",
	    "{\"id\":\"r\"", NULL },
	{ "another server", "openai-chat", { OK_JSON "{\"id\":\"c\"}", 0, false },
	    REPLY_ERROR, PROVIDER_PROTOCOL, false, -1, 200, "",
	    "{\"id\":\"c\"", NULL },
	{ "garbage", "openai-chat",
	    { OK_STREAM "\x01\xfe\xff no stream at all\nnor here\n", 2, false },
	    REPLY_ERROR, PROVIDER_PROTOCOL, false, -1, 200, "",
	    MSG_ISNT_A_STREAM_OF_EVENTS, MSG_CHECK_THE_PROVIDERS_FORMAT },
	{ "hang-up in a chunk", "openai-chat",
	    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "2000\r\n" CHAT_TEXT("Hel") "data: {",
		0, false },
	    REPLY_TRUNCATED, PROVIDER_TRUNCATED, true, -1, 200, "Hel", "",
	    MSG_RETRY_IF_IT_PERSISTS },
	{ "hang-up before the first byte", "openai-chat", { "", 0, false },
	    REPLY_TRUNCATED, PROVIDER_TRUNCATED, true, -1, 0, "",
	    MSG_CLOSED_WITHOUT_AN_ANSWER, MSG_HUNG_UP_BEFORE_THE_ANSWER },
	{ "a server that can't call tools", "openai-chat",
	    { "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 68\r\n\r\n"
	      "{\"error\":{\"code\":500,\"message\":"
	      "\"tools param requires --jinja flag\"}}",
		0, true },
	    REPLY_ERROR, PROVIDER_INVALID_REQUEST, false, -1, 500, "",
	    "--jinja", "Check that the model can use tools" },
	{ "a redirect", "openai-chat",
	    { "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n"
	      "Content-Length: 0\r\n\r\n",
		0, true },
	    REPLY_ERROR, PROVIDER_INVALID_REQUEST, false, -1, 302, "",
	    "redirects to https://elsewhere.example/", "base_url" },
};

static void
http_check(const struct http_case *c, const struct reply *r, const char *text,
    const char *url)
{
	char *said = provider_error_explain(&r->error, "mock", url,
	    "MOCK_KEY");
	bool ok = r->stop == c->stop && r->error.kind == c->kind &&
	    r->error.retry == c->retry && r->error.wait_ms == c->wait_ms &&
	    r->error.status == c->status && strcmp(text, c->text) == 0 &&
	    strcmp(r->text, c->text) == 0 &&
	    strstr(r->error.message, c->message) != NULL &&
	    (c->advice == NULL || strstr(said, c->advice) != NULL) &&
	    strstr(r->error.message, SECRET) == NULL &&
	    strstr(said, SECRET) == NULL;

	if (!ok) {
		print_error("%s: stop %s, error %s, retry %d, wait %lld, "
		    "status %ld, text \"%s\", message \"%s\", said \"%s\"\n",
		    c->label, provider_stop_names[r->stop],
		    provider_error_names[r->error.kind], r->error.retry,
		    (long long)r->error.wait_ms, r->error.status, r->text,
		    r->error.message, said);
		fail();
	}
	free(said);
}

TEST(test_http_cases)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(http_cases); i++) {
		const struct http_case *c = &http_cases[i];
		struct loop *loop = loop_new();
		struct server s;
		struct run r = { .text = BUF_INIT(0) };
		struct call_target t = { .key = SECRET };

		server_start(&s, loop, &c->answer, 1);
		t.format = provider_format_find(c->format);
		t.base_url = s.url;
		run_start(&r, loop, &t, "{}");
		run_wait(&r);
		http_check(c, r.reply, buf_str(&r.text), s.url);
		run_release(&r);
		server_stop(&s);
		loop_free(loop);
	}
}

TEST(test_http_request)
{
	static const struct {
		const char *label, *format, *base, *key, *line, *header;
		const char *absent;
	} cases[] = {
		{ "chat", "openai-chat", "/v1", SECRET,
		    "POST /v1/chat/completions HTTP/1.1",
		    "Authorization: Bearer " SECRET "\r\n", "Expect:" },
		{ "chat, a slash too many, no key", "openai-chat", "/v1/",
		    NULL, "POST /v1/chat/completions HTTP/1.1",
		    "Content-Type: application/json\r\n", "Authorization" },
		{ "anthropic", "anthropic", "", SECRET,
		    "POST /v1/messages HTTP/1.1",
		    "x-api-key: " SECRET "\r\n", "Authorization" },
		{ "anthropic, base with /v1", "anthropic", "/v1/", "",
		    "POST /v1/messages HTTP/1.1",
		    "anthropic-version: 2023-06-01\r\n", "x-api-key" },
		{ "responses", "openai-responses", "/v1", SECRET,
		    "POST /v1/responses HTTP/1.1",
		    "Authorization: Bearer " SECRET "\r\n", "x-api-key" },
		{ "gemini", "gemini", "", SECRET,
		    "POST /v1beta/models/a%2Fb-1:streamGenerateContent?alt=sse "
		    "HTTP/1.1",
		    "x-goog-api-key: " SECRET "\r\n", "Authorization" },
		{ "gemini, base with a version", "gemini", "/v1beta/", "",
		    "POST /v1beta/models/a%2Fb-1:streamGenerateContent?alt=sse "
		    "HTTP/1.1",
		    "Content-Type: application/json\r\n", "x-goog-api-key" },
	};
	static const struct answer answer = { OK_STREAM, 0, false };
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct loop *loop = loop_new();
		struct server s;
		struct run r = { .text = BUF_INIT(0) };
		struct call_target t = { .key = cases[i].key,
			.model = "a/b-1" };
		char *url;

		server_start(&s, loop, &answer, 1);
		url = xasprintf("%s%s", s.url, cases[i].base);
		t.format = provider_format_find(cases[i].format);
		t.base_url = url;
		run_start(&r, loop, &t, "{\"x\":1}");
		run_wait(&r);
		if (strncmp(s.request.p, cases[i].line,
		    strlen(cases[i].line)) != 0 ||
		    strstr(s.request.p, cases[i].header) == NULL ||
		    strstr(s.request.p, cases[i].absent) != NULL ||
		    strstr(s.request.p, "\r\n\r\n{\"x\":1}") == NULL) {
			print_error("%s: %s\n", cases[i].label, s.request.p);
			fail();
		}
		run_release(&r);
		free(url);
		server_stop(&s);
		loop_free(loop);
	}
}

TEST(test_http_no_server)
{
	static const struct {
		const char			*label, *url, *key;
		enum provider_error_kind	 kind;
		const char			*advice;
	} cases[] = {
		{ "refused", NULL, SECRET, PROVIDER_CONNECT,
		    MSG_LOCAL_SERVER_RUNNING },
		{ "no such scheme", "ftp://127.0.0.1/v1", NULL,
		    PROVIDER_INVALID_REQUEST, "base_url" },
		{ "no address", "", NULL, PROVIDER_INVALID_REQUEST,
		    "base_url" },
		{ "a file", "file:///etc", NULL, PROVIDER_INVALID_REQUEST,
		    "base_url" },
		{ "a key of two lines", "http://127.0.0.1:1", "abc\r\nX: y",
		    PROVIDER_AUTH, "line break" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		static const struct answer none = { "", 0, false };
		struct loop *loop = loop_new();
		struct server s;
		struct run r = { .text = BUF_INIT(0) };
		struct call_target t = { .key = cases[i].key,
			.base_url = cases[i].url };
		char *said;

		/* A port that was just ours and listens no more. */
		server_start(&s, loop, &none, 1);
		server_stop(&s);
		if (t.base_url == NULL)
			t.base_url = s.url;
		t.format = provider_format_find("openai-chat");
		run_start(&r, loop, &t, "{}");
		run_wait(&r);
		said = provider_error_explain(&r.reply->error, "mock",
		    t.base_url, "MOCK_KEY");
		/* Whether its server was there before, the caller knows. */
		if (r.reply->stop != REPLY_ERROR ||
		    r.reply->error.retry != r.reply->error.refused ||
		    r.reply->error.kind != cases[i].kind ||
		    strstr(said, cases[i].advice) == NULL) {
			print_error("%s: %s, %s\n", cases[i].label,
			    provider_error_names[r.reply->error.kind], said);
			fail();
		}
		free(said);
		run_release(&r);
		loop_free(loop);
	}
}

static int64_t passed_ms;

int64_t __wrap_clock_mono_ms(void);
int64_t __real_clock_mono_ms(void);

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + passed_ms;
}

/* Not before the request has arrived: until then something is ready. At first
 * what was sent counts as news. */
static void
on_quiet(void *arg)
{
	struct server *s = arg;

	assert_true(s->request.len > 0);
	if (s->quiet++ == 0)
		loop_timer_new(s->loop, LOOP_IDLE, on_quiet, s);
	passed_ms += IDLE_MS;
}

TEST(test_http_idle)
{
	static const struct answer answer = { OK_STREAM CHAT_TEXT("Hi"), 0,
		true };
	static const struct answer none = { "", 0, true };
	struct loop *loop = loop_new();
	struct server s;
	struct run r = { .text = BUF_INIT(0) };
	struct call_target t = { .idle_timeout_ms = IDLE_MS };
	struct loop_timer *never;

	server_start(&s, loop, &answer, 1);
	t.format = provider_format_find("openai-chat");
	t.base_url = s.url;
	run_start(&r, loop, &t, "{}");
	loop_timer_new(loop, LOOP_IDLE, on_quiet, &s);
	never = loop_timer_new(loop, LOOP_IDLE, run_deadline, NULL);
	loop_timer_free(&never);
	run_wait(&r);
	assert_int_equal(s.quiet, 2);
	assert_int_equal(r.reply->stop, REPLY_TRUNCATED);
	assert_int_equal(r.reply->error.kind, PROVIDER_TIMEOUT);
	assert_true(r.reply->error.retry);
	assert_true(r.reply->error.keyless);
	assert_string_equal(r.reply->text, "Hi");
	assert_non_null(strstr(r.reply->error.message,
	    "not a byte for 4 s, in the middle"));
	run_release(&r);
	server_stop(&s);
	/* Never begun, and of no whole second. */
	server_start(&s, loop, &none, 1);
	t.base_url = s.url;
	t.idle_timeout_ms = 50;
	r = (struct run){ .text = BUF_INIT(0) };
	run_start(&r, loop, &t, "{}");
	run_wait(&r);
	assert_int_equal(r.reply->stop, REPLY_ERROR);
	assert_non_null(strstr(r.reply->error.message, "not a byte for 50 ms"));
	run_release(&r);
	server_stop(&s);
	loop_free(loop);
}

TEST(test_no_proxy)
{
	static const struct { const char *list, *url; bool proxy; } cases[] = {
		{ "", "https://api.x.test/v1", true },
		{ "x.test", "https://api.x.test/v1", false },
		{ "*.x.test", "https://api.x.test/v1", false },
		{ "a, *.X.test", "https://x.test", false },
		{ "*.x.test", "https://x.test.y", true },
		{ "*.x.test", "https://ax.test", true },
		{ "x.test", "https://evilx.test/v1", true },
		{ "*", "https://x.test", false },
		{ "x.test:443", "https://x.test/v1", false },
		{ "x.test:443", "http://x.test/v1", true },
		{ "x.test:80", "http://x.test", false },
		{ "*.x.test:8443,y", "https://api.x.test:8443/v1", false },
		{ "x.test:8443", "https://x.test:84", true },
		{ "x.test:84", "https://x.test:8443", true },
		{ "x.test:", "https://x.test", true },
		{ ":443", "https://x.test", true },
		{ "::1,2001:db8::1", "https://[2001:db8::1]:4/", false },
		{ "db8::1", "https://[2001:db8::1]/", true },
	};
	const char *from;
	size_t i;

	setenv("all_proxy", "http://proxy.test:3128", 1);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		setenv("no_proxy", cases[i].list, 1);
		if ((url_proxy(cases[i].url, &from) != NULL) != cases[i].proxy)
			fail_msg("%s: %s", cases[i].list, cases[i].url);
	}
	unsetenv("no_proxy");
	unsetenv("all_proxy");
}

int
main(void)
{
	static const char *const proxies[] = { "http_proxy", "https_proxy",
		"all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY",
		"NO_PROXY" };
	size_t i;

	/* Loopback is not to be reached through somebody's proxy. */
	for (i = 0; i < MEM_COUNT(proxies); i++)
		unsetenv(proxies[i]);
	signal(SIGPIPE, SIG_IGN);
	return unit_run();
}
