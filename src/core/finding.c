#include "config.h"

#include "core/finding.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/task-stats.h"
#include "core/call-answer.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"

void
finding_note(struct core *c, const struct core_call *call, const cJSON *args)
{
	static const char *const same[] = { "line", "end_line", "severity",
		"rule", "message" };
	AUTO_FREE char *path =
	    fs_inside(c->root, c->cwd, json_str_or(args, "path", ""));
	AUTO_FREE char *text = NULL;
	struct stat st;
	cJSON *o;

	if (path == NULL || fstatat(stage_root_fd(c->stage), path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0) {
		call_result(c, call->id, call->name, false, "not_found",
		    "there is no such file in the project; the path is "
		    "relative to the working folder");
		return;
	}
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	JSON_COPY(o, args, same);
	emit_event(c, EVENT_FINDING, "model", o);
	text = xasprintf("noted as number %d",
	    cJSON_GetArraySize(c->tally->findings));
	call_result(c, call->id, call->name, true, NULL, text);
}
