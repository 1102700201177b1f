/*
 * Applied changes, one by one: from a decision (who, how many lines), its
 * apply_begin, and the applied line with the results; for listing and undoing.
 * Only hashes: contents are in the store.
 */
#include "config.h"

/* How this file of an `applied` line was accepted, where the decision above it
 * doesn't say that: "by rule small", "by you, acp editor"; malloc'ed, or NULL. */
static char *
fold_through(const struct fold *f, const cJSON *line, const cJSON *op)
	int64_t undoes = json_int(line, "undoes", 0);
	struct buf b = BUF_INIT(0);
	bool redo;

	if (rule == NULL)
		return NULL;
	if (strcmp(rule, "person") != 0)
		buf_addf(&b, "by rule %s", rule);
	else if (client != NULL && strncmp(client, "/dev/", 5) != 0)
		buf_addf(&b, "by you, %s", client);
	if (json_str(op, "protected") != NULL)
		buf_addf(&b, "%sprotected: %s", b.len > 0 ? ", " : "",
		    json_str(op, "protected"));
	return b.len > 0 ? buf_take(&b) : NULL;
}

