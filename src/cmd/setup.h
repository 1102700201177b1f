/*
 * setup: project, configuration and model of a command that runs a session.
 */
#ifndef ASSENT_CMD_SETUP_H
#define ASSENT_CMD_SETUP_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "config/config.h"

struct bindings;
struct slash_command_models;
struct ui_likes;

struct setup {
	char			*root, *cwd, *state_dir;
	struct config		*config;
	struct config_model	 model;
	bool			 has_model;
	bool			 may_ask;	/* on the terminal */
	bool			 headless;	/* it is never asked, not even where
						   a key may go (exec) */
	bool			 keyless;	/* no key leaves this program */
	struct config_model	*rest;		/* where that one fails */
	size_t			 rest_len;
	struct config_route	*routes;	/* for parts of the work */
	size_t			 routes_len;
	bool			 again;		/* of a session that was begun: what is
						   asked in its model's place or beside
						   it need not be there any more */
	bool			 cut;		/* old lines may come cut: for the
						   panes */
};

/* Only the project; `mode` and the rest come with setup_config. 0, or the exit
 * code after the sentence was printed. */
int	setup_project(struct setup *, const struct cmd_args *);
int	setup_config(struct setup *, const struct cmd_args *,
	    const char *mode);
int	setup_model(struct setup *);
/* The same, but that with none configured there is none: has_model says it. */
int	setup_model_if_any(struct setup *);
/* The start object; `task` may be NULL. */
cJSON	*setup_start(const struct setup *, const char *mode, const char *task,
	    bool person, bool keep_alive);
/* The ctags that names in the project are looked for with; malloc'ed, NULL if
 * none is installed. */
char	*setup_ctags(void);
/* What a client's hello has: the model's key, or NULL; and those of the models
 * that are asked beside it or in its place, by provider, or NULL: the caller deletes it. */
const char *setup_key(const struct setup *);
cJSON	*setup_keys(const struct setup *);
/* The screen's keys, as this user has them; NULL after the sentence. */
struct bindings *setup_bindings(const struct setup *);
/* The same from the files as they are now; nothing else of them counts. NULL with
 * the reason. */
struct bindings *setup_reload(const struct setup *, const struct cmd_args *,
	    struct err *);
/* What else they like; valid as long as the setup. */
void	setup_likes(const struct setup *, struct ui_likes *);
/* The line for the core by which it goes on with the model of the setup. */
cJSON	*setup_model_says(const struct setup *);
/* What /model may name; as above. */
void	setup_models(struct setup *, struct slash_command_models *);
void	setup_release(struct setup *);

#endif
