/*
 * policy: which paths are protected, secret, ignored, tests, build products. It
 * only answers;
 * the gate and the sandbox act on it. Names match in any case if a match makes
 * things stricter (some file systems do the same), and case-sensitively if the
 * user allows something.
 */

#include "config.h"

#include "gate/policy-int.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <utf8proc.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/gate.h"
#include "gate/ignore.h"

#define SHORT_STEM 6	/* letters before the "~" */
#define SHORT_EXT 3

/* Only case and form, for a pattern; NULL if nothing changes, or it isn't text.
 * malloc'ed. */
static char *
policy_name_fold(const char *path)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t rc;
	const char *p;

	for (p = path; *p != '\0' && (unsigned char)*p < 0x80; p++)
		;
	if (*p == '\0')
		return NULL;
	rc = utf8proc_map((const utf8proc_uint8_t *)path, 0, &out,
	    (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE |
	    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
	if (rc == UTF8PROC_ERROR_NOMEM)
		mem_out();
	if (rc < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

/* The name under which a file system that distinguishes fewer names finds
 * `path`: ignoring case and Unicode form, invisible characters, trailing dots
 * and spaces, with backslashes as slashes, and without a stream's name; NULL if
 * it is `path` itself (except for ASCII case). malloc'ed. */
static char *
policy_name_plain(const char *path)
{
	AUTO_FREE char *folded = policy_name_fold(path);
	const char *p = folded == NULL ? path : folded;
	AUTO_BUF struct buf b = BUF_INIT(0);

	while (*p != '\0') {
		size_t n = strcspn(p, "/\\"), keep = n;
		const char *colon = memchr(p, ':', n);

		if (colon != NULL && colon > p)
			keep = (size_t)(colon - p);
		while (keep > 0 && (p[keep - 1] == '.' || p[keep - 1] == ' '))
			keep--;
		buf_add(&b, p, keep == 0 ? n : keep);
		if (p[n] != '\0')
			buf_addc(&b, '/');
		p += n + (p[n] != '\0');
	}
	if (strcmp(buf_str(&b), path) == 0)
		return NULL;
	return buf_take(&b);
}

static bool
policy_part_is_short(const char *p, size_t n)
{
	const char *tilde = memchr(p, '~', n), *end = p + n, *q;

	if (tilde == NULL || tilde == p || tilde - p > SHORT_STEM)
		return false;
	for (q = tilde + 1; q < end && *q >= '0' && *q <= '9'; q++)
		;
	if (q == tilde + 1)
		return false;
	return q == end || (*q == '.' && end - q - 1 <= SHORT_EXT);
}

/* Does a component look like another one's short name ("GITHUB~1")? */
static bool
policy_name_is_short(const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (policy_part_is_short(path, n))
			return true;
	}
	return false;
}

/* Is one of the two, ignoring ASCII case, the other or below it? "." is the
 * project, above all. */
static bool
policy_name_joins(const char *path, const char *own)
{
	size_t n = strlen(path), m = strlen(own);
	size_t less = n < m ? n : m;

	return strcmp(own, ".") == 0 || (strncasecmp(path, own, less) == 0 &&
	    (n == m || (n < m ? own : path)[less] == '/'));
}

static struct glob_list *
policy_globs_split(const char *text, bool fold)
{
	struct glob_list *g = glob_list_new(fold);

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		glob_list_add(g, text, n);
		text += n;
		text += strspn(text, " ");
	}
	return g;
}

static struct glob_list *
policy_globs_user(const char *const *v, bool fold)
{
	struct glob_list *g = glob_list_new(fold);

	for (; v != NULL && *v != NULL; v++) {
		AUTO_FREE char *plain = fold ? policy_name_fold(*v) : NULL;

		glob_list_add(g, *v, strlen(*v));
		if (plain != NULL)
			glob_list_add(g, plain, strlen(plain));
	}
	return g;
}

/* From the start object. */
static void
policy_own_add(struct policy *p, const cJSON *list)
{
	const cJSON *it;
	size_t n;

	p->own = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*p->own));
	cJSON_ArrayForEach(it, list) {
		struct policy_own *o = &p->own[p->own_len];

		o->path = json_get_bytes(it, "path", &n);
		if (o->path == NULL)
			continue;
		o->plain = policy_name_plain(o->path);
		o->by = json_is(it, "by", "git") ? POLICY_OWN_GIT :
		    json_is(it, "by", "assent") ? POLICY_OWN_ASSENT :
		    json_is(it, "by", "ci") ? POLICY_OWN_CI :
		    POLICY_OWN;
		p->own_len++;
	}
}

