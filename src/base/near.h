/*
 * near: guesses which known name an unknown one means ("did you mean").
 */
#ifndef ASSENT_BASE_NEAR_H
#define ASSENT_BASE_NEAR_H

#include <stddef.h>

#define NEAR_MAX ((size_t)64)	/* bytes of a name that count */

/* How close `name` is to `known`: 0 is equal, larger is farther, NEAR_NONE is
 * no resemblance. Ignores case, '_' and '-'; a name that contains the other
 * counts as near. */
#define NEAR_NONE ((size_t)-1)
size_t	near_score(const char *name, const char *known);

/* Finds which of several known names is nearest (the first of equals): begin
 * with NEAR_INIT, try each. `known` is borrowed; NULL: no name is near
 * enough. */
struct near {
	const char	*name, *known;
	size_t		 score;
};
#define NEAR_INIT(name) { (name), NULL, NEAR_NONE }
void	near_try(struct near *, const char *known);
/* The same of the names of n rows, each its row's first member; or NULL. */
#define NEAR_IN(rows, n, name) near_in((rows), (n), sizeof((rows)[0]), (name))
const char *near_in(const void *rows, size_t n, size_t size, const char *name);

#endif
