/* cmd-stats: prints what sessions used, and how their tasks went. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/print.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "cmd/stats-print.h"

/* Was it within the estimate? */
static const char *
stats_verdict(int64_t v, const cJSON *range)
{
	return v < json_int(range, "low", 0) ? "less" :
	    v > json_int(range, "high", 0) ? "more" : "within";
}

static void
stats_print(const struct stats *s, const char *what, const char *where)
{
	const cJSON *tokens = json_get(s->estimate, "tokens");
	const cJSON *in = json_get(tokens, "in"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s  %-11s  ", what, s->outcome == NULL ? "-" :
	    s->outcome);
	stats_print_used(&b, &s->sum);
	buf_adds(&b, ", ");
	stats_print_hunks(&b, &s->sum);
	cJSON_ArrayForEach(it, s->models)
		buf_addf(&b, "%s %s", it != s->models->child ? "," :
		    it->next == NULL ? "; model" : "; models",
		    it->valuestring == NULL ? "?" : it->valuestring);
	if (where != NULL)
		buf_addf(&b, "  %s", where);
	print_words(stdout, "%s", buf_str(&b));
	buf_clear(&b);
	if (in != NULL) {
		limit_count_text(&b, json_int(in, "low", 0));
		buf_adds(&b, " to ");
		limit_count_text(&b, json_int(in, "high", 0));
		buf_adds(&b, " input tokens estimated for the first task, ");
		limit_count_text(&b, s->first.in);
		buf_addf(&b, " used (%s)", stats_verdict(s->first.in, in));
		print_words(stdout, "    %s", buf_str(&b));
	}
}

/* ---- what is printed of each, and at the end ---- */

static const char *const stats_outcomes[] = { "done", "waiting", "unproven",
	"limit", "refused", "unmet", "provider", "error", "interrupted",
	"ended", "unfinished", "other" };	/* that one last */
#define STATS_OUTCOMES MEM_COUNT(stats_outcomes)

struct stats_out {
	cJSON		*list;	/* --json: the objects, or NULL */
	bool		 json, csv, from, all;
	struct stats	 total;
	size_t		 n;
	size_t		 repeated;	/* runs */
	size_t		 several, none;	/* those with so many tasks */
	size_t		 outcomes[STATS_OUTCOMES]; /* without the repeated */
};

static void
stats_out_release(struct stats_out *o)
{
	cJSON_Delete(o->list);
	stats_release(&o->total);
}

static void
stats_out_begin(struct stats_out *o, const struct cmd_args *a)
{
	o->csv = a->csv;
	o->from = a->from != NULL;
	o->all = a->all;
	o->json = a->json;
	if (o->json)
		o->list = cJSON_CreateArray();
}

/* Counts it as "unfinished" if its task isn't over, and as "other" if another
 * version of assent knows the word. */
static void
stats_out_outcome(struct stats_out *o, const char *outcome)
{
	const char *const *word = MEM_FIND(stats_outcomes,
	    outcome == NULL ? "unfinished" : outcome);

	o->outcomes[word == NULL ? STATS_OUTCOMES - 1 :
	    (size_t)(word - stats_outcomes)]++;
}

static void
stats_out_add(struct stats_out *o, const struct stats_run *r)
{
	const struct session_info info = { .id = r->session,
		.root = r->project, .mode = r->mode, .started = r->started };
	AUTO_FREE char *what = r->name == NULL ? NULL : xasprintf("%s (%s)",
	    r->session == NULL ? "-" : r->session, r->name);
	AUTO_FREE char *where = r->file == NULL ? NULL : xasprintf("%s%s",
	    r->file, r->repeated ? " (repeated since)" : "");
	cJSON *it;

	stats_merge(&o->total, &r->stats);
	if (o->csv && o->n == 0)
		stats_print_csv(NULL);
	o->n++;
	o->several += r->stats.sum.n[STATS_TASKS] > 1;
	o->none += r->stats.sum.n[STATS_TASKS] == 0;
	o->repeated += r->repeated;
	if (!r->repeated)
		stats_out_outcome(o, r->stats.outcome);
	if (o->csv)
		stats_print_csv(r);
	else if (o->list == NULL)
		stats_print(&r->stats, what != NULL ? what :
		    r->session == NULL ? "-" : r->session, o->from ? where :
		    !o->all ? NULL : r->project == NULL ? "?" : r->project);
	else {
		it = stats_session(&r->stats, &info);
		if (o->from) {
			cJSON_DeleteItemFromObjectCaseSensitive(it,
			    "estimate");
			json_add_str(it, "name", r->name);
			json_add_str(it, "file", r->file);
			json_add_int(it, "exit", r->exit);
			json_add_bool(it, "repeated", r->repeated);
		}
		cJSON_AddItemToArray(o->list, it);
	}
}

