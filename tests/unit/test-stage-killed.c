/*
 * The core is killed at each step of a merge, of a check and of putting back what
 * the check wrote, in a copy and under an overlay; or the host loses power, and
 * what isn't synced is torn. Then the user resets the project, or doesn't.
 *
 * A word says whose a line is: no word of the user's is ever proposed as the
 * agent's or removed without a question, none of the agent's is lost, and none of
 * the check's is proposed.
 *
 * SEED=n and ROUNDS=n in the environment.
 */
#include "config.h"

#include "staged.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define KILLED 9
#define FILES 4
#define KILL_STEP 9	/* so many calls, at most, to the next moment */
#define LINES 12	/* of a file: the agent edits the first half, the user the
			   other */

/* How many calls of these are still made in this process; -1: all. */
static int left = -1;

#define KILL_AT(name, params, args)					\
	int __real_##name params;					\
	int __wrap_##name params;					\
	int								\
	__wrap_##name params						\
	{								\
		if (left >= 0 && left-- == 0)				\
			_exit(KILLED);					\
		return __real_##name args;				\
	}
KILL_AT(unlinkat, (int a, const char *b, int c), (a, b, c))
KILL_AT(symlinkat, (const char *a, int b, const char *c), (a, b, c))
KILL_AT(mkdirat, (int a, const char *b, mode_t c), (a, b, c))
KILL_AT(mknodat, (int a, const char *b, mode_t c, dev_t d), (a, b, c, d))
KILL_AT(fchmod, (int a, mode_t b), (a, b))
KILL_AT(ftruncate, (int a, off_t b), (a, b))
KILL_AT(futimens, (int a, const struct timespec b[2]), (a, b))
int __real_renameat(int a, const char *b, int c, const char *d);
int __wrap_renameat(int a, const char *b, int c, const char *d);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);

/* A killed process may have written a part. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (left >= 0 && left-- == 0) {
		(void)!__real_write(fd, p, n / 2);
		_exit(KILLED);
	}
	return __real_write(fd, p, n);
}

static bool full;	/* the disk, but not for the store */

int
__wrap_renameat(int a, const char *b, int c, const char *d)
{
	if (left >= 0 && left-- == 0)
		_exit(KILLED);
	errno = ENOSPC;
	return full && strcmp(b, "assent-new") != 0 ? -1 :
	    __real_renameat(a, b, c, d);
}

/* The writes of a killed process stay, synced or not. */
int
__wrap_fsync(int fd)
{
	return 0;
}

static int syncs;	/* of the manifest */

int
__wrap_fdatasync(int fd)
{
	syncs++;
	if (left >= 0 && left-- == 0)
		_exit(KILLED);
	return 0;
}

struct killed {
	struct staged	*t;
	uint64_t	 seed;
	unsigned	 words;		/* so far */
	char		 real[FILES][LINES][24];	/* the user's file */
	char		 agent[FILES][LINES][24];	/* the agent's, or "" */
};

static void
file_name(char name[24], int i)
{
	snprintf(name, 24, "f%d", i);
}

static void
real_write(struct killed *k, int i)
{
	struct buf b = BUF_INIT(0);
	char name[24];
	int l;

	for (l = 0; l < LINES; l++)
		buf_addf(&b, "%s\n", k->real[i][l]);
	file_name(name, i);
	scratch_put(k->t->root, name, buf_str(&b));
	buf_release(&b);
}

/* git reset --hard: all files that differ are written anew. */
static void
user_resets(struct killed *k)
{
	int i, l;

	staged_tick();
	for (i = 0; i < FILES; i++) {
		for (l = 0; l < LINES; l++)
			snprintf(k->real[i][l], 24, "line %d", l);
		real_write(k, i);
	}
	staged_tick();
}

/* One line of this file; seldom one that may be the agent's. */
static void
user_edits(struct killed *k, int i)
{
	int l = (random_next(&k->seed, 5) > 0 ? LINES / 2 : 0) +
	    (int)random_next(&k->seed, LINES / 2);

	staged_tick();
	snprintf(k->real[i][l], 24, "user %u", ++k->words);
	real_write(k, i);
	staged_tick();
}

