/*
 * A server's token, from `assent mcp login`, and refreshing it. The file may be
 * another session's to refresh at the same time, and the refresh token may count
 * once: who has the file locked refreshes it, the others take what it writes.
 * Nothing of it is told to anybody but the server and where the token is from.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/mcp/oauth.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "provider/http.h"
#include "provider/provider.h"

#define TOKEN_BYTES	((size_t)256 << 10)
#define TOKEN_TRY_MS	100	/* until the next look at who has the lock */
#define TOKEN_TRIES	300
#define TOKEN_MS	20000	/* for an answer */
#define TOKEN_EARLY_S	30	/* it is refreshed so long before it expires */

struct mcp_token {
	struct loop	*loop;
	char		*path, *url;
	char		*access;	/* a secret; NULL: none */
	int64_t		 expires_at;	/* 0: unknown */
	/* while it's renewed */
	mcp_token_cb	*cb;
	void		*arg;
	struct loop_timer *timer;
	int		 tries, lock;
	cJSON		*file;		/* as it is */
	struct http_stream *stream;
	struct buf	 lines, send, body;	/* secret, but for the last */
};

static void
token_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

static void
token_drop(struct mcp_token *t)
{
	loop_timer_free(&t->timer);
	http_stream_free(t->stream);
	t->stream = NULL;
	json_wipe(t->file, NULL);
	json_drop(&t->file);
	token_wipe(&t->lines);
	token_wipe(&t->send);
	token_wipe(&t->body);
	fs_close(t->lock);
	t->lock = -1;
}

/* Renewed, or not: why. */
static void
token_done(struct mcp_token *t, const char *why)
{
	mcp_token_cb *cb = t->cb;

	token_drop(t);
	t->cb = NULL;
	cb(t->arg, why);
}

static void
token_set(struct mcp_token *t, const cJSON *file)
{
	secret_free(t->access);
	t->access = secret_dup(json_str(file, "access_token"));
	t->expires_at = json_int(file, "expires_at", 0);
}

/* The file, if it is of this server; NULL with *e: the user has to sign in. */
static cJSON *
token_read(const struct mcp_token *t, int fd, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(TOKEN_BYTES);
	cJSON *o = NULL;

	if (fs_read_all(fd, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	if (json_str(o, "access_token") != NULL && json_is(o, "url", t->url))
		return o;
	err_set(e, json_str(o, "url") == NULL ? "%s is damaged" : "%s is of "
	    "another url", t->path);
	cJSON_Delete(o);
	return NULL;
}

/* ---- refreshing ---- */

static bool
token_on_body(void *arg, const char *p, size_t n)
{
	struct mcp_token *t = arg;

	return buf_add(&t->body, p, n) == 0;
}

static bool
token_on_address(void *arg, const struct sockaddr *sa)
{
	const struct mcp_token *t = arg;

	return oauth_address(json_bool(t->file, "near", false), sa);
}

static void
token_on_done(void *arg, const struct provider_error *why)
{
	struct mcp_token *t = arg;
	AUTO_JSON cJSON *answer = why != NULL ? NULL : json_parse(
	    buf_str(&t->body), t->body.len, JSON_NUL_REFUSE, NULL);
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;
	long status;

	(void)http_stream_head(t->stream, &status);
	t->stream = NULL;	/* it frees itself */
	if (why != NULL)
		err_set(&e, "%.200s can't be reached: %s", json_str_or(t->file,
		    "issuer", ""), why->message);
	else if (oauth_token_take(t->file, status, answer, &e) == 0) {
		token_set(t, t->file);
		text = json_print(t->file);
		/* Not if the user has signed out meanwhile: that waits for the
		 * lock. */
		(void)secret_save(t->path, text, &e);
		explicit_bzero(text, strlen(text));
	}
	json_wipe(answer, NULL);
	token_done(t, err_is_set(&e) ? e.text : NULL);
}

static void
token_late(void *arg)
{
	struct mcp_token *t = arg;

	t->timer = NULL;
	token_done(t, "it doesn't answer");
}

static void
token_refresh(struct mcp_token *t)
{
	static const struct http_stream_callbacks cb = {
		.body = token_on_body, .done = token_on_done,
		.address = token_on_address,
	};
	struct http_stream_ask ask = {
		.url = json_str_or(t->file, "token_endpoint", ""),
		.lines = &t->lines,
	};

	oauth_form(&t->send, "grant_type", "refresh_token");
	oauth_form(&t->send, "refresh_token", json_str(t->file,
	    "refresh_token"));
	oauth_token_ask(t->file, &t->lines, &t->send);
	ask.body = buf_str(&t->send);
	t->stream = http_stream_new(t->loop, &ask, &cb, t);
	t->timer = loop_timer_new(t->loop, TOKEN_MS, token_late, t);
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
		return;
	}
	if (t->lock >= 0)
		t->file = token_read(t, t->lock, &e);
	if (t->file == NULL) {
		token_done(t, e.sys == ENOENT ? "" : e.text);
	} else if (t->access == NULL || !json_is(t->file, "access_token",
	    t->access)) {
		/* The user has signed in, or another session was faster. */
		token_set(t, t->file);
		token_done(t, NULL);
	} else if (json_str(t->file, "refresh_token") == NULL)
		token_done(t, "it has expired");
	else
		token_refresh(t);
}

void
mcp_token_renew(struct mcp_token *t, mcp_token_cb *cb, void *arg)
{
	t->cb = cb;
	t->arg = arg;
	t->tries = 0;
	t->timer = loop_timer_new(t->loop, 0, token_try, t);
}

/* ---- its use ---- */

bool
mcp_token_is_due(const struct mcp_token *t)
{
	return t->access != NULL && t->expires_at > 0 &&
	    t->expires_at - TOKEN_EARLY_S < time(NULL);
}

bool
mcp_token_line(const struct mcp_token *t, struct buf *lines)
{
	if (t->access == NULL)
		return false;
	buf_addf(lines, "Authorization: Bearer %s", t->access);
	buf_addc(lines, '\0');
	return true;
}

void
mcp_token_secrets(const struct mcp_token *t, struct mask_list *l)
{
	mask_list_add(l, t->access);
}

struct mcp_token *
mcp_token_new(struct loop *loop, const char *path, const char *url)
{
	struct mcp_token *t = xcalloc(1, sizeof(*t));
	AUTO_CLOSE int fd = secret_open(path, NULL);
	cJSON *o;

	t->loop = loop;
	t->path = xstrdup(path);
	t->url = xstrdup(url);
	t->lock = -1;
	buf_init(&t->body, TOKEN_BYTES);
	o = fd < 0 ? NULL : token_read(t, fd, NULL);
	if (o != NULL)
		token_set(t, o);
	json_wipe(o, NULL);
	cJSON_Delete(o);
	return t;
}

void
mcp_token_free(struct mcp_token *t)
{
	if (t == NULL)
		return;
	token_drop(t);
	secret_free(t->access);
	free(t->path);
	free(t->url);
	free(t);
}
