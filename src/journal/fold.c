/*
 * The entry point: one table from a line's type to the function that folds it.
 * This file has the session, the turns, streaming and the core's status; the
 * other fold-*.c have the rest. Must stay pure, and must accept any line.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

#define FOLD_PARTIAL_MAX ((size_t)4 << 20)

int
fold_int(const cJSON *o, const char *key, int def)
{
	int64_t v = json_int(o, key, def);

	return v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN : (int)v;
}

char **
fold_strings(const cJSON *array, size_t *n)
{
	const cJSON *item;
	char **out = NULL;

	*n = 0;
	cJSON_ArrayForEach(item, array) {
		if (!cJSON_IsString(item))
			continue;
		GROW(out, *n);
		out[(*n)++] = xstrdup(item->valuestring);
	}
	return out;
}

char *
fold_who(const cJSON *line)
{
	const char *by = json_str_or(line, "by", "?");
	const char *client = json_str_or(line, "client", "");

	/* What an editor showed isn't known, unlike our own front ends. */
	if (strcmp(by, "user") == 0 && strncmp(client, "acp ", 4) == 0)
		return xasprintf("editor %s", client + 4);
	if (strncmp(by, "client:", 7) == 0)
		return xstrdup(by + 7);
	if (strncmp(by, "rule:", 5) == 0)
		return xasprintf("rule %s", by + 5);
	return xstrdup(strcmp(by, "user") == 0 ? "you" : by);
}

/* Streaming. */

void
fold_partial_clear(struct fold *f)
{
	buf_release(&f->partial.text);
	buf_release(&f->partial.thinking);
	f->partial.starts++;
}

void
fold_output_start(struct fold *f, const char *title, bool own)
{
	f->output.starts++;
	f->output.own = own;
	xstrset(&f->output.title, title);
	buf_clear(&f->output.text);
	f->output.running = true;
	f->output.bytes = 0;
	xstrset(&f->output.end, NULL);
	xstrset(&f->output.hash, NULL);
	f->output.made++;
}

void
fold_output_end(struct fold *f, const cJSON *line, bool good)
{
	const cJSON *out = json_get(line, "out");

	free(f->output.end);
	f->output.end = fold_result_summary(line, good);
	f->output.running = false;
	f->output.seq = f->seq;
	xstrset(&f->output.hash, json_str(out, "sha256"));
	f->output.bytes = json_int(out, "size", f->output.bytes);
	f->output.made++;
}

void
fold_output_add(struct fold *f, const char *p, size_t n)
{
	struct buf *b = &f->output.text;
	const size_t keep = FOLD_OUTPUT_MAX / 4 * 3;

	f->output.bytes += (int64_t)n;
	f->output.made++;
	if (n > keep) {
		const size_t drop = utf8_tail(p, n, keep);

		p += drop;
		n -= drop;
		buf_clear(b);
	} else if (b->len + n > FOLD_OUTPUT_MAX)
		buf_consume(b, utf8_tail(b->p, b->len, keep - n));
	buf_add(b, p, n);
}

/* The piece starts at `at`; unsent bytes before it are not part of the tail.
 * How much of it is there already. */
static int64_t
fold_output_at(struct fold *f, int64_t at)
{
	if (at < 0 || at == f->output.bytes)
		return 0;
	if (at < f->output.bytes)
		return f->output.bytes - at;
	buf_clear(&f->output.text);
	f->output.bytes = at;
	return 0;
}

static void
fold_partial_add(struct buf *b, const cJSON *line, const char *text)
{
	/* The complete text again, for a client that missed a part. */
	if (json_int(line, "at", -1) == 0)
		buf_clear(b);
	buf_adds(b, text);
}

static void
fold_on_delta(struct fold *f, const cJSON *line)
{
	const char *kind = json_str_or(line, "kind", "");
	const char *text = json_str_or(line, "text", "");

	if (strcmp(kind, "text") == 0)
		fold_partial_add(&f->partial.text, line, text);
	else if (strcmp(kind, "thinking") == 0)
		fold_partial_add(&f->partial.thinking, line, text);
	else if (strcmp(kind, "output") == 0) {
		/* Raw bytes, which may end inside a character. */
		size_t n = 0;
		AUTO_FREE char *p = json_get_bytes(line, "text", &n);

		if (p != NULL) {
			int64_t have = fold_output_at(f, json_int(line, "at",
			    -1));

			if (have < (int64_t)n)
				fold_output_add(f, p + have, n - (size_t)have);
		}
	}
}

