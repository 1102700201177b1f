/*
 * history: what was said, in this session and in others of this user, oldest
 * first.  The file is private, bounded, and only ever added to under a lock; one
 * that cannot be read or written is no error: then only this session's words
 * are there.
 */
#ifndef ASSENT_FRONT_HISTORY_H
#define ASSENT_FRONT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#define HISTORY_MAX 1000
#define HISTORY_FILE_MAX ((size_t)1 << 20)
#define HISTORY_TEXT_MAX ((size_t)64 << 10)	/* longer ones are not kept */

struct history {
	char	**texts;
	size_t	 len;
	size_t	 fresh;		/* the last ones: not in the file yet */
	char	*path;		/* NULL: there is no file */
};

void	history_release(struct history *);
/* Not what was said just before, nor what begins with a blank. */
void	history_add(struct history *, const char *text);
/* The last one before `before` that holds this; h->len if there is none. */
size_t	history_find(const struct history *, const char *text, size_t before);
/* The first one behind `after`; h->len if there is none. */
size_t	history_find_next(const struct history *, const char *text,
	    size_t after);

/* Read the file and keep its name; the folder needs not exist yet. */
void	history_open(struct history *, const char *path);
/* Add what is not in the file yet; when somebody else is at it, next time. */
void	history_save(struct history *);

#endif
