/* See cmd-exit.h. */
#include "config.h"

#include "front/cmd-exit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sanitize.h"

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
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *text = xvasprintf(fmt, ap);
	size_t n = cmd_name == NULL ? 0 : strlen(cmd_name);

	if (n > 0 && (strncmp(text, cmd_name, n) != 0 ||
	    (text[n] != ':' && text[n] != ' ')))
		FREE_SET(text, xasprintf("%s: %s", cmd_name, text));
	sanitize_add(&b, text, strlen(text), SANITIZE_LINES | sanitize_locale());
	fprintf(stderr, "assent: %s\n", buf_str(&b));
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

int
cmd_flush(void)
{
	if (fflush(stdout) == 0)
		return 0;
	if (errno != EPIPE)
		cmd_say("can't write to standard output");
	return -1;
}
