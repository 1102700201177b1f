/*
 * The table of formats, the words used in the journal, and the messages for
 * failed requests.
 */
#include "config.h"

#include "provider/provider.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "provider/format.h"

#define FORMAT_ROW(format, name, then)	&format,
static const struct provider_format *const provider_formats[] = {
	FORMAT_TABLE(FORMAT_ROW)
};

const struct provider_format *
provider_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(provider_formats); i++)
		if (strcmp(provider_formats[i]->name, name) == 0)
			return provider_formats[i];
	return NULL;
}

bool
provider_raw_fits(const struct message *m, const struct provider_format *f,
    const char *model)
{
	return m->raw != NULL && m->raw_format != NULL &&
	    m->raw_model != NULL && strcmp(m->raw_format, f->name) == 0 &&
	    strcmp(m->raw_model, model) == 0;
}

char *
provider_result_told(const struct message_result *r)
{
	const char *text = r->text == NULL ? "" : r->text;

	return r->ok || strncasecmp(text, "error", 5) == 0 ? xstrdup(text) :
	    xasprintf("error: %s", text);
}

void
provider_add_text(cJSON *list, const char *type, const char *text)
{
	cJSON_AddItemToArray(list, JSON_TEXTS("type", type, "text", text));
}

void
provider_open_tool(struct buf *out, const char *head, const struct tool_schema *t)
{
	buf_addf(out, "%s\"name\":", head);
	json_quote(out, t->name, strlen(t->name));
	buf_adds(out, ",\"description\":");
	json_quote(out, t->description, strlen(t->description));
}

void
provider_add_messages(struct buf *out, const struct request *q,
    const char *mark, const char *mark_end)
{
	size_t i;

	for (i = 0; i < q->messages_len; i++) {
		const char *text = q->messages[i];

		if (mark != NULL && strncmp(text, mark, strlen(mark)) == 0)
			text = strstr(text, mark_end) + strlen(mark_end) + 1;
		if (i > 0)
			buf_addc(out, ',');
		buf_adds(out, text);
	}
}

const char *const request_options[REQUEST_OPTIONS] = {
	"block_binding", "prompt_cache_key", "display", "effort",
	"encrypted_content", "interleaved", "effort_markers", "max_tokens_name",
	"strict", "thinking", "usage", "signed_thinking",
	"custom_tools", "cache_control", "keep_thinking", "cache_ttl",
	"eager_input_streaming", "diagnostics",
};

static bool
request_names(const char *message, const char *words)
{
	const char *p;

	for (p = message; (p = strcasestr(p, words)) != NULL; p++)
		if (!isalnum((unsigned char)words[0]) || p == message ||
		    !isalnum((unsigned char)p[-1]))
			return true;
	return false;
}

unsigned
provider_refused(const struct provider_format *f,
    const struct provider_error *e, unsigned options)
{
	const struct refusal *r = f->refusals;

	if (e->status != 400 && e->status != 422)
		return 0;
	options |= REQUEST_SIGNED;
	while (r->words != NULL && ((options & r->options) == 0 ||
	    !request_names(e->message, r->words)))
		r++;
	return options & r->options;
}

const char *const provider_stop_names[] = {
	[REPLY_END] = "end",
	[REPLY_TOOL_CALLS] = "tool_calls",
	[REPLY_MAX_TOKENS] = "max_tokens",
	[REPLY_STOP_SEQUENCE] = "stop_sequence",
	[REPLY_REFUSAL] = "refusal",
	[REPLY_CONTENT_FILTER] = "content_filter",
	[REPLY_CONTEXT_FULL] = "context_full",
	[REPLY_PAUSE] = "pause",
	[REPLY_ERROR] = "error",
	[REPLY_TRUNCATED] = "truncated",
};

const char *const provider_error_names[] = {
	[PROVIDER_OK] = "ok",
	[PROVIDER_RATE_LIMIT] = "rate_limit",
	[PROVIDER_OVERLOADED] = "overloaded",
	[PROVIDER_SERVER] = "server",
	[PROVIDER_TIMEOUT] = "timeout",
	[PROVIDER_QUOTA] = "quota",
	[PROVIDER_AUTH] = "auth",
	[PROVIDER_NOT_FOUND] = "not_found",
	[PROVIDER_CONTEXT_FULL] = "context_full",
	[PROVIDER_INVALID_REQUEST] = "invalid_request",
	[PROVIDER_TOO_LARGE] = "too_large",
	[PROVIDER_MALFORMED_CALL] = "malformed_call",
	[PROVIDER_CONFLICT] = "conflict",
	[PROVIDER_TRUNCATED] = "truncated",
	[PROVIDER_CONNECT] = "connect",
	[PROVIDER_TLS] = "tls",
	[PROVIDER_PROTOCOL] = "protocol",
};

