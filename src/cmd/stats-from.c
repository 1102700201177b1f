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

/* A report of a version that had no `stats`. */
static void
stats_from_old(struct stats *s, const cJSON *o)
{
	int64_t decided = json_int(o, "decided", 0);
	int64_t refused = json_int(o, "rejected", 0);

	stats_from_json(s, o);
	s->sum.n[STATS_TASKS] = 1;
	s->sum.n[STATS_ACCEPTED] = decided > refused && refused >= 0 ?
	    decided - refused : 0;
	s->sum.n[STATS_REFUSED] = refused > 0 ? refused : 0;
}

/* `o` is a report. */
static void
stats_run_read(struct stats_run *r, const cJSON *o)
{
	const cJSON *s = json_get(o, "stats");

	r->session = xstrdup_null(json_str(o, "session"));
	r->name = xstrdup_null(json_str(o, "name"));
	r->ended = xstrdup(json_str_or(o, "ended", ""));
	r->exit = (int)json_int(o, "exit", EXIT_ERROR);
	r->project = xstrdup_null(json_str(s, "project"));
	r->started = xstrdup_null(json_str(s, "started"));
	r->mode = xstrdup_null(json_str(s, "mode"));
	if (cJSON_IsObject(s))
		stats_from_json(&r->stats, s);
	else
		stats_from_old(&r->stats, o);
	xstrset(&r->stats.outcome, json_str(o, "outcome"));
	/* A run that never began is known by its file. */
	r->key = r->session == NULL ? xasprintf("\n%s", r->file) :
	    xasprintf("%s\n%s\n%s", r->session, r->name == NULL ? "" : r->name,
	    r->project == NULL ? "" : r->project);
}

/* 1: it is one; 0: it is something else; -1 with *e. */
static int
stats_file(const char *path, struct stats_run *r, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *o = NULL;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0 ||
	    (o = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, e)) == NULL)
		return -1;
	if (json_str(o, "outcome") == NULL || json_get(o, "session") == NULL ||
	    json_get(o, "exit") == NULL)
		return 0;
	if (json_int(o, "version", 0) != 1)
		return err_set(e, "another version of assent wrote it");
	r->file = xstrdup(path);
	stats_run_read(r, o);
	return 1;
}

/* ---- the folder ---- */

static void
stats_add_file(struct stats_runs *runs, const char *path)
{
	struct stats_run r = { .key = NULL };
	struct err e = ERR_INIT;
	int is = stats_file(path, &r, &e);

	if (is < 0) {
		cmd_say("%s: %s", path, e.text);
		runs->damaged++;
	} else if (is > 0) {
		GROW(runs->v, runs->len);
		runs->v[runs->len++] = r;
	}
}

static bool
stats_is_report(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static int
stats_from_dir(struct stats_runs *runs, const char *dir, int depth,
    struct err *e)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return err_sys(e, "can't open the folder %s", dir);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);
		struct err below = ERR_INIT;

		if (lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && stats_is_report(de->d_name))
			stats_add_file(runs, path);
		else if (S_ISDIR(st.st_mode) && de->d_name[0] != '.' &&
		    depth < STATS_FROM_DEPTH &&
		    stats_from_dir(runs, path, depth + 1, &below) < 0) {
			cmd_say("%s", below.text);
			runs->damaged++;
		}
	}
	return 0;
}

/* The report that was written last comes first. */
static int
stats_by_key(const void *a, const void *b)
{
	const struct stats_run *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	c = c != 0 ? c : strcmp(y->ended, x->ended);
	return c != 0 ? c : strcmp(x->file, y->file);
}

static int
stats_by_file(const void *a, const void *b)
{
	const struct stats_run *x = a, *y = b;

	return strcmp(x->file, y->file);
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
			stats_run_release(&runs->v[i]);
			runs->copies++;
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
