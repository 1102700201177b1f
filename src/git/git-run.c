#include "config.h"

#include "git/git-run-int.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"

struct git_key {
	char		*key;
	const char	*users;		/* in the listing, or NULL */
	bool		 repository;	/* the repository sets another */
};

/*
 * The settings that name a program. The user doesn't vouch for a repository's
 * own configuration (.git/config, config.worktree, and what they include). They
 * do for what they set for all repositories, unless it is a relative path,
 * which leads to a file of the repository.
 */

/* By their form, so that another of the kind is covered: all of a section, and
 * all whose name ends so. */
static bool
git_keys_name_program(const char *key)
{
	static const char *const sections[] = { "alias.", "browser.",
	    "difftool.", "filter.", "guitool.", "hook.", "lfs.customtransfer.",
	    "lfs.extension.", "man.", "mergetool.", "pager." };
	static const char *const ends[] = { "askpass", "browser", "cmd",
	    "command", "difffilter", "driver", "editor", "external",
	    "fsmonitor", "gitproxy", "helper", "hook", "hookspath", "httpd",
	    "pager", "program", "receivepack", "textconv", "tunnel",
	    "uploadpack", "vcs" };
	const char *dot = strrchr(key, '.');
	size_t i, n = dot == NULL ? 0 : strlen(dot + 1);

	if (MEM_BEGINS(sections, key))
		return true;
	for (i = 0; i < MEM_COUNT(ends); i++)
		if (n >= strlen(ends[i]) && strcmp(dot + 1 + n -
		    strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* Does its first word, without a shell's quotes, name a program so? */
static bool
git_keys_is_relative(const char *command)
{
	const char *word = command + strspn(command, " \t!\"'");
	size_t n = strcspn(word, "/= \t");

	return n > 0 && word[n] == '/' && word[0] != '~' && word[0] != '$';
}

static bool
git_keys_is_users(const char *scope, const char *value)
{
	static const char *const scopes[] = { "command", "global", "system" };

	return MEM_FIND(scopes, scope) != NULL && !git_keys_is_relative(value);
}

static void
git_keys_add(struct git_keys *k, char *word_take)
{
	GROW_BY(k->words, k->len, 2);
	k->words[k->len++] = xstrdup("-c");
	k->words[k->len++] = word_take;
}

/* Override a key that names a program. An empty value makes git run none, and
 * clears a list such as credential.helper. Without some programs git fails, so
 * the user's own value follows. */
static int
git_keys_override(struct git_keys *k, struct git_key *g, struct err *e)
{
	/* -c ends the name there. */
	if (strchr(g->key, '=') != NULL)
		return err_set(e, "the repository's configuration has %.200s, "
		    "which can't be overridden: remove it", g->key);
	git_keys_add(k, xasprintf("%s=", g->key));
	if (g->users != NULL)
		git_keys_add(k, xasprintf("%s=%s", g->key, g->users));
	return 0;
}

/* Read what `git config --list -z --show-scope` printed. -1 with *e if a key
 * can't be overridden. */
static int
git_keys_read(struct git_keys *k, const struct buf *listed, struct err *e)
{
	const char *at = buf_str(listed), *end = at + listed->len, *scope;
	int rc = 0;

	while (at < end) {
		AUTO_FREE char *key = NULL;
		const char *value;
		struct git_key *g;

		scope = at;
		at += strlen(at) + 1;
		if (at >= end)
			return err_set(e, "can't understand what git config "
			    "printed");
		key = xmemdup(at, strcspn(at, "\n"));
		value = at[strlen(key)] == '\n' ? at + strlen(key) + 1 :
		    "true";
		at += strlen(at) + 1;
		if (!git_keys_name_program(key))
			continue;
		g = pathmap_add(&k->found, key, sizeof(*g));
		if (git_keys_is_users(scope, value))
			g->users = value;
		else if (g->users == NULL || strcmp(g->users, value) != 0)
			g->repository = true;
	}
	PATHMAP_EACH(&k->found, git_key, key)
		if (rc == 0 && key->repository)
			rc = git_keys_override(k, key, e);
	return rc;
}

/* Is the filter of this name, which would change a file that is checked out,
 * overridden? Or has git-lfs, which is set, left its pointer there? */
static bool
git_keys_filter(const struct git_keys *k, const char *name, bool pointer)
{
	static const char *const parts[] = { "process", "smudge" };
	const struct git_key *g;
	size_t i;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		AUTO_FREE char *key = xasprintf("filter.%s.%s", name, parts[i]);

		g = pathmap_find(&k->found, key);
		if (g != NULL && (g->repository || pointer))
			return true;
	}
	return false;
}

void
git_keys_release(struct git_keys *k)
{
	pathmap_release(&k->found);
	xfree_list(k->words, k->len);
}

#define GIT_SAID_MAX	((size_t)64 << 10)

/* Variables that tell git which repository to use, by `git rev-parse --local-
 * env-vars`, but for the user's settings in GIT_CONFIG_*. */
static const char *const git_env[] = {
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR",
	"GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE",
	"GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
	"GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
	"GIT_WORK_TREE",
	/* They change what our arguments mean. */
	"GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS",
	"GIT_NOGLOB_PATHSPECS", "GIT_DIFF_OPTS",
};

bool
git_is_hash(const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	return (n == 40 || n == 64) && strspn(s, "0123456789abcdef") == n;
}

#define GIT_MEMORY	((rlim_t)256 << 20)

_Noreturn void
git_exec(const struct git_run *g, const struct git_keys *off,
    const char *const *args, bool plumbing)
{
	/* Don't take project files that look like a bare repository, with
	 * settings of their own, for one; nor those of a submodule. */
	static const char *const head[] = { "git", "-c",
	    "safe.bareRepository=explicit", "-c", "core.hooksPath=/dev/null",
	    "-c", "submodule.recurse=false" };
	size_t i, len = 0, n = g->program != NULL ? 1 : !g->trusts_repo ?
	    MEM_COUNT(head) : plumbing ? 3 : 1;
	const rlim_t out = g->out == NULL ? 0 : g->out->max;
	const struct rlimit most = { out, out }, memory = { GIT_MEMORY,
	    GIT_MEMORY };
	const char **argv;
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < MEM_COUNT(git_env); i++)
		(void)unsetenv(git_env[i]);
	if ((g->alone && (setenv("GIT_CONFIG_PARAMETERS", "", 1) < 0 ||
	    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1) < 0 ||
	    setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1) < 0 ||
	    setenv("GIT_CONFIG_COUNT", "0", 1) < 0)) ||
	    (g->index != NULL && setenv("GIT_INDEX_FILE", g->index, 1) < 0) ||
	    (g->objects != NULL && (setenv("GIT_OBJECT_DIRECTORY", g->objects,
	    1) < 0 || setenv("GIT_NO_REPLACE_OBJECTS", "1", 1) < 0)) ||
	    (plumbing && (setenv("GIT_LITERAL_PATHSPECS", "1", 1) < 0 ||
	    setenv("GIT_OPTIONAL_LOCKS", "0", 1) < 0)) ||
	    (!g->trusts_repo && !g->lazy &&
	    setenv("GIT_NO_LAZY_FETCH", "1", 1) < 0) ||
	    (!g->trusts_repo && (setenv("GIT_ALLOW_PROTOCOL",
	    g->lazy ? "file:git:http:https:ssh" : "", 1) < 0 ||
	    setenv("GIT_LFS_SKIP_SMUDGE", "1", 1) < 0 || (!g->lazy &&
	    setenv("GIT_SSH_COMMAND", "false", 1) < 0))))
		_exit(126);
	while (args[len] != NULL)
		len++;
	argv = xcalloc(n + off->len + len + 1, sizeof(*argv));
	argv[0] = g->program != NULL ? g->program : head[0];
	/* If a key is in both, the last one counts. */
	for (i = 0; i < off->len; i++)
		argv[i + 1] = off->words[i];
	memcpy(argv + off->len + 1, head + 1, (n - 1) * sizeof(*argv));
	memcpy(argv + off->len + n, args, len * sizeof(*argv));
	if (g->bounded && (setrlimit(RLIMIT_FSIZE, &most) < 0 ||
	    setrlimit(RLIMIT_DATA, &memory) < 0))
		_exit(126);
	(void)alarm(g->seconds);
	if (chdir(g->dir) == 0)
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int
git_wait(const struct git_run *g, pid_t pid, struct err *e)
{
	int status = spawn_reap(pid);

	if (status < 0)
		return err_sys(e, "can't wait for git");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return access(g->dir, X_OK) < 0 ? err_sys(e, "can't run git in "
		    "%s", g->dir) : err_set(e, "can't run %s: is it installed?",
		    g->program == NULL ? "git" : g->program);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
git_input(const struct git_run *g)
{
	return g->in == NULL ? fs_memory(NULL, 0) :
	    fs_memory(g->in->p, g->in->len);
}

static struct git_begun
git_begin(const struct git_run *g, const struct git_keys *off,
    const char *const *args, struct err *e)
{
	struct git_begun b = { -1, fs_memory(NULL, 0),
		fs_memory(NULL, 0) };
	AUTO_CLOSE int in = git_input(g);

	fflush(NULL);
	if (in < 0 || b.out < 0 || b.said < 0)
		err_sys(e, "can't create a file in memory");
	else if ((b.pid = fork()) < 0)
		err_sys(e, "can't start git");
	if (b.pid != 0)
		return b;
	if (dup2(in, 0) < 0 || dup2(b.out, 1) < 0 || dup2(b.said, 2) < 0)
		_exit(126);
	git_exec(g, off, args, true);
}

struct git_begun
git_run_begin(const struct git_run *g, const char *const *args)
{
	return git_begin(g, &(const struct git_keys){ .len = 0 }, args, NULL);
}

int
git_run_end(const struct git_run *g, struct git_begun b, struct buf *said,
    struct err *e)
{
	AUTO_CLOSE int out = b.out, words = b.said;
	int rc = b.pid < 0 ? -1 : git_wait(g, b.pid, e);

	if (rc >= 0 && ((g->out != NULL && fs_memory_read(out, g->out) < 0) ||
	    (said != NULL && fs_memory_read(words, said) < 0)))
		rc = err_sys(e, "can't read what git printed");
	return rc;
}

int
git_find_keys(const struct git_run *g, struct git_keys *off, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0), said = BUF_INIT(GIT_SAID_MAX);
	const struct git_keys none = { .len = 0 };
	const struct git_run at = { .dir = g->dir, .out = &out,
		.alone = g->alone };
	int rc = g->trusts_repo ? 0 : git_run_end(&at, git_begin(&at, &none,
	    GIT_WORDS("config", "--list", "-z", "--show-scope"), e), &said, e);

	return rc > 0 ? err_set(e, "git config: %s", said.len > 0 ?
	    buf_str(&said) : "it failed") :
	    rc < 0 ? -1 : git_keys_read(off, &out, e);
}

