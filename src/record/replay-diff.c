/* See replay-diff.h. */
#include "config.h"

#include "record/replay-diff.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "record/recording.h"

#define REPLAY_DIFF_EVENTS	20	/* shown */
#define REPLAY_DIFF_LINES	60	/* of each side of one */

/* ---- what may differ ---- */

#define MONTHS "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define DAYS "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
#define CLOCK "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"

static const struct {
	const char	*pattern, *to;
} replay_diff_rules[] = {
	{ "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]" CLOCK
	  "(Z| ?[+-][0-9]{2}:?[0-9]{2})?)?", "<time>" },
	{ "(" DAYS ",? )?(" MONTHS " +[0-9]{1,2}|[0-9]{1,2} " MONTHS ")"
	  "( [0-9]{4})?( +" CLOCK "( [AP]M)?( UTC| [+-][0-9]{4})?"
	  "( [0-9]{4})?)?", "<time>" },
	{ "\\<[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?", "<time>" },
	{ "\\<[0-9]+m[0-9]+([.,][0-9]+)?s\\>", "<duration>" },
	{ "\\<[0-9]+([.,][0-9]+)? ?(ns|us|ms|s|secs?|seconds?|minutes?)\\>",
	  "<duration>" },
	/* Without namespaces the sandbox's is below the session's folder. */
	{ RECORDING_SESSION "/[a-z]+/tmp/[^][:space:]/'\"`:;,)(]+",
	  "/tmp/<name>" },
	{ "/tmp/[^][:space:]/'\"`:;,)(]+", "/tmp/<name>" },
	{ "\\<tmp[._-]?[A-Za-z0-9_]{6,}", "<name>" },
	{ "0x[0-9a-fA-F]{6,}", "<address>" },
	{ "\\<[0-9a-f]{40}\\>", "<id>" },
	{ "\\<(127\\.0\\.0\\.1|localhost):[0-9]{4,5}\\>", "<port>" },
	{ "\\<(pid|PID|process) ?[=:]? ?[0-9]+", "<pid>" },
};

struct replay_rules {
	regex_t	 v[MEM_COUNT(replay_diff_rules)];
};

static void
replay_diff_rule(const regex_t *re, const char *to, char **text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p = *text;
	regmatch_t m;
	int flags = 0;

	while (*p != '\0' && regexec(re, p, 1, &m, flags) == 0 &&
	    m.rm_eo > m.rm_so) {
		buf_add(&b, p, (size_t)m.rm_so);
		buf_adds(&b, to);
		p += m.rm_eo;
		flags = REG_NOTBOL;
	}
	if (p == *text)
		return;
	buf_adds(&b, p);
	FREE_SET(*text, buf_take(&b));
}

static void
replay_diff_normal(const struct replay_rules *rules, cJSON *o)
{
	cJSON *it;
	size_t i;

	if (cJSON_IsString(o)) {
		char *text = xstrdup(o->valuestring);

		for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
			replay_diff_rule(&rules->v[i],
			    replay_diff_rules[i].to, &text);
		if (strcmp(text, o->valuestring) != 0)
			cJSON_SetValuestring(o, text);
		free(text);
		return;
	}
	cJSON_ArrayForEach(it, o)
		replay_diff_normal(rules, it);
}

/* The user's own after all of the agent's. */
static void
replay_diff_apart(cJSON *events)
{
	cJSON *it, *next, *last = events->child == NULL ? NULL :
	    events->child->prev;

	for (it = events->child; it != NULL; it = it == last ? NULL : next) {
		next = it->next;
		if (it->next != NULL && recording_is_own(it))
			cJSON_AddItemToArray(events,
			    cJSON_DetachItemViaPointer(events, it));
	}
}

/* A hash of bytes that were scrubbed isn't recorded. */
static void
replay_diff_hashes(const cJSON *recorded, cJSON *replayed)
{
	static const char *const hashes[] = { "before", "after" };
	const cJSON *f;
	cJSON *g;
	size_t i;

	cJSON_ArrayForEach(f, json_array(recorded, "files")) {
		cJSON_ArrayForEach(g, json_get(replayed, "files"))
			if (json_is(g, "path", json_str_or(f, "path", "")))
				break;
		if (g == NULL || json_get(f, "before") != NULL ||
		    json_get(f, "after") != NULL)
			continue;
		for (i = 0; i < MEM_COUNT(hashes); i++)
			cJSON_DeleteItemFromObjectCaseSensitive(g, hashes[i]);
	}
}

