/*
 * Shared by policy.c, policy-secret.c and policy-name.c only.
 */
#ifndef ASSENT_GATE_POLICY_INT_H
#define ASSENT_GATE_POLICY_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/glob.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "gate/policy-table.h"

#define POLICY_ROWS	MEM_COUNT(policy_protected_rows)
#define POLICY_TOKENS	MEM_COUNT(policy_token_rows)
#define POLICY_BUILDS	MEM_COUNT(policy_build_rows)

/* A folder's state when it was searched for secret files; or a file that would
 * be one if it contained a token. */
struct policy_dir {
	char		*path;
	struct timespec	 time;	/* a file's ctime */
	uint64_t	 ino;
};

/* A file whose contents were checked, see policy-key.c. */
struct policy_look {
	uint64_t	 ino, dev;	/* ino 0: unused entry */
	int64_t		 size;
	struct timespec	 ctime;
	bool		 key;
};

/* A file or folder of the project that the user's own programs use. */
struct policy_own {
	char		*path, *plain;	/* plain: see policy_name_plain; or NULL */
	enum policy_case by;
};

struct policy {
	int		 root;
	char		*root_path;	/* real; NULL: unknown */
	struct ignore	*ignore;
	struct product_rules	*products;
	int		 staged;	/* borrowed; -1: none */
	struct glob_list *rows[POLICY_ROWS];
	struct glob_list *tokens[POLICY_TOKENS];
	struct policy_own *own;		/* run or read by the user's programs */
	size_t		 own_len;
	struct glob_list *user_protected;
	struct glob_list *allow;
	struct glob_list *secret;
	struct glob_list *user_secret;
	struct glob_list *lift;
	struct glob_list *test, *builds[POLICY_BUILDS];
	char		**secrets;	/* NULL-terminated; NULL until
					   requested */
	size_t		 secrets_len;
	char		**linked;	/* of those: behind a link */
	size_t		 linked_len;
	char		**gits;		/* likewise: repositories in it */
	size_t		 gits_len;
	struct policy_dir *dirs;	/* where they were searched */
	size_t		 dirs_len;
	bool		 unsettled;	/* one had just changed then */
	struct policy_look *looks;	/* by hash; size is a power of two */
	size_t		 looks_len, looks_cap;
	size_t		 looks_left;	/* before this call */
	struct buf	 watched;	/* files that may become a key, see
					   there */
	size_t		 watched_next;	/* the one to check first */
	size_t		 watched_len;
	size_t		 unlooked;	/* of them: not yet checked */
	struct buf	 note;
	struct buf	 cut_note;	/* folders that were not searched */
	bool		 noted, cut_noted, many_noted;
};

/* ---- policy-secret.c ---- */

/* Is the file secret: by its name, or by a token or key in it? */
bool	policy_is_secret(struct policy *, const char *path);
/* By its name alone. */
bool	policy_is_named(const struct policy *, const char *path);
void	policy_secret_add(struct policy *, const char *path);
void	policy_secret_remove(struct policy *, const char *path);
/* Drop the results; policy_secrets searches again. */
void	policy_secrets_forget(struct policy *);

/* ---- policy-key.c ---- */

/* Is it a small file that begins with a private key? `name` is relative to the
 * folder `dir`, `path` is the same file relative to the root. */
bool	policy_holds_key(struct policy *, int dir, const char *name,
	    const char *path);
/* The same for a file that policy_keys_again checks before each call, because
 * it can become a key, or cease to be one, without a trace in its folder. */
bool	policy_key_watch(struct policy *, int dir, const char *name,
	    const char *path);
/* Update the list of secrets for those files: in turn, if there are too many
 * for one call. */
void	policy_keys_again(struct policy *);

/* ---- policy-name.c ---- */

/* The name under which a file system that distinguishes fewer names finds
 * `path`: ignoring case and Unicode form, invisible characters, trailing dots
 * and spaces, with backslashes as slashes, and without a stream's name; NULL if
 * it is `path` itself (except for ASCII case). malloc'ed. */
char	*policy_name_plain(const char *path);
/* Is one of the two, ignoring ASCII case, the other or below it? "." is the
 * project, above all. */
bool	policy_name_joins(const char *path, const char *own);
/* Only case and form, for a pattern; NULL if nothing changes, or it isn't text.
 * malloc'ed. */
char	*policy_name_fold(const char *);
/* Does a component look like another one's short name ("GITHUB~1")? */
bool	policy_name_is_short(const char *path);

#endif
