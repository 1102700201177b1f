/*
 * What is to be committed: of the changes and files that are chosen, all that has
 * lines which HEAD hasn't, and a word for what is left out. As JSON it is in the
 * journal before anything changes.
 */
#include "config.h"

static int
plan_open(struct commit_plan *p, const char *root, const char *dir,
    const char *on, struct err *e)
{
	p->root = xstrdup(root);
	p->scratch = fs_join(dir, "commit");
	if (plan_find(p, e) < 0)
		return -1;
	if ((real = fs_realpath(p->index)) != NULL)
		FREE_SET(p->index, real);
	(void)stat(p->index, &p->index_was);
	if (git_state_head(p->top, &p->head, &p->ref, e) < 0 ||
	    git_state_idle(p->top, e) < 0)
		return -1;
	is = p->ref;
	if (is != NULL && strncmp(is, "refs/heads/", 11) == 0)
		is += 11;
	return on == NULL || (is != NULL && strcmp(is, on) == 0) ? 0 :
	    err_set(e, "nothing was committed: the checkout is on %s%s, not "
	    "no branch" : is, on, on);
}

void
commit_plan_release(struct commit_plan *p)
{
	size_t i;
	free(p->blobs);
	free(p->needed);
	free(p->root);
	free(p->top);
	free(p->prefix);
	free(p->index);
	free(p->scratch);
	free(p->head);
	free(p->ref);
	free(p->tree);
	free(p->changes);
	buf_release(&p->left);
	memset(p, 0, sizeof(*p));
}

