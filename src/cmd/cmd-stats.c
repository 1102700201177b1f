/*
 * cmd-stats: prints what sessions used, and how their tasks went, counted from
 * their journals: as lines, as JSON, or as a table; the manual has the definitions
 * (assent(1), Statistics). The JSON is also in `exec --output`, from which it can
 * be read again. And what a task may use, by those before it.
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
#include "journal/session.h"
#include "journal/task-usage.h"
#include "policy/price.h"

enum stats_word {
	STATS_SESSION,
	STATS_NAME,		/* of exec --name */
	STATS_FILE,		/* of stats --from */
	STATS_PROJECT,
	STATS_STARTED,
	STATS_PROFILE,
	STATS_OUTCOME,		/* of the last task */
};
#define STATS_WORDS 7

enum stats_count {
	STATS_TASKS,
	STATS_CHECKED,		/* tasks whose success check ran */
	STATS_PASSED,		/* those whose first run of it passed */
	STATS_ACCEPTED,		/* hunks, without the edited ones */
	STATS_EDITED,
	STATS_REJECTED,
};
#define STATS_COUNTS 6

struct stats {
	char			*word[STATS_WORDS];	/* NULL: none */
	int64_t			 n[STATS_COUNTS];
	struct task_usage_sum	 used;
	struct facts_model	*models;
	size_t			 models_len;
};

/* Adds the figures of `s`, not what belongs to one session. */
static void
stats_merge(struct stats *to, const struct stats *s)
{
	size_t i;

	for (i = 0; i < STATS_COUNTS; i++)
		to->n[i] += s->n[i];
	task_usage_add_sum(&to->used, &s->used);
	for (i = 0; i < s->models_len; i++)
		task_usage_add_sum(facts_model(&to->models, &to->models_len,
		    s->models[i].name), &s->models[i].used);
}

static void
stats_release(struct stats *s)
{
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		free(s->word[i]);
	for (i = 0; i < s->models_len; i++)
		free(s->models[i].name);
	free(s->models);
	memset(s, 0, sizeof(*s));
}

/* ---- a journal ---- */

static int
stats_take(void *facts, const char *text, size_t n, struct err *e)
{
	AUTO_JSON cJSON *line = json_parse(text, n, JSON_OWN, NULL);
	AUTO_EVENT struct event event = { 0 };

	(void)e;
	event_read(&event, line);
	facts_event(facts, &event);
	return 0;
}

/* Reads that session's journal into a zeroed struct. -1 with *e; release it
 * anyway. */
static int
stats_read(struct stats *s, const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	AUTO(facts_release) struct facts f = { 0 };
	struct facts_hunks hunks;
	int rc;

	if (dir == NULL)
		return -1;
	rc = log_lines(dir, stats_take, &f, NULL, e);
	hunks = facts_hunks(&f, FACTS_OF_SESSION);
	*s = (struct stats){ .word = {
		[STATS_SESSION] = xstrdup(id),
		[STATS_PROJECT] = xstrdup_null(f.state.root),
		[STATS_STARTED] = xstrdup_null(f.state.started),
		[STATS_PROFILE] = xstrdup_null(f.profile),
		[STATS_OUTCOME] = xstrdup_null(f.outcome) },
	    .n = { [STATS_TASKS] = f.tasks, [STATS_CHECKED] = f.checked,
		[STATS_PASSED] = f.passed,
		[STATS_ACCEPTED] = hunks.n[FACTS_ACCEPTED],
		[STATS_EDITED] = hunks.n[FACTS_EDITED],
		[STATS_REJECTED] = hunks.n[FACTS_REJECTED] },
	    .used = f.usage.session,
	    .models = f.models, .models_len = f.models_len };
	f.models = NULL;
	f.models_len = 0;
	return rc;
}

/* ---- JSON ---- */

static const char *const stats_words[STATS_WORDS] = { "session", "name",
	"file", "project", "started", "profile", "outcome" };
/* Those of hunks are in `hunks`. */
static const char *const stats_counts[STATS_COUNTS] = { "tasks", "checked",
	"passed_first", "accepted", "edited", "rejected" };

static void
stats_add_used(cJSON *o, const struct task_usage_sum *u)
{
	cJSON *t = cJSON_CreateObject();

	json_add_int(o, "turns", u->turns);
	json_add_int(t, "in", u->in);
	json_add_int(t, "out", u->out);
	json_add_count(t, "cached", u->cached_told ? u->cached : -1);
	json_add_int(t, "counted", u->counted);
	json_add_bool(t, "guessed", u->guessed);
	json_set_take(o, "tokens", t);
	json_set_take(o, "cost_usd", money_to_json(task_usage_cost(u)));
}

