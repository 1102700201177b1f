/*
 * vtdrive: a program on a terminal of its own, driven by lines.  It runs a
 * command in a pty with libvterm as the screen and obeys standard input:
 *
 *	send HEX		bytes to the program's keyboard	-> ok
 *	wait MS TEXT		until a row of the screen holds TEXT,
 *	gone MS TEXT		or until none does, and what was written with
 *				it is on the screen, too	-> ok | timeout
 *	idle MS			until the program and those below it are at rest:
 *				nothing was written, no processor used for
 *				100 ms, no key or signal is left to be taken
 *				-> ok | timeout
 *	screen			-> screen ROWS COLS Y X, a line "|..." a row, ok
 *	cells			-> cells ROWS COLS Y X (Y -1: no cursor), a line
 *				"Y X CELLS FG BG ATTRIBUTES TEXT" for each part
 *				of a row that looks the same, ok
 *	resize ROWS COLS	-> ok
 *	bytes			-> bytes N (written by the program so far)
 *	raw			-> raw HEX (what it wrote since the last raw)
 *	status			-> running | exit N | signal N
 *	eof MS			until it has ended -> exit N | signal N | timeout
 *	signal N		to the program -> ok
 *	hangup			the terminal goes away -> ok
 *	stopped MS		until it is stopped -> ok | timeout
 *	modes			-> modes HEX: the terminal's settings
 *	props			-> props ALT CURSOR: 1 or 0, as it is now
 *	quit
 *
 * usage: vtdrive [-oq] [-t TERM] [-r ROWS] [-c COLS] [--] COMMAND [ARG...]
 * -o: a terminal with odd widths of characters; -q: one that answers nothing.
 * At the end, and when its own parent is gone, the program is killed.  It
 * waits for conditions with a deadline and never sleeps.
 */
#include "config.h"

#include "vtdrive.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"

#define RAW_MAX ((size_t)64 << 20)
#define REST_MS 2		/* nothing more of a frame comes */
#define REST_MAX_MS 200		/* of a program that writes on and on */

static void
drive_resize_pty(const struct drive *d)
{
	struct winsize ws;

	memset(&ws, 0, sizeof(ws));
	ws.ws_row = (unsigned short)d->rows;
	ws.ws_col = (unsigned short)d->cols;
	if (d->pty >= 0)
		ioctl(d->pty, TIOCSWINSZ, &ws);
}

static void
drive_child(const char *slave, const char *term, char **argv)
{
	sigset_t none;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	fd = open(slave, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
		_exit(126);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (term[0] == '\0')
		unsetenv("TERM");
	else
		setenv("TERM", term, 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	execvp(argv[0], argv);
	_exit(127);
}

static int
drive_start(struct drive *d, const char *term, char **argv)
{
	char name[128];

	d->pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (d->pty < 0 || grantpt(d->pty) < 0 || unlockpt(d->pty) < 0 ||
	    ptsname_r(d->pty, name, sizeof(name)) != 0)
		return -1;
	drive_resize_pty(d);
	d->pid = fork();
	if (d->pid < 0)
		return -1;
	if (d->pid == 0)
		drive_child(name, term, argv);
	return 0;
}

void
drive_reap(struct drive *d, bool block)
{
	pid_t got;

	if (d->ended)
		return;
	do
		got = waitpid(d->pid, &d->status, block ? 0 : WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got == d->pid || got < 0)
		d->ended = true;
}

/* Answers of the emulator (a cursor report, say) are sent as keys. */
static void
drive_answer(struct drive *d)
{
	char out[512];
	size_t n;

	while ((n = vterm_output_read(d->vt, out, sizeof(out))) > 0)
		if (d->pty >= 0 && !d->quiet)
			(void)fs_write_all(d->pty, out, n);
}

/*
 * To the terminal; the first bytes of a character wait for its last, since
 * libvterm doesn't always join them.  An odd terminal knows other widths: an
 * ideograph is narrow there, and a Greek or accented letter wide.
 */
static void
drive_write(struct drive *d, const char *p, size_t n)
{
	struct buf out = BUF_INIT(0);
	size_t i, used;
	uint32_t cp;

	buf_add(&d->tail, p, n);
	p = d->tail.p;
	n = d->tail.len;
	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0 && n - i < 4 && (p[i] & 0x80) != 0)
			break;		/* the rest is still to come */
		if (used == 0) {
			used = 1;
			buf_addc(&out, p[i]);
		} else if (d->odd && cp >= 0x2e80 && cp <= 0xffdc)
			buf_addc(&out, '=');
		else if (d->odd && cp >= 0xa1 && cp < 0x2000)
			buf_adds(&out, "##");
		else
			buf_add(&out, p + i, used);
	}
	vterm_input_write(d->vt, buf_str(&out), out.len);
	buf_release(&out);
	buf_consume(&d->tail, i);
}

