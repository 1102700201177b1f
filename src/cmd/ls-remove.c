/*
 * ls-remove: removes sessions (assent ls --gc, --rm). What they wrote to the
 * project stays.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "git/review-range.h"
#include "journal/session.h"

#define LS_OLDER_MS ((int64_t)30 * 24 * 3600 * 1000)	/* without an option */

/* A write to the project, or a git commit, began and didn't end: the folder has
 * what completes it. */
static bool
ls_is_half_done(const struct session_info *s)
{
	static const char *const marks[] = { SESSION_APPLYING,
		SESSION_COMMITTING };
	AUTO_FREE char *state = session_state_dir(NULL);
	bool half = s->says == SESSION_APPLIES;
	size_t i;

	for (i = 0; state != NULL && i < MEM_COUNT(marks); i++) {
		AUTO_FREE char *mark = xasprintf("%s/%s/%s", state, marks[i],
		    s->id);

		half = half || access(mark, F_OK) == 0;
	}
	return half;
}

/* Removing it takes something away that nobody has decided, or that nobody can
 * read. */
static bool
ls_is_needed(const struct session_info *s)
{
	return s->alive || s->open != SESSION_NOTHING ||
	    s->says == SESSION_WORKS || s->state.root == NULL ||
	    ls_is_half_done(s);
}

/* The ref of the pull request that this session reviews, of which *root is the
 * project; or NULL. */
static char *
ls_pull(const char *id, char **root)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	AUTO_JSON cJSON *first = dir == NULL ? NULL :
	    session_first_line(dir, NULL);

	*root = first == NULL ? NULL : xstrdup_null(json_str(first, "root"));
	return xstrdup_null(json_str(json_get(json_get(first, "settings"),
	    "review"), "ref"));
}

/* A review's ref goes with the last session that names it; and those of reviews
 * that died before they had one. Another repository may have a pull request of
 * the same number: then it stays. */
static void
ls_drop_pulls(const char *root)
{
	AUTO(pathmap_release) struct pathmap named = { 0 };
	struct session_info *v = NULL;
	size_t i, n = 0;

	if (session_list(NULL, SESSION_ALL, &v, &n, NULL) < 0)
		return;
	for (i = 0; i < n; i++) {
		AUTO_FREE char *of = NULL, *ref = ls_pull(v[i].id, &of);

		if (ref != NULL)
			(void)pathmap_add(&named, ref, sizeof(char *));
	}
	session_list_free(v, n);
	review_range_sweep(root, &named);
}

static int
ls_remove_one(const struct session_info *s, const char *what, bool dry)
{
	AUTO_FREE char *words = session_words(s), *root = NULL, *ref = NULL;
	AUTO_BUF struct buf size = BUF_INIT(0);
	struct err e = ERR_INIT;

	buf_add_size(&size, (uint64_t)session_bytes(s->id));
	ref = ls_pull(s->id, &root);
	if (!dry && session_remove(s, &e) < 0)
		return cmd_fail_err(&e);
	if (!dry && ref != NULL && root != NULL)
		ls_drop_pulls(root);
	print_words(stdout, "%s %s, %s: %s", what, s->id, buf_str(&size),
	    words);
	return EXIT_DONE;
}

/* One that the user names; also if its journal can't be read. */
static int
ls_remove_named(const char *name, bool force)
{
	struct err e = ERR_INIT;
	AUTO(session_info_release) struct session_info s = { 0 };
	AUTO_FREE char *id = session_resolve(name, NULL, &e);
	bool known = id != NULL && session_look(id, &s);

	if (id == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (!known)
		s.id = xstrdup(id);
	if (!s.alive && ls_is_half_done(&s))
		return cmd_fail(EXIT_WAITS, "session %s stopped while it wrote "
		    "to the project: assent resume %s first", id, id);
	if (!s.alive && !force && ls_is_needed(&s))
		return cmd_fail(EXIT_WAITS, "session %s %s; --force removes "
		    "it all the same", id, !known ? "can't be read" :
		    s.open != SESSION_NOTHING ? "has an open question or review" :
		    "stopped during its work");
	return ls_remove_one(&s, "removed", false);
}

/* How long ago its journal got its last line. */
static int64_t
ls_unused_ms(const struct session_info *s)
{
	AUTO_FREE char *dir = session_dir(s->id, NULL);
	AUTO_FREE char *journal = fs_join(dir, "journal.jsonl");
	struct stat st;

	return (int64_t)(time(NULL) - (stat(journal, &st) == 0 ?
	    st.st_mtime : 0)) * 1000;
}

static int
ls_gc(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0, removed = 0, kept = 0;
	int64_t older = LS_OLDER_MS;
	int code;

	if (a->older != NULL && (older = clock_duration_ms(a->older)) < 0)
		return cmd_fail(EXIT_USAGE, "--older: must be a time such as "
		    "30d or 12h, not \"%.40s\"", a->older);
	if (!a->all && (code = setup_project(&s, a)) != 0)
		return code;
	if (session_list(s.root, SESSION_ALL, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	if (!a->dry_run)
		session_remove_rest();
	code = EXIT_DONE;
	for (i = 0; i < n; i++) {
		if (ls_unused_ms(&v[i]) <= older)
			continue;
		if (ls_is_needed(&v[i]))
			kept++;
		else if (ls_remove_one(&v[i], a->dry_run ? "would remove" :
		    "removed", a->dry_run) == EXIT_DONE)
			removed++;
		else
			code = EXIT_ERROR;
	}
	if (removed == 0)
		cmd_say("nothing to remove");
	if (kept > 0)
		cmd_say("%zu not removed: running, with an open question or "
		    "review, or stopped during the work", kept);
	cmd_say("%zu session%s left", n - removed, n - removed == 1 ? "" :
	    "s");
	session_list_free(v, n);
	return code;
}

int
ls_change(const struct cmd_args *a)
{
	struct err e = ERR_INIT;
	int code = EXIT_DONE, one;

	if (session_check(NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a->gc)
		return ls_gc(a);
	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "--rm needs a session: assent ls "
		    "--rm ID");
	session_remove_rest();
	EV_EACH(a, operands, it) {
		one = ls_remove_named(*it, a->force);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}
