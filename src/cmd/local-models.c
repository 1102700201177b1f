#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "front/client.h"
#include "front/print.h"
#include "policy/price.h"

#define LOCAL_MODELS	20	/* shown of one server */

static void
local_page(cJSON *pages, int port, const char *path, const char *post)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *url = xasprintf("http://127.0.0.1:%d%s", port, path);

	json_add_str(o, "url", url);
	json_add_str(o, "post", post);
	cJSON_AddItemToArray(pages, o);
}

/* The core asks them. An answer, or null, for each; the caller deletes. */
static cJSON *
local_ask(cJSON *pages_take)
{
	static const char *const args[] = { "pages", NULL };
	struct err e = ERR_INIT;

	if (pages_take->child != NULL)
		return client_ask_core(args, pages_take, 0, &e);
	cJSON_Delete(pages_take);
	return NULL;
}

/* ---- the servers ---- */

/* The names of {"data": [{"id"}]}. */
static cJSON *
local_models(const cJSON *o)
{
	const cJSON *it;
	const char *name;
	cJSON *names = cJSON_CreateArray();

	cJSON_ArrayForEach(it, json_array(o, "data")) {
		name = json_str(it, "id");
		if (name != NULL && name[0] != '\0' &&
		    cJSON_GetArraySize(names) < LOCAL_MODELS)
			cJSON_AddItemToArray(names, cJSON_CreateString(name));
	}
	return names;
}

cJSON *
local_find(const struct config *c)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	cJSON *list = cJSON_CreateArray(), *pages = cJSON_CreateArray();
	cJSON *answers, *o, *names;
	size_t n = config_local(c, v), i;
	const cJSON *it;

	for (i = 0; i < n; i++)
		local_page(pages, v[i].port, "/v1/models", NULL);
	answers = local_ask(pages);
	it = answers == NULL ? NULL : answers->child;
	for (i = 0; i < n && it != NULL; i++, it = it->next) {
		names = local_models(it);
		if (names->child == NULL) {
			cJSON_Delete(names);
			continue;
		}
		o = cJSON_CreateObject();
		json_add_str(o, "name", v[i].name);
		json_add_int(o, "port", v[i].port);
		json_set_take(o, "models", names);
		cJSON_AddItemToArray(list, o);
	}
	cJSON_Delete(answers);
	if (list->child == NULL) {
		json_drop(&list);
	}
	return list;
}

void
local_print(FILE *f, const cJSON *found)
{
	const cJSON *it, *name;

	cJSON_ArrayForEach(it, found)
		cJSON_ArrayForEach(name, json_array(it, "models"))
			print_words(f, "  %s/%s (port %d)", json_str_or(it,
			    "name", ""), name->valuestring,
			    (int)json_int(it, "port", 0));
}

/* ---- the context window ---- */

/* In Ollama's parameters: "num_ctx   8192", on a line of its own. */
static int64_t
local_num_ctx(const char *text)
{
	const char *p = text == NULL ? NULL : strstr(text, "num_ctx");

	if (p == NULL || (p != text && p[-1] != '\n'))
		return 0;
	return strtoll(p + strlen("num_ctx"), NULL, 10);
}

/* From an answer to any of the questions. */
static int64_t
local_window_in(const cJSON *o, const char *model)
{
	const cJSON *list = json_array(o, "data"), *it;
	int64_t n;

	n = json_int(json_get(o, "default_generation_settings"), "n_ctx", 0);
	if (n <= 0)
		n = local_num_ctx(json_str(o, "parameters"));
	if (list == NULL)
		list = json_array(o, "models");
	cJSON_ArrayForEach(it, list) {
		if (n > 0 || (strcmp(json_str_or(it, "id", ""), model) != 0 &&
		    strcmp(json_str_or(it, "name", ""), model) != 0))
			continue;
		n = json_int(it, "max_model_len", 0);
		if (n <= 0)
			n = json_int(it, "loaded_context_length", 0);
		if (n <= 0)
			n = json_int(it, "context_length", 0);
	}
	return n > 0 && n < INT64_C(1) << 40 ? n : 0;
}

/* The port of a URL of this machine, or 0. */
static int
local_port(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1:",
		"http://localhost:" };
	size_t i, n;

	for (i = 0; url != NULL && i < MEM_COUNT(hosts); i++) {
		n = strlen(hosts[i]);
		if (strncmp(url, hosts[i], n) == 0)
			return (int)strtol(url + n, NULL, 10);
	}
	return 0;
}

/* The questions. Ollama's settings of a model come before those of the loaded
 * one. */
