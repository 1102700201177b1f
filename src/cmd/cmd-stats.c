/*
 * cmd-stats: prints what sessions used, and how their tasks went: as lines, as
 * JSON, or as a table.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "record/stats.h"
#include "journal/session.h"

struct stats_out {
	const struct cmd_args *a;
	const char	*what;		/* "sessions" or "runs" */
	cJSON		*list;		/* --json: the objects */
	struct buf	 rows;		/* --csv */
	cJSON		*outcomes;	/* how many of each */
	struct stats	 total;
	size_t		 n;
	size_t		 damaged;	/* files; each was named */
};

static void
stats_out_release(struct stats_out *o)
{
	cJSON_Delete(o->list);
	cJSON_Delete(o->outcomes);
	buf_release(&o->rows);
	stats_release(&o->total);
}

/* ---- lines ---- */

static void
stats_add_text(struct buf *b, const struct stats *s)
{
	const int64_t *n = s->n;

	task_usage_line(b, &s->used);
	buf_adds(b, ", worked ");
	limit_text(b, LIMIT_TIME, s->used.worked_ms);
	buf_addf(b, ", hunks: %lld accepted", (long long)(n[STATS_ACCEPTED] +
	    n[STATS_EDITED]));
	if (n[STATS_EDITED] > 0)
		buf_addf(b, " (%lld edited)", (long long)n[STATS_EDITED]);
	buf_addf(b, ", %lld rejected", (long long)n[STATS_REJECTED]);
}

static void
stats_print(const struct stats_out *out, const struct stats *s)
{
	char *const *word = s->word;
	const char *where = out->a->from != NULL ? word[STATS_FILE] :
	    out->a->all ? word[STATS_PROJECT] : NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	buf_adds(&b, word[STATS_SESSION] == NULL ? "-" : word[STATS_SESSION]);
	if (word[STATS_NAME] != NULL)
		buf_addf(&b, " (%s)", word[STATS_NAME]);
	buf_addf(&b, "  %-11s  ", word[STATS_OUTCOME] == NULL ? "-" :
	    word[STATS_OUTCOME]);
	stats_add_text(&b, s);
	for (i = 0; i < s->models_len; i++)
		buf_addf(&b, "%s %s", i > 0 ? "," : s->models_len == 1 ?
		    "; model" : "; models", s->models[i].name);
	if (where != NULL)
		buf_addf(&b, "  %s", where);
	print_words(stdout, "%s", buf_str(&b));
}

static void
stats_print_total(const struct stats_out *o)
{
	const struct stats *t = &o->total;
	long long tasks = (long long)t->n[STATS_TASKS];
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;
	size_t i;

	buf_addf(&b, "%zu %.*s, %lld task%s: ", o->n,
	    (int)strlen(o->what) - (o->n == 1), o->what, tasks,
	    tasks == 1 ? "" : "s");
	stats_add_text(&b, t);
	print_words(stdout, "%s", buf_str(&b));
	buf_clear(&b);
	cJSON_ArrayForEach(it, o->outcomes)
		buf_addf(&b, "%s%d %s", b.len == 0 ? "    ended: " : ", ",
		    it->valueint, it->string);
	if (b.len > 0)
		print_words(stdout, "%s", buf_str(&b));
	if (t->n[STATS_CHECKED] > 0)
		print_words(stdout, "    first check passed: %lld of %lld "
		    "tasks", (long long)t->n[STATS_PASSED],
		    (long long)t->n[STATS_CHECKED]);
	for (i = 0; i < t->models_len; i++) {
		buf_clear(&b);
		task_usage_line(&b, &t->models[i].used);
		print_words(stdout, "    %s: %s", t->models[i].name,
		    buf_str(&b));
	}
}

/* ---- CSV (RFC 4180) ---- */

/* Foreign text, as one field. A spreadsheet runs what begins with "=". */
static void
stats_field(struct buf *b, const char *s)
{
	if (s != NULL) {
		buf_addc(b, '"');
		if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL)
			buf_addc(b, '\'');
		for (; *s != '\0'; s++) {
			if (*s == '"')
				buf_addc(b, '"');
			buf_addc(b, *s);
		}
		buf_addc(b, '"');
	}
	buf_addc(b, ',');
}

/* `code`: the exit status, or -1. */
static void
stats_add_row(struct buf *b, const struct stats *s, int code)
{
	const struct task_usage_sum *u = &s->used;
	int i;

	for (i = 0; i < STATS_OUTCOME; i++)
		stats_field(b, s->word[i]);
	stats_field(b, s->models_len == 0 ? NULL : s->models[0].name);
	stats_field(b, s->word[STATS_OUTCOME]);
	if (code >= 0)
		buf_addf(b, "%d", code);
	for (i = 0; i < STATS_COUNTS; i++)
		buf_addf(b, ",%lld", (long long)s->n[i]);
	buf_addf(b, ",%lld,%lld,%lld,", (long long)u->turns,
	    (long long)u->in, (long long)u->out);
	if (u->cached_told)
		buf_addf(b, "%lld", (long long)u->cached);
	buf_addc(b, ',');
	if (stats_cost(u) >= 0)
		buf_addf(b, "%lld.%06lld", (long long)(u->cost / MONEY_DOLLAR),
		    (long long)(u->cost % MONEY_DOLLAR));
	buf_addf(b, ",%lld.%03d\r\n", (long long)(u->worked_ms / 1000),
	    (int)(u->worked_ms % 1000));
}

/* ---- all ---- */

