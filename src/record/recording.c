/* See recording.h. */

#include "config.h"

#include "record/recording.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "gate/policy-table.h"
#include "git/git-run.h"
#include "journal/command.h"
#include "journal/event.h"
#include "policy/mask.h"

/* ---- text without names and secrets ---- */

#define SCRUB_WORD_MIN 3	/* a shorter name would be found everywhere */
#define SCRUB_DIGITS_MIN 5	/* ... in hashes */

struct scrub_rule {
	char		*from, *to;
	bool		 word;		/* a name, not a folder */
};

struct scrub {
	struct scrub_rule *v;
	size_t		 len;
	bool		 mask;
};

static void
scrub_rule(struct scrub *s, const char *from, const char *to, bool word)
{
	/* Ordinary words, or words that texts and recordings need: nobody's
	 * name. */
	static const char *const usual[] = { "admin", "alpine", "answer",
		"app", "apply", "arch", "bash", "build", "builder", "centos",
		"check", "code", "contact", "container", "data", "debian",
		"decide", "deploy", "dev", "developer", "docker", "done",
		"edit", "error", "fedora", "file", "git", "github", "gitlab",
		"glob", "grep", "guest", "hello", "home", "host", "info",
		"jenkins", "linux", "local", "localhost", "mail", "main",
		"mark", "max", "min", "name", "nobody", "node", "note",
		"office", "path", "pi", "plan", "project", "proposal", "read",
		"review", "root", "run", "runner", "say", "server", "service",
		"set", "step", "support", "system", "task", "team", "test",
		"text", "tool", "type", "ubuntu", "undo", "user", "vagrant",
		"web", "will", "work", "write" };
	size_t i;

	if (from == NULL || strlen(from) < (word ? SCRUB_WORD_MIN : 2))
		return;
	for (i = 0; word && i < MEM_COUNT(usual); i++)
		if (strcasecmp(usual[i], from) == 0)
			return;
	GROW(s->v, s->len);
	s->v[s->len++] = (struct scrub_rule){ xstrdup(from), xstrdup(to),
		word };
}

/* Programs name the folder above, too; but not one such as /tmp. */
static void
scrub_parent(struct scrub *s, const char *root)
{
	const char *end = strrchr(root, '/');
	AUTO_FREE char *dir = end == NULL ? NULL :
	    xmemdup(root, (size_t)(end - root));

	if (dir != NULL && strchr(dir + (dir[0] == '/'), '/') != NULL)
		scrub_rule(s, dir, "/home/user", false);
}

struct scrub *
scrub_new(const char *root, const char *dir, const char *home,
    const char *const *names, size_t n)
{
	struct scrub *s = xcalloc(1, sizeof(*s));
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "";
	size_t i;

	if (root == NULL)
		return s;
	s->mask = true;
	scrub_rule(s, root, RECORDING_ROOT, false);
	scrub_parent(s, root);
	scrub_rule(s, home, "/home/user", false);
	scrub_rule(s, pw == NULL ? NULL : pw->pw_dir, "/home/user", false);
	for (i = 0; i < n; i++)
		scrub_rule(s, names[i], strchr(names[i], '@') == NULL ?
		    "user" : "user@host", true);
	if (pw != NULL && pw->pw_gecos != NULL) {
		AUTO_FREE char *full = xmemdup(pw->pw_gecos,
		    strcspn(pw->pw_gecos, ","));

		scrub_rule(s, full, "user", true);
	}
	scrub_rule(s, pw == NULL ? NULL : pw->pw_name, "user", true);
	scrub_rule(s, getenv("USER"), "user", true);
	scrub_rule(s, getenv("LOGNAME"), "user", true);
	if (gethostname(host, sizeof(host) - 1) == 0) {
		scrub_rule(s, host, "host", true);
		host[strcspn(host, ".")] = '\0';
		scrub_rule(s, host, "host", true);
	}
	/* Without namespaces a command's home and temporary files are there. */
	scrub_rule(s, dir, RECORDING_SESSION, false);
	return s;
}

