/*
 * product: which staged changes are build products and tools' caches, which stay
 * in the stage and are counted, not proposed.  What git ignores, what a table
 * and the user's configuration name, what a person said in this session, and
 * binaries that a command made.
 * A tracked file is none, and neither is what the model wrote on purpose.
 * It only answers.
 */
#ifndef ASSENT_GATE_STAGE_PRODUCT_H
#define ASSENT_GATE_STAGE_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "gate/stage/ignore.h"

enum product_why {
	PRODUCT_NOT,
	PRODUCT_GIT,	/* git ignores it */
	PRODUCT_CACHE,	/* the table, or a setting */
	PRODUCT_HIDDEN,	/* a person said "never this pattern" */
	PRODUCT_BINARY,	/* only if a command made it, and it is no text: the
			   stage finds that out */
};

struct product_rules;

/* `globs` (NULL-ended, may be NULL) come after the table: a "!" takes a row of
 * it back. */
struct product_rules *product_new(const char *const *globs);
void	product_free(struct product_rules *);
/* From now on hide what the pattern matches, or propose it; a later rule wins
 * over an earlier one. */
void	product_add_rule(struct product_rules *, bool hide, const char *glob, size_t n);
/* The model wrote this file with a tool of its own: always proposed. */
void	product_add_written(struct product_rules *, const char *path);
bool	product_is_written(const struct product_rules *, const char *path);
/* `root` and `staged` (-1: none) are where a folder's neighbours are looked for:
 * target/ is a build's beside Cargo.toml only. */
enum product_why product_find(struct product_rules *, struct ignore *, int root,
	    int staged, const char *path, bool is_dir);
/* Append the pattern that matches this path and what is below it, alone. */
void	product_path_glob(struct buf *, const char *path);

#endif
