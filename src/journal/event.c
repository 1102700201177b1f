#include "config.h"

#include "journal/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/utf8.h"

/* ---- the table, for reader and writer ---- */

enum ev_kind {
	EV_KIND_TEXT, EV_KIND_WORD, EV_KIND_HASH, EV_KIND_HUNK_ID,
	EV_KIND_GIT_ID, EV_KIND_PATH, EV_KIND_BYTES, EV_KIND_COUNT,
	EV_KIND_SEQ, EV_KIND_PORT, EV_KIND_MODE, EV_KIND_NUMBER, EV_KIND_MONEY,
	EV_KIND_REAL, EV_KIND_FLAG, EV_KIND_YESNO, EV_KIND_TEXTS,
	EV_KIND_NUMBERS, EV_KIND_RAW, EV_KIND_OBJECT, EV_KIND_LIST,
	EV_KIND_ONE_OR_LIST, EV_KIND_RAW_OF,
};

enum ev_need { EV_MUST, EV_MAY, EV_NULLS };

struct ev_shape {
	size_t		 size;
	const struct ev_field {
		const char	*name;		/* NULL: the end */
		enum ev_kind	 kind;
		enum ev_need	 need;
		size_t		 at;		/* in the struct */
		const struct ev_shape *(*of)(void);
	}		*fields;
};

#define SHAPE(name) static const struct ev_shape *shape_##name(void);
#define EVENT(constant, name, flags, text) SHAPE(name)
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"