static void
stats_to_json(cJSON *o, const struct stats *s)
{
	cJSON *h = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		json_add_str(o, stats_words[i], s->word[i]);
	for (i = 0; i < STATS_COUNTS; i++)
		json_add_int(i < STATS_ACCEPTED ? o : h, stats_counts[i],
		    s->n[i]);
	json_set_take(o, "hunks", h);
	stats_add_used(o, &s->used);
	json_add_int(o, "worked_ms", s->used.worked_ms);
	for (i = 0; i < s->models_len; i++) {
		cJSON_AddItemToArray(list, it = cJSON_CreateObject());
		json_add_str(it, "model", s->models[i].name);
		stats_add_used(it, &s->models[i].used);
	}
	json_set_take(o, "by_model", list);
}

cJSON *
stats_of_session(const char *id, struct err *e)
{
	AUTO(stats_release) struct stats s = { 0 };
	cJSON *o;

	if (stats_read(&s, id, e) < 0)
		return NULL;
	o = cJSON_CreateObject();
	stats_to_json(o, &s);
	return o;
}

static int64_t
stats_int(const cJSON *o, const char *key)
{
	int64_t v = json_int(o, key, 0);

	return v < 0 || v > TASK_USAGE_MAX ? 0 : v;
}

static struct task_usage_sum
stats_read_used(const cJSON *o)
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
		.worked_ms = stats_int(o, "worked_ms"),
		.guessed = json_bool(t, "guessed", false),
	};
}

/* Such an object, or NULL, into a zeroed struct. */
static void
stats_from_json(struct stats *s, const cJSON *o)
{
	const cJSON *h = json_get(o, "hunks"), *it;
	struct task_usage_sum used;
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		s->word[i] = xstrdup_null(json_str(o, stats_words[i]));
	for (i = 0; i < STATS_COUNTS; i++)
		s->n[i] = stats_int(i < STATS_ACCEPTED ? o : h,
		    stats_counts[i]);
	s->used = stats_read_used(o);
	cJSON_ArrayForEach(it, json_array(o, "by_model")) {
		used = stats_read_used(it);
		task_usage_add_sum(facts_model(&s->models, &s->models_len,
		    json_str_or(it, "model", "?")), &used);
	}
}

