/* changed: a file before and after a change, with its hunks, for those that look
 * at changed texts. */
#ifndef ASSENT_TESTS_CHANGED_H
#define ASSENT_TESTS_CHANGED_H

#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "gate/hunk.h"
#include "journal/event.h"

struct changed {
	struct buf	 texts[2];
	struct hunk_list hunks;
	struct ev_hunk	*v;
};

/* NULL: there is none. The hunks are empty if they can't be made. */
static inline struct change_text
changed_make(struct changed *c, const char *path, const char *old,
    const char *new, bool test)
{
	struct hunk_side side[2];
	size_t i;

	*c = (struct changed){ 0 };
	for (i = 0; i < 2; i++) {
		const char *text = i == 0 ? old : new;

		buf_adds(&c->texts[i], text == NULL ? "" : text);
		side[i] = (struct hunk_side){ .exists = text != NULL,
			.mode = 0100644, .hash = i == 0 ? "a" : "b",
			.content = &c->texts[i] };
	}
	(void)hunk_list_change(&c->hunks, path, &side[0], &side[1], NULL,
	    HUNK_DIFF_MYERS, NULL);
	c->v = xcalloc(c->hunks.len + 1, sizeof(*c->v));
	for (i = 0; i < c->hunks.len; i++) {
		const struct hunk *from = &c->hunks.v[i];

		c->v[i] = (struct ev_hunk){ .old_start = from->old_start,
			.old_lines = from->old_lines,
			.new_start = from->new_start,
			.new_lines = from->new_lines,
			.text = { from->text, from->len } };
	}
	return (struct change_text){ .path = path, .test = test,
		.added = old == NULL,
		.before = old == NULL ? NULL : &c->texts[0],
		.after = new == NULL ? NULL : &c->texts[1],
		.hunks = c->v, .hunks_len = c->hunks.len };
}

static inline void
changed_release(struct changed *c)
{
	free(c->v);
	hunk_list_release(&c->hunks);
	buf_release(&c->texts[0]);
	buf_release(&c->texts[1]);
}

#endif
