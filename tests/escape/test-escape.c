/*
 * Every case of cases.c on every level that this host can make, as TAP: what
 * the
 * kernel answered inside, and whether anything outside is another than before.
 * Run as root it does so three times: on root's project, as an ordinary user,
 * and as root on an ordinary user's project.  What is documented as open is
 * asserted too, so that the manual stays true.
 *
 * --manual prints the table of assent-security(7), --list the cases.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"
#include "tests/escape/cases.h"
#include "tests/escape/outside.h"
#include "tests/escape/world.h"

#define ORDINARY_GROUP	23456	/* one more of that user's */
#define ESCAPE_SHORT_MS	250
#define ESCAPE_LONG_MS	30000
#define ESCAPE_LANDLOCK	6	/* with this version all is there */

enum escape_who { WHO_ROOT, WHO_USER, WHO_OWNER };

struct escape {
	struct world	*w;
	struct outside	*o;
	struct cgroup	*cgroup;	/* NULL: none keeps memory here */
	int		 level;
	bool		 root;		/* is the payload root? */
};

/* ---- one call ---- */

/* The answer in the output of `attempt -t`; malloc'ed. */
static char *
escape_answer(const struct world *w, const char *id)
{
	const char *p = buf_str(&w->output);
	size_t n = strlen(id);

	for (; p != NULL && *p != '\0'; p = strchr(p, '\n'), p += p != NULL) {
		if (strncmp(p, id, n) == 0 && p[n] == ' ')
			return xmemdup(p + n + 1, strcspn(p + n + 1, "\n"));
		if (strchr(p, '\n') == NULL)
			break;
	}
	return xstrdup("no-answer");
}

/* How the call itself ended; malloc'ed. */
static char *
escape_end(const struct world *w)
{
	if (!w->result.built)
		return xstrdup("not-built");
	if (w->result.killed != NULL)
		return xstrdup(w->result.killed);
	return w->result.signal != 0 ?
	    xasprintf("signal-%d", w->result.signal) :
	    xasprintf("exit-%d", w->result.exit);
}

static void
escape_call(struct escape *e, const char *ids)
{
	char *command = xasprintf("exec ./attempt -t%s", ids);

	world_bash(e->w, command);
	free(command);
}

/* Empty what calls may write, so that the next one starts as this did. A worker
 * that stays mounts the next call's toolchain in the home meanwhile: removing the
 * mount point would unmount it. */
static void
escape_tidy(struct escape *e)
{
	static const char *const keep[] = { "attempt", "baits", "hello.txt",
		"sub" };
	const char *dirs[] = { e->w->upper, e->w->sandbox_home,
	    e->w->sandbox_tmp,
		e->w->copy };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(dirs); i++) {
		DIR *d = opendir(dirs[i]);
		struct dirent *de;

		while (d != NULL && (de = readdir(d)) != NULL) {
			for (k = 0; k < MEM_COUNT(keep); k++)
				if (dirs[i] == e->w->copy &&
				    strcmp(keep[k], de->d_name) == 0)
					break;
			if (k == MEM_COUNT(keep) && !fs_is_dots(de->d_name) &&
			    strcmp(de->d_name, ".cargo") != 0)
				(void)fs_remove_tree(dirfd(d), de->d_name,
				    NULL);
		}
		if (d != NULL)
			closedir(d);
	}
}

static void
escape_report(struct escape *e, const struct escape_case *c,
    const char *answer, const char *changed, bool may_change)
{
	const char *says = escape_says(c, e->level, e->root);
	bool open, right = escape_is_right(says, answer, &open);

	/* Cases that succeed and change the host have to be handled. */
	if (right && open && (c->flags & ESCAPE_TOUCHES) != 0 &&
	    changed == NULL)
		right = false;
	if (changed != NULL && !(open && may_change))
		right = false;
	tap_ok(right ? NULL : e->w, right, "%s %s: %s%s", c->id, c->title,
	    answer, open ? " (open)" : "");
	if (right)
		return;
	printf("# expected: %s; outside: %s\n", says,
	    changed == NULL ? "as it was" : changed);
}

/* The limit was one, whoever held it: beside it, the worker, the first process
 * and the one of all calls. */
