/* Keys are parsed once; lookups compare numbers. */

#include "config.h"

#include "front/bindings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/utf8.h"

#define C(name) ACTION_CTX_##name
#define EVERYWHERE (C(PANE) | C(INPUT) | C(HELP) | C(CONFIRM) | C(QUIT))

/* The notice of a key for hunks where there is no hunk. */
#define NO_HUNK .none = "no open hunk here", .instead = ACTION_HUNK_NEXT

/* clang-format off */
/* Most rows end before `none`. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
const struct action action_table[] = {
	{ ACTION_CONFIRM, "confirm", "Y", C(CONFIRM) | C(ROW), ACTION_DECIDES | ACTION_NEEDED,
	    NULL, "choose what is asked, or what Enter doesn't do in the row; then Enter does it" },
	{ ACTION_DO, "do", "Enter", C(CONFIRM) | C(ROW), ACTION_NEEDED | ACTION_UNLISTED,
	    NULL, "do what the row says, or go to what you haven't read of it" },
	{ ACTION_ROW_LEAVE, "row-leave", "Esc", C(ROW), ACTION_NEEDED | ACTION_UNLISTED,
	    NULL, "close that row; your marks stay" },

	{ ACTION_DETACH, "detach", "d Enter", C(QUIT), ACTION_NEEDED,
	    "detach", "detach; the session keeps running" },
	{ ACTION_END, "end", "e", C(QUIT), ACTION_FRESH | ACTION_SAME_ROW,
	    "end", "end the session; open changes are kept for assent resume" },

	{ ACTION_ALLOW, "command-allow", "y", C(ASK), ACTION_DECIDES,
	    "allow", "run this command" },
	{ ACTION_FORBID, "command-reject", "n", C(ASK),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject", "don't run this command" },

	{ ACTION_NET_ONCE, "host-once", "y", C(NET), ACTION_DECIDES,
	    "this command", "let this command connect to the host" },
	{ ACTION_NET_SESSION, "host-session", "s", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "this session", "allow for this session" },
	{ ACTION_NET_ALWAYS, "host-always", "W", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "always", "every session's commands, saved in your settings" },
	{ ACTION_NET_REJECT, "host-reject", "n", C(NET),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject", "don't connect" },

	{ ACTION_EXTEND, "limit-extend", "e", C(PAUSE), ACTION_DECIDES,
	    "extend", "raise the limit and continue" },
	{ ACTION_WRAP, "limit-wrap-up", "w", C(PAUSE),
	    ACTION_DECIDES | ACTION_SAME_ROW, "wrap up", "give the model one last turn to summarize, then review" },
	{ ACTION_WAIT, "limit-wait", "w", C(SERVICE), ACTION_DECIDES,
	    "wait", "wait until the service answers again, then go on" },
	{ ACTION_STOP, "limit-stop", "s", C(PAUSE) | C(SERVICE),
	    ACTION_DECIDES | ACTION_SAME_ROW, "stop", "end the task here" },
	{ ACTION_EXTEND_BY, "limit-extend-by", "", C(PAUSE),
	    ACTION_DECIDES | ACTION_OPENS, "by how much",
	    "raise the limit by an amount you type" },

	{ ACTION_PLAN_APPROVE, "plan-approve", "y", C(PLAN), ACTION_DECIDES,
	    "approve", "approve this plan" },
	{ ACTION_PLAN_EDIT, "plan-edit", "e", C(PLAN),
	    ACTION_FRESH | ACTION_SAME_ROW | ACTION_OPENS, "edit", "edit it as Markdown in $EDITOR" },
	{ ACTION_PLAN_RETURN, "plan-return", "r", C(PLAN),
	    ACTION_FRESH | ACTION_SAME_ROW | ACTION_OPENS, "send back", "send it back with your notes and a comment" },
	{ ACTION_PLAN_FRESH, "plan-fresh", "", C(PLAN),
	    ACTION_DECIDES, "approve, fresh", "approve this plan; the work begins without the exploration" },

	{ ACTION_ACCEPT, "hunk-accept", "y", C(DIFF), ACTION_DECIDES,
	    "accept", "accept this hunk; on a file or folder: its open hunks",
	    NO_HUNK },
	{ ACTION_ACCEPT_UNREAD, "hunk-accept-unread", "Y", C(DIFF) | C(LINES), ACTION_DECIDES,
	    "accept unread", "accept unread lines, too; the record says so",
	    NO_HUNK },
	{ ACTION_REJECT, "hunk-reject", "n", C(DIFF), ACTION_DECIDES,
	    "reject", "reject this hunk; on a file or folder: its open hunks",
	    NO_HUNK },
	{ ACTION_SEND, "send", "x", C(DIFF), ACTION_DECIDES,
	    "write", "say what a write would do; open hunks stay open",
	    .none = "nothing is marked", .instead = ACTION_ACCEPT },
	{ ACTION_REJECT_WORD, "reject-word", "r", C(DIFF), ACTION_DECIDES | ACTION_FRESH | ACTION_OPENS,
	    "reject + reason", "reject this hunk with a reason; a rejected one: add it",
	    NO_HUNK },
	{ ACTION_ALL_ACCEPT, "all-accept", "A", C(DIFF), ACTION_DECIDES,
	    "accept all", "accept all open hunks" },
	{ ACTION_UNDO, "undo", "u", C(DIFF) | C(CHANGES) | C(PANE), ACTION_FRESH,
	    "undo", "undo your last mark or, without one, your last write; "
	    "in the list of changes, this one",
	    .none = "nothing to undo" },
	{ ACTION_REDO, "redo", "U", C(DIFF) | C(CHANGES) | C(PANE),
	    ACTION_FRESH | ACTION_SAME_ROW, "redo", "redo the last thing you undid",
	    .none = "nothing to redo" },
	{ ACTION_HUNK_EDIT, "hunk-edit", "e", C(DIFF), ACTION_DECIDES | ACTION_FRESH | ACTION_OPENS,
	    "edit", "edit this hunk in $EDITOR and accept the result",
	    NO_HUNK },
	{ ACTION_DISCARD, "discard", "X", C(DIFF), ACTION_FRESH,
	    "discard", "in assent review: take this hunk back out of your file (asks first)",
	    NO_HUNK },
	{ ACTION_NEWS, "news", "V", C(DIFF), ACTION_OF_PANE,
	    "what changed", "show only what changed since you last looked; again: show all" },
	{ ACTION_PLAN_NOTE, "plan-note", "c", C(PLAN),
	    ACTION_OF_PANE | ACTION_FRESH | ACTION_OPENS, "note", "write a note on this row; sent when you approve the plan or send it back" },
	{ ACTION_LINE_PICK, "line-pick", "Space", C(LINES), 0,
	    "pick", "pick or unpick this + or - line, and go to the next",
	    .none = "no + or - line of this hunk under the cursor" },
	{ ACTION_LINES_ACCEPT, "lines-accept", "y", C(LINES),
	    ACTION_DECIDES | ACTION_SAME_ROW, "accept picked, reject rest", "accept the picked lines, reject the others",
	    .none = "no lines picked", .instead = ACTION_LINE_PICK },
	{ ACTION_LINES_LEAVE, "lines-leave", "v Esc", C(LINES),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "stop", "stop picking lines" },
	{ ACTION_LINE_COMMENT, "line-comment", "c", C(DIFF) | C(LINES),
	    ACTION_OF_PANE | ACTION_FRESH | ACTION_OPENS, "ask or comment", "comment on this line, the picked lines or the hunk; sent when you write, at once if it ends in ?; assent review: by /send",
	    NO_HUNK },
	{ ACTION_HUNK_NEXT, "hunk-next", "J", C(DIFF), ACTION_UNLISTED,
	    "next hunk", "go to the next hunk; on the list of files: to the next one",
	    .none = "no hunk follows" },
	{ ACTION_HUNK_PREV, "hunk-previous", "K", C(DIFF),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "previous", "to the previous one",
	    .none = "no hunk before this" },
	{ ACTION_ALL_REJECT, "all-reject", "", C(DIFF), ACTION_DECIDES,
	    NULL, "reject all open hunks" },
	{ ACTION_REST_ACCEPT, "rest-accept", "a", C(DIFF), ACTION_DECIDES,
	    "accept rest", "accept this and the open hunks below it in the file",
	    NO_HUNK },
	{ ACTION_REST_REJECT, "rest-reject", "d", C(DIFF),
	    ACTION_DECIDES | ACTION_SAME_ROW, "reject rest of file", "reject this and the open hunks below it in the file",
	    NO_HUNK },
	{ ACTION_TREE_GO, "tree-go", ",", C(DIFF), ACTION_OF_PANE,
	    "files", "go to the list of files, or back to the diff",
	    .none = "no list of files: there is only one" },

	{ ACTION_SPLIT, "hunk-split", "s", C(DIFF), ACTION_FRESH,
	    "split", "split this hunk at unchanged lines",
	    NO_HUNK },
	{ ACTION_LINES, "hunk-lines", "v", C(DIFF), 0,
	    "lines", "pick lines: accept them, reject the rest, or ask about them",
	    NO_HUNK },
	{ ACTION_CHECK, "check", "t", C(DIFF), ACTION_FRESH | ACTION_OPENS,
	    "check", "run the check on your files with what is accepted" },

	{ ACTION_IGNORED, "ignored", "", C(DIFF), ACTION_OF_PANE,
	    NULL, "show or hide the list of ignored files",
	    .none = "no ignored files" },
	{ ACTION_INCLUDE, "include", "", C(DIFF),
	    ACTION_OF_PANE | ACTION_FRESH, "review it",
	    "review the ignored file under the cursor",
	    .none = "no ignored file under the cursor" },

	{ ACTION_FILE_NEXT, "file-next", "]", C(DIFF),
	    ACTION_OF_PANE | ACTION_UNLISTED, NULL, "go to the next file; on the list of files: to that file",
	    .none = "this is the last file" },
	{ ACTION_FILE_PREV, "file-previous", "[", C(DIFF),
	    ACTION_OF_PANE | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "to the previous one",
	    .none = "this is the first file" },
	{ ACTION_CONTEXT_MORE, "context-more", "+", C(DIFF),
	    ACTION_OF_PANE | ACTION_UNLISTED, "more lines", "show more context around this hunk, up to the whole file",
	    .none = "no more lines to show here" },
	{ ACTION_CONTEXT_LESS, "context-less", "-", C(DIFF),
	    ACTION_OF_PANE | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "less",
	    .none = "no more context to hide here" },
	{ ACTION_CONTEXT_ALL, "context-all", "", C(DIFF),
	    ACTION_OF_PANE, NULL, "show the whole file, or only its hunks",
	    NO_HUNK },
	{ ACTION_LOOK_FILE, "look-file", "o", C(DIFF),
	    ACTION_OF_PANE | ACTION_FRESH | ACTION_OPENS, NULL, "open your file in $EDITOR, at this line",
	    NO_HUNK },
	{ ACTION_DIFF_LEFT, "diff-left", "< Left", C(FILES),
	    ACTION_OF_PANE | ACTION_UNLISTED, NULL, "fold this folder, or go to it" },
	{ ACTION_DIFF_RIGHT, "diff-right", "> Right", C(FILES),
	    ACTION_OF_PANE | ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "unfold it, or open this file" },
	{ ACTION_DIFF_COLUMNS, "diff-columns", "", C(DIFF) | C(LINES),
	    ACTION_OF_PANE, NULL, "show old and new lines side by side, or stacked" },

	{ ACTION_FILE_OPEN, "file-open", "Enter", C(FILES), ACTION_OF_PANE,
	    "open", "go to this file's first hunk; on a folder, a generated file's header or a row of several hunks: fold or unfold" },

	{ ACTION_CHANGE_OPEN, "change-open", "Enter", C(CHANGES), ACTION_OF_PANE,
	    "open", "show the files and hunks of this change, or the lines of a file or hunk; again: hide them",
	    .none = "no written change here: go to one" },
	{ ACTION_CHANGES_COMMIT, "changes-commit", "c", C(CHANGES),
	    ACTION_FRESH, "commit", "commit this change to git; on a task's heading: all changes of that task; /commit commits all",
	    .none = "no written change here: go to one" },
	{ ACTION_INTERRUPT, "interrupt", "C-c", EVERYWHERE, ACTION_NEEDED,
	    "interrupt", "clear the text you are typing; if there is none, interrupt the agent or a check" },
	{ ACTION_ITEM_OPEN, "item-open", "+ -", C(PANE), ACTION_UNLISTED,
	    NULL, "transcript, changes: expand or fold the selected entry; without one, expand those in view, or fold all",
	    .none = "nothing more to show" },
	{ ACTION_LINE_DOWN, "line-down", "j Down", C(PANE) | C(HELP),
	    ACTION_UNLISTED, NULL, "one line down" },
	{ ACTION_LINE_UP, "line-up", "k Up", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "one line up" },
	{ ACTION_TYPE, "type", "i Enter", C(PANE), ACTION_NEEDED | ACTION_OPENS,
	    "type", "type a message or a /command; Enter does so where nothing is open" },
	{ ACTION_SESSION_NEXT, "session-next", "N", C(PANE), ACTION_OPENS,
	    "next session", "go to the next session that waits for you",
	    .none = "no other session waits for you" },
	{ ACTION_INBOX, "inbox", "I", C(PANE), ACTION_SAME_ROW,
	    NULL, "list all sessions that wait for you" },
	{ ACTION_CHANGES, "changes", "C", C(PANE), 0,
	    "changes", "list written changes, to undo or redo them, and rejected hunks" },
	{ ACTION_PANE_BACK, "pane-back", "Esc", C(PANE),
	    ACTION_NEEDED | ACTION_UNLISTED, "back", "one pane back",
	    .none = "nothing to go back to" },

	{ ACTION_PAGE_DOWN, "page-down", "Space PageDown C-f", C(PANE) | C(HELP),
	    ACTION_UNLISTED, "page", "one page down; in the diff: the rest of this hunk, then the next open one" },
	{ ACTION_PAGE_UP, "page-up", "b PageUp C-b", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "one page up" },
	{ ACTION_HALF_DOWN, "half-down", "C-d", C(PANE) | C(HELP),
	    ACTION_UNLISTED, NULL, "half a page down" },
	{ ACTION_HALF_UP, "half-up", "C-u", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "half a page up" },
	{ ACTION_TOP, "top", "g Home", C(PANE) | C(HELP), ACTION_UNLISTED,
	    NULL, "to the top" },
	{ ACTION_BOTTOM, "bottom", "G End", C(PANE) | C(HELP),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "to the bottom, and follow" },
	{ ACTION_PANE_NEXT, "pane-next", "Tab", C(PANE),
	    ACTION_NEEDED | ACTION_UNLISTED, "pane", "go to the open question or review, otherwise to the next pane" },
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
	{ ACTION_SEARCH, "search", "/", C(PANE) | C(HELP), ACTION_OPENS,
	    NULL, "search, or run a command; lower case also matches upper case" },
	{ ACTION_SEARCH_NEXT, "search-next", "n", C(SEARCH), ACTION_UNLISTED,
	    "next match", "next match" },
	{ ACTION_SEARCH_PREV, "search-previous", "N", C(SEARCH),
	    ACTION_SAME_ROW | ACTION_UNLISTED, "previous", "previous match" },
	{ ACTION_SEARCH_END, "search-end", "Esc", C(SEARCH),
	    ACTION_NEEDED | ACTION_SAME_ROW, "end search", "end the search; until then n doesn't reject" },
	{ ACTION_ITEM_NEXT, "item-next", "J", C(PANE), ACTION_UNLISTED,
	    "next failure", "transcript, changes: next entry; output: next failure",
	    .none = "this is the last entry" },
	{ ACTION_ITEM_PREV, "item-previous", "K", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "the previous one",
	    .none = "this is the first entry" },
	{ ACTION_SAID_NEXT, "said-next", "]", C(PANE), ACTION_UNLISTED,
	    NULL, "transcript: your next message",
	    .none = "you said nothing after this" },
	{ ACTION_SAID_PREV, "said-previous", "[", C(PANE),
	    ACTION_SAME_ROW | ACTION_UNLISTED, NULL, "the previous one",
	    .none = "you said nothing before this" },
	{ ACTION_BACKGROUND, "background", "&", C(PANE), 0, NULL,
	    "list the background commands: follow one's output, or stop it",
	    .none = "no command was started in the background" },
	{ ACTION_FORK, "fork", "", C(PANE), ACTION_FRESH, "fork",
	    "transcript: go on from the selected message, or your last one, in a new session" },
	{ ACTION_LOOK_PAGER, "look-pager", "", C(PANE),
	    ACTION_OF_PANE | ACTION_FRESH, NULL, "open this pane in $PAGER (transcript: the selected entry)",
	    .none = "nothing here for the pager" },
	{ ACTION_LOOK_COPY, "look-copy", "O", C(PANE),
	    ACTION_OF_PANE | ACTION_FRESH, "copy", "copy this line, hunk, message, command or output to the clipboard",
	    .none = "nothing here to copy" },
	{ ACTION_PROPOSE, "propose", "", C(CHANGES) | C(PANE), 0,
	    "review again", "review the changes so far, before the step ends; in the list of changes: review this rejected hunk again" },
	{ ACTION_RETRY, "retry", "", C(PANE), ACTION_OPENS,
	    NULL, "send the failed request again, or continue what was interrupted",
	    .none = "nothing to retry or continue" },
	{ ACTION_RUN, "run", "!", C(PANE), ACTION_OPENS,
	    NULL, "run a command on the copy" },
	{ ACTION_HELP, "help", "?", C(PANE), ACTION_NEEDED | ACTION_OPENS,
	    "help", "show all keys" },
	{ ACTION_HELP_LEAVE, "help-leave", "Esc q", C(HELP), ACTION_SAME_ROW,
	    "back", "go back, as any other key does; from an answer to /btw only this one" },
	{ ACTION_QUIT, "quit", "q", C(PANE), ACTION_NEEDED | ACTION_OPENS,
	    "quit", "quit: detach or end" },
	{ ACTION_PALETTE, "commands", ":", C(PANE), ACTION_OPENS,
	    "commands", "find any key or /command by name, and run it" },
	{ ACTION_SUSPEND, "suspend", "C-z", EVERYWHERE, ACTION_UNLISTED,
	    NULL, "suspend; the session keeps running" },
	{ ACTION_REDRAW, "redraw", "C-l", EVERYWHERE, ACTION_UNLISTED,
	    NULL, "redraw the screen; in assent review, read your files again, too" },

	{ ACTION_PICK_TAKE, "pick-take", "Enter", C(PICK), ACTION_NEEDED,
	    "choose", "choose this row" },
	{ ACTION_BACKGROUND_STOP, "background-stop", "C-x", C(PICK), 0,
	    "stop", "background commands: stop this one; the model is told" },
	{ ACTION_BACKGROUND_PORT, "background-port", "C-t", C(PICK), 0,
	    "open port", "background commands: open a port of this one for browsers on this machine, or close it" },
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
	{ ACTION_PICK_SORT, "pick-sort", "C-s", C(PICK), 0,
	    NULL, "assent inbox: sort by age, project or cost" },

	{ ACTION_INPUT_SEND, "input-send", "Enter", C(INPUT), ACTION_NEEDED,
	    "send", "send the text",
	    .none = "nothing to send" },
	{ ACTION_INPUT_LEAVE, "input-leave", "Esc", C(INPUT), ACTION_NEEDED,
	    "keys", "to keys; the text stays" },
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
	    ACTION_SAME_ROW, NULL, "delete the character under the cursor; C-d in the empty line quits" },
	{ ACTION_INPUT_KILL_END, "input-kill-end", "C-k", C(INPUT), 0,
	    NULL, "delete to the end of the line; at its end: the line break" },
	{ ACTION_INPUT_KILL_START, "input-kill-start", "C-u", C(INPUT),
	    ACTION_SAME_ROW, NULL, "delete to the start of the line; at its start: the line break" },
	{ ACTION_INPUT_KILL_WORD, "input-kill-word", "C-w Alt-Backspace "
	    "C-Backspace", C(INPUT), 0,
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
	    NULL, "complete a /command, an @path or a word with a / in it; in the empty line: "
	    "go to what waits",
	    .none = "nothing to complete" },
	{ ACTION_INPUT_HISTORY, "input-history", "C-r", C(INPUT), 0,
	    NULL, "search your earlier messages; again: an older one" },
	{ ACTION_INPUT_EDITOR, "input-editor", "C-g", C(INPUT), 0,
	    NULL, "edit the text, or the large paste under the cursor, in $EDITOR" },
	{ ACTION_INPUT_SEND_NOW, "input-send-now", "C-o", C(INPUT), 0,
	    NULL, "interrupt the agent and send the text" },
	{ ACTION_INPUT_IMAGE, "input-image", "C-v", C(INPUT), 0,
	    NULL, "attach the image on the clipboard (setting paste_image)" },
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

const struct action *
action_named(const char *name)
{
	size_t i;

	for (i = 0; i < action_table_len; i++)
		if (strcmp(action_table[i].name, name) == 0)
			return &action_table[i];
	return NULL;
}

size_t
action_does(const struct action *a)
{
	size_t n = strcspn(a->help, ";(,");

	return n - (a->help[n - 1] == ' ');
}

static const struct {
	unsigned	 context;
	const char	*name;
} action_contexts[] = {
	{ C(CONFIRM), "confirm" }, { C(QUIT), "quit" }, { C(HELP), "help" },
	{ C(PICK), "list" }, { C(INPUT), "input" }, { C(ROW), "row" }, { C(SEARCH), "search" },
	{ C(ASK), "command" }, { C(NET), "host" }, { C(PAUSE), "limit" },
	{ C(PLAN), "plan" }, { C(LINES), "lines" }, { C(FILES), "files" },
	{ C(DIFF), "diff" }, { C(CHANGES), "changes" },
	{ C(PANE), "pane" },
};

static void
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

/* Names of keys, for the configuration and the screen, and the reverse. */

