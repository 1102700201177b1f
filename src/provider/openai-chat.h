/* openai-chat: shared by its halves, decoder and request. */
#ifndef ASSENT_PROVIDER_OPENAI_CHAT_H
#define ASSENT_PROVIDER_OPENAI_CHAT_H

#include "provider/provider.h"

extern const struct decoder_ops chat_ops;
void	chat_message(struct buf *, const struct message *, const char *model,
	    const struct dialect *);
unsigned chat_request(struct buf *, const struct request *);
enum effort chat_effort(const struct request *);
unsigned chat_refused(const struct provider_error *, unsigned options);
/* The member names that servers use for reasoning, NULL-terminated; the first
 * one present counts. */
extern const char *const chat_reasoning_names[];
/* Add one entry of "tool_calls"; extra ("extra_content") may be NULL. */
void	chat_add_call_json(cJSON *list, const char *id, const char *name,
	    const char *arguments, const cJSON *extra);

#endif
