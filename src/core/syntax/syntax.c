/*
 * Requests wait in a queue; one file is read at a time, both sides of it if
 * both are asked for.  What was found is kept by content and name.
 */
#include "config.h"

#include "core/syntax/syntax.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "core/core.h"
#include "core/server.h"
#include "core/syntax/lexer.h"
#include "core/syntax/spans.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

#define SYNTAX_QUEUE	64
#define SYNTAX_FILES	64			/* kept, and */
#define SYNTAX_BYTES	((size_t)24 << 20)	/* memory for them */
#define SYNTAX_LANGUAGE	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-#._"
#define SYNTAX_LINES	2000			/* in one answer */

struct syntax_ask {
	unsigned	 client;
	char		*hash, *name;
	char		*id, *text;	/* of a code; else NULL */
	int64_t		 size;
	int64_t		 from, lines;
};

struct syntax_file {
	char		*hash, *name;
	bool		 none;		/* no colours */
	struct spans	 spans;
	uint64_t	 used;		/* larger: later */
};

struct syntax {
	struct syntax_ask queue[SYNTAX_QUEUE];
	size_t		 queue_len;
	struct syntax_file *files;
	size_t		 files_len;
	uint64_t	 clock;
	/* being read */
	struct syntax_ask now[LEXER_TEXTS];
	struct buf	 texts[LEXER_TEXTS];
	size_t		 now_len;
};

static void syntax_step(struct core *);

static void
syntax_ask_release(struct syntax_ask *a)
{
	free(a->hash);
	free(a->name);
	free(a->id);
	free(a->text);
	memset(a, 0, sizeof(*a));
}

static void
syntax_file_release(struct syntax_file *f)
{
	free(f->hash);
	free(f->name);
	spans_release(&f->spans);
}

static void
syntax_now_clear(struct syntax *s)
{
	size_t i;

	for (i = 0; i < s->now_len; i++) {
		syntax_ask_release(&s->now[i]);
		buf_release(&s->texts[i]);
	}
	s->now_len = 0;
}

void
syntax_free(struct syntax *s)
{
	size_t i;

	if (s == NULL)
		return;
	syntax_now_clear(s);
	for (i = 0; i < s->queue_len; i++)
		syntax_ask_release(&s->queue[i]);
	for (i = 0; i < s->files_len; i++)
		syntax_file_release(&s->files[i]);
	free(s->files);
	free(s);
}

static struct syntax *
syntax_get(struct core *c)
{
	if (c->syntax == NULL)
		c->syntax = xcalloc(1, sizeof(*c->syntax));
	return c->syntax;
}

/* ---- what is kept ---- */

static struct syntax_file *
syntax_find(struct syntax *s, const struct syntax_ask *a)
{
	size_t i;

	for (i = 0; i < s->files_len; i++)
		if (strcmp(s->files[i].hash, a->hash) == 0 &&
		    strcmp(s->files[i].name, a->name) == 0) {
			s->files[i].used = ++s->clock;
			return &s->files[i];
		}
	return NULL;
}

/* Make room: the longest unused goes first. */
static void
syntax_trim(struct syntax *s, size_t more)
{
	size_t i, oldest, bytes;

	for (;;) {
		bytes = more;
		for (i = oldest = 0; i < s->files_len; i++) {
			bytes += spans_bytes(&s->files[i].spans);
			if (s->files[i].used < s->files[oldest].used)
				oldest = i;
		}
		if (s->files_len == 0 || (s->files_len < SYNTAX_FILES &&
		    bytes <= SYNTAX_BYTES))
			return;
		syntax_file_release(&s->files[oldest]);
		s->files[oldest] = s->files[--s->files_len];
	}
}

/* `t`: NULL if it has no colours. */
static void
syntax_keep(struct syntax *s, const struct syntax_ask *a,
    const struct spans *t_take)
{
	struct syntax_file *f;

	syntax_trim(s, t_take == NULL ? 0 : spans_bytes(t_take));
	GROW(s->files, s->files_len);
	f = &s->files[s->files_len++];
	memset(f, 0, sizeof(*f));
	f->hash = xstrdup(a->hash);
	f->name = xstrdup(a->name);
	f->used = ++s->clock;
	f->none = t_take == NULL;
	if (t_take != NULL)
		f->spans = *t_take;
}

/* ---- answers ---- */

/* `f`: NULL if it has no colours. */
static void
syntax_answer(struct core *c, const struct syntax_ask *a,
    const struct syntax_file *f)
{
	cJSON *o = cJSON_CreateObject(), *list;
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	int64_t i, end = a->from - 1 + a->lines;

	json_add_str(o, "type", "colours");
	json_add_str(o, a->id != NULL ? "id" : "hash", a->id != NULL ? a->id :
	    a->hash);
	json_add_int(o, "from", a->from);
	if (f == NULL || f->none) {
		json_add_bool(o, "none", true);
	} else {
		list = cJSON_CreateArray();
		if (end > (int64_t)f->spans.lines_len)
			end = (int64_t)f->spans.lines_len;
		for (i = a->from - 1; i < end; i++) {
			buf_clear(&b);
			spans_line(&f->spans, (size_t)i, &b);
			cJSON_AddItemToArray(list,
			    cJSON_CreateString(buf_str(&b)));
		}
		json_set_take(o, "lines", list);
	}
	server_answer(c->server, a->client, o);
}

/* Answer all that is known by now. */
static void
syntax_answer_known(struct core *c)
{
	struct syntax *s = c->syntax;
	const struct syntax_file *f;
	size_t i, n = 0;

	for (i = 0; i < s->queue_len; i++) {
		struct syntax_ask a = s->queue[i];

		f = syntax_find(s, &a);
		if (f == NULL && !lexer_is_missing(c)) {
			s->queue[n++] = a;
			continue;
		}
		syntax_answer(c, &a, f);
		syntax_ask_release(&a);
	}
	s->queue_len = n;
}

