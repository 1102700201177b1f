/*
 * A server at a URL ("streamable HTTP"): each message of ours is a POST, whose
 * answer is JSON or an event stream. To rpc it's a socket: this reads its lines
 * and writes lines back. While a tool is called, a GET asks for what the server
 * tells or asks elsewhere than in an answer.
 *
 * A line becomes an ask, which is
 *
 *   WAITS -> SENT -> BODY or STREAM
 *
 * WAITS: for a new token (http_renewed) or, since an answer was 404, for a new
 * session (http_done_own). SENT: nothing of the answer has come (http_go). BODY,
 * STREAM: of what kind it is (mcp_http_on_body). At its end (mcp_http_done) it's
 * answered, fails, or WAITS once more. An answer may also come on the stream of
 * another ask; its own should end then, or is closed (http_over).
 *
 * The next line waits until a message without an answer has been accepted, so
 * that they arrive in order, and until a new session has begun: BEGINS, then
 * BEGUN. Since 2026-07-28 there is no session, and each
 * request says all (mcp-header.c).
 *
 * Source: the Model Context Protocol, 2025-06-18, "Transports"; 2026-07-28,
 * "Streamable HTTP".
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "core/mcp/oauth.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "provider/http.h"
#include "provider/provider.h"
#include "provider/sse.h"

/*
 * A server's token, from `assent mcp login`, and refreshing it. The file may be
 * another session's to refresh at the same time, and the refresh token may count
 * once: who has the file locked refreshes it, the others take what it writes.
 * Nothing of it is told to anybody but the server and where the token is from.
 */

#define TOKEN_TRY_MS	100	/* until the next look at who has the lock */
#define TOKEN_TRIES	300

struct mcp_token {
	struct loop	*loop;
	char		*path, *url;
	char		*access;	/* a secret; NULL: none */
	char		*scope;		/* that it allows; or NULL */
	/* while it's renewed */
	mcp_token_cb	*cb;
	void		*arg;
	struct loop_timer *timer;
	int		 tries, lock;
	cJSON		*file;		/* as it is */
	struct oauth_ask ask;
};

static void
token_drop(struct mcp_token *t)
{
	loop_timer_free(&t->timer);
	oauth_ask_release(&t->ask);
	json_wipe(t->file, NULL);
	json_drop(&t->file);
	fs_close(t->lock);
	t->lock = -1;
}

/* Renewed, or not: why. */
static void
token_done(struct mcp_token *t, const char *why)
{
	token_drop(t);
	t->cb(t->arg, why);
}

/* Use what the file has. */
static void
token_set(struct mcp_token *t)
{
	secret_free(t->access);
	t->access = secret_dup(json_str(t->file, "access_token"));
	xstrset(&t->scope, json_str_or(t->file, "scope", ""));
}

/* The file, if it is of this server; -1 with *e: the user has to sign in. */
static int
token_read(struct mcp_token *t, int fd, struct err *e)
{
	if (fd < 0)
		return -1;
	t->file = secret_read(fd);
	return json_is(t->file, "url", t->url) && json_str(t->file,
	    "access_token") != NULL ? 0 : err_set(e, "%s is of another url",
	    t->path);
}

/* ---- refreshing ---- */

static void
token_refreshed(void *arg)
{
	struct mcp_token *t = arg;
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	cJSON_DeleteItemFromObjectCaseSensitive(t->file, "refused");
	if (oauth_token_take(t->file, &t->ask, &e) == 0)
		token_set(t);
	else if (t->ask.status == 400 || t->ask.status == 401)
		json_add_str(t->file, "refused", e.text);
	else {
		token_done(t, e.text);
		return;
	}
	text = json_print(t->file);
	(void)secret_save(t->path, text, &e);
	explicit_bzero(text, strlen(text));
	token_done(t, err_is_set(&e) ? e.text : NULL);
}

