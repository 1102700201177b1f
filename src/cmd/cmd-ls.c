/* cmd-ls: lists, removes and ends sessions. */

#include "config.h"

#include "cmd/cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "base/sanitize.h"
#include "client/client.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "front/message.h"
#include "front/print.h"
#include "git/review-range.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "ui/app/app.h"

/* ---- assent ls --gc, --rm: what the removed sessions wrote stays ---- */

#define LS_OLDER_MS ((int64_t)30 * 24 * 3600 * 1000)	/* without an option */

/* A write to the project, or a git commit, began and didn't end: the folder has
 * what completes it. */
static bool
ls_is_half_done(const struct session_info *s)
{
	static const char *const marks[] = { SESSION_APPLYING,
		SESSION_COMMITTING };
	bool half = s->says == SESSION_APPLIES;
	size_t i;

	for (i = 0; i < MEM_COUNT(marks); i++) {
		AUTO_CLOSE int fd = session_marks(marks[i], false);

		half = half || faccessat(fd, s->id, F_OK, 0) == 0;
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

int
cmd_ls_remove(const char *name, bool force)
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

static int
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
	MEM_EACH(a, operands, it) {
		one = cmd_ls_remove(*it, a->force);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}

/* ---- the list ---- */

#define LS_MIN	60	/* columns: narrower, rows are wrapped */

static void
ls_json(const struct session_info *v, size_t n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray(), *it;
	AUTO_FREE char *text = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *task = session_task(&v[i]);

		it = JSON_TEXTS("session", v[i].id,
		    "state", session_word(&v[i]));
		json_add_bool(it, "alive", v[i].alive);
		json_add_bool(it, "waits", v[i].open != SESSION_NOTHING);
		session_state_json(it, &v[i]);
		json_add_str(it, "task", task);
		if (v[i].also != NULL) {
			cJSON *also = cJSON_AddObjectToObject(it, "also");

			json_add_str(also, "path", v[i].also);
			json_add_str(also, "session", v[i].also_in);
			json_add_int(also, "files", v[i].also_files);
		}
		if (v[i].match.text != NULL) {
			cJSON *match = cJSON_AddObjectToObject(it, "match");

			json_add_int(match, "seq", v[i].match.seq);
			json_add_str(match, "by", v[i].match.by_model ?
			    "model" : "user");
			json_add_str(match, "text", v[i].match.text);
		}
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "sessions", list);
	text = json_print(o);
	print_json(stdout, text, strlen(text));
}

/* Cut the words so that a row of this width has room for them. */
static void
ls_cut(struct buf *b, int room)
{
	struct sanitize_unit u = { .used = 0 };
	size_t n = 0, fits = 0;
	int width = 0;

	for (; n < b->len && width <= room; n += u.used, width += u.width) {
		sanitize_next(b->p + n, b->len - n, sanitize_locale(), width,
		    &u);
		fits = width < room - 2 ? n : fits;
	}
	if (width > room) {
		b->len = fits;
		buf_adds(b, "...");
	}
}

static const char *
ls_who(const struct session_info *s)
{
	return s->match.by_model ? "model" : "you";
}

/* Of a row, and of the line above all. */
#define LS_COLUMNS "%-20s  %-9s  %-11s  "

static void
ls_row(const struct session_info *s, bool all)
{
	AUTO_FREE char *task = session_words(s), *how = NULL;
	AUTO_BUF struct buf row = BUF_INIT(0);
	int cols = pager_columns(stdout);

	/* The id says when it began. */
	buf_addf(&row, LS_COLUMNS, s->id, session_word(s),
	    s->state.mode == NULL ? "?" : s->state.mode);
	if (all)
		buf_addf(&row, "%s  ", s->state.root == NULL ? "?" : s->state.root);
	session_state_words(&row, s);
	if (s->also != NULL) {
		/* A narrow line must not lose the id. */
		buf_addf(&row, "[also changed in %s: ",
		    session_short(s->also_in));
		fold_add_name(&row, s->also);
		if (s->also_files > 1)
			buf_addf(&row, ", %d more file%s", s->also_files - 1,
			    s->also_files == 2 ? "" : "s");
		buf_adds(&row, "] ");
	}
	buf_adds(&row, task);
	how = s->state.outcome == NULL || s->open != SESSION_NOTHING ||
	    strcmp(s->state.outcome, "waiting") == 0 ? xstrdup("") :
	    xasprintf("  [%s]", fold_outcome_words(s->state.outcome));
	if (!all && cols > LS_MIN)
		ls_cut(&row, cols - (int)strlen(how));
	print_words(stdout, "%s%s", buf_str(&row), how);
	if (s->match.text == NULL)
		return;
	buf_clear(&row);
	buf_addf(&row, "    %s: %s", ls_who(s), s->match.text);
	if (cols > 0)
		ls_cut(&row, cols);
	print_words(stdout, "%s", buf_str(&row));
}

#define LS_PROGRESS_MS 1000	/* before it is shown, and again */

/* Keep the sessions in which the pattern matches. On a terminal say how far it is
 * if it takes long; the line is erased at the end. */
static int
ls_grep(const char *pattern, struct session_info *v, size_t *n)
{
	struct err e = ERR_INIT;
	AUTO(session_grep_free_at) struct session_grep *g =
	    session_grep_new(pattern, &e);
	int64_t due = clock_mono_ms() + LS_PROGRESS_MS;
	size_t i, kept = 0;
	int width = 0;

	if (g == NULL)
		return cmd_fail(EXIT_USAGE, "--grep: %s", e.text);
	for (i = 0; i < *n; i++) {
		if (isatty(STDERR_FILENO) && clock_mono_ms() >= due) {
			width = fprintf(stderr, "\rsearched %zu of %zu sessions",
			    i, *n) - 1;
			due += LS_PROGRESS_MS;
		}
		if (session_grep(g, &v[i]))
			v[kept++] = v[i];
		else
			session_info_release(&v[i]);
	}
	if (width > 0)
		fprintf(stderr, "\r%*s\r", width, "");
	*n = kept;
	return EXIT_DONE;
}

int
cmd_ls(const struct cmd_args *a)
{
	struct session_info *v = NULL;
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	const char *host;
	size_t i, n = 0;
	int code = 0;

	if (a->gc || a->rm)
		return ls_change(a);
	if (a->operands_len == 1 && (host = strrchr(a->operands[0], ':')) !=
	    NULL && host[1] == '\0') {
		AUTO_FREE char *name = xmemdup(a->operands[0],
		    (size_t)(host - a->operands[0]));

		if (a->json || a->grep != NULL)
			return cmd_fail(EXIT_USAGE, "options aren't sent to "
			    "another host: ssh %s assent ls ...", name);
		return inbox_ssh(name, "ls", NULL);
	}
	if (a->operands_len > 0)
		return cmd_fail(EXIT_USAGE, "unexpected argument \"%.60s\" "
		    "(see assent ls --help)", a->operands[0]);
	if (!a->all && (code = setup_project(&s, a)) != 0)
		goto out;
	if (session_list(s.root, SESSION_RANKED, &v, &n, &e) < 0) {
		code = cmd_fail_err(&e);
		goto out;
	}
	session_list_also(v, n);
	if (a->grep != NULL && (code = ls_grep(a->grep, v, &n)) != 0)
		goto out;
	half_applied_list(v, n);
	if (a->json) {
		ls_json(v, n);
		goto out;
	}
	if (n > 0 && pager_columns(stdout) > 0)
		print_words(stdout, LS_COLUMNS "%stask", "session", "state",
		    "mode", a->all ? "project  " : "");
	for (i = 0; i < n; i++)
		ls_row(&v[i], a->all);
	if (n == 0)
		cmd_say(a->all ? "no sessions%s" : "no sessions%s of %s (--all "
		    "lists those of all projects)", a->grep == NULL ? "" :
		    " with a match", s.root);
out:
	session_list_free(v, n);
	return code;
}

/* Which of several sessions, chosen from a list on the terminal. */

struct session_pick {
	struct session_info *v;
	size_t		 n;
	const char	*root;		/* of this project */
	struct app_choice *rows;
	/* Searches all sessions for what is typed: */
	struct session_grep *grep;	/* NULL: none */
	char		*query, *progress;	/* or NULL */
	size_t		 next;		/* session to be searched */
	int64_t		 began_ms;
};

static bool
session_pick_is_here(const struct session_pick *p, const struct session_info *s)
{
	return s->state.root != NULL && strcmp(s->state.root, p->root) == 0;
}

static char *
session_pick_about(void *arg, size_t row)
{
	const struct session_pick *p = arg;
	const struct session_info *s = &p->v[row];
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s, %s, %s\n", s->id, session_word(s),
	    ev_str(s->state.mode, "?"));
	sanitize_name(&b, ev_str(s->state.root, "?"));
	if (s->state.task != NULL)
		buf_addf(&b, "\n\n%s", s->state.task);
	if (s->match.text != NULL) {
		buf_addf(&b, "\n\n%s: ", ls_who(s));
		sanitize_name(&b, s->match.text);
	}
	return buf_take(&b);
}

