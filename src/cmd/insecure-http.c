/* See insecure-http.h. */
#include "config.h"

#include "cmd/insecure-http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "cmd/base/review.h"

#define INSECURE_HTTP_FILE	"insecure-http"
#define INSECURE_HTTP_BYTES	((size_t)64 << 10)

/* The allowed addresses, one per line. */
static int
insecure_http_read(int dir, struct buf *b)
{
	AUTO_CLOSE int fd = fs_open_regular(dir, INSECURE_HTTP_FILE);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fs_read_all(fd, b);
}

static bool
insecure_http_has(const struct buf *b, const char *where)
{
	const char *p = b->p, *end = p + b->len, *nl;
	size_t n = strlen(where);

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		if ((size_t)(nl - p) == n && memcmp(p, where, n) == 0)
			return true;
	}
	return false;
}

static bool
insecure_http_is_kept(const struct setup *s, const char *where)
{
	AUTO_BUF struct buf b = BUF_INIT(INSECURE_HTTP_BYTES);
	AUTO_CLOSE int dir =
	    open(s->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir >= 0 && insecure_http_read(dir, &b) == 0 && b.len > 0 &&
	    insecure_http_has(&b, where);
}

static int
insecure_http_keep(const struct setup *s, const char *where, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(INSECURE_HTTP_BYTES);
	AUTO_CLOSE int dir = -1;
	int rc = -1;

	if (fs_mkdirs(s->state_dir, 0700, e) < 0)
		return -1;
	dir = open(s->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || insecure_http_read(dir, &b) < 0) {
		err_sys(e, "can't read %s/" INSECURE_HTTP_FILE, s->state_dir);
	} else {
		buf_addf(&b, "%s\n", where);
		rc = fs_replace(dir, INSECURE_HTTP_FILE, b.p, b.len, 0600, e);
	}
	return rc;
}

char *
insecure_http_where(const struct setup *s, const struct config_model *m)
{
	const char *url = m->base_url;
	const char *allowed = config_str(s->config, "insecure_http");
	char *where;

	if (m->key == NULL || url == NULL ||
	    strncmp(url, "http://", 7) != 0 ||
	    (allowed != NULL && strcmp(allowed, "on") == 0))
		return NULL;
	/* A request to this machine may go through a proxy elsewhere. */
	if (url_is_local(url))
		url = m->proxy == NULL || strcmp(m->proxy, "none") == 0 ||
		    url_is_local(m->proxy) ? NULL : m->proxy;
	if (url == NULL)
		return NULL;
	where = url_origin(url);
	if (insecure_http_is_kept(s, where)) {
		free(where);
		return NULL;
	}
	return where;
}

void
insecure_http_refuse(
    const struct config_model *m, const char *where, struct err *e)
{
	err_set(e,
	    "the key for %s was not sent to %s: http:// isn't encrypted, "
	    "so others on the network can read it. Use https://, or allow it: "
	    "confirm it in `assent --model %s/%s` on a terminal, pass "
	    "--insecure-http, or set \"insecure_http\": \"on\"",
	    m->provider, where, m->provider, m->name);
}

static bool
insecure_http_ask(const struct config_model *m, const char *where)
{
	cmd_say("the key for %s would be sent to %s over http://, which isn't "
		"encrypted: others on the network can read it.",
	    m->provider, where);
	return review_yes("Always send it to this address?");
}

static int
insecure_http_check_model(struct setup *s, struct config_model *m)
{
	AUTO_FREE char *where = insecure_http_where(s, m);
	struct err e = ERR_INIT;
	int code = 0;

	if (where == NULL)
		return 0;
	if (!s->headless && isatty(STDIN_FILENO) && isatty(STDERR_FILENO) &&
	    insecure_http_ask(m, where)) {
		if (insecure_http_keep(s, where, &e) < 0)
			cmd_say("%s: you'll be asked again", e.text);
		return 0;
	}
	insecure_http_refuse(m, where, &e);
	code = cmd_fail(EXIT_USAGE, "%s", e.text);
	if (!s->again)
		return code;
	secret_free(m->key);
	m->key = NULL;
	return 0;
}

/* Model number `i` of the setup; NULL after the last. */
static struct config_model *
insecure_http_model(struct setup *s, size_t i)
{
	if (i == 0)
		return &s->model;
	if (--i < s->rest_len)
		return &s->rest[i];
	i -= s->rest_len;
	return i < s->routes_len ? &s->routes[i].model : NULL;
}

int
insecure_http_check(struct setup *s)
{
	struct config_model *m;
	size_t i;
	int code = 0;

	for (i = 0; code == 0 && (m = insecure_http_model(s, i)) != NULL; i++)
		code = insecure_http_check_model(s, m);
	return code;
}

int
insecure_http_check_recorded(struct setup *s, const cJSON *model)
{
	const char *url = json_str(model, "base_url");
	struct config_model *m, there;
	size_t i;
	int code = 0;

	for (i = 0; code == 0 && url != NULL && s->has_model &&
	    (m = insecure_http_model(s, i)) != NULL; i++) {
		if (strcmp(m->provider, json_str_or(model, "provider", "")) != 0)
			continue;
		there = *m;
		there.base_url = xstrdup(url);
		there.proxy = xstrdup_null(json_str(model, "proxy"));
		code = insecure_http_check_model(s, &there);
		m->key = there.key;
		free(there.base_url);
		free(there.proxy);
	}
	return code;
}