/* The core's status; not in the journal. */

static void
fold_on_hello(struct fold *f, const cJSON *line)
{
	if (json_str(line, "session") != NULL)
		xstrset(&f->session, json_str(line, "session"));
	if (json_str(line, "dir") != NULL)
		xstrset(&f->dir, json_str(line, "dir"));
}

static void
fold_on_live(struct fold *f, const cJSON *line)
{
	(void)line;
	f->live = true;
}

static void
fold_on_status(struct fold *f, const cJSON *line)
{
	xstrset(&f->state, json_str(line, "state"));
	xstrset(&f->doing, json_str(line, "doing"));
	f->left_ms = json_int(line, "wait_ms", 0);
	f->for_ms = json_int(line, "for_ms", 0);
}

static void
fold_on_staged(struct fold *f, const cJSON *line)
{
	f->staged_files = fold_int(line, "files", 0);
}

static void
fold_on_queued(struct fold *f, const cJSON *line)
{
	f->queued = (size_t)cJSON_GetArraySize(json_array(line, "commands"));
}

/* The session and its turns. */

void
fold_grants(struct fold *f, const cJSON *line)
{
	const cJSON *list = json_array(line, "grants"), *it;

	if (list == NULL)
		return;
	xfree_list(f->grants, f->grants_len);
	f->grants = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*f->grants));
	f->grants_len = 0;
	cJSON_ArrayForEach(it, list)
		f->grants[f->grants_len++] = xstrdup(json_str_or(it, "text",
		    "?"));
}

static void
fold_model(struct fold *f, const cJSON *model)
{
	FREE_NULL(f->model);
	xstrset(&f->effort, NULL);
	if (json_str(model, "name") != NULL)
		f->model = xasprintf("%s/%s",
		    json_str_or(model, "provider", "?"),
		    json_str(model, "name"));
}

void
fold_sandbox(struct fold *f, const cJSON *sandbox)
{
	xstrset(&f->level, json_str(sandbox, "level"));
	xstrset(&f->sandbox_why, json_str(sandbox, "why"));
	xstrset(&f->sandbox_open, json_str(sandbox, "open"));
	fold_net_settings(f, sandbox);
}

static void
fold_on_session_start(struct fold *f, const cJSON *line)
{
	const cJSON *model = json_get(line, "model");
	const cJSON *sandbox = json_get(line, "sandbox");
	const cJSON *settings = json_get(line, "settings");

	xstrset(&f->session, json_str(line, "session"));
	xstrset(&f->root, json_str(line, "root"));
	xstrset(&f->mode, json_str(line, "mode"));
	xstrset(&f->task.first, json_str(line, "task"));
	xstrset(&f->test, json_str(settings, "test"));
	xstrset(&f->approve, json_str(settings, "approve"));
	xstrset(&f->profile, json_str_or(json_get(settings, "profile"),
	    "name", "code"));
	fold_grants(f, line);
	fold_sandbox(f, sandbox);
	f->timeout_ms = json_int(json_get(line, "limits"), "timeout_ms", 0);
	fold_model(f, model);
}

static void
fold_on_turn_start(struct fold *f, const cJSON *line)
{
	fold_partial_clear(f);
	fold_items_read(f);
	f->turn = fold_int(line, "turn", f->turn);
	if (json_str(line, "phase") != NULL)
		xstrset(&f->phase, json_str(line, "phase"));
}

static void
fold_on_mode(struct fold *f, const cJSON *line)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (json_str(line, "approve") != NULL)
		xstrset(&f->approve, json_str(line, "approve"));
	if (json_str(line, "effort") != NULL || json_str(line, "plan") != NULL) {
		fold_item_add(f, ITEM_NOTE, NULL, json_str_or(line, "text",
		    ""))->ok = true;
		return;
	}
	fold_grants(f, line);
	if (json_str(line, "approve") == NULL)
		return;
	buf_addf(&b, "review mode: %s", f->approve);
	fold_item_add(f, ITEM_NOTE, buf_str(&b), NULL)->ok = true;
}

