/*
 * commit: makes a git commit of what a session applied, with the user's own git
 * and at their terminal. The journal says what is to be committed before the
 * index is touched; a commit that was interrupted is ended by the next one.
 */

#include "config.h"

#include "cmd/cmd-commit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "front/message.h"
#include "front/print.h"
#include "git/commit.h"
#include "git/git-run.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

/* ---- the core writes it ---- */

/* The core may have died while git ran: then another one writes it. */
static int
commit_journal_tell(struct commit_journal *j, const char *name,
    const char *what, cJSON *fields_take, enum event_type type, struct err *e)
{
	AUTO_JSON cJSON *command = command_of(name);
	int tries, rc = 0;

	json_set_take(command, what, fields_take);
	for (tries = 0; rc <= 0 && tries < 2; tries++) {
		*e = (struct err)ERR_INIT;
		j->session.setup.from = j->fold->seq + 1;
		if (j->client.io == NULL && session_client_connect(&j->client,
		    &j->session, j->args, false, e) < 0)
			return -1;
		rc = client_request(&j->client, j->fold, cJSON_Duplicate(
		    command, 1), type, NULL, e);
		if (rc <= 0)
			client_release(&j->client);
	}
	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(e, "the background process "
	    "of session %s disconnected", j->session.id);
}

/* Record that a commit, or another act of `git`, begins, with the members of
 * commit_begin or git_begin. */
static int
commit_journal_begin(struct commit_journal *j, bool git, cJSON *fields_take,
    struct err *e)
{
	/* If this mark can't be made, only `commit` itself ends an interrupted
	 * one. */
	session_mark(SESSION_COMMITTING, j->session.id, true);
	return commit_journal_tell(j, git ? "git" : "commit", "begin",
	    fields_take, git ? EVENT_GIT_BEGIN : EVENT_COMMIT_BEGIN, e);
}

static int
commit_journal_end(struct commit_journal *j, bool git, cJSON *fields_take,
    struct err *e)
{
	int rc;

	json_add_int(fields_take, "begin", (git ? j->fold->begun.git :
	    j->fold->begun.commit)->seq);
	rc = commit_journal_tell(j, git ? "git" : "commit", "end", fields_take,
	    git ? EVENT_GIT_END : EVENT_COMMITTED, e);
	if (rc == 0)
		session_mark(SESSION_COMMITTING, j->session.id, false);
	return rc;
}

/* Record also that a commit was made; NULL: nothing was committed. */
static int
commit_journal_committed(struct commit_journal *j, const char *commit,
    size_t files, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	json_set_take(o, "commit", commit == NULL ? cJSON_CreateNull() :
	    cJSON_CreateString(commit));
	if (commit != NULL)
		json_add_count(o, "files", (int64_t)files);
	return commit_journal_end(j, false, o, e);
}

/* ---- one at a time ---- */

/* A record lock, which belongs to this process: while git runs, it has one,
 * too. */
static int
commit_journal_lock(const struct commit_journal *j, short kind)
{
	struct flock l = { .l_type = kind, .l_whence = SEEK_SET };

	return fcntl(j->lock, F_SETLK, &l);
}

/* From now on git may hold the lock, too. */
static int
commit_journal_share(const struct commit_journal *j, struct err *e)
{
	return commit_journal_lock(j, F_RDLCK) == 0 ? 0 :
	    err_sys(e, "can't lock %s", j->dir);
}

static int
commit_journal_alone(struct commit_journal *j, struct err *e)
{
	AUTO_FREE char *path = fs_join(j->dir, "commit.lock");

	j->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->lock < 0)
		return err_sys(e, "can't open %s", path);
	if (commit_journal_lock(j, F_WRLCK) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		err_sys(e, "can't lock %s", path);
	else
		err_set(e, "another assent commit, merge or pr of session %s "
		    "is under way", j->session.id);
	fs_close(j->lock);
	j->lock = -1;
	return -1;
}

