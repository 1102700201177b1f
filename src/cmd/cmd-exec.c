/* cmd-exec: runs a task without the UI, for people and pipelines. */

#include "config.h"

#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "cmd/exec.h"
#include "cmd/proposal-file.h"
#include "cmd/setup.h"
#include "cmd/step.h"
#include "front/client.h"
#include "front/print.h"
#include "journal/event.h"
#include "journal/session.h"
#include "journal/task-usage.h"
#include "policy/price.h"

struct task_input {
	char	*typed;		/* the task as the user typed it; NULL: none */
	char	*text;		/* the same with the inputs */
	cJSON	*inputs;	/* a hash of each, by its name */
};

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/*
 * Findings as a SARIF 2.1.0 log (OASIS, Static Analysis Results Interchange
 * Format), which code hosts and editors display at the lines.
 */

/* A path as a relative URI (RFC 3986, 2.3: unreserved characters). */
static char *
sarif_uri(const char *path, size_t n)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)path[i];

		if (c < 0x80 && (isalnum(c) || (c != '\0' &&
		    strchr("-._~/", c) != NULL)))
			buf_addc(&b, (char)c);
		else
			buf_addf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

static cJSON *
sarif_location(const cJSON *finding)
{
	cJSON *location = cJSON_CreateObject();
	cJSON *place = cJSON_AddObjectToObject(location, "physicalLocation");
	cJSON *file = cJSON_AddObjectToObject(place, "artifactLocation");
	cJSON *region = cJSON_AddObjectToObject(place, "region");
	int64_t line = json_int(finding, "line", 1);
	int64_t end = json_int(finding, "end_line", line);
	size_t n;
	AUTO_FREE char *path = json_get_bytes(finding, "path", &n);
	AUTO_FREE char *uri = path == NULL ? NULL : sarif_uri(path, n);

	json_add_str(file, "uri", uri == NULL ? "" : uri);
	json_add_str(file, "uriBaseId", "%SRCROOT%");
	json_add_int(region, "startLine", line);
	if (end > line)
		json_add_int(region, "endLine", end);
	return location;
}

static cJSON *
sarif_result(const cJSON *finding)
{
	cJSON *o = cJSON_CreateObject(), *locations;

	json_add_str(o, "ruleId", json_str_or(finding, "rule",
	    json_str_or(finding, "by", "review")));
	json_add_str(o, "level", json_str_or(finding, "severity", "note"));
	json_add_str(cJSON_AddObjectToObject(o, "message"), "text",
	    json_str_or(finding, "message", ""));
	locations = cJSON_AddArrayToObject(o, "locations");
	cJSON_AddItemToArray(locations, sarif_location(finding));
	return o;
}

/* `findings` as in agent_end of assent-journal(5); NULL: none. The caller
 * deletes. */
static cJSON *
sarif_make(const cJSON *findings)
{
	cJSON *log = cJSON_CreateObject(), *run = cJSON_CreateObject();
	cJSON *driver, *results;
	const cJSON *it;

	json_add_str(log, "$schema", SARIF_SCHEMA);
	json_add_str(log, "version", "2.1.0");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(log, "runs"), run);
	driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"),
	    "driver");
	json_add_str(driver, "name", "assent");
	json_add_str(driver, "version", PACKAGE_VERSION);
	results = cJSON_AddArrayToObject(run, "results");
	cJSON_ArrayForEach(it, findings)
		cJSON_AddItemToArray(results, sarif_result(it));
	return log;
}

/*
 * The task of `exec` with the values of --input in it. A value is data: it is
 * put into a fenced block that says so, and nothing in it is expanded.
 */

#define TASK_INPUT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define TASK_INPUT_REST TASK_INPUT_LETTERS "0123456789-"

struct input {
	const char	*name;		/* not terminated */
	size_t		 name_len;
	struct buf	 value;
	bool		 placed;	/* its block is in the text */
};

/* The length of the name that `s` begins with; 0: none. */
static size_t
input_name(const char *s)
{
	return strspn(s, TASK_INPUT_LETTERS) == 0 ? 0 :
	    strspn(s, TASK_INPUT_REST);
}

static struct input *
input_find(struct input *v, size_t len, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (v[i].name_len == n && memcmp(v[i].name, name, n) == 0)
			return &v[i];
	return NULL;
}

static int
input_value(struct input *in, const char *root, const char *from,
    struct err *e)
{
	struct err why = ERR_INIT;
	int n = (int)in->name_len, rc = 0;