#define EV_BEGIN(name) \
	static const struct ev_shape * \
	shape_##name(void) \
	{ \
		typedef struct ev_##name this; \
		static const struct ev_field fields[] = {
#define SHAPE(name)	EV_BEGIN(name)
#define EVENT(constant, name, flags, text)	EV_BEGIN(name)
#define MEMBER(kind, need, name, words, text) \
	{ #name, EV_KIND_##kind, EV_##need, offsetof(this, name), NULL },
#define NESTED(kind, need, of, name, text) \
	{ #name, EV_KIND_##kind, EV_##need, offsetof(this, name), shape_##of },
#define END(name) \
			{ 0 } \
		}; \
		static const struct ev_shape shape = { sizeof(this), fields }; \
		return &shape; \
	}
#include "journal/events.def"

static const struct ev_shape *(*const event_shapes[EVENT_TYPES_LEN])(void) = {
#define SHAPE(name)
#define EVENT(constant, name, flags, text) [EVENT_##constant] = shape_##name,
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
};

const struct event_row event_rows[EVENT_TYPES_LEN] = {
	[EVENT_OTHER] = { "", 0 },
#define SHAPE(name)
#define EVENT(constant, name, flags, text) [EVENT_##constant] = { #name, flags },
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
};

static enum event_type
event_named(const char *name)
{
	const struct event_row *r = MEM_SEARCH(event_rows,
	    MEM_COUNT(event_rows), name);

	return r == NULL ? EVENT_OTHER : (enum event_type)(r - event_rows);
}

enum event_type
event_type(const cJSON *line)
{
	return event_named(json_str_or(line, "type", ""));
}

bool
ev_is(const char *word, const char *that)
{
	return word != NULL && that != NULL && strcmp(word, that) == 0;
}

const char *
ev_str(const char *text, const char *other)
{
	return text != NULL ? text : other;
}

int64_t
ev_int(struct ev_number n, int64_t other)
{
	return n.is ? n.n : other;
}

/* The bytes of a name in JSON. */
static size_t
ev_name_len(const struct ev_field *f)
{
	size_t n = strlen(f->name);

	return f->name[n - 1] == '_' ? n - 1 : n;
}

/* ---- reading ---- */

/* Many small things are cut from few pieces, each twice as large. */
#define EV_MEM_FIRST	8		/* of max_align_t */
#define EV_MEM_MOST	4096

struct ev_mem {
	struct ev_mem	*next;
	size_t		 used, len;
	max_align_t	 p[];
};

void *
ev_alloc(struct event *e, size_t n)
{
	struct ev_mem *m = e->mem;
	size_t want = n / sizeof(m->p[0]) + 1, len;

	if (m == NULL || m->len - m->used < want) {
		len = m == NULL ? EV_MEM_FIRST : MIN(2 * m->len, EV_MEM_MOST);
		len = MAX(len, want);
		m = xcalloc(1, sizeof(*m) + len * sizeof(m->p[0]));
		m->len = len;
		m->next = e->mem;
		e->mem = m;
	}
	m->used += want;
	return m->p + m->used - want;
}

void
event_release(struct event *e)
{
	struct ev_mem *m;

	while ((m = e->mem) != NULL) {
		e->mem = m->next;
		free(m);
	}
	json_drop(&e->owned);
}

/* From this row of the table on, the member of this name, or with "_b64" after
 * it: *b64. */
static const struct ev_field *
ev_find(const struct ev_field *f, const char *name, bool *b64)
{
	size_t n;

	for (; f->name != NULL; f++) {
		if (f->name[0] != name[0])
			continue;	/* most of them */
		n = ev_name_len(f);
		if (strncmp(name, f->name, n) != 0)
			continue;
		*b64 = strcmp(name + n, "_b64") == 0 &&
		    (f->kind == EV_KIND_PATH || f->kind == EV_KIND_BYTES);
		if (name[n] == '\0' || *b64)
			return f;
	}
	return NULL;
}

const char *
ev_copy(struct event *e, const char *p, size_t n)
{
	char *copy = ev_alloc(e, n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

const char *
ev_text(struct event *e, const char *s)
{
	return s == NULL ? NULL : ev_copy(e, s, strlen(s));
}

/* A text as bytes; NULL if it isn't base64. */
static struct ev_bytes
ev_read_bytes(struct event *e, const char *s, bool b64)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!b64)
		return (struct ev_bytes){ s, strlen(s) };
	if (b64_decode(&b, s, strlen(s)) < 0)
		return (struct ev_bytes){ 0 };
	return (struct ev_bytes){ ev_copy(e, buf_str(&b), b.len), b.len };
}

/* Text and bytes of a path: some lines have one of them alone. */
static void
ev_read_path(struct event *e, const char **path, const char *s, bool b64)
{
	AUTO_BUF struct buf text = BUF_INIT(0);

	if (!b64) {
		path[0] = s;
		path[1] = path[1] == NULL ? s : path[1];
	} else if ((s = ev_read_bytes(e, s, true).p) != NULL) {
		path[1] = s;
		json_path_text(&text, s);
		if (path[0] == NULL)
			path[0] = ev_copy(e, buf_str(&text), text.len);
	}
}

static void ev_read_object(struct event *, const struct ev_shape *, void *to,
	    const cJSON *);

/* An array of `size` bytes an element, with room for the list; its length is
 * beside it. */
static void *
ev_read_array(struct event *e, void **to, const cJSON *list, size_t size)
{
	size_t n = (size_t)cJSON_GetArraySize(list);

	/* One of none isn't missing. */
	return *to = ev_alloc(e, (n + 1) * size);
}

static void
ev_read_list(struct event *e, const struct ev_shape *shape, void **to,
    size_t *len, const cJSON *list)
{
	char *p = ev_read_array(e, to, list, shape->size);
	const cJSON *it;

	*len = 0;
	cJSON_ArrayForEach(it, list)
		ev_read_object(e, shape, p + shape->size * (*len)++, it);
}

/* A number that json_int would take. */
static bool
ev_is_exact(const cJSON *v)
{
	return v->valuedouble >= -9007199254740992.0 &&
	    v->valuedouble <= 9007199254740992.0;
}

static void
ev_read_plain(struct event *e, enum ev_kind kind, void *to, size_t *len,
    const cJSON *v)
{
	const cJSON *it;

	*len = 0;
	if (kind == EV_KIND_TEXTS) {
		const char **texts = ev_read_array(e, to, v, sizeof(*texts));

		cJSON_ArrayForEach(it, v)
			if (cJSON_IsString(it))
				texts[(*len)++] = it->valuestring;
	} else {
		int64_t *numbers = ev_read_array(e, to, v, sizeof(*numbers));

		cJSON_ArrayForEach(it, v)
			if (cJSON_IsNumber(it) && ev_is_exact(it))
				numbers[(*len)++] = (int64_t)it->valuedouble;
	}
}

static void
ev_read_number(enum ev_kind kind, void *to, const cJSON *v)
{
	bool is = ev_is_exact(v);
	int64_t n = is ? (int64_t)v->valuedouble : 0;

	if (kind == EV_KIND_NUMBER)
		*(struct ev_number *)to = (struct ev_number){ is, n };
	else if (kind == EV_KIND_MONEY) {
		n = money_from_json(v);
		*(struct ev_number *)to = (struct ev_number){
		    n != MONEY_UNKNOWN, n };
	} else if (kind == EV_KIND_REAL)
		*(double *)to = v->valuedouble;
	else if (kind == EV_KIND_MODE)
		*(unsigned *)to = n < 0 ? 0 : (unsigned)n;
	else if (kind == EV_KIND_COUNT || kind == EV_KIND_SEQ ||
	    kind == EV_KIND_PORT)
		*(int64_t *)to = n;
}

static void
ev_read_string(struct event *e, enum ev_kind kind, void *to, const char *s,
    bool b64)
{
	if (kind <= EV_KIND_GIT_ID)
		*(const char **)to = s;
	else if (kind == EV_KIND_PATH)
		ev_read_path(e, to, s, b64);
	else if (kind == EV_KIND_BYTES)
		*(struct ev_bytes *)to = ev_read_bytes(e, s, b64);
}

static void
ev_read_member(struct event *e, const struct ev_field *f, char *to,
    const cJSON *v, bool b64)
{
	size_t *len = (size_t *)(void *)(to + sizeof(void *));
	bool list = cJSON_IsArray(v);

	if (f->kind == EV_KIND_RAW || f->kind == EV_KIND_RAW_OF)
		*(const cJSON **)(void *)to = v;
	else if (cJSON_IsString(v))
		ev_read_string(e, f->kind, to, v->valuestring, b64);
	else if (cJSON_IsNumber(v))
		ev_read_number(f->kind, to, v);
	else if (cJSON_IsBool(v) && f->kind == EV_KIND_FLAG)
		*(bool *)to = cJSON_IsTrue(v);
	else if (cJSON_IsBool(v) && f->kind == EV_KIND_YESNO)
		*(struct ev_flag *)to = (struct ev_flag){ true, cJSON_IsTrue(v) };
	else if (list && (f->kind == EV_KIND_TEXTS ||
	    f->kind == EV_KIND_NUMBERS))
		ev_read_plain(e, f->kind, to, len, v);
	else if (list && (f->kind == EV_KIND_LIST ||
	    f->kind == EV_KIND_ONE_OR_LIST))
		ev_read_list(e, f->of(), (void *)to, len, v);
	else if (cJSON_IsObject(v) && (f->kind == EV_KIND_OBJECT ||
	    f->kind == EV_KIND_ONE_OR_LIST)) {
		*(void **)(void *)to = ev_alloc(e, f->of()->size);
		if (f->kind == EV_KIND_ONE_OR_LIST)
			*len = 1;
		ev_read_object(e, f->of(), *(void **)(void *)to, v);
	}
}

static void
ev_read_object(struct event *e, const struct ev_shape *shape, void *to,
    const cJSON *o)
{
	const struct ev_field *last = shape->fields, *f;
	const cJSON *it;
	bool b64;

	if (!cJSON_IsObject(o))
		return;
	/* They are in the table's order, if we wrote them. */
	cJSON_ArrayForEach(it, o)
		if ((f = ev_find(last, it->string, &b64)) != NULL ||
		    (last != shape->fields &&
		    (f = ev_find(shape->fields, it->string, &b64)) != NULL)) {
			ev_read_member(e, f, (char *)to + f->at, it, b64);
			last = f;
		}
}

void
event_read(struct event *e, const cJSON *line)
{
	event_read_as(e, event_type(line), line);
}

void
event_read_as(struct event *e, enum event_type type, const cJSON *line)
{
	memset(e, 0, sizeof(*e));
	e->type = type;
	e->seq = json_int(line, "seq", 0);
	e->t = json_str_or(line, "t", "");
	e->by = json_str_or(line, "by", "");
	e->cut = json_get(line, "cut");
	e->line = line;
	/* All members of the union are at the same place. */
	if (e->type != EVENT_OTHER)
		ev_read_object(e, event_shapes[e->type](), &e->note, line);
}

/* ---- keeping ---- */

static void
event_free(struct event *e)
{
	if (e != NULL)
		event_release(e);
	free(e);
}

/* NULL: none. */
static cJSON *
ev_own_tree(struct event *e, cJSON *take)
{
	cJSON_AddItemToArray(e->owned, take);
	return take;
}

static const char *
ev_own_text(struct event *e, const char *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (s != NULL && !utf8_is_valid(s, strlen(s))) {
		utf8_repair(&b, s, strlen(s));
		s = buf_str(&b);
	}
	return ev_text(e, s);
}

static void
ev_own_path(struct event *e, const char **path, bool made)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	const char *bytes = path[1] != NULL || !made ? path[1] : path[0];

	if (made && bytes != NULL) {
		json_path_text(&text, bytes);
		path[0] = strcmp(buf_str(&text), bytes) == 0 ? bytes :
		    buf_str(&text);
	}
	path[1] = ev_text(e, bytes);
	path[0] = path[0] == bytes ? path[1] : ev_text(e, path[0]);
}

static void ev_own(struct event *, const struct ev_shape *, char *at,
	    bool made);

/* A list or an object. */
static void
ev_own_array(struct event *e, const struct ev_field *f, void **p, bool made)
{
	size_t i, len = f->kind == EV_KIND_OBJECT ? 1 : *(size_t *)(p + 1);
	size_t size = f->of != NULL ? f->of()->size : sizeof(int64_t);
	void *copy;

	if (*p == NULL && (!made || f->need == EV_MAY ||
	    f->kind == EV_KIND_OBJECT))
		return;
	copy = ev_alloc(e, (len + 1) * size);
	if (len > 0)
		memcpy(copy, *p, len * size);
	*p = copy;
	for (i = 0; i < len; i++)
		if (f->of != NULL)
			ev_own(e, f->of(), (char *)copy + i * size, made);
		else if (f->kind == EV_KIND_TEXTS)
			((const char **)copy)[i] = ev_own_text(e,
			    ((const char **)copy)[i]);
}

/* Make all that the members borrow the event's own; `made`: and make each what
 * reading the line of these members gives. */
static void
ev_own(struct event *e, const struct ev_shape *shape, char *at, bool made)
{
	const struct ev_field *f;

	for (f = shape->fields; f->name != NULL; f++) {
		void *p = at + f->at;
		struct ev_bytes *bytes = p;
		struct ev_number *n = p;

		switch (f->kind) {
		case EV_KIND_TEXT: case EV_KIND_WORD: case EV_KIND_HASH:
		case EV_KIND_HUNK_ID: case EV_KIND_GIT_ID:
			*(const char **)p = ev_own_text(e, *(const char **)p);
			break;
		case EV_KIND_PATH:
			ev_own_path(e, p, made);
			break;
		case EV_KIND_BYTES:
			if (bytes->p != NULL)
				bytes->p = ev_copy(e, bytes->p, bytes->len);
			break;
		case EV_KIND_RAW: case EV_KIND_RAW_OF:
			*(const cJSON **)p = ev_own_tree(e,
			    cJSON_Duplicate(*(const cJSON **)p, true));
			break;
		case EV_KIND_TEXTS: case EV_KIND_NUMBERS: case EV_KIND_OBJECT:
		case EV_KIND_LIST: case EV_KIND_ONE_OR_LIST:
			ev_own_array(e, f, p, made);
			break;
		case EV_KIND_NUMBER: case EV_KIND_MONEY:
			if (!n->is || (f->kind == EV_KIND_MONEY && n->n < 0))
				*n = (struct ev_number){ 0 };
			break;
		default:	/* another number */
			break;
		}
	}
}

void
event_make(struct event *e, enum event_type type, const void *members)
{
	const struct ev_shape *shape = event_shapes[type]();

	*e = (struct event){ .type = type, .t = "", .by = "",
		.owned = cJSON_CreateArray() };
	memcpy(&e->note, members, shape->size);
	ev_own(e, shape, (char *)&e->note, true);
}

static struct event *
event_copy(const struct event *e)
{
	struct event *new = xmalloc(sizeof(*new));

	*new = *e;
	new->mem = NULL;
	new->line = NULL;
	new->owned = cJSON_CreateArray();
	new->t = ev_text(new, e->t);
	new->by = ev_text(new, e->by);
	new->cut = ev_own_tree(new, cJSON_Duplicate(e->cut, true));
	if (new->type != EVENT_OTHER)
		ev_own(new, event_shapes[new->type](), (char *)&new->note,
		    false);
	return new;
}

void
event_keep(struct event **slot, const struct event *e)
{
	struct event *old = *slot;

	*slot = e == NULL ? NULL : event_copy(e);
	event_free(old);
}

void
event_keep_line(struct event **slot, const struct event *e)
{
	cJSON *line = cJSON_Duplicate(e->line, true);

	event_keep(slot, e);
	(*slot)->line = ev_own_tree(*slot, line);
}

void
event_drop(struct event **slot)
{
	event_keep(slot, NULL);
}

/* ---- writing ---- */

/* The members, with a comma before each. `whole`: also those that are missing. */
static void ev_put_members(struct buf *, const struct ev_shape *,
	    const void *from, bool whole);

static void
ev_put_name(struct buf *b, const struct ev_field *f, bool b64)
{
	buf_adds(b, ",\"");
	buf_add(b, f->name, ev_name_len(f));
	buf_adds(b, b64 ? "_b64\":" : "\":");
}

static void
ev_put_text(struct buf *b, const char *s)
{
	json_quote(b, s, strlen(s));
}

static void
ev_put_b64(struct buf *b, const char *p, size_t n)
{
	buf_addc(b, '"');
	b64_encode(b, p, n);
	buf_addc(b, '"');
}

static void
ev_put_path(struct buf *b, const struct ev_field *f, const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(0);

	json_path_text(&text, path);
	json_quote(b, buf_str(&text), text.len);
	if (strcmp(buf_str(&text), path) != 0) {
		ev_put_name(b, f, true);
		ev_put_b64(b, path, strlen(path));
	}
}

/* Put what begins at `at`, with a comma before each, in a pair of braces: the
 * first comma becomes the opening one. */
static void
ev_put_braces(struct buf *b, size_t at, const char pair[2])
{
	if (b->len == at)
		buf_addc(b, ',');
	b->p[at] = pair[0];
	buf_addc(b, pair[1]);
}

static void
ev_put_object(struct buf *b, const struct ev_shape *shape, const void *from)
{
	size_t at = b->len;

	ev_put_members(b, shape, from, false);
	ev_put_braces(b, at, "{}");
}

static void
ev_put_list(struct buf *b, const struct ev_field *f, const void *p, size_t len)
{
	size_t i, at = b->len;

	if (f->kind == EV_KIND_ONE_OR_LIST && len == 1) {
		ev_put_object(b, f->of(), p);
		return;
	}
	for (i = 0; i < len; i++) {
		buf_addc(b, ',');
		if (f->kind == EV_KIND_NUMBERS)
			json_put_number(b, (double)((const int64_t *)p)[i]);
		else if (f->kind == EV_KIND_TEXTS)
			ev_put_text(b, ((const char *const *)p)[i]);
		else
			ev_put_object(b, f->of(), (const char *)p +
			    f->of()->size * i);
	}
	ev_put_braces(b, at, "[]");
}

static void
ev_put_money(struct buf *b, int64_t n)
{
	AUTO_JSON cJSON *v = money_to_json(n);

	json_append(b, v);
}

/* Append the member's value; nothing if it isn't set. */
static void
ev_put_value(struct buf *b, const struct ev_field *f, const void *from)
{
	const struct ev_number *n = from;
	const struct ev_bytes *bytes = from;
	const struct ev_flag *flag = from;
	const char *const *path = from;
	const void *const *p = from;

	switch (f->kind) {
	case EV_KIND_FLAG:
		buf_adds(b, *(const bool *)from ? "true" : "false");
		break;
	case EV_KIND_YESNO:
		buf_adds(b, !flag->is ? "" : flag->on ? "true" : "false");
		break;
	case EV_KIND_COUNT: case EV_KIND_SEQ: case EV_KIND_PORT:
		json_put_number(b, (double)*(const int64_t *)from);
		break;
	case EV_KIND_MODE:
		json_put_number(b, *(const unsigned *)from);
		break;
	case EV_KIND_REAL:
		json_put_number(b, *(const double *)from);
		break;
	case EV_KIND_NUMBER:
		if (n->is)
			json_put_number(b, (double)n->n);
		break;
	case EV_KIND_MONEY:
		if (n->is)
			ev_put_money(b, n->n);
		break;
	case EV_KIND_PATH:
		if (path[0] != NULL || path[1] != NULL)
			ev_put_path(b, f, path[1] != NULL ? path[1] : path[0]);
		break;
	case EV_KIND_BYTES:
		if (bytes->p != NULL && json_is_text(bytes->p, bytes->len))
			json_quote(b, bytes->p, bytes->len);
		else if (bytes->p != NULL)
			ev_put_b64(b, bytes->p, bytes->len);
		break;
	case EV_KIND_RAW: case EV_KIND_RAW_OF:
		if (*p != NULL)
			json_append(b, *p);
		break;
	case EV_KIND_OBJECT:
		if (*p != NULL)
			ev_put_object(b, f->of(), *p);
		break;
	case EV_KIND_TEXTS: case EV_KIND_NUMBERS: case EV_KIND_LIST:
	case EV_KIND_ONE_OR_LIST:
		if (*p != NULL || f->need != EV_MAY)
			ev_put_list(b, f, *p, *(const size_t *)(p + 1));
		break;
	default:	/* a text */
		if (*p != NULL)
			ev_put_text(b, *p);
	}
}

/* Is it zero, of a kind where a missing member means that? */
static bool
ev_is_zero(const struct ev_field *f, const void *from)
{
	return f->kind == EV_KIND_FLAG ? !*(const bool *)from :
	    f->kind == EV_KIND_REAL ? !(*(const double *)from > 0) :
	    f->kind == EV_KIND_MODE ? *(const unsigned *)from == 0 :
	    (f->kind == EV_KIND_COUNT || f->kind == EV_KIND_SEQ ||
	    f->kind == EV_KIND_PORT) && *(const int64_t *)from == 0;
}

/* What stands for a member that is missing. */
static const char *
ev_none(const struct ev_field *f)
{
	switch (f->kind) {
	case EV_KIND_COUNT: case EV_KIND_NUMBER: case EV_KIND_REAL:
		return "0";
	case EV_KIND_FLAG: case EV_KIND_YESNO:
		return "false";
	case EV_KIND_TEXTS: case EV_KIND_NUMBERS: case EV_KIND_LIST:
		return "[]";
	case EV_KIND_RAW:
		return "{}";
	case EV_KIND_OBJECT:
		return "null";
	default:
		return "";
	}
}

static void
ev_put_members(struct buf *b, const struct ev_shape *shape, const void *from,
    bool whole)
{
	const struct ev_field *f;

	for (f = shape->fields; f->name != NULL; f++) {
		const void *p = (const char *)from + f->at;
		const struct ev_bytes *bytes = p;
		size_t at = b->len, value;

		ev_put_name(b, f, f->kind == EV_KIND_BYTES &&
		    bytes->p != NULL && !json_is_text(bytes->p, bytes->len));
		value = b->len;
		if (f->need != EV_MAY || !ev_is_zero(f, p))
			ev_put_value(b, f, p);
		if (b->len == value)
			buf_adds(b, f->need == EV_NULLS ? "null" : whole ?
			    ev_none(f) : "");
		if (b->len == value)
			buf_cut(b, at);
	}
}

void
event_append(struct buf *b, enum event_type type, const void *members)
{
	ev_put_members(b, event_shapes[type](), members, false);
}

/* `own`: a member before these, which has a comma before it. */
static cJSON *
ev_tree(const char *own, enum event_type type, const void *members, bool whole)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_adds(&b, own);
	ev_put_members(&b, event_shapes[type](), members, whole);
	ev_put_braces(&b, 0, "{}");
	/* More than a buffer holds. */
	if (b.full)
		mem_out();
	/* It is our own text. */
	return cJSON_Parse(b.p);
}

