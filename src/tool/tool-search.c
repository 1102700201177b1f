/*
 * The tools that search: glob and grep; and words, which only the core calls.
 */

#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include <pcre2.h>

#include "base/clock.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "tool/edit-match.h"
#include "tool/impl.h"

/*
 * walk: the files below a folder, sorted by path, without .git and the files
 * that .gitignore rules exclude. Links are not followed and special files not
 * returned; depth and number are limited. Each folder is opened below its
 * parent's descriptor, so a folder replaced by a link meanwhile isn't entered.
 */

#define WALK_MAX	1000000

#define WALK_DEPTH	100

struct gitignore {
	const struct gitignore	*up;
	size_t			 base_n;	/* with its slash */
	struct glob_list	*globs;
};

/* Parse a .gitignore in the folder `base` (relative to the root, "" for the
 * root), on top of `up` (borrowed, may be NULL). */
static struct gitignore *
gitignore_new(const struct gitignore *up, const char *base, const char *text,
    size_t n)
{
	struct gitignore *ig = xcalloc(1, sizeof(*ig));

	ig->up = up;
	ig->base_n = *base == '\0' ? 0 : strlen(base) + 1;
	ig->globs = glob_list_new(false);
	(void)glob_list_add_lines(ig->globs, text, n);
	return ig;
}

/* Frees this set only, not the ones under it. */
static void
gitignore_free(struct gitignore *ig)
{
	if (ig == NULL)
		return;
	glob_list_free(ig->globs);
	free(ig);
}

/* Is the file or folder `path` (relative to the root) itself ignored? The
 * caller asks folder by folder from the root: everything in an ignored folder
 * is ignored. */
static bool
gitignore_match(const struct gitignore *ig, const char *path, bool is_dir)
{
	enum glob_verdict v = GLOB_NONE;

	for (; ig != NULL && v == GLOB_NONE; ig = ig->up)
		v = glob_list_match(ig->globs, path + ig->base_n, is_dir);
	return v == GLOB_YES;
}

#define WALK_RULES_MAX ((size_t)1 << 20)	/* bytes of a .gitignore */

struct walk {
	/* The file `name` in the folder `dir`; `path` is relative to the start
	 * of the walk. `is_link`: a symbolic link. Return false to end the
	 * walk. */
	bool	(*file)(void *arg, int dir, const char *name, const char *path,
		    bool is_link);
	void	*arg;
	/* Results of the walk. */
	size_t	 seen;		/* names visited */
	size_t	 ignored;	/* of these, excluded by rules */
	size_t	 unreadable;	/* folders that could not be listed */
	bool	 truncated;	/* WALK_MAX or WALK_DEPTH was reached */
};

struct walk_state {
	struct walk	*w;
	struct buf	 root_path;	/* this folder, relative to the root */
	struct buf	 path;		/* relative to the start of the walk */
	bool		 stop;
};

/* Before each name. */
enum walk_kind { WALK_NONE, WALK_FILE = 'f', WALK_LINK = 'l', WALK_DIR = 'd' };

/* The names in a folder, sorted. */
struct walk_names {
	struct buf	  text;		/* for each its kind, name and NUL */
	const char	**v;		/* names in the text */
	size_t		  len;
	bool		  has_rules;	/* there may be a .gitignore */
};

/* Add the rules of `name` in the folder, if it exists. */
static struct gitignore *
walk_rules(const struct gitignore *up, int dir, const char *name,
    const char *base)
{
	AUTO_BUF struct buf b = BUF_INIT(WALK_RULES_MAX);
	AUTO_CLOSE int fd = fs_open_regular(dir, name);

	/* Only the first part of an oversized file counts. */
	return fd >= 0 &&
	    (fs_read_all(fd, &b) == 0 || errno == EFBIG) && b.len > 0 ?
	    gitignore_new(up, base, b.p, b.len) : NULL;
}

