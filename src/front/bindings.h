/*
 * bindings: which key does what: the table's keys, with those that the user
 * named instead of theirs.  What could decide by accident is refused here:
 * a key that decides is a plain character, and no key means two things in one
 * place.  A user's key takes it from the table's of another action.
 */
#ifndef ASSENT_FRONT_BINDINGS_H
#define ASSENT_FRONT_BINDINGS_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "front/action.h"

struct bindings;

/*
 * `keys` (or NULL) is the object of the user's configuration: the action's name
 * with its keys, apart by blanks ("" takes all away).  NULL with *e, which
 * begins with `from`, the file's name: an unknown action or key, a key that is
 * taken, one that cannot decide.  The caller frees.
 */
struct bindings *bindings_new(const cJSON *keys, const char *from,
	    struct err *);
void	bindings_free(struct bindings *);
/* The action of this key, looking in the contexts from the first bit to the
 * last; NULL if it has none. */
const struct action *bindings_find(const struct bindings *, unsigned contexts,
	    uint32_t key);
/* Its keys in words, apart by blanks; valid as long as the bindings. */
const char *bindings_keys(const struct bindings *, const struct action *);
/* The first of them, for the live keys; "" if it has none. */
const char *bindings_first(const struct bindings *, enum action_id);
/* A line for each action: its name, keys, where they are alive, what it does. */
void	bindings_list(const struct bindings *, struct buf *);

#endif