static const struct {
	const char	*name;
	uint32_t	 key;
} keys_names[] = {
	{ "Up", KEYS_UP }, { "Down", KEYS_DOWN }, { "Left", KEYS_LEFT },
	{ "Right", KEYS_RIGHT }, { "Home", KEYS_HOME }, { "End", KEYS_END },
	{ "PageUp", KEYS_PAGEUP }, { "PageDown", KEYS_PAGEDOWN },
	{ "Insert", KEYS_INSERT }, { "Delete", KEYS_DELETE },
	{ "Backspace", KEYS_BACKSPACE }, { "Enter", KEYS_ENTER },
	{ "Tab", KEYS_TAB }, { "Esc", KEYS_ESC }, { "Space", ' ' },
};

void
key_name_text(uint32_t key, char out[KEY_NAME_SIZE])
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	uint32_t base = key & 0x1fffff;
	size_t i;

	if ((key & KEYS_CTRL) != 0)
		buf_adds(&b, "C-");
	if ((key & KEYS_ALT) != 0)
		buf_adds(&b, "Alt-");
	if ((key & KEYS_SHIFT) != 0)
		buf_adds(&b, "S-");
	for (i = 0; i < MEM_COUNT(keys_names); i++)
		if (keys_names[i].key == base)
			break;
	if (i < MEM_COUNT(keys_names))
		buf_adds(&b, keys_names[i].name);
	else if (base >= KEYS_F1 && base <= KEYS_F12)
		buf_addf(&b, "F%u", base - KEYS_F1 + 1);
	else
		utf8_put(&b, base);
	snprintf(out, KEY_NAME_SIZE, "%s", buf_str(&b));
}

