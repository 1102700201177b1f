/*
 * The text that a model has to summarize; and a summary without a model: who
 * said what, the files touched, and how commands ended.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context-int.h"
#include "core/context.h"
#include "journal/summary.h"
#include "provider/dialect.h"
#include "provider/provider.h"
#include "tool/tool.h"

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

/* A line for each image, for models that don't get it. */
static void
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

#define TELL_LINE	((size_t)240)	/* of a summary without a model */

/* ---- for a model ---- */

static void
tell_text(struct buf *b, const char *text, size_t max, const char *out)
{
	AUTO_FREE char *s = context_cut_text(text, (int64_t)max,
	    (int64_t)strlen(text), out);

	buf_adds(b, s);
	buf_addc(b, '\n');
}

static const char *
tell_who(const struct context_entry *en)
{
	return en->said != NULL ? "The user" : "assent";
}

static const struct tell_step {
	size_t	result, args;	/* limits on one, in bytes */
} tell_steps[] = {
	{ 16000, 1000 }, { 4000, 1000 }, { 1500, 400 }, { 500, 200 },
	{ 150, 80 },
};

static void
tell_words(struct buf *b, const struct context_entry *en, const char *who,
    size_t max)
{
	buf_addf(b, "\n### %s\n", who);
	tell_text(b, en->m.text == NULL ? "" : en->m.text, max, NULL);
	context_images_tell(b, &en->images);
}

static void
tell_result(struct buf *b, const struct context_entry *en, size_t k,
    size_t max)
{
	const struct message_result *r = &en->m.results[k];

	buf_addf(b, "\n### Result of %s%s\n", r->name,
	    r->ok ? "" : " (failed)");
	tell_text(b, en->origins[k].whole != NULL ? en->origins[k].whole :
	    r->text, max, en->origins[k].out);
}

static void
tell_entry(struct buf *b, const struct context_entry *en,
    const struct tell_step *step)
{
	size_t i;

	switch (en->m.role) {
	case MESSAGE_USER:
		tell_words(b, en, en->summary ? "The summary so far" :
		    tell_who(en), 16 * step->result);
		break;
	case MESSAGE_ASSISTANT:
		buf_adds(b, "\n### The assistant\n");
		if (en->m.text != NULL && en->m.text[0] != '\0')
			tell_text(b, en->m.text, 4 * step->result, NULL);
		for (i = 0; i < en->m.calls_len; i++) {
			buf_addf(b, "(calls %s) ", en->m.calls[i].name);
			tell_text(b, en->m.calls[i].arguments, step->args,
			    NULL);
		}
		break;
	case MESSAGE_TOOL_RESULTS:
		for (i = 0; i < en->m.results_len; i++)
			tell_result(b, en, i, step->result);
		if (en->m.text != NULL)
			tell_words(b, en, tell_who(en), 16 * step->result);
		break;
	}
}

/* The summary so far, and the newest part of the rest. */
static void
tell_newest(const struct context *c, size_t n, size_t max, struct buf *b)
{
	const struct tell_step *step = &tell_steps[MEM_COUNT(tell_steps) - 1];
	AUTO_BUF struct buf one = BUF_INIT(0);
	size_t first = n > 0 && c->entries[0].summary ? 1 : 0, i = n, sum = 0;

	if (first > 0)
		tell_entry(b, &c->entries[0], step);
	if (b->len > max / 2)
		b->len = utf8_cut(b->p, b->len, max / 2);
	for (; i > first; i--) {
		buf_clear(&one);
		tell_entry(&one, &c->entries[i - 1], step);
		if (b->len + sum + one.len > max)
			break;
		sum += one.len;
	}
	if (i > first)
		buf_addf(b, "\n[... %zu older messages are left out ...]\n",
		    i - first);
	for (; i < n; i++)
		tell_entry(b, &c->entries[i], step);
}

void
context_tell(const struct context *c, int64_t upto, size_t max, struct buf *b)
{
	size_t n = context_after(c, upto), i, k;

	for (i = 0; i < MEM_COUNT(tell_steps); i++) {
		buf_clear(b);
		for (k = 0; k < n && b->len <= max; k++)
			tell_entry(b, &c->entries[k], &tell_steps[i]);
		if (b->len <= max)
			return;
	}
	buf_clear(b);
	tell_newest(c, n, max, b);
}

/* ---- without a model ---- */