static void
escape_bombed(struct escape *e, const struct escape_case *c)
{
	int64_t most = world_unbound(e->w);

	if (most < 0)
		tap_skip("how many there were", "nobody counted them");
	else
		tap_ok(e->w, most <= e->w->limits.pids + 3,
		    "%s %s: %lld processes at most", c->id, c->title,
		    (long long)most);
}

/* One case in a call of its own. */
static void
escape_alone(struct escape *e, const struct escape_case *c)
{
	struct sandbox_limits saved = e->w->limits;
	char *before, *after, *answer, *changed, *ids;

	if (c->kind == ESCAPE_CALL) {
		struct sandbox_limits *l = &e->w->limits;

		l->timeout_ms = (c->flags & ESCAPE_SHORT) != 0 ?
		    ESCAPE_SHORT_MS : ESCAPE_LONG_MS;
		l->memory_bytes = 64 << 20;
		l->disk_bytes = 16 << 20;
		l->disk_inodes = 300;
		l->output_bytes = 200000;
		l->pids = 30;
	}
	if ((c->flags & ESCAPE_KERNEL) != 0) {
		e->w->cgroup = e->cgroup;
		if (e->cgroup == NULL) {
			tap_skip(c->title, "no cgroup can be had");
			e->w->limits = saved;
			return;
		}
	}
	before = outside_print(e->o);
	if ((c->flags & ESCAPE_BOMB) != 0 && !world_bound(e->w, c->title)) {
		e->w->limits = saved;
		free(before);
		return;
	}
	ids = xasprintf(" %s", c->id);
	escape_call(e, ids);
	free(ids);
	if ((c->flags & ESCAPE_BOMB) != 0)
		escape_bombed(e, c);
	after = outside_print(e->o);
	changed = outside_compare(before, after);
	answer = c->kind == ESCAPE_CALL ? escape_end(e->w) :
	    escape_answer(e->w, c->id);
	escape_report(e, c, answer, changed, true);
	if (c->kind == ESCAPE_CALL && world_marked(e->w) > 0)
		tap_ok(e->w, world_wait_gone(e->w), "%s leaves nothing",
		    c->id);
	e->w->limits = saved;
	e->w->cgroup = NULL;
	escape_tidy(e);
	free(before);
	free(after);
	free(answer);
	free(changed);
}

/* ---- all cases on one level ---- */

static bool
escape_applies(const struct escape *e, const struct escape_case *c)
{
#ifndef __x86_64__
	if ((c->flags & ESCAPE_X86) != 0)
		return false;
#endif
	return c->kind != ESCAPE_TEST &&
	    *escape_says(c, e->level, e->root) != '\0';
}

static bool
escape_is_alone(const struct escape *e, const struct escape_case *c)
{
	return c->kind == ESCAPE_CALL || ((c->flags & ESCAPE_TOUCHES) != 0 &&
	    strchr(escape_says(c, e->level, e->root), '+') != NULL);
}

/* No mark of the overlay's own may have come from inside. */
static void
escape_marks(struct escape *e)
{
	static const char *const marks[] = { "opaque", "redirect",
		"metacopy" };
	const char *forged = world_path(e->w, "state/upper/forged");
	bool none = access(forged, F_OK) == 0;
	size_t i;
	char c;

	for (i = 0; i < MEM_COUNT(marks); i++) {
		char *name = xasprintf("user.overlay.%s", marks[i]);

		none = none && lgetxattr(forged, name, &c, 1) < 0 &&
		    errno == ENODATA;
		free(name);
	}
	tap_ok(e->w, none, "48 no forged mark reaches the layer");
}

