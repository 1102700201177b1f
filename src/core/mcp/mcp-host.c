/*
 * A server without a sandbox ("sandbox": false): it runs with the user's rights,
 * beside the project, and has no copy; or one at a URL, where anything goes. So each call is asked about, unless the
 * user trusts that tool; what the server says of itself counts for nothing.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/host-program.h"
#include "core/core.h"
#include "core/mcp/mcp-http.h"
#include "core/emit.h"

/* Of the user's environment; the rest is the server's `env`. */
static const char *const host_names[] = { "HOME", "LANG", "LC_ALL", "LOGNAME",
	"PATH", "SHELL", "TERM", "TMPDIR", "USER" };

const char *
mcp_host_url(const struct mcp_server *s)
{
	return json_str(s->config, "url");
}

bool
mcp_host_is(const struct mcp_server *s)
{
	return mcp_host_url(s) != NULL ||
	    !json_bool(s->config, "sandbox", true);
}

bool
mcp_host_trusts(const struct mcp_server *s, const struct mcp_tool *t)
{
	const cJSON *trust = json_get(s->config, "trust");

	return cJSON_IsObject(trust) ? json_is(trust, t->own, "always") :
	    json_is(s->config, "trust", "always");
}

static void
host_env_free(char *text)
{
	explicit_bzero(text, strlen(text));
	free(text);
}

static void
host_env_add(char **env, size_t *n, const char *name, const char *value)
{
	size_t i, len = strlen(name);

	for (i = 0; i < *n; i++)
		if (strncmp(env[i], name, len) == 0 && env[i][len] == '=')
			break;
	if (i < *n)
		host_env_free(env[i]);
	else
		(*n)++;
	env[i] = xasprintf("%s=%s", name, value);
}

/* NULL-terminated; it has secrets. */
static char **
host_env(const struct mcp_server *s)
{
	const struct mcp *m = s->core->mcp;
	char **env = xcalloc(MEM_COUNT(host_names) + m->given.len + 1,
	    sizeof(*env));
	size_t n = 0, i;

	for (i = 0; i < MEM_COUNT(host_names); i++)
		if (getenv(host_names[i]) != NULL)
			host_env_add(env, &n, host_names[i],
			    getenv(host_names[i]));
	for (i = 0; i < m->given.len; i++)
		if (strcmp(m->given.v[i].owner, s->name) == 0)
			host_env_add(env, &n, m->given.v[i].name,
			    m->given.v[i].value);
	return env;
}

static const char **
host_argv(const struct mcp_server *s)
{
	const cJSON *args = json_array(s->config, "args"), *it;
	const char **argv = xcalloc((size_t)cJSON_GetArraySize(args) + 2,
	    sizeof(*argv));
	size_t n = 0;

	argv[n++] = json_str_or(s->config, "command", "");
	cJSON_ArrayForEach(it, args)
		argv[n++] = it->valuestring;
	return argv;
}

int
mcp_host_start(struct mcp_server *s, int io,
    const struct host_program_ops *ops, struct err *e)
{
	struct core *c = s->core;
	char **env = host_env(s);
	const char **argv = host_argv(s);
	struct host_program_spec spec = {
		.worker = c->worker, .argv = argv,
		.dir = json_str_or(c->start, "home", "/"),
		.env = (const char *const *)env, .in = io, .out = io,
	};
	size_t i;

	if (s->starts == 1)
		emit_note(c, "MCP server %s is not sandboxed: it runs with "
		    "your rights", s->name);
	/* Before it runs. */
	emit_sync(c);
	s->host = host_program_new(c->loop, &spec, ops, s, e);
	for (i = 0; env[i] != NULL; i++)
		host_env_free(env[i]);
	free(env);
	free(argv);
	return s->host == NULL ? -1 : 0;
}

int
mcp_host_connect(struct mcp_server *s, int io, struct err *e)
{
	const struct mcp *m = s->core->mcp;
	struct buf lines = BUF_INIT(0);

	if ((io = fcntl(io, F_DUPFD_CLOEXEC, 3)) < 0)
		return err_sys(e, "a socket");
	/* They are the user's headers for it. */
	given_lines(&m->given, s->name, &lines);
	s->http = mcp_http_new_take(s->core->loop, io, mcp_host_url(s),
	    &lines);
	return 0;
}
