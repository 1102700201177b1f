#include "config.h"

#include "core/review/undeclared.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/review/propose.h"
#include "gate/stage.h"
#include "journal/fold.h"
#include "loop/loop.h"

#define UNDECLARED_TOLD	1000	/* patterns */

/* What assent-guess is asked. It ends by itself: the time of its processor is
 * limited. */
struct undeclared {
	struct undeclared	*next;
	struct core		*core;
	char			*path, *pattern;	/* pattern: may be NULL */
	char			*about;		/* "" if nothing is declared */
	pid_t			 pid;
	int			 fd;
	struct loop_watch	*watch;
	struct buf		 said;
};

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

static void
undeclared_note(struct core *c, const char *path, const char *pattern,
    const char *about, const char *guess)
{
	AUTO_FREE char *rule = xasprintf(!c->person ?
	    "put \"encodings\": {\"%s\": \"%s\"} into your config.json" :
	    pattern == NULL || pattern[0] != '*' ? "/encoding %s %s" :
	    "/encoding %s %s (or a narrower pattern)",
	    pattern == NULL ? "PATTERN" : pattern, guess == NULL ? "NAME" :
	    guess);

	if (*about == '\0')
		about = "not UTF-8, and nothing declares its encoding";
	if (guess != NULL)
		emit_note(c, "%s is %s. It looks like %s. If it is: %s", path,
		    about, guess, rule);
	else
		emit_note(c, "%s is %s. If you know it: %s", path, about, rule);
}

static void
undeclared_end(struct undeclared *u)
{
	struct undeclared **at = &u->core->project.guesses;

	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	(void)kill(u->pid, SIGKILL);
	(void)waitpid(u->pid, NULL, 0);
	loop_watch_free(&u->watch);
	close(u->fd);
	buf_release(&u->said);
	FREE_ALL(u->path, u->pattern, u->about, u);
}

static void
undeclared_read(void *arg, int fd, unsigned events)
{
	struct undeclared *u = arg;
	char chunk[ENCODING_NAME_MAX];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));

	(void)events;
	if (n > 0 && buf_add(&u->said, chunk, (size_t)n) == 0)
		return;
	undeclared_note(u->core, u->path, u->pattern, u->about, u->said.len > 0 &&
	    n == 0 && strspn(buf_str(&u->said), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_") == u->said.len ? buf_str(&u->said) : NULL);
	undeclared_end(u);
}

/* Ask for a guess of these bytes; false if it isn't installed, or fails. */
static bool
undeclared_ask(struct core *c, const char *path, const char *pattern,
    const char *about, const char *p, size_t n)
{
	AUTO_FREE char *program = self_find(SELF_PROGRAM, "assent-guess", NULL);
	AUTO_CLOSE int in = host_program_input(p, n, NULL);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct undeclared *u;
	int out[2];
	pid_t pid;

	if (program == NULL || null < 0 || in < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	pid = spawn_bare(program, "assent-guess", in, out[1], null);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return false;
	}
	u = xcalloc(1, sizeof(*u));
	*u = (struct undeclared){ c->project.guesses, c, .path = xstrdup(path),
		.pattern = xstrdup_null(pattern), .about = xstrdup(about),
		.pid = pid, .fd = out[0], .said = BUF_INIT(ENCODING_NAME_MAX) };
	c->project.guesses = u;
	u->watch = loop_watch_new(c->loop, u->fd, LOOP_READ, undeclared_read, u);
	return true;
}

void
undeclared_tell(struct core *c, const cJSON *file)
{
	struct pathmap *told = &c->project.undeclared;
	AUTO_FREE char *path = json_get_bytes(file, "path", NULL), *bytes = NULL;
	const char *about = json_str_or(file, "about", "");
	AUTO_FREE char *pattern = path == NULL ? NULL :
	    undeclared_pattern(path, *about == '\0');
	const char *key = pattern == NULL ? path : pattern;
	size_t n = 0;

	if (path == NULL || pathmap_find(told, key) != NULL ||
	    told->len >= UNDECLARED_TOLD)
		return;
	pathmap_toggle(told, key);
	bytes = json_get_bytes(file, "bytes", &n);
	if (bytes == NULL || !undeclared_ask(c, path, pattern, about, bytes,
	    n))
		undeclared_note(c, path, pattern, about, NULL);
}

void
undeclared_tell_rest(struct core *c)
{
	struct undeclared *u;

	while ((u = c->project.guesses) != NULL) {
		undeclared_note(c, u->path, u->pattern, u->about, NULL);
		undeclared_end(u);
	}
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
undeclared_set(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *given = json_get(command, "encodings"), *it;

	(void)client;
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
	while (c->project.guesses != NULL)
		undeclared_end(c->project.guesses);
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
