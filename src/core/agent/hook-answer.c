#include "config.h"

#include "core/agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* A member that has to be text if it's there. */
static int
hook_member(struct event *a, const cJSON *o, const char *key, size_t max,
    const char **out, struct err *e)
{
	const cJSON *v = json_get(o, key);

	if (v == NULL || cJSON_IsNull(v))
		return 0;
	if (!cJSON_IsString(v))
		return err_set(e, "its answer has a \"%s\" that is no text",
		    key);
	if (v->valuestring[0] != '\0')
		*out = hook_cut(a, v->valuestring, max);
	return 0;
}

static int
hook_own(struct event *a, enum hook_decision *decision, const cJSON *o,
    struct err *e)
{
	const cJSON *d = json_get(o, "decision");
	const cJSON *list = json_get(o, "findings"), *it;
	size_t i;

	if (d != NULL) {
		for (i = 0; i < HOOK_DECISIONS &&
		    !json_is(o, "decision", hook_decision_words[i]); i++)
			continue;
		if (i == HOOK_DECISIONS)
			return err_set(e, "its answer has a \"decision\" that "
			    "is none of allow, ask and deny");
		*decision = (enum hook_decision)i;
	}
	if (hook_member(a, o, "reason", HOOK_REASON_MAX, &a->hook.reason,
	    e) < 0 || hook_member(a, o, "context", HOOK_CONTEXT_MAX,
	    &a->hook.context, e) < 0)
		return -1;
	if (list != NULL && !cJSON_IsArray(list))
		return err_set(e, "its answer has \"findings\" that are no "
		    "list");
	cJSON_ArrayForEach(it, list)
		if (!hook_finding_add(a, json_str(it, "file"),
		    json_int(it, "line", 0), json_str_or(it, "level",
		    "warning"), json_str(it, "rule"), json_str(it, "text")))
			return err_set(e, "its answer has a finding without "
			    "\"file\" or \"text\"");
	return 0;
}

int
hook_answer_read(struct event *a, enum hook_decision *decision, const char *p,
    size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	struct err why = ERR_INIT;

	*decision = HOOK_ALLOW;
	a->hook.findings = ev_alloc(a, HOOK_FINDINGS_MAX *
	    sizeof(*a->hook.findings));
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return 0;
	o = json_parse(p, n, JSON_NUL_REFUSE, &why);
	if (o == NULL)
		return err_set(e, "its answer isn't JSON: %s", why.text);
	if (!cJSON_IsObject(o))
		return err_set(e, "its answer isn't an object");
	if (json_array(o, "runs") != NULL)
		return err_set(e, "its answer is a SARIF log, which isn't read: "
		    "print \"findings\"");
	return hook_own(a, decision, o, e);
}
