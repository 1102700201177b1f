/*
 * acp-names: words of the Agent Client Protocol that both of its ends here use:
 * `assent acp` serves an editor with it (cmd/acp), and a session's other agent
 * is spoken to (core/acp).
 */
#ifndef ASSENT_RPC_ACP_NAMES_H
#define ASSENT_RPC_ACP_NAMES_H

#define ACP_PROTOCOL	1

#define ACP_INITIALIZE	"initialize"
#define ACP_NEW		"session/new"
#define ACP_LOAD	"session/load"
#define ACP_RESUME	"session/resume"
#define ACP_SET_MODE	"session/set_mode"
#define ACP_SET_OPTION	"session/set_config_option"
#define ACP_PROMPT	"session/prompt"
#define ACP_CANCEL	"session/cancel"
#define ACP_UPDATE	"session/update"
#define ACP_PERMISSION	"session/request_permission"

/* Updates. */
#define ACP_TEXT	"agent_message_chunk"
#define ACP_THOUGHT	"agent_thought_chunk"
#define ACP_CALL	"tool_call"
#define ACP_CALL_MORE	"tool_call_update"
#define ACP_PLAN	"plan"
#define ACP_COMMANDS	"available_commands_update"
#define ACP_MODE	"current_mode_update"
#define ACP_OPTIONS	"config_option_update"
#define ACP_USAGE	"usage_update"

/* Why a prompt ended, and an outcome of a question. */
#define ACP_END_TURN	"end_turn"
#define ACP_MAX_TOKENS	"max_tokens"
#define ACP_REFUSAL	"refusal"
#define ACP_CANCELLED	"cancelled"

/* Kinds of options. */
#define ACP_ALLOW_ONCE	"allow_once"
#define ACP_REJECT_ONCE	"reject_once"

/* The error of an agent that nobody has signed in to. */
#define ACP_SIGN_IN	(-32000)

#endif
