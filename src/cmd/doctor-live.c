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

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/base/client.h"
#include "cmd/headless/headless.h"
#include "cmd/doctor-scratch.h"
#include "cmd/base/print.h"
#include "cmd/base/review.h"
#include "cmd/setup.h"
#include "journal/session.h"
#include "policy/price.h"

#define DOCTOR_LIVE_PROMPT	4500	/* tokens of a request, for the estimate */
#define DOCTOR_LIVE_CUT	400	/* tokens of an answer that is cut */
#define DOCTOR_LIVE_TIME_MS	300000	/* of a trial */
#define DOCTOR_LIVE_IDLE_MS	120000

/* The results in a trial's lines. */
struct doctor_live_seen {
	const char	*root;
	int64_t		 asked_ms, first_ms, all_ms;	/* 0: not yet */
	int		 answers, calls, together;
	int		 cuts, patches_failed;
	int		 limit;		/* that ended it, or LIMIT_NONE */
	bool		 planned, call_in_text;
	int64_t		 in, out, cached, thought, cost;	/* -1: unknown */
	int64_t		 again_in, again_cached;	/* requests after the first */
	char		*text, *outcome, *error;
};

struct doctor_live {
	struct setup	*s;
	struct doctor_live_seen seen; /* of the current trial */
	struct buf	 notes, efforts, left_out;	/* of all trials */
	int64_t		 thought, again_in, again_cached, cost, tokens;
	bool		 thinking_shown, unpriced, answered, failed, refused;
	bool		 limited;	/* by what the user allows */
	int		 code;	/* of a session that failed */
};

struct doctor_live_fault {
	const char	*what, *set;	/* set: NULL: no setting helps */
};

struct doctor_live_trial {
	const char	*name, *plan, *approve, *task;
	int64_t		 output;	/* limit of an answer; 0: the model's */
	int		 requests, out;	/* expected; tokens */
	int		 turns;		/* at most */
	const struct doctor_live_fault *(*judge)(
	    const struct doctor_live_seen *);
};

/* ---- expectations, and remedies ---- */

static const struct doctor_live_fault *
doctor_live_judge_calls(const struct doctor_live_seen *v)
{
	static const struct doctor_live_fault in_text = {
		"it wrote its calls as text", "set \"dialect\": {\"tools\": "
		"\"text\"} for its provider (assent-config(5))",
	}, none = {
		"it called no tool", "if its server ignores tools, set "
		"\"dialect\": {\"tools\": \"text\"} for its provider "
		"(assent-config(5))",
	};

	return v->calls > 0 ? NULL : v->call_in_text ? &in_text : &none;
}

static const struct doctor_live_fault *
doctor_live_judge_plan(const struct doctor_live_seen *v)
{
	static const struct doctor_live_fault none = {
		"it made no plan",
		"set \"plan\": \"skip\" to work without plans",
	};

	return v->planned     ? NULL
	       : v->calls > 0 ? &none
			      : doctor_live_judge_calls(v);
}

static const struct doctor_live_fault *
doctor_live_judge_edit(const struct doctor_live_seen *v)
{
	static const struct doctor_live_fault patch = {
		"its apply_patch calls failed", "give it a row in "
		"models.json beside config.json, without \"edit\": "
		"\"apply_patch\"",
	}, other = {
		"the file doesn't have the requested content", NULL,
	};
	struct buf b = BUF_INIT(4096);
	char *path = fs_join(v->root, "greeting.txt");
	bool right = fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strcmp(buf_str(&b), "hello world\n") == 0;

	free(path);
	buf_release(&b);
	/* It got another tool then, and may have used that one. */
	if (v->patches_failed > 1)
		return &patch;
	return right          ? NULL
	       : v->calls > 0 ? &other
			      : doctor_live_judge_calls(v);
}

static const struct doctor_live_fault *
doctor_live_judge_reads(const struct doctor_live_seen *v)
{
	static const struct doctor_live_fault one = {
		"it makes one call per answer",
		"tasks still work, but take longer; if its server "
		"allows several, set \"dialect\": {\"parallel_tool_calls\": "
		"true} for its provider",
	};

	return v->together > 1 ? NULL : v->calls > 0 ? &one :
	    doctor_live_judge_calls(v);
}

