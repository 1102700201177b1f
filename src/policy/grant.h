/*
 * grant: what is auto-approved: each setting that accepts a change, plan or
 * file without review, with its scope and duration as text. One table and one
 * function serve journal, screen, log and the end of a run. A pure function of
 * the start object: it describes grants and makes none.
 */
#ifndef ASSENT_POLICY_GRANT_H
#define ASSENT_POLICY_GRANT_H

#include <stddef.h>

#include <cjson/cJSON.h>

/* The settings that can be grants, so that others can record their origin. */
const char *grant_setting(size_t i);	/* NULL at the end */

/*
 * An array of objects as in assent-journal(5): `grant`, `value`, `scope`,
 * `lasts`, `from`, and all of it as `text`. `origins` in the start object says
 * where a setting comes from ("--approve", "ASSENT_APPROVE", a file's path).
 */
cJSON	*grant_list(const cJSON *start);

#endif
