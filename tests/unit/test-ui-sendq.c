/* What goes to the terminal: in order, whole, and never waited for, whatever it
 * takes at a time. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "ui/term/terminal.h"
#include "ui/term/tty-int.h"

#define SUM (3 << 20)		/* more than is kept */

/* Something that takes only so much, and its other end. */
static void
fix_pair(int fds[2], bool socket)
{
	int pair[2];

	if (socket) {
		/* It cannot be opened anew, as a terminal sometimes. */
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		fds[0] = pair[0];
		fds[1] = pair[1];
	} else {
		assert_int_equal(pipe(fds), 0);
	}
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

static char
fix_byte(size_t at)
{
	return (char)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

/* Read up to so many of the bytes that must come next. */
static void
fix_read(int fd, size_t *at, size_t most)
{
	char chunk[4096];
	ssize_t n;
	size_t i;

	while (most > 0 && (n = read(fd, chunk, most < sizeof(chunk) ? most :
	    sizeof(chunk))) > 0) {
		for (i = 0; i < (size_t)n; i++)
			assert_true(chunk[i] == fix_byte(*at + i));
		*at += (size_t)n;
		most -= (size_t)n;
	}
}

static void
fix_order(bool socket)
{
	struct sendq *q;
	char piece[30000];
	size_t put = 0, got = 0, n, i, rounds = 0;
	bool waited = false;
	int fds[2];

	fix_pair(fds, socket);
	assert_non_null(q = sendq_new(fds[1], NULL));
	srand(7);
	while (put < SUM || !sendq_push(q)) {
		n = put < SUM ? (size_t)rand() % sizeof(piece) : 0;
		for (i = 0; i < n; i++)
			piece[i] = fix_byte(put + i);
		put += n;
		sendq_add(q, piece, n);
		waited = !sendq_push(q) || waited;
		assert_int_equal(sendq_push(q), q->out.len == 0);
		fix_read(fds[0], &got, (size_t)rand() % 60000);
		assert_true(q->gone >= got && q->gone <= put);
		assert_true(++rounds < 1000000);
	}
	fix_read(fds[0], &got, SIZE_MAX);
	assert_int_equal(got, put);
	assert_int_equal(q->gone, put);
	assert_true(waited);
	sendq_free(q);
	close(fds[0]);
	close(fds[1]);
}

TEST(test_order)
{
	fix_order(false);
}

TEST(test_order_where_it_could_wait)
{
	fix_order(true);
}

/* A reader that reads nothing is not waited for, and what others share stays
 * as it was. */
TEST(test_stuck)
{
	static char big[1 << 20];
	struct sendq *q;
	int fds[2], i, socket;
	char c;

	for (socket = 0; socket < 2; socket++) {
		fix_pair(fds, socket != 0);
		assert_non_null(q = sendq_new(fds[1], NULL));
		for (i = 0; i < 4; i++) {
			sendq_add(q, big, sizeof(big));
			assert_false(sendq_push(q));
		}
		assert_false(sendq_drain(q, 1));
		assert_true(q->out.len == 0);
		assert_true(q->gone < sizeof(big));
		assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
		/* The next one comes behind what had left. */
		while (read(fds[0], big, sizeof(big)) > 0)
			;
		sendq_adds(q, "x");
		assert_true(sendq_drain(q, 1000));
		assert_int_equal(read(fds[0], &c, 1), 1);
		assert_int_equal(c, 'x');
		sendq_free(q);
		close(fds[0]);
		close(fds[1]);
	}
	memset(big, 0, sizeof(big));
}

/* A line that is gone takes all. */
TEST(test_gone)
{
	struct sendq *q;
	int fds[2];

	fix_pair(fds, true);
	assert_non_null(q = sendq_new(fds[1], NULL));
	close(fds[0]);
	sendq_adds(q, "to nobody");
	assert_true(sendq_push(q));
	assert_true(q->out.len == 0);
	sendq_free(q);
	close(fds[1]);
}

int
main(void)
{
	/* A terminal sends none. */
	signal(SIGPIPE, SIG_IGN);
	return unit_run();
}
