/*
 * mcp test: a session without a task, in which one server is started as it would
 * be for a model, and which is removed then.
 */
#include "config.h"

#include "cmd/mcp-test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/client.h"
#include "cmd/base/print.h"
#include "journal/event.h"
#include "journal/session.h"

#define MCP_TEST_HASH	12	/* digits of it */

struct mcp_test {
	struct client	*client;
	cJSON		*(*known)(void);
	char		*session;
	bool		 failed, told;
};

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
mcp_test_print(struct mcp_test *t, const cJSON *line, const cJSON *mcp)
{
	int64_t ms = json_int(mcp, "ms", 0);
	AUTO_JSON cJSON *all = NULL;
	const cJSON *it;

	print_text(stdout, "", "  ", json_str_or(line, "text", ""));
	if (!json_is(mcp, "status", "started")) {
		t->failed = true;
		return;
	}
	/* By now the file has them. */
	all = t->known();
	print_words(stdout, "  started in %lld.%02lld s%s%s",
	    (long long)ms / 1000, (long long)ms % 1000 / 10,
	    json_str(mcp, "version") == NULL ? "" : ": ",
	    json_str_or(mcp, "version", ""));
	cJSON_ArrayForEach(it, json_array(mcp, "tools"))
		mcp_test_tool(it, json_get(json_get(all, json_str_or(mcp,
		    "server", "")), "tools"));
}

/* A line of the core. */
static void
mcp_test_line(struct mcp_test *t, const cJSON *line)
{
	const char *type = json_str_or(line, "type", "");
	const cJSON *mcp = json_get(line, "mcp");

	if (strcmp(type, "session_start") == 0) {
		xstrset(&t->session, json_str(line, "session"));
		print_sandbox(stdout, "", json_str_or(json_get(line,
		    "sandbox"), "line", "sandbox"));
	} else if (strcmp(type, "live") == 0) {
		client_send(t->client, "typing");
	} else if (strcmp(type, "error") == 0 || strcmp(type, "refused") ==
	    0) {
		cmd_say("%s", json_str_or(line, "text", "refused"));
		t->failed = t->told = true;
	} else if (mcp != NULL) {
		mcp_test_print(t, line, mcp);
		t->told = true;
	} else if (json_str(line, "refused") != NULL)
		print_text(stdout, "", "  ", json_str(line, "refused"));
	if (t->told)
		client_send(t->client, "end");
}

/* Until the core has ended. */
static void
mcp_test_lines(struct mcp_test *t)
{
	const char *line;
	bool ended = false;
	size_t n;

	while (!ended) {
		struct pollfd fd = { .fd = lineio_fd(t->client->io),
			.events = POLLIN };

		if (lineio_wants_write(t->client->io))
			fd.events |= POLLOUT;
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			break;
		(void)lineio_flush(t->client->io);
		ended = lineio_read(t->client->io) < 0;
		while ((line = lineio_next(t->client->io, &n)) != NULL) {
			AUTO_JSON cJSON *o = event_parse(line, n, NULL);

			if (!t->told)
				mcp_test_line(t, o);
		}
	}
}

int
mcp_test(const struct setup *s, const char *name, cJSON *(*known)(void))
{
	struct client c = { 0 };
	struct mcp_test t = { .client = &c, .known = known };
	cJSON *start = setup_start(s, "interactive", NULL, false, false), *one;
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	one = cJSON_CreateObject();
	json_copy(one, name, json_get(json_get(start, "mcp_servers"), name));
	json_set_take(start, "mcp_servers", one);
	cJSON_DeleteItemFromObjectCaseSensitive(start, "hooks");
	if (client_start(&c, start, setup_hello(s), &e) < 0)
		return cmd_fail(EXIT_ERROR, "%s", e.text);
	mcp_test_lines(&t);
	client_release(&c, true);
	dir = t.session == NULL ? NULL : session_dir(t.session, &e);
	free(t.session);
	if (dir != NULL && fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
	if (!t.told)
		cmd_say("the background process ended");
	return t.told && !t.failed ? EXIT_DONE : EXIT_ERROR;
}
