/*
 * Slash commands of a client: those of the screen that are a line for the core.
 * None decides about a change. A command's turn ends once the core has taken it,
 * and has neither a task nor a change to ask about.
 */
#include "config.h"

#include "cmd/acp-int.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

void
acp_command_offer(struct acp_session *s)
{
	cJSON *o = acp_update("available_commands_update"), *input, *it;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];

		if ((c->where & SLASH_COMMAND_EDITOR) == 0)
			continue;
		it = cJSON_CreateObject();
		json_add_str(it, "name", c->name);
		json_add_str(it, "description", c->help);
		if (c->args != NULL) {
			input = cJSON_AddObjectToObject(it, "input");
			json_add_str(input, "hint", c->args);
		}
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "availableCommands", list);
	acp_update_take(s, o);
}

/* A command that wasn't sent. */
static void
acp_command_refuse(struct acp_session *s, const char *why)
{
	acp_update_say(s, "%s", why);
	acp_session_stop(s, "end_turn");
}

enum acp_typed
acp_command_run(struct acp_session *s, const char *text, const char **say)
{
	const struct slash_command *c = NULL;
	struct err e = ERR_INIT;
	const char *rest = "";
	cJSON *line = NULL;

	*say = text;
	if (text[0] != '/')
		return ACP_MESSAGE;
	switch (slash_command_parse(text, SLASH_COMMAND_EDITOR, &c, &rest,
	    say)) {
	case SLASH_COMMAND_SAY:
		return ACP_MESSAGE;
	case SLASH_COMMAND_FOUND:
		if (c->member != NULL && strcmp(c->type, "set") == 0 &&
		    rest[0] == '\0')
			err_set(&e, "/%s needs a word: %s", c->name, c->help);
		else
			line = slash_command_line(c, rest, s->fold, &e);
		break;
	default: {
		AUTO_FREE char *why = slash_command_unknown(text,
		    SLASH_COMMAND_EDITOR);

		err_set(&e, "%s", why);
	}
	}
	if (line == NULL) {
		acp_command_refuse(s, e.text);
		return ACP_DONE;
	}
	s->command = true;
	s->taken = s->works = false;
	acp_session_send_take(s, line);
	/* Answered after what the command did at once. */
	acp_session_send_take(s, command_of("changes"));
	return ACP_DONE;
}

void
acp_command_line(struct acp_session *s, const cJSON *line)
{
	if (!s->command)
		return;
	if (event_type(line) == EVENT_USER_MESSAGE)
		s->works = true;
	else if (event_type(line) == EVENT_CHANGES)
		s->taken = true;
}

void
acp_command_end(struct acp_session *s)
{
	const struct fold *f = s->fold;

	if (s->command && s->taken && !s->works && s->prompt != NULL &&
	    f->state != NULL && strcmp(f->state, "idle") == 0 &&
	    (f->proposal == NULL || fold_undecided(f->proposal) == 0))
		acp_session_stop(s, "end_turn");
}
