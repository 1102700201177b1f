/* format: the rows of provider_formats[], one per file. */
#ifndef ASSENT_PROVIDER_FORMAT_H
#define ASSENT_PROVIDER_FORMAT_H

#include "provider/provider.h"

extern const struct provider_format anthropic_format;
extern const struct provider_format gemini_format;
extern const struct provider_format openai_chat_format;
extern const struct provider_format openai_responses_format;
extern const struct provider_format replay_format;

/* Words in an error message, and the options (request_option) they may refer
 * to. */
struct refusal {
	const char	*words;
	unsigned	 options;
};
/* The options that the message names, by the first matching row; 0: none. A
 * match must start at a word boundary: "ttl" is not in "little". */
unsigned provider_refused_option(const struct refusal *rows, size_t n,
	    const char *message, unsigned options);

#endif
