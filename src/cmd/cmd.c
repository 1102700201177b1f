/* The tables of commands and options, parsing the command line, and functions
 * that several commands use. */

#include "config.h"

#include "cmd/cmd.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "journal/event.h"

#define CMD_RUNS (CMD_SCREEN | CMD_EXEC | CMD_TRY | CMD_REVIEW)
#define CMD_ASKS (CMD_SCREEN | CMD_EXEC)
#define CMD_CHOOSES (CMD_TRY | CMD_REVIEW | CMD_DECIDE | CMD_UNDO)
#define CMD_PROJECT (CMD_RUNS | CMD_RESUME | CMD_END | \
	CMD_LS | CMD_LOG | CMD_FORK | CMD_DOCTOR | CMD_SHOW | CMD_DECIDE | \
	CMD_UNDO | CMD_STATS | CMD_CONFIG | CMD_MCP | CMD_AGENTS | \
	CMD_COMMIT | \
	CMD_PR | CMD_REVIEW | CMD_WAIT)

/* A word of only these looks like a command. */
#define CMD_BARE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789-_"

#define SETTING(name)	OPTION_SETTING, name, 0, SELECT_NONE
#define MEMBER(m)	OPTION_MEMBER, NULL, offsetof(struct cmd_args, m), \
			SELECT_NONE
#define WORDS(m)	OPTION_WORDS, NULL, offsetof(struct cmd_args, m), \
			SELECT_NONE
#define CHOICE(kind)	OPTION_CHOICE, NULL, 0, kind

