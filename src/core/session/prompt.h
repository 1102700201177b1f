/*
 * prompt: the texts that a request begins with: those under share/prompts, or
 * the user's own of the same name, and a few lines for each family of models.  They are read once, when a core begins, so
 * that no file that changes meanwhile changes what is sent; their hashes are in
 * the journal.
 */
#ifndef ASSENT_CORE_SESSION_PROMPT_H
#define ASSENT_CORE_SESSION_PROMPT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct prompts;

/* A file in `own` (a folder; NULL: none) stands instead of ours of that
 * name, and `system` (NULL: none), a profile's, instead of any system.md.
 * NULL with the reason if one cannot be read or is no text. */
struct prompts *prompts_load(const char *own, const char *system,
	    struct err *);
void	prompts_free(struct prompts *);
/* {"prompts/system.md": SHA-256, ...}; the caller deletes. */
cJSON	*prompts_hashes(const struct prompts *);
/* "system.md, compact.md": those that are not ours; malloc'ed, NULL: none. */
char	*prompts_own(const struct prompts *);

struct prompt_facts {
	const char	*family;	/* of the model, as its row of the
					   table names it; or NULL */
	bool		 plan_first;
	bool		 look;		/* nothing is to be changed */
	const cJSON	*profile;	/* of the start object, or NULL */
	const char	*user_text;	/* setting `text` of the user, or NULL */
	const char	*project_text;	/* the same of the project, or NULL */
	const cJSON	*project;	/* a `project` line (core/project/project-context.h), or
					   NULL */
};

/* The system prompt; malloc'ed. */
char	*prompt_system(const struct prompts *, const struct prompt_facts *);
/* The project's files of words, each in its mark: [{"path", "text"}]. */
void	prompt_files(struct buf *, const cJSON *files);
/* Text of others, valid UTF-8, as <what more id="...">, with a newline behind it if
 * that is said, and the same at its end: the id is of its own hash, which it
 * cannot know, so that it ends where it ends. */
void	prompt_mark(struct buf *, const char *what, const char *more,
	    const char *text, size_t n, bool newline);
/* What a compaction is asked with; borrowed. */
const char *prompt_compact(const struct prompts *);
/* What the reviewer is asked with; borrowed. */
const char *prompt_review(const struct prompts *);

#endif
