#include "config.h"

#include "core/agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"

#define HOOK_REASON_MAX		((size_t)2000)
#define HOOK_CONTEXT_MAX	((size_t)16 << 10)
#define HOOK_LINE_MAX		100000000

const char *const hook_decision_words[] = {
	[HOOK_ALLOW] = "allow", [HOOK_ASK] = "ask", [HOOK_DENY] = "deny",
};

/* The beginning of a text, or NULL. */
static const char *
hook_cut(struct event *a, const char *text, size_t max)
{
	return text == NULL ? NULL : ev_copy(a, text, utf8_cut(text,
	    strlen(text), max));
}

static const char *
hook_severity(const char *level)
{
	if (strcmp(level, "error") == 0)
		return "error";
	return strcmp(level, "note") == 0 || strcmp(level, "none") == 0 ||
	    strcmp(level, "info") == 0 ? "note" : "warning";
}

/* False if it isn't one. */
static bool
hook_finding_add(struct event *a, const char *path, int64_t line,
    const char *level, const char *rule, const char *text)
{
	struct ev_hook *h = &a->hook;

	if (path == NULL || text == NULL)
		return false;
	if (path[0] == '\0' || h->findings_len >= HOOK_FINDINGS_MAX)
		h->dropped++;
	else
		h->findings[h->findings_len++] = (struct ev_finding){
		    .path_bytes = ev_text(a, path),
		    .line = line < 0 || line > HOOK_LINE_MAX ? 0 : line,
		    .severity = hook_severity(level),
		    .rule = hook_cut(a, rule, HOOK_REASON_MAX),
		    .message = hook_cut(a, text, HOOK_REASON_MAX) };
	return true;
}

/* A text that earlier versions read as an answer. */
static int
hook_answer_old(const cJSON *o, struct err *e)
{
	static const char *const members[] = { "decision", "reason", "context",
		"runs" };
	size_t i;

	for (i = 0; i < MEM_COUNT(members); i++)
		if (json_get(o, members[i]) != NULL)
			return err_set(e, "it prints JSON with \"%s\": a hook "
			    "objects by its exit status (1: no; 2: ask), says "
			    "why as text, and prints JSON only with "
			    "\"findings\"", members[i]);
	return 0;
}

int
hook_answer_read(struct event *a, bool objects, const char *p, size_t n,
    struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct err why = ERR_INIT;
	const cJSON *list, *it;

	a->hook.findings = ev_alloc(a, HOOK_FINDINGS_MAX *
	    sizeof(*a->hook.findings));
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return 0;
	if (*p == '{')
		o = json_parse(p, n, JSON_NUL_REFUSE, &why);
	if (o == NULL && *p == '{' && memmem(p, n, "\"findings\"", 10) != NULL)
		return err_set(e, "its findings aren't JSON: %s", why.text);
	if (hook_answer_old(o, e) < 0)
		return -1;
	list = json_get(o, "findings");
	if (list == NULL) {
		utf8_repair(&text, p, n);
		*(objects ? &a->hook.reason : &a->hook.context) = hook_cut(a,
		    buf_str(&text), objects ? HOOK_REASON_MAX :
		    HOOK_CONTEXT_MAX);
		return 0;
	}
	if (!cJSON_IsArray(list))
		return err_set(e, "its \"findings\" are no list");
	cJSON_ArrayForEach(it, list)
		if (!hook_finding_add(a, json_str(it, "file"),
		    json_int(it, "line", 0), json_str_or(it, "level",
		    "warning"), json_str(it, "rule"), json_str(it, "text")))
			return err_set(e, "it has a finding without \"file\" "
			    "or \"text\"");
	return 0;
}