static const struct doctor_live_fault *
doctor_live_judge_cut(const struct doctor_live_seen *v)
{
	static const struct doctor_live_fault whole = {
		"its answer was not cut off: the server ignores the limit",
		"see \"max_tokens\" of \"dialect\" in assent-config(5)",
	}, endless = {
		"it was cut off repeatedly and never finished",
		"leave \"max_tokens\" unset, or set a lower \"effort\"",
	}, calls = {
		"it called tools instead of writing the numbers", NULL,
	}, astray = {
		"after the cut it didn't continue where it stopped",
		"leave \"max_tokens\" unset, so that answers are rarely cut",
	};
	size_t n = v->text == NULL ? 0 : strlen(v->text);

	while (n > 0 && strchr(" .\n", v->text[n - 1]) != NULL)
		n--;
	if (v->cuts > 0 && n >= 3 && memcmp(v->text + n - 3, "450", 3) == 0)
		return NULL;
	if (v->calls > 0)
		return &calls;
	if (v->cuts == 0)
		return &whole;
	return v->limit != LIMIT_NONE ? &endless : &astray;
}

static const struct doctor_live_trial doctor_live_trials[] = {
	{ "plan", "require", "ask",
	  "Plan this, with one step: correct the spelling in greeting.txt. Look "
	  "at the file first, then hand in your plan.",
	  0, 2, 1200, 4, doctor_live_judge_plan },
	{ "edit", "skip", "yes",
	  "In greeting.txt change helo to hello. Change nothing else and run no "
	  "command. Then call done.",
	  0, 3, 800, 6, doctor_live_judge_edit },
	{ "reads", "skip", "ask",
	  "Read a.txt, b.txt and c.txt with three separate calls of the read "
	  "tool, all three in the same answer. Then say the three words and "
	  "nothing else.",
	  0, 2, 400, 4, doctor_live_judge_reads },
	{ "cut answer", "skip", "ask",
	  /* A number is 1 token in some vocabularies and 4 in others. */
	  "Call no tool. Write the numbers from 1 to 450, separated by spaces, "
	  "and nothing else. Your answer will be cut off; go on where it "
	  "stopped, until you have written 450.",
	  DOCTOR_LIVE_CUT, 4, 1600, 8, doctor_live_judge_cut },
};

/* ---- one trial ---- */

static void
doctor_live_add_word(struct buf *b, const char *word, const char *between)
{
	if (word == NULL || strstr(buf_str(b), word) != NULL)
		return;
	if (b->len > 0)
		buf_adds(b, between);
	buf_adds(b, word);
}

/* A call written as text. */
static bool
doctor_live_is_call_in_text(const char *text)
{
	static const char *const marks[] = { "<tool_call", "<function",
		"[TOOL_CALLS]", "\"arguments\"", "\"tool\"", "\"parameters\"",
		"\"name\": \"read\"", "\"name\":\"read\"" };
	size_t i;

	for (i = 0; i < MEM_COUNT(marks); i++)
		if (strstr(text, marks[i]) != NULL)
			return true;
	return false;
}

static void
doctor_live_first(struct doctor_live_seen *v)
{
	if (v->asked_ms > 0 && v->first_ms == 0)
		v->first_ms = clock_mono_ms() - v->asked_ms + 1;
}

static void
doctor_live_answer(struct doctor_live *l, const cJSON *line)
{
	struct doctor_live_seen *v = &l->seen;
	const cJSON *calls = json_array(line, "calls"), *it;
	const cJSON *usage = json_get(line, "usage");
	const char *text = json_str_or(line, "text", "");
	int64_t thought = json_int(usage, "reasoning", 0);
	int reads = 0;

	doctor_live_first(v);
	cJSON_ArrayForEach(it, calls)
		reads += json_is(it, "name", "read");
	v->calls += cJSON_GetArraySize(calls);
	if (reads > v->together)
		v->together = reads;
	v->cuts += json_is(line, "stop", "max_tokens");
	v->call_in_text = v->call_in_text || (calls->child == NULL &&
	    doctor_live_is_call_in_text(text));
	if (text[0] != '\0')
		xstrset(&v->text, text);
	if (v->answers++ > 0 && json_int(usage, "cached", -1) >= 0) {
		v->again_in += json_int(usage, "input", 0);
		v->again_cached += json_int(usage, "cached", 0);
	}
	if (thought > 0)
		v->thought = (v->thought < 0 ? 0 : v->thought) + thought;
	l->thinking_shown = l->thinking_shown ||
	    json_str(line, "thinking") != NULL;
	doctor_live_add_word(&l->efforts, json_str(line, "effort"), ", ");
}

static void
doctor_live_end(struct doctor_live_seen *v, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");

	v->all_ms = clock_mono_ms() - v->asked_ms;
	v->in = json_int(tokens, "in", -1);
	v->out = json_int(tokens, "out", -1);
	v->cached = json_int(tokens, "cached", -1);
	v->cost = money_from_json(json_get(line, "cost_usd"));
	xstrset(&v->outcome, json_str(line, "outcome"));
	v->limit = limit_find(json_str_or(json_get(line, "limit"), "what",
	    ""));
}