static enum walk_kind
walk_kind(int dir, const struct dirent *de)
{
	struct stat st;

	switch (de->d_type) {
	case DT_DIR:
		return WALK_DIR;
	case DT_LNK:
		return WALK_LINK;
	case DT_REG:
		return WALK_FILE;
	case DT_UNKNOWN:
		if (fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return WALK_FILE;	/* can't be read */
		return S_ISDIR(st.st_mode) ? WALK_DIR :
		    S_ISLNK(st.st_mode) ? WALK_LINK :
		    S_ISREG(st.st_mode) ? WALK_FILE : WALK_NONE;
	default:
		return WALK_NONE;
	}
}

static void
walk_list(struct walk *w, DIR *d, struct walk_names *names)
{
	struct dirent *de;
	const char *p;
	size_t i;

	while ((de = readdir(d)) != NULL) {
		enum walk_kind kind;

		if (fs_is_dots(de->d_name) ||
		    dotgit_in_path(de->d_name))
			continue;
		if (++w->seen > WALK_MAX) {
			w->truncated = names->has_rules = true;
			break;
		}
		kind = walk_kind(dirfd(d), de);
		if (kind == WALK_NONE)
			continue;
		if (strcmp(de->d_name, ".gitignore") == 0)
			names->has_rules = true;
		buf_addc(&names->text, (char)kind);
		buf_add(&names->text, de->d_name, strlen(de->d_name) + 1);
		names->len++;
	}
	if (names->len == 0)
		return;
	names->v = xcalloc(names->len, sizeof(*names->v));
	for (p = names->text.p, i = 0; i < names->len; i++) {
		names->v[i] = p + 1;
		p += strlen(p) + 1;
	}
	MEM_SORT(names->v, names->len);
}

static void
walk_push(struct buf *b, const char *name, size_t *keep)
{
	*keep = b->len;
	if (b->len > 0)
		buf_addc(b, '/');
	buf_adds(b, name);
}

/* One folder; takes ownership of fd. */
static void
walk_folder(struct walk_state *s, int fd, const struct gitignore *up,
    unsigned depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct walk_names names = { .len = 0 };
	struct gitignore *own = NULL;
	size_t i, keep, root_keep;

	if (d == NULL)
		return;
	walk_list(s->w, d, &names);
	if (names.has_rules)
		own = walk_rules(up, fd, ".gitignore", buf_str(&s->root_path));
	for (i = 0; i < names.len && !s->stop; i++) {
		const char *name = names.v[i];
		enum walk_kind kind = (enum walk_kind)name[-1];
		int sub;

		walk_push(&s->root_path, name, &root_keep);
		walk_push(&s->path, name, &keep);
		if (gitignore_match(own != NULL ? own : up,
			buf_str(&s->root_path), kind == WALK_DIR)) {
			s->w->ignored++;
		} else if (kind != WALK_DIR) {
			s->stop = !s->w->file(s->w->arg, fd, name,
			    buf_str(&s->path), kind == WALK_LINK);
		} else if (depth >= WALK_DEPTH) {
			s->w->truncated = true;
		} else {
			sub = fs_open_beneath(fd, name,
			    O_RDONLY | O_DIRECTORY, 0);
			if (sub < 0)
				s->w->unreadable++;
			else
				walk_folder(s, sub, own != NULL ? own : up,
				    depth + 1);
		}
		buf_cut(&s->root_path, root_keep);
		buf_cut(&s->path, keep);
	}
	free(names.v);
	buf_release(&names.text);
	gitignore_free(own);
}

/* `fd` is the folder at `p` (owned). */
static void
walk_run(struct walk *w, const struct tool_path *p, int fd)
{
	struct walk_state s = { .w = w };
	struct gitignore *sets[64] = { NULL }, *top = NULL;
	size_t n = 0;
	AUTO_FREE char *dir = xstrdup(p->rel);
	char *slash = dir;
	bool inside = strcmp(p->rel, ".") != 0, last;

	/* The rules of the folders above. If they exclude this folder, the user
	 * named it on purpose: ignore them. */
	sets[n] = walk_rules(NULL, p->base_fd, ".git/info/exclude", "");
	if (sets[n] != NULL)
		top = sets[n++];
	if (inside && (sets[n] = walk_rules(top, p->base_fd, ".gitignore",
	    "")) != NULL)
		top = sets[n++];
	for (last = !inside; !last && n < MEM_COUNT(sets);) {
		slash = strchrnul(slash, '/');
		last = *slash == '\0';
		*slash = '\0';
		if (gitignore_match(top, dir, true)) {
			top = NULL;
			break;
		}
		if (!last) {
			AUTO_FREE char *file = fs_join(dir, ".gitignore");

			sets[n] = walk_rules(top, p->base_fd, file, dir);
			if (sets[n] != NULL)
				top = sets[n++];
			*slash++ = '/';
		}
	}
	if (inside)
		buf_adds(&s.root_path, p->rel);
	walk_folder(&s, fd, top, 0);
	buf_release(&s.root_path);
	buf_release(&s.path);
	while (n > 0)
		gitignore_free(sets[--n]);
}

/*
 * glob {pattern, path?}: names of files, sorted by path, which is the same on
 * every machine; mtimes are not. A pattern without a slash
 * matches file names in any folder, any other the path relative to the searched
 * folder. The reply has "count" and "cut".
 */

#define GLOB_MAX	1000

struct glob_run {
	struct glob_list *globs;
	const char	*prefix;	/* prefix of each path shown; "" or
					   "dir/" */
	struct buf	 out;
	size_t		 count, room;
	const char	*why;		/* no more room */
	bool		 cut;
};

/* A glob of the tools: as in .gitignore, and {a,b} means alternatives. NULL with
 * *e set. */
static struct glob_list *
glob_braces(const char *glob, struct err *e)
{
	struct glob_list *g = glob_list_new(false);

	if (glob_list_add_braces(g, glob, strlen(glob), e) == 0)
		return g;
	glob_list_free(g);
	return NULL;
}

static bool
glob_file(void *arg, int dir UNUSED, const char *name UNUSED, const char *path,
    bool is_link UNUSED)
{
	struct glob_run *g = arg;
	AUTO_FREE char *plain = utf8_is_ascii(path, strlen(path)) ? NULL :
	    edit_plain(path, strlen(path));

	if (glob_list_match(g->globs, path, false) == GLOB_NONE &&
	    (plain == NULL ||
	    glob_list_match(g->globs, plain, false) == GLOB_NONE))
		return true;
	if (g->count == GLOB_MAX || g->out.len + strlen(g->prefix) +
	    8 * strlen(path) > g->room) {
		g->cut = true;
		return false;
	}
	buf_adds(&g->out, g->prefix);
	show_name(&g->out, path, strlen(path));
	buf_addc(&g->out, '\n');
	g->count++;
	return true;
}

/* malloc'ed: the prefix of each path in an answer, "" or "dir/". */
static char *
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

/* Tell the model what the walk could not visit. */
static void
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
		buf_addf(&g->out, "[the first %zu files; %sthere are more: use "
		    "a narrower pattern or path]\n", g->count,
		    g->count < GLOB_MAX ? g->why : "");
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
	const char *pattern = json_str_or(args, "pattern", "");
	const char *given = json_str(args, "path");
	AUTO(glob_run_release) struct glob_run g = { .out = BUF_INIT(0),
		.room = tool_room(env), .why = tool_room_why(env) };
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

/*
 * grep {pattern, path?, glob?, ignore_case?, context?, max?, files?}: matching
 * lines ("12:text", around them "11-text") below the name of their file, or the
 * files with their numbers of them.
 * Files are read in pieces, so memory doesn't grow with them, unless they are
 * converted from another encoding; each line is matched alone. Most files have
 * no match: a first pass only looks whether a line does, and a second one counts
 * the matching lines of such a file. When all are known they are shown, those
 * first that are likely wanted, each file with its share. Uses PCRE2 with its
 * JIT and limits: a pattern that would run forever ends with a message, and so
 * does a search that takes too long or finds too much. The reply has "count"
 * (matching lines), "files" (with such lines) and "cut". Lines of a private key
 * don't match, and are masked around others.
 */

#define GREP_LINE	((size_t)1 << 20)	/* longer lines are matched in
						   pieces */
#define GREP_SHOWN	((size_t)400)		/* bytes shown of a line */
#define GREP_LEAD	((size_t)100)		/* of these, before the match */
#define GREP_STEPS	1000000
#define GREP_HEAP_KB	65536
#define GREP_JIT_STACK	((size_t)1 << 20)
#define GREP_TIME_MS	20000
#define GREP_TEXT	((size_t)20000)		/* of the answer: whole lines */
#define GREP_COUNTED	10000			/* matching lines */
#define GREP_LEAST	3			/* a file's share of lines */
#define GREP_REST	((size_t)600)		/* of names of files with more */
#define GREP_TESTS	"{test,tests,__tests__,spec,specs,fixtures,testdata," \
			"__snapshots__}/"
#define GREP_DATA	"*.{csv,html,json,log,md,out,snap,svg,txt,xml,yaml,yml}"
#define GREP_PATTERN	((size_t)8192)
#define GREP_CONTEXT	20			/* the most */

/* A file with matching lines. */
struct grep_found {
	char	*path;			/* below the prefix */
	char	*rel;			/* below the root */
	int	 late;			/* 1: a test, 2: data of tests */
	size_t	 depth, place;
	int64_t	 count, shown;		/* lines */
};

struct grep_run {
	pcre2_code		*code;
	bool			 plain;		/* grep_is_plain() */
	pcre2_match_data	*data;
	pcre2_match_context	*limits;
	pcre2_jit_stack		*stack;
	struct glob_list	*glob;
	const char		*prefix;
	const char		*start;		/* below the root, or "." */
	const struct tool_env	*env;		/* NULL: not in the project */
	int64_t			 context, max;
	size_t			 text;		/* of the answer */
	struct glob_list	*tests, *texts;
	int64_t			 deadline;
	cJSON			*reply;

	struct buf		 out;
	char			*chunk;		/* GREP_LINE bytes and a NUL */
	int64_t			 count;
	struct grep_found	*found;
	size_t			 found_len;
	size_t			 searched, binary, unreadable;
	bool			 full;		/* there are more than counted */
	bool			 single;	/* path is a file: its lines have no
						   heading */
	bool			 late;
	/* While lines are shown: of a file at most this many, and up to this
	 * size of the answer. */
	int64_t			 most;		/* 0: they are counted */
	size_t			 end;
};

/* Position in one file. */
struct grep_file {
	struct grep_run	*g;
	const char	*path;			/* below the prefix */
	struct file_source source;
	off_t		 size;			/* 0: not known */
	bool		 found;			/* a line may match */
	char		*shown;			/* NULL until it is needed */
	int64_t		 line;			/* from 1 */
	int64_t		 shown_to;		/* last line shown */
	int64_t		 after;			/* context lines still to
						   show */
	char		*before[GREP_CONTEXT];	/* ring by line number */
	size_t		 before_n[GREP_CONTEXT];
	int64_t		 count;			/* matching lines */
	struct buf	 about;			/* of its encoding */
	ssize_t		 first;			/* bytes of it in the chunk, or
						   -1 */
	struct keytext_lines key;
};

static const char *
grep_shown(struct grep_file *f)
{
	if (f->shown == NULL) {
		AUTO_FREE char *path = xasprintf("%s%s", f->g->prefix, f->path);

		f->shown = show_dup(path, strlen(path), 1000);
	}
	return f->shown;
}

static void
grep_line_show(struct grep_file *f, int64_t line, const char *p, size_t n,
    size_t at, char mark)
{
	struct buf *out = &f->g->out;
	const char *name = grep_shown(f);
	size_t from = 0, to;

	/* No name shall look like a line or a note. */
	if (f->shown_to == 0 && !f->g->single)
		buf_addf(out, "%s%s\n", strchr("0123456789-[", name[0]) !=
		    NULL ? "./" : "", name);
	if (f->g->context > 0 && f->shown_to > 0 && f->shown_to < line - 1)
		buf_adds(out, "--\n");
	f->shown_to = line;
	if (n > GREP_SHOWN && at > GREP_LEAD)
		from = utf8_cut(p, n, at - GREP_LEAD);
	to = from + utf8_cut(p + from, n - from, GREP_SHOWN);
	buf_addf(out, "%lld%c%s", (long long)line, mark,
	    from > 0 ? "\xe2\x80\xa6" : "");
	tool_show_text(out, p + from, to - from);
	buf_adds(out, to < n ? "\xe2\x80\xa6\n" : "\n");
}

static void
grep_before_show(struct grep_file *f)
{
	int64_t i = f->line - f->g->context;

	if (i < 1)
		i = 1;
	if (i <= f->shown_to)
		i = f->shown_to + 1;
	for (; i < f->line; i++) {
		size_t k = (size_t)(i % GREP_CONTEXT);

		grep_line_show(f, i, f->before[k], f->before_n[k], 0, '-');
	}
}

static void
grep_before_keep(struct grep_file *f, const char *p, size_t n)
{
	size_t k = (size_t)(f->line % GREP_CONTEXT);
	size_t keep = n < GREP_SHOWN + 4 ? n : GREP_SHOWN + 4;

	if (f->g->context == 0)
		return;
	if (f->before[k] == NULL)
		f->before[k] = xmalloc(GREP_SHOWN + 4);
	memcpy(f->before[k], p, keep);
	f->before_n[k] = keep;
}

/* 1 and *at for a match, 0 for none, -1 if it is too expensive. */
static int
grep_match(const struct grep_run *g, const pcre2_code *code, const char *p,
    size_t n, size_t *at)
{
	int rc = pcre2_match(code, (PCRE2_SPTR)p, n, 0, 0, g->data, g->limits);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(code, (PCRE2_SPTR)p, n, 0, PCRE2_NO_JIT,
		    g->data, g->limits);
	if (rc >= 0) {
		*at = pcre2_get_ovector_pointer(g->data)[0];
		if (*at > n)
			*at = n;
		return 1;
	}
	return rc == PCRE2_ERROR_NOMATCH || rc == PCRE2_ERROR_PARTIAL ? 0 : -1;
}

/* Count a matching line, or show it with the lines around it, if it fits. False
 * ends the pass. */
static bool
grep_hit(struct grep_file *f, const char *p, size_t n, size_t at)
{
	struct grep_run *g = f->g;
	size_t len = g->out.len;

	if (g->most == 0) {
		g->full = g->count == GREP_COUNTED;
		g->count += !g->full;
		f->count += !g->full;
		return !g->full;
	}
	if (f->count == g->most)
		return false;
	grep_before_show(f);
	grep_line_show(f, f->line, p, n, at, ':');
	if (len > 0 && g->out.len > (f->count > 0 ? g->end : g->text)) {
		buf_cut(&g->out, len);
		return false;
	}
	f->count++;
	f->after = g->context;
	return true;
}

/* One line (or a piece of a very long one). False ends the search. */
static bool
grep_line(struct grep_file *f, const char *p, size_t n)
{
	struct grep_run *g = f->g;
	size_t at = 0;
	int rc;

	if (n > 0 && p[n - 1] == '\r')
		n--;
	/* Never match a private key, or it could be guessed letter by
	 * letter. */
	if (keytext_line(&f->key, p, n)) {
		p = KEYTEXT_MARK;
		n = sizeof(KEYTEXT_MARK) - 1;
		rc = 0;
	} else {
		rc = grep_match(g, g->code, p, n, &at);
	}
	if (rc < 0) {
		tool_fail(g->reply, "bad_pattern", "the pattern takes too many "
		    "steps at %s line %lld. Avoid nested repetition, such as "
		    "(a+)+", grep_shown(f), (long long)f->line);
		return false;
	}
	if (rc == 1 && !grep_hit(f, p, n, at))
		return false;
	if (rc == 0 && f->after > 0 && g->out.len < g->end) {
		f->after--;
		grep_line_show(f, f->line, p, n, 0, '-');
	}
	grep_before_keep(f, p, n);
	return true;
}

/* How many bytes of the chunk are complete lines, a last line, or a piece of a
 * long one. */
static size_t
grep_complete(const struct grep_run *g, size_t have, bool at_end)
{
	const char *nl = at_end ? NULL : memrchr(g->chunk, '\n', have);

	if (nl != NULL)
		return (size_t)(nl + 1 - g->chunk);
	return at_end || have == GREP_LINE ? have : 0;
}

/* Is each match in a line also one in all of the text? Then most files take one
 * call. Not with anchors, assertions, classes, options or possessive
 * quantifiers. */
static bool
grep_is_plain(const char *p)
{
	for (; *p != '\0'; p++) {
		if (*p == '\\' && strchr("bdsw.()[]{}|?*+^$\\", p[1]) != NULL)
			p++;
		else if (strchr("\\^$[{", *p) != NULL ||
		    (strchr("(?*+", *p) != NULL && p[1] != '\0' &&
		    strchr("?*+", p[1]) != NULL))
			return false;
	}
	return true;
}

/* Does a line match, or is it too expensive? Then found is set, and the result
 * is false. Keys are the second pass's business. */
static bool
grep_look(struct grep_file *f, const char *p, const char *end)
{
	const struct grep_run *g = f->g;
	const char *nl;
	size_t at, n;

	if (g->plain && p < end) {
		f->found = grep_match(g, g->code, p, (size_t)(end - p),
		    &at) != 0;
		return !f->found;
	}
	for (; p < end && !f->found; p = nl + 1) {
		nl = mem_line_end(p, end);
		n = (size_t)(nl - p);
		if (n > 0 && p[n - 1] == '\r')
			n--;
		f->found = grep_match(g, g->code, p, n, &at) != 0;
	}
	return !f->found;
}

/* False ends the search. */
static bool
grep_lines(struct grep_file *f, const char *p, const char *end)
{
	const char *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)		/* the last line, or a piece */
			return grep_line(f, p, (size_t)(end - p));
		if (!grep_line(f, p, (size_t)(nl - p)))
			return false;
		f->line++;
	}
	return true;
}