cJSON *
event_write(enum event_type type, const void *members)
{
	return ev_tree("", type, members, false);
}

cJSON *
event_line(enum event_type type, const void *members)
{
	AUTO_FREE char *own = xasprintf(",\"type\":\"%s\"",
	    event_rows[type].name);

	return ev_tree(own, type, members, false);
}

void
event_write_whole(cJSON *o, enum event_type type, const void *members)
{
	AUTO_JSON cJSON *all = ev_tree("", type, members, true);

	/* Each keeps its name. */
	while (all->child != NULL)
		cJSON_AddItemToArray(o, cJSON_DetachItemViaPointer(all,
		    all->child));
}

/* ---- trimming ---- */

/*
 * Finds where the members begin and end without parsing the line: for a value
 * to drop it only looks for the end.
 */

#define TRIM_MEMBERS 5

/* What the fold reads from the journal again, or ignores. */
static const struct trim_rule {
	const char	*members[TRIM_MEMBERS];
	const char	*in, *text;	/* in this member, texts of this name
					   become "" */
} trim_rules[][EVENT_TYPES_LEN] = {
	[TRIM_SCREEN] = {
		[EVENT_ASSISTANT_MESSAGE] = {
			{ "calls", "raw", "thinking" }, NULL, NULL },
		[EVENT_COMPACTION] = { { "said", "state" }, NULL, NULL },
		[EVENT_EVIDENCE] = { { "text" }, NULL, NULL },
		[EVENT_PROJECT] = {
			{ "user_files", "files", "skills", "map", "symbols" },
			NULL, NULL },
		[EVENT_TOOL_CALL] = { { "args", "args_text" }, NULL, NULL },
		[EVENT_TOOL_RESULT] = {
			{ "diff", "diff_b64", "text" }, NULL, NULL },
	},
	[TRIM_CORE] = {
		[EVENT_ASSISTANT_MESSAGE] = {
			{ "raw", "thinking" }, "calls", "arguments" },
		[EVENT_TOOL_CALL] = { { NULL }, "args", "content" },
		[EVENT_TOOL_RESULT] = {
			{ "diff", "diff_b64", "text" }, NULL, NULL },
	},
};

