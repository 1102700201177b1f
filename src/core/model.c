#include "config.h"

#include "core/model.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/budget.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/mcp/mcp.h"
#include "core/turn.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "provider/provider.h"

#define ROUTES	(ROUTE_EXECUTE + 1)

/* The format of a recording's answers. */
static int
target_replay_format(struct core_target *t, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	AUTO_FREE char *p = fs_join(t->replay_dir == NULL ? "" : t->replay_dir,
	    "recording.json");
	AUTO_JSON cJSON *rec = NULL;
	int rc = -1;

	if (fs_read_file(AT_FDCWD, p, &b, e) < 0)
		return rc;
	rec = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	t->format = provider_format_find(json_str_or(rec, "format", ""));
	if (t->format == NULL)
		err_set(e, "%s names no known format", p);
	else
		rc = 0;
	return rc;
}

int
target_read(struct core_target *t, const cJSON *m, struct err *e)
{
	const char *format = json_str_or(m, "format", "");
	const struct dialect *dialect;
	struct err why = ERR_INIT;

	memset(t, 0, sizeof(*t));
	t->dialect = dialect_of(NULL);
	t->provider = xstrdup(json_str_or(m, "provider", "model"));
	t->base_url = xstrdup(json_str_or(m, "base_url", ""));
	t->key_env = xstrdup_null(json_str(m, "key_env"));
	t->replay_dir = xstrdup_null(json_str(m, "replay_dir"));
	t->key_from = xstrdup_null(json_str(m, "key_from"));
	t->ca_file = xstrdup_null(json_str(m, "ca_file"));
	t->replay_paced = json_bool(m, "replay_paced", false);
	t->priced = price_read(json_get(m, "price"), &t->price);
	t->window = json_int(m, "window", 0);
	facts_read(&t->facts, json_get(m, "facts"));
	t->model = xstrdup(json_str_or(m, "name", ""));
	if (strcmp(format, "replay") == 0)
		return target_replay_format(t, e);
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

static void
target_forget_key(struct core_target *t)
{
	secret_free(t->key);
	t->key = NULL;
}

void
target_set_key(struct core_target *t, const char *key)
{
	target_forget_key(t);
	t->key = secret_dup(key);
}

static void
target_release(struct core_target *t)
{
	target_forget_key(t);
	free(t->provider);
	free(t->model);
	free(t->base_url);
	free(t->key_env);
	free(t->key_from);
	free(t->replay_dir);
	free(t->ca_file);
	memset(t, 0, sizeof(*t));
}

static void
target_place_release(struct model_place *p)
{
	target_release(&p->target);
	json_drop(&p->model);
}

/*
 * given: what a client hands over with its hello, by whom it is for and by name:
 * the headers of model servers, the variables and headers of MCP servers. The
 * values are secret: they are kept apart from the start object, which is
 * journaled.
 */

void
given_add(struct given *g, const char *owner, const cJSON *values)
{
	struct given_value *v;
	const cJSON *it;
	size_t i;

	cJSON_ArrayForEach(it, values) {
		for (i = 0; i < g->len; i++)
			if (strcmp(g->v[i].owner, owner) == 0 &&
			    strcmp(g->v[i].name, it->string) == 0)
				break;
		if (i < g->len || !cJSON_IsString(it))
			continue;
		GROW(g->v, g->len);
		v = &g->v[g->len++];
		v->owner = xstrdup(owner);
		v->name = xstrdup(it->string);
		v->value = secret_dup(it->valuestring);
	}
}

static void
given_free(struct given_value *v)
{
	free(v->owner);
	free(v->name);
	secret_free(v->value);
}

static void
given_drop(struct given *g, const char *owner)
{
	size_t i, n = 0;

	for (i = 0; i < g->len; i++)
		if (strcmp(g->v[i].owner, owner) == 0)
			given_free(&g->v[i]);
		else
			g->v[n++] = g->v[i];
	g->len = n;
}

void
given_release(struct given *g)
{
	size_t i;

	for (i = 0; i < g->len; i++)
		given_free(&g->v[i]);
	free(g->v);
	memset(g, 0, sizeof(*g));
}

void
given_lines(const struct given *g, const char *owner, struct buf *lines)
{
	size_t i;

	for (i = 0; i < g->len; i++)
		if (strcmp(g->v[i].owner, owner) == 0) {
			buf_addf(lines, "%s: %s", g->v[i].name, g->v[i].value);
			buf_addc(lines, '\0');
		}
}

void
given_wipe(struct buf *lines)
{
	if (lines->p != NULL)
		explicit_bzero(lines->p, lines->cap);
	buf_release(lines);
}

void
given_secrets(const struct given *g, struct mask_list *l)
{
	size_t i;

	for (i = 0; i < g->len; i++) {
		const char *value = g->v[i].value;

		/* Of "Bearer KEY" the key. */
		if (strncasecmp(value, "bearer ", 7) == 0)
			mask_list_add(l, value + 7);
		else if (secret_is_value(g->v[i].name, value))
			mask_list_add(l, value);
	}
}

/* The user's effort for this phase; NULL: for all of them. */
static enum effort
effort_set(const struct core *c, const char *phase)
{
	return facts_effort_find(json_str(phase == NULL ? c->start :
	    json_get(json_get(c->start, "phases"), phase), "effort"));
}

enum effort
effort_for(const struct core *c, const struct core_target *t, bool aside)
{
	bool sums_up = aside && compact_is_running(c);
	bool plans = !aside && strcmp(turn_phase(c), "execute") != 0;
	enum effort e = sums_up ? EFFORT_UNSET : c->request.effort_said;

	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, plans ? "plan" : "execute");
	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, NULL);
	/* Don't set an effort for a model that thinks only on request. */
	if (e == EFFORT_UNSET && t->facts.efforts != 0 &&
	    t->facts.effort_default != EFFORT_OFF)
		e = sums_up ? EFFORT_LOW : plans ? EFFORT_HIGH : EFFORT_MEDIUM;
	return e;
}

