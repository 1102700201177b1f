/* See print.h. One function an event type, one row in print_types. */
#include "config.h"

#include "cmd/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "gate/patch.h"
#include "journal/summary.h"

#define PRINT_MODEL "| "	/* before each line of the model's words */

void
print_foreign(FILE *f, const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);

	if (n == 0)
		return;
	if (!isatty(fileno(f))) {
		fwrite(p, 1, n, f);
		return;
	}
	sanitize_add(&b, p, n, SANITIZE_LINES | sanitize_locale());
	fwrite(b.p, 1, b.len, f);
	buf_release(&b);
}

/* A log is read too, and shown by pagers and web pages. */
static void
print_one(FILE *f, const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);

	sanitize_add(&b, p, n, isatty(fileno(f)) ? sanitize_locale() : 0);
	fprintf(f, "%s\n", buf_str(&b));
	buf_release(&b);
}

void
print_words(FILE *f, const char *fmt, ...)
{
	va_list ap;
	char *text;

	for (; *fmt == '\n'; fmt++)
		fputc('\n', f);
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	print_one(f, text, strlen(text));
	free(text);
}

void
print_text(FILE *f, const char *first, const char *rest, const char *text)
{
	const char *end, *last = text + strlen(text);

	while (last > text && last[-1] == '\n')
		last--;
	for (;; text = end + 1) {
		end = memchr(text, '\n', (size_t)(last - text));
		if (end == NULL)
			end = last;
		fputs(first, f);
		print_one(f, text, (size_t)(end - text));
		if (end == last)
			break;
		first = rest;
	}
}

void
print_proposal_diff(FILE *f, const struct fold_proposal *p)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < p->files_len; i++) {
		patch_write_file(&b, &p->files[i]);
		print_foreign(f, b.p, b.len);
		buf_clear(&b);
	}
	buf_release(&b);
}

/* "a, b, c" of an array of strings; malloc'ed. */
static char *
print_join(const cJSON *array, const char *between)
{
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			(void)buf_addf(&b, "%s%s", b.len > 0 ? between : "",
			    it->valuestring);
	return buf_take(&b);
}

static void
print_list(FILE *f, const char *label, const cJSON *array)
{
	char *text = print_join(array, ", ");

	if (text[0] != '\0')
		print_words(f, "  %s: %s", label, text);
	free(text);
}

/* "a, old -> new" of agent_end. */
static void
print_changed(FILE *f, const cJSON *end)
{
	const cJSON *renamed = json_array(end, "renamed"), *path, *it;
	cJSON *list = cJSON_CreateArray();

	cJSON_ArrayForEach(path, json_array(end, "modified_files")) {
		const char *p = cJSON_IsString(path) ? path->valuestring : "";
		char *text = NULL;
		bool went = false;

		cJSON_ArrayForEach(it, renamed) {
			went = went || strcmp(p, json_str_or(it, "from",
			    "")) == 0;
			if (text == NULL && strcmp(p, json_str_or(it, "path",
			    "")) == 0)
				text = xasprintf("%s -> %s", json_str_or(it,
				    "from", "?"), p);
		}
		if (!went)
			cJSON_AddItemToArray(list, cJSON_CreateString(
			    text == NULL ? p : text));
		free(text);
	}
	print_list(f, "changed", list);
	cJSON_Delete(list);
}

/* What goes through without a key. */
static void
print_grants(FILE *f, const struct fold *fold)
{
	size_t i;

	for (i = 0; i < fold->grants_len; i++)
		print_words(f, "  grant: %s", fold->grants[i]);
}

void
print_cage(FILE *f, const char *before, const char *line)
{
	char *own = sanitize_own(line, isatty(fileno(f)) ?
	    sanitize_locale() : 0);

	print_words(f, "%s%s", before, own);
	free(own);
}

