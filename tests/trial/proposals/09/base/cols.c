/*
 * cols [-d CHAR] LIST: print these columns of each line of the input, in the
 * order in which they are there.
 */
#include "ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
usage(void)
{
	fprintf(stderr, "usage: cols [-d char] list\n");
	exit(2);
}

static void
cols_line(const char *line, char sep, const struct ranges *rs)
{
	const char *end;
	bool any = false;
	size_t n;

	for (n = 1;; n++, line = end + 1) {
		end = strchr(line, sep);
		if (ranges_have(rs, n)) {
			if (any)
				putchar(sep);
			any = true;
			printf("%.*s", (int)(end == NULL ? strlen(line) :
			    (size_t)(end - line)), line);
		}
		if (end == NULL)
			break;
	}
	putchar('\n');
}

int
main(int argc, char **argv)
{
	struct ranges rs;
	const char *why;
	char *line = NULL, sep = '\t';
	size_t cap = 0;
	ssize_t n;
	int c;

	while ((c = getopt(argc, argv, "d:")) != -1)
		switch (c) {
		case 'd':
			if (optarg[0] == '\0' || optarg[1] != '\0')
				usage();
			sep = optarg[0];
			break;
		default:
			usage();
		}
	if (argc - optind != 1)
		usage();
	if (!ranges_parse(&rs, argv[optind], &why)) {
		fprintf(stderr, "cols: %s: %s\n", argv[optind], why);
		return 2;
	}
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		cols_line(line, sep, &rs);
	}
	free(line);
	ranges_release(&rs);
	return 0;
}
