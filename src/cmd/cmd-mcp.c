/* mcp: lists the user's MCP servers, with their tools as a session has seen
 * them; nothing is started. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/print.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "journal/session.h"

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
mcp_print(const cJSON *server, const cJSON *known)
{
	const cJSON *tools = json_get(json_get(known, server->string),
	    "tools"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s  %s", server->string, json_str_or(server, "command",
	    ""));
	cJSON_ArrayForEach(it, json_array(server, "args"))
		buf_addf(&b, " %s", it->valuestring);
	print_text(stdout, "", "  ", buf_str(&b));
	if (tools == NULL || tools->child == NULL)
		print_words(stdout, "    no session has seen its tools yet");
	cJSON_ArrayForEach(it, tools) {
		const char *about = json_str_or(it, "description", "");
		AUTO_FREE char *line = xasprintf("%s: %.*s", it->string,
		    (int)strcspn(about, "\n"), about);

		print_text(stdout, "    ", "      ", line);
	}
}

int
cmd_mcp(const struct cmd_args *a)
{
	AUTO_JSON cJSON *known = NULL;
	struct setup s = { 0 };
	const cJSON *it, *servers;
	int code;

	if (a->operands_len > 0 && strcmp(a->operands[0], "list") != 0)
		return cmd_fail(EXIT_USAGE, "unknown: mcp %.40s (list)",
		    a->operands[0]);
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	servers = config_mcp_servers(s.config);
	if (servers == NULL || servers->child == NULL)
		print_words(stdout, "no MCP servers (see assent-config(5), "
		    "MCP servers)");
	known = mcp_known();
	cJSON_ArrayForEach(it, servers)
		mcp_print(it, known);
	setup_release(&s);
	return EXIT_DONE;
}
