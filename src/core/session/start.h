/*
 * start: from a client's start object to a session that can work; and the steps
 * that a new session and a resumed one share, and what resume.c adds.
 */
#ifndef ASSENT_CORE_SESSION_START_H
#define ASSENT_CORE_SESSION_START_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox.h"

struct core;
struct loop;
struct resume;
struct server;

struct core *core_new(struct loop *, struct server *);
void	core_free(struct core *);
#define CORE_EXIT_USAGE 2
#define CORE_EXIT_WAITS 5	/* a half-written tree, and no word about it */
#define CORE_EXIT_SANDBOX 7	/* the host gives less than sandbox_require */
/* Take a client's start object; -1 with the sentence for it (*exit_code: 1, 2,
 * 5 or CORE_EXIT_SANDBOX). `key` is borrowed and may be NULL. */
int	start_session(struct core *, cJSON *start_take, const char *key,
	    int *exit_code, struct err *);

/* ---- start-settings.c ---- */
int	start_settings(struct core *, struct err *);
/* The word for the session's mode, as in the start object. */
const char *start_mode_name(const struct core *);
/* The limits that a start object asks for. */
int	start_limits(const cJSON *start, struct sandbox_limits *, struct err *);
/* NULL-terminated borrowed strings of a JSON array; free() the array. */
const char **start_strings(const cJSON *array);
/* Needs the settings. */
int	start_policy(struct core *, struct err *);

/* ---- start.c ---- */
/* Each needs what the ones before it made. -1 with a sentence. */
int	start_sandbox(struct core *, struct err *);
/* The texts for the model; nothing where there is none. */
int	start_prompts(struct core *, struct err *);
/* The messages, empty; none in a try. */
void	start_context(struct core *);
/* Say what the person should know of how the project was taken up. */
void	start_notes(struct core *);

/* journal_line_cb of the core: a new line is folded and sent, an old one goes
 * to resume_line. */
void	start_on_line(void *core, const cJSON *event, const char *line,
	    size_t n);
/* context_load from a blob_store. */
int	start_load(void *blobs, const char *hash, struct buf *);
void	resume_line(struct resume *, const cJSON *event);
/* The recorded settings, with what the resuming client resolved anew, are the
 * core's. */
void	resume_settings(struct core *, const cJSON *old);
int	resume_session(struct core *, const char *key, struct err *);

#endif
