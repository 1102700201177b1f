/*
 * cmd-stats: prints what sessions used, and how their tasks went, by their facts
 * (journal/facts.h): as lines, as JSON, or as a table; the manual has the
 * definitions (assent(1), Statistics). A session is the JSON object that is in
 * `exec --output`, too, from which it can be read again. And what a task may use,
 * by those before it.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/print.h"
#include "journal/event.h"
#include "journal/facts.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "journal/task-usage.h"

static void
stats_take(void *facts, const struct event *line)
{
	facts_event(facts, line);
}

/* ---- numbers in such an object ---- */

/* One of a report, which anyone may have written. */
static int64_t
stats_int(const cJSON *o, const char *key)
{
	int64_t v = json_int(o, key, 0);

	return v < 0 || v > TASK_USAGE_MAX ? 0 : v;
}

static struct task_usage_sum
stats_used(const cJSON *o)
{
	const cJSON *t = json_get(o, "tokens");
	int64_t cost = money_from_json(json_get(o, "cost_usd"));

	return (struct task_usage_sum){
		.turns = stats_int(o, "turns"),
		.in = stats_int(t, "in"),
		.out = stats_int(t, "out"),
		.cached = stats_int(t, "cached"),
		.counted = stats_int(t, "counted"),
		.cached_told = cJSON_IsNumber(json_get(t, "cached")),
		.cost = cost < 0 ? 0 : cost,
		.unpriced = cost < 0 && stats_int(o, "turns") > 0,
		.guessed = json_bool(t, "guessed", false),
	};
}

/* Add this usage to what the object has. */
static void
stats_add_used(cJSON *o, const struct task_usage_sum *more)
{
	struct task_usage_sum u = stats_used(o);
	cJSON *t = cJSON_CreateObject();

	task_usage_add_sum(&u, more);
	json_add_int(o, "turns", u.turns);
	json_add_int(t, "in", u.in);
	json_add_int(t, "out", u.out);
	json_add_count(t, "cached", u.cached_told ? u.cached : -1);
	json_add_int(t, "counted", u.counted);
	json_add_bool(t, "guessed", u.guessed);
	json_set_take(o, "tokens", t);
	json_set_take(o, "cost_usd", money_to_json(task_usage_cost(&u)));
}

static cJSON *
stats_list(cJSON *o, const char *key, bool object)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(o, key);

	return list != NULL ? list : object ? cJSON_AddObjectToObject(o, key) :
	    cJSON_AddArrayToObject(o, key);
}

static void
stats_add_model(cJSON *o, const char *name, const struct task_usage_sum *used)
{
	cJSON *list = stats_list(o, "by_model", false), *it;

	cJSON_ArrayForEach(it, list)
		if (json_is(it, "model", name))
			break;
	if (it == NULL) {
		cJSON_AddItemToArray(list, it = cJSON_CreateObject());
		json_add_str(it, "model", name);
	}
	stats_add_used(it, used);
}

/* Add what can be added of such an object. */
static void
stats_add(cJSON *to, const cJSON *o)
{
	static const char *const counts[] = { "tasks", "checked",
		"passed_first", "worked_ms" };
	static const char *const hunks[] = { "accepted", "edited", "rejected" };
	const cJSON *from = json_get(o, "hunks"), *it;
	const cJSON *misses = json_get(o, "cache_misses");
	cJSON *h = stats_list(to, "hunks", true);
	cJSON *m = stats_list(to, "cache_misses", true);
	struct task_usage_sum used = stats_used(o);
	size_t i;

	for (i = 0; i < MEM_COUNT(counts); i++)
		json_add_int(to, counts[i], stats_int(to, counts[i]) +
		    stats_int(o, counts[i]));
	for (i = 0; i < MEM_COUNT(hunks); i++)
		json_add_int(h, hunks[i], stats_int(h, hunks[i]) +
		    stats_int(from, hunks[i]));
	cJSON_ArrayForEach(it, misses)
		json_add_int(m, it->string, stats_int(m, it->string) +
		    stats_int(misses, it->string));
	stats_add_used(to, &used);
	(void)stats_list(to, "by_model", false);
	cJSON_ArrayForEach(it, json_array(o, "by_model")) {
		used = stats_used(it);
		stats_add_model(to, json_str_or(it, "model", "?"), &used);
	}
}

/* ---- where they come from ---- */