struct trim {
	struct buf	*b;
	const char	*p, *end;
	const char	*from;		/* not in the buffer yet */
	size_t		 min;
	const struct trim_rule *rules, *rule;
	struct buf	 left_out;
};

/* Skip the string at p; NULL if it doesn't end. */
static const char *
trim_string(const char *p, const char *end)
{
	const char *q = p + 1, *b;

	for (; q < end && (q = memchr(q, '"', (size_t)(end - q))) != NULL;
	    q++) {
		for (b = q; b[-1] == '\\'; b--)
			;
		if ((q - b) % 2 == 0)
			return q + 1;
	}
	return NULL;
}

/* Skip the value at p. */
static const char *
trim_value(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			if ((p = trim_string(p, end)) == NULL || depth == 0)
				return p;
			p--;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			if (--depth == 0)
				return p + 1;
		} else if (*p == ',' && depth == 0)
			return p;
	}
	return NULL;
}

static bool
trim_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* The rule for lines of this type; NULL: they are never trimmed. */
static const struct trim_rule *
trim_rule_of(const struct trim *c, const char *p, size_t n)
{
	AUTO_FREE char *name = xmemdup(p, n);
	const struct trim_rule *r = &c->rules[event_named(name)];

	return r->members[0] == NULL && r->in == NULL ? NULL : r;
}

