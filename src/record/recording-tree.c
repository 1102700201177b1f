/* recording-tree: the files that a session began with. */
#include "config.h"

#include "record/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret-name.h"
#include "base/utf8.h"
#include "git/git-run.h"
#include "gate/policy-table.h"

#define TREE_BYTES	((size_t)512 << 10)
#define TREE_FILES	500

struct tree {
	const struct scrub *scrub;
	const cJSON	*before;
	struct glob_list *secret;
	const char	*dir;
	cJSON		*files;
	size_t		 bytes;
	int		 len;
	bool		 too_much;
};

/* ---- git ---- */

/* The commit in a new folder, of a checkout that stays untouched. */
static int
recording_tree_checkout(const char *root, const char *commit, const char *to,
    bool alone, struct err *e)
{
	const char *const clone[] = { "clone", "-q", "--no-hardlinks",
		"--no-checkout", "--", root, to, NULL };
	const char *const checkout[] = { "-c", "advice.detachedHead=false",
		"checkout", "-q", "--detach", commit, "--", NULL };
	const struct git_run here = { .dir = "/", .connects = true };
	const struct git_run there = { .dir = to, .alone = alone };

	if (!git_is_hash(commit))
		return err_set(e, "%.100s is no commit's hash", commit);
	if (git_run_ok(&here, clone, e) < 0)
		return -1;
	return git_run_ok(&there, checkout, e);
}

/* A repository of one commit, the same each time. No filter of the user's runs on
 * somebody else's files. */
static int
recording_tree_commit(const char *to, struct err *e)
{
	static const char *const steps[][12] = {
		{ "init", "-q", "-b", "main", NULL },
		{ "add", "-A", NULL },
		{ "-c", "user.name=user", "-c", "user.email=user@host", "-c",
		  "commit.gpgsign=false", "commit", "-qm", "base", NULL },
	};
	const struct git_run g = { .dir = to, .alone = true };
	size_t i;

	for (i = 0; i < MEM_COUNT(steps); i++)
		if (git_run_ok(&g, steps[i], e) < 0)
			return -1;
	return 0;
}

/* ---- reading ---- */

static void
recording_tree_add(struct tree *t, const char *path, unsigned mode, const char *p,
    size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0), name = BUF_INIT(0);
	cJSON *o;

	t->bytes += n;
	if (++t->len > TREE_FILES || t->bytes > TREE_BYTES) {
		t->too_much = true;
		return;
	}
	o = cJSON_CreateObject();
	scrub_text(t->scrub, p, n, &b);
	scrub_text(t->scrub, path, strlen(path), &name);
	json_add_str(o, "path", buf_str(&name));
	if (S_ISLNK(mode))
		json_add_str(o, "link", buf_str(&b));
	else
		json_add_bytes(o, "text", buf_str(&b), b.len);
	if ((mode & 0100) != 0 && !S_ISLNK(mode))
		json_add_bool(o, "executable", true);
	cJSON_AddItemToArray(t->files, o);
}

static int
recording_tree_file(struct tree *t, const char *path, const struct stat *st,
    struct err *e)
{
	AUTO_FREE char *full = fs_join(t->dir, path);
	AUTO_BUF struct buf b = BUF_INIT(TREE_BYTES * 2);
	const cJSON *was = json_find(t->before, "path", path);
	char link[4096];
	ssize_t n;

	if (!utf8_is_line(path))
		return 0;
	if (secret_name(t->secret, NULL, path)) {
		/* It is hidden in the replay, too. */
		if (S_ISREG(st->st_mode))
			recording_tree_add(t, path, S_IFREG, "", 0);
		return 0;
	}
	if (was != NULL && json_str(was, "content") == NULL)
		return 0;	/* the session made it */
	if (was == NULL && S_ISLNK(st->st_mode)) {
		n = readlink(full, link, sizeof(link) - 1);
		if (n >= 0)
			recording_tree_add(t, path, S_IFLNK, link, (size_t)n);
		return 0;
	}
	if (was == NULL && !S_ISREG(st->st_mode))
		return 0;
	if (was == NULL && (size_t)st->st_size > TREE_BYTES) {
		t->too_much = true;
		return 0;
	}
	if (fs_read_file(AT_FDCWD, was != NULL ? json_str(was, "content") :
	    full, &b, e) < 0)
		return -1;
	recording_tree_add(t, path, was != NULL ? (unsigned)json_int(was, "mode", 0) :
	    (unsigned)st->st_mode, buf_str(&b), b.len);
	return 0;
}

static int
recording_tree_is_entry(const struct dirent *de)
{
	return !dotgit_is_name(de->d_name) && !fs_is_dots(de->d_name);
}

static int
recording_tree_walk(struct tree *t, const char *below, struct err *e)
{
	AUTO_FREE char *dir = below[0] == '\0' ? xstrdup(t->dir) :
	    fs_join(t->dir, below);
	struct dirent **v;
	int i, n, rc = 0;

	n = scandir(dir, &v, recording_tree_is_entry, alphasort);
	if (n < 0)
		return err_sys(e, "can't read %s", dir);
	for (i = 0; i < n; i++) {
		AUTO_FREE char *path = below[0] == '\0' ?
		    xstrdup(v[i]->d_name) : fs_join(below, v[i]->d_name);
		AUTO_FREE char *full = fs_join(t->dir, path);
		struct stat st;

		free(v[i]);
		if (rc < 0 || t->too_much || lstat(full, &st) < 0)
			continue;
		rc = S_ISDIR(st.st_mode) ? recording_tree_walk(t, path, e) :
		    recording_tree_file(t, path, &st, e);
	}
	free(v);
	return rc;
}