struct scrub *
scrub_session(const char *dir, const char *root)
{
	AUTO_FREE char *ident = git_run_ask(root, "var", "GIT_AUTHOR_IDENT",
	    NULL, NULL);
	char *mail = ident == NULL ? NULL : strstr(ident, " <");
	AUTO_FREE char *local = NULL;
	const char *names[3];
	size_t n = 0;

	/* "name <mail> time zone" */
	if (mail != NULL) {
		*mail = '\0';
		mail += 2;
		mail[strcspn(mail, ">")] = '\0';
		local = xmemdup(mail, strcspn(mail, "@"));
		names[n++] = ident;
		names[n++] = mail;
		names[n++] = local;
	}
	return scrub_new(root, dir, getenv("HOME"), names, n);
}

void
scrub_free(struct scrub *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->len; i++)
		FREE_ALL(s->v[i].from, s->v[i].to);
	FREE_ALL(s->v, s);
}

static bool
scrub_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is there one in front, such as that of JSON's \n or of %2F in an address, which
 * ends in a letter? */
static bool
scrub_is_escaped(const char *p, size_t at)
{
	return (at >= 2 && p[at - 2] == '\\' && strchr("nrtbf", p[at - 1]) !=
	    NULL) || (at >= 3 && p[at - 3] == '%' &&
	    isxdigit((unsigned char)p[at - 2]) &&
	    isxdigit((unsigned char)p[at - 1]));
}

/* Does a name begin or end between these two? As in ann_x, annHome, myAnn. */
static bool
scrub_is_edge(char before, char after, size_t len)
{
	unsigned char b = (unsigned char)before, a = (unsigned char)after;

	return !isalnum(b) || !isalnum(a) || (islower(b) && isupper(a)) ||
	    (len >= SCRUB_DIGITS_MIN && (isdigit(b) || isdigit(a)));
}

static bool
scrub_fits(const struct scrub_rule *r, const char *p, size_t at, size_t n)
{
	size_t len = strlen(r->from);

	if (len > n - at)
		return false;
	/* A folder, and not one whose name is longer. */
	if (!r->word)
		return memcmp(p + at, r->from, len) == 0 &&
		    (at + len == n || !scrub_is_word(p[at + len]));
	return strncasecmp(p + at, r->from, len) == 0 &&
	    (at + len == n || scrub_is_edge(p[at + len - 1], p[at + len],
	    len)) && (at == 0 || scrub_is_edge(p[at - 1], p[at], len) ||
	    scrub_is_escaped(p, at));
}

/* The longest. */
static const struct scrub_rule *
scrub_find(const struct scrub *s, const char *p, size_t at, size_t n)
{
	const struct scrub_rule *found = NULL;
	size_t i;

	for (i = 0; i < s->len; i++)
		if (scrub_fits(&s->v[i], p, at, n) && (found == NULL ||
		    strlen(s->v[i].from) > strlen(found->from)))
			found = &s->v[i];
	return found;
}

void
scrub_text(const struct scrub *s, const char *p, size_t n, struct buf *out)
{
	AUTO_BUF struct buf masked = BUF_INIT(0);
	const struct scrub_rule *r;
	size_t i;

	if (s->mask) {
		mask_secrets(&masked, p, n, NULL);
		p = buf_str(&masked);
		n = masked.len;
	}
	for (i = 0; i < n;)
		if ((r = scrub_find(s, p, i, n)) == NULL)
			buf_addc(out, p[i++]);
		else {
			buf_adds(out, r->to);
			i += strlen(r->from);
		}
}

/* The name of a member, unless it is one that we define. */
static void
scrub_key(const struct scrub *s, cJSON *it)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	scrub_text(s, it->string, strlen(it->string), &b);
	cJSON_free(it->string);
	it->string = xstrdup(buf_str(&b));
}

static void
scrub_members(const struct scrub *s, cJSON *o, bool keys)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *it, *next;

	if (cJSON_IsString(o)) {
		scrub_text(s, o->valuestring, strlen(o->valuestring), &b);
		cJSON_SetValuestring(o, buf_str(&b));
		return;
	}
	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		size_t n = it->string == NULL ? 0 : strlen(it->string);

		next = it->next;
		if (!keys && n > 4 && strcmp(it->string + n - 4, "_b64") == 0) {
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
			continue;
		}
		scrub_members(s, it, keys || (n > 0 &&
		    strcmp(it->string, "args") == 0));
		if (keys && n > 0)
			scrub_key(s, it);
	}
}