/* clang-format off */
const struct cmd_option cmd_options[] = {
	{ "accept", "WHICH", CHOICE(SELECT_ACCEPT), CMD_CHOOSES,
	  "accept all, none, 1,3, mode or rename; of one file: PATH=1,3; the rest is rejected" },
	{ "agent", "NAME", MEMBER(agent), CMD_ASKS | CMD_ACP,
	  "let another agent do the work, such as claude" },
	{ "all", NULL, MEMBER(all), CMD_HELP,
	  "list all commands and options" },
	{ "all", NULL, MEMBER(all), CMD_LS | CMD_RESUME | CMD_STATS,
	  "include the sessions of all projects" },
	{ "all", NULL, MEMBER(all), CMD_DOCTOR,
	  "print all that was found" },
	{ "all", NULL, MEMBER(all), CMD_CONFIG,
	  "models: list the whole model table, with discontinued ones" },
	{ "allow-protected", "GLOB", SETTING("allow_protected"),
	  CMD_EXEC | CMD_TRY | CMD_REVIEW,
	  "with --approve yes, accept these protected paths too" },
	{ "amend", NULL, MEMBER(amend), CMD_COMMIT,
	  "amend the last commit, as git commit --amend" },
	{ "answers", "SESSION", MEMBER(answers), CMD_EXEC,
	  "no model: give the answers that the model gave in SESSION, or in a journal's file" },
	{ "approve", "WHEN", SETTING("approve"), CMD_RUNS | CMD_ACP,
	  "when you review changes, and what is auto-approved" },
	{ "at", "N", MEMBER(at), CMD_FORK,
	  "the message: its number in assent log; default: the last one" },
	{ "base", "REF", MEMBER(base), CMD_REVIEW,
	  "what a commit, branch or pull request is compared with" },
	{ "branch", "NAME", MEMBER(branch), CMD_ASKS,
	  "first make and switch to this branch; commit there" },
	{ "change", "N", MEMBER(change), CMD_UNDO,
	  "undo the change, or the undo, with this number in --list" },
	{ "change", "N", WORDS(changes), CMD_COMMIT,
	  "commit only this change, or these, such as 3-5" },
	{ "clean", NULL, MEMBER(clean), CMD_TRY,
	  "run nothing; remove ignored files from the copy" },
	{ "command", "NAME", MEMBER(command), CMD_EXEC,
	  "send the command NAME (commands/NAME.md); the task is its words" },
	{ "comment", "WHAT", WORDS(comments), CMD_DECIDE,
	  "comment on a line for the model: FILE:LINE TEXT; or ROW: TEXT, of the plan" },
	{ "commit", "WHEN", MEMBER(commit), CMD_ASKS,
	  "commit what was written: task (at its end), or decision (after each)" },
	{ "cpu", "SHARE", SETTING("cpu"), CMD_RUNS,
	  "CPU limit of a command: 25% of one core, 150%, or all" },
	{ "csv", NULL, MEMBER(csv), CMD_STATS,
	  "print a table with a row for each session (--from: each run)" },
	{ "detach", NULL, MEMBER(detach), CMD_SCREEN,
	  "start without a screen, and print the session's id" },
	{ "disk", "SIZE", SETTING("disk"), CMD_RUNS,
	  "disk limit of the session, such as 2G" },
	{ "dry-run", NULL, MEMBER(dry_run), CMD_COMMIT,
	  "commit nothing; show what would be, as git commit --dry-run" },
	{ "dry-run", NULL, MEMBER(dry_run), CMD_LS,
	  "with --gc: remove nothing; print what would be" },
	{ "edit", "N=FILE", CHOICE(SELECT_EDIT), CMD_CHOOSES,
	  "accept hunk N as edited in FILE" },
	{ "effort", "WORD", SETTING("effort"), CMD_ASKS | CMD_DOCTOR | CMD_ACP,
	  "how much the model thinks: off, low, medium, high, xhigh, max" },
	{ "estimate", NULL, MEMBER(estimate), CMD_EXEC,
	  "run nothing; estimate a task from this project's history" },
	{ "feedback", "TEXT", MEMBER(feedback), CMD_DECIDE,
	  "your comment on the decision as a whole, for the model" },
	{ "file", "FILE", MEMBER(file), CMD_COMMIT,
	  "take the message from this file, also as -F; no editor" },
	{ "file", "FILE", MEMBER(file), CMD_MCP,
	  "add: the servers of this file, such as a project's .mcp.json" },
	{ "find", NULL, MEMBER(find), CMD_REVIEW,
	  "let the model look for mistakes first; its findings are shown below the lines" },
	{ "fixup", "COMMIT", MEMBER(fixup), CMD_COMMIT,
	  "make a fixup! of that commit, as git commit --fixup" },
	{ "follow", NULL, MEMBER(follow), CMD_INBOX,
	  "go on, and print what changes" },
	{ "force", NULL, MEMBER(force), CMD_EXEC,
	  "with --name: run again even if it is done" },
	{ "force", NULL, MEMBER(force), CMD_LS,
	  "with --rm: also with an open question or review" },
	{ "forward", "ADDRESS", SETTING("forward"),
	  CMD_SCREEN | CMD_EXEC | CMD_TRY | CMD_RESUME,
	  "let commands use this machine's service at ADDRESS" },
	{ "from", "DIR", MEMBER(from), CMD_STATS,
	  "gather the files of exec --output in this folder instead" },
	{ "gc", NULL, MEMBER(gc), CMD_LS,
	  "remove old sessions, but none that runs or has an open question or review" },
	{ "gpg-sign", "[=KEY]", MEMBER(sign), CMD_COMMIT,
	  "sign the commit, also as -S[KEY]" },
	{ "fresh", NULL, MEMBER(fresh), CMD_EXEC | CMD_DECIDE,
	  "with an approved plan: work without the exploration before it" },
	{ "grep", "PATTERN", MEMBER(grep), CMD_LS | CMD_RESUME,
	  "only sessions in which you or the model said this (a regular expression)" },
	{ "help", NULL, MEMBER(help), CMD_ANY,
	  "print this help" },
	{ "hold", "WHAT", MEMBER(hold), CMD_EXEC,
	  "adds: leave open what adds something, such as a host (exit 5)" },
	{ "if-running", "HOW", MEMBER(if_running), CMD_EXEC,
	  "with --name: wait for a run of that name, or fail" },
	{ "inbox", NULL, MEMBER(inbox), CMD_RESUME,
	  "N goes back, too, if no other session waits: to the list of sessions that this one was opened from, on another host" },
	{ "include", "GLOB", WORDS(include),
	  CMD_EXEC | CMD_TRY | CMD_DECIDE,
	  "propose these ignored files and caches too" },
	{ "input", "NAME=VALUE", WORDS(inputs), CMD_EXEC,
	  "data, after the task; NAME=@FILE, or @- for standard input" },
	{ "insecure-http", NULL, SETTING("insecure_http"),
	  CMD_ASKS | CMD_RESUME | CMD_DECIDE | CMD_DOCTOR | CMD_ACP,
	  "allow sending keys over http:// to other machines, unencrypted" },
	{ "json", NULL, MEMBER(json),
	  CMD_EXEC | CMD_LOG | CMD_LS | CMD_SHOW | CMD_STATS | CMD_AGENTS |
	  CMD_COMMIT | CMD_WAIT | CMD_INBOX | CMD_CONFIG | CMD_DOCTOR |
	  CMD_UNDO,
	  "print JSON (exec, inbox, log: an object per line)" },
	{ "limit", "HOW", MEMBER(limit), CMD_DECIDE,
	  "of a task paused at a limit: more, \"more N\", wrap, wait or end" },
	{ "lines", "N:LIST", CHOICE(SELECT_LINES), CMD_CHOOSES,
	  "accept only these + and - lines of hunk N" },
	{ "list", NULL, MEMBER(list), CMD_UNDO,
	  "list the written changes and their numbers" },
	{ "max-cost", "USD", SETTING("max_cost"), CMD_ASKS,
	  "cost limit of a task in US dollars, such as 2.50" },
	{ "max-cost-day", "USD", SETTING("max_cost_day"), CMD_ASKS,
	  "cost limit of a day, of all sessions together" },
	{ "max-time", "TIME", SETTING("max_time"), CMD_ASKS,
	  "time limit of a task, such as 90, 5m, 1h" },
	{ "max-total-tokens", "N", SETTING("max_total_tokens"), CMD_ASKS,
	  "token limit of a task, such as 500k" },
	{ "max-turns", "N", SETTING("max_turns"), CMD_ASKS,
	  "limit on the model's turns in a task" },
	{ "md", NULL, MEMBER(md), CMD_LOG,
	  "print Markdown for a colleague: task, plan, decisions, changes" },
	{ "memory", "SIZE", SETTING("memory"), CMD_RUNS,
	  "memory limit of a command, such as 512M" },
	{ "message", "TEXT", WORDS(messages), CMD_COMMIT,
	  "a paragraph of the commit's message, also as -m; no editor" },
	{ "model", "NAME", SETTING("model"),
	  CMD_ASKS | CMD_RESUME | CMD_DOCTOR | CMD_ACP | CMD_REVIEW,
	  "the model, as PROVIDER/MODEL" },
	{ "name", "NAME", MEMBER(name), CMD_EXEC,
	  "name the run: it is done once, and resumed if killed" },
	{ "need-model", NULL, MEMBER(need_model), CMD_DOCTOR,
	  "exit 1 if there is no model" },
	{ "net", "HOST[:PORT]", SETTING("net_allow"),
	  CMD_SCREEN | CMD_EXEC | CMD_TRY | CMD_RESUME,
	  "let commands reach HOST, and send it what they read" },
	{ "no-edit", NULL, MEMBER(no_edit), CMD_COMMIT,
	  "commit with the drafted message; with --amend, keep the old one" },
	{ "no-verify", NULL, MEMBER(no_verify), CMD_COMMIT,
	  "skip the hooks that could refuse the commit, also as -n" },
	{ "note", NULL, MEMBER(note), CMD_COMMIT,
	  "write which lines the agent wrote, and who accepted them, into a git "
	  "note" },
	{ "notice", NULL, MEMBER(notice), CMD_EXEC,
	  "run a check that passed with small changes, too, and say which it "
	  "doesn't notice" },
	{ "older", "TIME", MEMBER(older), CMD_LS,
	  "with --gc: those unused for so long; default: 30d" },
	{ "on", "BRANCH", MEMBER(on), CMD_COMMIT,
	  "commit only if this branch is checked out" },
	{ "output", "FILE", MEMBER(output), CMD_EXEC,
	  "write a JSON object about the run" },
	{ "overwrite", "LIST", CHOICE(SELECT_OVERWRITE), CMD_CHOOSES,
	  "accept these hunks, such as 1,3, although they overwrite your newer lines" },
	{ "patch", "FILE", CHOICE(SELECT_PATCH), CMD_DECIDE,
	  "accept the proposal as edited or shortened in FILE" },
	{ "patch-out", "FILE", MEMBER(patch_out), CMD_EXEC,
	  "write what was written or waits for a review as a patch" },
	{ "pids", "N", SETTING("pids"), CMD_RUNS,
	  "process limit of a command" },
	{ "plain", NULL, MEMBER(plain),
	  CMD_SCREEN | CMD_RESUME | CMD_DEMO | CMD_CHOOSES | CMD_INBOX |
	  CMD_REVIEW,
	  "plain text instead of the full-screen UI" },
	{ "plan", "WHAT", MEMBER(plan), CMD_DECIDE,
	  "of a waiting plan: approve, reject, or the FILE with it as you edited it" },
	{ "plan", "HOW", SETTING("plan"), CMD_ASKS | CMD_ACP,
	  "plan: require (you approve it), auto or skip" },
	{ "pr", "N", MEMBER(pull), CMD_REVIEW,
	  "a pull request, which your git fetches" },
	{ "price", "IN/CACHED/OUT", SETTING("price"), CMD_ASKS,
	  "the model's price if no table has it: dollars per million tokens" },
	{ "profile", "NAME", SETTING("profile"), CMD_ASKS | CMD_ACP,
	  "the kind of work: code, review, bugfix, migrate, docs, tests, deps (assent config profiles lists them)" },
	{ "proposal", "N.V", MEMBER(proposal), CMD_DECIDE,
	  "decide only if the open proposal still has this number and version" },
	{ "push", NULL, MEMBER(push), CMD_PR,
	  "push without asking" },
	{ "recover", "HOW", MEMBER(recover),
	  CMD_RESUME | CMD_SAY | CMD_DECIDE | CMD_UNDO |
	  CMD_COMMIT,
	  "after an interrupted apply: finish, undo, leave" },
	{ "reject", "LIST", CHOICE(SELECT_REJECT), CMD_CHOOSES,
	  "reject these hunks, such as 1,3; those that no option names stay open" },
	{ "remove", NULL, MEMBER(remove), CMD_LOGIN,
	  "remove the stored key of PROVIDER" },
	{ "require", "CMD", MEMBER(require), CMD_EXEC,
	  "don't begin (exit 5) unless this command passes in the sandbox" },
	{ "require-mcp", NULL, MEMBER(require_mcp), CMD_EXEC,
	  "don't begin (exit 5) unless every MCP server starts" },
	{ "require-proof", NULL, MEMBER(require_proof),
	  CMD_EXEC | CMD_REVIEW | CMD_DECIDE,
	  "accept nothing unless it passes with your tests as they are (exit 5)" },
	{ "rm", NULL, MEMBER(rm), CMD_LS,
	  "remove these sessions" },
	{ "rollback", NULL, MEMBER(rollback), CMD_EXEC,
	  "undo the changes if the check fails on them" },
	{ "root", "DIR", MEMBER(root), CMD_PROJECT,
	  "the project; default: the git work tree you are in" },
	{ "sandbox", "KIND", SETTING("sandbox"),
	  CMD_RUNS | CMD_RESUME | CMD_DOCTOR,
	  "auto, container: the one that assent runs in, or podman:IMAGE: run "
	  "commands in it" },
	{ "sandbox-require", "LEVEL", SETTING("sandbox_require"),
	  CMD_RUNS | CMD_DEMO | CMD_DOCTOR | CMD_ACP,
	  "don't start in a weaker sandbox than level A, B, C, D or none" },
	{ "scope", "NAMES", MEMBER(scope), CMD_MCP,
	  "login: ask for these rights instead of those that the server names" },
	{ "send", "TO", MEMBER(send), CMD_REVIEW,
	  "send the comments of review session ID: new, another session's id, ask" },
	{ "signoff", NULL, MEMBER(signoff), CMD_COMMIT,
	  "add a Signed-off-by trailer, also as -s" },
	{ "split", "N", CHOICE(SELECT_SPLIT), CMD_CHOOSES,
	  "first split hunk N at its unchanged lines" },
	{ "staged", NULL, MEMBER(staged), CMD_REVIEW,
	  "what is in git's index instead of the files" },
	{ "task-file", "FILE", MEMBER(task_file), CMD_EXEC,
	  "read the task from this file" },
	{ "test", "CMD", SETTING("test"), CMD_ASKS | CMD_ACP | CMD_REVIEW,
	  "the command that must pass, such as \"make test\"" },
	{ "timeout", "TIME", SETTING("timeout"), CMD_RUNS,
	  "time limit of a command, such as 2m" },
	{ "timeout", "TIME", MEMBER(within), CMD_WAIT,
	  "give up after this time (exit 124), such as 90, 5m" },
	{ "tools", "LIST", SETTING("tools"), CMD_ASKS,
	  "the model's tools, such as read,edit,bash" },
	{ "verbose", NULL, MEMBER(verbose), CMD_COMMIT,
	  "show the diff in the editor, also as -v" },
	{ "verify", NULL, MEMBER(verify), CMD_LOG,
	  "verify the hash chain, the head and all content" },
	{ "version", NULL, MEMBER(version), CMD_SCREEN,
	  "print the version" },
	{ "wait-limit", NULL, MEMBER(wait_limit), CMD_EXEC,
	  "wait for a limit of the model's service, however long it says" },
	{ "with-dirty", NULL, MEMBER(with_dirty), CMD_COMMIT,
	  "commit the changed files whole, with your own changes in them" },
	{ "worktree", "[=NAME]", MEMBER(worktree), CMD_ASKS,
	  "work in a git worktree, on the branch assent/NAME" },
	{ "yes", NULL, MEMBER(yes), CMD_CONFIG | CMD_MCP,
	  "don't ask before hooks, servers or a server's folder are added" },
};
/* clang-format on */
const size_t cmd_options_len = MEM_COUNT(cmd_options);

