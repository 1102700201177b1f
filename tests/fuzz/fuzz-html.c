/*
 * A web page: whatever it is, its text is valid UTF-8 without a NUL, unless it
 * had to be cut.
 *
 * Input: a byte (0: the charset is unknown, else UTF-16), then the page.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/utf8.h"
#include "fetch/html-text.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *p = (const char *)bytes;
	struct buf text = BUF_INIT(0), out = BUF_INIT(1 << 20);
	struct buf small = BUF_INIT(64);

	if (size == 0)
		return 0;
	charset_decode(&text, p[0] == 0 ? "" : "charset=utf-16le", true, p + 1,
	    size - 1);
	FUZZ_CHECK(memchr(buf_str(&text), '\0', text.len) == NULL);
	FUZZ_CHECK(utf8_is_valid(buf_str(&text), text.len));
	html_text(&out, "https://a.example/b/c", buf_str(&text), text.len);
	FUZZ_CHECK(strlen(buf_str(&out)) == out.len);
	FUZZ_CHECK(out.full || utf8_is_valid(buf_str(&out), out.len));
	html_text(&small, "not an address", buf_str(&text), text.len);
	buf_release(&text);
	buf_release(&out);
	buf_release(&small);
	return 0;
}
