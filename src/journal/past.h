/*
 * past: the lines that a session already has, for a screen that shows it before
 * its core answers. Read from the session's folder up to the durable end, so no
 * core ever takes them back; whether the journal is sound is for the core to
 * say. Only reads.
 */
#ifndef ASSENT_JOURNAL_PAST_H
#define ASSENT_JOURNAL_PAST_H

#include <stddef.h>
#include <stdint.h>

struct past;

typedef void past_line_cb(void *arg, const char *line, size_t n);

/* `dir` is the session's folder. NULL if there is too much to read or something
 * isn't as it should be: then ask the core for all lines. */
struct past *past_open(const char *dir);
void	past_free(struct past *);
const char *past_dir(const struct past *);
int64_t	past_last(const struct past *);		/* seq of the last line */
/* Each line in order, without its newline; borrowed. */
void	past_each(const struct past *, past_line_cb *, void *arg);

#endif
