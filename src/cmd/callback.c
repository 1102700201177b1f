#include "config.h"

#include "cmd/callback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "front/client.h"
#include "loop/loop.h"

#define CALLBACK_MS	600000
#define CALLBACK_BYTES	((size_t)32 << 10)
#define CALLBACK_PEERS	16
#define CALLBACK_PATH	"/callback"

/* A browser's connection; it may open more than it uses. */
struct callback_peer {
	struct callback_run *run;
	int		 fd;		/* -1: none */
	struct loop_watch *watch;
	struct buf	 in;
};

struct callback_run {
	struct callback	*c;
	struct loop	*loop;
	const char	*state;
	bool		 done;		/* it's there */
	struct callback_peer peers[CALLBACK_PEERS];
	struct loop_watch *typing;
	struct buf	 typed;
};

/* ---- what it says ---- */

static int
callback_hex(char ch)
{
	const char *digits = "0123456789abcdef", *at;

	if (ch >= 'A' && ch <= 'F')
		ch = (char)(ch - 'A' + 'a');
	at = ch == '\0' ? NULL : strchr(digits, ch);
	return at == NULL ? -1 : (int)(at - digits);
}

/* A parameter of the query of `n` bytes; malloc'ed or NULL. */
static char *
callback_param(const char *q, size_t n, const char *name)
{
	size_t len = strlen(name), i = 0;
	AUTO_BUF struct buf b = BUF_INIT(CALLBACK_BYTES);

	while (n > 0 && !(n > len && strncmp(q, name, len) == 0 &&
	    q[len] == '=')) {
		i = 0;
		while (i < n && q[i] != '&')
			i++;
		i += i < n;
		q += i;
		n -= i;
	}
	if (n == 0)
		return NULL;
	for (i = len + 1; i < n && q[i] != '&'; i++) {
		int high = q[i] == '%' && i + 2 < n ? callback_hex(q[i + 1]) :
		    -1;
		int low = high < 0 ? -1 : callback_hex(q[i + 2]);

		if (low >= 0)
			i += 2;
		if (low >= 0 && high == 0 && low == 0)
			return NULL;
		buf_addc(&b, low >= 0 ? (char)(high * 16 + low) :
		    q[i] == '+' ? ' ' : q[i]);
	}
	return buf_take(&b);
}

/* Is this address, or the end of one, the answer to our sign-in? */
static bool
callback_take(struct callback_run *r, const char *text, size_t n)
{
	const char *q = memchr(text, '?', n);
	struct callback *c = r->c;
	size_t len = q == NULL ? 0 : n - (size_t)(q + 1 - text);
	AUTO_FREE char *state = q == NULL ? NULL :
	    callback_param(q + 1, len, "state");

	if (r->done || state == NULL || strcmp(state, r->state) != 0)
		return false;
	r->done = true;
	c->iss = callback_param(q + 1, len, "iss");
	c->error = callback_param(q + 1, len, "error");
	c->description = callback_param(q + 1, len, "error_description");
	if (c->error == NULL)
		c->code = callback_param(q + 1, len, "code");
	loop_stop(r->loop, 0);
	return true;
}

/* ---- the browser ---- */

static void
callback_peer_close(struct callback_peer *p)
{
	loop_watch_free(&p->watch);
	fs_close(p->fd);
	p->fd = -1;
	buf_release(&p->in);
}

static void
callback_peer_answer(struct callback_peer *p, bool ours)
{
	static const char head[] = "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
	    "Connection: close\r\n\r\n<!doctype html><title>assent</title>";
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "HTTP/1.1 %s\r\n%s<p>%s", ours ? "200 OK" :
	    "404 Not Found", head, ours ? "assent has the answer: go back to "
	    "the terminal. You can close this page." : "This isn't the answer "
	    "that assent waits for: use the address that it printed last.");
	/* It fits into an empty socket. */
	(void)send(p->fd, buf_str(&b), b.len, MSG_NOSIGNAL);
	(void)shutdown(p->fd, SHUT_WR);
}

static void
callback_peer_read(void *arg, int fd, unsigned events)
{
	struct callback_peer *p = arg;
	char chunk[4096];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));
	const char *line, *end;
	bool ours;

	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		buf_add(&p->in, chunk, (size_t)n);
	line = buf_str(&p->in);
	end = strstr(line, "\r\n\r\n");
	if (n > 0 && end == NULL && !p->in.full)
		return;
	if (end != NULL) {
		ours = strncmp(line, "GET " CALLBACK_PATH "?",
		    strlen("GET " CALLBACK_PATH "?")) == 0 &&
		    callback_take(p->run, line + 4, strcspn(line + 4, " \r"));
		callback_peer_answer(p, ours);
	}
	callback_peer_close(p);
}