void
scrub_json(const struct scrub *s, cJSON *o)
{
	scrub_members(s, o, false);
}

/* ---- the files ---- */

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
	return !dotgit_in_path(de->d_name) && !fs_is_dots(de->d_name);
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
	const cJSON *it;

	glob_list_add_words(l, policy_secret_globs);
	cJSON_ArrayForEach(it, own)
		if (cJSON_IsString(it))
			glob_list_add(l, it->valuestring,
			    strlen(it->valuestring));
	return l;
}

cJSON *
recording_tree_read(const struct ev_session_start *first,
    const cJSON *before, const char *scratch, const struct scrub *scrub,
    struct err *e)
{
	const char *root = ev_str(first->root, "");
	const char *commit = first->head;
	AUTO_FREE char *copy = fs_join(scratch, "base");
	struct tree t = { .scrub = scrub, .before = before,
		.secret = recording_tree_secrets(json_array(first->settings,
		"secret")), .dir = commit != NULL ? copy : root,
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

/* Make it at `to`, which doesn't exist; `root` is a checkout with its commit. */
static int
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

/* ---- answers: a stream of Chat Completions each ---- */

static void
recording_answer_calls(cJSON *delta, const cJSON *calls)
{
	cJSON *list = NULL, *o, *f;
	const cJSON *call;
	int i = 0;

	cJSON_ArrayForEach(call, calls) {
		if (list == NULL)
			list = cJSON_AddArrayToObject(delta, "tool_calls");
		cJSON_AddItemToArray(list, o = cJSON_CreateObject());
		json_add_int(o, "index", i++);
		json_add_str(o, "id", json_str_or(call, "id", "call"));
		f = cJSON_AddObjectToObject(o, "function");
		json_add_str(f, "name", json_str_or(call, "name", ""));
		json_add_str(f, "arguments", json_str_or(call, "arguments",
		    ""));
	}
}

static void
recording_answer_add(struct buf *b, const cJSON *answer)
{
	static const struct { const char *stop, *finish; } ends[] = {
		{ "max_tokens", "length" },
		{ "content_filter", "content_filter" },
		{ "context_full", "model_length" } }, *end;
	const cJSON *calls = json_array(answer, "calls");
	const cJSON *usage = json_get(answer, "usage");
	AUTO_JSON cJSON *chunk = cJSON_CreateObject();
	cJSON *choice = cJSON_CreateObject(), *o;

	cJSON_AddItemToArray(cJSON_AddArrayToObject(chunk, "choices"), choice);
	json_add_int(choice, "index", 0);
	o = cJSON_AddObjectToObject(choice, "delta");
	json_add_str(o, "content", json_str_or(answer, "text", ""));
	json_add_str(o, "reasoning_content", json_str(answer, "thinking"));
	recording_answer_calls(o, calls);
	end = MEM_FIND(ends, json_str_or(answer, "stop", ""));
	json_add_str(choice, "finish_reason", end != NULL ? end->finish :
	    calls != NULL && calls->child != NULL ? "tool_calls" : "stop");
	if (json_int(usage, "input", -1) >= 0) {
		o = cJSON_AddObjectToObject(chunk, "usage");
		json_add_int(o, "prompt_tokens", json_int(usage, "input", 0));
		json_add_int(o, "completion_tokens", json_int(usage, "output",
		    0));
	}
	buf_adds(b, "data: ");
	json_append(b, chunk);
	buf_adds(b, "\n\ndata: [DONE]\n\n");
}

static int
recording_answer_file(const char *dir, const char *name, const struct buf *b,
    struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, name);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);

	return fd >= 0 && fs_write_all(fd, buf_str(b), b->len) == 0 ? 0 :
	    err_sys(e, "can't write %s", path);
}