/* Append what the model makes of this effort in a request with tools, if that
 * isn't the same; true if it is so of any effort. */
static bool
effort_remark(const struct core *c, enum effort want, struct buf *b)
{
	const struct core_target *t = &c->target;
	const struct request q = { .facts = &t->facts, .effort = want,
		.dialect = t->dialect, .tools_len = 1 };
	enum effort takes = facts_effort(&t->facts, want), sent = takes;

	if (t->format != NULL && t->format->effort != NULL)
		sent = t->format->effort(&q);
	if (want == EFFORT_UNSET || t->facts.thinking == THINKING_UNKNOWN ||
	    sent == want)
		return false;
	buf_addf(b, "%s ", t->model == NULL ? "the model" : t->model);
	if (sent != takes)
		buf_adds(b, t->facts.responses ? "doesn't think while it has "
		    "tools, unless its format is openai-responses" :
		    "isn't told in the format openai-chat how much to think");
	else if (takes == EFFORT_UNSET)
		buf_adds(b, "takes no effort");
	else
		buf_addf(b, "has no %s, the nearest is %s",
		    facts_effort_name(want), facts_effort_name(takes));
	return sent != takes;
}

void
effort_note(struct core *c)
{
	static const char *const phases[] = { NULL, "plan", "execute" };
	bool any = false;
	size_t i;

	for (i = 0; i < MEM_COUNT(phases) && !any; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		AUTO_FREE char *name = phases[i] == NULL ? xstrdup("effort") :
		    xasprintf("phases.%s.effort", phases[i]);

		any = effort_remark(c, effort_set(c, phases[i]), &b);
		if (b.len > 0)
			emit_note(c, "%s: %s", name, buf_str(&b));
	}
}

int
effort_say(struct core *c, const char *word, const char *client,
    struct err *e)
{
	enum effort want = facts_effort_find(word);
	AUTO_BUF struct buf b = BUF_INIT(0), remark = BUF_INIT(0);
	cJSON *o;

