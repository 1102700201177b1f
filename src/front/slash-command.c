/* A new command is a row here and, unless it only sends a line to the core,
 * a case in the front ends that have it. */
#include "config.h"

#include "front/slash-command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/sanitize.h"
#include "journal/command.h"
#include "policy/approve.h"

static cJSON *
slash_command_model(
    const struct slash_command_models *m, const char *rest, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *o = NULL;

	if (m->names == NULL || m->line == NULL)
		err_set(e, "no configuration is loaded here");
	else if (rest[0] == '\0') {
		m->names(m->arg, &b);
		err_set(e, "/model needs a name; configured are: %s",
		    b.len > 0 ? buf_str(&b) : "none");
	} else
		o = m->line(m->arg, rest, e);
	return o;
}

static cJSON *
slash_command_encoding(
    const struct slash_command_models *m, const char *rest, struct err *e)
{
	const char *name = strrchr(rest, ' ');
	size_t n = name == NULL ? 0 : (size_t)(name - rest);
	AUTO_FREE char *pattern = NULL;
	cJSON *o, *rules;

	while (n > 0 && rest[n - 1] == ' ')
		n--;
	if (m->encoding == NULL || n == 0) {
		err_set(e, n == 0 ? "/encoding needs a pattern and a name "
		    "that iconv -l lists, such as *.ini cp932; none takes it "
		    "back" :
		    "no configuration is loaded here");
		return NULL;
	}
	pattern = xmemdup(rest, n);
	o = command_of("set");
	rules = cJSON_AddObjectToObject(o, "encodings");
	json_set_take(rules, pattern, strcmp(name + 1, "none") == 0 ?
	    cJSON_CreateNull() : cJSON_CreateString(name + 1));
	if (encodings_check(rules, e) < 0 || m->encoding(m->arg, rules, e) < 0)
		json_drop(&o);
	return o;
}

static cJSON *
slash_command_mode(const char *rest, const struct fold *f, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct approve *mode = approve_find(rest);

	if (mode == NULL || (mode->where & APPROVE_SCREEN) == 0) {
		approve_names(&b, APPROVE_SCREEN, ", ");
		err_set(e, "review mode: %s; /mode needs one of %s",
		    f->approve == NULL ? "ask" : f->approve, buf_str(&b));
		return NULL;
	}
	return command_text("set", "approve", mode->name);
}

static cJSON *
slash_command_look(const char *rest UNUSED, const struct fold *f UNUSED,
    struct err *e UNUSED)
{
	return command_text("set", "plan", "look");
}

static cJSON *
slash_command_redo(const char *rest UNUSED, const struct fold *f,
    struct err *e)
{
	const struct fold_change *undo = fold_change_last(f, true);

	if (undo != NULL)
		return command_undo(undo->tx, NULL, NULL);
	err_set(e, "nothing to redo");
	return NULL;
}

static cJSON *
slash_command_write(const char *rest UNUSED, const struct fold *f,
    struct err *e)
{
	if (f->proposal != NULL)
		return command_decide(f);
	err_set(e, "no changes to review");
	return NULL;
}

static cJSON *
slash_command_evidence(const char *member)
{
	cJSON *o = command_of("evidence");

	json_add_bool(o, member, true);
	return o;
}

static cJSON *
slash_command_notice(const char *rest UNUSED, const struct fold *f UNUSED,
    struct err *e UNUSED)
{
	return slash_command_evidence("notice");
}

static cJSON *
slash_command_proof(const char *rest UNUSED, const struct fold *f UNUSED,
    struct err *e UNUSED)
{
	return slash_command_evidence("tell");
}

#define BOTH (SLASH_COMMAND_SCREEN | SLASH_COMMAND_PLAIN)
#define ALL (BOTH | SLASH_COMMAND_EDITOR)
#define KEY SLASH_COMMAND_KEY
#define OWN SLASH_COMMAND_OWN

