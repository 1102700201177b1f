/* calc EXPRESSION... */
#include <stdio.h>

#include "tree.h"

int
main(int argc, char **argv)
{
	int i, rc = 0;

	for (i = 1; i < argc; i++) {
		struct tree *t = parse(argv[i]);
		long v;

		if (t == NULL) {
			fprintf(stderr, "calc: not an expression: %s\n", argv[i]);
			rc = 1;
			continue;
		}
		if (tree_value(t, &v) < 0) {
			fprintf(stderr, "calc: division by zero: %s\n", argv[i]);
			rc = 1;
		} else
			printf("%ld\n", v);
		tree_free(t);
	}
	return rc;
}
