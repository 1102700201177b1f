#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "core/agent/call.h"
#include "core/agent/run.h"
#include "core/context/context.h"
#include "core/job/hint.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/project/project.h"
#include "core/proof/proof.h"
#include "core/review/evidence.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "scratch.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

#define TOKEN "ghp_0123456789abcdefghij0123456789AB"

TEST(test_mask)
{
	static const struct {
		const char	*label, *in, *want;
	} cases[] = {
		{ "nothing", "plain text\n", "plain text\n" },
		{ "own key", "key=swordfish-1", "key=" MASK_TEXT },
		{ "own key inside a word", "xswordfish-1x", "x" MASK_TEXT "x" },
		{ "token", "t ghp_0123456789abcdefghij0123456789AB end",
		    "t " MASK_TEXT " end" },
		{ "each of several keys, the longest first",
		    "another-keyswordfish-1swordfish tiny",
		    MASK_TEXT MASK_TEXT MASK_TEXT " tiny" },
		{ "token after a dash", "x-ghp_0123456789abcdefghij0123456789AB",
		    "x-" MASK_TEXT },
		{ "the shortest of GitLab", "t glpat-0123456789abcdefgh end",
		  "t " MASK_TEXT " end" },
		{ "Slack's", "xoxb-0123456789-abcdefghij", MASK_TEXT },
		{ "short is no token", "ghp_short", "ghp_short" },
		{ "inside a word is no token",
		    "task-sk-0", "task-sk-0" },
		{ "age", "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
		    "QQQQQQQQQQQQQQQQQQQ",
		    MASK_TEXT },
		{ "private key", "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n"
		    "-----END RSA PRIVATE KEY-----\nb",
		    "a\n" MASK_TEXT "\nb" },
		{ "certificate stays", "-----BEGIN CERTIFICATE-----\nMII\n",
		    "-----BEGIN CERTIFICATE-----\nMII\n" },
		{ "private key in a line", "{\"k\":\"-----BEGIN PRIVATE "
		    "KEY-----\\nMII\\n-----END PRIVATE KEY-----\\n\"}",
		    "{\"k\":\"" MASK_TEXT "\\n\"}" },
		{ "begun again and again", "-----BEGIN -----BEGIN -----BEGIN ",
		    "-----BEGIN -----BEGIN -----BEGIN " },
		{ "after a certificate in JSON", "\"-----END CERTIFICATE-----\\n"
		    "-----BEGIN PRIVATE KEY-----\\nMII\\n"
		    "-----END PRIVATE KEY-----\\nb\"",
		    "\"-----END CERTIFICATE-----\\n" MASK_TEXT "\\nb\"" },
		{ "private key inside a word", "KEY=x-----BEGIN PRIVATE "
		    "KEY-----\nMII\n-----END PRIVATE KEY-----\n",
		    "KEY=x" MASK_TEXT "\n" },
		{ "private key of which grep coloured words",
		    "-----\033[01;31m\033[KBEGIN\033[m\033[K RSA "
		    "\033[01;31m\033[KPRIVATE\033[m\033[K KEY-----\nMII\n"
		    "-----\033[1mEND\033[m PRIVATE KEY\033[m-----\nb",
		    MASK_TEXT "\nb" },
		{ "own key of which grep coloured a word",
		    "sword\033[1mfish-\033[m1 b", MASK_TEXT " b" },
		{ "coloured token", "\033[1;31m" TOKEN "\033[m b",
		    "\033[1;31m" MASK_TEXT "\033[m b" },
		{ "token of which grep coloured the beginning",
		    "\033[01;31m\033[Kghp\033[m\033[K_0123456789abcdefghij"
		    "0123456789AB\n", "\033[01;31m\033[K" MASK_TEXT "\n" },
		{ "token with the end of a colour of tput",
		    "ghp_0123456789\033(B\033[mabcdefghij0123456789AB b",
		    MASK_TEXT " b" },
		{ "colours in JSON", "\"\\u001b[31m" TOKEN "\\u001b[0m\"",
		    "\"\\u001b[31m" MASK_TEXT "\\u001b[0m\"" },
		{ "colours of cat -A", "^[[31m" TOKEN "^[[0m$",
		    "^[[31m" MASK_TEXT "^[[0m$" },
		{ "new lines in JSON", "\"\\n" TOKEN "\\r\\n\\t" TOKEN
		    "\\n\"", "\"\\n" MASK_TEXT "\\r\\n\\t" MASK_TEXT
		    "\\n\"" },
		{ "other escapes", "\\u003e" TOKEN " \\x3d" TOKEN " %3D" TOKEN
		    " ^I" TOKEN " \\012" TOKEN, "\\u003e" MASK_TEXT " \\x3d"
		    MASK_TEXT " %3D" MASK_TEXT " ^I" MASK_TEXT " \\012"
		    MASK_TEXT },
		{ "GitHub's others", "ghu_0123456789abcdefghij0123456789AB "
		    "ghr_0123456789abcdefghij0123456789AB",
		    MASK_TEXT " " MASK_TEXT },
		{ "a letter is no escape", "n" TOKEN " [ask-a-word-that-is-"
		    "longer-than-many-others-are]", "n" TOKEN " [ask-a-word-"
		    "that-is-longer-than-many-others-are]" },
		{ "cut private key", "-----BEGIN PRIVATE KEY-----\nMII",
		    MASK_TEXT },
	};
	struct mask_list keys = { 0 };
	size_t i;

	mask_list_add(&keys, NULL);
	mask_list_add(&keys, "tiny");
	mask_list_add(&keys, "another-key");
	mask_list_add(&keys, "swordfish");
	mask_list_add(&keys, "swordfish-1");
	assert_int_equal(keys.len, 3);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);

		mask_secrets(&b, cases[i].in, strlen(cases[i].in), &keys);
		if (strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: got %s", cases[i].label, buf_str(&b));
		buf_release(&b);
	}
	mask_list_release(&keys);
}

