/* The trials of doctor --live: tasks, and what a model that can be worked with
 * does with them. */
#include "config.h"

#include "cmd/doctor-trial.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/task-limit.h"

#define DOCTOR_TRIAL_CUT	400	/* tokens of an answer that is cut */

/* ---- expectations, and remedies ---- */

static const struct doctor_trial_fault *
doctor_trial_judge_calls(const struct doctor_trial_seen *v)
{
	static const struct doctor_trial_fault none = {
		"it called no tool", "choose a model and a server that "
		"support tool calls (llama-server: --jinja)",
	};

	return v->calls > 0 ? NULL : &none;
}

static const struct doctor_trial_fault *
doctor_trial_judge_plan(const struct doctor_trial_seen *v)
{
	static const struct doctor_trial_fault none = {
		"it made no plan",
		"set \"plan\": \"skip\" to work without plans",
	};

	return v->planned     ? NULL
	       : v->calls > 0 ? &none
			      : doctor_trial_judge_calls(v);
}

static const struct doctor_trial_fault *
doctor_trial_judge_edit(const struct doctor_trial_seen *v)
{
	static const struct doctor_trial_fault patch = {
		"its apply_patch calls failed", "give it a row in "
		"models.json beside config.json, without \"edit\": "
		"\"apply_patch\"",
	}, other = {
		"the file doesn't have the requested content", NULL,
	};
	AUTO_BUF struct buf b = BUF_INIT(4096);
	AUTO_FREE char *path = fs_join(v->root, "greeting.txt");
	bool right = fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strcmp(buf_str(&b), "hello world\n") == 0;

	/* After two failed patches the model gets another tool for edits, so the
	 * file may be right all the same. */
	if (v->patches_failed > 1)
		return &patch;
	return right          ? NULL
	       : v->calls > 0 ? &other
			      : doctor_trial_judge_calls(v);
}

static const struct doctor_trial_fault *
doctor_trial_judge_reads(const struct doctor_trial_seen *v)
{
	static const struct doctor_trial_fault one = {
		"it makes one call per answer",
		"tasks still work, but take longer; if its server "
		"allows several, set \"dialect\": {\"parallel_tool_calls\": "
		"true} for its provider",
	};

	return v->together > 1 ? NULL : v->calls > 0 ? &one :
	    doctor_trial_judge_calls(v);
}

static const struct doctor_trial_fault *
doctor_trial_judge_cut(const struct doctor_trial_seen *v)
{
	static const struct doctor_trial_fault whole = {
		"its answer was not cut off: the server ignores the limit",
		"see \"max_tokens\" of \"dialect\" in assent-config(5)",
	}, endless = {
		"it was cut off repeatedly and never finished",
		"set a lower \"effort\"",
	}, calls = {
		"it called tools instead of writing the numbers", NULL,
	}, astray = {
		"after the cut it didn't continue where it stopped",
		NULL,
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

const struct doctor_trial doctor_trials[] = {
	{ "plan", "require", "ask",
	  "Plan this, with one step: correct the spelling in greeting.txt. Look "
	  "at the file first, then hand in your plan.",
	  0, 2, 1200, 4, doctor_trial_judge_plan },
	{ "edit", "skip", "yes",
	  "In greeting.txt change helo to hello. Change nothing else and run no "
	  "command. Then call done.",
	  0, 3, 800, 6, doctor_trial_judge_edit },
	{ "reads", "skip", "ask",
	  "Read a.txt, b.txt and c.txt with three separate calls of the read "
	  "tool, all three in the same answer. Then say the three words and "
	  "nothing else.",
	  0, 2, 400, 4, doctor_trial_judge_reads },
	{ "cut answer", "skip", "ask",
	  /* A number is 1 token in some vocabularies and 4 in others. */
	  "Call no tool. Write the numbers from 1 to 450, separated by spaces, "
	  "and nothing else. Your answer will be cut off; go on where it "
	  "stopped, until you have written 450.",
	  DOCTOR_TRIAL_CUT, 4, 1600, 8, doctor_trial_judge_cut },
};
const size_t doctor_trials_len = MEM_COUNT(doctor_trials);

/* ---- what a session shows ---- */

static void
doctor_trial_add_word(struct buf *b, const char *word, const char *between)
{
	if (word == NULL || strstr(buf_str(b), word) != NULL)
		return;
	if (b->len > 0)
		buf_adds(b, between);
	buf_adds(b, word);
}

static void
doctor_trial_first(struct doctor_trial_seen *v)
{
	if (v->asked_ms > 0 && v->first_ms == 0)
		v->first_ms = clock_mono_ms() - v->asked_ms + 1;
}

static void
doctor_trial_answer(struct doctor_trial_watch *w, const cJSON *line)
{
	struct doctor_trial_seen *v = &w->seen;
	const cJSON *calls = json_array(line, "calls"), *it;
	const cJSON *usage = json_get(line, "usage");
	const char *text = json_str_or(line, "text", "");
	int64_t thought = json_int(usage, "reasoning", 0);
	int reads = 0;

	doctor_trial_first(v);
	cJSON_ArrayForEach(it, calls)
		reads += json_is(it, "name", "read");
	v->calls += cJSON_GetArraySize(calls);
	if (reads > v->together)
		v->together = reads;
	v->cuts += json_is(line, "stop", "max_tokens");
	if (text[0] != '\0')
		xstrset(&v->text, text);
	if (v->answers++ > 0 && json_int(usage, "cached", -1) >= 0) {
		v->again_in += json_int(usage, "input", 0);
		v->again_cached += json_int(usage, "cached", 0);
	}
	if (thought > 0)
		v->thought = (v->thought < 0 ? 0 : v->thought) + thought;
	w->thinking_shown = w->thinking_shown ||
	    json_str(line, "thinking") != NULL;
	doctor_trial_add_word(&w->efforts, json_str(line, "effort"), ", ");
}

static void
doctor_trial_end(struct doctor_trial_seen *v, const cJSON *line)
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

void
doctor_trial_line(void *arg, const cJSON *line)
{
	struct doctor_trial_watch *w = arg;
	struct doctor_trial_seen *v = &w->seen;
	const char *type = json_str_or(line, "type", "");
	const char *name = json_str_or(line, "name", "");
	bool failed = !json_bool(line, "ok", true);
	const cJSON *it;

	if (strcmp(type, "turn_start") == 0 && v->asked_ms == 0)
		v->asked_ms = clock_mono_ms();
	else if (strcmp(type, "delta") == 0 || (strcmp(type, "status") == 0 &&
	    strstr(json_str_or(line, "doing", ""), "a tool call") != NULL))
		doctor_trial_first(v);
	else if (strcmp(type, "assistant_message") == 0)
		doctor_trial_answer(w, line);
	else if (strcmp(type, "tool_result") == 0 && failed)
		v->patches_failed += strcmp(name, "apply_patch") == 0;
	else if (strcmp(type, "plan") == 0)
		v->planned = true;
	else if (strcmp(type, "note") == 0) {
		doctor_trial_add_word(&w->notes, json_str(line, "text"), "\n");
		cJSON_ArrayForEach(it, json_array(line, "without")) {
			name = it->valuestring;
			doctor_trial_add_word(&w->left_out, name, ", ");
			w->refused = w->refused || strcmp(name, "effort") ==
			    0 || strcmp(name, "thinking") == 0;
		}
	} else if (strcmp(type, "error") == 0)
		xstrset(&v->error, json_str(line, "text"));
	else if (strcmp(type, "agent_end") == 0)
		doctor_trial_end(v, line);
}
