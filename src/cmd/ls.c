/* ls: the sessions there are. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/setup.h"
#include "journal/session.h"

int
cmd_ls(const struct cmd_args *a)
{
	struct session_info *v = NULL;
	struct setup s = { 0 };
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (!a->all && (code = setup_project(&s, a)) != 0)
		goto out;
	if (session_list(s.root, &v, &n, &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	for (i = 0; i < n; i++) {
		const char *task = v[i].task == NULL ? "" : v[i].task;

		print_words(stdout, "%s  %-7s  %-11s  %.16s  %s%s%.*s",
		    v[i].id, v[i].waits ? "waiting" :
		    v[i].alive ? "running" :
		    v[i].stopped ? "stopped" : "ended",
		    v[i].mode == NULL ? "?" : v[i].mode,
		    v[i].started == NULL ? "?" : v[i].started,
		    a->all ? (v[i].root == NULL ? "?" : v[i].root) : "",
		    a->all ? "  " : "", (int)strcspn(task, "\n"), task);
	}
	if (n == 0)
		cmd_say(a->all ? "there are no sessions" :
		    "there are no sessions of %s (--all lists every project's)",
		    s.root);
out:
	session_list_free(v, n);
	setup_release(&s);
	return code;
}
