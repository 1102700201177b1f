#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/comment.h"
#include "core/context.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/driver.h"
#include "core/evidence.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/prompt.h"
#include "core/propose.h"
#include "core/turn.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "policy/approve.h"
#include "provider/provider.h"

/* {"path":...,"before":HASH,"after":HASH}; the caller deletes. */
static cJSON *
propose_names(const struct fold_file *f)
{
	cJSON *o = cJSON_CreateObject();

	json_add_path(o, "path", f->path_bytes);
	json_add_str(o, "before", f->before.exists ? f->before.hash : NULL);
	json_add_str(o, "after", f->after.exists ? f->after.hash : NULL);
	return o;
}

/* Limit on a line for the rule "small" (policy/approve.h). */
#define RULE_LINE_BYTES		120	/* on average; more counts as several */

static void
rule_decided(struct core_rules *r, const cJSON *event)
{
	const char *rule = json_str_or(event, "rule", "");
	const cJSON *file;

	cJSON_ArrayForEach(file, json_array(event, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", NULL);
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

static void reviewer_again(struct core *);

/* Lines added and removed. */
static int
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
	    !policy_allows(c->policy, f->path_bytes))
		return "its path is protected";
	return pathmap_find(&c->plan.outside, f->path_bytes) == NULL ? NULL :
	    RULE_OUTSIDE;
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

/* Can it be started by its name, or its bytes not be read? */
static bool
rule_is_program(struct core *c, const struct fold_side *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return s->exists && (s->mode == 0100755 ||
	    blob_get(c->blobs, s->hash, &b, NULL) < 0 ||
	    strncmp(buf_str(&b), "#!", 2) == 0);
}

/* Accept short changes to text in ordinary files that aren't protected, don't
 * affect the check, and that neither the build nor a tool or a person runs. */
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
	if (policy_is_settings(c->policy, f->path_bytes))
		return "a tool may read it by its name";
	if (pathmap_find(&c->plan.outside, f->path_bytes) != NULL)
		return RULE_OUTSIDE;
	if (pathmap_find(&c->reasons->stopped, f->path_bytes) != NULL)
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
	if (rule_is_program(c, &f->before) || rule_is_program(c, &f->after))
		return "it is a program";
	if (!rule_small_allows(&c->rules, f->path_bytes, n, *lines))
		return "it has more lines than the rule accepts";
	*lines += n;
	return NULL;
}

static bool
reviewer_is_same(const char *hash, const struct fold_side *side)
{
	return hash == NULL ? !side->exists : side->exists &&
	    side->hash != NULL && strcmp(hash, side->hash) == 0;
}

/* A verdict is bound to a path and to the hashes of both sides: a change since
 * needs a new review. */
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
	if (f->mixes)
		return "it would get two encodings";
	if (f->misread)
		return "a program may read its bytes otherwise";
	return r->refuses(c, f, lines);
}

/* Does the rule accept this file of the open proposal? `lines`: lines it
 * accepted so far in the same decision. */
static bool
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
				json_set_take(o, rules[k].name, cJSON_CreateNull());
			else
				json_add_str(o, rules[k].name, why);
		}
	}
	fold_free(f);
}

/* For an accepted file: does the rule accept this hunk? */
static bool
rule_accepts_hunk(struct core *c, const char *name, const struct fold_file *f,
    const struct fold_hunk *h)
{
	return !h->overwrites && (strcmp(name, "rollback") != 0 ||
	    rollback_undoes(c, f, h));
}

#define REVIEWER_SAID_MAX	((size_t)8 << 10)
#define REVIEWER_REASON_MAX	300

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
	turn_add_aside(c, o, r);
	emit_event(c, EVENT_REVIEW, "model", o);
}

static void
reviewer_done(struct core *c, struct reply *r, const char *failed)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *unusable = NULL;
	AUTO_JSON cJSON *answer = NULL;

	c->request.attempt = 0;
	if (failed == NULL && (answer = reviewer_parse(r->text, &e)) == NULL)
		failed = unusable = xasprintf("unusable answer: %s", e.text);
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
	const struct core_target *own =
	    &c->models.places[ROUTE_REVIEW].target;
	const cJSON *it;

	reviewer_cancelled(c);
	if (c->fold->proposal == NULL)
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
	turn_ask(c, &(struct turn_ask){ 
	    .target = own->format != NULL ? own : &c->target,
	    .system = prompt_aside(c->prompts, true), .text = buf_str(&text),
	    .doing = "the reviewer model is reading", .done = reviewer_done,
	    .cancelled = reviewer_cancelled, .again = reviewer_again });
	return true;
}