struct policy *
policy_new(const struct policy_options *o, struct err *e)
{
	struct policy *p = xcalloc(1, sizeof(*p));
	size_t i;

	for (i = 0; i < POLICY_ROWS; i++)
		p->rows[i] = policy_globs_split(policy_protected_rows[i].globs, true);
	for (i = 0; i < POLICY_TOKENS; i++)
		p->tokens[i] = policy_globs_split(policy_token_rows[i].globs, true);
	p->secret = policy_globs_split(policy_secret_globs, true);
	p->test = policy_globs_split(policy_test_globs, true);
	for (i = 0; i < POLICY_BUILDS; i++)
		p->builds[i] = policy_globs_split(policy_build_rows[i].globs, true);
	p->user_protected = policy_globs_user(o->protected_globs, true);
	p->user_secret = policy_globs_user(o->secret_globs, true);
	p->allow = policy_globs_user(o->allow_globs, false);
	p->lift = policy_globs_user(o->lift_globs, false);
	for (i = 0; i < POLICY_PRODUCTS; i++)
		p->products[i] = policy_globs_split(
		    policy_product_rows[i].globs, false);
	p->product_user = policy_globs_user(o->product_globs, false);
	policy_own_add(p, o->own_files);
	p->staged = -1;
	p->root = open(o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->root_path = fs_realpath(o->root);
	if (p->root < 0) {
		err_sys(e, "cannot open %s", o->root);
	} else {
		p->ignore = ignore_new(o->root, e);
		if (p->ignore != NULL)
			return p;
	}
	policy_free(p);
	return NULL;
}

void
policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < POLICY_ROWS; i++)
		glob_list_free(p->rows[i]);
	for (i = 0; i < POLICY_TOKENS; i++)
		glob_list_free(p->tokens[i]);
	for (i = 0; i < p->own_len; i++) {
		free(p->own[i].path);
		free(p->own[i].plain);
	}
	free(p->own);
	glob_list_free(p->user_protected);
	glob_list_free(p->allow);
	glob_list_free(p->secret);
	glob_list_free(p->user_secret);
	glob_list_free(p->lift);
	glob_list_free(p->test);
	for (i = 0; i < POLICY_BUILDS; i++)
		glob_list_free(p->builds[i]);
	for (i = 0; i < POLICY_PRODUCTS; i++)
		glob_list_free(p->products[i]);
	for (i = 0; i < p->rules_len; i++)
		glob_list_free(p->rules[i].globs);
	glob_list_free(p->product_user);
	free(p->rules);
	pathmap_release(&p->written);
	ignore_free(p->ignore);
	policy_secrets_forget(p);
	free(p->dirs);
	free(p->looks);
	buf_release(&p->watched);
	free(p->root_path);
	buf_release(&p->note);
	buf_release(&p->cut_note);
	fs_close(p->root);
	free(p);
}

/*
 * Does a link at `path` lead out of the tree? Judged by its text alone:
 * absolute, more ".." than folders above it, or a ".." after a name, which
 * another link could turn into anything.
 */
static bool
policy_link_leaves(const char *path, const char *target)
{
	size_t depth = 0;
	bool named = false;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	if (*target == '/' || *target == '\0')
		return true;
	while (*target != '\0') {
		size_t n = strcspn(target, "/");

		if (n == 2 && target[0] == '.' && target[1] == '.') {
			if (named || depth == 0)
				return true;
			depth--;
		} else if (n > 0 && !(n == 1 && target[0] == '.')) {
			named = true;
		}
		target += n;
		target += strspn(target, "/");
	}
	return false;
}

