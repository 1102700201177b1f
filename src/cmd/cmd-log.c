/* log: prints a session's journal, as text, raw or as Markdown, or verifies
 * it. */

#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/editor.h"
#include "front/exit-summary.h"
#include "front/message.h"
#include "front/print.h"
#include "git/git-run.h"
#include "git/worktrees.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "record/session-markdown.h"

struct log_path_row {
	char	*time;
	size_t	 order;		/* of two in one millisecond */
	char	*text;
};

struct log_path {
	struct worktrees	 trees;	/* of the repository; none without git */
	char			*top;	/* of ours: a real path */
	char			*path;	/* below it */
	struct pathmap		 followed;	/* commits */
	struct fold		*fold;
	struct log_path_row	*rows;
	size_t			 len;
};

/*
 * Who accepted which change of a file, when, in which session,
 * proposed by which model, and the commit that it is in.
 */

/* ---- where a session works ---- */

/* The innermost of the work trees that has the session's project in it;
 * malloc'ed, NULL if it is in none. One of assent's may be removed since. */
static char *
log_path_tree(const struct log_path *l, const char *root)
{
	const char *best = fs_is_below(root, l->top) ? l->top : NULL, *at;
	const struct worktrees *t = &l->trees;

	if (t->folder != NULL && fs_is_below(root, t->folder) &&
	    root[strlen(t->folder)] == '/') {
		at = root + strlen(t->folder) + 1;
		return xmemdup(root, (size_t)(at - root) + strcspn(at, "/"));
	}
	if (t->main != NULL && fs_is_below(root, t->main) &&
	    (best == NULL || strlen(t->main) > strlen(best)))
		best = t->main;
	return xstrdup_null(best);
}

/* The file's name in a project of that work tree, or NULL. A folder of it may be
 * a repository of its own. */
static const char *
log_path_name(const struct log_path *l, const char *tree, const char *root)
{
	const char *below = root + strlen(tree);
	AUTO_FREE char *git = fs_join(root, ".git");
	size_t n;

	if (below[0] == '\0')
		return l->path;
	n = strlen(++below);
	return access(git, F_OK) < 0 && strncmp(l->path, below, n) == 0 &&
	    l->path[n] == '/' ? l->path + n + 1 : NULL;
}

/* ---- a change ---- */

static void
log_path_add_commit(struct log_path *l, struct buf *b, const char *commit)
{
	const struct git_followed *c = l->trees.main == NULL ? NULL :
	    git_follow(l->top, &l->followed, commit);

	if (c != NULL && c->end == FOLLOW_MOVED)
		buf_addf(b, ", commit %.12s (was %.12s)", c->now, commit);
	else
		buf_addf(b, ", commit %.12s%s", commit, c == NULL ||
		    c->end == FOLLOW_HERE ? "" : c->end == FOLLOW_GONE ?
		    ", which git no longer has" : ", not on this branch");
}

static void
log_path_add(struct log_path *l, const char *session, const char *tree,
    const struct fold_change *c, const struct fold_change_file *f)
{
	bool elsewhere = strcmp(tree, l->top) != 0;
	bool undone = exit_summary_is_undone(l->fold, c, f);
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct log_path_row *r;

	buf_addf(&b, "%.19s  change %lld of session %s", c->time == NULL ? "" :
	    c->time, (long long)c->tx, session);
	if (elsewhere)
		buf_addf(&b, " in %s%s", l->trees.folder != NULL &&
		    fs_is_below(tree, l->trees.folder) ? "worktree " : "",
		    l->trees.folder != NULL && fs_is_below(tree,
		    l->trees.folder) ? tree + strlen(l->trees.folder) + 1 :
		    tree);
	buf_adds(&b, ", ");
	if (f->from != NULL) {
		buf_adds(&b, "renamed from ");
		fold_add_names(&b, NULL, f->from);
		buf_adds(&b, ", ");
	} else if (f->renamed_later)
		buf_adds(&b, "renamed, ");
	else if (!f->after.exists || !f->before.exists)
		buf_addf(&b, "%s, ", f->after.exists ? "created" : "deleted");
	if (f->added + f->removed > 0)
		buf_addf(&b, "+%d -%d, ", f->added, f->removed);
	buf_addf(&b, "accepted by %s", c->who == NULL ? "you" : c->who);
	if (c->undoes != 0)
		buf_addf(&b, ", %s change %lld", c->is_redo ? "redoes" :
		    "undoes", (long long)c->root);
	else if (c->model != NULL)
		buf_addf(&b, ", proposed by %s", c->model);
	if (f->commit != NULL)
		log_path_add_commit(l, &b, f->commit);
	else if (elsewhere && !undone)
		buf_adds(&b, ", not committed");
	if (undone)
		buf_adds(&b, ", undone");
	GROW(l->rows, l->len);
	r = &l->rows[l->len];
	r->time = xstrdup(c->time == NULL ? "" : c->time);
	r->order = l->len++;
	r->text = buf_take(&b);
}

static int
log_path_session(struct log_path *l, const char *id, const char *tree,
    const char *path, struct err *e)
{
	int rc;

	l->fold = fold_new();
	rc = session_fold(id, l->fold, e);
	MEM_EACH(l->fold, changes, c) {
		MEM_EACH(c, files, file)
			if (!c->index && strcmp(file->path_bytes, path) == 0)
				log_path_add(l, id, tree, c, file);
	}
	fold_free(l->fold);
	l->fold = NULL;
	return rc;
}

