#include "config.h"

#include "base/json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define JSON_FFFD "\xef\xbf\xbd"

/* cJSON returns NULL when out of memory, which looks like a missing member. Set
 * before main, so that no program can forget it. */
static void __attribute__((constructor))
json_init(void)
{
	cJSON_Hooks hooks = { .malloc_fn = xmalloc, .free_fn = free };

	cJSON_InitHooks(&hooks);
}

static int
json_hex4(const char *p, size_t n, uint32_t *out)
{
	uint32_t v = 0;
	size_t i;

	if (n < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		char c = p[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v |= (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v |= (uint32_t)(c - 'A' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

/*
 * Check the escape at p (a backslash). Returns the bytes used, or 0 for a
 * forbidden or malformed escape; sets *mend if U+FFFD must replace it (\u0000
 * and lone surrogates).
 */
static size_t
json_escape(const char *p, size_t n, enum json_nul nul, bool *mend,
    struct err *e)
{
	uint32_t hi, lo;

	*mend = false;
	if (n < 2) {
		err_set(e, "the JSON text ends inside a string");
		return 0;
	}
	if (p[1] != 'u')
		return 2;
	if (json_hex4(p + 2, n - 2, &hi) < 0) {
		err_set(e, "a \\u escape without four hex digits");
		return 0;
	}
	if (hi == 0 && nul == JSON_NUL_REFUSE) {
		err_set(e, "a NUL character (\\u0000) is not allowed");
		return 0;
	}
	if (hi >= 0xd800 && hi < 0xdc00 && n >= 12 && p[6] == '\\' &&
	    p[7] == 'u' && json_hex4(p + 8, n - 8, &lo) == 0 &&
	    lo >= 0xdc00 && lo < 0xe000)
		return 12;
	*mend = hi == 0 || (hi >= 0xd800 && hi < 0xe000);
	return 6;
}

/* The bytes at p before a quote, backslash or control character. Eight at a
 * time: the top bit of each byte says whether it is one of these. */
static size_t
json_plain(const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, top = ones << 7;
	uint64_t w, quote, back;
	size_t i;
	char c;

	for (i = 0; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		quote = w ^ (ones * '"');
		back = w ^ (ones * '\\');
		if (((((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) |
		    ((back - ones) & ~back)) & top) != 0)
			break;
	}
	for (; i < n; i++) {
		c = p[i];
		if (c == '"' || c == '\\' || (unsigned char)c < 0x20)
			break;
	}
	return i;
}

/* Checks what cJSON doesn't: depth and escapes. Writes to `out` only if
 * something needs repair; otherwise `out` stays empty. *at is where it fails. */
static int
json_mend(struct buf *out, const char *p, size_t n, enum json_nul nul,
    size_t *at, struct err *e)
{
	size_t most = JSON_MAX_DEPTH + (nul == JSON_OWN ? JSON_OWN_DEPTH : 0);
	size_t i, used, depth = 0, from = 0;
	bool in_string = false, mend;

	for (i = 0; i < n; i += used) {
		char c = p[i];

		*at = i;
		used = 1;
		if (in_string && c == '\\') {
			used = json_escape(p + i, n - i, nul, &mend, e);
			if (used == 0)
				return -1;
			if (mend) {
				buf_add(out, p + from, i - from);
				buf_adds(out, JSON_FFFD);
				from = i + used;
			}
		} else if (in_string && c != '"') {
			used = json_plain(p + i, n - i);
			if (used == 0)
				return err_set(e, "a JSON string contains a "
				    "raw control character");
		} else if (c == '"') {
			in_string = !in_string;
		} else if ((c == '{' || c == '[') && ++depth > most) {
			return err_set(e, "JSON nested deeper than %zu", most);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	if (from > 0)
		buf_add(out, p + from, n - from);
	return 0;
}

/* How much of it is UTF-8 without NUL. */
static size_t
json_text(const char *p, size_t n)
{
	uint32_t cp;
	size_t i, used;

	if (memchr(p, '\0', n) == NULL && utf8_is_valid(p, n))
		return n;
	for (i = 0; i < n && p[i] != '\0'; i += used)
		if ((used = utf8_next(p + i, n - i, &cp)) == 0)
			break;
	return i;
}

cJSON *
json_parse(const char *p, size_t n, enum json_nul nul, struct err *e)
{
	return json_parse_at(p, n, nul, NULL, e);
}

cJSON *
json_parse_at(const char *p, size_t n, enum json_nul nul, size_t *at,
    struct err *e)
{
	AUTO_BUF struct buf mended = BUF_INIT(3 * JSON_MAX_BYTES);
	const char *end = NULL, *stop;
	bool near = at == NULL;
	cJSON *o = NULL;
	size_t own;

	at = near ? &own : at;
	*at = 0;
	if (n > JSON_MAX_BYTES) {
		err_set(e, "JSON text of %zu bytes is too large", n);
		return o;
	}
	*at = json_text(p, n);
	if (*at < n) {
		err_set(e, "the JSON text is not valid UTF-8");
		return o;
	}
	if (json_mend(&mended, p, n, nul, at, e) < 0)
		return o;
	if (mended.len > 0) {
		p = buf_str(&mended);
		n = mended.len;
	}
	stop = p + n;
	o = cJSON_ParseWithLengthOpts(p, n, &end, 0);
	*at = end == NULL ? 0 : (size_t)(end - p);
	if (o == NULL) {
		if (near)
			err_set(e, "not valid JSON near byte %zu", *at);
		else
			err_set(e, "not valid JSON");
		return o;
	}
	for (; end < stop; end++) {
		if (strchr(" \t\r\n", *end) == NULL) {
			*at = (size_t)(end - p);
			err_set(e, "text after the end of the JSON value");
			json_drop(&o);
			return o;
		}
	}
	return o;
}

static void
json_put_string(struct buf *out, const char *s, size_t n)
{
	static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	char escape[2] = "\\";
	const char *at;
	size_t i, plain;

	buf_addc(out, '"');
	for (i = 0; i < n; i++) {
		plain = json_plain(s + i, n - i);
		buf_add(out, s + i, plain);
		i += plain;
		if (i < n && (at = strchr(special, s[i])) != NULL) {
			escape[1] = names[at - special];
			buf_add(out, escape, 2);
		} else if (i < n)
			buf_addf(out, "\\u%04x", (unsigned)s[i]);
	}
	buf_addc(out, '"');
}

/* A string of a tree; like cJSON, print NULL as an empty one. */
static void
json_put_text(struct buf *out, const char *s)
{
	json_put_string(out, s, s == NULL ? 0 : strlen(s));
}

/* cJSON takes some thousand instructions for a number: it reads each again to see
 * whether it is exact. */
void
json_put_number(struct buf *out, double v)
{
	AUTO_JSON cJSON *o = NULL;
	AUTO_FREE char *other = NULL;

	if (v >= INT_MIN && v <= INT_MAX && v == (int)v)
		buf_addf(out, "%d", (int)v);
	else if ((other = cJSON_PrintUnformatted(o = cJSON_CreateNumber(v))) !=
	    NULL)
		buf_adds(out, other);
}

/* Print like cJSON, but -0 as 0. */
static void
json_put(struct buf *out, const cJSON *o)
{
	bool is_object = cJSON_IsObject(o);
	const cJSON *it;

	if (cJSON_IsString(o))
		json_put_text(out, o->valuestring);
	else if (cJSON_IsNumber(o))
		json_put_number(out, o->valuedouble);
	else if (cJSON_IsBool(o))
		buf_adds(out, cJSON_IsTrue(o) ? "true" : "false");
	else if (is_object || cJSON_IsArray(o)) {
		buf_addc(out, is_object ? '{' : '[');
		cJSON_ArrayForEach(it, o) {
			if (is_object) {
				json_put_text(out, it->string);
				buf_addc(out, ':');
			}
			json_put(out, it);
			if (it->next != NULL)
				buf_addc(out, ',');
		}
		buf_addc(out, is_object ? '}' : ']');
	} else
		buf_adds(out, "null");
}

char *
json_print(const cJSON *o)
{
	struct buf b = BUF_INIT(0);

	json_append(&b, o);
	/* More than a buffer holds. */
	if (b.full)
		mem_out();
	return buf_take(&b);
}

void
json_append(struct buf *out, const cJSON *o)
{
	size_t was = out->len;

	if (o == NULL)
		buf_adds(out, "null");
	else
		json_put(out, o);
	/* All or nothing. */
	if (out->full)
		buf_cut(out, was);
}

const cJSON *
json_get(const cJSON *o, const char *key)
{
	return o == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(o, key);
}

const cJSON *
json_array(const cJSON *o, const char *key)
{
	const cJSON *v = json_get(o, key);

	return cJSON_IsArray(v) ? v : NULL;
}

const char *
json_str_or(const cJSON *o, const char *key, const char *def)
{
	const cJSON *v = json_get(o, key);

	return cJSON_IsString(v) ? v->valuestring : def;
}

bool
json_is(const cJSON *o, const char *key, const char *s)
{
	return strcmp(json_str_or(o, key, ""), s) == 0;
}

const cJSON *
json_find(const cJSON *list, const char *key, const char *s)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (json_is(it, key, s))
			return it;
	return NULL;
}

bool
json_has(const cJSON *list, const char *s)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it) && strcmp(it->valuestring, s) == 0)
			return true;
	return false;
}

const char *
json_str(const cJSON *o, const char *key)
{
	return json_str_or(o, key, NULL);
}

double
json_num(const cJSON *o, const char *key, double def)
{
	const cJSON *v = json_get(o, key);

	return cJSON_IsNumber(v) ? v->valuedouble : def;
}

int64_t
json_int(const cJSON *o, const char *key, int64_t def)
{
	const cJSON *v = json_get(o, key);

	if (!cJSON_IsNumber(v) || !(v->valuedouble >= -9007199254740992.0 &&
	    v->valuedouble <= 9007199254740992.0))
		return def;
	return (int64_t)v->valuedouble;
}

bool
json_bool(const cJSON *o, const char *key, bool def)
{
	const cJSON *v = json_get(o, key);

	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : def;
}

void
json_set_take(cJSON *o, const char *key, cJSON *v)
{
	cJSON_DeleteItemFromObjectCaseSensitive(o, key);
	/* Array entries have no key. */
	if (!cJSON_AddItemToObject(o, key, v))
		cJSON_Delete(v);
}

void
json_drop(cJSON **o)
{
	cJSON_Delete(*o);
	*o = NULL;
}

void
json_copy(cJSON *o, const char *key, const cJSON *v)
{
	if (v != NULL)
		json_set_take(o, key, cJSON_Duplicate(v, true));
}

void
json_copy_names(cJSON *o, const cJSON *from, const char *const *names,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		json_copy(o, names[i], json_get(from, names[i]));
}

void
json_wipe(cJSON *o, const char *key)
{
	cJSON *v = key == NULL ? o :
	    cJSON_GetObjectItemCaseSensitive(o, key);

	if (cJSON_IsString(v))
		explicit_bzero(v->valuestring, strlen(v->valuestring));
	for (v = v == NULL ? NULL : v->child; v != NULL; v = v->next)
		json_wipe(v, NULL);
}

void
json_add_strn(cJSON *o, const char *key, const char *s, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	utf8_repair(&b, s, n);
	json_set_take(o, key, cJSON_CreateString(buf_str(&b)));
}

void
json_add_str(cJSON *o, const char *key, const char *s)
{
	if (s != NULL)
		json_add_strn(o, key, s, strlen(s));
}

cJSON *
json_add_texts(cJSON *o, const char *const *v, size_t n)
{
	for (; n > 1; v += 2, n -= 2)
		json_add_str(o, v[0], v[1]);
	return o;
}

void
json_add_int(cJSON *o, const char *key, int64_t v)
{
	json_set_take(o, key, cJSON_CreateNumber((double)v));
}

void
json_add_count(cJSON *o, const char *key, int64_t v)
{
	json_set_take(o, key, v < 0 ? cJSON_CreateNull() :
	    cJSON_CreateNumber((double)v));
}

void
json_add_bool(cJSON *o, const char *key, bool v)
{
	json_set_take(o, key, cJSON_CreateBool(v));
}

static void
json_add_b64(cJSON *o, const char *key, const void *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *name = xasprintf("%s_b64", key);

	b64_encode(&b, p, n);
	json_set_take(o, name, cJSON_CreateString(buf_str(&b)));
}

bool
json_is_text(const void *p, size_t n)
{
	return (n == 0 || memchr(p, '\0', n) == NULL) && utf8_is_valid(p, n);
}

void
json_add_bytes(cJSON *o, const char *key, const void *p, size_t n)
{
	if (json_is_text(p, n))
		json_add_strn(o, key, p, n);
	else
		json_add_b64(o, key, p, n);
}

char *
json_get_bytes(const cJSON *o, const char *key, size_t *n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *name = xasprintf("%s_b64", key);
	const char *s = json_str(o, name);

	if (s == NULL) {
		if ((s = json_str(o, key)) == NULL)
			return NULL;
		buf_adds(&b, s);
	} else if (b64_decode(&b, s, strlen(s)) < 0)
		return NULL;
	if (n != NULL)
		*n = b.len;
	return buf_take(&b);
}

void
json_path_text(struct buf *b, const char *path)
{
	size_t n = strlen(path), used;
	uint32_t cp;

	for (; n > 0; path += used, n -= used) {
		used = utf8_next(path, n, &cp);
		if (used > 0 && cp >= 0x20 && cp != 0x7f) {
			buf_add(b, path, used);
			continue;
		}
		buf_addf(b, "\\x%02x", (unsigned char)*path);
		used = 1;
	}
}

void
json_path_quoted(struct buf *b, const char *path)
{
	AUTO_BUF struct buf quoted = BUF_INIT(0);

	sanitize_quote(&quoted, path);
	json_path_text(b, buf_str(&quoted));
}

void
json_add_path(cJSON *o, const char *key, const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(0);

	json_path_text(&text, path);
	json_add_str(o, key, buf_str(&text));
	if (strcmp(buf_str(&text), path) != 0)
		json_add_b64(o, key, path, strlen(path));
}

void
json_quote(struct buf *out, const char *s, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (json_is_text(s, n)) {
		json_put_string(out, s, n);
		return;
	}
	utf8_repair(&b, s, n);
	json_put_text(out, buf_str(&b));
}

static void
json_read_one(void *to, const cJSON *o, const struct json_field *f)
{
	const char *text;
	int64_t v;

	switch (f->type) {
	case JSON_TEXT:
		if ((text = json_str_or(o, f->name, f->def)) != NULL)
			xstrset(to, text);
		break;
	case JSON_FLAG:
		*(bool *)to = json_bool(o, f->name, *(bool *)to);
		break;
	case JSON_INT:
		v = json_int(o, f->name, *(int *)to);
		*(int *)to = v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN :
		    (int)v;
		break;
	case JSON_INT64:
		*(int64_t *)to = json_int(o, f->name, *(int64_t *)to);
		break;
	}
}

void
json_read(void *to, const cJSON *o, const struct json_field *f, size_t n)
{
	for (; n > 0; n--, f++)
		json_read_one((char *)to + f->at, o, f);
}

void
json_write(cJSON *o, const void *from, const struct json_field *f, size_t n)
{
	for (; n > 0; n--, f++) {
		const void *v = (const char *)from + f->at;

		if (f->type == JSON_TEXT)
			json_add_str(o, f->name, *(char *const *)v);
		else if (f->type == JSON_FLAG)
			json_add_bool(o, f->name, *(const bool *)v);
		else
			json_add_int(o, f->name, f->type == JSON_INT ?
			    *(const int *)v : *(const int64_t *)v);
	}
}

void
json_release(void *of, const struct json_field *f, size_t n)
{
	for (; n > 0; n--, f++)
		if (f->type == JSON_TEXT)
			FREE_NULL(*(char **)((char *)of + f->at));
}

const char **
json_strings(const cJSON *array, const cJSON *more)
{
	const char **v;
	const cJSON *it;
	size_t n = 0;

	v = xcalloc((size_t)(cJSON_GetArraySize(array) +
	    cJSON_GetArraySize(more)) + 1, sizeof(*v));
	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			v[n++] = it->valuestring;
	cJSON_ArrayForEach(it, more)
		if (cJSON_IsString(it))
			v[n++] = it->valuestring;
	return v;
}

const char **
json_command(const cJSON *command)
{
	const char **v;

	if (!cJSON_IsString(command))
		return json_strings(command, NULL);
	v = xcalloc(4, sizeof(*v));
	v[0] = "/bin/sh";
	v[1] = "-c";
	v[2] = command->valuestring;
	return v;
}
