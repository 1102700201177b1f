/*
 * beside: a command on a scratch copy, beside what goes on, at a low
 * priority. What it writes is thrown away. On level A: elsewhere the tree is copied,
 * and keys wait for that; a caller has to know that it is small.
 */
#ifndef ASSENT_CORE_BESIDE_H
#define ASSENT_CORE_BESIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct network;
struct sandbox_call;
struct sandbox_result;
struct stage;

struct beside {
	const char	*name;		/* of its folder in the session's, and in
					   the record of connections */
	bool		 net;		/* it may connect where commands may */
	int64_t		 most_ms;	/* it may take; 0: as long as commands */
	/* It is over, and the copy is there yet; or NULL. */
	void		(*over)(struct core *);
	/* Its end. The copy is gone. */
	void		(*ended)(struct core *, const struct sandbox_result *);
	/* The rest is its own. */
	struct core	*core;
	struct stage	*stage;		/* NULL: not open */
	struct network	*network;	/* or NULL */
	struct sandbox_call *call;	/* NULL: it doesn't run */
	struct buf	 out;		/* the end of its output */
};

void	beside_init(struct beside *, struct core *);
/* Does such a command make sense in this session now? The level isn't looked at. */
bool	beside_may(const struct core *);
/* Make the copy: the files as they are. -1 with *e; then stop it. */
int	beside_open(struct beside *, struct err *);
/* Run the command there. -1 with *e; then stop it. */
int	beside_start(struct beside *, const char *command, struct err *);
/* Without a word. */
void	beside_stop(struct beside *);
/* Remove what a core that died has left. */
void	beside_sweep(struct beside *);

#endif