/* A name, and other names it may stand for. */
struct policy_name {
	const char	*path;
	char		*plain;		/* see policy_name_plain; or NULL */
	bool		 link;		/* possibly to a folder */
};

static bool
policy_covers(const struct glob_list *g, const struct policy_name *n)
{
	const char *const forms[] = { n->path, n->plain };
	size_t i;

	for (i = 0; i < MEM_COUNT(forms) && forms[i] != NULL; i++)
		if (glob_list_covers(g, forms[i]) || (n->link &&
		    glob_list_match(g, forms[i], true) == GLOB_YES))
			return true;
	return false;
}

static const char *
policy_case(enum policy_case which)
{
	return policy_protected_cases[which].rule;
}

/* Something at a folder's name takes the place of all below it. */
static const struct policy_own *
policy_own_find(const struct policy *p, const struct policy_name *n)
{
	size_t i;

	for (i = 0; i < p->own_len; i++) {
		const struct policy_own *o = &p->own[i];
		const char *own = o->plain != NULL ? o->plain : o->path;

		if (policy_name_joins(n->path, o->path) ||
		    policy_name_joins(n->plain != NULL ? n->plain : n->path,
		    own))
			return o;
	}
	return NULL;
}

/* By its name. */
static const char *
policy_protected_name(struct policy *p, const struct policy_name *n)
{
	const struct policy_own *own;
	size_t i;

	if (policy_is_secret(p, n->path) ||
	    (n->plain != NULL && policy_is_named(p, n->plain)))
		return policy_case(POLICY_SECRET);
	own = policy_own_find(p, n);
	if (own != NULL)
		return policy_case(own->by);
	for (i = 0; i < POLICY_ROWS; i++)
		if (policy_covers(p->rows[i], n))
			return policy_protected_rows[i].rule;
	if (policy_covers(p->user_protected, n))
		return policy_case(POLICY_USER);
	return policy_name_is_short(n->plain != NULL ? n->plain : n->path) ?
	    policy_case(POLICY_SHORT) : NULL;
}

/* By its new content or type. */
static const char *
policy_protected_kind(const char *path, const struct stage_side *before,
    const struct stage_side *after, const char *target)
{
	if (after == NULL || !after->exists)
		return NULL;
	if (after->mode == 0120000) {
		/* Writing through it would change git's own files. */
		if (target != NULL && dotgit_in_path(target))
			return policy_case(POLICY_GIT_LINK);
		return target == NULL || policy_link_leaves(path, target) ?
		    policy_case(POLICY_OUT_LINK) : NULL;
	}
	if (after->mode == 0100755 && (before == NULL || !before->exists ||
	    before->mode != 0100755))
		return policy_case(POLICY_EXECUTABLE);
	return NULL;
}

static bool
policy_side_is_link(const struct stage_side *s)
{
	return s != NULL && s->exists && s->mode == 0120000;
}

const char *
policy_protected(struct policy *p, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    const char *link_target)
{
	struct policy_name n = {
		.path = path, .plain = policy_name_plain(path),
		/* A link may lead to a folder: patterns for folders match it,
		 * too. */
		.link = policy_side_is_link(before) ||
		    policy_side_is_link(after),
	};
	const char *rule = policy_protected_name(p, &n);

	free(n.plain);
	return rule != NULL ? rule :
	    policy_protected_kind(path, before, after, link_target);
}

bool
policy_allowed(struct policy *p, const char *path)
{
	return glob_list_covers(p->allow, path);
}

bool
policy_is_ignored(struct policy *p, const char *path, bool is_dir)
{
	return ignore_match(p->ignore, path, is_dir);
}

bool
policy_is_tracked(struct policy *p, const char *path)
{
	return ignore_has_tracked(p->ignore, path, false);
}

