/*
 * adds-form: how languages, with their usual libraries, write what adds.h names.
 * Read adds-form.c: it is a table, and how to add to it.
 */
#ifndef ASSENT_CORE_ADDS_FORM_H
#define ASSENT_CORE_ADDS_FORM_H

#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"

enum adds_sign {
	SIGN_CERTIFICATES,	/* aren't checked */
	SIGN_HOST_KEYS,
	SIGN_SIGNATURES,
	SIGN_RUNS_DATA,
	SIGN_ENVIRONMENT,	/* all of it is read */
	SIGN_SHELL,
	SIGN_PROCESS,
	SIGN_WORLD,		/* may write it */
	SIGN_RIGHTS,
	SIGN_USER,
	SIGN_LISTENS,
	SIGN_REMOVES_ALL,
	SIGN_REMOVES,
	SIGN_WRITES,
	SIGN_ALL_SECRETS,	/* of a workflow, */
	SIGN_ALL_WRITE,		/* its permissions, */
	SIGN_OWN_RUNNER,	/* where it runs, */
	SIGN_TARGET,		/* and whose changes begin it */
	/* The name that follows decides: */
	SIGN_READS,		/* a variable of the environment */
	SIGN_LOGS,
	ADDS_SIGNS
};

struct adds_form {
	enum language	 language;	/* LANGUAGE_NONE: all */
	enum adds_sign	 sign;
	const char	*patterns;	/* as language.h says */
	bool		 strings;	/* they may begin in a string */
	bool		 denies;	/* a line that has one isn't it */
	const char	*with;		/* only in files with one of these
					   words, between spaces; NULL: all */
};
extern const struct adds_form adds_forms[];
extern const size_t adds_forms_len;

struct adds_words {
	enum adds_kind	 kind;
	const char	*words;		/* "starts a shell" */
};
extern const struct adds_words adds_words[ADDS_SIGNS];

/* Files that hold credentials, as they end up in strings. */
extern const char *const adds_files[];
extern const size_t adds_files_len;

#endif