uint32_t
key_name_parse(const char *s, size_t n)
{
	uint32_t mods = 0, cp;
	size_t i;

	while (n > 2 && (s[1] == '-' || (n > 4 && memcmp(s, "Alt-", 4) ==
	    0))) {
		if (s[0] == 'A' && s[1] == 'l') {
			mods |= KEYS_ALT;
			s += 4;
			n -= 4;
			continue;
		}
		if (s[0] == 'C')
			mods |= KEYS_CTRL;
		else if (s[0] == 'M')
			mods |= KEYS_ALT;
		else if (s[0] == 'S')
			mods |= KEYS_SHIFT;
		else
			return 0;
		s += 2;
		n -= 2;
	}
	for (i = 0; i < MEM_COUNT(keys_names); i++)
		if (strlen(keys_names[i].name) == n &&
		    memcmp(keys_names[i].name, s, n) == 0)
			return keys_names[i].key | mods;
	if (n >= 2 && n <= 3 && s[0] == 'F' && s[1] >= '1' && s[1] <= '9') {
		cp = (uint32_t)(s[1] - '0');
		if (n == 3)
			cp = cp * 10 + (uint32_t)(s[2] - '0');
		return cp <= 12 ? (KEYS_F1 + cp - 1) | mods : 0;
	}
	if (n == 0 || utf8_next(s, n, &cp) != n)
		return 0;
	return cp | mods;
}

