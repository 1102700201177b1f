/* format: the rows of provider_formats[], one a file. */
#ifndef ASSENT_PROVIDER_FORMAT_H
#define ASSENT_PROVIDER_FORMAT_H

#include "provider/provider.h"

extern const struct provider_format anthropic_format;
extern const struct provider_format gemini_format;
extern const struct provider_format openai_chat_format;
extern const struct provider_format openai_responses_format;
extern const struct provider_format replay_format;

/* Words of an error's message, and the options (request_option) that they may
 * be about. */
struct refusal {
	const char	*words;
	unsigned	 options;
};
/* Which of these options the message names, by the first row that fits; 0: none.
 * A row's words begin where a word does: "ttl" is no part of "little". */
unsigned request_refused(const struct refusal *rows, size_t n,
	    const char *message, unsigned options);

#endif