/* ---- reading ---- */

static void
syntax_read(struct core *c, const char *out, size_t n)
{
	struct syntax *s = c->syntax;
	const char *p = out, *end = out == NULL ? NULL : out + n;
	struct spans t[LEXER_TEXTS];
	struct err e = ERR_INIT;
	bool sound = out != NULL;
	size_t i, k;

	for (k = 0; sound && k < s->now_len; k++)
		sound = spans_read(&t[k], buf_str(&s->texts[k]),
		    s->texts[k].len, &p, end, &e) == 0;
	/* One that failed is empty. */
	if (!sound || p != end) {
		sound = false;
		while (k > 0)
			spans_release(&t[--k]);
	}
	for (i = 0; i < s->now_len; i++)
		syntax_keep(s, &s->now[i], sound ? &t[i] : NULL);
	syntax_now_clear(s);
	syntax_answer_known(c);
	syntax_step(c);
}

/* Take a text that is to be read. */
static void
syntax_take(struct core *c, const struct syntax_ask *a)
{
	struct syntax *s = c->syntax;
	struct err e = ERR_INIT;
	struct buf *b = &s->texts[s->now_len];
	struct syntax_ask *to = &s->now[s->now_len];

	buf_init(b, SPANS_FILE_MAX);
	if (a->size > (int64_t)SPANS_FILE_MAX || (a->text != NULL ?
	    buf_add(b, a->text, (size_t)a->size) :
	    blob_get(c->blobs, a->hash, b, &e)) < 0) {
		buf_release(b);
		syntax_keep(s, a, NULL);
		return;
	}
	memset(to, 0, sizeof(*to));
	to->hash = xstrdup(a->hash);
	to->name = xstrdup(a->name);
	s->now_len++;
}

/* The first that waits, and the other side of the same file. */
static void
syntax_begin(struct core *c)
{
	struct syntax *s = c->syntax;
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < s->queue_len && s->now_len < LEXER_TEXTS; i++)
		if (s->now_len == 0 ||
		    (strcmp(s->queue[i].name, s->now[0].name) == 0 &&
		    strcmp(s->queue[i].hash, s->now[0].hash) != 0))
			syntax_take(c, &s->queue[i]);
	if (s->now_len > 0 && lexer_start(c, s->now[0].name, s->texts,
	    s->now_len, syntax_read, &e) < 0) {
		for (i = 0; i < s->now_len; i++)
			syntax_keep(s, &s->now[i], NULL);
		syntax_now_clear(s);
	}
}

static void
syntax_step(struct core *c)
{
	syntax_answer_known(c);
	while (c->syntax->queue_len > 0 && !lexer_is_on(c->lexer)) {
		syntax_begin(c);
		syntax_answer_known(c);
	}
}

/* ---- the commands ---- */

/* A place in the queue, or NULL. */
static struct syntax_ask *
syntax_ask_new(struct core *c, unsigned client, struct err *e)
{
	struct syntax *s = syntax_get(c);
	struct syntax_ask *a = &s->queue[s->queue_len];

	if (s->queue_len == SYNTAX_QUEUE) {
		err_set(e, "too many requests for syntax colors are waiting");
		return NULL;
	}
	s->queue_len++;
	memset(a, 0, sizeof(*a));
	a->client = client;
	return a;
}

int
syntax_code(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	const char *language = json_str_or(command, "language", "");
	char hex[SHA256_HEX_SIZE];
	struct syntax_ask *a;
	size_t n = 0;
	char *text;

	if (language[0] == '\0' || language[strspn(language, SYNTAX_LANGUAGE)] !=
	    '\0')
		return err_set(e, "that is no language");
	text = json_get_bytes(command, "text", &n);
	if (text == NULL || (a = syntax_ask_new(c, client, e)) == NULL) {
		free(text);
		return err_is_set(e) ? -1 : err_set(e, "there is no text");
	}
	sha256_hex(text, n, hex);
	a->hash = xstrdup(hex);
	/* No file has such a name. */
	a->name = xasprintf("/%s", language);
	a->id = xstrdup(json_str_or(command, "id", ""));
	a->text = text;
	a->size = (int64_t)n;
	a->from = 1;
	a->lines = SYNTAX_LINES;
	syntax_step(c);
	return 0;
}

int
syntax_command(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), &h);
	const struct fold_side *side;
	const char *path, *slash;
	struct syntax_ask *a;

	if (f == NULL)
		return err_set(e, "that hunk has changed; look at it again");
	side = strcmp(json_str_or(command, "side", "after"), "before") == 0 ?
	    &f->before : &f->after;
	if (!side->exists || side->hash == NULL)
		return err_set(e, "the file doesn't exist on that side");
	if ((a = syntax_ask_new(c, client, e)) == NULL)
		return -1;
	path = f->path_bytes != NULL ? f->path_bytes : f->path;
	slash = strrchr(path, '/');
	a->hash = xstrdup(side->hash);
	a->name = xstrdup(slash == NULL ? path : slash + 1);
	a->size = side->size;
	a->from = json_int(command, "from", 1);
	a->lines = json_int(command, "lines", 1);
	if (a->from < 1 || a->from > (int64_t)SPANS_FILE_MAX)
		a->from = 1;
	if (a->lines < 0 || a->lines > SYNTAX_LINES)
		a->lines = SYNTAX_LINES;
	syntax_step(c);
	return 0;
}
