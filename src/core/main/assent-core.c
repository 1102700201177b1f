/*
 * assent-core: one session.  Descriptor 3 is the first client (man
 * assent-journal, "The socket").  Also: `verify DIR`, `stopped DIR...`,
 * `clean DIR`, `contents DIR TO`, `fork ID LINE`, `probe ROOT`, `models`,
 * `pages`, `review DIR` and `sign-in STEP`.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/harden.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/agent/driver.h"
#include "core/agent/terminal.h"
#include "core/agent/turn.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/kernel/server.h"
#include "core/main/clean.h"
#include "core/main/fork.h"
#include "core/main/own-changes.h"
#include "core/main/parts.h"
#include "core/main/start.h"
#include "core/mcp/oauth.h"
#include "core/net/network.h"
#include "core/review/decision.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "provider/http.h"
#include "provider/provider.h"
#include "sandbox/cgroup.h"
#include "sandbox/devices.h"
#include "sandbox/image.h"
#include "sandbox/landlock.h"
#include "sandbox/toolchain.h"

#define TREE_HASH_PIECE ((size_t)64 << 10)

struct tree_names {
	char	**v;
	size_t	 len;
};

static void
tree_names_add(struct tree_names *t, const char *name)
{
	*GROW_ADD(t->v, t->len) = xstrdup(name);
}

/* All files below `dir` (relative to rootfd); 0, or -1 with errno. */
static int
tree_walk(int rootfd, const char *dir, struct tree_names *t)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(rootfd, dir[0] == '\0' ? "." : dir,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	struct stat st;
	int rc = 0;

	if (d == NULL)
		return -1;
	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = dir[0] == '\0' ? xstrdup(de->d_name) :
		    fs_join(dir, de->d_name);

		if (strcmp(de->d_name, ".git") == 0)
			continue;
		if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			rc = errno == ENOENT ? 0 : -1;
		else if (S_ISDIR(st.st_mode))
			rc = tree_walk(rootfd, path, t);
		else
			tree_names_add(t, path);
	}
	return rc;
}

/* Hash the file's kind and content; of a missing file or a folder only that. */
static int
tree_file(int rootfd, const char *path, struct sha256 *all)
{
	char piece[TREE_HASH_PIECE], hex[SHA256_HEX_SIZE];
	struct sha256 *one;
	struct stat st;
	ssize_t n = 0;
	AUTO_CLOSE int fd = -1;

	if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		sha256_add(all, "-", 2);
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	}
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(rootfd, path, piece, sizeof(piece));
		sha256_add(all, "l", 2);
		sha256_add(all, piece, n < 0 ? 0 : (size_t)n);
		sha256_add(all, "", 1);
		return n < 0 ? -1 : 0;
	}
	if (!S_ISREG(st.st_mode)) {
		sha256_add(all, "o", 2);
		return 0;
	}
	fd = openat(rootfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	if (fd < 0)
		return -1;
	sha256_add(all, (st.st_mode & 0100) != 0 ? "x" : "f", 2);
	one = sha256_new();
	while ((n = fs_read(fd, piece, sizeof(piece))) > 0)
		sha256_add(one, piece, (size_t)n);
	sha256_end_free(one, hex);
	sha256_add(all, hex, SHA256_HEX_SIZE);
	return n < 0 ? -1 : 0;
}

/* Hash these files, each name ended by a NUL; without names all but .git. -1
 * with *e. */
static int
tree_hash(const char *root, const struct buf *names,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	struct tree_names t = { 0 };
	struct sha256 *all = sha256_new();
	AUTO_CLOSE int rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;
	int rc = rootfd < 0 ? -1 : 0;

	if (rc == 0 && names->len == 0)
		rc = tree_walk(rootfd, "", &t);
	if (rc < 0)
		err_sys(e, "can't read %s", root);
	for (i = 0; i < names->len; i += strlen(names->p + i) + 1)
		tree_names_add(&t, names->p + i);
	MEM_SORT(t.v, t.len);
	for (i = 0; rc == 0 && i < t.len; i++) {
		/* A file in conflict is there three times. */
		if (i > 0 && strcmp(t.v[i], t.v[i - 1]) == 0)
			continue;
		sha256_add(all, t.v[i], strlen(t.v[i]) + 1);
		rc = tree_file(rootfd, t.v[i], all);
		if (rc < 0)
			err_sys(e, "can't read %s", t.v[i]);
	}
	sha256_end_free(all, hex);
	xfree_list(t.v, t.len);
	return rc;
}

