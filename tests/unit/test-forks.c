/*
 * How many processes there may be, with real ones: those that were let through
 * and aren't listed yet count, too.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/forks.h"
#include "tests/unit/unit.h"

static struct forks f;

/* A child that computes, or, with SIGSTOP, is stopped. */
static pid_t
child(int sig)
{
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(60);
		for (;;)
			;
	}
	assert_true(pid > 0);
	if (sig == SIGSTOP) {
		assert_int_equal(kill(pid, SIGSTOP), 0);
		assert_int_equal(waitpid(pid, &st, WUNTRACED), pid);
	}
	return pid;
}

static void
gone(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* As often as it takes until it was listed again. */
static bool
allowed(pid_t thread)
{
	f.list_due = 0;
	return forks_allow(&f, thread);
}

/* What is let through counts at once, listed or not. */
TEST(test_limit)
{
	pid_t first;

	forks_begin(&f, 4);
	first = child(SIGSTOP);
	/* It has become none of its three. */
	assert_true(allowed(first));
	assert_true(allowed(first));
	assert_true(allowed(first));
	/* Since it is stopped, none is under way any more. */
	assert_true(allowed(first));
	gone(first);
	forks_release(&f);
}

/* While a thread runs, what it was allowed last may be about to appear. */
TEST(test_under_way)
{
	pid_t a, b, c;

	forks_begin(&f, 5);
	a = child(0);
	b = child(0);
	c = child(SIGSTOP);
	assert_true(allowed(a));
	assert_true(allowed(b));
	assert_true(allowed(c));
	assert_true(allowed(c));
	/* Three are listed, and those of a and b are under way. */
	assert_false(allowed(c));
	assert_false(allowed(c));
	/* b asks: its last one is over. */
	assert_true(allowed(b));
	assert_false(allowed(c));
	(void)kill(a, SIGSTOP);
	assert_int_equal(waitpid(a, NULL, WUNTRACED), a);
	assert_true(allowed(c));
	gone(a);
	gone(b);
	/* One listed; what c was allowed is over. */
	assert_true(allowed(c));
	gone(c);
	forks_release(&f);
}

/* Next to the limit, those that end at once leave room for the next. */
TEST(test_one_after_another)
{
	pid_t a, b;
	int i;

	forks_begin(&f, 5);
	a = child(SIGSTOP);
	b = child(SIGSTOP);
	for (i = 0; i < 100; i++)
		assert_true(forks_allow(&f, a));
	gone(a);
	gone(b);
	forks_release(&f);
}

/* The kernel gives processes in /proc new inodes when it needs memory: those of
 * others still don't count. */
TEST(test_new_inodes)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	pid_t a;

	forks_begin(&f, 5);
	a = child(SIGSTOP);
	if (fd < 0 || write(fd, "2", 1) != 1) {
		gone(a);
		skip();
	}
	close(fd);
	assert_true(allowed(a));
	assert_true(allowed(a));
	assert_true(allowed(a));
	assert_true(allowed(a));
	assert_true(allowed(a));
	gone(a);
	forks_release(&f);
}
