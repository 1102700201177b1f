/* cmd-acp: for an editor that speaks the Agent Client Protocol. Here is what
 * makes its sessions; acp/ has the protocol. */
#include "config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/acp.h"
#include "cmd/cmd.h"
#include "cmd/model-about.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/slash-command.h"

static int
acp_failed(struct err *e)
{
	return err_set(e, "%s", cmd_said());
}

/* The project's configuration as it is now. */
static int
acp_config(struct setup *s, const struct cmd_args *a, const char *root,
    struct err *e)
{
	if (chdir(root) < 0)
		return err_sys(e, "can't enter %s", root);
	if (setup_project(s, a) != 0 ||
	    setup_config(s, a, "interactive") != 0)
		return acp_failed(e);
	return 0;
}

static int
acp_start(void *arg, const char *cwd, const char *client, struct client *c,
    bool *login, struct err *e)
{
	const struct cmd_args *a = arg;
	AUTO(setup_release) struct setup s = { 0 };

	if (acp_config(&s, a, cwd, e) < 0)
		return -1;
	s.client = client;
	if (setup_model(&s) != 0) {
		*login = true;
		return acp_failed(e);
	}
	return client_start(c, setup_session(&s, "interactive", NULL, true,
	    false), setup_hello(&s), e);
}

static int
acp_load(void *arg, const char *id, const char *client, struct client *c,
    struct err *e)
{
	const struct cmd_args *a = arg;
	AUTO(session_client_release) struct session_client r = { 0 };
	char *operand = xstrdup(id);
	struct cmd_args named = *a;
	int rc = 0;

	named.operands = &operand;
	named.operands_len = 1;
	if (session_client_find(&r, &named) != 0 ||
	    session_client_recover(&r, &named) != 0)
		rc = acp_failed(e);
	r.setup.client = client;
	/* The client gets all of it at once. */
	r.setup.cut = true;
	if (rc == 0 && session_client_setup(&r, &named, true) != 0)
		rc = acp_failed(e);
	if (rc == 0)
		rc = session_client_connect(c, &r, &named, false, e);
	free(operand);
	return rc;
}

static void
acp_models(void *arg, const char *root, struct buf *names)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;

	if (acp_config(&s, arg, root, &e) < 0)
		return;
	(void)config_key_hold(s.config, true);
	model_about_offer(&s, names);
}

static cJSON *
acp_model(void *arg, const char *root, const char *name, struct err *e)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct slash_command_models m = { 0 };

	if (acp_config(&s, arg, root, e) < 0)
		return NULL;
	setup_models(&s, &m);
	return m.line(m.arg, name, e);
}

int
cmd_acp(const struct cmd_args *a)
{
	struct acp_host host = { (void *)(uintptr_t)a, acp_start, acp_load,
		acp_models, acp_model };
	struct err e = ERR_INIT;
	int in, out, null;

	/* Nothing else may read or write there. */
	in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0 || out < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		err_sys(&e, "can't set up standard input and output");
		return cmd_fail_err(&e);
	}
	close(null);
	return acp_run(&host, in, out);
}
