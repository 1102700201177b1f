#include "config.h"

#include "core/image.h"

#include <string.h>

enum image_kind
image_kind_of(const void *p, size_t n)
{
	if (n >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return IMAGE_PNG;
	if (n >= 3 && memcmp(p, "\xff\xd8\xff", 3) == 0)
		return IMAGE_JPEG;
	return IMAGE_NONE;
}

static int64_t
image_be(const unsigned char *p, int bytes)
{
	int64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Its first chunk is IHDR: length, name, width, height. */
static void
image_png(const unsigned char *p, size_t n, struct image_info *im)
{
	if (n < 33 || memcmp(p + 12, "IHDR", 4) != 0)
		return;
	im->width = image_be(p + 16, 4);
	im->height = image_be(p + 20, 4);
}

/* SOF0 to SOF15, except for three codes with another meaning. */
static bool
image_is_frame(unsigned char marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
	    marker != 0xc8 && marker != 0xcc;
}

/* Read segments, each with its length, up to the first that begins a frame. */
static void
image_jpeg(const unsigned char *p, size_t n, struct image_info *im)
{
	size_t at = 2, len;

	while (n - at >= 4 && p[at] == 0xff) {
		if (p[at + 1] == 0xff) {	/* a fill byte */
			at++;
			continue;
		}
		len = (size_t)image_be(p + at + 2, 2);
		if (p[at + 1] == 0xda || p[at + 1] == 0xd9 || len < 2)
			return;
		if (image_is_frame(p[at + 1])) {
			if (n - at < 9 || len < 7)
				return;
			im->height = image_be(p + at + 5, 2);
			im->width = image_be(p + at + 7, 2);
			return;
		}
		if (n - at < 2 + len)
			return;
		at += 2 + len;
	}
}

bool
image_look(const void *p, size_t n, struct image_info *im)
{
	memset(im, 0, sizeof(*im));
	im->kind = image_kind_of(p, n);
	if (im->kind == IMAGE_PNG)
		image_png(p, n, im);
	else if (im->kind == IMAGE_JPEG)
		image_jpeg(p, n, im);
	return im->width > 0 && im->height > 0;
}
