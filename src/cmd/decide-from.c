/*
 * `decide --from`: walks through a folder of proposals that other machines
 * wrote (exec --proposal-out). Each is reviewed as with `apply`; one that was
 * decided moves to decided/, with its verdict beside it. The verdict's file
 * names the session before anything can be decided, so that whoever starts
 * again after a crash knows what was.
 */
#include "config.h"

#include "cmd/cmd-apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/print.h"
#include "cmd/cmd-try.h"
#include "cmd/log.h"
#include "cmd/proposal-file.h"
#include "cmd/tree.h"
#include "journal/event.h"
#include "journal/session.h"

#define DECIDED_DIR	"decided"
#define DECIDED_VERDICT	".verdict.json"

struct decide_from {
	const struct cmd_args	*a;
	const struct select	*choose;
	const char		*name;		/* the current file's */
	char			*hash;		/* its content's; or NULL */
	int			 dir, decided;	/* the two folders */
	int			 left, failed;
	bool			 quit;
};

/* What was decided in a session. */
struct from_count {
	int	accepted, rejected;
	bool	open;
	bool	patch;		/* it was about one */
};

static int
from_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct from_count *c = arg;
	AUTO_JSON cJSON *o = event_parse(line, n, e);
	const cJSON *file, *hunk;

	if (o == NULL)
		return -1;
	if (json_is(o, "type", "session_start"))
		c->patch = json_str(json_get(o, "settings"),
		    "patch_sha256") != NULL;
	if (json_is(o, "type", "proposal"))
		c->open = cJSON_GetArraySize(json_array(o, "files")) > 0;
	if (!json_is(o, "type", "decision"))
		return 0;
	cJSON_ArrayForEach(file, json_array(o, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			if (json_is(hunk, "decision", "no"))
				c->rejected++;
			else
				c->accepted++;
	return 0;
}

/* ---- the verdict ---- */

static int
from_write(const struct decide_from *f, const char *session,
    const char *verdict, const struct from_count *c, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s" DECIDED_VERDICT, f->name);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_add_int(o, "version", 1);
	if (f->hash != NULL)
		json_add_str(o, "sha256", f->hash);
	if (verdict == NULL)
		json_add_null(o, "verdict");
	else
		json_add_str(o, "verdict", verdict);
	if (session == NULL)
		json_add_null(o, "session");
	else
		json_add_str(o, "session", session);
	json_add_int(o, "accepted", c == NULL ? 0 : c->accepted);
	json_add_int(o, "rejected", c == NULL ? 0 : c->rejected);
	json_append(&b, o);
	buf_addc(&b, '\n');
	return fs_replace(f->decided, name, b.p, b.len, 0644, e);
}

/* It is over: the verdict first, then the move. */
static int
from_move(struct decide_from *f, const char *session, const char *verdict,
    const struct from_count *c)
{
	struct err e = ERR_INIT;

	if (from_write(f, session, verdict, c, &e) < 0)
		return cmd_fail(EXIT_ERROR, "%s", e.text);
	if (renameat(f->dir, f->name, f->decided, f->name) < 0)
		return cmd_fail(EXIT_ERROR, "can't move %s to " DECIDED_DIR
		    ": %m", f->name);
	cmd_say("%s: %s", f->name, verdict);
	return 0;
}

static void
from_begun(void *arg, const char *session)
{
	const struct decide_from *f = arg;
	struct err e = ERR_INIT;

	if (from_write(f, session, NULL, NULL, &e) < 0)
		cmd_say("%s", e.text);
}

/* What was decided in this session: 1 if it was, and the file has moved. */
static int
from_settle(struct decide_from *f, const char *session)
{
	struct from_count c = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = session == NULL ? NULL :
	    session_dir(session, &e);

	if (dir == NULL || access(dir, F_OK) < 0 ||
	    log_lines(dir, from_line, &c, NULL, &e) < 0 ||
	    !c.patch || c.accepted + c.rejected == 0)
		return 0;
	if (c.open)
		cmd_say("%s: the rest is open in session %s", f->name, session);
	if (from_move(f, session, c.open || (c.accepted > 0 &&
	    c.rejected > 0) ? "part" : c.accepted > 0 ? "accepted" :
	    "rejected", &c) != 0) {
		f->failed++;
		f->quit = true;
	}
	return 1;
}

/* An earlier start was killed after the decision; not another proposal, which
 * has the name of one that was decided. */
static bool
from_was_decided(struct decide_from *f)
{
	AUTO_FREE char *name = xasprintf("%s" DECIDED_VERDICT, f->name);
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	AUTO_JSON cJSON *o = NULL;
	struct err e = ERR_INIT;

	if (fs_read_file(f->decided, name, &b, &e) < 0)
		return false;
	o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &e);
	return f->hash != NULL && json_is(o, "sha256", f->hash) &&
	    from_settle(f, json_str(o, "session")) == 1;
}

/* ---- the folder ---- */