/* clang-format off */
const struct slash_command slash_command_table[] = {
	{ SLASH_COMMAND_AGAIN, "again", NULL, SLASH_COMMAND_PLAIN,
	    "send the rejected message again, as typed", NULL, NULL, NULL },
	{ SLASH_COMMAND_BACKGROUND, "background", NULL, BOTH | KEY,
	    "list the background commands: state, ports, last line; follow one's output, or stop it",
	    "background", NULL, NULL },
	{ SLASH_COMMAND_BTW, "btw", "[TEXT]", BOTH | OWN,
	    "ask beside the work; neither question nor answer enters the conversation. "
	    "Alone: show the last answer",
	    "btw", "text", NULL },
	{ SLASH_COMMAND_CHANGES, "changes", NULL, SLASH_COMMAND_SCREEN | KEY,
	    "list written changes", NULL, NULL, NULL },
	{ SLASH_COMMAND_CHECK, "check", "[COMMAND]", ALL,
	    "set the check; alone: show it, or the one that the project's files suggest",
	    "set", "check", NULL },
	{ SLASH_COMMAND_COMMIT, "commit", "[TITLE]", BOTH,
	    "make a git commit of written changes that aren't committed yet, or of what is staged in assent review",
	    NULL, NULL, NULL },
	{ SLASH_COMMAND_COMPACT, "compact", "[TEXT]", ALL | OWN,
	    "summarize older messages, keeping what TEXT names",
	    "compact", "words", NULL },
	{ SLASH_COMMAND_CONTEXT, "context", NULL, BOTH | OWN,
	    "show what fills the model's window, by kind", NULL, NULL, NULL },
	{ SLASH_COMMAND_DEMO, "demo", NULL, SLASH_COMMAND_SCREEN,
	    "watch the demo: no key, no network", NULL, NULL, NULL },
	{ SLASH_COMMAND_DIFF, "diff", NULL, BOTH | KEY,
	    "show all changes to review", NULL, NULL, NULL },
	{ SLASH_COMMAND_EDIT, "edit", NULL, SLASH_COMMAND_PLAIN,
	    "edit the rejected message, or a new one, in $EDITOR", NULL, NULL, NULL },
	{ SLASH_COMMAND_EFFORT, "effort", "WORD", ALL | OWN,
	    "set how much the model thinks: off, low, medium, high, xhigh, max",
	    "set", "effort", NULL },
	{ SLASH_COMMAND_ENCODING, "encoding", "PATTERN NAME", BOTH,
	    "declare the encoding of the files that match, or none, in this "
	    "project",
	    "set", NULL, NULL },
	{ SLASH_COMMAND_END, "end", NULL, BOTH,
	    "end the session; open changes are kept for assent resume",
	    "end", NULL, NULL },
	{ SLASH_COMMAND_HELP, "help", NULL, BOTH,
	    "show keys and commands", NULL, NULL, NULL },
	{ SLASH_COMMAND_INTERRUPT, "interrupt", NULL, BOTH | KEY,
	    "interrupt the agent, also one that waits for you",
	    "interrupt", NULL, NULL },
	{ SLASH_COMMAND_LOCAL, "local", NULL, SLASH_COMMAND_SCREEN | OWN,
	    "use a model server on this machine", NULL, NULL, NULL },
	{ SLASH_COMMAND_LOGIN, "login", NULL, SLASH_COMMAND_SCREEN | OWN,
	    "store an API key", NULL, NULL, NULL },
	{ SLASH_COMMAND_LOOK, "look", NULL, ALL | OWN,
	    "from now on the model only looks: no change is kept; /plan WORD ends it",
	    "set", NULL, slash_command_look },
	{ SLASH_COMMAND_MODE, "mode", "MODE", BOTH,
	    "set when you review: ask or small",
	    "set", NULL, slash_command_mode },
	{ SLASH_COMMAND_MODEL, "model", "NAME", BOTH | OWN,
	    "switch to another model, PROVIDER/MODEL", NULL, NULL, NULL },
	{ SLASH_COMMAND_NEW, "new", "[TASK]", ALL,
	    "start a task with an empty conversation",
	    "new", "text", NULL },
	{ SLASH_COMMAND_NOTICE, "notice", NULL, BOTH,
	    "run the check, which has passed, with small changes to the new "
	    "lines, and say which it doesn't notice",
	    "evidence", NULL, slash_command_notice },
	{ SLASH_COMMAND_OUTPUT, "output", "[ID]", BOTH,
	    "show what a background command printed last; alone: the output of the command",
	    "output", "id", NULL },
	{ SLASH_COMMAND_PLAN, "plan", "[WORD]", ALL,
	    "show the plan; /plan require, auto or skip: whether a task begins "
	    "with one",
	    "set", "plan", NULL },
	{ SLASH_COMMAND_PROOF, "proof", NULL, BOTH,
	    "tell the model now that the check failed with your tests as they are; its changes stay open",
	    "evidence", NULL, slash_command_proof },
	{ SLASH_COMMAND_PROPOSE, "propose", NULL, BOTH,
	    "review the changes so far now",
	    "propose", NULL, NULL },
	{ SLASH_COMMAND_QUIT, "quit", NULL, BOTH | KEY,
	    "quit: the screen asks whether to detach or end; plain mode detaches",
	    NULL, NULL, NULL },
	{ SLASH_COMMAND_REDO, "redo", NULL, ALL | KEY,
	    "propose to redo the last undone change",
	    "undo", NULL, slash_command_redo },
	{ SLASH_COMMAND_REREAD, "reread", NULL, BOTH | KEY,
	    "in assent review: read your files again",
	    "reread", NULL, NULL },
	{ SLASH_COMMAND_RETRY, "retry", NULL, ALL,
	    "send the failed request again, or continue what was interrupted",
	    "retry", NULL, NULL },
	{ SLASH_COMMAND_SEND, "send", NULL, BOTH,
	    "in assent review: send your comments to a session",
	    NULL, NULL, NULL },
	{ SLASH_COMMAND_STATUS, "status", NULL, BOTH,
	    "show folder, branch, model, usage and cost (tokens, money at known prices), and the sandbox", NULL, NULL, NULL },
	{ SLASH_COMMAND_STOP, "stop", "[ID]", BOTH,
	    "stop a background command (/background lists them)",
	    "stop", "id", NULL },
	{ SLASH_COMMAND_TEST, "test", NULL, BOTH | KEY,
	    "run the check on your files with the accepted hunks",
	    "evidence", NULL, NULL },
	{ SLASH_COMMAND_UNDO, "undo", NULL, ALL | KEY,
	    "propose to undo the last written change",
	    "undo", NULL, NULL },
	{ SLASH_COMMAND_WRITE, "write", NULL, SLASH_COMMAND_PLAIN,
	    "write what you accepted; hunks without an answer stay open",
	    "decide", NULL, slash_command_write },
};
/* clang-format on */
const size_t slash_command_table_len = MEM_COUNT(slash_command_table);