/* A text that is masked in pieces, of which the first is this long. */
TEST(test_mask_pieces)
{
	static const struct {
		const char	*label, *in, *cut, *want;
	} cases[] = {
		{ "whole lines", "one\ntwo\nthree\n", "tw", "three\n" },
		{ "half a line", "one\ntwo", "two", MASK_TEXT },
		{ "within a key", "a\n-----BEGIN PRIVATE KEY-----\nMII\nMIJ\n"
		    "-----END PRIVATE KEY-----\nb\n", "MII", MASK_TEXT "\nb\n" },
		{ "at its first line", "-----BEGIN PRIVATE KEY-----\nMII\n"
		    "-----END PRIVATE KEY-----\nb\n", "-",
		    MASK_TEXT "\nb\n" },
		{ "at its last line", "-----BEGIN PRIVATE KEY-----\nMII\n"
		    "-----END PRIVATE KEY-----\nb\n", "END", "b\n" },
		{ "within a certificate", "-----BEGIN CERTIFICATE-----\nMII\n"
		    "MIJ\n", "MII", "MIJ\n" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0), masked = BUF_INIT(0);

		buf_adds(&b, cases[i].in);
		mask_cut(&b, (size_t)(strstr(buf_str(&b), cases[i].cut) -
		    buf_str(&b)) + 1);
		mask_secrets(&masked, buf_str(&b), b.len, NULL);
		if (strcmp(buf_str(&masked), cases[i].want) != 0)
			fail_msg("%s: got %s", cases[i].label,
			    buf_str(&masked));
	}
}

/* Its line has no end yet, and there is no room for more of it. */
TEST(test_mask_half_a_line)
{
	AUTO_BUF struct buf b = BUF_INIT(0), masked = BUF_INIT(0);

	buf_adds(&b, "a ghp_0123456789abcdef");
	mask_cut(&b, 1);
	buf_adds(&b, "ghij0123456789AB b\n");
	mask_secrets(&masked, buf_str(&b), b.len, NULL);
	assert_string_equal(buf_str(&masked), MASK_TEXT " b\n");
}

TEST(test_shell)
{
	struct buf b = BUF_INIT(0);
	char *s;

	shell_quote(&b, "a b'c");
	assert_string_equal(buf_str(&b), "'a b'\"'\"'c'");
	buf_release(&b);
	s = shell_fill("make check T={path}", "{path}", "x y.c");
	assert_string_equal(s, "make check T='x y.c'");
	free(s);
	s = shell_fill("pytest {path}", "{path}", "");
	assert_string_equal(s, "pytest ");
	free(s);
}

