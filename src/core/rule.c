#include "config.h"

#include "core/rule.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/prompt.h"
#include "core/propose.h"
#include "core/turn.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "provider/provider.h"

/* Limit on a line for the rule "small" (policy/approve.h). */
#define RULE_LINE_BYTES		120	/* on average; more counts as several */

static void
rule_decided(struct core_rules *r, const cJSON *event)
{
	const char *rule = json_str_or(event, "rule", "");
	const cJSON *file;
	size_t len;

	cJSON_ArrayForEach(file, json_array(event, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &len);
		int64_t n = json_int(file, "lines", 0);

		if (path == NULL)
			continue;
		if (rule[0] == '\0') {
			cJSON_DeleteItemFromObjectCaseSensitive(r->lines,
			    path);
		} else if (strcmp(rule, "small") == 0 ||
		    strcmp(rule, "reviewer") == 0) {
			json_add_int(r->lines, path,
			    json_int(r->lines, path, 0) + n);
			r->total += n;
		}
	}
}

bool
rule_small_allows(const struct core_rules *r, const char *path, int lines,
    int others)
{
	return json_int(r->lines, path, 0) + lines <= APPROVE_SMALL_FILE &&
	    r->total + others + lines <= APPROVE_SMALL_SESSION;
}

#define RULE_OUTSIDE "changed outside the plan's steps"

static const char *reviewer_rejects(const struct core *c,
    const struct fold_file *f);
static void reviewer_again(struct core *);

int
rule_lines(const struct fold_file *f)
{
	int n = 0;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		n += h->added + h->removed;
		/* A long line takes as much reading as several short ones. */
		if (h->text_len / RULE_LINE_BYTES > (size_t)(h->old_lines +
		    h->new_lines))
			n += h->text_len / RULE_LINE_BYTES > 1000000 ?
			    1000000 : (int)(h->text_len / RULE_LINE_BYTES);
	}
	return n;
}

/* Each rule returns why it doesn't accept the file, or NULL: it does. The
 * answer is valid for this proposal: later calls change the staged copy, not
 * the proposal. */

static const char *
rule_yes(struct core *c, const struct fold_file *f, int *lines)
{
	(void)lines;
	if (f->not_yes != NULL)
		return f->not_yes;
	if (f->protected_by != NULL &&
	    !policy_allowed(c->policy, f->path_bytes))
		return "its path is protected";
	return plan_step_is_outside(c, f->path_bytes) ? RULE_OUTSIDE : NULL;
}

static const char *
rule_rollback(struct core *c, const struct fold_file *f, int *lines)
{
	(void)lines;
	return rollback_undoes(c, f, NULL) ? NULL : "it isn't part of the rollback";
}

static bool
rule_is_plain(const struct fold_side *s)
{
	return !s->exists || s->mode == 0100644 || s->mode == 0100755;
}

/* Accept short changes to text in ordinary files that aren't protected, don't
 * affect the check and aren't run by the build. */
static const char *
rule_small_file(struct core *c, const struct fold_file *f, int *lines)
{
	int n = rule_lines(f);
	size_t i;

	if (f->not_small != NULL)
		return f->not_small;
	if (f->protected_by != NULL)
		return "its path is protected";
	if (f->judges)
		return "it affects the success check";
	if (policy_runs_at(c->policy, f->path_bytes) != NULL)
		return "it is a build file";
	if (plan_step_is_outside(c, f->path_bytes))
		return RULE_OUTSIDE;
	if (stopped_has(c, f->path_bytes))
		return "a stopped call changed it";
	if (f->from != NULL)
		return "it is renamed";
	if (!rule_is_plain(&f->before) || !rule_is_plain(&f->after) ||
	    f->binary)
		return "it is not plain text";
	if (f->before.exists && f->after.exists &&
	    f->before.mode != f->after.mode)
		return "its mode changes";
	for (i = 0; i < f->hunks_len; i++)
		if (f->hunks[i].text_len == 0)
			return "it can only be accepted as a whole";
	if (n == 0)
		return "it has no lines to count";
	if (!rule_small_allows(&c->rules, f->path_bytes, n, *lines))
		return "it has more lines than the rule accepts";
	*lines += n;
	return NULL;
}

/* Accept what "small" accepts, if the reviewer accepted it, too. */
static const char *
rule_reviewer(struct core *c, const struct fold_file *f, int *lines)
{
	int before = *lines;
	const char *why = rule_small_file(c, f, lines);

	if (why == NULL && (why = reviewer_rejects(c, f)) != NULL)
		*lines = before;
	return why;
}

static const struct rule {
	const char	*name;
	const char	*(*refuses)(struct core *, const struct fold_file *,
			    int *lines);
	bool		 tells;		/* a proposal says what it would do */
} rules[] = {
	{ "reviewer", rule_reviewer, false },	/* is asked later */
	{ "rollback", rule_rollback, false },	/* undoes what this run
						   applied */
	{ "small", rule_small_file, true },
	{ "yes", rule_yes, true },
};

static const char *
rule_rejects(struct core *c, const struct rule *r, const struct fold_file *f,
    int *lines)
{
	size_t i, over = 0;

	for (i = 0; i < f->hunks_len; i++) {
		if (f->hunks[i].mark != MARK_NONE)
			return "you started to review it";
		over += f->hunks[i].overwrites;
	}
	if (over == f->hunks_len)
		return "it overwrites newer lines";
	return r->refuses(c, f, lines);
}

