/*
 * A journal's lines: folding never fails, twice gives the same, and a line that
 * was folded is not folded again.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold.h"

static void
fold_bytes(struct fold *f, const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;

	while (p < end) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *to = nl == NULL ? end : nl;
		struct err e = ERR_INIT;
		cJSON *o = json_parse((const char *)p, (size_t)(to - p),
		    JSON_OWN, &e);

		if (o != NULL) {
			int64_t seq = f->seq;

			fold_line(f, o);
			FUZZ_CHECK(f->seq >= seq);
		}
		cJSON_Delete(o);
		p = nl == NULL ? end : nl + 1;
	}
}

static void
check_proposal(const struct fold *f)
{
	const struct fold_proposal *p = f->proposal;
	struct buf b = BUF_INIT(0);
	size_t i, k;
	int hunks = 0;

	FUZZ_CHECK(p->version >= 0);
	for (i = 0; i < p->files_len; i++) {
		FUZZ_CHECK(p->files[i].path != NULL &&
		    p->files[i].path_bytes != NULL &&
		    p->files[i].status != NULL);
		FUZZ_CHECK(utf8_is_valid(p->files[i].path,
		    strlen(p->files[i].path)));
		for (k = 0; k < p->files[i].hunks_len; k++) {
			FUZZ_CHECK(p->files[i].hunks[k].id != NULL);
			FUZZ_CHECK(p->files[i].hunks[k].edit == NULL ||
			    p->files[i].hunks[k].mark == MARK_YES);
			hunks++;
		}
	}
	FUZZ_CHECK(fold_hunks(p) == hunks);
	FUZZ_CHECK(fold_undecided(p) <= hunks && fold_undecided(p) >= 0);
	fold_ignored_text(&b, p, 3);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fold *a = fold_new(), *b = fold_new();

	fold_bytes(a, p, size);
	fold_bytes(b, p, size);
	FUZZ_CHECK(a->seq == b->seq && a->items_len == b->items_len &&
	    a->output.text.len == b->output.text.len && a->ended == b->ended &&
	    (a->proposal == NULL) == (b->proposal == NULL));
	FUZZ_CHECK(a->output.text.len <= FOLD_OUTPUT_MAX);
	if (a->proposal != NULL)
		check_proposal(a);
	fold_free(a);
	fold_free(b);
	return 0;
}
