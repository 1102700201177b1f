#include "config.h"

#include "cmd/clone.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "front/client.h"
#include "git/git-run.h"

#define CLONE_ARGS	16

/*
 * The folder below assent's own for a URL: HOST/PATH, without user, port and
 * ".git", so that the same repository by https and ssh has one place; of a local
 * path: local/PATH.
 */
static char *
clone_place(const char *url)
{
	const char *p = strstr(url, "://"), *end = url + strlen(url), *at, *s;
	struct buf b = BUF_INIT(0);

	p = p == NULL ? url : p + 3;
	if (*p == '/')
		buf_adds(&b, "local");
	else if ((at = memchr(p, '@', strcspn(p, "/"))) != NULL)
		p = at + 1;
	while (end > p && end[-1] == '/')
		end--;
	if (end - p > 4 && memcmp(end - 4, ".git", 4) == 0)
		end -= 4;
	for (; p < end; p = s) {
		bool host = b.len == 0;

		while (p < end && (*p == '/' || *p == ':'))
			p++;
		for (s = p; s < end && *s != '/' && (!host || *s != ':'); s++)
			;
		if (s == p)
			break;
		if (b.len > 0)
			buf_addc(&b, '/');
		/* No name is hidden, nor leads up. */
		if (*p == '.')
			buf_addc(&b, '_');
		for (; p < s; p++)
			buf_addc(&b, isalnum((unsigned char)*p) != 0 ||
			    strchr("._+~-", *p) != NULL ? *p : '_');
		/* ssh://host:22/path has a port, host:22/path hasn't. */
		if (host && strstr(url, "://") != NULL && *s == ':')
			s += strcspn(s, "/");
	}
	return buf_take(&b);
}

/* It exists: is it a clone of this, at this ref? */
static int
clone_check(const char *dir, const char *url, const char *ref)
{
	AUTO_FREE char *origin = git_run_ask(dir, "config", "--get",
	    "remote.origin.url", NULL);
	AUTO_FREE char *want = NULL, *have = NULL, *commit = NULL;

	if (origin == NULL || strcmp(origin, url) != 0)
		return cmd_fail(EXIT_USAGE, "%s exists and is no clone of %s; "
		    "name another folder with --into", dir, url);
	if (ref != NULL) {
		commit = xasprintf("%s^{commit}", ref);
		want = git_run_ask(dir, "rev-parse", "--verify", commit,
		    NULL);
		have = git_run_ask(dir, "rev-parse", "--verify", "HEAD",
		    NULL);
		if (want == NULL || have == NULL || strcmp(want, have) != 0)
			return cmd_fail(EXIT_USAGE, "%s was cloned before and "
			    "isn't at %s; check it out there with git, or name "
			    "another folder with --into", dir, ref);
	}
	cmd_say("working in the existing clone %s; git pull updates it",
	    dir);
	return 0;
}

/* As `name` in the folder `part`. */
static int
clone_into(const char *part, const char *name, const char *url, const char *ref,
    bool shallow, struct err *e)
{
	AUTO_FREE char *dir = fs_join(part, name);
	const struct git_run above = { .dir = part, .connects = true },
	    inside = { .dir = dir, .connects = true };
	const char *args[CLONE_ARGS] = { "-c", "advice.detachedHead=false",
		"clone" };
	const char *const fetch[] = { "fetch", "--depth=1", "origin", ref,
		NULL };
	const char *const checkout[] = { "checkout", "-q", "--detach", ref,
		"--", NULL };
	bool commit = git_is_hash(ref);
	size_t n = 3;
	int rc;

	if (isatty(STDERR_FILENO))
		args[n++] = "--progress";
	if (shallow)
		args[n++] = "--depth=1";
	if (commit)
		args[n++] = "--no-checkout";
	else if (ref != NULL) {
		args[n++] = "--branch";
		args[n++] = ref;
	}
	args[n++] = "--";
	args[n++] = url;
	args[n++] = name;
	rc = git_run_unasked(&above, args, e);
	if (rc == 0 && commit && shallow)
		rc = git_run_unasked(&inside, fetch, e);
	if (rc == 0 && commit)
		rc = git_run_unasked(&inside, checkout, e);
	return rc;
}

