/* The report at the end of a task. */
#include "config.h"

#include "front/print-int.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/pathmap.h"
#include "base/sanitize.h"

/* "a, old -> new" of agent_end. */
struct print_renamed {
	char		*path;
	const char	*from;		/* its old name; NULL: it is one */
};

static void
print_changed(FILE *f, const struct fold *fold, const cJSON *end)
{
	AUTO(pathmap_release) struct pathmap names = { 0 };
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	struct print_renamed *r;
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(end, "renamed")) {
		(void)pathmap_add(&names, json_str_or(it, "from", "?"),
		    sizeof(*r));
		r = pathmap_add(&names, json_str_or(it, "path", "?"),
		    sizeof(*r));
		r->from = json_str_or(it, "from", "?");
	}
	cJSON_ArrayForEach(it, json_array(end, "modified_files")) {
		const char *p = cJSON_IsString(it) ? it->valuestring : "";
		AUTO_FREE char *text = NULL;

		r = pathmap_find(&names, p);
		if (r != NULL && r->from != NULL)
			text = xasprintf("%s -> %s", r->from, p);
		else if (r == NULL && fold_is_gone(fold, p))
			text = xasprintf("%s (deleted)", p);
		if (r == NULL || text != NULL)
			cJSON_AddItemToArray(list, cJSON_CreateString(
			    text == NULL ? p : text));
	}
	print_list(f, "changed", list);
}

/* Build products that aren't proposed: "prog, node_modules/ (12)". */
static void
print_products(FILE *f, const cJSON *end)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(end, "products")) {
		long long n = json_int(it, "files", 1);
		const char *path = json_str_or(it, "path", "?");
		AUTO_FREE char *text = n > 1 ? xasprintf("%s (%lld)", path, n) :
		    xstrdup(path);

		cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
	print_list(f, "build products", list);
}

/* The usage of a task or a session. */
static void
print_usage(FILE *f, const char *what, const cJSON *o)
{
	const cJSON *tokens = json_get(o, "tokens");
	int64_t in = json_int(tokens, "in", 0);
	int64_t cached = json_int(tokens, "cached", -1);
	int64_t cost = money_from_json(json_get(o, "cost_usd"));
	struct task_usage_sum sum = { .turns = json_int(o, "turns", 0),
		.in = in, .counted = in, .out = json_int(tokens, "out", 0),
		.cached = cached, .cached_told = cached >= 0,
		.cost = cost, .unpriced = cost < 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);

	task_usage_line(&b, &sum);
	fprintf(f, "  %s: %s\n", what, buf_str(&b));
}

/* Who or which rule accepted the files, and the auto-approvals. */
static void
print_accepted_by(FILE *f, const struct fold *fold, const cJSON *end)
{
	const cJSON *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(it, json_get(end, "accepted_by")) {
		bool person = strcmp(it->string, "person") == 0;

		buf_addf(&b, "%s%g %s%s", b.len > 0 ? ", " : "",
		    it->valuedouble, person ? "by you" : "by rule ",
		    person ? "" : it->string);
	}
	if (b.len > 0)
		print_words(f, "  accepted: %s", buf_str(&b));
	if (json_int(end, "prompts", 0) > 0)
		print_words(f, "  asked: %lld time%s",
		    (long long)json_int(end, "prompts", 0),
		    json_int(end, "prompts", 0) == 1 ? "" : "s");
	print_grants(f, fold);
}

bool
print_end_limit(struct buf *b, const cJSON *end)
{
	const cJSON *limit = json_get(end, "limit");
	int kind = limit_find(json_str_or(limit, "what", ""));

	if (kind == LIMIT_NONE)
		return false;
	buf_addf(b, "limit on %s: ", limit_word(kind));
	limit_text(b, kind, limit_from_json(kind, json_num(limit, "used", 0)));
	buf_adds(b, " of ");
	limit_text(b, kind, limit_from_json(kind, json_num(limit, "limit", 0)));
	if (limit_flag(kind) != NULL)
		buf_addf(b, " (%s)", limit_flag(kind));
	return true;
}

/* The limit that was reached, and the progress. */
static void
print_limit(FILE *f, const cJSON *end)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int done = 0, all = 0;
	const cJSON *it;

	if (print_end_limit(&b, end))
		print_words(f, "  %s", buf_str(&b));
	buf_clear(&b);
	cJSON_ArrayForEach(it, json_array(end, "steps")) {
		done += json_bool(it, "done", false);
		all++;
	}
	if (all > 0)
		print_words(f, "  plan: %d of %d steps done", done, all);
	cJSON_ArrayForEach(it, json_get(end, "calls"))
		if (cJSON_IsNumber(it))
			buf_addf(&b, "%s%g %s", b.len > 0 ? ", " : "",
			    it->valuedouble, it->string);
	if (b.len > 0)
		print_words(f, "  calls: %s", buf_str(&b));
}

void
print_end(FILE *f, const struct fold *fold, const cJSON *end, bool said)
{
	const cJSON *crit = json_get(end, "check");
	const cJSON *session = json_get(end, "session"), *it;
	AUTO_BUF struct buf how_many = BUF_INIT(0);
	int dropped = (int)json_int(end, "dropped", 0);
	AUTO_FREE char *first = NULL;
	const char *summary = said ? "" : json_str_or(end, "summary", "");

	fputc('\n', f);
	first = sanitize_dup(json_str_or(end, "outcome", "ended"),
	    print_is_terminal(f) ? sanitize_locale() : 0);
	fold_add_rejected(&how_many, (int)json_int(end, "rejected", 0),
	    (int)json_int(end, "replaced", 0),
	    (int)json_int(end, "decided", 0));
	if (summary[0] != '\0') {
		fprintf(f, "%s%s: ", first, buf_str(&how_many));
		print_text(f, "", PRINT_MODEL, summary);
	} else
		fprintf(f, "%s%s\n", first, buf_str(&how_many));
	if (json_is(end, "outcome", "limit"))
		print_limit(f, end);
	if (dropped > 0)
		print_words(f, "  ended without a plan: its changes to %d "
		    "file%s weren't kept; --plan skip runs a task without one",
		    dropped, dropped == 1 ? "" : "s");
	cJSON_ArrayForEach(it, json_array(end, "mcp_missing"))
		print_words(f, "  %s", json_str_or(it, "text", ""));
	print_changed(f, fold, end);
	print_list(f, "waiting for your review", json_array(end, "proposed"));
	print_products(f, end);
	print_accepted_by(f, fold, end);
	if (cJSON_IsObject(crit)) {
		const cJSON *code = json_get(crit, "exit");
		const char *how = cJSON_IsNumber(code) ?
		    (code->valuedouble == 0 ? "passed" :
		    json_str(crit, "met") != NULL ? "failed at a limit" :
		    "failed") : fold->evidence.killed != NULL ?
		    fold_check_result(&fold->evidence) : "not run";

		const char *by = fold_check_source(json_str(crit, "by"));

		print_words(f, "  check: %s: %s (%s)", json_str_or(crit,
		    "command", "?"), how, by);
	}
	print_usage(f, "used", end);
	if (json_int(session, "turns", 0) > json_int(end, "turns", 0))
		print_usage(f, "whole session", session);
}