bool
rule_accepts(struct core *c, const char *name, const struct fold_file *f,
    int *lines)
{
	const struct rule *r = MEM_FIND(rules, name);

	return r != NULL && rule_rejects(c, r, f, lines) == NULL;
}

void
rule_tell(struct core *c, cJSON *fields)
{
	struct fold *f = fold_new();
	size_t i, k;

	/* The rules read a proposal in the fold's form. */
	json_add_str(fields, "type", "proposal");
	json_add_int(fields, "seq", 1);
	fold_line(f, fields);
	cJSON_DeleteItemFromObjectCaseSensitive(fields, "type");
	cJSON_DeleteItemFromObjectCaseSensitive(fields, "seq");
	for (k = 0; k < MEM_COUNT(rules); k++) {
		cJSON *file = cJSON_GetObjectItemCaseSensitive(fields, "files")->child;
		int lines = 0;

		if (!rules[k].tells)
			continue;
		for (i = 0; f->proposal != NULL && file != NULL &&
		    i < f->proposal->files_len; i++, file = file->next) {
			cJSON *o = cJSON_GetObjectItemCaseSensitive(file, "rules");
			const char *why = rule_rejects(c, &rules[k],
			    &f->proposal->files[i], &lines);

			if (o == NULL)
				o = cJSON_AddObjectToObject(file, "rules");
			if (why == NULL)
				json_add_null(o, rules[k].name);
			else
				json_add_str(o, rules[k].name, why);
		}
	}
	fold_free(f);
}

bool
rule_accepts_hunk(struct core *c, const char *name, const struct fold_file *f,
    const struct fold_hunk *h)
{
	return !h->overwrites && (strcmp(name, "rollback") != 0 ||
	    rollback_undoes(c, f, h));
}

/* A verdict is bound to a path and to the hashes of both sides: a change since
 * needs a new review. */

#define REVIEWER_SAID_MAX	((size_t)8 << 10)
#define REVIEWER_REASON_MAX	300

/* ---- known verdicts ---- */

static bool
reviewer_is_same(const char *hash, const struct fold_side *side)
{
	return hash == NULL ? !side->exists : side->exists &&
	    side->hash != NULL && strcmp(hash, side->hash) == 0;
}

static const cJSON *
reviewer_verdict(const struct core_rules *r, const struct fold_file *f)
{
	const cJSON *it, *found = NULL;

	cJSON_ArrayForEach(it, r->verdicts)
		if (json_is_path(it, f->path_bytes) &&
		    reviewer_is_same(json_str(it, "before"), &f->before) &&
		    reviewer_is_same(json_str(it, "after"), &f->after))
			found = it;
	return found;
}

/* Why this file isn't accepted, or NULL: it is. Borrowed until the next
 * event. */
static const char *
reviewer_rejects(const struct core *c, const struct fold_file *f)
{
	const cJSON *v = reviewer_verdict(&c->rules, f);

	if (v == NULL)
		return "the reviewer has not looked at it";
	if (json_is(v, "verdict", "accept"))
		return NULL;
	return json_str_or(v, "reason", "the reviewer asks for the user");
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

		if (reviewer_verdict(&c->rules, f) != NULL ||
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
	cJSON *o = cJSON_CreateObject(), *files = c->rules.asked, *it;
	int number = 0;

	c->rules.asked = NULL;
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
	turn_add_aside(c, o, &r->usage, strlen(r->text) +
	    strlen(r->thinking));
	emit_event(c, EVENT_REVIEW, "model", o);
}

static void
reviewer_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	struct err e = ERR_INIT;
	AUTO_FREE char *failed = NULL;
	AUTO_JSON cJSON *answer = NULL;

	if ((r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED) &&
	    retry_begin(c, &r->error, false, reviewer_again)) {
		reply_free(r);
		return;
	}
	c->request.attempt = 0;
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		failed = turn_explain(c, &r->error);
	else if ((answer = reviewer_parse(r->text, &e)) == NULL)
		failed = xasprintf("unusable answer: %s", e.text);
	reviewer_emit(c, answer, r, failed);
	reply_free(r);
	driver_soon(c);
}

static void
reviewer_cancelled(struct core *c)
{
	json_drop(&c->rules.asked);
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
	c->rules.asked = reviewer_choose(c, &changes);
	if (c->rules.asked->child == NULL) {
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
	turn_ask(c, &(struct turn_ask){ .target = model_reviewer(c),
	    .system = prompt_aside(c->prompts, true), .text = buf_str(&text),
	    .doing = "the reviewer model is reading", .done = reviewer_done,
	    .cancelled = reviewer_cancelled });
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

static void
rule_init(struct core *c)
{
	c->rules.lines = cJSON_CreateObject();
	c->rules.verdicts = cJSON_CreateArray();
}

static void
rule_line(struct core *c, const cJSON *line, enum event_type type)
{
	const cJSON *it;

	if (type == EVENT_DECISION)
		rule_decided(&c->rules, line);
	if (type == EVENT_REVIEW)
		cJSON_ArrayForEach(it, json_array(line, "files"))
			cJSON_AddItemToArray(c->rules.verdicts,
			    cJSON_Duplicate(it, 1));
}

static void
rule_free(struct core *c)
{
	cJSON_Delete(c->rules.lines);
	cJSON_Delete(c->rules.verdicts);
	cJSON_Delete(c->rules.asked);
}

const struct core_part rule_part = {
	.init = rule_init, .line = rule_line, .free = rule_free,
};
