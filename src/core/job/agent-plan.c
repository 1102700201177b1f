#include "config.h"

#include "core/job/agent-plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/job/agent-int.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/net/network.h"
#include "core/stage/stages.h"
#include "gate/stage.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"

/* The limits for what has the sandbox for hours: node counts a dozen threads, and
 * a node_modules 100,000 files. */
#define AGENT_PIDS	((int64_t)4096)
#define AGENT_DISK	((int64_t)16 << 30)
#define AGENT_FILES	((int64_t)2000000)

static const cJSON *
agent_row(const struct core *c)
{
	return json_get(c->start, "agent");
}

const char *
agent_name(const struct core *c)
{
	return json_str(agent_row(c), "name");
}

void
agent_limits(struct core *c)
{
	const cJSON *set = json_get(c->start, "limits");
	struct sandbox_limits *l = &c->sandbox.limits;
	bool is = agent_name(c) != NULL;

	/* Somebody sits in front of it, or it works for long. */
	if (c->mode == MODE_TRY && json_get(set, "timeout_ms") == NULL &&
	    (is || json_get(c->start, "terminal") != NULL))
		l->timeout_ms = PROGRAM_LASTS_MS;
	if (!is)
		return;
	if (json_get(set, "memory_bytes") == NULL)
		l->memory_bytes += l->memory_bytes / 2;
	if (json_get(set, "pids") == NULL)
		l->pids = MAX(l->pids, AGENT_PIDS);
	if (json_get(set, "disk_bytes") == NULL)
		l->disk_bytes = MAX(l->disk_bytes, AGENT_DISK);
	l->disk_inodes = MAX(l->disk_inodes, AGENT_FILES);
}

/* ---- the spec ---- */

/* The strings of both lists, borrowed. */
static const char **
agent_join(const char *const *list, const cJSON *more)
{
	size_t n = 0;
	const char **v;
	const cJSON *it;

	while (list != NULL && list[n] != NULL)
		n++;
	v = xcalloc(n + (size_t)cJSON_GetArraySize(more) + 1, sizeof(*v));
	if (n > 0)
		memcpy(v, list, n * sizeof(*v));
	cJSON_ArrayForEach(it, more)
		if (cJSON_IsString(it) && it->valuestring[0] == '/')
			v[n++] = it->valuestring;
	return v;
}

void
agent_show(struct core *c, struct sandbox_spec *s)
{
	const cJSON *row = agent_row(c);
	struct agent *a = c->agent;

	FREE_ALL(a->shown, a->read);
	a->shown = agent_join(s->toolchains, json_array(row, "show"));
	a->read = agent_join(s->skills, json_array(row, "read"));
	s->toolchains = (const char *const *)a->shown;
	s->skills = (const char *const *)a->read;
	s->sandbox_home = json_str_or(row, "state", s->sandbox_home);
}

/* ---- its network ---- */

static void
agent_hosts(struct core *c, struct network *n)
{
	const cJSON *row = agent_row(c), *in = json_get(row, "sign_in");

	network_allow(n, json_array(row, "hosts"), agent_name(c));
	network_allow_until(n, json_array(in, "hosts"), agent_name(c),
	    json_str_or(row, "state", ""), json_str_or(in, "file", ""));
}

/* ---- the plan ---- */

/* The row's variables, and with `endpoint` those of its key. */
static cJSON *
agent_env(const cJSON *row, const char *endpoint)
{
	const cJSON *key = endpoint == NULL ? NULL : json_get(row, "key"), *it;
	cJSON *env = cJSON_CreateObject();

	cJSON_ArrayForEach(it, json_get(row, "env"))
		if (cJSON_IsString(it))
			json_add_str(env, it->string, it->valuestring);
	cJSON_ArrayForEach(it, json_get(key, "env"))
		if (cJSON_IsString(it)) {
			AUTO_FREE char *text = text_fill(it->valuestring,
			    "%s", endpoint);

			json_add_str(env, it->string, text);
		}
	return env;
}

/* The program and its arguments; the key's are options of its command, which come
 * first. */
