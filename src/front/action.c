/* A new action is a row here and a case where its pane takes keys. */
#include "config.h"

#include "front/action.h"

#include "base/mem.h"

#define C(name) ACTION_CTX_##name
#define EVERYWHERE (C(PANE) | C(INPUT) | C(HELP) | C(CONFIRM) | C(QUIT))

/* clang-format off */
const struct action action_table[] = {
	{ ACTION_CONFIRM, "confirm", "Y", C(CONFIRM), ACTION_DECIDES | ACTION_NEEDED,
	    "yes", "do what the question says (any other key: do not)" },

	{ ACTION_DETACH, "detach", "d", C(QUIT), ACTION_NEEDED,
	    "detach", "leave; the session goes on without this terminal" },
	{ ACTION_END, "end", "e", C(QUIT), 0,
	    "end", "end the session; what was not decided is kept" },
	{ ACTION_STAY, "stay", "c Esc q", C(QUIT), ACTION_NEEDED,
	    "stay", "do not leave" },

	{ ACTION_ALLOW, "command-allow", "y", C(ASK), ACTION_DECIDES,
	    "allow", "let this command run" },
	{ ACTION_FORBID, "command-refuse", "n", C(ASK), ACTION_DECIDES,
	    "refuse", "do not let this command run" },

	{ ACTION_EXTEND, "limit-extend", "e", C(PAUSE), ACTION_DECIDES,
	    "extend", "raise the limit that was reached and go on" },
	{ ACTION_EXTEND_BY, "limit-extend-by", "E", C(PAUSE), ACTION_DECIDES,
	    "by how much", "raise it by as much as you type" },
	{ ACTION_WRAP, "limit-wrap-up", "w", C(PAUSE), ACTION_DECIDES,
	    "wrap up", "one last turn to sum up, then decide on what is staged" },
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
	{ ACTION_FOLDER_YES, "folder-yes", "f", C(DIFF), ACTION_DECIDES,
	    NULL, "take what is undecided in this file's folder and below" },
	{ ACTION_FOLDER_NO, "folder-no", "F", C(DIFF), ACTION_DECIDES,
	    NULL, "refuse what is undecided in this file's folder and below" },
	{ ACTION_ALL_YES, "all-yes", "A", C(DIFF), ACTION_DECIDES,
	    "all", "take all that is undecided (always asks again)" },
	{ ACTION_HUNK_NEXT, "hunk-next", "J", C(DIFF), 0,
	    "next", "go to the next hunk" },
	{ ACTION_HUNK_PREV, "hunk-previous", "K", C(DIFF), 0,
	    NULL, "go to the previous hunk" },
	{ ACTION_UNMARK, "unmark", "u", C(DIFF), ACTION_FRESH,
	    "undo", "unmark this hunk (or go to the last one marked)" },
	{ ACTION_SEND, "send", "x", C(DIFF), ACTION_DECIDES,
	    "send", "send the marked hunks; the rest stays open" },
	{ ACTION_REJECT_WORD, "reject-word", "r", C(DIFF), ACTION_DECIDES,
	    "why", "reject this hunk with a reason for the model" },

	{ ACTION_SPLIT, "hunk-split", "s", C(DIFF), 0,
	    "split", "part this hunk where unchanged lines lie in it" },
	{ ACTION_LINES, "hunk-lines", "v", C(DIFF), 0,
	    "lines", "take single lines of this hunk" },
	{ ACTION_HUNK_EDIT, "hunk-edit", "e", C(DIFF), ACTION_DECIDES,
	    "edit", "edit this hunk in $EDITOR and take it so" },
	{ ACTION_EVIDENCE, "evidence", "t", C(DIFF), 0,
	    "test", "run the success check on your tree with what is taken so "
	    "far" },

	{ ACTION_PRODUCTS, "products", "h", C(DIFF), 0,
	    NULL, "list the build products that are not proposed, or fold "
	    "them" },
	{ ACTION_INCLUDE, "include", "p", C(DIFF), 0,
	    NULL, "propose the build product under the cursor" },
	{ ACTION_NEVER, "never", "H", C(DIFF), 0,
	    NULL, "name a pattern that this session does not propose any "
	    "more (asks again)" },

	{ ACTION_UNSEEN_NEXT, "unseen-next", "U", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "go to what has not been on the screen yet" },
	{ ACTION_UNDECIDED_NEXT, "undecided-next", "m", C(DIFF), ACTION_LOOKS,
	    NULL, "go to the next hunk without a mark" },
	{ ACTION_FILE_NEXT, "file-next", "]", C(DIFF), ACTION_LOOKS,
	    NULL, "go to the next file, or to the one named in the list" },
	{ ACTION_FILE_PREV, "file-previous", "[", C(DIFF), ACTION_LOOKS,
	    NULL, "go to the file before" },
	{ ACTION_CONTEXT_MORE, "context-more", "+ =", C(DIFF), ACTION_LOOKS,
	    NULL, "show more unchanged lines around this hunk, up to the whole file" },
	{ ACTION_CONTEXT_LESS, "context-less", "-", C(DIFF), ACTION_LOOKS,
	    NULL, "show fewer of them" },
	{ ACTION_CONTEXT_ALL, "context-all", "*", C(DIFF), ACTION_LOOKS,
	    NULL, "show the whole file around its hunks, or the hunks alone" },
	{ ACTION_LINE_COMMENT, "line-comment", "c", C(DIFF), ACTION_LOOKS,
	    "comment", "say something about this line (or hunk) to the model; "
	    "it goes with your decision" },
	{ ACTION_LOOK_FILE, "look-file", "o", C(DIFF),
	    ACTION_LOOKS | ACTION_FRESH, NULL, "open a copy of the "
	    "proposed file in $EDITOR, at this line" },
	{ ACTION_DIFF_WORDS, "diff-words", "w", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "mark the words that differ, or do not" },
	{ ACTION_DIFF_BLANKS, "diff-blanks", "W", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "show all blanks and tabs, or do not" },
	{ ACTION_DIFF_NUMBERS, "diff-numbers", "#", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "number the lines, as in the file that is "
	    "proposed, or do not" },
	{ ACTION_DIFF_WRAP, "diff-wrap", "S", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "cut long lines, or wrap them again" },
	{ ACTION_DIFF_LEFT, "diff-left", "< Left", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "cut lines: to the left" },
	{ ACTION_DIFF_RIGHT, "diff-right", "> Right", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "cut lines: to the right" },
	{ ACTION_DIFF_COLUMNS, "diff-columns", "|", C(DIFF) | C(LINES),
	    ACTION_LOOKS, NULL, "old and new side by side, or one below the "
	    "other" },

	{ ACTION_LINE_PICK, "line-pick", "Space", C(LINES), 0,
	    "pick", "pick this + or - line, or drop it again" },
	{ ACTION_LINES_TAKE, "lines-take", "y", C(LINES), ACTION_DECIDES,
	    "take", "take the picked lines and refuse the others" },
	{ ACTION_LINES_LEAVE, "lines-leave", "v Esc", C(LINES), 0,
	    "leave", "pick no lines" },

	{ ACTION_CHANGE_SWITCH, "change-switch", "Enter", C(CHANGES),
	    ACTION_FRESH, "undo or redo", "propose to undo this change, or to "
	    "redo it where it is undone" },
	{ ACTION_CHANGE_UNDO, "change-undo", "u", C(CHANGES), ACTION_DECIDES,
	    NULL, "propose to undo this change, or what is left of it" },
	{ ACTION_CHANGE_REDO, "change-redo", "r", C(CHANGES), ACTION_DECIDES,
	    NULL, "propose again what was undone of this change" },
	{ ACTION_CHANGES_LEAVE, "changes-leave", "Esc C", C(CHANGES), 0,
	    "back", "back to where the list was opened" },

	{ ACTION_CHANGES, "changes", "C", C(PANE), 0,
	    "changes", "list what was applied, to undo or redo it" },
	{ ACTION_UNDO_LAST, "undo-last", "Z", C(PANE), ACTION_DECIDES,
	    NULL, "propose to undo what was applied last (asks first)" },
	{ ACTION_REDO_LAST, "redo-last", "R", C(PANE), ACTION_DECIDES,
	    NULL, "propose to redo what was undone last (asks first)" },

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
	{ ACTION_PANE_NEXT, "pane-next", "Tab", C(PANE), ACTION_NEEDED,
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
	{ ACTION_SEARCH, "search", "/", C(PANE) | C(HELP), 0,
	    NULL, "search; small letters find capitals too" },
	{ ACTION_SEARCH_NEXT, "search-next", "N C-n n", C(PANE) | C(HELP),
	    0, NULL, "to the next place of what was searched for (n: where it "
	    "does not refuse)" },
	{ ACTION_SEARCH_PREV, "search-previous", "C-p", C(PANE) | C(HELP), 0,
	    NULL, "to the place before" },
	{ ACTION_SEARCH_END, "search-end", "Esc", C(PANE), 0,
	    NULL, "mark no places any more" },
	{ ACTION_ITEM_NEXT, "item-next", "J", C(PANE), 0,
	    NULL, "transcript: to the next entry" },
	{ ACTION_ITEM_PREV, "item-previous", "K", C(PANE), 0,
	    NULL, "transcript: to the entry before" },
	{ ACTION_ITEM_OPEN, "item-open", "+", C(PANE), 0,
	    NULL, "transcript: show all of this entry (arguments, output), or "
	    "fold it" },
	{ ACTION_ITEM_OPEN_ALL, "item-open-all", "*", C(PANE), 0,
	    NULL, "transcript: show all of every entry, or fold them" },
	{ ACTION_SAID_NEXT, "said-next", "]", C(PANE), 0,
	    NULL, "transcript: to the next message of yours" },
	{ ACTION_SAID_PREV, "said-previous", "[", C(PANE), 0,
	    NULL, "transcript: to your message before" },
	{ ACTION_LOOK_PAGER, "look-pager", "P", C(PANE),
	    ACTION_LOOKS | ACTION_FRESH, NULL, "show all of this pane in "
	    "$PAGER (transcript: all of a chosen entry)" },
	{ ACTION_LOOK_COPY, "look-copy", "Y", C(PANE),
	    ACTION_LOOKS | ACTION_FRESH, NULL, "copy this line (or hunk on "
	    "its head, output, chosen entry) to the terminal's clipboard" },
	{ ACTION_ZOOM, "zoom", "z", C(PANE), 0,
	    NULL, "zoom this pane" },
	{ ACTION_LAYOUT, "layout", "\\", C(PANE), 0,
	    NULL, "two panes side by side on a wide screen, or one pane" },
	{ ACTION_LARGER, "pane-larger", ")", C(PANE), 0,
	    NULL, "more room for this pane" },
	{ ACTION_SMALLER, "pane-smaller", "(", C(PANE), 0,
	    NULL, "less room for it" },
	{ ACTION_STRIP, "plan-strip", "_", C(PANE), 0,
	    NULL, "hide the plan's strip at the top, or show it" },
	{ ACTION_PROPOSE, "propose", "o", C(PANE), 0,
	    NULL, "open what is staged now as a proposal, without waiting for "
	    "the end of the work" },
	{ ACTION_RETRY, "retry", ".", C(PANE), 0,
	    NULL, "ask the model again, now or after it failed" },
	{ ACTION_TYPE, "type", "i Enter", C(PANE), ACTION_NEEDED,
	    "type", "write to the model" },
	{ ACTION_RUN, "run", "!", C(PANE), 0,
	    NULL, "write a command that is run on the staged files" },
	{ ACTION_HELP, "help", "?", C(PANE), ACTION_NEEDED,
	    "help", "show all keys" },
	{ ACTION_HELP_LEAVE, "help-leave", "q Esc ?", C(HELP), 0,
	    "back", "back to the panes, as any key does that does nothing here" },
	{ ACTION_QUIT, "quit", "q", C(PANE), ACTION_NEEDED,
	    "quit", "leave: detach or end" },
	{ ACTION_INTERRUPT, "interrupt", "C-c", EVERYWHERE, ACTION_NEEDED,
	    NULL, "interrupt what the agent does now" },
	{ ACTION_SUSPEND, "suspend", "C-z", EVERYWHERE, 0,
	    NULL, "back to the shell for a while; the session goes on" },
	{ ACTION_REDRAW, "redraw", "C-l", EVERYWHERE, 0,
	    NULL, "draw the whole screen again" },

	{ ACTION_INPUT_SEND, "input-send", "Enter", C(INPUT), ACTION_NEEDED,
	    "send", "send the text" },
	{ ACTION_INPUT_NEWLINE, "input-newline", "M-Enter C-j S-Enter",
	    C(INPUT), 0, "new line", "break the line" },
	{ ACTION_INPUT_LEAVE, "input-leave", "Esc", C(INPUT), ACTION_NEEDED,
	    "leave", "leave the text as it is and go to the panes" },
	{ ACTION_INPUT_LEFT, "input-left", "Left C-b", C(INPUT), 0,
	    NULL, "one character left" },
	{ ACTION_INPUT_RIGHT, "input-right", "Right C-f", C(INPUT), 0,
	    NULL, "one character right" },
	{ ACTION_INPUT_UP, "input-up", "Up C-p", C(INPUT), 0,
	    NULL, "one line up; from the first: what was said before" },
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
	    NULL, "delete back to a space" },
	{ ACTION_INPUT_KILL_WORD_BACK, "input-kill-word-back", "M-Backspace",
	    C(INPUT), 0, NULL, "delete the previous word" },
	{ ACTION_INPUT_KILL_WORD_NEXT, "input-kill-word-next", "M-d C-Delete",
	    C(INPUT), 0, NULL, "delete the next word" },
	{ ACTION_INPUT_WORD_LEFT, "input-word-left", "M-b C-Left M-Left",
	    C(INPUT), 0, NULL, "one word left" },
	{ ACTION_INPUT_WORD_RIGHT, "input-word-right", "M-f C-Right M-Right",
	    C(INPUT), 0, NULL, "one word right" },
	{ ACTION_INPUT_FIRST, "input-first", "M-< C-Home", C(INPUT), 0,
	    NULL, "to the start of the text" },
	{ ACTION_INPUT_LAST, "input-last", "M-> C-End", C(INPUT), 0,
	    NULL, "to the end of the text" },
	{ ACTION_INPUT_YANK, "input-yank", "C-y", C(INPUT), 0,
	    NULL, "put in what was deleted last by C-k, C-u, C-w or a word's "
	    "key" },
	{ ACTION_INPUT_YANK_NEXT, "input-yank-next", "M-y", C(INPUT), 0,
	    NULL, "right after it: what was deleted before that, instead" },
	{ ACTION_INPUT_TRANSPOSE, "input-transpose", "C-t", C(INPUT), 0,
	    NULL, "swap the two characters around the cursor" },
	{ ACTION_INPUT_TRANSPOSE_WORDS, "input-transpose-words", "M-t",
	    C(INPUT), 0, NULL, "swap the two words around the cursor" },
	{ ACTION_INPUT_UPPER, "input-upper", "M-u", C(INPUT), 0,
	    NULL, "next word to upper case" },
	{ ACTION_INPUT_LOWER, "input-lower", "M-l", C(INPUT), 0,
	    NULL, "next word to lower case" },
	{ ACTION_INPUT_CAPITAL, "input-capital", "M-c", C(INPUT), 0,
	    NULL, "capitalize the next word" },
	{ ACTION_INPUT_QUOTE, "input-quote", "C-v C-q", C(INPUT), 0,
	    NULL, "the next key is written as it is: a tab, a control key" },
	{ ACTION_INPUT_UNDO, "input-undo", "C-_", C(INPUT), 0,
	    NULL, "undo the last change of the text" },
	{ ACTION_INPUT_COMPLETE, "input-complete", "Tab", C(INPUT), 0,
	    NULL, "complete a /command or an @path; where there is none: "
	    "leave the text" },
	{ ACTION_INPUT_HISTORY, "input-history", "C-r", C(INPUT), 0,
	    NULL, "search what was said before; again: further back" },
	{ ACTION_INPUT_HISTORY_NEXT, "input-history-next", "C-s", C(INPUT), 0,
	    NULL, "the same; again: the other way" },
	{ ACTION_INPUT_LAST_WORD, "input-last-word", "M-.", C(INPUT), 0,
	    NULL, "the last word of what was said before; again: of what was "
	    "said before that" },
	{ ACTION_INPUT_EDITOR, "input-editor", "C-g", C(INPUT), 0,
	    NULL, "edit the text in $EDITOR; at a large paste: the paste" },
	{ ACTION_INPUT_SEND_NOW, "input-send-now", "C-o", C(INPUT), 0,
	    NULL, "interrupt the agent and send the text" },
};
/* clang-format on */
const size_t action_table_len = MEM_COUNT(action_table);

static const struct {
	unsigned	 context;
	const char	*name;
} action_contexts[] = {
	{ C(CONFIRM), "confirm" }, { C(QUIT), "quit" }, { C(HELP), "help" },
	{ C(INPUT), "input" }, { C(ASK), "command" }, { C(PAUSE), "limit" },
	{ C(PLAN), "plan" }, { C(LINES), "lines" }, { C(DIFF), "diff" },
	{ C(CHANGES), "changes" }, { C(PANE), "pane" },
};

void
action_places(const struct action *a, struct buf *b)
{
	bool first = true;
	size_t i;

	for (i = 0; i < MEM_COUNT(action_contexts); i++) {
		if ((a->contexts & action_contexts[i].context) == 0)
			continue;
		buf_addf(b, "%s%s", first ? "" : " ", action_contexts[i].name);
		first = false;
	}
}
