/*
 * linter: programs that look for errors in a file and end: which one is for
 * which file, how it is called, and what it printed. A user's own come first.
 */
#ifndef ASSENT_CORE_LINTER_H
#define ASSENT_CORE_LINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"

/* What one run is about. */
struct linter_job {
	char	*script;	/* for bash, in the project's root */
	char	*file;		/* its only file; NULL: it sees more */
	char	*folder;	/* names that it prints are relative to this */
	int64_t	 timeout_ms;
};
void	linter_job_release(struct linter_job *);

/* Does the project have the file `name` in this folder ("" is the root)? */
typedef bool linter_has(void *arg, const char *folder, const char *name);

/*
 * The script for this file, relative to the root. It runs the first linter that
 * there is, after the line "=NAME"; without one it prints nothing. `own`: those
 * of the setting, or NULL; linters in `off` are left out. False: there is none
 * for such a file.
 */
bool	linter_job(const char *file, const cJSON *own,
	    const struct pathmap *off, linter_has *, void *arg,
	    struct linter_job *);

/* Set for the script: the variable K keeps caches apart of what it looks at. */
#define LINTER_STAGED	"K=staged\n"
#define LINTER_REAL	"K=real\n"

/* An error or warning, as it was printed. */
struct linter_found {
	char		*path;		/* NULL: it names none */
	int64_t		 line;
	const char	*severity;	/* error, warning */
	char		*message;
};
struct linter_founds { struct linter_found *v; size_t v_len; };
#define LINTER_FOUND_MAX	2000

/* Read them; each counts once, and no more than LINTER_FOUND_MAX. */
void	linter_read(const char *output, struct linter_founds *);
void	linter_founds_release(struct linter_founds *);

#endif
