#include "config.h"

#include "core/context/context-image.h"

#include <string.h>

#include "base/sha.h"
#include "core/kernel/core.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "provider/provider.h"

#define ATTACH_MAX 10	/* images per message */

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

/* A PNG's first chunk is IHDR: length, name, width, height. */
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

/* The image as this model would get it; -1 with a message. */
static int
attach_check(const struct core *c, const char *path,
    const struct image_info *im, size_t size, struct err *e)
{
	const struct image_limits *l = &c->target.format->images;

	if (!c->target.dialect->images)
		return err_set(e, "%s/%s takes no images (@%s): choose another "
		    "model with /model or --model, or leave out the @",
		    c->target.provider, c->target.model, path);
	if (size > l->bytes)
		return err_set(e, "@%s is too large to be sent: %zu bytes, and "
		    "%s takes %zu at most", path, size, c->target.provider,
		    l->bytes);
	if (l->side > 0 && (im->width > l->side || im->height > l->side))
		return err_set(e, "@%s is too large to be sent: %lld x %lld "
		    "pixels, and %s takes %d at most", path,
		    (long long)im->width, (long long)im->height,
		    c->target.provider, l->side);
	return 0;
}

int
attach_add(struct core *c, const char *path, const struct buf *b,
    struct event *to, struct err *e)
{
	struct ev_user_message *m = &to->user_message;
	char hash[SHA256_HEX_SIZE];
	struct image_info im;
	const char *what;

	if (m->images_len >= ATTACH_MAX)
		return err_set(e, "a message can have %d images at most",
		    ATTACH_MAX);
	if (image_kind_of(b->p, b->len) == IMAGE_NONE) {
		what = filetype_name(b->p, b->len);
		return err_set(e, "@%s can't be sent: not a PNG or JPEG%s%s%s",
		    path, what == NULL ? "" : " (by its first bytes: ",
		    what == NULL ? "" : what, what == NULL ? "" : ")");
	}
	if (!image_look(b->p, b->len, &im))
		return err_set(e, "@%s can't be sent: the image is damaged (it "
		    "has no width and height)", path);
	if (attach_check(c, path, &im, b->len, e) < 0 ||
	    blob_put(c->blobs, b->p, b->len, hash, e) < 0)
		return -1;
	if (m->images == NULL)
		m->images = ev_alloc(to, ATTACH_MAX * sizeof(*m->images));
	m->images[m->images_len++] = (struct ev_image){
		.path = ev_text(to, path), .hash = ev_text(to, hash),
		.kind = im.kind == IMAGE_PNG ? "png" : "jpeg",
		.width = im.width, .height = im.height,
		.size = (int64_t)b->len,
	};
	return 0;
}

size_t
attach_total(const struct event *to)
{
	size_t total = 0;

	MEM_EACH(&to->user_message, images, it)
		total += (size_t)it->size;
	return total;
}

int
attach_bytes(struct core *c, const char *name, const struct buf *b,
    struct event *to, struct err *e)
{
	if (attach_total(to) + b->len > c->target.format->images.total)
		return err_set(e, "too many images");
	return attach_add(c, name, b, to, e);
}
