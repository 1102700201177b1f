/*
 * doctor --live: asks the configured model for a plan, an edit, several reads
 * at once and an answer that is cut off.  Each trial is a normal session with
 * its own core, in a scratch project that is removed with the sessions; the
 * result comes from its journal.
 */
#include "config.h"

#include "cmd/doctor-live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/base/client.h"
#include "cmd/headless/headless.h"
#include "cmd/doctor-trial.h"
#include "cmd/base/print.h"
#include "cmd/base/review.h"
#include "cmd/setup.h"
#include "journal/session.h"
#include "policy/price.h"

#define DOCTOR_LIVE_PROMPT	4500	/* tokens of a request, for the estimate */
#define DOCTOR_LIVE_TIME_MS	300000	/* of a trial */
#define DOCTOR_LIVE_IDLE_MS	120000

struct doctor_live {
	struct setup	*s;
	struct doctor_trial_watch w;
	int64_t		 thought, again_in, again_cached, cost, tokens;
	bool		 unpriced, answered, failed;
	bool		 limited;	/* by what the user allows */
	int		 code;	/* of a session that failed */
};

/* The lower one of this and the user's limit. */
static void
doctor_live_least(cJSON *o, const char *name, int64_t most)
{
	int64_t v = json_int(o, name, 0);

	if (v <= 0 || v > most)
		json_add_int(o, name, most);
}

/* How much of the user's limits remains (-1: no limit). Returns which one is
 * used up, as text, or NULL. */
static const char *
doctor_live_rest(const struct doctor_live *l, int64_t *cost, int64_t *tokens)
{
	const struct config *c = l->s->config;

	*cost = config_int(c, "max_cost", -1);
	*tokens = config_int(c, "max_total_tokens", -1);
	if (*cost >= 0 && l->unpriced)
		return "max_cost is set, but the price is unknown";
	if (*cost >= 0 && (*cost -= l->cost) <= 0)
		return "max_cost is used up";
	if (*tokens >= 0 && (*tokens -= l->tokens) <= 0)
		return "max_total_tokens is used up";
	return NULL;
}

/* The user's limit that ended the trial, or NULL. */
static const char *
doctor_live_limit(
    const struct doctor_live *l, const struct doctor_trial *t)
{
	switch (l->w.seen.limit) {
	case LIMIT_MONEY:
		return "max_cost";
	case LIMIT_TOKENS:
		return "max_total_tokens";
	case LIMIT_TURNS:
		return config_int(l->s->config, "max_turns", t->turns) <
		    t->turns ? "max_turns" : NULL;
	default:
		return NULL;
	}
}

/* The start object of a trial: the user's settings and the trial's own. */
static cJSON *
doctor_live_start(
    const struct doctor_live *l, const struct doctor_trial *t)
{
	static const char *const not[] = { "failover", "routes", "test",
		"test_by", "test_first", "ctags", "protected", "secret",
		"products" };
	/* No tool that runs commands: no trial needs one. */
	static const char *const have[] = { "edit", "glob", "grep", "read",
		"write" };
	const cJSON *efforts = json_array(l->s->model.facts, "effort");
	cJSON *o = setup_session(l->s, "exec", t->task, false, false);
	int64_t cost, tokens;
	size_t i;

	for (i = 0; i < MEM_COUNT(not); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, not[i]);
	json_add_str(o, "plan", t->plan);
	json_add_str(o, "approve", t->approve);
	doctor_live_least(o, "max_turns", t->turns);
	doctor_live_least(o, "max_time_ms", DOCTOR_LIVE_TIME_MS);
	doctor_live_least(o, "idle_timeout_ms", DOCTOR_LIVE_IDLE_MS);
	(void)doctor_live_rest(l, &cost, &tokens);
	if (cost >= 0)
		json_set_take(o, "max_cost_usd", money_to_json(cost));
	if (tokens >= 0)
		json_add_int(o, "max_total_tokens", tokens);
	/* No retries: failures are what the trial is for. Nor a last answer. */
	json_add_int(o, "retry_time_ms", 0);
	json_add_bool(o, "wrap_up", false);
	if (t->output > 0) {
		json_add_int(o, "max_tokens", t->output);
		/* Thinking would use up such a short answer. */
		cJSON_DeleteItemFromObjectCaseSensitive(o, "phases");
		if (efforts != NULL && efforts->child != NULL)
			json_add_str(o, "effort",
			    efforts->child->valuestring);
	}
	json_set_take(o, "tools", cJSON_CreateStringArray(have,
	    (int)MEM_COUNT(have)));
	return o;
}

