/*
 * The text that a model has to summarize; and a summary without a model: who
 * said what, the files touched, and how commands ended.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context/context-int.h"
#include "core/context/context.h"
#include "journal/event.h"
#include "journal/summary.h"
#include "provider/provider.h"
#include "tool/tool.h"

#define TELL_LINE	((size_t)240)	/* of a summary without a model */

/* ---- for a model ---- */

static void
tell_text(struct buf *b, const char *text, size_t max, const char *out)
{
	AUTO_FREE char *s = context_cut_text(text, (int64_t)max,
	    (int64_t)strlen(text), out);

	buf_adds(b, s);
	buf_addc(b, '\n');
}

static const char *
tell_who(const struct context_entry *en)
{
	return en->said != NULL ? "The user" : "assent";
}

static const struct tell_step {
	size_t	result, args;	/* limits on one, in bytes */
} tell_steps[] = {
	{ 16000, 1000 }, { 4000, 1000 }, { 1500, 400 }, { 500, 200 },
	{ 150, 80 },
};

static void
tell_words(struct buf *b, const struct context_entry *en, const char *who,
    size_t max)
{
	buf_addf(b, "\n### %s\n", who);
	tell_text(b, en->m.text == NULL ? "" : en->m.text, max, NULL);
	context_images_tell(b, &en->images);
}

static void
tell_result(struct buf *b, const struct context_entry *en, size_t k,
    size_t max)
{
	const struct message_result *r = &en->m.results[k];

	buf_addf(b, "\n### Result of %s%s\n", r->name,
	    r->ok ? "" : " (failed)");
	tell_text(b, en->origins[k].whole != NULL ? en->origins[k].whole :
	    r->text, max, en->origins[k].out);
}

static void
tell_entry(struct buf *b, const struct context_entry *en,
    const struct tell_step *step)
{
	size_t i;

	switch (en->m.role) {
	case MESSAGE_USER:
		tell_words(b, en, en->summary ? "The summary so far" :
		    tell_who(en), 16 * step->result);
		break;
	case MESSAGE_ASSISTANT:
		buf_adds(b, "\n### The assistant\n");
		if (en->m.text != NULL && en->m.text[0] != '\0')
			tell_text(b, en->m.text, 4 * step->result, NULL);
		MEM_EACH(&en->m, calls, call) {
			buf_addf(b, "(calls %s) ", call->name);
			tell_text(b, call->arguments, step->args, NULL);
		}
		break;
	case MESSAGE_TOOL_RESULTS:
		for (i = 0; i < en->m.results_len; i++)
			tell_result(b, en, i, step->result);
		if (en->m.text != NULL)
			tell_words(b, en, tell_who(en), 16 * step->result);
		break;
	}
}

/* The summary so far, and the newest part of the rest. */
static void
tell_newest(const struct context *c, size_t n, size_t max, struct buf *b)
{
	const struct tell_step *step = &tell_steps[MEM_COUNT(tell_steps) - 1];
	AUTO_BUF struct buf one = BUF_INIT(0);
	size_t first = n > 0 && c->entries[0].summary ? 1 : 0, i = n, sum = 0;

	if (first > 0)
		tell_entry(b, &c->entries[0], step);
	if (b->len > max / 2)
		b->len = utf8_cut(b->p, b->len, max / 2);
	for (; i > first; i--) {
		buf_clear(&one);
		tell_entry(&one, &c->entries[i - 1], step);
		if (b->len + sum + one.len > max)
			break;
		sum += one.len;
	}
	if (i > first)
		buf_addf(b, "\n[... %zu older messages are left out ...]\n",
		    i - first);
	for (; i < n; i++)
		tell_entry(b, &c->entries[i], step);
}

void
context_tell(const struct context *c, int64_t upto, size_t max, struct buf *b)
{
	size_t n = context_after(c, upto), i, k;

	for (i = 0; i < MEM_COUNT(tell_steps); i++) {
		buf_clear(b);
		for (k = 0; k < n && b->len <= max; k++)
			tell_entry(b, &c->entries[k], &tell_steps[i]);
		if (b->len <= max)
			return;
	}
	buf_clear(b);
	tell_newest(c, n, max, b);
}

/* ---- without a model ---- */