int
git_run(const struct git_run *g, const char *const *args, struct buf *said,
    struct err *e)
{
	/* They run no program: git_find_keys asks in the same way. */
	static const char *const plain[] = { "config", "version" };
	AUTO(git_keys_release) struct git_keys off = { .len = 0 };

	return MEM_FIND(plain, args[0]) == NULL &&
	    git_find_keys(g, &off, e) < 0 ? -1 :
	    git_run_end(g, git_begin(g, &off, args, e), said, e);
}

int
git_run_ok(const struct git_run *g, const char *const *args, struct err *e)
{
	AUTO_BUF struct buf said = BUF_INIT(GIT_SAID_MAX);
	int rc = git_run(g, args, &said, e);

	while (said.len > 0 && said.p[said.len - 1] == '\n')
		said.p[--said.len] = '\0';
	return rc <= 0 ? rc : err_set(e, "git %s: %s", args[0], said.len > 0 ?
	    buf_str(&said) : "it failed");
}

int
git_run_in(const char *dir, struct buf *out, const char *const *args,
    struct err *e)
{
	return git_run_ok(&(const struct git_run){ .dir = dir, .out = out },
	    args, e);
}

char *
git_run_line(const struct git_run *g, const char *const *args, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	struct git_run with = *g;

	with.out = &b;
	if (git_run_ok(&with, args, e) < 0)
		return NULL;
	if (b.len > 0 && b.p[b.len - 1] == '\n')
		b.p[--b.len] = '\0';
	return buf_take(&b);
}

