/* `config models`: lists the available models and what is known about them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/local-models.h"
#include "cmd/model-about.h"
#include "front/print.h"
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

static void
models_one(const struct setup *s, const char *name, bool notes)
{
	struct config_model m;
	struct err e = ERR_INIT;

	if (config_model_find(s->config, name, &m, &e) < 0) {
		print_words(stdout, "  %-36s %s", name, e.text);
		return;
	}
	models_print(name, m.facts, m.window);
	if (m.notice != NULL && notes)
		print_words(stdout, "  %-36s   %s", "", m.notice);
	config_model_release(&m);
}

/* The configured ones, and then all that their providers' keys are for. */
static void
models_configured(const struct setup *s)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t configured;
	char *name, *rest = NULL;
	bool any = false, notes = true;

	config_model_names(s->config, &names);
	configured = names.len;
	config_model_known(s->config, &names);
	for (name = strtok_r((char *)(uintptr_t)buf_str(&names), " ", &rest);
	    name != NULL; name = strtok_r(NULL, " ", &rest)) {
		if (name == names.p + configured + (configured > 0)) {
			print_words(stdout, "\nwith your keys");
			notes = false;
		}
		if (!any)
			print_words(stdout, "configured%34s %6s  effort "
			    "([default])", "window", "output");
		any = true;
		if (name[strlen(name) - 1] != '/')
			models_one(s, name, notes);
		else
			print_words(stdout, "  %s...", name);
	}
	if (!any)
		print_words(stdout, "configured: none (assent login PROVIDER "
		    "stores a key)");
}

int
cmd_models(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *table = NULL, *found = NULL;
	const cJSON *row;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	table = config_model_list(s.config, &e);
	if (table == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	(void)config_key_hold(s.config, true);
	models_configured(&s);
	found = local_find(s.config);
	if (found != NULL)
		print_words(stdout, "\non this machine");
	local_print(stdout, found);
	print_words(stdout, a->all ? "\nmodel table of %s (prefixes of names)" :
	    "\nassent config models --all lists the whole model table, of %s",
	    json_str_or(table, "dated", "?"));
	cJSON_ArrayForEach(row, json_array(table, "models"))
		if (a->all && !json_bool(row, "family", false))
			models_print(json_str_or(row, "begins", "?"), row, 0);
	return EXIT_DONE;
}
