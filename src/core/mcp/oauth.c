/*
 * Sources: the Model Context Protocol, 2026-07-28, "Authorization"; OAuth 2.1
 * (draft 13); RFC 7591 (registration), RFC 7636 (PKCE), RFC 8414 and OpenID
 * Connect Discovery (metadata of the authorization server), RFC 8707
 * (`resource`), RFC 9728 (metadata of the resource).
 */
#include "config.h"

#include "core/mcp/oauth.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/url.h"
#include "loop/loop.h"
#include "net/address.h"
#include "provider/http.h"
#include "provider/provider.h"

#define OAUTH_MS	20000
#define OAUTH_BYTES	((size_t)1 << 20)
#define OAUTH_TOKEN	((size_t)16 << 10)
#define OAUTH_SECRET	32	/* random bytes */

/* ---- addresses ---- */

bool
oauth_address(bool near, const struct sockaddr *sa)
{
	struct net_address a;

	return near || (net_address_from(&a, sa) == 0 &&
	    net_address_fault(&a) == NULL);
}

/* A stranger wrote it. `what` it is, for the error. */
static int
oauth_url_check(const char *what, const char *url, bool near, struct err *e)
{
	bool local = url_is_local(url), tls = strncmp(url, "https://", 8) == 0;
	const char *host = url + (tls ? 8 : 7), *p;
	struct net_authority t;
	struct net_address a;

	for (p = url; *p > ' ' && *p < 0x7f && strchr("\"<>\\^`{|}", *p) == NULL;
	    p++)
		;
	if (*p != '\0' || strchr(url, '#') != NULL)
		return err_set(e, "%s has a character that no address has: "
		    "%.200s", what, url);
	if (!tls && !(local && strncmp(url, "http://", 7) == 0))
		return err_set(e, "%s must start with https://: %.200s", what,
		    url);
	if (net_authority_parse(&t, host, strcspn(host, "/?"), tls ? 443 :
	    80) < 0)
		return err_set(e, "%s has no valid host: %.200s", what, url);
	if (!near && (local || (net_address_parse(&a, t.host) == 0 &&
	    net_address_fault(&a) != NULL)))
		return err_set(e, "%s isn't on the public internet, as the "
		    "server is: %.200s", what, url);
	return 0;
}

/* The path with its slash, without query; "" for the root. Its length. */
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