#define OTHERS_FILE "name a file as @path in your message; the model also reads " \
	"files itself"
#define OTHERS_SAID "in the transcript [ goes to your messages, and :fork goes on from " \
	"one"
#define OTHERS_SESSIONS "leave with /quit; `assent resume` then lists the sessions and " \
	"finds one by what was said in it"
#define OTHERS_SETTINGS "settings are in config.json (man assent-config); `assent " \
	"config` lists keys, models and profiles"
#define OTHERS_BUG "`assent log --md` prints the session, without its names and " \
	"secrets, to report a bug with"
#define OTHERS_MARKDOWN "`assent log --md` prints the session as Markdown"
#define OTHERS_EDITOR "C-g (input-editor) edits the message in $EDITOR"

/* clang-format off */
const struct slash_command_other slash_command_others[] = {
	{ "about", "/status" },
	{ "add", OTHERS_FILE },
	{ "add-dir", "a session has one project: begin another one in that directory" },
	{ "agents", "one agent works in a session; `assent ls` lists other sessions" },
	{ "approvals", "/mode" },
	{ "architect", "type /plan require: then each task begins with a plan" },
	{ "ask", "type your question as a message; what it changes is only proposed" },
	{ "attach", OTHERS_SESSIONS },
	{ "auth", "/login" },
	{ "bashes", "/background" },
	{ "branch", OTHERS_SAID },
	{ "bug", OTHERS_BUG },
	{ "chat", OTHERS_SESSIONS },
	{ "checkpoint", OTHERS_SAID },
	{ "clear", "/new" },
	{ "compress", "/compact" },
	{ "config", OTHERS_SETTINGS },
	{ "continue", OTHERS_SESSIONS },
	{ "copy", "in a pane of the screen, K (item-previous) selects an entry and O (look-copy) copies it" },
	{ "cost", "/status" },
	{ "detach", "/quit" },
	{ "discard", "in assent review the key X (discard) takes a hunk back "
	    "out of your file" },
	{ "doctor", "`assent doctor` checks this host: sandbox, configuration, model" },
	{ "drop", "type /compact TEXT to keep what TEXT names, or /new to keep "
	    "nothing" },
	{ "editor", OTHERS_EDITOR },
	{ "exit", "/quit" },
	{ "export", OTHERS_MARKDOWN },
	{ "feedback", OTHERS_BUG },
	{ "fork", OTHERS_SAID },
	{ "git", "!git" },
	{ "history", OTHERS_SAID },
	{ "hooks", "hooks are in config.json (man assent-config); `assent config hooks` lists them" },
	{ "ide", "`assent acp` is for editors" },
	{ "init", "write AGENTS.md, or ask the model to; it is read when a task begins" },
	{ "keybindings", "/help" },
	{ "logout", "`assent login --remove PROVIDER` removes a stored key" },
	{ "ls", OTHERS_SESSIONS },
	{ "mcp", "`assent mcp` lists, adds and tries MCP servers" },
	{ "memory", "the model reads AGENTS.md and .assent/memory.md; /context lists what it read" },
	{ "mention", OTHERS_FILE },
	{ "models", "/model" },
	{ "paste", "the key C-v (input-image) attaches the image on the clipboard" },
	{ "permissions", "/mode" },
	{ "pr", "`assent pr` pushes the session's branch and opens a draft pull request" },
	{ "profile", "/status" },
	{ "ps", "/background" },
	{ "read-only", OTHERS_FILE },
	{ "reasoning-effort", "/effort" },
	{ "rename", "a session has no name: `assent ls` lists it by its task" },
	{ "report", OTHERS_BUG },
	{ "reset", "/new" },
	{ "restore", "/undo" },
	{ "resume", OTHERS_SESSIONS },
	{ "review", "`assent review` shows your uncommitted changes; with --find the model looks for mistakes first" },
	{ "rewind", OTHERS_SAID },
	{ "run", "!" },
	{ "sandbox", "/status" },
	{ "save", OTHERS_MARKDOWN },
	{ "search", "among keys, / searches this pane" },
	{ "session", OTHERS_SESSIONS },
	{ "sessions", OTHERS_SESSIONS },
	{ "settings", OTHERS_SETTINGS },
	{ "shells", "/background" },
	{ "show", "in plain lines, Enter alone asks the open question" },
	{ "side", "/btw" },
	{ "skills", "`assent config skills` lists them; /NAME uses one" },
	{ "stats", "`assent stats` prints what all sessions used, /status what this one did" },
	{ "tasks", "/background" },
	{ "theme", "the setting colour chooses colors for a light or a dark background" },
	{ "todos", "/plan" },
	{ "tokens", "/context" },
	{ "tutorial", "man assent-tutorial: a first hour by doing" },
	{ "usage", "/status" },
	{ "vim", "there are no vi keys; " OTHERS_EDITOR },
	{ "web", "write the address in your message" },
};
/* clang-format on */
const size_t slash_command_others_len = MEM_COUNT(slash_command_others);