static void
drive_read_pty(struct drive *d)
{
	char chunk[65536];
	ssize_t n;

	n = read(d->pty, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(d->pty);
		d->pty = -1;
		return;
	}
	d->bytes += (size_t)n;
	buf_add(&d->raw, chunk, (size_t)n);
	drive_write(d, chunk, (size_t)n);
	vterm_screen_flush_damage(d->screen);
	drive_answer(d);
}

static void
drive_read_in(struct drive *d)
{
	char chunk[65536];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		d->in_end = true;
	else
		buf_add(&d->in, chunk, (size_t)n);
}

void
drive_round(struct drive *d, bool want_in, int timeout)
{
	struct pollfd fds[2] = {
		{ d->pty, POLLIN, 0 },
		{ want_in ? STDIN_FILENO : -1, POLLIN, 0 },
	};

	if (poll(fds, 2, timeout) < 0)
		return;
	if (d->pty >= 0 && fds[0].revents != 0)
		drive_read_pty(d);
	if (fds[1].revents != 0)
		drive_read_in(d);
}

static void
drive_row(const struct drive *d, int y, struct buf *out)
{
	VTermScreenCell cell;
	VTermPos pos;
	size_t keep = out->len;
	int x, i;

	for (x = 0; x < d->cols; x += cell.width > 1 ? cell.width : 1) {
		pos.row = y;
		pos.col = x;
		memset(&cell, 0, sizeof(cell));
		vterm_screen_get_cell(d->screen, pos, &cell);
		if (cell.chars[0] == 0 || cell.chars[0] == (uint32_t)-1) {
			buf_addc(out, ' ');
			continue;
		}
		for (i = 0; i < VTERM_MAX_CHARS_PER_CELL &&
		    cell.chars[i] != 0; i++)
			utf8_put(out, cell.chars[i]);
		if (cell.chars[0] != ' ')
			keep = out->len;
	}
	if (out->p != NULL) {
		out->p[keep] = '\0';
		out->len = keep;
	}
}

static bool
drive_shows(const struct drive *d, const char *text)
{
	struct buf b = BUF_INIT(0);
	bool found = false;
	int y;

	for (y = 0; y < d->rows && !found; y++) {
		buf_clear(&b);
		drive_row(d, y, &b);
		found = strstr(buf_str(&b), text) != NULL;
	}
	buf_release(&b);
	return found;
}

/* The text may be in a frame that is not whole yet, since the kernel hands over
 * 4 kB of it at a time: take the rest, too. */
static void
drive_rest(struct drive *d)
{
	int64_t due = clock_mono_ms() + REST_MAX_MS;
	size_t bytes;

	do {
		bytes = d->bytes;
		drive_round(d, false, REST_MS);
	} while (d->pty >= 0 && (d->bytes != bytes || !drive_sleeps(d)) &&
	    clock_mono_ms() < due);
}

static void
drive_wait(struct drive *d, const char *args, bool shown)
{
	char *text;
	int64_t due = clock_mono_ms() + strtol(args, &text, 10), left;

	text += *text == ' ';
	while (drive_shows(d, text) != shown) {
		left = due - clock_mono_ms();
		if (left <= 0 || d->pty < 0) {
			puts("timeout");
			return;
		}
		drive_round(d, false, (int)left);
	}
	drive_rest(d);
	puts("ok");
}

static void
drive_status(const struct drive *d)
{
	if (!d->ended)
		puts("running");
	else if (WIFEXITED(d->status))
		printf("exit %d\n", WEXITSTATUS(d->status));
	else
		printf("signal %d\n", WTERMSIG(d->status));
}

