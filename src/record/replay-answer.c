/* See replay-answer.h. */
#include "config.h"

#include "record/replay-answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

static void
replay_answer_event(struct buf *b, cJSON *o_take)
{
	buf_adds(b, "data: ");
	json_append(b, o_take);
	buf_adds(b, "\n\n");
	cJSON_Delete(o_take);
}

static cJSON *
replay_answer_calls(const cJSON *answer)
{
	cJSON *list = cJSON_CreateArray(), *o, *f;
	const cJSON *call;
	int i = 0;

	cJSON_ArrayForEach(call, json_array(answer, "calls")) {
		o = cJSON_CreateObject();
		json_add_int(o, "index", i++);
		json_add_str(o, "id", json_str_or(call, "id", "call"));
		json_add_str(o, "type", "function");
		f = cJSON_CreateObject();
		json_add_str(f, "name", json_str_or(call, "name", ""));
		json_add_str(f, "arguments", json_str_or(call, "arguments",
		    ""));
		json_set_take(o, "function", f);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static void
replay_answer_text(struct buf *b, const cJSON *answer)
{
	static const struct { const char *stop, *finish; } ends[] = {
		{ "max_tokens", "length" },
		{ "content_filter", "content_filter" },
		{ "context_full", "model_length" } }, *end;
	cJSON *chunk = cJSON_CreateObject(), *list, *choice, *delta;
	cJSON *calls = replay_answer_calls(answer);
	const char *finish = calls->child == NULL ? "stop" : "tool_calls";

	end = MEM_FIND(ends, json_str_or(answer, "stop", ""));
	if (end != NULL)
		finish = end->finish;
	list = cJSON_AddArrayToObject(chunk, "choices");
	choice = cJSON_CreateObject();
	json_add_int(choice, "index", 0);
	delta = cJSON_CreateObject();
	json_add_str(delta, "content", json_str_or(answer, "text", ""));
	json_add_str(delta, "reasoning_content", json_str(answer,
	    "thinking"));
	if (calls->child != NULL)
		json_set_take(delta, "tool_calls", calls);
	else
		cJSON_Delete(calls);
	json_set_take(choice, "delta", delta);
	json_add_str(choice, "finish_reason", finish);
	cJSON_AddItemToArray(list, choice);
	replay_answer_event(b, chunk);
}

static void
replay_answer_usage(struct buf *b, const cJSON *usage)
{
	cJSON *chunk, *o;

	if (json_int(usage, "input", -1) < 0)
		return;
	chunk = cJSON_CreateObject();
	cJSON_AddArrayToObject(chunk, "choices");
	o = cJSON_CreateObject();
	json_add_int(o, "prompt_tokens", json_int(usage, "input", 0));
	json_add_int(o, "completion_tokens", json_int(usage, "output", 0));
	json_set_take(chunk, "usage", o);
	replay_answer_event(b, chunk);
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
		replay_answer_text(&b, it);
		replay_answer_usage(&b, json_get(it, "usage"));
		buf_adds(&b, "data: [DONE]\n\n");
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
