/* See stats-from.h. */
#include "config.h"

#include "cmd/stats-from.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/cmd-exit.h"

#define STATS_FROM_DEPTH	32

/* ---- a file ---- */

static void
stats_run_release(struct stats_run *r)
{
	free(r->key);
	free(r->file);
	free(r->name);
	free(r->session);
	free(r->project);
	free(r->started);
	free(r->mode);
	free(r->ended);
	stats_release(&r->stats);
}

/* A run that never began has no statistics, but a week. */
static void
stats_from_week(struct stats *s, const char *ended)
{
	if (s->by[STATS_BY_WEEK].len > 0)
		return;
	GROW(s->by[STATS_BY_WEEK].v, s->by[STATS_BY_WEEK].len);
	s->by[STATS_BY_WEEK].v[s->by[STATS_BY_WEEK].len++] =
	    (struct stats_row){ .name = stats_week(ended) };
}

/* `o` is a report, or of an earlier run in one. */
static void
stats_run_read(struct stats_run *r, const cJSON *o)
{
	const cJSON *s = json_get(o, "stats");

	r->session = xstrdup_null(json_str(o, "session"));
	r->ended = xstrdup(json_str_or(o, "ended", ""));
	r->exit = (int)json_int(o, "exit", EXIT_ERROR);
	r->project = xstrdup_null(json_str(s, "project"));
	r->started = xstrdup_null(json_str(s, "started"));
	r->mode = xstrdup_null(json_str(s, "mode"));
	stats_from_json(&r->stats, s);
	xstrset(&r->stats.outcome, json_str(o, "outcome"));
	stats_from_week(&r->stats, r->ended);
	/* A run that never began is known by its file. */
	r->key = r->session == NULL ? xasprintf("\n%s", r->file) :
	    xasprintf("%s\n%s\n%s", r->session, r->name == NULL ? "" : r->name,
	    r->project == NULL ? "" : r->project);
}

static void
stats_add_run(struct stats_runs *runs, const char *path, const cJSON *o,
    const char *name, bool repeated)
{
	struct stats_run *r;

	GROW(runs->v, runs->len);
	r = &runs->v[runs->len++];
	*r = (struct stats_run){ .file = xstrdup(path),
		.name = xstrdup_null(name), .repeated = repeated };
	stats_run_read(r, o);
}

/* If it is a report. -1 with *e. */
static int
stats_file(struct stats_runs *runs, const char *path, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *o = NULL;
	const cJSON *it;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0 ||
	    (o = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, e)) == NULL)
		return -1;
	if (json_str(o, "outcome") == NULL || json_get(o, "session") == NULL ||
	    json_get(o, "exit") == NULL)
		return 0;
	if (json_int(o, "version", 0) != 1)
		return err_set(e, "another version of assent wrote it");
	stats_add_run(runs, path, o, json_str(o, "name"), false);
	cJSON_ArrayForEach(it, json_array(o, "earlier"))
		if (json_str(it, "session") != NULL)
			stats_add_run(runs, path, it, json_str(o, "name"),
			    true);
	return 0;
}

/* ---- the folder ---- */

static void
stats_add_file(struct stats_runs *runs, const char *path)
{
	struct err e = ERR_INIT;

	if (stats_file(runs, path, &e) < 0) {
		cmd_say("%s: %s", path, e.text);
		runs->damaged++;
	}
}

static int
stats_from_dir(struct stats_runs *runs, const char *dir, int depth,
    struct err *e)
{
	static const char *const ends[] = { ".json" };
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return err_sys(e, "can't open the folder %s", dir);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);
		struct err below = ERR_INIT;

		if (de->d_name[0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && fs_has_ending(path, ends, 1))
			stats_add_file(runs, path);
		else if (S_ISDIR(st.st_mode) &&
		    depth < STATS_FROM_DEPTH &&
		    stats_from_dir(runs, path, depth + 1, &below) < 0) {
			cmd_say("%s", below.text);
			runs->damaged++;
		}
	}
	return 0;
}

/* The report that was written last comes first, and one of its own. */
static int
stats_by_key(const void *a, const void *b)
{
	const struct stats_run *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	c = c != 0 ? c : strcmp(y->ended, x->ended);
	c = c != 0 ? c : x->repeated - y->repeated;
	return c != 0 ? c : strcmp(x->file, y->file);
}

static int
stats_by_file(const void *a, const void *b)
{
	const struct stats_run *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	return c != 0 ? c : strcmp(x->ended, y->ended);
}

int
stats_from(struct stats_runs *runs, const char *dir, struct err *e)
{
	size_t i, kept = 0;

	if (stats_from_dir(runs, dir, 0, e) < 0)
		return -1;
	if (runs->len == 0)
		return 0;
	qsort(runs->v, runs->len, sizeof(runs->v[0]), stats_by_key);
	for (i = 0; i < runs->len; i++)
		if (kept > 0 && strcmp(runs->v[i].key,
		    runs->v[kept - 1].key) == 0) {
			runs->copies += !runs->v[i].repeated;
			runs->v[kept - 1].repeated |= runs->v[i].repeated;
			stats_run_release(&runs->v[i]);
		} else
			runs->v[kept++] = runs->v[i];
	runs->len = kept;
	qsort(runs->v, runs->len, sizeof(runs->v[0]), stats_by_file);
	return 0;
}

void
stats_runs_release(struct stats_runs *runs)
{
	size_t i;

	for (i = 0; i < runs->len; i++)
		stats_run_release(&runs->v[i]);
	free(runs->v);
}
