#include "config.h"

#include "core/project/symbols.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call/mask.h"
#include "core/core.h"
#include "core/project/inspect.h"
#include "core/project/project-context.h"
#include "core/project/tags.h"
#include "core/turn/model.h"

#define SYMBOLS_MS	10000			/* then continue without */
#define SYMBOLS_FILES	1500			/* limit on files searched */
#define SYMBOLS_PATHS	((size_t)64 << 10)	/* limit on their paths, in
						   bytes */
#define SYMBOLS_FILE	((off_t)512 << 10)	/* larger files are generated */
#define SYMBOLS_OUTPUT	((size_t)4 << 20)	/* limit on the output of
						   ctags */

void
symbols_ask(struct core *c)
{
	c->project.symbols_due = true;
}

void
symbols_words(struct core *c, const char *text)
{
	if (!c->project.symbols_due)
		return;
	free(c->project.symbols_task);
	c->project.symbols_task = xstrdup(text);
}

void
symbols_release(struct core *c)
{
	free(c->project.symbols_task);
	c->project.symbols_task = NULL;
}

/* ---- the end of a search ---- */

static void
symbols_done(struct core *c, const char *out, size_t n)
{
	struct buf text = BUF_INIT(0);
	struct mask_list secrets = { 0 };
	struct tags *t = c->project.symbols;
	char *names;

	c->project.symbols = NULL;
	if (out != NULL) {
		tags_read(t, out, n);
		names = tags_text(t, project_context_room(c));
		model_secrets(c, &secrets);
		mask_secrets(&text, names, strlen(names), &secrets);
		mask_list_release(&secrets);
		free(names);
	}
	tags_free(t);
	if (text.len > 0)
		project_context_symbols(c, buf_str(&text));
	buf_release(&text);
}

/* ---- the start of a search ---- */

/* Choose regular files that a person may have written. */
static void
symbols_add(void *arg, int dir, const char *name, const char *path)
{
	struct tags *t = arg;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= SYMBOLS_FILE)
		tags_add(t, path);
}

/* No options from the project or the user, no output files, no links; each path
 * begins with "./", so that none is an option. */
static cJSON *
symbols_argv(const struct core *c, const struct tags *t, size_t n)
{
	static const char *const options[] = { "--options=NONE", "-f", "-",
		"--sort=no", "--excmd=number", "--fields=K", "--links=no" };
	cJSON *list = cJSON_CreateArray();
	size_t i;

	cJSON_AddItemToArray(list, cJSON_CreateString(json_str(c->start,
	    "ctags")));
	for (i = 0; i < MEM_COUNT(options); i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(options[i]));
	for (i = 0; i < n; i++) {
		char *path = xasprintf("./%s", tags_path(t, i));

		cJSON_AddItemToArray(list, cJSON_CreateString(path));
		free(path);
	}
	return list;
}

static bool
symbols_can(const struct core *c)
{
	/* Without a sandbox nothing runs without the user's permission. */
	return c->project.symbols_due && c->project.context != NULL &&
	    c->level != SANDBOX_NONE &&
	    c->target.replay_dir == NULL &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    json_str(c->start, "ctags") != NULL;
}

bool
symbols_begin(struct core *c)
{
	struct inspect_request q = {
		.ms = json_int(c->start, "symbols_ms", SYMBOLS_MS),
		.max = SYMBOLS_OUTPUT, .doing = "looking for names in the project",
		.done = symbols_done,
	};
	bool can = symbols_can(c), begun = false;
	cJSON *argv;
	size_t n;

	c->project.symbols_due = false;
	if (!can)
		return false;
	c->project.symbols = tags_new(c->project.symbols_task == NULL ? "" :
	    c->project.symbols_task);
	project_context_files_each(c, symbols_add, c->project.symbols);
	n = tags_choose(c->project.symbols, SYMBOLS_FILES, SYMBOLS_PATHS);
	if (n == 0) {
		symbols_done(c, NULL, 0);
		return false;
	}
	argv = symbols_argv(c, c->project.symbols, n);
	q.argv = argv;
	begun = inspect_begin(c, &q);
	cJSON_Delete(argv);
	return begun;
}
