/*
 * product: which staged changes are build products and tools' caches: they stay
 * staged and are counted, not proposed. These are files that git ignores, that
 * a table or the user's configuration lists, or that a person hid in this
 * session, and binaries that a command created. Never a tracked file, and never
 * one that the model wrote on purpose. It changes nothing.
 */
#ifndef ASSENT_GATE_PRODUCT_H
#define ASSENT_GATE_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct ignore;
struct product_rules;

/* "PNG image"; NULL if unknown. */
const char *filetype_name(const void *p, size_t n);

enum product_why {
	PRODUCT_NOT,
	PRODUCT_GIT,	/* git ignores it */
	PRODUCT_CACHE,	/* the table, or a setting */
	PRODUCT_HIDDEN,	/* a person said "never this pattern" */
	PRODUCT_BINARY,	/* only if a command made it and it isn't text: the
			   stage finds out */
};

/* `globs` (NULL-terminated, may be NULL) come after the table: a "!" makes an
 * exception. */
struct product_rules *product_new(const char *const *globs);
void	product_free(struct product_rules *);
/* From now on hide files that match, or propose them; a later rule overrides an
 * earlier one. */
void	product_add_rule(struct product_rules *, bool hide, const char *glob, size_t n);
/* The model wrote this file with one of its own tools: always proposed. */
void	product_add_written(struct product_rules *, const char *path);
/* `root` and `staged` (-1: none) are searched for a folder's neighbors: target/
 * is a build product only next to Cargo.toml. */
enum product_why product_find(struct product_rules *, struct ignore *, int root,
	    int staged, const char *path, bool is_dir);
/* Append the pattern that matches this path and everything below it, and
 * nothing else. */
void	product_path_glob(struct buf *, const char *path);

#endif
