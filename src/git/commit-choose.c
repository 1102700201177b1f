#include "config.h"

#include "git/commit-choose.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* ---- by number ---- */

/* 0: it is no number of a change. */
static int64_t
choose_number(const char *s, const char **end)
{
	char *after;
	long n = s[0] < '0' || s[0] > '9' ? 0 : strtol(s, &after, 10);

	if (n <= 0 || n > 1000000000)
		return 0;
	*end = after;
	return n;
}

int
commit_choose_changes(struct commit_plan *p, const struct fold *f,
    const char *const *words, size_t n, struct err *e)
{
	const char *at;
	int64_t from, to;
	size_t i;

	for (i = 0; i < n; i++) {
		from = to = choose_number(words[i], &at);
		if (from != 0 && at[0] == '-')
			to = choose_number(at + 1, &at);
		if (from == 0 || to < from || at[0] != '\0')
			return err_misuse(e, "--change %.40s: must be a number "
			    "from assent undo --list, or two of them: 3-5",
			    words[i]);
		if (fold_change_find(f, from) == NULL ||
		    fold_change_find(f, to) == NULL)
			return err_misuse(e, "--change %.40s: no such change; see "
			    "assent undo --list %s", words[i], f->session);
		GROW(p->chosen, p->chosen_len);
		p->chosen[p->chosen_len].from = from;
		p->chosen[p->chosen_len++].to = to;
	}
	return 0;
}

bool
commit_choose_has(const struct commit_plan *p, int64_t tx)
{
	size_t i;

	for (i = 0; i < p->chosen_len; i++)
		if (p->chosen[i].from <= tx && tx <= p->chosen[i].to)
			return true;
	return p->chosen_len == 0;
}

void
commit_choose_need(struct commit_plan *p, int64_t tx)
{
	size_t i;

	for (i = 0; i < p->needed_len; i++)
		if (p->needed[i] == tx)
			return;
	GROW(p->needed, p->needed_len);
	p->needed[p->needed_len++] = tx;
}

/* ---- by name ---- */

/* The files that git lists are in; those that are gone it has in the index. */
static int
choose_match(struct commit_plan *p, const char *const *paths, size_t n,
    struct err *e)
{
	static const char *const head[] = { "--no-literal-pathspecs",
		"ls-files", "-z", "--full-name", "--cached", "--others", "--" };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE const char **args = xcalloc(MEM_COUNT(head) + n + 1,
	    sizeof(*args));
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	const char *at, *end;
	struct commit_file *f;

	memcpy(args, head, sizeof(head));
	memcpy(args + MEM_COUNT(head), paths, n * sizeof(*paths));
	/* From elsewhere, relative to the top. */
	if (cwd != NULL && fs_is_below(cwd, p->top))
		g.dir = cwd;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if ((f = commit_plan_file(p, at)) != NULL)
			f->is_out = false;
	return 0;
}

int
commit_choose_files(struct commit_plan *p, const char *const *paths, size_t n,
    struct err *e)
{
	size_t i;

	if (n == 0 || p->len == 0)
		return 0;
	for (i = 0; i < p->len; i++)
		p->files[i].is_out = true;
	if (choose_match(p, paths, n, e) < 0)
		return -1;
	commit_plan_drop(p);
	return p->len > 0 ? 0 : err_set(e, "no change that isn't committed yet "
	    "matches %s%s", paths[0], n > 1 ? " and the others" : "");
}
