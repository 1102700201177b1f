/*
 * A server's stream: however it is cut, the same events come out.
 *
 * Input: the size of the pieces, then the stream.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "provider/sse.h"

static void
on_event(void *arg, const char *event, const char *data, size_t n)
{
	struct buf *out = arg;

	FUZZ_CHECK(data[n] == '\0');
	buf_adds(out, event);
	buf_addc(out, '\0');
	buf_add(out, data, n);
	buf_addc(out, '\0');
}

static void
feed(struct buf *out, const uint8_t *p, size_t size, size_t piece)
{
	struct sse s;
	char *copy;

	buf_init(out, 0);
	sse_init(&s, on_event, out);
	while (size > 0) {
		size_t n = piece == 0 || piece > size ? size : piece;

		copy = malloc(n);
		FUZZ_CHECK(copy != NULL);
		memcpy(copy, p, n);
		FUZZ_CHECK(sse_feed(&s, copy, n) == 0);
		free(copy);
		p += n;
		size -= n;
	}
	sse_end(&s);
	sse_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	size_t piece = 1 + fuzz_byte(&in) % 16;
	struct buf whole, pieces;

	feed(&whole, in.p, in.len, 0);
	feed(&pieces, in.p, in.len, piece);
	FUZZ_CHECK(fuzz_same(&whole, &pieces));
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
