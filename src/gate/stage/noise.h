/*
 * noise: which staged changes are build products and tools' caches, which stay
 * in the stage and are counted, not proposed.  What git ignores, what a table
 * and the user's configuration name, what a person said in this session, and
 * binaries that a command made.
 * A tracked file is none, and neither is what the model wrote on purpose.
 * It only answers.
 */
#ifndef ASSENT_GATE_STAGE_NOISE_H
#define ASSENT_GATE_STAGE_NOISE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "gate/stage/ignore.h"

enum noise_why {
	NOISE_NOT,
	NOISE_GIT,	/* git ignores it */
	NOISE_CACHE,	/* the table, or a setting */
	NOISE_HIDDEN,	/* a person said "never this pattern" */
	NOISE_BINARY,	/* only if a command made it, and it is no text: the
			   stage finds that out */
};

struct noise;

/* `globs` (NULL-ended, may be NULL) come after the table: a "!" takes a row of
 * it back. */
struct noise *noise_new(const char *const *globs);
void	noise_free(struct noise *);
/* From now on hide what the pattern matches, or propose it; a later rule wins
 * over an earlier one. */
void	noise_add_rule(struct noise *, bool hide, const char *glob, size_t n);
/* The model wrote this file with a tool of its own: always proposed. */
void	noise_add_written(struct noise *, const char *path);
bool	noise_is_written(const struct noise *, const char *path);
/* `root` and `staged` (-1: none) are where a folder's neighbours are looked for:
 * target/ is a build's beside Cargo.toml only. */
enum noise_why noise_find(struct noise *, struct ignore *, int root,
	    int staged, const char *path, bool is_dir);
/* Append the pattern that matches this path and what is below it, alone. */
void	noise_path_glob(struct buf *, const char *path);

#endif
