/*
 * fold FILE N: parse and fold the lines of a journal N times; prints the best
 * time of parsing alone and of folding alone, in milliseconds.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"

static double
fold_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The time between two clock readings adds up in *parse and *fold. */
static int
fold_all(const struct buf *b, double *parse, double *fold)
{
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	const char *p = b->p, *stop = b->p + b->len, *nl;
	double start, mid;
	cJSON *o;

	*parse = *fold = 0;
	while ((nl = memchr(p, '\n', (size_t)(stop - p))) != NULL) {
		start = fold_now_ms();
		o = json_parse(p, (size_t)(nl - p), JSON_NUL_REPLACE, &e);
		if (o == NULL) {
			fprintf(stderr, "%s\n", e.text);
			fold_free(f);
			return -1;
		}
		mid = fold_now_ms();
		fold_line(f, o);
		*fold += fold_now_ms() - mid;
		*parse += mid - start;
		cJSON_Delete(o);
		p = nl + 1;
		if (p == stop)
			break;
	}
	fold_free(f);
	return 0;
}

int
main(int argc, char **argv)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	struct err e = ERR_INIT;
	double parse = 0, fold = 0, p, f;
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0, i;

	if (n <= 0 || fs_read_file(AT_FDCWD, argv[1], &b, &e) < 0) {
		fprintf(stderr, "usage: fold FILE N %s\n", e.text);
		return 2;
	}
	for (i = 0; i < n; i++) {
		if (fold_all(&b, &p, &f) < 0)
			return 1;
		parse = i == 0 || p < parse ? p : parse;
		fold = i == 0 || f < fold ? f : fold;
	}
	printf("%.2f %.2f\n", parse, fold);
	buf_release(&b);
	return 0;
}