static void
session_pick_rows(struct session_pick *p)
{
	size_t i;

	pick_free(p->rows, p->rows == NULL ? 0 : p->n);
	p->rows = xcalloc(p->n + 1, sizeof(*p->rows));
	for (i = 0; i < p->n; i++) {
		const struct session_info *s = &p->v[i];
		AUTO_FREE char *words = s->state.task == NULL ? xstrdup(
		    "(nothing said)") : session_words(s);
		bool titled = s->match.text == NULL || (p->query != NULL &&
		    strcasestr(words, p->query) != NULL);
		const char *name = s->state.root == NULL ? NULL :
		    strrchr(s->state.root, '/');
		char when[CLOCK_STAMP_SIZE];

		clock_local(ev_str(s->state.started, ""), when);
		p->rows[i] = (struct app_choice){
			.id = s->id, .key = xstrdup(session_word(s)),
			.text = titled ? xstrdup(words) : xasprintf("%s: %s",
			    ls_who(s), s->match.text),
			.note = xasprintf("%s  %s", when,
			    session_pick_is_here(p, s) ? "" :
			    name == NULL ? "?" : name + 1),
			.more = xasprintf("%s %s", s->id, s->state.root == NULL ?
			    "" : s->state.root) };
	}
}

#define PICK_SEARCH_MIN	3	/* bytes typed, before what was said is
					   searched, too */
