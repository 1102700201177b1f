/*
 * What policy.c and policy-secret.c share. gate.h has the interface.
 */
#ifndef ASSENT_GATE_POLICY_INT_H
#define ASSENT_GATE_POLICY_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/policy-table.h"

struct glob_list;
struct ignore;
struct policy_look;

#define POLICY_ROWS	MEM_COUNT(policy_protected_rows)
#define POLICY_TOKENS	MEM_COUNT(policy_token_rows)
#define POLICY_BUILDS	MEM_COUNT(policy_build_rows)
#define POLICY_PRODUCTS	MEM_COUNT(policy_product_rows)

/* A folder's state when it was searched for secret files; or a file that would
 * be one if it contained a token. */
struct policy_dir {
	char		*path;
	struct timespec	 time;	/* a file's ctime */
	uint64_t	 ino;
};

/* A file or folder of the project that the user's own programs use. */
struct policy_own {
	char		*path, *plain;	/* plain: see policy_name_plain; or NULL */
	enum policy_case by;
};

struct policy_rule {
	struct glob_list *globs;
	bool		 hide;
};

struct policy_path {	/* in a pathmap */
	char		*path;
};

struct policy {
	int		 root;
	char		*root_path;	/* real; NULL: unknown */
	struct ignore	*ignore;
	struct glob_list *products[POLICY_PRODUCTS];
	struct glob_list *product_user;	/* of the settings */
	struct policy_rule *rules;	/* of this session, on products */
	size_t		 rules_len;
	struct pathmap	 written;	/* by the model's own tools */
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

/* Is the file secret: by its name, or by a token or key in it? */
bool	policy_is_secret(struct policy *, const char *path);
/* By its name alone. */
bool	policy_is_named(const struct policy *, const char *path);
/* Drop the results; policy_secrets searches again. */
void	policy_secrets_forget(struct policy *);

#endif
