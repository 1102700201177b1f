/*
 * settings: merges them from, in this order, defaults, the user's
 * config.json (and its "exec" part for exec), a profile (config.c), the
 * project's .assent/config.json (which can only narrow), ASSENT_* variables,
 * flags, and the machine's file (which can only narrow, too).  One table of settings defines files, variables, flags, manual and
 * doctor.  The result is one `start` object for the core and, apart from it,
 * the key.
 *
 * A project's file must never set an endpoint, a key, a wider sandbox or an
 * approval mode.  The key is in config_model and nowhere else.
 */
#ifndef ASSENT_CONFIG_SETTINGS_H
#define ASSENT_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/net-allow.h"

struct config_keys;

struct config {
	char			*mode;
	char			*path;		/* the user's file, also if it
						   doesn't exist; NULL: there
						   is no home */
	char			*models;	/* path of the list, or NULL */
	char			*prices;	/* path of ours, or NULL */
	char			*agents_path;	/* the same */
	const char *const	*env;		/* borrowed */
	cJSON			*values;	/* name -> canonical value */
	cJSON			*origins;	/* name -> source: "default", a
						   file, "ASSENT_MODEL",
						   "--model" */
	cJSON			*providers;	/* name -> object, checked */
	cJSON			*keys;		/* for bindings_new, or NULL */
	cJSON			*mcp_servers;	/* checked, or NULL */
	cJSON			*agents;	/* the user's rows, or NULL */
	cJSON			*registries;	/* the same */
	cJSON			*project_text;	/* string, or NULL */
	char			*project_file;	/* its path, or NULL */
	cJSON			*machine;	/* what the machine's file has,
						   checked, or NULL */
	char			*profile;	/* its name; NULL: the default */
	char			*profile_about;	/* its description */
	char			*profile_text;	/* for the model, or NULL */
	char			*profile_system; /* instead of the system
						   prompt, or NULL */
	char			*ignored;	/* of --command's file, and why;
						   or NULL */
	struct net_allow	 net;		/* config.c */
	bool			 has_model;	/* the files set one */
	bool			 quiet;		/* a screen has the terminal: no
						   command prints there */
	struct config_keys	*key_box;	/* results of key commands */
	bool			 held;		/* run none now: only find the
						   source of a key */
};

/* Change saved.json, beside config.json: what the screen and `assent config`
 * save. Only assent writes it. A setting in config.json wins; lists and servers
 * of both are joined. `change` returns 1 to have it written, else 0, or -1 with
 * *e; nobody else changes it meanwhile. */
int	config_save(const struct config *, int change(cJSON *saved, void *arg,
	    struct err *), void *arg, struct err *);
/* "hooks" or, checked, "mcpServers" of another file, as they are there; NULL with
 * *e. */
cJSON	*config_of_file(const char *path, bool mcp, struct err *);
/* Replaces both kinds of comments in JSON, and a comma after the last item, by
 * spaces, in place, and parses it. NULL with *e, which names line and column. */
cJSON	*config_json(char *p, size_t n, struct err *);
/* A change for config_save: adds these servers. */
int	config_mcp_add(cJSON *saved, void *servers, struct err *);
/* Are these "mcpServers" of that file sound? -1 with *e. */
int	config_mcp_check(const cJSON *servers, const char *file, struct err *);

#define CONFIG_LOCAL_MAX 8

struct config_local {
	char	name[32];	/* also the provider's name */
	int	port;
};

/* The servers in the setting local_ports; their number. */
size_t	config_local(const struct config *,
	    struct config_local[CONFIG_LOCAL_MAX]);

struct config_flag {
	const char	*setting;	/* its name in the table */
	const char	*text;
	const char	*flag;		/* "--max-turns", for messages */
};

