/*
 * sandbox-level: how well a host lets commands be kept in, best first.
 */
#ifndef ASSENT_SANDBOX_SANDBOX_LEVEL_H
#define ASSENT_SANDBOX_SANDBOX_LEVEL_H

#include <stdbool.h>

enum sandbox_level {
	SANDBOX_A,		/* namespaces, overlay of the real tree */
	SANDBOX_B,		/* namespaces, copied view */
	SANDBOX_C,		/* landlock and a broker, copied view */
	SANDBOX_D,		/* the user declares: this container is the
				   sandbox */
	SANDBOX_NONE,	/* no sandbox: copied view, a person approves
			   commands */
};

struct sandbox_level_row {
	const char	*name;
	bool		 overlays;	/* shows the real tree under an overlay;
					   else a copy */
	bool		 encloses;	/* in namespaces of its own */
	bool		 brokers;	/* landlock and a broker hold instead */
	const char	*line;		/* for people */
	const char	*sees;		/* what it can't hide, without a test;
					   NULL: nothing, or tests tell */
	const char	*model;		/* for the model */
};
/* In a line, if no host is allowed (fold-net.h says which are). */
#define SANDBOX_NO_NETWORK "no network"
extern const struct sandbox_level_row sandbox_levels[];
const char *sandbox_level_name(enum sandbox_level);
/* Does it keep commands in by itself (A, B, C)? */
bool	sandbox_level_holds(enum sandbox_level);
/* "A", "B", "C", "D", "none"; -1 for anything else. */
int	sandbox_level_find(const char *name);
/* Do root's calls keep running as root although the project belongs to a user?
 * Without a mount the copy is reached by its path, and `copy` is (or will be)
 * where that user has no access. The stage folder must not be given to that
 * user then. */
bool	sandbox_stays_root(enum sandbox_level, const char *root,
    const char *copy);

#endif
