/* The terminal (tty*.c) on a pty of its own: a picture that is whole whatever
 * waits to be read, and what a process that dies leaves behind. */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"
#include "tests/unit/unit.h"
#include "ui/term/screen.h"
#include "ui/term/terminal.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIX_SANITIZED true
#else
#define FIX_SANITIZED false
#endif

struct fix {
	int		master, slave;
	struct termios	before;
	pid_t		pid;
	struct buf	raw;		/* the terminal's input */
};

static void
fix_init(struct fix *f)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	memset(f, 0, sizeof(*f));
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(f->master >= 0);
	assert_int_equal(grantpt(f->master), 0);
	assert_int_equal(unlockpt(f->master), 0);
	f->slave = open(ptsname(f->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(f->slave >= 0);
	assert_int_equal(ioctl(f->slave, TIOCSWINSZ, &size), 0);
	assert_int_equal(tcgetattr(f->slave, &f->before), 0);
}

/* A process whose terminal this is. */
static void
fix_run(struct fix *f, int (*run)(void))
{
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid > 0)
		return;
	setenv("TERM", "xterm-256color", 1);
	unsetenv("NO_COLOR");
	setlocale(LC_CTYPE, "C.UTF-8");
	if (setsid() < 0 || ioctl(f->slave, TIOCSCTTY, 0) < 0 ||
	    dup2(f->slave, STDIN_FILENO) < 0 ||
	    dup2(f->slave, STDOUT_FILENO) < 0)
		_exit(99);
	_exit(run());
}

/* Until it has ended and all is read; how it ended. */
static int
fix_end(struct fix *f)
{
	struct pollfd p = { f->master, POLLIN, 0 };
	char chunk[4096];
	int status = 0;
	bool ended = false;
	ssize_t n;

	for (;;) {
		while (poll(&p, 1, 10) > 0 &&
		    (n = read(f->master, chunk, sizeof(chunk))) > 0)
			buf_add(&f->raw, chunk, (size_t)n);
		if (ended)
			break;
		ended = waitpid(f->pid, &status, WNOHANG) == f->pid;
	}
	return status;
}

static void
fix_release(struct fix *f)
{
	buf_release(&f->raw);
	close(f->slave);
	close(f->master);
}

static struct tty *
child_tty(void)
{
	struct tty *t = tty_new(NULL);

	if (t == NULL)
		_exit(98);
	tty_enter(t, false);
	return t;
}

static void
child_draw(struct draw *d, struct tty *t, const char *words, int first)
{
	struct screen s = { 0 };
	char row[80];
	int y;

	screen_resize(&s, 24, 80);
	screen_clear(&s);
	for (y = 0; y < 24; y++) {
		snprintf(row, sizeof(row), "%s %d.", words, first + y);
		screen_puts(&s, y, 0, 80, STYLE_PLAIN, row);
	}
	draw_push(d, &s);
	tty_push(t, NULL);
	screen_release(&s);
}

/* A picture counts as written, and what it shows as seen: it is not given up
 * half-way where a key waits. */
static int
child_draws_as_keys_wait(void)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	struct tty *t = child_tty();
	struct draw *d = draw_new(t, DRAW_COLOUR_AUTO, false);

	if (poll(&p, 1, 60000) != 1)
		return 1;
	child_draw(d, t, "First", 0);
	child_draw(d, t, "Then", 0);
	draw_free(d);
	tty_free(t);
	return 0;
}

TEST(test_whole_as_keys_wait)
{
	struct fix f;
	char row[80];
	int y;

	fix_init(&f);
	fix_run(&f, child_draws_as_keys_wait);
	assert_int_equal(write(f.master, "jjjj\r", 5), 5);
	assert_int_equal(fix_end(&f), 0);
	for (y = 0; y < 24; y++) {
		snprintf(row, sizeof(row), "First %d.", y);
		assert_non_null(strstr(buf_str(&f.raw), row));
		snprintf(row, sizeof(row), "Then %d.", y);
		assert_non_null(strstr(buf_str(&f.raw), row));
	}
	fix_release(&f);
}

static int
child_scrolls(void)
{
	struct tty *t = child_tty();
	struct draw *d = draw_new(t, DRAW_COLOUR_AUTO, false);

	child_draw(d, t, "Row", 100);
	child_draw(d, t, "Row", 103);
	child_draw(d, t, "Row", 103 + 17);
	draw_free(d);
	tty_free(t);
	return 0;
}