	if (from[0] != '@')
		rc = buf_adds(&in->value, from);
	else if (strcmp(from, "@-") == 0) {
		if (fs_read_all(STDIN_FILENO, &in->value) < 0)
			rc = err_sys(&why, "can't read standard input");
	} else if ((rc = fs_check_linked(root, from + 1, &why)) == 0)
		rc = fs_read_file(AT_FDCWD, from + 1, &in->value, &why);
	if (in->value.full)
		return err_set(e, "--input %.*s is too large: the task and its "
		    "inputs may have %zu MB", n, in->name,
		    TASK_MAX_BYTES >> 20);
	if (rc < 0)
		return err_set(e, "--input %.*s: %s", n, in->name, why.text);
	if (memchr(buf_str(&in->value), '\0', in->value.len) != NULL ||
	    !utf8_is_valid(buf_str(&in->value), in->value.len))
		return err_set(e, "--input %.*s isn't UTF-8 text", n, in->name);
	return 0;
}

static int
input_read(struct input *v, size_t *len, const char *root, const char *word,
    bool *stdin_used, struct err *e)
{
	size_t n = input_name(word);
	struct input *in = &v[*len];

	if (n == 0 || word[n] != '=')
		return err_set(e, "--input %.60s: not NAME=VALUE, NAME=@FILE "
		    "or NAME=@- (a name has letters, digits, _ and -)", word);
	if (input_find(v, *len, word, n) != NULL)
		return err_set(e, "--input %.*s is given twice", (int)n, word);
	if (strcmp(word + n, "=@-") == 0) {
		if (*stdin_used)
			return err_set(e, "--input %.*s: standard input is "
			    "read only once", (int)n, word);
		*stdin_used = true;
	}
	*in = (struct input){ .name = word, .name_len = n,
		.value = BUF_INIT(TASK_MAX_BYTES) };
	(*len)++;
	return input_value(in, root, word + n + 1, e);
}

/* Nothing in the value or in the task around it can end the block. */
static void
input_place(struct buf *b, struct input *in, const char *task)
{
	AUTO_FREE char *about = xasprintf("Input \"%.*s\"",
	    (int)in->name_len, in->name);

	fence_add(b, about, buf_str(&in->value), in->value.len,
	    task);
	in->placed = true;
}

/* The input that `s`, which begins with "{{", names; *n is its length. */
static struct input *
input_named(struct input *v, size_t len, const char *s, size_t *n)
{
	size_t name = input_name(s + 2);

	*n = name + 4;
	return name == 0 || strncmp(s + 2 + name, "}}", 2) != 0 ? NULL :
	    input_find(v, len, s + 2, name);
}

static void
input_expand(struct buf *b, struct input *v, size_t len, const char *task)
{
	const char *s, *from = task;
	struct input *in;
	size_t i, n;

	for (s = task; (s = strstr(s, "{{")) != NULL;) {
		in = input_named(v, len, s, &n);
		if (in == NULL) {
			s++;
			continue;
		}
		buf_add(b, from, (size_t)(s - from));
		from = s += n;
		if (in->placed) {
			buf_addf(b, "[input \"%.*s\", above]",
			    (int)in->name_len, in->name);
			continue;
		}
		input_place(b, in, task);
		/* The block ends its line. */
		if (*from == '\n')
			from = ++s;
	}
	buf_adds(b, from);
	for (i = 0; i < len; i++)
		if (!v[i].placed) {
			buf_adds(b, b->p[b->len - 1] == '\n' ? "\n" : "\n\n");
			input_place(b, &v[i], task);
		}
}

static cJSON *
input_hashes(const struct input *v, size_t len)
{
	cJSON *o = cJSON_CreateObject();
	size_t i;

	for (i = 0; i < len; i++) {
		AUTO_FREE char *name = xmemdup(v[i].name, v[i].name_len);
		AUTO_FREE char *hash = xasprintf("%016llx", (unsigned long long)
		    hash_bytes(HASH_BEGIN, buf_str(&v[i].value),
		    v[i].value.len));

		json_add_str(o, name, hash);
	}
	return o;
}

/* -1 with the error of an input or of the task. No file is read by a symlink
 * below `root`. */
