/*
 * Sources: the Model Context Protocol, 2026-07-28, "Authorization"; OAuth 2.1
 * (draft 13); RFC 7591 (registration), RFC 7636 (PKCE), RFC 8414 and OpenID
 * Connect Discovery (metadata of the authorization server), RFC 8707
 * (`resource`), RFC 9728 (metadata of the resource).
 */
#include "config.h"

#include "core/mcp/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/url.h"
#include "base/utf8.h"
#include "loop/loop.h"
#include "net/address.h"
#include "provider/http.h"
#include "provider/provider.h"

#define OAUTH_MS	20000
#define OAUTH_BYTES	((size_t)1 << 20)
#define OAUTH_RANDOM	32	/* bytes */
#define OAUTH_SCOPE	((size_t)4 << 10) /* that the user is shown */

/* ---- addresses ---- */

/* A stranger wrote it. `what` it is, for the error. */
static int
oauth_url_check(const char *what, const char *url, bool near, struct err *e)
{
	bool local = url_is_local(url), tls = strncmp(url, "https://", 8) == 0;
	const char *host = url + (tls ? 8 : 7), *p;
	struct net_authority t;
	struct net_address a;

	for (p = url; *p > ' ' && *p < 0x7f && strchr("\"#<>\\^`{|}", *p) ==
	    NULL; p++)
		;
	if (*p != '\0')
		return err_set(e, "%s has a character that no address has: "
		    "%.200s", what, url);
	if (!tls && !(local && strncmp(url, "http://", 7) == 0))
		return err_set(e, "%s must start with https://: %.200s", what,
		    url);
	if (net_authority_parse(&t, host, strcspn(host, "/?"), 443) < 0)
		return err_set(e, "%s has no valid host: %.200s", what, url);
	/* A proxy would find the address of a name. */
	if (!near && (local || (net_address_parse(&a, t.host) == 0 &&
	    net_address_fault(&a) != NULL)))
		return err_set(e, "%s isn't on the public internet, as the "
		    "server is: %.200s", what, url);
	return 0;
}

/* The path without the slash at its end, and its length. */
static const char *
oauth_path(const char *url, int *n)
{
	AUTO_FREE char *origin = url_origin(url);
	const char *path = url + strlen(origin);

	*n = (int)strcspn(path, "?#");
	while (*n > 0 && path[*n - 1] == '/')
		--*n;
	return path;
}

/* Is it this server, or where it is? */
static bool
oauth_is_resource(const char *resource, const char *url)
{
	AUTO_FREE char *origin = url_origin(url), *of = url_origin(resource);
	int n, len;
	const char *path = oauth_path(resource, &n);
	const char *whole = oauth_path(url, &len);

	return strcmp(origin, of) == 0 && n <= len &&
	    strncmp(path, whole, (size_t)n) == 0 && (n == len ||
	    whole[n] == '/');
}

/* ---- requests ---- */

static bool
oauth_on_body(void *arg, const char *p, size_t n)
{
	struct oauth_ask *f = arg;

	return buf_add(&f->body, p, n) == 0;
}

static bool
oauth_on_address(void *arg, const struct sockaddr *sa)
{
	struct oauth_ask *f = arg;
	struct net_address a;
	bool near = net_address_from(&a, sa) < 0 ||
	    net_address_fault(&a) != NULL;

	f->public = f->public || !near;
	if (f->finds)
		f->near = !f->public;
	return f->near || !near;
}

static void
oauth_on_done(void *arg, const struct provider_error *why)
{
	struct oauth_ask *f = arg;

	f->head = xstrdup(http_stream_head(f->stream, &f->status));
	f->stream = NULL;	/* it frees itself */
	if (f->status == 0)
		err_set(&f->why, "it can't be reached: %s", why == NULL ?
		    "no answer" : why->message);
	f->o = json_parse(buf_str(&f->body), f->body.len, JSON_NUL_REFUSE,
	    NULL);
	if (!cJSON_IsObject(f->o))
		json_drop(&f->o);
	f->done(f->arg);
}

