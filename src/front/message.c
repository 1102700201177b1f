/* See message.h. */

#include "config.h"

#include "front/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "front/print.h"

static char cmd_last[1024];
static const char *cmd_name;		/* borrowed; NULL: none */

void
cmd_say_name(const char *name)
{
	cmd_name = name;
}

static void __attribute__((format(printf, 1, 0)))
cmd_vsay(const char *fmt, va_list ap)
{
	AUTO_FREE char *text = xvasprintf(fmt, ap);
	size_t n = cmd_name == NULL ? 0 : strlen(cmd_name);

	if (n > 0 && (strncmp(text, cmd_name, n) != 0 ||
	    (text[n] != ':' && text[n] != ' ')))
		FREE_SET(text, xasprintf("%s: %s", cmd_name, text));
	print_text(stderr, "assent: ", "  ", text);
	fflush(stderr);
	snprintf(cmd_last, sizeof(cmd_last), "%s", text);
}

const char *
cmd_said(void)
{
	return cmd_last;
}

int
cmd_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cmd_vsay(fmt, ap);
	va_end(ap);
	return code;
}

int
cmd_fail_err(const struct err *e)
{
	return cmd_fail(e->misuse ? EXIT_USAGE : EXIT_ERROR, "%s", e->text);
}

void
cmd_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cmd_vsay(fmt, ap);
	va_end(ap);
}

char *
data_dir(const char *below, struct err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char *dir = NULL;

	/* XDG: a relative path counts as unset. */
	if (data != NULL && data[0] == '/')
		dir = xasprintf("%s/assent/%s", data, below);
	else if (home != NULL && home[0] == '/')
		dir = xasprintf("%s/.local/share/assent/%s", home, below);
	else
		err_set(e, "no home directory for %s: set HOME or "
		    "XDG_DATA_HOME", below);
	if (dir != NULL && fs_check_own(dir, e) < 0)
		FREE_NULL(dir);
	return dir;
}
