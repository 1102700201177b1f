#include "config.h"

#include "core/committing.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/fold.h"

static const char *const committing_begins[] = {
	"index", "index_b64", "head", "ref", "tree", "amend", "changes", "files",
	"left",
};
static const char *const committing_ends[] = {
	"begin", "commit", "files",
};
static const char *const committing_git_begins[] = {
	"act", "argv", "dir", "dir_b64", "head", "ref",
};
static const char *const committing_git_ends[] = {
	"begin", "status", "head", "url",
};

/* A kind of act, and what its two events take from the command. */
struct committing {
	const char		*what;
	enum event_type		 begun, ended;
	const char *const	*begins, *const *ends;	/* members of them */
	size_t			 begins_len, ends_len;
};

static const struct committing committing_commit = {
	"commit", EVENT_COMMIT_BEGIN, EVENT_COMMITTED,
	committing_begins, committing_ends,
	MEM_COUNT(committing_begins), MEM_COUNT(committing_ends),
};
static const struct committing committing_act = {
	"git act", EVENT_GIT_BEGIN, EVENT_GIT_END,
	committing_git_begins, committing_git_ends,
	MEM_COUNT(committing_git_begins), MEM_COUNT(committing_git_ends),
};

/* What began and didn't end is ended first: only one person at a time can answer
 * for the repository. */
int
committing_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool act = json_is(command, "type", "git");
	const struct committing *k = act ? &committing_act : &committing_commit;
	const cJSON *open = act ? c->fold->git_begun : c->fold->commit_begun;
	const cJSON *begin = json_get(command, "begin"),
	    *end = json_get(command, "end");
	AUTO_FREE char *by = xasprintf("client:%s", client);
	cJSON *o;

	if (cJSON_IsObject(begin) == cJSON_IsObject(end))
		return err_set(e, "a %s needs \"begin\" or \"end\"", k->what);
	if (begin != NULL && open != NULL)
		return err_set(e, "a %s of this session is already under way",
		    k->what);
	if (end != NULL && (open == NULL || json_int(open, "seq", 0) !=
	    json_int(end, "begin", -1)))
		return err_set(e, "no such %s is under way", k->what);
	o = cJSON_CreateObject();
	if (begin != NULL)
		json_copy_names(o, begin, k->begins, k->begins_len);
	else
		json_copy_names(o, end, k->ends, k->ends_len);
	(void)emit_event(c, begin != NULL ? k->begun : k->ended, by, o);
	return 0;
}