/* One pass over the file. False ends the pass, and unless found is set, the
 * search. */
static bool
grep_pass(struct grep_file *f, bool named,
    bool (*lines)(struct grep_file *, const char *p, const char *end))
{
	struct grep_run *g = f->g;
	size_t have = 0, used, bom;
	off_t total = 0;
	bool at_end;
	ssize_t n;

	do {
		n = f->first;
		f->first = -1;
		if (n < 0)
			n = file_pread(&f->source, g->chunk + have,
			    GREP_LINE - have, total);
		if (n < 0) {
			g->unreadable++;
			return true;
		}
		if (total == 0 && file_is_binary(g->chunk, (size_t)n,
		    named ? grep_shown(f) : "", f->size, &f->about,
		    named ? g->reply : NULL)) {
			g->binary++;
			return true;
		}
		if (clock_mono_ms() > g->deadline) {
			g->late = true;
			return false;
		}
		have += (size_t)n;
		total += n;
		if (total == n) {	/* a line begins after the mark */
			bom = utf8_bom(g->chunk, have);
			have -= bom;
			memmove(g->chunk, g->chunk + bom, have);
		}
		/* After an incomplete character, the JIT's \b reads on. */
		g->chunk[have] = '\0';
		/* A file that still grows ends where nothing more comes. */
		at_end = n == 0 || total == f->size;
		used = grep_complete(g, have, at_end);
		if (!lines(f, g->chunk, g->chunk + used))
			return false;
		have -= used;
		memmove(g->chunk, g->chunk + used, have);
	} while (!at_end);
	return true;
}