static void
reviewer_again(struct core *c)
{
	if (!reviewer_send(c))
		driver_soon(c);
}

/* Ask if a small change of the open proposal has no verdict yet. True while an
 * answer is pending. */
static bool
reviewer_begin(struct core *c)
{
	if (c->task.stop > STOP_LIMIT || c->context == NULL ||
	    c->target.format == NULL)
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
rule_line(struct core *c, const struct event *e)
{
	const cJSON *line = e->line;
	enum event_type type = e->type;
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

static int
propose_check(struct core *c, const cJSON *command, struct err *e)
{
	/* commands: while a proposal is open, and no decision is pending. */
	assert(c->fold->proposal != NULL && c->decision.line == NULL);
	/* The staged copy couldn't be read when this proposal was last made,
	 * so it may be out of date: try to make it again. */
	if (c->review.failed) {
		int64_t version = c->fold->proposal->version;

		propose_make(c, false);
		if (c->review.failed)
			return err_set(e, "the staged copy can't be proposed: "
			    "see assent log");
		if (c->fold->proposal == NULL ||
		    c->fold->proposal->version != version)
			return err_set(e, "the proposal changed; look at it "
			    "again");
	}
	if (json_int(command, "proposal", -1) != c->fold->proposal->id)
		return err_set(e, "that proposal is closed");
	return 0;
}

/* ---- the decision ---- */

/* A verdict for all hunks without a mark. */
struct propose_all {
	const char	*verdict;	/* "yes" or "no" */
	const char	*word;		/* may be NULL */
	bool		 seen;
	const char	**ids;		/* sorted: hunks that were seen; NULL:
					   see `seen` */
	size_t		 ids_len;
};

static void
propose_all_init(struct propose_all *all, const cJSON *command)
{
	const cJSON *seen = json_array(command, "seen"), *it;

	memset(all, 0, sizeof(*all));
	all->verdict = json_is(command, "all", "yes") ? "yes" : "no";
	all->word = json_str(command, "word");
	all->seen = json_bool(command, "seen", false);
	if (seen == NULL)
		return;
	all->ids = xcalloc((size_t)cJSON_GetArraySize(seen) + 1,
	    sizeof(*all->ids));
	cJSON_ArrayForEach(it, seen)
		if (cJSON_IsString(it))
			all->ids[all->ids_len++] = it->valuestring;
	MEM_SORT(all->ids, all->ids_len);
}

static bool
propose_all_seen(const struct propose_all *all, const char *id)
{
	return all->ids == NULL ? all->seen :
	    MEM_SEARCH(all->ids, all->ids_len, id) != NULL;
}

/* Add the hunk's comments to its decision. */
static void
propose_add_comments(cJSON *decided, const struct fold_hunk *h)
{
	cJSON *list, *o;
	size_t i;

	if (h->comments_len == 0)
		return;
	list = cJSON_CreateArray();
	for (i = 0; i < h->comments_len; i++) {
		o = cJSON_CreateObject();
		json_add_int(o, "line", h->comments[i].line);
		if (h->comments[i].end > h->comments[i].line)
			json_add_int(o, "end_line", h->comments[i].end);
		json_add_str(o, "text", h->comments[i].text);
		json_add_str(o, "answer", h->comments[i].answer);
		cJSON_AddItemToArray(list, o);
	}
	json_set_take(decided, "comments", list);
}

/* The decision on this hunk, or NULL: none. */
static cJSON *
propose_decide_hunk(struct core *c, const char *rule,
    const struct propose_all *all, const struct fold_file *f,
    const struct fold_hunk *h)
{
	bool marked = h->mark != MARK_NONE;
	cJSON *o;

	if (rule != NULL ? !rule_accepts_hunk(c, rule, f, h) : !marked &&
	    (all == NULL || (h->overwrites && all->verdict[0] == 'y')))
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "id", h->id);
	/* invariant 2: no rule accepts what overwrites newer text. */
	assert(rule == NULL || !h->overwrites);
	if (rule != NULL) {
		json_add_str(o, "decision", "yes");
		json_add_bool(o, "seen", false);
	} else if (!marked) {
		/* invariant 2: "accept all" doesn't either. */
		assert(!h->overwrites || all->verdict[0] != 'y');
		json_add_str(o, "decision", all->verdict);
		json_add_bool(o, "seen", propose_all_seen(all, h->id));
		json_add_str(o, "word", all->word);
	} else {
		json_add_str(o, "decision", h->edit != NULL ? "edited" :
		    h->mark == MARK_YES ? "yes" : "no");
		if (h->edit != NULL)
			json_add_bytes(o, "edit", h->edit, h->edit_len);
		if (h->overwrites && h->mark == MARK_YES)
			json_add_bool(o, "overwrite", true);
		json_add_bool(o, "seen", h->seen);
		json_add_str(o, "word", h->word);
	}
	propose_add_comments(o, h);
	return o;
}

cJSON *
propose_decision(struct core *c, const char *rule,
    const struct propose_all *all)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	int lines = 0;
	size_t i, k;

	json_add_int(o, "proposal", p->id);
	for (i = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		cJSON *fo, *hunks;

		if (rule != NULL && !rule_accepts(c, rule, f, &lines))
			continue;
		/* A renamed file waits until its first hunk, the new name, is
		 * marked. */
		if (rule == NULL && all == NULL && f->from != NULL &&
		    f->hunks[0].mark == MARK_NONE)
			continue;
		hunks = cJSON_CreateArray();
		for (k = 0; k < f->hunks_len; k++)
			(void)cJSON_AddItemToArray(hunks, propose_decide_hunk(
			    c, rule, all, f, &f->hunks[k]));
		if (hunks->child == NULL) {
			cJSON_Delete(hunks);
			continue;
		}
		fo = propose_names(f);
		if (rule != NULL)
			json_add_int(fo, "lines", rule_lines(f));
		json_set_take(fo, "hunks", hunks);
		cJSON_AddItemToArray(files, fo);
	}
	json_set_take(o, "files", files);
	return o;
}