/* What git did then is git's alone, and can be any part of it. */
static void
commit_journal_say_git(const struct commit_journal *j)
{
	const struct ev_git_begin *begun = &j->fold->begun.git->git_begin;
	bool sent = ev_is(begun->act, "push") || ev_is(begun->act, "pr");

	cmd_say("session %s: it isn't known how an interrupted %s ended: see "
	    "%s %s", j->session.id, ev_str(begun->act, "git"), sent ?
	    "on the server of" : "git status in", ev_str(begun->dir,
	    j->session.setup.root));
}

static int
commit_journal_recover_git(struct commit_journal *j, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	commit_journal_say_git(j);
	json_set_take(o, "status", cJSON_CreateNull());
	return commit_journal_end(j, true, o, e);
}

/* Remove the locks of gits that were killed with an earlier one: in the session's
 * folder nobody else uses git. */
static void
commit_journal_unlock(const struct commit_journal *j)
{
	AUTO_FREE char *path = fs_join(j->dir, "commit");
	AUTO_DIR DIR *d = fs_opendir(path);
	struct dirent *de;
	size_t n;

	while (d != NULL && (de = readdir(d)) != NULL) {
		n = strlen(de->d_name);
		if (n > 5 && strcmp(de->d_name + n - 5, ".lock") == 0)
			(void)unlinkat(dirfd(d), de->d_name, 0);
	}
}

/* End what an earlier one began. */
static int
commit_journal_recover(struct commit_journal *j, struct err *e)
{
	AUTO(commit_plan_release) struct commit_plan p = { 0 };
	AUTO_FREE char *commit = NULL;
	size_t files;

	commit_journal_unlock(j);
	if (j->fold->begun.git != NULL && commit_journal_recover_git(j, e) < 0)
		return -1;
	if (j->fold->begun.commit == NULL) {
		/* Killed before it was in the journal, or when it was. */
		session_mark(SESSION_COMMITTING, j->session.id, false);
		return 0;
	}
	p.root = xstrdup(j->session.setup.root);
	if (commit_plan_read(&p, &j->fold->begun.commit->commit_begin, j->dir,
	    e) < 0 ||
	    commit_index_finish(&p, -1, &commit, &files, e) < 0 ||
	    commit_journal_committed(j, commit, files, e) < 0)
		return -1;
	if (commit != NULL)
		cmd_say("finished an interrupted commit: %.12s", commit);
	else
		cmd_say("took back an interrupted commit");
	return 0;
}

/* ---- */

static int
commit_journal_read(struct commit_journal *j, struct err *e)
{
	j->fold = fold_new();
	return (j->dir = session_dir(j->session.id, e)) == NULL ||
	    commit_journal_alone(j, e) < 0 ||
	    session_fold(j->session.id, j->fold, e) < 0 ?
	    -1 : commit_journal_recover(j, e);
}

int
commit_journal_open(struct commit_journal *j, const struct cmd_args *a,
    struct err *e)
{
	struct err own = ERR_INIT;
	int code;

	*j = (struct commit_journal){ .args = a, .lock = -1 };
	if ((code = session_client_find(&j->session, a)) != 0 ||
	    (code = session_client_setup(&j->session, a,
	    SESSION_RECOVER)) != 0)
		return code;
	if (commit_journal_read(j, e != NULL ? e : &own) == 0)
		return 0;
	return e != NULL ? EXIT_ERROR : cmd_fail_err(&own);
}

void
commit_journal_close(struct commit_journal *j)
{
	AUTO_CLOSE int fd = j->dir == NULL || j->lock < 0 ||
	    j->fold->begun.commit != NULL ? -1 :
	    open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fs_remove_tree(fd, "commit", NULL);
	client_release(&j->client);
	fold_free(j->fold);
	session_client_release(&j->session);
	free(j->dir);
	fs_close(j->lock);
}

