#include "config.h"

#include "core/symbols.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/brief.h"
#include "core/capture.h"
#include "core/core.h"
#include "core/map.h"
#include "core/mask.h"
#include "core/tags.h"

#define SYMBOLS_MS	10000			/* then without */
#define SYMBOLS_FILES	1500			/* looked into, at most */
#define SYMBOLS_PATHS	((size_t)64 << 10)	/* bytes of their paths */
#define SYMBOLS_FILE	((off_t)512 << 10)	/* a larger one was made */
#define SYMBOLS_OUTPUT	((size_t)4 << 20)	/* read of ctags */

struct symbols {
	struct cage_call	*worker;
	struct loop_timer	*timer;
	struct tags		*tags;
	struct buf		 output;
};

void
symbols_ask(struct core *c)
{
	c->symbols_due = true;
}

void
symbols_words(struct core *c, const char *text)
{
	if (!c->symbols_due)
		return;
	free(c->symbols_task);
	c->symbols_task = xstrdup(text);
}

/* ---- its end ---- */

/* The stage is free again, and so is the loop. */
static void
symbols_end(struct core *c)
{
	struct symbols *s = c->symbols;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	c->symbols = NULL;
	c->busy = BUSY_NONE;
	(void)stage_after_call(c->stage, &notes, &e);
	buf_release(&notes);
	capture_free(c->capture);
	c->capture = NULL;
	loop_timer_free(s->timer);
	tags_free(s->tags);
	buf_release(&s->output);
	free(s);
}

void
symbols_stop(struct core *c)
{
	c->symbols_due = false;
	if (c->symbols == NULL)
		return;
	cage_call_cancel(c->symbols->worker);
	symbols_end(c);
}

void
symbols_release(struct core *c)
{
	symbols_stop(c);
	free(c->symbols_task);
	c->symbols_task = NULL;
}

static void
symbols_late(void *arg)
{
	struct core *c = arg;

	c->symbols->timer = NULL;
	symbols_stop(c);
	core_step_soon(c);
}

static void
symbols_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	struct buf *b = &c->symbols->output;

	if (b->len < SYMBOLS_OUTPUT)
		buf_add(b, p, n < SYMBOLS_OUTPUT - b->len ? n :
		    SYMBOLS_OUTPUT - b->len);
}

static void
symbols_finished(void *arg, const struct cage_result *r)
{
	struct core *c = arg;
	struct symbols *s = c->symbols;
	struct buf text = BUF_INIT(0);
	struct mask_list secrets = { 0 };
	char *names = NULL;

	/* What was killed has said a part that is not the same each time. */
	if (r->built && r->exit == 0 && r->killed == NULL) {
		tags_read(s->tags, buf_str(&s->output), s->output.len);
		names = tags_text(s->tags, brief_room(c));
		model_secrets(c, &secrets);
		mask_secrets(&text, names, strlen(names), &secrets);
		mask_list_release(&secrets);
	}
	symbols_end(c);
	if (text.len > 0)
		brief_symbols(c, buf_str(&text));
	buf_release(&text);
	free(names);
	core_step_soon(c);
}

/* ---- its beginning ---- */

/* Regular files that a person may have written. */
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

/* No options of the project's or the user's, nothing written, no link
 * followed; each path begins with "./", so that none is an option. */
static cJSON *
symbols_argv(const struct core *c, const struct tags *t, size_t n)
{
	static const char *const options[] = { "--options=NONE", "-f", "-",
		"--sort=no", "--excmd=number", "--fields=K", "--links=no" };
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
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
	json_set_take(o, "argv", list);
	return o;
}

static bool
symbols_can(const struct core *c)
{
	/* Without a cage nothing runs that no person has allowed. */
	return c->symbols_due && c->brief != NULL && c->rung != CAGE_NONE &&
	    c->target.replay_dir == NULL &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    json_str(c->start, "ctags") != NULL;
}

bool
symbols_begin(struct core *c)
{
	static const struct cage_callbacks callbacks = {
		.output = symbols_output, .done = symbols_finished,
	};
	bool can = symbols_can(c);
	struct err e = ERR_INIT;
	struct symbols *s;
	cJSON *args;
	size_t n;

	c->symbols_due = false;
	if (!can)
		return false;
	s = xcalloc(1, sizeof(*s));
	s->tags = tags_new(c->symbols_task == NULL ? "" : c->symbols_task);
	brief_files_each(c, symbols_add, s->tags);
	n = tags_choose(s->tags, SYMBOLS_FILES, SYMBOLS_PATHS);
	args = symbols_argv(c, s->tags, n);
	c->symbols = s;
	if (n > 0)
		s->worker = call_begin_at_root(c, c->stage, "argv", args,
		    &callbacks, &e);
	cJSON_Delete(args);
	if (s->worker == NULL) {
		c->symbols = NULL;
		tags_free(s->tags);
		free(s);
		return false;
	}
	s->timer = loop_timer_new(c->loop, json_int(c->start, "symbols_ms",
	    SYMBOLS_MS), symbols_late, c);
	c->busy = BUSY_LOOK;
	core_status(c, "tool", "the names in the project");
	return true;
}
