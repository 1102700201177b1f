/*
 * git-follow: what became of a commit. After an amend or a rebase the commit that
 * took its place has its author and the author's time.
 */
#ifndef ASSENT_GIT_GIT_FOLLOW_H
#define ASSENT_GIT_GIT_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

enum git_follow_end {
	FOLLOW_HERE,		/* in the history of HEAD */
	FOLLOW_MOVED,		/* another one there took its place */
	FOLLOW_ELSEWHERE,	/* not in the history of HEAD */
	FOLLOW_GONE,		/* git doesn't have it any more */
};

struct git_followed {
	char			*commit;
	char			*now;		/* MOVED: the other one */
	enum git_follow_end	 end;
};

/* Those asked about in one work tree; begins with its folder and zeros. */
struct git_follow {
	const char		*dir;
	struct git_followed	*v;
	size_t			 len;
};

/* Borrowed until the next call. */
const struct git_followed *git_follow(struct git_follow *, const char *commit);
/* Is it, or the one in its place, in the history of HEAD? NULL isn't. */
bool	git_follow_is_here(struct git_follow *, const char *commit);
void	git_follow_release(struct git_follow *);

#endif