/* The first lines of a text, joined to one. malloc'ed. */
static char *
tell_line(const char *text)
{
	struct buf b = BUF_INIT(0);
	size_t cut;
	char *s, *p;

	while (*text == ' ' || *text == '\n')
		text++;
	cut = utf8_cut(text, strlen(text), TELL_LINE);
	buf_add(&b, text, cut);
	if (text[cut] != '\0')
		buf_adds(&b, " ...");
	s = buf_take(&b);
	for (p = s; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	return s;
}

static void
tell_add(cJSON *o, enum summary_section section, const char *before,
    const char *text)
{
	AUTO_FREE char *line = tell_line(text);

	if (line[0] != '\0') {
		AUTO_FREE char *all = xasprintf("%s%s", before, line);

		summary_add(o, section, all);
	}
}

/* "src/a.c: read, edit": add the tool's name to the file's. */
static void
tell_file(cJSON *o, const char *path, const char *tool)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(o,
	    summary_name(SUMMARY_FILES));
	size_t n = strlen(path);
	cJSON *it;
	char *s;
	int at = 0;

	cJSON_ArrayForEach(it, list) {
		if (cJSON_IsString(it) && strncmp(it->valuestring, path, n) ==
		    0 && it->valuestring[n] == ':')
			break;
		at++;
	}
	if (it == NULL) {
		s = xasprintf("%s: %s", path, tool);
		summary_add(o, SUMMARY_FILES, s);
	} else if (strstr(it->valuestring + n, tool) == NULL) {
		s = xasprintf("%s, %s", it->valuestring, tool);
		cJSON_ReplaceItemInArray(list, at, cJSON_CreateString(s));
	} else
		return;
	free(s);
}

/* The files that a call names; false if none. */
static bool
tell_files(cJSON *o, const char *name, cJSON *args)
{
	const struct tool_entry *t = tool_find(name);
	struct tool_target *files = NULL;
	size_t i, n = 0;

	if (t != NULL) {
		tool_mend_args(t, args);
		files = tool_targets(t, args, &n);
	}
	for (i = 0; i < n; i++)
		tell_file(o, files[i].path, name);
	tool_targets_free(files, n);
	if (n == 0 && json_str(args, "path") != NULL) {
		tell_file(o, json_str(args, "path"), name);
		n = 1;
	}
	return n > 0;
}

static void
tell_call(cJSON *o, const struct message_call *call,
    const struct message_result *r)
{
	AUTO_JSON cJSON *args = json_parse(
	    call->arguments, strlen(call->arguments), JSON_NUL_REPLACE, NULL);
	const char *command = json_str(args, "command");

	if (!tell_files(o, call->name, args) && r != NULL && r->text != NULL &&
	    (command != NULL || strcmp(call->name, "run_tests") == 0)) {
		AUTO_FREE char *line =
		    tell_line(command == NULL ? call->name : command);
		AUTO_FREE char *how = xasprintf("ran `%s`: ", line);

		tell_add(o, SUMMARY_PROGRESS, how, r->text);
	}
}

static void
tell_mechanical(const struct context *c, size_t i, size_t n, cJSON *o)
{
	const struct context_entry *en = &c->entries[i];
	const struct message *next = i + 1 < n ? &c->entries[i + 1].m : NULL;
	size_t k;

	if (en->summary)
		return;
	if (en->m.role != MESSAGE_ASSISTANT) {
		if (en->said != NULL)
			tell_add(o, SUMMARY_GOALS, "the user said: ",
			    en->said);
		else if (en->m.text != NULL)
			tell_add(o, SUMMARY_DECISIONS, "", en->m.text);
		return;
	}
	if (en->m.text != NULL)
		tell_add(o, SUMMARY_PROGRESS, "", en->m.text);
	for (k = 0; k < en->m.calls_len; k++)
		tell_call(o, &en->m.calls[k], next != NULL &&
		    next->role == MESSAGE_TOOL_RESULTS &&
		    k < next->results_len ? &next->results[k] : NULL);
}

cJSON *
context_mechanical(const struct context *c, int64_t upto)
{
	const cJSON *old = json_get(c->compaction, "summary");
	cJSON *o = summary_new();
	size_t n = context_after(c, upto), i;
	const cJSON *it;
	int s;

	for (s = 0; s < SUMMARY_SECTIONS; s++)
		cJSON_ArrayForEach(it, json_array(old,
		    summary_name((enum summary_section)s)))
			if (cJSON_IsString(it))
				summary_add(o, (enum summary_section)s,
				    it->valuestring);
	for (i = 0; i < n; i++)
		tell_mechanical(c, i, n, o);
	return o;
}