/* ---- what is printed ---- */

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
	if (task_usage_cost(u) >= 0)
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
		print_lines(stdout, o->rows.p, o->rows.len);
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

	if (session_list(root, SESSION_USED, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
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
	AUTO_FREE char **v = NULL;
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

/*
 * What a task may use, without running it: the turns that it may
 * take times the average of a turn in this project's latest sessions.
 */

#define ESTIMATE_SESSIONS	40

struct estimate_used {
	double	 turns, in, out, cached;
};

struct estimate {
	struct estimate_used task;	/* the current one; turns 0: none */
	struct estimate_used sum;
	int64_t	 tasks;
};

/* ---- the past ---- */

static void
estimate_count(struct estimate *p)
{
	p->tasks += p->task.turns > 0;
	p->sum.turns += p->task.turns;
	p->sum.in += p->task.in;
	p->sum.out += p->task.out;
	p->sum.cached += p->task.cached;
	p->task = (struct estimate_used){ 0 };
}

/* A task that waited for review ends again once it is decided, with all its
 * tokens: its last end counts. */
static void
estimate_end(struct estimate *p, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");

	if (json_num(line, "turns", 0) > 0 && json_num(tokens, "in", 0) > 0)
		p->task = (struct estimate_used){
			.turns = json_num(line, "turns", 0),
			.in = json_num(tokens, "in", 0),
			.out = json_num(tokens, "out", 0),
			.cached = json_num(tokens, "cached", 0),
		};
}

static int
estimate_line(void *arg, const char *line, size_t n, struct err *e)
{
	static const char said[] = "\"type\":\"user_message\"",
		ended[] = "\"type\":\"agent_end\"";
	AUTO_JSON cJSON *o = NULL;

	(void)e;
	if ((memmem(line, n, said, strlen(said)) == NULL &&
	    memmem(line, n, ended, strlen(ended)) == NULL) ||
	    (o = json_parse(line, n, JSON_OWN, NULL)) == NULL)
		return 0;
	if (event_type(o) == EVENT_AGENT_END)
		estimate_end(arg, o);
	else if (event_type(o) == EVENT_USER_MESSAGE && json_is(o, "by", "user"))
		estimate_count(arg);
	return 0;
}

static int
estimate_read(struct estimate *p, const char *root, struct err *e)
{
	struct session_info *v = NULL;
	size_t i, n = 0, found = 0;

	if (session_list(root, SESSION_ALL, &v, &n, e) < 0)
		return -1;
	for (i = 0; i < n && found < ESTIMATE_SESSIONS; i++) {
		struct err ignored = ERR_INIT;
		AUTO_FREE char *dir = session_dir(v[i].id, &ignored);

		if (dir == NULL || (v[i].state.mode != NULL &&
		    strcmp(v[i].state.mode, "demo") == 0))
			continue;
		found++;
		(void)log_lines(dir, estimate_line, p, NULL, &ignored);
		estimate_count(p);
	}
	session_list_free(v, n);
	return 0;
}

/* ---- the estimate ---- */

/* A turn's average times the turns, rounded up. */
static int64_t
estimate_of(const struct estimate *p, double sum, int64_t n)
{
	return (int64_t)(sum / p->sum.turns * (double)n + 0.999);
}

/* Turn by turn, because the price for long prompts depends on the single
 * prompt. */
static int64_t
estimate_turn_cost(const struct estimate *p, const struct price *price)
{
	struct price_usage turn = {
		.input = estimate_of(p, p->sum.in, 1),
		.cached = (int64_t)(p->sum.cached / p->sum.turns),
		.cache_write = -1,
		.output = estimate_of(p, p->sum.out, 1),
	};

	return price == NULL ? PRICE_UNKNOWN : price_of(price, &turn);
}

static void
estimate_range(cJSON *o, const char *key, double low, double high)
{
	cJSON *range = cJSON_CreateObject();

	json_set_take(range, "low", cJSON_CreateNumber(low));
	json_set_take(range, "high", cJSON_CreateNumber(high));
	json_set_take(o, key, range);
}

/* Tokens and cost are null if unknown: no earlier tasks, or no price (NULL). */
static cJSON *
estimate_make(const struct estimate *p, int64_t high,
    const struct price *price)
{
	cJSON *o = cJSON_CreateObject(), *t;
	int64_t low = p->tasks == 0 ? 1 :
	    (int64_t)(p->sum.turns / (double)p->tasks + 0.999), turn;

	if (low > high)
		low = high;
	json_add_int(o, "tasks", p->tasks);
	estimate_range(o, "turns", (double)low, (double)high);
	json_set_take(o, "tokens", cJSON_CreateNull());
	json_set_take(o, "cost_usd", cJSON_CreateNull());
	if (p->tasks == 0)
		return o;
	t = cJSON_CreateObject();
	estimate_range(t, "in", (double)estimate_of(p, p->sum.in, low),
	    (double)estimate_of(p, p->sum.in, high));
	estimate_range(t, "out", (double)estimate_of(p, p->sum.out, low),
	    (double)estimate_of(p, p->sum.out, high));
	json_set_take(o, "tokens", t);
	turn = estimate_turn_cost(p, price);
	if (turn >= 0)
		estimate_range(o, "cost_usd",
		    (double)(turn * low) / MONEY_DOLLAR,
		    (double)(turn * high) / MONEY_DOLLAR);
	return o;
}

static void
estimate_add_range(struct buf *b, const cJSON *range, const char *of)
{
	limit_count_text(b, json_int(range, "low", 0));
	buf_adds(b, " to ");
	limit_count_text(b, json_int(range, "high", 0));
	buf_adds(b, of);
}

static void
estimate_print(const cJSON *o, const struct setup *s)
{
	const cJSON *tokens = json_get(o, "tokens");
	const cJSON *cost = json_get(o, "cost_usd");
	long long tasks = (long long)json_int(o, "tasks", 0);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!cJSON_IsObject(tokens)) {
		print_words(stdout, "unknown: no task with known token counts "
		    "has ended in this project yet");
		return;
	}
	estimate_add_range(&b, json_get(o, "turns"), "");
	print_words(stdout, "turns:  %s (the average of %lld past task%s here, "
	    "up to the limit)", buf_str(&b), tasks, tasks == 1 ? "" : "s");
	buf_clear(&b);
	estimate_add_range(&b, json_get(tokens, "in"), " in, ");
	estimate_add_range(&b, json_get(tokens, "out"), " out");
	print_words(stdout, "tokens: %s", buf_str(&b));
	buf_clear(&b);
	if (cJSON_IsObject(cost)) {
		money_text(&b, money_from_json(json_get(cost, "low")));
		buf_adds(&b, " to ");
		money_text(&b, money_from_json(json_get(cost, "high")));
		buf_addf(&b, " with %s/%s, prices of %s", s->model.provider,
		    s->model.name, json_str_or(s->model.price, "dated",
		    "your own table"));
	} else
		buf_addf(&b, "unknown: no price for %s/%s",
		    s->model.provider, s->model.name);
	print_words(stdout, "cost:   %s", buf_str(&b));
}

int
stats_estimate(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct estimate p = { .tasks = 0 };
	struct price price;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	AUTO_FREE char *text = NULL;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	s.keyless = true;
	if ((code = setup_model(&s, true)) != 0)
		return code;
	if (estimate_read(&p, s.root, &e) < 0)
		return cmd_fail_err(&e);
	o = estimate_make(&p, json_int(s.config->values, "max_turns", 30),
	    price_read(s.model.price, &price) ? &price : NULL);
	if (!a->json)
		estimate_print(o, &s);
	else {
		text = json_print(o);
		print_json(stdout, text, strlen(text));
	}
	return 0;
}
