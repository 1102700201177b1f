/*
 * hint: why a command failed, by what it printed, for the model or the user.
 * Knows no session.
 */
#ifndef ASSENT_CORE_HINT_H
#define ASSENT_CORE_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct hint_about {
	const char		*output;
	size_t			 n;
	int			 exit;		/* -1: killed */
	bool			 sandboxed;	/* levels A, B, C */
	bool			 elsewhere;	/* C: the copy has its own path */
	bool			 image;		/* of the user, with its programs */
	bool			 joined;	/* the exit status is that of the last
						   of several commands */
	const char		*refused;	/* the first host that wasn't
						   allowed; NULL */
	size_t			 refused_len;	/* how many there were */
	const char		*unreached;	/* network_unreached; NULL */
	const char *const	*masked;	/* NULL-terminated, or NULL */
	const char		*home, *root;	/* the user's, the project's; or
						   NULL */
};

/* Append at most HINT_MOST lines, each marked as assent's own text. A
 * successful command gets none, unless it may hide a failed one; then its
 * output is searched if it is short. */
void	hint_add(struct buf *, const struct hint_about *);
/* The lines about hosts that it couldn't reach, which don't say why it failed:
 * they follow its output. */
void	hint_add_net(struct buf *, const struct hint_about *);
/* Append that this file, of secrets, isn't shown, and `more`. */
void	hint_add_secret(struct buf *, const char *path, const char *more);
/* Does the output say that a process or thread couldn't be created? */
bool	hint_is_crowded(const struct hint_about *);
/* For the user, whose own command it was: that the sandbox doesn't show a program
 * which it needs. NULL: it doesn't look so. */
const char *hint_not_shown(const struct hint_about *);

#endif