static void
agent_edits(struct killed *k, int i)
{
	int l = (int)random_next(&k->seed, LINES / 2);
	char *command;

	snprintf(k->agent[i][l], 24, "agent %u", ++k->words);
	command = xasprintf("sed -i '%ds/.*/%s/' f%d", l + 1, k->agent[i][l],
	    i);
	staged_call(k->t, command);
	free(command);
}

/* In a process of its own, killed before its nth such call: was it? */
static bool
killed_at(struct killed *k, int n, int (*run)(struct staged *))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		left = n;
		_exit(run(k->t) < 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    WEXITSTATUS(status) == KILLED));
	return WEXITSTATUS(status) == KILLED;
}

static int
run_before(struct staged *t)
{
	buf_clear(&t->notes);
	return stage_before_call(t->st, false, &t->notes, NULL);
}

static int
run_put_back(struct staged *t)
{
	return stage_put_back(t->st, true, NULL, NULL);
}

/* The host lost power: the manifest is synced, the staged files aren't. */
static void
power_cut(struct killed *k)
{
	struct buf b = BUF_INIT(0);
	char *boot, *end, path[24];
	const char *folder = k->t->view == SANDBOX_VIEW_COPY ? "copy" : "up";
	char *dir = fs_join(k->t->stage, folder);
	int i;

	staged_manifest(k->t, &b);
	boot = strstr(buf_str(&b), "\"boot\":\"") + 8;
	end = strchr(boot, '"');
	memset(boot, 'x', (size_t)(end - boot));
	scratch_put(k->t->stage, "manifest.json", buf_str(&b));
	buf_release(&b);
	for (i = 0; i < FILES; i++) {
		char *file;

		file_name(path, i);
		file = fs_join(dir, path);
		if (random_next(&k->seed, 2) == 0)
			(void)!truncate(file, 3);	/* if it is there */
		free(file);
	}
	free(dir);
}

static void
line_get(const char *text, int l, char out[24])
{
	const char *end;

	while (l-- > 0 && text != NULL)
		text = (text = strchr(text, '\n')) == NULL ? NULL : text + 1;
	end = text == NULL ? NULL : strchr(text, '\n');
	snprintf(out, 24, "%.*s", end == NULL ? 0 : (int)(end - text),
	    end == NULL ? "" : text);
}

static void
look_at(struct killed *k, const struct stage_change *c)
{
	struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	int i = c->path[1] - '0', l;
	char was[24], is[24];

	if (c->path[0] != 'f')
		fail_msg("%s is proposed", c->path);
	staged_side_text(k->t, &c->before, &before);
	staged_side_text(k->t, &c->after, &after);
	for (l = 0; l < LINES; l++) {
		const char *want = k->agent[i][l];

		line_get(buf_str(&before), l, was);
		line_get(buf_str(&after), l, is);
		if (c->changed_on_disk ? strncmp(is, "check", 5) == 0 :
		    strcmp(is, want[0] != '\0' ? want : was) != 0 ||
		    strcmp(was, k->real[i][l]) != 0)
			fail_msg("%s line %d: %s > %s; the user has %s, the "
			    "agent wrote %s", c->path, l, was, is,
			    k->real[i][l], want);
	}
	buf_release(&before);
	buf_release(&after);
}

/* The next call begins, and the changes are shown. */
static void
look(struct killed *k)
{
	size_t i;

	staged_call(k->t, "true");
	for (i = 0; i < k->t->scan.changes_len; i++)
		look_at(k, &k->t->scan.changes[i]);
	for (i = 0; i < FILES * LINES; i++)
		if (k->agent[i / LINES][i % LINES][0] != '\0') {
			char name[24];

			file_name(name, (int)i / LINES);
			staged_find(k->t, name);
		}
}