static int
recording_answers(const cJSON *answers, const char *dir, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;
	char name[32];
	int n = 0, rc;

	if (mkdir(dir, 0700) < 0)
		return err_sys(e, "can't make %s", dir);
	buf_adds(&b, "{\"format\":\"openai-chat\"}\n");
	rc = recording_answer_file(dir, "recording.json", &b, e);
	cJSON_ArrayForEach(it, answers) {
		buf_clear(&b);
		recording_answer_add(&b, it);
		snprintf(name, sizeof(name), "%02d.wait", ++n);
		if (rc == 0)
			rc = recording_answer_file(dir, name, &b, e);
	}
	return rc;
}

cJSON *
recording_unpack(const cJSON *recording, const char *from, const char *root,
    const char *answers, struct err *e)
{
	static const char *const parts[] = { "start", "answers", "user" };
	struct scrub *expand = scrub_new(NULL, NULL, NULL, NULL, 0);
	cJSON *own = cJSON_Duplicate(recording, 1);
	size_t i;

	scrub_rule(expand, RECORDING_ROOT, root, false);
	for (i = 0; i < MEM_COUNT(parts); i++)
		scrub_json(expand, cJSON_GetObjectItemCaseSensitive(own,
		    parts[i]));
	if (recording_tree_write(json_get(own, "tree"), from, root, expand,
	    e) < 0 || recording_answers(json_get(own, "answers"), answers,
	    e) < 0)
		json_drop(&own);
	scrub_free(expand);
	return own;
}

/* ---- what is compared ---- */

bool
recording_is_timed(const char *what)
{
	return ev_is(what, "time") || ev_is(what, "money");
}

/* Each file, with its hunks or the verdicts on them. */
static void
recording_files(cJSON *to, const cJSON *list)
{
	static const char *const same[] = { "path", "path_b64", "status",
		"from", "binary", "kind", "ok", "error" };
	const cJSON *f, *h;
	cJSON *o, *hunks;

	cJSON_ArrayForEach(f, list) {
		cJSON_AddItemToArray(to, o = cJSON_CreateObject());
		JSON_COPY(o, f, same);
		if (json_array(f, "hunks") == NULL)
			continue;
		hunks = cJSON_AddArrayToObject(o, "hunks");
		cJSON_ArrayForEach(h, json_array(f, "hunks"))
			cJSON_AddItemToArray(hunks, cJSON_CreateString(
			    json_str_or(h, "decision", json_str_or(h, "text",
			    "?"))));
	}
}

static const struct recording_row {
	const char	*members[8];	/* that are copied, and ... */
	const char	*files;		/* ... a list of files; without both
					   such lines aren't compared */
	const char	*if_member, *if_value;	/* only such lines; or NULL */
} recording_rows[EVENT_TYPES_LEN] = {
	[EVENT_AGENT_END] = { .members = { "outcome", "exit", "summary" } },
	[EVENT_APPLIED] = { .files = "ops" },
	[EVENT_BUDGET] = { .members = { "what", "action" } },
	[EVENT_DECISION] = { .members = { "by" }, .files = "files" },
	[EVENT_ERROR] = { .members = { "kind", "text" } },
	[EVENT_EVIDENCE] = { .members = { "exit", "signal", "killed", "where" },
	  .if_member = "status", .if_value = "done" },
	[EVENT_FINDING] = { .members = { "path", "line", "severity",
	  "message" } },
	[EVENT_PLAN] = { .members = { "by", "status", "goal", "steps", "files",
	  "word", "at", "step" } },
	[EVENT_PROPOSAL] = { .members = { "version", "final" },
	  .files = "files" },
	[EVENT_REQUIRE] = { .members = { "exit", "signal", "killed" },
	  .if_member = "status", .if_value = "done" },
	[EVENT_TOOL_CALL] = { .members = { "name", "args", "args_text" },
	  .if_member = "by", .if_value = "model" },
	[EVENT_TOOL_RESULT] = { .members = { "name", "ok", "error", "exit",
	  "signal", "killed", "text", "diff" },
	  .if_member = "by", .if_value = "core" },
};

