/*
 * Sources: the error pages of the Anthropic, OpenAI and Gemini API
 * documentation, and known messages of compatible servers about a full context.
 * Order matters: a specific code, then the words for a full context, then the
 * type, then the HTTP status, because servers use "invalid_request_error" for
 * nearly everything.
 */
#include "config.h"

#include "provider/provider.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"

#define WAIT_MOST_MS	1e12

static const struct {
	const char			*word;
	enum provider_error_kind	 kind;
} error_words[] = {
	{ "API_KEY_INVALID", PROVIDER_AUTH },
	{ "PerDay", PROVIDER_QUOTA },
	{ "api_error", PROVIDER_SERVER },
	{ "authentication_error", PROVIDER_AUTH },
	{ "billing_error", PROVIDER_QUOTA },
	{ "bio_policy", PROVIDER_INVALID_REQUEST },
	{ "conflict_error", PROVIDER_CONFLICT },
	{ "context_length_exceeded", PROVIDER_CONTEXT_FULL },
	{ "contract_spend_limit_reached", PROVIDER_QUOTA },
	{ "data_residency_mismatch", PROVIDER_INVALID_REQUEST },
	{ "enforced_spend_limit_reached", PROVIDER_QUOTA },
	{ "exceed_context_size_error", PROVIDER_CONTEXT_FULL },
	{ "image_dimensions_too_large", PROVIDER_INVALID_REQUEST },
	{ "insufficient_quota", PROVIDER_QUOTA },
	{ "invalid_api_key", PROVIDER_AUTH },
	{ "invalid_encrypted_content", PROVIDER_INVALID_REQUEST },
	{ "invalid_prompt", PROVIDER_INVALID_REQUEST },
	{ "linked_organization_billing_unavailable", PROVIDER_QUOTA },
	{ "linked_organization_spend_limit_reached", PROVIDER_QUOTA },
	{ "misalignment_policy_violation", PROVIDER_INVALID_REQUEST },
	{ "model_not_found", PROVIDER_NOT_FOUND },
	{ "not_found_error", PROVIDER_NOT_FOUND },
	{ "overloaded_error", PROVIDER_OVERLOADED },
	{ "permission_error", PROVIDER_AUTH },
	{ "rate_limit_error", PROVIDER_RATE_LIMIT },
	{ "rate_limit_exceeded", PROVIDER_RATE_LIMIT },
	{ "request_too_large", PROVIDER_TOO_LARGE },
	{ "timeout_error", PROVIDER_TIMEOUT },
	{ "unavailable_error", PROVIDER_OVERLOADED },
};

static const char *const error_context_words[] = {
	"context length", "context window", "context size", "context limit",
	"prompt is too long", "too many tokens", "reduce the length",
	"maximum prompt length", "model token limit", "maximum context",
	"input is too long", "tokens to keep from the initial prompt",
};

static const struct {
	long				status;
	enum provider_error_kind	kind;
} error_statuses[] = {
	{ 401, PROVIDER_AUTH }, { 402, PROVIDER_QUOTA },
	{ 403, PROVIDER_AUTH }, { 404, PROVIDER_NOT_FOUND },
	{ 405, PROVIDER_NOT_FOUND }, { 408, PROVIDER_TIMEOUT },
	{ 409, PROVIDER_CONFLICT }, { 413, PROVIDER_TOO_LARGE },
	{ 429, PROVIDER_RATE_LIMIT }, { 503, PROVIDER_OVERLOADED },
	{ 504, PROVIDER_TIMEOUT }, { 529, PROVIDER_OVERLOADED },
};

/* One line of valid UTF-8, truncated to fit; line breaks become spaces, and
 * other control characters become ^[ and so on, so that none disappears. */
static void
error_set_words(struct provider_error *e, const char *s, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0), line = BUF_INIT(0);
	size_t i, cut;

	utf8_repair(&b, s, n);
	for (i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.p[i];

		if (c == '\n' || c == '\r' || c == '\t')
			buf_addc(&line, ' ');
		else if (c < 0x20 || c == 0x7f)
			buf_addf(&line, "^%c", c ^ 0x40);
		else
			buf_addc(&line, (char)c);
	}
	cut = utf8_cut(buf_str(&line), line.len, sizeof(e->message) - 1);
	memcpy(e->message, buf_str(&line), cut);
	while (cut > 0 && e->message[cut - 1] == ' ')
		cut--;
	e->message[cut] = '\0';
}

void
provider_error_set(struct provider_error *e, enum provider_error_kind kind,
    bool retry, const char *fmt, ...)
{
	va_list ap;
	char text[1024];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->retry = retry;
	e->wait_ms = -1;
	error_set_words(e, text, strlen(text));
}