static void
callback_accept(void *arg, int fd, unsigned events)
{
	struct callback_run *r = arg;
	struct callback_peer *p = r->peers;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	while (p < r->peers + CALLBACK_PEERS && p->fd >= 0)
		p++;
	/* All in use: the first one has had time. */
	if (p == r->peers + CALLBACK_PEERS)
		callback_peer_close(p = r->peers);
	if (peer < 0)
		return;
	p->run = r;
	p->fd = peer;
	buf_init(&p->in, CALLBACK_BYTES);
	p->watch = loop_watch_new(r->loop, peer, LOOP_READ, callback_peer_read,
	    p);
}

/* ---- the terminal ---- */

/* A line of it. */
static void
callback_line(struct callback_run *r, const char *p)
{
	size_t n;

	p += strspn(p, " \t\r");
	n = strcspn(p, " \t\r\n");
	if (n == 0 || r->done)
		return;
	if (memchr(p, '?', n) == NULL && strncmp(p, "http", 4) != 0) {
		r->done = true;
		r->c->code = xmemdup(p, n);
		loop_stop(r->loop, 0);
	} else if (!callback_take(r, p, n))
		cmd_say("that isn't the address where this sign-in ends; paste "
		    "all of it");
}

static void
callback_typed(void *arg, int fd, unsigned events)
{
	struct callback_run *r = arg;
	char chunk[4096];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));
	const char *end;

	(void)events;
	if (n > 0)
		buf_add(&r->typed, chunk, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		loop_watch_free(&r->typing);
	while ((end = strchr(buf_str(&r->typed), '\n')) != NULL) {
		callback_line(r, buf_str(&r->typed));
		buf_consume(&r->typed, (size_t)(end + 1 - r->typed.p));
	}
}

/* ---- waiting ---- */

int
callback_open(struct callback *c, int port, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int on = 1;

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) < 0 || bind(c->fd, (struct sockaddr *)&a, n) < 0 ||
	    listen(c->fd, CALLBACK_PEERS) < 0 ||
	    getsockname(c->fd, (struct sockaddr *)&a, &n) < 0)
		return err_sys(e, "can't listen on 127.0.0.1:%d", port);
	c->port = ntohs(a.sin_port);
	return 0;
}

static void
callback_late(void *arg)
{
	loop_stop(arg, 1);
}

int
callback_wait(struct callback *c, const char *state, struct err *e)
{
	struct callback_run r = { .c = c, .loop = loop_new(), .state = state };
	size_t i;
	int rc;

	for (i = 0; i < CALLBACK_PEERS; i++)
		r.peers[i].fd = -1;
	buf_init(&r.typed, CALLBACK_BYTES);
	(void)loop_watch_new(r.loop, c->fd, LOOP_READ, callback_accept, &r);
	r.typing = loop_watch_new(r.loop, STDIN_FILENO, LOOP_READ,
	    callback_typed, &r);
	(void)loop_timer_new(r.loop, CALLBACK_MS, callback_late, r.loop);
	rc = loop_run(r.loop);
	for (i = 0; i < CALLBACK_PEERS; i++)
		callback_peer_close(&r.peers[i]);
	buf_release(&r.typed);
	loop_free(r.loop);
	return rc == 0 ? 0 : err_set(e, "no answer came within %d minutes",
	    CALLBACK_MS / 60000);
}

void
callback_release(struct callback *c)
{
	fs_close(c->fd);
	free(c->code);
	free(c->iss);
	free(c->error);
	free(c->description);
}

/* ---- the user's browser ---- */

void
callback_browse(const char *url)
{
	const char *browser = getenv("BROWSER");
	int null;

	if (browser == NULL || browser[0] == '\0')
		browser = (getenv("DISPLAY") == NULL &&
		    getenv("WAYLAND_DISPLAY") == NULL) ||
		    getenv("SSH_CONNECTION") != NULL ? NULL : "xdg-open";
	if (browser == NULL || fork() != 0)
		return;
	/* Ctrl-C is for us, and what it prints for nobody. */
	null = open("/dev/null", O_RDWR);
	if (setsid() < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(126);
	/* $BROWSER may have arguments. */
	execl("/bin/sh", "sh", "-c", "set -f; exec $1 \"$2\"", "sh", browser,
	    url, (char *)NULL);
	_exit(127);
}
