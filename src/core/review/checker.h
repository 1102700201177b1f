/*
 * checker: programs that look for errors in a file and end: which one is for
 * which file, how it is called, and what it printed. A user's own come first.
 */
#ifndef ASSENT_CORE_CHECKER_H
#define ASSENT_CORE_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"

/* What one run is about. */
struct checker_job {
	char	*script;	/* for bash, in the project's root */
	char	*file;		/* its only file; NULL: it sees more */
	char	*folder;	/* names that it prints are relative to this */
	int64_t	 timeout_ms;
};
void	checker_job_release(struct checker_job *);

/* Does the project have the file `name` in this folder ("" is the root)? */
typedef bool checker_has(void *arg, const char *folder, const char *name);

/*
 * The script for this file, relative to the root. It runs the first checker that
 * there is, after the line "=NAME"; without one it prints nothing. `own`: those
 * of the setting, or NULL; checkers in `off` are left out. False: there is none
 * for such a file.
 */
bool	checker_job(const char *file, const cJSON *own,
	    const struct pathmap *off, checker_has *, void *arg,
	    struct checker_job *);

/* Set for the script: the variable K keeps caches apart of what it looks at. */
#define CHECKER_STAGED	"K=staged\n"
#define CHECKER_REAL	"K=real\n"

/* An error or warning, as it was printed. */
struct checker_found {
	char		*path;		/* NULL: it names none */
	int64_t		 line;
	const char	*severity;	/* error, warning */
	char		*message;
};
struct checker_founds { struct checker_found *v; size_t v_len; };
#define CHECKER_FOUND_MAX	2000

/* Read them; each counts once, and no more than CHECKER_FOUND_MAX. */
void	checker_read(const char *output, struct checker_founds *);
void	checker_founds_release(struct checker_founds *);

#endif
