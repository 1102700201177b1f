#include "config.h"

#include "cmd/git-act.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "git/git-run.h"
#include "git/git-state.h"

/* HEAD, where the repository has one. */
static void
git_act_head(const char *dir, cJSON *o, bool with_ref)
{
	AUTO_FREE char *head = NULL, *ref = NULL;
	struct err e = ERR_INIT;

	if (git_state_head(dir, &head, &ref, &e) < 0)
		return;
	json_add_str(o, "head", head);
	if (with_ref)
		json_add_str(o, "ref", ref);
}

static cJSON *
git_act_begin(const struct git_act *a)
{
	cJSON *o = cJSON_CreateObject(), *argv = cJSON_CreateArray();
	size_t i;

	json_add_str(o, "act", a->what);
	cJSON_AddItemToArray(argv, cJSON_CreateString(a->program ==
	    NULL ? "git" : a->program));
	for (i = 0; a->args[i] != NULL; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		json_path_text(&b, a->args[i]);
		cJSON_AddItemToArray(argv, cJSON_CreateString(buf_str(&b)));
	}
	json_set_take(o, "argv", argv);
	json_add_path(o, "dir", a->dir);
	git_act_head(a->dir, o, true);
	return o;
}

static void
git_act_url(const struct git_act *a, cJSON *o)
{
	AUTO_FREE char *line = a->out == NULL ? NULL : xmemdup(buf_str(a->out),
	    strcspn(buf_str(a->out), "\n"));

	if (line != NULL && strncmp(line, "https://", 8) == 0 &&
	    utf8_is_line(line))
		json_add_str(o, "url", line);
}

int
git_act(struct commit_journal *j, const struct git_act *a, struct err *e)
{
	const struct git_run g = { .dir = a->dir, .trusts_repo = true,
		.program = a->program, .in = a->in, .out = a->out };
	struct err finish = ERR_INIT;
	cJSON *o;
	int rc;

	if (commit_journal_begin(j, true, git_act_begin(a), e) < 0 ||
	    commit_journal_share(j, e) < 0)
		return -1;
	rc = a->program != NULL ? git_run_unasked(&g, a->args, e) :
	    git_run_terminal(&g, a->args, j->lock, e);
	o = cJSON_CreateObject();
	json_add_count(o, "status", rc);
	git_act_head(a->dir, o, false);
	git_act_url(a, o);
	if (commit_journal_end(j, true, o, &finish) < 0)
		return err_is_set(e) ? -1 : err_set(e, "git's result isn't in "
		    "the journal: %s", finish.text);
	return rc;
}
