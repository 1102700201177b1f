/*
 * The entry point, and what no other part (fold-*.c) has: the session, its
 * messages and turns, streaming and the core's status. Each part has a table from
 * a line's type to the function that folds it; several may fold the same line.
 * Must stay pure, and must accept any line.
 */
#include "config.h"

static void
fold_on_note(struct fold *f, const cJSON *line)
{
	struct fold_item *it;
	const struct fold_item *last = f->items_len == 0 ? NULL :
	    &f->items[f->items_len - 1];
	/* Who only looked at an ended session has ended it again. */
	bool again = json_bool(line, "ended", false) && last != NULL &&
	    last->kind == ITEM_NOTE && last->text != NULL &&
	    strcmp(last->text, json_str_or(line, "text", "")) == 0;

	/* The offer of a check stands in the hints, not among what happened. */
	if (json_str(line, "check") != NULL)
		xstrset(&f->check_found, json_str(line, "check"));
	if (!json_bool(line, "idle", false) && !again &&
	    json_str(line, "check") == NULL) {
	fold_grants(f, line);
}

static char *
fold_compaction_title(const struct fold *f, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");
	const char *why = json_str_or(line, "why", ""), *by;
	const char *failed = json_str(line, "failed");
	AUTO_FREE char *other = NULL;
	struct buf b = BUF_INIT(0);

	if (strcmp(why, "new") == 0)
		return xstrdup("a new task: the model doesn't get the earlier "
		    "conversation");
	by = json_str_or(line, "by", "core");
	if (strcmp(why, "edit") == 0)
		buf_adds(&b, "summary, edited by you");
	else
		buf_adds(&b, strcmp(by, "model") == 0 ? "older messages "
		    "summarized" : "older messages summarized (without the "
		    "model)");
	other = fold_other_model(f, line);
	buf_adds(&b, other);
	if (json_int(tokens, "before", -1) >= 0) {
		buf_adds(&b, ": about ");
	return buf_take(&b);
}