static bool
trim_goes(const struct trim *c, const char *name, size_t n, size_t size)
{
	size_t i;

	for (i = 0; size >= c->min && c->rule != NULL && i < TRIM_MEMBERS &&
	    c->rule->members[i] != NULL; i++)
		if (trim_is(name, n, c->rule->members[i]))
			return true;
	return false;
}

/* Empty the large texts in the value at p; false if there are none. */
static bool
trim_texts(struct trim *c, const char *p, const char *end)
{
	const char *from = c->from, *next, *stop;

	for (; p < end; p = next) {
		next = p + 1;
		if (*p != '"' || (next = trim_string(p, end)) == NULL)
			continue;
		if (end - next < 3 || next[0] != ':' || next[1] != '"' ||
		    !trim_is(p + 1, (size_t)(next - p) - 2, c->rule->text) ||
		    (stop = trim_string(next + 1, end)) == NULL)
			continue;
		if ((size_t)(stop - next) > c->min) {
			buf_add(c->b, c->from, (size_t)(next + 2 - c->from));
			c->from = stop - 1;
		}
		next = stop;
	}
	return c->from != from;
}

static void
trim_left_out(struct trim *c, const char *name, size_t n, size_t size)
{
	buf_addf(&c->left_out, "%s\"%.*s\":%zu", c->left_out.len > 0 ? "," : "",
	    (int)n, name, size);
}