/* Is it not interrupted, but just being made? */
static bool
commit_journal_is_held(const struct commit_journal *j)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	AUTO_FREE char *dir = session_dir(j->session.id, NULL);
	AUTO_FREE char *path = dir == NULL ? NULL : fs_join(dir, "commit.lock");
	AUTO_CLOSE int fd = path == NULL ? -1 : open(path,
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* Name what was left. */
static void
commit_journal_say(struct commit_journal *j)
{
	j->fold = fold_new();
	if (session_fold(j->session.id, j->fold, NULL) < 0)
		return;
	if (j->fold->begun.git != NULL)
		commit_journal_say_git(j);
	if (j->fold->begun.commit != NULL)
		cmd_say("session %s has an interrupted commit: assent commit %s "
		    "finishes it or takes it back", j->session.id,
		    j->session.id);
}

/* If the project of this session is ours. */
static void
commit_journal_sweep_one(char *id, const char *here, bool only_say)
{
	const struct cmd_args one = { .operands = &id, .operands_len = 1 };
	struct commit_journal j = { .args = &one, .lock = -1 };
	struct err e = ERR_INIT;
	const char *root;

	if (session_client_find(&j.session, &one) == 0 &&
	    (root = j.session.first->session_start.root) != NULL &&
	    fs_is_below(here, root) && !commit_journal_is_held(&j)) {
		if (only_say)
			commit_journal_say(&j);
		else if (session_client_setup(&j.session, &one, 0) == 0 &&
		    commit_journal_read(&j, &e) < 0)
			cmd_say("session %s: %s", id, e.text);
	}
	commit_journal_close(&j);
}

void
commit_journal_sweep(const struct cmd_args *a, bool only_say)
{
	AUTO_FREE char *here = fs_realpath(a->root == NULL ? "." : a->root);
	AUTO_DIR DIR *d = fs_dir_take(session_marks(SESSION_COMMITTING,
	    false));
	struct dirent *de;

	while (here != NULL && (de = fs_dir_next(&d)) != NULL)
		commit_journal_sweep_one(de->d_name, here, only_say);
}

/* ---- another act of git ---- */

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
	if (a->in != NULL)
		json_add_str(o, "text", buf_str(a->in));
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

/* It has ended so: its exit status, or -1. */
static int
git_act_end(struct commit_journal *j, const struct git_act *a, int rc,
    struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	struct err finish = ERR_INIT;

	json_add_count(o, "status", rc);
	git_act_head(a->dir, o, false);
	git_act_url(a, o);
	if (commit_journal_end(j, true, o, &finish) < 0)
		return err_is_set(e) ? -1 : err_set(e, "git's result isn't in "
		    "the journal: %s", finish.text);
	return rc;
}

int
git_act(struct commit_journal *j, const struct git_act *a, struct err *e)
{
	const struct git_run g = { .dir = a->dir, .trusts_repo = true,
		.program = a->program, .in = a->in, .out = a->out,
		.said = a->said, .seconds = a->seconds };
	int rc;

	if (commit_journal_begin(j, true, git_act_begin(a), e) < 0 ||
	    commit_journal_share(j, e) < 0)
		return -1;
	rc = git_run_shown(&g, a->args, a->program != NULL ? -1 : j->lock, e);
	return git_act_end(j, a, rc, e);
}

#define COMMIT_NOTES	"--ref=refs/notes/ai"

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

/* 1: there is something; 0: nothing; -1 with *e. */
static int
commit_prepare(struct commit *c, struct err *e)
{
	const struct cmd_args *a = c->args;
	const struct commit_choice choice = { a->changes.v, a->changes.len,
		a->paths.v, a->paths.len, a->with_dirty, a->amend, a->on };
	AUTO_BUF struct buf draft = BUF_INIT(1 << 18);
	int rc = commit_plan_make(&c->plan, c->journal.session.setup.root,
	    c->journal.dir, c->journal.fold, &choice, e);

	if (rc <= 0)
		return rc;
	if (a->messages.len == 0 && a->fixup == NULL && !a->amend &&
	    a->file == NULL) {
		AUTO_CLOSE int dir = open(c->plan.scratch,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		commit_message_draft(&draft, c->journal.fold, &c->plan,
		    !a->no_edit);
		c->message = fs_join(c->plan.scratch, "message");
		if (dir < 0 || fs_replace(dir, "message", buf_str(&draft),
		    draft.len, 0600, e) < 0)
			return -1;
	}
	return 1;
}

static int
commit_run_git(struct commit *c, struct err *e)
{
	const struct cmd_args *a = c->args;
	AUTO_FREE char *fixup = xasprintf("--fixup=%s", a->fixup == NULL ? "" :
	    a->fixup);
	const char *model = c->journal.fold->model;
	AUTO_FREE char *clean = model == NULL ? NULL : sanitize_dup(model, 0);
	AUTO_FREE char *trailer = xasprintf("--trailer=Assisted-by: %s",
	    clean == NULL ? "" : clean);
	const struct git_run g = { .dir = c->plan.top, .trusts_repo = true,
	    .index = c->plan.temp, .to_err = a->json, .hooks = true };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	/* git runs at the top. */
	AUTO_FREE char *file = a->file == NULL || cwd == NULL ||
	    strcmp(a->file, "-") == 0 ? xstrdup_null(a->file) :
	    fs_normalize(cwd, a->file);
	AUTO_FREE char *sign = xasprintf("--gpg-sign%s%s", a->sign == NULL ||
	    a->sign[0] == '\0' ? "" : "=", a->sign == NULL ? "" : a->sign);
	const struct { bool on; const char *arg; } flags[] = {
		{ a->amend, "--amend" },
		{ c->message != NULL && !a->no_edit, "-e" },
		{ a->no_edit, "--no-edit" }, { a->quiet, "--quiet" },
		{ a->sign != NULL, sign }, { a->signoff, "--signoff" },
		{ a->verbose, "--verbose" }, { a->no_verify, "--no-verify" },
		{ a->dry_run, "--dry-run" },
	};
	AUTO_FREE const char **args = xcalloc(24 + 2 * a->messages.len,
	    sizeof(*args));
	size_t i, n = 0;

	/* git gc would have our index, and take the user's for unused. */
	args[n++] = "-c";
	args[n++] = "gc.auto=0";
	args[n++] = "-c";
	args[n++] = "maintenance.auto=false";
	args[n++] = "commit";
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
	for (i = 0; i < MEM_COUNT(flags); i++)
		if (flags[i].on)
			args[n++] = flags[i].arg;
	if (model != NULL && json_is(
	    c->journal.session.setup.config->values, "assisted_by", "on"))
		args[n++] = trailer;
	args[n] = NULL;
	if (commit_journal_share(&c->journal, e) < 0)
		return -1;
	return c->git = git_run_shown(&g, args, c->journal.lock, e);
}

/* Write which lines of the commit the agent wrote into a note, where others look
 * for one. An older one stays. Returns how many lines. */
static ptrdiff_t
commit_write_note(struct commit *c, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(0), said = BUF_INIT(0);
	const struct git_run g = { .dir = c->plan.top, .trusts_repo = true,
	    .in = &text };
	ptrdiff_t lines = commit_note(&text, &c->plan, c->journal.dir,
	    c->journal.fold, c->made, e);
	AUTO_FREE char *blob = NULL;
	struct git_act act = { .what = "notes", .dir = c->plan.top };

	if (lines <= 0)
		return lines;
	if (git_run(&g, GIT_WORDS("notes", COMMIT_NOTES, "list", c->made),
	    &said, e) == 0)
		return err_set(e, "the commit has one already");
	/* -F would drop lines that begin with #. */
	if (err_is_set(e) || (blob = git_run_line(&g, GIT_WORDS("hash-object",
	    "-w", "--stdin"), e)) == NULL)
		return -1;
	act.args = GIT_WORDS("notes", COMMIT_NOTES, "add", "-C", blob,
	    c->made);
	if (git_act(&c->journal, &act, e) == 0)
		return lines;
	return err_is_set(e) ? -1 : err_set(e, "git notes failed");
}

/* Say what was committed, and write its note. */
static int
commit_say_made(struct commit *c)
{
	struct err e = ERR_INIT;
	ptrdiff_t lines = c->args->note ? commit_write_note(c, &e) : 0;
	AUTO_FREE char *note = !c->args->note ? NULL : lines < 0 ?
	    xasprintf("; no note: %s", e.text) : lines == 0 ?
	    xstrdup("; no note: no line of it is the agent's alone") :
	    xasprintf("; its note names %td line%s", lines, lines == 1 ? "" :
	    "s");

	return commit_say(c, lines < 0 ? EXIT_ERROR : EXIT_DONE,
	    "committed %zu file%s as %.12s%s%s%s", c->files, c->files == 1 ?
	    "" : "s", c->made, c->plan.hooked.len > 0 ? "; " : "",
	    buf_str(&c->plan.hooked), ev_str(note, ""));
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
	if (commit_index_lock(&c->plan, e) == 0 && commit_run_git(c, e) == 0)
		commit_index_hold(&c->plan, c->args->on, e);
	if (commit_index_finish(&c->plan, c->git, &c->made, &c->files,
	    &finish) < 0 || commit_journal_committed(&c->journal, c->made,
	    c->files, &finish) < 0)
		return commit_say(c, EXIT_ERROR, "%s", finish.text);
	if (c->made == NULL)
		return commit_say(c, EXIT_ERROR, "nothing was committed%s%s",
		    err_is_set(e) ? ": " : "", e->text);
	return commit_say_made(c);
}

/* In a session of `assent review`, commit what is staged. */
static int
commit_staged(struct commit *c, struct err *e)
{
	const char *root = c->journal.session.setup.root;
	const struct git_act act = { .what = "commit", .dir = root,
		.args = GIT_WORDS("commit") };
	AUTO_FREE char *was = NULL, *ref = NULL, *now_ref = NULL;

	c->plan.top = xstrdup(root);
	if (git_state_head(root, &was, &ref, e) < 0 ||
	    commit_journal_begin(&c->journal, true, git_act_begin(&act), e) < 0)
		return commit_say(c, EXIT_ERROR, "%s", e->text);
	(void)commit_run_git(c, e);
	if (git_act_end(&c->journal, &act, c->git, e) < 0 ||
	    git_state_head(root, &c->made, &now_ref, e) < 0)
		return commit_say(c, EXIT_ERROR, "%s", e->text);
	if (c->made != NULL && was != NULL && strcmp(c->made, was) == 0)
		FREE_NULL(c->made);
	return c->made == NULL ? commit_say(c, EXIT_ERROR,
	    "nothing was committed") : commit_say(c, EXIT_DONE,
	    "committed what was staged as %.12s", c->made);
}

/* Say what isn't in the commit, and how to include it; in one line for the
 * screen. */
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

/* Print the commit for a program that waits for us. */
static void
commit_print(const struct commit *c)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *needs = cJSON_CreateArray();
	size_t i;

	/* Others would be in the way. */
	for (i = 0; !c->plan.is_stuck && i < c->plan.needed_len; i++)
		cJSON_AddItemToArray(needs, cJSON_CreateNumber((double)
		    c->plan.needed[i]));
	json_add_str(o, "session", c->journal.session.id);
	json_set_take(o, "commit", c->made != NULL ?
	    cJSON_CreateString(c->made) : cJSON_CreateNull());
	json_add_int(o, "files", (int64_t)c->files);
	json_set_take(o, "git", c->git < 0 ? cJSON_CreateNull() :
	    cJSON_CreateNumber(c->git));
	json_set_take(o, "needs", needs);
	json_add_str(o, "text", c->text == NULL ? "" : c->text);
	print_object(o);
	fflush(stdout);
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
	if (code == 0 && a->note && c.journal.fold->agent == NULL &&
	    (ev_is(c.journal.fold->mode, "review") ||
	    ev_is(c.journal.fold->mode, "try"))) {
		code = commit_say(&c, EXIT_USAGE, "--note: no agent has worked "
		    "in session %s", c.journal.session.id);
		goto out;
	}
	if (code == 0 && ev_is(c.journal.fold->mode, "review")) {
		code = c.journal.fold->reads ? commit_say(&c, EXIT_ERROR,
		    "this review stages nothing") : commit_staged(&c, &e);
		goto out;
	}
	if (code == 0 && (rc = commit_prepare(&c, &e)) < 0)
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
	FREE_ALL(c.message, c.made, c.text);
	return code;
}
