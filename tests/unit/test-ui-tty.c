/* The terminal (tty*.c) on a pty of its own: a picture that is whole whatever
 * waits to be read, and what a process that dies leaves behind. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <curses.h>
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
#include "ui/term/terminal.h"
#include "ui/term/screen.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIX_SANITIZED true
#else
#define FIX_SANITIZED false
#endif

struct fix {
	int		master, slave;
	struct termios	before;
	pid_t		pid;
	struct buf	raw;		/* what the terminal was sent */
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

	if (t == NULL || tty_enter(t, NULL) < 0)
		_exit(98);
	return t;
}

static void
child_draw(struct draw *d, struct tty *t, const char *words)
{
	struct screen s = { 0 };
	char row[80];
	int y;

	screen_resize(&s, 24, 80);
	screen_clear(&s);
	for (y = 0; y < 24; y++) {
		snprintf(row, sizeof(row), "%s %d.", words, y);
		screen_puts(&s, y, 0, 80, STYLE_PLAIN, row);
	}
	draw_push(d, &s, NULL);
	tty_push(t);
	screen_release(&s);
}

/* A picture counts as written, and what it shows as seen: it is not given up
 * half-way where a key waits, as curses may unless it is told. */
static int
child_draws_as_keys_wait(void)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	struct tty *t = child_tty();
	struct draw *d = draw_new(t, DRAW_COLOUR_AUTO, false);

	if (poll(&p, 1, 60000) != 1)
		return 1;
	child_draw(d, t, "First");
	child_draw(d, t, "Then");
	draw_free(d);
	tty_free(t);
	return 0;
}

static void
test_whole_as_keys_wait(void **state)
{
	struct fix f;
	char row[80];
	int y;

	(void)state;
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

/* What follows a vertical line in a file's text is sent once more when it
 * changes: the terminal may count the line as wider. Not so with our own. */
static int
child_draws_lines(void)
{
	struct tty *t = child_tty();
	struct draw *d = draw_new(t, DRAW_COLOUR_AUTO, false);
	struct screen s = { 0 };
	const char *end;

	screen_resize(&s, 24, 80);
	for (end = "1"; end != NULL; end = *end == '1' ? "2" : NULL) {
		screen_clear(&s);
		screen_puts(&s, 0, 0, 80, STYLE_PLAIN, "pane");
		screen_puts(&s, 0, 4, 80, STYLE_RULE, screen_bar(&s));
		screen_puts(&s, 0, 20, 80, STYLE_PLAIN, end);
		screen_puts(&s, 1, 0, 80, STYLE_PLAIN, "file\xe2\x94\x82 has");
		screen_puts(&s, 1, 20, 80, STYLE_PLAIN, end);
		draw_push(d, &s, NULL);
	}
	tty_push(t);
	screen_release(&s);
	draw_free(d);
	tty_free(t);
	return 0;
}

static size_t
count(const char *p, const char *what)
{
	size_t n = 0;

	for (; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static void
test_lines_of_a_file(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	fix_run(&f, child_draws_lines);
	assert_int_equal(fix_end(&f), 0);
	assert_int_equal(count(buf_str(&f.raw), "file"), 2);
	assert_int_equal(count(buf_str(&f.raw), "pane"), 1);
	fix_release(&f);
}

static int rows_passed;

int	__real_wadd_wchnstr(WINDOW *, const cchar_t *, int);
int	__wrap_wadd_wchnstr(WINDOW *, const cchar_t *, int);

int
__wrap_wadd_wchnstr(WINDOW *w, const cchar_t *text, int n)
{
	rows_passed++;
	return __real_wadd_wchnstr(w, text, n);
}

/* The rows that curses is given when text moves up by two. */
static int
child_scrolls(void)
{
	struct tty *t = child_tty();
	struct draw *d = draw_new(t, DRAW_COLOUR_AUTO, false);
	struct screen s = { 0 };
	char row[80];
	int by, y;

	screen_resize(&s, 24, 80);
	for (by = 0; by <= 2; by += 2) {
		screen_clear(&s);
		for (y = 0; y < 24; y++) {
			snprintf(row, sizeof(row), "Line %d.", y + by);
			screen_puts(&s, y, 0, 80, STYLE_PLAIN, row);
		}
		rows_passed = 0;
		draw_push(d, &s, NULL);
	}
	tty_push(t);
	screen_release(&s);
	draw_free(d);
	tty_free(t);
	return rows_passed;
}

static void
test_moved_text(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	fix_run(&f, child_scrolls);
	assert_int_equal(fix_end(&f), 2 << 8);
	assert_non_null(strstr(buf_str(&f.raw), "Line 25."));
	fix_release(&f);
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

static void
test_stack_runs_out(void **state)
{
	struct termios now;
	struct fix f;
	int status;

	(void)state;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_as_keys_wait),
		cmocka_unit_test(test_lines_of_a_file),
		cmocka_unit_test(test_moved_text),
		cmocka_unit_test(test_stack_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