static int
clone_failed(int status, const char *url, const struct err *e)
{
	if (status < 0)
		return cmd_fail(EXIT_ERROR, "--repo: %s", e->text);
	if (status > 128)
		return EXIT_INTERRUPTED;
	return cmd_fail(EXIT_ERROR, "git could not clone %s. If it needs a "
	    "password or a passphrase: set up a credential helper "
	    "(gitcredentials(7)) or ssh-agent, or clone it yourself and start "
	    "assent there", url);
}

/* Made in a folder beside its place, and moved there when it is complete. */
static int
clone_make(const char *dir, const char *url, const char *ref, bool shallow)
{
	AUTO_FREE char *part = xasprintf("%s.part", dir), *tree = NULL;
	const char *slash = strrchr(dir, '/');
	const char *name = slash == NULL ? dir : slash + 1;
	struct err e = ERR_INIT;
	AUTO_CLOSE int lock = -1;
	int rc;

	tree = fs_join(part, name);
	if (fs_mkdirs(part, 0700, &e) < 0)
		return cmd_fail_err(&e);
	/* git has it, too: should we die, it first removes what it made. */
	lock = open(part, O_RDONLY | O_DIRECTORY);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return cmd_fail(EXIT_ERROR, errno == EWOULDBLOCK ?
		    "%s: another assent is cloning it" : "%s: %m", part);
	if (fs_remove_tree(lock, name, &e) < 0)
		return cmd_fail_err(&e);
	rc = clone_into(part, name, url, ref, shallow, &e);
	if (rc != 0)
		rc = clone_failed(rc, url, &e);
	else if (rename(tree, dir) < 0)
		rc = cmd_fail(EXIT_ERROR, "%s: %m", dir);
	(void)fs_remove_tree(AT_FDCWD, part, NULL);
	return rc;
}

/* Remove the empty folders above it; cuts dir. */
static void
clone_tidy(const char *folder, char *dir)
{
	char *slash;

	while ((slash = strrchr(dir, '/')) != NULL &&
	    (size_t)(slash - dir) > strlen(folder)) {
		*slash = '\0';
		if (rmdir(dir) < 0)
			break;
	}
}

char *
clone_repo(const struct cmd_args *a, int *code)
{
	AUTO_FREE char *folder = NULL, *place = NULL, *local = NULL;
	const char *url = a->repo;
	struct err e = ERR_INIT;
	char *dir = NULL;
	struct stat st;
	size_t n;

	*code = 0;
	if (url[0] == '\0' || url[0] == '-' ||
	    (a->ref != NULL && (a->ref[0] == '\0' || a->ref[0] == '-'))) {
		*code = cmd_fail(EXIT_USAGE, "--repo and --ref need names that "
		    "don't begin with -");
		return NULL;
	}
	/* As git: what is here is no URL. */
	if (stat(url, &st) == 0 && (local = fs_realpath(url)) != NULL)
		url = local;
	if (a->into != NULL) {
		dir = xstrdup(a->into);
		for (n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
			dir[n - 1] = '\0';
	} else if ((folder = data_dir("repos", &e)) != NULL &&
	    (place = clone_place(url))[0] != '\0')
		dir = fs_join(folder, place);
	if (dir == NULL)
		*code = cmd_fail(EXIT_USAGE, "%s", err_is_set(&e) ? e.text :
		    "no folder for the clone: name one with --into");
	else if (lstat(dir, &st) == 0)
		*code = clone_check(dir, url, a->ref);
	else	/* Of a local path, git copies or links all objects anyway. */
		*code = clone_make(dir, url, a->ref, local == NULL);
	if (*code != 0) {
		if (place != NULL && dir != NULL)
			clone_tidy(folder, dir);
		free(dir);
		dir = NULL;
	}
	return dir;
}
