/* setup: project, configuration and model of a command that runs a session. */
#ifndef ASSENT_CMD_SETUP_H
#define ASSENT_CMD_SETUP_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "git/worktrees.h"
#include "config/config.h"

struct bindings;
struct app_choices;
struct slash_command_models;
struct ui_likes;

struct setup {
	char			*root, *cwd, *state_dir;
	struct worktree_made	 made;		/* by --worktree */
	struct config		*config;
	struct config_model	 model;
	bool			 has_model;
	bool			 screen;	/* which offers models itself
						   if there is none */
	const char		*client;	/* its name in the
						   journal; NULL: the
						   terminal */
	bool			 keyless;	/* send no key */
	struct config_model	*rest;		/* fallbacks */
	size_t			 rest_len;
	struct config_route	*routes;	/* for parts of the work */
	size_t			 routes_len;
	bool again; /* an existing session: its fallbacks
		       and models for parts of the work may
		       be missing */
	char			*local;		/* models on this machine, once
						   they were looked for */
	bool			 cut;		/* accept truncated old lines */
	int64_t			 from;		/* the first line to be sent; 0:
						   all */
};

/* Only the project; setup_config adds `mode` and the rest. 0, or the exit code
 * after printing the error. */
int	setup_project(struct setup *, const struct cmd_args *);
int	setup_config(struct setup *, const struct cmd_args *,
	    const char *mode);
int	setup_model(struct setup *);
/* The same, but a missing model is no error: see has_model. */
int	setup_model_if_any(struct setup *);
/* The model, its fallbacks and those for parts of the work; NULL after the
 * last. */
struct config_model *setup_model_at(const struct setup *, size_t i);
/* The start object; `task` may be NULL. A session's own has also what is read of
 * the user's git and programs. */
cJSON	*setup_session(const struct setup *, const char *mode, const char *task,
	    bool person, bool keep_alive);
cJSON	*setup_start(const struct setup *, const char *mode, const char *task,
	    bool person, bool keep_alive);
/* The first of these programs on PATH, malloc'ed; NULL: none is there. */
char	*setup_find(const char *const *names, size_t n);
/* The path of ctags, malloc'ed; NULL if it isn't installed. */
char	*setup_ctags(void);
/* git's diff.algorithm, malloc'ed; NULL if the user hasn't set it. */
char	*setup_diff(const struct setup *);
/* "hello" with the keys, for client_start and client_attach. */
cJSON	*setup_hello(const struct setup *);
/* The user's key bindings; NULL after printing the error. */
struct bindings *setup_bindings(const struct setup *);
/* The user's other view settings; valid as long as the setup. */
void	setup_likes(const struct setup *, struct ui_likes *);
/* Lets the user choose from a list, with their keys and colours: 0 with *row, or
 * the exit code. */
int	setup_pick(const struct setup *, struct app_choices *, size_t *row);
/* The names for /model; as above. */
void	setup_models(struct setup *, struct slash_command_models *);
void	setup_release(struct setup *);

#endif