/* ---- explain ---- */

/* Messages: what happened (after the provider's name), and what to do. */
#define EXPLAIN_SOON "Retry in a moment"

static const struct {
	const char	*what;
	const char	*todo;
} explain_words[] = {
	[PROVIDER_OK] = { "reported no error", "" },
	[PROVIDER_RATE_LIMIT] = { "asks for fewer requests",
	    "Retry later; if it keeps happening, choose another model with "
	    "--model or raise the account's limit." },
	[PROVIDER_OVERLOADED] = { "is overloaded or still starting",
	    EXPLAIN_SOON ", or choose another model with --model." },
	[PROVIDER_SERVER] = { "failed on its own side",
	    EXPLAIN_SOON "; if it persists, check the provider's status page "
	    "or the local server's log." },
	[PROVIDER_TIMEOUT] = { "did not answer in time",
	    "Retry; if it persists, check the network and whether the server "
	    "is still working." },
	[PROVIDER_QUOTA] = { "says that the credit or quota is used up",
	    "Add credit with the provider, or choose another model with "
	    "--model." },
	[PROVIDER_NOT_FOUND] = { "doesn't know this model or address",
	    "Check the name given with --model and the provider's base_url"
	    "%s; a local server may have to load the model first." },
	[PROVIDER_CONTEXT_FULL] = { "says that the conversation no longer fits "
	    "into the model's context window",
	    "Start a new session with a smaller task, or choose a model "
	    "with a larger window." },
	[PROVIDER_INVALID_REQUEST] = { "rejected the request",
	    "Check that the model can use tools and that the provider's "
	    "format and base_url%s are right." },
	[PROVIDER_TOO_LARGE] = { "says that the request is too large",
	    "Start a new session with a smaller task." },
	[PROVIDER_MALFORMED_CALL] = { "couldn't parse the model's own tool "
	    "call", "Retry to let the model try again." },
	[PROVIDER_CONFLICT] = { "is busy with a conflicting request",
	    EXPLAIN_SOON "." },
	[PROVIDER_TRUNCATED] = { "hung up before the answer was complete",
	    "The partial answer is shown but not used. Retry; if it persists, "
	    "check the network or the local server's log." },
	[PROVIDER_PROTOCOL] = { "sent data in an unknown format",
	    "Check the provider's format and base_url%s: it must be the "
	    "address of the API, not of a web page or a proxy." },
};

/* base_url without a user name and password. */
static char *
explain_url(const char *url)
{
	const char *scheme = strstr(url, "://");

	return xasprintf("%.*s%s", scheme == NULL ? 0 :
	    (int)(scheme + 3 - url), url, url_host(url));
}

static void
explain_details(struct buf *b, const struct provider_error *e)
{
	if (e->status != 0 && e->request_id[0] != '\0')
		buf_addf(b, " (HTTP %ld, request %s)", e->status,
		    e->request_id);
	else if (e->status != 0)
		buf_addf(b, " (HTTP %ld)", e->status);
	if (e->message[0] != '\0')
		buf_addf(b, ": %s", e->message);
	if (b->len > 0 && strchr(".!?", b->p[b->len - 1]) == NULL)
		buf_addc(b, '.');
}

/* A quota that is used up for good or for the day isn't back soon, even if the
 * header says so. */
#define EXPLAIN_QUOTA_MS (60 * 1000)

int64_t
provider_error_wait(const struct provider_error *e)
{
	return e->wait_ms <= 0 || (e->kind == PROVIDER_QUOTA &&
	    e->wait_ms < EXPLAIN_QUOTA_MS) ? 0 : e->wait_ms;
}

static void
explain_wait(struct buf *b, const struct provider_error *e)
{
	long long s = (long long)((provider_error_wait(e) + 999) / 1000);

	if (s <= 0)
		return;
	buf_adds(b, " It may work again in ");
	if (s < 120)
		buf_addf(b, "%lld s.", s);
	else if (s < 7200)
		buf_addf(b, "%lld min.", s / 60);
	else
		buf_addf(b, "%lld h.", s / 3600);
}