static void
grep_add(struct grep_run *g, const char *path, const char *rel, int64_t count)
{
	struct grep_found *it;
	const char *p;

	GROW(g->found, g->found_len);
	it = &g->found[g->found_len];
	*it = (struct grep_found){ .path = xstrdup(path), .rel = xstrdup(rel),
		.place = g->found_len++, .count = count };
	for (p = rel; (p = strchr(p, '/')) != NULL; p++)
		it->depth++;
	if (glob_list_covers(g->tests, rel))
		it->late = glob_list_match(g->texts, rel, false) == GLOB_YES ?
		    2 : 1;
}

/* Search one open file, which is `rel` below the root, and close it; or show
 * what was found there before. False ends the search. */
static bool
grep_fd_take(struct grep_run *g, int fd, struct stat *st, const char *rel,
    const char *path, bool named, struct grep_found *before)
{
	struct grep_file f = { .g = g, .source = { .fd = fd,
		.text = BUF_INIT(0) }, .line = 1, .path = path, .first = -1,
		.found = before != NULL };
	size_t i;
	bool go = true;

	if (g->env != NULL)
		f.first = pread(fd, g->chunk, GREP_LINE, 0);
	if (f.first > 0)
		file_text(g->env, rel, g->chunk, (size_t)f.first, &f.source,
		    st, &f.about);
	if (f.source.converted)
		f.first = -1;
	f.size = st->st_size;
	if (!f.found)
		go = grep_pass(&f, named, grep_look);
	if (f.found)
		go = grep_pass(&f, named, grep_lines);
	for (i = 0; i < GREP_CONTEXT; i++)
		free(f.before[i]);
	if (before != NULL) {
		before->shown = f.count;
		if (f.count > 0 && f.about.len > 0)
			buf_addf(&g->out, "[%s is %s]\n", grep_shown(&f),
			    f.about.p);
	} else {
		g->searched++;
		if (f.count > 0)
			grep_add(g, path, rel, f.count);
	}
	buf_release(&f.about);
	free(f.shown);
	file_source_release(&f.source);
	return go;
}

