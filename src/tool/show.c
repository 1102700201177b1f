/*
 * show: bytes of files and names as text for the model. Invalid UTF-8 becomes a
 * visible \xNN, never a silent replacement: the model must know that it can't
 * write these bytes back. This isn't the screen's sanitizer: text keeps its
 * control characters (JSON carries them), but names don't, so that one name
 * can't look like two.
 */
#include "config.h"

#include "tool/impl.h"

#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

static bool
show_is_plain(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}

void
show_name(struct buf *b, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		unsigned char c = (unsigned char)p[i];

		used = c < 0x80 ? 1 : utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			buf_addf(b, "\\x%02x", c);
		} else if (c == '\n') {
			buf_adds(b, "\\n");
		} else if (c == '\t') {
			buf_adds(b, "\\t");
		} else if (c == '\r') {
			buf_adds(b, "\\r");
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(b, "\\x%02x", c);
		} else if (c >= 0x80 && !show_is_plain(cp)) {
			buf_addf(b, "\\u{%04x}", (unsigned)cp);
		} else {
			buf_add(b, p + i, used);
		}
	}
}

size_t
show_text(struct buf *b, const char *p, size_t n)
{
	size_t i, start, used, marks = 0;
	uint32_t cp;

	for (i = start = 0; i < n; i += used) {
		unsigned char c = (unsigned char)p[i];

		used = 1;
		if (c != 0 && c < 0x80)
			continue;
		if (c != 0 && (used = utf8_next(p + i, n - i, &cp)) != 0)
			continue;
		buf_add(b, p + start, i - start);
		buf_addf(b, "\\x%02X", c);
		marks++;
		used = 1;
		start = i + 1;
	}
	buf_add(b, p + start, n - start);
	return marks;
}

char *
show_dup(const char *p, size_t n, size_t max)
{
	struct buf b = BUF_INIT(0);
	size_t keep = utf8_cut(p, n, max);

	show_name(&b, p, keep);
	if (keep < n)
		buf_adds(&b, "\xe2\x80\xa6");
	return buf_take(&b);
}