static void
propose_emit_decision(struct core *c, cJSON *fields, const char *by)
{
	/* invariant 4: one decision at a time. */
	assert(c->decision.line == NULL);
	json_add_str(fields, "check", evidence_word(c, fields));
	c->decision.line = cJSON_Duplicate(fields, 1);
	c->decision.seq = emit_event(c, EVENT_DECISION, by, fields);
	/* invariant 3: a decision is durable before it is acknowledged. */
	assert(c->journal->synced >= c->decision.seq);
	driver_soon(c);
}

bool
propose_decide_by_rule(struct core *c, const char *rule)
{
	AUTO_FREE char *by = NULL;
	cJSON *o;

	if (strcmp(rule, "reviewer") == 0 && reviewer_begin(c))
		return true;
	if (c->decision.tries >= CORE_APPLY_TRIES)
		return false;
	o = propose_decision(c, rule, NULL);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return false;
	}
	json_add_str(o, "rule", rule);
	by = xasprintf("rule:%s", rule);
	propose_emit_decision(c, o, by);
	return true;
}

/* ---- marks ---- */

/* A mark for the journal, as the user's command, or a decision that is taken
 * back, has it in `from`; NULL: to remove the hunk's mark. */
static cJSON *
propose_draft(const char *hunk, const char *mark, const cJSON *from)
{
	static const char *const edits[] = { "edit", "edit_b64" };
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "hunk", hunk);
	json_add_str(o, "mark", mark);
	if (strcmp(mark, "edited") == 0)
		JSON_COPY(o, from, edits);
	json_add_bool(o, "seen", json_bool(from, "seen", false));
	json_add_str(o, "word", json_str(from, "word"));
	return o;
}

static void
propose_emit_drafts(struct core *c, const char *by, cJSON *drafts,
    const char *client)
{
	cJSON *o;

	if (drafts->child == NULL) {
		cJSON_Delete(drafts);
		return;
	}
	if (drafts->child->next == NULL) {
		o = cJSON_DetachItemFromArray(drafts, 0);
		cJSON_Delete(drafts);
	} else {
		o = cJSON_CreateObject();
		json_set_take(o, "marks", drafts);
	}
	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_DRAFT, by, o);
	evidence_marks_changed(c);
}

