/*
 * prompt: the texts at the start of a request: those in share/prompts, or the
 * user's own of the same name, and a few lines for each model family. They are
 * read once, when a core starts, so that a changed file can't change later
 * requests; the journal has their hashes.
 */
#ifndef ASSENT_CORE_PROMPT_H
#define ASSENT_CORE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct ev_instruction;
struct ev_project;
struct prompts;

/* For a model's session: a file in the user's folder replaces ours of the same
 * name, and a profile's text any system.md. -1 with the reason if one can't be
 * read or isn't text. */
int	prompts_load(struct core *, struct err *);
/* {"prompts/system.md": SHA-256, ...}; the caller deletes. */
cJSON	*prompts_hashes(const struct prompts *);

struct prompt_facts {
	const char	*family;	/* model family, from the model table;
					   or NULL */
	bool		 plan_first;	/* there is a plan to make */
	bool		 look;		/* the task must not change anything */
	bool		 remembers;	/* it may write .assent/memory.md, which the
					   user has to accept */
	const cJSON	*profile;	/* of the start object, or NULL */
	const char	*user_text;	/* the user's setting `text`, or NULL */
	const char	*project_text;	/* the project's, or NULL */
	const struct ev_project *project;
};

/* The system prompt; malloc'ed. */
char	*prompt_system(const struct prompts *, const struct prompt_facts *);
/* `n` instruction files, each in its mark, such as "project-file". `readable`:
 * where a text is cut, say that the model can read the rest of the file. */
void	prompt_files(struct buf *, const char *mark, bool readable,
	    const struct ev_instruction *files, size_t n);
/* The skills that are offered, by "user" or "project", in their mark; nothing if
 * there are none. */
void	prompt_skills(struct buf *, const struct ev_project *, const char *by);
/* Wrap foreign text, valid UTF-8, as <what more id="...">, with a newline after
 * the tag if asked for, and at the end. The id comes from the text's own hash,
 * which the text can't contain, so it can't end its mark early. */
void	prompt_mark(struct buf *, const char *what, const char *more,
	    const char *text, size_t n, bool newline);
/* The prompt of the reviewer, or of a compaction; borrowed. */
const char *prompt_aside(const struct prompts *, bool review);

#endif
