/*
 * The programs are foreign and read the project's files: they run in the
 * sandbox like commands. Git's own settings change no output.
 */
#include "config.h"

#include "sandbox/inspection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/payload.h"

#define INSPECTION_MS		1000	/* then continue without a fact */
#define INSPECTION_FILES	40	/* lines of git status */
#define INSPECTION_CHUNK	65536
#define INSPECTION_OUTPUT	((size_t)1 << 20)	/* kept of a program */

struct inspection_part {
	char		  kind;		/* 'b', 'l', 's', 't'; 0: ctags */
	char		**argv;		/* NULL-terminated; strings borrowed;
					   empty: nothing to run */
	pid_t		  pid;
	int		  error;	/* why it didn't start, or 0 */
	int		  fd;		/* its output; -1: at its end */
	struct buf	  out;		/* up to the maximum */
	size_t		  lines;	/* of all */
};

struct inspection {
	struct inspection_part	*parts;	/* in the order of their facts */
	size_t			 len;
	bool			 told;	/* the facts are printed */
};

/* ---- starting ---- */

static void
inspection_add(struct inspection *in, char kind, const char *const *argv,
    size_t n)
{
	struct inspection_part *p;
	size_t i;

	GROW(in->parts, in->len);
	p = &in->parts[in->len++];
	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->fd = -1;
	p->argv = xcalloc(n + 1, sizeof(*p->argv));
	for (i = 0; i < n; i++)
		p->argv[i] = (char *)(uintptr_t)argv[i];
	buf_init(&p->out, INSPECTION_OUTPUT);
}

static void
inspection_add_ctags(struct inspection *in, const cJSON *list)
{
	const char **argv = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*argv));
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it))
			argv[n++] = it->valuestring;
	if (n > 0)
		inspection_add(in, 0, argv, n);
	free(argv);
}

/* The branch, without a process, where HEAD is a file that names it: not in
 * another work tree, nor if it is detached. */
static bool
inspection_head(struct inspection *in)
{
	static const char ref[] = "ref: refs/heads/";
	size_t at = sizeof(ref) - 1, n, i;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	AUTO_CLOSE int fd = open(".git/HEAD", O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fs_read_all(fd, &b) < 0 ||
	    strncmp(buf_str(&b), ref, at) != 0)
		return false;
	n = strcspn(b.p + at, "\n");
	/* Where refs aren't files, git writes a name that can't be. */
	if (n == 0 || b.p[at] == '.' || at + n + 1 < b.len)
		return false;
	/* Git judges what git wouldn't have written. */
	for (i = at; i < at + n; i++)
		if ((unsigned char)b.p[i] <= ' ' || b.p[i] == 0x7f ||
		    strchr("~^:?*[\\", b.p[i]) != NULL)
			return false;
	inspection_add(in, 'b', NULL, 0);
	(void)buf_add(&in->parts[in->len - 1].out, b.p + at, n);
	return true;
}

static void
inspection_plan(struct inspection *in, const cJSON *args)
{
	static const char *const branch[] = { "git", "symbolic-ref", "-q",
		"--short", "HEAD" };
	static const char *const log[] = { "git", "log", "-5", "--no-color",
		"--no-show-signature", "--format=l %h %s" };
	static const char *const status[] = { "git", "--no-optional-locks",
		"status", "--porcelain" };
	const cJSON *it;

	/* The slowest first. */
	inspection_add_ctags(in, json_array(args, "ctags"));
	if (json_bool(args, "git", false)) {
		inspection_add(in, 's', status, MEM_COUNT(status));
		inspection_add(in, 'l', log, MEM_COUNT(log));
		if (!inspection_head(in))
			inspection_add(in, 'b', branch, MEM_COUNT(branch));
	}
	cJSON_ArrayForEach(it, json_array(args, "programs")) {
		const char *name = cJSON_IsString(it) ? it->valuestring : "";
		const char *argv[] = { name, strcmp(name, "go") == 0 ||
		    strcmp(name, "zig") == 0 ? "version" : "--version" };

		inspection_add(in, 't', argv, MEM_COUNT(argv));
	}
}

/* In a process group of its own, so that all of it can be killed. vfork shares
 * memory until the exec: *error is why that failed. */
static pid_t __attribute__((noinline))
inspection_spawn(char *const *argv, int out, int null, volatile int *error)
{
	pid_t pid = vfork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		if (dup2(out, STDOUT_FILENO) >= 0 &&
		    dup2(null, STDERR_FILENO) >= 0)
			execvp(argv[0], argv);
		*error = errno;
		_exit(PAYLOAD_NOT_FOUND);
	}
	if (pid < 0)
		*error = errno;
	return pid;
}

static void
inspection_start(struct inspection_part *p, int null)
{
	volatile int error = 0;
	int out[2];

	if (p->argv[0] == NULL)
		return;
	if (pipe2(out, O_CLOEXEC) < 0) {
		p->error = errno;
		return;
	}
	p->pid = inspection_spawn(p->argv, out[1], null, &error);
	p->error = error;
	close(out[1]);
	if (p->error == 0)
		p->fd = out[0];
	else
		close(out[0]);
}

/* ---- reading ---- */

static void
inspection_close(struct inspection_part *p)
{
	close(p->fd);
	p->fd = -1;
}

