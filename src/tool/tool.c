/*
 * The table of tools: what a model is told about each and what it may pass.
 * It links no tool's code, so that the core can use it.  Descriptions are part
 * of the prompt: a change here changes what models do.
 */
#include "config.h"

#include "tool/tool.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

#define TOOL_PATH_TEXT "Relative to the working folder, or absolute inside " \
	"the project."
#define TOOL_REASON "\"reason\":{\"type\":\"string\",\"description\":" \
	"\"Why, in one short sentence; shown beside the change to the person " \
	"who reviews it.\"}"
#define TOOL_STEP_TOOLS "\"apply_patch\",\"bash\",\"edit\",\"glob\",\"grep\",\"read\"," \
	"\"run_tests\",\"write\""

/* clang-format off */
static const char tool_patch_form[] =
"A patch has this form: paths, no line numbers, and before each line of a file "
"a blank (kept), - (removed) or + (added):\n"
"*** Begin Patch\n"
"*** Update File: src/main.c\n"
"@@ int main(void)\n"
" \tint n = 0;\n"
"-\treturn 1;\n"
"+\treturn n;\n"
"*** Add File: src/new.c\n"
"+int x;\n"
"*** Delete File: src/old.c\n"
"*** End Patch";

static const char tool_patch_grammar[] =
"start: begin file+ end\n"
"begin: \"*** Begin Patch\" LF\n"
"end: \"*** End Patch\" LF?\n"
"file: add | delete | update\n"
"add: \"*** Add File: \" /(.+)/ LF reason? add_line+\n"
"delete: \"*** Delete File: \" /(.+)/ LF reason?\n"
"update: \"*** Update File: \" /(.+)/ LF move? change?\n"
"move: \"*** Move to: \" /(.+)/ LF\n"
"reason: \"*** Reason: \" /(.+)/ LF\n"
"change: (reason | head | line)+ eof?\n"
"head: (\"@@\" | \"@@ \" /(.+)/) LF\n"
"line: (\"+\" | \"-\" | \" \") /(.*)/ LF\n"
"add_line: \"+\" /(.*)/ LF\n"
"eof: \"*** End of File\" LF\n"
"%import common.LF\n";

