/*
 * headless-ask: asks the user on the terminal, unless the command line has the
 * answer, and sends the answer. No question is asked twice.
 */
#include "config.h"

#include "cmd/headless-int.h"

#include <string.h>

#include "base/mem.h"
#include "front/client.h"
#include "journal/command.h"

/* The question was left: what is marked stays so. */
static void
headless_leave(struct headless *h)
{
	plain_close(&h->plain);
	h->plain.quit = false;
	if (h->o->decide) {
		h->left = true;
		h->code = EXIT_WAITS;
	} else
		headless_send(h, command_of("end"));
}

void
headless_typed(struct headless *h)
{
	plain_read_typed(&h->plain);
	if (h->plain.quit || h->plain.done)
		headless_leave(h);
}

void
headless_ask(struct headless *h)
{
	const struct fold *f = h->fold;

	if (headless_is_past(h))
		return;
	if (h->o->decide && h->interrupts == 0)
		headless_decided(h);
	/* Nobody can allow the command, or a host. */
	if (h->o->choose != NULL && !h->o->decide && f->ask.id != NULL &&
	    !f->ended && (h->asked_command == NULL ||
	    strcmp(h->asked_command, f->ask.id) != 0)) {
		xstrset(&h->asked_command, f->ask.id);
		headless_send(h, command_answer(f, false, NULL));
	}
	if (h->o->choose != NULL && h->interrupts == 0 &&
	    (!f->ended || h->o->decide) && f->proposal != NULL &&
	    f->proposal->files_len > 0 && plain_is_still(&h->plain)) {
		headless_choose(h);
		return;
	}
	/* With `decide`, an ended session may have an open proposal again. */
	if (!h->o->person || h->interrupts > 0 || (h->o->decide ? !h->opened :
	    f->ended) || h->plain.question != PLAIN_NOTHING ||
	    (!plain_is_news(&h->plain) && !(h->o->screen && h->o->decide)))
		return;
	if (h->o->screen)
		h->left = h->r->screen = true;
	else
		(void)plain_ask(&h->plain);
}