static char *
oauth_well_known(const char *url, const char *name, bool with_path)
{
	AUTO_FREE char *origin = url_origin(url);
	int n;
	const char *path = oauth_path(url, &n);

	return xasprintf("%s/.well-known/%s%.*s", origin, name, with_path ? n :
	    0, path);
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

struct oauth_fetch {
	struct loop	*loop;
	struct http_stream *stream;
	struct buf	 body;
	long		 status;	/* 0: no answer */
	char		*head;
	cJSON		*o;		/* the answer; NULL: it is no object */
	bool		 near;		/* may it be private? */
	bool		 finds;		/* the server itself: is it? */
	struct err	*e;
};

static void
oauth_fetch_release(struct oauth_fetch *f)
{
	buf_release(&f->body);
	free(f->head);
	json_wipe(f->o, NULL);
	cJSON_Delete(f->o);
}

static bool
oauth_on_body(void *arg, const char *p, size_t n)
{
	struct oauth_fetch *f = arg;

	return buf_add(&f->body, p, n) == 0;
}

static bool
oauth_on_address(void *arg, const struct sockaddr *sa)
{
	struct oauth_fetch *f = arg;

	if (f->finds)
		f->near = !oauth_address(false, sa);
	return oauth_address(f->near, sa);
}

static void
oauth_on_done(void *arg, const struct provider_error *why)
{
	struct oauth_fetch *f = arg;
	const char *head = http_stream_head(f->stream, &f->status);

	f->head = xstrdup(head);
	/* A server that streams doesn't end its answer. */
	if (why != NULL && f->status == 0)
		err_set(f->e, "%s", why->message);
	f->stream = NULL;
	loop_stop(f->loop, 0);
}

static void
oauth_on_late(void *arg)
{
	loop_stop(arg, 1);
}

/* GET, or POST with a body, and wait; -1 with *e: there is no answer. Release it
 * in either case. */
static int
oauth_fetch(struct oauth_fetch *f, const char *url, const struct buf *lines,
    const char *body, struct err *e)
{
	static const struct http_stream_callbacks cb = {
		.body = oauth_on_body, .done = oauth_on_done,
		.address = oauth_on_address,
	};
	const struct http_stream_ask ask = { .url = url, .lines = lines,
		.body = body };
	struct err why = ERR_INIT;
	AUTO_FREE char *origin = url_origin(url);
	struct loop_timer *late;

	f->e = &why;
	f->loop = loop_new();
	buf_init(&f->body, OAUTH_BYTES);
	late = loop_timer_new(f->loop, OAUTH_MS, oauth_on_late, f->loop);
	f->stream = http_stream_new(f->loop, &ask, &cb, f);
	if (loop_run(f->loop) == 0)
		loop_timer_free(&late);
	else
		err_set(&why, "it doesn't answer");
	http_stream_free(f->stream);
	loop_free(f->loop);
	f->o = f->status == 0 ? NULL : json_parse(buf_str(&f->body),
	    f->body.len, JSON_NUL_REFUSE, NULL);
	if (!cJSON_IsObject(f->o))
		json_drop(&f->o);
	if (f->body.p != NULL)
		explicit_bzero(f->body.p, f->body.cap);
	return err_is_set(&why) ? err_set(e, "%s can't be reached: %s", origin,
	    why.text) : 0;
}

static void
oauth_json_lines(struct buf *lines)
{
	buf_adds(lines, "Accept: application/json");
	buf_addc(lines, '\0');
}

/* The object that is there, or NULL, with *e only if it can't be asked for. */
static cJSON *
oauth_get(const char *url, bool near, struct err *e)
{
	AUTO(oauth_fetch_release) struct oauth_fetch f = { .near = near };
	AUTO_BUF struct buf lines = BUF_INIT(0);
	cJSON *o;

	oauth_json_lines(&lines);
	if (oauth_fetch(&f, url, &lines, NULL, e) < 0 || f.status != 200)
		return NULL;
	o = f.o;
	f.o = NULL;
	return o;
}

/* ---- who signs in ---- */

char *
oauth_challenge(const char *head, const char *name)
{
	static const char header[] = "www-authenticate:";
	AUTO_BUF struct buf all = BUF_INIT(0), value = BUF_INIT(0);
	size_t n = strlen(name), eq;
	bool word = true, found, quoted;
	const char *p, *end;

	for (p = head; *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		if (strncasecmp(p, header, sizeof(header) - 1) != 0)
			continue;
		p += sizeof(header) - 1;
		buf_add(&all, p, (size_t)(end - p) - (end > p &&
		    end[-1] == '\r'));
		buf_addc(&all, ',');
	}
	for (p = buf_str(&all); *p != '\0'; ) {
		eq = strncasecmp(p, name, n) != 0 ? 0 : n + strspn(p + n, " ");
		found = word && eq > 0 && p[eq] == '=';
		if (found)
			p += eq + 1 + strspn(p + eq + 1, " ");
		quoted = *p == '"';
		if (!found && !quoted) {
			word = strchr(", \t", *p++) != NULL;
			continue;
		}
		for (p += quoted; *p != '\0' && (quoted ? *p != '"' :
		    strchr(", \t", *p) == NULL); p++) {
			if (quoted && *p == '\\' && p[1] != '\0')
				p++;
			buf_addc(&value, *p);
		}
		if (found)
			return buf_take(&value);
		buf_clear(&value);
		p += *p != '\0';
		word = false;
	}
	return NULL;
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
oauth_resource(const char *url, const char *head, bool near, struct err *e)
{
	AUTO_FREE char *at = oauth_challenge(head, "resource_metadata");
	cJSON *o = NULL;
	int n, i;

	if (at != NULL && oauth_url_check("the address of the server's "
	    "metadata", at, near, e) == 0 && (o = oauth_get(at, near, e)) ==
	    NULL && !err_is_set(e))
		err_set(e, "there is no metadata of the server at %.200s", at);
	(void)oauth_path(url, &n);
	for (i = n == 0; at == NULL && o == NULL && !err_is_set(e) && i < 2;
	    i++) {
		AUTO_FREE char *where = oauth_well_known(url,
		    "oauth-protected-resource", i == 0);

		o = oauth_get(where, near, e);
	}
	return o;
}

static cJSON *
oauth_find(const cJSON *asked, struct err *e)
{
	static const char ask[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
	const char *url = json_str_or(asked, "url", "");
	const char *wanted = json_str(asked, "client_issuer"), *issuer;
	AUTO(oauth_fetch_release) struct oauth_fetch f = {
		.near = url_is_local(url), .finds = true,
	};
	AUTO_FREE char *scope = NULL, *origin = url_origin(url), *listed = NULL;
	AUTO_JSON cJSON *meta = NULL;
	const cJSON *servers;
	cJSON *o;

	if (oauth_fetch(&f, url, NULL, ask, e) < 0)
		return NULL;
	meta = oauth_resource(url, f.head, f.near, e);
	if (meta == NULL && !err_is_set(e) && f.status != 401)
		err_set(e, "it doesn't ask for a sign-in (HTTP %ld)", f.status);
	if (err_is_set(e))
		return NULL;
	servers = json_array(meta, "authorization_servers");
	/* As in 2025-03-26: it does it itself. */
	issuer = meta == NULL ? origin : wanted != NULL && json_has(servers,
	    wanted) ? wanted : servers != NULL && cJSON_IsString(
	    servers->child) ? servers->child->valuestring : NULL;
	if (issuer == NULL)
		err_set(e, "its metadata doesn't say who signs you in");
	else if (meta != NULL && !oauth_is_resource(json_str_or(meta,
	    "resource", ""), url))
		err_set(e, "its metadata is about another server: %.200s",
		    json_str_or(meta, "resource", "(none)"));
	else
		(void)oauth_url_check("the authorization server", issuer,
		    f.near, e);
	if (err_is_set(e))
		return NULL;
	scope = oauth_challenge(f.head, "scope");
	listed = oauth_scopes(json_array(meta, "scopes_supported"));
	o = cJSON_Duplicate(asked, 1);
	json_add_str(o, "resource", json_str_or(meta, "resource", url));
	json_add_str(o, "issuer", issuer);
	json_add_str(o, "scope", scope != NULL ? scope : listed);
	json_add_bool(o, "near", f.near);
	return o;
}

/* ---- the authorization server ---- */

/* Some write the slash of an empty path in one place, and not in the other. */
static bool
oauth_is_issuer(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n > 0 && a[n - 1] == '/';
	m -= m > 0 && b[m - 1] == '/';
	return n == m && memcmp(a, b, n) == 0;
}

static int
oauth_metadata_check(const cJSON *meta, const char *issuer, bool near,
    struct err *e)
{
	static const struct { const char *name, *what; bool needed; } ends[] = {
		{ "authorization_endpoint", "its address for the browser",
		    true },
		{ "token_endpoint", "its address for tokens", true },
		{ "registration_endpoint", "its address for registration",
		    false },
	};
	size_t i;

	if (!oauth_is_issuer(json_str_or(meta, "issuer", ""), issuer))
		return err_set(e, "%.200s has the metadata of another one: "
		    "%.200s", issuer, json_str_or(meta, "issuer", "(none)"));
	for (i = 0; i < MEM_COUNT(ends); i++) {
		const char *url = json_str(meta, ends[i].name);

		if (url == NULL && ends[i].needed)
			return err_set(e, "the metadata of %.200s has no %s",
			    issuer, ends[i].name);
		if (url != NULL && oauth_url_check(ends[i].what, url, near,
		    e) < 0)
			return -1;
	}
	return json_has(json_array(meta, "code_challenge_methods_supported"),
	    "S256") ? 0 : err_set(e, "%.200s doesn't support PKCE with S256, "
	    "without which others could use your sign-in", issuer);
}

static cJSON *
oauth_metadata(const char *issuer, bool near, struct err *e)
{
	AUTO_FREE char *origin = url_origin(issuer);
	char *urls[3] = { oauth_well_known(issuer,
	    "oauth-authorization-server", true), oauth_well_known(issuer,
	    "openid-configuration", true), NULL };
	cJSON *meta = NULL;
	size_t i;
	int n;
	const char *path = oauth_path(issuer, &n);

	if (n > 0)
		urls[2] = xasprintf("%s%.*s/.well-known/openid-configuration",
		    origin, n, path);
	for (i = 0; i < MEM_COUNT(urls) && meta == NULL && !err_is_set(e); i++)
		if (urls[i] != NULL)
			meta = oauth_get(urls[i], near, e);
	for (i = 0; i < MEM_COUNT(urls); i++)
		FREE_NULL(urls[i]);
	if (meta == NULL && !err_is_set(e))
		err_set(e, "%.200s has no metadata of an authorization server",
		    issuer);
	if (meta != NULL && oauth_metadata_check(meta, issuer, near, e) < 0)
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
	AUTO(oauth_fetch_release) struct oauth_fetch f = {
		.near = json_bool(o, "near", false),
	};
	AUTO_JSON cJSON *us = cJSON_CreateObject();
	AUTO_BUF struct buf lines = BUF_INIT(0);
	AUTO_FREE char *text = NULL;
	cJSON *list;

	json_add_str(us, "client_name", "assent");
	list = cJSON_AddArrayToObject(us, "redirect_uris");
	cJSON_AddItemToArray(list, cJSON_CreateString(json_str_or(o,
	    "redirect_uri", "")));
	list = cJSON_AddArrayToObject(us, "grant_types");
	cJSON_AddItemToArray(list, cJSON_CreateString("authorization_code"));
	cJSON_AddItemToArray(list, cJSON_CreateString("refresh_token"));
	list = cJSON_AddArrayToObject(us, "response_types");
	cJSON_AddItemToArray(list, cJSON_CreateString("code"));
	json_add_str(us, "token_endpoint_auth_method", auth);
	json_add_str(us, "application_type", "native");
	json_add_str(us, "scope", json_str(o, "scope"));
	text = json_print(us);
	oauth_json_lines(&lines);
	if (oauth_fetch(&f, json_str_or(meta, "registration_endpoint", ""),
	    &lines, text, e) < 0)
		return -1;
	id = json_str(f.o, "client_id");
	if (id == NULL)
		return err_set(e, "%.200s registers no client for assent (HTTP "
		    "%ld%s%.200s); make one there, and name it in oauth."
		    "clientId", json_str_or(o, "issuer", ""), f.status,
		    json_str(f.o, "error") == NULL ? "" : ": ",
		    json_str_or(f.o, "error_description", json_str_or(f.o,
		    "error", "")));
	secret = json_str(f.o, "client_secret");
	auth = json_str_or(f.o, "token_endpoint_auth_method", auth);
	json_add_str(o, "client_id", id);
	json_add_str(o, "client_secret", secret);
	json_add_str(o, "auth", secret == NULL ? "none" : auth);
	return 0;
}

/* The client: the user's, or a new one. */
static int
oauth_client(cJSON *o, const cJSON *meta, struct err *e)
{
	const char *id = json_str(o, "client_id");
	const char *secret = json_str(o, "client_secret");
	const char *issuer = json_str_or(o, "issuer", "");

	/* What the user made at one place isn't for another. */
	if (json_str(o, "client_issuer") != NULL &&
	    !oauth_is_issuer(json_str(o, "client_issuer"), issuer))
		return err_set(e, "the client is for %.200s (oauth.issuer), "
		    "and the server names %.200s", json_str(o,
		    "client_issuer"), issuer);
	if (secret != NULL && json_str(o, "client_issuer") == NULL)
		return err_set(e, "set oauth.issuer to where the client's "
		    "secret is from: it goes there only. The server names "
		    "%.200s", issuer);
	/* A document about us, which it may not be able to read. */
	if (id != NULL && !(strncmp(id, "https://", 8) == 0 && !json_bool(meta,
	    "client_id_metadata_document_supported", false))) {
		json_add_str(o, "auth", secret == NULL ? "none" :
		    oauth_auth(meta, true));
		return 0;
	}
	if (json_str(meta, "registration_endpoint") == NULL)
		return err_set(e, "%.200s registers no clients by itself: make "
		    "one there, and name it in oauth.clientId (see "
		    "assent-config(5), MCP servers)", issuer);
	cJSON_DeleteItemFromObjectCaseSensitive(o, "client_id");
	return oauth_register(o, meta, e);
}

/* ---- the browser's address ---- */

void
oauth_form(struct buf *b, const char *name, const char *value)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	if (value == NULL)
		return;
	if (name != NULL)
		buf_addf(b, "%s%s=", b->len > 0 ? "&" : "", name);
	for (; *value != '\0'; value++)
		if (strchr(safe, *value) != NULL)
			buf_addc(b, *value);
		else
			buf_addf(b, "%%%02X", (unsigned char)*value);
}

/* Base64 for URLs, without padding. */
static char *
oauth_b64(const void *raw, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	b64_encode(&b, raw, n);
	while (b.len > 0 && b.p[b.len - 1] == '=')
		buf_cut(&b, b.len - 1);
	for (i = 0; i < b.len; i++)
		b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
	return buf_take(&b);
}

static int
oauth_random(cJSON *o, const char *name, struct err *e)
{
	unsigned char raw[OAUTH_SECRET];
	AUTO_FREE char *text = NULL;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(e, "no random numbers");
	text = oauth_b64(raw, sizeof(raw));
	json_add_str(o, name, text);
	return 0;
}

static char *
oauth_code_challenge(const char *verifier)
{
	char hex[SHA256_HEX_SIZE];
	unsigned char raw[(SHA256_HEX_SIZE - 1) / 2];
	size_t i;

	sha256_hex(verifier, strlen(verifier), hex);
	for (i = 0; i < sizeof(raw); i++) {
		char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		raw[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return oauth_b64(raw, sizeof(raw));
}

/* Add the words that aren't there yet. */
static void
oauth_scope_join(struct buf *b, const char *more)
{
	size_t n;

	for (; more != NULL && *more != '\0'; more += n) {
		AUTO_FREE char *have = xasprintf(" %s ", buf_str(b));
		AUTO_FREE char *word = NULL;

		more += strspn(more, " ");
		n = strcspn(more, " ");
		word = xasprintf(" %.*s ", (int)n, more);
		if (n > 0 && strstr(have, word) == NULL)
			buf_addf(b, "%s%.*s", b->len > 0 ? " " : "", (int)n,
			    more);
	}
}

static void
oauth_scope(cJSON *o, const cJSON *meta)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	oauth_scope_join(&b, json_str(o, "more_scope"));
	oauth_scope_join(&b, json_str(o, "scope"));
	/* For a refresh token. */
	if (b.len > 0 && json_has(json_array(meta, "scopes_supported"),
	    "offline_access"))
		oauth_scope_join(&b, "offline_access");
	if (b.len > 0)
		json_add_str(o, "scope", buf_str(&b));
}

static void
oauth_open(cJSON *o, const cJSON *meta)
{
	static const char *const names[] = { "client_id", "redirect_uri",
		"state", "resource", "scope" };
	const char *to = json_str_or(meta, "authorization_endpoint", "");
	AUTO_FREE char *challenge = oauth_code_challenge(json_str_or(o,
	    "verifier", ""));
	AUTO_FREE char *url = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	oauth_form(&b, "response_type", "code");
	for (i = 0; i < MEM_COUNT(names); i++)
		oauth_form(&b, names[i], json_str(o, names[i]));
	oauth_form(&b, "code_challenge", challenge);
	oauth_form(&b, "code_challenge_method", "S256");
	url = xasprintf("%s%c%s", to, strchr(to, '?') == NULL ? '?' : '&',
	    buf_str(&b));
	json_add_str(o, "open", url);
}

static cJSON *
oauth_begin(const cJSON *asked, struct err *e)
{
	cJSON *o = cJSON_Duplicate(asked, 1);
	AUTO_JSON cJSON *meta = oauth_metadata(json_str_or(o, "issuer", ""),
	    json_bool(o, "near", false), e);

	if (meta != NULL) {
		oauth_scope(o, meta);
		/* As it writes itself. */
		json_copy(o, "issuer", json_get(meta, "issuer"));
	}
	if (meta == NULL || oauth_client(o, meta, e) < 0 || oauth_random(o,
	    "verifier", e) < 0 || oauth_random(o, "state", e) < 0) {
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
oauth_token_ask(const cJSON *token, struct buf *lines, struct buf *body)
{
	const char *id = json_str(token, "client_id");
	const char *secret = json_str(token, "client_secret");
	AUTO_BUF struct buf pair = BUF_INIT(0);

	oauth_json_lines(lines);
	buf_adds(lines, "Content-Type: application/x-www-form-urlencoded");
	buf_addc(lines, '\0');
	oauth_form(body, "resource", json_str(token, "resource"));
	if (!json_is(token, "auth", "client_secret_basic")) {
		oauth_form(body, "client_id", id);
		if (json_is(token, "auth", "client_secret_post"))
			oauth_form(body, "client_secret", secret);
		return;
	}
	oauth_form(&pair, NULL, id);
	buf_addc(&pair, ':');
	oauth_form(&pair, NULL, secret);
	buf_adds(lines, "Authorization: Basic ");
	b64_encode(lines, pair.p, pair.len);
	buf_addc(lines, '\0');
	explicit_bzero(pair.p, pair.cap);
}

/* Would it be part of a header's line, and of nothing else? */
static bool
oauth_token_is_clean(const char *s)
{
	size_t i;

	for (i = 0; s[i] > ' ' && s[i] < 0x7f; i++)
		;
	return i > 0 && i <= OAUTH_TOKEN && s[i] == '\0';
}

int
oauth_token_take(cJSON *o, long status, const cJSON *answer, struct err *e)
{
	static const char *const kept[] = { "access_token", "refresh_token",
		"scope" };
	const char *error = json_str_or(answer, "error", "");
	const char *token = json_str_or(answer, "access_token", "");
	double seconds = json_num(answer, "expires_in", 0);
	size_t n = strspn(error, "abcdefghijklmnopqrstuvwxyz_");

	/* The rest of it might repeat a secret. */
	if (status != 200)
		return err_set(e, "%.200s gives no token (HTTP %ld%s%.*s)",
		    json_str_or(o, "issuer", ""), status, n > 0 ? ", " : "",
		    (int)(n < 60 && error[n] == '\0' ? n : 0), error);
	if (!oauth_token_is_clean(token) || strcasecmp(json_str_or(answer,
	    "token_type", "bearer"), "bearer") != 0)
		return err_set(e, "%.200s gives a token of a kind that assent "
		    "doesn't know", json_str_or(o, "issuer", ""));
	JSON_COPY(o, answer, kept);
	if (seconds > 0 && seconds < 1e10)
		json_add_int(o, "expires_at", time(NULL) + (int64_t)seconds);
	else
		cJSON_DeleteItemFromObjectCaseSensitive(o, "expires_at");
	return 0;
}

static cJSON *
oauth_end(const cJSON *asked, struct err *e)
{
	static const char *const kept[] = { "url", "resource", "issuer",
		"token_endpoint", "auth", "near", "client_id", "client_secret",
		"scope" };
	AUTO(oauth_fetch_release) struct oauth_fetch f = {
		.near = json_bool(asked, "near", false),
	};
	AUTO_BUF struct buf lines = BUF_INIT(0), body = BUF_INIT(0);
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, asked, kept);
	oauth_form(&body, "grant_type", "authorization_code");
	oauth_form(&body, "code", json_str(asked, "code"));
	oauth_form(&body, "redirect_uri", json_str(asked, "redirect_uri"));
	oauth_form(&body, "code_verifier", json_str(asked, "verifier"));
	oauth_token_ask(asked, &lines, &body);
	if (oauth_fetch(&f, json_str_or(asked, "token_endpoint", ""), &lines,
	    buf_str(&body), e) < 0 || oauth_token_take(o, f.status, f.o,
	    e) < 0)
		json_drop(&o);
	return o;
}

cJSON *
oauth_step(const char *step, const cJSON *asked, struct err *e)
{
	static const struct {
		const char	*name;
		cJSON		*(*run)(const cJSON *, struct err *);
	} steps[] = {
		{ "begin", oauth_begin }, { "end", oauth_end },
		{ "find", oauth_find },
	}, *row;

	if ((row = MEM_FIND(steps, step)) != NULL)
		return row->run(asked, e);
	err_set(e, "there is no such step");
	return NULL;
}
