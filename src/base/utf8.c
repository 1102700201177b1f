#include "config.h"

#include "base/utf8.h"

#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"

size_t
utf8_next(const char *p, size_t n, uint32_t *cp)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t used;

	used = utf8proc_iterate((const utf8proc_uint8_t *)p,
	    n > 4 ? 4 : (utf8proc_ssize_t)n, &c);
	if (used <= 0 || c < 0)
		return 0;
	*cp = (uint32_t)c;
	return (size_t)used;
}

size_t
utf8_bom(const char *p, size_t n)
{
	return n >= 3 && memcmp(p, UTF8_BOM, 3) == 0 ? 3 : 0;
}

bool
utf8_is_ascii(const char *p, size_t n)
{
	while (n > 0 && (unsigned char)p[n - 1] < 0x80)
		n--;
	return n == 0;
}

bool
utf8_is_valid(const char *p, size_t n)
{
	size_t i, used;
	uint64_t eight;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		if ((unsigned char)p[i] < 0x80) {
			/* Fast path: most text is ASCII. */
			for (used = 1; n - i - used >= sizeof(eight);
			    used += sizeof(eight)) {
				memcpy(&eight, p + i + used, sizeof(eight));
				if ((eight & 0x8080808080808080u) != 0)
					break;
			}
			continue;
		}
		if ((used = utf8_next(p + i, n - i, &cp)) == 0)
			return false;
	}
	return true;
}

bool
utf8_is_line(const char *text)
{
	const char *s;

	for (s = text; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return utf8_is_valid(text, (size_t)(s - text));
}

size_t
utf8_cut(const char *p, size_t n, size_t max)
{
	size_t i;

	if (n <= max)
		return n;
	for (i = max; i > 0 && max - i < 4; i--)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return i;
	return max;
}

char *
utf8_cut_dup(const char *s, size_t max)
{
	size_t n = strlen(s), keep = utf8_cut(s, n, max);

	return xasprintf("%.*s%s", (int)keep, s, keep < n ? "\xe2\x80\xa6" :
	    "");
}

size_t
utf8_tail(const char *p, size_t n, size_t max)
{
	size_t i = n <= max ? 0 : n - max;

	while (i > 0 && i < n && ((unsigned char)p[i] & 0xc0) == 0x80)
		i++;
	return i;
}

void
utf8_repair(struct buf *b, const char *p, size_t n)
{
	size_t i, start, used;
	uint32_t cp;

	for (i = start = 0; i < n; i += used) {
		if (p[i] != '\0' && (unsigned char)p[i] < 0x80) {
			used = 1;
			continue;
		}
		if (p[i] != '\0' && (used = utf8_next(p + i, n - i, &cp)) != 0)
			continue;
		buf_add(b, p + start, i - start);
		buf_adds(b, p[i] == '\0' ? "^@" : "\xef\xbf\xbd");
		used = 1;
		start = i + 1;
	}
	buf_add(b, p + start, n - start);
}

void
utf8_put(struct buf *b, uint32_t cp)
{
	utf8proc_uint8_t out[4];
	utf8proc_ssize_t n;

	n = utf8proc_encode_char((utf8proc_int32_t)cp, out);
	if (n > 0)
		buf_add(b, out, (size_t)n);
}