/* Options that don't go together, or do nothing without another. Sorted by
 * command. */
static const struct {
	unsigned	 commands;
	const char	*option, *other;
	bool		 needs;		/* it */
} cmd_rules[] = {
	{ CMD_ASKS | CMD_ACP, "agent", "effort", false },
	{ CMD_ASKS | CMD_ACP, "agent", "model", false },
	{ CMD_ASKS | CMD_ACP, "agent", "profile", false },
	{ CMD_ASKS, "agent", "tools", false },
	{ CMD_COMMIT, "amend", "fixup", false },
	{ CMD_COMMIT, "dry-run", "note", false },
	{ CMD_COMMIT, "file", "message", false },
	{ CMD_EXEC, "answers", "agent", false },
	{ CMD_EXEC, "answers", "model", false },
	{ CMD_EXEC, "force", "name", true },
	{ CMD_EXEC, "if-running", "name", true },
	{ CMD_DECIDE, "fresh", "plan", true },
	{ CMD_LOG, "json", "md", false },
	{ CMD_LOG, "json", "verify", false },
	{ CMD_LOG, "md", "verify", false },
	{ CMD_LS, "dry-run", "gc", true },
	{ CMD_LS, "force", "rm", true },
	{ CMD_LS, "gc", "grep", false },
	{ CMD_LS, "gc", "rm", false },
	{ CMD_LS, "grep", "rm", false },
	{ CMD_LS, "older", "gc", true },
	{ CMD_REVIEW, "find", "send", false },
	{ CMD_REVIEW, "model", "find", true },
	{ CMD_REVIEW, "pr", "staged", false },
	{ CMD_SCREEN, "detach", "plain", false },
	{ CMD_STATS, "all", "from", false },
	{ CMD_STATS, "csv", "json", false },
	{ CMD_TRY, "accept", "clean", false },
	{ CMD_UNDO, "accept", "list", false },
	{ CMD_UNDO, "change", "list", false },
	{ CMD_UNDO, "json", "list", true },
};

