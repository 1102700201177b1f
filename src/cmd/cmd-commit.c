/*
 * commit: makes a git commit of what a session applied, with the user's own git
 * and at their terminal. The journal says what is to be committed before the
 * index is touched; a commit that was interrupted is ended by the next one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "cmd/base/client.h"
#include "cmd/base/print.h"
#include "cmd/cmd.h"
#include "cmd/commit/commit-index.h"
#include "cmd/commit/commit-message.h"
#include "cmd/commit/commit-plan.h"
#include "cmd/commit/commit-select.h"
#include "cmd/session-client.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

struct commit {
	const struct cmd_args	*args;
	struct session_client	 session;
	struct client		 client;
	struct fold		*fold;
	struct commit_plan	 plan;
	char			*dir;		/* the session's folder */
	char			*message;	/* file with a draft, or NULL */
	int			 lock;		/* one at a time */
};

/* ---- the journal ---- */

static int
commit_line(void *arg, const char *line, size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = event_parse(line, n, e);

	if (o == NULL)
		return -1;
	fold_line(arg, o);
	return 0;
}

/* Wait for the core's answer to the command: the event of that type. */
static int
commit_wait(struct commit *c, const char *type, struct err *e)
{
	struct lineio *io = c->client.io;
	struct pollfd p = { .fd = lineio_fd(io) };
	const char *line;
	size_t n;

	for (;;) {
		while ((line = lineio_next(io, &n)) != NULL) {
			AUTO_JSON cJSON *o = event_parse(line, n, NULL);

			fold_line(c->fold, o);
			if (json_is(o, "type", type))
				return 0;
			if (json_is(o, "type", "refused"))
				return err_set(e, "%s", json_str_or(o, "text",
				    "the session refused it"));
		}
		p.events = (short)(POLLIN | (lineio_wants_write(io) ?
		    POLLOUT : 0));
		(void)poll(&p, 1, -1);
		if (lineio_flush(io) < 0 || lineio_read(io) < 0)
			return err_set(e, "the background process of session "
			    "%s disconnected", c->session.id);
	}
}

/* The core writes the journal. It may have died while git ran: then another one
 * does. */
static int
commit_tell(struct commit *c, const char *what, cJSON *fields_take,
    const char *type, struct err *e)
{
	AUTO_JSON cJSON *command = command_of("commit");
	int tries, rc = -1;

	json_set_take(command, what, fields_take);
	for (tries = 0; rc < 0 && tries < 2; tries++) {
		err_clear(e);
		c->session.setup.from = c->fold->seq + 1;
		if (c->client.io == NULL && session_client_connect(&c->client,
		    &c->session, c->args, false, e) < 0)
			return -1;
		lineio_send_take(c->client.io, cJSON_Duplicate(command, 1));
		rc = commit_wait(c, type, e);
		if (rc < 0)
			client_release(&c->client, true);
	}
	return rc;
}

static int
commit_tell_end(struct commit *c, const char *commit, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "begin", json_int(c->fold->commit_begun, "seq", 0));
	if (commit != NULL)
		json_add_str(o, "commit", commit);
	else
		json_add_null(o, "commit");
	return commit_tell(c, "end", o, "committed", e);
}

/* ---- one at a time ---- */

/* A record lock, which belongs to this process: while git runs, it has one,
 * too. */
static int
commit_lock(const struct commit *c, short kind)
{
	struct flock l = { .l_type = kind, .l_whence = SEEK_SET };

	return fcntl(c->lock, F_SETLK, &l);
}

static int
commit_begin_alone(struct commit *c, struct err *e)
{
	AUTO_FREE char *path = fs_join(c->dir, "commit.lock");

	c->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c->lock < 0)
		return err_sys(e, "can't open %s", path);
	if (commit_lock(c, F_WRLCK) < 0)
		return errno == EACCES || errno == EAGAIN ? err_set(e,
		    "another assent commit of session %s is under way",
		    c->session.id) : err_sys(e, "can't lock %s", path);
	return 0;
}

static void
commit_clear(const struct commit *c)
{
	AUTO_CLOSE int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fs_remove_tree(fd, "commit", NULL);
}

/* ---- what an earlier one began ---- */

static int
commit_recover(struct commit *c, struct err *e)
{
	AUTO(commit_plan_release) struct commit_plan p = { 0 };
	AUTO_FREE char *commit = NULL;

	if (c->fold->commit_begun == NULL)
		return 0;
	p.root = xstrdup(c->session.setup.root);
	if (commit_plan_read(&p, c->fold->commit_begun, c->dir, e) < 0 ||
	    commit_index_finish(&p, &commit, e) < 0 ||
	    commit_tell_end(c, commit, e) < 0)
		return -1;
	if (commit != NULL)
		cmd_say("an interrupted commit is complete: %.12s", commit);
	else
		cmd_say("an interrupted commit was taken back");
	return 0;
}

/* ---- this one ---- */

static int
commit_contents(struct commit *c, struct err *e)
{
	const char *args[] = { "contents", c->dir, c->plan.scratch, NULL };
	AUTO_JSON cJSON *answer = NULL;

	commit_clear(c);
	if (fs_mkdirs(c->plan.scratch, 0700, e) < 0)
		return -1;
	answer = client_ask_core(args, commit_select_hashes(&c->plan), 1 << 16,
	    e);
	return answer != NULL ? 0 : err_set(e,
	    "can't read the session's contents");
}