cJSON *
recording_event(const struct event *l, struct recording_at *at)
{
	const struct recording_row *r = &recording_rows[l->type];
	cJSON *o;

	if (l->type == EVENT_TURN_START)
		at->thinking = true;
	else if (l->type == EVENT_ASSISTANT_MESSAGE &&
	    !l->assistant_message.broken) {
		at->answers++;
		at->thinking = false;
	}
	if ((r->members[0] == NULL && r->files == NULL) || l->seq == 0 ||
	    (r->if_member != NULL &&
	    !json_is(l->line, r->if_member, r->if_value)))
		return NULL;
	/* Runs while you decide: how many depends on how fast you are. */
	if ((l->type == EVENT_BUDGET && recording_is_timed(l->budget.what)) ||
	    (l->type == EVENT_EVIDENCE &&
	    ev_is(l->evidence.where, "accepted")))
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "type", event_rows[l->type].name);
	json_copy_names(o, l->line, r->members, MEM_COUNT(r->members));
	if (r->files != NULL)
		recording_files(cJSON_AddArrayToObject(o, r->files),
		    json_array(l->line, r->files));
	return o;
}

cJSON *
recording_start(const cJSON *start)
{
	static const char *const same[] = {
		"mode", "task", "typed", "require", "approve", "allow_protected",
		"plan", "max_turns", "max_total_tokens", "test",
		"test_by", "test_first", "check_retries",
		"rollback", "include", "products", "proofs", "protected",
		"require_proof", "secret", "tools",
		"profile", "person", "diff",
	};
	/* The tools that it is given for edits depend on it. */
	const char *edit = json_str(json_get(json_get(start, "model"),
	    "facts"), "edit");
	cJSON *o = cJSON_CreateObject(), *model, *facts;

	JSON_COPY(o, start, same);
	if (edit != NULL) {
		model = cJSON_AddObjectToObject(o, "model");
		facts = cJSON_AddObjectToObject(model, "facts");
		json_add_str(facts, "edit", edit);
	}
	return o;
}

/* ---- what the user did ---- */

static cJSON *
recording_plan(const struct event *l)
{
	static const char *const same[] = { "goal", "steps", "files", "check",
		"risks" };
	enum fold_plan_status status = fold_plan_status(l);
	cJSON *o;

	if (status == FOLD_PLAN_STEP)
		return NULL;
	o = command_text("plan", "action", status == FOLD_PLAN_APPROVED ?
	    "approve" : status == FOLD_PLAN_RETURNED ? "return" : status ==
	    FOLD_PLAN_NOTE ? "note" : "edit");
	json_add_str(o, "at", l->plan.at);
	json_add_str(o, "word", l->plan.word);
	if (status == FOLD_PLAN_PROPOSED)
		JSON_COPY(cJSON_AddObjectToObject(o, "plan"), l->line, same);
	return o;
}

static cJSON *
recording_marks(const struct event *l)
{
	cJSON *o = command_of("decide"), *m;
	cJSON *list = cJSON_AddArrayToObject(o, "marks");

	EV_EACH(&l->decision, files, f)
		EV_EACH(f, hunks, h) {
			m = cJSON_CreateObject();
			json_add_str(m, "hunk", h->id);
			json_add_str(m, "mark", h->decision);
			if (h->edit.p != NULL)
				json_add_bytes(m, "edit", h->edit.p,
				    h->edit.len);
			json_add_bool(m, "seen", h->seen);
			if (h->overwrite)
				json_add_bool(m, "overwrite", true);
			json_add_str(m, "word", h->word);
			cJSON_AddItemToArray(list, m);
		}
	return o;
}

static cJSON *
recording_said(const struct event *l)
{
	const struct ev_user_message *m = &l->user_message;

	/* The task is in the start object. */
	if (ev_is(m->client, "start") || (m->question != NULL && !m->again))
		return NULL;
	return m->again ? command_of("retry") : command_text("say", "text",
	    m->text);
}

static cJSON *
recording_check(const struct event *l)
{
	return command_text("set", "check", l->check.command);
}

static cJSON *
recording_products(const struct event *l)
{
	const struct ev_bytes *glob = &l->products.glob;
	cJSON *o = command_of(l->products.action);

	if (glob->p != NULL)
		json_add_bytes(o, "glob", glob->p, glob->len);
	return o;
}

/* A summary isn't needed: no model reads the conversation. */
static cJSON *
recording_new(const struct event *l)
{
	return ev_is(l->compaction.why, "new") ? command_of("new") : NULL;
}

