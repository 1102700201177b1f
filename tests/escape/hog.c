/*
 * Takes what a sandbox limits, bounded by itself too: `hog WHAT [N]...`.  What
 * it
 * found out it prints as a line; it never goes on for more than half a minute.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOG_S 30

static long
hog_number(char **argv, int i)
{
	return argv[i] == NULL ? 1 : strtol(argv[i], NULL, 10);
}

static const char *
hog_error(void)
{
	switch (errno) {
	case EAGAIN: return "EAGAIN";
	case ENOMEM: return "ENOMEM";
	case ENOSPC: return "ENOSPC";
	case ENOSYS: return "ENOSYS";
	default: return strerror(errno);
	}
}

static void
hog_sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static int64_t
hog_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A megabyte at a time, each page touched. */
static void
hog_take(long mb)
{
	long i;

	for (i = 0; i < mb; i++) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			printf("mmap %s\n", hog_error());
			exit(1);
		}
		memset(p, 1, 1 << 20);
	}
}

static void
hog_memory(long mb, long processes)
{
	for (; processes > 1; processes--)
		if (fork() == 0)
			break;
	hog_take(mb);
	hog_sleep_ms(HOG_S * 1000);
}

/* As many processes share it, and end together, again and again. */
static void
hog_shared(long mb, long processes)
{
	long i, round;

	hog_take(mb);
	for (round = 0; round < 100; round++) {
		for (i = 1; i < processes; i++)
			if (fork() == 0) {
				hog_sleep_ms(5);
				_exit(0);
			}
		while (wait(NULL) > 0)
			;
	}
	printf("shared\n");
}

/* The child takes too much; the parent sees it die and does not mind. */
static void
hog_child(long mb, long then_ms)
{
	int status;

	if (fork() == 0) {
		hog_take(mb);
		hog_sleep_ms(HOG_S * 1000);
		_exit(0);
	}
	if (wait(&status) > 0 && WIFSIGNALED(status))
		printf("child signal %d\n", WTERMSIG(status));
	fflush(stdout);
	hog_sleep_ms(then_ms);
}

static void
hog_memfd(long mb)
{
	int fd = memfd_create("hog", 0);
	char page[4096];
	long i;

	if (fd < 0) {
		printf("memfd %s\n", hog_error());
		return;
	}
	memset(page, 1, sizeof(page));
	for (i = 0; i < mb * 256; i++)
		if (write(fd, page, sizeof(page)) < 0) {
			printf("memfd %s\n", hog_error());
			return;
		}
	printf("memfd took all\n");
	fflush(stdout);
	hog_sleep_ms(HOG_S * 1000);
}

static void
hog_shm(long mb)
{
	int id = shmget(IPC_PRIVATE, (size_t)mb << 20, IPC_CREAT | 0600);
	char *p;

	if (id < 0) {
		printf("shm %s\n", hog_error());
		return;
	}
	p = shmat(id, NULL, 0);
	/* It goes with the last that has it. */
	(void)shmctl(id, IPC_RMID, NULL);
	if (p != (char *)-1)
		memset(p, 1, (size_t)mb << 20);
	printf("shm took all\n");
	fflush(stdout);
	hog_sleep_ms(HOG_S * 1000);
}

/* Keep this many processes busy for so long, and say what they got. */
static void
hog_burn(long ms, long processes)
{
	int64_t start = hog_now_ms(), wall;
	struct rusage self, kids;
	volatile unsigned x = 0;
	bool child = false;
	long i;

	for (i = 1; i < processes && !child; i++)
		child = fork() == 0;
	while (hog_now_ms() - start < ms)
		for (i = 0; i < 10000; i++)
			x++;
	if (child)
		_exit(0);
	while (wait(NULL) > 0)
		;
	wall = hog_now_ms() - start;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &kids);
	printf("used %lld of %lld\n", (long long)(
	    (self.ru_utime.tv_sec + self.ru_stime.tv_sec +
	    kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * 1000 +
	    (self.ru_utime.tv_usec + self.ru_stime.tv_usec +
	    kids.ru_utime.tv_usec + kids.ru_stime.tv_usec) / 1000),
	    (long long)wall);
}

static void
hog_forks(long n)
{
	long i;

	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			hog_sleep_ms(HOG_S * 1000);
			_exit(0);
		}
		if (pid < 0) {
			printf("forks %ld %s\n", i, hog_error());
			fflush(stdout);
			/* A sanitizer's end would want one more. */
			_exit(0);
		}
	}
	printf("forks %ld OK\n", i);
	fflush(stdout);
	hog_sleep_ms(HOG_S * 1000);
}

/* Each does as its parent, and says by a file that it was refused so often. */
static void
hog_bomb(long refusals)
{
	for (;;)
		if (fork() < 0 && --refusals == 0)
			close(open("refused", O_CREAT | O_WRONLY, 0600));
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long a = argc > 1 ? hog_number(argv, 2) : 0;
	long b = argc > 2 ? hog_number(argv, 3) : 1;

	(void)alarm(HOG_S);
	if (strcmp(what, "memory") == 0)
		hog_memory(a, b);
	else if (strcmp(what, "shared") == 0)
		hog_shared(a, b);
	else if (strcmp(what, "child") == 0)
		hog_child(a, b);
	else if (strcmp(what, "memfd") == 0)
		hog_memfd(a);
	else if (strcmp(what, "shm") == 0)
		hog_shm(a);
	else if (strcmp(what, "burn") == 0)
		hog_burn(a, b);
	else if (strcmp(what, "forks") == 0)
		hog_forks(a);
	else if (strcmp(what, "bomb") == 0)
		hog_bomb(a);
	else
		return 2;
	return 0;
}