const struct tool_entry tool_table[] = {
{
	.name = "apply_patch",
	.effects = TOOL_WRITES,
	.form = tool_patch_form,
	.grammar = tool_patch_grammar,
	.description =
"Create, change, move and delete files with a patch that begins with *** Begin "
"Patch and ends with *** End Patch. All of it is applied or nothing. Paths are "
"relative to the working folder. After a file's line, or before an @@, a line "
"\"*** Reason: WHY\" with one short sentence is shown to the person who "
"reviews the change.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"input\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The whole patch. Never empty.\"},"
TOOL_REASON "},"
"\"required\":[\"input\"],\"additionalProperties\":false}",
},
{
	.name = "bash",
	.also = " shell terminal execute run_command execute_command run_shell_command run_terminal_cmd exec local_shell ",
	.effects = TOOL_COMMAND,
	.description =
"Run a command with bash in the sandbox: no network, the user's home and keys "
"out of sight, limited memory, processes and time. It starts in the working "
"folder; each call is a new shell. It sees the project with all staged "
"changes, and what it changes is staged for review like an edit. The answer "
"has the output (stdout and stderr together) and the exit status; of a long "
"output the beginning and the end, with the name of a file that holds all of "
"it. Prefer read, grep, glob and edit for what they can do.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"command\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The command line or script.\"},"
"\"timeout_s\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":86400,"
"\"description\":\"Kill it after this many seconds. It can shorten the "
"user's limit, never raise it.\"}},"
"\"required\":[\"command\"],\"additionalProperties\":false}",
},
{
	.name = "done",
	.also = " finish complete submit task_done attempt_completion ",
	.effects = TOOL_CORE,
	.description =
"Say that the task is finished. Call it alone, after the last change and its "
"test. The success criterion is run on the staged project; the person sees "
"your summary beside the changes.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"summary\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"What was done and how it was checked, in a few sentences. Name what is "
"left undone.\"}},"
"\"required\":[\"summary\"],\"additionalProperties\":false}",
},
{
	.name = "edit",
	.also = " replace str_replace str_replace_editor str_replace_based_edit_tool edit_file search_replace multiedit multi_edit replace_in_file ",
	.effects = TOOL_WRITES,
	.description =
"Replace a piece of an existing file, or with edits several of them, all or "
"none. old_string must be in the file exactly "
"once (take enough lines around the place to make it unique), or give "
"replace_all. It is copied literally, indentation and line breaks included, "
"without line numbers; it is no pattern. If there is no exact match, curly "
"quotes, dashes, special blanks, composed letters, blanks at line ends and "
"CRLF are read as their plain forms, and the answer says what differed. The "
"file keeps its line ends and all other bytes.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The file. " TOOL_PATH_TEXT "\"},"
"\"old_string\":{\"type\":\"string\",\"description\":"
"\"The text to replace, as it stands in the file.\"},"
"\"new_string\":{\"type\":\"string\",\"description\":"
"\"What to put in its place; empty to delete.\"},"
"\"replace_all\":{\"type\":\"boolean\",\"description\":"
"\"Replace every place instead of the only one.\"},"
"\"edits\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
"\"old_string\":{\"type\":\"string\"},\"new_string\":{\"type\":\"string\"},"
"\"replace_all\":{\"type\":\"boolean\"},\"reason\":{\"type\":\"string\"}},"
"\"required\":[\"old_string\",\"new_string\"],\"additionalProperties\":false},"
"\"description\":\"Several places of the file, instead of old_string and "
"new_string. Each is looked for in the file as it is before the call, and no "
"two may overlap.\"},"
TOOL_REASON "},"
"\"required\":[\"path\"],\"additionalProperties\":false}",
},
{
	.name = "finding",
	.effects = TOOL_CORE | TOOL_NAMED,
	.description =
"Note one fault that you found, at the place where it is. One call for each.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The file. " TOOL_PATH_TEXT "\"},"
"\"line\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100000000,"
"\"description\":\"The first line of the place, counted from 1.\"},"
"\"end_line\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100000000,"
"\"description\":\"Its last line.\"},"
"\"severity\":{\"type\":\"string\",\"enum\":[\"error\",\"warning\",\"note\"]},"
"\"rule\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The kind of fault in a word or two, as in use-after-free.\"},"
"\"message\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"What is wrong, for which input, and how to mend it.\"}},"
"\"required\":[\"path\",\"line\",\"severity\",\"message\"],"
"\"additionalProperties\":false}",
},
{
	.name = "glob",
	.also = " find find_files list_files file_search ",
	.effects = TOOL_READS,
	.description =
"List files of the project by name, sorted by path. * and ? match within one "
"path component, ** across components, [a-z] one of a set, {a,b} either. A "
"pattern without a slash is matched against file names in every folder. "
"Ignored files (.gitignore) and .git are left out; name an ignored folder as "
"path to look inside it.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"pattern\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"For example *.c, src/**/*.test.ts, {README,INSTALL}*\"},"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The folder to look in; default: the working folder. The pattern is "
"matched below it.\"}},"
"\"required\":[\"pattern\"],\"additionalProperties\":false}",
},
{
	.name = "grep",
	.also = " search search_files ripgrep rg grep_search search_file_content codebase_search ",
	.effects = TOOL_READS,
	.description =
"Search the text of files with a Perl-compatible regular expression, line by "
"line. The answer has lines of the form path:line:text (path-line-text for "
"context lines). Ignored files (.gitignore), .git and binary files are left "
"out; name an ignored file or folder as path to search it.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"pattern\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The expression; put \\\\Q before literal text that has special "
"characters.\"},"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"A file or folder; default: the working folder.\"},"
"\"glob\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"Only files whose name matches, as in the glob tool: *.py\"},"
"\"ignore_case\":{\"type\":\"boolean\"},"
"\"context\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":20,"
"\"description\":\"Lines to show before and after each match.\"},"
"\"max\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,"
"\"description\":\"Stop after this many matching lines; default 100.\"}},"
"\"required\":[\"pattern\"],\"additionalProperties\":false}",
},
{
	.name = "plan",
	.also = " update_plan exit_plan_mode exitplanmode todowrite todo_write write_todos ",
	.effects = TOOL_CORE | TOOL_STRICT,
	.description =
"Hand in the plan for the task, once you have looked at what you need to "
"know. The person approves it, changes it or sends it back with a word; "
"files can be changed only after that. Handing in another plan replaces the "
"one before.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"goal\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"What will be true when it is done, in one sentence.\"},"
"\"steps\":{\"type\":\"array\",\"minItems\":1,\"items\":"
"{\"type\":\"object\",\"properties\":{"
"\"title\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The step in one line.\"},"
"\"tools\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":["
TOOL_STEP_TOOLS "]},\"description\":"
"\"Only these run in this step; reading tools always do.\"},"
"\"paths\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
"\"description\":\"Only these paths or globs may change in this step.\"}},"
"\"required\":[\"title\"],\"additionalProperties\":false},"
"\"description\":\"In the order of work.\"},"
"\"files\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
"\"description\":\"The files you expect to change or create.\"},"
"\"criterion\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"A command that exits with 0 when the goal is reached, such as make "
"check.\"},"
"\"risks\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
"\"description\":\"What may go wrong or needs the person's eye.\"}},"
"\"required\":[\"goal\",\"steps\"],"
"\"additionalProperties\":false}",
},
{
	.name = "read",
	.also = " view open cat read_file view_file open_file list_dir list_directory ls read_many_files ",
	.effects = TOOL_READS,
	.description =
"Show a text file, or list a folder; or several at once with paths or ranges. "
"It shows up to 50 kB; when something is "
"left out, the last line, in square brackets, says what and how to go on. "
"Bytes that are not UTF-8 are shown as \\xNN.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The file or folder. " TOOL_PATH_TEXT "\"},"
"\"from\":{\"type\":\"integer\",\"minimum\":1,\"description\":"
"\"The first line to show, counted from 1.\"},"
"\"lines\":{\"type\":\"integer\",\"minimum\":1,\"description\":"
"\"How many lines to show at most.\"},"
"\"paths\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1},"
"\"description\":\"More files.\"},"
"\"ranges\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1},"
"\"from\":{\"type\":\"integer\",\"minimum\":1},"
"\"lines\":{\"type\":\"integer\",\"minimum\":1}},"
"\"required\":[],\"additionalProperties\":false},"
"\"description\":\"Parts of files, or of the one that path names.\"}},"
"\"required\":[],\"additionalProperties\":false}",
},
{
	.name = "run_tests",
	.also = " test run_test ",
	.effects = TOOL_COMMAND,
	.description =
"Run the project's configured test command on the staged project in the "
"sandbox. The answer has the exit status and the end of the output.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"Only the tests of this file or folder, where the configured command "
"allows it.\"}},"
"\"required\":[],\"additionalProperties\":false}",
},
{
	.name = "step_done",
	.effects = TOOL_CORE,
	.description =
"Mark a step of the approved plan as finished, so that the person sees where "
"the work stands.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"step\":{\"type\":\"integer\",\"minimum\":1,\"description\":"
"\"Its number in the plan; the first is 1.\"}},"
"\"required\":[\"step\"],\"additionalProperties\":false}",
},
{
	.name = "write",
	.also = " create create_file write_file write_to_file save_file new_file ",
	.effects = TOOL_WRITES,
	.description =
"Create a file, or replace the whole content of one. Missing folders are "
"made; an existing file keeps its mode. The content is taken as it is. Use "
"edit to change a part of a file.",
	.schema =
"{\"type\":\"object\",\"properties\":{"
"\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":"
"\"The file. " TOOL_PATH_TEXT "\"},"
"\"content\":{\"type\":\"string\",\"description\":"
"\"The whole content.\"},"
TOOL_REASON "},"
"\"required\":[\"path\",\"content\"],\"additionalProperties\":false}",
},
};
/* clang-format on */
const size_t tool_table_len = MEM_COUNT(tool_table);

const struct tool_entry *
tool_find(const char *name)
{
	size_t lo = 0, hi = tool_table_len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, tool_table[mid].name);

		if (c == 0)
			return &tool_table[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct tool_entry *
tool_meant(const char *name)
{
	char word[64];
	size_t i, n = strlen(name);

	if (n == 0 || n + 3 > sizeof(word) || strchr(name, ' ') != NULL)
		return NULL;
	word[0] = ' ';
	for (i = 0; i < n; i++)
		word[i + 1] = (char)tolower((unsigned char)name[i]);
	word[n + 1] = '\0';
	if (tool_find(word + 1) != NULL)
		return tool_find(word + 1);
	word[n + 1] = ' ';
	word[n + 2] = '\0';
	for (i = 0; i < tool_table_len; i++)
		if (tool_table[i].also != NULL &&
		    strstr(tool_table[i].also, word) != NULL)
			return &tool_table[i];
	return NULL;
}