static void
stats_out_add(struct stats_out *o, const struct stats *s, int code)
{
	const char *outcome = s->word[STATS_OUTCOME] == NULL ? "unfinished" :
	    s->word[STATS_OUTCOME];
	cJSON *it;

	stats_merge(&o->total, s);
	json_add_int(o->outcomes, outcome, json_int(o->outcomes, outcome, 0) +
	    1);
	o->n++;
	if (o->a->csv)
		stats_add_row(&o->rows, s, code);
	else if (!o->a->json)
		stats_print(o, s);
	else {
		cJSON_AddItemToArray(o->list, it = cJSON_CreateObject());
		stats_to_json(it, s);
		if (code >= 0)
			json_add_int(it, "exit", code);
	}
}

static void
stats_out_end(struct stats_out *o)
{
	AUTO_JSON cJSON *out = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	cJSON *total;

	if (o->a->csv) {
		fputs("session,name,file,project,started,profile,model,"
		    "outcome,exit,tasks,checked,passed_first,hunks_accepted,"
		    "hunks_edited,hunks_rejected,turns,tokens_in,tokens_out,"
		    "tokens_cached,cost_usd,worked_s\r\n", stdout);
		print_foreign(stdout, o->rows.p, o->rows.len);
	} else if (!o->a->json)
		stats_print_total(o);
	if (!o->a->json)
		return;
	json_set_take(out, o->what, o->list);
	o->list = NULL;
	json_set_take(out, "total", total = cJSON_CreateObject());
	json_add_int(total, o->what, (int64_t)o->n);
	json_copy(total, "outcomes", o->outcomes);
	stats_to_json(total, &o->total);
	text = json_print(out);
	print_json(stdout, text, strlen(text));
}

/* ---- where they come from ---- */

static int
stats_session(struct stats_out *o, const char *id)
{
	AUTO(stats_release) struct stats s = { 0 };
	struct err e = ERR_INIT;

	if (stats_read(&s, id, &e) < 0)
		return cmd_fail(EXIT_ERROR, "%s: %s", id, e.text);
	stats_out_add(o, &s, -1);
	return 0;
}

static int
stats_sessions(struct stats_out *o, const char *root)
{
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (session_list(root, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	session_list_shorten(v, &n);
	for (i = 0; i < n; i++)
		if (stats_session(o, v[i].id) != 0)
			code = EXIT_ERROR;
	session_list_free(v, n);
	return code;
}

/* If it is a report. -1 with *e. */
static int
stats_file(struct stats_out *out, const char *path, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO(stats_release) struct stats s = { 0 };
	AUTO_JSON cJSON *o = NULL;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0 ||
	    (o = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, e)) == NULL)
		return -1;
	if (json_str(o, "outcome") == NULL || json_get(o, "session") == NULL ||
	    json_get(o, "exit") == NULL)
		return 0;
	if (json_int(o, "version", 0) != 1)
		return err_set(e, "another version of assent wrote it");
	stats_from_json(&s, json_get(o, "stats"));
	xstrset(&s.word[STATS_NAME], json_str(o, "name"));
	xstrset(&s.word[STATS_FILE], path);
	xstrset(&s.word[STATS_OUTCOME], json_str(o, "outcome"));
	stats_out_add(out, &s, (int)json_int(o, "exit", EXIT_ERROR));
	return 0;
}

/* All *.json in it and below, by name. -1 with *e if it can't be read. */
static int
stats_files(struct stats_out *o, const char *dir, struct err *e)
{
	static const char *const ends[] = { ".json" };
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;
	char **v = NULL;
	size_t i, n = 0;

	if (d == NULL)
		return err_sys(e, "can't open this folder");
	while ((de = fs_dir_next(&d)) != NULL)
		if (de->d_name[0] != '.') {
			GROW(v, n);
			v[n++] = fs_join(dir, de->d_name);
		}
	if (n > 1)
		MEM_SORT(v, n);
	for (i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		struct stat st = { .st_mode = 0 };
		int rc = 0;

		(void)lstat(v[i], &st);
		if (S_ISREG(st.st_mode) && fs_has_ending(v[i], ends, 1))
			rc = stats_file(o, v[i], &why);
		else if (S_ISDIR(st.st_mode))
			rc = stats_files(o, v[i], &why);
		if (rc < 0)
			cmd_say("%s: %s", v[i], why.text);
		o->damaged += rc < 0;
		free(v[i]);
	}
	free(v);
	return 0;
}

static int
stats_from(struct stats_out *o, const char *dir)
{
	struct err e = ERR_INIT;

	if (stats_files(o, dir, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--from %s: %s", dir, e.text);
	return o->damaged == 0 ? 0 : cmd_fail(EXIT_ERROR,
	    "%zu damaged file%s", o->damaged, o->damaged == 1 ? "" : "s");
}

int
cmd_stats(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(stats_out_release) struct stats_out o = { .a = a,
		.what = a->from != NULL ? "runs" : "sessions" };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	int code;

	if (a->from != NULL && a->operands_len > 0)
		return cmd_fail(EXIT_USAGE, "--from reads files, not sessions: "
		    "without an id");
	if (a->from == NULL && !a->all && a->operands_len == 0 &&
	    (code = setup_project(&s, a)) != 0)
		return code;
	if (a->operands_len > 0 && (id = session_resolve(a->operands[0], NULL,
	    &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	o.list = cJSON_CreateArray();
	o.outcomes = cJSON_CreateObject();
	code = a->from != NULL ? stats_from(&o, a->from) : id != NULL ?
	    stats_session(&o, id) : stats_sessions(&o, s.root);
	/* An error without any figures isn't a report of zeros. */
	if (code == 0 || o.n > 0)
		stats_out_end(&o);
	return code;
}