/* The next core. */
static void
core_again(struct staged *t)
{
	char *session = fs_join(t->dir, "session");

	stage_free(t->st);
	blob_store_free(t->blobs);
	t->blobs = blob_store_open(session, false, NULL);
	assert_non_null(t->blobs);
	free(session);
	staged_open(t);
}

static void
again(struct killed *k, bool killed)
{
	if (killed && random_next(&k->seed, 5) == 0)
		power_cut(k);
	if (random_next(&k->seed, 2) == 0)
		user_resets(k);
	core_again(k->t);
}

/* The agent, the user and the agent's next call, or a check, until one isn't
 * killed any more. Returns how many were. */
static int
kill_everywhere(uint64_t seed, enum sandbox_view_kind view, bool check)
{
	static const char *const put[] = { "x", "", NULL };
	struct staged t = { 0 };
	struct killed k = { .t = &t, .seed = seed };
	bool killed = true;
	int kills, at;
	size_t i;

	staged_init(&t, view, put);
	for (kills = at = 0; killed; at += 1 + (int)random_next(&k.seed,
	    KILL_STEP)) {
		memset(k.agent, 0, sizeof(k.agent));
		/* All files are on record; those that the agent doesn't edit are
		 * clean copies. */
		staged_call(&t, "for f in 0 1 2 3; do seq -f 'line %g' 0 11 "
		    ">f$f; done");
		user_resets(&k);
		for (i = random_next(&k.seed, 3) + 1; i > 0; i--)
			agent_edits(&k, (int)i);
		for (i = random_next(&k.seed, 3) + 1; i > 0; i--)
			user_edits(&k, (int)i);
		if (check) {
			staged_before(&t);
			assert_int_equal(staged_shell(&t, "for f in f*; do "
			    "echo check >>$f; sed -i 2s/.*/check/ $f; done; "
			    "echo check >new; rm f3; mkdir f3; echo check >f3/x"),
			    0);
		}
		killed = killed_at(&k, at, check ? run_put_back : run_before);
		kills += killed;
		again(&k, killed);
		if (check)
			assert_true(run_put_back(&t) >= 0);
		look(&k);
	}
	staged_release(&t);
	return kills;
}

static void
kill_rounds(enum sandbox_view_kind view)
{
	unsigned long long seed = rounds_seed(), i;
	unsigned long long rounds = rounds_of(1, 20);

	if (!staged_can(view))
		skip();
	for (i = seed; i < seed + rounds; i++) {
		int merge = kill_everywhere(i, view, false);

		print_message("SEED=%llu ROUNDS=1: %d and %d kills\n", i, merge,
		    kill_everywhere(i, view, true));
	}
}

TEST(test_killed)
{
	kill_rounds(SANDBOX_VIEW_OVERLAY);
}

TEST(test_killed_copy)
{
	kill_rounds(SANDBOX_VIEW_COPY);
}

/* A file that can't be put back is an error, and proposed. */
STAGED_TEST(test_put_back_fails)
{
	static const char *const put[] = { "a", "1\n", "b", "1\n", NULL };
	struct err e = ERR_INIT;

	staged_init(t, SANDBOX_VIEW_COPY, put);
	staged_call(t, "echo 2 >a");
	staged_before(t);
	assert_int_equal(staged_shell(t, "echo 3 >a; echo 3 >b"), 0);
	full = true;
	assert_int_equal(stage_put_back(t->st, true, NULL, &e), -1);
	full = false;
	assert_non_null(strstr(e.text, "in the copy: No space left"));
	staged_scan(t);
	assert_changes(t, "a: 1\n > 3\n; b: 1\n > 3\n");
}

/* Of a file that can't be proposed no content is on record. It is the agent's also
 * if the check makes it one that can. */