/* Can the edited hunk be composed? Try it on the proposed change. */
static int
propose_check_edit(struct core *c, const cJSON *command,
    const struct fold_file *f, const struct fold_hunk *h, struct err *e)
{
	struct gate_edit edit = { .id = h->id };
	struct gate_choice choice;
	struct stage_side write, rest;
	AUTO_FREE char *text = NULL;

	if (propose_is_renaming(f, h->id))
		return err_set(e, "accept or reject a rename as a whole");
	text = json_get_bytes(command, "edit", &edit.len);
	if (text == NULL)
		return err_set(e, "the edited hunk is missing");
	edit.text = text;
	propose_choice(c, &choice, f);
	choice.edits = &edit;
	choice.edits_len = 1;
	return gate_compose(c->blobs, &choice, &write, &rest, e);
}

/* One mark, as journaled. NULL with *e if it is invalid, or without a message
 * if the hunk is gone. */
static cJSON *
propose_mark_one(struct core *c, const cJSON *o, struct err *e)
{
	const char *id = json_str_or(o, "hunk", "");
	static const char *const marks[] = { "no", "none", "yes" };
	const char *mark = json_str_or(o, "mark", "");
	bool edited = strcmp(mark, "edited") == 0;
	const struct fold_file *f;
	const struct fold_hunk *h;

	f = fold_find_hunk(c->fold, id, &h);
	if (f == NULL)
		return NULL;
	if (edited && propose_check_edit(c, o, f, h, e) < 0)
		return NULL;
	if (!edited && MEM_FIND(marks, mark) == NULL) {
		err_set(e, "unknown mark \"%s\"", mark);
		return NULL;
	}
	if (h->overwrites && (edited || json_is(o, "mark", "yes")) &&
	    !json_bool(o, "overwrite", false)) {
		err_set(e,
		    "that hunk overwrites newer lines of %s: decide it alone",
		    f->path);
		return NULL;
	}
	return propose_draft(id, mark, o);
}

/* All marks from `it` on whose hunk is in the proposal; *gone counts the
 * others. NULL with *e if one is invalid: then none is made. */
static cJSON *
propose_mark_list(struct core *c, const cJSON *it, int *gone, struct err *e)
{
	cJSON *drafts = cJSON_CreateArray(), *o;

	for (*gone = 0; it != NULL; it = it->next) {
		o = propose_mark_one(c, it, e);
		if (o == NULL && err_is_set(e)) {
			cJSON_Delete(drafts);
			return NULL;
		}
		*gone += o == NULL;
		cJSON_AddItemToArray(drafts, o);
	}
	return drafts;
}

static int
propose_mark(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *list = json_array(command, "marks");
	cJSON *drafts;
	int gone;

	if (propose_check(c, command, e) < 0)
		return -1;
	/* `exact`: this mark is part of a choice about all hunks of the version
	 * that the client showed. */
	if (json_bool(command, "exact", false) &&
	    json_int(command, "version", -1) != c->fold->proposal->version)
		return err_set(e, "the proposal changed; look at it again");
	drafts = propose_mark_list(c, list == NULL ? command : list->child,
	    &gone, e);
	if (drafts == NULL)
		return -1;
	if (drafts->child == NULL) {
		cJSON_Delete(drafts);
		return err_set(e, "that hunk changed; look at it again");
	}
	propose_emit_drafts(c, "user", drafts, client);
	if (fold_undecided(c->fold->proposal) == 0 &&
	    !json_bool(command, "hold", false)) {
		cJSON *o = propose_decision(c, NULL, NULL);

		json_add_str(o, "client", client);
		propose_emit_decision(c, o, "user");
	} else
		driver_soon(c);	/* the driver reports how many remain */
	return gone == 0 ? 0 : err_set(e, "%d of these hunks %s changed; look "
	    "at %s again", gone, gone == 1 ? "has" : "have",
	    gone == 1 ? "it" : "them");
}

/* A renamed file with marks on its content but none on its new name; NULL: there
 * is none. */