static void
token_try(void *arg)
{
	struct mcp_token *t = arg;
	struct err e = ERR_INIT;

	t->timer = NULL;
	t->lock = secret_lock(t->path, false, &e);
	if (t->lock < 0 && e.sys == EWOULDBLOCK && t->tries++ < TOKEN_TRIES) {
		t->timer = loop_timer_new(t->loop, TOKEN_TRY_MS, token_try, t);
	} else if (token_read(t, t->lock, &e) < 0) {
		token_done(t, e.sys == ENOENT ? "" : e.text);
	} else if (t->access == NULL || !json_is(t->file, "access_token",
	    t->access)) {
		/* The user has signed in, or another session was faster. */
		token_set(t);
		token_done(t, NULL);
	} else if (json_str(t->file, "refresh_token") == NULL) {
		token_done(t, "it has expired");
	} else {
		oauth_ask_token(&t->ask, t->file, "refresh_token",
		    "refresh_token", json_str(t->file, "refresh_token"));
		oauth_ask_start(&t->ask, t->loop, json_str_or(t->file,
		    "token_endpoint", ""), token_refreshed, t);
	}
}

static void
mcp_token_renew(struct mcp_token *t, mcp_token_cb *cb, void *arg)
{
	t->cb = cb;
	t->arg = arg;
	t->tries = 0;
	t->timer = loop_timer_new(t->loop, 0, token_try, t);
}

/* ---- its use ---- */

/* Append its header line, with its NUL; false: there is no token, or its file is
 * gone. */
static bool
mcp_token_line(const struct mcp_token *t, struct buf *lines)
{
	/* The user may have signed out. */
	if (t->access == NULL || access(t->path, F_OK) < 0)
		return false;
	buf_addf(lines, "Authorization: Bearer %s", t->access);
	buf_addc(lines, '\0');
	return true;
}

/* What it allows, as words, borrowed. */
static const char *
mcp_token_scope(const struct mcp_token *t)
{
	return t->scope == NULL ? "" : t->scope;
}

/* Take the one that the file has now, or refresh that. One renewal at a
 * time. */
static void
mcp_token_secrets(const struct mcp_token *t, struct mask_list *l)
{
	mask_list_add(l, t->access);
}

struct mcp_token *
mcp_token_new(struct loop *loop, const char *path, const char *url)
{
	struct mcp_token *t = xcalloc(1, sizeof(*t));
	AUTO_CLOSE int fd = secret_open(path, NULL);

	t->loop = loop;
	t->path = xstrdup(path);
	t->url = xstrdup(url);
	t->lock = -1;
	if (token_read(t, fd, NULL) == 0)
		token_set(t);
	token_drop(t);
	return t;
}

static void
mcp_token_free(struct mcp_token *t)
{
	if (t == NULL)
		return;
	token_drop(t);
	secret_free(t->access);
	FREE_ALL(t->scope, t->path, t->url, t);
}

/* ---- a server ---- */

#define HTTP_LINE	((size_t)8 << 20)
#define HTTP_QUEUE	((size_t)32 << 20)
#define HTTP_SCOPES	1000	/* more rights fit into no message */
#define HTTP_OVER_MS	500	/* for the end of a stream with the answer */

/* The first three are rpc's. */
enum http_kind {
	HTTP_MESSAGE, HTTP_GREETS, HTTP_CALLS,	/* initialize, tools/call */
	HTTP_BEGINS, HTTP_BEGUN,		/* a new session */
	HTTP_LISTENS,
};
enum http_state { HTTP_WAITS, HTTP_SENT, HTTP_BODY, HTTP_STREAM };
#define HTTP_ERROR	(-32000)

struct mcp_http {
	struct loop	*loop;
	struct lineio	*io;
	struct loop_watch *watch;
	char		*name, *url;
	char		*moved;		/* by a redirect to; or NULL */
	struct buf	 lines;		/* of the user, secret */
	struct mcp_token *token;	/* NULL: the user can't sign in */
	bool		 renews;	/* it, before all others */
	char		*why;		/* it does: what it says if that fails */
	char		*session, *version;	/* or NULL */
	char		*first;		/* its initialize; or NULL */
	const cJSON	*marked;	/* of mcp_http_mark; or NULL */
	bool		 stateless;	/* the last request was */
	struct mcp_http_ask *asks, *listens;	/* one of those; or NULL */
	unsigned	 ordered;	/* that the next line waits for */
	bool		 sessions;	/* it has had one */
	bool		 mute;		/* it has nothing for a GET */
};

