/*
 * adds: what the lines of a change newly let the program do, by their form: a
 * host, a process, a check of certificates that is off. Nothing is run and no
 * meaning is known: it is silent where it knows no form, and where the file, or
 * the project, had the same before. Pure; takes time in proportion to the texts.
 */
#ifndef ASSENT_CORE_ADDS_H
#define ASSENT_CORE_ADDS_H

#include <stdbool.h>
#include <stddef.h>

struct change_text;

/* Those that are told first come first. */
enum adds_kind {
	ADDS_KEY,		/* a value that looks like one */
	ADDS_LOGGED,		/* a credential */
	ADDS_UNCHECKED,		/* certificates, signatures */
	ADDS_CREDENTIAL,	/* a variable or a file of them is read */
	ADDS_RUNS_DATA,		/* as code */
	ADDS_SHELL,
	ADDS_PROCESS,
	ADDS_HOST,
	ADDS_PACKAGE,
	ADDS_WORKFLOW,		/* a permission or secret of one */
	ADDS_RIGHTS,
	ADDS_LISTENS,
	ADDS_REMOVES,
	ADDS_WRITES,
	ADDS_KINDS
};
/* "host", the kind's name in events */
extern const char *const adds_names[ADDS_KINDS];

struct adds_found {
	size_t		 file;
	int		 line;		/* of the new text, from 1 */
	enum adds_kind	 kind;
	char		*what;		/* "host metrics.example.org" */
	char		*target;	/* it adds nothing if this word
					   (struct glob_word) stands in another
					   file of the project; NULL: what it
					   had was looked at */
};
struct adds_founds { struct adds_found *v; size_t v_len; };

/* Does it need the texts of such a file? */
bool	adds_reads(const struct change_text *);

#define ADDS_FOUND_MAX	((size_t)1000)

/* What all files of one change add, in the order of files and lines. */
void	adds_find(const struct change_text *, size_t n, struct adds_founds *);
/* One more; both strings become its. */
void	adds_tell_take(struct adds_founds *, size_t file, int line,
	    enum adds_kind, char *what, char *target);
void	adds_founds_release(struct adds_founds *);

#endif