/* Kill the core if it still runs: headless_run gives it up at the second
 * signal. */
static void
doctor_live_reap(pid_t pid)
{
	if (pid <= 0 || waitpid(pid, NULL, WNOHANG) != 0)
		return;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static void
doctor_live_add_seconds(struct buf *b, int64_t ms)
{
	buf_addf(b, "%lld.%llds", (long long)ms / 1000,
	    (long long)ms % 1000 / 100);
}

/* Nothing if unknown. */
static void
doctor_live_add_count(struct buf *b, int64_t n, const char *of)
{
	if (n < 0)
		return;
	if (b->len > 0)
		buf_adds(b, ", ");
	limit_count_text(b, n);
	buf_adds(b, of);
}

static void
doctor_live_print_used(const struct doctor_trial_seen *v)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (v->first_ms > 0) {
		buf_addf(&b, "%d answer%s, first token after ", v->answers,
		    v->answers == 1 ? "" : "s");
		doctor_live_add_seconds(&b, v->first_ms);
		buf_adds(&b, ", ");
		doctor_live_add_seconds(&b, v->all_ms);
		buf_adds(&b, " in all");
		print_words(stdout, "            %s", buf_str(&b));
		buf_clear(&b);
	}
	doctor_live_add_count(&b, v->in, " tokens in");
	doctor_live_add_count(&b, v->cached, " of them cached");
	doctor_live_add_count(&b, v->out, " out");
	doctor_live_add_count(&b, v->thought, " of them thinking");
	if (v->in > 0 || v->answers > 0) {
		buf_adds(&b, ", cost ");
		money_text(&b, v->cost);
		print_words(stdout, "            %s", buf_str(&b));
	}
}

static void
doctor_live_print(
    struct doctor_live *l, const struct doctor_trial *t, int code)
{
	static const struct doctor_trial_fault late = {
		"it didn't finish in time",
		"set a lower \"effort\" so that it thinks less",
	};
	const struct doctor_trial_seen *v = &l->w.seen;
	bool broken = v->outcome == NULL || code == EXIT_PROVIDER;
	const struct doctor_trial_fault *f = broken ? NULL :
	    v->limit == LIMIT_TIME ? &late : t->judge(v);
	const char *limit = f == NULL ? NULL : doctor_live_limit(l, t);

	if (broken)
		print_words(stdout, "%-11s failed: %s", t->name,
		    v->error != NULL ? v->error : "the session didn't start");
	else if (limit != NULL)
		print_words(stdout, "%-11s stopped by your limit: %s", t->name,
		    limit);
	else if (f != NULL)
		print_words(stdout, "%-11s did not work: %s", t->name,
		    v->error != NULL ? v->error : f->what);
	else
		print_words(stdout, "%-11s worked", t->name);
	doctor_live_print_used(v);
	if (f != NULL && f->set != NULL && limit == NULL)
		print_words(stdout, "            %s", f->set);
	l->failed = l->failed || f != NULL;
	l->limited = l->limited || limit != NULL;
	if (broken)
		l->code = code;
	l->answered = l->answered || v->answers > 0;
	l->thought += v->thought > 0 ? v->thought : 0;
	l->tokens += (v->in > 0 ? v->in : 0) + (v->out > 0 ? v->out : 0);
	l->again_in += v->again_in;
	l->again_cached += v->again_cached;
	if (v->cost < 0)
		l->unpriced = true;
	else
		l->cost += v->cost;
}