/* Text that moves up isn't written again, not even if most of it goes. */
TEST(test_scrolls)
{
	const char *at;
	struct fix f;
	char row[80];
	int i;

	fix_init(&f);
	fix_run(&f, child_scrolls);
	assert_int_equal(fix_end(&f), 0);
	for (i = 100; i < 103 + 17 + 24; i++) {
		snprintf(row, sizeof(row), "Row %d.", i);
		at = strstr(buf_str(&f.raw), row);
		assert_non_null(at);
		assert_null(strstr(at + 1, row));
	}
	fix_release(&f);
}

/* ---- after another program ---- */

static const char *child_type;

/* Twice: for the first time, and after an editor. */
static int
child_enters(void)
{
	struct tty *t;

	setenv("TERM", child_type, 1);
	t = child_tty();
	tty_leave(t);
	tty_say(t, "EDITOR", 6);
	tty_enter(t, false);
	tty_free(t);
	return 0;
}

static int
child_enters_after_host(void)
{
	struct buf b = BUF_INIT(0);

	setenv("TERM", child_type, 1);
	tty_add_reset(&b, true);
	if (write(STDOUT_FILENO, buf_str(&b), b.len) != (ssize_t)b.len)
		return 1;
	buf_release(&b);
	return 0;
}

/* Modes that it may have left on are reset, as far as the terminal knows them;
 * the user's colours are not, unless it was another machine's. */
TEST(test_reset)
{
	static const struct {
		const char *type, *resets[8], *colours, *not;
	} t[] = {
		{ "xterm-256color", { "\017", "\033[!p", "\033[?5l",
		    "\033[<99u", "\033[>4m", "\033[?9;1000;" },
		    "\033]104\a\033]110\a\033]111\a\033]112\a", "\033]R" },
		{ "tmux-256color", { "\017", "\033[!p" }, "\033]104\a",
		    "\033]R" },
		{ "linux", { "\017", "\033[?5l" }, "\033]R", "\033[!p" },
		{ "linux", { "\017" }, "\033]R", "\033]1" },
		{ "vt100", { "\017", "\033[?5l" }, "", "\033[!p" },
		{ "vt100", { "\017" }, "", "\033]" },
		{ "ansi", { NULL }, "", "\033[?5l" },
	};
	struct fix f;
	size_t i, j;
	char *again;

	for (i = 0; i < MEM_COUNT(t); i++) {
		child_type = t[i].type;
		fix_init(&f);
		fix_run(&f, child_enters);
		assert_int_equal(fix_end(&f), 0);
		again = strstr(buf_str(&f.raw), "EDITOR");
		assert_non_null(again);
		for (j = 0; t[i].resets[j] != NULL; j++)
			assert_non_null(strstr(again, t[i].resets[j]));
		assert_null(strstr(again, t[i].not));
		assert_true(t[i].colours[0] == '\0' ||
		    strstr(again, t[i].colours) == NULL);
		*again = '\0';
		assert_null(strstr(buf_str(&f.raw), "\033[?5l"));
		fix_release(&f);

		fix_init(&f);
		fix_run(&f, child_enters_after_host);
		assert_int_equal(fix_end(&f), 0);
		for (j = 0; t[i].resets[j] != NULL; j++)
			assert_non_null(strstr(buf_str(&f.raw),
			    t[i].resets[j]));
		assert_non_null(strstr(buf_str(&f.raw), t[i].colours));
		assert_null(strstr(buf_str(&f.raw), t[i].not));
		fix_release(&f);
	}
}

/* ---- who dies ---- */

static int
child_deeper(int n)
{
	volatile char room[4096];

	room[0] = (char)n;
	return n == 0 ? 0 : child_deeper(n - 1) + room[0];
}

static int
child_runs_out_of_stack(void)
{
	struct rlimit little = { 1 << 20, 1 << 20 };

	if (setrlimit(RLIMIT_STACK, &little) < 0)
		return 97;
	child_tty();
	return child_deeper(1 << 16);
}

TEST(test_stack_runs_out)
{
	struct termios now;
	struct fix f;
	int status;

	if (FIX_SANITIZED)
		skip();		/* it takes the signal */
	fix_init(&f);
	fix_run(&f, child_runs_out_of_stack);
	status = fix_end(&f);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_non_null(strstr(buf_str(&f.raw), "\033[?1049l"));
	assert_int_equal(tcgetattr(f.slave, &now), 0);
	assert_int_equal(now.c_lflag, f.before.c_lflag);
	fix_release(&f);
}