static void
print_session_start(FILE *f, const struct fold *fold, const cJSON *l)
{
	const cJSON *model = json_get(l, "model");
	const cJSON *cage = json_get(l, "cage");

	print_words(f, "session %s in %s", json_str_or(l, "session", "?"),
	    json_str_or(l, "root", "?"));
	if (cJSON_IsObject(model))
		print_words(f, "model %s/%s", json_str_or(model, "provider",
		    "?"), json_str_or(model, "name", "?"));
	print_cage(f, "", json_str_or(cage, "line", "no cage"));
	/* Where there is no cage, a note says so in full. */
	if (json_str(cage, "why") != NULL &&
	    strcmp(json_str_or(cage, "rung", ""), "none") != 0)
		print_words(f, "  (%s)", json_str(cage, "why"));
	if (json_str(cage, "open") != NULL)
		print_words(f, "  open to commands: %s",
		    json_str(cage, "open"));
	print_grants(f, fold);
}

static void
print_mode(FILE *f, const struct fold *fold, const cJSON *l)
{
	print_words(f, "approve: %s", json_str_or(l, "approve", "?"));
	print_grants(f, fold);
}

static void
print_user_message(FILE *f, const struct fold *fold, const cJSON *l)
{
	const cJSON *it;
	char *said;

	(void)fold;
	fputc('\n', f);
	print_text(f, "> ", "> ", json_str_or(l, "text", ""));
	cJSON_ArrayForEach(it, json_array(l, "images")) {
		said = fold_image_text(it);
		print_words(f, "image: %s", said);
		free(said);
	}
}

static void
print_assistant_message(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");

	(void)fold;
	if (text[strspn(text, " \n")] != '\0') {
		fputc('\n', f);
		print_text(f, PRINT_MODEL, PRINT_MODEL, text);
	}
	if (json_str(l, "refusal") != NULL)
		print_words(f, "\nthe model refused: %s",
		    json_str(l, "refusal"));
}

/* A command that the user typed. */
static bool
print_is_own(const cJSON *l)
{
	return strcmp(json_str_or(l, "by", ""), "user") == 0 &&
	    strcmp(json_str_or(l, "name", ""), "bash") == 0;
}

static void
print_tool_call(FILE *f, const struct fold *fold, const cJSON *l)
{
	/* These have lines of their own. */
	static const char *const told[] = { "done", "plan", "step_done" };
	const char *name = json_str_or(l, "name", "?");
	size_t i;

	(void)fold;
	for (i = 0; i < MEM_COUNT(told); i++)
		if (strcmp(told[i], name) == 0)
			return;
	if (print_is_own(l)) {
		fputc('\n', f);
		print_text(f, "> ", "> ", json_str_or(l, "title", name));
	} else
		print_words(f, "* %s", json_str_or(l, "title", name));
}

/* A limit that the command did not outlive well. */
static void
print_met(FILE *f, const cJSON *l)
{
	if (json_str(l, "met") != NULL)
		print_words(f, "  %s", json_str(l, "met"));
}

/* Only what a person needs: the result itself is in the journal. */
static void
print_tool_result(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");
	int64_t code = json_int(l, "exit", -1);

	(void)fold;
	if (json_str(l, "limit") != NULL)
		print_words(f, "  stopped: %s", json_str(l, "limit"));
	else if (json_str(l, "killed") != NULL)
		print_words(f, "  stopped: %s", json_str(l, "killed"));
	else if (code > 0 || (code == 0 && print_is_own(l)))
		print_words(f, "  exit %lld", (long long)code);
	else if (!json_bool(l, "ok", true))
		print_words(f, "  failed: %.*s", (int)strcspn(text, "\n"),
		    text);
	print_met(f, l);
	if (print_is_own(l) && json_str(l, "note") != NULL)
		print_text(f, "  ", "  ", json_str_or(l, "note", ""));
}

static void
print_names(FILE *f, const char *label, char *const *names, size_t n)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i++)
		(void)buf_addf(&b, "%s%s", i > 0 ? ", " : "", names[i]);
	if (n > 0)
		print_words(f, "  %s: %s", label, buf_str(&b));
	buf_release(&b);
}

void
print_plan_of(FILE *f, const struct fold_plan *plan)
{
	size_t i;

	print_words(f, "\nplan %d: %s", plan->version, plan->goal == NULL ?
	    "" : plan->goal);
	for (i = 0; i < plan->steps_len; i++)
		print_words(f, "  %zu. %s%s", i + 1,
		    plan->steps[i].title == NULL ? "?" : plan->steps[i].title,
		    plan->steps[i].done ? " (done)" : "");
	print_names(f, "files", plan->files, plan->files_len);
	if (plan->criterion != NULL)
		print_words(f, "  done when: %s (named by: %s)",
		    plan->criterion, plan->criterion_by == NULL ? "?" :
		    plan->criterion_by);
	print_names(f, "risks", plan->risks, plan->risks_len);
}

