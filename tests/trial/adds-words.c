/*
 * adds-words: what changes add, for adds.py. Its input is lines `file BEFORE
 * AFTER PATH`, each with the bytes of both texts after it, as many as these
 * numbers say (-1: there is no such file), and a line `find` after the files of
 * one change. For each word it writes PATH:LINE, the kind, the words and the
 * target, with tabs between them; an empty line ends the answer.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/glob.h"
#include "base/mem.h"
#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"
#include "gate/hunk.h"
#include "gate/policy-table.h"
#include "journal/event.h"

struct files {
	struct file {
		char		*path;
		struct buf	 text[2];
		bool		 there[2];
		struct hunk_list hunks;
		struct ev_hunk	*views;
	} *v;
	size_t		 v_len;
};

static bool
read_text(struct buf *to, long long n)
{
	char block[1 << 16];

	*to = (struct buf)BUF_INIT(0);
	while (n > 0) {
		size_t got = fread(block, 1, n < (long long)sizeof(block) ?
		    (size_t)n : sizeof(block), stdin);

		if (got == 0)
			return false;
		buf_add(to, block, got);
		n -= (long long)got;
	}
	return true;
}

static bool
read_file(struct files *all, const char *line)
{
	long long sizes[2];
	int i, at = 0;
	struct file f = { 0 };

	if (sscanf(line, "file %lld %lld %n", &sizes[0], &sizes[1], &at) < 2 ||
	    at == 0)
		return false;
	f.path = xmemdup(line + at, strcspn(line + at, "\n"));
	for (i = 0; i < 2; i++) {
		f.there[i] = sizes[i] >= 0;
		if (!read_text(&f.text[i], sizes[i]))
			return false;
	}
	GROW(all->v, all->v_len);
	all->v[all->v_len++] = f;
	return true;
}

static void
cut(struct file *f)
{
	struct hunk_side side[2];
	size_t i;

	for (i = 0; i < 2; i++)
		side[i] = (struct hunk_side){ .exists = f->there[i],
			.mode = 0100644, .hash = i == 0 ? "a" : "b",
			.content = &f->text[i] };
	if (hunk_list_change(&f->hunks, f->path, &side[0], &side[1], NULL,
	    HUNK_DIFF_MYERS, NULL) < 0)
		abort();
	f->views = xcalloc(f->hunks.len + 1, sizeof(*f->views));
	for (i = 0; i < f->hunks.len; i++) {
		const struct hunk *h = &f->hunks.v[i];

		f->views[i] = (struct ev_hunk){
			.old_start = h->old_start, .old_lines = h->old_lines,
			.new_start = h->new_start, .new_lines = h->new_lines,
			.text = { h->text, h->len } };
	}
}

/* As a review reads them: what may add something first, new files last, and no
 * more than it reads. */
static void
read_texts(const struct files *all, struct change_text *of)
{
	size_t left = LANGUAGE_COST_MAX, i;
	int pass;

	for (pass = 0; pass < 4; pass++)
		for (i = 0; i < all->v_len; i++) {
			const struct file *f = &all->v[i];
			size_t cost = language_cost(&f->text[0]) +
			    language_cost(&f->text[1]);

			if (of[i].added != (pass % 2 > 0) || cost > left ||
			    adds_reads(&of[i]) != (pass < 2))
				continue;
			left -= cost;
			of[i].before = f->there[0] ? &f->text[0] : NULL;
			of[i].after = f->there[1] ? &f->text[1] : NULL;
		}
}

static void
find(struct files *all, struct glob_list *tests)
{
	AUTO_FREE struct change_text *of = xcalloc(all->v_len + 1, sizeof(*of));
	struct adds_founds out;
	size_t i;

	for (i = 0; i < all->v_len; i++) {
		struct file *f = &all->v[i];

		cut(f);
		of[i] = (struct change_text){ .path = f->path,
			.test = glob_list_covers(tests, f->path),
			.added = !f->there[0], .hunks = f->views,
			.hunks_len = f->hunks.len };
	}
	read_texts(all, of);
	adds_find(of, all->v_len, &out);
	for (i = 0; i < out.v_len; i++)
		printf("%s:%d\t%s\t%s\t%s\n", of[out.v[i].file].path,
		    out.v[i].line, adds_names[out.v[i].kind], out.v[i].what,
		    out.v[i].target == NULL ? "" : out.v[i].target);
	printf("\n");
	fflush(stdout);
	adds_founds_release(&out);
	for (i = 0; i < all->v_len; i++) {
		struct file *f = &all->v[i];

		FREE_ALL(f->path, f->views);
		hunk_list_release(&f->hunks);
		buf_release(&f->text[0]);
		buf_release(&f->text[1]);
	}
	all->v_len = 0;
}

int
main(void)
{
	struct glob_list *tests = glob_list_new(true);
	struct files all = { 0 };
	char *line = NULL;
	size_t cap = 0;
	int status = 0;

	glob_list_add_words(tests, policy_test_globs);
	while (status == 0 && getline(&line, &cap, stdin) > 0)
		if (strcmp(line, "find\n") == 0)
			find(&all, tests);
		else if (!read_file(&all, line))
			status = 1;
	free(line);
	free(all.v);
	glob_list_free(tests);
	return status;
}
