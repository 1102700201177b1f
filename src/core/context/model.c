#include "config.h"

#include "core/context/model.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/context/context.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/kernel/secrets.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "provider/provider.h"

/* Read how to connect to a model, without its key. */
static int
target_read(struct core_target *t, const cJSON *m, struct err *e)
{
	const char *format = json_str_or(m, "format", "");
	const struct dialect *dialect;
	struct err why = ERR_INIT;

	memset(t, 0, sizeof(*t));
	t->dialect = dialect_read(NULL, NULL, NULL);
	t->provider = xstrdup(json_str_or(m, "provider", "model"));
	t->base_url = xstrdup(json_str_or(m, "base_url", ""));
	t->key_env = xstrdup_null(json_str(m, "key_env"));
	t->answers = xstrdup_null(json_str(m, "answers"));
	t->key_from = xstrdup_null(json_str(m, "key_from"));
	t->ca_file = xstrdup_null(json_str(m, "ca_file"));
	t->path = xstrdup_null(json_str(m, "path"));
	t->auth = xstrdup_null(json_str(m, "auth"));
	t->paced = json_bool(m, "paced", false);
	t->priced = price_read(json_get(m, "price"), &t->price);
	t->window = json_int(m, "window", 0);
	facts_read(&t->facts, json_get(m, "facts"));
	t->model = xstrdup(json_str_or(m, "name", ""));
	if (strcmp(format, "replay") == 0) {
		/* Version 0.2.0 wrote a folder, which isn't read any more. */
		xstrset(&t->answers, json_str_or(m, "replay_dir", ""));
		format = "openai-chat";
	}
	t->format = provider_format_find(format);
	if (t->format == NULL)
		return err_set(e, "provider \"%s\" has the unknown format "
		    "\"%s\"", t->provider, format);
	dialect = dialect_read(json_str(m, "dialect"), t->base_url, &why);
	if (dialect == NULL)
		return err_set(e, "provider \"%s\": dialect: %s",
		    t->provider, why.text);
	t->dialect = dialect;
	return 0;
}

/* The key is cleared. */
static void
target_release(struct core_target *t)
{
	secret_free(t->key);
	FREE_ALL(t->provider, t->model, t->base_url, t->key_env, t->key_from,
	    t->answers, t->ca_file, t->path, t->auth);
	memset(t, 0, sizeof(*t));
}

static void
model_place_release(struct model_place *p)
{
	target_release(&p->target);
	json_drop(&p->model);
}

int
model_needed(const struct core *c, struct err *e)
{
	if (c->target.format != NULL || c->peer != NULL)
		return 0;
	if (!core_has_model(c))
		return err_set(e, "this session uses no model");
	return err_set(e, "no model: /model PROVIDER/NAME chooses one (assent "
	    "login stores a key)");
}

static void
model_set_key(struct core *c, const char *key)
{
	secret_free(c->target.key);
	c->target.key = secret_dup(key);
}

/* The offered key, borrowed; NULL if none was offered. */
static const char *
model_key(const struct core *c, const char *provider)
{
	const struct given *g = &c->models.keys;

	MEM_EACH(g, v, it)
		if (strcmp(it->name, provider) == 0)
			return it->value;
	return NULL;
}

/* Give parked models the keys that they lack. */
static void
model_give_keys(struct core *c)
{
	struct core_models *m = &c->models;

	MEM_EACH(m, places, place) {
		struct core_target *t = &place->target;

		if (t->format != NULL && t->key == NULL)
			t->key = secret_dup(model_key(c, t->provider));
	}
}

static void
model_offer(struct core *c, const cJSON *hello)
{
	const char *key = json_str(hello, "key"), *name = c->target.provider;
	const cJSON *it;

	if (c->models.key_commands == NULL)
		c->models.key_commands = cJSON_Duplicate(json_get(hello,
		    "key_commands"), 1);
	given_add(&c->models.keys, "", json_get(hello, "keys"));
	model_give_keys(c);
	cJSON_ArrayForEach(it, json_get(hello, "headers"))
		given_add(&c->models.headers, it->string, it);
	/* Use the key only for its own provider. */
	if (key != NULL && c->target.key == NULL && c->target.format != NULL &&
	    strcmp(json_str_or(hello, "key_for", name), name) == 0 &&
	    c->models.at == ROUTE_MAIN)
		model_set_key(c, key);
}