TEST_BOTH(test_put_back_refused)
{
	static const char *const put[] = { "a", "1\n", NULL };
	int all;

	for (all = 0; all < 2; all++) {
		staged_init(t, t->view, put);
		staged_call(t, "echo 2 >a; echo 2 >b; chmod u+s a b");
		assert_int_equal(t->scan.changes_len, 0);
		staged_before(t);
		assert_int_equal(staged_shell(t, "chmod u-s a b; echo 3 >c"),
		    0);
		staged_reopen(t);
		assert_int_equal(stage_put_back(t->st, all, NULL, NULL), 1);
		staged_scan(t);
		assert_changes(t, "a: 1\n > 2\n; b: - > 2\n");
	}
}

/* A pipe had no content: what the check put there isn't the agent's. */
TEST_BOTH(test_put_back_pipe)
{
	static const char *const put[] = { "a", "1\n", "b", "1\n", NULL };

	staged_init(t, t->view, put);
	staged_call(t, "rm b; mkfifo b p; echo 2 >a");
	staged_before(t);
	assert_int_equal(staged_shell(t, "rm b p; echo 3 >b; echo 3 >p"), 0);
	staged_reopen(t);
	assert_int_equal(stage_put_back(t->st, true, NULL, NULL), 2);
	staged_scan(t);
	assert_changes(t, "a: 1\n > 2\n");
}

/* The store loses this content. */
static void
content_lose(struct staged *t, const char *text)
{
	char hex[SHA256_HEX_SIZE], *map, *file;
	const char *oid;

	sha256_hex(text, strlen(text), hex);
	map = scratch_get(t->dir, "session/objects.git/assent-map");
	oid = strstr(map, hex);
	assert_non_null(oid);
	file = xasprintf("%s/session/objects.git/objects/%.2s/%.38s", t->dir,
	    oid + 65, oid + 67);
	assert_int_equal(unlink(file), 0);
	free(file);
	free(map);
}

/* A merge was killed, and the store lost what was staged before: what is staged now
 * may have lines of the user's. */
TEST_BOTH(test_killed_without_content)
{
	static const char *const put[] = { "f", "1\n2\n3\n4\n5\n", NULL };
	struct killed k = { .t = t };
	bool killed = true, any = false;
	const struct stage_change *c;
	struct buf b = BUF_INIT(0);
	int at;

	for (at = 0; killed; at++) {
		staged_init(t, t->view, put);
		staged_call(t, "sed -i 1s/.*/agent/ f");
		user_writes(t, "f", "1\n2\n3\n4\nuser\n");
		killed = killed_at(&k, at, run_before);
		content_lose(t, "agent\n2\n3\n4\n5\n");
		user_writes(t, "f", put[1]);
		core_again(t);
		assert_int_equal(stage_restore(t->st, &t->notes, NULL), 0);
		staged_call(t, "true");
		c = staged_find(t, "f");
		buf_clear(&b);
		staged_side_text(t, &c->after, &b);
		assert_memory_equal(buf_str(&b), "agent\n", 6);
		if (strstr(buf_str(&b), "user") != NULL && killed) {
			assert_true(c->changed_on_disk);
			any = true;
		}
	}
	assert_true(any);
	buf_release(&b);
}

/* A merge is recorded before it writes; what nothing merges isn't. */
TEST_BOTH(test_syncs)
{
	static const char *const put[] = { "f", "1\n2\n3\n", "g", "1\n",
		NULL };
	char *g = NULL;
	int i;

	staged_init(t, t->view, put);
	staged_call(t, "sed -i 1s/.*/agent/ f; echo 2 >g");
	user_writes(t, "f", "1\n2\n3\nuser\n");
	syncs = 0;
	staged_before(t);
	assert_int_equal(syncs, 2);
	staged_scan(t);
	g = fs_join(t->root, "g");
	assert_int_equal(unlink(g), 0);
	user_writes(t, "g/x", "1\n");
	syncs = 0;
	staged_before(t);
	assert_int_equal(syncs, 1);
	staged_scan(t);
	/* As soon as no time is so recent that the file may change within it. */
	for (i = 0; i < 100 && syncs > 0; i++) {
		syncs = 0;
		staged_before(t);
	}
	assert_int_equal(syncs, 0);
	free(g);
}