const struct fold_port *
slash_command_port(const struct fold_background *b, int64_t port)
{
	MEM_EACH(b, ports, it)
		if (it->port == port)
			return it;
	return NULL;
}

void
slash_command_background(struct buf *b, const struct fold_background *of,
    const struct ev_backgrounds *now)
{
	const struct ev_background_now *x = NULL;
	AUTO_BUF struct buf ports = BUF_INIT(0);
	size_t i, n = 0;

	for (i = 0; now != NULL && i < now->commands_len; i++)
		if (strcmp(now->commands[i].id, of->id) == 0)
			x = &now->commands[i];
	buf_adds(b, of->ended == NULL ? "runs" : of->ended);
	if (x == NULL)
		return;
	if (of->ended == NULL)
		buf_addf(b, " %lld:%02lld", (long long)(x->ms / 60000),
		    (long long)(x->ms / 1000 % 60));
	for (i = 0; of->ended == NULL && i < x->ports_len; i++)
		if (slash_command_port(of, x->ports[i]) == NULL)
			buf_addf(&ports, "%s%lld", n++ > 0 ? ", " : "",
			    (long long)x->ports[i]);
	if (n > 0)
		buf_addf(b, " · port%s %s", n > 1 ? "s" : "", buf_str(&ports));
	MEM_EACH(of, ports, port)
		buf_addf(b, " · %d is open at %s", port->port, port->address);
	if (x->last != NULL)
		buf_addf(b, " · %s", x->last + strspn(x->last, " \t"));
}

