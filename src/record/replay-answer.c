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
