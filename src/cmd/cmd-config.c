/* config: what your configuration has: hooks, keys, MCP servers, models,
 * profiles. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/bindings.h"

static int
config_print_keys(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int code;

	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	bindings = setup_bindings(&s);
	if (bindings == NULL)
		return EXIT_USAGE;
	bindings_list(bindings, &b);
	fputs(buf_str(&b), stdout);
	return EXIT_DONE;
}

static int
config_print_profiles(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	int code = setup_config(&s, a, "interactive");

	if (code != 0)
		return code;
	config_profile_list(s.config, &b);
	print_foreign(stdout, b.p, b.len);
	return EXIT_DONE;
}

int
cmd_config(const struct cmd_args *a)
{
	static const struct {
		const char *name;
		int (*run)(const struct cmd_args *);
		bool verbs;		/* add FILE, ... */
	} of[] = {
		{ "hooks", cmd_hooks, true },
		{ "keys", config_print_keys, false },
		{ "mcp", cmd_mcp, true },
		{ "models", cmd_models, false },
		{ "profiles", config_print_profiles, false },
	};
	struct cmd_args rest = *a;
	size_t i;

	for (i = 0; a->operands_len > 0 && i < MEM_COUNT(of); i++) {
		if (strcmp(a->operands[0], of[i].name) != 0)
			continue;
		rest.operands++;
		rest.operands_len--;
		if (rest.operands_len > 0 && !of[i].verbs)
			return cmd_fail(EXIT_USAGE, "unexpected argument "
			    "\"%.60s\"", rest.operands[0]);
		return of[i].run(&rest);
	}
	return cmd_fail(EXIT_USAGE, "usage: assent config hooks | keys | mcp "
	    "| models | profiles (see assent config --help)");
}