/* -1 if it can't be read, or isn't a regular file. */
static int
grep_open(struct grep_run *g, int dir, const char *name, struct stat *st)
{
	int fd = fs_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY,
	    0);

	if (fd < 0)
		g->unreadable++;
	else if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool
grep_file(void *arg, int dir, const char *name, const char *path, bool is_link)
{
	struct grep_run *g = arg;
	AUTO_FREE char *rel = NULL;
	struct stat st;
	int fd;

	if (is_link || (g->glob != NULL && glob_list_match(g->glob, path,
	    false) == GLOB_NONE))
		return true;
	fd = grep_open(g, dir, name, &st);
	if (fd < 0)
		return true;
	if (strcmp(g->start, ".") != 0)
		rel = fs_join(g->start, path);
	return grep_fd_take(g, fd, &st, rel != NULL ? rel : path, path, false,
	    NULL);
}

/* Sources first, then tests, then their data; of these the shallow ones. */
static int
grep_compare(const void *a, const void *b)
{
	const struct grep_found *x = a, *y = b;

	if (x->late != y->late)
		return x->late - y->late;
	return x->depth != y->depth ? (x->depth < y->depth ? -1 : 1) :
	    x->place < y->place ? -1 : 1;
}

/* Lines in all, if a file gets at most so many. */
static int64_t
grep_sum(const struct grep_run *g, int64_t most)
{
	int64_t sum = 0;

	MEM_EACH(g, found, it)
		sum += MIN(it->count, most);
	return sum;
}