static void
doctor_live_remove(const char *dir)
{
	struct err e = ERR_INIT;

	if (fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
}

/* The session's exit code. */
static int
doctor_live_trial(struct doctor_live *l, const struct doctor_trial *t)
{
	struct headless_options o = { .watch = doctor_trial_line,
		.watch_arg = &l->w };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	struct doctor_trial_seen *v = &l->w.seen;
	pid_t pid;
	int code;

	memset(v, 0, sizeof(*v));
	v->root = l->s->root;
	v->limit = LIMIT_NONE;
	v->in = v->out = v->cached = v->thought = v->cost = -1;
	if (client_start(&c, doctor_live_start(l, t),
	    setup_hello(l->s), &e) < 0)
		return l->code = cmd_fail_err(&e);
	pid = c.pid;
	code = headless_run(&c, &o, &r);
	doctor_live_reap(pid);
	if (code != EXIT_INTERRUPTED)
		doctor_live_print(l, t, code);
	fflush(stdout);
	if (r.dir != NULL)
		doctor_live_remove(r.dir);
	free(v->text);
	free(v->outcome);
	free(v->error);
	return code;
}

/* ---- all trials ---- */

/* The results of all trials together. */
static void
doctor_live_print_all(const struct doctor_live *l)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t min = json_int(l->s->model.facts, "cache_min", 0);

	print_words(stdout, "effort      %s%s", l->w.efforts.len == 0 ?
	    "not sent" : buf_str(&l->w.efforts), l->w.efforts.len == 0 ? "" :
	    l->w.refused ? ": rejected" : ": accepted");
	if (l->w.left_out.len > 0)
		print_words(stdout, "omitted     %s: the server rejected it",
		    buf_str(&l->w.left_out));
	if (l->thought > 0 && !l->w.thinking_shown)
		print_words(stdout,
		    "thinking    without text: the server counts "
		    "it but doesn't show it; nothing to set");
	if (l->again_in == 0)
		print_words(stdout, "cache       unknown: the server doesn't "
		    "report it");
	else if (l->again_cached > 0) {
		limit_count_text(&b, l->again_cached);
		buf_adds(&b, " of ");
		limit_count_text(&b, l->again_in);
		print_words(stdout, "cache       hit: %s tokens of repeated "
		    "requests", buf_str(&b));
	} else if (min > 0) {
		limit_count_text(&b, min);
		print_words(stdout,
		    "cache       not hit; this model only caches "
		    "prompts of %s tokens or more",
		    buf_str(&b));
	} else
		print_words(stdout, "cache       not hit by repeated requests");
	if (l->w.notes.len > 0)
		print_text(stdout, "note        ", "            ",
		    buf_str(&l->w.notes));
	buf_clear(&b);
	if (!l->unpriced) {
		money_text(&b, l->cost);
		print_words(stdout, "cost        %s", buf_str(&b));
	}
}

static bool
doctor_live_is_interrupted(const sigset_t *set)
{
	const struct timespec now = { 0, 0 };

	return sigtimedwait(set, NULL, &now) > 0;
}

static int
doctor_live_files(const struct doctor_live *l, struct err *e)
{
	static const char *const files[][2] = {
		{ "greeting.txt", "helo world\n" }, { "a.txt", "amber\n" },
		{ "b.txt", "cobalt\n" }, { "c.txt", "sienna\n" },
	};
	int rc = fs_mkdirs(l->s->root, 0755, e);
	size_t i;

	for (i = 0; rc == 0 && i < MEM_COUNT(files); i++) {
		AUTO_FREE char *path = fs_join(l->s->root, files[i][0]);

		rc = fs_replace(AT_FDCWD, path, files[i][1],
		    strlen(files[i][1]), 0644, e);
	}
	return rc;
}

static int
doctor_live_all(struct doctor_live *l, const sigset_t *set)
{
	struct err e = ERR_INIT;
	int64_t cost, tokens;
	const char *none;
	int code = 0;
	size_t i;

	if (doctor_live_files(l, &e) < 0)
		return cmd_fail_err(&e);
	for (i = 0; i < doctor_trials_len; i++) {
		if ((none = doctor_live_rest(l, &cost, &tokens)) != NULL) {
			print_words(stdout, "%-11s skipped: %s",
			    doctor_trials[i].name, none);
			l->limited = true;
			continue;
		}
		code = doctor_live_trial(l, &doctor_trials[i]);
		if (code == EXIT_INTERRUPTED || doctor_live_is_interrupted(set))
			return EXIT_INTERRUPTED;
		/* A model that didn't answer won't answer the other trials. */
		if (!l->answered)
			return code;
	}
	doctor_live_print_all(l);
	return l->code != 0 ? l->code : l->limited ? EXIT_LIMIT :
	    l->failed ? EXIT_UNPROVEN : EXIT_DONE;
}