struct binding {
	char		*words;		/* the keys' names, as shown */
	char		 first[KEY_NAME_SIZE];
	char		*way;		/* without a key: ":" and its name */
	uint32_t	*keys;
	size_t		 len;
	bool		 own;		/* set by the user */
};

struct bindings {
	struct binding	*of;		/* one for each row of the table */
};

static int
binding_check(const struct action *a, uint32_t key, const char *word, size_t n,
    struct err *e)
{
	if (key == 0)
		return err_set(e,
		    "\"%.*s\" is not a key (y, C-f, Alt-Enter, PageDown, Space, "
		    "...)",
		    (int)n, word);
	/* A plain character other than a space can't be part of a cut escape
	 * sequence that went unnoticed, and isn't pressed by leaning on the
	 * keyboard. */
	if ((a->flags & ACTION_DECIDES) != 0 && (key <= ' ' || key >= 0x7f))
		return err_set(e,
		    "\"%.*s\" can't decide; use a plain character", (int)n,
		    word);
	if ((a->contexts & (ACTION_CTX_INPUT | ACTION_CTX_PICK)) != 0 &&
	    key >= ' ' && key < 0x110000 && key != 0x7f)
		return err_set(e, "\"%.*s\" is a typing key", (int)n, word);
	return 0;
}