#define CMD_CLONE "git clone, and assent in the clone"
#define CMD_DU "du -sh ~/.local/state/assent/sessions/*"
#define CMD_TREE "git worktree remove, then git branch -d assent/NAME"
#define CMD_THREADS "gh api repos/{owner}/{repo}/pulls/N/comments with exec --input"

const struct cmd_other cmd_others[] = {
	{ "--continue", "assent resume" },
	{ "--dangerously-skip-permissions", "--approve yes, in exec" },
	{ "--full-auto", "--approve small, or yes in exec" },
	{ "--print", "assent exec" },
	{ "--resume", "assent resume" },
	{ "--yes", "--approve yes" },
	{ "--yolo", "--approve yes, in exec" },
	{ "-c", "assent resume" },
	{ "-p", "assent exec" },
	{ "-r", "assent resume" },
	{ "-y", "--approve yes" },
	{ "accept", "assent decide" },
	{ "apply", "assent review FILE" },
	{ "attach", "assent resume" },
	{ "continue", "assent resume" },
	{ "diff", "assent show" },
	{ "du", CMD_DU },
	{ "gc", "assent ls --gc" },
	{ "hooks", "assent config hooks" },
	{ "keys", "assent config keys" },
	{ "kill", "assent end" },
	{ "list", "assent ls" },
	{ "logout", "assent login --remove PROVIDER" },
	{ "models", "assent config models" },
	{ "ps", "assent ls" },
	{ "rewind", "assent undo for files, assent fork for the conversation" },
	{ "rm", "assent ls --rm ID" },
	{ "sessions", "assent ls" },
	{ "status", "assent ls" },
	{ "stop", "assent end" },
};
const size_t cmd_others_len = MEM_COUNT(cmd_others);

