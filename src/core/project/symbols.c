#include "config.h"

#include "core/project/symbols.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/mask.h"
#include "core/core.h"
#include "core/project/project-context.h"
#include "core/project/tags.h"
#include "core/model.h"

#define SYMBOLS_MS	10000			/* then continue without */
#define SYMBOLS_FILES	1500			/* limit on files searched */
#define SYMBOLS_PATHS	((size_t)64 << 10)	/* limit on their paths, in
						   bytes */
#define SYMBOLS_FILE	((off_t)512 << 10)	/* larger files are generated */

void
symbols_words(struct core *c, const char *text)
{
	if (!c->project.symbols_due)
		return;
	xstrset(&c->project.symbols_task, text);
}

/* ---- the search ---- */

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

/* The files, ranked by the task's words. All: how many there are. */
static struct tags *
symbols_files(struct core *c, size_t *chosen, size_t *all)
{
	struct tags *t = tags_new(c->project.symbols_task == NULL ? "" :
	    c->project.symbols_task);

	project_context_files_each(c, symbols_add, t);
	*all = tags_added(t);
	*chosen = tags_choose(t, SYMBOLS_FILES, SYMBOLS_PATHS);
	return t;
}

static bool
symbols_are_due(const struct core *c)
{
	return phase_has_task(c) ? c->project.symbols_due :
	    c->project.context == NULL || c->project.due;
}

/* No options from the project or the user, no output files, no links; each path
 * begins with "./", so that none is an option. */
bool
symbols_args(struct core *c, cJSON *args, int64_t *ms)
{
	static const char *const options[] = { "--options=NONE", "-f", "-",
		"--sort=no", "--excmd=number", "--fields=K", "--links=no" };
	struct tags *t;
	size_t i, n, all;
	cJSON *argv;

	if (c->project.symbols_known || !symbols_are_due(c) ||
	    (c->mode != MODE_INTERACTIVE && c->mode != MODE_EXEC) ||
	    json_str(c->start, "ctags") == NULL)
		return false;
	t = symbols_files(c, &n, &all);
	if (n == 0 || (!phase_has_task(c) && n < all)) {
		tags_free(t);
		return false;
	}
	argv = cJSON_CreateArray();
	cJSON_AddItemToArray(argv, cJSON_CreateString(json_str(c->start,
	    "ctags")));
	for (i = 0; i < MEM_COUNT(options); i++)
		cJSON_AddItemToArray(argv, cJSON_CreateString(options[i]));
	for (i = 0; i < n; i++) {
		AUTO_FREE char *path = xasprintf("./%s", tags_path(t, i));

		cJSON_AddItemToArray(argv, cJSON_CreateString(path));
	}
	tags_free(t);
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
	struct mask_list secrets = { 0 };
	struct tags *t;
	size_t n, all;
	char *names;

	if (c->project.symbols_due && c->project.symbols_output != NULL) {
		t = symbols_files(c, &n, &all);
		tags_read(t, c->project.symbols_output,
		    c->project.symbols_output_len);
		names = tags_text(t, project_context_room(c));
		model_secrets(c, &secrets);
		mask_secrets(&text, names, strlen(names), &secrets);
		mask_list_release(&secrets);
		free(names);
		tags_free(t);
	}
	if (c->project.symbols_due) {
		symbols_found(c, NULL, 0);
		c->project.symbols_known = c->project.symbols_due = false;
	}
	if (text.len > 0)
		project_context_symbols(c, buf_str(&text));
}