struct mcp_http_ask {
	struct mcp_http	*http;
	struct mcp_http_ask *next;
	enum http_kind	 kind;
	enum http_state	 state;
	struct http_stream *stream;	/* NULL: it waits */
	struct loop_timer *over;	/* NULL: it isn't answered */
	struct sse	 sse;
	struct buf	 body;		/* of an answer that isn't a stream */
	char		*text;		/* what was sent; NULL: a GET */
	struct buf	 own;		/* its header lines; or empty */
	cJSON		*id;		/* of a request; NULL: none */
	bool		 again;		/* after the session was over, or a
					   redirect */
	bool		 renewed;	/* the token was, for it */
	bool		 with_token;	/* it has one */
};

static void	http_begun(struct mcp_http *);
static void	http_go(struct mcp_http_ask *);
static void	http_take(struct mcp_http *);

static bool
http_is_rpcs(const struct mcp_http_ask *a)
{
	return a->kind < HTTP_BEGINS;
}

/* Does a new session begin, before all others? */
static bool
http_begins(const struct mcp_http *h)
{
	const struct mcp_http_ask *a;

	for (a = h->asks; a != NULL; a = a->next)
		if (a->kind == HTTP_BEGINS || a->kind == HTTP_BEGUN)
			return true;
	return false;
}

/* ---- to rpc ---- */

static void
http_flush(struct mcp_http *h)
{
	if (lineio_flush(h->io) == 0)
		loop_watch_set(h->watch, LOOP_READ |
		    (h->io->out.len > h->io->sent ? LOOP_WRITE : 0));
}

static void
http_put(struct mcp_http *h, const cJSON *message)
{
	AUTO_FREE char *text = json_print(message);

	(void)lineio_send(h->io, text, strlen(text));
	http_flush(h);
}

/* The message in an answer that isn't a stream. */
static cJSON *
http_body(const struct mcp_http_ask *a)
{
	return a->body.len == 0 ? NULL : json_parse(a->body.p, a->body.len,
	    JSON_NUL_REPLACE, NULL);
}

static void
http_ask_free(struct mcp_http_ask *a)
{
	struct mcp_http *h = a->http;
	struct mcp_http_ask **p = &h->asks;

	while (*p != a)
		p = &(*p)->next;
	*p = a->next;
	if (a == h->listens)
		h->listens = NULL;
	else if (a->id == NULL)
		h->ordered--;
	/* It's before the call in the list: loops over that go on. */
	if (a->kind == HTTP_CALLS && h->listens != NULL)
		http_ask_free(h->listens);
	http_stream_free(a->stream);
	loop_timer_free(&a->over);
	sse_release(&a->sse);
	buf_release(&a->body);
	buf_release(&a->own);
	cJSON_Delete(a->id);
	FREE_ALL(a->text, a);
}

/* The request failed: its answer won't come. */
static void
http_fail(struct mcp_http_ask *a, long status, const char *why)
{
	struct mcp_http *h = a->http;
	AUTO_JSON cJSON *o = NULL, *body = http_body(a);
	const cJSON *theirs = json_get(body, "error");
	cJSON *error;

	if (a->id != NULL && http_is_rpcs(a)) {
		o = JSON_TEXTS("jsonrpc", "2.0");
		json_copy(o, "id", a->id);
		error = cJSON_AddObjectToObject(o, "error");
		json_add_int(error, "code", status < 400 || status == 401 ||
		    status == 403 ? MCP_HTTP_FAILED : json_int(theirs, "code",
		    HTTP_ERROR));
		json_add_str(error, "message", why);
		json_copy(error, "data", json_get(theirs, "data"));
		http_put(h, o);
	}
	http_ask_free(a);
}

static bool
http_header(const struct mcp_http_ask *a, const char *name, char *out,
    size_t size)
{
	long status;

	return provider_header_get(http_stream_head(a->stream, &status), name,
	    out, size);
}

