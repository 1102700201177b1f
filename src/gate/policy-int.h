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
#include "gate/gate.h"
#include "gate/policy-table.h"

#define POLICY_ROWS	MEM_COUNT(policy_protected_rows)
#define POLICY_TOKENS	MEM_COUNT(policy_token_rows)
#define POLICY_BUILDS	MEM_COUNT(policy_build_rows)
#define POLICY_CACHES	MEM_COUNT(policy_cache_rows)
#define POLICY_READERS	3

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

/* The tables' patterns. */
struct policy_globs {
	struct glob_list *rows[POLICY_ROWS];
	struct glob_list *tokens[POLICY_TOKENS];
	struct glob_list *builds[POLICY_BUILDS];
	struct glob_list *caches[POLICY_CACHES];
	struct glob_list *readers[POLICY_READERS];
};

/* Is the file secret: by its name (in the form `plain` too, or NULL), or by a
 * token or key in it? */
bool	policy_is_secret(struct policy *, const char *path, const char *plain);
/* Drop the results; policy_secrets searches again. */
void	policy_secrets_forget(struct policy *);

#endif
