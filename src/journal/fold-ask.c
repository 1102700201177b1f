#include "config.h"

#include "journal/fold-ask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

static const struct fold_ask_words ask_command = {
	"run this command?", "review the command",
	"a command needs permission", "runs it",
	"Run it without a sandbox, with all your rights?"
}, ask_own = {
	"run this command?", "review the command",
	"your command needs permission", "runs it", NULL
}, ask_host = {
	"connect to this host?", "may it connect?",
	"a connection needs permission", "lets it connect", NULL
}, ask_call = {
	"allow this call?", "review the call", "a call needs permission",
	"allows it", "Allow it, outside the sandbox?"
}, ask_tool = {
	"accept this description?", "review the description",
	"a tool's description changed", "accepts it and calls the tool", NULL
};

bool
fold_ask_is_of(const char *ask, const char *call)
{
	size_t n = strlen(call);

	return strncmp(ask, call, n) == 0 && (ask[n] == '\0' || ask[n] == '.');
}

const struct fold_ask_words *
fold_ask_words(const struct fold *f)
{
	return f->net.asks ? &ask_host : f->ask.change != NULL ? &ask_tool :
	    f->ask.hook || f->ask.server ? &ask_call : f->ask.own ? &ask_own :
	    &ask_command;
}

void
fold_ask_why(struct buf *b, const struct fold *f)
{
	size_t at = b->len;

	buf_adds(b, f->ask.why == NULL || f->ask.why[0] == '\0' ? "?" :
	    f->ask.why);
	/* None begins with a name. */
	b->p[at] = (char)toupper((unsigned char)b->p[at]);
	if (strchr("?!.", b->p[b->len - 1]) == NULL)
		buf_addc(b, ':');
}

void
fold_ask_shown(struct buf *b, const struct fold *f)
{
	buf_adds(b, f->ask.command == NULL ? "?" : f->ask.command);
	if (f->ask.change != NULL)
		buf_addf(b, "\n%s", f->ask.change);
}

void
fold_ask_text(struct buf *b, const struct fold *f)
{
	fold_ask_why(b, f);
	buf_addc(b, '\n');
	fold_ask_shown(b, f);
	if (f->net.ask_for != NULL)
		buf_addf(b, "\nThe command: %s", f->net.ask_for);
	if (f->net.ask_reason != NULL)
		buf_addf(b, "\nThe model said: %s", f->net.ask_reason);
}

bool
fold_asks_outside(const struct fold *f)
{
	return f->ask.command != NULL && !f->ask.own && !f->ask.hook &&
	    !f->net.asks && f->ask.change == NULL;
}

void
fold_on_ask(struct fold *f, const cJSON *line)
{
	f->ask.own = json_is(line, "by", "user");
	f->ask.hook = json_str(line, "hook") != NULL;
	f->ask.server = json_str(line, "server") != NULL;
	xstrset(&f->ask.why, json_str(line, "why"));
	xstrset(&f->ask.change, json_str(line, "change"));
	xstrset(&f->ask.id, json_str_or(line, "id", ""));
	xstrset(&f->ask.command, json_str_or(line, "command", ""));
	fold_net_ask(f, line);
}

void
fold_ask_clear(struct fold *f)
{
	FREE_NULL(f->ask.command);
	FREE_NULL(f->ask.id);
	FREE_NULL(f->ask.why);
	FREE_NULL(f->ask.change);
}
