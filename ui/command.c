/* A new command is a row here and, if it is more than a line for the core, a
 * case in the front ends that have it. */
#include "config.h"

#include "ui/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "policy/approve.h"

static cJSON *
command_simple(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return o;
}

static cJSON *
command_compact(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o = command_simple("compact");

	(void)f, (void)e;
	if (rest[0] != '\0')
		json_add_str(o, "words", rest);
	return o;
}

cJSON *
command_summary(const char *text, size_t len, int64_t of)
{
	cJSON *o = command_simple("compact");

	json_add_strn(o, "text", text, len);
	json_add_int(o, "of", of);
	return o;
}

cJSON *
command_model(const struct command_models *m, const char *rest, struct err *e)
{
	struct buf b = BUF_INIT(0);
	cJSON *o = NULL;

	if (m->names == NULL || m->line == NULL)
		err_set(e, "the configuration is not known here");
	else if (rest[0] == '\0') {
		m->names(m->arg, &b);
		err_set(e, "/model needs a name; configured are: %s",
		    b.len > 0 ? buf_str(&b) : "none");
		buf_release(&b);
	} else
		o = m->line(m->arg, rest, e);
	return o;
}

static cJSON *
command_new(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o = command_simple("new");

	(void)f, (void)e;
	if (rest[0] != '\0')
		json_add_str(o, "text", rest);
	return o;
}

static cJSON *
command_end(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("end");
}

static cJSON *
command_interrupt(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("interrupt");
}

static cJSON *
command_mode(const char *rest, const struct fold *f, struct err *e)
{
	struct buf b = BUF_INIT(0);
	const struct approve *mode = approve_find(rest);
	cJSON *o;

	(void)f;
	if (mode == NULL || (mode->where & APPROVE_SCREEN) == 0) {
		approve_names(&b, APPROVE_SCREEN, ", ");
		err_set(e, "/mode needs one of %s", buf_str(&b));
		buf_release(&b);
		return NULL;
	}
	o = command_simple("set");
	json_add_str(o, "approve", mode->name);
	return o;
}

static cJSON *
command_effort(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o = command_simple("set");

	(void)f, (void)e;
	json_add_str(o, "effort", rest);
	return o;
}

static cJSON *
command_propose(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("propose");
}

static cJSON *
command_retry(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("retry");
}

static cJSON *
command_redo(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o = command_simple("undo");

	(void)rest, (void)f, (void)e;
	json_add_bool(o, "redo", true);
	return o;
}

/* Without words: what the project's files suggest. */
static cJSON *
command_check(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o = command_simple("set");

	(void)f, (void)e;
	json_add_str(o, "check", rest);
	return o;
}

static cJSON *
command_send(const char *rest, const struct fold *f, struct err *e)
{
	cJSON *o;

	(void)rest;
	if (f->proposal == NULL) {
		err_set(e, "nothing is proposed");
		return NULL;
	}
	o = command_simple("decide");
	json_add_int(o, "proposal", f->proposal->id);
	json_add_int(o, "version", f->proposal->version);
	return o;
}

static cJSON *
command_test(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("evidence");
}

static cJSON *
command_undo(const char *rest, const struct fold *f, struct err *e)
{
	(void)rest, (void)f, (void)e;
	return command_simple("undo");
}

#define BOTH (COMMAND_SCREEN | COMMAND_PLAIN)

