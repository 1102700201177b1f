#include "config.h"

#include "policy/approve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

/* clang-format off */
/* From narrow to wide. */
const struct approve approve_table[] = {
	{ "ask", false, false, APPROVE_ANY,
	  NULL, "you review after each step of the plan" },
	{ "small", true, false, APPROVE_SCREEN | APPROVE_EXEC,
	  "small edits of sources and documents beside others that git tracks ("
	  NUMBER(APPROVE_SMALL_FILE) " lines a file, "
	  NUMBER(APPROVE_SMALL_SESSION) " lines in the session; never tests, "
	  "programs, build or protected files, nor what fails the check)",
	  "small changes are written without you" },
	{ "yes", true, true, APPROVE_EXEC | APPROVE_TRY,
	  "every change except to protected paths, weakened tests, what fails "
	  "the check and more than 3 binaries in a folder",
	  "changes are written without you" },
};
/* clang-format on */
const size_t approve_table_len = MEM_COUNT(approve_table);

/* The modes of older releases, and of their sessions, are ask. */
const struct approve *
approve_find(const char *name)
{
	static const struct { const char *name; } gone[] = { { "each" },
		{ "later" }, { "reviewer" } };

	return MEM_FIND_IN(approve_table, approve_table_len,
	    MEM_FIND(gone, name) == NULL ? name : "ask");
}

const struct approve *
approve_within(const cJSON *start, const char *name)
{
	const struct approve *mode = approve_find(name);
	const struct approve *most = approve_find(json_str(json_get(start,
	    "machine"), "approve"));

	return mode != NULL && most != NULL && most < mode ? most : mode;
}

void
approve_names(struct buf *b, unsigned where, const char *between)
{
	const char *sep = "";
	size_t i;

	for (i = 0; i < approve_table_len; i++) {
		if ((approve_table[i].where & where) == 0)
			continue;
		buf_addf(b, "%s%s", sep, approve_table[i].name);
		sep = between;
	}
}

const char *
approve_when(const struct approve *a)
{
	return a->at_end ? "at the end" : "after each plan step and at the end";
}

void
approve_words(struct buf *b, const struct approve *a, unsigned where)
{
	if (a->rule)
		buf_addf(b, "accepts %s; you review the rest ", a->scope);
	else
		buf_adds(b, "you review ");
	/* A command without a model has no steps. */
	if (where == APPROVE_TRY) {
		buf_adds(b, "at the end");
		return;
	}
	buf_adds(b, approve_when(a));
	buf_adds(b, a->at_end ? "" : "; the model waits");
}

/*
 * Grants: what is auto-approved: each setting that accepts a change, plan or
 * file without review, with its scope and duration as text. One table and one
 * function serve journal, screen, log and the end of a run. A pure function of
 * the start object: it describes grants and makes none.
 */

struct grant {
	const char	*setting;
	bool		 one_run;	/* a resumed session doesn't have it */
	const char	*scope;		/* or the function makes it; %s is the
					   value */
	void		(*say)(struct buf *, const cJSON *start,
			    const char *value);
};

static void	grant_approve(struct buf *, const cJSON *start,
		    const char *value);
static void	grant_protected(struct buf *, const cJSON *start,
		    const char *value);
static void	grant_secret(struct buf *, const cJSON *start,
		    const char *value);
static void	grant_plan(struct buf *, const cJSON *start,
		    const char *value);
static void	grant_agent(struct buf *, const cJSON *start,
		    const char *value);

/* clang-format off */
static const struct grant grants[] = {
	{ "approve", false, NULL, grant_approve },
	{ "allow_protected", true, NULL, grant_protected },
	{ "rollback", true, "this run's changes are undone if they fail the "
	  "check", NULL },
	{ "plan", false, NULL, grant_plan },
	{ "secret", false, NULL, grant_secret },
	{ "toolchains", false, "commands can read the folder %s", NULL },
	{ "devices", false, "commands can use this machine's %s devices", NULL },
	{ "net_allow", false, "commands can connect to %s and send it what they "
	  "can read", NULL },
	{ "forward", false, "commands can use the service at %s as you", NULL },
	{ "agent", false, NULL, grant_agent },
	{ "sandbox", false, "this container is used as the sandbox", NULL },
};
/* clang-format on */

cJSON *
grant_agent_hosts(const cJSON *agent)
{
	const cJSON *const lists[] = { json_get(agent, "hosts"),
		json_get(json_get(agent, "sign_in"), "hosts") };
	const char *key = json_str(json_get(agent, "key"), "host");
	cJSON *hosts = cJSON_CreateArray();
	const cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(lists); i++)
		cJSON_ArrayForEach(it, lists[i])
			if (cJSON_IsString(it) &&
			    !json_has(hosts, it->valuestring))
				cJSON_AddItemToArray(hosts,
				    cJSON_CreateString(it->valuestring));
	if (key != NULL)
		cJSON_AddItemToArray(hosts, cJSON_CreateString(key));
	return hosts;
}

