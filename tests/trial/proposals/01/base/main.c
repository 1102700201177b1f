/* linediff [-w] A B: print the lines (or words) of both with their signs. */
#include "line-diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	size_t n, cap = 0;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	*len = 0;
	do {
		if (*len == cap) {
			cap = cap == 0 ? 4096 : cap * 2;
			p = realloc(p, cap);
			if (p == NULL)
				abort();
		}
		n = fread(p + *len, 1, cap - *len, f);
		*len += n;
	} while (n > 0);
	fclose(f);
	return p;
}

int
main(int argc, char **argv)
{
	bool words = argc == 4 && strcmp(argv[1], "-w") == 0;
	size_t a_len, b_len, n, i;
	char *a, *b;
	struct line_op *ops;

	if (argc != 3 && !words) {
		fprintf(stderr, "usage: linediff [-w] A B\n");
		return 2;
	}
	a = slurp(argv[argc - 2], &a_len);
	b = slurp(argv[argc - 1], &b_len);
	ops = line_ops(a, a_len, b, b_len, words, &n);
	for (i = 0; i < n; i++) {
		putchar(ops[i].sign);
		fwrite(ops[i].p, 1, ops[i].n, stdout);
		if (words || ops[i].p[ops[i].n - 1] != '\n')
			putchar('\n');
	}
	free(ops);
	free(a);
	free(b);
	return 0;
}
