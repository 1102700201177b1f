/* keys: lists the UI's keys with this user's bindings. */
#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/bindings.h"

int
cmd_keys(const struct cmd_args *a)
{
	struct bindings *bindings;
	struct setup s = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	int code;

	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	bindings = setup_bindings(&s);
	if (bindings == NULL) {
		setup_release(&s);
		return EXIT_USAGE;
	}
	bindings_list(bindings, &b);
	fputs(buf_str(&b), stdout);
	bindings_free(bindings);
	setup_release(&s);
	return 0;
}
