/*
 * staged: a project, a session's store and a stage over it, for the tests of
 * the stage.  A call is a shell command that runs in the view: in the copy, or
 * in a real overlay mount where this host lets us make one.
 */
#ifndef ASSENT_TESTS_STAGED_H
#define ASSENT_TESTS_STAGED_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "gate/stage.h"
#include "scratch.h"
#include "tests/unit/unit.h"

struct staged {
	char			*dir, *root, *stage;
	enum sandbox_view_kind	 view;
	struct blob_store	*blobs;
	struct stage		*st;
	struct stage_scan	 scan;
	struct buf		 notes;
	const char		*secret;	/* a file that became one */
	bool			 no_git;	/* nothing is tracked */
	int			 swap_at;	/* at this call of staged_ignores
						   folder e becomes d; 0: never */
	int64_t			 max_scan;	/* 0: as in use */
	size_t			 max_changes;	/* the same */
};

/* As git does when it moves to another commit and back. */
static inline void
staged_swap(const struct staged *t)
{
	char *d = fs_join(t->root, "d"), *e = fs_join(t->root, "e");

	assert_int_equal(fs_remove_tree(AT_FDCWD, d, NULL), 0);
	assert_int_equal(rename(e, d), 0);
	free(d);
	free(e);
}

/* They stand for the functions of policy.c: the policy is a struct staged. */
static inline enum ignored
staged_ignores(struct policy *p, const char *path, bool is_dir)
{
	struct staged *t = (void *)p;
	size_t n = strlen(path);

	if (t->swap_at > 0 && --t->swap_at == 0)
		staged_swap(t);
	return (is_dir && strcmp(path, "out") == 0) || (n > 2 && strcmp(path + n - 2, ".o") == 0) ||
	    strcmp(path, "build") == 0 || strncmp(path, "build/", 6) == 0 ?
	    IGNORED_GIT : IGNORED_NOT;
}

static inline bool
staged_secret(struct policy *p, const char *path)
{
	const struct staged *t = (const void *)p;
	const char *slash = strrchr(path, '/');

	return strcmp(slash == NULL ? path : slash + 1, ".env") == 0 ||
	    (t->secret != NULL && strcmp(path, t->secret) == 0);
}

/* As in a repository where all that is there was added, but for programs. */
static inline bool
staged_tracked(struct policy *p, const char *path)
{
	const struct staged *t = (const void *)p;

	return !t->no_git && strstr(path, "new") == NULL &&
	    strstr(path, "prog") == NULL;
}

static inline void
staged_hold(struct policy *p, bool hold)
{
	(void)p;
	(void)hold;
}

static inline void
staged_open(struct staged *t)
{
	struct err e = ERR_INIT;
	const struct stage_options o = {
		.dir = t->stage, .root = t->root, .view = t->view,
		.blobs = t->blobs, .ignores = staged_ignores,
		.is_tracked = staged_tracked, .is_secret = staged_secret,
		.hold = staged_hold, .policy = (struct policy *)(void *)t,
		.max_bytes = 4 << 20, .max_scan = t->max_scan,
		.max_changes = t->max_changes,
	};

	t->st = stage_open(&o, &e);
	if (t->st == NULL)
		fail_msg("%s", e.text);
}

static inline void
staged_release(struct staged *t)
{
	stage_scan_release(&t->scan);
	stage_free(t->st);
	blob_store_free(t->blobs);
	buf_release(&t->notes);
	scratch_free(t->dir);
	free(t->root);
	free(t->stage);
}

/* Of zeros, or begins anew. Files of the project come first: `put` path, text, ... NULL. */
static inline void
staged_init(struct staged *t, enum sandbox_view_kind view,
    const char *const *put)
{
	struct err e = ERR_INIT;
	char *session;

	if (t->dir != NULL)
		staged_release(t);
	memset(t, 0, sizeof(*t));
	t->view = view;
	t->dir = scratch_new();
	t->root = fs_join(t->dir, "root");
	t->stage = fs_join(t->dir, "session/stage");
	scratch_put(t->dir, "session/x", "");
	assert_int_equal(mkdir(t->root, 0755), 0);
	for (; put != NULL && *put != NULL; put += 2)
		scratch_put(t->root, put[0], put[1]);
	session = fs_join(t->dir, "session");
	t->blobs = blob_store_open(session, false, &e);
	free(session);
	if (t->blobs == NULL)
		fail_msg("%s", e.text);
	staged_open(t);
}

static inline void
staged_reopen(struct staged *t)
{
	stage_free(t->st);
	staged_open(t);
}

/* The text of the newest manifest, rewritten in version 1: one file, which has
 * no hash, so that a test can change it. */
