/* Prints JSON, to a terminal or elsewhere. */
#include "config.h"

#include "front/print.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"

char *
print_json_escaped(const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);

	sanitize_json(&b, p, n);
	return buf_take(&b);
}

void
print_json(FILE *f, const char *p, size_t n)
{
	if (print_is_terminal(f)) {
		AUTO_FREE char *s = print_json_escaped(p, n);

		fputs(s, f);
	} else
		fwrite(p, 1, n, f);
	fputc('\n', f);
}
