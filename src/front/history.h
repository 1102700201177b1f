/*
 * history: the user's messages in this and other sessions, oldest first.  The
 * file is private, bounded, and only appended to, under a lock.  If it can't be
 * read or written, that is no error: the history then has only this session's
 * messages.
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
	size_t	 fresh;		/* so many of the last aren't in the file yet */
	char	*path;		/* NULL: there is no file */
};

void	history_release(struct history *);
/* Add a message, unless it repeats the last one or begins with a space, and
 * append it to the file; if another process holds the lock, the next call does. */
void	history_add(struct history *, const char *text);

/* Read the file and remember its name; its folder needn't exist yet. */
void	history_open(struct history *, const char *path);

#endif