static void
doctor_live_line(void *arg, const cJSON *line)
{
	struct doctor_live *l = arg;
	struct doctor_live_seen *v = &l->seen;
	const char *type = json_str_or(line, "type", "");
	const char *name = json_str_or(line, "name", "");
	bool failed = !json_bool(line, "ok", true);
	const cJSON *it;

	if (strcmp(type, "turn_start") == 0 && v->asked_ms == 0)
		v->asked_ms = clock_mono_ms();
	else if (strcmp(type, "delta") == 0 || (strcmp(type, "status") == 0 &&
	    strstr(json_str_or(line, "doing", ""), "a tool call") != NULL))
		doctor_live_first(v);
	else if (strcmp(type, "assistant_message") == 0)
		doctor_live_answer(l, line);
	else if (strcmp(type, "tool_result") == 0 && failed)
		v->patches_failed += strcmp(name, "apply_patch") == 0;
	else if (strcmp(type, "plan") == 0)
		v->planned = true;
	else if (strcmp(type, "note") == 0) {
		doctor_live_add_word(&l->notes, json_str(line, "text"), "\n");
		cJSON_ArrayForEach(it, json_array(line, "without")) {
			name = it->valuestring;
			doctor_live_add_word(&l->left_out, name, ", ");
			l->refused = l->refused || strcmp(name, "effort") ==
			    0 || strcmp(name, "thinking") == 0;
		}
	} else if (strcmp(type, "error") == 0)
		xstrset(&v->error, json_str(line, "text"));
	else if (strcmp(type, "agent_end") == 0)
		doctor_live_end(v, line);
}

/* The lower one of this and the user's limit. */
static void
doctor_live_least(cJSON *o, const char *name, int64_t most)
{
	int64_t v = json_int(o, name, 0);

	if (v <= 0 || v > most)
		json_add_int(o, name, most);
}

