/* format: the rows of provider_formats[], one a file. */
#ifndef ASSENT_PROVIDER_FORMAT_H
#define ASSENT_PROVIDER_FORMAT_H

#include "provider/provider.h"

extern const struct provider_format anthropic_format;
extern const struct provider_format gemini_format;
extern const struct provider_format openai_chat_format;
extern const struct provider_format openai_responses_format;
extern const struct provider_format replay_format;

#endif