TEST(test_hints)
{
	static const char *const masked[] = {
		"conf/prod.pem", ".env", "a]\n[assent: hello.pem", NULL
	};
	static const struct {
		const char *label, *output;
		int exit;
		bool copy;
		const char *says[3];	/* in this order; no more */
	} t[] = {
		{ "success", "Could not resolve host: x", 0, false,
		    { NULL } },
		{ "commit",
		    "fatal: Unable to create '/p/.git/index.lock': "
		    "Read-only file system\n",
		    128, false, { ".git read-only" } },
		{ "no repository in a copy",
		    "fatal: not a git repository (or "
		    "any of the parent directories): .git\n",
		    128, true, { "without .git" } },
		{ "no repository at all", "fatal: not a git repository\n", 128,
		    false, { NULL } },
		{ "sudo", "sudo: The \"no new privileges\" flag is set\n", 1,
		    false, { "no root" } },
		{ "curl", "curl: (6) Could not resolve host: example.org\n", 6,
		    false, { "no network" } },
		{ "curl without a sandbox",
		    "curl: (6) Could not resolve host: "
		    "example.org\n",
		    6, true, { NULL } },
		{ "npm",
		    "npm error code EAI_AGAIN\nnpm error syscall "
		    "getaddrinfo\n",
		    1, false, { "npm ci --offline" } },
		{ "rename",
		    "OSError: [Errno 18] Invalid cross-device link: "
		    "'a' -> 'b'\n",
		    1, false, { "shutil.move" } },
		{ "secret file", "cat: .env: Permission denied\n", 1, false,
		    { ".env is a secret file" } },
		{ "secret file of a diff",
		    "error: open(\"conf/prod.pem\"): "
		    "Permission denied\nfatal: cannot hash conf/prod.pem\n",
		    128, false, { "':!conf/prod.pem'" } },
		{ "secret file of a copy",
		    "cat: .env: No such file or "
		    "directory\n",
		    1, true, { ".env is a secret file" } },
		{ "a name like our words",
		    "cat: a]\n[assent: hello.pem: "
		    "Permission denied\n",
		    1, false, { NULL } },
		{ "forks",
		    "bash: fork: retry: Resource temporarily "
		    "unavailable\n",
		    254, false, { "--pids" } },
		{ "/usr",
		    "touch: cannot touch '/usr/x': Read-only file "
		    "system\n",
		    1, false, { MSG_ONLY_THE_PROJECT } },
		{ "not found", "bash: line 1: zig: command not found\n", 127,
		    false, { "toolchains" } },
		{ "two at most",
		    "cat: .env: Permission denied\nsudo: x\n"
		    "Could not resolve host\nEXDEV\n",
		    1, false, { "secret file", "no root" } },
		{ "one for a topic",
		    "Could not resolve host\npypi.org\n"
		    "crates.io\n",
		    1, false, { "no network" } },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct hint_about a = {
			.output = t[i].output, .n = strlen(t[i].output),
			.exit = t[i].exit,
			.sandboxed = !t[i].copy, .masked = masked,
			.home = "/home/u", .root = "/home/u/p",
		};
		struct buf b = BUF_INIT(0);
		const char *p;

		hint_add(&b, &a);
		p = buf_str(&b);
		for (k = 0; k < MEM_COUNT(t[i].says) && t[i].says[k] != NULL;
		    k++) {
			const char *end = strchr(p, '\n');
			char *line = xmemdup(p, end == NULL ? 0 :
			    (size_t)(end - p));

			if (strncmp(line, "[assent: ", 9) != 0 ||
			    strstr(line, t[i].says[k]) == NULL)
				fail_msg("%s: %s", t[i].label, buf_str(&b));
			free(line);
			p = end + 1;
		}
		if (*p != '\0')
			fail_msg("%s: %s", t[i].label, p);
		buf_release(&b);
	}
}