static void
escape_together(struct escape *e)
{
	struct buf ids = BUF_INIT(1 << 16);
	char *before = outside_print(e->o), *after, *changed;
	size_t i;

	for (i = 0; i < escape_cases_len; i++)
		if (escape_applies(e, &escape_cases[i]) &&
		    !escape_is_alone(e, &escape_cases[i]))
			buf_addf(&ids, " %s", escape_cases[i].id);
	escape_call(e, buf_str(&ids));
	after = outside_print(e->o);
	changed = outside_compare(before, after);
	tap_ok(e->w, e->w->result.built && e->w->result.exit == 0 &&
	    e->w->result.killed == NULL, "attempts came to their end");
	tap_ok(NULL, changed == NULL, "the outside is as it was%s%s",
	    changed == NULL ? "" : ": ", changed == NULL ? "" : changed);
	for (i = 0; i < escape_cases_len; i++) {
		const struct escape_case *c = &escape_cases[i];
		char *answer;

		if (!escape_applies(e, c) || escape_is_alone(e, c))
			continue;
		answer = escape_answer(e->w, c->id);
		escape_report(e, c, answer, NULL, false);
		free(answer);
	}
	if (e->level == SANDBOX_A)
		escape_marks(e);
	escape_tidy(e);
	/* Find out which case it was. */
	for (i = 0; changed != NULL && i < escape_cases_len; i++)
		if (escape_applies(e, &escape_cases[i]) &&
		    !escape_is_alone(e, &escape_cases[i]))
			escape_alone(e, &escape_cases[i]);
	buf_release(&ids);
	free(before);
	free(after);
	free(changed);
}

/* In a worker that serves one call after another, and again in the same. */
static void
escape_stays(struct escape *e, const char *label)
{
	char *stays = xasprintf("%s, stays", label);
	struct sandbox_ready *last = NULL;
	bool same = false;
	int i;

	tap_label(stays);
	e->w->loop = loop_new();
	e->w->stays = true;
	/* It is replaced, rightly, if the host's mounts change, or if something
	 * of a call may be alive: then both are done again. */
	for (i = 0; i < 4 && !same; i++) {
		escape_together(e);
		same = last != NULL && e->w->ready == last;
		last = e->w->ready;
	}
	tap_ok(e->w, same, "one worker served both");
	sandbox_ready_free(e->w->ready);
	e->w->ready = NULL;
	e->w->stays = false;
	loop_free(e->w->loop);
	e->w->loop = NULL;
	tap_label(label);
	free(stays);
}

static int
escape_landlock(void)
{
	return (int)syscall(444, NULL, 0, 1);
}

/* On older kernels, as far as landlock goes: the same answers. */
static void
escape_older(struct escape *e, const char *label)
{
	int end = escape_landlock();

	if (end > ESCAPE_LANDLOCK)
		end = ESCAPE_LANDLOCK;
	for (e->w->landlock = 1; e->w->landlock < end; e->w->landlock++) {
		char *older = xasprintf("%s, landlock %d", label,
		    e->w->landlock);

		tap_label(older);
		escape_together(e);
		free(older);
	}
	e->w->landlock = 0;
	tap_label(label);
}

/* Shown by another user's turn: limits do not know whose project it is, D and
 * none have the same ones, and there root without rights does not own the
 * user's files. */
static bool
escape_is_told(const struct escape *e, const struct escape_case *c,
    enum escape_who who)
{
	if (c->kind == ESCAPE_CALL)
		return who == WHO_OWNER || (who == WHO_ROOT && geteuid() == 0 &&
		    e->level == SANDBOX_NONE);
	return who == WHO_OWNER && e->level >= SANDBOX_C;
}

static void
escape_level(int level, enum escape_who who)
{
	static const char *const names[] = { "root", "user",
		"root on a user's project" };
	static const char *const masked[] = { ".env", NULL };
	static const char *const shut[] = { "nested/.git", NULL };
	struct escape e = { .level = level };
	struct cgroup_host host = { 0 };
	char label[64];
	size_t i;

	e.w = world_new((enum sandbox_level)level);
	e.w->masked = masked;
	e.w->shut = shut;
	e.o = outside_new(e.w);
	host.project = e.w->root;
	e.cgroup = cgroup_find(&host);
	if (!e.cgroup->has[CGROUP_MEMORY]) {
		cgroup_free(e.cgroup);
		e.cgroup = NULL;
	}
	if (who == WHO_OWNER)
		world_give(e.w);
	/* Without a mount root stays root, see sandbox_stays_root. */
	e.root = geteuid() == 0 && (who == WHO_ROOT || level >= SANDBOX_C);
	snprintf(label, sizeof(label), "%s, %s", names[who],
	    sandbox_levels[level].name);
	tap_label(label);
	escape_together(&e);
	if (level == SANDBOX_C)
		escape_older(&e, label);
	else if (sandbox_levels[level].encloses)
		escape_stays(&e, label);
	for (i = 0; i < escape_cases_len; i++) {
		const struct escape_case *c = &escape_cases[i];

		if (escape_applies(&e, c) && escape_is_alone(&e, c) &&
		    !escape_is_told(&e, c, who))
			escape_alone(&e, c);
	}
	if (e.cgroup != NULL)
		cgroup_free(e.cgroup);
	outside_free(e.o);
	world_free(e.w);
}