bool
provider_header_get(const char *headers, const char *name, char *out,
    size_t size)
{
	const char *line = headers, *end, *v;
	size_t n = strlen(name), len;

	for (; line != NULL && *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		v = line + n + 1;
		len = (size_t)(end - line);
		if (*end == '\n')
			end++;
		if (len <= n || strncasecmp(line, name, n) != 0 ||
		    line[n] != ':')
			continue;
		len -= n + 1;
		for (; len > 0 && isspace((unsigned char)*v); v++)
			len--;
		while (len > 0 && isspace((unsigned char)v[len - 1]))
			len--;
		if (len >= size)
			len = size - 1;
		memcpy(out, v, len);
		out[len] = '\0';
		return true;
	}
	return false;
}

static enum provider_error_kind
error_word(const char *word)
{
	return MEM_FIND(error_words, word) == NULL ? PROVIDER_OK :
	    MEM_FIND(error_words, word)->kind;
}

static bool
error_says_context_full(const char *message)
{
	return MEM_HAS_ANY(error_context_words, message) ||
	    ((strcasestr(message, "prompt token count") != NULL ||
	    strcasestr(message, "input token count") != NULL) &&
	    strcasestr(message, "exceeds") != NULL);
}

static enum provider_error_kind
error_kind_of_status(long status, const char *type)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(error_statuses); i++)
		if (error_statuses[i].status == status)
			return error_statuses[i].kind;
	if (status >= 500)
		return PROVIDER_SERVER;
	if (status >= 300)
		return PROVIDER_INVALID_REQUEST;
	/* Errors inside a stream have only the type. */
	if (type != NULL && strcmp(type, "invalid_request_error") == 0)
		return PROVIDER_INVALID_REQUEST;
	return PROVIDER_SERVER;
}

static enum provider_error_kind
error_kind_of(long status, const char *code, const char *type,
    const char *detail, const char *message)
{
	enum provider_error_kind kind;

	if ((kind = error_word(detail)) != PROVIDER_OK ||
	    (kind = error_word(code)) != PROVIDER_OK)
		return kind;
	/* llama.cpp says 500 when the request is at fault. */
	if (strstr(message, "Failed to parse tool call arguments") != NULL ||
	    strstr(message, "tools param requires --jinja") != NULL)
		return PROVIDER_INVALID_REQUEST;
	if (strcasestr(message, "credit balance is too low") != NULL)
		return PROVIDER_QUOTA;
	if (status != 429 && error_says_context_full(message))
		return PROVIDER_CONTEXT_FULL;
	kind = error_word(type);
	return kind != PROVIDER_OK ? kind : error_kind_of_status(status, type);
}

/* The part of Google's details that says more than the status. */
static const char *
error_reason(const cJSON *details)
{
	const char *reason = NULL;
	const cJSON *it, *v;

	cJSON_ArrayForEach(it, details) {
		if (reason == NULL)
			reason = json_str(it, "reason");
		/* A daily quota doesn't come back by waiting. */
		cJSON_ArrayForEach(v, json_array(it, "violations"))
			if (strstr(json_str_or(v, "quotaId", ""), "PerDay") !=
			    NULL)
				return "PerDay";
	}
	return reason;
}

/* The number before or after these words; 0 if there is none. */
static int64_t
error_number(const char *p, bool before, const char *from)
{
	int64_t v = 0;

	if (before) {
		while (p > from && p[-1] == ' ')
			p--;
		while (p > from && isdigit((unsigned char)p[-1]))
			p--;
	} else
		while (*p != '\0' && strchr(" :=('\"`", *p) != NULL)
			p++;
	for (; isdigit((unsigned char)*p) || (*p == ',' && v > 0 &&
	    isdigit((unsigned char)p[1])); p++) {
		if (*p == ',')
			continue;
		v = v * 10 + (*p - '0');
		if (v > ((int64_t)1 << 32))
			return 0;
	}
	return v;
}

/*
 * The window's size, if an error about it names it: llama.cpp in a member, the
 * others in the message ("maximum context length is 8192 tokens", "210000
 * tokens > 200000 maximum", "available context size (4096 tokens)").
 */
static int64_t
error_window(const cJSON *o, const char *message)
{
	static const struct { const char *words; bool before; } rows[] = {
		{ "maximum context length is", false },
		{ "maximum context length of", false },
		{ "maximum model length of", false },
		{ "context window of", false },
		{ "context size of", false },
		{ "context size (", false },
		{ "context limit of", false },
		{ "token limit:", false },
		{ "number of tokens allowed", false },
		{ " > ", false },
		{ " maximum", true },
	};
	int64_t n = json_int(o, "n_ctx", 0);
	const char *at;
	size_t i;

	for (i = 0; n <= 0 && i < MEM_COUNT(rows); i++) {
		at = strcasestr(message, rows[i].words);
		if (at != NULL)
			n = error_number(rows[i].before ? at :
			    at + strlen(rows[i].words), rows[i].before,
			    message);
	}
	return n < 256 || n > ((int64_t)1 << 32) ? 0 : n;
}

