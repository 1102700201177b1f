/* `config models`: lists the available models and what is known about them;
 * with --check, asks the providers for them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/local-models.h"
#include "cmd/model-about.h"
#include "front/print.h"
#include "cmd/provider-models.h"
#include "cmd/setup.h"

static void
models_print(const char *name, const cJSON *facts, int64_t window)
{
	char a[32], b[32];
	AUTO_BUF struct buf efforts = BUF_INIT(0);
	const cJSON *it;
	const char *def = json_str_or(facts, "effort_default", "");
	const char *ends = json_str(facts, "ends");

	cJSON_ArrayForEach(it, json_array(facts, "effort"))
		buf_addf(&efforts, strcmp(it->valuestring, def) == 0 ?
		    " [%s]" : " %s", it->valuestring);
	print_words(stdout, "  %-35s %6s %6s %s%s%s%s%s", name,
	    model_about_count(window > 0 ? window : json_int(facts, "window", 0), a,
	    sizeof(a)), model_about_count(json_int(facts, "output", 0), b,
	    sizeof(b)), efforts.len > 0 ? buf_str(&efforts) : " -",
	    ends == NULL ? "" : "  until ", ends == NULL ? "" : ends,
	    ends == NULL ? "" : ", then ",
	    ends == NULL ? "" : json_str_or(facts, "next", "?"));
}

/* The configured models, and what their providers say. */
struct models_check {
	struct setup	*setup;
	bool		 ask, notes;	/* about these models */
	cJSON		*asked;		/* provider -> list, or an error */
	int		 code;
};

static const cJSON *
models_of(struct models_check *k, const struct config_model *m)
{
	cJSON *had = cJSON_GetObjectItemCaseSensitive(k->asked, m->provider);
	struct err e = ERR_INIT;

	if (had != NULL)
		return had;
	had = provider_models(k->setup, m, NULL, &e);
	if (had == NULL) {
		had = cJSON_CreateString(e.text);
		k->code = e.misuse ? EXIT_USAGE : EXIT_PROVIDER;
	}
	cJSON_AddItemToObject(k->asked, m->provider, had);
	return had;
}

/* Does the list's `id` stand for this name?  A date may follow an alias. */
static bool
models_is(const char *id, const char *name)
{
	size_t n;

	if (strncmp(name, "models/", 7) == 0)
		name += 7;
	n = strlen(name);
	return strncmp(id, name, n) == 0 && (id[n] == '\0' || (id[n] == '-' &&
	    strspn(id + n + 1, "0123456789-") == strlen(id + n + 1)));
}

static void
models_one(struct models_check *k, const char *name)
{
	const cJSON *said, *it, *found = NULL;
	struct config_model m;
	struct err e = ERR_INIT;

	if (config_model_find(k->setup->config, name, &m, &e) < 0) {
		print_words(stdout, "  %-36s %s", name, e.text);
		k->code = k->ask && k->code == 0 ? EXIT_USAGE : k->code;
		return;
	}
	models_print(name, m.facts, m.window);
	if (m.notice != NULL && k->notes)
		print_words(stdout, "  %-36s   %s", "", m.notice);
	if (k->ask && m.replay_dir == NULL) {
		said = models_of(k, &m);
		cJSON_ArrayForEach(it, json_array(said, "models"))
			if (models_is(json_str_or(it, "id", ""), m.name))
				found = it;
		if (cJSON_IsString(said))
			print_words(stdout, "  %-36s   can't ask %s: %s", "",
			    m.provider, said->valuestring);
		else if (found == NULL) {
			print_words(stdout, "  %-36s   %s doesn't list it", "",
			    m.provider);
			k->code = k->code != 0 ? k->code : EXIT_USAGE;
		} else
			print_words(stdout, "  %-36s   %s lists it%s%s", "",
			    m.provider, json_str(found, "ends") == NULL ? "" :
			    ", until ", json_str_or(found, "ends", ""));
	}
	config_model_release(&m);
}

/* The configured ones, and then all that their providers' keys are for. */
static void
models_configured(struct models_check *k)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t configured;
	char *name, *rest = NULL;
	bool any = false;

	config_model_names(k->setup->config, &names);
	configured = names.len;
	config_model_known(k->setup->config, &names);
	for (name = strtok_r((char *)(uintptr_t)buf_str(&names), " ", &rest);
	    name != NULL; name = strtok_r(NULL, " ", &rest)) {
		if (name == names.p + configured + (configured > 0)) {
			print_words(stdout, "\nwith your keys");
			k->ask = k->notes = false;
		}
		if (!any)
			print_words(stdout, "configured%34s %6s  effort "
			    "([default])", "window", "output");
		any = true;
		if (name[strlen(name) - 1] != '/')
			models_one(k, name);
		else
			print_words(stdout, "  %s...", name);
	}
	if (!any)
		print_words(stdout, "configured: none (assent login PROVIDER "
		    "stores a key)");
}

static void
models_local(const cJSON *found)
{
	const cJSON *it, *name;

	if (found == NULL)
		return;
	print_words(stdout, "\non this machine");
	cJSON_ArrayForEach(it, found)
		cJSON_ArrayForEach(name, json_array(it, "models"))
			print_words(stdout, "  %s/%s (port %d)",
			    json_str_or(it, "name", ""), name->valuestring,
			    (int)json_int(it, "port", 0));
}

int
cmd_models(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct models_check k = { .setup = &s, .ask = a->check,
		.notes = true };
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *table = NULL, *found = NULL;
	const cJSON *row;

	k.asked = cJSON_CreateObject();
	if ((k.code = setup_project(&s, a)) != 0 ||
	    (k.code = setup_config(&s, a, "exec")) != 0)
		goto out;
	table = config_model_list(s.config, &e);
	if (table == NULL) {
		k.code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	if (!a->check)
		(void)config_key_hold(s.config, true);
	models_configured(&k);
	found = local_find(s.config);
	models_local(found);
	print_words(stdout, a->all ? "\nmodel table of %s (prefixes of names)" :
	    "\nassent config models --all lists the whole model table, of %s",
	    json_str_or(table, "dated", "?"));
	cJSON_ArrayForEach(row, json_array(table, "models"))
		if (a->all && !json_bool(row, "family", false))
			models_print(json_str_or(row, "begins", "?"), row, 0);
out:
	cJSON_Delete(k.asked);
	return k.code;
}
