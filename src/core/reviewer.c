/* A verdict is bound to a path and to the hashes of both sides: a change since
 * needs a new review. */
#include "config.h"

#include "core/reviewer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/propose-open.h"
#include "core/rule.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/prompt.h"
#include "core/model.h"
#include "core/retry.h"
#include "core/route.h"
#include "core/turn-ask.h"
#include "core/turn-asked.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "provider/provider.h"

#define REVIEWER_SAID_MAX	((size_t)8 << 10)
#define REVIEWER_REASON_MAX	300

struct reviewer {
	cJSON	*verdicts;	/* of all `review` lines, the newest last */
	cJSON	*asked;		/* files of the current request: path, before,
				   after; or NULL */
};

struct reviewer *
reviewer_new(void)
{
	struct reviewer *r = xcalloc(1, sizeof(*r));

	r->verdicts = cJSON_CreateArray();
	return r;
}

void
reviewer_free(struct reviewer *r)
{
	if (r == NULL)
		return;
	cJSON_Delete(r->verdicts);
	cJSON_Delete(r->asked);
	free(r);
}

void
reviewer_event(struct reviewer *r, const cJSON *event)
{
	const cJSON *it;

	if (event_type(event) != EVENT_REVIEW)
		return;
	cJSON_ArrayForEach(it, json_array(event, "files"))
		cJSON_AddItemToArray(r->verdicts, cJSON_Duplicate(it, 1));
}

/* ---- known verdicts ---- */

static bool
reviewer_is_same(const char *hash, const struct fold_side *side)
{
	return hash == NULL ? !side->exists : side->exists &&
	    side->hash != NULL && strcmp(hash, side->hash) == 0;
}

static const cJSON *
reviewer_verdict(const struct reviewer *r, const struct fold_file *f)
{
	const cJSON *it, *found = NULL;

	cJSON_ArrayForEach(it, r->verdicts)
		if (json_is_path(it, f->path_bytes) &&
		    reviewer_is_same(json_str(it, "before"), &f->before) &&
		    reviewer_is_same(json_str(it, "after"), &f->after))
			found = it;
	return found;
}

const char *
reviewer_rejects(const struct core *c, const struct fold_file *f)
{
	const cJSON *v = reviewer_verdict(c->reviewer, f);

	if (v == NULL)
		return "the reviewer has not looked at it";
	if (json_is(v, "verdict", "accept"))
		return NULL;
	return json_str_or(v, "reason", "the reviewer asks for the user");
}

bool
reviewer_is_running(const struct core *c)
{
	return c->reviewer->asked != NULL;
}

/* ---- the request ---- */

static void
reviewer_add_marked(struct buf *b, const char *what, const char *text,
    size_t n)
{
	AUTO_BUF struct buf repaired = BUF_INIT(0);

	utf8_repair(&repaired, text, n);
	prompt_mark(b, what, "", buf_str(&repaired), repaired.len,
	    repaired.len == 0 || repaired.p[repaired.len - 1] != '\n');
}

static void
reviewer_add_file(struct buf *b, int number, const struct fold_file *f)
{
	AUTO_BUF struct buf diff = BUF_INIT(0), why = BUF_INIT(0);
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		if (h->reason != NULL)
			buf_addf(&why, "%s%s", why.len > 0 ? "\n" : "",
			    h->reason);
		buf_addf(&diff, "@@ -%d,%d +%d,%d @@\n", h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
		buf_add(&diff, h->text, h->text_len);
		if (h->text_len > 0 && h->text[h->text_len - 1] != '\n')
			buf_addc(&diff, '\n');
	}
	buf_addf(b, "\n## File %d: %s (%s)\n\n", number, f->path,
	    f->status == NULL ? "modified" : f->status);
	if (f->reason != NULL)
		buf_addf(&why, "%s%s", why.len > 0 ? "\n" : "", f->reason);
	if (why.len > 0)
		reviewer_add_marked(b, "reason", buf_str(&why), why.len);
	reviewer_add_marked(b, "diff", buf_str(&diff), diff.len);
}

/* The changes that the rule "small" would accept and that have no verdict. */
static cJSON *
reviewer_choose(struct core *c, struct buf *text)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *files = cJSON_CreateArray();
	size_t i;
	int lines = 0;

	for (i = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		if (reviewer_verdict(c->reviewer, f) != NULL ||
		    !rule_accepts(c, "small", f, &lines))
			continue;
		cJSON_AddItemToArray(files, propose_names(f));
		reviewer_add_file(text, cJSON_GetArraySize(files), f);
	}
	return files;
}

/* ---- the answer ---- */

