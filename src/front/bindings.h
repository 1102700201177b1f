/*
 * bindings: which key does what: the defaults of action_table, replaced by the
 * user's keys.  Keys that could decide by accident are refused: a key that
 * decides is a plain character, and no key means two things in one place.  If
 * the user binds another action's default key, that action loses it.
 */
#ifndef ASSENT_FRONT_BINDINGS_H
#define ASSENT_FRONT_BINDINGS_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "front/action.h"

struct bindings;

/*
 * `keys` (or NULL) is the object in the user's configuration: names of actions
 * with their keys, separated by spaces ("" removes all).  NULL with *e, which
 * begins with `from`, the file's name: an unknown action or key, a key that is
 * taken, or one that may not decide.  The caller frees.
 */
struct bindings *bindings_new(const cJSON *keys, const char *from,
	    struct err *);
void	bindings_free(struct bindings *);
AUTO_AT(bindings_free, struct bindings)
/* The action of this key, looking in the contexts from the first bit to the
 * last; NULL if it has none. */
const struct action *bindings_find(const struct bindings *, unsigned contexts,
	    uint32_t key);
/* The names of its keys, separated by spaces; valid as long as the bindings. */
const char *bindings_keys(const struct bindings *, const struct action *);
/* The first of them, for hints; "" if it has none. */
const char *bindings_first(const struct bindings *, enum action_id);
/* The row of help that begins with the i-th action: names, keys and what they do
 * are appended. Returns how many actions it has; 0: another row has it. */
size_t	bindings_row(const struct bindings *, size_t i, struct buf *names,
	    struct buf *keys, struct buf *does);
/* A line for each row: keys, where they work, what they do, names. */
void	bindings_list(const struct bindings *, struct buf *);

#endif
