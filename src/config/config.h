/*
 * config: what the user wants, from all the places it can be said in, in this
 * order: defaults, the user's config.json (and its "exec" part for exec), a
 * profile (profile.c), the project's .assent/config.json (which can only narrow), ASSENT_* variables,
 * flags.  One table of settings; files, variables, flags, manual and doctor
 * follow from it.  The result is one `start` object for the core and, apart
 * from it, the key.
 *
 * It must never take an endpoint, a key, a wider sandbox or an approval mode
 * from
 * the project's file, and never put the key anywhere but in config_model.
 */
#ifndef ASSENT_CONFIG_CONFIG_H
#define ASSENT_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

/* ---- settings.c: the table ---- */

enum setting_type {
	SETTING_TEXT,
	SETTING_MODELS,		/* a string or a list; names with commas between
				   them inside */
	SETTING_WORD,		/* one of `words` */
	SETTING_APPROVE,	/* a mode of policy/approve.h */
	SETTING_INT,
	SETTING_DURATION,	/* "90", "5m"; milliseconds inside */
	SETTING_SIZE,		/* "512M"; bytes inside */
	SETTING_SHARE,		/* "25%" of one core; 0 inside: "all" */
	SETTING_COUNT,		/* "200000", "200k", "2M" */
	SETTING_MONEY,		/* "2.50" dollars; millionths inside */
	SETTING_LIST,		/* strings; "a,b" in a variable or flag */
};

#define SETTING_PROJECT	(1u << 0)	/* a project's file may narrow it */
#define SETTING_EXEC	(1u << 1)	/* may stand in "exec" too */
#define SETTING_PROFILE	(1u << 2)	/* and in a profile's file */

struct setting {
	const char		*name;
	enum setting_type	 type;
	const char		*words;		/* "A|B|D|none" */
	int64_t			 min, max;
	const char		*def;		/* as text, or NULL: unset */
	unsigned		 flags;
	const char		*sentence;
};

extern const struct setting setting_table[];	/* sorted by name */
extern const size_t setting_table_len;
const struct setting *setting_find(const char *name);

/* The members of an entry in "providers". */
struct setting_provider { const char *name, *sentence; };
extern const struct setting_provider setting_providers[];
extern const size_t setting_providers_len;
/* What "format" of such an entry may be. */
#define SETTING_FORMATS \
	"openai-chat, openai-responses, anthropic, gemini or replay"
bool	setting_format_ok(const char *format);

/* A value as it stands in a file (JSON) or in a variable or flag (text), in
 * its canonical form; NULL with the sentence ("must be ..."). The caller
 * deletes. */
cJSON	*setting_from_json(const struct setting *, const cJSON *,
	    struct err *);
cJSON	*setting_from_text(const struct setting *, const char *,
	    struct err *);
/* The one of n names that `given` was probably meant to be, or NULL. `get`
 * gives name i. */
const char *setting_nearest(const char *given,
	    const char *(*get)(size_t i), size_t n);

/* ---- local-server.c: model servers on this machine ---- */

#define CONFIG_LOCAL_MAX 8

struct config;
struct config_local {
	char	name[32];	/* also that of the provider */
	int	port;
};

/* Where some may be, by the setting local_ports; how many. */
size_t	config_local(const struct config *,
	    struct config_local[CONFIG_LOCAL_MAX]);
/* -1 with the sentence if the setting is none. */
int	config_local_check(const struct config *, struct err *);
/* The port of this name, or of the one that differs from it by case and marks
 * alone ("llamacpp"); `own` is that name then. 0: there is none. */
int	config_local_port(const struct config *, const char *name,
	    struct config_local *own);

/* ---- profile.c ---- */

/* Which tools of the profile there are not, and whose list has taken them away,
 * as a sentence (malloc'ed); NULL: none, or no profile names any. */
char	*config_profile_missing(const struct config *);

/* ---- comments.c ---- */

/* JSON with comments, in place: // and comments between slash and star become
 * blanks, line breaks stay; strings are left alone. -1 if a comment or a string
 * does not end. */
int	config_strip_comments(char *p, size_t n, struct err *);

/* ---- config.c ---- */

struct config;

struct config_flag {
	const char	*setting;	/* name in the table */
	const char	*text;
	const char	*flag;		/* "--max-turns", for messages */
};

struct config_request {
	const char	*mode;		/* "interactive" "exec" "try" "demo" */
	const char	*root;		/* the project; NULL: no project file */
	const char *const *env;		/* NAME=value..., NULL-ended */
	const struct config_flag *flags;
	size_t		 flags_len;
	const char	*models;	/* the list; NULL: share/models.json */
	const char	*prices;	/* ours; NULL: share/prices.json */
	const char	*profiles;	/* ours; NULL: share/profiles */
};

/* NULL with a sentence that names file, key path and the nearest key; all of
 * these are errors of usage (exit 2). */
struct config *config_load(const struct config_request *, struct err *);
void	config_free(struct config *);

/* NULL or `def` if unset. */
const char *config_str(const struct config *, const char *name);
int64_t	config_int(const struct config *, const char *name, int64_t def);
const cJSON *config_list(const struct config *, const char *name);
/* Where it came from: "default", a file, "ASSENT_MODEL", "--model"; NULL if
 * unset. */
const char *config_origin(const struct config *, const char *name);
/* "keys" of the user's file, an object, for bindings_new of the screen; NULL if
 * there is none. */
