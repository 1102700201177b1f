/*
 * format-table: the wire formats: ROW(the struct in the format's file, its name
 * in journals and configurations, what follows it in a sentence).
 */
#ifndef ASSENT_PROVIDER_FORMAT_TABLE_H
#define ASSENT_PROVIDER_FORMAT_TABLE_H

#define FORMAT_TABLE(ROW) \
	ROW(openai_chat_format, "openai-chat", ", ") \
	ROW(openai_responses_format, "openai-responses", ", ") \
	ROW(anthropic_format, "anthropic", ", ") \
	ROW(gemini_format, "gemini", " or ") \
	ROW(replay_format, "replay", "")

/* "openai-chat, ... or replay" */
#define FORMAT_TEXT(format, name, then)	name then
#define FORMAT_NAMES	FORMAT_TABLE(FORMAT_TEXT)

#endif
