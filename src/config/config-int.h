/* Shared by the files of src/config only. */
#ifndef ASSENT_CONFIG_CONFIG_INT_H
#define ASSENT_CONFIG_CONFIG_INT_H

#include <time.h>

#include "config/settings.h"

enum setting_type {
	SETTING_TEXT,
	SETTING_MODELS,		/* a string or a list; stored as names separated
				   by commas */
	SETTING_WORD,		/* one of `words` */
	SETTING_APPROVE,	/* a mode of policy/approve.h */
	SETTING_INT,
	SETTING_DURATION,	/* "90", "5m"; stored as milliseconds */
	SETTING_SIZE,		/* "512M"; stored as bytes */
	SETTING_SHARE,		/* "25%" of one core; "all" is stored as 0 */
	SETTING_COUNT,		/* "200000", "200k", "2M" */
	SETTING_MONEY,		/* "2.50" dollars; stored as millionths */
	SETTING_LIST,		/* strings; "a,b" in a variable or flag */
	SETTING_HOOKS,		/* objects (policy/hook-spec.h); in a file
				   only */
	SETTING_LINTERS,	/* one of `words`, or objects (the same); in a
				   file only */
	SETTING_PHASES,		/* an object */
	SETTING_ENCODINGS,	/* an object (base/encoding.h) */
};

#define SETTING_PROJECT	(1u << 0)	/* a project's file may narrow it */
#define SETTING_EXEC	(1u << 1)	/* allowed in "exec" */
#define SETTING_PROFILE	(1u << 2)	/* allowed in a profile */
#define SETTING_TOOLS	(1u << 4)	/* a list of tools: a flag replaces it, a
					   profile narrows it */
#define SETTING_HOSTS	(1u << 5)	/* a list of hosts (policy/net-allow.h) */
#define SETTING_FORWARDS (1u << 6)	/* a list of base/endpoint.h */
#define SETTING_MACHINE	(1u << 7)	/* so may the machine's file */
#define SETTING_CORE	(1u << 3)	/* in the start object: by its name; a
					   time as NAME_ms, money as NAME_usd */

struct setting {
	const char		*name;
	enum setting_type	 type;
	const char		*words;		/* "A|B|C|D|none" */
	int64_t			 min, max;
	const char		*def;		/* as text, or NULL: unset */
	unsigned		 flags;
};

extern const struct setting setting_table[];	/* sorted by name */
extern const size_t setting_table_len;

/* The members of an entry in "providers". */
extern const char *const setting_providers[];
extern const size_t setting_providers_len;

/* Convert a value from a file (JSON) or from a variable or flag (text) to its
 * canonical form; NULL with the error ("must be ..."). The caller deletes. */
cJSON	*setting_from_json(const struct setting *, const cJSON *,
	    struct err *);
cJSON	*setting_from_text(const struct setting *, const char *,
	    struct err *);

/* Takes the value. */
void	config_set_take(struct config *, const struct setting *, cJSON *,
	    const char *origin);
void	config_list_append(struct config *, const struct setting *, cJSON *,
	    const char *origin);
/* Read the user's file, with its "exec" part for exec, then the profile that
 * flags, variables or that file name, then the project's file. A missing file is
 * no error. */
int	config_files(struct config *, const struct config_request *,
	    struct err *);

/* When all else is set: the machine's file, which narrows it. */
int	config_machine(struct config *, const struct config_request *,
	    struct err *);

/* Is this member of a file there again, after it? -1 with *e. */
int	config_twice(const cJSON *item, const char *file, const char *prefix,
	    struct err *);
/* Is it an object of strings, with names of variables? */
int	config_variables_check(const cJSON *, struct err *);
/* Is it a name of an MCP server or a registry? */
bool	config_name_ok(const char *);
/* Is it an api_key_command: a list of strings, or a string for sh? */
int	config_key_command(const cJSON *, struct err *);
/* The members that an object may have, by name. */
struct config_member {
	const char	*name;
	int		(*check)(const cJSON *, struct err *);
};
/* Is it one of them, and sound? -1 with *e, where `known` says which there are. */
int	config_member(const struct config_member *, size_t n, const char *known,
	    const cJSON *, struct err *);
/* Take the user's rows of registries, if they are sound. */
int	config_registries(struct config *, const cJSON *rows, const char *file,
	    struct err *);
/* Are these rows of agents sound? With `whole` they lack nothing. */
int	config_agents_check(const cJSON *rows, const char *file, bool whole,
	    struct err *);

struct config_keys {
	struct key_given	*given;
};
void	config_keys_free(struct config_keys *);
/* The key of m->provider, whose entry (of the file or the list) is `p`. */
int	config_key(const struct config *, const cJSON *p,
	    struct config_model *, struct err *);
/* Where the key comes from, as text, malloc'ed; NULL if there is none. */
char	*config_key_from(const struct config *, const cJSON *p,
	    const char *provider);
/* Run the command and return its first line, a secret. Its standard error is
 * ours, unless `quiet`. */
char	*key_command_run(const cJSON *command, const char *home,
	    bool quiet, struct err *);
/* A note for the user: the model has an end date, or isn't in the table
 * although its provider is (`listed`). malloc'ed or NULL. */
char	*config_model_note(const cJSON *list, const cJSON *row,
	    const char *name, bool listed, time_t now);
/* The absolute path, malloc'ed: ~/ is the home directory. */
char	*config_endpoint_path(const struct config *, const char *path);
/* The variable's value, NULL if unset or empty. */
const char *config_env(const struct config *, const char *name);

#endif