static int
from_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of proposals, sorted; the rest of the folder isn't ours. */
static char **
from_list(const struct decide_from *f, size_t *len)
{
	static const char *const ending[] = { ".json" };
	AUTO_DIR DIR *d = fs_dir_take(openat(f->dir, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	struct dirent *de;
	char **v = NULL;

	*len = 0;
	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat st;

		if (!fs_has_ending(de->d_name, ending, 1) ||
		    de->d_name[0] == '.' || fstatat(f->dir, de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		GROW(v, *len);
		v[(*len)++] = xstrdup(de->d_name);
	}
	if (*len > 0)
		qsort(v, *len, sizeof(*v), from_compare);
	return v;
}

/* SHA-256, which says in a verdict what it is about. */
static void
from_hash(struct decide_from *f)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray(), *now = NULL;
	cJSON *file = cJSON_CreateObject();
	struct err e = ERR_INIT;

	json_add_bytes(file, "path", f->name, strlen(f->name));
	cJSON_AddItemToArray(list, file);
	now = tree_sides_of(f->a->from, list, &e);
	FREE_SET(f->hash, xstrdup_null(json_str(now == NULL ? NULL :
	    now->child, "hash")));
}

/* The object; NULL, after saying so, if it is another file. */
static cJSON *
from_read(struct decide_from *f)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	struct err e = ERR_INIT;
	cJSON *o = NULL;

	if (fs_read_file(f->dir, f->name, &b, &e) == 0)
		o = proposal_parse(&b, &e);
	if (o != NULL)
		return o;
	cmd_say("%s is left alone: %s", f->name, e.text);
	return NULL;
}

/* Without a terminal or a choice. */
static void
from_print(struct decide_from *f, const cJSON *o)
{
	const cJSON *passed = json_get(json_get(o, "evidence"), "passed");

	print_words(stdout, "%s: %s (%d files; it says: %s) session %s", f->name,
	    json_str_or(o, "task", ""),
	    cJSON_GetArraySize(json_array(o, "files")), cJSON_IsTrue(passed) ?
	    "check passed" : cJSON_IsFalse(passed) ? "check failed" :
	    "not checked", json_str_or(o, "session", "?"));
	f->left++;
}

static void
from_one(struct decide_from *f, size_t at, size_t of)
{
	struct headless_options o = { .command = true, .patch = true,
		.choose = f->choose, .begun = from_begun, .begun_arg = f };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO_FREE char *path = fs_join(f->a->from, f->name);
	AUTO_JSON cJSON *proposal = NULL;
	bool already = false;
	int code;

	from_hash(f);
	if (from_was_decided(f) || (proposal = from_read(f)) == NULL)
		return;
	if (f->choose == NULL && !headless_person()) {
		from_print(f, proposal);
		return;
	}
	print_words(stderr, "%s: %zu of %zu", f->name, at, of);
	code = apply_file(f->a, path, &o, &already, &r);
	if (r.session == NULL && code == EXIT_DONE) {
		if (from_move(f, NULL, already ? "accepted" : "empty",
		    NULL) != 0)
			f->failed++;
		return;
	}
	if (from_settle(f, r.session) == 0) {
		f->left++;
		f->failed += code == EXIT_ERROR;
	}
	/* Who leaves hunks open at the terminal leaves. */
	f->quit = f->quit || code == EXIT_INTERRUPTED || (f->choose == NULL &&
	    cJSON_GetArraySize(json_array(r.end, "proposed")) > 0);
}

static int
from_open(struct decide_from *f)
{
	f->dir = open(f->a->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return cmd_fail(EXIT_USAGE, "--from %s: %m", f->a->from);
	if (mkdirat(f->dir, DECIDED_DIR, 0777) < 0 && errno != EEXIST)
		return cmd_fail(EXIT_ERROR, "can't create %s/" DECIDED_DIR
		    ": %m", f->a->from);
	f->decided = openat(f->dir, DECIDED_DIR, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	return f->decided >= 0 ? 0 : cmd_fail(EXIT_ERROR, "can't open %s/"
	    DECIDED_DIR ": %m", f->a->from);
}

int
decide_from(const struct cmd_args *a)
{
	struct decide_from f = { .a = a, .dir = -1, .decided = -1 };
	AUTO(select_free_at) struct select *choose = NULL;
	struct err e = ERR_INIT;
	char **v = NULL;
	size_t n = 0, i;
	int code;

	if (a->operands_len > 0 || a->proposal != NULL || a->feedback != NULL ||
	    a->recover != NULL || a->include.len + a->comments.len > 0)
		return cmd_fail(EXIT_USAGE, "--from takes only --root and the "
		    "options that choose hunks");
	if (try_check(a, "decide", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (choose != NULL && select_patch(choose, 0) != NULL)
		return cmd_fail(EXIT_USAGE, "--patch is for one session, not "
		    "for --from");
	f.choose = choose;
	if ((code = from_open(&f)) == 0)
		v = from_list(&f, &n);
	for (i = 0; i < n; i++) {
		f.name = v[i];
		if (!f.quit)
			from_one(&f, i + 1, n);
		else
			f.left++;
		free(v[i]);
	}
	free(v);
	free(f.hash);
	fs_close(f.dir);
	fs_close(f.decided);
	if (code != 0)
		return code;
	if (f.left > 0)
		cmd_say("%d of %zu proposals are left in %s", f.left, n,
		    a->from);
	return f.failed > 0 ? EXIT_ERROR : f.left > 0 ? EXIT_WAITS : EXIT_DONE;
}