/* Show the lines. The share of a file is the largest with which all files have
 * room, but a few lines if there are too many files. */
static void
grep_show(struct grep_run *g, int base)
{
	int64_t low = MIN(GREP_LEAST, g->max), high = g->max, left = g->max;
	int64_t rest, most, own;
	struct grep_found *it = g->found;
	struct stat st;
	int fd;

	while (low < high) {
		most = (low + high + 1) / 2;
		if (grep_sum(g, most) <= g->max)
			low = most;
		else
			high = most - 1;
	}
	rest = MIN(grep_sum(g, low), g->max);
	g->deadline = clock_mono_ms() + GREP_TIME_MS / 10;
	for (; it < g->found + g->found_len && left > 0 &&
	    g->out.len < g->text; it++) {
		g->most = own = MIN(MIN(it->count, low), left);
		g->end = g->out.len + (g->text - g->out.len) * (size_t)own /
		    (size_t)rest;
		fd = grep_open(g, base, it->rel, &st);
		if (fd >= 0)
			(void)grep_fd_take(g, fd, &st, it->rel, it->path,
			    false, it);
		left -= own;
		rest -= own;
	}
}

static void *
grep_malloc(size_t n, void *unused UNUSED)
{
	return xmalloc(n);
}

static void
grep_unmalloc(void *p, void *unused UNUSED)
{
	free(p);
}

static pcre2_code *
grep_code(pcre2_general_context *memory, const char *pattern, uint32_t opts,
    int *rc, size_t *at)
{
	pcre2_compile_context *own = pcre2_compile_context_create(memory);
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern),
	    opts, rc, at, own);

	pcre2_compile_context_free(own);
	/* If there is no JIT (a host may forbid it), matching is only
	 * slower. */
	if (code != NULL)
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

static int
grep_compile(struct grep_run *g, const cJSON *args)
{
	pcre2_general_context *memory;
	const char *pattern = json_str_or(args, "pattern", "");
	uint32_t opts = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
	    PCRE2_NEVER_BACKSLASH_C;
	size_t n = strlen(pattern), at;
	char text[128];
	int rc;

	if (n > GREP_PATTERN)
		return tool_fail(g->reply, "bad_pattern",
		    "the pattern is too long");
	if (json_bool(args, "ignore_case", false))
		opts |= PCRE2_CASELESS;
	/* Out of memory ends the process. */
	memory = pcre2_general_context_create(grep_malloc, grep_unmalloc, NULL);
	g->code = grep_code(memory, pattern, opts, &rc, &at);
	g->data = pcre2_match_data_create(1, memory);
	g->limits = pcre2_match_context_create(memory);
	g->stack = pcre2_jit_stack_create(32768, GREP_JIT_STACK, memory);
	pcre2_general_context_free(memory);
	if (g->code == NULL) {
		AUTO_FREE char *before =
		    show_dup(pattern, at < n ? at : n, 200);

		pcre2_get_error_message(rc, (PCRE2_UCHAR *)text,
		    sizeof(text));
		return tool_fail(g->reply, "bad_pattern", "the pattern is "
		    "invalid: %s, after \"%s\". To search for literal text put "
		    "\\Q before it", text, before);
	}
	g->plain = grep_is_plain(pattern);
	pcre2_set_match_limit(g->limits, GREP_STEPS);
	pcre2_set_depth_limit(g->limits, GREP_STEPS);
	pcre2_set_heap_limit(g->limits, GREP_HEAP_KB);
	if (g->stack != NULL)
		pcre2_jit_stack_assign(g->limits, NULL, g->stack);
	return 0;
}

/* "src/a.c: 12" */
static void
grep_names(struct grep_run *g)
{
	size_t i;

	for (i = 0; i < g->found_len && (int64_t)i < g->max &&
	    g->out.len < g->text; i++) {
		struct grep_found *it = &g->found[i];

		buf_adds(&g->out, g->prefix);
		show_name(&g->out, it->path, strlen(it->path));
		buf_addf(&g->out, ": %lld\n", (long long)it->count);
		it->shown = it->count;
	}
}