static void
escape_who(enum escape_who who)
{
	struct world *w = world_new(SANDBOX_A);
	char *line, *why;
	enum sandbox_level best = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, &line, &why);

	world_free(w);
	tap_label("host");
	if (best == SANDBOX_A)
		escape_level(SANDBOX_A, who);
	else
		tap_skip("level A", why == NULL ? line : why);
	if (best == SANDBOX_A || best == SANDBOX_B)
		escape_level(SANDBOX_B, who);
	else
		tap_skip("level B", why == NULL ? line : why);
	if (escape_landlock() >= 1)
		escape_level(SANDBOX_C, who);
	else
		tap_skip("level C", "this kernel has no landlock");
	/* Without it D and none hold next to nothing. */
	if (escape_landlock() >= ESCAPE_LANDLOCK) {
		escape_level(SANDBOX_D, who);
		escape_level(SANDBOX_NONE, who);
	} else
		tap_skip("levels D and none", "this kernel has no landlock "
		    "that scopes signals");
	free(line);
	free(why);
}

/* ---- what holds for the table itself ---- */

static char *
escape_source(const char *name)
{
	const char *dir = getenv("srcdir");
	struct buf b = BUF_INIT(4 << 20);
	char *path = fs_join(dir == NULL ? "." : dir, name);

	if (fs_read_file(AT_FDCWD, path, &b, NULL) < 0)
		buf_clear(&b);
	free(path);
	return b.len == 0 ? xstrdup("") : buf_take(&b);
}

static bool
escape_same(const struct escape_case *a, const struct escape_case *b)
{
	int r;

	for (r = 0; r < ESCAPE_LEVELS; r++)
		if (strcmp(escape_word(a, r), escape_word(b, r)) != 0)
			return false;
	return true;
}

/* Append a heading, such as "Held on A, B and C, open on D and none:", and the
 * cases with these results. */
static void
escape_manual_group(struct buf *b, const struct escape_case *of)
{
	static const struct { const char *word, *first, *next; } rows[] = {
		{ "held", "Held", "held" },
		{ "open", "Open", "open" },
		{ "root", "Open as root", "open as root" },
		{ "user", "Open as an ordinary user", "open as an ordinary user" },
		{ "-", "Not tried", "not tried" },
	};
	static const char *const names[ESCAPE_LEVELS] = { "A", "B", "C", "D",
	    "none" };
	size_t i, k, n = 0, left;
	int r;

	buf_adds(b, ".Pp\n");
	for (i = 0; i < MEM_COUNT(rows); i++) {
		for (left = 0, r = 0; r < ESCAPE_LEVELS; r++)
			left += strcmp(escape_word(of, r), rows[i].word) == 0;
		if (left == 0)
			continue;
		buf_addf(b, n == 0 ? "%s on " : ", %s on ",
		    n == 0 ? rows[i].first : rows[i].next);
		n++;
		if (left == ESCAPE_LEVELS) {
			buf_adds(b, "every level");
			break;
		}
		for (k = 0, r = 0; r < ESCAPE_LEVELS; r++)
			if (strcmp(escape_word(of, r), rows[i].word) == 0) {
				buf_addf(b, "%s%s", k++ == 0 ? "" :
				    left == 1 ? " and " : ", ", names[r]);
				left--;
			}
	}
	buf_adds(b, ":\n.Bl -tag -width \"120b\" -compact\n");
	for (i = 0; i < escape_cases_len; i++)
		if (escape_same(&escape_cases[i], of))
			buf_addf(b, ".It %s\n\\&%s\n", escape_cases[i].id,
			    escape_cases[i].title);
	buf_adds(b, ".El\n");
}

