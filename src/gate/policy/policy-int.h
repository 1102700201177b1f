/*
 * What policy.c shares with policy-secret.c and policy-name.c; nobody else looks
 * inside.
 */
#ifndef ASSENT_GATE_POLICY_POLICY_INT_H
#define ASSENT_GATE_POLICY_POLICY_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "gate/stage/glob.h"
#include "gate/policy/policy-table.h"

#define POLICY_ROWS	MEM_COUNT(policy_protected_rows)
#define POLICY_TOKENS	MEM_COUNT(policy_token_rows)

/* A folder as it was when it was looked through for secret files; or a file
 * that would be one if it held a token. */
struct policy_dir {
	char		*path;
	struct timespec	 time;	/* a file's time of modes and all */
	uint64_t	 ino;
};

/* A file that was looked into, see policy-key.c. */
struct policy_look {
	uint64_t	 ino, dev;	/* ino 0: a free place */
	int64_t		 size;
	struct timespec	 ctime;
	bool		 key;
};

struct policy {
	int		 root;
	char		*root_path;	/* real; NULL: not known */
	struct ignore	*ignore;
	struct product_rules	*products;
	int		 staged;	/* borrowed; -1: none */
	struct glob_list *rows[POLICY_ROWS];
	struct glob_list *tokens[POLICY_TOKENS];
	struct glob_list *hooks;	/* the repository's own folder of them */
	struct glob_list *user_protected;
	struct glob_list *allow;
	struct glob_list *secret;
	struct glob_list *user_secret;
	struct glob_list *lift;
	struct glob_list *test, *build;
	char		**secrets;	/* NULL-ended; NULL until asked */
	size_t		 secrets_len;
	char		**linked;	/* of those: behind a link */
	size_t		 linked_len;
	char		**gits;		/* the same: repositories in it */
	size_t		 gits_len;
	struct policy_dir *dirs;	/* where they were looked for */
	size_t		 dirs_len;
	bool		 unsettled;	/* one had just changed then */
	struct policy_look *looks;	/* by hash; a power of two of them */
	size_t		 looks_len, looks_cap;
	size_t		 looks_left;	/* before this call */
	struct buf	 watched;	/* files that may become a key, see there */
	size_t		 watched_next;	/* which is looked at first */
	size_t		 watched_len;
	size_t		 unlooked;	/* of them: not yet looked into */
	struct buf	 note;
	struct buf	 cut_note;	/* folders that were not looked into */
	bool		 noted, cut_noted, many_noted;
};

/* ---- policy-secret.c ---- */

/* Is the file secret: by its name, or by a token or a key in it? */
bool	policy_is_secret(struct policy *, const char *path);
/* By its name alone. */
bool	policy_is_named(const struct policy *, const char *path);
void	policy_secret_add(struct policy *, const char *path);
void	policy_secret_remove(struct policy *, const char *path);
/* What was found; policy_secrets looks again. */
void	policy_secrets_forget(struct policy *);

/* ---- policy-key.c ---- */

/* Is it a small file that begins with a private key? `name` is below the folder
 * `dir`, `path` the same below the root. */
bool	policy_holds_key(struct policy *, int dir, const char *name,
	    const char *path);
/* The same, of a file that policy_keys_again looks at before each call, since it
 * can become a key, or cease to be one, without a trace in its folder. */
bool	policy_key_watch(struct policy *, int dir, const char *name,
	    const char *path);
/* Bring the list of secrets up to date with those files: in turn, if there are
 * too many for one call. */
void	policy_keys_again(struct policy *);
/* Were not all of them looked into? */
bool	policy_keys_are_many(const struct policy *);

/* ---- policy-name.c ---- */

/* The name under which a file system that knows fewer names than ours finds
 * `path`: without regard to case and form in Unicode, to characters that are
 * not seen, to dots and blanks at the end, with backslashes for slashes, and
 * without a stream's name; NULL if it is `path` itself (but for the case of
 * ASCII). malloc'ed. */
char	*policy_name_plain(const char *path);
/* Of that case and form alone, for a pattern; NULL if there is nothing to it, or
 * it is no text. malloc'ed. */
char	*policy_name_fold(const char *);
/* Does a part of it look like the short name of another ("GITHUB~1")? */
bool	policy_name_is_short(const char *path);

#endif