static void
grant_approve(struct buf *b, const cJSON *start, const char *value)
{
	const struct approve *a = approve_find(value);

	if (a != NULL && a->rule)
		buf_addf(b, "%s%s%s", a->scope, json_is(start, "hold", "adds") ?
		    ", nor what adds something (hold adds)" : "", a->at_end ?
		    " at the end of the work" : json_is(start, "reviewer", "on") ?
		    ", if a second model accepts them, too" : "");
}

/* Only the rule that stops at protected paths needs this. */
static void
grant_protected(struct buf *b, const cJSON *start, const char *value)
{
	if (json_is(start, "approve", "yes"))
		buf_addf(b, "protected paths matching %s may change", value);
}

static void
grant_secret(struct buf *b, const cJSON *start UNUSED, const char *value)
{
	if (value[0] == '!')
		buf_addf(b, "the model and its commands can read %s",
		    value + 1);
}

static void
grant_plan(struct buf *b, const cJSON *start, const char *value)
{
	/* If there is no model, there is no plan. */
	if (!ev_mode_has_model(json_str(start, "mode")))
		return;
	if (strcmp(value, "auto") == 0)
		buf_adds(b, "plans count as approved");
	else if (strcmp(value, "skip") == 0)
		buf_adds(b, "the work starts without a plan");
}

/* Who asked for its hosts is cmd/agent.c. */
static void
grant_agent(struct buf *b, const cJSON *start, const char *value UNUSED)
{
	AUTO_JSON cJSON *hosts = grant_agent_hosts(json_get(start, "agent"));
	const cJSON *it;

	cJSON_ArrayForEach(it, hosts)
		buf_addf(b, "%s%s", b->len == 0 ? "it and what it runs can "
		    "connect to " : ", ", it->valuestring);
}

static void
grant_lasts(struct buf *b, const struct grant *g, const char *value,
    const char *from)
{
	const struct approve *a = strcmp(g->setting, "approve") == 0 ?
	    approve_find(value) : NULL;
	bool one_run = g->one_run || (a != NULL && a->at_end);

	buf_adds(b, one_run ? "this run" : "this session");
	if (from == NULL || from[0] == '-')
		return;
	if (from[0] == '/')
		buf_addf(b, " and later ones, unless %s says otherwise",
		    from);
	else if (strncmp(from, "ASSENT_", 7) == 0)
		buf_addf(b, " and later ones while %s is set", from);
	else if (strcmp(from, "default") == 0)
		buf_adds(b, " (the default)");
	else
		buf_adds(b, " until changed");
}

static void
grant_add(struct grants *list, const struct grant *g, const cJSON *start,
    const char *value, const char *from)
{
	AUTO_BUF struct buf scope = BUF_INIT(0), lasts = BUF_INIT(0);
	AUTO_BUF struct buf text = BUF_INIT(0);

	if (g->say != NULL)
		g->say(&scope, start, value);
	else {
		AUTO_FREE char *words = text_fill(g->scope, "%s", value);

		buf_adds(&scope, words);
	}
	if (scope.len == 0)
		return;
	grant_lasts(&lasts, g, value, from);
	buf_adds(&text, g->setting);
	if (strcmp(value, "true") != 0)
		buf_addf(&text, " %s", value);
	if (from != NULL && strcmp(from, "default") != 0)
		buf_addf(&text, " (%s)", from);
	buf_addf(&text, ": %s; for %s", buf_str(&scope), buf_str(&lasts));
	*GROW_ADD(list->v, list->len) = (struct ev_grant){ .grant = g->setting,
	    .value = value, .scope = buf_take(&scope),
	    .lasts = buf_take(&lasts), .from = from, .text = buf_take(&text) };
}

/* A string, or an entry of net_allow that says who allowed it. */
static void
grant_add_item(struct grants *list, const struct grant *g, const cJSON *start,
    const cJSON *it, const char *from)
{
	const char *entry = json_str(it, "entry");

	if (cJSON_IsString(it))
		grant_add(list, g, start, it->valuestring, from);
	else if (entry != NULL)
		grant_add(list, g, start, entry, json_is(it, "from", "config") ?
		    from : json_str(it, "from"));
}

struct grants
grant_list(const cJSON *start)
{
	struct grants list = { 0 };
	const cJSON *origins = json_get(start, "origins"), *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(grants); i++) {
		const struct grant *g = &grants[i];
		const cJSON *v = json_get(start, g->setting);
		const char *from = json_str(origins, g->setting);

		if (cJSON_IsArray(v)) {
			cJSON_ArrayForEach(it, v)
				grant_add_item(&list, g, start, it, from);
		} else if (cJSON_IsObject(v))
			grant_add(&list, g, start, json_str_or(v, "name", ""),
			    from);
		else if (cJSON_IsTrue(v))
			grant_add(&list, g, start, "true", from);
		else if (cJSON_IsString(v) && (strcmp(g->setting,
		    "sandbox") != 0 || strcmp(v->valuestring,
		    "container") == 0))
			grant_add(&list, g, start, v->valuestring, from);
	}
	return list;
}

void
grants_release(struct grants *list)
{
	while (list->len-- > 0) {
		FREE_ALL((char *)list->v[list->len].scope,
		    (char *)list->v[list->len].lasts,
		    (char *)list->v[list->len].text);
	}
	free(list->v);
}
