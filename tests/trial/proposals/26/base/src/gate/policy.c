/*
 * policy: which paths are protected, secret, ignored, tests, build products. It
 * only answers; the gate and the sandbox act on it. Names match in any case if a
 * match makes things stricter (some file systems do the same), and
 * case-sensitively if the user allows something.
 */

/* By the rules alone: the nearest folder with a matching rule decides. */
static enum glob_verdict
ignore_rules(struct ignore *g, const char *path, bool is_dir)
{
	for (;;) {
		globs = ignore_dir_globs(g, path, n);
		if (globs != NULL)
			v = glob_list_match(globs, path + n + (n > 0), is_dir);
		if (v != GLOB_NONE || n == 0)
			break;
		while (n > 0 && path[n - 1] != '/')
			n--;
		if (n > 0)
			n--;
	}
	if (v == GLOB_NONE && g->exclude.path != NULL) {
		globs = ignore_file_globs(g, &g->exclude, false);
		if (globs != NULL)
			v = glob_list_match(globs, path, is_dir);
	}
	return v;
}

/* Read everything in this process that will be read later; HEAD goes to id,
 * which stays empty if there is none. */
static int
ignore_try_read(const char *root, char id[41], struct err *e)
{
	git_repository *repo = NULL;
	git_index *index = NULL;
	git_oid oid;
	int rc = -1;

	id[0] = '\0';
	if (git_repository_open_ext(&repo, root, 0, NULL) < 0 ||
	    git_repository_index(&index, repo) < 0 ||
	    git_index_read(index, 0) < 0) {
		gitlib_error(e, "cannot read it");
	} else {
		rc = 0;
		if (git_reference_name_to_id(&oid, repo, "HEAD") == 0)
			git_oid_tostr(id, 41, &oid);
	}
	git_index_free(index);
	git_repository_free(repo);
	return rc;
}

/*
 * Is the repository around `root` readable: its HEAD, config and index? -1 with
 * the reason. The files may be hostile (a FIFO, endless, or a crash in
 * libgit2), so a child process tries first, with a deadline. `head` is the HEAD
 * commit, as hex, or "".
 */
static int
ignore_try(const char *root, char head[41], struct err *e)
{
	struct ignore_answer a = { .id = "" };
	int p[2], rc = -1;
	pid_t pid;

	if (gitlib_init(e) < 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "cannot start a process to try it");
		goto out;
	}
	pid = fork();
	if (pid == 0)
		ignore_try_child(root, p[1]);
	close(p[1]);
	if (pid < 0) {
		err_sys(e, "cannot start a process to try it");
	} else {
		rc = ignore_try_wait(p[0], &a, e);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(p[0]);
out:
	gitlib_release();
	memcpy(head, rc == 0 ? a.id : "", rc == 0 ? sizeof(a.id) : 1);
	return rc;
}

/* Did the model write something in this folder? */
static bool
product_is_written_below(const struct policy *p, const char *dir)
{
	size_t len = strlen(dir), i;
	AUTO_FREE void **v = pathmap_list(&p->written);
	bool yes = false;

	for (i = 0; v[i] != NULL && !yes; i++) {
		const char *path = ((struct policy_path *)v[i])->path;

		yes = strncmp(path, dir, len) == 0 && path[len] == '/';
	}
	return yes;
}

/* Is one of the names next to `path`? */
static bool
product_beside(const char *names, int root, int staged, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	bool yes = false;

	while (*names != '\0' && !yes) {
		size_t n = strcspn(names, " ");
		AUTO_FREE char *at = NULL;

		if (n > 2 && strncmp(names, "./", 2) == 0)
			at = xasprintf("%s%.*s", path, (int)n - 1, names + 1);
		else
			at = xasprintf("%.*s%.*s", (int)dir, path, (int)n,
			    names);
		yes =
		    product_is_there(root, at) || product_is_there(staged, at);
		names += n;
		names += strspn(names, " ");
	}
	return yes;
}

/* Does a setting make an exception for the path, or for the nearest folder
 * above it that any setting mentions? */
static bool
product_is_exempt(const struct policy *p, const char *path)
{
	enum glob_verdict v = glob_list_match(p->product_user, path, false);
	char *copy = xstrdup(path), *slash;

	while (v == GLOB_NONE && (slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		v = glob_list_match(p->product_user, copy, true);
	}
	free(copy);
	return v == GLOB_TAKEN_BACK;
}

static bool
policy_covers_any(const struct glob_list *g, const char *path)
{
	struct policy_name n = {
		.path = path, .plain = policy_name_plain(path),
	};
	bool yes = policy_covers(g, &n);

	free(n.plain);
	return yes;
}

