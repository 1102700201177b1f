/* JSON for a terminal, and for all else. */
#include "config.h"

#include "cmd/print.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sanitize.h"
#include "base/utf8.h"

char *
print_json_escaped(const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			buf_adds(&b, "\\ufffd");
		} else if (sanitize_is_plain(cp, 0)) {
			buf_add(&b, p + i, used);
		} else if (cp < 0x10000) {
			buf_addf(&b, "\\u%04x", (unsigned)cp);
		} else {
			cp -= 0x10000;
			buf_addf(&b, "\\u%04x\\u%04x",
			    0xd800 + (unsigned)(cp >> 10),
			    0xdc00 + (unsigned)(cp & 0x3ff));
		}
	}
	return buf_take(&b);
}

void
print_json(FILE *f, const char *p, size_t n)
{
	char *s;

	if (isatty(fileno(f))) {
		s = print_json_escaped(p, n);
		fputs(s, f);
		free(s);
	} else
		fwrite(p, 1, n, f);
	fputc('\n', f);
}
