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
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/mcp/oauth.h"
#include "loop/loop.h"
#include "policy/mask.h"

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
mcp_token_line(const struct mcp_token *t, struct buf *lines)
{
	/* The user may have signed out. */
	if (t->access == NULL || access(t->path, F_OK) < 0)
		return false;
	buf_addf(lines, "Authorization: Bearer %s", t->access);
	buf_addc(lines, '\0');
	return true;
}

const char *
mcp_token_scope(const struct mcp_token *t)
{
	return t->scope == NULL ? "" : t->scope;
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

	t->loop = loop;
	t->path = xstrdup(path);
	t->url = xstrdup(url);
	t->lock = -1;
	if (token_read(t, fd, NULL) == 0)
		token_set(t);
	token_drop(t);
	return t;
}

void
mcp_token_free(struct mcp_token *t)
{
	if (t == NULL)
		return;
	token_drop(t);
	secret_free(t->access);
	free(t->scope);
	free(t->path);
	free(t->url);
	free(t);
}