static int
log_path_newer(const void *a, const void *b)
{
	const struct log_path_row *x = a, *y = b;
	int rc = strcmp(y->time, x->time);

	return rc != 0 ? rc : (y->order > x->order) - (y->order < x->order);
}

/* The project's repository, where it has one. */
static void
log_path_open(struct log_path *l, const char *root, const char *path)
{
	AUTO_FREE char *prefix = NULL;
	struct err e = ERR_INIT;

	if (worktrees_list(&l->trees, root, &e) < 0)
		worktrees_release(&l->trees);
	else if ((l->top = git_run_ask(root, "rev-parse", "--show-toplevel",
	    NULL, &e)) != NULL)
		prefix = git_run_ask(root, "rev-parse", "--show-prefix", NULL,
		    &e);
	l->path = xasprintf("%s%s", prefix == NULL ? "" : prefix, path);
	if (prefix == NULL) {
		worktrees_release(&l->trees);
		FREE_SET(l->top, xstrdup(root));
	}
}

/* Print the applied changes of this file, relative to the project, by all of
 * its sessions: newest first. How many there are, or -1 with *e. */
static int
log_path_print(FILE *out, const char *root, const char *path, struct err *e)
{
	struct log_path l = { 0 };
	struct session_info *list = NULL;
	size_t i, n = 0;

	if (session_list(NULL, SESSION_ALL, &list, &n, e) < 0)
		return -1;
	log_path_open(&l, root, path);
	/* Oldest first; one that can't be read doesn't hide the others. */
	for (i = n; i-- > 0;) {
		AUTO_FREE char *tree = list[i].state.root == NULL ? NULL :
		    log_path_tree(&l, list[i].state.root);
		const char *name = tree == NULL ? NULL : log_path_name(&l,
		    tree, list[i].state.root);
		struct err why = ERR_INIT;

		if (name != NULL && log_path_session(&l, list[i].id, tree, name,
		    &why) < 0)
			cmd_say("session %s: %s", list[i].id, why.text);
	}
	session_list_free(list, n);
	MEM_SORT_BY(l.rows, l.len, log_path_newer);
	for (i = 0; i < l.len; i++) {
		print_words(out, "%s", l.rows[i].text);
		FREE_ALL(l.rows[i].time, l.rows[i].text);
	}
	FREE_ALL(l.rows, l.top, l.path);
	pathmap_release(&l.followed);
	worktrees_release(&l.trees);
	return (int)(l.len < INT_MAX ? l.len : INT_MAX);
}

/* The changes of one file, in all sessions. */
static int
log_file(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *cwd = getcwd(NULL, 0), *path = NULL, *name = NULL;
	int n, code = setup_project(&s, a);

	if (code != 0)
		return code;
	if (cwd == NULL)
		return cmd_fail(EXIT_ERROR, "can't find the current directory");
	path = fs_normalize(cwd, a->path);
	name = fs_inside(s.root, cwd, path);
	if (name == NULL)
		return cmd_fail(EXIT_USAGE, "%s isn't in the project %s",
		    a->path, s.root);
	(void)pager_begin();
	n = log_path_print(stdout, s.root, name, &e);
	pager_end();
	if (n == 0)
		cmd_say("no session of this project changed %s", name);
	return n < 0 ? cmd_fail_err(&e) : EXIT_DONE;
}

/* The session that this one was forked from. */
static void
log_origin(const char *dir)
{
	AUTO_JSON cJSON *line = session_first_line(dir, NULL);
	AUTO_EVENT struct event first = { 0 };
	const struct ev_origin *from;

	event_read(&first, line);
	from = first.session_start.from;
	if (line != NULL && from != NULL)
		print_words(stdout, "from line %lld of %s",
		    (long long)from->seq, ev_str(from->session, "?"));
}

/* Print the session as Markdown, for another program or to read it
 * elsewhere. */
static int
log_markdown(const char *dir)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (session_markdown(dir, &b, &e) < 0)
		return cmd_fail_err(&e);
	(void)pager_begin();
	print_lines(stdout, b.p, b.len);
	pager_end();
	return EXIT_DONE;
}

int
cmd_log(const struct cmd_args *a)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL, *dir = NULL;
	bool paged;
	int code;

	if (a->path != NULL && (a->operands_len > 0 || a->json || a->md ||
	    a->verify))
		return cmd_fail(EXIT_USAGE, "log -- FILE takes no session and "
		    "no option but --root");
	if (a->path != NULL)
		return log_file(a);
	if ((code = session_named(a, &id)) != 0)
		return code;
	if ((dir = session_dir(id, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a->verify) {
		const char *args[] = { "verify", dir, NULL };

		code = client_run_core(args, -1, -1, &e);
		if (code < 0)
			code = cmd_fail_err(&e);
	} else if (a->md) {
		code = log_markdown(dir);
	} else {
		paged = !a->json && pager_begin();
		/* What reads it may have enough, as head has. */
		if (!paged)
			(void)signal(SIGPIPE, SIG_DFL);
		if (!a->json)
			log_origin(dir);
		/* It is no error that the user left the pager. */
		if (log_print(stdout, dir, a->json, &e) < 0 &&
		    (!paged || !ferror(stdout)))
			code = EXIT_ERROR;
		pager_end();
		if (code != 0)
			cmd_say("%s", e.text);
	}
	return code;
}