/* A host on which commands can't have their own /tmp. */
TEST(test_hint_tmp)
{
	static const char *const says[] = {
		"touch: cannot touch '/tmp/x': Permission denied\n",
		"PermissionError: [Errno 13] Permission denied: '/tmp/x'\n",
		"Error: EACCES: permission denied, open '/tmp/x'\n",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(says); i++) {
		const struct hint_about a = {
			.output = says[i], .n = strlen(says[i]), .exit = 1,
			.sandboxed = true, .elsewhere = true,
			.home = "/home/u", .root = "/home/u/p",
		};
		AUTO_BUF struct buf b = BUF_INIT(0);

		hint_add(&b, &a);
		assert_non_null(strstr(buf_str(&b), MSG_CAN_WRITE_ONLY_THERE));
		assert_non_null(strstr(buf_str(&b), "$TMPDIR instead of /tmp"));
	}
}

static void
cover_again(const char *dir, struct sandbox_cover **v, size_t *n,
    struct buf *looks)
{
	git_redact_free(*v, *n);
	*v = NULL;
	*n = 0;
	buf_clear(looks);
	git_redact_add(dir, v, n, looks);
}

/* As git does: the log is written while its ref is locked. */
static void
git_log(const char *dir, const char *ref, const char *text)
{
	AUTO_FREE char *lock = xasprintf("%s/%s.lock", dir, ref);
	AUTO_FREE char *log = xasprintf("%s/logs/%s", dir, ref);
	AUTO_CLOSE int held = open(lock, O_WRONLY | O_CREAT | O_EXCL, 0644);
	AUTO_CLOSE int fd = open(log, O_WRONLY | O_APPEND);

	assert_true(held >= 0 && fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(unlink(lock), 0);
}

/* Thousands of reflogs cost no look each, and nothing that git writes to one is
 * missed. */
SCRATCH_TEST(test_gitcover_logs)
{
	static const char *const refs[] = { "HEAD", "refs/heads/a/0",
		"refs/heads/a/99" };
	static const char secret[] = "pull https://a:b@h/: Fast-forward\n";
	const char *dir = *state;
	AUTO_FREE char *gone = fs_join(dir, "refs/heads/a");
	AUTO_BUF struct buf looks = BUF_INIT(0);
	struct sandbox_cover *v = NULL;
	size_t n = 0, i, len = 0;

	scratch_put(dir, "logs/HEAD", "commit: one\n");
	scratch_put(dir, "refs/heads/a/0", "0a\n");
	for (i = 0; i < 100; i++) {
		char path[64];

		snprintf(path, sizeof(path), "logs/refs/heads/a/%zu", i);
		scratch_put(dir, path, "commit: one\n");
		if (i > 0)
			continue;
		git_redact_add(dir, &v, &n, &looks);
		len = looks.len;
	}
	for (i = 0; i < MEM_COUNT(refs); i++) {
		do
			cover_again(dir, &v, &n, &looks);
		while (!git_redact_holds(&looks));
		assert_int_equal(n, i);
		assert_int_equal(looks.len, len);
		git_log(dir, refs[i], secret);
		assert_false(git_redact_holds(&looks));
	}
	/* All are packed, their folder is gone. */
	assert_int_equal(fs_remove_tree(AT_FDCWD, gone, NULL), 0);
	do
		cover_again(dir, &v, &n, &looks);
	while (!git_redact_holds(&looks));
	assert_int_equal(n, 3);
	assert_int_equal(fs_mkdirs(gone, 0755, NULL), 0);
	git_log(dir, "refs/heads/a/1", secret);
	assert_int_equal(fs_remove_tree(AT_FDCWD, gone, NULL), 0);
	assert_false(git_redact_holds(&looks));
	cover_again(dir, &v, &n, &looks);
	assert_int_equal(n, 4);
	git_redact_free(v, n);
}

TEST(test_gitcover_files)
{
	static const struct { const char *path; bool has; } t[] = {
		{ "config", true }, { "config.worktree", true },
		{ "credentials", true }, { "HEAD", false },
		{ "modules/a/b/config", true }, { "modules/c/config", false },
		{ "worktrees/w/config.worktree", true },
		{ "objects/config", false },
		{ "annex/creds/key", true }, { "annex/index", false },
		{ "sharedindex.0a", false },
		{ "modules/c/git-crypt/keys/default", true },
		{ "logs/HEAD", true }, { "logs/refs/remotes/o", true },
		{ "modules/c/logs/HEAD", true }, { "remotes/o", true },
	};
	static const char *const names[] = {
		"modules/a/b", "modules/c", "worktrees/w", "objects",
		"annex/creds", "modules/c/git-crypt/keys",
		"logs/refs/remotes", "modules/c/logs", "remotes",
	};
	static const struct { const char *path, *text; size_t more; } later[] = {
		{ "modules/c/config", "url = https://a:b@h/\n", 1 },
		{ "new", "token = x\n", 1 },
		{ "HEAD", "ref: refs/heads/a\n", 0 },
		{ "git-crypt/keys", NULL, 0 }, { "git-crypt/keys/k", "x", 1 },
	};
	char dir[] = "/tmp/assent-cover-XXXXXX";
	AUTO_BUF struct buf looks = BUF_INIT(0);
	struct sandbox_cover *v = NULL;
	size_t n = 0;
	size_t i, k;

	assert_non_null(mkdtemp(dir));
	for (i = 0; i < MEM_COUNT(names); i++) {
		char *p = fs_join(dir, names[i]), *head = fs_join(p, "HEAD");
		int fd;

		assert_int_equal(fs_mkdirs(p, 0755, NULL), 0);
		fd = open(head, O_WRONLY | O_CREAT, 0644);
		assert_true(fd >= 0);
		close(fd);
		free(head);
		free(p);
	}
	for (i = 0; i < MEM_COUNT(t); i++) {
		static const char text[] = "url = https://a:b@h/\n";
		char *p = fs_join(dir, t[i].path);
		int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		assert_true(fd >= 0);
		assert_int_equal(fs_write_all(fd, text,
		    strcmp(t[i].path, "modules/c/config") == 0 ? 5 :
		    sizeof(text) - 1), 0);
		close(fd);
		free(p);
	}
	git_redact_add(dir, &v, &n, &looks);
	for (i = 0; i < MEM_COUNT(t); i++) {
		bool has = false;

		for (k = 0; k < n; k++)
			has = has || strcmp(v[k].path + strlen(dir) + 1,
			    t[i].path) == 0;
		if (has != t[i].has)
			fail_msg("%s", t[i].path);
	}
	for (i = 0; i < MEM_COUNT(later); i++) {
		AUTO_FREE char *p = fs_join(dir, later[i].path);

		/* What is as it was need not be read again, once it is older than
		 * the clock's tick. */
		do
			cover_again(dir, &v, &n, &looks);
		while (!git_redact_holds(&looks));
		k = n;
		if (later[i].text == NULL)
			assert_int_equal(fs_mkdirs(p, 0755, NULL), 0);
		else
			assert_int_equal(fs_replace(AT_FDCWD, p, later[i].text,
			    strlen(later[i].text), 0644, NULL), 0);
		assert_false(git_redact_holds(&looks));
		cover_again(dir, &v, &n, &looks);
		assert_int_equal(n, k + later[i].more);
	}
	git_redact_free(v, n);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, NULL), 0);
}

