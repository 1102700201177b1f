/* openai-responses: shared by its halves, decoder and request. */
#ifndef ASSENT_PROVIDER_OPENAI_RESPONSES_H
#define ASSENT_PROVIDER_OPENAI_RESPONSES_H

#include "provider/provider.h"

void	responses_message(struct buf *, const struct message *,
	    const char *model, const struct dialect *);
unsigned responses_request(struct buf *, const struct request *);
unsigned responses_refused(const struct provider_error *, unsigned options);
/* New items of an input; arguments that aren't an object become {}. */
cJSON	*responses_text_item(const char *text);
cJSON	*responses_call_item(const char *id, const char *name,
	    const char *arguments, bool custom);

#endif