static cJSON *
tree_side(int rootfd, const char *path)
{
	const char *name;
	AUTO_CLOSE int dir = fs_open_parent(rootfd, path, false, &name);
	struct stage_side now = { 0 };
	cJSON *o;

	if (dir < 0 ? errno == ENOENT || errno == ENOTDIR :
	    gate_look(dir, name, INT64_MAX, &now) == 0 && !now.exists)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	if (now.hash[0] != '\0') {
		json_add_str(o, "hash", now.hash);
		json_add_int(o, "mode", now.mode);
	}
	return o;
}

/* The present state of each of these files (a list of objects with a path), as
 * a side of a proposal: hash and mode, or null if it doesn't exist. Another
 * kind of entry, or a path that leads out of the root, has no hash. The caller
 * deletes; NULL with e. */
static cJSON *
tree_sides(const char *root, const cJSON *files, struct err *e)
{
	AUTO_CLOSE int rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cJSON *list = NULL;
	const cJSON *it;

	if (rootfd < 0) {
		err_sys(e, "can't read %s", root);
		return NULL;
	}
	list = cJSON_CreateArray();
	cJSON_ArrayForEach(it, files) {
		AUTO_FREE char *path = json_get_bytes(it, "path", NULL);

		cJSON_AddItemToArray(list, path == NULL || path[0] == '\0' ?
		    cJSON_CreateObject() : tree_side(rootfd, path));
	}
	return list;
}

static const struct core_main from_below = {
	.start = start_session, .step = driver_step,
	.overhead = turn_overhead, .body = turn_body,
	.client_gone = driver_client_gone, .settle = start_settle,
	.end = network_session_end,
};

static struct core *
core_new(struct loop *loop, struct server *server)
{
	struct core *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->server = server;
	c->parts = core_parts;
	c->main = &from_below;
	c->fold = fold_new();
	/* The core shows no texts: its fold keeps none. */
	c->fold->texts.max = 1;
	PART_EACH(c, p)
		if ((*p)->init != NULL)
			(*p)->init(c);
	return c;
}

static void
core_free(struct core *c)
{
	PART_EACH(c, p)
		if ((*p)->free != NULL)
			(*p)->free(c);
	stage_free(c->stage);
	policy_free(c->policy);
	journal_free(c->journal);
	blob_store_free(c->blobs);
	fold_free(c->fold);
	cJSON_Delete(c->start);
	FREE_ALL(c->id, c->dir, c->root, c->cwd, c->out_dir, c->state_dir,
	    c->undo_dir, c->said.text, c->said.client);
	FREE_ALL(c->task.summary, c->task.cannot_pass);
	free(c);
}

#define MAIN_CLIENT_FD 3
#define MAIN_TERMINAL_FD 4	/* with --terminal; client-start.c has it, too */

static void
main_signal(void *arg, int fd, unsigned events UNUSED)
{
	struct core *c = arg;
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (task_runs(c) && c->journal != NULL)
		(void)driver_end(c, NULL, DRIVER_SIGNAL, NULL);
	else
		server_end_when_flushed(c->server, 1);
}

