/* What config.c shares with config-model.c and start-object.c; no one else
 * looks inside. */
#ifndef ASSENT_CONFIG_CONFIG_INT_H
#define ASSENT_CONFIG_CONFIG_INT_H

#include "config/config.h"

struct config {
	char			*mode;
	char			*path;		/* user's file, or NULL */
	char			*models;	/* path of the list, or NULL */
	char			*prices;	/* path of ours, or NULL */
	bool			 has_file;
	const char *const	*env;		/* borrowed */
	cJSON			*values;	/* name -> canonical value */
	cJSON			*origins;	/* name -> where from */
	cJSON			*providers;	/* name -> object, checked */
	cJSON			*keys;		/* of the screen, or NULL */
	cJSON			*project_text;	/* string, or NULL */
	char			*profile;	/* its name; NULL: none but the
						   default */
	char			*profile_about;	/* what it says of itself */
	char			*profile_text;	/* for the model, or NULL */
	char			*profile_system; /* instead of the system
						   prompt, or NULL */
	char			*profile_path;	/* its file, or NULL */
	cJSON			*profile_tools;	/* that it names, or NULL */
	cJSON			*tools_gone;	/* tool -> the file whose list
						   took it away, or NULL */
	cJSON			*most;		/* a project's limits where the
						   user named none: they lower
						   the preset's, never raise */
	const char		*test_by;	/* "flag", "config" or "project" */
	bool			 quiet;		/* somebody else has the terminal */
	struct config_keys	*key_box;	/* what commands have given */
};

/* ---- config-file.c ---- */
/* The value is taken. */
void	config_set_take(struct config *, const struct setting *, cJSON *,
	    const char *origin);
void	config_list_append(struct config *, const struct setting *, cJSON *,
	    const char *origin);
/* The user's file, and its "exec" part for exec; the project's. No file is no
 * error. */
int	config_user_file(struct config *, struct err *);
int	config_project_file(struct config *, const char *root, struct err *);
enum config_where { WHERE_TOP, WHERE_EXEC, WHERE_PROJECT, WHERE_PROFILE };
/* The members of a file into the values; `file` for messages. */
int	config_layer(struct config *, const cJSON *, const char *file,
	    enum config_where, struct err *);
/* What is in the file, up to the buffer's maximum: 1, 0 if there is no such file,
 * -1. `beneath`: follow no link, since a project's file may be anything. */
int	config_read(int dirfd, const char *path, const char *shown,
	    bool beneath, struct buf *, struct err *);
/* The same, parsed; NULL with *e, or without it when there is no such file. */
cJSON	*config_parse(int dirfd, const char *path, const char *shown,
	    bool beneath, struct err *);

/* `name` in the folder of the user's file, malloc'ed; NULL without a home. */
char	*config_beside(const struct config *, const char *name);

/* ---- profile.c ---- */
/* The profile that flags, variables or the user's file name, after the user's
 * file and before the project's. */
int	config_profile(struct config *, const struct config_request *,
	    struct err *);
/* What the project's own file says of that profile. */
int	config_profile_project(struct config *, const char *root,
	    struct err *);

/* ---- key.c ---- */
struct config_keys;
struct config_keys *config_keys_new(void);
void	config_keys_free(struct config_keys *);
/* The key of m->provider, whose entry (of the file or the list) is `p`. */
int	config_key(const struct config *, const cJSON *p,
	    struct config_model *, struct err *);
/* Where it would come from, in words, malloc'ed; NULL if there is none. */
char	*config_key_from(const struct config *, const cJSON *p,
	    const char *provider);

/* ---- key-command.c ---- */
/* An api_key_command: a list of strings, or words with blanks between them and
 * quotes around. NULL with *e ("must ..."). The caller frees it with
 * key_command_free. */
char	**key_command_words(const cJSON *, struct err *);
void	key_command_free(char **);
/* The first line that it prints, a secret. What it says on standard error is
 * shown, unless `quiet`: then its last line is in *e. */
char	*key_command_run(char *const *argv, const char *home,
	    int64_t timeout_ms, bool quiet, struct err *);

/* ---- config-model.c ---- */
/* PROVIDER/MODEL, which this setting names beside `model`; no recording. */
int	config_model_of(const struct config *, const char *setting,
	    const char *spec, struct config_model *, struct err *);

/* ---- model-table.c ---- */
/* The row of this model, borrowed; NULL: there is none. */
const cJSON *config_model_row(const cJSON *list, const char *name);
/* What the user should know: the model ends or has ended, or the table does not
 * know it although it knows this provider's (`listed`). malloc'ed or NULL. */
char	*config_model_note(const cJSON *list, const cJSON *row,
	    const char *name, bool listed, time_t now);

/* ---- endpoint.c ---- */
/* Checked and without slashes at its end, malloc'ed; `from` for the message. */
int	config_endpoint_url(const char *url, const char *from, char **out,
	    struct err *);
/* A whole path: ~/ is the home, else from the current folder; malloc'ed. */
char	*config_endpoint_path(const struct config *, const char *path);
/* Proxy and certificates; the provider may be NULL. */
int	config_reach(const struct config *, const cJSON *provider,
	    struct config_model *, struct err *);

/* ---- config.c ---- */
/* The variable's value, NULL if unset or empty. */
const char *config_env(const struct config *, const char *name);

#endif
