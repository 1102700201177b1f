/* See stale.h. */

#include "config.h"

#include "cmd/stale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* The first line of a proposal has its number as its own. */
static int64_t
stale_id(const struct event *l)
{
	return l->proposal.proposal != 0 ? l->proposal.proposal : l->seq;
}

void
stale_line(struct stale *m, const struct event *l)
{
	if (m->id == 0 || l->type != EVENT_PROPOSAL)
		return;
	if (stale_id(l) != m->id || l->proposal.version != m->version) {
		event_keep(&m->now, l);
		return;
	}
	event_keep(&m->then, l);
	event_drop(&m->now);
}

static bool
stale_same_side(const struct ev_side *a, const struct ev_side *b)
{
	return a == NULL || b == NULL ? a == b : a->mode == b->mode &&
	    a->hash != NULL && ev_is(b->hash, a->hash);
}

static bool
stale_same_hunks(const struct ev_proposed_file *a,
    const struct ev_proposed_file *b)
{
	bool same = a->hunks_len == b->hunks_len;

	MEM_EACH(a, hunks, h)
		same = same && h->id != NULL &&
		    ev_is(b->hunks[h - a->hunks].id, h->id) &&
		    b->hunks[h - a->hunks].overwrites == h->overwrites;
	return same;
}

/* The first file that isn't the same in both, or NULL. */
static const char *
stale_file(const struct ev_proposal *then, const struct ev_proposal *now)
{
	const struct ev_proposed_file *a = then->files, *b = now->files;
	size_t i, n = then->files_len < now->files_len ? then->files_len :
	    now->files_len;

	for (i = 0; i < n; i++)
		if (!ev_is(b[i].path, ev_str(a[i].path, "?")) ||
		    !stale_same_side(a[i].before, b[i].before) ||
		    !stale_same_side(a[i].after, b[i].after) ||
		    !stale_same_hunks(&a[i], &b[i]))
			return ev_str(b[i].path, "?");
	return n < now->files_len ? ev_str(b[n].path, "?") :
	    n < then->files_len ? ev_str(a[n].path, "?") : NULL;
}

bool
stale_check(const struct stale *m, struct err *e)
{
	const struct event *now = m->now != NULL ? m->now : m->then;
	bool open = now != NULL && now->proposal.files_len > 0;
	int64_t id = now == NULL ? 0 : stale_id(now);
	int version = now == NULL ? 0 : (int)now->proposal.version;
	const char *file;

	if (m->id == 0 || (open && id == m->id && version == m->version))
		return false;
	if (m->then == NULL)
		err_set(e, "this session never had a proposal %lld.%d (assent "
		    "show names the open one)", (long long)m->id, m->version);
	else if (!open)
		err_set(e, "proposal %lld.%d isn't open any more",
		    (long long)m->id, m->version);
	else {
		file = stale_file(&m->then->proposal, &now->proposal);
		if (file == NULL && id == m->id)
			return false;
		err_set(e, "the proposal has changed since you saw it, from "
		    "%lld.%d to %lld.%d (%.600s%s); see assent show",
		    (long long)m->id, m->version, (long long)id, version,
		    file == NULL ? "its files are the same" : file,
		    file == NULL ? "" : " isn't the same");
	}
	return true;
}

void
stale_release(struct stale *m)
{
	event_drop(&m->then);
	event_drop(&m->now);
}