static void
print_plan(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *status = json_str_or(l, "status", "?");
	const cJSON *step, *crit = json_get(l, "criterion");
	int i = 0;

	if (strcmp(status, "step") == 0) {
		size_t at = (size_t)json_int(l, "step", 0);

		if (at < fold->plan.steps_len)
			print_words(f, "  step done: %s",
			    fold->plan.steps[at].title);
		return;
	}
	if (strcmp(status, "approved") == 0) {
		print_words(f, "plan %lld approved by %s",
		    (long long)json_int(l, "version", 0),
		    json_str_or(l, "by", "?"));
		return;
	}
	if (strcmp(status, "returned") == 0) {
		print_words(f, "plan %lld sent back: %s",
		    (long long)json_int(l, "version", 0),
		    json_str_or(l, "word", ""));
		return;
	}
	print_words(f, "\nplan %lld: %s", (long long)json_int(l, "version", 0),
	    json_str_or(l, "goal", ""));
	cJSON_ArrayForEach(step, json_array(l, "steps"))
		print_words(f, "  %d. %s", ++i,
		    json_str_or(step, "title", "?"));
	print_list(f, "files", json_array(l, "files"));
	if (cJSON_IsObject(crit))
		print_words(f, "  done when: %s (named by: %s)",
		    json_str_or(crit, "command", "?"),
		    json_str_or(crit, "by", "?"));
	print_list(f, "risks", json_array(l, "risks"));
}

static void
print_evidence(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *words = json_str(l, "words");
	const cJSON *end = json_get(l, "exit");

	(void)fold;
	if (strcmp(json_str_or(l, "status", ""), "done") != 0)
		return;
	if (json_str(l, "limit") != NULL || json_str(l, "killed") != NULL)
		print_words(f, "test: %s: %s: %s", json_str_or(l,
		    "command", "?"), fold_not_run(json_str(l, "killed")) ?
		    "not run" : "stopped", json_str_or(l, "limit",
		    json_str_or(l, "killed", "")));
	else
		print_words(f, "test: %s: %s %lld%s%s%s", json_str_or(l,
		    "command", "?"), cJSON_IsNumber(end) ? "exit" :
		    "killed by signal", (long long)json_int(l,
		    cJSON_IsNumber(end) ? "exit" : "signal", 0),
		    words == NULL ? "" : " (", words == NULL ? "" : words,
		    words == NULL ? "" : ")");
	print_met(f, l);
}