char *
policy_index_hide(struct policy *p, struct buf *out)
{
	return p->secrets == NULL ? NULL : ignore_index_hide(p->ignore,
	    (const char *const *)p->secrets, out);
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

static bool
product_is_there(int fd, const char *path)
{
	int f = fd < 0 ? -1 : fs_open_beneath(fd, path, O_PATH | O_NOFOLLOW,
	    0);

	fs_close(f);
	return f >= 0;
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

/* By the table and the settings: this path alone. If git tracks something below
 * a folder, it is the project's, whatever its name. */
static bool
product_table(struct policy *p, const char *path, bool is_dir)
{
	enum glob_verdict v = glob_list_match(p->product_user, path, is_dir);
	bool yes = v == GLOB_YES;
	size_t i;

	for (i = 0; i < POLICY_PRODUCTS && v == GLOB_NONE && !yes; i++)
		yes = glob_list_match(p->products[i], path, is_dir) ==
		    GLOB_YES && (policy_product_rows[i].beside == NULL ||
		    product_beside(policy_product_rows[i].beside, p->root, p->staged,
		    path));
	return yes && !ignore_has_tracked(p->ignore, path, is_dir);
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

enum product_why
policy_product(struct policy *p, const char *path, bool is_dir)
{
	size_t i;

	if (is_dir ? product_is_written_below(p, path) :
	    pathmap_find(&p->written, path) != NULL)
		return PRODUCT_NOT;
	for (i = p->rules_len; i-- > 0;) {
		const struct policy_rule *r = &p->rules[i];

		if (!glob_list_covers(r->globs, path) && !(is_dir &&
		    glob_list_match(r->globs, path, true) == GLOB_YES))
			continue;
		return r->hide && !ignore_has_tracked(p->ignore, path,
		    is_dir) ? PRODUCT_HIDDEN : PRODUCT_NOT;
	}
	if (ignore_match(p->ignore, path, is_dir))
		return PRODUCT_GIT;
	if (product_table_covers(p, path, is_dir) &&
	    !ignore_has_tracked(p->ignore, path, is_dir))
		return PRODUCT_CACHE;
	return is_dir || ignore_has_tracked(p->ignore, path, false) ||
	    product_is_exempt(p, path) ? PRODUCT_NOT : PRODUCT_BINARY;
}

void
policy_add_rule(struct policy *p, bool hide, const char *glob, size_t n)
{
	struct policy_rule *r;

	GROW(p->rules, p->rules_len);
	r = &p->rules[p->rules_len++];
	r->hide = hide;
	r->globs = glob_list_new(false);
	glob_list_add(r->globs, glob, n);
}

void
policy_add_written(struct policy *p, const char *path)
{
	pathmap_add(&p->written, path, sizeof(struct policy_path));
}

void
policy_path_glob(struct buf *b, const char *path)
{
	buf_addc(b, '/');
	for (; *path != '\0'; path++) {
		if (strchr("*?[]\\ ", *path) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, *path);
	}
}

void
policy_product_view(struct policy *p, int staged_fd)
{
	p->staged = staged_fd;
}

void
policy_hold(struct policy *p, bool hold)
{
	ignore_hold(p->ignore, hold);
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

bool
policy_is_test(struct policy *p, const char *path)
{
	return policy_covers_any(p->test, path);
}

const char *
policy_runs_at(struct policy *p, const char *path)
{
	size_t i;

	for (i = 0; i < POLICY_BUILDS; i++)
		if (policy_covers_any(p->builds[i], path))
			return policy_build_rows[i].what;
	return NULL;
}

bool
policy_is_lifted(struct policy *p, const char *path)
{
	return glob_list_covers(p->lift, path);
}

int
policy_open_file(const struct policy *p, const char *path, int flags)
{
	return fs_open_beneath(p->root, path, flags, 0);
}

const char *
policy_head(const struct policy *p)
{
	return ignore_head(p->ignore);
}

const char *
policy_note(struct policy *p)
{
	if (!p->noted && ignore_note(p->ignore) != NULL) {
		buf_adds(&p->note, ignore_note(p->ignore));
		p->noted = true;
	}
	while (p->note.len > 0 && (p->note.p[p->note.len - 1] == ' ' ||
	    p->note.p[p->note.len - 1] == ';'))
		p->note.p[--p->note.len] = '\0';
	return p->note.len == 0 ? NULL : buf_str(&p->note);
}
