/*
 * adds-form: how a language, with its usual libraries, writes what adds.h names.
 * Read adds-form.c: it is a table, and how to add to it.
 */
#ifndef ASSENT_CORE_ADDS_FORM_H
#define ASSENT_CORE_ADDS_FORM_H

#include "core/diagnose/adds.h"
#include "core/diagnose/language.h"

struct adds_form {
	const char	*code[ADDS_KINDS];	/* patterns: in code; */
	const char	*text[ADDS_KINDS];	/* in code or strings */
};

extern const struct adds_form adds_forms[LANGUAGES];
/* Of each kind without a target: "starts a shell". */
extern const char *const adds_words[ADDS_KINDS];

#endif