cJSON *
stats_of_session(const char *id, struct err *e)
{
	static const struct json_field fields[] = {
		JSON_FIELD(facts, state.root, JSON_TEXT, "project", NULL),
		JSON_FIELD(facts, state.started, JSON_TEXT, "started", NULL),
		JSON_FIELD(facts, profile, JSON_TEXT, "profile", NULL),
		JSON_FIELD(facts, state.outcome, JSON_TEXT, "outcome", NULL),
		JSON_FIELD(facts, tasks, JSON_INT, "tasks", NULL),
		JSON_FIELD(facts, checked, JSON_INT, "checked", NULL),
		JSON_FIELD(facts, passed, JSON_INT, "passed_first", NULL),
		JSON_FIELD(facts, usage.session.worked_ms, JSON_INT64,
		    "worked_ms", NULL),
	}, counts[] = {
		JSON_FIELD(facts_hunks, n[FACTS_ACCEPTED], JSON_INT, "accepted",
		    NULL),
		JSON_FIELD(facts_hunks, n[FACTS_EDITED], JSON_INT, "edited",
		    NULL),
		JSON_FIELD(facts_hunks, n[FACTS_REJECTED], JSON_INT, "rejected",
		    NULL),
	};
	AUTO(facts_release) struct facts f = { 0 };
	AUTO_FREE char *dir = session_dir(id, e);
	struct facts_hunks hunks;
	cJSON *o;

	if (dir == NULL || log_events(dir, stats_take, &f, e) < 0)
		return NULL;
	hunks = facts_hunks(&f, FACTS_OF_SESSION);
	o = JSON_TEXTS("session", id);
	JSON_WRITE(o, &f, fields);
	JSON_WRITE(stats_list(o, "hunks", true), &hunks, counts);
	json_set_take(o, "cache_misses", f.misses == NULL ?
	    cJSON_CreateObject() : cJSON_Duplicate(f.misses, 1));
	stats_add_used(o, &f.usage.session);
	(void)stats_list(o, "by_model", false);
	MEM_EACH(&f, models, m)
		stats_add_model(o, m->name, &m->used);
	return o;
}

static int
stats_session(cJSON *list, const char *id)
{
	struct err e = ERR_INIT;
	cJSON *o = stats_of_session(id, &e);

	if (o == NULL)
		return cmd_fail(EXIT_ERROR, "%s: %s", id, e.text);
	cJSON_AddItemToArray(list, o);
	return 0;
}

static int
stats_sessions(cJSON *list, const char *root)
{
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (session_list(root, SESSION_USED, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	for (i = 0; i < n; i++)
		if (stats_session(list, v[i].id) != 0)
			code = EXIT_ERROR;
	session_list_free(v, n);
	return code;
}

/* If it is a report. -1 with *e. */
static int
stats_file(cJSON *list, const char *path, struct err *e)
{
	static const char *const words[] = { "session", "project", "started",
		"profile" };
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *o = NULL;
	const cJSON *stats;
	cJSON *run;
	size_t i;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0 ||
	    (o = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, e)) == NULL)
		return -1;
	if (json_str(o, "outcome") == NULL || json_get(o, "session") == NULL ||
	    json_get(o, "exit") == NULL)
		return 0;
	if (json_int(o, "version", 0) != 1)
		return err_set(e, "another version of assent wrote it");
	stats = json_get(o, "stats");
	cJSON_AddItemToArray(list, run = cJSON_CreateObject());
	for (i = 0; i < MEM_COUNT(words); i++)
		json_add_str(run, words[i], json_str(stats, words[i]));
	JSON_ADD_TEXTS(run, "name", json_str(o, "name"), "file", path,
	    "outcome", json_str(o, "outcome"));
	json_add_int(run, "exit", json_int(o, "exit", EXIT_ERROR));
	stats_add(run, stats);
	return 0;
}

/* All *.json in it and below, by name; damaged ones are named and counted. -1
 * with *e if it can't be read. */
static int
stats_files(cJSON *list, const char *dir, int *damaged, struct err *e)
{
	static const char *const ends[] = { ".json" };
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;
	AUTO_FREE char **v = NULL;
	size_t i, n = 0;

	if (d == NULL)
		return err_sys(e, "can't open this folder");
	while ((de = fs_dir_next(&d)) != NULL)
		if (de->d_name[0] != '.')
			*GROW_ADD(v, n) = fs_join(dir, de->d_name);
	if (n > 1)
		MEM_SORT(v, n);
	for (i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		struct stat st = { .st_mode = 0 };
		int rc = 0;

		(void)lstat(v[i], &st);
		if (S_ISREG(st.st_mode) && fs_has_ending(v[i], ends, 1))
			rc = stats_file(list, v[i], &why);
		else if (S_ISDIR(st.st_mode))
			rc = stats_files(list, v[i], damaged, &why);
		if (rc < 0)
			cmd_say("%s: %s", v[i], why.text);
		*damaged += rc < 0;
		free(v[i]);
	}
	return 0;
}

