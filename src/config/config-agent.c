/*
 * config-agent: the rows of agents, which are programs that run in the sandbox
 * instead of a model: those in share/agents.json, then the machine's, then the
 * user's.  A later row replaces the members that it has.  A project has none: a
 * row names what runs, which hosts it reaches, and which key it uses.
 */

#include "config.h"

#include "config/config-int.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "config/settings.h"
#include "policy/net-allow.h"

#define AGENT_NAME_MAX	24

enum agent_type {
	AGENT_ARGV,		/* a list of strings that begins with a name */
	AGENT_FLAG,
	AGENT_HEADER,		/* "NAME: %s" */
	AGENT_HOSTS,		/* of net-allow.h */
	AGENT_OBJECT,		/* its members are rows of the table, too */
	AGENT_PATH,		/* below the home */
	AGENT_PATHS,
	AGENT_TEXT,
	AGENT_TEXTS,
	AGENT_URLS,		/* paths of a URL */
	AGENT_VARIABLES,
	AGENT_COUNTS,		/* path -> member -> what it is called */
	AGENT_FILES,		/* path -> JSON or text */
};

/* clang-format off */
static const struct agent_member {
	const char	*name;		/* sorted; "key." and the like before it */
	enum agent_type	 type;
	bool		 needed;	/* in its object */
} agent_members[] = {
	{ "acp", AGENT_ARGV, false },
	{ "args", AGENT_TEXTS, false },
	{ "command", AGENT_ARGV, true },
	{ "consent", AGENT_FLAG, false },
	{ "env", AGENT_VARIABLES, false },
	{ "files", AGENT_FILES, false },
	{ "hosts", AGENT_HOSTS, false },
	{ "key", AGENT_OBJECT, false },
	{ "key.args", AGENT_TEXTS, false },
	{ "key.env", AGENT_VARIABLES, false },
	{ "key.header", AGENT_HEADER, true },
	{ "key.methods", AGENT_TEXTS, true },
	{ "key.paths", AGENT_URLS, true },
	{ "key.provider", AGENT_TEXT, true },
	{ "read", AGENT_PATHS, false },
	{ "settings", AGENT_COUNTS, false },
	{ "sign_in", AGENT_OBJECT, false },
	{ "sign_in.file", AGENT_PATH, true },
	{ "sign_in.hosts", AGENT_HOSTS, true },
	{ "state", AGENT_FLAG, false },
	{ "terms", AGENT_TEXT, false },
};
/* clang-format on */

/* A path below the home, without a way out of it. */
static int
agent_path(const char *path, struct err *e)
{
	AUTO_FREE char *all = xasprintf("/%s/", path);

	return path[0] != '\0' && path[0] != '/' && strstr(all, "//") == NULL &&
	    strstr(all, "/./") == NULL && strstr(all, "/../") == NULL ? 0 :
	    err_set(e, "must be a path below your home, without . and ..");
}

static int
agent_text(const cJSON *it, enum agent_type type, struct err *e)
{
	const char *at;

	if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
		return err_set(e, "must be text");
	switch (type) {
	case AGENT_HEADER:
		at = strchr(it->valuestring, '%');
		return at != NULL && strcmp(at, "%s") == 0 &&
		    strstr(it->valuestring, ": ") != NULL ? 0 :
		    err_set(e, "must be \"NAME: %%s\"");
	case AGENT_HOSTS:
		return net_allow_check(it->valuestring, e);
	case AGENT_PATH:
	case AGENT_PATHS:
		return agent_path(it->valuestring, e);
	case AGENT_URLS:
		return it->valuestring[0] == '/' ? 0 :
		    err_set(e, "must begin with /");
	default:
		return 0;
	}
}

static int
agent_value(const cJSON *v, enum agent_type type, struct err *e)
{
	const cJSON *it;

	if (type == AGENT_FLAG)
		return cJSON_IsBool(v) ? 0 :
		    err_set(e, "must be true or false");
	if (type == AGENT_TEXT || type == AGENT_PATH || type == AGENT_HEADER)
		return agent_text(v, type, e);
	if (type == AGENT_VARIABLES)
		return config_variables_check(v, e);
	if (type >= AGENT_COUNTS ? !cJSON_IsObject(v) : !cJSON_IsArray(v))
		return err_set(e, type >= AGENT_COUNTS ?
		    "must be an object of objects, by path" :
		    "must be a list of strings");
	if (type == AGENT_ARGV && v->child == NULL)
		return err_set(e, "must name a program");
	cJSON_ArrayForEach(it, v) {
		if (type < AGENT_COUNTS ? agent_text(it, type, e) < 0 :
		    agent_path(it->string, e) < 0 || (type == AGENT_COUNTS &&
		    config_variables_check(it, e) < 0))
			return -1;
	}
	return 0;
}

