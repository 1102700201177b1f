/*
 * commit: makes a git commit of what a session applied, with the user's own git
 * and at their terminal. The journal says what is to be committed before the
 * index is touched; a commit that was interrupted is ended by the next one.
 */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/commit-journal.h"
#include "front/client.h"
#include "front/print.h"
#include "git/commit.h"
#include "git/git-run.h"
#include "journal/fold.h"

struct commit {
	const struct cmd_args	*args;
	struct commit_journal	 journal;
	struct commit_plan	 plan;
	char			*message;	/* file with a draft, or NULL */
	char			*made;		/* the commit, or NULL */
	size_t			 files;		/* in it */
	char			*text;		/* what was said last, or NULL */
	int			 git;		/* its exit status; -1: not
						   run */
};

static int __attribute__((format(printf, 3, 4)))
commit_say(struct commit *c, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(c->text);
	c->text = xvasprintf(fmt, ap);
	va_end(ap);
	cmd_say("%s", c->text);
	return code;
}

static int
commit_contents(struct commit *c, struct err *e)
{
	const char *args[] = { "contents", c->journal.dir,
	    c->plan.scratch, NULL };
	AUTO_JSON cJSON *answer = NULL;

	if (fs_mkdirs(c->plan.scratch, 0700, e) < 0)
		return -1;
	answer = client_ask_core(args, commit_select_hashes(&c->plan), 1 << 16,
	    e);
	return answer != NULL ? 0 : err_set(e,
	    "can't read the session's contents");
}

static int
commit_check_branch(const struct commit *c, struct err *e)
{
	const char *on = c->args->on, *is = git_state_branch(c->plan.ref);

	return on == NULL || (c->plan.ref != NULL && strcmp(is, on) == 0) ? 0 :
	    err_set(e, "nothing was committed: the checkout is on %s%s, not "
	    "on %s: git switch %s", c->plan.ref == NULL ? "" : "branch ", is,
	    on, on);
}

