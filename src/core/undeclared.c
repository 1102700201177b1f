#include "config.h"

#include "core/undeclared.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/spawn.h"
#include "core/core.h"

#define UNDECLARED_MS	2000	/* it takes a few */
#define UNDECLARED_TOLD	1000	/* patterns */

/* What assent-guess says of these bytes, malloc'ed; NULL: nothing, or it isn't
 * installed. */
static char *
undeclared_guess(const char *p, size_t n)
{
	AUTO_FREE char *path = self_find(SELF_PROGRAM, "assent-guess", NULL);
	AUTO_CLOSE int in = memfd_create("guess", MFD_CLOEXEC);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_BUF struct buf said = BUF_INIT(ENCODING_NAME_MAX);
	int out[2], status;
	pid_t pid;

	if (path == NULL || null < 0 || fs_write_all(in, p, n) < 0 ||
	    lseek(in, 0, SEEK_SET) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return NULL;
	pid = spawn_bare(path, "assent-guess", in, out[1], null);
	close(out[1]);
	status = pid < 0 ? -1 : spawn_wait(pid, out[0], clock_mono_ms() +
	    UNDECLARED_MS, &said);
	close(out[0]);
	return status != 0 || said.len == 0 || said.full ||
	    strspn(buf_str(&said), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
	    said.len ? NULL : buf_take(&said);
}

/* The files that are meant: "*.ini", or its name if that has no extension; as
 * they are typed, so malloc'ed or NULL. */
static char *
undeclared_pattern(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(name, '.');
	bool ends = dot != NULL && dot > name && dot[1] != '\0';

	return strpbrk(ends ? dot : name, "*?[]{}\\!# \t\n") != NULL ? NULL :
	    xasprintf("%s%s", ends ? "*" : "", ends ? dot : name);
}

void
undeclared_tell(struct core *c, const cJSON *file)
{
	struct pathmap *told = &c->project.undeclared;
	AUTO_FREE char *path = json_get_bytes(file, "path", NULL), *bytes = NULL;
	AUTO_FREE char *pattern = path == NULL ? NULL : undeclared_pattern(path);
	AUTO_FREE char *guess = NULL, *rule = NULL;
	const char *key = pattern == NULL ? path : pattern;
	size_t n = 0;

	if (path == NULL || pathmap_find(told, key) != NULL ||
	    told->len >= UNDECLARED_TOLD)
		return;
	pathmap_toggle(told, key);
	bytes = json_get_bytes(file, "bytes", &n);
	if (bytes != NULL)
		guess = undeclared_guess(bytes, n);
	rule = xasprintf(c->person ? "/encoding %s %s" :
	    "put \"encodings\": {\"%s\": \"%s\"} into your config.json",
	    pattern == NULL ? "PATTERN" : pattern, guess == NULL ? "NAME" :
	    guess);
	if (guess != NULL)
		emit_note(c, "%s isn't UTF-8, and nothing declares its "
		    "encoding. It looks like %s. If it is: %s", path, guess,
		    rule);
	else
		emit_note(c, "%s isn't UTF-8, and nothing declares its "
		    "encoding. If you know it: %s", path, rule);
}

/* Client command; the client has saved it. */
static int
undeclared_set(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *given = json_get(command, "encodings"), *it;

	(void)client;
	if (encodings_check(given, e) < 0)
		return -1;
	if (json_get(c->start, "encodings") == NULL)
		cJSON_AddObjectToObject(c->start, "encodings");
	encodings_add(cJSON_GetObjectItemCaseSensitive(c->start, "encodings"),
	    given);
	cJSON_ArrayForEach(it, given) {
		emit_note(c, "%s: in %s, from the next call on", it->string,
		    it->valuestring);
		buf_addf(&c->feedback.notes, "The user says that files of the "
		    "pattern %s are in %s: the file tools read and write them "
		    "as text now.\n", it->string, it->valuestring);
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
