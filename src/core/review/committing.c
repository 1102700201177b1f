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
static const char *const committing_git_begins[] = {
	"act", "argv", "dir", "dir_b64", "head", "ref",
};
static const char *const committing_git_ends[] = {
	"begin", "status", "head", "url",
};

/* What began and didn't end is ended first: only one person at a time can answer
 * for the repository. 1: it begins; 0: it ends. */
static int
committing_check(const cJSON *command, const cJSON *open, const char *what,
    struct err *e)
{
	const cJSON *begin = json_get(command, "begin"),
	    *end = json_get(command, "end");

	if (cJSON_IsObject(begin) == cJSON_IsObject(end))
		return err_set(e, "a %s needs \"begin\" or \"end\"", what);
	if (begin != NULL && open != NULL)
		return err_set(e, "a %s of this session is already under way",
		    what);
	if (end != NULL && (open == NULL || json_int(open, "seq", 0) !=
	    json_int(end, "begin", -1)))
		return err_set(e, "no such %s is under way", what);
	return begin != NULL;
}

static void
committing_emit(struct core *c, const char *type, const char *client,
    cJSON *fields_take)
{
	AUTO_FREE char *by = xasprintf("client:%s", client);

	(void)emit_event(c, type, by, fields_take);
}

int
committing_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	int begins = committing_check(command, c->fold->commit_begun, "commit",
	    e);
	cJSON *o;

	if (begins < 0)
		return -1;
	o = cJSON_CreateObject();
	if (begins)
		JSON_COPY(o, json_get(command, "begin"), committing_begins);
	else
		JSON_COPY(o, json_get(command, "end"), committing_ends);
	committing_emit(c, begins ? "commit_begin" : "committed", client, o);
	return 0;
}

int
committing_git(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	int begins = committing_check(command, c->fold->git_begun, "git act",
	    e);
	cJSON *o;

	if (begins < 0)
		return -1;
	o = cJSON_CreateObject();
	if (begins)
		JSON_COPY(o, json_get(command, "begin"),
		    committing_git_begins);
	else
		JSON_COPY(o, json_get(command, "end"), committing_git_ends);
	committing_emit(c, begins ? "git_begin" : "git_end", client, o);
	return 0;
}