static const char *
propose_nameless(const struct core *c, const cJSON *drafts)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO_FREE bool *name = xcalloc(p->files_len + 1, sizeof(*name));
	AUTO_FREE bool *content = xcalloc(p->files_len + 1, sizeof(*content));
	const cJSON *o;
	size_t i;

	cJSON_ArrayForEach(o, drafts) {
		const char *id = json_str_or(o, "hunk", "");
		const struct fold_file *f = fold_find_hunk(c->fold, id, NULL);

		if (json_is(o, "mark", "none"))
			continue;
		if (propose_is_renaming(f, id))
			name[f - p->files] = true;
		else
			content[f - p->files] = true;
	}
	for (i = 0; i < p->files_len; i++)
		if (p->files[i].from != NULL && content[i] && !name[i])
			return p->files[i].path;
	return NULL;
}

/* Make the marks of this command: all of them, or none. */
static int
propose_decide_marks(struct core *c, const cJSON *marks, const char *client,
    struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *drafts, *was;
	const cJSON *o;
	const char *path;
	bool any = false;
	size_t i;
	int gone;

	drafts = propose_mark_list(c, marks->child, &gone, e);
	if (drafts == NULL)
		return -1;
	cJSON_ArrayForEach(o, drafts)
		any = any || !json_is(o, "mark", "none");
	path = propose_nameless(c, drafts);
	if (gone > 0 || !any || path != NULL) {
		cJSON_Delete(drafts);
		if (path != NULL)
			return err_set(
			    e, "%s is renamed: mark the rename too", path);
		return err_set(e, gone > 0 ?
				      "that hunk changed; look at it again" :
				      "no hunk is marked");
	}
	was = cJSON_CreateArray();
	for (i = 0; i < p->hunks_len; i++)
		if (p->hunks[i].hunk->mark != MARK_NONE)
			cJSON_AddItemToArray(was, propose_draft(
			    p->hunks[i].hunk->id, "none", NULL));
	propose_emit_drafts(c, "user", was, client);
	propose_emit_drafts(c, "user", drafts, client);
	return 0;
}

static int
propose_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const struct fold_proposal *p;
	const cJSON *marks = json_array(command, "marks");
	const char *say = json_str(command, "say");
	bool is_all = json_str(command, "all") != NULL;
	struct propose_all all;
	cJSON *o;

	if (propose_check(c, command, e) < 0)
		return -1;
	p = c->fold->proposal;
	/* The command is about the version that was on the screen. */
	if (json_int(command, "version", -1) != p->version)
		return err_set(e, "the proposal changed; look at it again");
	if (say != NULL && model_needed(c, e) < 0)
		return -1;
	if (marks != NULL && propose_decide_marks(c, marks, client, e) < 0)
		return -1;
	propose_all_init(&all, command);
	o = propose_decision(c, NULL, is_all ? &all : NULL);
	free(all.ids);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return err_set(e, is_all ?
				      "the open hunks overwrite newer lines: "
				      "decide each alone" :
				      "no hunk is marked, or only hunks of a "
				      "renamed file: mark the rename too");
	}
	if (is_all && p->undecided > 0 && all.verdict[0] == 'y')
		evidence_part_stale(c);
	json_add_str(o, "say", say);
	json_add_str(o, "client", client);
	propose_emit_decision(c, o, "user");
	return 0;
}

/* ---- hunks in parts ---- */

static cJSON *
propose_offered_file(const struct core *c, const char *path)
{
	cJSON *file;

	cJSON_ArrayForEach(file, json_array(c->review.offered, "files"))
		if (json_is_path(file, path))
			return file;
	return NULL;
}

/*
 * Propose the same change with this hunk split. Don't scan the staged copy: a
 * command may be running in it.
 */