/* In a directory that is removed afterwards, like the sessions. */
static int
doctor_live_in_scratch(struct doctor_live *l)
{
	struct err e = ERR_INIT, ignored = ERR_INIT;
	AUTO_FREE char *made = NULL;
	AUTO_FREE char *dir = NULL;
	sigset_t set, old;
	int code;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, &old);
	made = cmd_scratch("live", &e);
	dir = made == NULL ? NULL : fs_realpath(made);
	if (dir == NULL) {
		if (made != NULL)
			err_sys(&e, "can't find %s", made);
		code = cmd_fail_err(&e);
	} else {
		/* In the user's state folder, so that they hide what every
		 * session hides; if that isn't writable, in this one. */
		(void)cmd_find_state(dir, &ignored);
		l->s->root = fs_join(dir, "project");
		l->s->cwd = xstrdup(l->s->root);
		FREE_SET(l->s->state_dir, session_state_dir(NULL));
		code = doctor_live_all(l, &set);
		doctor_live_remove(dir);
	}
	(void)doctor_live_is_interrupted(&set);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return code;
}

/* What will be sent, and its price. */
static void
doctor_live_tell(const struct setup *s)
{
	const struct config_model *m = &s->model;
	const char *row = json_str(m->facts, "begins");
	struct price_usage paid = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct price price;
	int64_t most = 0, turns = config_int(s->config, "max_turns", 0);
	int64_t cost = config_int(s->config, "max_cost", -1);
	int requests = 0;
	size_t i;

	for (i = 0; i < doctor_trials_len; i++) {
		requests += doctor_trials[i].requests;
		most += turns > 0 && turns < doctor_trials[i].turns
			    ? turns
			    : doctor_trials[i].turns;
		paid.output += doctor_trials[i].out;
	}
	paid.input = (int64_t)requests * DOCTOR_LIVE_PROMPT;
	print_words(stdout, "model       %s/%s at %s (%s)", m->provider,
	    m->name, m->base_url, m->format);
	if (row == NULL)
		print_words(stdout,
		    "facts       no row in the model table; using cautious "
		    "values (add one to models.json next to config.json)");
	else
		print_words(stdout,
		    "facts       row \"%s\" of the model table%s", row,
		    json_bool(m->facts, "family", false) ?
		    ", a guess for its family" : "");
	if (price_read(m->price, &price)) {
		buf_adds(&b, ", about ");
		money_text(&b, price_of(&price, &paid));
		buf_addf(&b, " at prices of %s", json_str_or(m->price,
		    "dated", "your own table"));
	} else
		buf_adds(&b, "; price unknown");
	print_words(stdout, "to be sent  %d requests of about %d tokens%s",
	    requests, DOCTOR_LIVE_PROMPT, buf_str(&b));
	buf_clear(&b);
	if (cost >= 0) {
		buf_adds(&b, "; stops at ");
		money_text(&b, cost);
		buf_adds(&b, " (max_cost)");
	}
	print_words(stdout, "at most     %lld answers%s", (long long)most,
	    buf_str(&b));
}

int
doctor_live_run(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct doctor_live l = { .s = &s };
	struct err e = ERR_INIT;
	int code;

	s.state_dir = session_state_dir(&e);
	if (s.state_dir == NULL) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	/* No setup_project: the configuration of the project here doesn't
	 * count. */
	if ((code = setup_config(&s, a, "exec")) != 0 ||
	    (code = setup_model(&s)) != 0)
		goto out;
	doctor_live_tell(&s);
	if (!a->yes && !headless_person())
		code = cmd_fail(EXIT_USAGE,
		    "doctor --live costs money and asks first; "
		    "without a terminal, confirm with --yes");
	else if (!a->yes && !review_yes("Test the model?"))
		code = cmd_fail(EXIT_ERROR, "nothing sent");
	else
		code = doctor_live_in_scratch(&l);
out:
	buf_release(&l.w.notes);
	buf_release(&l.w.efforts);
	buf_release(&l.w.left_out);
	return code;
}
