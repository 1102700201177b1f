/* What a client can choose for a session: the review mode and the model, as the
 * protocol's config options; the mode also in its older form. */
#include "config.h"

#include "cmd/acp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/model-about.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "policy/approve.h"

static bool
acp_option_has(const cJSON *values, const char *value)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, values)
		if (json_is(it, "value", value))
			return true;
	return false;
}

/* ---- the review mode ---- */

static const char *
acp_option_mode(const struct acp_session *s)
{
	return s->fold->approve == NULL ? "ask" : s->fold->approve;
}

/* The modes; `id` is what the protocol calls a mode's name there. */
static cJSON *
acp_option_mode_list(const char *id)
{
	cJSON *list = cJSON_CreateArray(), *it;
	size_t i;

	for (i = 0; i < approve_table_len; i++) {
		const struct approve *m = &approve_table[i];

		if ((m->where & APPROVE_SCREEN) == 0)
			continue;
		it = cJSON_CreateObject();
		json_add_str(it, id, m->name);
		json_add_str(it, "name", m->name);
		json_add_str(it, "description", m->brief);
		cJSON_AddItemToArray(list, it);
	}
	return list;
}

cJSON *
acp_option_modes(const struct acp_session *s)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "currentModeId", acp_option_mode(s));
	json_set_take(o, "availableModes", acp_option_mode_list("id"));
	return o;
}

cJSON *
acp_option_mode_line(const char *name)
{
	const struct approve *m = name == NULL ? NULL : approve_find(name);

	return m == NULL || (m->where & APPROVE_SCREEN) == 0 ? NULL :
	    command_text("set", "approve", m->name);
}

/* ---- the model ---- */

static const char *
acp_option_model(const struct acp_session *s)
{
	return s->fold->model == NULL ? "" : s->fold->model;
}

/* The models that a session of its project can switch to. */
static void
acp_option_models(const struct acp_session *s, struct buf *names)
{
	AUTO(setup_release) struct setup setup = { 0 };
	struct err e = ERR_INIT;

	if (acp_config(s->acp, &setup, s->fold->root, &e) < 0)
		return;
	(void)config_key_hold(setup.config, true);
	model_about_offer(&setup, names);
}

/* The line for the core to switch to one; NULL with *e. */
static cJSON *
acp_option_model_line(const struct acp_session *s, const char *name,
    struct err *e)
{
	AUTO(setup_release) struct setup setup = { 0 };
	struct slash_command_models m = { 0 };

	if (acp_config(s->acp, &setup, s->fold->root, e) < 0)
		return NULL;
	setup_models(&setup, &m);
	return m.line(m.arg, name, e);
}

static cJSON *
acp_option_model_list(const struct acp_session *s)
{
	AUTO_FREE char *names = xstrdup(s->models);
	char *name, *rest = NULL;
	cJSON *list = cJSON_CreateArray(), *it;

	for (name = strtok_r(names, " ", &rest); name != NULL;
	    name = strtok_r(NULL, " ", &rest)) {
		/* A provider alone: none of its models is known. */
		if (name[strlen(name) - 1] == '/' || acp_option_has(list, name))
			continue;
		it = cJSON_CreateObject();
		json_add_str(it, "value", name);
		json_add_str(it, "name", name);
		cJSON_AddItemToArray(list, it);
	}
	return list;
}

/* ---- both ---- */

/* `id` is the protocol's category, too. */
static cJSON *
acp_option_new(const char *id, const char *name, const char *current,
    cJSON *values_take)
{
	cJSON *o = cJSON_CreateObject(), *it;

	json_add_str(o, "id", id);
	json_add_str(o, "name", name);
	json_add_str(o, "category", id);
	json_add_str(o, "type", "select");
	json_add_str(o, "currentValue", current);
	/* The client can't show a value that isn't one of the options. */
	if (!acp_option_has(values_take, current)) {
		it = cJSON_CreateObject();
		json_add_str(it, "value", current);
		json_add_str(it, "name", current[0] == '\0' ? "none" : current);
		cJSON_AddItemToArray(values_take, it);
	}
	json_set_take(o, "options", values_take);
	return o;
}

cJSON *
acp_option_list(const struct acp_session *s)
{
	cJSON *list = cJSON_CreateArray();

	cJSON_AddItemToArray(list, acp_option_new("mode", "Review mode",
	    s->told_mode, acp_option_mode_list("value")));
	cJSON_AddItemToArray(list, acp_option_new("model", "Model",
	    s->told_model, acp_option_model_list(s)));
	return list;
}

void
acp_option_open(struct acp_session *s)
{
	AUTO_BUF struct buf names = BUF_INIT(0);

	if (s->fold->root != NULL)
		acp_option_models(s, &names);
	/* It may be one that isn't configured: on this machine. */
	buf_addf(&names, " %s", acp_option_model(s));
	s->models = buf_take(&names);
	xstrset(&s->told_mode, acp_option_mode(s));
	xstrset(&s->told_model, acp_option_model(s));
}

void
acp_option_line(struct acp_session *s, const cJSON *line)
{
	bool refused = json_is(line, "type", "refused");
	bool mode = json_is(line, refused ? "to" : "type", refused ? "set" :
	    "mode");
	bool model = json_is(line, refused ? "to" : "type", "model");
	cJSON *o;

	mode = mode && strcmp(s->told_mode, acp_option_mode(s)) != 0;
	model = model && strcmp(s->told_model, acp_option_model(s)) != 0;
	if (mode)
		xstrset(&s->told_mode, acp_option_mode(s));
	if (model)
		xstrset(&s->told_model, acp_option_model(s));
	if (!mode && !model)
		return;
	o = acp_update("config_option_update");
	json_set_take(o, "configOptions", acp_option_list(s));
	acp_update_take(s, o);
}

int
acp_option_set(struct acp_session *s, const char *id, const char *value,
    struct err *e)
{
	bool model = strcmp(id, "model") == 0;
	AUTO_JSON cJSON *models = acp_option_model_list(s);
	cJSON *line;

	if (model && acp_option_has(models, value))
		line = acp_option_model_line(s, value, e);
	else if (!model && strcmp(id, "mode") == 0)
		line = acp_option_mode_line(value);
	else
		line = NULL;
	if (line == NULL && e->text[0] == '\0')
		return err_set(e, "configId and value: not one of "
		    "configOptions");
	if (line == NULL)
		return -1;
	xstrset(model ? &s->told_model : &s->told_mode, value);
	acp_session_send_take(s, line);
	return 0;
}