static void
explain_auth(struct buf *b, const struct provider_error *e, const char *name,
    const char *key_env)
{
	if (e->keyless) {
		buf_addf(b, "%s needs a key, and none is set", name);
		explain_details(b, e);
		if (key_env != NULL)
			buf_addf(b, " Set %s to your key and start again.",
			    key_env);
		else
			buf_adds(b, " Set api_key_env in the configuration to "
			    "the variable that holds it.");
		return;
	}
	buf_addf(b, e->status == 403 ? "%s refused the request" :
	    "%s rejected the key", name);
	explain_details(b, e);
	if (key_env != NULL)
		buf_addf(b, " Check the key in %s:", key_env);
	else
		buf_adds(b, " Check the key:");
	buf_adds(b, e->status == 403 ?
	    " it may not be allowed to use this model." :
	    " it may be mistyped, revoked, or for another service.");
}

static void
explain_connect(struct buf *b, const struct provider_error *e,
    const char *name, const char *url)
{
	buf_addf(b, "cannot reach %s at %s", name, url);
	explain_details(b, e);
	if (url_is_local(url))
		buf_adds(b, " Is the local server running? Start it (such as "
		    "`ollama serve` or `llama-server -m MODEL.gguf`), or "
		    "correct base_url.");
	else
		buf_adds(b, " Check the network, the proxy (https_proxy "
		    "and no_proxy in the environment) and base_url.");
}

/* Nothing was sent: neither the key nor any of the project. */
static void
explain_tls(struct buf *b, const struct provider_error *e, const char *name,
    const char *url)
{
	static const struct { const char *words, *todo; } rows[] = {
		{ "no trusted", "Install the system's certificates (on "
		  "Debian: ca-certificates), or set SSL_CERT_FILE to a PEM file." },
		{ "doesn't use TLS", "Correct base_url: use http:// if the "
		  "server has no TLS, otherwise its TLS port." },
		{ "expired", "Its certificate has expired, or this machine's "
		  "clock is wrong." },
		{ "not yet valid", "Its certificate isn't valid yet: is this "
		  "machine's clock right?" },
		{ "match", "Its certificate is for another name: correct "
		  "base_url, or find out who answers there." },
		{ "issuer", "Its certificate has an unknown issuer. If it is "
		  "your own or your company's, set SSL_CERT_FILE (or ca_file of "
		  "the provider) to that certificate." },
		{ "self", "Its certificate has an unknown issuer. If it is "
		  "your own or your company's, set SSL_CERT_FILE (or ca_file of "
		  "the provider) to that certificate." },
	};
	size_t i;

	buf_addf(b, "can't verify the certificate of %s at %s, so nothing "
	    "was sent", name, url);
	explain_details(b, e);
	for (i = 0; i < MEM_COUNT(rows); i++)
		if (strstr(e->message, rows[i].words) != NULL) {
			buf_addf(b, " %s", rows[i].todo);
			return;
		}
	buf_adds(b, " Check base_url, ca_file and any proxy in between.");
}

char *
provider_error_explain(const struct provider_error *e, const char *provider,
    const char *base_url, const char *key_env)
{
	struct buf b = BUF_INIT(0);
	const char *name = provider == NULL ? "the provider" : provider;
	const char *todo = explain_words[e->kind].todo;
	AUTO_FREE char *url = explain_url(base_url == NULL ? "" : base_url);
	AUTO_FREE char *at = xasprintf(url[0] == '\0' ? "%s" : " (%s)", url);
	AUTO_FREE char *words = NULL;

	if (e->kind == PROVIDER_AUTH) {
		explain_auth(&b, e, name, key_env);
	} else if (e->kind == PROVIDER_CONNECT) {
		explain_connect(&b, e, name, url);
	} else if (e->kind == PROVIDER_TLS) {
		explain_tls(&b, e, name, url);
	} else if (e->status == 0 && e->kind == PROVIDER_NOT_FOUND) {
		/* Our own message, not a server's: a journal has no more
		 * answers, or is missing. It needs no advice. */
		buf_adds(&b, e->message);
	} else {
		buf_addf(&b, "%s %s", name, explain_words[e->kind].what);
		explain_details(&b, e);
		explain_wait(&b, e);
		buf_addc(&b, ' ');
		if (e->wait_ms > 0 && strncmp(todo, EXPLAIN_SOON,
		    strlen(EXPLAIN_SOON)) == 0) {
			buf_adds(&b, "Retry then");
			todo += strlen(EXPLAIN_SOON);
		}
		words = text_fill(todo, "%s", at);
		buf_adds(&b, words);
	}
	return buf_take(&b);
}