/* Check the members of a row, or those of its member `in` ("key."). With `whole`
 * none may be missing. *at names what is wrong. */
static int
agent_check(const cJSON *o, const char *in, bool whole, char **at,
    struct err *e)
{
	const struct agent_member *m;
	const cJSON *it;
	size_t i, n = strlen(in);

	cJSON_ArrayForEach(it, o) {
		AUTO_FREE char *inner = xasprintf("%s%s.", in, it->string);
		const char *near;

		FREE_SET(*at, xasprintf("%s%s", in, it->string));
		m = MEM_SEARCH(agent_members, MEM_COUNT(agent_members), *at);
		near = m != NULL || strchr(it->string, '.') != NULL ? NULL :
		    NEAR_IN(agent_members, MEM_COUNT(agent_members), *at);
		if (m == NULL)
			return err_set(e, "unknown (see man assent-config)%s%s",
			    near == NULL ? "" : "; did you mean ",
			    near == NULL ? "" : near);
		/* That takes it from the row before. */
		if (cJSON_IsNull(it) && n == 0 && !m->needed)
			continue;
		if (m->type != AGENT_OBJECT ? agent_value(it, m->type, e) < 0 :
		    !cJSON_IsObject(it) ? err_set(e, "must be an object") < 0 :
		    agent_check(it, inner, true, at, e) < 0)
			return -1;
	}
	for (i = 0; whole && i < MEM_COUNT(agent_members); i++) {
		m = &agent_members[i];
		if (!m->needed || strncmp(m->name, in, n) != 0 ||
		    strchr(m->name + n, '.') != NULL ||
		    json_get(o, m->name + n) != NULL)
			continue;
		FREE_SET(*at, xstrdup(m->name));
		return err_set(e, "missing");
	}
	return 0;
}

static bool
agent_name_ok(const char *name)
{
	return name[0] != '\0' && strlen(name) <= AGENT_NAME_MAX &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

int
config_agents_check(const cJSON *rows, const char *file, bool whole,
    struct err *e)
{
	const cJSON *row;
	struct err why = ERR_INIT;

	if (!cJSON_IsObject(rows))
		return err_set(e, "%s: agents: must be an object", file);
	cJSON_ArrayForEach(row, rows) {
		AUTO_FREE char *at = NULL;

		if (!agent_name_ok(row->string))
			return err_set(e, "%s: agents: invalid name \"%.60s\": "
			    "up to %d small letters, digits and -", file,
			    row->string, AGENT_NAME_MAX);
		if (config_twice(row, file, "agents.", e) < 0)
			return -1;
		if (!cJSON_IsObject(row))
			return err_set(e, "%s: agents.%s: must be an object",
			    file, row->string);
		if (agent_check(row, "", whole, &at, &why) < 0)
			return err_set(e, "%s: agents.%s.%.60s: %s", file,
			    row->string, at, why.text);
	}
	return 0;
}

/* ---- the key ---- */

struct agent_key {
	const char	*provider;
	char		*from, *wrong;
};

static void
agent_key_each(void *arg, const char *name, const char *from,
    const char *wrong, const char *url UNUSED)
{
	struct agent_key *k = arg;

	if (k->from != NULL || strcmp(name, k->provider) != 0)
		return;
	k->from = xstrdup_null(from);
	k->wrong = xstrdup_null(wrong);
}

int
config_agent_key(const struct config *c, const cJSON *row, char **from,
    struct err *e)
{
	struct agent_key k = { json_str(json_get(row, "key"), "provider"),
		NULL, NULL };
	int rc = 0;

	*from = NULL;
	if (k.provider != NULL)
		rc = config_key_each(c, agent_key_each, &k, e);
	if (rc == 0 && k.wrong != NULL)
		rc = err_set(e, "the key of %s: %s", k.provider, k.wrong);
	*from = k.from;
	free(k.wrong);
	return rc;
}