/* Sets the rest of the user's limits; returns why nothing is left, or NULL. */
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
    const struct doctor_live *l, const struct doctor_live_trial *t)
{
	switch (l->seen.limit) {
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
    const struct doctor_live *l, const struct doctor_live_trial *t)
{
	static const char *const not[] = { "failover", "routes", "test",
		"test_by", "test_first", "ctags", "protected", "secret",
		"products" };
	/* No tool that runs commands: no trial needs one. */
	static const char *const have[] = { "edit", "glob", "grep", "read",
		"write" };
	const cJSON *efforts = json_array(l->s->model.facts, "effort");
	cJSON *o = setup_start(l->s, "exec", t->task, false, false);
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
	/* No retries: failures are what the trial is for. */
	json_add_int(o, "retry_time_ms", 0);
	if (t->output > 0) {
		doctor_live_least(o, "max_tokens", t->output);
		/* Thinking would use up such a short answer. */
		cJSON_DeleteItemFromObjectCaseSensitive(o, "effort_execute");
		if (efforts != NULL && efforts->child != NULL)
			json_add_str(o, "effort",
			    efforts->child->valuestring);
	}
	json_set_take(o, "tools", cJSON_CreateStringArray(have,
	    (int)MEM_COUNT(have)));
	return o;
}

/* A core that was abandoned at the second signal. */
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
doctor_live_print_used(const struct doctor_live_seen *v)
{
	struct buf b = BUF_INIT(0);

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
	buf_release(&b);
}

static void
doctor_live_print(
    struct doctor_live *l, const struct doctor_live_trial *t, int code)
{
	static const struct doctor_live_fault late = {
		"it didn't finish in time",
		"set a lower \"effort\" so that it thinks less",
	};
	const struct doctor_live_seen *v = &l->seen;
	bool broken = v->outcome == NULL || code == EXIT_PROVIDER;
	const struct doctor_live_fault *f = broken ? NULL :
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

/* The session's exit code. */
static int
doctor_live_trial(struct doctor_live *l, const struct doctor_live_trial *t)
{
	struct headless_options o = { .watch = doctor_live_line,
		.watch_arg = l };
	struct headless_result r = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	struct doctor_live_seen *v = &l->seen;
	pid_t pid;
	int code;

	memset(v, 0, sizeof(*v));
	v->root = l->s->root;
	v->limit = LIMIT_NONE;
	v->in = v->out = v->cached = v->thought = v->cost = -1;
	if (client_start(&c, doctor_live_start(l, t),
	    setup_hello(l->s), &e) < 0)
		return l->code = cmd_fail(EXIT_ERROR, "%s", e.text);
	pid = c.pid;
	code = headless_run(&c, &o, &r);
	doctor_live_reap(pid);
	if (code != EXIT_INTERRUPTED)
		doctor_live_print(l, t, code);
	fflush(stdout);
	if (r.dir != NULL)
		doctor_live_scratch_remove(r.dir);
	headless_result_release(&r);
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
	struct buf b = BUF_INIT(0);
	int64_t min = json_int(l->s->model.facts, "cache_min", 0);

	print_words(stdout, "effort      %s%s", l->efforts.len == 0 ?
	    "not sent" : buf_str(&l->efforts), l->efforts.len == 0 ? "" :
	    l->refused ? ": rejected" : ": accepted");
	if (l->left_out.len > 0)
		print_words(stdout, "omitted     %s: the server rejected it",
		    buf_str(&l->left_out));
	if (l->thought > 0 && !l->thinking_shown)
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
	if (l->notes.len > 0)
		print_text(stdout, "note        ", "            ",
		    buf_str(&l->notes));
	buf_clear(&b);
	if (!l->unpriced) {
		money_text(&b, l->cost);
		print_words(stdout, "cost        %s", buf_str(&b));
	}
	buf_release(&b);
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
	int dir, rc = -1;
	size_t i;

	if (fs_mkdirs(l->s->root, 0755, e) < 0)
		return -1;
	dir = open(l->s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "can't open %s", l->s->root);
	for (i = 0, rc = 0; rc == 0 && i < MEM_COUNT(files); i++)
		rc = fs_replace(dir, files[i][0], files[i][1],
		    strlen(files[i][1]), 0644, e);
	close(dir);
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
		return cmd_fail(EXIT_ERROR, "%s", e.text);
	for (i = 0; i < MEM_COUNT(doctor_live_trials); i++) {
		if ((none = doctor_live_rest(l, &cost, &tokens)) != NULL) {
			print_words(stdout, "%-11s skipped: %s",
			    doctor_live_trials[i].name, none);
			l->limited = true;
			continue;
		}
		code = doctor_live_trial(l, &doctor_live_trials[i]);
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
doctor_live_scratch(struct doctor_live *l)
{
	struct doctor_live_scratch scratch;
	struct err e = ERR_INIT;
	sigset_t set, old;
	int code;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, &old);
	if (doctor_scratch_open(&scratch, &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
	} else {
		l->s->root = fs_join(scratch.dir, "project");
		l->s->cwd = xstrdup(l->s->root);
		free(l->s->state_dir);
		l->s->state_dir = session_state_dir(NULL);
		code = doctor_live_all(l, &set);
		doctor_live_scratch_close(&scratch);
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
	struct buf b = BUF_INIT(0);
	struct price price;
	int64_t most = 0, turns = config_int(s->config, "max_turns", 0);
	int64_t cost = config_int(s->config, "max_cost", -1);
	int requests = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(doctor_live_trials); i++) {
		requests += doctor_live_trials[i].requests;
		most += turns > 0 && turns < doctor_live_trials[i].turns
			    ? turns
			    : doctor_live_trials[i].turns;
		paid.output += doctor_live_trials[i].out;
	}
	paid.input = (int64_t)requests * DOCTOR_LIVE_PROMPT;
	print_words(stdout, "model       %s/%s at %s (%s)", m->provider,
	    m->name, m->base_url, m->format);
	if (row == NULL)
		print_words(stdout,
		    "table       no row; using cautious values (add "
		    "one to models.json next to config.json)");
	else
		print_words(stdout, "table       row \"%s\"%s", row,
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
	buf_release(&b);
}

int
doctor_live_run(const struct cmd_args *a)
{
	struct setup s = { 0 };
	struct doctor_live l = { .s = &s };
	struct err e = ERR_INIT;
	int code;

	s.headless = a->yes;
	s.state_dir = session_state_dir(&e);
	if (s.state_dir == NULL) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	/* Not for this project. */
	if ((code = setup_config(&s, a, "exec")) != 0 ||
	    (code = setup_model(&s)) != 0)
		goto out;
	doctor_live_tell(&s);
	if (!a->yes && !headless_person())
		code = cmd_fail(EXIT_USAGE,
		    "doctor --live costs money and asks first; "
		    "without a terminal, confirm with --yes");
	else if (!a->yes && !review_yes("Test the model? [y/N]"))
		code = cmd_fail(EXIT_ERROR, "nothing sent");
	else
		code = doctor_live_scratch(&l);
out:
	buf_release(&l.notes);
	buf_release(&l.efforts);
	buf_release(&l.left_out);
	setup_release(&s);
	return code;
}