/* The rows of /status: "in the background: b1 npm run dev (5173 is open at
 * 127.1.2.3:5173)". */
static void
slash_command_running(struct buf *b, const struct fold_background *of, int nth)
{
	buf_addf(b, "%s%s %.*s", nth == 0 ? "\nin the background: " : ", ",
	    of->id, (int)strcspn(of->command, "\n"), of->command);
	MEM_EACH(of, ports, port)
		buf_addf(b, " (%d is open at %s)", port->port, port->address);
}

void
slash_command_status(struct buf *b, const struct fold *f, const char *branch)
{
	const struct task_usage *u = &f->facts.usage;
	struct task_usage_sum task = task_usage_whole(u);
	int n = 0;

	sanitize_name(b, ev_str(f->root, "?"));
	buf_addf(b, "%s%s · %s", branch == NULL ? "" : " on ",
	    ev_str(branch, ""), ev_str(f->model, "no model"));
	if (f->agent == NULL)
		buf_addf(b, " · profile %s", ev_str(f->facts.profile, "code"));
	buf_addf(b, " · turn %d", f->turn);
	MEM_EACH(f, background, it)
		if (it->ended == NULL)
			slash_command_running(b, it, n++);
	buf_adds(b, "\ntask: ");
	task_usage_line(b, &task);
	buf_adds(b, "\nsession: ");
	task_usage_line(b, &u->session);
	facts_add_misses(b, "\n", f->facts.misses);
	if (f->agent == NULL)
		buf_addf(b, "\ncontext: %lld", (long long)u->context);
	if (f->agent == NULL && u->window > 0)
		buf_addf(b, " of %lld", (long long)u->window);
	buf_addf(b, "%s%s", f->agent == NULL ? " tokens · " : "\n",
	    f->sandbox.line == NULL ? "no sandbox" :
	    f->sandbox.line);
	if (f->sandbox.open != NULL)
		buf_addf(b, " · commands can reach: %s", f->sandbox.open);
}

void
slash_command_context(struct buf *b, const struct fold *f)
{
	static const char *const kinds[] = { "\nsystem prompt ", " · tools ",
		" · messages ", " · tool results " };
	static const struct ev_turn_start none;
	const struct ev_turn_start *x = f->turn_start == NULL ? &none :
	    &f->turn_start->turn_start;
	const struct ev_request_parts *parts = x->parts;
	int64_t all = x->tokens, window = x->window;
	const char *before = "\ninstructions: ";
	size_t i;

	if (parts == NULL) {
		buf_adds(b, "no sizes yet: they come with the next request");
		return;
	}
	buf_adds(b, "tokens of the last request, estimated before it was sent: ");
	limit_count_text(b, all);
	if (window > all) {
		buf_adds(b, " · free ");
		limit_count_text(b, window - all);
		buf_adds(b, " of ");
		limit_count_text(b, window);
	}
	for (i = 0; i < MEM_COUNT(kinds); i++) {
		buf_adds(b, kinds[i]);
		limit_count_text(b, (const int64_t []){ parts->system,
		    parts->tools, parts->messages, parts->results }[i]);
	}
	MEM_EACH(parts, files, it) {
		buf_adds(b, before);
		sanitize_name(b, ev_str(it->path, "?"));
		buf_addc(b, ' ');
		limit_count_text(b, it->tokens);
		before = " · ";
	}
}

bool
slash_command_is_run(const char *text)
{
	return text[0] == '!' && text[1] != '!';
}

cJSON *
slash_command_line(const struct slash_command *c, const char *rest,
    const struct fold *f, const struct slash_command_models *m, struct err *e)
{
	if (c->id == SLASH_COMMAND_MODEL)
		return slash_command_model(m, rest, e);
	if (c->id == SLASH_COMMAND_ENCODING)
		return slash_command_encoding(m, rest, e);
	if (c->line != NULL)
		return c->line(rest, f, e);
	return c->member == NULL || (rest[0] == '\0' && c->args[0] == '[' &&
	    c->id != SLASH_COMMAND_CHECK) ? command_of(c->type) :
	    command_text(c->type, c->member, rest);
}

bool
slash_command_is_theirs(const struct slash_command *c, const struct fold *f)
{
	return (c->where & OWN) != 0 && f != NULL && f->agent != NULL;
}