/* Does it end in an assertion?  In a process of its own. */
static bool
phase_aborts(enum core_phase from, enum core_phase to, unsigned wait,
    bool person)
{
	const struct rlimit none = { 0, 0 };
	int status, null;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct core c = { .phase = from, .person = person };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		if (wait != 0)
			phase_wait(&c, (enum core_wait)wait);
		else
			phase_set(&c, to);
		_exit(c.phase == to && c.waits == wait ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT :
	    WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* The table of core.h: one thing at a time, with IDLE in between. */
TEST(test_phases)
{
	static const unsigned waits[] = { WAIT_LIMIT, WAIT_CALL, WAIT_CHECK,
		WAIT_PLAN };
	enum core_phase from, to;
	struct core c = { 0 };
	size_t i;

	for (from = PHASE_IDLE; from <= PHASE_CHECK; from++)
		for (to = PHASE_IDLE; to <= PHASE_CHECK; to++) {
			bool may = (from == PHASE_IDLE) != (to == PHASE_IDLE) ||
			    (from == PHASE_MODEL && to == PHASE_MODEL);

			if (phase_aborts(from, to, 0, true) == may)
				fail_msg("from %d to %d", (int)from, (int)to);
		}
	for (i = 0; i < MEM_COUNT(waits); i++) {
		assert_false(phase_aborts(PHASE_IDLE, PHASE_IDLE, waits[i],
		    true));
		assert_true(phase_aborts(PHASE_TOOL, PHASE_TOOL, waits[i],
		    true));
		assert_int_equal(phase_aborts(PHASE_IDLE, PHASE_IDLE, waits[i],
		    false), waits[i] != WAIT_PLAN);
	}
	/* Of two reasons the graver one is told. */
	phase_stop(&c, STOP_PROVIDER);
	phase_stop(&c, STOP_LIMIT);
	assert_int_equal(c.task.stop, STOP_PROVIDER);
	phase_wait(&c, WAIT_PLAN);
	phase_answered(&c, WAIT_PLAN | WAIT_COMMAND);
	assert_int_equal(c.waits, 0);
}

/* ---- who waits for whom ---- */

static unsigned ended;

#define ENDS(name, of) static void name(struct core *c) \
	{ (void)c; ended |= BIT(of); } \
	static const struct core_part name##_part = { .job = (of), \
	    .yield = name }
ENDS(end_check, JOB_CHECK);
ENDS(end_look, JOB_LOOK);
ENDS(end_linter, JOB_LINTER);
ENDS(end_search, JOB_SEARCH);
ENDS(end_baseline, JOB_BASELINE);
ENDS(end_proof, JOB_PROOF);
ENDS(end_notice, JOB_NOTICE);
ENDS(go_on, JOB_LASTING);

static unsigned
ends(enum job_kind kind)
{
	static const struct core_part *const parts[] = { &end_check_part,
		&end_look_part, &end_linter_part, &end_search_part,
		&end_baseline_part, &end_proof_part, &end_notice_part,
		&go_on_part, NULL };
	struct core c = { .parts = parts };

	ended = 0;
	job_yield(&c, kind);
	return ended;
}

static bool
waits(enum job_kind runs, enum job_kind kind)
{
	struct job jobs[JOB_KINDS] = { 0 };

	jobs[runs].call = (void *)(uintptr_t)1;
	return job_waits(&(struct core){ .jobs = jobs }, kind);
}

/* One thing at a time uses the copy, but for an own command, for which the check
 * stops; what writes there ends a linter, and what runs elsewhere disturbs
 * nothing. What you still wait for ends last. */
TEST(test_who_waits)
{
	struct job jobs[JOB_KINDS] = { 0 };
	static const enum job_kind users[] = { JOB_CALL, JOB_OWN, JOB_CHECK,
		JOB_HOOK, JOB_LOOK };
	const unsigned writes = BIT(JOB_LINTER) | BIT(JOB_SEARCH) |
	    BIT(JOB_LASTING) | BIT(JOB_NOTICE);
	struct event line = { 0 };
	size_t i;

	for (i = 0; i < MEM_COUNT(users); i++) {
		struct core c = { .phase = PHASE_TOOL, .jobs = jobs };

		assert_false(job_may(&c, users[i]));
		assert_false(job_may(&c, JOB_LINTER));
		assert_true(waits(users[i], JOB_LINTER) &&
		    waits(users[i], JOB_COPY) && waits(users[i], JOB_APPLY));
		assert_true(waits(JOB_CHECK, users[i]) == (users[i] !=
		    JOB_CHECK && users[i] != JOB_OWN));
		assert_false(waits(JOB_LINTER, users[i]) ||
		    waits(JOB_PROOF, users[i]) || job_is_beside(users[i]));
		assert_true(waits(users[i], JOB_NOTICE));
		c.phase = PHASE_MODEL;
		assert_true(job_may(&c, JOB_OWN) && job_may(&c, JOB_LINTER));
		assert_false(job_waits(&c, JOB_COPY));
		c.own_command = OWN_RUNS;
		assert_false(job_may(&c, users[i]));
		assert_false(job_may(&c, JOB_LINTER));
		assert_true(job_waits(&c, JOB_COPY));
		c = (struct core){ .decision.line = &line, .jobs = jobs };
		assert_false(job_may(&c, users[i]));
		c = (struct core){ .waits = WAIT_CHECK, .jobs = jobs };
		assert_false(job_may(&c, users[i]));
		c = (struct core){ .ending = ENDING_BY_CLIENT,
		    .jobs = jobs };
		assert_false(job_may(&c, users[i]));
		c = (struct core){ .jobs = jobs };
		assert_true(job_may(&c, users[i]));
		assert_int_equal(ends(users[i]), writes);
	}
	assert_int_equal(ends(JOB_READ), BIT(JOB_LASTING));
	assert_int_equal(ends(JOB_LINTER), BIT(JOB_LASTING));
	assert_int_equal(ends(JOB_SEARCH), BIT(JOB_LASTING));
	assert_int_equal(ends(JOB_COPY), BIT(JOB_LINTER) | BIT(JOB_SEARCH));
	assert_int_equal(ends(JOB_PROOF) | ends(JOB_BASELINE), 0);
	assert_int_equal(ends(JOB_APPLY), BIT(JOB_CHECK) | BIT(JOB_LOOK) |
	    BIT(JOB_LINTER) | BIT(JOB_SEARCH) | BIT(JOB_BASELINE) |
	    BIT(JOB_PROOF) | BIT(JOB_NOTICE));
	assert_int_equal(ends(JOB_STOP), BIT(JOB_PROOF) | BIT(JOB_NOTICE));
	for (i = 0; i < JOB_KINDS; i++)
		assert_true(waits((enum job_kind)i, JOB_STOP) ==
		    (i == JOB_OWN || i == JOB_PROOF || i == JOB_NOTICE));
	assert_true(job_is_beside(JOB_BASELINE) && job_is_beside(JOB_PROOF) &&
	    job_is_beside(JOB_LASTING) && !job_is_beside(JOB_LINTER));
}

/* ---- the check of what is accepted, which begins by itself ---- */

static loop_timer_cb *check_soon;

struct loop_timer *__wrap_loop_timer_new(struct loop *, int64_t,
	    loop_timer_cb *, void *);
int	__wrap_program_others_wait(const struct core *, struct err *);

struct loop_timer *
__wrap_loop_timer_new(struct loop *l, int64_t ms, loop_timer_cb *cb, void *arg)
{
	check_soon = cb;
	return NULL;
}

/* The first question of a check that begins. */
int
__wrap_program_others_wait(const struct core *c, struct err *e)
{
	_exit(1);
}

/* Does it begin when its time has come?  In a process of its own. */
static bool
check_begins(enum own_command state)
{
	const struct rlimit none = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct fold_hunk yes = { .mark = MARK_YES }, open = { 0 };
		struct fold_at at[] = { { .hunk = &yes }, { .hunk = &open } };
		struct fold_proposal p = { .hunks = at,
		    .hunks_len = MEM_COUNT(at) };
		struct fold f = { .proposal = &p };
		struct job jobs[JOB_KINDS] = { 0 };
		struct core c = { .fold = &f, .own_command = state, .person = true,
		    .jobs = jobs,
		    .check.command = (char *)(uintptr_t)"true" };

		setrlimit(RLIMIT_CORE, &none);
		evidence_marks_changed(&c);
		check_soon(&c);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("it dies in state %d", (int)state);
	return WEXITSTATUS(status) != 0;
}

/* Which changes are in the copy with your tests, and in that with its tests. */
TEST(test_proof_takes)
{
	static const struct {
		struct test_change t;
		bool deleted, yours, its;
	} cases[] = {
		{ { TEST_CODE, true }, false, true, false },
		{ { TEST_CODE, false }, false, true, false },
		{ { TEST_CODE, true }, true, true, false },
		{ { TEST_TEST, true }, false, false, true },
		{ { TEST_TEST, true }, true, false, false },
		{ { TEST_TEST, false }, false, true, true },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct stage_change c = { .after.exists = !cases[i].deleted };

		assert_int_equal(proof_takes(false, &cases[i].t, &c),
		    cases[i].yours);
		assert_int_equal(proof_takes(true, &cases[i].t, &c),
		    cases[i].its);
	}
}

/* Not beside a command of the user's, which has the copy. */
TEST(test_check_by_itself)
{
	assert_true(check_begins(OWN_NONE));
	assert_false(check_begins(OWN_ASKS));
	assert_false(check_begins(OWN_RUNS));
}