/* Its first proposal says that an undo was asked for. */
static cJSON *
recording_undo(const struct event *l)
{
	return l->proposal.undo == 0 || l->proposal.proposal != 0 ? NULL :
	    command_int("undo", "tx", l->proposal.undo);
}

static cJSON *
recording_again(const struct event *l)
{
	return l->note.again == NULL ? NULL :
	    command_text("propose", "hunk", l->note.again);
}

static const struct recording_did {
	const char	*command;	/* sent with these members, or made by
					   `make`; with neither, not sent */
	const char	*members[4];
	cJSON		*(*make)(const struct event *);
	bool		 anyone;	/* also lines of the core */
} recording_dids[EVENT_TYPES_LEN] = {
	[EVENT_BUDGET] = { "budget", { "action", "more" }, NULL, false },
	[EVENT_CHECK] = { NULL, { NULL }, recording_check, false },
	[EVENT_COMMENT] = { "comment",
	    { "hunk", "line", "end_line", "text" }, NULL, false },
	[EVENT_COMPACTION] = { NULL, { NULL }, recording_new, false },
	[EVENT_DECISION] = { NULL, { NULL }, recording_marks, false },
	[EVENT_MODE] = { "set", { "approve", "plan" }, NULL, true },
	[EVENT_NOTE] = { NULL, { NULL }, recording_again, false },
	[EVENT_PLAN] = { NULL, { NULL }, recording_plan, false },
	[EVENT_PRODUCTS] = { NULL, { NULL }, recording_products, false },
	[EVENT_PROPOSAL] = { NULL, { NULL }, recording_undo, true },
	[EVENT_UNQUEUED] = { "unqueue", { NULL }, NULL, false },
	[EVENT_USER_MESSAGE] = { NULL, { NULL }, recording_said, false },
};

cJSON *
recording_command(const struct event *l)
{
	const struct recording_did *d = &recording_dids[l->type];
	cJSON *o;

	if ((!d->anyone && !ev_is(l->by, "user")) ||
	    (l->type == EVENT_BUDGET && recording_is_timed(l->budget.what)))
		return NULL;
	if (d->make != NULL)
		return d->make(l);
	if (d->command == NULL)
		return NULL;
	o = command_of(d->command);
	json_copy_names(o, l->line, d->members, MEM_COUNT(d->members));
	/* Such as /effort, which is the model's. */
	if (d->members[0] != NULL && o->child->next == NULL) {
		cJSON_Delete(o);
		return NULL;
	}
	return o;
}

/* ---- the file ---- */

static bool
recording_is_list(const cJSON *list)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsObject(it))
			return false;
	return list != NULL;
}

cJSON *
recording_parse(const char *text, size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = json_parse(text, n, JSON_NUL_REFUSE, e);
	cJSON *out;

	if (o != NULL && json_int(o, "assent_recording", 0) !=
	    RECORDING_VERSION)
		err_set(e, json_get(o, "assent_recording") == NULL ?
		    "it isn't a recording" : "its version is another than %d",
		    RECORDING_VERSION);
	else if (o != NULL && (!cJSON_IsObject(json_get(o, "start")) ||
	    !cJSON_IsObject(json_get(o, "tree")) ||
	    !recording_is_list(json_array(o, "answers")) ||
	    !recording_is_list(json_array(o, "user")) ||
	    !recording_is_list(json_array(o, "events"))))
		err_set(e, "the recording lacks a member, or has a bad one");
	if (err_is_set(e))
		return NULL;
	out = o;
	o = NULL;
	return out;
}

/* ---- what may differ in a replay ---- */

#define MONTHS "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define DAYS "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
#define CLOCK "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"