static int
propose_split(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *id = json_str_or(command, "hunk", "");
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct stage_change change = { .path = NULL };
	cJSON *file, *list, *fields;
	size_t had;

	(void)client;
	if (propose_check(c, command, e) < 0)
		return -1;
	f = fold_find_hunk(c->fold, id, &h);
	file = f == NULL ? NULL : propose_offered_file(c, f->path_bytes);
	if (file == NULL)
		return err_set(e, "that hunk changed; look at it again");
	if (propose_is_renaming(f, id))
		return err_set(e, "accept or reject a rename as a whole");
	if (f->binary || h->text_len == 0)
		return err_set(e, "accept or reject this change as a whole");
	had = f->hunks_len;
	list = cJSON_GetObjectItemCaseSensitive(c->review.splits,
	    f->path_bytes);
	if (list == NULL) {
		list = cJSON_CreateArray();
		json_set_take(c->review.splits, f->path_bytes, list);
	}
	cJSON_AddItemToArray(list, cJSON_CreateString(id));
	change.path = f->path_bytes;
	propose_side(&change.before, &f->before);
	propose_side(&change.after, &f->after);
	if (proposal_resplit(file, c->blobs, &change, c->diff, c->review.splits,
	    c->reasons->paths, e) < 0) {
		cJSON_DeleteItemFromArray(list,
		    cJSON_GetArraySize(list) - 1);
		return -1;
	}
	if ((size_t)cJSON_GetArraySize(json_array(file, "hunks")) == had) {
		cJSON_DeleteItemFromArray(list,
		    cJSON_GetArraySize(list) - 1);
		cJSON_DeleteItemFromObjectCaseSensitive(file, "split");
		if (list->child == NULL)
			cJSON_DeleteItemFromObjectCaseSensitive(
			    c->review.splits, f->path_bytes);
		else
			json_set_take(file, "split", cJSON_Duplicate(list, 1));
		return err_set(e, "can't split this hunk further; pick "
		    "lines (v) or edit it (e)");
	}
	fields = cJSON_Duplicate(c->review.offered, 1);
	json_add_int(fields, "proposal", c->fold->proposal->id);
	json_add_int(fields, "version", c->fold->proposal->version + 1);
	comment_carry(c->fold, json_array(fields, "files"));
	emit_event(c, EVENT_PROPOSAL, "core", fields);
	emit_sync(c);
	driver_soon(c);	/* it says how many are left */
	return 0;
}

/*
 * marks-restore: restores the marks of a decision that couldn't be written, on
 * the open version of the proposal. Restored marks never complete a decision:
 * one is left for the user.
 */

/* Choose the mark to leave out, so that the user again decides when to write:
 * preferably one without a comment. */
static const cJSON *
marks_restore_open_one(const cJSON *kept)
{
	const cJSON *h, *last = NULL, *plain = NULL;

	cJSON_ArrayForEach(h, kept) {
		last = h;
		if (json_str(h, "word") == NULL &&
		    !json_is(h, "decision", "edited"))
			plain = h;
	}
	return plain != NULL ? plain : last;
}

/* Keep only the hunks that are asked about again, unchanged; of those that now
 * overwrite newer lines no acceptance. */
static void
marks_restore_those_open(const struct core *c, cJSON *kept)
{
	cJSON *h = kept == NULL ? NULL : kept->child, *next;
	const struct fold_hunk *is;

	for (; h != NULL; h = next) {
		next = h->next;
		if (fold_find_hunk(c->fold, json_str_or(h, "id", ""), &is) ==
		    NULL || is->decided || is->mark != MARK_NONE)
			cJSON_Delete(cJSON_DetachItemViaPointer(kept, h));
		else if (is->overwrites && !json_is(h, "decision", "no") &&
		    !json_bool(h, "overwrite", false))
			json_add_str(h, "decision", "none");
	}
}

void
marks_restore_marks(struct core *c, cJSON *kept, const char *client)
{
	cJSON *drafts = cJSON_CreateArray();
	const cJSON *h, *open = NULL;
	int left = fold_undecided(c->fold->proposal);

	marks_restore_those_open(c, kept);
	cJSON_ArrayForEach(h, kept)
		left -= !json_is(h, "decision", "none");
	if (left <= 0)
		open = marks_restore_open_one(kept);
	cJSON_ArrayForEach(h, kept) {
		const char *id = json_str_or(h, "id", "");
		const char *decision = json_str_or(h, "decision", "");

		comment_keep(c, id, json_array(h, "comments"), client);
		if (h != open && !json_is(h, "decision", "none"))
			cJSON_AddItemToArray(drafts, propose_draft(id,
			    decision, h));
	}
	propose_emit_drafts(c, "core", drafts, client);
}

static const struct core_command mark_commands[] = {
	{ "decide", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY,
	    .act = propose_decide },
	{ "mark", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY,
	    .act = propose_mark },
	{ "split", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY,
	    .act = propose_split },
	{ 0 }
};

const struct core_part rule_part = {
	.init = rule_init,
	.line = rule_line, .lines = OF(EVENT_DECISION) | OF(EVENT_REVIEW),
	.free = rule_free, .commands = mark_commands,
};