	if (want == EFFORT_UNSET && strcmp(word, "default") != 0)
		return err_set(e, "/effort needs one of off, low, medium, high, "
		    "xhigh, max, default");
	if (want == EFFORT_UNSET)
		buf_adds(&b, "effort is no longer set here");
	else
		buf_addf(&b, "effort is now %s", word);
	if (want != EFFORT_UNSET &&
	    c->target.facts.thinking == THINKING_UNKNOWN)
		buf_addf(&remark, "the server of %s may not support it",
		    c->target.model == NULL ? "the model" : c->target.model);
	else
		(void)effort_remark(c, want, &remark);
	if (remark.len > 0)
		buf_addf(&b, "; %s", buf_str(&remark));
	o = cJSON_CreateObject();
	json_add_str(o, "effort", word);
	json_add_str(o, "text", buf_str(&b));
	json_add_str(o, "client", client);
	emit_event(c, EVENT_MODE, "user", o);
	return 0;
}

struct model_wish {
	struct core_target	 target;
	cJSON			*model;
	char			*client;
};

static void	route_secrets(const struct core *c, struct mask_list *l);
static void	route_chosen(struct core *c);
static const char *failover_key(const struct core *c, const char *provider);
static void	failover_secrets(const struct core *c, struct mask_list *l);
static void	failover_chosen(struct core *c);

bool
model_is_chosen(const struct core *c)
{
	return c->target.format != NULL;
}

int
model_needed(const struct core *c, struct err *e)
{
	if (model_is_chosen(c))
		return 0;
	if (c->mode == MODE_TRY)
		return err_set(e, "this session uses no model");
	return err_set(e, "no model: /model PROVIDER/NAME chooses one (assent "
	    "login stores a key)");
}

void
model_note_none(struct core *c)
{
	cJSON *o;

	if (model_is_chosen(c) || c->mode == MODE_TRY)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "text", "No model is configured, so a message has "
	    "nobody to answer it. Commands work: !COMMAND runs one in the "
	    "sandbox, /help lists those of assent. /model PROVIDER/NAME "
	    "chooses a model; assent login, in another terminal, stores its "
	    "key. For later sessions, set \"model\" in config.json "
	    "(assent-config(5)).");
	json_add_bool(o, "no_model", true);
	emit_event(c, EVENT_NOTE, "core", o);
}

/* Move the current model and what was learned about it to `parked`, and make
 * the one in `next` current; journal this line. */
static void
model_exchange(struct core *c, struct model_place *parked,
    struct model_place *next, cJSON *line)
{
	cJSON_Delete(parked->model);
	parked->model = cJSON_Duplicate(json_get(c->start, "model"), 1);
	parked->target = c->target;
	c->target = next->target;
	memset(&next->target, 0, sizeof(next->target));
	json_set_take(c->start, "model", cJSON_Duplicate(next->model, 1));
	compact_forget(c);
	json_set_take(line, "model", cJSON_Duplicate(next->model, 1));
	emit_event(c, EVENT_MODEL, "core", line);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    c->target.dialect);
}

void
model_secrets(const struct core *c, struct mask_list *l)
{
	mask_list_add(l, c->target.key);
	if (c->model_wish != NULL)
		mask_list_add(l, c->model_wish->target.key);
	given_secrets(&c->headers, l);
	failover_secrets(c, l);
	route_secrets(c, l);
	mcp_secrets(c, l);
}

static void
model_wish_free(struct model_wish *w)
{
	if (w == NULL)
		return;
	target_release(&w->target);
	cJSON_Delete(w->model);
	free(w->client);
	free(w);
}

/* The fields that may be recorded. */
static cJSON *
model_fields(const cJSON *m)
{
	static const char *const kept[] = { "provider", "name", "format",
		"base_url", "key_env", "key_from", "ca_file", "window",
		"dialect", "price", "facts" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, m, kept);
	return o;
}

void
model_switch_due(struct core *c)
{
	struct model_wish *w = c->model_wish;
	cJSON *o;

	if (w == NULL || c->request.call != NULL)
		return;
	c->model_wish = NULL;
	failover_chosen(c);
	route_chosen(c);
	target_release(&c->target);
	c->target = w->target;
	memset(&w->target, 0, sizeof(w->target));
	json_set_take(c->start, "model", cJSON_Duplicate(w->model, 1));
	compact_forget(c);
	o = cJSON_CreateObject();
	json_set_take(o, "model", w->model);
	w->model = NULL;
	json_add_str(o, "client", w->client);
	emit_event(c, EVENT_MODEL, "user", o);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    c->target.dialect);
	model_wish_free(w);
}