/*
 * The longest answer, if a rejection names it ("max_tokens: 200000 > 128000,
 * which is the maximum", "supports at most 16384 completion tokens", "a value
 * <= 128000", "valid range of max_tokens is [1, 8192]", Gemini's "to 65537
 * (exclusive)"; OpenRouter's "requested up to 128000 tokens, but can only
 * afford 5333").
 */
static int64_t
error_output(const char *message)
{
	static const char *const names[] = { "max_tokens",
		"max_completion_tokens", "max_output_tokens",
		"maxOutputTokens", "output tokens", "completion tokens" };
	static const char *const rows[] = { "at most ", "less than or equal to ",
		"<= ", " > ", "[1, ", "(inclusive) to ", "only afford ",
		"up to ",
		"maximum value is ", "maximum of ", "limit of ", "limit is " };
	bool about = MEM_HAS_ANY(names, message);
	const char *at;
	int64_t n = 0;
	size_t i;

	for (i = 0; about && n <= 0 && i < MEM_COUNT(rows); i++)
		if ((at = strcasestr(message, rows[i])) != NULL)
			n = error_number(at + strlen(rows[i]), false, message);
	if (n > 0 && strstr(message, "(exclusive)") != NULL)
		n--;
	return n < 16 || n > ((int64_t)1 << 32) ? 0 : n;
}

static bool
error_kind_is_passing(enum provider_error_kind kind)
{
	return kind == PROVIDER_RATE_LIMIT || kind == PROVIDER_OVERLOADED ||
	    kind == PROVIDER_SERVER || kind == PROVIDER_TIMEOUT ||
	    kind == PROVIDER_CONFLICT;
}

/* A number of units, in milliseconds; -1 if it isn't a number. */
static int64_t
error_wait_number(const char *s, const char *unit, double unit_ms)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || strcmp(end, unit) != 0 || !(v >= 0))
		return -1;
	v *= unit_ms;
	return v > WAIT_MOST_MS ? (int64_t)WAIT_MOST_MS : (int64_t)(v + 0.5);
}

/* The wait that a server asks for in its headers, or -1. */
static int64_t
error_wait(const char *headers)
{
	char v[128];
	int64_t ms = -1;
	time_t when, now = time(NULL);

	if (provider_header_get(headers, "retry-after-ms", v, sizeof(v)))
		ms = error_wait_number(v, "", 1);
	if (ms >= 0 ||
	    !provider_header_get(headers, "retry-after", v, sizeof(v)))
		return ms;
	ms = error_wait_number(v, "", 1000);
	/* A date of another day: the clocks differ. */
	if (ms < 0 && (when = curl_getdate(v, NULL)) > now &&
	    when - now <= 24 * 60 * 60)
		ms = (int64_t)(when - now) * 1000;
	return ms;
}

/* Kind and message are set: decide whether to retry, and when. `o` is the
 * error's object, or NULL. */
static void
error_set_retry(struct provider_error *e, const char *headers,
    const cJSON *o)
{
	const cJSON *it;
	char v[128];

	e->retry = error_kind_is_passing(e->kind);
	e->wait_ms = error_wait(headers);
	/* Google's servers: in google.rpc.RetryInfo. */
	if (e->wait_ms < 0 && e->retry)
		cJSON_ArrayForEach(it, json_array(o, "details"))
			if (json_str(it, "retryDelay") != NULL)
				e->wait_ms = error_wait_number(json_str(it,
				    "retryDelay"), "s", 1000);
	if (provider_header_get(headers, "x-should-retry", v, sizeof(v))) {
		if (strcmp(v, "false") == 0)
			e->retry = false;
		else if (strcmp(v, "true") == 0)
			e->retry = true;
	}
}

