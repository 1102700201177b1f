/*
 * Images in the user's messages: sent while there is room, and always named in
 * text, so that the model can tell them apart and knows which it no longer
 * sees.
 */
#include "config.h"

#include "core/context-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/tokens.h"
#include "provider/dialect.h"

/*
 * Services count one token per 750 pixels, 170 per 512 x 512, 258 per 768 x
 * 768, up to 2.5 per 32 x 32; all of them scale down large images first. This
 * estimate is above all of these.
 */
#define IMAGE_PIXELS	400	/* per token */
#define IMAGE_LEAST	300
#define IMAGE_MOST	5000

void
context_images_read(struct context_images *list, const cJSON *event,
    int64_t seq)
{
	const cJSON *images = json_array(event, "images"), *it;
	size_t n = (size_t)cJSON_GetArraySize(images);

	list->len = 0;
	list->v = NULL;
	if (n > 0)
		GROW_BY(list->v, 0, n);
	cJSON_ArrayForEach(it, images) {
		struct context_image *im = &list->v[list->len++];

		memset(im, 0, sizeof(*im));
		im->path = xstrdup(json_str_or(it, "path", "?"));
		im->hash = xstrdup(json_str_or(it, "hash", ""));
		im->png = json_is(it, "kind", "png");
		im->width = json_int(it, "width", 0);
		im->height = json_int(it, "height", 0);
		im->size = json_int(it, "size", 0);
		im->seq = seq;
	}
}

void
context_images_release(struct context_images *list)
{
	size_t i;

	for (i = 0; i < list->len; i++) {
		free(list->v[i].path);
		free(list->v[i].hash);
	}
	FREE_NULL(list->v);
	list->len = 0;
}

void
context_images_move(struct context_images *to, struct context_images *from)
{
	if (from->len == 0)
		return;
	GROW_BY(to->v, to->len, from->len);
	memcpy(to->v + to->len, from->v, from->len * sizeof(*to->v));
	to->len += from->len;
	FREE_NULL(from->v);
	from->len = 0;
}

static int64_t
images_tokens_one(const struct context_image *im)
{
	int64_t n;

	if (im->gone)
		return 0;
	if (im->width <= 0 || im->height <= 0 ||
	    im->width > IMAGE_MOST * IMAGE_PIXELS / im->height)
		return IMAGE_MOST;
	n = im->width * im->height / IMAGE_PIXELS;
	return n < IMAGE_LEAST ? IMAGE_LEAST : n;
}

int64_t
context_images_tokens(const struct context_images *list)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < list->len; i++)
		n += images_tokens_one(&list->v[i]);
	return n;
}

static void
images_name(struct buf *b, const struct context_image *im, const char *more)
{
	buf_addf(b, "\n[image %s, %s, %lld x %lld%s]", im->path,
	    im->png ? "PNG" : "JPEG", (long long)im->width,
	    (long long)im->height, more);
}

void
context_images_tell(struct buf *b, const struct context_images *list)
{
	size_t i;

	for (i = 0; i < list->len; i++)
		images_name(b, &list->v[i], "");
	if (list->len > 0)
		buf_addc(b, '\n');
}

/* Why the image isn't sent to this model, as text for it; NULL if it is. */
static const char *
images_kept_back(const struct context *c, const struct context_image *im)
{
	const struct image_limits *l = &c->format->images;

	if (im->gone)
		return ", no longer shown, to make room: ask for it if it is "
		    "needed";
	if (c->dialect != NULL && !c->dialect->images)
		return ", not shown: this model takes no images";
	if ((size_t)im->size > l->bytes || (l->side > 0 &&
	    (im->width > l->side || im->height > l->side)))
		return ", not shown: it is too large for this service";
	return NULL;
}

size_t
context_image_bytes(const struct context *c)
{
	size_t i, k, n = 0;

	for (i = 0; i < c->len; i++)
		for (k = 0; k < c->entries[i].images.len; k++) {
			const struct context_image *im =
			    &c->entries[i].images.v[k];

			if (images_kept_back(c, im) == NULL)
				n += ((size_t)im->size + 2) / 3 * 4;
		}
	return n;
}

/* Its base64, malloc'ed; NULL if it can't be read. */
static char *
images_data(const struct context *c, const struct context_image *im)
{
	struct buf raw = BUF_INIT(0), text = BUF_INIT(0);
	char *data = NULL;

	if (c->load != NULL && c->load(c->load_arg, im->hash, &raw) == 0 &&
	    raw.len > 0) {
		b64_encode(&text, raw.p, raw.len);
		data = buf_take(&text);
	}
	buf_release(&raw);
	return data;
}

void
context_images_serialize(const struct context *c,
    const struct context_images *images, const struct message *plain,
    struct buf *wire, int64_t *tokens)
{
	struct message m = *plain;
	AUTO_FREE struct message_image *sent = NULL;
	struct buf text = BUF_INIT(0);
	const char *why;
	char **data;
	size_t i;

	sent = xcalloc(images->len, sizeof(*sent));
	data = xcalloc(images->len, sizeof(*data));
	buf_adds(&text, m.text == NULL ? "" : m.text);
	buf_addc(&text, '\n');
	for (i = 0; i < images->len; i++) {
		const struct context_image *im = &images->v[i];

		why = images_kept_back(c, im);
		if (why == NULL && (data[m.images_len] =
		    images_data(c, im)) == NULL)
			why = ", not shown: it is no longer kept";
		images_name(&text, im, why == NULL ? "" : why);
		if (why != NULL)
			continue;
		sent[m.images_len].type = im->png ? "image/png" :
		    "image/jpeg";
		sent[m.images_len].data = data[m.images_len];
		m.images_len++;
		*tokens += images_tokens_one(im);
	}
	m.text = buf_take(&text);
	*tokens += tokens_estimate(m.text, strlen(m.text)) -
	    (plain->text == NULL ? 0 : tokens_estimate(plain->text,
	    strlen(plain->text)));
	m.images = sent;
	buf_clear(wire);
	c->format->message(wire, &m, c->model, c->dialect);
	xfree_list(data, m.images_len);
	free(m.text);
}
