#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Is there no message yet? Then it is this one. */
static bool __attribute__((format(printf, 2, 0)))
err_take(struct err *e, const char *fmt, va_list ap)
{
	if (e == NULL || e->text[0] != '\0')
		return false;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return true;
}

int
err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_take(e, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_misuse(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (err_take(e, fmt, ap))
		e->misuse = true;
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	if (err_take(e, fmt, ap)) {
		e->sys = saved;
		n = strlen(e->text);
		snprintf(e->text + n, sizeof(e->text) - n, ": %s",
		    strerror(saved));
	}
	va_end(ap);
	errno = saved;
	return -1;
}

bool
err_is_set(const struct err *e)
{
	return e->text[0] != '\0';
}