/* What isn't shown, and in which files. True if there is something. */
static bool
grep_rest(struct grep_run *g, bool names)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t left = 0, lines = 0;
	size_t files = 0;

	MEM_EACH(g, found, it) {
		int64_t n = it->count - it->shown;

		left += n;
		if (n > 0 && !names && b.len < GREP_REST) {
			buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ", g->prefix);
			show_name(&b, it->path, strlen(it->path));
			buf_addf(&b, " %lld", (long long)n);
		} else if (n > 0) {
			lines += n;
			files++;
		}
	}
	if (left == 0 && !g->full)
		return false;
	buf_addf(&g->out, "[%s%lld of %s%lld matching lines%s%s%s",
	    g->text < GREP_TEXT && g->count - left < g->max ?
	    TOOL_SHARE_FULL "; " : "", (long long)(g->count - left),
	    g->full ? "more than " : "", (long long)g->count, names ? " are in these files" : "",
	    b.len == 0 ? "" : "; the others: ", buf_str(&b));
	if (files > 0)
		buf_addf(&g->out, "%s %lld in %zu more file%s",
		    b.len == 0 ? ";" : " and", (long long)lines, files,
		    files == 1 ? "" : "s");
	buf_addf(&g->out, ". Narrow it with path, glob or a stricter pattern%s"
	    "]\n", !names && g->count - left == g->max ?
	    ", or give a larger max" : "");
	return true;
}

static void
grep_answer(struct grep_run *g, const struct walk *w, const cJSON *args,
    int base)
{
	bool names = json_bool(args, "files", false), rest;

	if (json_get(g->reply, "error") != NULL)
		return;
	if (g->count == 0) {
		buf_addf(&g->out, "No match in %zu file%s", g->searched,
		    g->searched == 1 ? "" : "s");
		if (w->ignored > 0)
			buf_addf(&g->out, "; %zu ignored name%s not searched",
			    w->ignored, w->ignored == 1 ? " was" : "s were");
		buf_adds(&g->out, ".");
		if (strstr(json_str_or(args, "pattern", ""), "\\n") != NULL)
			buf_adds(&g->out, " The pattern is matched line by "
			    "line: \\n never matches.");
		buf_addc(&g->out, '\n');
	}
	MEM_SORT_BY(g->found, g->found_len, grep_compare);
	if (names)
		grep_names(g);
	else
		grep_show(g, base);
	rest = grep_rest(g, names);
	if (g->late)
		buf_adds(&g->out, "[it took too long and was stopped, so there "
		    "may be more: give a path or glob]\n");
	glob_walk_notes(&g->out, w);
	if (g->binary > 0 && g->count == 0)
		buf_addf(&g->out, "[%zu binary file%s skipped]\n", g->binary,
		    g->binary == 1 ? " was" : "s were");
	if (g->unreadable > 0)
		buf_addf(&g->out, "[%zu file%s hidden or could not be read]\n",
		    g->unreadable, g->unreadable == 1 ? " is" : "s are");
	json_add_int(g->reply, "count", g->count);
	json_add_int(g->reply, "files", (int64_t)g->found_len);
	json_add_bool(g->reply, "cut", rest || g->late || w->truncated);
	tool_ok(g->reply, &g->out);
}

static int
grep_filter(struct grep_run *g, const cJSON *args)
{
	const char *glob = json_str(args, "glob");
	struct err e = ERR_INIT;

	if (glob == NULL)
		return 0;
	while (glob[0] == '.' && glob[1] == '/')
		glob += 2;
	g->glob = glob_braces(glob, &e);
	if (g->glob == NULL)
		return tool_fail(g->reply, "bad_pattern", "%s", e.text);
	return 0;
}

void
tool_grep(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *given = json_str_or(args, "path", ".");
	struct grep_run g = {
		.context = MIN(json_int(args, "context", 0), GREP_CONTEXT),
		.max = json_int(args, "max",
		    json_bool(args, "files", false) ? 1000 : 100),
		.text = MIN(GREP_TEXT, tool_room(env)),
		.tests = glob_braces(GREP_TESTS, NULL),
		.texts = glob_braces(GREP_DATA, NULL),
		.deadline = clock_mono_ms() + GREP_TIME_MS,
		.out = BUF_INIT(0),
		.reply = reply,
	};
	struct walk w = { .file = grep_file, .arg = &g };
	AUTO_FREE char *prefix = glob_prefix(given);
	AUTO(path_release) struct tool_path path = { 0 };
	struct stat st;
	int fd = -1;

	g.prefix = prefix;
	if (path_resolve(&path, env, given, PATH_READ, reply) == 0 &&
	    grep_compile(&g, args) == 0 && grep_filter(&g, args) == 0)
		fd = path_open(&path, "not_found", &st, reply);
	if (fd >= 0) {
		g.chunk = xmalloc(GREP_LINE + 1);
		g.start = path.rel;
		if (path.base_fd == env->root_fd)
			g.env = env;
		if (S_ISDIR(st.st_mode)) {
			walk_run(&w, &path, fd);
		} else {
			g.prefix = "";
			g.single = true;
			(void)grep_fd_take(&g, fd, &st, path.rel, given, true,
			    NULL);
		}
		grep_answer(&g, &w, args, path.base_fd);
	}
	free(g.chunk);
	MEM_EACH(&g, found, it)
		FREE_ALL(it->path, it->rel);
	free(g.found);
	glob_list_free(g.glob);
	glob_list_free(g.tests);
	glob_list_free(g.texts);
	pcre2_code_free(g.code);
	pcre2_match_data_free(g.data);
	pcre2_match_context_free(g.limits);
	pcre2_jit_stack_free(g.stack);
	buf_release(&g.out);
}

