/*
 * start: the steps that a new session and a resumed one share (start.c), and
 * what resume.c adds.
 */
#ifndef ASSENT_CORE_START_H
#define ASSENT_CORE_START_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct resume;
struct stage;

/* Each needs what the ones before it made. -1 with a sentence. */
int	start_settings(struct core *, struct err *);
int	start_policy(struct core *, struct err *);
int	start_cage(struct core *, struct err *);
struct stage *start_stage(struct core *, const char *name, struct err *);

/* journal_line_cb of the core: a new line is folded and sent, an old one goes
 * to resume_line. */
void	core_line(void *core, const cJSON *event, const char *line, size_t n);
void	resume_line(struct resume *, const cJSON *event);
int	core_resume(struct core *, const char *key, struct err *);

#endif