static void
print_decision(FILE *f, const struct fold *fold, const cJSON *l)
{
	const cJSON *file, *h;
	int yes = 0, no = 0, edited = 0;

	(void)fold;
	cJSON_ArrayForEach(file, json_array(l, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			const char *what = json_str_or(h, "decision", "");

			yes += strcmp(what, "no") != 0;
			no += strcmp(what, "no") == 0;
			edited += strcmp(what, "edited") == 0;
		}
	if (edited > 0)
		print_words(f, "decided by %s: %d taken (%d edited), %d "
		    "refused", json_str_or(l, "rule", json_str_or(l, "by",
		    "?")), yes, edited, no);
	else
		print_words(f, "decided by %s: %d taken, %d refused",
		    json_str_or(l, "rule", json_str_or(l, "by", "?")), yes,
		    no);
}

static void
print_applied(FILE *f, const struct fold *fold, const cJSON *l)
{
	const cJSON *op;

	(void)fold;
	cJSON_ArrayForEach(op, json_array(l, "ops")) {
		const char *path = json_str_or(op, "path", "?");

		if (json_bool(op, "ok", false)) {
			const char *from = json_str(op, "from");
			struct buf names = BUF_INIT(0);
			char *through;

			/* Told with the name that it has now. */
			if (json_str(op, "to") != NULL)
				continue;
			through = fold_through(l, op);
			fold_add_names(&names, from, path);
			print_words(f, "applied: %s%s%s%s", buf_str(&names),
			    through == NULL ? "" : " (",
			    through == NULL ? "" : through,
			    through == NULL ? "" : ")");
			buf_release(&names);
			free(through);
		}
		else
			print_words(f, "not applied: %s: %s", path,
			    json_str_or(op, "text",
			    json_str_or(op, "error", "?")));
	}
}

static void
print_text_line(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	fprintf(f, "%s: ", json_str_or(l, "type", "note"));
	print_text(f, "", "    ", json_str_or(l, "text", ""));
}

static void
print_note(FILE *f, const struct fold *fold, const cJSON *l)
{
	if (!json_bool(l, "idle", false))
		print_text_line(f, fold, l);
}

static void
print_noise(FILE *f, const struct fold *fold, const cJSON *l)
{
	char *text = fold_noise_rule(l);

	(void)fold;
	print_words(f, "note: %s", text);
	free(text);
}

static void
print_compaction(FILE *f, const struct fold *fold, const cJSON *l)
{
	char *title = fold_compaction_title(fold, l);
	struct buf b = BUF_INIT(0);

	print_words(f, "\nnote: %s", title);
	summary_text(&b, json_get(l, "summary"));
	if (b.len > 0)
		print_text(f, PRINT_MODEL, PRINT_MODEL, buf_str(&b));
	buf_release(&b);
	free(title);
}

static void
print_shortened(FILE *f, const struct fold *fold, const cJSON *l)
{
	char *text = fold_shortened_text(l);

	(void)fold;
	print_words(f, "note: %s", text);
	free(text);
}

static void
print_review(FILE *f, const struct fold *fold, const cJSON *l)
{
	char *text = fold_review_text(l);
	char *other = fold_other_model(fold, l);

	print_words(f, "reviewer%s: %s", other, text);
	free(other);
	free(text);
}

static void
print_criterion(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "success criterion: %s", json_str_or(l, "command",
	    "?"));
}

/* As compilers do it, so that editors find the place. */
static void
print_finding(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "%s:%lld: %s: %s", json_str_or(l, "path", "?"),
	    (long long)json_int(l, "line", 0), json_str_or(l, "severity",
	    "note"), json_str_or(l, "message", ""));
}

static void
print_model(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *why = json_str(l, "text");

	print_words(f, "model: %s%s%s", fold->model == NULL ? "?" :
	    fold->model, why == NULL ? "" : ": ", why == NULL ? "" : why);
}

static void
print_retry(FILE *f, const struct fold *fold, const cJSON *l)
{
	char *text = fold_retry_text(l);

	(void)fold;
	print_words(f, "retry: %s", text);
	free(text);
}

static void
print_budget(FILE *f, const struct fold *fold, const cJSON *l)
{
	/* As in the transcript, of which it is the last item. */
	if (fold->items_len > 0 && fold->items[fold->items_len - 1].seq ==
	    json_int(l, "seq", -1))
		print_words(f, "%s", fold->items[fold->items_len - 1].title);
	else
		print_words(f, "limit: %s: %s", json_str_or(l, "what", "?"),
		    json_str_or(l, "action", "reached"));
}

static void
print_ask(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "there is no cage; %s: %s",
	    strcmp(json_str_or(l, "by", ""), "user") == 0 ?
	    "you want to run" : "the model wants to run",
	    json_str_or(l, "command", "?"));
}

void
print_line(FILE *f, const struct fold *fold, const cJSON *l)
{
	static const struct {
		const char	*type;
		void		(*print)(FILE *, const struct fold *,
				    const cJSON *);
	} print_types[] = {
		{ "applied", print_applied },
		{ "ask", print_ask },
		{ "assistant_message", print_assistant_message },
		{ "budget", print_budget },
		{ "compaction", print_compaction },
		{ "criterion", print_criterion },
		{ "decision", print_decision },
		{ "error", print_text_line },
		{ "estimate", print_text_line },
		{ "evidence", print_evidence },
		{ "finding", print_finding },
		{ "mode", print_mode },
		{ "model", print_model },
		{ "noise", print_noise },
		{ "note", print_note },
		{ "plan", print_plan },
		{ "retry", print_retry },
		{ "review", print_review },
		{ "session_start", print_session_start },
		{ "shortened", print_shortened },
		{ "tool_call", print_tool_call },
		{ "tool_result", print_tool_result },
		{ "user_message", print_user_message },
	};
	const char *type = json_str_or(l, "type", "");
	size_t i;

	for (i = 0; i < MEM_COUNT(print_types); i++)
		if (strcmp(print_types[i].type, type) == 0) {
			print_types[i].print(f, fold, l);
			return;
		}
}

