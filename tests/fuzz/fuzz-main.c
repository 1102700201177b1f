/*
 * Runs a fuzz target without libFuzzer: every file of its corpus, and then what
 * chance makes of them.  SEED=n and ROUNDS=n in the environment; when a target
 * gives up, what to set is printed.  With files as arguments: those alone.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#define FUZZ_ROUNDS	4000
#define FUZZ_INPUT_MAX	((size_t)1 << 16)

void	__sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

/* For the words of a process that is about to end. */
static struct {
	unsigned long long	 seed;
	const char		*file;
	uint64_t		 state;
} now;

static uint32_t
chance(uint32_t below)
{
	uint64_t z = now.state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16) % below;
}

static void
death(void)
{
	if (now.file != NULL)
		dprintf(STDERR_FILENO, "# it was %s\n", now.file);
	else
		dprintf(STDERR_FILENO, "# SEED=%llu ROUNDS=1 gives it again\n",
		    now.seed);
}

static void
on_signal(int sig)
{
	death();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* In a buffer of its own, with no byte after it. */
static void
run(const struct buf *in)
{
	uint8_t *p = malloc(in->len == 0 ? 1 : in->len);

	FUZZ_CHECK(p != NULL);
	if (in->len > 0)
		memcpy(p, in->p, in->len);
	LLVMFuzzerTestOneInput(p, in->len);
	free(p);
}

static void
put_in(struct buf *out, const struct buf *in, size_t at, size_t gone,
    const void *p, size_t n)
{
	buf_add(out, buf_str(in), at);
	buf_add(out, p, n);
	buf_add(out, buf_str(in) + at + gone, in->len - at - gone);
}

/* One change of in, made of itself, of `other` and of bytes that matter. */
static void
mutate(struct buf *out, const struct buf *in, const struct buf *other)
{
	static const char odd[] = "\n\0 +-\\@#!=,:09\x1e\x1b[]{}\"\xff\r~";
	static const char *const words[] = {
		"\\ No newline at end of file\n", "@@ -1,2 +1,2 @@\n", "\n\n",
		"diff --git a/a.txt b/a.txt\n", "99999999999", "\x1e\x1e",
	};
	size_t at = chance((uint32_t)in->len + 1);
	size_t n = in->len == at ? 0 : chance((uint32_t)(in->len - at) + 1);
	const char *w = words[chance((uint32_t)MEM_COUNT(words))];
	char c;

	n = n > 64 && chance(4) != 0 ? n % 64 : n;
	switch (chance(6)) {
	case 0:
		put_in(out, in, at, n, "", 0);
		break;
	case 1:		/* twice */
		put_in(out, in, at, 0, buf_str(in) + at, n);
		break;
	case 2:
		c = odd[chance(sizeof(odd) - 1)];
		put_in(out, in, at, at < in->len, &c, 1);
		break;
	case 3:
		c = (char)chance(256);
		put_in(out, in, at, chance(2) == 0 && at < in->len, &c, 1);
		break;
	case 4:
		put_in(out, in, at, 0, w, strlen(w));
		break;
	default:
		if (other->len > 0) {
			size_t from = chance((uint32_t)other->len);

			put_in(out, in, at, n, other->p + from,
			    chance((uint32_t)(other->len - from) + 1));
		} else {
			put_in(out, in, at, 0, "", 0);
		}
	}
}

static void
round_run(const struct buf *corpus, size_t len)
{
	struct buf b = BUF_INIT(0), next;
	const struct buf *first = &corpus[chance((uint32_t)len)];
	uint32_t n = 1 + chance(6);

	buf_add(&b, buf_str(first), first->len);
	while (n-- > 0) {
		buf_init(&next, 0);
		mutate(&next, &b, &corpus[chance((uint32_t)len)]);
		buf_release(&b);
		b = next;
	}
	b.len = b.len > FUZZ_INPUT_MAX ? FUZZ_INPUT_MAX : b.len;
	run(&b);
	buf_release(&b);
}

static int
wanted(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static unsigned long long
number(const char *name, unsigned long long usual)
{
	const char *text = getenv(name);

	return text == NULL || text[0] == '\0' ? usual :
	    strtoull(text, NULL, 10);
}

static void
read_file(struct buf *b, const char *path)
{
	struct err e = ERR_INIT;

	buf_init(b, 0);
	if (fs_read_file(AT_FDCWD, path, b, &e) < 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
}

static int
run_files(char **paths)
{
	struct buf b;

	for (; *paths != NULL; paths++) {
		now.file = *paths;
		read_file(&b, *paths);
		run(&b);
		buf_release(&b);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/'), *src = getenv("srcdir");
	unsigned long long rounds = number("ROUNDS", FUZZ_ROUNDS), i;
	struct dirent **list;
	struct buf *corpus;
	char *dir;
	int n, k;

	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(death);
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	if (argc > 1)
		return run_files(argv + 1);
	name = name == NULL ? argv[0] : name + 1;
	name = strrchr(name, '-') == NULL ? name : strrchr(name, '-') + 1;
	dir = xasprintf("%s/tests/fuzz/corpus/%s", src == NULL ? "." : src,
	    name);
	printf("1..2\n");
	n = scandir(dir, &list, wanted, alphasort);
	if (n <= 0) {
		printf("Bail out! there is nothing in %s\n", dir);
		return 1;
	}
	corpus = xcalloc((size_t)n, sizeof(*corpus));
	for (k = 0; k < n; k++) {
		char *path = fs_join(dir, list[k]->d_name);

		now.file = path;
		read_file(&corpus[k], path);
		run(&corpus[k]);
		now.file = NULL;
		free(path);
		free(list[k]);
	}
	free(list);
	free(dir);
	printf("ok 1 - %d files of the corpus of %s\n", n, name);
	now.seed = number("SEED", 1);
	printf("# SEED=%llu ROUNDS=%llu\n", now.seed, rounds);
	fflush(stdout);
	for (i = 0; i < rounds; i++, now.seed++) {
		now.state = now.seed;
		round_run(corpus, (size_t)n);
	}
	for (k = 0; k < n; k++)
		buf_release(&corpus[k]);
	free(corpus);
	printf("ok 2 - and what chance makes of them\n");
	return 0;
}