static void
drive_eof(struct drive *d, const char *args)
{
	int64_t due = clock_mono_ms() + strtol(args, NULL, 10), left;

	/* The pty closes when the last holder of it has ended. */
	for (;;) {
		drive_reap(d, false);
		left = due - clock_mono_ms();
		if ((d->ended && d->pty < 0) || left <= 0)
			break;
		if (d->pty < 0)
			left = left > 10 ? 10 : left;
		drive_round(d, false, (int)(left > 50 ? 50 : left));
	}
	if (d->ended)
		drive_status(d);
	else
		puts("timeout");
}

static void
drive_stopped(struct drive *d, const char *args)
{
	int64_t due = clock_mono_ms() + strtol(args, NULL, 10), left;
	siginfo_t si;

	for (;;) {
		memset(&si, 0, sizeof(si));
		if (waitid(P_PID, (id_t)d->pid, &si, WSTOPPED | WNOHANG) < 0)
			break;
		if (si.si_pid == d->pid) {
			puts("ok");
			return;
		}
		if ((left = due - clock_mono_ms()) <= 0)
			break;
		drive_round(d, false, (int)(left > 5 ? 5 : left));
	}
	puts("timeout");
}

static int
drive_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

static void
drive_send(struct drive *d, const char *hex)
{
	struct buf b = BUF_INIT(0);
	size_t done = 0;

	for (; drive_digit(hex[0]) >= 0 && drive_digit(hex[1]) >= 0; hex += 2)
		buf_addc(&b, (char)(drive_digit(hex[0]) * 16 +
		    drive_digit(hex[1])));
	/* The program may be busy writing: read while it does not read. */
	while (done < b.len && d->pty >= 0) {
		struct pollfd p = { d->pty, POLLIN | POLLOUT, 0 };
		ssize_t n;

		if (poll(&p, 1, -1) < 0)
			continue;
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			drive_read_pty(d);
		if (d->pty < 0 || (p.revents & POLLOUT) == 0)
			continue;
		n = write(d->pty, b.p + done, b.len - done > 1024 ? 1024 :
		    b.len - done);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	buf_release(&b);
	puts("ok");
}

static void
drive_screen(const struct drive *d)
{
	struct buf b = BUF_INIT(0);
	VTermPos pos = { 0, 0 };
	int y;

	vterm_state_get_cursorpos(vterm_obtain_state(d->vt), &pos);
	printf("screen %d %d %d %d\n", d->rows, d->cols, pos.row, pos.col);
	for (y = 0; y < d->rows; y++) {
		buf_clear(&b);
		drive_row(d, y, &b);
		printf("|%s\n", buf_str(&b));
	}
	buf_release(&b);
	puts("ok");
}

static void
drive_resize(struct drive *d, const char *args)
{
	char *end;
	long rows = strtol(args, &end, 10), cols = strtol(end, NULL, 10);

	if (rows < 1 || cols < 1 || rows > 1000 || cols > 1000) {
		puts("error size");
		return;
	}
	d->rows = (int)rows;
	d->cols = (int)cols;
	vterm_set_size(d->vt, d->rows, d->cols);
	drive_resize_pty(d);
	puts("ok");
}

static void
drive_raw(struct drive *d)
{
	size_t i;

	fputs("raw ", stdout);
	for (i = 0; i < d->raw.len; i++)
		printf("%02x", (unsigned char)d->raw.p[i]);
	putchar('\n');
	buf_clear(&d->raw);
}

/* The result of tcgetattr, as bytes to be compared. */
static void
drive_modes(const struct drive *d)
{
	struct termios t;
	const unsigned char *p = (const unsigned char *)&t;
	size_t i;

	memset(&t, 0, sizeof(t));
	if (d->pty >= 0)
		tcgetattr(d->pty, &t);
	fputs("modes ", stdout);
	for (i = 0; i < sizeof(t); i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static int
drive_settermprop(VTermProp prop, VTermValue *v, void *arg)
{
	struct drive *d = arg;

	if (prop == VTERM_PROP_ALTSCREEN)
		d->alt = v->boolean != 0;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		d->cursor = v->boolean != 0;
	return 1;
}

static bool
drive_is(const char *line, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(line, name, n) == 0;
}

/* False when it was the last one. */
static bool
drive_command(struct drive *d, const char *line)
{
	size_t n = strcspn(line, " ");
	const char *args = line[n] == ' ' ? line + n + 1 : line + n;

	if (drive_is(line, n, "send"))
		drive_send(d, args);
	else if (drive_is(line, n, "wait"))
		drive_wait(d, args, true);
	else if (drive_is(line, n, "gone"))
		drive_wait(d, args, false);
	else if (drive_is(line, n, "idle"))
		drive_idle(d, args);
	else if (drive_is(line, n, "screen"))
		drive_screen(d);
	else if (drive_is(line, n, "cells"))
		drive_cells(d);
	else if (drive_is(line, n, "resize"))
		drive_resize(d, args);
	else if (drive_is(line, n, "bytes"))
		printf("bytes %zu\n", d->bytes);
	else if (drive_is(line, n, "raw"))
		drive_raw(d);
	else if (drive_is(line, n, "modes"))
		drive_modes(d);
	else if (drive_is(line, n, "props"))
		printf("props %d %d\n", d->alt, d->cursor);
	else if (drive_is(line, n, "status")) {
		drive_reap(d, false);
		drive_status(d);
	} else if (drive_is(line, n, "eof"))
		drive_eof(d, args);
	else if (drive_is(line, n, "stopped"))
		drive_stopped(d, args);
	else if (drive_is(line, n, "signal")) {
		if (!d->ended)
			kill(d->pid, (int)strtol(args, NULL, 10));
		puts("ok");
	} else if (drive_is(line, n, "hangup")) {
		if (d->pty >= 0)
			close(d->pty);
		d->pty = -1;
		puts("ok");
	} else if (drive_is(line, n, "quit"))
		return false;
	else
		puts("error unknown command");
	fflush(stdout);
	return true;
}

static void
drive_run(struct drive *d)
{
	char *nl, *line;
	bool go = true;

	while (go) {
		nl = d->in.len == 0 ? NULL : memchr(d->in.p, '\n', d->in.len);
		if (nl == NULL) {
			if (d->in_end)
				break;
			drive_round(d, true, -1);
			continue;
		}
		line = xmemdup(d->in.p, (size_t)(nl - d->in.p));
		buf_consume(&d->in, (size_t)(nl - d->in.p) + 1);
		go = drive_command(d, line);
		free(line);
	}
}

int
main(int argc, char **argv)
{
	static const VTermScreenCallbacks props = {
		.settermprop = drive_settermprop,
	};
	struct drive d = { .rows = 24, .cols = 80, .pty = -1, .cursor = true };
	const char *term = "xterm-256color";
	int c;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while ((c = getopt(argc, argv, "+t:r:c:oq")) != -1) {
		if (c == 't')
			term = optarg;
		else if (c == 'r')
			d.rows = (int)strtol(optarg, NULL, 10);
		else if (c == 'o')
			d.odd = true;
		else if (c == 'q')
			d.quiet = true;
		else if (c == 'c')
			d.cols = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind >= argc || d.rows < 1 || d.cols < 1) {
		fprintf(stderr, "usage: vtdrive [-oq] [-t TERM] [-r ROWS] [-c COLS] "
		    "[--] COMMAND [ARG...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	buf_init(&d.raw, RAW_MAX);
	buf_init(&d.in, 0);
	buf_init(&d.tail, 0);
	d.vt = vterm_new(d.rows, d.cols);
	vterm_set_utf8(d.vt, 1);
	d.screen = vterm_obtain_screen(d.vt);
	vterm_screen_enable_altscreen(d.screen, 1);
	vterm_screen_set_callbacks(d.screen, &props, &d);
	vterm_screen_reset(d.screen, 1);
	if (drive_start(&d, term, argv + optind) < 0) {
		perror("vtdrive");
		return 1;
	}
	drive_run(&d);
	drive_reap(&d, false);
	if (!d.ended) {
		/* It leads a session of its own. */
		kill(-d.pid, SIGKILL);
		kill(d.pid, SIGKILL);
		drive_reap(&d, true);
	}
	if (d.pty >= 0)
		close(d.pty);
	vterm_free(d.vt);
	buf_release(&d.raw);
	buf_release(&d.in);
	buf_release(&d.tail);
	return 0;
}