/* Of a task or a session, as its object says. */
static void
print_usage(FILE *f, const cJSON *o)
{
	const cJSON *tokens = json_get(o, "tokens");
	long long turns = json_int(o, "turns", 0);

	fprintf(f, " %lld turn%s", turns, turns == 1 ? "" : "s");
	if (cJSON_IsNumber(json_get(tokens, "in")))
		fprintf(f, ", %lld tokens in", (long long)json_int(tokens,
		    "in", 0));
	if (cJSON_IsNumber(json_get(tokens, "out")))
		fprintf(f, ", %lld out", (long long)json_int(tokens, "out",
		    0));
}

/* By whose word files were written, and what had been given for that. */
static void
print_through(FILE *f, const struct fold *fold, const cJSON *end)
{
	const cJSON *it;
	struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(it, json_get(end, "let_through")) {
		bool person = strcmp(it->string, "person") == 0;

		buf_addf(&b, "%s%g %s%s", b.len > 0 ? ", " : "",
		    it->valuedouble, person ? "by a person" : "by rule ",
		    person ? "" : it->string);
	}
	if (b.len > 0)
		print_words(f, "  let through: %s", buf_str(&b));
	buf_release(&b);
	if (json_int(end, "prompts", 0) > 0)
		print_words(f, "  asked: %lld time%s",
		    (long long)json_int(end, "prompts", 0),
		    json_int(end, "prompts", 0) == 1 ? "" : "s");
	print_grants(f, fold);
}

/* At a limit: which, and how far it came. */
static void
print_limit(FILE *f, const cJSON *end)
{
	const cJSON *limit = json_get(end, "limit"), *it;
	int kind = limit_find(json_str_or(limit, "what", ""));
	struct buf b = BUF_INIT(0);
	int done = 0, all = 0;

	if (kind != LIMIT_NONE) {
		buf_addf(&b, "  limit on %s: ", limit_word(kind));
		limit_text(&b, kind, limit_from_json(kind, json_num(limit,
		    "used", 0)));
		buf_adds(&b, " of ");
		limit_text(&b, kind, limit_from_json(kind, json_num(limit,
		    "limit", 0)));
		buf_addf(&b, " (%s)", limit_flag(kind));
		print_words(f, "%s", buf_str(&b));
		buf_clear(&b);
	}
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
	buf_release(&b);
}

void
print_end(FILE *f, const struct fold *fold, const cJSON *end, bool said)
{
	const cJSON *crit = json_get(end, "criterion");
	const cJSON *session = json_get(end, "session");
	struct buf cost = BUF_INIT(0);
	const char *summary = said ? "" : json_str_or(end, "summary", "");

	fprintf(f, "\n%s%s", json_str_or(end, "outcome", "ended"),
	    summary[0] == '\0' ? "\n" : ": ");
	if (summary[0] != '\0')
		print_text(f, "", PRINT_MODEL, summary);
	if (strcmp(json_str_or(end, "outcome", ""), "limit") == 0)
		print_limit(f, end);
	print_changed(f, end);
	print_list(f, "waits for a decision", json_array(end, "proposed"));
	print_through(f, fold, end);
	if (cJSON_IsObject(crit)) {
		const cJSON *code = json_get(crit, "exit");
		const char *how = cJSON_IsNumber(code) ?
		    (code->valuedouble == 0 ? "passed" :
		    json_str(crit, "met") != NULL ? "failed at a limit" :
		    "failed") : "not run to its end";

		print_words(f, "  test: %s: %s (named by: %s)",
		    json_str_or(crit, "command", "?"), how,
		    json_str_or(crit, "by", "?"));
	}
	fprintf(f, "  used:");
	print_usage(f, end);
	fold_add_cost(&cost, end);
	fprintf(f, "%s\n", buf_str(&cost));
	buf_release(&cost);
	if (json_int(session, "turns", 0) > json_int(end, "turns", 0)) {
		fprintf(f, "  in the whole session:");
		print_usage(f, session);
		fprintf(f, "\n");
	}
}