/* ---- a key that has expired ---- */

#define RENEWED_MAX	((size_t)16 << 10)

static void
model_renew_output(void *arg, bool out, const char *p, size_t n)
{
	struct core *c = arg;

	if (out)
		buf_add(&c->models.renewed, p, n);
}

/* Give the new key to a target, if it is of this provider. */
static void
model_renew_target(struct core_target *t, const char *provider, const char *key)
{
	if (t->format == NULL || strcmp(t->provider, provider) != 0)
		return;
	secret_free(t->key);
	t->key = secret_dup(key);
}

static void
model_renew_done(void *arg, int status, bool late)
{
	struct core *c = arg;
	struct core_models *m = &c->models;
	const char *text = buf_str(&m->renewed);
	size_t n = strcspn(text, " \t\r\n");
	/* The user may have chosen another model meanwhile. */
	const char *provider = m->renewing_for;
	char *key;

	host_program_free(m->renewing);
	m->renewing = NULL;
	if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0 && n > 0) {
		key = secret_new(text, n);
		model_renew_target(&c->target, provider, key);
		MEM_EACH(m, places, place)
			model_renew_target(&place->target, provider, key);
		secret_free(key);
	}
	given_wipe(&m->renewed);
	if (c->phase == PHASE_RETRY &&
	    strcmp(c->request.target->provider, provider) == 0)
		retry_now(c);
}

bool
model_renew_key(struct core *c, const struct provider_error *pe)
{
	static const struct host_program_ops ops = {
		.output = model_renew_output, .done = model_renew_done,
	};
	struct core_models *m = &c->models;
	const struct core_target *t = c->request.target;
	const cJSON *command = json_get(m->key_commands, t->provider);
	AUTO_FREE const char **argv = json_command(command);
	const char *home = getenv("HOME");
	AUTO_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct host_program_spec spec = { .worker = c->worker, .argv = argv,
		.dir = home == NULL ? "/" : home, .in = null, .out = -1,
		.timeout_ms = MODEL_RENEW_MS };
	struct err e = ERR_INIT;

	if (pe->status != 401 || command == NULL || m->renewing != NULL ||
	    t->key_from == NULL || strncmp(t->key_from, "the command ", 12) !=
	    0 || (m->renewed_ms != 0 && (m->renewed_ms >= c->retry.from_ms ||
	    clock_mono_ms() - m->renewed_ms < MODEL_RENEW_MS)))
		return false;
	m->renewed_ms = clock_mono_ms();
	xstrset(&m->renewing_for, t->provider);
	buf_init(&m->renewed, RENEWED_MAX);
	m->renewing = host_program_new(c->loop, &spec, &ops, c, &e);
	return m->renewing != NULL;
}

static void
model_secrets(const struct core *c, struct mask_list *l)
{
	const struct core_models *m = &c->models;

	mask_list_add(l, c->target.key);
	mask_list_add(l, m->wish.target.key);
	given_secrets(&m->headers, l);
	MEM_EACH(&m->keys, v, it)
		mask_list_add(l, it->value);
	MEM_EACH(m, places, place)
		mask_list_add(l, place->target.key);
}

/* The fields that may be recorded. */
static cJSON *
model_fields(const cJSON *m)
{
	static const char *const kept[] = { "provider", "name", "format",
		"base_url", "key_env", "key_from", "ca_file", "window",
		"dialect", "path", "auth", "price", "facts" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, m, kept);
	return o;
}

/* Use the model in this place from now on; the line says so. */
static void
model_use(struct core *c, struct model_place *next, const char *by,
    struct ev_model line)
{
	c->target = next->target;
	memset(&next->target, 0, sizeof(next->target));
	json_set_take(c->start, "model", cJSON_Duplicate(next->model, 1));
	line.model = next->model;
	EMIT_THIS(c, by, model, &line);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    c->target.dialect);
}

