/*
 * start: turns a client's start object into a working session, with the steps
 * that a new and a resumed session share, and the additions in resume.c.
 */
#ifndef ASSENT_CORE_START_H
#define ASSENT_CORE_START_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox.h"

struct core;
struct resume;

/* Take a client's start object; -1 with a message for it (*exit_code: 1, 2, 5
 * or CORE_EXIT_SANDBOX). `key` is borrowed and may be NULL. */
int	start_session(struct core *, cJSON *start_take, const char *key,
	    int *exit_code, struct err *);

/* ---- start-settings.c ---- */
int	start_settings(struct core *, struct err *);
/* The name of the session's mode, as in the start object. */
const char *start_mode_name(const struct core *);
/* The limits in a start object. */
void	start_limits(const cJSON *start, struct sandbox_limits *);
/* NULL-terminated borrowed strings of a JSON array; free() the array. */
const char **start_strings(const cJSON *array);
/* Call it after the settings. */
int	start_policy(struct core *, struct err *);

/* ---- start.c ---- */
/* Each needs those before it. -1 with a message. The sandbox is tested from
 * begin on, and start_sandbox waits for the result. */
int	start_sandbox_begin(struct core *, struct err *);
int	start_sandbox(struct core *, struct err *);
/* The texts for the model; none without a model. */
int	start_prompts(struct core *, struct err *);
/* An empty context; none in a try. */
void	start_context(struct core *);
/* Tell the user about problems with the project. */
void	start_notes(struct core *);

/* Pass an event, new or old, to the fold and to all that follow events. */
void	start_fold(struct core *, const cJSON *event);
/* journal_line_cb of the core: fold and send a new line, pass an old one to
 * resume_line. */
void	start_on_line(void *core, const cJSON *event, const char *line,
	    size_t n);
void	resume_line(struct resume *, const cJSON *event);
/* Use the recorded settings, updated with those that the resuming client
 * resolved anew. */
void	resume_settings(struct core *, const cJSON *old);
int	resume_session(struct core *, const char *key, struct err *);

#endif