char *
git_run_ask(const char *dir, const char *a, const char *b, const char *c,
    struct err *e)
{
	return git_run_line(&(const struct git_run){ .dir = dir },
	    GIT_WORDS(a, b, c), e);
}

/* Has git-lfs left its pointer to the content there? */
static bool
git_is_pointer(int dirfd, const char *name)
{
	static const char begin[] = "version https://git-lfs.github.com/";
	char is[sizeof(begin) - 1];
	AUTO_CLOSE int fd = fs_open_regular(dirfd, name);

	return fd >= 0 && pread(fd, is, sizeof(is), 0) ==
	    (ssize_t)sizeof(is) && memcmp(is, begin, sizeof(is)) == 0;
}

int
git_run_unfiltered(const char *dir, struct buf *names, struct err *e)
{
	AUTO(git_keys_release) struct git_keys off = { .len = 0 };
	AUTO_BUF struct buf files = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = { .dir = dir, .in = &files, .out = &out };
	AUTO_CLOSE int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *at, *end, *v[3] = { "", "", "" };
	size_t i;

	if (git_find_keys(&g, &off, e) < 0 ||
	    git_run_in(dir, &files, GIT_WORDS("ls-files", "-z"), e) < 0 ||
	    git_run_ok(&g, GIT_WORDS("check-attr", "-z", "--stdin", "filter"),
	    e) < 0)
		return -1;
	/* NAME, attribute, value. */
	for (i = 0, at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1, i++) {
		v[i % 3] = at;
		if (i % 3 == 2 && git_keys_filter(&off, at,
		    strcmp(at, "lfs") == 0 && git_is_pointer(dirfd, v[0])))
			(void)buf_add(names, v[0], strlen(v[0]) + 1);
	}
	return 0;
}

