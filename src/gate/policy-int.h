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

/* A folder that is searched for secret files; or a file in it (`file`) that is
 * one while it contains a token, or has rules of git's. */
struct policy_dir {
	char		*path;		/* "." is the project's */
	bool		 file;
	uint64_t	 ino;		/* 0: to be read (again) */
	struct timespec	 ctime;
	struct policy_dir *above;	/* NULL: none */
	int		 depth;
	int		 ignored;	/* so many on the way to it, and it, are */
	size_t		 entries;
	size_t		 left;		/* an ignored one below no other: entries
					   that may be read in it and below */
	struct buf	 found;		/* see policy_found */
	struct policy_dir **kids;	/* in it, to be searched themselves */
	size_t		 kids_len;
	struct policy_dir **old;	/* those before, while it is read again;
					   NULL: taken over */
	size_t		 old_len, old_at;
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

/* Drop the results; policy_secrets searches again. */
void	policy_secrets_forget(struct policy *);

#endif