/* The cases by their results; what is held on all levels comes last. */
static char *
escape_manual(void)
{
	const struct escape_case *held = NULL, *c;
	struct buf b = BUF_INIT(1 << 20);
	size_t i, k;
	int r;

	for (i = 0; i < escape_cases_len; i++) {
		c = &escape_cases[i];
		for (k = 0; !escape_same(&escape_cases[k], c); k++)
			;
		if (k < i)
			continue;
		for (r = 0; r < ESCAPE_LEVELS &&
		    strcmp(escape_word(c, r), "held") == 0; r++)
			;
		if (r == ESCAPE_LEVELS)
			held = c;
		else
			escape_manual_group(&b, c);
	}
	if (held != NULL)
		escape_manual_group(&b, held);
	return buf_take(&b);
}

static void
test_table(void)
{
	char *manual = escape_manual();
	char *page = escape_source("man/assent-security.7");
	size_t i, k;

	tap_label("table");
	tap_ok(NULL, escape_cases_len >= 130, "there are %zu cases",
	    escape_cases_len);
	for (i = 0; i < escape_cases_len; i++) {
		const struct escape_case *c = &escape_cases[i];
		const char *colon = strchr(c->how, ':');
		char *file, *text;

		for (k = 0; k < i; k++)
			if (strcmp(c->id, escape_cases[k].id) == 0)
				tap_ok(NULL, false, "two cases are %s", c->id);
		if (c->kind != ESCAPE_TEST)
			continue;
		file = xmemdup(c->how, (size_t)(colon - c->how));
		text = escape_source(file);
		tap_ok(NULL, strstr(text, colon + 1) != NULL,
		    "%s %s: asserted by %s", c->id, c->title, c->how);
		free(file);
		free(text);
	}
	tap_ok(NULL, strstr(page, manual) != NULL,
	    "assent-security(7) has the table that --manual prints");
	free(manual);
	free(page);
}

static int
list_cases(void)
{
	size_t i;

	for (i = 0; i < escape_cases_len; i++)
		printf("%-5s %-12s %s\n", escape_cases[i].id,
		    escape_cases[i].kind == ESCAPE_TEST ? "(a test)" :
		    escape_cases[i].kind == ESCAPE_CALL ? "(its call)" : "",
		    escape_cases[i].title);
	return 0;
}

static pid_t
escape_fork(enum escape_who who)
{
	gid_t group = ORDINARY_GROUP;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (who == WHO_USER && geteuid() == 0 &&
		    (setgroups(1, &group) < 0 ||
		    setresgid(ORDINARY, ORDINARY, ORDINARY) < 0 ||
		    setresuid(ORDINARY, ORDINARY, ORDINARY) < 0))
			_exit(98);
		escape_who(who);
		fflush(stdout);
		_exit(0);
	}
	return pid;
}

static void
escape_wait(enum escape_who who, pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		tap_ok(NULL, false, "user %d came to its end", (int)who);
}

int
main(int argc, char **argv)
{
	char *programs;
	int i;

	if (argc > 1 && strcmp(argv[1], "--manual") == 0)
		return fputs(escape_manual(), stdout) < 0;
	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list_cases();
	tap_begin();
	programs = world_public_programs();
	signal(SIGPIPE, SIG_IGN);
	/* Nothing may be left, wherever it went. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	test_table();
	if (geteuid() == 0) {
		/* Side by side: they share neither folders nor limits. */
		pid_t root = escape_fork(WHO_ROOT);

		escape_wait(WHO_USER, escape_fork(WHO_USER));
		escape_wait(WHO_ROOT, root);
		escape_wait(WHO_OWNER, escape_fork(WHO_OWNER));
	} else
		escape_wait(WHO_USER, escape_fork(WHO_USER));
	world_reap();
	(void)fs_remove_tree(AT_FDCWD, programs, NULL);
	tap_label("all");
	tap_ok(NULL, waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	    "no process is left");
	i = tap_end();
	fflush(stdout);
	_exit(i);
}