/* The names of its keys, as shown. */
static void
binding_name(struct binding *b)
{
	struct buf words = BUF_INIT(0);
	char name[KEY_NAME_SIZE];
	size_t i;

	b->first[0] = '\0';
	for (i = 0; i < b->len; i++) {
		key_name_text(b->keys[i], name);
		if (i == 0)
			memcpy(b->first, name, sizeof(name));
		buf_addf(&words, "%s%s", i == 0 ? "" : " ", name);
	}
	FREE_SET(b->words, buf_take(&words));
}

static int
binding_set(struct binding *b, const struct action *a, const char *words,
    struct err *e)
{
	const char *p;
	uint32_t key;
	size_t n;

	b->len = 0;
	MEM_EACH_WORD(p, n, words) {
		key = key_name_parse(p, n);
		if (binding_check(a, key, p, n, e) < 0)
			return -1;
		*GROW_ADD(b->keys, b->len) = key;
	}
	binding_name(b);
	return 0;
}

static bool
binding_has(const struct binding *b, uint32_t key)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->keys[i] == key)
			return true;
	return false;
}

/* Actions of earlier versions. */
static const struct {
	const char	*name, *instead;
} bindings_gone[] = {
	{ "ask-steps", "type \"split this into steps\" to the model" },
	{ "item-open-all", "item-open expands the entries in view" },
	{ "never", ".gitignore names what isn't to be proposed" },
	{ "open-next", "page-down goes to the next open hunk" },
	{ "products", "ignored lists the ignored files" },
	{ "said-list", "said-previous goes to your messages" },
	{ "session-back", "inbox lists the sessions that wait" },
	{ "unseen-next", "Enter goes to the first unread hunk before a write" },
	{ "view", "diff-columns puts old and new lines side by side" },
	{ "zoom", "panes need no zoom" },
};

