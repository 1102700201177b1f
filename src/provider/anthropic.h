/* anthropic: shared by its two halves, decoder and request. */
#ifndef ASSENT_PROVIDER_ANTHROPIC_H
#define ASSENT_PROVIDER_ANTHROPIC_H

#include "provider/provider.h"

void	anthropic_message(struct buf *, const struct message *,
	    const char *model, const struct dialect *);
unsigned anthropic_request(struct buf *, const struct request *);
void	anthropic_headers(struct buf *, const char *key, unsigned options);
unsigned anthropic_refused(const struct provider_error *, unsigned options);
/* Is there more than white space? The API rejects a text block without. */
bool	anthropic_has_text(const char *);
/* Make `o` a tool_use block; arguments that aren't an object become {}. */
void	anthropic_fill_tool_use(cJSON *o, const char *id, const char *name,
	    const char *arguments);

#endif