void
model_switch_due(struct core *c)
{
	struct core_models *m = &c->models;

	if (m->wish.model == NULL || c->request.call != NULL)
		return;
	/* The user's choice replaces the first model; another one in use goes
	 * back to its place. */
	if (m->at != ROUTE_MAIN) {
		m->places[m->at].target = c->target;
		target_release(&m->places[ROUTE_MAIN].target);
		m->at = ROUTE_MAIN;
	} else
		target_release(&c->target);
	model_use(c, &m->wish, "user", (struct ev_model){
	    .client = m->wish_client });
	model_place_release(&m->wish);
}

/*
 * Client command: use another model from the next request on. The client sends
 * its connection details, as in a start object, and its key, which stays in the
 * target only. The messages so far are converted to the new format. Data of the
 * old model alone (signed thinking) is left out, and used again if that model
 * returns.
 */
static int
model_switch(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *model = json_get(command, "model");
	struct core_models *m = &c->models;
	struct model_place wish = { .model = model_fields(model) };

	if (json_str(model, "name") == NULL)
		err_set(e, "no model is given");
	else
		(void)target_read(&wish.target, wish.model, e);
	if (err_is_set(e)) {
		model_place_release(&wish);
		return -1;
	}
	wish.target.key = secret_dup(json_str(command, "key"));
	given_drop(&m->headers, wish.target.provider);
	given_add(&m->headers, wish.target.provider, json_get(json_get(command,
	    "headers"), wish.target.provider));
	model_place_release(&m->wish);
	m->wish = wish;
	xstrset(&m->wish_client, client);
	if (c->request.call != NULL)
		emit_note(c, "%s/%s is used from the next request on",
		    wish.target.provider, wish.target.model);
	/* A user who chooses another model doesn't want to wait for the old
	 * one. */
	if (c->phase == PHASE_RETRY) {
		model_switch_due(c);
		c->request.attempt = 0;
		retry_now(c);
	} else
		core_soon(c);
	return 0;
}

/*
 * The models of a session: the main one; those of parts of the work (routes);
 * and, after it, those to use in order when it fails for good (`model: ["a/x",
 * "b/y"]`). The current one is c->target, the others are parked in their
 * places. The user's next message, or a resume, goes back to the main one.
 */

static const struct { const char *name, *why; } route_rows[ROUTE_MAIN] = {
	[ROUTE_REVIEW] = { "review", NULL },
	[ROUTE_EXPLORE] = { "explore", "it explores (phases.explore)" },
	[ROUTE_PLAN] = { "plan", "it plans (phases.plan)" },
	[ROUTE_EXECUTE] = { "execute", "it does the work (phases.execute)" },
};

static int
model_place_read(struct core *c, size_t at, const cJSON *m, struct err *e)
{
	struct model_place *p = &c->models.places[at];

	if (m == NULL)
		return 0;
	p->model = model_fields(m);
	return target_read(&p->target, m, e);
}

int
model_start(struct core *c, const char *key, struct err *e)
{
	struct core_models *m = &c->models;
	const cJSON *main = json_get(c->start, "model"), *it;
	const cJSON *list = json_array(c->start, "failover");
	const cJSON *routes = json_get(c->start, "routes");
	char *kept;
	size_t i;
	int rc;

	model_set_key(c, key);
	kept = c->target.key;
	c->target.dialect = dialect_read(NULL, NULL, NULL);
	m->places = xcalloc(ROUTE_MAIN + 1 +
	    (size_t)cJSON_GetArraySize(list), sizeof(*m->places));
	m->places_len = ROUTE_MAIN + 1;
	if (!cJSON_IsObject(main)) {
		/* The user can choose a model later (`model`). */
		if (!core_has_model(c) || c->mode == MODE_INTERACTIVE ||
		    c->peer != NULL)
			return 0;
		return err_set(e, "no model is given");
	}
	rc = target_read(&c->target, main, e);
	c->target.key = kept;
	if (rc < 0 || c->target.answers != NULL)
		return rc;
	cJSON_ArrayForEach(it, list)
		if (rc == 0)
			rc = model_place_read(c, m->places_len++, it, e);
	for (i = 0; rc == 0 && i < ROUTE_MAIN; i++)
		rc = model_place_read(c, i, json_get(routes,
		    route_rows[i].name), e);
	model_give_keys(c);
	return rc;
}