/* clang-format off */
const struct command command_table[] = {
	{ COMMAND_AGAIN, "again", NULL, COMMAND_PLAIN,
	    "say what was not taken, as it was typed", NULL },
	{ COMMAND_CHANGES, "changes", NULL, COMMAND_SCREEN,
	    "list what was applied", NULL },
	{ COMMAND_CHECK, "check", "[COMMAND]", BOTH,
	    "what shows success; alone: what the project suggests",
	    command_check },
	{ COMMAND_COMPACT, "compact", "[TEXT]", BOTH,
	    "sum up what was said so far (and keep TEXT); edit: the summary",
	    command_compact },
	{ COMMAND_DETACH, "detach", NULL, BOTH,
	    "leave; the session goes on", NULL },
	{ COMMAND_DIFF, "diff", NULL, BOTH,
	    "show all that is proposed", NULL },
	{ COMMAND_EDIT, "edit", NULL, COMMAND_PLAIN,
	    "edit that in $EDITOR first; where there is none: a new message",
	    NULL },
	{ COMMAND_EFFORT, "effort", "WORD", BOTH,
	    "how much the model thinks: off, low, medium, high, xhigh, max",
	    command_effort },
	{ COMMAND_END, "end", NULL, BOTH,
	    "end the session; what was not decided is kept", command_end },
	{ COMMAND_HELP, "help", NULL, BOTH,
	    "show what can be typed and pressed", NULL },
	{ COMMAND_INTERRUPT, "interrupt", NULL, BOTH,
	    "interrupt the agent", command_interrupt },
	{ COMMAND_MODE, "mode", "MODE", BOTH,
	    "when changes are put to you: ask, each, later, reviewer or small",
	    command_mode },
	{ COMMAND_MODEL, "model", "NAME", BOTH,
	    "go on with another model, PROVIDER/MODEL", NULL },
	{ COMMAND_NEW, "new", "[TASK]", BOTH,
	    "begin a task of which the model knows nothing that was said",
	    command_new },
	{ COMMAND_OUTPUT, "output", NULL, COMMAND_SCREEN,
	    "show the output of the command", NULL },
	{ COMMAND_PLAN, "plan", NULL, BOTH,
	    "show the plan", NULL },
	{ COMMAND_PROPOSE, "propose", NULL, BOTH,
	    "open what is staged now as a proposal", command_propose },
	{ COMMAND_REDO, "redo", NULL, BOTH,
	    "propose again what was undone last", command_redo },
	{ COMMAND_RELOAD, "reload", NULL, COMMAND_SCREEN,
	    "read the keys of your configuration again", NULL },
	{ COMMAND_RETRY, "retry", NULL, BOTH,
	    "ask the model again, now or after it failed",
	    command_retry },
	{ COMMAND_SEARCH, "search", "TEXT", COMMAND_SCREEN,
	    "search for a text", NULL },
	{ COMMAND_SEND, "send", NULL, COMMAND_PLAIN,
	    "send your answers; what has none stays open", command_send },
	{ COMMAND_SHOW, "show", NULL, COMMAND_PLAIN,
	    "show what waits for you, and ask (Enter alone does the same)",
	    NULL },
	{ COMMAND_STATUS, "status", NULL, COMMAND_PLAIN,
	    "say what goes on (Enter alone, when nothing waits)", NULL },
	{ COMMAND_TEST, "test", NULL, BOTH,
	    "run the success check on your tree with what is taken so far",
	    command_test },
	{ COMMAND_UNDO, "undo", NULL, BOTH,
	    "propose the reverse of what was applied last", command_undo },
};
/* clang-format on */
const size_t command_table_len = MEM_COUNT(command_table);

bool
command_is_run(const char *text)
{
	return text[0] == '!' && text[1] != '!';
}

cJSON *
command_run(const char *command)
{
	cJSON *o = command_simple("run");

	json_add_str(o, "command", command);
	return o;
}

static bool
command_is_blank(const char *s)
{
	return s[strspn(s, " \t\n")] == '\0';
}

static enum command_kind
command_parse_run(const char *text, const char **rest, const char **say)
{
	*rest = text + 1 + strspn(text + 1, " \t\n");
	if (command_is_run(text))
		return **rest == '\0' ? COMMAND_UNKNOWN : COMMAND_RUN;
	*say = text + 1;
	return command_is_blank(text + 2) ? COMMAND_UNKNOWN : COMMAND_SAY;
}

enum command_kind
command_parse(const char *text, unsigned where, const struct command **c,
    const char **rest, const char **say)
{
	size_t n, i;

	*say = text;
	if (text[0] == '!')
		return command_parse_run(text, rest, say);
	if (text[0] != '/' || strchr(text, '\n') != NULL)
		return COMMAND_SAY;
	if (text[1] == '/') {
		*say = text + 1;
		return COMMAND_SAY;
	}
	n = strcspn(++text, " ");
	for (i = 0; i < command_table_len; i++) {
		*c = &command_table[i];
		if (((*c)->where & where) == 0 || strlen((*c)->name) != n ||
		    memcmp((*c)->name, text, n) != 0)
			continue;
		*rest = text + n + strspn(text + n, " ");
		/* "/end of file is missing" is no command. */
		return (*c)->args == NULL && **rest != '\0' ?
		    COMMAND_UNKNOWN : COMMAND_FOUND;
	}
	return COMMAND_UNKNOWN;
}

char *
command_unknown(const char *text, unsigned where)
{
	size_t n = strcspn(text + 1, " "), i, score, best = NEAR_NONE;
	char *name = xmemdup(text + 1, n), *s;
	const char *near = NULL;

	if (text[0] == '!') {
		free(name);
		return xstrdup(text[1] == '!' ? "!! brings nothing back here "
		    "(!!word says \"!word\" to the agent): nothing was done" :
		    "what is to be run? !make test runs \"make test\" in the "
		    "sandbox: nothing was done");
	}
	for (i = 0; i < command_table_len; i++) {
		if ((command_table[i].where & where) == 0)
			continue;
		score = near_score(name, command_table[i].name);
		if (score < best) {
			best = score;
			near = command_table[i].name;
		}
	}
	if (best == 0)
		s = xasprintf("/%s takes no words (// sends it as text)", near);
	else
		s = xasprintf("unknown command /%.40s%s%s (see /help; // "
		    "sends it as text)", name, near == NULL ? "" :
		    ", did you mean /", near == NULL ? "" : near);
	free(name);
	return s;
}

void
command_words(const struct command *c, struct buf *b)
{
	if (c->id == COMMAND_MODE)
		approve_names(b, APPROVE_SCREEN, " ");
	else if (c->id == COMMAND_EFFORT)
		buf_adds(b, "off low medium high xhigh max default");
	else if (c->id == COMMAND_COMPACT)
		buf_adds(b, "edit");
}
