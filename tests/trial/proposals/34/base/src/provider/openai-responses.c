/*
 * openai-responses: reads OpenAI's Responses API and its variants in compatible
 * servers (llama.cpp, vLLM, Ollama). An answer is a list of items: messages,
 * reasoning, calls. Each is announced, arrives in pieces, and is repeated in
 * full at its end; the last version counts.
 *
 * Sources: the OpenAI API reference, "Responses" and its streaming events;
 * recorded streams for what servers omit.
 */
#include "config.h"

/* The item to send back; NULL if it must not be. A call has its call_id. */
static cJSON *
item_json(struct item *it)
{
			    it->custom);
		o = cJSON_Duplicate(it->done, 1);
		/* As received, without what would be rejected. */
		args = reply_echo_args(item_args(it));
		if (it->custom && json_str(o, "input") == NULL)
			json_add_str(o, "input", buf_str(&it->args));
		else if (!it->custom && strcmp(json_str_or(o, "arguments",
		    ""), args) != 0)
			json_add_str(o, "arguments", args);
		if (json_str_or(o, "call_id", "")[0] == '\0')
			json_add_str(o, "call_id", it->call_id);
		if (json_str_or(o, "name", "")[0] == '\0')
			json_add_str(o, "name", reply_echo_name(it->name));
		return o;
	return NULL;
}

