/* conf FILE NAME: print a value of a configuration file. */
#include "conf.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
	struct conf c = { 0 };
	const char *value;

	if (argc != 3) {
		fprintf(stderr, "usage: conf file name\n");
		return 2;
	}
	if (conf_read(&c, argv[1]) != 0) {
		fprintf(stderr, "conf: %s\n", c.error);
		conf_release(&c);
		return 2;
	}
	value = conf_get(&c, argv[2]);
	if (value != NULL)
		puts(value);
	conf_release(&c);
	return value == NULL;
}
