/*
 * The one question about this machine before a session starts: nothing holds
 * the number of processes that a command of root's may start. Where something
 * does, finding that out costs an ordinary user nothing, and root one fork.
 */

#include "config.h"

#include "cmd/setup.h"

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "config/settings.h"
#include "front/message.h"
#include "front/print.h"
#include "sandbox/sandbox-limits.h"

#define PROBE_MAX ((size_t)1 << 20)
#define UNHELD "processes_unheld"

cJSON *
setup_probe(const struct setup *s, struct err *e)
{
	const char *const args[] = { "probe", s->root, NULL };
	AUTO_JSON cJSON *start = setup_start(s, "exec", NULL);
	cJSON *asked = cJSON_CreateObject(), *o;

	json_copy(asked, "limits", json_get(start, "limits"));
	json_copy(asked, "sandbox", json_get(s->config->values, "sandbox"));
	json_copy(asked, "devices", json_get(s->config->values, "devices"));
	json_copy(asked, "sandbox_require", json_get(s->config->values,
	    "sandbox_require"));
	o = client_ask_core(args, asked, PROBE_MAX, e);
	if (o == NULL && !err_is_set(e))
		err_set(e, "the background process can't test it");
	return o;
}

static bool
processes_are_held(const struct setup *s)
{
	AUTO_JSON cJSON *o = NULL;
	struct err e = ERR_INIT;

	if (!sandbox_limits_lacks_pids() || sandbox_limits_can_count())
		return true;
	/* A cgroup may, or a namespace's pid_max. */
	o = setup_probe(s, &e);
	return !json_is(json_get(o, "enforced"), "pids", "sampled");
}

static int
processes_save(cJSON *saved, void *arg, struct err *e UNUSED)
{
	(void)arg;
	json_set_take(saved, UNHELD, cJSON_CreateString("allow"));
	return 1;
}

int
setup_processes(const struct setup *s)
{
	static const char why[] = "nothing on this machine holds the number of "
	    "processes that a command of root's starts: a fork bomb can take "
	    "the whole machine. An ordinary user's commands are limited";
	struct err e = ERR_INIT;

	if (json_is(s->config->values, UNHELD, "allow") ||
	    processes_are_held(s))
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return cmd_fail(EXIT_SANDBOX, "not started, since nobody is "
		    "here to agree: %s; or put {\"" UNHELD "\": \"allow\"} in "
		    "config.json", why);
	print_words(stderr, "%s.", why);
	if (!ask_yes("start anyway, here and from now on?"))
		return cmd_fail(EXIT_SANDBOX, "not started");
	return config_save(s->config, processes_save, NULL, &e) < 0 ?
	    cmd_fail_err(&e) : 0;
}
