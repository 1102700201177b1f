/*
 * decide-from: the proposals in a folder, one after the other or by a list to
 * choose from. What was decided moves into its folder `decided`, beside a
 * verdict.
 */
#include "config.h"

#include "cmd/cmd-apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/proposal-file.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/event.h"
#include "journal/session.h"
#include "ui/app/app.h"

#define DECIDED_DIR	"decided"
#define DECIDED_VERDICT	".verdict.json"
#define FROM_DEPTH	32
#define FROM_FOLDER	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct decide_from {
	const struct cmd_args	*a;
	const struct select	*choose;
	const char		*shown;		/* the current file, below `from` */
	const char		*name;		/* its last component */
	const cJSON		*proposal;	/* its object */
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
from_line(void *arg, const struct event *l, struct err *e)
{
	struct from_count *c = arg;

	(void)e;
	if (l->type == EVENT_SESSION_START)
		c->patch = json_str(l->session_start.settings,
		    "patch_sha256") != NULL;
	else if (l->type == EVENT_PROPOSAL)
		c->open = l->proposal.files_len > 0;
	else if (l->type == EVENT_DECISION)
		headless_count(&l->decision, &c->accepted, &c->rejected);
	return 0;
}

/* ---- the verdict ---- */

static int
from_write(struct decide_from *f, const char *session,
    const char *verdict, const struct from_count *c, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s" DECIDED_VERDICT, f->name);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_add_int(o, "version", 1);
	json_add_str(o, "sha256", f->hash);
	json_set_take(o, "verdict", verdict == NULL ? cJSON_CreateNull() :
	    cJSON_CreateString(verdict));
	json_set_take(o, "session", session == NULL ? cJSON_CreateNull() :
	    cJSON_CreateString(session));
	json_add_int(o, "accepted", c == NULL ? 0 : c->accepted);
	json_add_int(o, "rejected", c == NULL ? 0 : c->rejected);
	if (f->decided < 0) {
		if (mkdirat(f->dir, DECIDED_DIR, 0777) < 0 && errno != EEXIST)
			return err_sys(e, "can't create " DECIDED_DIR
			    " for %s", f->shown);
		f->decided = openat(f->dir, DECIDED_DIR, FROM_FOLDER);
	}
	if (f->decided < 0)
		return err_sys(e, "can't open " DECIDED_DIR " for %s",
		    f->shown);
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
		return cmd_fail_err(&e);
	if (renameat(f->dir, f->name, f->decided, f->name) < 0)
		return cmd_fail(EXIT_ERROR, "can't move %s to " DECIDED_DIR
		    ": %m", f->shown);
	cmd_say("%s: %s", f->shown, verdict);
	return 0;
}

static void
from_begun(void *arg, const char *session)
{
	struct decide_from *f = arg;
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
	    log_events(dir, from_line, &c, &e) < 0 ||
	    !c.patch || c.accepted + c.rejected == 0)
		return 0;
	if (c.open)
		cmd_say("%s: the rest is open in session %s", f->shown,
		    session);
	if (from_move(f, session, c.open || (c.accepted > 0 &&
	    c.rejected > 0) ? "part" : c.accepted > 0 ? "accepted" :
	    "rejected", &c) != 0) {
		f->failed++;
		f->quit = true;
	} else if (!c.open)
		proposal_settle(f->proposal, f->shown, c.accepted,
		    c.rejected);
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

	if (f->decided < 0 || fs_read_file(f->decided, name, &b, &e) < 0)
		return false;
	o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &e);
	return f->hash != NULL && json_is(o, "sha256", f->hash) &&
	    from_settle(f, json_str(o, "session")) == 1;
}

/* ---- the folder ---- */

/* SHA-256, which says in a verdict what it is about. */
static void
from_hash(struct decide_from *f)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray(), *now = NULL;
	cJSON *file = cJSON_CreateObject();
	struct err e = ERR_INIT;

	json_add_bytes(file, "path", f->shown, strlen(f->shown));
	cJSON_AddItemToArray(list, file);
	now = tree_sides_of(f->a->from, list, &e);
	FREE_SET(f->hash, xstrdup_null(json_str(now == NULL ? NULL :
	    now->child, "hash")));
}

/* The object; NULL, after saying why unless it is another file of ours, if there
 * is nothing to decide. */
static cJSON *
from_read(const char *path, const char *shown)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *any = NULL;
	struct err e = ERR_INIT, none = ERR_INIT;
	cJSON *o = NULL;

	if (fs_read_file(AT_FDCWD, path, &b, &e) == 0)
		o = proposal_parse(&b, &e);
	if (o != NULL && json_array(o, "files")->child != NULL)
		return o;
	if (o == NULL)
		any = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &none);
	if (o == NULL && json_str(any, "outcome") == NULL)
		cmd_say("%s is left alone: %s", shown, e.text);
	json_drop(&o);
	return NULL;
}