struct config_request {
	const char	*mode;		/* "interactive" "exec" "try" "demo" "review" */
	const char	*root;		/* the project; NULL: no project file */
	const char *const *env;		/* NAME=value..., NULL-ended */
	const struct config_flag *flags;
	size_t		 flags_len;
	const char	*command;	/* of exec's --command, or NULL */
	const char	*models;	/* the list; NULL: share/models.json */
	const char	*prices;	/* built-in; NULL: share/prices.json */
	const char	*agents;	/* built-in; NULL: share/agents.json */
	const char	*profiles;	/* built-in; NULL: share/profiles */
	const char	*machine;	/* the machine's file; NULL: CONFIG_MACHINE */
};

/* NULL with an error that names file, key path and the nearest key; all of them
 * are usage errors (exit 2). */
struct config *config_load(const struct config_request *, struct err *);
void	config_free(struct config *);

/* The name of the i-th setting, then of the members of a provider; NULL: there are
 * no more. Appends what its values look like, and its default, unless that is
 * NULL. */
const char *config_setting(size_t i, struct buf *);
/* -1 with the error if the list names an unknown tool. */
int	config_tools_known(const cJSON *list, struct err *);
/* Variables of MCP servers, headers of those at a URL, by server and name: they go
 * to the core as keys do. NULL: none. *e is set if a server's key is missing. */
cJSON	*config_mcp_secrets(const struct config *, struct err *e);
/* `name` next to the user's file, malloc'ed; NULL without a home. */
char	*config_beside(const struct config *, const char *name);
/* The source of the setting's value, for an error: "--model", "FILE: model";
 * malloc'ed. */
char	*config_where(const struct config *, const char *setting);
/* Add `skills`, the user's folders of skills that exist, to a start object. */
void	config_skills(cJSON *start, const struct config *, const char *home);
#define CONFIG_SAVED "saved.json"
#define CONFIG_PROJECTS "projects"	/* in it: encodings by project */
#define CONFIG_TOKENS "mcp-tokens"	/* a file for each sign-in */
/* The settings in the front matter of the user's own command NAME, as text:
 * effort, model and plan. The caller deletes; NULL: no settings, or no such
 * command. */
cJSON	*config_command(const struct config *, const char *name);
#define CONFIG_MACHINE	ASSENT_SYSCONFDIR "/assent/config.json"

/* Append a line for each profile: its name and what it is about. */
void	config_profile_list(const struct config *, struct buf *);

struct config_model {
	char	*provider, *name, *format, *base_url;
	char	*answers;	/* the journal that it is; NULL: a model */
	char	*dialect;	/* as in the file, or NULL */
	char	*path, *auth;	/* as in call_target, or NULL */
	const char *dialect_name; /* the row it comes to; NULL: none */
	char	*key_env;	/* variable that may hold the key, or NULL */
	char	*key_from;	/* its source, as text; NULL: none */
	char	*key;		/* a secret (base/secret.h); NULL: none needed,
				   or a command that must not run */
	cJSON	*headers;	/* the user's own, secret; or NULL */
	char	*ca_file;	/* absolute path, or NULL: the system's */
	char	*notice;	/* a note for the user, or NULL */
	cJSON	*price;		/* as of price_find, with its file as `from`;
				   NULL: unknown */
	bool	 price_told;	/* the user's table has a row for it */
	int64_t	 window;	/* tokens, from the setting or the table; 0:
				   unknown */
	cJSON	*facts;		/* its row of the model table, or NULL */
	bool	 listed;	/* its provider is in the table, and is used at
				   its own address */
};
/* The model table, the user's rows first; the caller deletes. NULL with *e. */
cJSON	*config_model_list(const struct config *, struct err *);
/* The row of this model, borrowed; or NULL. */
const cJSON *config_model_row(const cJSON *list, const char *name);
/* -1 with the error; sets *none if nothing at all is configured. */
int	config_model(const struct config *, struct config_model *, bool *none,
	    struct err *);
/* The fallback models, in order, and then those that "phases" names; NULL if
 * there are none. The caller frees them, also those before one that is wrong (-1
 * with *e). */
