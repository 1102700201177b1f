/*
 * start: the steps that a new session and a resumed one share, and what
 * resume.c adds.
 */
#ifndef ASSENT_CORE_SESSION_START_H
#define ASSENT_CORE_SESSION_START_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "sandbox/sandbox.h"

struct sandbox_limits;
struct core;
struct core_target;
struct resume;
struct stage;

/* ---- start-settings.c ---- */
int	start_settings(struct core *, struct err *);
/* How a model is reached, but for its key; to be released by model_release, also
 * after -1. */
int	start_target(struct core_target *, const cJSON *model, struct err *);
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
struct stage *start_stage(struct core *, const char *name, struct err *);
/* The same for a view that is not this host's. */
struct stage *start_stage_as(struct core *, const char *name,
    enum sandbox_view_kind,
	    struct err *);
int	start_scratch_remove(struct core *, const char *name, struct err *);
/* A stage that is thrown away, with its folder; it begins empty, whatever an
 * earlier run left there. *stage is NULL after a drop. */
struct stage *start_scratch(struct core *, const char *name, struct err *);
void	start_scratch_drop(struct core *, struct stage **, const char *name);
/* The texts for the model; nothing where there is none. */
int	start_prompts(struct core *, struct err *);
/* The messages, empty; none in a try. */
void	start_context(struct core *);
/* Say what the person should know of how the project was taken up. */
void	start_notes(struct core *);

/* journal_line_cb of the core: a new line is folded and sent, an old one goes
 * to resume_line. */
void	core_line(void *core, const cJSON *event, const char *line, size_t n);
/* context_load from a blob_store. */
int	core_load(void *blobs, const char *hash, struct buf *);
void	resume_line(struct resume *, const cJSON *event);
int	core_resume(struct core *, const char *key, struct err *);

#endif
