/*
 * The end of a core: who reads slowly gets all of it, who does not read at all
 * keeps nobody. All that happens is in this process: where nothing is ready, the
 * clock goes on at once.
 */
#include "config.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/kernel/server.h"
#include "loop/loop.h"
#include "tests/unit/unit.h"

#define LINE_BYTES	((size_t)1 << 20)
/* All of it takes longer than the patience, a piece less. */
#define PATIENCE_MS	2000
#define PIECE		16384
#define PIECE_MS	60

struct reader {
	struct loop	*loop;
	struct server	*server;
	int		 fd;
	size_t		 got;
};

static int64_t now_ms;

int64_t __wrap_clock_mono_ms(void);
int	__wrap_poll(struct pollfd *, nfds_t, int);
int	__real_poll(struct pollfd *, nfds_t, int);

int64_t
__wrap_clock_mono_ms(void)
{
	return now_ms;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	int ready = __real_poll(fds, n, 0);

	if (ready == 0)
		now_ms += ms;
	return ready;
}

static void
begin(struct reader *r)
{
	char *line = xcalloc(1, LINE_BYTES + 1);
	int fd[2];

	memset(r, 0, sizeof(*r));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fd), 0);
	r->fd = fd[1];
	r->loop = loop_new();
	r->server = server_new(r->loop, fd[0]);
	memset(line, 'x', LINE_BYTES);
	server_send(r->server, line, LINE_BYTES, 0, false);
	free(line);
}

static void
end(struct reader *r)
{
	server_free(r->server);
	loop_free(r->loop);
	close(r->fd);
}

/* A piece, and then nothing for a while. */
static void
read_slowly(void *arg)
{
	struct reader *r = arg;
	char piece[PIECE];
	ssize_t n = recv(r->fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n > 0)
		r->got += (size_t)n;
	(void)loop_timer_new(r->loop, PIECE_MS, read_slowly, r);
}

TEST(test_slow_reader)
{
	struct reader r;
	char piece[PIECE];
	ssize_t n;

	begin(&r);
	r.server->flush_ms = PATIENCE_MS;
	server_end_when_flushed(r.server, 7);
	read_slowly(&r);
	assert_int_equal(loop_run(r.loop), 7);
	/* The rest is in the socket. */
	while ((n = recv(r.fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		r.got += (size_t)n;
	assert_int_equal(r.got, LINE_BYTES + 1);
	end(&r);
}

TEST(test_no_reader)
{
	struct reader r;

	begin(&r);
	r.server->flush_ms = PATIENCE_MS / 10;
	server_end_when_flushed(r.server, 7);
	assert_int_equal(loop_run(r.loop), 7);
	end(&r);
}