void
oauth_ask_start(struct oauth_ask *f, struct loop *loop, const char *url,
    void (*done)(void *), void *arg)
{
	static const char accept[] = "Accept: application/json";
	static const struct http_stream_callbacks cb = {
		.body = oauth_on_body, .done = oauth_on_done,
		.address = oauth_on_address,
	};
	struct http_stream_ask ask = { .url = url, .lines = &f->lines,
		.timeout_ms = OAUTH_MS };

	if (!f->finds)
		buf_add(&f->lines, accept, sizeof(accept));
	ask.body = f->form.len == 0 ? NULL : buf_str(&f->form);
	f->body.max = OAUTH_BYTES;
	f->done = done;
	f->arg = arg;
	f->stream = http_stream_new(loop, &ask, &cb, f);
}

void
oauth_ask_release(struct oauth_ask *f)
{
	struct buf *all[] = { &f->lines, &f->form, &f->body };
	size_t i;

	http_stream_free(f->stream);
	for (i = 0; i < MEM_COUNT(all); i++) {
		if (all[i]->p != NULL)
			explicit_bzero(all[i]->p, all[i]->cap);
		buf_release(all[i]);
	}
	free(f->head);
	json_wipe(f->o, NULL);
	cJSON_Delete(f->o);
	memset(f, 0, sizeof(*f));
}

static void
oauth_on_end(void *loop)
{
	loop_stop(loop, 0);
}

/* The same, and wait; -1 with *e: there is no answer. */
static int
oauth_ask(struct oauth_ask *f, const char *url, struct err *e)
{
	struct loop *loop = loop_new();

	oauth_ask_start(f, loop, url, oauth_on_end, loop);
	(void)loop_run(loop);
	loop_free(loop);
	return f->status != 0 ? 0 : err_set(e, "%.200s: %s", url, f->why.text);
}

/* The object that is there, or NULL; with *e if it can't be asked for. */
static cJSON *
oauth_get(const char *url, bool near, struct err *e)
{
	AUTO(oauth_ask_release) struct oauth_ask f = { .near = near };
	cJSON *o = NULL;

	if (!err_is_set(e) && oauth_ask(&f, url, e) == 0 && f.status == 200) {
		o = f.o;
		f.o = NULL;
	}
	return o;
}

/* Get a well-known document of a URL, whose path comes after the name (`last`)
 * or before it. */
static cJSON *
oauth_well_known(const char *url, const char *name, bool last, bool near,
    struct err *e)
{
	AUTO_FREE char *origin = url_origin(url), *at = NULL;
	int n;
	const char *path = oauth_path(url, &n);

	at = last ? xasprintf("%s/.well-known/%s%.*s", origin, name, n, path) :
	    xasprintf("%s%.*s/.well-known/%s", origin, n, path, name);
	return oauth_get(at, near, e);
}

/* ---- who signs in ---- */

char *
oauth_challenge(const char *head, const char *name)
{
	AUTO_FREE char *is = xasprintf("%s=", name);
	const char *p = strcasestr(head, "\nwww-authenticate:");
	bool quoted = false;

	for (; p != NULL && *p != '\0'; p++) {
		if (*p == '"' || *p == '\n')
			quoted = *p == '"' && !quoted;
		else if (quoted && *p == '\\' && p[1] == '"')
			p++;
		else if (!quoted && strncasecmp(p, is, strlen(is)) == 0 &&
		    strchr(" ,", p[-1]) != NULL)
			break;
	}
	if (p == NULL || *p == '\0')
		return NULL;
	p += strlen(is);
	return *p == '"' ? xmemdup(p + 1, strcspn(p + 1, "\"\r\n")) :
	    xmemdup(p, strcspn(p, ", \r\n"));
}

/* The names of a list, as one text; NULL: there is no list, or it's empty. */
static char *
oauth_scopes(const cJSON *list)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it))
			buf_addf(&b, "%s%s", b.len > 0 ? " " : "",
			    it->valuestring);
	return b.len == 0 ? NULL : buf_take(&b);
}