static void
http_session(struct mcp_http_ask *a)
{
	char id[512];
	const char *p;

	if (!http_header(a, "mcp-session-id", id, sizeof(id)))
		return;
	for (p = id; *p > 0x20 && *p < 0x7f; p++)
		;
	if (*p != '\0')
		return;
	xstrset(&a->http->session, id);
	a->http->sessions = true;
}

/* It's answered, and the stream doesn't end. */
static void
http_over(void *arg)
{
	struct mcp_http_ask *a = arg;
	struct mcp_http *h = a->http;
	bool begins = a->kind == HTTP_BEGINS;

	a->over = NULL;
	http_ask_free(a);
	if (begins)
		http_begun(h);
}

/* The request that this answers; on which stream it came doesn't matter. */
static struct mcp_http_ask *
http_asked(struct mcp_http *h, const cJSON *o)
{
	struct mcp_http_ask *a;

	if (json_get(o, "method") != NULL)
		return NULL;
	for (a = h->asks; a != NULL; a = a->next)
		if (a->id != NULL && cJSON_Compare(json_get(o, "id"), a->id,
		    true))
			return a;
	return NULL;
}

static void
http_answered(struct mcp_http_ask *a, const cJSON *result)
{
	struct mcp_http *h = a->http;
	bool greets = a->kind == HTTP_GREETS || a->kind == HTTP_BEGINS;
	const char *version = !greets ? NULL : json_str(result,
	    "protocolVersion");

	if (greets && h->session == NULL && a->stream != NULL)
		http_session(a);
	/* A stream should end now. */
	if (a->over == NULL)
		a->over = loop_timer_new(h->loop, HTTP_OVER_MS, http_over, a);
	if (version != NULL &&
	    strspn(version, "0123456789-") == strlen(version))
		xstrset(&h->version, version);
}

/* A message came. */
static void
http_deliver(struct mcp_http_ask *from, const char *p, size_t n)
{
	struct mcp_http *h = from->http;
	AUTO_JSON cJSON *o = json_parse(p, n, JSON_NUL_REPLACE, NULL);
	struct mcp_http_ask *a = o == NULL ? NULL : http_asked(h, o);

	if (a != NULL)
		http_answered(a, json_get(o, "result"));
	if (a != NULL && a->kind == HTTP_BEGINS)
		return;
	if (o != NULL)
		http_put(h, o);
	else if (lineio_send(h->io, "?", 1) == 0)
		http_flush(h);	/* rpc counts it */
}

/* ---- an answer ---- */

static void
http_event(void *arg, const char *event, const char *data, size_t n)
{
	if (n > 0 && (event[0] == '\0' || strcmp(event, "message") == 0))
		http_deliver(arg, data, n);
}

static bool
mcp_http_on_body(void *arg, const char *p, size_t n)
{
	struct mcp_http_ask *a = arg;
	char type[64] = "";
	long status;

	if (a->state == HTTP_SENT) {
		(void)provider_header_get(http_stream_head(a->stream, &status),
		    "content-type", type, sizeof(type));
		a->state = status == 200 && strncasecmp(type,
		    "text/event-stream", 17) == 0 ? HTTP_STREAM : HTTP_BODY;
	}
	return a->state == HTTP_STREAM ? sse_feed(&a->sse, p, n) == 0 :
	    buf_add(&a->body, p, n) == 0;
}

static struct mcp_http_ask *
http_ask_new(struct mcp_http *h, enum http_kind kind, const char *text)
{
	struct mcp_http_ask *a = xcalloc(1, sizeof(*a)), **p = &h->asks;

	a->http = h;
	a->kind = kind;
	a->text = text == NULL ? NULL : xstrdup(text);
	sse_init(&a->sse, http_event, a);
	buf_init(&a->body, HTTP_LINE);
	buf_init(&a->own, 0);
	while (*p != NULL)
		p = &(*p)->next;
	*p = a;
	return a;
}

