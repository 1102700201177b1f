/*
 * stats-from: the files that `exec --output` wrote, gathered from a folder. A
 * run, known by its session and --name, is one row even if several files have
 * it. A repeated run is in the file of the run that replaced it.
 */
#ifndef ASSENT_CMD_STATS_FROM_H
#define ASSENT_CMD_STATS_FROM_H

#include <stddef.h>

#include "cmd/stats.h"

struct stats_run {
	char	*key;		/* what it is known by */
	char	*file, *name, *session, *project, *started, *mode;
	char	*ended;		/* time stamp, or "" */
	int	 exit;
	bool	 repeated;	/* by a later run of the name */
	struct stats stats;
};

struct stats_runs {
	struct stats_run *v;
	size_t		 len;
	size_t		 damaged;	/* files; each was named */
	size_t		 copies;	/* files of a run that another has, too */
};

/* All *.json in `dir` and below, by the files' names. -1 with *e if the folder
 * can't be read; release it anyway. */
int	stats_from(struct stats_runs *, const char *dir, struct err *e);
void	stats_runs_release(struct stats_runs *);

#endif