const struct cmd_other cmd_gone[] = {
	{ "--into", CMD_CLONE },
	{ "--plan look", "/look in the session, or --profile review" },
	{ "--ref", CMD_CLONE },
	{ "--repo", CMD_CLONE },
	{ "config import", "contrib/import/assent-import (installed in "
	  "assent's share folder), which prints what to copy" },
	{ "decide --from", "assent review FILE" },
	{ "doctor --protected", "assent config protected" },
	{ "end --force", CMD_TREE },
	{ "end --worktree", CMD_TREE },
	{ "exec --into", CMD_CLONE },
	{ "exec --ref", CMD_CLONE },
	{ "exec --repo", CMD_CLONE },
	{ "exec --proposal-out", "--patch-out" },
	{ "exec --sarif", "assent exec --output, whose findings have file and "
	  "line" },
	{ "inbox --from", "assent review FILE" },
	{ "log --net", "assent log, which has a line for each host" },
	{ "ls --du", CMD_DU },
	{ "ls --size", "assent ls --gc --older TIME" },
	{ "ls --worktrees", "git worktree list" },
	{ "merge", "assent commit ID, then git merge assent/NAME" },
	{ "pr --comment", "gh pr review" },
	{ "pr --detach", CMD_THREADS },
	{ "pr --model", CMD_THREADS },
	{ "pr --plain", CMD_THREADS },
	{ "pr --reply", "gh pr comment" },
	{ "pr --threads", CMD_THREADS },
	{ "record", "assent exec --answers SESSION" },
	{ "replay", "assent exec --answers SESSION" },
	{ "skills", "assent config skills" },
};
const size_t cmd_gone_len = MEM_COUNT(cmd_gone);

/* Our equivalent of an option of other programs ("--print": "assent exec");
 * NULL if we know none. */
static const char *
cmd_ours(const char *word)
{
	return MEM_FIND(cmd_others, word) == NULL ? NULL :
	    MEM_FIND(cmd_others, word)->ours;
}

/* A word of the last release: a command, or (c != NULL) an option or the first
 * operand of c. */
static int
cmd_was(const struct cmd_entry *c, const char *word, struct err *e)
{
	AUTO_FREE char *row = xasprintf("%s%s%s", c == NULL || c->name == NULL ?
	    "" : c->name, c == NULL || c->name == NULL ? "" : " ", word);
	const struct cmd_other *gone = MEM_FIND(cmd_gone, row);

	if (gone == NULL)
		return 0;
	if (c == NULL)
		return err_set(e, "%s was removed; use %s (as a task: assent "
		    "-- %s ...)", gone->word, gone->ours, gone->word);
	return err_set(e, "%s was removed; use %s", gone->word, gone->ours);
}

/* clang-format off */
const struct cmd_entry cmd_table[] = {
	{ NULL, CMD_SCREEN, "[TASK]", SIZE_MAX,
	  NULL, cmd_screen },
	{ "acp", CMD_ACP, "", 0,
	  "Speak the Agent Client Protocol, for editors.", cmd_acp },
	{ "agents", CMD_AGENTS, "", 0,
	  "List other agents that can run in the sandbox.", cmd_agents },
	{ "commit", CMD_COMMIT, "[ID] [-- PATH...]", 1,
	  "Commit what a session wrote, with git.", cmd_commit },
	{ "completion", CMD_COMPLETION, "[bash | fish | zsh]", 1,
	  "Print a shell's completion script.", cmd_completion },
	{ "config", CMD_CONFIG, "[hooks | keys | models | profiles | "
	  "protected | skills] [add FILE | test NAME]", SIZE_MAX,
	  "List hooks, keys, models and the like; add or try a hook.",
	  cmd_config },
	{ "decide", CMD_DECIDE, "[ID]", 1,
	  "Accept or reject the hunks of a session, or its plan.",
	  cmd_decide },
	{ "demo", CMD_DEMO, "", 0,
	  "Watch a recorded session (no key, no network).",
	  cmd_demo },
	{ "doctor", CMD_DOCTOR, "", 0,
	  "Check this host: sandbox, check, model, and what to do next.",
	  cmd_doctor },
	{ "end", CMD_END, "[ID]", 1,
	  "End a session (open changes are kept).", cmd_end },
	{ "exec", CMD_EXEC, "[TASK|-]", SIZE_MAX,
	  "Run a task without the full-screen UI.", cmd_exec },
	{ "fork", CMD_FORK, "[ID]", 1,
	  "Go on from an earlier message, in a new session.", cmd_fork },
	{ "help", CMD_HELP, "[COMMAND|WORD]", 1,
	  "Print the usual commands and options, or what a word means.", cmd_help },
	{ "inbox", CMD_INBOX, "", 0,
	  "List what all sessions ask or show for review, and open it.",
	  cmd_inbox },
	{ "log", CMD_LOG, "[ID] | -- FILE", 1,
	  "Print a session's journal, or who accepted a file's changes.", cmd_log },
	{ "login", CMD_LOGIN, "[PROVIDER | -]", 1,
	  "Store or remove a provider's API key, or list the providers.", cmd_login },
	{ "ls", CMD_LS, "[HOST: | --rm ID...]", SIZE_MAX,
	  "List this project's sessions; remove old sessions.",
	  cmd_ls },
	{ "mcp", CMD_MCP, "[ls | add NAME -- COMMAND... | "
	  "(test | login | logout | rm) NAME]", SIZE_MAX,
	  "List, add, try or remove MCP servers; sign in at one, or out.",
	  cmd_mcp },
	{ "pr", CMD_PR, "[ID]", 1,
	  "Push a session's branch, and open a draft pull request.", cmd_pr },
	{ "resume", CMD_RESUME, "[ID]", 1,
	  "Go back to a session, running or not.", cmd_resume },
	{ "review", CMD_REVIEW, "FILE|-... | [COMMIT|A..B|BRANCH] [PATH...]",
	  SIZE_MAX, "Review and stage your changes; read others'; apply patches.",
	  cmd_review_own },
	{ "say", CMD_SAY, "ID MESSAGE|-", SIZE_MAX,
	  "Send a message to a session, without the full-screen UI.",
	  cmd_say_text },
	{ "show", CMD_SHOW, "[ID]", 1,
	  "Print the changes that a session proposes, or its plan.", cmd_show },
	{ "stats", CMD_STATS, "[ID]", 1,
	  "Print what sessions used, and how their tasks went.", cmd_stats },
	{ "try", CMD_TRY, "-- COMMAND... | --clean [ID]", SIZE_MAX,
	  "Run a command in the sandbox and review its changes.",
	  cmd_try },
	{ "undo", CMD_UNDO, "[ID]", 1,
	  "Undo a change, or an earlier undo; shows it first.", cmd_undo },
	{ "wait", CMD_WAIT, "[ID...]", SIZE_MAX,
	  "Wait until a session needs you or is done.", cmd_wait },
};
/* clang-format on */
const size_t cmd_table_len = MEM_COUNT(cmd_table);