#define PICK_SEARCH_MS	50	/* between two looks at the keys */

/* Search for the text literally: escape what a pattern would interpret. */
static struct session_grep *
session_pick_grep(const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	for (; *text != '\0'; text++) {
		if (strchr("\\.[{()*+?^$|", *text) != NULL)
			buf_addc(&b, '\\');
		buf_addc(&b, *text);
	}
	return session_grep_new(buf_str(&b), &e);
}

/* Search a few sessions more for what is typed. The row of one in which it was
 * said shows that, unless it has it in its title. */
static bool
session_pick_again(void *arg, struct app_choices *c, bool sort UNUSED)
{
	struct session_pick *p = arg;
	int64_t until = clock_mono_ms() + PICK_SEARCH_MS;
	bool anew = p->query == NULL || strcmp(p->query, c->query) != 0;
	bool found = anew, goes_on;
	size_t i;

	if (anew) {
		xstrset(&p->query, c->query);
		session_grep_free(p->grep);
		p->grep = strlen(p->query) < PICK_SEARCH_MIN ? NULL :
		    session_pick_grep(p->query);
		p->next = 0;
		p->began_ms = clock_mono_ms();
		for (i = 0; i < p->n; i++)
			FREE_NULL(p->v[i].match.text);
	}
	while (p->grep != NULL && p->next < p->n && clock_mono_ms() < until)
		found = session_grep(p->grep, &p->v[p->next++]) || found;
	goes_on = p->grep != NULL && p->next < p->n;
	c->again_ms = goes_on ? 0 : -1;
	FREE_SET(p->progress, !goes_on || until - p->began_ms < LS_PROGRESS_MS ?
	    NULL : xasprintf("searched %zu of %zu", p->next, p->n));
	c->progress = p->progress;
	if (found) {
		session_pick_rows(p);
		c->rows = p->rows;
	}
	return found;
}

static void
session_pick_release(struct session_pick *p)
{
	session_grep_free(p->grep);
	FREE_ALL(p->query, p->progress);
	pick_free(p->rows, p->rows == NULL ? 0 : p->n);
	session_list_free(p->v, p->n);
}

void
pick_free(struct app_choice *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		FREE_ALL(rows[i].key, rows[i].text, rows[i].note, rows[i].more);
	free(rows);
}