static const struct {
	const char	*name;
	const char	*path;
	bool		 post;		/* with the model's name */
} local_says[] = {
	{ "ollama", "/api/show", true },
	{ "ollama", "/api/ps", false },
	{ "llama.cpp", "/props", false },
	{ "lmstudio", "/api/v0/models", false },
	{ "vllm", "/v1/models", false },
};

/* By the name of the port; all of them for other names. */
static bool
local_is_asked(const char *name, size_t row)
{
	return strcmp(local_says[row].name, name) == 0 ||
	    MEM_FIND(local_says, name) == NULL;
}

int64_t
local_window(const struct config *c, const struct config_model *m)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	size_t n = config_local(c, v), i, row;
	int port = local_port(m->base_url);
	AUTO_JSON cJSON *o = NULL, *answers = NULL;
	cJSON *pages;
	const cJSON *it;
	int64_t window = 0;
	AUTO_FREE char *post = NULL;

	for (i = 0; i < n && v[i].port != port; i++)
		;
	if (port == 0 || i == n)
		return 0;
	o = cJSON_CreateObject();
	json_add_str(o, "model", m->name);
	post = json_print(o);
	pages = cJSON_CreateArray();
	for (row = 0; row < MEM_COUNT(local_says); row++)
		if (local_is_asked(v[i].name, row))
			local_page(pages, port, local_says[row].path,
			    local_says[row].post ? post : NULL);
	answers = local_ask(pages);
	cJSON_ArrayForEach(it, answers)
		if (window == 0)
			window = local_window_in(it, m->name);
	return window;
}

/* ---- the models that /model offers, and what is known about each ---- */

const char *
model_about_count(int64_t n, char *to, size_t size)
{
	if (n <= 0)
		snprintf(to, size, "?");
	else if (n >= 1000000)
		snprintf(to, size, n % 1000000 < 100000 ? "%.0fM" : "%.1fM",
		    (double)n / 1e6);
	else
		snprintf(to, size, "%lldk", (long long)(n + 500) / 1000);
	return to;
}

void
model_about_offer(void *arg, struct buf *b)
{
	const struct setup *s = arg;

	config_model_names(s->config, b);
	if (s->local != NULL)
		buf_addf(b, "%s%s", b->len > 0 ? " " : "", s->local);
	config_model_known(s->config, b);
}

static void
model_about_price(const struct config_model *m, struct buf *b)
{
	struct price p;

	if (!price_read(m->price, &p)) {
		buf_adds(b, "price unknown\n");
		return;
	}
	money_text(b, p.rates.input);
	buf_adds(b, " in");
	if (p.rates.cached != PRICE_UNKNOWN) {
		buf_adds(b, ", ");
		money_text(b, p.rates.cached);
		buf_adds(b, " cached");
	}
	buf_adds(b, ", ");
	money_text(b, p.rates.output);
	buf_addf(b, " out, for a million tokens (%s)\n",
	    json_str_or(m->price, "dated", "undated"));
}

static void
model_about_facts(const struct config_model *m, struct buf *b)
{
	const char *def = json_str_or(m->facts, "effort_default", "");
	const char *ends = json_str(m->facts, "ends");
	char window[32], output[32];
	const cJSON *it;

	buf_addf(b, "context %s · output %s\n",
	    model_about_count(m->window, window, sizeof(window)),
	    model_about_count(json_int(m->facts, "output", 0), output,
	    sizeof(output)));
	model_about_price(m, b);
	if (json_array(m->facts, "effort") != NULL)
		buf_adds(b, "effort");
	cJSON_ArrayForEach(it, json_array(m->facts, "effort"))
		buf_addf(b, strcmp(it->valuestring, def) == 0 ? " [%s]" :
		    " %s", it->valuestring);
	if (json_array(m->facts, "effort") != NULL)
		buf_addc(b, '\n');
	if (ends != NULL)
		buf_addf(b, "until %s, then %s\n", ends,
		    json_str_or(m->facts, "next", "?"));
}

void
model_about(void *arg, const char *name, struct buf *b)
{
	const struct setup *s = arg;
	struct config_model m;
	struct err e = ERR_INIT;
	bool held = config_key_hold(s->config, true);

	if (config_model_find(s->config, name, &m, &e) == 0) {
		buf_addf(b, "%s\n", name);
		model_about_facts(&m, b);
		buf_addf(b, "%s at %s\n", m.format,
		    m.base_url == NULL ? "?" : m.base_url);
		if (m.key_from != NULL)
			buf_addf(b, "key: %s\n", m.key_from);
		if (m.notice != NULL)
			buf_addf(b, "%s\n", m.notice);
		config_model_release(&m);
	} else
		buf_addf(b, "%s\n", e.text);
	(void)config_key_hold(s->config, held);
}