static void
fold_on_model(struct fold *f, const cJSON *line)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < f->items_len; i++)
		if (f->items[i].no_model && !f->items[i].hidden) {
			f->items[i].hidden = true;
			f->items[i].rev++;
		}
	fold_model(f, json_get(line, "model"));
	buf_addf(&b, "model: %s", f->model == NULL ? "?" : f->model);
	if (json_str(line, "text") != NULL)
		buf_addf(&b, ": %s", json_str(line, "text"));
	fold_item_add(f, ITEM_NOTE, buf_str(&b), NULL)->ok = true;
}

static void
fold_on_check(struct fold *f, const cJSON *line)
{
	const char *command = json_str_or(line, "command", "");
	AUTO_FREE char *title = xasprintf("success check: %s", command);

	xstrset(&f->test, command);
	fold_check_becomes(f, command);
	if (f->plan.version > 0) {
		xstrset(&f->plan.check, command);
		xstrset(&f->plan.check_by, json_str(line,
		    "check_by"));
	}
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

static void
fold_finding_release(struct fold_finding *g)
{
	free(g->by);
	free(g->path);
	free(g->severity);
	free(g->message);
}

void
fold_findings_clear(struct fold *f)
{
	while (f->findings_len > 0)
		fold_finding_release(&f->findings[--f->findings_len]);
}

static void
fold_finding_add(struct fold *f, const char *by, const cJSON *line)
{
	struct fold_finding *g;
	size_t len;

	GROW(f->findings, f->findings_len);
	g = &f->findings[f->findings_len++];
	g->by = xstrdup_null(by);
	g->path = json_get_bytes(line, "path", &len);
	if (g->path == NULL)
		g->path = xstrdup("");
	g->severity = xstrdup(json_str_or(line, "severity", "note"));
	g->message = xstrdup(json_str_or(line, "message", ""));
	g->line = fold_int(line, "line", 0);
}

void
fold_findings_of_hook(struct fold *f, const char *by, const cJSON *findings)
{
	const cJSON *it;
	size_t i, kept = 0;

	for (i = 0; i < f->findings_len; i++)
		if (f->findings[i].by != NULL &&
		    strcmp(f->findings[i].by, by) == 0)
			fold_finding_release(&f->findings[i]);
		else
			f->findings[kept++] = f->findings[i];
	f->findings_len = kept;
	cJSON_ArrayForEach(it, findings)
		fold_finding_add(f, by, it);
}

static void
fold_on_finding(struct fold *f, const cJSON *line)
{
	AUTO_FREE char *title =
	    xasprintf("%s:%lld: %s", json_str_or(line, "path", "?"),
		(long long)json_int(line, "line", 0),
		json_str_or(line, "severity", "note"));

	fold_item_add(f, ITEM_NOTE, title, json_str_or(line, "message", ""))
	    ->ok = true;
	fold_finding_add(f, NULL, line);
}

/* Types without a row change nothing but the seq. */
static fold_fn *const fold_types[EVENT_TYPES_LEN] = {
	[EVENT_AGENT_END] = fold_on_agent_end,
	[EVENT_ANSWER] = fold_on_answer,
	[EVENT_APPLIED] = fold_on_applied,
	[EVENT_APPLY_BEGIN] = fold_on_apply_begin,
	[EVENT_ASK] = fold_on_ask,
	[EVENT_ASSISTANT_MESSAGE] = fold_on_assistant_message,
	[EVENT_BUDGET] = fold_on_budget,
	[EVENT_CHANGES] = fold_on_changes,
	[EVENT_CHECK] = fold_on_check,
	[EVENT_COMMENT] = fold_on_comment,
	[EVENT_COMMIT_BEGIN] = fold_on_commit_begin,
	[EVENT_COMMITTED] = fold_on_committed,
	[EVENT_COMPACTION] = fold_on_compaction,
	[EVENT_DECISION] = fold_on_decision,
	[EVENT_DELTA] = fold_on_delta,
	[EVENT_DRAFT] = fold_on_draft,
	[EVENT_ERROR] = fold_on_error,
	[EVENT_EVIDENCE] = fold_on_evidence,
	[EVENT_FINDING] = fold_on_finding,
	[EVENT_GIT_BEGIN] = fold_on_git_begin,
	[EVENT_GIT_END] = fold_on_git_end,
	[EVENT_HELLO] = fold_on_hello,
	[EVENT_HOOK] = fold_on_hook,
	[EVENT_INTERRUPT] = fold_on_interrupt,
	[EVENT_LIVE] = fold_on_live,
	[EVENT_MODE] = fold_on_mode,
	[EVENT_MODEL] = fold_on_model,
	[EVENT_NET] = fold_on_net,
	[EVENT_NOTE] = fold_on_note,
	[EVENT_PLAN] = fold_on_plan,
	[EVENT_PRODUCTS] = fold_on_products,
	[EVENT_PROPOSAL] = fold_on_proposal,
	[EVENT_QUEUED] = fold_on_queued,
	[EVENT_REQUIRE] = fold_on_require,
	[EVENT_RETRY] = fold_on_retry,
	[EVENT_REVIEW] = fold_on_review,
	[EVENT_SESSION_START] = fold_on_session_start,
	[EVENT_SHORTENED] = fold_on_shortened,
	[EVENT_STAGED] = fold_on_staged,
	[EVENT_STATUS] = fold_on_status,
	[EVENT_TOOL_CALL] = fold_on_tool_call,
	[EVENT_TOOL_RESULT] = fold_on_tool_result,
	[EVENT_TURN_START] = fold_on_turn_start,
	[EVENT_UNQUEUED] = fold_on_unqueued,
	[EVENT_USER_MESSAGE] = fold_on_user_message,
};

void
fold_line(struct fold *f, const cJSON *line)
{
	enum event_type type = event_type(line);
	int64_t seq;

	if (!event_has(type, EVENT_NO_SEQ)) {
		seq = json_int(line, "seq", 0);
		if (seq <= f->seq)
			return;
		f->seq = seq;
		task_usage_event(&f->spent, line);
		if (!event_has(type, EVENT_ASIDE))
			f->shown_seq = seq;
	}
	if (fold_types[type] != NULL)
		fold_types[type](f, line);
	if (f->texts.max > 0)
		fold_drop_texts(f, f->texts.max);
}

struct fold *
fold_new(void)
{
	struct fold *f = xcalloc(1, sizeof(*f));

	f->evidence.exit = -1;
	buf_init(&f->partial.text, FOLD_PARTIAL_MAX);
	buf_init(&f->partial.thinking, FOLD_PARTIAL_MAX);
	buf_init(&f->output.text, FOLD_OUTPUT_MAX);
	return f;
}

void
fold_free(struct fold *f)
{
	size_t i;

	if (f == NULL)
		return;
	char *const texts[] = {
		f->session, f->root, f->mode, f->model, f->profile, f->effort,
		f->sandbox,
		f->sandbox_why, f->sandbox_open, f->dir, f->task.first, f->test,
		f->check_found, f->task.text, f->task.own, f->level, f->phase,
		f->approve, f->output.title, f->output.end, f->output.hash,
		f->context_summary,
		f->state, f->doing, f->outcome, f->summary,
	};

	for (i = 0; i < MEM_COUNT(texts); i++)
		free(texts[i]);
	fold_ask_clear(f);
	fold_net_release(&f->net);
	fold_hooks_release(&f->hooks);
	xfree_list(f->grants, f->grants_len);
	for (i = 0; i < f->items_len; i++)
		fold_item_release(&f->items[i]);
	free(f->items);
	fold_pause_free(f);
	fold_proposal_free(f->proposal);
	fold_changes_free(f);
	fold_plan_release(&f->plan);
	fold_findings_clear(f);
	free(f->findings);
	fold_evidence_release(&f->evidence);
	cJSON_Delete(f->calls);
	fold_partial_clear(f);
	buf_release(&f->output.text);
	task_usage_release(&f->spent);
	free(f);
}
