#include "config.h"

#include "core/review/committing.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold.h"

static const char *const committing_begins[] = {
	"index", "index_b64", "head", "ref", "tree", "amend", "changes", "files",
};
static const char *const committing_ends[] = {
	"begin", "commit", "files", "text",
};

/* A commit that began and didn't end is ended first: only one person at a time
 * can answer for the index. */
int
committing_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *begin = json_get(command, "begin"),
	    *end = json_get(command, "end"), *open = c->fold->commit_begun;
	AUTO_FREE char *by = xasprintf("client:%s", client);
	cJSON *o;

	if (cJSON_IsObject(begin) == cJSON_IsObject(end))
		return err_set(e, "a commit needs \"begin\" or \"end\"");
	if (begin != NULL && open != NULL)
		return err_set(e, "a commit of this session is already under "
		    "way");
	if (end != NULL && (open == NULL || json_int(open, "seq", 0) !=
	    json_int(end, "begin", -1)))
		return err_set(e, "no such commit is under way");
	o = cJSON_CreateObject();
	if (begin != NULL)
		JSON_COPY(o, begin, committing_begins);
	else
		JSON_COPY(o, end, committing_ends);
	(void)emit_event(c, begin != NULL ? "commit_begin" : "committed", by,
	    o);
	return 0;
}