int
model_switch(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *m = json_get(command, "model");
	struct model_wish *w;

	if (json_str(m, "name") == NULL || json_str(m, "replay_dir") != NULL ||
	    json_is(m, "format", "replay"))
		return err_set(e, "can't switch to a recording");
	w = xcalloc(1, sizeof(*w));
	w->model = model_fields(m);
	if (target_read(&w->target, w->model, e) < 0) {
		model_wish_free(w);
		return -1;
	}
	w->target.key = secret_dup(json_str(command, "key"));
	given_drop(&c->headers, w->target.provider);
	given_add(&c->headers, w->target.provider, json_get(json_get(command,
	    "headers"), w->target.provider));
	w->client = xstrdup(client);
	model_wish_free(c->model_wish);
	c->model_wish = w;
	if (c->request.call != NULL)
		emit_note(c, "%s/%s is used from the next request on",
		    w->target.provider, w->target.model);
	/* A user who chooses another model doesn't want to wait for the old
	 * one. */
	if (c->phase == PHASE_RETRY) {
		model_switch_due(c);
		c->request.attempt = 0;
		retry_now(c);
	} else
		driver_soon(c);
	return 0;
}

static const struct { const char *name, *why; } route_rows[ROUTES] = {
	[ROUTE_REVIEW] = { "review", NULL },
	[ROUTE_EXPLORE] = { "explore", "it explores (phases.explore)" },
	[ROUTE_PLAN] = { "plan", "it plans (phases.plan)" },
	[ROUTE_EXECUTE] = { "execute", "it does the work (phases.execute)" },
};

struct routes {
	/* Without a model the route has none of its own; without a format its
	 * target is the core's current one. */
	struct model_place	 places[ROUTES];
	struct model_place	 main;		/* the main model, while another
						   one is in use */
	enum route		 at;
	bool			 failed[ROUTES];
	/* State from the journal. */
	bool			 chosen;	/* the user chose a model */
	bool			 explored;	/* this task has begun a plan */
};

static void
route_clear(struct routes *r)
{
	size_t i;

	for (i = 0; i < ROUTES; i++)
		target_place_release(&r->places[i]);
	target_place_release(&r->main);
	r->at = ROUTE_MAIN;
}

/* ---- what the journal says ---- */

static void
model_line(struct core *c, const cJSON *line, enum event_type type)
{
	struct routes *r = c->routes;

	if (type == EVENT_MODE && json_str(line, "effort") != NULL)
		c->request.effort_said = facts_effort_find(json_str(line,
		    "effort"));
	/* On resume, a model named by a flag comes without a client. */
	if (type == EVENT_MODEL && json_is(line, "by", "user") &&
	    json_str(line, "client") != NULL)
		r->chosen = true;
	else if (type == EVENT_AGENT_END)
		r->explored = false;
	else if (type == EVENT_TOOL_CALL &&
	    json_is(line, "name", "plan"))
		r->explored = true;
}

enum route
route_wanted(const struct routes *r, const char *phase)
{
	if (strcmp(phase, "look") == 0)
		return ROUTE_EXPLORE;
	if (strcmp(phase, "plan") == 0)
		return r->explored ? ROUTE_PLAN : ROUTE_EXPLORE;
	return ROUTE_EXECUTE;
}

/* ---- the models ---- */

int
route_start(struct core *c, struct err *e)
{
	const cJSON *list = json_get(c->start, "routes"), *m;
	size_t i;

	route_clear(c->routes);
	for (i = 0; i < ROUTES && c->target.replay_dir == NULL; i++) {
		struct model_place *p = &c->routes->places[i];

		if ((m = json_get(list, route_rows[i].name)) == NULL)
			continue;
		p->model = model_fields(m);
		if (target_read(&p->target, m, e) < 0)
			return -1;
		p->target.key = secret_dup(failover_key(c,
		    p->target.provider));
	}
	return 0;
}

/* Take a client's key for a provider; copied. */
static void
route_offer(struct core *c, const char *provider, const char *key)
{
	size_t i;

	for (i = 0; i < ROUTES; i++) {
		struct core_target *t = &c->routes->places[i].target;

		if (t->format != NULL && t->key == NULL &&
		    strcmp(t->provider, provider) == 0)
			t->key = secret_dup(key);
	}
}

