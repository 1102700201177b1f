/*
 * text-tools: tool calls for a model or server without tool support. The prompt
 * describes the tools, a call is a block in the answer, and results go back as
 * a user message, each line after a bar. The journal has the same lines as with
 * native calls.
 *
 * 	```call WORD read
 * 	{"path": "src/a.c"}
 * 	```
 *
 * A block counts if its first line starts at the margin and has the session's
 * WORD and a name and nothing else, if it isn't inside another code block,
 * quotation or thought or after one that contains a call, and if its last line
 * is just three backticks. WORD is random for each session and only the model
 * gets it: no existing file can contain it, so repeating a file's text is never
 * a call. Only the first group of calls counts: any text after it would be
 * about results that the model can't have seen.
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
/* The tools and how to call them, for the end of the system prompt. */
void	text_tools_prompt(struct buf *, const char *word,
	    const struct tool_schema *, size_t n);
/* The message's text, including its calls or results; malloc'ed. */
char	*text_tools_message(const struct message *, const char *word);
/*
 * Move the calls from the answer's text to reply->calls; the complete text
 * stays in reply->raw, as a string. *wrong gets the first error to report to
 * the model (malloc'ed), else NULL: a call that can't be parsed, or an apparent
 * attempt at one. True if all calls are valid; false: *wrong says why, and
 * there may still be calls, each with its error.
 */
bool	text_tools_reply(struct reply *, const char *word, char **wrong);

#endif