static const struct {
	const char	*pattern, *to;
} replay_diff_rules[] = {
	{ "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]" CLOCK
	  "(Z| ?[+-][0-9]{2}:?[0-9]{2})?)?", "<time>" },
	{ "(" DAYS ",? )?(" MONTHS " +[0-9]{1,2}|[0-9]{1,2} " MONTHS ")"
	  "( [0-9]{4})?( +" CLOCK "( [AP]M)?( UTC| [+-][0-9]{4})?"
	  "( [0-9]{4})?)?", "<time>" },
	{ "\\<[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?", "<time>" },
	{ "\\<[0-9]+m[0-9]+([.,][0-9]+)?s\\>", "<duration>" },
	{ "\\<[0-9]+([.,][0-9]+)? ?(ns|us|ms|s|secs?|seconds?|minutes?)\\>",
	  "<duration>" },
	/* Without namespaces the sandbox's is below the session's folder. */
	{ RECORDING_SESSION "/[a-z]+/tmp/[^][:space:]/'\"`:;,)(]+",
	  "/tmp/<name>" },
	{ "/tmp/[^][:space:]/'\"`:;,)(]+", "/tmp/<name>" },
	{ "\\<tmp[._-]?[A-Za-z0-9_]{6,}", "<name>" },
	{ "0x[0-9a-fA-F]{6,}", "<address>" },
	{ "\\<[0-9a-f]{40}\\>", "<id>" },
	{ "\\<(127\\.0\\.0\\.1|localhost):[0-9]{4,5}\\>", "<port>" },
	{ "\\<(pid|PID|process) ?[=:]? ?[0-9]+", "<pid>" },
};

struct replay_text {
	regex_t		 rules[MEM_COUNT(replay_diff_rules)];
	struct buf	 b;
};

static void
replay_diff_rule(const regex_t *re, const char *to, char **text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p = *text;
	regmatch_t m;
	int flags = 0;

	while (*p != '\0' && regexec(re, p, 1, &m, flags) == 0 &&
	    m.rm_eo > m.rm_so) {
		buf_add(&b, p, (size_t)m.rm_so);
		buf_adds(&b, to);
		p += m.rm_eo;
		flags = REG_NOTBOL;
	}
	if (p == *text)
		return;
	buf_adds(&b, p);
	FREE_SET(*text, buf_take(&b));
}

/* ---- as lines ---- */

static void
replay_diff_line(struct replay_text *t, const char *name, const char *p,
    size_t n)
{
	char *text = xmemdup(p, n);
	size_t i;

	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		replay_diff_rule(&t->rules[i], replay_diff_rules[i].to, &text);
	buf_addf(&t->b, "%s: %s\n", name, text);
	free(text);
}

static void
replay_diff_value(struct replay_text *t, const char *name, const cJSON *o)
{
	AUTO_FREE char *text = NULL;
	const cJSON *it;
	const char *p;
	int i = 0;

	if (cJSON_IsString(o)) {
		p = o->valuestring;
		do {
			size_t n = strcspn(p, "\n");

			replay_diff_line(t, name, p, n);
			p += n + (p[n] == '\n');
		} while (*p != '\0');
	} else if (cJSON_IsObject(o) || cJSON_IsArray(o)) {
		cJSON_ArrayForEach(it, o) {
			AUTO_FREE char *sub = it->string != NULL ?
			    xasprintf("%s.%s", name, it->string) :
			    xasprintf("%s[%d]", name, i++);

			replay_diff_value(t, sub, it);
		}
	} else {
		text = json_print(o);
		buf_addf(&t->b, "%s: %s\n", name, text);
	}
}

static void
replay_diff_events(struct replay_text *t, const cJSON *events)
{
	const cJSON *event, *it;

	cJSON_ArrayForEach(event, events) {
		const char *type = json_str_or(event, "type", "?");

		buf_addf(&t->b, "%s\n", type);
		cJSON_ArrayForEach(it, event) {
			AUTO_FREE char *name = xasprintf("%s.%s", type,
			    it->string);

			if (strcmp(it->string, "type") != 0)
				replay_diff_value(t, name, it);
		}
	}
}

bool
replay_diff(const cJSON *recorded, const cJSON *replayed, struct buf *out)
{
	struct replay_text t = { .b = BUF_INIT(0) };
	size_t i, was, had = out->len;

	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		if (regcomp(&t.rules[i], replay_diff_rules[i].pattern,
		    REG_EXTENDED) != 0)
			abort();	/* the table is ours */
	replay_diff_events(&t, recorded);
	was = t.b.len;
	replay_diff_events(&t, replayed);
	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		regfree(&t.rules[i]);
	line_diff(out, buf_str(&t.b), was, buf_str(&t.b) + was, t.b.len - was);
	buf_release(&t.b);
	return out->len > had;
}
