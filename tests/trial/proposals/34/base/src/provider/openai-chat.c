/*
 * openai-chat: reads OpenAI's Chat Completions and its variants in compatible
 * servers (Ollama, llama.cpp, vLLM, OpenRouter, Mistral, DeepSeek, ...).
 *
 * Sources: the OpenAI API reference, "Chat Completions" and its streaming
 * events; the servers' own documentation for their differences.
 */
#include "config.h"

/* The block that a piece continues: same index, same type. */
static struct chat_detail *
chat_detail_for(struct chat *d, const cJSON *piece)
{
	struct chat_detail *t;
	size_t i;

	for (i = d->details_len; i-- > 0;) {
		t = &d->details[i];
		if (json_int(t->o, "index", -1) == index &&
		    strcmp(json_str_or(t->o, "type", ""), type) == 0)
			return t;
	}
	if (d->details_len == CHAT_DETAILS_MAX)
		return NULL;
	GROW(d->details, d->details_len);
	t = &d->details[d->details_len++];
	return t;
}

static void
chat_add_parts(struct chat *d, const cJSON *list)
{
	const cJSON *part, *inner;

	d->parts = true;
	cJSON_ArrayForEach(part, list) {
		const char *type = json_str_or(part, "type", "");

		if (strcmp(type, "text") == 0)
			decoder_append(&d->d, &d->text, DELTA_TEXT,
			    json_str(part, "text"));
		else if (strcmp(type, "thinking") == 0)
			cJSON_ArrayForEach(inner, json_array(part, "thinking"))
				decoder_append(&d->d, &d->thinking, DELTA_THINKING,
				    json_str(inner, "text"));
	}
}