static int
stats_from(cJSON *list, const char *dir)
{
	struct err e = ERR_INIT;
	int damaged = 0;

	if (stats_files(list, dir, &damaged, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--from %s: %s", dir, e.text);
	return damaged == 0 ? 0 : cmd_fail(EXIT_ERROR, "%d damaged file%s",
	    damaged, damaged == 1 ? "" : "s");
}

/* ---- lines ---- */

static void
stats_add_text(struct buf *b, const cJSON *o)
{
	const cJSON *h = json_get(o, "hunks");
	struct task_usage_sum used = stats_used(o);
	long long edited = stats_int(h, "edited");

	task_usage_line(b, &used);
	buf_adds(b, ", worked ");
	limit_text(b, LIMIT_TIME, stats_int(o, "worked_ms"));
	buf_addf(b, ", hunks: %lld accepted", stats_int(h, "accepted") + edited);
	if (edited > 0)
		buf_addf(b, " (%lld edited)", edited);
	buf_addf(b, ", %lld rejected", (long long)stats_int(h, "rejected"));
	facts_add_misses(b, "; ", json_get(o, "cache_misses"));
}

static void
stats_print(const struct cmd_args *a, const cJSON *o)
{
	const char *name = json_str(o, "name"), *where = a->from != NULL ?
	    json_str(o, "file") : a->all ? json_str(o, "project") : NULL;
	const char *outcome = json_str(o, "outcome");
	const cJSON *models = json_array(o, "by_model"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_adds(&b, json_str_or(o, "session", "-"));
	if (name != NULL)
		buf_addf(&b, " (%s)", name);
	buf_adds(&b, "  ");
	stats_add_text(&b, o);
	cJSON_ArrayForEach(it, models)
		buf_addf(&b, "%s %s", it != models->child ? "," :
		    it->next == NULL ? "; model" : "; models",
		    json_str_or(it, "model", "?"));
	if (where != NULL)
		buf_addf(&b, "  %s", where);
	if (outcome != NULL)
		buf_addf(&b, "  [%s]", fold_outcome_words(outcome));
	print_words(stdout, "%s", buf_str(&b));
}

static void
stats_print_total(const cJSON *total, const char *what)
{
	int64_t n = stats_int(total, what), tasks = stats_int(total, "tasks");
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	buf_addf(&b, "%lld %.*s, %lld task%s: ", (long long)n,
	    (int)strlen(what) - (n == 1), what, (long long)tasks,
	    tasks == 1 ? "" : "s");
	stats_add_text(&b, total);
	print_words(stdout, "%s", buf_str(&b));
	buf_clear(&b);
	cJSON_ArrayForEach(it, json_get(total, "outcomes"))
		buf_addf(&b, "%s%d %s", b.len == 0 ? "    ended: " : ", ",
		    it->valueint, fold_outcome_words(it->string));
	if (b.len > 0)
		print_words(stdout, "%s", buf_str(&b));
	if (stats_int(total, "checked") > 0)
		print_words(stdout, "    first check passed: %lld of %lld "
		    "tasks", (long long)stats_int(total, "passed_first"),
		    (long long)stats_int(total, "checked"));
	cJSON_ArrayForEach(it, json_array(total, "by_model")) {
		struct task_usage_sum used = stats_used(it);

		buf_clear(&b);
		task_usage_line(&b, &used);
		print_words(stdout, "    %s: %s", json_str_or(it, "model", "?"),
		    buf_str(&b));
	}
}

/* ---- CSV (RFC 4180) ---- */

static const struct stats_column {
	const char	*head;
	const char	*in, *key;	/* a member of this member; NULL: of the
					   object, as the head says */
	int		 digits;	/* after the point */
} stats_columns[] = {
	{ "session", NULL, NULL, 0 }, { "name", NULL, NULL, 0 },
	{ "file", NULL, NULL, 0 }, { "project", NULL, NULL, 0 },
	{ "started", NULL, NULL, 0 }, { "profile", NULL, NULL, 0 },
	{ "model", "by_model", "model", 0 }, { "outcome", NULL, NULL, 0 },
	{ "exit", NULL, NULL, 0 }, { "tasks", NULL, NULL, 0 },
	{ "checked", NULL, NULL, 0 }, { "passed_first", NULL, NULL, 0 },
	{ "hunks_accepted", "hunks", "accepted", 0 },
	{ "hunks_edited", "hunks", "edited", 0 },
	{ "hunks_rejected", "hunks", "rejected", 0 },
	{ "turns", NULL, NULL, 0 }, { "tokens_in", "tokens", "in", 0 },
	{ "tokens_out", "tokens", "out", 0 },
	{ "tokens_cached", "tokens", "cached", 0 },
	{ "cost_usd", NULL, NULL, 6 }, { "worked_s", NULL, "worked_ms", 3 },
};

/* Foreign text, as one field. A spreadsheet runs what begins with "=". */
static void
stats_field(struct buf *b, const char *s)
{
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

static void
stats_add_cell(struct buf *b, const cJSON *o, const struct stats_column *c)
{
	const cJSON *of = c->in == NULL ? o : json_get(o, c->in), *v;
	int64_t n, unit = c->digits == 3 ? 1000 : MONEY_DOLLAR;

	v = json_get(cJSON_IsArray(of) ? of->child : of,
	    c->key == NULL ? c->head : c->key);
	if (cJSON_IsString(v))
		stats_field(b, v->valuestring);
	if (!cJSON_IsNumber(v))
		return;
	n = c->digits == 6 ? money_from_json(v) : (int64_t)v->valuedouble;
	if (c->digits == 0)
		buf_addf(b, "%lld", (long long)n);
	else
		buf_addf(b, "%lld.%0*lld", (long long)(n / unit), c->digits,
		    (long long)(n % unit));
}

static void
stats_csv(const cJSON *list)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *o;
	size_t i;

	for (i = 0; i < MEM_COUNT(stats_columns); i++)
		buf_addf(&b, "%s%s", i > 0 ? "," : "", stats_columns[i].head);
	buf_adds(&b, "\r\n");
	cJSON_ArrayForEach(o, list) {
		for (i = 0; i < MEM_COUNT(stats_columns); i++) {
			buf_adds(&b, i > 0 ? "," : "");
			stats_add_cell(&b, o, &stats_columns[i]);
		}
		buf_adds(&b, "\r\n");
	}
	print_lines(stdout, b.p, b.len);
}

/* ---- all ---- */

static cJSON *
stats_total(const cJSON *list, const char *what)
{
	cJSON *total = cJSON_CreateObject();
	cJSON *ends = cJSON_CreateObject();
	const cJSON *o;

	json_add_int(total, what, cJSON_GetArraySize(list));
	cJSON_ArrayForEach(o, list) {
		const char *end = json_str_or(o, "outcome", "unfinished");

		json_add_int(ends, end, json_int(ends, end, 0) + 1);
		stats_add(total, o);
	}
	json_set_take(total, "outcomes", ends);
	return total;
}

int
cmd_stats(const struct cmd_args *a)
{
	const char *what = a->from != NULL ? "runs" : "sessions";
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_JSON cJSON *all = cJSON_CreateObject();
	AUTO_BUF struct buf reviews = BUF_INIT(0);
	cJSON *list = cJSON_AddArrayToObject(all, what), *o, *total;
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
	code = a->from != NULL ? stats_from(list, a->from) : id != NULL ?
	    stats_session(list, id) : stats_sessions(list, s.root);
	/* An error without any figures isn't a report of zeros. */
	if (code != 0 && list->child == NULL)
		return code;
	total = stats_total(list, what);
	json_set_take(all, "total", total);
	if (a->csv)
		stats_csv(list);
	else if (a->json)
		print_object(all);
	else {
		cJSON_ArrayForEach(o, list)
			stats_print(a, o);
		stats_print_total(total, what);
		if (a->from == NULL)
			session_add_reviews(&reviews);
		print_dim(stdout, buf_str(&reviews));
	}
	return code;
}

/* The share of so many of these turns, rounded up. */
static int64_t
estimate_part(int64_t sum, int64_t n, int64_t turns)
{
	return (int64_t)((double)sum * (double)n / (double)turns + 0.999);
}

/* What a task may use: the average number of turns of the project's past tasks,
 * and of each the average use. */
int
stats_estimate(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_JSON cJSON *list = cJSON_CreateArray(), *total = NULL;
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct task_usage_sum u;
	int64_t tasks, n;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	code = stats_sessions(list, s.root);
	total = stats_total(list, "sessions");
	u = stats_used(total);
	tasks = u.turns == 0 || u.in == 0 ? 0 : stats_int(total, "tasks");
	json_add_int(o, "tasks", tasks);
	if (tasks > 0) {
		n = (u.turns + tasks - 1) / tasks;
		u.in = estimate_part(u.in, n, u.turns);
		u.out = estimate_part(u.out, n, u.turns);
		u.cached = estimate_part(u.cached, n, u.turns);
		u.counted = estimate_part(u.counted, n, u.turns);
		u.cost = estimate_part(u.cost, n, u.turns);
		u.turns = n;
		stats_add_used(o, &u);
		task_usage_line(&b, &u);
		buf_addf(&b, " (the average of %lld past task%s here)",
		    (long long)tasks, tasks == 1 ? "" : "s");
	} else
		buf_adds(&b, "unknown: no task with known token counts has "
		    "ended in this project yet");
	if (a->json)
		print_object(o);
	else
		print_words(stdout, "%s", buf_str(&b));
	return code;
}
