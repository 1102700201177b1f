#include "config.h"

#include "core/review/undeclared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/review/propose.h"
#include "gate/stage.h"
#include "journal/fold.h"

#define UNDECLARED_TOLD	1000	/* patterns */

/* The files that are meant: "*.ini", or its name if that has no extension, or
 * another encoding is declared; as they are typed, so malloc'ed or NULL. */
static char *
undeclared_pattern(const char *path, bool all)
{
	const char *name = basename(path);
	const char *dot = strrchr(name, '.');
	bool ends = all && dot != NULL && dot > name && dot[1] != '\0';

	return strpbrk(ends ? dot : name, "*?[]{}\\!# \t\n") != NULL ? NULL :
	    xasprintf("%s%s", ends ? "*" : "", ends ? dot : name);
}

void
undeclared_tell(struct core *c, const cJSON *file)
{
	struct pathmap *told = &c->project.undeclared;
	AUTO_FREE char *path = json_get_bytes(file, "path", NULL);
	const char *about = json_str_or(file, "about", "");
	AUTO_BUF struct buf name = BUF_INIT(0);
	AUTO_FREE char *pattern = path == NULL ? NULL :
	    undeclared_pattern(path, *about == '\0');
	const char *key = pattern == NULL ? path : pattern;
	AUTO_FREE char *rule = xasprintf(!c->person ?
	    "put \"encodings\": {\"%s\": \"NAME\"} into your config.json" :
	    pattern == NULL || pattern[0] != '*' ? "/encoding %s NAME" :
	    "/encoding %s NAME (or a narrower pattern)",
	    pattern == NULL ? "PATTERN" : pattern);

	if (path == NULL || pathmap_find(told, key) != NULL ||
	    told->len >= UNDECLARED_TOLD)
		return;
	pathmap_toggle(told, key);
	json_path_quoted(&name, path);
	emit_note(c, "%s is %s. If you know it: %s", buf_str(&name),
	    *about != '\0' ? about : "not UTF-8, and nothing declares its "
	    "encoding", rule);
}

/* The setting, in this session. */
static cJSON *
undeclared_rules(struct core *c)
{
	cJSON *rules = cJSON_GetObjectItemCaseSensitive(c->start, "encodings");

	return rules != NULL ? rules :
	    cJSON_AddObjectToObject(c->start, "encodings");
}

struct undeclared_gone {
	const char	*hash, *path;
};

/* A rule for this path alone. */
static void
undeclared_keep(struct core *c, const char *path, const char *name)
{
	AUTO_BUF struct buf pattern = BUF_INIT(0);
	cJSON *rules = undeclared_rules(c);

	buf_addc(&pattern, '/');
	for (; *path != '\0'; path++)
		buf_addf(&pattern, "%s%c", strchr("*?[]\\ ", *path) == NULL ?
		    "" : "\\", *path);
	if (cJSON_GetArraySize(rules) < UNDECLARED_TOLD)
		json_set_take(rules, buf_str(&pattern),
		    cJSON_CreateString(name));
}

void
undeclared_moved(struct core *c, const struct stage_scan *scan)
{
	AUTO(encodings_free_at) struct encodings *declared =
	    propose_declared(c);
	AUTO_FREE struct undeclared_gone *gone = xcalloc(scan->changes_len + 1,
	    sizeof(*gone));
	const struct undeclared_gone *from;
	const struct stage_change *it, *end = scan->changes + scan->changes_len;
	struct encoding was, is;
	size_t n = 0;

	for (it = scan->changes; it < end; it++)
		if (!it->after.exists)
			gone[n++] = (struct undeclared_gone){ it->before.hash,
				it->path };
	MEM_SORT(gone, n);
	for (it = scan->changes; n > 0 && it < end; it++) {
		if (it->before.exists || !S_ISREG(it->after.mode) ||
		    !utf8_is_line(it->path) ||
		    (from = MEM_SEARCH(gone, n, it->after.hash)) == NULL)
			continue;
		/* Not of a file with a mark, which says it under any name. */
		encodings_find(declared, from->path, "x", 1, &was);
		encodings_find(declared, it->path, "x", 1, &is);
		if (was.name[0] != '\0' && strcmp(was.name, is.name) != 0)
			undeclared_keep(c, it->path, was.name);
	}
}

/* Client command; the client has saved it. */
static int
undeclared_set(struct core *c, const cJSON *command, const char *client UNUSED,
    struct err *e)
{
	const cJSON *given = json_get(command, "encodings"), *it;

	if (encodings_check(given, e) < 0)
		return -1;
	encodings_add(undeclared_rules(c), given);
	cJSON_ArrayForEach(it, given) {
		const char *name = cJSON_IsNull(it) ? "what the project "
		    "declares, if anything," : it->valuestring;

		emit_note(c, "%s: in %s from the next tool call on, in this "
		    "project", it->string, name);
		buf_addf(&c->feedback.notes, "The user says that files of the "
		    "pattern %s are in %s: the file tools read and write them "
		    "so now.\n", it->string, name);
	}
	if (c->fold->proposal != NULL) {
		c->review.scan_due = true;
		core_soon(c);
	}
	return 0;
}

static void
undeclared_free(struct core *c)
{
	pathmap_release(&c->project.undeclared);
}

static const struct core_command undeclared_commands[] = {
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "encodings",
	    .act = undeclared_set },
	{ 0 }
};

const struct core_part undeclared_part = {
	.commands = undeclared_commands, .free = undeclared_free,
};