/* ---- getopt_long(3) ---- */

#define WORD_OPERAND	1	/* getopt's, for "-" */
#define WORD_OPTION	256	/* from here: a row of cmd_options */

/* The rows of these commands; the caller frees. */
static struct option *
word_options(unsigned commands)
{
	struct option *v = xcalloc(cmd_options_len + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < cmd_options_len; i++)
		if ((cmd_options[i].commands & commands) != 0) {
			v[n].name = cmd_options[i].name;
			v[n].has_arg = cmd_options[i].arg == NULL ?
			    no_argument : cmd_options[i].arg[0] == '[' ?
			    optional_argument : required_argument;
			v[n++].val = WORD_OPTION + (int)i;
		}
	optind = 0;
	return v;
}

/* An option of one letter, where the command has it, by its name; "-mTEXT" as
 * "--message=TEXT". */
static void
word_long(char **arg, const struct option *v)
{
	static const struct { char letter; const char *name; } rows[] = {
		{ 'F', "file" }, { 'S', "gpg-sign" }, { 'h', "help" },
		{ 'm', "message" }, { 'n', "no-verify" }, { 'o', "output" },
		{ 's', "signoff" }, { 'v', "verbose" },
	};
	const char *s = *arg;
	size_t i;

	for (i = 0; s[0] == '-' && s[1] != '\0' && i < MEM_COUNT(rows); i++) {
		if (s[1] != rows[i].letter)
			continue;
		for (; v->name != NULL && strcmp(v->name, rows[i].name) != 0;)
			v++;
		/* Stays in argv. */
		if (v->name != NULL && s[2] == '\0')
			*arg = xasprintf("--%s", rows[i].name);
		else if (v->name != NULL && v->has_arg != no_argument)
			*arg = xasprintf("--%s=%s", rows[i].name, s + 2);
		return;
	}
}

/* The next word, as getopt_long, but without abbreviations of names.  *o is the
 * option, or NULL. */
static int
word_next(int argc, char **argv, const struct option *v, const char **word,
    const struct cmd_option **o)
{
	int at = optind > 0 ? optind : 1, k;

	if (at < argc)
		word_long(&argv[at], v);
	*word = argv[at];
	*o = NULL;
	k = getopt_long(argc, argv, "-:", v, NULL);
	if (k == -1 || k == WORD_OPERAND)
		return k;
	if (k >= WORD_OPTION || optopt >= WORD_OPTION)
		*o = &cmd_options[(k >= WORD_OPTION ? k : optopt) -
		    WORD_OPTION];
	if (*o == NULL || strlen((*o)->name) != strcspn(*word + 2, "=")) {
		*o = NULL;
		optind = at + 1;
		return '?';
	}
	return k;
}

/* The command in argv (argv[0] is the program); removes its name from argv. A
 * word that looks like a mistyped command is an error. *apply: it was called by
 * that old name. */