/* Metadata of the server: where it says, else where it must be. NULL without an
 * error: it has none. */
static cJSON *
oauth_resource(const char *url, const struct oauth_ask *f, struct err *e)
{
	AUTO_FREE char *at = oauth_challenge(f->head, "resource_metadata");
	AUTO_FREE char *origin = url_origin(url);
	cJSON *o = NULL;

	if (at == NULL) {
		o = oauth_well_known(url, "oauth-protected-resource", true,
		    f->near, e);
		return o != NULL ? o : oauth_well_known(origin,
		    "oauth-protected-resource", true, f->near, e);
	}
	if (oauth_url_check("the address of its metadata", at, f->near, e) == 0)
		o = oauth_get(at, f->near, e);
	if (o == NULL)
		err_set(e, "it has no metadata at %.200s", at);
	return o;
}

static cJSON *
oauth_find(const cJSON *asked, struct err *e)
{
	const char *url = json_str_or(asked, "url", "");
	const char *wanted = json_str(asked, "client_issuer"), *issuer;
	AUTO(oauth_ask_release) struct oauth_ask f = {
		.near = url_is_local(url), .finds = true,
	};
	AUTO_FREE char *scope = NULL, *origin = url_origin(url), *listed = NULL;
	AUTO_JSON cJSON *meta = NULL;
	const cJSON *servers;
	char where[256];
	cJSON *o;

	buf_adds(&f.form,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
	/* A token isn't sent along. */
	if (oauth_ask(&f, url, e) == 0 && f.status / 100 == 3 &&
	    provider_header_get(f.head, "location", where, sizeof(where)))
		err_set(e, "it redirects to %s: set that as its url", where);
	if (!err_is_set(e))
		meta = oauth_resource(url, &f, e);
	if (meta == NULL && f.status != 401)
		err_set(e, "it doesn't ask for a sign-in (HTTP %ld)", f.status);
	servers = json_array(meta, "authorization_servers");
	/* In version 2025-03-26 the server is its own issuer. */
	issuer = meta == NULL ? origin : wanted != NULL && json_has(servers,
	    wanted) ? wanted : cJSON_GetStringValue(cJSON_GetArrayItem(servers,
	    0));
	if (meta != NULL && !oauth_is_resource(json_str_or(meta, "resource",
	    ""), url))
		err_set(e, "its metadata is about another server: %.200s",
		    json_str_or(meta, "resource", "(none)"));
	if (issuer == NULL)
		err_set(e, "its metadata doesn't say who signs you in");
	else
		(void)oauth_url_check("who signs you in", issuer, f.near, e);
	if (err_is_set(e))
		return NULL;
	scope = oauth_challenge(f.head, "scope");
	listed = oauth_scopes(json_array(meta, "scopes_supported"));
	o = cJSON_Duplicate(asked, 1);
	JSON_ADD_TEXTS(o, "resource", json_str_or(meta, "resource", url),
	    "issuer", issuer);
	if (json_str(o, "scope") == NULL)
		json_add_str(o, "scope", scope != NULL ? scope : listed);
	json_add_bool(o, "near", f.near);
	return o;
}

/* ---- the authorization server ---- */

/* Some write a slash at the end in one place, and not in the other. */
static bool
oauth_is_issuer(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n > 0 && a[n - 1] == '/';
	m -= m > 0 && b[m - 1] == '/';
	return n == m && memcmp(a, b, n) == 0;
}

/* The issuer's metadata; NULL with *e if there is none that can be used. */
static cJSON *
oauth_metadata(const char *issuer, bool near, struct err *e)
{
	static const char *const ends[] = { "authorization_endpoint",
		"token_endpoint", "registration_endpoint" };
	static const char oidc[] = "openid-configuration";
	cJSON *meta = oauth_well_known(issuer, "oauth-authorization-server",
	    true, near, e);
	const char *url;
	size_t i;

	if (meta == NULL)
		meta = oauth_well_known(issuer, oidc, true, near, e);
	if (meta == NULL)
		meta = oauth_well_known(issuer, oidc, false, near, e);
	if (meta == NULL)
		err_set(e, "%.200s has no metadata of an authorization server",
		    issuer);
	else if (!oauth_is_issuer(json_str_or(meta, "issuer", ""), issuer))
		err_set(e, "%.200s has the metadata of another one: %.200s",
		    issuer, json_str_or(meta, "issuer", "(none)"));
	else if (!json_has(json_array(meta, "code_challenge_methods_supported"),
	    "S256"))
		err_set(e, "%.200s doesn't say that it supports PKCE with S256,"
		    " without which others could use your sign-in", issuer);
	for (i = 0; i < MEM_COUNT(ends); i++) {
		url = json_str(meta, ends[i]);
		if (url != NULL)
			(void)oauth_url_check(ends[i], url, near, e);
		else if (i < 2)		/* registration needn't be there */
			err_set(e, "%.200s has no %s", issuer, ends[i]);
	}
	if (err_is_set(e))
		json_drop(&meta);
	return meta;
}

/* How it wants to know us. `secret`: we have one. */
static const char *
oauth_auth(const cJSON *meta, bool secret)
{
	static const char *const known[] = { "none", "client_secret_basic",
		"client_secret_post" };
	const cJSON *list = json_array(meta,
	    "token_endpoint_auth_methods_supported");
	size_t i;

	for (i = secret; i < MEM_COUNT(known); i++)
		if (json_has(list, known[i]))
			return known[i];
	return known[secret];
}

/* Dynamic registration. */
static int
oauth_register(cJSON *o, const cJSON *meta, struct err *e)
{
	const char *auth = oauth_auth(meta, false), *id, *secret;
	const char *issuer = json_str_or(o, "issuer", "");
	const char *url = json_str(meta, "registration_endpoint");
	AUTO(oauth_ask_release) struct oauth_ask f = {
		.near = json_bool(o, "near", false),
	};

	if (url == NULL)
		return err_set(e, "%.200s registers no clients by itself: make "
		    "one there, and name it in oauth.clientId (see "
		    "assent-config(5), MCP servers)", issuer);
	buf_addf(&f.form, "{\"client_name\":\"assent\",\"redirect_uris\":"
	    "[\"%s\"],\"grant_types\":[\"authorization_code\","
	    "\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"%s\","
	    "\"application_type\":\"native\"}", json_str_or(o, "redirect_uri",
	    ""), auth);
	if (oauth_ask(&f, url, e) < 0)
		return -1;
	id = json_str(f.o, "client_id");
	secret = json_str(f.o, "client_secret");
	if (id == NULL)
		return err_set(e, "%.200s registers no client for assent (HTTP "
		    "%ld: %.200s); make one there, and name it in oauth."
		    "clientId", issuer, f.status, json_str_or(f.o,
		    "error_description", json_str_or(f.o, "error", "")));
	JSON_ADD_TEXTS(o, "client_id", id, "client_secret", secret);
	json_add_str(o, "auth", secret == NULL ? "none" : json_str_or(f.o,
	    "token_endpoint_auth_method", auth));
	return 0;
}

/* The client: the user's, or a new one. */
static int
oauth_client(cJSON *o, const cJSON *meta, struct err *e)
{
	const char *id = json_str(o, "client_id");
	const char *secret = json_str(o, "client_secret");
	const char *of = json_str(o, "client_issuer");
	const char *issuer = json_str_or(o, "issuer", "");

	/* What the user made at one place isn't for another. */
	if (of != NULL && !oauth_is_issuer(of, issuer))
		return err_set(e, "the client is for %.200s (oauth.issuer), "
		    "and the server names %.200s", of, issuer);
	if (secret != NULL && of == NULL)
		return err_set(e, "set oauth.issuer to where the client's "
		    "secret is from: it goes there only. The server names "
		    "%.200s", issuer);
	/* If it's the address of a document: not everybody reads those. */
	if (id == NULL || (strncmp(id, "https://", 8) == 0 && !json_bool(meta,
	    "client_id_metadata_document_supported", false)))
		return oauth_register(o, meta, e);
	json_add_str(o, "auth", secret == NULL ? "none" : oauth_auth(meta,
	    true));
	return 0;
}

/* ---- the browser's address ---- */

/* "NAME=VALUE", or just the value. */
static void
oauth_form(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (name != NULL)
		buf_addf(b, "%s%s=", b->len > 0 ? "&" : "", name);
	url_encode(b, value, strlen(value), "");
}

/* Add it as base64 for URLs. */
static void
oauth_add_b64(cJSON *o, const char *name, const void *raw, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	b64_encode(&b, raw, n);
	for (i = 0; i < b.len; i++)
		b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
	json_add_strn(o, name, b.p, strcspn(buf_str(&b), "="));
}

/* The state, and PKCE's verifier with its challenge. */
static int
oauth_secrets(cJSON *o, struct err *e)
{
	unsigned char raw[2 * OAUTH_RANDOM], hash[(SHA256_HEX_SIZE - 1) / 2];
	char hex[SHA256_HEX_SIZE];
	const char *verifier;
	unsigned byte;
	size_t i;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(e, "no random numbers");
	oauth_add_b64(o, "state", raw, OAUTH_RANDOM);
	oauth_add_b64(o, "verifier", raw + OAUTH_RANDOM, OAUTH_RANDOM);
	verifier = json_str_or(o, "verifier", "");
	sha256_hex(verifier, strlen(verifier), hex);
	for (i = 0; i < sizeof(hash) && sscanf(hex + 2 * i, "%2x", &byte) == 1;
	    i++)
		hash[i] = (unsigned char)byte;
	oauth_add_b64(o, "code_challenge", hash, sizeof(hash));
	return 0;
}

static void
oauth_open(cJSON *o, const cJSON *meta)
{
	static const char *const names[] = { "client_id", "redirect_uri",
		"state", "resource", "scope", "code_challenge" };
	const char *to = json_str_or(meta, "authorization_endpoint", "");
	AUTO_BUF struct buf b = BUF_INIT(0), scope = BUF_INIT(0);
	size_t i;

	/* For a refresh token. */
	if (json_str(o, "scope") != NULL && json_has(json_array(meta,
	    "scopes_supported"), "offline_access") && strstr(json_str(o,
	    "scope"), "offline_access") == NULL) {
		buf_addf(&scope, "%s offline_access", json_str(o, "scope"));
		json_add_str(o, "scope", buf_str(&scope));
	}
	buf_addf(&b, "%s%cresponse_type=code&code_challenge_method=S256", to,
	    strchr(to, '?') == NULL ? '?' : '&');
	for (i = 0; i < MEM_COUNT(names); i++)
		oauth_form(&b, names[i], json_str(o, names[i]));
	json_add_str(o, "open", buf_str(&b));
}

static cJSON *
oauth_begin(const cJSON *asked, struct err *e)
{
	cJSON *o = cJSON_Duplicate(asked, 1);
	AUTO_JSON cJSON *meta = oauth_metadata(json_str_or(o, "issuer", ""),
	    json_bool(o, "near", false), e);
	const char *scope = json_str_or(o, "scope", "");

	/* Keep the issuer as it writes itself. */
	json_copy(o, "issuer", json_get(meta, "issuer"));
	/* The server names them. */
	if (strlen(scope) > OAUTH_SCOPE || !utf8_is_line(scope))
		err_set(e, "the rights that it wants are too long, or have "
		    "control characters");
	if (err_is_set(e) || oauth_client(o, meta, e) < 0 ||
	    oauth_secrets(o, e) < 0) {
		json_drop(&o);
		return NULL;
	}
	json_copy(o, "token_endpoint", json_get(meta, "token_endpoint"));
	json_add_bool(o, "iss_needed", json_bool(meta,
	    "authorization_response_iss_parameter_supported", false));
	oauth_open(o, meta);
	return o;
}

/* ---- the token ---- */

void
oauth_ask_token(struct oauth_ask *f, const cJSON *token, const char *grant,
    const char *name, const char *secret)
{
	static const char type[] =
	    "Content-Type: application/x-www-form-urlencoded";
	const char *id = json_str(token, "client_id");
	const char *key = json_str(token, "client_secret");
	AUTO_BUF struct buf pair = BUF_INIT(0);

	f->near = json_bool(token, "near", false);
	buf_add(&f->lines, type, sizeof(type));
	oauth_form(&f->form, "grant_type", grant);
	oauth_form(&f->form, name, secret);
	oauth_form(&f->form, "resource", json_str(token, "resource"));
	if (!json_is(token, "auth", "client_secret_basic"))
		oauth_form(&f->form, "client_id", id);
	if (json_is(token, "auth", "client_secret_post"))
		oauth_form(&f->form, "client_secret", key);
	if (!json_is(token, "auth", "client_secret_basic"))
		return;
	oauth_form(&pair, NULL, id);
	buf_addc(&pair, ':');
	oauth_form(&pair, NULL, key);
	buf_adds(&f->lines, "Authorization: Basic ");
	b64_encode(&f->lines, pair.p, pair.len);
	buf_addc(&f->lines, '\0');
	explicit_bzero(pair.p, pair.cap);
}

int
oauth_token_take(cJSON *o, const struct oauth_ask *f, struct err *e)
{
	static const char *const kept[] = { "access_token", "refresh_token",
		"scope" };
	const char *error = json_str_or(f->o, "error", "");
	const char *issuer = json_str_or(o, "issuer", "");
	const char *token = json_str_or(f->o, "access_token", ""), *p = token;
	bool plain = error[0] != '\0' && error[strspn(error,
	    "abcdefghijklmnopqrstuvwxyz_")] == '\0';
	size_t i;

	if (f->status == 0)
		return err_set(e, "%.200s: %s", issuer, f->why.text);
	/* The rest of it might repeat a secret. */
	if (f->status != 200)
		return err_set(e, "%.200s gives no token (HTTP %ld%s%.60s)",
		    issuer, f->status, plain ? ", " : "", plain ? error : "");
	/* It becomes a part of a header's line. */
	while (*p > ' ' && *p < 0x7f)
		p++;
	if (*p != '\0' || p == token || strcasecmp(json_str_or(f->o,
	    "token_type", "bearer"), "bearer") != 0)
		return err_set(e, "%.200s gives a token of a kind that assent "
		    "doesn't know", issuer);
	for (i = 0; i < MEM_COUNT(kept); i++)
		json_add_str(o, kept[i], json_str(f->o, kept[i]));
	return 0;
}

static cJSON *
oauth_end(const cJSON *asked, struct err *e)
{
	static const char *const kept[] = { "url", "resource", "issuer",
		"token_endpoint", "auth", "near", "client_id", "client_secret",
		"scope" };
	AUTO(oauth_ask_release) struct oauth_ask f = { 0 };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, asked, kept);
	oauth_ask_token(&f, asked, "authorization_code", "code",
	    json_str(asked, "code"));
	oauth_form(&f.form, "redirect_uri", json_str(asked, "redirect_uri"));
	oauth_form(&f.form, "code_verifier", json_str(asked, "verifier"));
	if (oauth_ask(&f, json_str_or(asked, "token_endpoint", ""), e) < 0 ||
	    oauth_token_take(o, &f, e) < 0)
		json_drop(&o);
	return o;
}

cJSON *
oauth_step(const char *step, const cJSON *asked, struct err *e)
{
	return strcmp(step, "find") == 0 ? oauth_find(asked, e) :
	    strcmp(step, "begin") == 0 ? oauth_begin(asked, e) :
	    oauth_end(asked, e);
}
