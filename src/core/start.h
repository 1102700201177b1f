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
int	start_settings(struct core *, struct err *);
/* The limits in a start object. */
void	start_limits(const cJSON *start, struct sandbox_limits *);
/* Call it after the settings. */
int	start_policy(struct core *, struct err *);
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

/* journal_line_cb of the core: fold and send a new line, pass an old one to
 * resume_line. */
void	start_on_line(void *core, const cJSON *event, const char *line,
	    size_t n);
void	resume_line(struct resume *, const cJSON *event);
/* Use the recorded settings, updated with those that the resuming client
 * resolved anew. */
int	resume_session(struct core *, const char *key, struct err *);

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
/* Remove the temporary files that sessions without a core left in this project,
 * but only those whose content their store has; a user's file is put back. */
void	recover_sweep(struct core *);
/* For ls, show and the like, from a session's folder: {"tx", "files",
 * "written", "open", "other"}, {} if no apply was interrupted, NULL with *e. */
cJSON	*recover_tell(const char *dir, struct err *);

#endif