static void
stats_out_json(struct stats_out *o)
{
	AUTO_JSON cJSON *out = cJSON_CreateObject();
	cJSON *total = cJSON_CreateObject(), *outcomes = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	size_t i;

	json_set_take(out, o->from ? "runs" : "sessions", o->list);
	o->list = NULL;
	json_add_int(total, o->from ? "runs" : "sessions", (int64_t)o->n);
	if (o->from)
		json_add_int(total, "repeated", (int64_t)o->repeated);
	for (i = 0; i < STATS_OUTCOMES; i++)
		if (o->outcomes[i] > 0)
			json_add_int(outcomes, stats_outcomes[i],
			    (int64_t)o->outcomes[i]);
	json_set_take(total, "outcomes", outcomes);
	stats_add_total(total, &o->total);
	json_set_take(out, "total", total);
	text = json_print(out);
	print_json(stdout, text, strlen(text));
}

/* "3 runs (1 repeated since), 4 tasks (1 run has several)", and how they ended. */
static void
stats_out_count(const struct stats_out *o)
{
	const char *what = o->from ? "run" : "session";
	const struct stats *t = &o->total;
	int64_t tasks = t->sum.n[STATS_TASKS];
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *sep = "    ended: ";
	size_t i;

	buf_addf(&b, "%zu %s%s", o->n, what, o->n == 1 ? "" : "s");
	if (o->repeated > 0)
		buf_addf(&b, " (%zu repeated since)", o->repeated);
	buf_addf(&b, ", %lld task%s", (long long)tasks, tasks == 1 ? "" : "s");
	if (o->several > 0)
		buf_addf(&b, " (%zu %s%s with several)", o->several, what,
		    o->several == 1 ? "" : "s");
	if (o->none > 0)
		buf_addf(&b, " (%zu %s%s with none)", o->none, what,
		    o->none == 1 ? "" : "s");
	buf_adds(&b, ": ");
	stats_print_used(&b, &t->sum);
	buf_adds(&b, ", ");
	stats_print_hunks(&b, &t->sum);
	print_words(stdout, "%s", buf_str(&b));
	buf_clear(&b);
	for (i = 0; i < STATS_OUTCOMES; i++)
		if (o->outcomes[i] > 0) {
			buf_addf(&b, "%s%zu %s", sep, o->outcomes[i],
			    stats_outcomes[i]);
			sep = ", ";
		}
	if (b.len > 0)
		print_words(stdout, "%s", buf_str(&b));
}

static void
stats_out_end(struct stats_out *o)
{
	const struct stats *t = &o->total;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (o->json)
		stats_out_json(o);
	if (o->csv && o->n == 0)
		stats_print_csv(NULL);
	if (o->csv || o->json)
		return;
	stats_out_count(o);
	for (i = 0; i < t->by[STATS_BY_MODEL].len; i++) {
		const struct stats_row *r = &t->by[STATS_BY_MODEL].v[i];

		buf_clear(&b);
		buf_addf(&b, "    %s: ", r->name);
		stats_print_used(&b, &r->sum);
		print_words(stdout, "%s", buf_str(&b));
	}
	stats_print_rates(t);
}

/* ---- where they come from ---- */

static int
stats_sessions(struct stats_out *o, const char *root, const char *only)
{
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (session_list(root, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	if (only == NULL)
		session_list_shorten(v, &n);
	for (i = 0; i < n; i++) {
		struct stats_run r = { .session = v[i].id,
			.project = v[i].root, .started = v[i].started,
			.mode = v[i].mode, .exit = -1 };
		struct err why = ERR_INIT;

		if (only != NULL && strcmp(only, v[i].id) != 0)
			continue;
		if (stats_read(&r.stats, v[i].id, &why) < 0)
			code = cmd_fail(EXIT_ERROR, "%s: %s", v[i].id,
			    why.text);
		else
			stats_out_add(o, &r);
		stats_release(&r.stats);
	}
	session_list_free(v, n);
	return code;
}

static int
stats_files(struct stats_out *o, const char *dir)
{
	AUTO(stats_runs_release) struct stats_runs runs = { .v = NULL };
	struct err e = ERR_INIT;
	size_t i;

	if (stats_from(&runs, dir, &e) < 0)
		return cmd_fail(EXIT_USAGE, "--from: %s", e.text);
	for (i = 0; i < runs.len; i++)
		stats_out_add(o, &runs.v[i]);
	if (runs.copies > 0)
		cmd_say("%zu file%s of runs that others have written later "
		    "%s left out", runs.copies, runs.copies == 1 ? "" : "s",
		    runs.copies == 1 ? "is" : "are");
	return runs.damaged == 0 ? 0 : cmd_fail(EXIT_ERROR,
	    "%zu damaged file%s", runs.damaged, runs.damaged == 1 ? "" : "s");
}

int
cmd_stats(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(stats_out_release) struct stats_out o = { .n = 0 };
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
	stats_out_begin(&o, a);
	code = a->from != NULL ? stats_files(&o, a->from) :
	    stats_sessions(&o, id != NULL ? NULL : s.root, id);
	/* An error without any figures isn't a report of zeros. */
	if (code == 0 || o.n > 0)
		stats_out_end(&o);
	return code;
}