/* 1: there is something; 0: nothing; -1 with *e. */
static int
commit_prepare(struct commit *c, struct err *e)
{
	const struct cmd_args *a = c->args;
	AUTO_BUF struct buf draft = BUF_INIT(1 << 18);

	c->plan.amend = a->amend;
	commit_select_files(&c->plan, c->fold);
	if (c->plan.len == 0)
		return 0;
	if (commit_contents(c, e) < 0 ||
	    commit_select_sides(&c->plan, a->with_dirty, e) < 0)
		return -1;
	if (c->plan.stuck.len > 0 || c->plan.len == 0)
		return 0;
	if (a->message == NULL && a->fixup == NULL && !a->amend) {
		AUTO_CLOSE int dir = open(c->plan.scratch,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		commit_message_draft(&draft, c->fold);
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
	const struct git_run g = commit_plan_git(&c->plan, index, NULL, NULL);
	const char *args[12];
	size_t n = 0;

	args[n++] = "commit";
	if (a->amend)
		args[n++] = "--amend";
	if (a->fixup != NULL)
		args[n++] = fixup;
	if (a->message != NULL) {
		args[n++] = "-m";
		args[n++] = a->message;
	} else if (c->message != NULL) {
		args[n++] = "-F";
		args[n++] = c->message;
		if (!a->no_edit)
			args[n++] = "-e";
	}
	if (a->no_edit)
		args[n++] = "--no-edit";
	args[n] = NULL;
	if (commit_lock(c, F_RDLCK) < 0)
		return err_sys(e, "can't change a lock");
	return git_run_terminal(&g, args, c->lock, e);
}

/* Everything after the first step is ended by commit_recover, should we die. */
static int
commit_make(struct commit *c, struct err *e)
{
	AUTO_FREE char *commit = NULL;
	struct err finish = ERR_INIT;
	size_t n = c->plan.len;
	int status = -1;

	if (commit_tell(c, "begin", commit_plan_json(&c->plan), "commit_begin",
	    e) < 0)
		return cmd_fail(EXIT_ERROR, "%s", e->text);
	if (commit_index_lock(&c->plan, e) == 0)
		status = commit_run_git(c, e);
	if (commit_index_finish(&c->plan, &commit, &finish) < 0)
		return cmd_fail(EXIT_ERROR, "%s", finish.text);
	if (commit_tell_end(c, commit, &finish) < 0)
		return cmd_fail(EXIT_ERROR, "%s", finish.text);
	commit_clear(c);
	if (commit == NULL)
		return cmd_fail(EXIT_ERROR, "nothing was committed%s%s",
		    err_is_set(e) ? ": " : "", e->text);
	(void)status;
	cmd_say("committed %zu file%s as %.12s", n, n == 1 ? "" : "s", commit);
	return EXIT_DONE;
}

static void
commit_say_lines(const struct buf *b)
{
	const char *at = buf_str(b);

	while (*at != '\0') {
		AUTO_FREE char *line = xmemdup(at, strcspn(at, "\n"));

		cmd_say("%s", line);
		at += strlen(line);
		at += *at == '\n';
	}
}

static int
commit_run(struct commit *c)
{
	struct err e = ERR_INIT;
	int rc;

	if ((c->dir = session_dir(c->session.id, &e)) == NULL ||
	    commit_begin_alone(c, &e) < 0 ||
	    session_client_lines(&c->session, commit_line, c->fold, &e) < 0 ||
	    commit_recover(c, &e) < 0 ||
	    commit_plan_open(&c->plan, c->session.setup.root, c->dir, &e) < 0)
		return cmd_fail(EXIT_ERROR, "%s", e.text);
	if ((rc = commit_prepare(c, &e)) < 0)
		return cmd_fail(EXIT_ERROR, "%s", e.text);
	commit_say_lines(&c->plan.left);
	if (c->plan.stuck.len > 0) {
		commit_say_lines(&c->plan.stuck);
		return cmd_fail(EXIT_WAITS, "nothing was committed; "
		    "--with-dirty commits those files as they are");
	}
	if (rc == 0) {
		cmd_say("nothing to commit");
		return EXIT_DONE;
	}
	return commit_make(c, &e);
}

int
cmd_commit(const struct cmd_args *a)
{
	struct commit c = { .args = a, .lock = -1 };
	int code;

	if ((code = session_client_find(&c.session, a)) == 0 &&
	    (code = session_client_recover(&c.session, a)) == 0 &&
	    (code = session_client_setup(&c.session, a, false)) == 0) {
		c.fold = fold_new();
		code = commit_run(&c);
		if (c.fold->commit_begun == NULL && c.dir != NULL &&
		    c.lock >= 0)
			commit_clear(&c);
	}
	if (c.client.io != NULL)
		client_release(&c.client, true);
	fold_free(c.fold);
	commit_plan_release(&c.plan);
	session_client_release(&c.session);
	free(c.dir);
	free(c.message);
	fs_close(c.lock);
	return code;
}
