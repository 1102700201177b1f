#include "config.h"

#include "cmd/admin/callback.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/url.h"
#include "base/utf8.h"
#include "front/message.h"

#define CALLBACK_MS	600000
#define CALLBACK_PEER_MS 1000	/* for a connection to say what it wants */
#define CALLBACK_BYTES	((size_t)32 << 10)
#define CALLBACK_PATH	"/callback?"

/* ---- what it says ---- */

/* A parameter of the query, decoded; malloc'ed or NULL. */
static char *
callback_param(const char *q, const char *name)
{
	size_t len = strlen(name);
	AUTO_FREE char *value = NULL;
	char *p;

	while (strncmp(q, name, len) != 0 || q[len] != '=')
		if ((q = strchr(q, '&')) == NULL)
			return NULL;
		else
			q++;
	q += len + 1;
	value = xmemdup(q, strcspn(q, "&"));
	for (p = value; (p = strchr(p, '+')) != NULL;)
		*p = ' ';
	p = url_decode(value, strlen(value));
	if (p != NULL && !utf8_is_line(p))
		FREE_NULL(p);
	return p;
}

/* Is this address, or the end of one, the answer to the sign-in? */
static bool
callback_take(struct callback *c, const char *state, const char *text, size_t n)
{
	AUTO_FREE char *address = xmemdup(text, n);
	const char *q = strchr(address, '?');
	AUTO_FREE char *theirs = q == NULL ? NULL :
	    callback_param(++q, "state");

	if (theirs == NULL || strcmp(theirs, state) != 0)
		return false;
	c->iss = callback_param(q, "iss");
	c->error = callback_param(q, "error");
	c->description = callback_param(q, "error_description");
	c->code = c->error != NULL ? NULL : callback_param(q, "code");
	return true;
}

/* ---- the browser ---- */

static bool
callback_accept(struct callback *c, const char *state)
{
	static const char head[] = "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
	    "Connection: close\r\n\r\n<!doctype html><title>assent</title>";
	AUTO_CLOSE int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	AUTO_BUF struct buf in = BUF_INIT(CALLBACK_BYTES), out = BUF_INIT(0);
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t end = clock_mono_ms() + CALLBACK_PEER_MS, left;
	char chunk[4096];
	ssize_t n;
	bool ours;

	/* A browser may also open one that it doesn't use. */
	while (strstr(buf_str(&in), "\r\n\r\n") == NULL) {
		left = end - clock_mono_ms();
		if (fd < 0 || left <= 0 || poll(&p, 1, (int)left) <= 0 ||
		    (n = fs_read(fd, chunk, sizeof(chunk))) <= 0 ||
		    buf_add(&in, chunk, (size_t)n) < 0)
			return false;
	}
	ours = strncmp(in.p, "GET " CALLBACK_PATH, 4 + strlen(CALLBACK_PATH)) ==
	    0 && callback_take(c, state, in.p + 4, strcspn(in.p + 4, " \r"));
	buf_addf(&out, "HTTP/1.1 %s\r\n%s<p>%s", ours ? "200 OK" :
	    "404 Not Found", head, ours ? "assent has the answer: go back to "
	    "the terminal. You can close this page." : "This isn't the answer "
	    "that assent waits for: use the address that it printed last.");
	(void)send(fd, out.p, out.len, MSG_NOSIGNAL);
	return ours;
}

/* ---- the terminal ---- */

/* Is this line the answer? */
static bool
callback_line(struct callback *c, const char *state, const char *p)
{
	size_t n;

	p += strspn(p, " \t\r\n");
	n = strcspn(p, " \t\r\n");
	if (n == 0 || callback_take(c, state, p, n))
		return n > 0;
	cmd_say("that isn't the address where this sign-in ends; paste all of "
	    "it");
	return false;
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
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) < 0 || bind(c->fd, (struct sockaddr *)&a, n) < 0 ||
	    listen(c->fd, SOMAXCONN) < 0 ||
	    getsockname(c->fd, (struct sockaddr *)&a, &n) < 0)
		return err_sys(e, "can't listen on 127.0.0.1:%d", port);
	c->port = ntohs(a.sin_port);
	return 0;
}

int
callback_wait(struct callback *c, const char *state, struct err *e)
{
	struct pollfd p[] = { { c->fd, POLLIN, 0 }, { STDIN_FILENO, POLLIN,
		0 } };
	int64_t end = clock_mono_ms() + CALLBACK_MS, left;
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	bool done = false;

	/* What is read but not looked at would not wake us. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (!done && (left = end - clock_mono_ms()) > 0) {
		if (poll(p, MEM_COUNT(p), (int)left) <= 0)
			continue;
		if (p[1].revents != 0 && getline(&line, &size, stdin) < 0)
			p[1].fd = -1;
		else if (p[1].revents != 0)
			done = callback_line(c, state, line);
		if (!done && p[0].revents != 0)
			done = callback_accept(c, state);
	}
	return done ? 0 : err_set(e, "no answer came within %d minutes",
	    CALLBACK_MS / 60000);
}

void
callback_release(struct callback *c)
{
	fs_close(c->fd);
	FREE_ALL(c->code, c->iss, c->error, c->description);
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
