/*
 * tool-parallel: runs several read-only calls in parallel, each in a process of
 * its own with a pipe for its reply; the replies are in the order of the calls.
 */
#include "config.h"

#include "base/mem.h"
#include "tool/tool.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "tool/impl.h"

struct together_call {
	pid_t	 pid;
	int	 from;		/* its reply */
};

/* The reply as text, malloc'ed. */
static char *
together_answer(const struct tool_env *env, const cJSON *call)
{
	const char *name = json_str_or(call, "name", "");
	const struct tool_entry *t = tool_find(name);
	AUTO_JSON cJSON *reply = cJSON_CreateObject();

	/* Two calls that write could conflict. */
	if (t != NULL && t->effects != TOOL_READS)
		tool_fail(reply, "bad_args", "%s is not read-only", name);
	else
		tool_run(name, env, json_get(call, "args"), reply);
	return json_print(reply);
}

/* tc->pid is 0 or less if it has no process. */
static void
together_start(const struct tool_env *env, const cJSON *call,
    struct together_call *tc)
{
	int p[2];
	char *text;

	if (pipe(p) < 0)
		return;
	tc->pid = fork();
	if (tc->pid == 0) {
		close(p[0]);
		text = together_answer(env, call);
		_exit(fs_write_all(p[1], text, strlen(text)) == 0 ? 0 : 1);
	}
	close(p[1]);
	if (tc->pid < 0)
		close(p[0]);
	tc->from = p[0];
}

/* Its reply, or how it ended. False if it was killed. */
static bool
together_end(struct together_call *tc, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(BUF_MAX);
	int status = 0;
	bool whole = fs_read_all(tc->from, &text) == 0;

	close(tc->from);
	while (waitpid(tc->pid, &status, 0) < 0 && errno == EINTR)
		;
	whole = whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (whole)
		buf_add(out, buf_str(&text), text.len);
	else if (WIFSIGNALED(status))
		buf_addf(out, "{\"killed\":%d}", WTERMSIG(status));
	else
		buf_adds(out, "null");
	return !WIFSIGNALED(status);
}

bool
tool_parallel(const struct tool_env *env, const cJSON *calls, struct buf *out)
{
	struct together_call v[TOOL_TOGETHER_MOST];
	const cJSON *it;
	size_t n = 0, i = 0;
	bool all_ended = true;

	buf_adds(out, "[");
	cJSON_ArrayForEach(it, calls) {
		if (n == TOOL_TOGETHER_MOST)
			break;
		v[n].pid = 0;
		together_start(env, it, &v[n++]);
	}
	cJSON_ArrayForEach(it, calls) {
		if (i == n)
			break;
		buf_adds(out, i == 0 ? "" : ",");
		if (v[i].pid > 0) {
			all_ended = together_end(&v[i], out) && all_ended;
		} else {
			/* No process available: run it here. */
			AUTO_FREE char *text = together_answer(env, it);

			buf_adds(out, text);
		}
		i++;
	}
	buf_adds(out, "]");
	return all_ended;
}
