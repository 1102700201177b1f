/*
 * assent-guess: print in which encoding of base/encoding.h the text on standard
 * input may be, if libuchardet has a guess and all of it can be decoded so; else
 * nothing. Nobody converts by a guess: the user is asked.
 *
 * The bytes aren't trusted: when the first of them is looked at, this process can
 * do no more than get memory, print and exit.
 */
#include "config.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <seccomp.h>
#include <uchardet.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/mem.h"

#define MAIN_BYTES	((size_t)64 << 10)
#define MAIN_MEMORY	((rlim_t)256 << 20)
#define MAIN_SECONDS	2
#define MAIN_LEAST	16	/* bytes that aren't ASCII: fewer say nothing */

static int
main_confine(void)
{
#ifndef __SANITIZE_ADDRESS__
	static const int calls[] = {
		SCMP_SYS(brk), SCMP_SYS(exit_group), SCMP_SYS(futex),
		SCMP_SYS(madvise), SCMP_SYS(mmap), SCMP_SYS(mprotect),
		SCMP_SYS(mremap), SCMP_SYS(munmap), SCMP_SYS(write),
	};
	const struct rlimit memory = { MAIN_MEMORY, MAIN_MEMORY };
	const struct rlimit time = { MAIN_SECONDS, MAIN_SECONDS };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t i;

	if (filter == NULL || setrlimit(RLIMIT_AS, &memory) < 0 ||
	    setrlimit(RLIMIT_CPU, &time) < 0)
		return -1;
	for (i = 0; i < MEM_COUNT(calls); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) < 0)
			return -1;
	if (seccomp_load(filter) < 0)
		return -1;
#endif
	return 0;
}

int
main(void)
{
	struct buf b = BUF_INIT(MAIN_BYTES);
	struct encoding c;
	uchardet_t u = uchardet_new();
	size_t other = 0, i;

	encodings_load();
	if (fs_read_all(STDIN_FILENO, &b) < 0 || main_confine() < 0)
		_exit(1);
	for (i = 0; i < b.len; i++)
		other += (unsigned char)b.p[i] >= 0x80;
	(void)uchardet_handle_data(u, buf_str(&b), b.len);
	uchardet_data_end(u);
	if (other >= MAIN_LEAST && encoding_guessed(&c, uchardet_get_charset(u), buf_str(&b),
	    b.len) == 0)
		(void)fs_write_all(STDOUT_FILENO, c.name, strlen(c.name));
	_exit(0);
}
