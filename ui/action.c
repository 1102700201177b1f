/* The bindings are looked up by context, the most particular first. */
#include "config.h"

#include "ui/action.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ui/keys.h"

#define C(name) ACTION_CTX_##name
#define EVERYWHERE (C(PANE) | C(INPUT) | C(HELP) | C(CONFIRM) | C(QUIT))

/* clang-format off */
const struct action action_table[] = {
	{ ACTION_CONFIRM, "confirm", "Y", C(CONFIRM), ACTION_DECIDES,
	    "yes", "do what the question says (any other key: do not)" },

	{ ACTION_DETACH, "detach", "d", C(QUIT), 0,
	    "detach", "leave; the session goes on without this terminal" },
	{ ACTION_END, "end", "e", C(QUIT), 0,
	    "end", "end the session; what was not decided is kept" },
	{ ACTION_STAY, "stay", "c Esc q", C(QUIT), 0,
	    "stay", "do not leave" },

	{ ACTION_ALLOW, "command-allow", "y", C(ASK), ACTION_DECIDES,
	    "allow", "let this command run" },
	{ ACTION_FORBID, "command-refuse", "n", C(ASK), ACTION_DECIDES,
	    "refuse", "do not let this command run" },

	{ ACTION_EXTEND, "limit-extend", "e", C(PAUSE), ACTION_DECIDES,
	    "extend", "raise the limit that was reached and go on" },
	{ ACTION_WRAP, "limit-wrap-up", "w", C(PAUSE), ACTION_DECIDES,
	    "wrap up", "let the model sum up and end" },
	{ ACTION_STOP, "limit-stop", "s", C(PAUSE), ACTION_DECIDES,
	    "stop", "end the task here" },

	{ ACTION_PLAN_APPROVE, "plan-approve", "y", C(PLAN), ACTION_DECIDES,
	    "approve", "approve this plan" },
	{ ACTION_PLAN_EDIT, "plan-edit", "e", C(PLAN), ACTION_DECIDES,
	    "edit", "edit the plan in $EDITOR and hand it in" },
	{ ACTION_PLAN_RETURN, "plan-return", "r", C(PLAN), 0,
	    "send back", "send the plan back with a word" },

	{ ACTION_YES, "hunk-yes", "y", C(DIFF), ACTION_DECIDES,
	    "yes", "take this hunk" },
	{ ACTION_NO, "hunk-no", "n", C(DIFF), ACTION_DECIDES,
	    "no", "refuse this hunk" },
	{ ACTION_REST_YES, "rest-yes", "a", C(DIFF), ACTION_DECIDES,
	    "rest yes", "take this hunk and what is undecided below it in "
	    "the file" },
	{ ACTION_REST_NO, "rest-no", "d", C(DIFF), ACTION_DECIDES,
	    "rest no", "refuse this hunk and what is undecided below it in "
	    "the file" },
	{ ACTION_ALL_YES, "all-yes", "A", C(DIFF), ACTION_DECIDES,
	    "all", "take all that is undecided (always asks again)" },
	{ ACTION_HUNK_NEXT, "hunk-next", "J", C(DIFF), 0,
	    "next", "go to the next hunk" },
	{ ACTION_HUNK_PREV, "hunk-previous", "K", C(DIFF), 0,
	    NULL, "go to the hunk before" },
	{ ACTION_TAKE_BACK, "take-back", "u", C(DIFF), 0,
	    "undo", "take the mark of this hunk back" },
	{ ACTION_SEND, "send", "x", C(DIFF), ACTION_DECIDES,
	    "send", "send what is marked; the rest stays undecided" },
	{ ACTION_REFUSE_WORD, "refuse-word", "r", C(DIFF), ACTION_DECIDES,
	    "why", "refuse this hunk with a word to the model" },

	{ ACTION_LINE_DOWN, "line-down", "j Down", C(PANE) | C(HELP), 0,
	    NULL, "one line down" },
	{ ACTION_LINE_UP, "line-up", "k Up", C(PANE) | C(HELP), 0,
	    NULL, "one line up" },
	{ ACTION_PAGE_DOWN, "page-down", "Space PageDown C-f",
	    C(PANE) | C(HELP), 0, "page", "one page down" },
	{ ACTION_PAGE_UP, "page-up", "b PageUp C-b", C(PANE) | C(HELP), 0,
	    NULL, "one page up" },
	{ ACTION_TOP, "top", "g Home", C(PANE) | C(HELP), 0,
	    NULL, "to the top" },
	{ ACTION_BOTTOM, "bottom", "G End", C(PANE) | C(HELP), 0,
	    NULL, "to the bottom, and follow" },
	{ ACTION_PANE_NEXT, "pane-next", "Tab", C(PANE), 0,
	    "pane", "to what waits for you, else to the next pane" },
	{ ACTION_PANE_PREV, "pane-previous", "S-Tab", C(PANE), 0,
	    NULL, "to the pane before" },
	{ ACTION_PANE_PLAN, "pane-plan", "1", C(PANE), 0,
	    NULL, "show the plan" },
	{ ACTION_PANE_TRANSCRIPT, "pane-transcript", "2", C(PANE), 0,
	    NULL, "show the transcript" },
	{ ACTION_PANE_OUTPUT, "pane-output", "3", C(PANE), 0,
	    NULL, "show the output of the command" },
	{ ACTION_PANE_DIFF, "pane-diff", "4", C(PANE), 0,
	    NULL, "show the changes" },
	{ ACTION_ZOOM, "zoom", "z", C(PANE), 0,
	    NULL, "give the pane all the room, or share it again" },
	{ ACTION_TYPE, "type", "i Enter", C(PANE), 0,
	    "type", "write to the model" },
	{ ACTION_HELP, "help", "?", C(PANE), 0,
	    "help", "show all keys" },
	{ ACTION_QUIT, "quit", "q", C(PANE) | C(HELP), 0,
	    "quit", "leave: detach or end" },
	{ ACTION_INTERRUPT, "interrupt", "C-c", EVERYWHERE, 0,
	    NULL, "interrupt what the agent does now" },
	{ ACTION_SUSPEND, "suspend", "C-z", EVERYWHERE, 0,
	    NULL, "back to the shell for a while; the session goes on" },
	{ ACTION_REDRAW, "redraw", "C-l", EVERYWHERE, 0,
	    NULL, "draw the whole screen again" },

	{ ACTION_INPUT_SEND, "input-send", "Enter", C(INPUT), 0,
	    "send", "send the text" },
	{ ACTION_INPUT_NEWLINE, "input-newline", "M-Enter C-j S-Enter",
	    C(INPUT), 0, "new line", "break the line" },
	{ ACTION_INPUT_LEAVE, "input-leave", "Esc Tab", C(INPUT), 0,
	    "leave", "leave the text as it is and go to the panes" },
	{ ACTION_INPUT_LEFT, "input-left", "Left C-b", C(INPUT), 0,
	    NULL, "one character left" },
	{ ACTION_INPUT_RIGHT, "input-right", "Right C-f", C(INPUT), 0,
	    NULL, "one character right" },
	{ ACTION_INPUT_UP, "input-up", "Up C-p", C(INPUT), 0,
	    NULL, "one line up" },
	{ ACTION_INPUT_DOWN, "input-down", "Down C-n", C(INPUT), 0,
	    NULL, "one line down" },
	{ ACTION_INPUT_HOME, "input-home", "C-a Home", C(INPUT), 0,
	    NULL, "to the start of the line" },
	{ ACTION_INPUT_END, "input-end", "C-e End", C(INPUT), 0,
	    NULL, "to the end of the line" },
	{ ACTION_INPUT_BACKSPACE, "input-backspace", "Backspace", C(INPUT), 0,
	    NULL, "delete the character before" },
	{ ACTION_INPUT_DELETE, "input-delete", "Delete C-d", C(INPUT), 0,
	    NULL, "delete the character under the cursor" },
	{ ACTION_INPUT_KILL_END, "input-kill-end", "C-k", C(INPUT), 0,
	    NULL, "delete to the end of the line" },
	{ ACTION_INPUT_KILL_START, "input-kill-start", "C-u", C(INPUT), 0,
	    NULL, "delete to the start of the line" },
	{ ACTION_INPUT_KILL_WORD, "input-kill-word", "C-w", C(INPUT), 0,
	    NULL, "delete the word before" },
};
/* clang-format on */
const size_t action_table_len = MEM_COUNT(action_table);

