/*
 * The temporary index that git commits from, and the user's own, which gets the
 * same lines after. As with git commit -a, index.lock is there from before HEAD
 * moves: no other program can commit or stage meanwhile.
 */
#include "config.h"

/* ---- entries ---- */

static void
index_add_entry(struct buf *b, const char *name, const struct commit_side *s,
    const char *any_oid)
{
	/* As many digits as git's names have here. */
	if (s->mode == 0)
		buf_addf(b, "0 %0*d\t", (int)strlen(any_oid), 0);
	else
		buf_addf(b, "%o %s\t", s->mode, s->oid);
	(void)buf_add(b, name, strlen(name) + 1);
}

/* Nothing may have changed since the plan was made. */
static int
index_check(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL;
	struct stat st = { 0 };

	(void)stat(p->index, &st);
	if (git_state_head(p->top, &head, &ref, e) < 0)
		return -1;
	if (st.st_ino == p->index_was.st_ino &&
	    st.st_size == p->index_was.st_size &&
	    st.st_mtim.tv_sec == p->index_was.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == p->index_was.st_mtim.tv_nsec && index_is(head, p->head) && index_is(ref, p->ref))
		return 0;
	return err_set(e, "somebody used git here meanwhile; try again");
}