static enum route
route_wanted(const struct core *c)
{
	if (c->plan.mode == PLAN_LOOK)
		return ROUTE_EXPLORE;
	return !task_plans(c) ? ROUTE_EXECUTE : c->models.planned ?
	    ROUTE_PLAN : ROUTE_EXPLORE;
}

/* Park the current model and go on with another; `why` is for the journal and
 * the screen. */
static void
model_go(struct core *c, size_t to, bool failed, const char *why)
{
	struct core_models *m = &c->models;
	struct model_place *from = &m->places[m->at];

	m->at = to;
	cJSON_Delete(from->model);
	from->model = cJSON_Duplicate(json_get(c->start, "model"), 1);
	from->target = c->target;
	model_use(c, &m->places[to], "core", (struct ev_model){
	    .route = to < ROUTE_MAIN ? route_rows[to].name : NULL,
	    .failover = to >= ROUTE_MAIN && failed, .text = why });
}

static bool
route_is_there(const struct core_models *m, size_t route)
{
	return m->places[route].model != NULL && !m->places[route].failed;
}

void
model_turn(struct core *c)
{
	struct core_models *m = &c->models;
	size_t i, to;

	/* The models of the phases are tried again, too. */
	for (i = 0; m->home_due && i < ROUTE_MAIN; i++)
		m->places[i].failed = false;
	if (m->home_due && m->at > ROUTE_MAIN)
		model_go(c, ROUTE_MAIN, false, "the first model is asked again");
	m->home_due = false;
	if (m->chosen || m->at > ROUTE_MAIN || task_is_wrapped(c))
		return;
	to = route_wanted(c);
	/* A part without a model of its own uses the main one. */
	if (to == ROUTE_EXPLORE && !route_is_there(m, to) && task_plans(c) &&
	    c->plan.mode != PLAN_LOOK)
		to = ROUTE_PLAN;
	if (!route_is_there(m, to))
		to = ROUTE_MAIN;
	if (to != m->at)
		model_go(c, to, false, to == ROUTE_MAIN ?
		    "no other is named for what comes" : route_rows[to].why);
}

bool
model_next(struct core *c, const char *why)
{
	struct core_models *m = &c->models;

	if (m->at >= ROUTE_MAIN && m->at + 1 >= m->places_len)
		return false;
	if (why == NULL)
		return true;
	/* From a phase's own model to the main one first. */
	m->places[m->at].failed = true;
	model_go(c, m->at < ROUTE_MAIN ? ROUTE_MAIN : m->at + 1, true, why);
	return true;
}

static void
model_init(struct core *c)
{
	c->models.at = ROUTE_MAIN;
}

static void
model_line(struct core *c, const struct event *e)
{
	struct core_models *m = &c->models;

	/* On resume, a model named by a flag comes without a client. */
	if (e->type == EVENT_MODEL)
		m->chosen = m->chosen || (ev_is(e->by, "user") &&
		    e->model.client != NULL);
	else if (e->type == EVENT_AGENT_END)
		m->planned = false;
	else if (ev_is(e->tool_call.name, "plan"))
		m->planned = true;
}

static void
model_free(struct core *c)
{
	struct core_models *m = &c->models;

	target_release(&c->target);
	given_release(&m->headers);
	given_release(&m->keys);
	host_program_free(m->renewing);
	given_wipe(&m->renewed);
	json_wipe(m->key_commands, NULL);
	cJSON_Delete(m->key_commands);
	model_place_release(&m->wish);
	FREE_ALL(m->wish_client, m->renewing_for);
	MEM_EACH(m, places, place)
		model_place_release(place);
	free(m->places);
}

static const struct core_command model_commands[] = {
	{ "model", IN_ANY, 0, 0, WITH_MODEL, .act = model_switch },
	{ 0 }
};

const struct core_part model_part = {
	.secrets = model_secrets,
	.init = model_init, .offer = model_offer,
	.line = model_line, .lines = OF(EVENT_MODEL) | OF(EVENT_AGENT_END) |
	    OF(EVENT_TOOL_CALL),
	.free = model_free, .commands = model_commands,
};