static const struct {
	unsigned	 context;
	const char	*name;
} action_contexts[] = {
	{ C(CONFIRM), "confirm" }, { C(QUIT), "quit" }, { C(HELP), "help" },
	{ C(INPUT), "input" }, { C(ASK), "command" }, { C(PAUSE), "limit" },
	{ C(PLAN), "plan" }, { C(DIFF), "diff" }, { C(PANE), "pane" },
};

static bool
action_has_key(const struct action *a, uint32_t key)
{
	const char *p = a->keys;
	size_t n;

	while (*p != '\0') {
		n = strcspn(p, " ");
		if (keys_parse(p, n) == key)
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}

const struct action *
action_find(unsigned contexts, uint32_t key)
{
	unsigned bit;
	size_t i;

	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		if ((contexts & bit) == 0)
			continue;
		for (i = 0; i < action_table_len; i++)
			if ((action_table[i].contexts & bit) != 0 &&
			    action_has_key(&action_table[i], key))
				return &action_table[i];
	}
	return NULL;
}

void
action_key(const struct action *a, char *out, size_t size)
{
	snprintf(out, size, "%.*s", (int)strcspn(a->keys, " "), a->keys);
}

void
action_list(struct buf *b)
{
	size_t i, j;
	bool first;

	for (i = 0; i < action_table_len; i++) {
		buf_addf(b, "%s\t%s\t", action_table[i].name,
		    action_table[i].keys);
		first = true;
		for (j = 0; j < MEM_COUNT(action_contexts); j++) {
			if ((action_table[i].contexts &
			    action_contexts[j].context) == 0)
				continue;
			buf_addf(b, "%s%s", first ? "" : " ",
			    action_contexts[j].name);
			first = false;
		}
		buf_addf(b, "\t%s\n", action_table[i].help);
	}
}