static cJSON *
agent_words(const cJSON *row, const char *endpoint)
{
	const cJSON *argv = json_array(row, "argv"), *it;
	const cJSON *more = endpoint == NULL || json_bool(row, "acp", false) ?
	    NULL : json_array(json_get(row, "key"), "args");
	cJSON *list = cJSON_CreateArray();

	if (argv != NULL && argv->child != NULL)
		cJSON_AddItemToArray(list, cJSON_Duplicate(argv->child, 1));
	cJSON_ArrayForEach(it, more)
		if (cJSON_IsString(it)) {
			AUTO_FREE char *text = text_fill(it->valuestring,
			    "%s", endpoint);

			cJSON_AddItemToArray(list, cJSON_CreateString(text));
		}
	cJSON_ArrayForEach(it, argv)
		if (it != argv->child)
			cJSON_AddItemToArray(list, cJSON_Duplicate(it, 1));
	return list;
}

/* From here on it may commit. */
static void
agent_works(struct core *c)
{
	struct agent *a = c->agent;

	a->due = true;
	if (a->since == 0 || a->task != c->fold->task.id)
		a->since = time(NULL);
	a->task = c->fold->task.id;
}

int
program_plan_agent(struct core *c, struct program_plan *p, struct err *e)
{
	struct sandbox_spec *s = &p->spec;
	struct network *n = p->network != NULL ? p->network : c->network;
	const cJSON *row = agent_row(c), *key = json_get(row, "key");
	const char *endpoint = NULL;
	struct agent *a = c->agent;
	struct err why = ERR_INIT;

	if (!sandbox_levels[s->level].encloses)
		return err_set(e, "%s isn't started: on level %s of the sandbox "
		    "nothing keeps its network and its files apart from yours "
		    "(assent doctor)", agent_name(c),
		    sandbox_levels[s->level].name);
	if (key != NULL && a->given.v_len == 0)
		return err_set(e, "%s isn't started: its key for %s is missing",
		    agent_name(c), json_str_or(key, "host", "?"));
	if (key != NULL && (endpoint = network_key_add(n, key,
	    a->given.v[0].value, e)) == NULL)
		return -1;
	/* Without it git only reads, as for commands. */
	if (agent_git_make(c, &a->git, p->stage, &why) < 0)
		emit_note(c, "%s can't commit: there is no copy of .git: %s",
		    agent_name(c), why.text);
	s->git = a->git.dir;
	s->git_objects = a->git.objects;
	s->no_git = s->no_git || s->git != NULL;
	/* While it runs, to remove the folder would unmount it. */
	p->stage->has_git = p->kind == JOB_LASTING && s->git != NULL;
	agent_hosts(c, n);
	network_spec(n, s);
	agent_show(c, s);
	cJSON_Delete(a->args);
	a->args = s->args == NULL ? cJSON_CreateObject() :
	    cJSON_Duplicate(s->args, 1);
	json_set_take(a->args, "argv", agent_words(row, endpoint));
	json_set_take(a->args, "env", agent_env(row, endpoint));
	s->args = a->args;
	agent_works(c);
	return 0;
}

int
agent_renew(struct core *c, const struct stage *st, struct err *e)
{
	struct agent *a = c->agent;

	agent_works(c);
	return a->git.dir == NULL ? 0 : agent_git_make(c, &a->git, st, e);
}

/* ---- the part ---- */

static void
agent_init(struct core *c)
{
	c->agent = xcalloc(1, sizeof(*c->agent));
	c->agent->reading = (struct job){ .core = c, .kind = JOB_LASTING };
}

static void
agent_offer(struct core *c, const cJSON *hello)
{
	given_add(&c->agent->given, "agent", json_get(hello, "agent_key"));
}

static void
agent_secrets(const struct core *c, struct mask_list *l)
{
	given_secrets(&c->agent->given, l);
}

static void
agent_free(struct core *c)
{
	struct agent *a = c->agent;

	job_drop(&a->reading);
	stages_drop(c, &a->commits, "commits");
	given_release(&a->given);
	agent_git_release(&a->git);
	FREE_ALL(a->shown, a->read);
	cJSON_Delete(a->args);
	FREE_NULL(c->agent);
}

const struct core_part agent_part = {
	.init = agent_init, .offer = agent_offer, .secrets = agent_secrets,
	.free = agent_free,
};
