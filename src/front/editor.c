#include "config.h"

#include "front/editor.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/spawn.h"
#include "base/utf8.h"

#define PAGER_COLUMNS 80	/* of a terminal that doesn't say */
#define PAGER_PIPE 4096		/* bytes that a pager can read at once */

static struct {
	pid_t	pid;			/* 0: none */
	int	saved[3];		/* copies of 1 and 2; -1: untouched */
	struct sigaction interrupt, quit;
} pager;

/*
 * Standard output and error through the user's $PAGER (less), while
 * standard output is a terminal. LESS is FRX unless the user has set it, as in
 * git.
 */

/* Start the pager like git: without a shell if the command is only a name, so
 * that a missing program is noticed. */
static int
pager_spawn(const char *command, int input)
{
	const char *const words[] = { "/bin/sh", "-c", command, NULL };
	bool shell = strpbrk(command, " \t\n|&;<>()$`\\\"'*?[#~=%") != NULL;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t set;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(&pager.pid, shell ? words[0] : command, &files,
	    &attr, (char *const *)(shell ? words : words + 2), environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		pager.pid = 0;
	return rc == 0 ? 0 : -1;
}

bool
pager_is_terminal(FILE *f)
{
	static struct { bool known, is; } std[STDERR_FILENO + 1];
	int fd = fileno(f);

	if (fd < 0 || fd > STDERR_FILENO)
		return isatty(fd);
	/* Also if it leads to the pager now. */
	if (!std[fd].known)
		std[fd].is = isatty(fd) || (pager.pid != 0 &&
		    fd >= STDOUT_FILENO && pager.saved[fd] >= 0);
	std[fd].known = true;
	return std[fd].is;
}

int
pager_columns(FILE *f)
{
	int fd = fileno(f);
	struct winsize ws;

	if (!pager_is_terminal(f))
		return 0;
	return ioctl(isatty(fd) ? fd : pager.saved[fd], TIOCGWINSZ, &ws) < 0 ||
	    ws.ws_col == 0 ? PAGER_COLUMNS : ws.ws_col;
}

bool
pager_begin(void)
{
	const char *command = getenv("PAGER");
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int ends[2], fd;

	command = command == NULL ? "less" : command;
	if (!isatty(STDOUT_FILENO) || command[0] == '\0' ||
	    strcmp(command, "cat") == 0 || pipe2(ends, O_CLOEXEC) < 0)
		return false;
	/* So that it reads little ahead of what it shows: see pager_unread(). */
	(void)fcntl(ends[1], F_SETPIPE_SZ, PAGER_PIPE);
	setenv("LESS", "FRX", 0);
	fflush(stdout);
	fflush(stderr);
	/* Ctrl-C is for the pager. */
	sigaction(SIGINT, &ignore, &pager.interrupt);
	sigaction(SIGQUIT, &ignore, &pager.quit);
	if (pager_spawn(command, ends[0]) < 0) {
		sigaction(SIGINT, &pager.interrupt, NULL);
		sigaction(SIGQUIT, &pager.quit, NULL);
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		pager.saved[fd] = -1;
		if (fd == STDERR_FILENO && !isatty(fd))
			continue;
		pager.saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		dup2(ends[1], fd);
	}
	close(ends[0]);
	close(ends[1]);
	return true;
}

/* How much is in the pipe; -1: unknown. */
static int
pager_unread(int pipe_fd)
{
	int n;

	return pipe_fd < 0 || ioctl(pipe_fd, FIONREAD, &n) < 0 ? -1 : n;
}

enum pager_result
pager_end(void)
{
	const struct timespec now = { 0 };
	sigset_t keys;
	int fd, pipe_fd, status;
	bool left;

	if (pager.pid == 0)
		return PAGER_READ;
	left = fflush(stdout) != 0 || ferror(stdout);
	fflush(stderr);
	/* Open the pipe's other end, to see what stays in it. This can't be
	 * done earlier: as long as we can read the pipe, too, writing doesn't
	 * fail but waits for ever. */
	pipe_fd = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (pager.saved[fd] >= 0) {
			dup2(pager.saved[fd], fd);
			close(pager.saved[fd]);
		}
	status = spawn_reap(pager.pid);
	pager.pid = 0;
	left = pager_unread(pipe_fd) != 0 || left;
	fs_close(pipe_fd);
	clearerr(stdout);
	clearerr(stderr);
	/* Blocked signals are kept, even if they are ignored. */
	sigemptyset(&keys);
	sigaddset(&keys, SIGINT);
	sigaddset(&keys, SIGQUIT);
	while (sigtimedwait(&keys, NULL, &now) > 0)
		;
	sigaction(SIGINT, &pager.interrupt, NULL);
	sigaction(SIGQUIT, &pager.quit, NULL);
	return status != 0 ? PAGER_FAILED : left ? PAGER_LEFT : PAGER_READ;
}

#define EDITOR_MAX ((size_t)4 << 20)

/* The mark "<U+202E>", unless the text contains these letters. */
static bool
editor_mark_of(char mark[16], uint32_t cp, const char *text, bool any)
{
	if (cp == '\n' || cp == '\t')
		return false;
	snprintf(mark, 16, "<U+%04X>", (unsigned)cp);
	return !any || strstr(text, mark) == NULL;
}

char *
editor_mark(const char *text, size_t *len)
{
	struct buf b = BUF_INIT(0);
	struct sanitize_unit u;
	size_t n = strlen(text), i, used, end;
	bool any = strstr(text, "<U+") != NULL;
	char mark[16];
	uint32_t cp;

	for (i = 0; i < n;) {
		/* Whatever the locale, the file is UTF-8. */
		sanitize_next(text + i, n - i, 0, 0, &u);
		for (end = i + u.used; i < end; i += used) {
			used = utf8_next(text + i, n - i, &cp);
			if (used > 0 && u.is_mark &&
			    editor_mark_of(mark, cp, text, any))
				buf_adds(&b, mark);
			else
				buf_add(&b, text + i, used > 0 ? used : 1);
			used = used > 0 ? used : 1;
		}
	}
	*len = b.len;
	return buf_take(&b);
}

char *
editor_unmark(const char *text, size_t *len, const char *before)
{
	struct buf b = BUF_INIT(0), c = BUF_INIT(0);
	bool any = strstr(before, "<U+") != NULL;
	size_t n = *len, i, used;
	char mark[16], *end;
	unsigned long cp;

	for (i = 0; i < n; i += used) {
		used = 1;
		cp = n - i < 8 || strncmp(text + i, "<U+", 3) != 0 ? 0 :
		    strtoul(text + i + 3, &end, 16);
		if (cp > 0 && cp < 0x110000 &&
		    editor_mark_of(mark, (uint32_t)cp, before, any) &&
		    strncmp(text + i, mark, strlen(mark)) == 0) {
			buf_clear(&c);
			utf8_put(&c, (uint32_t)cp);
			/* Only if the character was in the text before. */
			if (strstr(before, buf_str(&c)) != NULL) {
				used = strlen(mark);
				buf_add(&b, c.p, c.len);
				continue;
			}
		}
		buf_addc(&b, text[i]);
	}
	buf_release(&c);
	*len = b.len;
	return buf_take(&b);
}

/* Release everything, but keep the folder. */
static void
editor_let_go(struct editor *ed)
{
	fs_close(ed->dirfd);
	FREE_ALL(ed->dir, ed->given);
	memset(ed, 0, sizeof(*ed));
}

static void
editor_clean(struct editor *ed)
{
	if (ed->dir == NULL)
		return;
	fs_remove_tree(AT_FDCWD, ed->dir, NULL);
	editor_let_go(ed);
}

static const char *
editor_program(const struct editor *ed)
{
	static const char *const names[2][2] = { { "VISUAL", "EDITOR" },
		{ "PAGER", "PAGER" } };
	const char *name;
	size_t i;

	if (ed->program != NULL)
		return ed->program;
	for (i = 0; i < 2; i++) {
		name = getenv(names[ed->pager][i]);
		if (name != NULL && name[0] != '\0')
			return name;
	}
	return ed->pager ? "less" : "vi";
}

/* A pager must not exit at once after a short text, nor run programs on the
 * text. */
static void
editor_set_pager(void)
{
	const char *had = getenv("LESS");
	AUTO_FREE char *less =
	    xasprintf("%s -+F -+E -+e", had == NULL ? "" : had);

	setenv("LESS", less, 1);
	setenv("LESSSECURE", "1", 1);
	unsetenv("LESSOPEN");
	unsetenv("LESSCLOSE");
}

/* Does the pager accept "+12"? As far as we know, these do. */
static bool
editor_takes_line(const struct editor *ed, const char *program)
{
	size_t n = strcspn(program, " ");
	const char *base = program + n;

	if (ed->line <= 1)
		return false;
	while (base > program && base[-1] != '/')
		base--;
	n -= (size_t)(base - program);
	return n == 4 && (strncmp(base, "less", 4) == 0 ||
	    strncmp(base, "more", 4) == 0);
}

static void
editor_exec(const struct editor *ed, const char *const argv[])
{
	const char *name = editor_program(ed);
	char *command, *line;
	sigset_t none;

	if (ed->pager)
		editor_set_pager();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (argv != NULL) {
		if (ed->printed && dup2(ed->out, STDOUT_FILENO) < 0)
			_exit(127);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (fchdir(ed->dirfd) < 0)
		_exit(127);
	setenv("PWD", ed->dir, 1);
	/* EDITOR may have arguments, as for git. */
	command = xasprintf("exec %s \"$@\"", name);
	line = xasprintf("+%d", ed->line);
	if (editor_takes_line(ed, name))
		execl("/bin/sh", "sh", "-c", command, name, line, ed->name,
		    (char *)NULL);
	execl("/bin/sh", "sh", "-c", command, name, ed->name, (char *)NULL);
	_exit(127);
}

static int
editor_begin(struct editor *ed, const char *text, size_t len, mode_t mode,
    struct err *e)
{
	const char *tmp = getenv("XDG_RUNTIME_DIR");

	if (tmp == NULL || tmp[0] != '/' || access(tmp, W_OK) < 0)
		tmp = getenv("TMPDIR");
	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	ed->dir = xasprintf("%s/assent-edit-XXXXXX", tmp);
	if (mkdtemp(ed->dir) == NULL) {
		err_sys(e, "cannot make a private folder in %s", tmp);
		FREE_ALL(ed->dir, ed->given);
		memset(ed, 0, sizeof(*ed));
		return -1;
	}
	ed->dirfd = open(ed->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ed->dirfd < 0) {
		err_sys(e, "cannot open %s", ed->dir);
		goto fail;
	}
	if (fs_replace(ed->dirfd, ed->name, text, len, mode, e) < 0)
		goto fail;
	ed->pid = fork();
	if (ed->pid == 0)
		editor_exec(ed, NULL);
	if (ed->pid < 0) {
		err_sys(e, "cannot start the %s", ed->pager ? "pager" :
		    "editor");
		goto fail;
	}
	return 0;
fail:
	ed->pid = 0;
	editor_clean(ed);
	return -1;
}

int
editor_start(struct editor *ed, const char *name, const char *text, size_t len,
    int look, struct err *e)
{
	memset(ed, 0, sizeof(*ed));
	ed->name = name;
	ed->given = look > 0 ? NULL : xmemdup(text, len);
	ed->max = (look > 0 ? len : 0) + EDITOR_MAX;
	ed->line = look;
	ed->pager = look > 0;
	return editor_begin(ed, text, len, look > 0 ? 0400 : 0600, e);
}

int
editor_run(struct editor *ed, const char *const argv[], bool printed,
    struct err *e)
{
	memset(ed, 0, sizeof(*ed));
	ed->program = argv[0];
	ed->printed = printed;
	ed->out = printed ? fs_memory(NULL, 0) : -1;
	ed->pid = printed && ed->out < 0 ? -1 : fork();
	if (ed->pid == 0)
		editor_exec(ed, argv);
	if (ed->pid < 0) {
		fs_close(ed->out);
		memset(ed, 0, sizeof(*ed));
		return err_sys(e, "can't start %s", argv[0]);
	}
	return 0;
}

/* Take what the program printed; empty if that can't be read. */
static void
editor_take_printed(struct editor *ed, struct buf *b)
{
	if (!ed->printed)
		return;
	if (fs_memory_read(ed->out, b) < 0)
		buf_clear(b);
	fs_close(ed->out);
}

/* Add why it failed. */
static void
editor_why(const struct editor *ed, int status, struct buf *b)
{
	const char *what = ed->program != NULL ? "program" : ed->pager ?
	    "pager" : "editor";

	if (WIFSIGNALED(status))
		buf_addf(b, "the %s was killed by signal %d", what,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		buf_addf(
		    b, "can't find the %s \"%.60s\"", what, editor_program(ed));
	else if (WEXITSTATUS(status) == 126)
		buf_addf(b, "the %s \"%.60s\" can't be run", what,
		    editor_program(ed));
	else
		buf_addf(b, "the %s ended with status %d", what,
		    WEXITSTATUS(status));
}

/* Is the saved text different from the given one?  b: NULL if it can't be
 * read. */
static bool
editor_has_saved(const struct editor *ed, const struct buf *b)
{
	if (ed->given == NULL)
		return false;
	if (b == NULL)
		return faccessat(ed->dirfd, ed->name, F_OK,
		    AT_SYMLINK_NOFOLLOW) == 0;
	return b->len != strlen(ed->given) ||
	    memcmp(buf_str(b), ed->given, b->len) != 0;
}

/* The editor failed: as in git, the saved text isn't used. It is kept. */
static void
editor_failed(struct editor *ed, int status, const struct buf *b,
    struct err *e)
{
	AUTO_BUF struct buf why = BUF_INIT(0);

	editor_why(ed, status, &why);
	if (!editor_has_saved(ed, b)) {
		err_set(e, "%s: nothing changed", buf_str(&why));
	} else {
		err_set(e, "%s: nothing changed; your text is in %s/%s",
		    buf_str(&why), ed->dir, ed->name);
		editor_let_go(ed);
	}
}

int
editor_finish(struct editor *ed, int status, struct buf *b, struct err *e)
{
	struct err why = ERR_INIT;
	int rc;

	buf_init(b, ed->max);
	if (ed->program != NULL) {
		editor_take_printed(ed, b);
		/* The program's output says why it failed. */
		rc = b->len > 0 || (WIFEXITED(status) &&
		    WEXITSTATUS(status) == 0) ? 0 : -1;
		if (rc < 0 && ((WIFEXITED(status) &&
		    WEXITSTATUS(status) == 130) || (WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGINT)))
			err_set(e, "%s", "");	/* Esc, or Ctrl-C */
		else if (rc < 0) {
			AUTO_BUF struct buf words = BUF_INIT(0);

			editor_why(ed, status, &words);
			err_set(e, "%s", buf_str(&words));
		}
		memset(ed, 0, sizeof(*ed));
		return rc;
	}
	rc = fs_read_file(ed->dirfd, ed->name, b, &why);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		editor_failed(ed, status, rc < 0 ? NULL : b, e);
		rc = -1;
	} else if (rc < 0 && ed->given != NULL) {
		err_set(e, "%s: your text is in %s", why.text, ed->dir);
		editor_let_go(ed);
	} else if (rc < 0)
		err_set(e, "%s", why.text);
	editor_clean(ed);
	return rc;
}