/* The HEAD of a work tree, and whether a merge, rebase or the like is under way
 * there. */

bool
git_state_has_branch(const char *dir, const char *name)
{
	AUTO_FREE char *ref = xasprintf("refs/heads/%s", name);
	AUTO_FREE char *hash = git_run_ask(dir, "rev-parse", "--verify", ref,
	    NULL);

	return hash != NULL;
}

char *
git_state_path(const char *dir, const char *name, struct err *e)
{
	/* It runs nothing, and core.hooksPath counts. */
	char *path = git_run_line(&(const struct git_run){ .dir = dir,
	    .trusts_repo = true }, GIT_WORDS("rev-parse", "--git-path", name),
	    e);

	if (path != NULL && path[0] != '/')
		FREE_SET(path, fs_join(dir, path));
	return path;
}

int
git_state_repository(const char *dir, struct err *e)
{
	AUTO_FREE char *at = xstrdup(dir);
	bool found = false;

	do {
		AUTO_FREE char *git = fs_join(at, ".git");
		AUTO_FREE char *bare = fs_join(at, "HEAD");
		AUTO_FREE char *objects = fs_join(at, "objects");

		found = access(git, F_OK) == 0;
		if (!found && access(bare, F_OK) == 0 &&
		    access(objects, F_OK) == 0)
			return err_misuse(e, "%s is a bare repository; use a "
			    "clone or a worktree of it", at);
	} while (!found && fs_up(at));
	return found ? 0 : err_misuse(e, "%s isn't in a git repository", dir);
}

static const struct state_row {
	const char	*file, *what, *way;
} state_rows[] = {
	{ "MERGE_HEAD", "a merge", "" },
	{ "CHERRY_PICK_HEAD", "a cherry-pick", "" },
	{ "REVERT_HEAD", "a revert", "" },
	{ "rebase-merge", "a rebase", ", such as with git commit, then git "
	    "rebase --continue" },
	{ "rebase-apply", "a rebase or git am", "" },
};

