#include <stdlib.h>

#include "fold.h"

int
main(int argc, char **argv)
{
	int width = argc > 1 ? atoi(argv[1]) : 72;

	if (width < 1)
		return 2;
	return fold(stdin, stdout, width) < 0;
}