static int
main_session(bool terminal)
{
	AUTO_FREE char *worker = self_find(SELF_PROGRAM, "assent-worker", NULL);
	struct loop *loop = loop_new();
	struct server *server;
	struct core *core;
	struct loop_watch *watch;
	sigset_t set;
	int sfd, status;

	if (fcntl(MAIN_CLIENT_FD, F_GETFD) < 0) {
		fputs("assent-core is started by assent; see assent(1)\n",
		    stderr);
		loop_free(loop);
		return 2;
	}
	(void)fcntl(MAIN_CLIENT_FD, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	server = server_new(loop, MAIN_CLIENT_FD);
	core = core_new(loop, server);
	server->core = core;
	if (terminal)
		terminal_take(core, MAIN_TERMINAL_FD);
	watch = loop_watch_new(loop, sfd, LOOP_READ, main_signal, core);
	if (worker != NULL)
		sandbox_worker_ahead(worker);
	status = loop_run(loop);
	sandbox_worker_ahead(NULL);
	loop_watch_free(&watch);
	core_free(core);
	server_free(server);
	loop_free(loop);
	close(sfd);
	return status;
}

struct verify {
	struct blob_store	*blobs;
	const char		*dir;
};

static bool
verify_has(void *arg, const char *hash)
{
	struct verify *v = arg;
	AUTO_FREE char *path = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	char is[SHA256_HEX_SIZE];

	if (v->blobs != NULL && blob_get(v->blobs, hash, &b, NULL) == 0)
		return true;
	path = xasprintf("%s/out/%s", v->dir, hash);
	if (fs_read_file(AT_FDCWD, path, &b, NULL) < 0)
		return false;
	sha256_hex(b.p, b.len, is);
	return strcmp(is, hash) == 0;
}

static int
main_verify(char **argv)
{
	const char *dir = argv[0];
	static const char *const parts[] = { ".", "head", "journal.jsonl",
		"objects.git/objects", "out" };
	struct verify v = { NULL, dir };
	struct err e = ERR_INIT;
	int64_t lines = 0;
	size_t i;
	int rc;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		AUTO_FREE char *path = fs_join(dir, parts[i]);

		/* We may not read the file, which isn't damage. */
		if (access(path, R_OK) < 0 && errno == EACCES) {
			fprintf(stderr, "assent: can't read %s: %s\n", path,
			    strerror(errno));
			return 1;
		}
	}
	v.blobs = blob_store_open(dir, true, NULL);
	rc = journal_verify(dir, verify_has, &v, &lines, &e);
	blob_store_free(v.blobs);
	if (rc < 0) {
		printf("damaged: %s\n", e.text);
		return 1;
	}
	if (lines == 0)
		printf("0 lines: it was killed before it recorded anything\n");
	else
		printf("OK: %lld entries verified\n",
		    (long long)lines);
	if (fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "assent: can't write to standard output\n");
	return 1;
}

static void
probe_toolchain(void *arg, const char *path, bool is_mask)
{
	if (!is_mask)
		cJSON_AddItemToArray(arg, cJSON_CreateString(path));
}

static void
probe_refusals(cJSON *o, const struct sandbox_found *f)
{
	cJSON *list = cJSON_CreateArray(), *it;

	MEM_EACH(f, refusals, r) {
		it = JSON_TEXTS("level", sandbox_levels[r->level].name,
		    "step", r->step);
		json_add_int(it, "errno", r->sys);
		json_add_str(it, "help", r->help);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "refusals", list);
}

/* The answer for each folder, or an object with `error`. */
static cJSON *
main_stopped(char **argv, struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;

	for (; *argv != NULL; argv++) {
		*e = (struct err)ERR_INIT;
		if ((it = recover_tell(*argv, e)) == NULL)
			it = JSON_TEXTS("error", e->text);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "sessions", list);
	return o;
}

static cJSON *
main_clean(char **argv, struct err *e)
{

	return clean_folder(argv[0], e);
}