/* The first lines of a text, joined to one. malloc'ed. */
static char *
tell_line(const char *text)
{
	struct buf b = BUF_INIT(0);
	size_t cut;
	char *s, *p;

	while (*text == ' ' || *text == '\n')
		text++;
	cut = utf8_cut(text, strlen(text), TELL_LINE);
	buf_add(&b, text, cut);
	if (text[cut] != '\0')
		buf_adds(&b, " ...");
	s = buf_take(&b);
	for (p = s; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	return s;
}

static void
tell_add(cJSON *o, enum summary_section section, const char *before,
    const char *text)
{
	AUTO_FREE char *line = tell_line(text);

	if (line[0] != '\0') {
		AUTO_FREE char *all = xasprintf("%s%s", before, line);

		summary_add(o, section, all);
	}
}

/* "src/a.c: read, edit": add the tool's name to the file's. */
static void
tell_file(cJSON *o, const char *path, const char *tool)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "files");
	size_t n = strlen(path);
	cJSON *it;
	char *s;
	int at = 0;

	cJSON_ArrayForEach(it, list) {
		if (cJSON_IsString(it) && strncmp(it->valuestring, path, n) ==
		    0 && it->valuestring[n] == ':')
			break;
		at++;
	}
	if (it == NULL) {
		s = xasprintf("%s: %s", path, tool);
		summary_add(o, SUMMARY_FILES, s);
	} else if (strstr(it->valuestring + n, tool) == NULL) {
		s = xasprintf("%s, %s", it->valuestring, tool);
		cJSON_ReplaceItemInArray(list, at, cJSON_CreateString(s));
	} else
		return;
	free(s);
}

/* The files that a call names; false if none. */
static bool
tell_files(cJSON *o, const char *name, cJSON *args)
{
	const struct tool_entry *t = tool_meant(name);
	struct tool_target *files = NULL;
	size_t i, n = 0;

	if (t != NULL) {
		tool_mend_args(t, tool_schema(t), args);
		files = tool_targets(t, args, &n);
	}
	for (i = 0; i < n; i++)
		tell_file(o, files[i].path, name);
	tool_targets_free(files, n);
	if (n == 0 && json_str(args, "path") != NULL) {
		tell_file(o, json_str(args, "path"), name);
		n = 1;
	}
	return n > 0;
}

static void
tell_call(cJSON *o, const struct message_call *call,
    const struct message_result *r)
{
	AUTO_JSON cJSON *args = json_parse(
	    call->arguments, strlen(call->arguments), JSON_NUL_REPLACE, NULL);
	const char *command = json_str(args, "command");

	if (!tell_files(o, call->name, args) && r != NULL && r->text != NULL &&
	    (command != NULL || strcmp(call->name, "run_tests") == 0 ||
	    tool_meant(call->name) == NULL)) {
		AUTO_FREE char *line =
		    tell_line(command == NULL ? call->name : command);
		AUTO_FREE char *how = xasprintf("ran `%s`: ", line);

		tell_add(o, SUMMARY_PROGRESS, how, r->text);
	}
}

static void
tell_mechanical(const struct context *c, size_t i, size_t n, cJSON *o)
{
	const struct context_entry *en = &c->entries[i];
	const struct message *next = i + 1 < n ? &c->entries[i + 1].m : NULL;
	size_t k;

	if (en->summary)
		return;
	if (en->m.role != MESSAGE_ASSISTANT) {
		if (en->said != NULL)
			tell_add(o, SUMMARY_GOALS, "the user said: ",
			    en->said);
		/* Where the work is done is told again. */
		else if (en->m.text != NULL && strncmp(en->m.text,
		    CONTEXT_WHERE, strlen(CONTEXT_WHERE)) != 0)
			tell_add(o, SUMMARY_DECISIONS, "", en->m.text);
		return;
	}
	if (en->m.text != NULL)
		tell_add(o, SUMMARY_PROGRESS, "", en->m.text);
	for (k = 0; k < en->m.calls_len; k++)
		tell_call(o, &en->m.calls[k], next != NULL &&
		    next->role == MESSAGE_TOOL_RESULTS &&
		    k < next->results_len ? &next->results[k] : NULL);
}

cJSON *
context_mechanical(const struct context *c, int64_t upto)
{
	cJSON *o = summary_new(c->compaction == NULL ? NULL :
	    c->compaction->compaction.summary);
	size_t n = context_after(c, upto), i;

	for (i = 0; i < n; i++)
		tell_mechanical(c, i, n, o);
	return o;
}