int
pick_row(const struct setup *s, struct app_choices *c, size_t *row)
{
	AUTO(bindings_free_at) struct bindings *bindings = setup_bindings(s);
	struct ui_likes likes;
	struct err e = ERR_INIT;
	int chosen;

	if (bindings == NULL)
		return EXIT_USAGE;
	setup_likes(s, &likes);
	c->bindings = bindings;
	c->colour = likes.colour;
	chosen = app_pick(c, row, &e);
	return chosen > 0 ? 0 : chosen == 0 ? EXIT_INTERRUPTED :
	    cmd_fail(EXIT_USAGE, "%s", e.text);
}

int
session_pick(const struct cmd_args *a, char **id)
{
	AUTO(session_pick_release) struct session_pick p = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct app_choices c = { .what = a->all ? "all sessions" :
		    "this project's sessions (--all: all)",
		.about = session_pick_about, .arg = &p, .fd = -1,
		.again = a->grep == NULL ? session_pick_again : NULL,
		.again_ms = -1, .searches = true };
	struct err e = ERR_INIT;
	size_t i, waiting = 0, row = 0;
	int code;

	*id = NULL;
	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* The callers that need the sessions or the settings print the
	 * errors. */
	if (session_check(NULL, &e) < 0 ||
	    session_list(a->all ? NULL : s.root, SESSION_RANKED, &p.v, &p.n,
	    &e) < 0)
		return code;
	p.root = s.root;
	if (a->grep != NULL && (code = ls_grep(a->grep, p.v, &p.n)) != 0)
		return code;
	if (a->grep != NULL && p.n == 0)
		return cmd_fail(EXIT_USAGE, "no sessions with a match");
	for (i = 0; i < p.n; i++)
		if (p.v[i].open != SESSION_NOTHING && waiting++ == 0)
			row = i;
	/* It is the only one of those that match. */
	if (a->grep != NULL ? p.n == 1 : waiting == 1 && !a->all)
		*id = xstrdup(p.v[row].id);
	if (*id != NULL || (a->grep == NULL && (p.n < 2 ||
	    !app_can_run(&e))))
		return code;
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	half_applied_list(p.v, p.n);
	session_pick_rows(&p);
	c.rows = p.rows;
	c.len = p.n;
	if ((code = pick_row(&s, &c, &row)) == 0)
		*id = xstrdup(p.v[row].id);
	return code;
}

/* ---- assent end: ends a running session ---- */

#define END_WAITS 5

/* The session isn't running, so there is nothing to end, but maybe something to
 * report. */
static int
end_not_running(const char *id)
{
	struct half_applied s;
	struct err e = ERR_INIT;

	if (half_applied_look(id, &s, &e) < 0)
		return cmd_fail(EXIT_ERROR, "session %s isn't running: %s",
		    id, e.text);
	if (!s.known) {
		cmd_say("session %s isn't running: nothing to end", id);
		return EXIT_DONE;
	}
	return cmd_fail(EXIT_WAITS,
	    "session %s isn't running: it %s; continue with "
	    "assent resume %s",
	    id, s.words, id);
}

/* One without a process that is still in the inbox: a core ends it, without a
 * model. */
static bool
end_is_wanted(const char *id)
{
	AUTO(session_info_release) struct session_info s = { .id = NULL };

	return session_look(id, &s) && s.says != SESSION_APPLIES &&
	    session_wants(&s) != SESSION_NOTHING;
}

int
cmd_end(const struct cmd_args *a)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	int code;

	if ((code = session_named(a, &id)) != 0)
		return code;
	if (!session_is_alive(id)) {
		if (!end_is_wanted(id))
			return end_not_running(id);
		if ((code = session_client_find(&r, a)) != 0 ||
		    (code = session_client_setup(&r, a, 0)) != 0)
			return code;
		if (session_client_connect(&c, &r, a, false, &e) < 0)
			return cmd_fail_err(&e);
	} else if (client_attach(&c, id, NULL, &e) < 0) {
		/* It may be ending on its own. */
		return session_ends(id) ? end_not_running(id) :
		    cmd_fail_err(&e);
	}
	c.waits = END_WAITS;
	/* The core hangs up when its journal is closed. */
	if (client_request(&c, NULL, command_of("end"), EVENT_TYPES_LEN, NULL,
	    &e) < 0)
		code = cmd_fail_err(&e);
	else
		cmd_say("session %s has ended", id);
	client_release(&c);
	return code;
}