struct from_list {
	struct from_file {
		char	*shown;		/* below the folder */
		char	*task, *words;	/* "3 files; it says: check passed" */
		char	*project;
	}	*v;
	size_t	 len;
};

static void
from_file_release(struct from_file *f)
{
	FREE_ALL(f->shown, f->task, f->words, f->project);
}

static void
from_list_release(struct from_list *l)
{
	while (l->len > 0)
		from_file_release(&l->v[--l->len]);
	free(l->v);
}

static int
from_compare(const void *a, const void *b)
{
	const struct from_file *x = a, *y = b;

	return strcmp(x->shown, y->shown);
}

/* What the file says of itself. */
static char *
from_words(const cJSON *o)
{
	const cJSON *passed = json_get(json_get(o, "evidence"), "passed");
	int n = cJSON_GetArraySize(json_array(o, "files"));

	return xasprintf("%d file%s; it says: %s", n, n == 1 ? "" : "s",
	    cJSON_IsTrue(passed) ? "check passed" : cJSON_IsFalse(passed) ?
	    "check failed" : "check not run");
}

static void
from_add(struct from_list *l, const char *top, const char *shown)
{
	AUTO_FREE char *path = fs_join(top, shown);
	AUTO_JSON cJSON *o = from_read(path, shown);

	if (o == NULL)
		return;
	GROW(l->v, l->len);
	l->v[l->len++] = (struct from_file){ .shown = xstrdup(shown),
		.task = xstrdup(json_str_or(o, "task", "")),
		.words = from_words(o),
		.project = xstrdup(json_str_or(o, "project", "?")) };
}

/* The proposals in `top`, and in the folders of it; the rest isn't ours. */
static int
from_find(struct from_list *l, const char *top, const char *below, int depth)
{
	static const char *const ending[] = { ".json" };
	AUTO_FREE char *folder = *below == '\0' ? xstrdup(top) :
	    fs_join(top, below);
	AUTO_DIR DIR *d = fs_opendir(folder);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return cmd_fail(EXIT_USAGE, "--from %s: %m", folder);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(folder, de->d_name);
		AUTO_FREE char *shown = *below == '\0' ?
		    xstrdup(de->d_name) : fs_join(below, de->d_name);

		if (de->d_name[0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && fs_has_ending(de->d_name, ending, 1))
			from_add(l, top, shown);
		else if (S_ISDIR(st.st_mode) && depth < FROM_DEPTH &&
		    strcmp(de->d_name, DECIDED_DIR) != 0)
			(void)from_find(l, top, shown, depth + 1);
	}
	return 0;
}

/* Without a terminal or a choice. */
static void
from_print(struct decide_from *f)
{
	AUTO_FREE char *words = from_words(f->proposal);

	print_words(stdout, "file %s: %s (%s) session %s", f->shown,
	    json_str_or(f->proposal, "task", ""), words,
	    json_str_or(f->proposal, "session", "?"));
	f->left++;
}

/* The project of its session, if that is on this machine and the proposal fits:
 * malloc'ed. Else NULL: it must fit here. */
static char *
from_root(const struct decide_from *f)
{
	const char *session = json_str(f->proposal, "session");
	struct session_info info;
	struct err e = ERR_INIT;
	char *root = NULL;

	if (f->a->root != NULL || session == NULL ||
	    !session_look(session, &info))
		return NULL;
	if (info.state.root != NULL && access(info.state.root, F_OK) == 0 &&
	    proposal_fits(f->proposal, info.state.root, false, NULL, NULL, &e) == 0)
		root = xstrdup(info.state.root);
	session_info_release(&info);
	return root;
}

static void
from_review(struct decide_from *f, const char *path)
{
	struct headless_options o = { .command = true,
		.choose = f->choose, .begun = from_begun, .begun_arg = f };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO_FREE char *root = from_root(f);
	struct cmd_args a = *f->a;
	AUTO(apply_done_release) struct apply_done done = { false };
	int code;

	/* Named by a session, not by the user. */
	if (root != NULL) {
		a.root = root;
		cmd_say("%s is for %s", f->shown, root);
	}
	code = apply_file(&a, path, &o, &done, &r);
	if (r.session == NULL && code == EXIT_DONE) {
		if (from_move(f, NULL, "accepted", NULL) != 0)
			f->failed++;
		proposal_settle(f->proposal, f->shown, 1, 0);
		return;
	}
	if (from_settle(f, r.session) == 0) {
		f->left++;
		f->failed += code == EXIT_ERROR;
	}
	/* A user who leaves hunks open at the terminal has quit: don't show the
	 * next proposal. */
	f->quit = f->quit || code == EXIT_INTERRUPTED || (f->choose == NULL &&
	    headless_end_of(&r)->proposed_len > 0);
}

