/*
 * A file that may be an image: its size is told of its first bytes alone, and
 * more bytes behind them change nothing.
 *
 * Input: how many bytes less are looked at the second time, then the file.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "core/agent/say.h"
#include "core/context/context-image.h"

/* In a buffer of its own, with no byte after it. */
static bool
look(const uint8_t *p, size_t n, struct image_info *im)
{
	void *copy = malloc(n == 0 ? 1 : n);
	bool yes;

	FUZZ_CHECK(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	yes = image_look(copy, n, im);
	free(copy);
	return yes;
}

static void
check(bool yes, const struct image_info *im)
{
	int64_t most = im->kind == IMAGE_JPEG ? 0xffff : 0xffffffff;

	FUZZ_CHECK(yes == (im->width > 0 && im->height > 0));
	FUZZ_CHECK(im->width >= 0 && im->width <= most);
	FUZZ_CHECK(im->height >= 0 && im->height <= most);
	FUZZ_CHECK(im->kind != IMAGE_NONE || !yes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	size_t less = fuzz_byte(&in);
	struct image_info whole, part;
	bool yes = look(in.p, in.len, &whole), cut;

	check(yes, &whole);
	cut = look(in.p, less > in.len ? 0 : in.len - less, &part);
	check(cut, &part);
	if (cut)
		FUZZ_CHECK(yes && part.kind == whole.kind &&
		    part.width == whole.width && part.height == whole.height);
	return 0;
}
