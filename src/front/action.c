/* A new action is an entry here and a case where its pane takes keys. The order
 * is that of hints, help and `config keys`; hints that don't fit are left out.
 * Opposites, and the answers to one question, share a row there. */
#include "config.h"

#include "front/action.h"

#include "base/mem.h"

#define C(name) ACTION_CTX_##name
#define EVERYWHERE (C(PANE) | C(INPUT) | C(HELP) | C(CONFIRM) | C(QUIT))

/* clang-format off */
const struct action action_table[] = {
	{ ACTION_CONFIRM, "confirm", "Y", C(CONFIRM), ACTION_DECIDES | ACTION_NEEDED,
	    "yes", "confirm; other keys go back" },

	{ ACTION_DETACH, "detach", "d C-d", C(QUIT), ACTION_NEEDED,
	    "detach", "detach; the session keeps running" },
	{ ACTION_END, "end", "e", C(QUIT), ACTION_DECIDES | ACTION_SAME_ROW,
	    "end", "end the session; open changes are kept for assent resume" },

	{ ACTION_ALLOW, "command-allow", "y", C(ASK), ACTION_DECIDES,
	    "allow", "run this command" },
	{ ACTION_FORBID, "command-reject", "n", C(ASK),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject", "don't run this command" },

	{ ACTION_NET_ONCE, "host-once", "y", C(NET), ACTION_DECIDES,
	    "this command", "let this command connect to the host" },
	{ ACTION_NET_SESSION, "host-session", "s", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "this session", "allow for this session" },
	{ ACTION_NET_ALWAYS, "host-always", "w", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "always", "every session's commands, saved in your settings" },
	{ ACTION_NET_REJECT, "host-reject", "n", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject", "refuse" },

	{ ACTION_EXTEND, "limit-extend", "e", C(PAUSE), ACTION_DECIDES,
	    "extend", "raise the limit and continue" },
	{ ACTION_EXTEND_BY, "limit-extend-by", "E", C(PAUSE),
	    ACTION_DECIDES | ACTION_SAME_ROW, "by how much", "raise it by an amount you type" },
	{ ACTION_WRAP, "limit-wrap-up", "w", C(PAUSE),
	    ACTION_DECIDES | ACTION_SAME_ROW, "wrap up", "give the model one last turn to summarize, then review" },
	{ ACTION_STOP, "limit-stop", "s", C(PAUSE),
	    ACTION_DECIDES | ACTION_SAME_ROW, "stop", "end the task here" },

	{ ACTION_PLAN_APPROVE, "plan-approve", "y", C(PLAN), ACTION_DECIDES,
	    "approve", "approve this plan" },
	{ ACTION_PLAN_EDIT, "plan-edit", "e", C(PLAN),
	    ACTION_FRESH | ACTION_SAME_ROW, "edit", "edit it as Markdown in $EDITOR" },
	{ ACTION_PLAN_RETURN, "plan-return", "r", C(PLAN),
	    ACTION_FRESH | ACTION_SAME_ROW, "send back", "send it back with a comment" },

	{ ACTION_ACCEPT, "hunk-accept", "y", C(DIFF), ACTION_DECIDES,
	    "accept", "accept this hunk, and write after the last open one; a long hunk first shows its rest; on a file or folder: its open hunks" },
	{ ACTION_REJECT, "hunk-reject", "n", C(DIFF), ACTION_DECIDES,
	    "reject", "reject this hunk; on a file or folder: its open hunks" },
	{ ACTION_SEND, "send", "x", C(DIFF), ACTION_DECIDES,
	    "send", "write what you accepted; open hunks stay open" },
	{ ACTION_REJECT_WORD, "reject-word", "r", C(DIFF), ACTION_DECIDES,
	    "reject + reason", "reject this hunk with a reason for the model; a rejected one: add it" },
	{ ACTION_ALL_ACCEPT, "all-accept", "A", C(DIFF), ACTION_DECIDES,
	    "accept all", "accept all open hunks and write (asks first)" },
	{ ACTION_UNDO, "undo", "u", C(DIFF) | C(CHANGES) | C(PANE), ACTION_FRESH,
	    "undo", "undo your last mark or, with no hunk open, your last write; in the list of changes, this one" },
	{ ACTION_REDO, "redo", "U", C(DIFF) | C(CHANGES) | C(PANE),
	    ACTION_FRESH | ACTION_SAME_ROW, "redo", "redo the last thing you undid" },
	{ ACTION_HUNK_EDIT, "hunk-edit", "e", C(DIFF), ACTION_DECIDES,
	    "edit", "edit this hunk in $EDITOR and accept the result; x writes it" },
	{ ACTION_NEWS, "news", "V", C(DIFF) | C(PLAN), ACTION_LOOKS,
	    "what changed", "show only what changed since you last looked; again: show all" },
	{ ACTION_LINE_PICK, "line-pick", "Space", C(LINES), 0,
	    "pick", "pick or unpick this + or - line, and go to the next" },
	{ ACTION_LINES_ACCEPT, "lines-accept", "y", C(LINES),
	    ACTION_DECIDES | ACTION_SAME_ROW, "accept picked, reject rest", "accept the picked lines, reject the others" },
	{ ACTION_LINES_LEAVE, "lines-leave", "v Esc", C(LINES),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "stop", "stop picking lines" },
	{ ACTION_LINE_COMMENT, "line-comment", "c", C(DIFF) | C(LINES),
	    ACTION_LOOKS | ACTION_FRESH, "ask or comment", "comment on this line, the picked lines or the hunk; sent when you write, or at once if it ends in ?" },
	{ ACTION_HUNK_NEXT, "hunk-next", "J", C(DIFF), ACTION_UNLISTED,
	    "next hunk", "go to the next hunk; on the list of files: to the next one" },
	{ ACTION_HUNK_PREV, "hunk-previous", "K", C(DIFF),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "previous", "to the previous one" },
	{ ACTION_ALL_REJECT, "all-reject", "D", C(DIFF), ACTION_DECIDES,
	    NULL, "reject all open hunks; x ends the review" },
	{ ACTION_REST_ACCEPT, "rest-accept", "a", C(DIFF), ACTION_DECIDES,
	    "accept rest", "accept this and the open hunks below it in the file" },
	{ ACTION_REST_REJECT, "rest-reject", "d", C(DIFF),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject rest of file", "reject this and the open hunks below it in the file" },
	{ ACTION_TREE_GO, "tree-go", ",", C(DIFF), ACTION_LOOKS,
	    "files", "go to the list of files, or back to the diff" },

	{ ACTION_SPLIT, "hunk-split", "s", C(DIFF), ACTION_FRESH,
	    "split", "split this hunk at unchanged lines" },
	{ ACTION_LINES, "hunk-lines", "v", C(DIFF), 0,
	    "lines", "pick lines: accept them, reject the rest, or ask about them" },
	{ ACTION_CHECK, "check", "t", C(DIFF), ACTION_FRESH,
	    "check", "run the success check on your files with the accepted hunks" },

	{ ACTION_PRODUCTS, "products", "h", C(DIFF), 0,
	    NULL, "show or hide the list of build products" },
	{ ACTION_INCLUDE, "include", "p", C(DIFF),
	    ACTION_FRESH | ACTION_SAME_ROW, NULL, "propose the build product under the cursor" },
	{ ACTION_NEVER, "never", "H", C(DIFF), ACTION_FRESH | ACTION_SAME_ROW,
	    NULL, "stop proposing files that match a pattern (asks first)" },

	{ ACTION_UNSEEN_NEXT, "unseen-next", "M", C(CONFIRM) | C(DIFF) | C(LINES),
	    ACTION_LOOKS | ACTION_UNLISTED, NULL, "go to the next open part you haven't seen" },
	{ ACTION_UNDECIDED_NEXT, "open-next", "m", C(DIFF),
	    ACTION_LOOKS | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "go to the next open hunk" },
	{ ACTION_FILE_NEXT, "file-next", "]", C(DIFF),
	    ACTION_LOOKS | ACTION_UNLISTED, NULL, "go to the next file; on the list of files: to that file" },
	{ ACTION_FILE_PREV, "file-previous", "[", C(DIFF),
	    ACTION_LOOKS | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "to the previous one" },
	{ ACTION_CONTEXT_MORE, "context-more", "+ =", C(DIFF),
	    ACTION_LOOKS | ACTION_UNLISTED, "more lines", "show more context around this hunk, up to the whole file" },
	{ ACTION_CONTEXT_LESS, "context-less", "-", C(DIFF),
	    ACTION_LOOKS | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "less" },
	{ ACTION_CONTEXT_ALL, "context-all", "*", C(DIFF),
	    ACTION_LOOKS | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "show the whole file, or only its hunks" },
	{ ACTION_LOOK_FILE, "look-file", "o", C(DIFF),
	    ACTION_LOOKS | ACTION_FRESH, NULL, "open your file in $EDITOR, at this line" },
	{ ACTION_DIFF_LEFT, "diff-left", "< Left", C(FILES),
	    ACTION_LOOKS | ACTION_UNLISTED, NULL, "fold this folder, or go to it" },
	{ ACTION_DIFF_RIGHT, "diff-right", "> Right", C(FILES),
	    ACTION_LOOKS | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "unfold it, or open this file" },
	{ ACTION_DIFF_COLUMNS, "diff-columns", "|", C(DIFF) | C(LINES),
	    ACTION_LOOKS, "side by side", "toggle side-by-side view" },

	{ ACTION_FILE_OPEN, "file-open", "Enter", C(FILES), ACTION_LOOKS,
	    "open", "go to this file's first hunk; on a folder or a generated file's header: fold or unfold it" },

	{ ACTION_CHANGE_OPEN, "change-open", "Enter", C(CHANGES), ACTION_LOOKS,
	    "open", "show the files and hunks of this change, or the lines of a file or hunk; again: hide them" },
	{ ACTION_CHANGES_COMMIT, "changes-commit", "c", C(CHANGES),
	    ACTION_FRESH, "commit", "commit this change to git; on a task's heading: all changes of that task; /commit commits all" },
	{ ACTION_CHANGES_LEAVE, "changes-leave", "Esc C", C(CHANGES),
	    ACTION_UNLISTED, "back", "go back" },

	{ ACTION_INTERRUPT, "interrupt", "C-c", EVERYWHERE, ACTION_NEEDED,
	    "interrupt", "clear the text you are typing; if there is none, interrupt the agent or a check" },
	{ ACTION_ITEM_OPEN, "item-open", "+ = -", C(PANE), ACTION_UNLISTED,
	    NULL, "transcript, changes: expand or fold the selected entry; without one, expand those in view, or fold all" },
	{ ACTION_ITEM_OPEN_ALL, "item-open-all", "*", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "transcript, changes: expand or fold all entries" },
	{ ACTION_LINE_DOWN, "line-down", "j Down", C(PANE) | C(HELP),
	    ACTION_UNLISTED, "to file", "one line down" },
	{ ACTION_LINE_UP, "line-up", "k Up", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "to task", "one line up" },
	{ ACTION_TYPE, "type", "i Enter", C(PANE), ACTION_NEEDED,
	    "type", "write to the model; while something waits, Enter only goes to it" },
	{ ACTION_CHANGES, "changes", "C", C(PANE), 0,
	    "changes", "list applied changes, to undo or redo them" },

	{ ACTION_PAGE_DOWN, "page-down", "Space PageDown C-f", C(PANE) | C(HELP),
	    ACTION_UNLISTED, "page", "one page down" },
	{ ACTION_PAGE_UP, "page-up", "b PageUp C-b", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "one page up" },
	{ ACTION_TOP, "top", "g Home", C(PANE) | C(HELP), ACTION_UNLISTED,
	    NULL, "to the top" },
	{ ACTION_BOTTOM, "bottom", "G End", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "to the bottom, and follow" },
	{ ACTION_PANE_NEXT, "pane-next", "Tab", C(PANE),
	    ACTION_NEEDED | ACTION_UNLISTED, "pane", "go to the pane that is waiting for you, otherwise to the next one" },
	{ ACTION_PANE_PREV, "pane-previous", "S-Tab", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "to the previous one" },
	{ ACTION_PANE_PLAN, "pane-plan", "1", C(PANE), 0,
	    NULL, "show the plan" },
	{ ACTION_PANE_TRANSCRIPT, "pane-transcript", "2", C(PANE),
	    ACTION_SAME_ROW, NULL, "the transcript" },
	{ ACTION_PANE_OUTPUT, "pane-output", "3", C(PANE), ACTION_SAME_ROW,
	    NULL, "the output of the command" },
	{ ACTION_PANE_DIFF, "pane-diff", "4", C(PANE), ACTION_SAME_ROW,
	    NULL, "the changes" },
	{ ACTION_SEARCH, "search", "/", C(PANE) | C(HELP), 0,
	    NULL, "search; lower case also matches upper case" },
	{ ACTION_SEARCH_NEXT, "search-next", "n", C(SEARCH), ACTION_UNLISTED,
	    "next match", "next match" },
	{ ACTION_SEARCH_PREV, "search-previous", "N", C(SEARCH),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "previous", "previous match" },
	{ ACTION_SEARCH_END, "search-end", "Esc", C(SEARCH),
	    ACTION_NEEDED | ACTION_SAME_ROW | ACTION_UNLISTED, "end search", "end the search; until then n doesn't reject" },
	{ ACTION_ITEM_NEXT, "item-next", "J", C(PANE), ACTION_UNLISTED,
	    "next failure", "transcript, changes: next entry; output: next failure" },
	{ ACTION_ITEM_PREV, "item-previous", "K", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "the previous one" },
	{ ACTION_SAID_NEXT, "said-next", "]", C(PANE), ACTION_UNLISTED,
	    NULL, "transcript: your next message" },
	{ ACTION_SAID_PREV, "said-previous", "[", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "the previous one" },
	{ ACTION_LOOK_PAGER, "look-pager", "P", C(PANE),
	    ACTION_LOOKS | ACTION_FRESH, NULL, "open this pane in $PAGER (transcript: the selected entry)" },
	{ ACTION_LOOK_COPY, "look-copy", "Y", C(PANE),
	    ACTION_LOOKS | ACTION_FRESH | ACTION_SAME_ROW, NULL, "copy this line, hunk, output or entry to the clipboard" },
	{ ACTION_ZOOM, "zoom", "z", C(PANE), 0,
	    NULL, "zoom this pane; again: back" },
	{ ACTION_VIEW, "view", "S", C(PANE), 0,
	    NULL, "choose what is shown: line numbers, visible spaces, the file tree, columns" },
	{ ACTION_PROPOSE, "propose", "p", C(PANE), 0,
	    NULL, "review what is staged so far, before the step ends" },
	{ ACTION_RETRY, "retry", ".", C(PANE), 0,
	    NULL, "send the failed request again, or continue what was interrupted" },
	{ ACTION_RUN, "run", "!", C(PANE), 0,
	    NULL, "run a command on the staged copy" },
	{ ACTION_HELP, "help", "?", C(PANE), ACTION_NEEDED,
	    "help", "show all keys" },
	{ ACTION_HELP_LEAVE, "help-leave", "Esc", C(HELP), ACTION_SAME_ROW,
	    "back", "go back, as any other key does" },
	{ ACTION_QUIT, "quit", "q", C(PANE), ACTION_NEEDED,
	    "quit", "quit: detach or end" },
	{ ACTION_PALETTE, "commands", ":", C(PANE), 0,
	    "commands", "find any key or /command by name, and run it" },
	{ ACTION_SUSPEND, "suspend", "C-z", EVERYWHERE, ACTION_UNLISTED,
	    NULL, "suspend; the session keeps running" },
	{ ACTION_REDRAW, "redraw", "C-l", EVERYWHERE, ACTION_UNLISTED,
	    NULL, "redraw the screen" },

	{ ACTION_PICK_TAKE, "pick-take", "Enter", C(PICK), ACTION_NEEDED,
	    "choose", "choose this row" },
	{ ACTION_PICK_LEAVE, "pick-leave", "Esc C-c C-g", C(PICK),
	    ACTION_NEEDED | ACTION_SAME_ROW, "back", "go back; nothing changes" },
	{ ACTION_PICK_NEXT, "pick-next", "Down C-n Tab", C(PICK), 0,
	    "next", "go to the next row" },
	{ ACTION_PICK_PREV, "pick-previous", "Up C-p S-Tab", C(PICK),
	    ACTION_SAME_ROW, "previous", "go to the previous row" },
	{ ACTION_PICK_DOWN, "pick-page-down", "PageDown", C(PICK),
	    ACTION_SAME_ROW, NULL, "one page down" },
	{ ACTION_PICK_UP, "pick-page-up", "PageUp", C(PICK), ACTION_SAME_ROW,
	    NULL, "one page up" },

	{ ACTION_INPUT_SEND, "input-send", "Enter", C(INPUT), ACTION_NEEDED,
	    "send", "send the text" },
	{ ACTION_INPUT_LEAVE, "input-leave", "Esc", C(INPUT), ACTION_NEEDED,
	    "back", "leave the text and go to the panes" },
	{ ACTION_INPUT_NEWLINE, "input-newline", "Alt-Enter C-j S-Enter",
	    C(INPUT), 0, "new line", "insert a line break" },
	{ ACTION_INPUT_LEFT, "input-left", "Left C-b", C(INPUT), 0,
	    NULL, "one character left" },
	{ ACTION_INPUT_RIGHT, "input-right", "Right C-f", C(INPUT),
	    ACTION_SAME_ROW, NULL, "one character right" },
	{ ACTION_INPUT_UP, "input-up", "Up C-p", C(INPUT), 0,
	    NULL, "one line up; from the first line: earlier messages" },
	{ ACTION_INPUT_DOWN, "input-down", "Down C-n", C(INPUT),
	    ACTION_SAME_ROW, NULL, "one line down" },
	{ ACTION_INPUT_HOME, "input-home", "C-a Home", C(INPUT), 0,
	    NULL, "to the start of the line" },
	{ ACTION_INPUT_END, "input-end", "C-e End", C(INPUT), ACTION_SAME_ROW,
	    NULL, "to the end of the line" },
	{ ACTION_INPUT_BACKSPACE, "input-backspace", "Backspace", C(INPUT), 0,
	    NULL, "delete the character before the cursor" },
	{ ACTION_INPUT_DELETE, "input-delete", "Delete C-d", C(INPUT),
	    ACTION_SAME_ROW, NULL, "delete the character under the cursor; C-d at the end of the text quits" },
	{ ACTION_INPUT_KILL_END, "input-kill-end", "C-k", C(INPUT), 0,
	    NULL, "delete to the end of the line; at its end: the line break" },
	{ ACTION_INPUT_KILL_START, "input-kill-start", "C-u", C(INPUT),
	    ACTION_SAME_ROW, NULL, "delete to the start of the line; at its start: the line break" },
	{ ACTION_INPUT_KILL_WORD, "input-kill-word", "C-w Alt-Backspace",
	    C(INPUT), 0,
	    NULL, "delete back to the previous space" },
	{ ACTION_INPUT_KILL_WORD_NEXT, "input-kill-word-next", "Alt-d C-Delete", C(INPUT),
	    ACTION_SAME_ROW, NULL, "delete the next word" },
	{ ACTION_INPUT_WORD_LEFT, "input-word-left", "Alt-b C-Left Alt-Left",
	    C(INPUT), 0, NULL, "one word left" },
	{ ACTION_INPUT_WORD_RIGHT, "input-word-right", "Alt-f C-Right Alt-Right", C(INPUT),
	    ACTION_SAME_ROW, NULL, "one word right" },
	{ ACTION_INPUT_YANK, "input-yank", "C-y", C(INPUT), 0,
	    NULL, "insert the text last deleted by C-k, C-u, C-w or a key that "
	    "deletes a word" },
	{ ACTION_INPUT_UNDO, "input-undo", "C-_", C(INPUT), 0,
	    NULL, "undo the last change to the text" },
	{ ACTION_INPUT_COMPLETE, "input-complete", "Tab", C(INPUT), 0,
	    NULL, "complete a /command, an @path or a word with a / in it; if there is nothing to "
	    "complete, leave the message like Esc" },
	{ ACTION_INPUT_HISTORY, "input-history", "C-r", C(INPUT), 0,
	    NULL, "search your earlier messages; again: an older one" },
	{ ACTION_INPUT_EDITOR, "input-editor", "C-g", C(INPUT), 0,
	    NULL, "edit the text, or the large paste under the cursor, in $EDITOR" },
	{ ACTION_INPUT_SEND_NOW, "input-send-now", "C-o", C(INPUT), 0,
	    NULL, "interrupt the agent and send the text" },
};
/* clang-format on */
const size_t action_table_len = MEM_COUNT(action_table);

const struct action *
action_find(enum action_id id)
{
	size_t i;

	for (i = 0; i < action_table_len; i++)
		if (action_table[i].id == id)
			return &action_table[i];
	return NULL;
}

static const struct {
	unsigned	 context;
	const char	*name;
} action_contexts[] = {
	{ C(CONFIRM), "confirm" }, { C(QUIT), "quit" }, { C(HELP), "help" },
	{ C(PICK), "list" }, { C(INPUT), "input" }, { C(SEARCH), "search" },
	{ C(ASK), "command" }, { C(NET), "host" }, { C(PAUSE), "limit" },
	{ C(PLAN), "plan" }, { C(LINES), "lines" }, { C(FILES), "files" },
	{ C(DIFF), "diff" }, { C(CHANGES), "changes" },
	{ C(PANE), "pane" },
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
