/* recording-replay: the answers for a replay, and what is different in it. */
#include "config.h"

#include "record/recording.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "journal/event.h"

/* ---- answers: a stream of Chat Completions each ---- */

static void
replay_answer_calls(cJSON *delta, const cJSON *calls)
{
	cJSON *list = NULL, *o, *f;
	const cJSON *call;
	int i = 0;

	cJSON_ArrayForEach(call, calls) {
		if (list == NULL)
			list = cJSON_AddArrayToObject(delta, "tool_calls");
		cJSON_AddItemToArray(list, o = cJSON_CreateObject());
		json_add_int(o, "index", i++);
		json_add_str(o, "id", json_str_or(call, "id", "call"));
		f = cJSON_AddObjectToObject(o, "function");
		json_add_str(f, "name", json_str_or(call, "name", ""));
		json_add_str(f, "arguments", json_str_or(call, "arguments",
		    ""));
	}
}

static void
replay_answer_add(struct buf *b, const cJSON *answer)
{
	static const struct { const char *stop, *finish; } ends[] = {
		{ "max_tokens", "length" },
		{ "content_filter", "content_filter" },
		{ "context_full", "model_length" } }, *end;
	const cJSON *calls = json_array(answer, "calls");
	const cJSON *usage = json_get(answer, "usage");
	AUTO_JSON cJSON *chunk = cJSON_CreateObject();
	cJSON *choice = cJSON_CreateObject(), *o;

	cJSON_AddItemToArray(cJSON_AddArrayToObject(chunk, "choices"), choice);
	json_add_int(choice, "index", 0);
	o = cJSON_AddObjectToObject(choice, "delta");
	json_add_str(o, "content", json_str_or(answer, "text", ""));
	json_add_str(o, "reasoning_content", json_str(answer, "thinking"));
	replay_answer_calls(o, calls);
	end = MEM_FIND(ends, json_str_or(answer, "stop", ""));
	json_add_str(choice, "finish_reason", end != NULL ? end->finish :
	    calls != NULL && calls->child != NULL ? "tool_calls" : "stop");
	if (json_int(usage, "input", -1) >= 0) {
		o = cJSON_AddObjectToObject(chunk, "usage");
		json_add_int(o, "prompt_tokens", json_int(usage, "input", 0));
		json_add_int(o, "completion_tokens", json_int(usage, "output",
		    0));
	}
	buf_adds(b, "data: ");
	json_append(b, chunk);
	buf_adds(b, "\n\ndata: [DONE]\n\n");
}

static int
replay_answer_file(const char *dir, const char *name, const struct buf *b,
    struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, name);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);

	return fd >= 0 && fs_write_all(fd, buf_str(b), b->len) == 0 ? 0 :
	    err_sys(e, "can't write %s", path);
}

int
replay_answer_write(const cJSON *answers, const char *dir, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;
	char name[32];
	int n = 0, rc;

	if (mkdir(dir, 0700) < 0)
		return err_sys(e, "can't make %s", dir);
	buf_adds(&b, "{\"format\":\"openai-chat\"}\n");
	rc = replay_answer_file(dir, "recording.json", &b, e);
	cJSON_ArrayForEach(it, answers) {
		buf_clear(&b);
		replay_answer_add(&b, it);
		snprintf(name, sizeof(name), "%02d.wait", ++n);
		if (rc == 0)
			rc = replay_answer_file(dir, name, &b, e);
	}
	return rc;
}

void
replay_answer_release(const char *dir, int n)
{
	AUTO_FREE char *from = xasprintf("%s/%02d.wait", dir, n);
	AUTO_FREE char *to = xasprintf("%s/%02d.sse", dir, n);

	(void)rename(from, to);
}

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

struct replay_text {
	regex_t		 rules[MEM_COUNT(replay_diff_rules)];
	struct buf	 b;
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

/* ---- as lines ---- */

static void
replay_diff_line(struct replay_text *t, const char *name, const char *p,
    size_t n)
{
	char *text = xmemdup(p, n);
	size_t i;

	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		replay_diff_rule(&t->rules[i], replay_diff_rules[i].to, &text);
	buf_addf(&t->b, "%s: %s\n", name, text);
	free(text);
}

static void
replay_diff_value(struct replay_text *t, const char *name, const cJSON *o)
{
	AUTO_FREE char *text = NULL;
	const cJSON *it;
	const char *p;
	int i = 0;

	if (cJSON_IsString(o)) {
		p = o->valuestring;
		do {
			size_t n = strcspn(p, "\n");

			replay_diff_line(t, name, p, n);
			p += n + (p[n] == '\n');
		} while (*p != '\0');
	} else if (cJSON_IsObject(o) || cJSON_IsArray(o)) {
		cJSON_ArrayForEach(it, o) {
			AUTO_FREE char *sub = it->string != NULL ?
			    xasprintf("%s.%s", name, it->string) :
			    xasprintf("%s[%d]", name, i++);

			replay_diff_value(t, sub, it);
		}
	} else {
		text = json_print(o);
		buf_addf(&t->b, "%s: %s\n", name, text);
	}
}

static void
replay_diff_events(struct replay_text *t, const cJSON *events)
{
	const cJSON *event, *it;

	cJSON_ArrayForEach(event, events) {
		const char *type = json_str_or(event, "type", "?");

		buf_addf(&t->b, "%s\n", type);
		cJSON_ArrayForEach(it, event) {
			AUTO_FREE char *name = xasprintf("%s.%s", type,
			    it->string);

			if (strcmp(it->string, "type") != 0)
				replay_diff_value(t, name, it);
		}
	}
}

bool
replay_diff(const cJSON *recorded, const cJSON *replayed, struct buf *out)
{
	struct replay_text t = { .b = BUF_INIT(0) };
	size_t i, was, had = out->len;

	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		if (regcomp(&t.rules[i], replay_diff_rules[i].pattern,
		    REG_EXTENDED) != 0)
			abort();	/* the table is ours */
	replay_diff_events(&t, recorded);
	was = t.b.len;
	replay_diff_events(&t, replayed);
	for (i = 0; i < MEM_COUNT(replay_diff_rules); i++)
		regfree(&t.rules[i]);
	line_diff(out, buf_str(&t.b), was, buf_str(&t.b) + was, t.b.len - was);
	buf_release(&t.b);
	return out->len > had;
}
