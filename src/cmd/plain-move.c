/* Which change to ask about: the next without an answer, or the one that the user
 * chose by a letter, as in `git add -p`. */
#include "config.h"

#include "cmd/plain-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pathmap.h"
#include "front/print.h"
#include "gate/hunk-text.h"
#include "journal/fold-proposal.h"

#define PLAIN_LISTED 20		/* changes that g lists */

bool
plain_has_answer(const struct plain *p, const struct fold_hunk *h)
{
	const struct plain_answer *a = pathmap_find(&p->answered, h->id);

	return a != NULL ? a->given : h->decided || h->mark != MARK_NONE;
}

int
plain_count(const struct plain *p, int *answered)
{
	const struct fold_proposal *pr = p->fold->proposal;
	size_t i;

	*answered = 0;
	for (i = 0; pr != NULL && i < pr->hunks_len; i++)
		*answered += plain_has_answer(p, pr->hunks[i].hunk);
	return fold_hunks(pr);
}

size_t
plain_places(const struct plain *p, const char *id, struct fold_at **v,
    size_t *at)
{
	const struct fold_proposal *pr = p->fold->proposal;
	size_t i, j, n = 0, all = (size_t)fold_hunks(pr);

	*v = xcalloc(all + 1, sizeof(**v));
	*at = all;
	for (i = 0; pr != NULL && i < pr->files_len; i++)
		for (j = 0; j < pr->files[i].hunks_len; j++, n++) {
			(*v)[n].file = &pr->files[i];
			(*v)[n].hunk = &pr->files[i].hunks[j];
			if (id != NULL && strcmp((*v)[n].hunk->id, id) == 0)
				*at = n;
		}
	return n;
}

const struct fold_hunk *
plain_next(const struct plain *p, const struct fold_file **file)
{
	AUTO_FREE struct fold_at *v = NULL;
	size_t i, k, at, n = plain_places(p, p->after, &v, &at);

	for (i = 0; i < n; i++) {
		k = ((at < n ? at + 1 : 0) + i) % n;
		if (!plain_has_answer(p, v[k].hunk)) {
			*file = v[k].file;
			return v[k].hunk;
		}
	}
	return NULL;
}

/* The next change in this direction; if `open`, the next one without an answer.
 * Returns n if there is none. */
static size_t
plain_beside(const struct plain *p, const struct fold_at *v, size_t n,
    size_t at, bool back, bool open)
{
	while (at < n) {
		if (back && at == 0)
			return n;
		at = back ? at - 1 : at + 1;
		if (at < n && (!open || !plain_has_answer(p, v[at].hunk)))
			return at;
	}
	return n;
}

void
plain_continue_at(struct plain *p, const struct fold_hunk *h)
{
	AUTO_FREE struct fold_at *v = NULL;
	size_t at, n = plain_places(p, h->id, &v, &at);

	xstrset(&p->after, at > 0 && at < n ? v[at - 1].hunk->id : NULL);
}

static void
plain_list(const struct plain *p, const struct fold_at *v, size_t n,
    size_t at)
{
	size_t i, from = n <= PLAIN_LISTED || at < PLAIN_LISTED / 2 ? 0 :
	    at - PLAIN_LISTED / 2;

	if (n > PLAIN_LISTED && from + PLAIN_LISTED > n)
		from = n - PLAIN_LISTED;
	for (i = from; i < n && i < from + PLAIN_LISTED; i++)
		print_words(stdout, "%c%c%4zu  %s  -%d,%d +%d,%d",
		    i == at ? '>' : ' ',
		    plain_has_answer(p, v[i].hunk) ? '*' : ' ', i + 1,
		    v[i].file->path, v[i].hunk->old_start,
		    v[i].hunk->old_lines, v[i].hunk->new_start,
		    v[i].hunk->new_lines);
	plain_say("* is marked; \"g %zu\" goes to the last of them", n);
}

void
plain_move(struct plain *p, char letter, const char *word)
{
	AUTO_FREE struct fold_at *v = NULL;
	size_t at, n = plain_places(p, p->hunk, &v, &at), to = n;
	unsigned long number;
	char *end;

	if (letter == 'g') {
		number = strtoul(word, &end, 10);
		if (word[0] == '\0')
			plain_list(p, v, n, at);
		else if (*end != '\0' || number < 1 || number > n)
			plain_say("must be a number from 1 to %zu", n);
		else
			to = number - 1;
	} else {
		to = plain_beside(p, v, n, at, letter == 'K', letter == 'm');
		if (to == n)
			plain_say("no %s hunk%s", letter == 'K' ? "earlier" :
			    "later", letter == 'm' ? " is open" : "");
	}
	if (to < n)
		xstrset(&p->next, v[to].hunk->id);
}
