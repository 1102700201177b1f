/* Prints each type of journal line: one function per event type, one row in
 * print_types. */
#include "config.h"

#include "front/print-int.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"

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
	print_sandbox(f, "", fold->sandbox == NULL ? "no sandbox" :
	    fold->sandbox);
	/* Without a sandbox, a note has the details. */
	if (json_str(sandbox, "why") != NULL &&
	    !json_is(sandbox, "level", "none"))
		print_words(f, "  (%s)", json_str(sandbox, "why"));
	if (json_str(sandbox, "open") != NULL)
		print_words(f, "  commands can reach: %s",
		    json_str(sandbox, "open"));
	print_grants(f, fold);
}

static void
print_mode(FILE *f, const struct fold *fold, const cJSON *l)
{
	if (json_str(l, "effort") != NULL || json_str(l, "plan") != NULL) {
		print_words(f, "%s", json_str_or(l, "text", ""));
		return;
	}
	print_words(f, "approve: %s", json_str_or(l, "approve", "?"));
	print_grants(f, fold);
}

/* "before: text"; several lines of text stand below it. */
static void
print_titled(FILE *f, const char *before, const char *text)
{
	size_t n = strcspn(text, "\n");
	bool one = text[n] == '\0' || text[n + 1] == '\0';

	print_words(f, "%s%s%.*s", before, one && n > 0 ? ": " : "",
	    one ? (int)n : 0, text);
	if (!one)
		print_text(f, "    ", "    ", text);
}

static void
print_call(FILE *f, const struct fold_item *it)
{
	if (it->own) {
		fputc('\n', f);
		print_text(f, "> ", "> ", it->title);
	} else
		print_words(f, "* %s", it->title);
}

static void
print_item(FILE *f, const struct fold_item *it)
{
	const char *text = it->text == NULL ? "" : it->text;

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
	case ITEM_TOOL:
		print_call(f, it);
		break;
	case ITEM_PLAN:
	case ITEM_DECISION:
	case ITEM_APPLIED:
	case ITEM_EVIDENCE:
	case ITEM_NOTE:
		if (it->title != NULL) {
			print_titled(f, it->title, text);
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

void
print_proposal(FILE *f, const struct fold *fold, bool files)
{
	const struct fold_item *it = fold->items + fold->items_len;

	while (it > fold->items && it[-1].kind != ITEM_PROPOSAL)
		it--;
	if (it-- == fold->items)
		return;
	print_words(f, "\n%s", it->title);
	if (files)
		print_text(f, "  ", "  ", it->text);
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

/* Did these two run concurrently? */
static bool
print_overlap(const struct fold_item *a, const struct fold_item *b)
{
	return (a->running || a->result_seq > b->seq) &&
	    (b->running || b->result_seq > a->seq);
}

/* Did other calls run at the same time, whose lines may be in between? */
static bool
print_is_mixed(const struct fold *fold, const struct fold_item *it)
{
	const struct fold_item *o, *end = fold->items + fold->items_len;

	for (o = fold->items; o < end; o++)
		if (o != it && o->kind == ITEM_TOOL && print_overlap(o, it))
			return true;
	return false;
}

/* Only how it failed, and how a command of the user ended: the journal has the
 * complete result. */
static void
print_tool_result(FILE *f, const struct fold *fold, const cJSON *l)
{
	const struct fold_item *it = fold->items + fold->items_len;
	bool ran = json_get(l, "exit") != NULL || json_get(l, "signal") !=
	    NULL || json_get(l, "killed") != NULL, mixed;
	const char *said;
	size_t n;

	while (it > fold->items && it[-1].result_seq != json_int(l, "seq", -1))
		it--;
	if (it-- == fold->items || (it->ok && !it->own &&
	    json_str(l, "met") == NULL))
		return;
	mixed = print_is_mixed(fold, it);
	said = ran && it->summary != NULL ? it->summary :
	    json_str_or(l, "text", "");
	n = strcspn(said, "\n");
	print_words(f, "  %s%s%s%.*s", mixed ? it->title : "", mixed ? ": " :
	    "", ran ? "" : "failed: ", (int)n, said);
	if (ran && said[n] != '\0')
		print_text(f, "  ", "  ", said + n + 1);
}

void
print_plan_of(FILE *f, const struct fold_plan *plan)
{
	AUTO_BUF struct buf rows = BUF_INIT(0);

	print_words(f, "\nplan v%d: %s", fold_plan_number(plan),
	    plan->goal == NULL ? "" : plan->goal);
	fold_plan_rows(plan, &rows);
	if (rows.len > 0)
		print_text(f, "  ", "  ", rows.p);
}

static void
print_plan(FILE *f, const struct fold *fold, const cJSON *l)
{
	if (json_is(l, "status", "proposed") &&
	    json_int(l, "version", 0) == fold->plan.version)
		print_plan_of(f, &fold->plan);
	else
		print_items(f, fold, l);
}

static void
print_evidence(FILE *f, const struct fold *fold, const cJSON *l)
{
	print_items(f, fold, l);
	if (!json_is(l, "status", "done"))
		return;
	if (json_int(l, "returned", 0) > 0)
		print_words(f, "  the model said it was done; it gets the "
		    "output and continues");
	else if (fold->evidence.returned > 0)
		print_words(f, "  failed %d time%s before",
		    fold->evidence.returned,
		    fold->evidence.returned == 1 ? "" : "s");
}

static void
print_ask(FILE *f, const struct fold *fold, const cJSON *l)
{
	(void)fold;
	print_words(f, "%s: %s", json_str_or(l, "why", "?"),
	    json_str_or(l, "command", "?"));
}

void
print_line(FILE *f, const struct fold *fold, const cJSON *l)
{
	static void (*const print_types[EVENT_TYPES_LEN])(FILE *,
	    const struct fold *, const cJSON *) = {
		[EVENT_APPLIED] = print_items,
		[EVENT_ASK] = print_ask,
		[EVENT_ASSISTANT_MESSAGE] = print_items,
		[EVENT_BUDGET] = print_items,
		[EVENT_COMMITTED] = print_items,
		[EVENT_COMPACTION] = print_items,
		[EVENT_CHECK] = print_items,
		[EVENT_DECISION] = print_items,
		[EVENT_ERROR] = print_items,
		[EVENT_EVIDENCE] = print_evidence,
		[EVENT_FINDING] = print_items,
		[EVENT_GIT_BEGIN] = print_items,
		[EVENT_GIT_END] = print_items,
		[EVENT_HOOK] = print_items,
		[EVENT_MODE] = print_mode,
		[EVENT_MODEL] = print_items,
		[EVENT_PRODUCTS] = print_items,
		[EVENT_NET] = print_items,
		[EVENT_NOTE] = print_items,
		[EVENT_PLAN] = print_plan,
		[EVENT_REQUIRE] = print_items,
		[EVENT_RETRY] = print_items,
		[EVENT_REVIEW] = print_items,
		[EVENT_SESSION_START] = print_session_start,
		[EVENT_SHORTENED] = print_items,
		[EVENT_TOOL_CALL] = print_items,
		[EVENT_TOOL_RESULT] = print_tool_result,
		[EVENT_UNQUEUED] = print_items,
		[EVENT_USER_MESSAGE] = print_user_message,
	};
	enum event_type type = event_type(l);

	if (print_types[type] != NULL)
		print_types[type](f, fold, l);
}
