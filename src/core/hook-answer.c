#include "config.h"

#include "core/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "base/utf8.h"

#define HOOK_REASON_MAX		((size_t)2000)
#define HOOK_CONTEXT_MAX	((size_t)16 << 10)
#define HOOK_LINE_MAX		100000000

const char *const hook_decision_words[] = {
	[HOOK_ALLOW] = "allow", [HOOK_ASK] = "ask", [HOOK_DENY] = "deny",
};

void
hook_answer_release(struct hook_answer *a)
{
	free(a->reason);
	free(a->context);
	cJSON_Delete(a->findings);
	memset(a, 0, sizeof(*a));
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
hook_finding_add(struct hook_answer *a, const char *path, int64_t line,
    const char *level, const char *rule, const char *text)
{
	AUTO_FREE char *cut = NULL, *rule_cut = NULL;
	cJSON *o;

	if (path == NULL || text == NULL)
		return false;
	if (path[0] == '\0' ||
	    cJSON_GetArraySize(a->findings) >= HOOK_FINDINGS_MAX) {
		a->dropped++;
		return true;
	}
	cut = utf8_cut_dup(text, HOOK_REASON_MAX);
	rule_cut = rule == NULL ? NULL : utf8_cut_dup(rule, HOOK_REASON_MAX);
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	json_add_int(o, "line", line < 0 || line > HOOK_LINE_MAX ? 0 : line);
	json_add_str(o, "severity", hook_severity(level));
	json_add_str(o, "rule", rule_cut);
	json_add_str(o, "message", cut);
	cJSON_AddItemToArray(a->findings, o);
	return true;
}

/* ---- SARIF 2.1.0: the part that says where and what ---- */

static bool
hook_sarif_result(struct hook_answer *a, const cJSON *r)
{
	static const char scheme[] = "file://";
	const cJSON *locations = json_array(r, "locations");
	const cJSON *place = json_get(locations == NULL ? NULL :
	    locations->child, "physicalLocation");
	const char *uri = json_str_or(json_get(place, "artifactLocation"),
	    "uri", "");
	const char *coded = uri + (strncmp(uri, scheme, strlen(scheme)) == 0 ?
	    strlen(scheme) : 0);
	AUTO_FREE char *path = url_decode(coded, strlen(coded));

	if (!cJSON_IsObject(r))
		return false;
	return hook_finding_add(a, path == NULL ? coded : path,
	    json_int(json_get(place, "region"), "startLine", 0),
	    json_str_or(r, "level", "warning"), json_str(r, "ruleId"),
	    json_str(json_get(r, "message"), "text"));
}

static int
hook_sarif(struct hook_answer *a, const cJSON *log, struct err *e)
{
	const cJSON *run, *r;

	cJSON_ArrayForEach(run, json_array(log, "runs"))
		cJSON_ArrayForEach(r, json_array(run, "results"))
			if (!hook_sarif_result(a, r))
				return err_set(e, "its SARIF has a result "
				    "without a message");
	return 0;
}

/* ---- our own form ---- */

/* A member that has to be text if it's there. */
static int
hook_member(const cJSON *o, const char *key, size_t max, char **out,
    struct err *e)
{
	const cJSON *v = json_get(o, key);

	if (v == NULL || cJSON_IsNull(v))
		return 0;
	if (!cJSON_IsString(v))
		return err_set(e, "its answer has a \"%s\" that is no text",
		    key);
	if (v->valuestring[0] != '\0')
		*out = utf8_cut_dup(v->valuestring, max);
	return 0;
}

static int
hook_own(struct hook_answer *a, const cJSON *o, struct err *e)
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
		a->decision = (enum hook_decision)i;
	}
	if (hook_member(o, "reason", HOOK_REASON_MAX, &a->reason, e) < 0 ||
	    hook_member(o, "context", HOOK_CONTEXT_MAX, &a->context, e) < 0)
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
hook_answer_read(struct hook_answer *a, const char *p, size_t n,
    struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	struct err why = ERR_INIT;

	memset(a, 0, sizeof(*a));
	a->findings = cJSON_CreateArray();
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return 0;
	o = json_parse(p, n, JSON_NUL_REFUSE, &why);
	if (o == NULL)
		return err_set(e, "its answer isn't JSON: %s", why.text);
	if (!cJSON_IsObject(o))
		return err_set(e, "its answer isn't an object");
	return json_array(o, "runs") != NULL ? hook_sarif(a, o, e) :
	    hook_own(a, o, e);
}