/* The JSON object in a text that may have a fence or words around it. */
static cJSON *
reviewer_parse(const char *text, struct err *e)
{
	const char *from = strchr(text, '{'), *to = strrchr(text, '}');
	cJSON *o;

	if (from == NULL || to == NULL || to < from) {
		err_set(e, "no JSON object in it");
		return NULL;
	}
	o = json_parse(from, (size_t)(to - from) + 1, JSON_NUL_REPLACE, e);
	if (o != NULL && json_array(o, "files") == NULL) {
		err_set(e, "no \"files\" in it");
		json_drop(&o);
	}
	return o;
}

/* Accept only if the answer has exactly one verdict on this file, the word
 * "accept". */
static void
reviewer_judge(cJSON *file, int number, const cJSON *answer)
{
	const cJSON *it, *found = NULL;
	const char *reason;
	AUTO_FREE char *cut = NULL;
	int n = 0;

	cJSON_ArrayForEach(it, json_array(answer, "files"))
		if (json_int(it, "file", 0) == number) {
			found = it;
			n++;
		}
	reason = json_str_or(found, "reason", n == 1 ?
	    "no reason was given" : "the reviewer gave no verdict on it");
	cut = utf8_cut_dup(reason, REVIEWER_REASON_MAX);
	json_add_str(file, "verdict", n == 1 && json_is(found,
	    "verdict", "accept") ? "accept" : "ask");
	json_add_str(file, "reason", cut);
}

static void
reviewer_emit(struct core *c, const cJSON *answer, const struct reply *r,
    const char *failed)
{
	cJSON *o = cJSON_CreateObject(), *files = c->reviewer->asked, *it;
	int number = 0;

	c->reviewer->asked = NULL;
	cJSON_ArrayForEach(it, files) {
		number++;
		if (failed == NULL)
			reviewer_judge(it, number, answer);
		else {
			json_add_str(it, "verdict", "ask");
			json_add_str(it, "reason", "can't ask the reviewer");
		}
	}
	json_set_take(o, "files", files);
	json_add_str(o, "failed", failed);
	turn_add_asked(c, o);
	turn_add_spent(c, o, &r->usage, strlen(r->text) +
	    strlen(r->thinking));
	emit_event(c, EVENT_REVIEW, "model", o);
}

static void reviewer_again(struct core *);

static void
reviewer_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	struct err e = ERR_INIT;
	AUTO_FREE char *failed = NULL;
	AUTO_JSON cJSON *answer = NULL;

	turn_over(c, r);
	if ((r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED) &&
	    retry_begin(c, &r->error, false, reviewer_again)) {
		reply_free(r);
		return;
	}
	c->request.attempt = 0;
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		failed = provider_error_explain(&r->error,
		    turn_asked(c)->provider, turn_asked(c)->base_url,
		    turn_key_from(c));
	else if ((answer = reviewer_parse(r->text, &e)) == NULL)
		failed = xasprintf("unusable answer: %s", e.text);
	reviewer_emit(c, answer, r, failed);
	reply_free(r);
	driver_soon(c);
}

/* Send the changes as currently proposed; false if there is nothing to ask. */
static bool
reviewer_send(struct core *c)
{
	AUTO_BUF struct buf changes = BUF_INIT(0), text = BUF_INIT(0);
	AUTO_JSON cJSON *said = NULL;
	const cJSON *it;

	reviewer_cancelled(c);
	if (!propose_is_open(c))
		return false;
	c->reviewer->asked = reviewer_choose(c, &changes);
	if (c->reviewer->asked->child == NULL) {
		reviewer_cancelled(c);
		return false;
	}
	said = context_said(recall_context(c), INT64_MAX, REVIEWER_SAID_MAX);
	buf_adds(&text, "# What the user said\n\n");
	cJSON_ArrayForEach(it, said)
		if (cJSON_IsString(it))
			buf_addf(&text, "- %s\n", it->valuestring);
	buf_adds(&text, "\n# The changes\n");
	buf_add(&text, buf_str(&changes), changes.len);
	turn_ask(c, route_target(c, ROUTE_REVIEW), prompt_aside(c->prompts, true),
	    buf_str(&text), "the reviewer model is reading", reviewer_done);
	return true;
}

static void
reviewer_again(struct core *c)
{
	if (!reviewer_send(c))
		driver_soon(c);
}

bool
reviewer_begin(struct core *c)
{
	if (c->context == NULL || !model_is_chosen(c))
		return false;
	c->request.attempt = 0;
	return reviewer_send(c);
}

void
reviewer_cancelled(struct core *c)
{
	json_drop(&c->reviewer->asked);
}
