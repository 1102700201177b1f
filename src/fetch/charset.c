/*
 * iconv(3) knows the charsets; a name that it doesn't know is as good as none.
 */
#include "config.h"

#include "fetch/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

#define CHARSET_REPLACEMENT 0xfffdu

static const struct charset_mark {
	const char	*bytes, *name;
	size_t		 n;
} charset_marks[] = {
	{ "\xef\xbb\xbf", "UTF-8", 3 },
	{ "\xff\xfe", "UTF-16LE", 2 },
	{ "\xfe\xff", "UTF-16BE", 2 },
};

char *
charset_named(const char *p, size_t n)
{
	static const char key[] = "charset=";
	size_t len = sizeof(key) - 1, i, k;

	for (i = 0; i + len < n; i++) {
		if (strncasecmp(p + i, key, len) != 0)
			continue;
		i += len;
		if (p[i] == '"' || p[i] == '\'')
			i++;
		for (k = i; k < n && strchr(" \t\r\n\"';/>", p[k]) == NULL;
		    k++)
			continue;
		return k == i || k - i > 40 ? NULL : xmemdup(p + i, k - i);
	}
	return NULL;
}

/* -1, with nothing appended, if iconv doesn't know the charset. */
static int
charset_convert(struct buf *b, const char *name, const char *p, size_t n)
{
	iconv_t to = iconv_open("UTF-8", name);
	char *in = (char *)(uintptr_t)p, text[4096];

	if (to == (iconv_t)-1)
		return -1;
	while (n > 0) {
		char *out = text;
		size_t room = sizeof(text);
		size_t rc = iconv(to, &in, &n, &out, &room);

		buf_add(b, text, (size_t)(out - text));
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		utf8_put(b, CHARSET_REPLACEMENT);
		if (errno != EILSEQ)
			break;
		in++;
		n--;
	}
	iconv_close(to);
	return 0;
}

static bool
charset_is_utf8(const char *name)
{
	return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

static void
charset_decode_as(struct buf *b, const char *name, const char *p, size_t n)
{
	if (name != NULL && !charset_is_utf8(name) &&
	    charset_convert(b, name, p, n) == 0)
		return;
	if ((name != NULL && charset_is_utf8(name)) || utf8_is_valid(p, n) ||
	    charset_convert(b, "WINDOWS-1252", p, n) < 0)
		utf8_repair(b, p, n);
}

void
charset_decode(struct buf *b, const char *name, const char *p, size_t n)
{
	size_t from = b->len, i;

	for (i = 0; i < MEM_COUNT(charset_marks); i++) {
		const struct charset_mark *m = &charset_marks[i];

		if (n < m->n || memcmp(p, m->bytes, m->n) != 0)
			continue;
		name = m->name;
		p += m->n;
		n -= m->n;
		break;
	}
	charset_decode_as(b, name, p, n);
	for (i = from; i < b->len; i++)
		if (b->p[i] == '\0')
			b->p[i] = ' ';
}
