/* log: prints a session's journal, as text or raw, or verifies it. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/log-path.h"
#include "cmd/setup.h"
#include "front/client.h"
#include "front/editor.h"
#include "front/log.h"
#include "journal/session.h"

/* The changes of one file, in all sessions. */
static int
log_file(const struct cmd_args *a, const struct setup *project)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *cwd = getcwd(NULL, 0), *path = NULL, *name = NULL;
	int n;

	if (cwd == NULL)
		return cmd_fail(EXIT_ERROR, "can't find the current directory");
	path = fs_normalize(cwd, a->path);
	name = fs_inside(project->root, cwd, path);
	if (name == NULL)
		return cmd_fail(EXIT_USAGE, "%s isn't in the project %s",
		    a->path, project->root);
	pager_begin();
	n = log_path_print(stdout, project->root, name, &e);
	pager_end();
	if (n == 0)
		cmd_say("no session of this project changed %s", name);
	return n < 0 ? cmd_fail_err(&e) : EXIT_DONE;
}

int
cmd_log(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup project = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL, *dir = NULL;
	int code = 0;

	if (a->operands_len == 0 && (code = setup_project(&project, a)) != 0)
		return code;
	if (a->path != NULL && (a->operands_len > 0 || a->json || a->net ||
	    a->verify))
		return cmd_fail(EXIT_USAGE, "log -- FILE takes no session and "
		    "no option but --root");
	if (a->path != NULL)
		return log_file(a, &project);
	id = session_resolve(a->operands_len > 0 ? a->operands[0] : NULL,
	    project.root, &e);
	if (id == NULL || (dir = session_dir(id, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a->verify) {
		const char *args[] = { "verify", dir, NULL };

		code = client_run_core(args, -1, -1, &e);
		if (code < 0)
			code = cmd_fail_err(&e);
	} else {
		if (!a->json)
			pager_begin();
		if (log_print(dir, a->json, a->net, &e) < 0)
			code = EXIT_ERROR;
		pager_end();
		if (code != 0)
			cmd_say("%s", e.text);
	}
	return code;
}