static int
bindings_set(struct bindings *b, const cJSON *item, struct err *e)
{
	struct near near = NEAR_INIT(item->string);
	size_t i;

	for (i = 0; i < MEM_COUNT(bindings_gone); i++)
		if (strcmp(bindings_gone[i].name, item->string) == 0)
			return err_set(e, "no longer an action; %s",
			    bindings_gone[i].instead);
	for (i = 0; i < action_table_len; i++) {
		if (strcmp(action_table[i].name, item->string) == 0)
			break;
		near_try(&near, action_table[i].name);
	}
	if (i == action_table_len && near.known != NULL)
		return err_set(e,
		    "no such action; did you mean \"%s\"? (assent config "
		    "keys lists them)",
		    near.known);
	if (i == action_table_len)
		return err_set(e, "no such action (assent config keys lists "
		    "them)");
	if (!cJSON_IsString(item))
		return err_set(e, "must be a string of keys, such as \"j "
		    "Down\"");
	if (binding_set(&b->of[i], &action_table[i], item->valuestring, e) < 0)
		return -1;
	b->of[i].own = true;
	if (b->of[i].len == 0 && (action_table[i].flags & ACTION_NEEDED) != 0)
		return err_set(e, "needs a key");
	return 0;
}

/* Would one key mean both actions?  While a proposal is shown, its keys come
 * first and then those of the panes; a key of the user's for scrolling must not
 * decide there. */