static void
inspection_read(struct inspection *in, struct inspection_part *p)
{
	char chunk[INSPECTION_CHUNK];
	ssize_t n = read(p->fd, chunk, sizeof(chunk)), i;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		inspection_close(p);
	else if (p->kind == 0 && in->told)
		(void)fs_write_all(STDOUT_FILENO, chunk, (size_t)n);
	else {
		for (i = 0; i < n; i++)
			p->lines += chunk[i] == '\n';
		(void)buf_add(&p->out, chunk, (size_t)n);
	}
}

/* How many are at work: of those that find facts, or of ctags. */
static size_t
inspection_running(const struct inspection *in, bool facts)
{
	size_t i, n = 0;

	for (i = 0; i < in->len; i++)
		n += in->parts[i].fd >= 0 && (in->parts[i].kind != 0) == facts;
	return n;
}

static void
inspection_poll(struct inspection *in, int ms)
{
	struct pollfd *polls = xcalloc(in->len, sizeof(*polls));
	size_t i;

	for (i = 0; i < in->len; i++) {
		const struct inspection_part *p = &in->parts[i];
		/* Else what ctags says waits in its pipe. */
		bool room = p->kind != 0 || in->told || p->out.len +
		    INSPECTION_CHUNK <= INSPECTION_OUTPUT;

		polls[i].fd = room ? p->fd : -1;
		polls[i].events = POLLIN;
	}
	if (poll(polls, in->len, ms) > 0)
		for (i = 0; i < in->len; i++)
			if (polls[i].revents != 0)
				inspection_read(in, &in->parts[i]);
	free(polls);
}

/* ---- telling ---- */

/* The next line that isn't empty; false at the end. */
static bool
inspection_line(const struct buf *b, size_t *at, const char **line, size_t *n)
{
	while (*at < b->len && b->p[*at] == '\n')
		++*at;
	*line = b->p + *at;
	for (*n = 0; *at < b->len && b->p[*at] != '\n'; ++*at)
		++*n;
	return *n > 0;
}

/* The first line with a digit. */
static void
inspection_version(const struct inspection_part *p, struct buf *facts)
{
	const char *line;
	size_t at = 0, n, i;

	if (p->error == ENOENT || p->error == ENOTDIR || p->error == EACCES) {
		buf_addf(facts, "m %s\n", p->argv[0]);
		return;
	}
	buf_addf(facts, "t %s: ", p->argv[0]);
	while (inspection_line(&p->out, &at, &line, &n))
		for (i = 0; i < n; i++)
			if (line[i] >= '0' && line[i] <= '9') {
				buf_add(facts, line, n);
				goto out;
			}
out:
	buf_addc(facts, '\n');
}

static void
inspection_facts(const struct inspection_part *p, struct buf *facts)
{
	const char *line;
	size_t at = 0, n, lines = 0;

	if (p->kind == 't') {
		inspection_version(p, facts);
		return;
	}
	while (inspection_line(&p->out, &at, &line, &n)) {
		if (p->kind == 's' && ++lines > INSPECTION_FILES)
			continue;
		if (p->kind != 'l')
			buf_addf(facts, "%c ", p->kind);
		buf_add(facts, line, n);
		buf_addc(facts, '\n');
	}
	if (lines > 0)
		buf_addf(facts, "c %zu\n", p->lines > lines ? p->lines :
		    lines);
}

/* Kill what isn't done, and print the facts; then what ctags said so far. */
static void
inspection_tell(struct inspection *in)
{
	AUTO_BUF struct buf facts = BUF_INIT(BUF_MAX);
	size_t i;

	for (i = 0; i < in->len; i++) {
		struct inspection_part *p = &in->parts[i];

		if (p->kind == 0)
			continue;
		if (p->fd >= 0) {
			(void)kill(-p->pid, SIGKILL);
			inspection_close(p);
		}
		inspection_facts(p, &facts);
	}
	buf_adds(&facts, ".\n");
	for (i = 0; i < in->len; i++)
		if (in->parts[i].kind == 0)
			buf_add(&facts, in->parts[i].out.p,
			    in->parts[i].out.len);
	(void)fs_write_all(STDOUT_FILENO, facts.p, facts.len);
	in->told = true;
}

static int
inspection_status(const struct inspection *in)
{
	size_t i;
	int st;

	for (i = 0; i < in->len; i++) {
		const struct inspection_part *p = &in->parts[i];

		if (p->kind != 0)
			continue;
		if (p->error != 0)
			return PAYLOAD_NOT_FOUND;
		while (waitpid(p->pid, &st, 0) < 0)
			if (errno != EINTR)
				return 1;
		return WIFEXITED(st) ? WEXITSTATUS(st) : 1;
	}
	return 0;
}

_Noreturn void
inspection_run(const struct request *r, const char *top)
{
	struct inspection in = { 0 };
	int64_t left, end = clock_mono_ms() + INSPECTION_MS;
	size_t i;
	int null;

	if (chdir(top) < 0)
		_exit(0);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	inspection_plan(&in, r->args);
	for (i = 0; i < in.len; i++)
		inspection_start(&in.parts[i], null);
	while (inspection_running(&in, true) > 0 &&
	    (left = end - clock_mono_ms()) > 0)
		inspection_poll(&in, (int)left);
	inspection_tell(&in);
	while (inspection_running(&in, false) > 0)
		inspection_poll(&in, -1);
	_exit(inspection_status(&in));
}
