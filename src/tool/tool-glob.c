/*
 * glob {pattern, path?}: names of files, sorted by path, which is the same on
 * every machine and in every replay; mtimes are not. A pattern without a slash
 * matches file names in any folder, any other the path relative to the searched
 * folder. The reply has "count" and "cut".
 */
#include "config.h"

#include "base/mem.h"
#include "tool/impl.h"

#include <string.h>
#include <unistd.h>

#include "base/glob.h"
#include "base/json.h"
#include "tool/walk.h"

#define GLOB_MAX	1000
#define GLOB_BYTES	1024
#define GLOB_BRACES	64	/* alternatives of {a,b} */

struct glob_run {
	struct glob_list *globs;
	const char	*prefix;	/* prefix of each path shown; "" or
					   "dir/" */
	struct buf	 out;
	size_t		 count;
	bool		 cut;
};

/* The first brace group: its '{' and '}', or NULL. */
static const char *
glob_find_braces(const char *p, const char *end, const char **close)
{
	const char *open = NULL;
	bool comma = false;
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end) {
			p++;
		} else if (*p == '{') {
			if (depth++ == 0)
				open = p;
		} else if (*p == ',' && depth == 1) {
			comma = true;
		} else if (*p == '}' && depth > 0 && --depth == 0) {
			if (comma) {
				*close = p;
				return open;
			}
		}
	}
	return NULL;
}

/* Expand the first group and continue with each result. */
static int
glob_expand(struct glob_list *g, size_t *len, const char *glob, size_t n,
    struct err *e)
{
	const char *end = glob + n, *close, *open, *from, *q;
	int rc = 0, depth = 0;

	open = glob_find_braces(glob, end, &close);
	if (open == NULL && ++*len > GLOB_BRACES)
		return err_set(e, "the glob has more than %d alternatives",
		    GLOB_BRACES);
	if (open == NULL) {
		glob_list_add(g, glob, n);
		return 0;
	}
	for (from = q = open + 1; rc == 0 && q <= close; q++) {
		AUTO_BUF struct buf b = BUF_INIT(2 * GLOB_BYTES);

		if (*q == '\\' && q < close) {
			q++;
			continue;
		}
		if (*q == '{')
			depth++;
		if (*q == '}' && q < close)
			depth--;
		if ((*q != ',' && q != close) || depth > 0)
			continue;
		buf_add(&b, glob, (size_t)(open - glob));
		buf_add(&b, from, (size_t)(q - from));
		buf_add(&b, close + 1, (size_t)(end - close - 1));
		rc = glob_expand(g, len, buf_str(&b), b.len, e);
		from = q + 1;
	}
	return rc;
}

struct glob_list *
glob_braces(const char *glob, struct err *e)
{
	struct glob_list *g = glob_list_new(false);
	/* In an ignore file these begin an exception and a comment. */
	AUTO_FREE char *plain = xasprintf("%s%s", *glob == '!' ||
	    *glob == '#' ? "\\" : "", glob);
	size_t n = strlen(plain), len = 0;
	int rc;

	if (n > GLOB_BYTES)
		rc = err_set(e, "the glob is longer than %d bytes",
		    GLOB_BYTES);
	else
		rc = glob_expand(g, &len, plain, n, e);
	if (rc == 0)
		return g;
	glob_list_free(g);
	return NULL;
}

static bool
glob_file(void *arg, int dir, const char *name, const char *path, bool is_link)
{
	struct glob_run *g = arg;

	(void)dir;
	(void)name;
	(void)is_link;
	if (glob_list_match(g->globs, path, false) == GLOB_NONE)
		return true;
	if (g->count == GLOB_MAX || g->out.len + strlen(g->prefix) +
	    8 * strlen(path) > TOOL_SHOW_MAX) {
		g->cut = true;
		return false;
	}
	buf_adds(&g->out, g->prefix);
	show_name(&g->out, path, strlen(path));
	buf_addc(&g->out, '\n');
	g->count++;
	return true;
}

