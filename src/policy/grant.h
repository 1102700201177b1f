/*
 * grant: what the user lets happen without a key: each setting that lets a
 * change, a plan or a file through, with its scope and how long it holds, in
 * words.  One table and one function make them for journal, screen, log and
 * the end of a run.  A pure function of the start object: it grants nothing,
 * it names what was granted.
 */
#ifndef ASSENT_POLICY_GRANT_H
#define ASSENT_POLICY_GRANT_H

#include <stddef.h>

#include <cjson/cJSON.h>

/* The settings that may be grants, for who notes where they come from. */
const char *grant_setting(size_t i);	/* NULL at the end */

/*
 * An array of objects as in assent-journal(5): `grant`, `value`, `scope`,
 * `lasts`, `from`, and all of it as `text`.  `start` is the start object; its
 * `origins` has where a setting comes from ("--approve", "ASSENT_APPROVE", a
 * file's path).
 */
cJSON	*grant_list(const cJSON *start);

#endif