static inline void
staged_manifest(const struct staged *t, struct buf *out)
{
	static const char *const names[] = {
		"manifest.json", "manifest-2.json",
	};
	long long newest = -1, serial;
	size_t i;

	for (i = 0; i < 2; i++) {
		char *file = fs_join(t->stage, names[i]);
		struct buf b = BUF_INIT(0);
		char hex[SHA256_HEX_SIZE];

		if (fs_read_file(AT_FDCWD, file, &b, NULL) == 0 && b.len > 65)
			sha256_hex(b.p, b.len - 65, hex);
		/* Whole, not of a process that was killed. */
		if (b.len > 65 && memcmp(b.p + b.len - 65, hex, 64) == 0 &&
		    sscanf(buf_str(&b), "{\"version\":2,\"serial\":%lld",
		    &serial) == 1 && serial > newest) {
			newest = serial;
			buf_clear(out);
			buf_adds(out, "{\"version\":1");
			buf_add(out, strstr(b.p, ",\"boot\""), b.len - 65 -
			    (size_t)(strstr(b.p, ",\"boot\"") - b.p));
		}
		(void)unlink(file);
		buf_release(&b);
		free(file);
	}
	assert_true(newest >= 0);
	scratch_put(t->stage, names[0], buf_str(out));
}

/* Until what was written before is older than anything from now on: the clock
 * that stamps files may run behind, by more than a tick on a busy machine. */
static inline void
staged_tick(void)
{
	const struct timespec nap = { 0, 500000 };
	struct timespec now, stamp;

	clock_gettime(CLOCK_REALTIME, &now);
	do {
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &stamp);
	} while (stamp.tv_sec < now.tv_sec || (stamp.tv_sec == now.tv_sec &&
	    stamp.tv_nsec <= now.tv_nsec));
}

static inline void
staged_before(struct staged *t)
{
	struct err e = ERR_INIT;

	staged_tick();
	buf_clear(&t->notes);
	if (stage_before_call(t->st, false, &t->notes, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void
staged_scan(struct staged *t)
{
	struct err e = ERR_INIT;

	stage_scan_release(&t->scan);
	if (stage_after_call(t->st, &t->notes, &e) < 0 ||
	    stage_scan(t->st, &t->scan, &e) < 0)
		fail_msg("%s", e.text);
}

static inline int
staged_map(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = fs_write_all(fd, text, strlen(text));
	close(fd);
	return rc;
}

/* In the child: the stage mounted over the project. */
static inline int
staged_mount(const char *root, const char *stage)
{
	char *maps[2] = {
		xasprintf("%u %u 1", geteuid(), geteuid()),
		xasprintf("%u %u 1", getegid(), getegid()),
	};
	char *o = xasprintf("lowerdir=%s,upperdir=%s/up,workdir=%s/wk,"
	    "userxattr", root, stage, stage);
	int rc = -1;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	    staged_map("/proc/self/setgroups", "deny") == 0 &&
	    staged_map("/proc/self/uid_map", maps[0]) == 0 &&
	    staged_map("/proc/self/gid_map", maps[1]) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		rc = mount("overlay", root, "overlay", 0, o);
	free(o);
	free(maps[0]);
	free(maps[1]);
	return rc;
}

/* Run it in a process of its own, in the view: the exit status that it returns;
 * 126 if there is no view. */
static inline int
staged_child(struct staged *t, int (*run)(const void *arg), const void *arg)
{
	char *copy = fs_join(t->stage, "copy");
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* Standard output is the test's own protocol. */
		if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
			_exit(126);
		if (t->view == SANDBOX_VIEW_COPY ? chdir(copy) < 0 :
		    staged_mount(t->root, t->stage) < 0 || chdir(t->root) < 0)
			_exit(126);
		_exit(run(arg));
	}
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	free(copy);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static inline int
staged_run_shell(const void *command)
{
	execl("/bin/sh", "sh", "-ec", (const char *)command, (char *)NULL);
	return 125;
}

static inline int
staged_shell(struct staged *t, const char *command)
{
	return staged_child(t, staged_run_shell, command);
}

/* before_call, the command, after_call, scan. */
static inline void
staged_call(struct staged *t, const char *command)
{
	struct stage_scan look = { 0 };
	int rc;

	staged_before(t);
	stage_freshen(t->st);
	rc = staged_shell(t, command);
	if (rc != 0)
		fail_msg("exit %d: %s", rc, command);
	/* It would have been found while the call ran, and leaves no trace. */
	assert_int_equal(stage_look(t->st, &look, true, NULL), 0);
	stage_scan_release(&look);
	assert_int_equal(stage_look(t->st, &look, false, NULL), 0);
	staged_scan(t);
	assert_int_equal(look.changes_len, t->scan.changes_len);
	stage_scan_release(&look);
}

static inline bool
staged_can(enum sandbox_view_kind view)
{
	struct staged t = { 0 };
	bool can;

	if (view == SANDBOX_VIEW_COPY)
		return true;
	staged_init(&t, view, NULL);
	can = staged_shell(&t, ": > x && rm x") == 0;
	staged_release(&t);
	return can;
}

static inline void
staged_side_text(struct staged *t, const struct stage_side *s, struct buf *b)
{
	struct err e = ERR_INIT;

	if (!s->exists) {
		buf_adds(b, "-");
		return;
	}
	if (blob_get(t->blobs, s->hash, b, &e) < 0)
		fail_msg("%s", e.text);
	if (s->mode != 0100644)
		buf_addf(b, "(%o)", s->mode);
}

/* "path: before > after; ..." with "!" for what moved; malloc'ed. */
static inline char *
staged_changes(struct staged *t)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < t->scan.changes_len; i++) {
		const struct stage_change *c = &t->scan.changes[i];

		buf_addf(&b, "%s%s%s: ", i > 0 ? "; " : "", c->path,
		    c->changed_on_disk ? "!" : "");
		staged_side_text(t, &c->before, &b);
		buf_adds(&b, " > ");
		staged_side_text(t, &c->after, &b);
	}
	return buf_take(&b);
}

#define assert_changes(t, want) do {					\
	char *got_ = staged_changes(t);					\
	assert_string_equal(got_, want);				\
	free(got_);							\
} while (0)