/* The request on standard input; the caller deletes. */
static cJSON *
main_asked(struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	cJSON *o = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (fs_read_all(STDIN_FILENO, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);
	if (o == NULL)
		err_set(e, "can't read the question");
	return o;
}

/* Write the contents with the hashes on standard input into the folder `to`,
 * each as a file with that name. */
static cJSON *
main_contents(char **argv, struct err *e)
{
	const char *dir = argv[0], *to = argv[1];
	AUTO_JSON cJSON *asked = main_asked(e);
	AUTO_CLOSE int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(blob_store_free_at) struct blob_store *blobs = NULL;
	const cJSON *it;
	int rc = asked == NULL ? -1 : 0;

	if (rc == 0 && fd < 0)
		rc = err_sys(e, "cannot open %s", to);
	if (rc == 0 && (blobs = blob_store_open(dir, true, e)) == NULL)
		rc = -1;
	cJSON_ArrayForEach(it, json_array(asked, "hashes")) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const char *hash = cJSON_IsString(it) ? it->valuestring : "";
		AUTO_CLOSE int out = -1;

		if (rc < 0 || (rc = blob_get(blobs, hash, &b, e)) < 0)
			break;
		/* invariant 2: blob_get has checked that it is a hash. */
		assert(strlen(hash) == SHA256_HEX_SIZE - 1);
		out = openat(fd, hash, O_WRONLY | O_CREAT | O_TRUNC |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (out < 0 || fs_write_all(out, buf_str(&b), b.len) < 0)
			rc = err_sys(e, "cannot write to %s", to);
	}
	return rc < 0 ? NULL : cJSON_CreateObject();
}

/* The front end doesn't link libcrypto. */
static cJSON *
main_sha256(char **argv, struct err *e UNUSED)
{
	const char *text = argv[0];
	char hex[SHA256_HEX_SIZE];
	cJSON *o = cJSON_CreateObject();

	sha256_hex(text, strlen(text), hex);
	json_add_str(o, "sha256", hex);
	return o;
}

static cJSON *
main_fork(char **argv, struct err *e)
{
	cJSON *o = fork_make(argv[0], strtoll(argv[1], NULL, 10), e);

	if (o == NULL) {
		o = JSON_TEXTS("error", e->text);
		json_add_bool(o, "misuse", e->misuse);
	}
	return o;
}

/* Does a provider accept a key? Its connection details are on standard input. */
static cJSON *
main_models(char **argv UNUSED, struct err *e)
{
	struct call_target t = { 0 };
	AUTO_JSON cJSON *asked = main_asked(e);
	cJSON *o = cJSON_CreateObject();
	AUTO(given_release) struct given headers = { NULL, 0 };
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	bool rejected = false;

	t.format = provider_format_find(json_str_or(asked, "format", ""));
	t.base_url = json_str_or(asked, "base_url", "");
	t.key = json_str(asked, "key");
	t.auth = json_str(asked, "auth");
	given_add(&headers, "", json_get(asked, "headers"));
	given_lines(&headers, "", &lines);
	t.headers = &lines;
	t.ca_file = json_str(asked, "ca_file");
	if (t.format != NULL)
		(void)listing_ask(&t, &rejected, e);
	else if (!err_is_set(e))
		err_set(e, "there is no such format");
	if (err_is_set(e))
		json_add_str(o, "error", e->text);
	json_add_bool(o, "rejected", rejected);
	return o;
}

/* A step of `assent mcp login`. */
static cJSON *
main_sign_in(char **argv, struct err *e)
{
	AUTO_JSON cJSON *asked = main_asked(e);
	cJSON *o = asked == NULL ? NULL : oauth_step(argv[0], asked, e);

	json_wipe(asked, NULL);
	if (o == NULL && err_is_set(e))
		o = JSON_TEXTS("error", e->text);
	return o;
}

/* Hash a folder's files; their names are on standard input, if only some. */
static cJSON *
main_tree(char **argv, struct err *e)
{
	const char *root = argv[0];
	AUTO_BUF struct buf names = BUF_INIT(0);
	char hex[SHA256_HEX_SIZE];
	cJSON *o = NULL;

	if (fs_read_all(STDIN_FILENO, &names) < 0)
		err_sys(e, "can't read the names");
	else if (tree_hash(root, &names, hex, e) == 0) {
		o = JSON_TEXTS("hash", hex);
	}
	return o;
}

/* The present state of the files that standard input names. */
static cJSON *
main_sides(char **argv, struct err *e)
{
	const char *root = argv[0];
	AUTO_JSON cJSON *asked = main_asked(e);
	cJSON *list = asked == NULL ? NULL : tree_sides(root,
	    json_array(asked, "files"), e), *o = NULL;

	if (list != NULL) {
		o = cJSON_CreateObject();
		json_set_take(o, "sides", list);
	}
	return o;
}

/* All these files as one patch: objects with path, before and after. */
static int
main_patch_files(struct buf *out, struct blob_store *store, const cJSON *asked,
    struct err *e)
{
	const struct gate_split split = { .diff = hunk_diff_find(json_str(asked,
	    "diff")) };
	const cJSON *it;
	int rc = 0;

	cJSON_ArrayForEach(it, json_array(asked, "files")) {
		struct stage_side before, after;
		AUTO_FREE char *path = json_get_bytes(it, "path", NULL);

		stages_side_read(&before, json_get(it, "before"));
		stages_side_read(&after, json_get(it, "after"));
		if (rc == 0)
			rc = gate_patch(out, store, path == NULL ? "" : path,
			    &before, &after, &split, SIZE_MAX / 2, e);
	}
	return rc;
}

/* The files of a proposal, on standard input, as one patch for git. */
static cJSON *
main_patch(char **argv, struct err *e)
{
	const char *dir = argv[0];
	AUTO_BUF struct buf patch = BUF_INIT(0);
	AUTO_JSON cJSON *asked = main_asked(e);
	AUTO(blob_store_free_at) struct blob_store *blobs =
	    asked == NULL ? NULL :
	    blob_store_open(dir, true, e);
	cJSON *o = NULL;

	if (blobs != NULL && main_patch_files(&patch, blobs, asked, e) == 0) {
		o = cJSON_CreateObject();
		json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	}
	return o;
}

/* Read or stage the user's changes, for a session of `assent review`. */
static cJSON *
main_review(char **argv, struct err *e)
{
	AUTO_JSON cJSON *asked = main_asked(e);
	cJSON *o = asked == NULL ? NULL : own_changes(argv[0], asked, e);

	return o != NULL ? o : JSON_TEXTS("error", e->text);
}

static cJSON *
main_pages(char **argv UNUSED, struct err *e)
{
	AUTO_JSON cJSON *asked = main_asked(e);

	return asked == NULL ? NULL : listing_pages(asked);
}

/* How the kernel enforces our limits, or why it doesn't. */
static void
probe_cgroup(cJSON *o, const struct cgroup *c)
{
	JSON_ADD_TEXTS(o, "cgroup_dir", c->base, "cgroup_why", c->why);
	json_add_bool(o, "cpu", c->has[CGROUP_CPU]);
}

/* What a sandbox of this level is like. */
static void
probe_found(cJSON *o, const struct sandbox_found *f, const char *root,
    const char *state)
{
	struct stat st;

	JSON_ADD_TEXTS(o, "level", sandbox_levels[f->level].name,
	    "line", f->line, "open", f->open,
	    "sees", sandbox_levels[f->level].sees);
	probe_refusals(o, f);
	if (stat(root, &st) == 0)
		json_add_int(o, "uid", geteuid() != 0 ? geteuid() :
		    sandbox_stays_root(f->level, root, state) ? 0 : st.st_uid);
	json_set_take(o, "enforced",
	    sandbox_limits_enforced_json(&f->enforced));
}

static void
probe_device(void *arg, const char *path, const char *to)
{
	if (to == NULL)
		buf_addf(arg, " %s%s", path, access(path, R_OK | W_OK) == 0 ?
		    "" : " (you can't open it)");
}

/* The nodes of each, one line each. */
static void
probe_devices(cJSON *o, const char *const *names)
{
	cJSON *list = cJSON_AddArrayToObject(o, "devices");

	for (; names != NULL && *names != NULL; names++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const char *const one[] = { *names, NULL };
		size_t n;

		buf_addf(&b, "%s:", *names);
		n = b.len;
		devices_each(one, probe_device, &b);
		if (b.len == n)
			buf_adds(&b, " none here");
		cJSON_AddItemToArray(list, cJSON_CreateString(buf_str(&b)));
	}
}

/* How files of the project are written. */
static void
probe_atomic(cJSON *o, const char *root, const char *state)
{
	AUTO_CLOSE int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum apply_atomic atomic = fd < 0 ? ATOMIC_YES :
	    apply_atomic(fd, state);

	if (atomic == ATOMIC_NO)
		json_add_bool(o, "atomic", false);
	else if (atomic == ATOMIC_UNKNOWN)
		cJSON_AddNullToObject(o, "atomic");
}

/* For doctor: the same search as at a session's start, in the sessions' folder.
 * Remove that folder again if it didn't exist. Asked are the settings sandbox,
 * sandbox_require, devices and limits. */
static cJSON *
main_probe(char **argv, struct err *e)
{
	const char *root = argv[0];
	AUTO_JSON cJSON *asked = main_asked(e);
	const char *sandbox = json_str(asked, "sandbox");
	int least = sandbox_level_find(json_str_or(asked, "sandbox_require",
	    "none"));
	struct sandbox_limits limits;
	AUTO_FREE char *worker = self_find(SELF_PROGRAM, "assent-worker", e);
	AUTO_FREE char *state = worker == NULL ? NULL : session_state_dir(e);
	const struct toolchain_where where = {
		.home = getenv("HOME"), .path = getenv("PATH"), .root = root,
	};
	struct sandbox_ask ask = {
		.worker = worker, .root = root, .limits = &limits,
		.container = sandbox != NULL &&
		    strcmp(sandbox, "container") == 0, .state_dir = state,
	};
	const struct cgroup_host host = { .project = root };
	struct sandbox_search *search;
	struct sandbox_found f;
	AUTO(image_release) struct image image = { 0 };
	int found;
	AUTO_FREE const char **devices = json_strings(json_array(asked,
	    "devices"), NULL);
	cJSON *o, *list;
	bool made;

	ask.devices = devices;
	if (asked == NULL || state == NULL)
		return NULL;
	sandbox_limits_usual(&limits, cgroup_memory(""));
	sandbox_limits_decode(json_get(asked, "limits"), &limits);
	o = cJSON_CreateObject();
	found = image_find(sandbox, root, &image, e);
	if (found < 0) {
		json_add_str(o, "error", e->text);
		return o;
	}
	ask.image = found == 0 ? NULL : &image;
	made = access(state, F_OK) < 0;
	ask.cgroup = cgroup_find(&host);
	search = sandbox_find_begin(&ask);
	if (sandbox_find_end(search, least < 0 ? SANDBOX_NONE :
	    (enum sandbox_level)least, &f, e) < 0)
		json_add_str(o, "below", e->text);
	sandbox_find_free(search);
	probe_found(o, &f, root, state);
	sandbox_found_release(&f);
	probe_cgroup(o, ask.cgroup);
	cgroup_free(ask.cgroup);
	json_add_int(o, "landlock", landlock_version(NULL));
	probe_atomic(o, root, state);
	list = cJSON_CreateArray();
	toolchain_each(&where, probe_toolchain, list);
	json_set_take(o, "toolchains", list);
	probe_devices(o, devices);
	if (made)
		(void)rmdir(state);
	return o;
}

/* The program's other modes, sorted by name. */
static const struct main_other {
	const char	*name;
	int		 least, most;	/* arguments */
	/* a line as answer; NULL with *e */
	cJSON		*(*run)(char **argv, struct err *);
} main_others[] = {
	{ "clean", 1, 1, main_clean },
	{ "contents", 2, 2, main_contents },
	{ "fork", 2, 2, main_fork },
	{ "models", 0, 0, main_models },
	{ "pages", 0, 0, main_pages },
	{ "patch", 1, 1, main_patch },
	{ "probe", 1, 1, main_probe },
	{ "review", 1, 1, main_review },
	{ "sha256", 1, 1, main_sha256 },
	{ "sides", 1, 1, main_sides },
	{ "sign-in", 1, 1, main_sign_in },
	{ "stopped", 1, INT_MAX, main_stopped },
	{ "tree", 1, 1, main_tree },
	{ "verify", 1, 1, NULL },	/* main_verify */
};

static int
main_answer(const struct main_other *other, char **argv)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = other->run(argv, &e);
	AUTO_FREE char *text = NULL;

	if (o == NULL) {
		fprintf(stderr, "assent-core: %s\n", e.text);
		return 1;
	}
	text = json_print(o);
	puts(text);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct main_other *other = argc < 2 ? NULL :
	    MEM_FIND(main_others, argv[1]);

	/* The key is in this process. */
	harden_dumps();
	(void)unsetenv("GNUTLS_NO_IMPLICIT_INIT");	/* client_env */
	/* The front end has left out the project's folders. */
	if (fs_open_std_fds() < 0 || spawn_clean_path(false) < 0)
		return 1;
	if (other == NULL || argc - 2 < other->least || argc - 2 > other->most)
		return main_session(argc == 2 && strcmp(argv[1],
		    "--terminal") == 0);
	return other->run == NULL ? main_verify(argv + 2) :
	    main_answer(other, argv + 2);
}