bool
slash_command_is_here(const struct slash_command *c, unsigned where,
    const struct fold *f)
{
	AUTO_FREE char *text = xasprintf("/%s", c->name);

	return (c->where & where) != 0 && !slash_command_is_theirs(c, f) &&
	    !fold_agent_command(f, text);
}

const struct slash_command *
slash_command_find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < slash_command_table_len; i++)
		if (strlen(slash_command_table[i].name) == n &&
		    memcmp(slash_command_table[i].name, name, n) == 0)
			return &slash_command_table[i];
	return NULL;
}

bool
slash_command_needs_words(const struct slash_command *c)
{
	return c->args != NULL && c->args[0] != '[';
}

static enum slash_command_kind
slash_command_parse_run(const char *text, const char **rest, const char **say)
{
	*rest = text + 1 + strspn(text + 1, " \t\n");
	if (slash_command_is_run(text))
		return **rest == '\0' ? SLASH_COMMAND_UNKNOWN
				      : SLASH_COMMAND_RUN;
	*say = text + 1;
	return text[2 + strspn(text + 2, " \t\n")] == '\0' ? SLASH_COMMAND_UNKNOWN
						: SLASH_COMMAND_SAY;
}

void
slash_command_trim(char *text)
{
	const char *from = text + strspn(text, " \t\n");
	size_t n = strcspn(from, "\n");

	if (from[0] != '/' || from[1] == '/' || from[n + strspn(from + n,
	    " \t\n")] != '\0')
		return;
	while (strchr(" \t", from[n - 1]) != NULL)
		n--;
	memmove(text, from, n);
	text[n] = '\0';
}

enum slash_command_kind
slash_command_parse(const char *text, unsigned where, const struct fold *f,
    const struct slash_command **c, const char **rest, const char **say)
{
	size_t n = strcspn(text, " ");
	bool ours = text[0] == ':' && f != NULL && f->agent != NULL &&
	    slash_command_find(text + 1, n - 1) != NULL;

	*say = text;
	if (text[0] == '!')
		return slash_command_parse_run(text, rest, say);
	if ((text[0] != '/' && !ours) || strchr(text, '\n') != NULL ||
	    fold_agent_command(f, text))
		return SLASH_COMMAND_SAY;
	if (text[1] == '/') {
		*say = text + 1;
		return SLASH_COMMAND_SAY;
	}
	*c = slash_command_find(text + 1, n - 1);
	if (*c == NULL || ((*c)->where & where) == 0 ||
	    slash_command_is_theirs(*c, f))
		return SLASH_COMMAND_UNKNOWN;
	*rest = text + n + strspn(text + n, " ");
	/* "/end of file is missing" isn't a command. */
	return (*c)->args == NULL && **rest != '\0' ?
	    SLASH_COMMAND_UNKNOWN : SLASH_COMMAND_FOUND;
}

/* Another agent's command that this line begins with, or NULL. */
static const struct slash_command_other *
slash_command_other(const char *text)
{
	AUTO_FREE char *name = xstrdup(text);

	name[strcspn(name, " ")] = '\0';
	return text[0] != '/' ? NULL : MEM_FIND_IN(slash_command_others,
	    slash_command_others_len, name + 1);
}

bool
slash_command_is_other(const char *text)
{
	return text[strcspn(text, " \n")] == '\0' &&
	    slash_command_other(text) != NULL;
}

char *
slash_command_ours(const char *text, const struct ev_commands *files)
{
	const struct slash_command_other *other = slash_command_other(text);

	if (other == NULL || strchr("/!", other->is[0]) == NULL)
		return NULL;
	MEM_EACH(files, commands, it)
		if (ev_is(it->name, other->name))
			return NULL;
	return xasprintf("%s%s", other->is, text + 1 + strlen(other->name));
}