char *
glob_prefix(const char *given)
{
	struct buf b = BUF_INIT(0);

	while (given[0] == '.' && given[1] == '/')
		for (given += 2; *given == '/'; given++)
			;
	if (strcmp(given, ".") != 0)
		show_name(&b, given, strlen(given));
	if (b.len > 0 && b.p[b.len - 1] != '/')
		buf_addc(&b, '/');
	return buf_take(&b);
}

void
glob_walk_notes(struct buf *out, const struct walk *w)
{
	if (w->truncated)
		buf_adds(out, "[the folder is too large or too deep and was "
		    "searched only in part; give a subfolder in path]\n");
	if (w->unreadable > 0)
		buf_addf(out, "[%zu folder%s could not be read]\n",
		    w->unreadable, w->unreadable == 1 ? "" : "s");
}

static void
glob_answer(struct glob_run *g, const struct walk *w, const char *pattern,
    const char *path, cJSON *reply)
{
	if (g->count == 0) {
		AUTO_FREE char *shown = show_dup(pattern, strlen(pattern), 200);

		buf_addf(&g->out, "No file matches %s", shown);
		if (path != NULL)
			buf_adds(&g->out, " (it is matched below path)");
		if (w->ignored > 0)
			buf_addf(&g->out, "; %zu ignored name%s skipped",
			    w->ignored, w->ignored == 1 ? " was" : "s were");
		buf_adds(&g->out, ".\n");
	}
	if (g->cut)
		buf_addf(&g->out, "[the first %zu files; there are more: use a "
		    "narrower pattern or path]\n", g->count);
	glob_walk_notes(&g->out, w);
	json_add_int(reply, "count", (int64_t)g->count);
	json_add_bool(reply, "cut", g->cut || w->truncated);
	tool_ok(reply, &g->out);
}

static void
glob_run_release(struct glob_run *g)
{
	glob_list_free(g->globs);
	buf_release(&g->out);
}

void
tool_glob(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	AUTO_FREE char *own = path_given(env, json_str_or(args, "pattern", ""));
	AUTO_FREE char *dir = path_given(env, json_str_or(args, "path", ""));
	const char *pattern = own, *given = *dir == '\0' ? NULL : dir;
	AUTO(glob_run_release) struct glob_run g = { .out = BUF_INIT(0) };
	struct walk w = { .file = glob_file, .arg = &g };
	AUTO_FREE char *prefix = NULL;
	AUTO(path_release) struct tool_path path = { 0 };
	struct stat st;
	struct err e = ERR_INIT;
	size_t root_n = strlen(env->root);
	int fd;

	/* An absolute pattern below the root is matched from the root. */
	if (given == NULL && strncmp(pattern, env->root, root_n) == 0 &&
	    pattern[root_n] == '/') {
		given = env->root;
		pattern += root_n + 1;
	}
	while (pattern[0] == '.' && pattern[1] == '/')
		pattern += 2;
	if (path_resolve(&path, env, given == NULL ? "." : given, PATH_READ,
	    reply) < 0)
		return;
	if (pattern[0] == '/' || strncmp(pattern, "../", 3) == 0) {
		tool_fail(reply, "outside", "the pattern leads outside the "
		    "searched folder; give the folder in path");
		return;
	}
	g.globs = glob_braces(pattern, &e);
	if (g.globs == NULL) {
		tool_fail(reply, "bad_pattern", "%s", e.text);
		return;
	}
	fd = path_open(&path, "not_found", &st, reply);
	if (fd < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		close(fd);
		tool_fail(reply, "not_dir", "%s is a file, not a folder",
		    path.shown);
		return;
	}
	g.prefix = prefix = glob_prefix(given == NULL ? "." : given);
	walk_run(&w, &path, fd);
	glob_answer(&g, &w, pattern, given, reply);
}
