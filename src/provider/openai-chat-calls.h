/*
 * openai-chat-calls: the tool calls of one answer, from their pieces. The
 * caller owns the storage, zeroed at first: add, end once, release.
 */
#ifndef ASSENT_PROVIDER_OPENAI_CHAT_CALLS_H
#define ASSENT_PROVIDER_OPENAI_CHAT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct decoder;
struct reply;

struct chat_call {
	char		*id;		/* NULL: none yet */
	char		*name;
	bool		 has_index;
	int64_t		 index;
	struct buf	 args;
	unsigned	 looks;		/* are the args complete? */
	cJSON		*extra;		/* "extra_content", to send back */
};

struct chat_calls {
	struct chat_call	*list;
	size_t			 len;
};

/* One entry of a delta's "tool_calls" with its "function"; displayed through
 * the decoder, whose error is set if there are too many. */
void	chat_calls_add(struct chat_calls *, struct decoder *,
	    const cJSON *entry, const cJSON *function);
/* Add them to the reply; its stop, already set, says which are complete. */
void	chat_calls_end(struct chat_calls *, struct reply *);
void	chat_calls_release(struct chat_calls *);

#endif