static inline const char *
staged_refused(const struct staged *t, const char *path)
{
	size_t i;

	for (i = 0; i < t->scan.refused_len; i++) {
		if (strcmp(t->scan.refused[i].path, path) == 0)
			return t->scan.refused[i].why;
	}
	return NULL;
}

static inline const struct stage_change *
staged_find(const struct staged *t, const char *path)
{
	size_t i;

	for (i = 0; i < t->scan.changes_len; i++) {
		if (strcmp(t->scan.changes[i].path, path) == 0)
			return &t->scan.changes[i];
	}
	fail_msg("%s is not a change", path);
	return NULL;
}

/* As the gate does: this is decided now. Text NULL: does not exist. */
static inline void
staged_settle(struct staged *t, const char *path, const char *base,
    const char *want, bool keep)
{
	const char *text[2] = { base, want };
	struct stage_side s[2];
	struct err e = ERR_INIT;
	int i;

	memset(s, 0, sizeof(s));
	for (i = 0; i < 2; i++) {
		if (text[i] == NULL)
			continue;
		s[i].exists = true;
		s[i].mode = 0100644;
		s[i].size = (int64_t)strlen(text[i]);
		if (blob_put(t->blobs, text[i], strlen(text[i]), s[i].hash,
		    &e) < 0)
			fail_msg("%s", e.text);
	}
	if (stage_rebase_file(t->st, path, &s[0], &s[1], keep, &e) < 0)
		fail_msg("%s", e.text);
}

/* A test is given a struct staged of zeros, released after it; one of both views
 * the view in it, too. */
static inline void
staged_test(void (*test)(struct staged *t), enum sandbox_view_kind view)
{
	static struct staged t;

	memset(&t, 0, sizeof(t));
	t.view = view;
	test(&t);
	if (t.dir != NULL)
		staged_release(&t);
}

#define STAGED_TEST_OF(test, id, name, view)				\
	static void							\
	id##_run(void **state)						\
	{								\
		/* Namespaces or a file system under overlays are not	\
		 * everywhere. */					\
		if (!staged_can(view)) {				\
			print_message("skipped: no overlay can be "	\
			    "mounted here\n");				\
			skip();						\
		}							\
		staged_test(test, view);				\
	}								\
	UNIT_ADD(id, name, id##_run, NULL, NULL, NULL)
#define STAGED_TEST(test)						\
	static void test(struct staged *t);				\
	STAGED_TEST_OF(test, test, #test, SANDBOX_VIEW_COPY)		\
	static void test(struct staged *t)
#define TEST_BOTH(test)							\
	static void test(struct staged *t);				\
	STAGED_TEST_OF(test, test, #test, SANDBOX_VIEW_OVERLAY)		\
	STAGED_TEST_OF(test, test##_copy, #test "/copy",		\
	    SANDBOX_VIEW_COPY)						\
	static void test(struct staged *t)

static inline void
user_writes(struct staged *t, const char *path, const char *text)
{
	staged_tick();
	scratch_put(t->root, path, text);
	staged_tick();
}

static inline void
user_dates(struct staged *t, const char *path, time_t when)
{
	const struct timespec times[2] = { { when, 0 }, { when, 0 } };
	char *full = fs_join(t->root, path);

	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
	free(full);
}

#endif
