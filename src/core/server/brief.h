/*
 * brief: old lines as clients get them that want no large members, kept in a
 * file without a name: who attaches next needs a few MB of it in place of the
 * whole journal. It holds lines 1 to brief_last. Where such a file can't be
 * written, it stays empty.
 */
#ifndef ASSENT_CORE_SERVER_BRIEF_H
#define ASSENT_CORE_SERVER_BRIEF_H

#include <stddef.h>
#include <stdint.h>

#include "journal/journal.h"

struct brief;

struct brief *brief_new(void);
void	brief_free(struct brief *);
int64_t	brief_last(const struct brief *);
/* Ignored unless it is the line after the last one added. It can be read after
 * brief_flush, which makes the file in `dir`. */
void	brief_add(struct brief *, int64_t seq, const char *line, size_t n);
void	brief_flush(struct brief *, const char *dir);
/* Pass lines from `from` on (at most brief_last) to cb until it returns false.
 * -1 if the file can't be read: then it is empty. */
int	brief_read(struct brief *, int64_t from, journal_raw_cb *, void *arg);

#endif
