/* cmd-ls: lists sessions. */
#include "config.h"

#include "cmd/cmd-ls.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/base/print.h"
#include "cmd/setup.h"
#include "cmd/half-applied.h"
#include "journal/session.h"

const char *
cmd_ls_state(const struct session_info *s)
{
	struct half_applied how = { 0 };
	struct err e = ERR_INIT;

	if (s->applying && !s->alive && half_applied_look(s->id, &how, &e) < 0)
		return "stopped while applying";
	if (how.known)
		return half_applied_words(&how);
	if (s->ended && !s->alive)
		return s->waits ? "ended, waiting" : "ended";
	return s->waits ? "waiting" : s->alive ? "running" :
	    s->stopped ? "stopped" : "resumable";
}

int
cmd_ls(const struct cmd_args *a)
{
	struct session_info *v = NULL;
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (!a->all && (code = setup_project(&s, a)) != 0)
		goto out;
	if (session_list(s.root, &v, &n, &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	session_list_shorten(v, &n);
	for (i = 0; i < n; i++) {
		AUTO_FREE char *task = session_words(&v[i]);

		print_words(stdout, "%s  %-9s  %-11s  %.16s  %s%s%s",
		    v[i].id, cmd_ls_state(&v[i]),
		    v[i].mode == NULL ? "?" : v[i].mode,
		    v[i].started == NULL ? "?" : v[i].started,
		    a->all ? (v[i].root == NULL ? "?" : v[i].root) : "",
		    a->all ? "  " : "", task);
	}
	if (n == 0)
		cmd_say(a->all ? "no sessions" :
		    "no sessions of %s (--all lists those of all projects)",
		    s.root);
out:
	session_list_free(v, n);
	return code;
}
