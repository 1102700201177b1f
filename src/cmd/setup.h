/* setup: project, configuration and model of a command that runs a session. */
#ifndef ASSENT_CMD_SETUP_H
#define ASSENT_CMD_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "cmd/cmd.h"
#include "config/settings.h"
#include "front/commit-run.h"
#include "git/worktrees.h"

struct bindings;
struct slash_command_models;
struct ui_likes;

/* -1 with the error if this model's key may not be sent to this address. */
int	insecure_http_check_key(const struct setup *,
	    const struct config_model *, const char *url, struct err *);
struct branch {
	enum commit_when when;		/* to commit */
	const char	*name;		/* only there; NULL: anywhere.
					   Borrowed */
};

/* Is --branch a new one, or `made` (NULL: none) by an earlier run that did nothing
 * else? Then switch the checkout to it, unless this only checks. 0, or the exit
 * code after printing the error, such as git's words. */
int	branch_make(const struct cmd_args *, const char *root, const char *made,
	    bool only_check);

struct setup {
	char			*root, *cwd, *state_dir;
	char			*alias;		/* of root, by links; or NULL */
	struct worktree_made	 made;		/* by --worktree */
	struct branch		 branch;	/* by --branch and --commit */
	struct config		*config;
	struct config_model	 model;
	bool			 has_model;
	bool			 screen;	/* which offers models itself
						   if there is none */
	const char		*client;	/* its name in the
						   journal; NULL: the
						   terminal */
	struct config_model	 agent;		/* the provider whose key its
						   agent uses; or zeroed */
	const char		*agent_name;	/* of its row; NULL: assent's
						   own. Borrowed */
	cJSON			*agent_start;	/* {agent} for the start object, or
						   NULL */
	struct config_route	*routes;	/* fallbacks, and for parts of
						   the work */
	size_t			 routes_len;
	const struct ev_session_start *recorded; /* an existing session's
						    first line, or NULL */
	bool			 other_model;	/* than the recorded one */
	bool again; /* an existing session: its fallbacks
		       and models for parts of the work may
		       be missing */
	char			*local;		/* models on this machine, once
						   they were looked for */
	pid_t			 own;		/* of setup_own; 0: none */
	int			 own_out;
	bool			 cut;		/* accept truncated old lines */
	int64_t			 from;		/* the first line to be sent; 0:
						   all */
};

/* Set up only the project; setup_config adds `mode` and the rest. 0, or the
 * exit code after printing the error. */
int	setup_project(struct setup *, const struct cmd_args *);
int	setup_config(struct setup *, const struct cmd_args *,
	    const char *mode);
/* The model, or the agent of others whose session it is. */
int	setup_model(struct setup *, bool needed);
/* Ask once, where nothing holds the number of a command's processes. 0, or the
 * exit code: not to be started. */
int	setup_processes(const struct setup *);
/* The core's report about the sandbox; NULL with *e. */
cJSON	*setup_probe(const struct setup *, struct err *);
/* Use answers instead of a model: those in a session's journal, or in a file
 * (with a slash). */
int	setup_answers(struct setup *, const char *from);
struct setup_task {
	const char	*text;		/* or NULL */
	bool		 person, keep_alive;
	bool		 later;		/* setup_own adds what is read of git */
};
/* The start object, with what is read of the user's git and programs; NULL: not
 * to start a session, so without that. */
cJSON	*setup_start(const struct setup *, const char *mode,
	    const struct setup_task *);
/* Read that in a process of its own, since it may take long: the first call starts
 * it. True once it is in the start object; `wait`: now. */
bool	setup_own(struct setup *, cJSON *start, bool wait);
/* The first of these programs on this PATH (may be NULL), malloc'ed; NULL: none is
 * there. */
char	*setup_find(const char *path, const char *const *names, size_t n);
/* "hello" with the keys, for client_start and client_attach. */
cJSON	*setup_hello(const struct setup *);
/* The user's key bindings; NULL after printing the error. */
struct bindings *setup_bindings(const struct setup *);
/* The user's other view settings; valid as long as the setup. */
void	setup_likes(const struct setup *, struct ui_likes *);
/* The names for /model; as above. */
void	setup_models(struct setup *, struct slash_command_models *);
void	setup_release(struct setup *);

/*
 * own-files: files of the project that the user's own programs run or read,
 * outside the sandbox: their git, shell, and assent by its configuration.
 * What those load or run in turn isn't looked for.
 * Changing one changes what runs next. Made when a session starts; the gate
 * protects them.
 */

/* As in the start object: [{path, by}]. A path covers all below it; "." is the
 * whole project. The caller deletes. Since git's settings are read here, also its
 * diff.algorithm: malloc'ed, or NULL. */
cJSON	*own_files(const char *root, const struct config *, char **diff);

/*
 * Model servers on this machine.  The core asks them, all at
 * once, by HTTP on 127.0.0.1 and only on the ports in the setting
 * `local_ports`, for their models and context windows.  None is used unless the
 * user chooses it or names its model.  A server that doesn't answer soon counts
 * as absent.
 *
 * Sources: llama.cpp tools/server/README.md (/v1/models, /props); Ollama
 * docs/api.md (/api/show, /api/ps); vLLM's /v1/models
 * (max_model_len); LM Studio's /api/v0/models (loaded_context_length).
 */

/* Print the title, and a line for each of the models of those that answer; false:
 * there are none. */
bool	local_print(FILE *, const struct config *, const char *title);

/* "1M", "128k"; "?" if unknown. Returns `to`. */
const char *model_about_count(int64_t n, char *to, size_t size);

#endif