static void
route_secrets(const struct core *c, struct mask_list *l)
{
	size_t i;

	for (i = 0; i < ROUTES; i++)
		mask_list_add(l, c->routes->places[i].target.key);
	mask_list_add(l, c->routes->main.target.key);
}

const struct core_target *
route_target(const struct core *c, enum route part)
{
	const struct core_target *t = &c->routes->places[part].target;

	return t->format != NULL ? t : &c->target;
}

const char *
route_name(const struct core *c)
{
	enum route at = c->routes->at;

	return at == ROUTE_MAIN ? NULL : route_rows[at].name;
}

static struct model_place *
route_place(struct routes *r, enum route part)
{
	return part == ROUTE_MAIN ? &r->main : &r->places[part];
}

static void
route_go(struct core *c, enum route to, bool failed, const char *why)
{
	struct routes *r = c->routes;
	cJSON *o = cJSON_CreateObject();
	enum route from = r->at;

	r->at = to;
	if (to != ROUTE_MAIN)
		json_add_str(o, "route", route_rows[to].name);
	else if (failed)
		json_add_bool(o, "failover", true);
	json_add_str(o, "text", why);
	model_exchange(c, route_place(r, from), route_place(r, to), o);
}

static bool
route_is_there(const struct routes *r, enum route part)
{
	return r->places[part].model != NULL && !r->failed[part];
}

bool
route_plans_next(const struct core *c)
{
	return c->routes->at == ROUTE_EXPLORE && c->plan.mode != PLAN_LOOK;
}

void
route_turn(struct core *c)
{
	struct routes *r = c->routes;
	enum route to;

	if (r->chosen || failover_is_switched(c) || budget_is_wrapped(c))
		return;
	to = route_wanted(r, turn_phase(c));
	/* A part without a model of its own uses the main one. */
	if (to == ROUTE_EXPLORE && !route_is_there(r, to) && c->task.planning &&
	    c->plan.mode != PLAN_LOOK)
		to = ROUTE_PLAN;
	if (!route_is_there(r, to))
		to = ROUTE_MAIN;
	if (to != r->at)
		route_go(c, to, false, to == ROUTE_MAIN ?
		    "no other is named for what comes" : route_rows[to].why);
}

static bool
route_is_switched(const struct core *c)
{
	return c->routes->at != ROUTE_MAIN;
}

/* The phase's model failed for good. True if the main model is now current. */
static bool
route_failed(struct core *c, const char *why)
{
	struct routes *r = c->routes;

	if (!route_is_switched(c))
		return false;
	r->failed[r->at] = true;
	route_go(c, ROUTE_MAIN, true, why);
	return true;
}

/* The user chose a model, which is the target from now on. */
static void
route_chosen(struct core *c)
{
	struct routes *r = c->routes;

	if (!route_is_switched(c))
		return;
	/* The old model keeps its place. */
	target_release(&r->places[r->at].target);
	r->places[r->at].target = c->target;
	c->target = r->main.target;
	memset(&r->main.target, 0, sizeof(r->main.target));
	r->at = ROUTE_MAIN;
}

/*
 * failover: the models to use, in order, when one fails for good (`model:
 * ["a/x", "b/y"]`). The current one is c->target; the others are parked here.
 * The user's next message, or a resume, goes back to the first.
 */

struct failover_key {
	char	*provider, *key;	/* the key is a secret */
};

struct failover {
	struct model_place	*places;	/* [0] is for the first model */
	size_t			 len, at;
	struct failover_key	*keys;		/* keys that clients offered */
	size_t			 keys_len;
	bool			 home_due;
};

static void
failover_clear(struct failover *f)
{
	size_t i;

	for (i = 0; i < f->len; i++)
		target_place_release(&f->places[i]);
	FREE_NULL(f->places);
	f->len = f->at = 0;
}

/* The offered key, borrowed; NULL if none was offered. */
static const char *
failover_key(const struct core *c, const char *provider)
{
	const struct failover *f = c->failover;
	const struct failover_key *k = MEM_FIND_IN(f->keys, f->keys_len,
	    provider);

	return k == NULL ? NULL : k->key;
}