const cJSON *config_keys(const struct config *);
/* The user's file, whether it is there or not; NULL without a home. */
const char *config_path(const struct config *);
/* Who set the test: "flag", "config" (the user's files and variables) or
 * "project" (its .assent); NULL if there is none. */
const char *config_test_by(const struct config *);

/* ---- config-model.c: which model, where, with what key ---- */

struct config_model {
	char	*provider, *name, *format, *base_url;
	char	*replay_dir;	/* format replay */
	cJSON	*dialect;	/* as in the file, or NULL */
	const char *dialect_name; /* the row it comes to; NULL: none */
	char	*key_env;	/* variable that the key may come from, or NULL */
	char	*key_from;	/* where it comes from, in words; NULL: none */
	char	*key;		/* a secret (base/secret.h), or NULL: none
				   needed, or a command is not to be run */
	char	*proxy;		/* or NULL: the environment's */
	char	*ca_file;	/* whole path, or NULL: the system's */
	char	*notice;	/* to be said on screen, or NULL */
	int64_t	 max_tokens;	/* 0: not known */
	cJSON	*price;		/* as price_find gives it, and the file that it
				   is `from`; NULL: not known */
	bool	 price_told;	/* the user's own table has a row for it */
	int64_t	 window;	/* tokens, from the setting or the table; 0: not
				   known */
	cJSON	*facts;		/* its row of the model table, or NULL */
	bool	 listed;	/* of a provider whose models the table has, at
				   its own address */
};
/* The model table, the user's rows first; the caller deletes. NULL with *e. */
cJSON	*config_model_list(const struct config *, struct err *);
/* -1 with the sentence; *none is set when nothing at all is configured:
 * config_model_ways then says how to go on (malloc'ed lines). */
char	*config_model_ways(const struct config *);
int	config_model(const struct config *, struct config_model *, bool *none,
	    struct err *);
/* Those that take its place where it fails for good, in their order; the caller
 * releases each and frees the array. -1 with *e. */
int	config_model_rest(const struct config *, struct config_model **,
	    size_t *n, struct err *);
/* The models that parts of the work have of their own; NULL if there are none.
 * The caller frees them. -1 with *e. */
struct config_route {
	const char		*name;		/* "compact", "plan" ... */
	const char		*setting;	/* "model_compact" */
	struct config_model	 model;
};
int	config_routes(const struct config *, struct config_route **,
	    size_t *n, struct err *);
void	config_routes_free(struct config_route *, size_t n);
/* The setting of the part of this name; NULL if there is no such part. */
const char *config_route_setting(const char *name);
/* The model of this name in place of the configured one: PROVIDER/MODEL, or its
 * last part where that fits one of config_model_names alone. -1 with a sentence
 * that lists these. */
int	config_model_find(const struct config *, const char *name,
	    struct config_model *, struct err *);
/* PROVIDER/MODEL of what is configured, and PROVIDER/ of a provider of whose
 * models no name is known; apart by blanks. */
void	config_model_names(const struct config *, struct buf *);
void	config_model_release(struct config_model *);	/* wipes the key */

/* ---- key.c: where keys come from ---- */

/* Somebody else has the terminal from now on: a command for a key says nothing
 * on it but in the message. */
void	config_key_quiet(struct config *);
/* No command is run for a key from now on: only where it would come from. */
void	config_key_hold(struct config *);
/* Each provider that is configured or known by its key: its name, where its key
 * comes from (NULL: it has none), what is wrong there (or NULL), and where its
 * users get one (or NULL). -1 if the list cannot be read. */
int	config_key_each(const struct config *, void (*each)(void *arg,
	    const char *name, const char *from, const char *wrong,
	    const char *url), void *arg, struct err *);
/* The file that a key of this provider is stored in; NULL with *e for a name
 * that cannot be a file's, or without a home. malloc'ed. */
char	*config_key_path(const struct config *, const char *provider,
	    struct err *);
/* Blanks around it are no part of a key; NULL with a sentence (that does not have
 * it) for what cannot be one. A secret. */
char	*config_key_clean(const char *text, size_t n, const char *from,
	    struct err *);

/* ---- start-object.c ---- */

struct config_start {
	const char	*mode, *root, *cwd, *state_dir, *home, *path;
	const char	*task;		/* or NULL */
	const char	*session;	/* resume, or NULL */
	/* For the variables that say where toolchains are; or NULL. */
	const char	*(*getenv)(const char *name);
	bool		 person, linger;
	const struct config_model *rest;	/* as config_model_rest gives */
	size_t		 rest_len;
	const struct config_route *routes;	/* as config_routes gives */
	size_t		 routes_len;
};
/* Its member "model"; the caller deletes. */
cJSON	*config_start_model(const struct config_model *);
/* The start object of the journal's manual. `model` NULL: none (try). */
cJSON	*config_start(const struct config *, const struct config_model *,
	    const struct config_start *);

/* ---- project.c ---- */

struct project_request {
	const char	*cwd;		/* where the user stands */
	const char	*root;		/* --root, or NULL */
	const char	*home;		/* may be NULL */
	const char	*state_dir;	/* assent's own; may be NULL */
	const char	*config_dir;	/* assent's own; may be NULL */
};
/* The project's real path (malloc'ed): the top of the
 * git work tree, else the folder itself; NULL with the way out in *e. *cwd_out
 * gets the real folder that commands start in. */
char	*project_find(const struct project_request *, char **cwd_out,
	    struct err *);

#endif