static const struct cmd_entry *
cmd_choose(int *argc, char **argv, bool *apply, struct err *e)
{
	const struct cmd_entry *c;
	const struct cmd_option *o;
	const char *word, *ours;
	AUTO_FREE struct option *v = word_options(CMD_ANY);
	struct near near;
	size_t k;
	int i, what;

	while ((what = word_next(*argc, argv, v, &word, &o)) != -1 &&
	    what != WORD_OPERAND)
		;
	if (what == -1)
		return &cmd_table[0];
	i = optind - 1;
	*apply = strcmp(argv[i], "apply") == 0;
	if (*apply)
		cmd_say("apply FILE is assent review FILE now");
	c = MEM_FIND_IN(cmd_table, cmd_table_len, *apply ? "review" : argv[i]);
	if (c != NULL) {
		memmove(&argv[i], &argv[i + 1],
		    (size_t)(*argc - i) * sizeof(argv[0]));
		(*argc)--;
		return c;
	}
	if (cmd_was(NULL, argv[i], e) < 0)
		return NULL;
	ours = cmd_ours(argv[i]);
	/* If more words follow, it is a task. */
	if (ours != NULL && *argc - i <= 2) {
		err_set(e, "unknown command \"%s\"; use %s", argv[i], ours);
		return NULL;
	}
	/* A word that looks like a command is hardly a task, which may cost
	 * money: neither one that is alone nor one that is almost a command. */
	if (i + 1 < *argc || argv[i][strspn(argv[i], CMD_BARE)] != '\0')
		return &cmd_table[0];
	near = (struct near)NEAR_INIT(argv[i]);
	for (k = 0; k < cmd_table_len; k++)
		if (cmd_table[k].name != NULL)
			near_try(&near, cmd_table[k].name);
	if (near.score >= NEAR_MAX && *argc > 2)
		return &cmd_table[0];
	if (near.score >= NEAR_MAX)
		err_set(e, "unknown command \"%.60s\" (see assent help; as a "
		    "task: assent -- %.60s)", argv[i], argv[i]);
	else
		err_set(e, "unknown command \"%.60s\"; did you mean \"%s\"? "
		    "(as a task: assent -- %.60s)", argv[i], near.known,
		    argv[i]);
	return NULL;
}

/* The first command that has this option ("--detach"), or NULL. */
static const struct cmd_entry *
cmd_of_option(const char *option)
{
	unsigned bits = 0;
	size_t i;

	for (i = 0; option[0] == '-' && i < cmd_options_len; i++)
		if (strcmp(cmd_options[i].name, option + 1 + (option[1] ==
		    '-')) == 0)
			bits |= cmd_options[i].commands;
	for (i = 0; i < cmd_table_len && (cmd_table[i].bit & bits) == 0; i++)
		;
	return i < cmd_table_len ? &cmd_table[i] : NULL;
}

static int
cmd_unknown_option(const struct cmd_entry *c, const char *arg, struct err *e)
{
	AUTO_FREE char *name = xmemdup(arg, strcspn(arg, "="));
	struct near near = NEAR_INIT(name);
	const char *ours = cmd_ours(name);
	const struct cmd_entry *other = cmd_of_option(name);
	size_t i;

	if (cmd_was(c, name, e) < 0)
		return -1;
	for (i = 0; i < cmd_options_len; i++)
		if ((cmd_options[i].commands & c->bit) != 0)
			near_try(&near, cmd_options[i].name);
	if (ours != NULL)
		err_set(e, "unknown option %s; use %s", name, ours);
	else if (other != NULL && other->name == NULL)
		err_set(e, "unknown option %s; use assent %s (if the task is "
		    "\"%s\": assent %s ... -- %s)", name, name, c->name, name,
		    c->name);
	else if (other != NULL)
		err_set(e, "unknown option %s; use assent %s %s", name,
		    other->name, name);
	else if (near.known != NULL)
		err_set(e, "unknown option %.60s; did you mean --%s?", name,
		    near.known);
	else
		err_set(e, "unknown option %.60s (see assent %s%s)", name,
		    c->name == NULL ? "help --all" : c->name,
		    c->name == NULL ? "" : " --help");
	return -1;
}

static void
cmd_add_flag(struct cmd_args *a, const struct cmd_option *o, const char *text)
{
	*GROW_ADD(a->flags, a->flags_len) = (struct config_flag){
		.setting = o->setting, .text = text,
		.flag = xasprintf("--%s", o->name) };
}

static void
cmd_add_choice(struct cmd_args *a, enum select_kind kind, const char *text)
{
	*GROW_ADD(a->choices, a->choices_len) =
	    (struct select_option){ kind, text };
}

static void
cmd_take_option(struct cmd_args *a, const struct cmd_option *o,
    const char *value)
{
	char *to = (char *)a + o->member;
	struct cmd_words *words;

	switch (o->kind) {
	case OPTION_SETTING:
		cmd_add_flag(a, o, o->arg == NULL ? "on" : value);
		break;
	case OPTION_CHOICE:
		cmd_add_choice(a, o->choice, value);
		break;
	case OPTION_WORDS:
		words = (struct cmd_words *)(void *)to;
		*GROW_ADD(words->v, words->len) = value;
		break;
	case OPTION_MEMBER:
		if (o->arg == NULL)
			*(bool *)to = true;
		else
			memcpy(to, &value, sizeof(value));
		break;
	}
}

/* Was an option of this name, of this command, given? */
static bool
cmd_was_given(const struct cmd_entry *c, const bool *given, const char *name)
{
	size_t i;

	for (i = 0; i < cmd_options_len; i++)
		if (given[i] && (cmd_options[i].commands & c->bit) != 0 &&
		    strcmp(cmd_options[i].name, name) == 0)
			return true;
	return false;
}

static int
cmd_check_rules(const struct cmd_entry *c, const bool *given, struct err *e)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(cmd_rules); i++) {
		bool other = cmd_was_given(c, given, cmd_rules[i].other);

		if ((cmd_rules[i].commands & c->bit) == 0 ||
		    !cmd_was_given(c, given, cmd_rules[i].option) ||
		    other == cmd_rules[i].needs)
			continue;
		return err_set(e, cmd_rules[i].needs ? "--%s needs --%s" :
		    "--%s and --%s; use one", cmd_rules[i].option,
		    cmd_rules[i].other);
	}
	return 0;
}