static void
from_one(struct decide_from *f, size_t at, size_t of)
{
	AUTO_FREE char *path = fs_join(f->a->from, f->shown);
	AUTO_FREE char *folder = xmemdup(path, (size_t)(strrchr(path, '/') -
	    path));
	AUTO_JSON cJSON *proposal = from_read(path, f->shown);

	f->name = strrchr(path, '/') + 1;
	f->proposal = proposal;
	f->dir = open(*folder == '\0' ? "/" : folder, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	f->decided = f->dir < 0 ? -1 : openat(f->dir, DECIDED_DIR, FROM_FOLDER);
	from_hash(f);
	if (proposal == NULL || from_was_decided(f))
		;
	else if (f->choose == NULL && !headless_person())
		from_print(f);
	else {
		print_words(stderr, "file %s: %zu of %zu", f->shown, at, of);
		from_review(f, path);
	}
	fs_close(f->dir);
	fs_close(f->decided);
}

int
decide_from(const struct cmd_args *a)
{
	struct decide_from f = { .a = a, .dir = -1, .decided = -1 };
	AUTO(select_free_at) struct select *choose = NULL;
	struct err e = ERR_INIT;
	AUTO(from_list_release) struct from_list l = { 0 };
	size_t i;
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
	code = from_find(&l, a->from, "", 0);
	if (code == 0 && l.len == 0)
		cmd_say("no proposals in %s", a->from);
	if (l.len > 0)
		qsort(l.v, l.len, sizeof(*l.v), from_compare);
	for (i = 0; i < l.len; i++) {
		f.shown = l.v[i].shown;
		if (!f.quit)
			from_one(&f, i + 1, l.len);
		else
			f.left++;
	}
	free(f.hash);
	if (code != 0)
		return code;
	if (f.left > 0)
		cmd_say("%d of %zu proposals are left in %s", f.left, l.len,
		    a->from);
	return f.failed > 0 ? EXIT_ERROR : f.left > 0 ? EXIT_WAITS : EXIT_DONE;
}

/* ---- the same as a list on the screen ---- */

static char *
from_about(void *arg, size_t row)
{
	const struct from_file *f = &((const struct from_list *)arg)->v[row];

	struct buf b = BUF_INIT(0);

	about_add(&b, "| ", f->shown);
	about_add(&b, "| ", f->project);
	buf_addf(&b, "%s\n\n", f->words);
	about_add(&b, "| ", f->task);
	return buf_take(&b);
}

/* Let the user choose: 1, 0 if they leave, or the exit code. */
static int
from_choose(struct from_list *l, const struct setup *s,
    const struct bindings *bindings, size_t *row)
{
	struct app_choice *rows = xcalloc(l->len + 1, sizeof(*rows));
	AUTO_FREE char *what = xasprintf("proposals to decide: %zu", l->len);
	struct app_choices c = { .what = what, .none = "all are decided",
		.rows = rows, .len = l->len, .about = from_about, .arg = l,
		.bindings = bindings, .at = *row };
	struct ui_likes likes;
	struct err e = ERR_INIT;
	size_t i;
	int chosen;

	for (i = 0; i < l->len; i++)
		rows[i] = (struct app_choice){ .key = l->v[i].project,
			.text = l->v[i].words, .note = l->v[i].task,
			.more = l->v[i].shown };
	setup_likes(s, &likes);
	c.colour = likes.colour;
	chosen = app_pick(&c, row, &e);
	free(rows);
	return chosen < 0 ? cmd_fail(EXIT_USAGE, "%s", e.text) : chosen;
}

int
inbox_from(const struct cmd_args *a)
{
	struct decide_from f = { .a = a, .dir = -1, .decided = -1 };
	AUTO(from_list_release) struct from_list l = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	size_t row = 0;
	int code;

	if (!cmd_has_screen(a))
		return decide_from(a);
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if ((bindings = setup_bindings(&s)) == NULL)
		return EXIT_USAGE;
	if ((code = from_find(&l, a->from, "", 0)) != 0)
		return code;
	if (l.len > 0)
		qsort(l.v, l.len, sizeof(*l.v), from_compare);
	while ((code = from_choose(&l, &s, bindings, &row)) == 1) {
		AUTO_FREE char *path = fs_join(a->from, l.v[row].shown);

		f.shown = l.v[row].shown;
		f.quit = false;
		from_one(&f, row + 1, l.len);
		/* What was decided has moved. */
		if (access(path, F_OK) < 0) {
			from_file_release(&l.v[row]);
			l.len--;
			memmove(&l.v[row], &l.v[row + 1], (l.len - row) *
			    sizeof(*l.v));
		}
		row = row < l.len ? row : 0;
	}
	free(f.hash);
	return code != 0 ? code : f.failed > 0 ? EXIT_ERROR :
	    l.len > 0 ? EXIT_WAITS : EXIT_DONE;
}
