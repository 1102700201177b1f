/*
 * skill: folders with a SKILL.md, as agentskills.io describes them: instructions
 * for a kind of task, of which the model first gets name and description. The
 * name is the folder's. Files of the project are anyone's text: no link is
 * followed, sizes and numbers are limited, and what is printed or sent of them is
 * one line in which nothing is invisible.
 */
#ifndef ASSENT_POLICY_SKILL_H
#define ASSENT_POLICY_SKILL_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define SKILL_FILE	"SKILL.md"
#define SKILL_OVER	"the limit of 1,500 tokens for all descriptions is used up"

#define SKILL_MANUAL	"disable-model-invocation: only you can send it"

/* The real paths of the user's folders of skills, NULL-terminated, malloc'ed
 * with the list; NULL if there are none. A link may only lead to a folder with
 * the same name, and a folder in the project (`root`, its real path), or one
 * that contains it, isn't the user's: *notes says so, in lines. */
char	**skill_folders(const cJSON *paths, const char *root,
	    struct buf *notes);
void	skill_folders_free(char **);	/* NULL is fine */
/*
 * All skills in the user's folders (real paths, NULL-terminated) and in the
 * project (its descriptor), sorted in each folder: [{"name", "by": "user" or
 * "project", "path", "bytes", "hash", "description", "left_out": the bytes of
 * the description that are cut, "tools": what allowed-tools says, "fault": what
 * is wrong with it, "why": why it isn't offered}]. Those without "why" are
 * offered, and their descriptions fit into 1,500 tokens.
 * `hash` is sha256_hex, or NULL for a program without it.
 */
typedef void skill_hash(const void *p, size_t n, char *hex);
cJSON	*skill_list(const char *const *folders, int root, skill_hash *hash);

#endif