struct config_route {
	const char		*name;		/* "plan", "review" ...; NULL: a
						   fallback */
	struct config_model	 model;
};
int	config_routes(const struct config *, struct config_route **,
	    size_t *n, struct err *);
void	config_routes_free(struct config_route *, size_t n);
/* Use this model instead of the configured one: PROVIDER/MODEL, or a last part
 * that matches only one of config_model_names. -1 with an error that lists
 * them. */
int	config_model_find(const struct config *, const char *name,
	    struct config_model *, struct err *);
/* PROVIDER/MODEL of each configured model, and PROVIDER/ of a provider without
 * known models, separated by spaces. */
void	config_model_names(const struct config *, struct buf *);
/* Append those that config_model_names lacks: each model with a price at a
 * provider that has a key. */
void	config_model_known(const struct config *, struct buf *);
void	config_model_release(struct config_model *);	/* wipes its secrets */

/* Use this key for the provider from now on, instead of its configured
 * source. */
void	config_key_give(const struct config *, const char *provider,
	    const char *key);
/* Each provider that is configured or known by its key: its name, the key's
 * source (NULL: none), an error (or NULL), and the page that creates keys (or
 * NULL). -1 if the list can't be read. */
int	config_key_each(const struct config *, void (*each)(void *arg,
	    const char *name, const char *from, const char *wrong,
	    const char *url), void *arg, struct err *);
/* The file for this provider's stored key, malloc'ed; NULL with *e for a name
 * that can't be a file name, or without a home. */
char	*config_key_path(const struct config *, const char *provider,
	    struct err *);
/* Trims a key, which is secret; NULL with an error, which doesn't contain it,
 * if it can't be a key. */
char	*config_key_clean(const char *text, size_t n, const char *from,
	    struct err *);

/* The rows of agents, by name: ours, then the machine's and the user's members of
 * them. The caller deletes; NULL with *e. */
cJSON	*config_agents(const struct config *, struct err *);
/* The source of the key for this row's service, malloc'ed, or NULL: it has none. -1
 * with *e if it is wrong. */
int	config_agent_key(const struct config *, const cJSON *row, char **from,
	    struct err *);

/* Add the rows of registries to a hello, and those keys that there are; *e: why one
 * is missing. */
void	config_registries_tell(const struct config *, cJSON *hello,
	    struct err *);
/* The key of this row; to be released in any case. -1 with *e if it is
 * missing. */
int	config_registry_key(const struct config *, const cJSON *row,
	    struct config_model *, struct err *);

struct config_start {
	const char	*mode, *root, *cwd, *state_dir, *home, *path;
	const char	*task, *session;	/* to resume; or NULL */
	/* for the variables that locate toolchains; or NULL */
	const char	*(*getenv)(const char *name);
	bool		 person, keep_alive;
	const struct config_route *routes;	/* from config_routes */
	size_t		 routes_len;
};
/* The start object's member "model"; the caller deletes. */
cJSON	*config_start_model(const struct config_model *);
/* The start object of assent-journal(5). `model` NULL: none (try). */
cJSON	*config_start(const struct config *, const struct config_model *,
	    const struct config_start *);

struct project_request {
	const char	*cwd;		/* the current directory */
	const char	*root;		/* --root, or NULL */
	const char	*home;		/* may be NULL */
	const char	*state_dir;	/* assent's own; may be NULL */
	const char	*config_dir;	/* assent's own; may be NULL */
};
/* The project's real path (malloc'ed): the top of the git work tree, else the
 * directory itself; NULL with the way out in *e. Sets *cwd_out to the real
 * directory that commands start in. */
char	*project_find(const struct project_request *, char **cwd_out,
	    struct err *);
/* The path by which the user came to the project, if it leads there by links: by
 * --root, if it is given, else by the current directory. malloc'ed; NULL: there is
 * none. */
char	*project_alias(const char *root, const char *given);
/* Is it in a git work tree? */
bool	project_has_git(const char *root);

#endif
