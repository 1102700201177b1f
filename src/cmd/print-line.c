/* Prints each type of journal line: one function per event type, one row in
 * print_types. */
#include "config.h"

#include "cmd/print-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

static void
print_session_start(FILE *f, const struct fold *fold, const cJSON *l)
{
	const cJSON *model = json_get(l, "model");
	const cJSON *sandbox = json_get(l, "sandbox");

	print_words(f, "session %s in %s", json_str_or(l, "session", "?"),
	    json_str_or(l, "root", "?"));
	if (cJSON_IsObject(model))
		print_words(f, "model %s/%s", json_str_or(model, "provider",
		    "?"), json_str_or(model, "name", "?"));
	print_sandbox(f, "", json_str_or(sandbox, "line", "no sandbox"));
	/* Without a sandbox, a note has the details. */
	if (json_str(sandbox, "why") != NULL &&
	    strcmp(json_str_or(sandbox, "level", ""), "none") != 0)
		print_words(f, "  (%s)", json_str(sandbox, "why"));
	if (json_str(sandbox, "open") != NULL)
		print_words(f, "  commands can reach: %s",
		    json_str(sandbox, "open"));
	print_grants(f, fold);
}

static void
print_mode(FILE *f, const struct fold *fold, const cJSON *l)
{
	if (json_str(l, "effort") != NULL) {
		print_words(f, "%s", json_str_or(l, "text", ""));
		return;
	}
	print_words(f, "approve: %s", json_str_or(l, "approve", "?"));
	print_grants(f, fold);
}

static void
print_item(FILE *f, const struct fold_item *it)
{
	const char *text = it->text == NULL ? "" : it->text;
	size_t n;

	switch (it->kind) {
	case ITEM_USER:
		if (text[0] != '\0')
			print_text(f, "> ", "> ", text);
		break;
	case ITEM_ASSISTANT:
		if (it->title != NULL && strcmp(it->title, "refused") == 0)
			print_words(f, "\nthe model refused: %s", text);
		else if (text[strspn(text, " \n")] != '\0') {
			fputc('\n', f);
			print_text(f, PRINT_MODEL, PRINT_MODEL, text);
		}
		break;
	case ITEM_SUMMARY:
		print_words(f, "\nnote: %s", it->title);
		if (text[0] != '\0')
			print_text(f, PRINT_MODEL, PRINT_MODEL, text);
		break;
	case ITEM_NOTE:
		if (it->title != NULL) {
			n = strcspn(text, "\n");
			print_words(f, "%s%s%.*s", it->title, n > 0 ? ": " :
			    "", (int)n, text);
			if (text[n] != '\0')
				print_text(f, "    ", "    ", text + n + 1);
			break;
		}
		/* FALLTHROUGH */
	case ITEM_ERROR:
	case ITEM_RETRY:
		fputs(it->kind == ITEM_ERROR ? "error: " : it->kind ==
		    ITEM_RETRY ? "retry: " : "note: ", f);
		print_text(f, "", "    ", text);
		break;
	default:
		break;
	}
}

/* As in the transcript. The line may be an old one that is printed late. */
static void
print_items(FILE *f, const struct fold *fold, const cJSON *l)
{
	int64_t seq = json_int(l, "seq", -1);
	size_t i, end = fold->items_len;

	while (end > 0 && fold->items[end - 1].seq > seq)
		end--;
	for (i = end; i > 0 && fold->items[i - 1].seq == seq; i--)
		;
	for (; i < end; i++)
		print_item(f, &fold->items[i]);
}

static void
print_user_message(FILE *f, const struct fold *fold, const cJSON *l)
{
	fputc('\n', f);
	if (json_bool(l, "again", false) &&
	    json_str_or(l, "text", "")[0] != '\0')
		print_words(f, "repeated:");
	print_items(f, fold, l);
}

/* A command of the user. */
static bool
print_is_own(const cJSON *l)
{
	return strcmp(json_str_or(l, "by", ""), "user") == 0 &&
	    strcmp(json_str_or(l, "name", ""), "bash") == 0;
}

