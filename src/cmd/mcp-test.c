/*
 * mcp test: a session without a task, in which one server is started as it would
 * be for a model, and which is removed then.
 */
#include "config.h"

#include "cmd/mcp-test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "cmd/trial.h"
#include "journal/event.h"
#include "journal/session.h"

#define MCP_TEST_HASH	12	/* digits of it */
#define MCP_BYTES ((size_t)16 << 20)

/* What sessions know of the tools, or NULL. */
static cJSON *
mcp_known(void)
{
	AUTO_BUF struct buf b = BUF_INIT(MCP_BYTES);
	AUTO_FREE char *dir = session_state_dir(NULL);
	AUTO_CLOSE int fd = dir == NULL ? -1 :
	    open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fs_read_file(fd, SESSION_MCP_FILE, &b, NULL) < 0)
		return NULL;
	return json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, NULL);
}

static void
mcp_test_tool(const cJSON *tool, const cJSON *known)
{
	const char *name = json_str_or(tool, "name", "?");
	const char *about = json_str_or(tool, "description", json_str_or(
	    json_get(known, name), "description", ""));
	AUTO_FREE char *line = xasprintf("%s (%s, %.*s): %.*s", name,
	    json_str_or(tool, "state", "?"), MCP_TEST_HASH,
	    json_str_or(tool, "hash", ""), (int)strcspn(about, "\n"), about);

	print_text(stdout, "    ", "      ", line);
}

static void
mcp_test_print(bool *failed, const cJSON *line, const cJSON *mcp)
{
	int64_t ms = json_int(mcp, "ms", 0);
	AUTO_JSON cJSON *all = NULL;
	const cJSON *it;

	print_text(stdout, "", "  ", json_str_or(line, "text", ""));
	if (!json_is(mcp, "status", "started")) {
		*failed = true;
		return;
	}
	/* By now the file has them. */
	all = mcp_known();
	print_words(stdout, "  started in %lld.%02lld s%s%s",
	    (long long)ms / 1000, (long long)ms % 1000 / 10,
	    json_str(mcp, "version") == NULL ? "" : ": ",
	    json_str_or(mcp, "version", ""));
	cJSON_ArrayForEach(it, json_array(mcp, "tools"))
		mcp_test_tool(it, json_get(json_get(all, json_str_or(mcp,
		    "server", "")), "tools"));
}

static bool
mcp_test_line(void *arg, struct client *c, const cJSON *line)
{
	const cJSON *mcp = json_get(line, "mcp");

	if (event_type(line) == EVENT_LIVE)
		client_send(c, "typing");
	else if (mcp != NULL)
		mcp_test_print(arg, line, mcp);
	else if (json_str(line, "refused") != NULL)
		print_text(stdout, "", "  ", json_str(line, "refused"));
	return mcp != NULL;
}

int
mcp_test(const struct setup *s, const char *name)
{
	bool failed = false;
	cJSON *start = setup_start(s, "interactive", NULL, false, false), *one;

	one = cJSON_CreateObject();
	json_copy(one, name, json_get(json_get(start, "mcp_servers"), name));
	json_set_take(start, "mcp_servers", one);
	cJSON_DeleteItemFromObjectCaseSensitive(start, "hooks");
	return trial_run(s, start, mcp_test_line, &failed) < 0 || failed ?
	    EXIT_ERROR : EXIT_DONE;
}
