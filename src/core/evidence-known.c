#include "config.h"

#include "core/evidence-known.h"

#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

/* `where`: of only that run; NULL: whatever ran. */
static void
evidence_emit_stale(struct core *c, const char *where, bool stopped)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "status", "stale");
	json_add_str(o, "where", where);
	if (stopped)
		json_add_bool(o, "stopped", true);
	emit_event(c, EVENT_EVIDENCE, "core", o);
}

/* The accepted hunks, by their content, beside what was written. */
static void
evidence_choice(const struct core *c, char hex[SHA256_HEX_SIZE])
{
	const struct fold_proposal *p = c->fold->proposal;
	struct sha256 *s = sha256_new();
	size_t i, k;

	sha256_add(s, &c->decision.tx, sizeof(c->decision.tx));
	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		/* An undecided name keeps the content out, too. */
		if (f->from != NULL)
			sha256_add(s, &f->hunks[0].mark,
			    sizeof(f->hunks[0].mark));
		for (k = 0; k < f->hunks_len; k++) {
			const struct fold_hunk *h = &f->hunks[k];

			if (h->mark != MARK_YES)
				continue;
			if (f->before.hash != NULL)
				sha256_add(s, f->before.hash,
				    strlen(f->before.hash));
			sha256_add(s, h->id, strlen(h->id) + 1);
			if (h->edit != NULL)
				sha256_add(s, h->edit, h->edit_len);
		}
	}
	sha256_end_free(s, hex);
}

void
evidence_choice_begin(struct core *c)
{
	evidence_choice(c, c->check.choice);
}

bool
evidence_choice_is_same(const struct core *c)
{
	char hex[SHA256_HEX_SIZE];

	if (c->check.choice[0] == '\0')
		return false;
	evidence_choice(c, hex);
	return strcmp(hex, c->check.choice) == 0;
}

void
evidence_part_stale(struct core *c)
{
	if (fold_check_is_partial(&c->fold->evidence) &&
	    c->fold->evidence.known && !c->fold->evidence.stale)
		evidence_emit_stale(c, "accepted", false);
}

void
evidence_marks_changed(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;
	cJSON *o;

	if (!evidence_choice_is_same(c))
		evidence_part_stale(c);
	else if (fold_check_is_partial(ev) && ev->known && ev->stale &&
	    !ev->running) {
		o = cJSON_CreateObject();
		json_add_str(o, "status", "valid");
		json_add_str(o, "where", "accepted");
		emit_event(c, EVENT_EVIDENCE, "core", o);
	}
}

void
evidence_stale(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	c->check.choice[0] = '\0';
	if (ev->whole != NULL || (ev->known && !ev->stale))
		evidence_emit_stale(c, NULL, false);
}

void
evidence_stopped(struct core *c)
{
	c->check.choice[0] = '\0';
	evidence_emit_stale(c, c->fold->evidence.where, true);
}

bool
evidence_counts(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->stale && (ev->where == NULL ||
	    strcmp(ev->where, "stage") == 0);
}

static bool
evidence_accepts_all(const struct core *c, const cJSON *decision)
{
	const cJSON *file, *hunk;
	int accepted = 0;

	cJSON_ArrayForEach(file, json_array(decision, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			accepted += json_is(hunk, "decision", "yes");
	return accepted == fold_hunks(c->fold->proposal);
}

const char *
evidence_word(const struct core *c, const cJSON *decision)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (c->check.command == NULL)
		return NULL;
	if (ev->whole != NULL && evidence_accepts_all(c, decision))
		return ev->whole;
	if (c->phase == PHASE_CHECK)
		return "running";
	if (!ev->known || ev->stale || (!evidence_accepts_all(c, decision) &&
	    (ev->where == NULL || strcmp(ev->where, "accepted") != 0)))
		return "none";
	return ev->exit == 0 ? "passed" : "failed";
}