static void
print_tool_call(FILE *f, const struct fold *fold, const cJSON *l)
{
	/* These have their own lines. */
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

/* A limit that broke the command. */
static void
print_met(FILE *f, const cJSON *l)
{
	if (json_str(l, "met") != NULL)
		print_words(f, "  %s", json_str(l, "met"));
}

/* Did these two run concurrently? */
static bool
print_overlap(const struct fold_item *a, const struct fold_item *b)
{
	return (a->running || a->result_seq > b->seq) &&
	    (b->running || b->result_seq > a->seq);
}

/* The prefix of a result line: the call's title if other calls ran at the same
 * time, whose lines may be in between; malloc'ed. */
static char *
print_result_of(const struct fold *fold, const cJSON *l)
{
	const struct fold_item *it = NULL, *o;
	const struct fold_item *end = fold->items + fold->items_len;

	for (o = end; it == NULL && o > fold->items; o--)
		if (o[-1].kind == ITEM_TOOL &&
		    o[-1].result_seq == json_int(l, "seq", -1))
			it = o - 1;
	for (o = fold->items; it != NULL && o < end; o++)
		if (o != it && o->kind == ITEM_TOOL && print_overlap(o, it))
			return xasprintf("  %s: ", it->title);
	return xstrdup("  ");
}

/* Only the essentials: the journal has the complete result. */
static void
print_tool_result(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");
	int64_t code = json_int(l, "exit", -1);
	char *of = print_result_of(fold, l);

	if (json_str(l, "limit") != NULL)
		print_words(f, "%sstopped: %s", of, json_str(l, "limit"));
	else if (json_str(l, "killed") != NULL)
		print_words(f, "%sstopped: %s", of, json_str(l, "killed"));
	else if (code > 0 || (code == 0 && print_is_own(l)))
		print_words(f, "%sexit %lld", of, (long long)code);
	else if (!json_bool(l, "ok", true))
		print_words(f, "%sfailed: %.*s", of,
		    (int)strcspn(text, "\n"), text);
	free(of);
	print_met(f, l);
	if (print_is_own(l) && json_str(l, "note") != NULL)
		print_text(f, "  ", "  ", json_str_or(l, "note", ""));
}

static void
print_done_when(FILE *f, const char *command, const char *named)
{
	const char *by = fold_check_source(named);

	print_words(f, "  success check: %s (%s)", command, by);
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

static void
print_step(FILE *f, size_t number, const char *title, const char *held,
    bool done)
{
	print_words(f, "  %zu. %s%s%s%s%s", number,
	    title == NULL ? "?" : title, held == NULL ? "" : " (only ",
	    held == NULL ? "" : held, held == NULL ? "" : ")",
	    done ? " (done)" : "");
}

void
print_plan_of(FILE *f, const struct fold_plan *plan)
{
	size_t i;

	print_words(f, "\nplan %d: %s", plan->version, plan->goal == NULL ?
	    "" : plan->goal);
	for (i = 0; i < plan->steps_len; i++)
		print_step(f, i + 1, plan->steps[i].title,
		    plan->steps[i].held, plan->steps[i].done);
	print_names(f, "files", plan->files, plan->files_len);
	if (plan->check != NULL)
		print_done_when(f, plan->check, plan->check_by);
	print_names(f, "risks", plan->risks, plan->risks_len);
}

static void
print_plan(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *status = json_str_or(l, "status", "?");
	const cJSON *step, *crit = json_get(l, "check");
	size_t i = 0;

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
		print_words(f, "plan %lld returned: %s",
		    (long long)json_int(l, "version", 0),
		    json_str_or(l, "word", ""));
		return;
	}
	print_words(f, "\nplan %lld: %s", (long long)json_int(l, "version", 0),
	    json_str_or(l, "goal", ""));
	cJSON_ArrayForEach(step, json_array(l, "steps")) {
		char *held = fold_step_held(step);

		print_step(f, ++i, json_str(step, "title"), held, false);
		free(held);
	}
	print_list(f, "files", json_array(l, "files"));
	if (cJSON_IsObject(crit))
		print_done_when(f, json_str_or(crit, "command", "?"),
		    json_str(crit, "by"));
	print_list(f, "risks", json_array(l, "risks"));
}

static void
print_evidence(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *words = json_str(l, "words");
	const cJSON *end = json_get(l, "exit");

	if (strcmp(json_str_or(l, "status", ""), "done") != 0)
		return;
	if (json_str(l, "limit") != NULL || json_str(l, "killed") != NULL)
		print_words(f, "check: %s: %s: %s", json_str_or(l,
		    "command", "?"), fold_not_run(json_str(l, "killed")) ?
		    "not run" : "stopped", json_str_or(l, "limit",
		    json_str_or(l, "killed", "")));
	else
		print_words(f, "check: %s: %s %lld%s%s%s", json_str_or(l,
		    "command", "?"), cJSON_IsNumber(end) ? "exit" :
		    "killed by signal", (long long)json_int(l,
		    cJSON_IsNumber(end) ? "exit" : "signal", 0),
		    words == NULL ? "" : " (", words == NULL ? "" : words,
		    words == NULL ? "" : ")");
	print_met(f, l);
	if (json_int(l, "returned", 0) > 0)
		print_words(f, "  the model said it was done; it gets the "
		    "output and continues");
	else if (fold->evidence.returned > 0)
		print_words(f, "  failed %d time%s before",
		    fold->evidence.returned,
		    fold->evidence.returned == 1 ? "" : "s");
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
		print_words(f, "decided by %s: %d accepted (%d edited), %d "
		    "rejected", json_str_or(l, "rule", json_str_or(l, "by",
		    "?")), yes, edited, no);
	else
		print_words(f, "decided by %s: %d accepted, %d rejected",
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

			/* With its current name. */
			if (json_str(op, "to") != NULL)
				continue;
			through = fold_through(l, op);
			fold_add_names(&names, from, path);
			print_words(f, "wrote %s%s%s%s", buf_str(&names),
			    through == NULL ? "" : " (",
			    through == NULL ? "" : through,
			    through == NULL ? "" : ")");
			buf_release(&names);
			free(through);
		}
		else
			print_words(f, "not written: %s: %s", path,
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
print_check(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "success check: %s", json_str_or(l, "command",
	    "?"));
}

static void
print_model(FILE *f, const struct fold *fold, const cJSON *l)
{
	const char *why = json_str(l, "text");

	print_words(f, "model: %s%s%s", fold->model == NULL ? "?" :
	    fold->model, why == NULL ? "" : ": ", why == NULL ? "" : why);
}

static void
print_ask(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "no sandbox; %s: %s",
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
		{ "assistant_message", print_items },
		{ "budget", print_items },
		{ "compaction", print_items },
		{ "check", print_check },
		{ "decision", print_decision },
		{ "error", print_items },
		{ "estimate", print_text_line },
		{ "evidence", print_evidence },
		{ "finding", print_items },
		{ "mode", print_mode },
		{ "model", print_model },
		{ "products", print_items },
		{ "note", print_items },
		{ "plan", print_plan },
		{ "retry", print_items },
		{ "review", print_items },
		{ "session_start", print_session_start },
		{ "shortened", print_items },
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
