/*
 * start: turns a client's start object, or an old journal (resume.c), into a
 * working session; and settings that change during one.
 */
#ifndef ASSENT_CORE_START_H
#define ASSENT_CORE_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/gate.h"

struct approve;
struct core;
struct resume;

/* Take a client's start object; -1 with a message for it (*exit_code: 1, 2, 5
 * or CORE_EXIT_SANDBOX). `key` is borrowed and may be NULL. */
int	start_session(struct core *, cJSON *start_take, const char *key,
	    int *exit_code, struct err *);
/* The limits in a start object. */
void	start_limits(const cJSON *start, struct sandbox_limits *);
/* Call it after the settings. */
int	start_policy(struct core *, struct err *);
/*
 * resume: a session of an old journal. Its lines are read, then the rest of
 * start_session follows, with these three in between.
 */
struct resume *resume_new(struct core *);
void	resume_free(struct resume *);
void	resume_line(struct resume *, const cJSON *event);
/* Use the recorded settings, updated with those that the resuming client
 * resolved anew. `note` is the journal's, about its end. */
int	resume_settings(struct resume *, char *note_take, struct err *);
/* Open the staged copy as it was left. */
int	resume_stage(struct resume *, struct err *);
/* The work at the old core's death goes on. */
int	resume_go_on(struct resume *, struct err *);

/* Client command. */
int	set_command(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Use this approval mode from now on. */
void	set_mode(struct core *, const struct approve *, const char *by,
	    const char *client);

/* The ops of this apply_begin line; the caller releases and frees them. */
size_t	recover_ops(const cJSON *begin, struct apply_op **);
/* Mark this session as applying, or as done. */
void	recover_mark(const struct core *, bool applying);
/* For ls, show and the like, from a session's folder: {"tx", "files",
 * "written", "open", "other"}, {} if no apply was interrupted, NULL with *e. */
cJSON	*recover_tell(const char *dir, struct err *);

#endif
