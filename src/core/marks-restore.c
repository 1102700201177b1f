#include "config.h"

#include "core/marks-restore.h"

#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "core/comment.h"
#include "core/propose-mark.h"
#include "journal/fold-proposal.h"

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
	const cJSON *h, *open = NULL, *edit;
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
		edit = json_get(h, "edit_b64");
		if (edit == NULL)
			edit = json_get(h, "edit");
		if (h != open && strcmp(decision, "none") != 0)
			cJSON_AddItemToArray(drafts, propose_draft(id,
			    decision, edit, json_bool(h, "seen", false),
			    json_str(h, "word")));
	}
	propose_emit_drafts(c, "core", drafts, client);
}