static bool
bindings_clash(const struct bindings *b, size_t i, size_t j)
{
	const struct action *x = &action_table[i], *y = &action_table[j];
	unsigned both = x->contexts | y->contexts;

	if ((x->contexts & y->contexts) != 0)
		return true;
	return (b->of[i].own || b->of[j].own) &&
	    ((x->flags | y->flags) & ACTION_DECIDES) != 0 &&
	    (both & ACTION_CTX_PANE) != 0 && (both & (ACTION_CTX_DIFF |
	    ACTION_CTX_FILES | ACTION_CTX_LINES | ACTION_CTX_PLAN |
	    ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PAUSE)) != 0;
}

static int
bindings_conflict(const struct bindings *b, struct err *e)
{
	size_t i, j, k;

	for (i = 0; i < action_table_len; i++)
		for (k = 0; k < b->of[i].len; k++)
			for (j = i + 1; j < action_table_len; j++) {
				char name[KEY_NAME_SIZE];

				if (!bindings_clash(b, i, j) ||
				    !binding_has(&b->of[j], b->of[i].keys[k]))
					continue;
				key_name_text(b->of[i].keys[k], name);
				return err_set(e,
				    "%s is bound to both %s and %s: change one "
				    "of them",
				    name, action_table[i].name,
				    action_table[j].name);
			}
	return 0;
}

static void
binding_drop(struct binding *b, uint32_t key)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++)
		if (b->keys[i] != key)
			b->keys[n++] = b->keys[i];
	b->len = n;
	binding_name(b);
}

/* Does the default key of j yield to the user's key of i? If j decides and i is
 * an action of the panes, it doesn't (that is an error): the key would scroll
 * while nothing is open, and do something else, or nothing, during a
 * question. */
static bool
bindings_yields(const struct bindings *b, size_t i, size_t j)
{
	const struct action *x = &action_table[i], *y = &action_table[j];

	return i != j && b->of[i].own && !b->of[j].own &&
	    bindings_clash(b, i, j) && ((x->contexts & y->contexts) != 0 ||
	    (y->flags & ACTION_DECIDES) == 0);
}

/* The user's bindings win: drop another action's default for the same key, even
 * one that came with a newer version. */
static int
bindings_settle(struct bindings *b, struct err *e)
{
	char name[KEY_NAME_SIZE];
	size_t i, j, k;
	uint32_t key;

	for (i = 0; i < action_table_len; i++)
		for (k = 0; b->of[i].own && k < b->of[i].len; k++)
			for (j = 0; j < action_table_len; j++) {
				key = b->of[i].keys[k];
				if (!bindings_yields(b, i, j) ||
				    !binding_has(&b->of[j], key))
					continue;
				binding_drop(&b->of[j], key);
				if (b->of[j].len > 0 || (action_table[j].flags &
				    ACTION_NEEDED) == 0)
					continue;
				key_name_text(key, name);
				return err_set(e,
				    "%s is bound to %s and is the only key of "
				    "%s, which needs one: change one of them",
				    name, action_table[i].name,
				    action_table[j].name);
			}
	return 0;
}

