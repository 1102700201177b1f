/*
 * ui-play: the screen with a file in place of the core.  Sends the lines of
 * FIXTURE, then "live", then whatever comes through the fifo FEED; writes what
 * the screen sends to OUT.  At `end` it says that the session has ended.
 *
 * usage: ui-play FIXTURE OUT FEED		(exit code: that of app_run)
 * The file that LINE_LEFT names says how many bytes the kernel has yet to give to the
 * line, of which a pseudo-terminal knows nothing; while the fifo that LINE_HOLD
 * names is there and has no writer, the screen stands still between its rounds.
 * With CLOCK, the screen's clock stands at the milliseconds in that file, and what
 * is due is done when the next line comes. With TERMS, this host's terminfo has
 * only those types.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "client/client.h"
#include "ui/app/app.h"

static void
play_send(int fd, const char *s)
{
	if (fs_write_all(fd, s, strlen(s)) < 0)
		_exit(0);
}

static void
play_core(int fd, const char *fixture, const char *out, const char *feed)
{
	struct buf b = BUF_INIT(0);
	struct pollfd p[2];
	char chunk[65536];
	int out_fd, keep;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out_fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
	p[0].fd = fd;
	p[1].fd = open(feed, O_RDONLY | O_NONBLOCK);
	/* A writer of our own, so that the fifo never ends. */
	keep = open(feed, O_WRONLY);
	if (out_fd < 0 || p[1].fd < 0 || keep < 0 ||
	    fs_read_file(AT_FDCWD, fixture, &b, NULL) < 0)
		_exit(1);
	play_send(fd, buf_str(&b));
	play_send(fd, "{\"type\":\"live\"}\n");
	p[0].events = p[1].events = POLLIN;
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0 &&
		    (n = read(p[1].fd, chunk, sizeof(chunk) - 1)) > 0) {
			chunk[n] = '\0';
			/* A core that dies. */
			if (strcmp(chunk, "die\n") == 0)
				_exit(0);
			play_send(fd, chunk);
		}
		if (p[0].revents == 0)
			continue;
		n = read(fd, chunk, sizeof(chunk) - 1);
		if (n <= 0)
			_exit(0);
		chunk[n] = '\0';
		if (fs_write_all(out_fd, chunk, (size_t)n) < 0)
			_exit(1);
		if (strstr(chunk, "{\"type\":\"end\"}") != NULL) {
			play_send(fd, "{\"seq\":900000,\"type\":\"agent_end\","
			    "\"outcome\":\"ended\",\"exit\":5,"
			    "\"summary\":\"It is done.\"}\n"
			    "{\"type\":\"ended\",\"exit\":5}\n");
			_exit(0);
		}
	}
}

int __real_ioctl(int, unsigned long, void *);
int __wrap_ioctl(int, unsigned long, void *);

int
__wrap_ioctl(int fd, unsigned long what, void *arg)
{
	const char *name = getenv("LINE_LEFT");
	struct buf b = BUF_INIT(0);

	if (what != TIOCOUTQ || name == NULL ||
	    fs_read_file(AT_FDCWD, name, &b, NULL) < 0)
		return __real_ioctl(fd, what, arg);
	*(int *)arg = (int)strtol(buf_str(&b), NULL, 10);
	buf_release(&b);
	return 0;
}

int __real_setupterm(const char *, int, int *);
int __wrap_setupterm(const char *, int, int *);

int
__wrap_setupterm(const char *type, int fd, int *found)
{
	const char *types = getenv("TERMS");
	AUTO_FREE char *all = xasprintf(" %s ", types == NULL ? "" : types);
	AUTO_FREE char *one = xasprintf(" %s ", type);

	if (types == NULL || strstr(all, one) != NULL)
		return __real_setupterm(type, fd, found);
	*found = 0;
	return -1;
}

int __real_poll(struct pollfd *, nfds_t, int);
int __wrap_poll(struct pollfd *, nfds_t, int);

/* Wait for the keyboard as long as that clock says. */
static int
play_poll_keys(struct pollfd *p, int timeout)
{
	int64_t until = clock_mono_ms() + timeout;
	int ready;

	do
		ready = __real_poll(p, 1, 10);
	while (ready == 0 && clock_mono_ms() < until);
	return clock_mono_ms() < until ? ready : 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	const char *name = getenv("LINE_HOLD");
	/* The loop's own poll has the most. */
	int fd = name == NULL || n < 4 ? -1 : open(name, O_RDONLY);

	if (fd >= 0)
		close(fd);
	if (timeout > 0 && getenv("CLOCK") != NULL) {
		if (n == 1 && fds->fd == STDIN_FILENO)
			return play_poll_keys(fds, timeout);
		if (n >= 4)
			timeout = -1;
	}
	return __real_poll(fds, n, timeout);
}

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);

int64_t
__wrap_clock_mono_ms(void)
{
	const char *name = getenv("CLOCK");
	struct buf b = BUF_INIT(0);
	int64_t ms;

	if (name == NULL || fs_read_file(AT_FDCWD, name, &b, NULL) < 0)
		return __real_clock_mono_ms();
	ms = strtoll(buf_str(&b), NULL, 10);
	buf_release(&b);
	return ms;
}

int
main(int argc, char **argv)
{
	struct ui_options options = { .session = "20260102-030405-abcd" };
	struct client client = { .io = NULL };
	struct pollfd last = { STDOUT_FILENO, POLLOUT, 0 };
	enum ui_end end;
	int pair[2], code;
	pid_t pid;

	if (argc != 4) {
		fprintf(stderr, "usage: ui-play FIXTURE OUT FEED\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    (pid = fork()) < 0)
		return 1;
	if (pid == 0) {
		close(pair[0]);
		play_core(pair[1], argv[1], argv[2], argv[3]);
	}
	close(pair[1]);
	client.io = lineio_new_take(pair[0], (size_t)64 << 20,
	    (size_t)16 << 20);
	options.client = &client;
	options.end = &end;
	code = app_run(&options);
	client_release(&client);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* A terminal that takes nothing is not waited for. */
	if (poll(&last, 1, 0) == 1)
		printf("code %d\n", code);
	return code;
}