/* The next member, starting at the brace or comma before it; false at "prev",
 * which only "h" follows, and if it isn't a member. */
static bool
trim_member(struct trim *c)
{
	const char *name = c->p + 2, *value, *next;
	size_t n;

	if (c->end - c->p < 2 || c->p[1] != '"' ||
	    (next = trim_string(c->p + 1, c->end)) == NULL ||
	    next >= c->end || *next != ':')
		return false;
	n = (size_t)(next - name) - 1;
	value = next + 1;
	if (trim_is(name, n, "prev") ||
	    (next = trim_value(value, c->end)) == NULL)
		return false;
	if (trim_is(name, n, "type")) {
		if (*value != '"' || (c->rule = trim_rule_of(c, value + 1,
		    (size_t)(next - value) - 2)) == NULL)
			return false;
	} else if (trim_goes(c, name, n, (size_t)(next - value))) {
		buf_add(c->b, c->from, (size_t)(c->p - c->from));
		trim_left_out(c, name, n, (size_t)(next - value));
		c->from = next;
	} else if (c->rule != NULL && c->rule->in != NULL &&
	    trim_is(name, n, c->rule->in) && trim_texts(c, value, next))
		trim_left_out(c, name, n, (size_t)(next - value));
	c->p = next;
	return c->p < c->end && *c->p == ',';
}

bool
trim_line(struct buf *b, const char *line, size_t n, enum trim_for who,
    size_t min)
{
	static const char prev[] = ",\"prev\":\"";
	struct trim c = { .b = b, .p = line, .end = line + n, .from = line,
		.min = min, .rules = trim_rules[who], .left_out = BUF_INIT(0) };
	bool is;

	buf_clear(b);
	if (n < min || *line != '{')
		return false;
	while (trim_member(&c))
		;
	is = c.left_out.len > 0 && (size_t)(c.end - c.p) >= sizeof(prev) &&
	    memcmp(c.p, prev, sizeof(prev) - 1) == 0;
	if (is) {
		buf_add(b, c.from, (size_t)(c.p - c.from));
		buf_addf(b, ",\"cut\":{%s}}", buf_str(&c.left_out));
	}
	buf_release(&c.left_out);
	return is;
}

