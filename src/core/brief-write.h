/*
 * brief-write: keeps the session's brief (journal/brief.h) up to date: of a long
 * journal all lines but the last MB. Where it can't be written, screens are sent
 * the old lines.
 */
#ifndef ASSENT_CORE_BRIEF_WRITE_H
#define ASSENT_CORE_BRIEF_WRITE_H

#include <stdint.h>

struct brief_write;
struct core;

struct brief_write *brief_write_new(struct core *);
void	brief_write_free(struct brief_write *);
/* The journal has another line. */
void	brief_write_soon(struct brief_write *);
/* The lines from here on are whole: those that a screen begins with, and all
 * whose texts still count. */
int64_t	brief_write_end(const struct core *);

#endif