/* Tell that we have begun, and then send what waits. */
static void
http_begun(struct mcp_http *h)
{
	struct mcp_http_ask *a = http_ask_new(h, HTTP_BEGUN,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");

	h->ordered++;
	http_go(a);
}

/* The session is over: begin another one, and send this again. */
static void
http_renew(struct mcp_http_ask *a)
{
	struct mcp_http *h = a->http;
	struct mcp_http_ask *first;
	AUTO_JSON cJSON *o = NULL;

	a->again = true;
	if (http_begins(h))
		return;
	FREE_NULL(h->session);
	FREE_NULL(h->version);
	first = http_ask_new(h, HTTP_BEGINS, h->first);
	o = json_parse(h->first, strlen(h->first), JSON_NUL_REPLACE, NULL);
	first->id = cJSON_Duplicate(json_get(o, "id"), 1);
	http_go(first);
}

/* What waited for a session or a token goes on; or it fails. */
static void
http_resend(struct mcp_http *h, long status, const char *why)
{
	struct mcp_http_ask *a, *next;

	for (a = h->asks; a != NULL; a = next) {
		next = a->next;
		if (a->state != HTTP_WAITS)
			continue;
		if (http_is_rpcs(a) && why != NULL)
			http_fail(a, status, why);
		else if (!http_is_rpcs(a) || !http_begins(h))
			http_go(a);
	}
}

/* ---- the token of a sign-in ---- */

/* What was refused for it goes on with the new one; or all that waits fails. */
static void
http_renewed(void *arg, const char *why)
{
	struct mcp_http *h = arg;
	AUTO_FREE char *words = why == NULL ? NULL : why[0] == '\0' ?
	    xstrdup(h->why) : xasprintf("%s (%s)", h->why, why);

	h->renews = false;
	http_resend(h, 401, words);
	http_take(h);
}

/* Once for each request; false: that doesn't help. */
static bool
http_renew_token(struct mcp_http_ask *a, const char *words)
{
	struct mcp_http *h = a->http;

	if (h->token == NULL || !http_is_rpcs(a) || a->renewed)
		return false;
	a->renewed = true;
	xstrset(&h->why, words);
	if (!h->renews)
		mcp_token_renew(h->token, http_renewed, h);
	h->renews = true;
	return true;
}

/* Follow a redirect, but only on the same server: our headers are for no
 * other. */
static bool
http_redirect(struct mcp_http_ask *a, long status)
{
	struct mcp_http *h = a->http;
	AUTO_FREE char *origin = url_origin(h->url), *to = NULL;
	char where[512];

	/* A token is for one address. */
	if ((status != 307 && status != 308) || a->again || a->with_token ||
	    !http_header(a, "location", where, sizeof(where)))
		return false;
	if (where[0] == '/' && where[1] != '/') {
		AUTO_FREE char *whole = xasprintf("%s%s", origin, where);

		xstrset(&h->moved, whole);
	} else {
		to = url_origin(where);
		if (to == NULL || strcmp(to, origin) != 0)
			return false;
		xstrset(&h->moved, where);
	}
	a->again = true;
	return true;
}

/* Why the server refused the token, or demands a key, and what to do;
 * malloc'ed. */
static char *
http_why_token(const struct mcp_http_ask *a, long status)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -._:/";
	const char *head = http_stream_head(a->stream, &status);
	const struct mcp_http *h = a->http;
	AUTO_FREE char *scope = status == 401 ? NULL :
	    oauth_challenge(head, "scope");
	AUTO_FREE char *meta = oauth_challenge(head, "resource_metadata");
	AUTO_FREE char *all = scope == NULL ? NULL : xasprintf("%s %s",
	    mcp_token_scope(h->token), scope);

	/* The user pastes it into a shell. */
	if (all != NULL && strspn(all, safe) == strlen(all) &&
	    strlen(all) < HTTP_SCOPES)
		return xasprintf("needs a sign-in that allows more: assent mcp "
		    "login --scope '%s' %s", all + strspn(all, " "), h->name);
	if (status == 401 && (meta != NULL || a->with_token))
		return xasprintf("needs a sign-in: assent mcp login %s",
		    h->name);
	return xasprintf("refused (HTTP %ld): it needs a key, in headers or by "
	    "api_key_command, or a sign-in: assent mcp login %s", status,
	    h->name);
}