struct bindings *
bindings_new(const cJSON *keys, const char *from, struct err *e)
{
	struct bindings *b = xcalloc(1, sizeof(*b));
	struct err why = ERR_INIT;
	const cJSON *item;
	const char *list;
	size_t i;

	b->of = xcalloc(action_table_len, sizeof(*b->of));
	for (i = 0; i < action_table_len; i++)
		(void)binding_set(&b->of[i], &action_table[i],
		    action_table[i].keys, NULL);
	cJSON_ArrayForEach(item, keys)
		if (bindings_set(b, item, &why) < 0) {
			err_set(e, "%s: keys.%.60s: %s", from, item->string,
			    why.text);
			goto fail;
		}
	if (bindings_settle(b, &why) < 0 || bindings_conflict(b, &why) < 0) {
		err_set(e, "%s: keys: %s", from, why.text);
		goto fail;
	}
	list = bindings_first(b, ACTION_PALETTE);
	for (i = 0; i < action_table_len; i++)
		if (b->of[i].len == 0)
			b->of[i].way = xasprintf("%s%s%s", list,
			    strlen(list) > 1 ? " " : "", action_table[i].name);
	return b;
fail:
	bindings_free(b);
	return NULL;
}

void
bindings_free(struct bindings *b)
{
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < action_table_len; i++)
		FREE_ALL(b->of[i].words, b->of[i].keys, b->of[i].way);
	FREE_ALL(b->of, b);
}

const struct action *
bindings_find(const struct bindings *b, unsigned contexts, uint32_t key)
{
	unsigned bit;
	size_t i;

	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		if ((contexts & bit) == 0)
			continue;
		for (i = 0; i < action_table_len; i++)
			if ((action_table[i].contexts & bit) != 0 &&
			    binding_has(&b->of[i], key))
				return &action_table[i];
	}
	return NULL;
}

const char *
bindings_of(const struct bindings *b, const struct action *a,
    struct buf *places)
{
	if (places != NULL)
		action_places(a, places);
	return b->of[a - action_table].words;
}

bool
bindings_have(const struct bindings *b, const struct action *a, uint32_t key)
{
	return binding_has(&b->of[a - action_table], key);
}

const char *
bindings_first(const struct bindings *b, enum action_id id)
{
	const struct action *a = action_find(id);

	return a == NULL ? "" : b->of[a - action_table].first;
}

const char *
bindings_way(const struct bindings *b, enum action_id id)
{
	const struct binding *of = &b->of[action_find(id) - action_table];

	return of->way != NULL ? of->way : of->first;
}

bool
bindings_first_works(const struct bindings *b, enum action_id id,
    unsigned contexts)
{
	const struct action *a = action_find(id);
	const struct binding *of = a == NULL ? NULL : &b->of[a - action_table];

	return of != NULL && of->len > 0 &&
	    bindings_find(b, contexts, of->keys[0]) == a;
}

size_t
bindings_row(const struct bindings *b, size_t i, struct buf *names,
    struct buf *keys, struct buf *does)
{
	const struct action *a = &action_table[i];
	size_t n = 0;

	if ((a->flags & ACTION_SAME_ROW) != 0)
		return 0;
	do {
		buf_addf(names, "%s%s", n == 0 ? "" : " ", a[n].name);
		buf_addf(does, "%s%s", n == 0 ? "" : " / ", a[n].help);
		if (b->of[i + n].len > 0)
			buf_addf(keys, "%s%s", keys->len == 0 ? "" : " / ",
			    b->of[i + n].words);
		n++;
	} while (i + n < action_table_len &&
	    (a[n].flags & ACTION_SAME_ROW) != 0);
	return n;
}

void
bindings_list(const struct bindings *b, struct buf *out)
{
	size_t i, n;

	for (i = 0; i < action_table_len; i += n) {
		AUTO_BUF struct buf names = BUF_INIT(0), keys = BUF_INIT(0);
		AUTO_BUF struct buf does = BUF_INIT(0), places = BUF_INIT(0);

		n = bindings_row(b, i, &names, &keys, &does);
		action_places(&action_table[i], &places);
		buf_addf(out, "%-18s %-10s %s (%s)\n", keys.len == 0 ? "-" :
		    buf_str(&keys), buf_str(&places), buf_str(&does),
		    buf_str(&names));
	}
}