/* Files that the session deleted, and those that weren't in the commit. */
static int
recording_tree_missing(struct tree *t, struct err *e)
{
	const struct stat none = { .st_mode = S_IFREG };
	const cJSON *it;
	int rc = 0;

	cJSON_ArrayForEach(it, t->before) {
		const char *path = json_str_or(it, "path", "");
		AUTO_BUF struct buf name = BUF_INIT(0);

		scrub_text(t->scrub, path, strlen(path), &name);
		if (rc == 0 && json_str(it, "content") != NULL &&
		    json_find(t->files, "path", buf_str(&name)) == NULL)
			rc = recording_tree_file(t, path, &none, e);
	}
	return rc;
}

static struct glob_list *
recording_tree_secrets(const cJSON *own)
{
	struct glob_list *l = glob_list_new(true);
	const char *p = policy_secret_globs;
	const cJSON *it;

	while (*p != '\0') {
		size_t n = strcspn(p, " ");

		glob_list_add(l, p, n);
		p += n + strspn(p + n, " ");
	}
	cJSON_ArrayForEach(it, own)
		if (cJSON_IsString(it))
			glob_list_add(l, it->valuestring,
			    strlen(it->valuestring));
	return l;
}

cJSON *
recording_tree_read(const cJSON *first, const cJSON *before,
    const char *scratch, const struct scrub *scrub, struct err *e)
{
	const char *root = json_str_or(first, "root", "");
	const char *commit = json_str(first, "head");
	AUTO_FREE char *copy = fs_join(scratch, "base");
	struct tree t = { .scrub = scrub, .before = before,
		.secret = recording_tree_secrets(json_array(json_get(first,
		"settings"), "secret")), .dir = commit != NULL ? copy : root,
		.files = cJSON_CreateArray() };
	cJSON *o = NULL;
	int rc = commit == NULL ? 0 : recording_tree_checkout(root, commit, copy,
	    false, e);

	if (rc == 0)
		rc = recording_tree_walk(&t, "", e);
	if (rc == 0 && !t.too_much)
		rc = recording_tree_missing(&t, e);
	glob_list_free(t.secret);
	if (rc == 0 && t.too_much && commit == NULL)
		rc = err_set(e, "%s has more than %d files or %zu kB and no "
		    "commit of git to name instead", root, TREE_FILES,
		    TREE_BYTES >> 10);
	if (rc == 0) {
		o = cJSON_CreateObject();
		if (t.too_much)
			json_add_str(o, "commit", commit);
		else {
			json_add_bool(o, "git", commit != NULL);
			json_set_take(o, "files", t.files);
			t.files = NULL;
		}
	}
	cJSON_Delete(t.files);
	return o;
}

/* ---- writing ---- */

/* A name below the folder, without ways out of it. */
static bool
recording_tree_is_inside(const char *path)
{
	AUTO_FREE char *inside = fs_inside(RECORDING_ROOT, RECORDING_ROOT,
	    path);

	return inside != NULL && strcmp(inside, path) == 0 &&
	    !dotgit_in_path(path);
}

static int
recording_tree_make_file(int dirfd, const cJSON *f, const struct scrub *expand,
    struct err *e)
{
	const char *path = json_str_or(f, "path", ""), *name;
	const char *link = json_str(f, "link");
	size_t n = 0;
	AUTO_FREE char *text = json_get_bytes(f, "text", &n);
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_CLOSE int parent = -1, fd = -1;

	if (!recording_tree_is_inside(path) || (text == NULL && link == NULL))
		return err_set(e, "the recording has a bad file %s", path);
	/* Never through a link. */
	parent = fs_open_parent(dirfd, path, true, &name);
	if (parent < 0)
		return err_sys(e, "can't make the folder of %s", path);
	scrub_text(expand, link != NULL ? link : text, link != NULL ?
	    strlen(link) : n, &b);
	if (link != NULL)
		return symlinkat(buf_str(&b), parent, name) == 0 ? 0 :
		    err_sys(e, "can't make %s", path);
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, json_bool(f, "executable", false) ? 0755 : 0644);
	if (fd < 0 || fs_write_all(fd, buf_str(&b), b.len) < 0)
		return err_sys(e, "can't write %s", path);
	return 0;
}

int
recording_tree_write(const cJSON *tree, const char *root, const char *to,
    const struct scrub *expand, struct err *e)
{
	const char *commit = json_str(tree, "commit");
	const cJSON *f;
	int dirfd, rc = 0;

	if (commit != NULL) {
		struct err why = ERR_INIT;

		if (recording_tree_checkout(root, commit, to, true, &why) < 0)
			return err_set(e, "it began with the commit %s; replay "
			    "it in a checkout that has it (%s)", commit,
			    why.text);
		return 0;
	}
	if (mkdir(to, 0755) < 0)
		return err_sys(e, "can't make %s", to);
	dirfd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(e, "can't open %s", to);
	cJSON_ArrayForEach(f, json_array(tree, "files"))
		if (rc == 0)
			rc = recording_tree_make_file(dirfd, f, expand, e);
	fs_close(dirfd);
	return rc == 0 && json_bool(tree, "git", false) ? recording_tree_commit(to, e) :
	    rc;
}