/* malloc'ed, a predicate. */
static char *
http_why(const struct mcp_http_ask *a, long status, const char *why)
{
	AUTO_JSON cJSON *o = http_body(a);
	const char *words = json_str(json_get(o, "error"), "message");
	const struct mcp_http *h = a->http;
	char where[256];

	if (why != NULL && status == 0)
		return xasprintf("can't be reached: %s", why);
	if (h->token != NULL && (status == 401 || status == 403))
		return http_why_token(a, status);
	if (status == 401 || status == 403)
		return xasprintf("refused (HTTP %ld): it needs a key, in "
		    "headers or by api_key_command", status);
	if (status >= 300 && status < 400)
		return xasprintf("redirects to %s, where the key must not go",
		    http_header(a, "location", where,
		    sizeof(where)) ? where : "elsewhere");
	if (status >= 400)
		return xasprintf("answered with HTTP %ld%s%.200s", status,
		    words == NULL ? "" : ": ", words == NULL ? "" : words);
	return xasprintf("broke off its answer%s%s", why == NULL ? "" : ": ",
	    why == NULL ? "" : why);
}

/* The kinds that aren't rpc's. */
static void
http_done_own(struct mcp_http_ask *a, const char *why)
{
	struct mcp_http *h = a->http;
	enum http_kind kind = a->kind;
	bool ok = a->over != NULL;

	http_ask_free(a);
	if (kind == HTTP_BEGINS && ok)
		http_begun(h);
	else {
		http_resend(h, 404, kind == HTTP_BEGINS ? why : NULL);
		http_take(h);
	}
}

static void
mcp_http_done(void *arg, const struct provider_error *failed)
{
	struct mcp_http_ask *a = arg;
	struct mcp_http *h = a->http;
	AUTO_FREE char *words = NULL;
	bool moved;
	long status;

	(void)http_stream_head(a->stream, &status);
	if (a->state == HTTP_STREAM)
		sse_end(&a->sse);
	else if (status == 200 && a->body.len > 0)
		http_deliver(a, buf_str(&a->body), a->body.len);
	words = http_why(a, status, failed == NULL ? NULL : failed->message);
	moved = a->text != NULL && a->over == NULL && http_redirect(a, status);
	a->stream = NULL;	/* it frees itself */
	a->state = HTTP_WAITS;
	if (moved)
		http_go(a);
	else if (a->kind == HTTP_LISTENS) {
		h->mute = status == 405;
		http_ask_free(a);
	} else if (status == 401 && http_renew_token(a, words)) {
		/* It waits. */
	} else if (!http_is_rpcs(a)) {
		http_done_own(a, words);
	} else if (status == 404 && h->sessions && !a->again) {
		http_renew(a);
	} else if (a->over != NULL || a->id == NULL) {
		http_ask_free(a);
		http_take(h);
	} else
		http_fail(a, status, words);
}

/* ---- a request ---- */

static void
http_line_add(struct buf *b, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(b, "%s: %s", name, value);
	if (value != NULL)
		buf_addc(b, '\0');
}

static void
http_go(struct mcp_http_ask *a)
{
	static const struct http_stream_callbacks cb = {
		.body = mcp_http_on_body, .done = mcp_http_done,
	};
	struct mcp_http *h = a->http;
	AUTO_BUF struct buf lines = BUF_INIT(0);
	struct http_stream_ask ask;

	/* It waits for the token. */
	if (h->renews)
		return;
	buf_add(&lines, h->lines.p, h->lines.len);
	buf_add(&lines, a->own.p, a->own.len);
	http_line_add(&lines, "Mcp-Session-Id", a->own.len > 0 ? NULL :
	    h->session);
	http_line_add(&lines, "MCP-Protocol-Version", a->own.len > 0 ? NULL :
	    h->version);
	a->with_token = h->token != NULL && mcp_token_line(h->token, &lines);
	ask = (struct http_stream_ask){
		.url = a->with_token || h->moved == NULL ? h->url : h->moved,
		.lines = &lines, .body = a->text,
	};
	a->state = HTTP_SENT;
	buf_clear(&a->body);
	a->stream = http_stream_new(h->loop, &ask, &cb, a);
	explicit_bzero(lines.p, lines.cap);
}