const struct cmd_entry *
cmd_parse(int argc, char **argv, struct cmd_args *a, struct err *e)
{
	bool apply = false;
	const struct cmd_entry *c = cmd_choose(&argc, argv, &apply, e);
	const struct cmd_option *o;
	AUTO_FREE struct option *v = c == NULL ? NULL : word_options(c->bit);
	bool given[MEM_COUNT(cmd_options)] = { false };
	const char *word;
	int what, rc = 0;

	if (c == NULL)
		return NULL;
	*a = (struct cmd_args){ .apply = apply };
	a->operands = xcalloc((size_t)argc + 1, sizeof(*a->operands));
	while (rc == 0 && (what = word_next(argc, argv, v, &word, &o)) != -1) {
		if (o != NULL)
			given[o - cmd_options] = true;
		if (what == WORD_OPERAND)
			a->operands[a->operands_len++] = optarg;
		else if (o == NULL && c->bit == CMD_HELP && word[1] == '-')
			a->operands[a->operands_len++] = argv[optind - 1] + 2;
		else if (o == NULL)
			rc = cmd_unknown_option(c, word, e);
		else if (what == '?')
			rc = err_set(e, "--%s takes no value", o->name);
		else if (what == ':')
			rc = err_set(e, "--%s needs a value: %s", o->name,
			    o->arg);
		else {
			AUTO_FREE char *both = xasprintf("--%s %s", o->name,
			    ev_str(optarg, ""));

			rc = cmd_was(&cmd_table[0], both, e);
			cmd_take_option(a, o, ev_str(optarg, ""));
		}
	}
	if (rc == 0 && c->bit == CMD_LOG && optind < argc)
		a->path = argv[optind++];
	for (; rc == 0 && !apply && (c->bit & (CMD_COMMIT | CMD_REVIEW)) !=
	    0 && optind < argc; optind++) {
		*GROW_ADD(a->paths.v, a->paths.len) = argv[optind];
	}
	while (rc == 0 && optind < argc)
		a->operands[a->operands_len++] = argv[optind++];
	if (rc == 0 && a->operands_len > 0 && c->name != NULL)
		rc = cmd_was(c, a->operands[0], e);
	if (rc == 0 && !a->help && a->operands_len > c->operands_max)
		rc = err_set(e, "unexpected argument \"%.60s\" (see assent "
		    "%s --help)", a->operands[c->operands_max], c->name);
	if (rc == 0 && !a->help)
		rc = cmd_check_rules(c, given, e);
	if (rc < 0)
		cmd_args_release(a);
	return rc < 0 ? NULL : c;
}

void
cmd_args_release(struct cmd_args *a)
{
	MEM_EACH(a, flags, it)
		free((char *)(uintptr_t)it->flag);
	FREE_ALL(a->flags, a->choices, a->include.v, a->comments.v, a->inputs.v,
	    a->messages.v, a->changes.v, a->paths.v, a->operands);
	memset(a, 0, sizeof(*a));
}

const char *
cmd_flag(const struct cmd_args *a, const char *setting)
{
	size_t i;

	for (i = a->flags_len; i > 0; i--)
		if (strcmp(a->flags[i - 1].setting, setting) == 0)
			return a->flags[i - 1].text;
	return NULL;
}

char *
cmd_scratch(const char *what, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/assent-%s.XXXXXX", tmp != NULL &&
	    tmp[0] == '/' ? tmp : "/tmp", what);

	if (mkdtemp(dir) != NULL)
		return dir;
	err_sys(e, "can't create %s", dir);
	free(dir);
	return NULL;
}

static bool
cmd_task_is_stdin(const struct cmd_args *a)
{
	/* A command needs no words. */
	return a->task_file == NULL && ((a->operands_len == 0 &&
	    a->command == NULL && !isatty(0)) ||
	    (a->operands_len == 1 && strcmp(a->operands[0], "-") == 0));
}

int
cmd_task(const struct cmd_args *a, bool stdin_too, char **out, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(TASK_MAX_BYTES);
	size_t i;

	*out = NULL;
	if (a->task_file != NULL) {
		if (a->operands_len > 0)
			return err_set(e, "--task-file and a task; use one");
		if (fs_read_file(AT_FDCWD, a->task_file, &b, e) < 0)
			return -1;
	} else if (stdin_too && cmd_task_is_stdin(a)) {
		if (fs_read_all(STDIN_FILENO, &b) < 0)
			return err_sys(
			    e, "can't read the task from standard input");
	} else {
		for (i = 0; i < a->operands_len; i++) {
			const char *word = a->operands[i];

			if (i > 0)
				buf_addc(&b, ' ');
			/* $1 of a command's text is this word. */
			if (a->command != NULL && a->operands_len > 1 &&
			    (word[0] == '\0' || strpbrk(word, " \t\n'\"") !=
			    NULL))
				shell_quote(&b, word);
			else
				buf_adds(&b, word);
		}
	}
	while (b.len > 0 && strchr(" \t\r\n", b.p[b.len - 1]) != NULL)
		b.p[--b.len] = '\0';
	if (b.len > 0 && (!utf8_is_valid(b.p, b.len) ||
	    memchr(b.p, '\0', b.len) != NULL))
		return err_set(e, "the task isn't UTF-8 text");
	if (b.len > 0)
		*out = buf_take(&b);
	return stdin_too && cmd_task_is_stdin(a);
}