int
git_state_idle(const char *dir, struct err *e)
{
	AUTO_FREE char *git = git_run_ask(dir, "rev-parse", "--absolute-git-dir",
	    NULL, e);
	const struct state_row *r;

	for (r = state_rows; git != NULL &&
	    r < state_rows + MEM_COUNT(state_rows); r++) {
		AUTO_FREE char *path = fs_join(git, r->file);

		if (access(path, F_OK) == 0)
			return err_set(e, "%s is in progress: finish or abort "
			    "it with git first%s", r->what, r->way);
	}
	return git == NULL ? -1 : 0;
}

int
git_state_head(const char *dir, char **head, char **ref, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(1 << 16);
	const struct git_run g = { .dir = dir, .out = &out };
	/* 1: the branch is unborn, or HEAD broken. */
	int rc = git_run(&g, GIT_WORDS("rev-parse", "--verify", "-q",
	    "HEAD^{commit}"), NULL, e);

	*head = rc == 0 ? xmemdup(out.p, out.len - 1) : NULL;
	*ref = git_run_ask(dir, "symbolic-ref", "-q", "HEAD", NULL);
	return rc == 0 || (rc == 1 && *ref != NULL) ? 0 : rc < 0 ? -1 :
	    err_set(e, "git can't read HEAD");
}

/*
 * Follow a commit. After an amend or a rebase the commit that replaces it has
 * its author and the author's time.
 */

/* Author's time and address, subject; the hash last. */
#define FOLLOW_FORMAT	"--format=%at %ae%n%s%n%H"
#define FOLLOW_SLACK	86400	/* s: clocks differ */

/* Ends the line at `at`; the next one. */
static char *
follow_line(char *at)
{
	at += strcspn(at, "\n");
	if (*at != '\0')
		*at++ = '\0';
	return at;
}

/* The commit of the log with this author and time; of several, the one with
 * this subject. NULL: not found, or ambiguous. */
static const char *
follow_match(char *log, const char *who, const char *subject)
{
	const char *any = NULL, *same = NULL;
	size_t anys = 0, sames = 0;
	char *at = log;

	while (*at != '\0') {
		char *is_by = at, *says = follow_line(is_by);
		char *hash = follow_line(says);

		at = follow_line(hash);
		if (strcmp(is_by, who) != 0)
			continue;
		any = anys++ == 0 ? hash : NULL;
		if (strcmp(says, subject) == 0)
			same = sames++ == 0 ? hash : NULL;
	}
	return sames > 0 ? same : any;
}

static void
follow_find(const char *dir, struct git_followed *c)
{
	AUTO_BUF struct buf was = BUF_INIT(0), log = BUF_INIT(0);
	AUTO_FREE char *age = NULL;
	const char *now;
	char *subject;

	c->end = FOLLOW_GONE;
	if (!git_is_hash(c->commit))
		return;
	if (git_run_in(dir, NULL, GIT_WORDS("merge-base", "--is-ancestor",
	    "--end-of-options", c->commit, "HEAD"), NULL) == 0) {
		c->end = FOLLOW_HERE;
		return;
	}
	if (git_run_in(dir, &was, GIT_WORDS("log", "-1", "--no-show-signature",
	    FOLLOW_FORMAT, "--end-of-options", c->commit, "--"), NULL) < 0 ||
	    was.len == 0)
		return;
	c->end = FOLLOW_ELSEWHERE;
	/* It was committed after it was written. */
	age = xasprintf("--max-age=%lld", strtoll(was.p, NULL, 10) -
	    FOLLOW_SLACK);
	if (git_run_in(dir, &log, GIT_WORDS("log", "--no-show-signature", age,
	    FOLLOW_FORMAT, "HEAD", "--"), NULL) < 0 || log.len == 0)
		return;
	(void)buf_str(&log);
	subject = follow_line(was.p);
	(void)follow_line(subject);
	if ((now = follow_match(log.p, was.p, subject)) == NULL)
		return;
	snprintf(c->now, sizeof(c->now), "%s", now);
	c->end = FOLLOW_MOVED;
}

const struct git_followed *
git_follow(const char *dir, struct pathmap *known, const char *commit)
{
	struct git_followed *c = pathmap_find(known, commit);

	if (c == NULL) {
		c = pathmap_add(known, commit, sizeof(*c));
		follow_find(dir, c);
	}
	return c;
}