void
provider_error_from_json(struct provider_error *e, long status,
    const char *headers, const cJSON *root)
{
	const cJSON *o, *message;
	const char *id, *detail;
	AUTO_FREE char *text = NULL;
	int64_t code;

	if (cJSON_IsArray(root))
		root = cJSON_GetArrayItem(root, 0);
	o = json_get(root, "error");
	if (cJSON_IsString(o)) {
		message = o;
		o = root;
	} else {
		if (!cJSON_IsObject(o))
			o = root;
		message = json_get(o, "message");
		if (message == NULL)
			message = json_get(o, "detail");
	}
	if (cJSON_IsString(message))
		text = xstrdup(message->valuestring);
	else if (message != NULL)
		text = json_print(message);
	else
		text = xstrdup("");
	code = json_int(o, "code", 0);
	memset(e, 0, sizeof(*e));
	e->status = status;
	if (code >= 400 && code < 600 && status < 300)
		status = (long)code;
	error_set_words(e, text, strlen(text));
	detail = json_str(json_get(o, "details"), "error_code");
	if (detail == NULL)
		detail = error_reason(json_array(o, "details"));
	e->kind = error_kind_of(status, json_str(o, "code"),
	    json_str(o, "type"), detail, text);
	if ((id = json_str(root, "request_id")) != NULL)
		snprintf(e->request_id, sizeof(e->request_id), "%.*s",
		    (int)utf8_cut(id, strlen(id), sizeof(e->request_id) - 1),
		    id);
	if (e->kind == PROVIDER_CONTEXT_FULL)
		e->window = error_window(o, text);
	else if ((e->kind == PROVIDER_INVALID_REQUEST ||
	    e->kind == PROVIDER_QUOTA) && status >= 400)
		e->output = error_output(text);
	error_set_retry(e, headers, o);
	if (e->kind == PROVIDER_INVALID_REQUEST)
		e->retry = false;
}

/* A page or plain text: its title, or its beginning. */
static void
error_set_page(struct provider_error *e, const char *body, size_t n)
{
	AUTO_FREE char *page = xmemdup(body, n);
	char *p, *end;

	p = strcasestr(page, "<title>");
	if (p != NULL) {
		p += strlen("<title>");
		if ((end = strcasestr(p, "</title>")) != NULL)
			*end = '\0';
	} else
		p = page;
	while (isspace((unsigned char)*p))
		p++;
	error_set_words(e, p, strnlen(p, 200));
}

/* null is no error: whole answers have such members. */
static bool
error_has(const cJSON *o, const char *name)
{
	const cJSON *v = json_get(o, name);

	return v != NULL && !cJSON_IsNull(v);
}

void
provider_error_from_body(struct provider_error *e, long status,
    const char *headers, const char *body, size_t n)
{
	AUTO_JSON cJSON *root =
	    n == 0 ? NULL : json_parse(body, n, JSON_NUL_REPLACE, NULL);
	const cJSON *o = cJSON_IsArray(root) ? root->child : root;

	if (error_has(o, "error") || error_has(o, "message") ||
	    error_has(o, "detail") || (cJSON_IsObject(o) && status >= 300)) {
		provider_error_from_json(e, status, headers, root);
	} else {
		memset(e, 0, sizeof(*e));
		e->status = status;
		e->kind = status < 300 ? PROVIDER_PROTOCOL :
		    error_kind_of(status, NULL, NULL, NULL, "");
		error_set_page(e, body, n);
		error_set_retry(e, headers, NULL);
	}
}

static void
error_mask_one(struct provider_error *e, const char *key)
{
	static const char mark[] = "[key]";
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = key == NULL ? 0 : strlen(key), len, i;

	/* Shorter keys are placeholders for local servers, and common words. */
	if (n < 6)
		return;
	/* An id that repeats the key, or its start, is dropped. */
	i = n < 8 ? n : 8;
	if (memmem(e->request_id, strlen(e->request_id), key, i) != NULL)
		e->request_id[0] = '\0';
	len = strlen(e->message);
	for (i = 0; i < len;) {
		size_t left = len - i;

		/* The message may have been cut inside the key. */
		if (strncmp(e->message + i, key, left < n ? left : n) == 0 &&
		    (left >= n || left >= 4)) {
			buf_adds(&b, mark);
			i += left < n ? left : n;
		} else
			buf_addc(&b, e->message[i++]);
	}
	len = utf8_cut(buf_str(&b), b.len, sizeof(e->message) - 1);
	memcpy(e->message, buf_str(&b), len);
	e->message[len] = '\0';
}

void
provider_error_mask(struct provider_error *e, const char *key,
    const struct buf *lines)
{
	size_t i, n;

	error_mask_one(e, key);
	for (i = 0; lines != NULL && i < lines->len;
	    i += strlen(lines->p + i) + 1) {
		const char *line = lines->p + i, *value;
		AUTO_FREE char *name = NULL;

		n = strcspn(line, ":");
		name = xmemdup(line, n);
		value = line + n + 2;
		if (strncasecmp(value, "bearer ", 7) == 0)
			error_mask_one(e, value + 7);
		else if (secret_is_value(name, value))
			error_mask_one(e, value);
	}
}