/* ---- from rpc ---- */

/* It isn't waited for any more. */
static void
mcp_http_cancel(struct mcp_http *h, const cJSON *id)
{
	struct mcp_http_ask *a, *next;

	for (a = h->asks; a != NULL; a = next) {
		next = a->next;
		if (http_is_rpcs(a) && a->id != NULL &&
		    cJSON_Compare(a->id, id, true))
			http_ask_free(a);
	}
}

static void
http_take_line(struct mcp_http *h, const char *line, size_t n)
{
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_NUL_REPLACE, NULL);
	const char *method = json_str(o, "method");
	enum http_kind kind = method == NULL ? HTTP_MESSAGE :
	    strcmp(method, "initialize") == 0 ? HTTP_GREETS :
	    strcmp(method, "tools/call") == 0 ? HTTP_CALLS : HTTP_MESSAGE;
	struct mcp_http_ask *a;

	if (o == NULL)
		return;
	if (method != NULL && strcmp(method, "notifications/cancelled") == 0) {
		mcp_http_cancel(h, json_get(json_get(o, "params"), "requestId"));
		/* The end of its stream says so. */
		if (h->stateless)
			return;
	}
	if (kind == HTTP_CALLS && !h->stateless && !h->mute && h->listens == NULL) {
		h->listens = http_ask_new(h, HTTP_LISTENS, NULL);
		http_go(h->listens);
	}
	a = http_ask_new(h, kind, line);
	if (kind == HTTP_GREETS)
		FREE_SET(h->first, xmemdup(line, n));
	if (method != NULL)
		a->id = cJSON_Duplicate(json_get(o, "id"), 1);
	if (a->id == NULL) {
		h->ordered++;
	} else {
		mcp_header_add(&a->own, o, h->marked);
		h->stateless = a->own.len > 0;
	}
	if (!http_begins(h))
		http_go(a);
}

static void
http_take(struct mcp_http *h)
{
	const char *line;
	size_t n;

	while (h->ordered == 0 && !http_begins(h) &&
	    (line = lineio_next(h->io, &n)) != NULL)
		http_take_line(h, line, n);
}

static void
http_io(void *arg, int fd UNUSED, unsigned events)
{
	struct mcp_http *h = arg;

	if ((events & LOOP_WRITE) != 0)
		http_flush(h);
	if ((events & LOOP_READ) == 0)
		return;
	if (lineio_read(h->io) < 0)
		loop_watch_set(h->watch, 0);
	http_take(h);
}

void
mcp_http_mark(struct mcp_http *h, const cJSON *marked)
{
	h->marked = marked;
}

struct mcp_http *
mcp_http_new_take(struct loop *loop, int fd, const char *name,
    const char *url, struct buf *lines, struct mcp_token *token)
{
	struct mcp_http *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->name = xstrdup(name);
	h->url = xstrdup(url);
	h->token = token;
	h->lines = *lines;
	buf_init(lines, 0);
	h->io = lineio_new_take(fd, HTTP_LINE, HTTP_QUEUE);
	h->watch = loop_watch_new(loop, fd, LOOP_READ, http_io, h);
	return h;
}

void
mcp_http_secrets(const struct mcp_http *h, struct mask_list *l)
{
	if (h->token != NULL)
		mcp_token_secrets(h->token, l);
}

void
mcp_http_free(struct mcp_http *h)
{
	if (h == NULL)
		return;
	mcp_token_free(h->token);
	while (h->asks != NULL)
		http_ask_free(h->asks);
	loop_watch_free(&h->watch);
	lineio_free(h->io);
	if (h->lines.p != NULL)
		explicit_bzero(h->lines.p, h->lines.cap);
	buf_release(&h->lines);
	FREE_ALL(h->name, h->why, h->url, h->moved, h->session, h->version,
	    h->first, h);
}