/* 1: there is something; 0: nothing; -1 with *e. */
static int
commit_prepare(struct commit *c, struct err *e)
{
	const struct cmd_args *a = c->args;
	AUTO_BUF struct buf draft = BUF_INIT(1 << 18);

	c->plan.amend = a->amend;
	if (commit_check_branch(c, e) < 0)
		return -1;
	if (commit_select_files(&c->plan, c->journal.fold, a->changes.v,
	    a->changes.len, a->paths.v, a->paths.len, e) < 0)
		return -1;
	if (c->plan.len == 0)
		return 0;
	if (commit_contents(c, e) < 0 ||
	    commit_select_sides(&c->plan, a->with_dirty, e) < 0)
		return -1;
	/* No half of a rename, and nothing before other changes are chosen. */
	if (c->plan.len == 0 || (c->plan.is_mixed &&
	    (c->plan.is_held || !c->plan.is_stuck)))
		return 0;
	if (a->messages.len == 0 && a->fixup == NULL && !a->amend &&
	    a->file == NULL) {
		AUTO_CLOSE int dir = open(c->plan.scratch,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		commit_message_draft(&draft, c->journal.fold, &c->plan);
		if (!a->no_edit)
			commit_message_edit(&draft, c->journal.fold, &c->plan);
		c->message = fs_join(c->plan.scratch, "message");
		if (dir < 0 || fs_replace(dir, "message", buf_str(&draft),
		    draft.len, 0600, e) < 0)
			return -1;
	}
	return commit_index_build(&c->plan, e);
}

static int
commit_run_git(struct commit *c, struct err *e)
{
	const struct cmd_args *a = c->args;
	AUTO_FREE char *index = commit_index_path(&c->plan);
	AUTO_FREE char *fixup = xasprintf("--fixup=%s", a->fixup == NULL ? "" :
	    a->fixup);
	AUTO_FREE char *trailer = commit_message_trailer(c->journal.fold);
	struct git_run g = commit_plan_git(&c->plan, index, NULL, NULL);
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	/* git runs at the top. */
	AUTO_FREE char *file = a->file == NULL || cwd == NULL ||
	    strcmp(a->file, "-") == 0 ? xstrdup_null(a->file) :
	    fs_normalize(cwd, a->file);
	AUTO_FREE char *sign = xasprintf("--gpg-sign%s%s", a->sign == NULL ||
	    a->sign[0] == '\0' ? "" : "=", a->sign == NULL ? "" : a->sign);
	AUTO_FREE const char **args = xcalloc(24 + 2 * a->messages.len,
	    sizeof(*args));
	size_t i, n = 0;

	/* git gc would have our index, and take the user's for unused. */
	args[n++] = "-c";
	args[n++] = "gc.auto=0";
	args[n++] = "-c";
	args[n++] = "maintenance.auto=false";
	args[n++] = "commit";
	if (a->amend)
		args[n++] = "--amend";
	if (a->fixup != NULL)
		args[n++] = fixup;
	for (i = 0; i < a->messages.len; i++) {
		args[n++] = "-m";
		args[n++] = a->messages.v[i];
	}
	if (file != NULL || c->message != NULL) {
		args[n++] = "-F";
		args[n++] = file != NULL ? file : c->message;
	}
	if (c->message != NULL && !a->no_edit)
		args[n++] = "-e";
	if (a->no_edit)
		args[n++] = "--no-edit";
	if (a->quiet)
		args[n++] = "--quiet";
	if (a->sign != NULL)
		args[n++] = sign;
	if (a->signoff)
		args[n++] = "--signoff";
	if (a->verbose)
		args[n++] = "--verbose";
	if (a->no_verify)
		args[n++] = "--no-verify";
	if (a->dry_run)
		args[n++] = "--dry-run";
	if (trailer != NULL && strcmp(config_str(
	    c->journal.session.setup.config, "assisted_by"), "on") == 0)
		args[n++] = trailer;
	args[n] = NULL;
	if (commit_journal_share(&c->journal, e) < 0)
		return -1;
	g.to_err = a->json;
	g.hooks = true;
	return c->git = git_run_terminal(&g, args, c->journal.lock, e);
}

/* Should we die after the first step, another assent ends it. */
static int
commit_make(struct commit *c, struct err *e)
{
	struct err finish = ERR_INIT;

	if (c->args->dry_run)
		return commit_run_git(c, e) < 0 ? commit_say(c, EXIT_ERROR,
		    "%s", e->text) : EXIT_DONE;
	if (commit_journal_begin(&c->journal, false, commit_plan_json(&c->plan),
	    e) < 0)
		return commit_say(c, EXIT_ERROR, "%s", e->text);
	if (commit_index_lock(&c->plan, e) == 0)
		(void)commit_run_git(c, e);
	if (commit_index_finish(&c->plan, c->git, &c->made, &finish) < 0)
		return commit_say(c, EXIT_ERROR, "%s", finish.text);
	if (c->made != NULL)
		c->files = commit_index_count(&c->plan, c->made);
	if (commit_journal_committed(&c->journal, c->made, c->files,
	    &finish) < 0)
		return commit_say(c, EXIT_ERROR, "%s", finish.text);
	if (c->made == NULL)
		return commit_say(c, EXIT_ERROR, "nothing was committed%s%s",
		    err_is_set(e) ? ": " : "", e->text);
	return commit_say(c, EXIT_DONE, "committed %zu file%s as %.12s",
	    c->files, c->files == 1 ? "" : "s", c->made);
}

/* What isn't in the commit, and the way out; in one line for the screen. */
static int
commit_say_left(struct commit *c)
{
	const struct cmd_words *chosen = &c->args->changes;
	const char *at = buf_str(&c->plan.left);
	AUTO_FREE char *head = c->made == NULL ? NULL :
	    xasprintf("%s; ", c->text);
	AUTO_BUF struct buf way = BUF_INIT(0);
	size_t i, n = strcspn(at, "\n");

	buf_addf(&way, "assent commit %s%s", c->args->operands_len == 0 ? "" :
	    c->journal.session.id, c->args->operands_len == 0 ? "" : " ");
	for (i = 0; !c->plan.is_stuck && i < chosen->len; i++)
		buf_addf(&way, "--change %s ", chosen->v[i]);
	for (i = 0; !c->plan.is_stuck && i < c->plan.needed_len; i++)
		buf_addf(&way, "--change %lld ", (long long)c->plan.needed[i]);
	buf_addf(&way, c->plan.is_stuck ? "--with-dirty commits the whole "
	    "file%s" : "commits them together", at[n] == '\0' ? "" : "s");
	FREE_SET(c->text, xasprintf("%s%.*s%s%s", head == NULL ? "" : head,
	    (int)n, at, c->plan.is_mixed ? "; " : "", c->plan.is_mixed ?
	    buf_str(&way) : ""));
	for (; *at != '\0'; at += n, at += *at == '\n') {
		n = strcspn(at, "\n");
		cmd_say("%.*s", (int)n, at);
	}
	if (c->plan.is_mixed)
		cmd_say("%s%s", head == NULL ? "nothing was committed; " : "",
		    buf_str(&way));
	return c->plan.is_mixed ? EXIT_WAITS : EXIT_DONE;
}

/* For a program that waits for us. */
static void
commit_print(const struct commit *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *o = cJSON_CreateObject(), *needs = cJSON_CreateArray();
	size_t i;

	/* Others would be in the way. */
	for (i = 0; !c->plan.is_stuck && i < c->plan.needed_len; i++)
		cJSON_AddItemToArray(needs, cJSON_CreateNumber((double)
		    c->plan.needed[i]));
	json_add_str(o, "session", c->journal.session.id);
	if (c->made != NULL)
		json_add_str(o, "commit", c->made);
	else
		json_add_null(o, "commit");
	json_add_int(o, "files", (int64_t)c->files);
	if (c->git >= 0)
		json_add_int(o, "git", c->git);
	else
		json_add_null(o, "git");
	json_set_take(o, "needs", needs);
	json_add_str(o, "text", c->text == NULL ? "" : c->text);
	json_append(&b, o);
	print_json(stdout, buf_str(&b), b.len);
	fflush(stdout);
	cJSON_Delete(o);
}

int
cmd_commit(const struct cmd_args *a)
{
	struct commit c = { .args = a, .git = -1 };
	struct err e = ERR_INIT;
	int code, rc = 0;

	code = commit_journal_open(&c.journal, a, &e);
	if (code != 0 && a->operands_len > 0 && access(a->operands[0],
	    F_OK) == 0)
		cmd_say("a file comes after --: assent commit -- %s",
		    a->operands[0]);
	if (code == 0 && (commit_plan_open(&c.plan,
	    c.journal.session.setup.root, c.journal.dir, &e) < 0 ||
	    (rc = commit_prepare(&c, &e)) < 0))
		code = e.misuse ? EXIT_USAGE : EXIT_ERROR;
	if (err_is_set(&e))
		(void)commit_say(&c, code, "%s", e.text);
	if (code != 0)
		goto out;
	if (rc != 0)
		code = commit_make(&c, &e);
	else if (!c.plan.is_mixed)
		(void)commit_say(&c, 0, a->amend ? "nothing to add; git commit "
		    "--amend --only changes just the message" :
		    "nothing to commit");
	/* After the editor, which would hide it. */
	if (c.plan.left.len > 0 && code == EXIT_DONE)
		code = commit_say_left(&c);
out:
	if (a->json)
		commit_print(&c);
	commit_journal_close(&c.journal);
	commit_plan_release(&c.plan);
	free(c.message);
	free(c.made);
	free(c.text);
	return code;
}
