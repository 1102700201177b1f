/*
 * policy: which paths are protected, secret, ignored, tests, build products. It
 * only answers; the gate and the sandbox act on it. Names match in any case if a
 * match makes things stricter (some file systems do the same), and
 * case-sensitively if the user allows something.
 */

bool
ignore_match(struct ignore *g, const char *path, bool is_dir)
{
	char *full = xasprintf("%s%s", g->prefix, path), *slash;
	bool yes = false;

	/* An ignored folder includes everything below it. */
	for (slash = strchr(full, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = ignore_rules(g, full, true) == GLOB_YES;
		*slash = '/';
	}
	if (!yes)
		yes = ignore_rules(g, full, is_dir) == GLOB_YES;
	if (yes)
		yes = !ignore_has_full(g, full, is_dir);
	free(full);
	return yes;
}

static bool
product_is_there(int fd, const char *path)
{
	int f = fd < 0 ? -1 : fs_open_beneath(fd, path, O_PATH | O_NOFOLLOW,
	    0);

	fs_close(f);
	return f >= 0;
}

/* The path or a folder above it. */
static bool
product_table_covers(
    struct policy *p, const char *path, bool is_dir)
{
	char *copy = xstrdup(path), *slash;
	bool yes = false;

	for (slash = strchr(copy, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = product_table(p, copy, true);
		*slash = '/';
	}
	free(copy);
	return yes || product_table(p, path, is_dir);
}