static int
task_input_read(struct task_input *t, const struct cmd_args *a,
    const char *root, struct err *e)
{
	struct input *v = xcalloc(a->inputs.len + 1, sizeof(*v));
	bool stdin_used = false;
	AUTO_BUF struct buf b = BUF_INIT(TASK_MAX_BYTES);
	size_t i, len = 0;
	int rc = 0;

	memset(t, 0, sizeof(*t));
	if (a->task_file != NULL)
		rc = fs_check_linked(root, a->task_file, e);
	if (rc == 0) {
		rc = cmd_task(a, true, &t->typed, e);
		stdin_used = rc > 0;
	}
	for (i = 0; rc >= 0 && i < a->inputs.len; i++)
		rc = input_read(v, &len, root, a->inputs.v[i], &stdin_used, e);
	if (rc >= 0 && t->typed != NULL) {
		input_expand(&b, v, len, t->typed);
		if (b.full)
			rc = err_set(e, "the task and its inputs are larger "
			    "than %zu MB", TASK_MAX_BYTES >> 20);
		else
			t->text = buf_take(&b);
	}
	t->inputs = input_hashes(v, len);
	for (i = 0; i < len; i++)
		buf_release(&v[i].value);
	free(v);
	return rc;
}

static void
task_input_release(struct task_input *t)
{
	free(t->typed);
	free(t->text);
	cJSON_Delete(t->inputs);
	memset(t, 0, sizeof(*t));
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

	if (session_list(root, &v, &n, e) < 0)
		return -1;
	for (i = 0; i < n && found < ESTIMATE_SESSIONS; i++) {
		struct err ignored = ERR_INIT;
		AUTO_FREE char *dir = session_dir(v[i].id, &ignored);

		if (dir == NULL || (v[i].mode != NULL &&
		    strcmp(v[i].mode, "demo") == 0))
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

static int
cmd_exec_estimate(const struct cmd_args *a)
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

static int
exec_check_output(const char *flag, const char *path)
{
	struct err e = ERR_INIT;

	return print_file_check(path, &e) == 0 ? 0 :
	    cmd_fail(EXIT_USAGE, "%s %s", flag, e.text);
}

/* The patch of what was applied; empty if nothing was. */
static int
exec_patch(const struct headless_result *r, struct buf *b, struct err *e)
{
	const char *hash = json_str(r->end, "patch");
	AUTO_FREE char *dir = NULL, *path = NULL;

	if (hash == NULL || r->dir == NULL)
		return 0;
	dir = fs_join(r->dir, "out");
	path = fs_join(dir, hash);
	return fs_read_file(AT_FDCWD, path, b, e);
}

#define EXEC_OUTPUT_VERSION 1	/* see share/output.schema.json */

/* For `stats --from`: when, and the session's figures. */
static void
exec_output_stats(cJSON *o, const struct headless_result *r, struct err *e)
{
	char now[CLOCK_STAMP_SIZE];
	cJSON *stats = r->session == NULL ? NULL :
	    stats_of_session(r->session, e);

	clock_stamp(now);
	json_add_str(o, "ended", json_str_or(r->end, "t", now));
	if (stats != NULL)
		json_set_take(o, "stats", stats);
}

/* The object of --output. If the run ended without agent_end, its summary is
 * the error. */
static cJSON *
exec_output(const struct headless_result *r, int code, struct err *e)
{
	static const char *const same[] = {
		"modified_files", "renamed", "proposed",
		"decided", "rejected", "turns", "tokens", "cost_usd",
		"check", "prompts", "accepted_by", "not_proposable",
		"products", "limit", "calls", "steps", "findings",
		"hooks", "mcp_missing",
	};
	static const char *const empty =
	    "{\"modified_files\":[],\"renamed\":[],\"proposed\":[],"
	    "\"decided\":0,\"rejected\":0,"
	    "\"not_proposable\":[],\"products\":[],\"turns\":0,\"tokens\":"
	    "{\"in\":0,\"out\":0,\"cached\":0},\"cost_usd\":null,"
	    "\"check\":null,\"prompts\":0,\"accepted_by\":{},"
	    "\"limit\":null,\"calls\":{},\"steps\":[],\"findings\":[],"
	    "\"hooks\":[],\"mcp_missing\":[]}";
	cJSON *o = cJSON_CreateObject();
	AUTO_JSON cJSON *none =
	    json_parse(empty, strlen(empty), JSON_NUL_REFUSE, e);
	AUTO_BUF struct buf patch = BUF_INIT(0);
	size_t i;

	json_add_int(o, "version", EXEC_OUTPUT_VERSION);
	json_add_str(o, "outcome", json_str_or(r->end, "outcome",
	    code == EXIT_INTERRUPTED ? "interrupted" : "error"));
	json_add_int(o, "exit", code);
	json_add_str(o, "summary", json_str_or(r->end, "summary",
	    r->error == NULL ? "" : r->error));
	for (i = 0; i < MEM_COUNT(same); i++) {
		const cJSON *v = json_get(r->end, same[i]);

		if (v == NULL)
			v = json_get(none, same[i]);
		json_set_take(o, same[i], cJSON_Duplicate(v, 1));
	}
	if (exec_patch(r, &patch, e) == 0 && (patch.len > 0 ||
	    cJSON_GetArraySize(json_get(o, "modified_files")) == 0))
		json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	json_set_take(o, "session", r->session == NULL ?
	    cJSON_CreateNull() : cJSON_CreateString(r->session));
	return o;
}

static void
exec_print_line(FILE *f, const char *p, size_t n)
{
	print_json(f, p, n - 1);
}

/* Writes the object; *e may already say that it is incomplete. */
static int
exec_report(const char *flag, const char *path, cJSON *o_take, struct err *e,
    int code)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_append(&b, o_take);
	buf_addc(&b, '\n');
	if (print_file(path, b.p, b.len, exec_print_line, e) < 0 || err_is_set(e)) {
		cmd_say("%s: %s", flag, e->text);
		if (code == EXIT_DONE)
			code = EXIT_ERROR;
	}
	cJSON_Delete(o_take);
	return code;
}

static int
exec_patch_out(const char *path, const cJSON *output, int code)
{
	struct err e = ERR_INIT;
	size_t n = 0;
	AUTO_FREE char *patch = json_get_bytes(output, "patch", &n);

	if (patch == NULL && cJSON_GetArraySize(json_get(output,
	    "modified_files")) > 0)
		err_set(&e, "%s isn't written: the session has no room for the "
		    "patch (--disk)", path);
	else
		(void)print_file(path, patch == NULL ? "" : patch, n,
		    print_diff, &e);
	if (!err_is_set(&e))
		return code;
	cmd_say("--patch-out: %s", e.text);
	return code == EXIT_DONE ? EXIT_ERROR : code;
}

/* *e3 and *e may say that the proposal or the object is incomplete. */
static int
exec_reports(const struct cmd_args *a, const cJSON *output,
    const cJSON *proposal, struct err *e3, struct err *e, int code)
{
	struct err e2 = ERR_INIT;
	cJSON *o;

	if (a->proposal_out != NULL && proposal == NULL) {
		cmd_say("--proposal-out: %s", e3->text);
		code = code == EXIT_DONE ? EXIT_ERROR : code;
	} else if (a->proposal_out != NULL)
		code = exec_report("--proposal-out", a->proposal_out,
		    cJSON_Duplicate(proposal, 1), e3, code);
	if (a->sarif != NULL)
		code = exec_report("--sarif", a->sarif, sarif_make(json_array(
		    output, "findings")), &e2, code);
	if (a->patch_out != NULL)
		code = exec_patch_out(a->patch_out, output, code);
	if (a->output != NULL) {
		o = cJSON_Duplicate(output, 1);
		json_set_take(o, "exit", cJSON_CreateNumber(code));
		code = exec_report("--output", a->output, o, e, code);
	}
	return code;
}

/* ---- git ---- */

struct exec_git {
	struct branch		 branch;	/* borrowed from the setup */
	int			 failed;	/* a commit's exit code */
};

struct exec {
	const struct cmd_args	*a;
	struct step		 step;
	struct exec_git		 git;
	char			*root, *profile;
};

/* Commit what was applied and isn't committed. */
static void
exec_commit(void *arg, const char *session)
{
	struct exec_git *g = arg;
	char *operands[] = { (char *)(uintptr_t)session, NULL };
	struct cmd_args a = { .operands = operands, .operands_len = 1,
		.no_edit = true, .quiet = true, .on = g->branch.name };
	int code = cmd_commit(&a);

	if (code != EXIT_DONE) {
		cmd_say("what was applied isn't committed: assent commit %s",
		    session);
		g->failed = code;
	}
}

/* At the end of the task, or `again`, if that was cut off. */
static int
exec_commit_rest(struct exec_git *g, const struct headless_result *r, int code,
    bool again)
{
	bool begun = r->session != NULL && code != EXIT_INTERRUPTED &&
	    cJSON_GetArraySize(json_get(r->end, "modified_files")) > 0;

	if (begun && g->failed == 0 && (g->branch.when == COMMIT_TASK ||
	    (again && g->branch.when == COMMIT_DECISION)))
		exec_commit(g, r->session);
	return code == EXIT_DONE ? g->failed : code;
}

static void
exec_release(struct exec *x)
{
	step_release(&x->step);
	free(x->root);
	free(x->profile);
}

static void
exec_signals_wait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- --name ---- */

static void
exec_begun(void *arg, const char *session)
{
	struct step *s = arg;
	struct err e = ERR_INIT;

	if (step_begin(s, NULL, session, &e) < 0)
		cmd_say("%s: %s", s->name, e.text);
}

/* Before the core starts: what a new run and a resumed one differ in. */
static int
exec_begin(const struct cmd_args *a, struct step *s, enum step_what what,
    cJSON *start, const struct setup *setup, struct headless_options *o)
{
	struct err e = ERR_INIT;
	int code;

	if (what == STEP_RESUME) {
		json_add_str(start, "session", s->session);
		json_add_bool(start, "go_on", true);
		json_add_str(start, "recover", "finish");
		/* Its server may have moved. */
		json_add_bool(start, "override_model", true);
		o->resumed = true;
		return 0;
	}
	if (s->name == NULL)
		return branch_make(a, setup->root, NULL, false);
	if ((code = branch_make(a, setup->root, s->branch, true)) != 0)
		return code;
	o->begun = exec_begun;
	o->begun_arg = s;
	/* What is made for a run is in its record before it is made. */
	return step_begin(s, a->branch, NULL, &e) == 0 ? branch_make(a,
	    setup->root, s->branch, false) : cmd_fail(EXIT_ERROR, "%s: %s", s->name, e.text);
}

/* What waits, if somebody asks for it or a later run of the name may. */
static cJSON *
exec_proposal(const struct exec *x, const struct headless_result *r, bool open,
    struct err *e)
{
	if (x->a->proposal_out == NULL && (x->step.name == NULL || !open))
		return NULL;
	return proposal_file_make(open ? r->dir : NULL, x->root, x->profile, e);
}

/* A run that has ended keeps its result, even if we were interrupted since. */
static int
exec_recorded(const struct headless_result *r, int code)
{
	return code == EXIT_INTERRUPTED ?
	    (int)json_int(r->end, "exit", code) : code;
}

static int
exec_end(struct exec *x, const struct headless_result *r, int code)
{
	bool open = cJSON_GetArraySize(json_array(r->end, "proposed")) > 0;
	/* Else the next run commits. */
	bool committed = x->git.failed == 0 && (code != EXIT_INTERRUPTED ||
	    x->git.branch.when == COMMIT_NEVER);
	struct step *s = &x->step;
	struct err e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	AUTO_JSON cJSON *output = exec_output(r, code, &e);
	AUTO_JSON cJSON *proposal = exec_proposal(x, r, open, &e3);

	json_add_str(output, "name", s->name);
	if (x->a->output != NULL || s->name != NULL)
		exec_output_stats(output, r, &e);
	/* The next run tries again to make what is missing. */
	if (s->name != NULL && committed && ((open && proposal == NULL) ||
	    step_end(s, r->end, output, proposal, exec_recorded(r, code),
	    &e2) < 0))
		cmd_say("%s isn't recorded as done: %s", s->name,
		    open && proposal == NULL ? e3.text : e2.text);
	return exec_reports(x->a, output, proposal, &e3, &e, code);
}

/* The reports of a run that is over. */
static int
exec_again(struct exec *x, enum step_what what)
{
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct step *s = &x->step;
	struct err e = ERR_INIT;
	struct err e3 = ERR_INIT;
	AUTO_JSON cJSON *none = NULL;
	const cJSON *output, *proposal;
	int code;

	if (what == STEP_SKIP) {
		output = json_get(s->record, "output");
		code = (int)json_int(s->record, "exit", EXIT_ERROR);
		proposal = json_get(s->record, "proposal");
		if (proposal == NULL)
			proposal = none = exec_proposal(x, &r, false, &e3);
		return exec_reports(x->a, output, proposal, &e3, &e, code);
	}
	r.end = cJSON_Duplicate(s->end, 1);
	r.session = xstrdup(s->session);
	r.dir = session_dir(s->session, &e);
	code = exec_commit_rest(&x->git, &r, s->code, true);
	return exec_end(x, &r, code);
}

/* A line on standard error, for users who send the progress elsewhere. */
static void
exec_say_why(const struct headless_result *r)
{
	const cJSON *check = json_get(r->end, "check");
	const cJSON *status = json_get(check, "exit");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (print_end_limit(&b, r->end))
		cmd_say("%s", buf_str(&b));
	if (json_is(r->end, "outcome", "unmet"))
		cmd_say("%s", json_str_or(r->end, "summary", ""));
	if (json_is(r->end, "outcome", "waiting"))
		cmd_say("waiting for your review: assent resume %s",
		    r->session);
	else if (json_is(r->end, "outcome", "limit"))
		cmd_say("staged changes are kept; review or continue: assent "
		    "resume %s", r->session);
	else if (json_is(r->end, "outcome", "unproven") &&
	    cJSON_IsNumber(status) && status->valueint != 0)
		cmd_say("the success check failed: %s, exit %d", json_str_or(
		    check, "command", "?"), status->valueint);
	else if (json_is(r->end, "outcome", "unproven") &&
	    !cJSON_IsObject(check) && r->failed != NULL)
		cmd_say("%s", r->failed);
	else if (json_is(r->end, "outcome", "unproven"))
		cmd_say("the success check hasn't passed: %s", json_str_or(
		    check, "command", "none is set"));
	else if (json_is(r->end, "outcome", "provider") && r->failed != NULL)
		cmd_say("%.*s", (int)strcspn(r->failed, "\n"), r->failed);
}

int
cmd_exec(const struct cmd_args *a)
{
	struct headless_options o = { .json = a->json };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO(task_input_release) struct task_input task = { 0 };
	cJSON *start;
	AUTO(exec_release) struct exec x = { .a = a };
	enum step_what what = STEP_RUN;
	int code;

	if (a->estimate)
		return cmd_exec_estimate(a);
	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* The core loads its libraries while the configuration is read. */
	(void)client_spawn(&c, NULL);
	if ((code = setup_config(&s, a, "exec")) != 0 ||
	    (code = exec_check_output("--output", a->output)) != 0 ||
	    (code = exec_check_output("--sarif", a->sarif)) != 0 ||
	    (code = exec_check_output("--patch-out", a->patch_out)) != 0 ||
	    (code = exec_check_output("--proposal-out",
	    a->proposal_out)) != 0)
		return code;
	if (task_input_read(&task, a, s.root, &e) < 0 || task.text == NULL)
		return cmd_fail(EXIT_USAGE, "%s", err_is_set(&e) ? e.text :
		    "no task given; use assent exec 'fix the failing test', or "
		    "pass it on standard input");
	if ((code = setup_model(&s, true)) != 0)
		return code;
	x.git.branch = s.branch;
	if (x.git.branch.when == COMMIT_DECISION) {
		o.applied = exec_commit;
		o.applied_arg = &x.git;
	}
	o.person = !a->json && headless_person();
	start = setup_start(&s, "exec", &(struct setup_task){
	    .text = task.text, .person = o.person });
	x.root = xstrdup(s.root);
	x.profile = xstrdup_null(json_str(json_get(start, "profile"), "name"));
	if (a->inputs.len > 0)
		json_add_str(start, "typed", task.typed);
	json_add_str(start, "require", a->require);
	if (a->rollback)
		json_add_bool(start, "rollback", true);
	if (a->require_mcp)
		json_add_bool(start, "require_mcp", true);
	if (a->include.len > 0)
		json_set_take(start, "include", cJSON_CreateStringArray(
		    a->include.v, (int)a->include.len));
	if ((code = step_choose(&x.step, a, &s, start, task.inputs,
	    &what)) != 0) {
		cJSON_Delete(start);
		return code;
	}
	if (what == STEP_SKIP || what == STEP_ENDED) {
		cJSON_Delete(start);
		return exec_again(&x, what);
	}
	if ((code = exec_begin(a, &x.step, what, start, &s, &o)) != 0) {
		cJSON_Delete(start);
		return code;
	}
	/* Not what the work depends on: it comes after step_choose. */
	json_add_str(start, "name", x.step.name);
	/* From here to the reports, a signal ends the task, not us. */
	exec_signals_wait();
	if (client_start(&c, start, setup_hello(&s), &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, &o, &r);
	code = exec_commit_rest(&x.git, &r, code, false);
	if (a->branch != NULL && what != STEP_RESUME &&
	    json_is(r.end, "outcome", "unmet"))
		cmd_say("nothing was done on the new branch %s; git switch - "
		    "goes back", a->branch);
	exec_say_why(&r);
	return exec_end(&x, &r, code);
}