char *
slash_command_unknown(const char *text, unsigned where, const struct fold *f)
{
	const char *as = where != SLASH_COMMAND_EDITOR &&
	    ev_mode_has_model(f->mode) ? " (// sends it as text)" : "";
	const struct slash_command_other *other = slash_command_other(text);
	const struct slash_command *is = other == NULL ? NULL :
	    slash_command_find(other->is + 1, strlen(other->is + 1));
	AUTO_FREE char *name = xmemdup(text + 1, strcspn(text + 1, " "));
	const struct slash_command *own = slash_command_find(name, strlen(name));
	struct near near = NEAR_INIT(name);
	size_t i;

	if (own != NULL && slash_command_is_theirs(own, f))
		return xasprintf("/%s is for assent's own agent; in this "
		    "session %s does that its own way%s", name, f->agent, as);
	if (text[0] == '!')
		return xstrdup(text[1] == '!' ? "!! does nothing here (!!word "
						"sends \"!word\" as text)" :
						"! needs a command; for example, "
						"!make test runs \"make test\" in "
						"the sandbox");
	/* An editor has no keys of ours, and few of the commands. */
	if (other != NULL && (where != SLASH_COMMAND_EDITOR || (is != NULL &&
	    (is->where & where) != 0)))
		return xasprintf("/%s: %s%s%s", name,
		    strchr("/!", other->is[0]) == NULL ? "" : "here it is ",
		    other->is, as);
	for (i = 0; i < slash_command_table_len; i++)
		if ((slash_command_table[i].where & where) != 0)
			near_try(&near, slash_command_table[i].name);
	if (near.score == 0)
		return xasprintf("/%s takes no words%s", near.known, as);
	return xasprintf("unknown command /%.40s%s%s; see /help%s", name,
	    near.known == NULL ? "" : ", did you mean /",
	    near.known == NULL ? "" : near.known, as);
}

bool
slash_command_is_file(const char *text)
{
	size_t n = text[0] == '/' ? strcspn(text + 1, " \t\n") : 0, i;
	AUTO_FREE char *name = xmemdup(text + (n > 0), n);
	AUTO_FREE char *looks = lookalike_name(name, NULL);

	for (i = 0; i < slash_command_table_len; i++)
		if (strcasecmp(slash_command_table[i].name, name) == 0 ||
		    strcasecmp(slash_command_table[i].name, looks) == 0)
			return false;
	return n > 0 && memchr(text + 1, '/', n) == NULL;
}

char *
slash_command_file_name(const struct ev_custom_command *c)
{
	char *text = xasprintf("/%s", c->name);

	if (!ev_is(c->origin, "agent") && !slash_command_is_file(text))
		FREE_SET(text, xasprintf("/%s:%s", c->origin, c->name));
	return text;
}

char *
slash_command_file_note(const struct ev_custom_command *c)
{
	/* First, whose words the others are. */
	return xasprintf("%s: %s%s%s", c->origin, c->hint == NULL ? "" :
	    c->hint, c->hint == NULL ? "" : " · ", c->about);
}

void
slash_command_own(const char *text, const struct fold *f,
    const struct slash_command_models *m, void (*send)(void *, cJSON *),
    void *send_arg, struct buf *left_out)
{
	static const char by[] = "user:";
	AUTO_FREE char *given = xmemdup(text + 1, strcspn(text + 1, " \t\n"));
	const char *name = given + (strncmp(given, by, sizeof(by) - 1) == 0 ?
	    sizeof(by) - 1 : 0);
	AUTO_JSON cJSON *own = m == NULL || m->own == NULL ? NULL :
	    m->own(m->arg, name);
	const struct slash_command *c;
	const cJSON *it;
	cJSON *o;

	cJSON_ArrayForEach(it, own) {
		struct err e = ERR_INIT;

		c = slash_command_find(it->string, strlen(it->string));
		o = slash_command_line(c, it->valuestring, f, m, &e);
		if (o != NULL)
			send(send_arg, o);
		else
			buf_addf(left_out, "%sits %s is ignored: %s",
			    left_out->len > 0 ? "; " : "", it->string, e.text);
	}
}

void
slash_command_mark(cJSON *say, const char *text, unsigned where,
    const struct fold *f)
{
	AUTO_FREE char *unknown = strchr(text, '\n') != NULL ? NULL :
	    slash_command_unknown(text, where, f);

	json_add_bool(say, "slash", true);
	json_add_str(say, "unknown", unknown);
}

void
slash_command_words(const struct slash_command *c, struct buf *b)
{
	if (c->id == SLASH_COMMAND_MODE)
		approve_names(b, APPROVE_SCREEN, " ");
	else if (c->id == SLASH_COMMAND_EFFORT)
		buf_adds(b, "off low medium high xhigh max default");
	else if (c->id == SLASH_COMMAND_PLAN)
		buf_adds(b, "require auto skip");
}