/*
 * words {words}: which of these (struct glob_word) stand in a file, and where:
 * "found" has for each of them the first paths, "cut" says that not all was
 * searched. Only text is, the beginning of large files, and nothing that git
 * ignores. One pass: each name in a text is looked up among the first names of
 * the words.
 */

#define WORDS_FILE	((size_t)8 << 20)
#define WORDS_BYTES	((size_t)200 << 20)
#define WORDS_FILES	100000
#define WORDS_TIME_MS	20000
#define WORDS_PATHS	8
#define WORDS_TEXT	((size_t)8000)	/* of a file: NUL in it, no text */

struct word {
	struct glob_word of;
	size_t		 at, len;	/* the first name in it */
	size_t		 file;		/* that was found to have it last */
	cJSON		*paths;
	struct word	*next;		/* with such a hash */
};

struct words_run {
	struct word	*heads[4096];
	struct buf	 text;
	size_t		 files, bytes;
	int64_t		 deadline;
	bool		 cut;
};

static struct word **
word_head(struct words_run *w, const char *name, size_t n)
{
	return &w->heads[hash_bytes(HASH_BEGIN, name, n) %
	    MEM_COUNT(w->heads)];
}

static void
word_add(struct words_run *w, struct word *it, const char *text, cJSON *paths)
{
	struct word **head;

	*it = (struct word){ .paths = paths };
	glob_word_read(&it->of, text);
	text = it->of.word;
	while (it->at < it->of.n && !utf8_in_name(text[it->at]))
		it->at++;
	while (utf8_in_name(text[it->at + it->len]))
		it->len++;
	head = word_head(w, text + it->at, it->len);
	it->next = *head;
	if (it->len > 0)
		*head = it;
}

static void
words_text(struct words_run *w, const char *path)
{
	const char *text = w->text.p, *end = text + w->text.len, *p = text;
	struct word *it;
	size_t n;

	for (; p < end; p += MAX(n, 1)) {
		for (n = 0; p + n < end && utf8_in_name(p[n]); n++)
			;
		for (it = n == 0 ? NULL : *word_head(w, p, n); it != NULL;
		    it = it->next) {
			if (it->len != n || it->file == w->files ||
			    (size_t)(p - text) < it->at || !glob_word_stands(
			    &it->of, p - it->at, text, end))
				continue;
			it->file = w->files;
			if (!glob_word_is_in(&it->of, path, text,
			    w->text.len) || cJSON_GetArraySize(it->paths) >=
			    WORDS_PATHS)
				continue;
			cJSON_AddItemToArray(it->paths,
			    cJSON_CreateString(path));
		}
	}
}

static bool
words_file(void *arg, int dir, const char *name, const char *path, bool is_link)
{
	struct words_run *w = arg;
	AUTO_CLOSE int fd = is_link || !utf8_is_valid(path, strlen(path)) ? -1 :
	    fs_open_regular(dir, name);

	w->cut = w->files == WORDS_FILES || w->bytes >= WORDS_BYTES ||
	    clock_mono_ms() > w->deadline;
	if (w->cut || fd < 0)
		return !w->cut;
	w->files++;
	buf_clear(&w->text);
	(void)fs_read_all(fd, &w->text);
	w->bytes += w->text.len;
	if (w->text.len > 0 && memchr(w->text.p, '\0', MIN(w->text.len,
	    WORDS_TEXT)) == NULL)
		words_text(w, path);
	return true;
}

void
tool_words(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	AUTO_FREE const char **words = json_strings(json_array(args, "words"),
	    NULL);
	struct words_run run = { .text = BUF_INIT(WORDS_FILE),
		.deadline = clock_mono_ms() + WORDS_TIME_MS };
	struct walk w = { .file = words_file, .arg = &run };
	AUTO(path_release) struct tool_path root = { 0 };
	cJSON *found = cJSON_AddArrayToObject(reply, "found");
	struct stat st;
	int fd = path_resolve(&root, env, ".", PATH_READ, reply) < 0 ? -1 :
	    path_open(&root, "not_found", &st, reply);
	size_t n = 0, i;
	AUTO_FREE struct word *v = NULL;

	while (words[n] != NULL)
		n++;
	v = xcalloc(n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		cJSON *paths = cJSON_CreateArray();

		cJSON_AddItemToArray(found, paths);
		word_add(&run, &v[i], words[i], paths);
	}
	if (fd >= 0)
		walk_run(&w, &root, fd);
	while (n > 0)
		glob_word_release(&v[--n].of);
	json_add_bool(reply, "cut", run.cut || w.truncated || fd < 0);
	buf_release(&run.text);
}