/* ---- as lines ---- */

static void
replay_diff_value(struct buf *b, const char *name, const cJSON *o)
{
	AUTO_FREE char *text = NULL;
	const cJSON *it;
	const char *p, *nl;
	int i = 0;

	if (cJSON_IsString(o)) {
		for (p = o->valuestring; p != NULL; p = nl == NULL ? NULL :
		    nl + 1) {
			nl = strchr(p, '\n');
			if (nl != NULL && nl[1] == '\0')
				nl = NULL;
			buf_addf(b, "%s: %.*s\n", name,
			    (int)strcspn(p, "\n"), p);
		}
	} else if (cJSON_IsObject(o) || cJSON_IsArray(o)) {
		cJSON_ArrayForEach(it, o) {
			AUTO_FREE char *sub = it->string != NULL ?
			    xasprintf("%s.%s", name, it->string) :
			    xasprintf("%s[%d]", name, i++);

			replay_diff_value(b, sub, it);
		}
	} else {
		text = json_print(o);
		buf_addf(b, "%s: %s\n", name, text);
	}
}

static char *
replay_diff_lines(const cJSON *event)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, event)	/* an object */
		if (strcmp(it->string, "type") != 0)
			replay_diff_value(&b, it->string, it);
	return buf_take(&b);
}

static void
replay_diff_side(struct buf *out, char sign, const char *p, size_t n)
{
	const char *end = p + n, *nl;
	int left = REPLAY_DIFF_LINES;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end - 1;
		if (left-- == 0) {
			buf_addf(out, "%c ...\n", sign);
			return;
		}
		buf_addc(out, sign);
		buf_add(out, p, (size_t)(nl - p));
		buf_addc(out, '\n');
	}
}

static void
replay_diff_event(struct buf *out, int n, const cJSON *a, const cJSON *b)
{
	AUTO_FREE char *was = replay_diff_lines(a);
	AUTO_FREE char *is = replay_diff_lines(b);

	buf_addf(out, "@@ event %d: %s %s @@\n", n, json_str_or(a, "type",
	    "?"), json_str_or(a, "name", ""));
	line_diff(out, was, strlen(was), is, strlen(is));
}

static void
replay_diff_other(struct buf *out, char sign, int n, const cJSON *event)
{
	AUTO_FREE char *text = replay_diff_lines(event);

	buf_addf(out, "@@ event %d: %s%s %s @@\n", n, sign == '-' ?
	    "missing: " : "new: ", json_str_or(event, "type", "?"),
	    json_str_or(event, "name", ""));
	replay_diff_side(out, sign, text, strlen(text));
}

int
replay_diff(const cJSON *recorded, const cJSON *replayed, struct buf *out)
{
	AUTO_JSON cJSON *was = cJSON_Duplicate(recorded, 1);
	AUTO_JSON cJSON *is = cJSON_Duplicate(replayed, 1);
	struct replay_rules rules;
	cJSON *a, *b;
	int n = 0, differ = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		if (regcomp(&rules.v[i], replay_diff_rules[i].pattern,
		    REG_EXTENDED) != 0)
			abort();	/* the table is ours */
	replay_diff_apart(was);
	replay_diff_apart(is);
	replay_diff_normal(&rules, was);
	replay_diff_normal(&rules, is);
	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		regfree(&rules.v[i]);
	for (a = was->child, b = is->child; a != NULL && b != NULL &&
	    differ < REPLAY_DIFF_EVENTS; a = a->next, b = b->next) {
		n++;
		replay_diff_hashes(a, b);
		if (cJSON_Compare(a, b, 1))
			continue;
		differ++;
		if (!json_is(a, "type", json_str_or(b, "type", ""))) {
			/* From here on nothing fits. */
			replay_diff_other(out, '-', n, a);
			replay_diff_other(out, '+', n, b);
			return differ;
		}
		replay_diff_event(out, n, a, b);
	}
	if (differ >= REPLAY_DIFF_EVENTS)
		return differ;
	for (; a != NULL || b != NULL; a = a == NULL ? NULL : a->next,
	    b = b == NULL ? NULL : b->next) {
		n++;
		if (differ++ < REPLAY_DIFF_EVENTS)
			replay_diff_other(out, a != NULL ? '-' : '+', n,
			    a != NULL ? a : b);
	}
	return differ;
}
