#include "config.h"

#include "core/propose-open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "journal/fold-proposal.h"

bool
propose_is_open(const struct core *c)
{
	return c->fold->proposal != NULL && c->fold->proposal->files_len > 0;
}

void
propose_side(struct stage_side *to, const struct fold_side *from)
{
	memset(to, 0, sizeof(*to));
	to->exists = from->exists;
	if (from->hash != NULL)
		snprintf(to->hash, sizeof(to->hash), "%s", from->hash);
	to->mode = from->mode;
	to->size = from->size;
}

void
propose_choice(const struct core *c, struct gate_choice *choice,
    const struct fold_file *f)
{
	memset(choice, 0, sizeof(*choice));
	choice->path = f->path_bytes;
	choice->split.diff = c->diff;
	choice->split.ids = (const char *const *)f->split;
	choice->split.len = f->split_len;
	propose_side(&choice->before, &f->before);
	propose_side(&choice->after, &f->after);
}

cJSON *
propose_names(const struct fold_file *f)
{
	cJSON *o = cJSON_CreateObject();

	json_add_path(o, "path", f->path_bytes);
	json_add_str(o, "before", f->before.exists ? f->before.hash : NULL);
	json_add_str(o, "after", f->after.exists ? f->after.hash : NULL);
	return o;
}

bool
propose_is_renaming(const struct fold_file *f, const char *id)
{
	return f->from != NULL && strcmp(f->hunks[0].id, id) == 0;
}

bool
propose_marked(struct core *c, const struct fold_file *f,
    struct stage_side *write, bool *renames, int *rc, struct err *e)
{
	struct gate_choice choice;
	const char **yes = xcalloc(f->hunks_len + 1, sizeof(*yes));
	struct gate_edit *edits = xcalloc(f->hunks_len + 1, sizeof(*edits));
	struct stage_side rest;
	size_t i = f->from != NULL;
	bool any;

	*rc = 0;
	*renames = f->from != NULL && f->hunks[0].mark == MARK_YES;
	propose_choice(c, &choice, f);
	for (; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		if (h->mark != MARK_YES)
			continue;
		if (h->edit != NULL) {
			edits[choice.edits_len].id = h->id;
			edits[choice.edits_len].text = h->edit;
			edits[choice.edits_len++].len = h->edit_len;
		} else
			yes[choice.yes_len++] = h->id;
	}
	choice.yes = yes;
	choice.edits = edits;
	any = *renames || (choice.yes_len + choice.edits_len > 0 &&
	    (f->from == NULL || f->hunks[0].mark == MARK_NO));
	if (any)
		*rc = gate_compose(c->blobs, &choice, write, &rest, e);
	free(yes);
	free(edits);
	return *rc == 0 && any;
}
