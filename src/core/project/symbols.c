/*
 * symbols: finds the project's main names with ctags, if installed, before the
 * first request of a conversation. Like every program on the project's files,
 * ctags runs in the sandbox, in parallel to the loop (inspect.c). The names
 * become part of the `project` line that prompts are built from (prompt.c).
 */
#include "config.h"

#include "core/project/project.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/project/project-int.h"

#define SYMBOLS_MS	10000			/* then continue without */
#define SYMBOLS_FILES	1500			/* limit on files searched */
#define SYMBOLS_PATHS	((size_t)64 << 10)	/* limit on their paths, in
						   bytes */
#define SYMBOLS_FILE	((off_t)512 << 10)	/* larger files are generated */

/* ---- the search ---- */

struct symbols_seen {
	struct tags	*tags;
	size_t		 all;
};

/* Choose regular files that a person may have written, and in which ctags may
 * find a name of a kind that tags.c keeps. */
static void
symbols_add(void *arg, int dir, const char *name, const char *path)
{
	static const char *const none[] = { ".csv", ".gif", ".ico", ".jpeg",
		".jpg", ".json", ".lock", ".log", ".markdown", ".md", ".pdf",
		".png", ".svg", ".toml", ".txt", ".webp", ".woff", ".woff2",
		".yaml", ".yml" };
	struct symbols_seen *f = arg;
	struct stat st;

	if ((!fs_has_ending(name, none, MEM_COUNT(none)) ||
	    strcmp(name, "CMakeLists.txt") == 0) &&
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= SYMBOLS_FILE) {
		tags_add(f->tags, path);
		f->all++;
	}
}

static void
symbols_forget(struct core *c)
{
	tags_free(c->project.tags);
	c->project.tags = NULL;
}

static const char *
symbols_words(const struct core *c)
{
	return c->project.symbols_task == NULL ? "" : c->project.symbols_task;
}

static bool
symbols_are_due(const struct core *c)
{
	return task_runs(c) ? c->project.symbols_due :
	    c->project.context == NULL || c->project.due;
}

/* No options from the project or the user, no output files, no links; each path
 * begins with "./", so that none is an option. */
bool
symbols_args(struct core *c, cJSON *args, int64_t *ms)
{
	static const char *const options[] = { "--options=NONE", "-f", "-",
		"--sort=no", "--excmd=number", "--fields=Ks", "--links=no" };
	struct symbols_seen f = { .all = 0 };
	cJSON *argv;
	size_t i, n;

	if (c->project.symbols_known || !symbols_are_due(c) ||
	    (c->mode != MODE_INTERACTIVE && c->mode != MODE_EXEC) ||
	    json_str(c->start, "ctags") == NULL)
		return false;
	argv = cJSON_CreateArray();
	cJSON_AddItemToArray(argv, cJSON_CreateString(json_str(c->start,
	    "ctags")));
	for (i = 0; i < MEM_COUNT(options); i++)
		cJSON_AddItemToArray(argv, cJSON_CreateString(options[i]));
	symbols_forget(c);
	/* Ranked by the task's words. */
	f.tags = c->project.tags = tags_new(symbols_words(c));
	FREE_SET(c->project.map, project_map(c, symbols_add, &f));
	/* Until a message that is still typed is sent, files may change. */
	if (c->project.symbols_task == NULL)
		FREE_NULL(c->project.map);
	n = tags_choose(f.tags, SYMBOLS_FILES, SYMBOLS_PATHS, argv);
	/* If they are too many, the message has to tell which to search. */
	if (n == 0 || (!task_runs(c) &&
	    c->project.symbols_task == NULL && n < f.all)) {
		symbols_forget(c);
		cJSON_Delete(argv);
		return false;
	}
	json_set_take(args, "ctags", argv);
	*ms = json_int(c->start, "symbols_ms", SYMBOLS_MS);
	return true;
}

void
symbols_found(struct core *c, const char *out, size_t n)
{
	FREE_SET(
	    c->project.symbols_output, out == NULL ? NULL : xmemdup(out, n));
	c->project.symbols_output_len = n;
	c->project.symbols_known = true;
}

void
symbols_drop(struct core *c)
{
	c->project.symbols_known = true;
}

void
symbols_tell(struct core *c)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	size_t most = 2 * project_map_max(c), map;
	struct tags *t;
	char *names;

	if (c->project.symbols_due && c->project.symbols_output != NULL) {
		t = tags_copy(c->project.tags, symbols_words(c));
		(void)tags_choose(t, SYMBOLS_FILES, SYMBOLS_PATHS, NULL);
		map = strlen(ev_str(project_known(c)->map, ""));
		names = tags_text(t, c->project.symbols_output,
		    c->project.symbols_output_len, most - MIN(map, most));
		core_mask(c, &text, names, strlen(names));
		free(names);
		tags_free(t);
	}
	if (c->project.symbols_due) {
		symbols_forget(c);
		FREE_NULL(c->project.symbols_task);
		FREE_NULL(c->project.map);
		symbols_found(c, NULL, 0);
		c->project.symbols_known = c->project.symbols_due = false;
	}
	if (text.len > 0)
		project_context_symbols(c, buf_str(&text));
}
