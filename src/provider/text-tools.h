/*
 * text-tools: tool calls for a model or a server that has none.  The tools stand
 * in the prompt as text, a call is a block in the answer, and results go back as
 * the user's words, each line behind a bar.  What is journaled is the same as
 * with a server that has calls.
 *
 *	```call WORD read
 *	{"path": "src/a.c"}
 *	```
 *
 * A block counts if its first line begins at the margin, has the session's WORD
 * and a name and nothing else, and stands in no other code block, quotation or
 * thought, nor behind one that does; its last line is three backticks alone.  WORD is made by chance for
 * each session and told to the model alone: no file that was written before can
 * have it, so that what a model repeats of a file is never a call.  Only the
 * first group of calls counts: words behind it would be about results that the
 * model cannot have seen.
 */
#ifndef ASSENT_PROVIDER_TEXT_TOOLS_H
#define ASSENT_PROVIDER_TEXT_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "provider/provider.h"

#define TEXT_TOOLS_WORD 9	/* eight letters and a NUL */

/* A new one. */
void	text_tools_word(char word[TEXT_TOOLS_WORD]);
/* The tools and how they are called, for the end of the system prompt. */
void	text_tools_prompt(struct buf *, const char *word,
	    const struct tool_schema *, size_t n);
/* The text of this message with its calls or results in it; malloc'ed. */
char	*text_tools_message(const struct message *, const char *word);
/*
 * Move the calls of the answer's text into reply->calls; what the model wrote
 * stays whole in reply->raw, as a string.  The first fault that the model should
 * hear of in *wrong (malloc'ed), else NULL: a call that cannot be read, or
 * something that was meant to be one.  True if the calls are as they should be;
 * false: *wrong says why not, and there may be calls all the same, each with its
 * error.
 */
bool	text_tools_reply(struct reply *, const char *word, char **wrong);

#endif
