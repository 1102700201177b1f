/*
 * conf: files with lines "name = value" in sections "[section]".
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>

struct conf_entry {
	char	*name;			/* "section.name" */
	char	*value;
};

struct conf {
	struct conf_entry	*v;
	size_t			 len;
	char			 error[256];
};

/* Add what a file says: 0, or -1 with a sentence in error. */
int		 conf_read(struct conf *, const char *path);
/* The last value of that name, or NULL. */
const char	*conf_get(const struct conf *, const char *name);
void		 conf_release(struct conf *);

#endif