void
failover_offer(struct core *c, const char *provider, const char *key)
{
	struct failover *f = c->failover;
	size_t i;

	if (failover_key(c, provider) != NULL)
		return;
	GROW(f->keys, f->keys_len);
	f->keys[f->keys_len].provider = xstrdup(provider);
	f->keys[f->keys_len++].key = secret_dup(key);
	for (i = 1; i < f->len; i++)
		if (i != f->at && f->places[i].target.key == NULL &&
		    strcmp(f->places[i].target.provider, provider) == 0)
			f->places[i].target.key = secret_dup(key);
	route_offer(c, provider, key);
}

static void
failover_secrets(const struct core *c, struct mask_list *l)
{
	const struct failover *f = c->failover;
	size_t i;

	for (i = 0; i < f->keys_len; i++)
		mask_list_add(l, f->keys[i].key);
	for (i = 0; i < f->len; i++)
		mask_list_add(l, f->places[i].target.key);
}

int
failover_start(struct core *c, struct err *e)
{
	struct failover *f = c->failover;
	const cJSON *list = json_array(c->start, "failover"), *it;
	size_t n = (size_t)cJSON_GetArraySize(list);

	failover_clear(f);
	if (n == 0 || c->target.replay_dir != NULL)
		return 0;
	f->places = xcalloc(n + 1, sizeof(*f->places));
	f->len = 1;
	cJSON_ArrayForEach(it, list) {
		struct core_target *t = &f->places[f->len].target;

		f->places[f->len++].model = model_fields(it);
		if (target_read(t, it, e) < 0)
			return -1;
		t->key = secret_dup(failover_key(c, t->provider));
	}
	return 0;
}

/* Continue with another model; `why` is for the journal and the screen. */
static void
failover_go(struct core *c, size_t to, const char *why)
{
	struct failover *f = c->failover;
	cJSON *o = cJSON_CreateObject();
	size_t from = f->at;

	f->at = to;
	if (to > 0)
		json_add_bool(o, "failover", true);
	json_add_str(o, "text", why);
	model_exchange(c, &f->places[from], &f->places[to], o);
}

bool
failover_is_switched(const struct core *c)
{
	return c->failover->at > 0;
}

bool
failover_has_next(const struct core *c)
{
	return route_is_switched(c) || c->failover->at + 1 < c->failover->len;
}

bool
failover_next(struct core *c, const char *why)
{
	struct failover *f = c->failover;

	/* If the model that failed is a phase's own (model.h), go back to the
	 * main model before trying the fallbacks. */
	if (route_failed(c, why))
		return true;
	if (f->at + 1 >= f->len)
		return false;
	failover_go(c, f->at + 1, why);
	return true;
}

void
failover_home_soon(struct core *c)
{
	c->failover->home_due = true;
}

void
failover_home(struct core *c)
{
	struct failover *f = c->failover;

	/* The models of the phases are tried again, too. */
	if (f->home_due)
		memset(c->routes->failed, 0, sizeof(c->routes->failed));
	if (f->home_due && f->at > 0 && f->len > 0)
		failover_go(c, 0, "the first model is asked again");
	f->home_due = false;
}

/* The user chose a model, which is the target from now on. */
static void
failover_chosen(struct core *c)
{
	struct failover *f = c->failover;

	if (f->at == 0 || f->len == 0)
		return;
	/* The user's choice replaces the first model; the fallback in use goes
	 * back to its place. */
	target_release(&f->places[0].target);
	f->places[f->at].target = c->target;
	memset(&c->target, 0, sizeof(c->target));
	f->at = 0;
}

static void
model_init(struct core *c)
{
	c->failover = xcalloc(1, sizeof(*c->failover));
	c->routes = xcalloc(1, sizeof(*c->routes));
	c->routes->at = ROUTE_MAIN;
}

static void
model_free(struct core *c)
{
	struct failover *f = c->failover;
	size_t i;

	target_release(&c->target);
	given_release(&c->headers);
	model_wish_free(c->model_wish);
	failover_clear(f);
	for (i = 0; i < f->keys_len; i++) {
		secret_free(f->keys[i].key);
		free(f->keys[i].provider);
	}
	free(f->keys);
	free(f);
	route_clear(c->routes);
	free(c->routes);
}

const struct core_part model_part = {
	.init = model_init, .line = model_line, .free = model_free,
};
