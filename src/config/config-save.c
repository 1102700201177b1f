/*
 * Changes the user's config.json as an editor would: text is inserted, and the
 * rest stays as it is, comments too.  The result is read again before it is
 * written, and must be what was there and the addition.
 */
#include "config.h"

#include "config/config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config-int.h"
#include "policy/hook-spec.h"
#include "policy/net-allow.h"

#define SAVE_MAX ((size_t)1 << 20)
#define SAVE_SPACE " \t\r\n"

/* A file as it is: its text, the same with spaces for its comments, and its
 * object, to which what is saved is added. */
struct save {
	const char	*path;
	struct buf	 text;
	char		*blank;
	cJSON		*o;
};

static void
save_release(struct save *t)
{
	buf_release(&t->text);
	free(t->blank);
	cJSON_Delete(t->o);
}

static size_t
save_string_end(const char *s, size_t i)
{
	for (i++; s[i] != '"'; i++)
		if (s[i] == '\\')
			i++;
	return i;
}

/* The bracket that closes the one at i, in valid JSON. */
static size_t
save_close(const char *s, size_t i)
{
	size_t depth = 0;

	for (;; i++) {
		if (s[i] == '"')
			i = save_string_end(s, i);
		else if (s[i] == '[' || s[i] == '{')
			depth++;
		else if ((s[i] == ']' || s[i] == '}') && --depth == 0)
			return i;
	}
}

/* Where this member's list or object opens; 0: it isn't there. */
static size_t
save_list(const char *s, const char *name)
{
	AUTO_FREE char *key = xasprintf("\"%s\"", name);
	size_t i = strcspn(s, "{") + 1, end, n = strlen(key);

	for (; s[i] != '}'; i++) {
		if (s[i] == '[' || s[i] == '{') {
			i = save_close(s, i);
		} else if (s[i] == '"') {
			end = save_string_end(s, i) + 1;
			if (end - i == n && memcmp(s + i, key, n) == 0) {
				end += strspn(s + end, SAVE_SPACE);
				if (s[end] == ':') {
					end++;
					end += strspn(s + end, SAVE_SPACE);
					return s[end] == '[' ||
					    s[end] == '{' ? end : 0;
				}
			}
			i = end - 1;
		}
	}
	return 0;
}

/* Append the text with `item` as the last one between the brackets that open
 * here: on a line of its own if the first one is; with `around` if it is the
 * only one. */
static void
save_insert(const struct save *t, size_t open, const char *item,
    const char *around[2], struct buf *to)
{
	const char *s = t->blank, *text = buf_str(&t->text), *comma = ",";
	size_t close = save_close(s, open), last = close, line, nl, indent;
	size_t first = open + 1 + strspn(s + open + 1, SAVE_SPACE);

	if (first == close) {
		buf_add(to, text, open + 1);
		buf_addf(to, "%s%s%s", around[0], item, around[1]);
		buf_adds(to, text + open + 1);
		return;
	}
	while (strchr(SAVE_SPACE, s[last - 1]) != NULL)
		last--;
	if (s[last - 1] == ',')
		comma = "";
	for (line = first; line > open && s[line - 1] != '\n'; line--)
		;
	buf_add(to, text, last);
	if (line <= open + 1) {
		buf_addf(to, "%s %s", comma, item);
		buf_adds(to, text + last);
		return;
	}
	indent = first - line;
	for (nl = close; nl > last && s[nl - 1] != '\n'; nl--)
		;
	/* What follows the last one in its line is about that one. */
	if (nl > last && strspn(text + nl, SAVE_SPACE) >= close - nl) {
		buf_adds(to, comma);
		buf_add(to, text + last, nl - last);
		buf_add(to, s + line, indent);
		buf_addf(to, "%s\n", item);
		buf_adds(to, text + nl);
	} else {
		buf_addf(to, "%s\n", comma);
		buf_add(to, s + line, indent);
		buf_adds(to, item);
		buf_adds(to, text + last);
	}
}

/* The text without its comments, and its object. */
static int
save_parse(struct save *t, struct err *e)
{
	struct err why = ERR_INIT;
	size_t n = strlen(buf_str(&t->text));
	AUTO_FREE char *copy = xmemdup(buf_str(&t->text), n);

	t->blank = xmemdup(copy, n);
	if (config_strip_comments(t->blank, n, &why) < 0 ||
	    (t->o = config_json(copy, n, &why)) == NULL)
		return err_set(e, "%s: %s", t->path, why.text);
	if (!cJSON_IsObject(t->o))
		return err_set(e, "%s: must be an object: { ... }", t->path);
	return 0;
}

/* The entry as it is stored, malloc'ed; NULL without an error: it is there. */
static char *
save_entry(const struct save *t, const char *entry, struct err *e)
{
	struct net_allow l = { NULL, 0 };
	struct err why = ERR_INIT;
	const cJSON *it, *list = json_get(t->o, "net_allow");
	char *text = NULL;
	size_t before;
	int rc = list == NULL || cJSON_IsArray(list) ? 0 :
	    err_set(&why, "must be a list of strings");

	cJSON_ArrayForEach(it, list)
		if (rc == 0)
			rc = net_allow_add(&l, cJSON_IsString(it) ?
			    it->valuestring : "", "config", &why);
	if (rc < 0)
		err_set(e, "%s: net_allow: %s", t->path, why.text);
	before = l.len;
	if (rc == 0 && net_allow_add(&l, entry, "config", e) == 0 &&
	    l.len > before)
		text = xstrdup(l.v[before].text);
	net_allow_release(&l);
	return text;
}

static int
save_write(const char *path, const struct buf *b, struct err *e)
{
	/* It may be a link into a folder of such files. */
	AUTO_FREE char *real = fs_realpath(path);
	const char *at = real == NULL ? path : real;
	const char *slash = strrchr(at, '/');
	AUTO_FREE char *dir = slash == NULL ? xstrdup(".") :
	    xmemdup(at, (size_t)(slash - at) + (slash == at));
	AUTO_CLOSE int fd = -1;
	struct stat st;
	mode_t mode = stat(at, &st) == 0 ? st.st_mode & 0777 : 0600;

	if (fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "can't open %s", dir);
	return fs_replace(fd, slash == NULL ? at : slash + 1, b->p, b->len,
	    mode, e);
}

/* The file, "{}" if there is none. */
static int
save_open(struct save *t, const char *path, struct err *e)
{
	int rc;

	*t = (struct save){ .path = path, .text = BUF_INIT(SAVE_MAX) };
	rc = config_read(AT_FDCWD, path, path, false, &t->text, e);
	if (rc == 0)
		buf_adds(&t->text, "{}\n");
	return rc < 0 ? -1 : save_parse(t, e);
}

/* Write this text, if it reads as t->o; else `what` can't be done. */
static int
save_checked(const struct save *t, const char *text, const char *what,
    struct err *e)
{
	AUTO(save_release) struct save new = { .path = t->path };

	buf_adds(&new.text, text);
	if (save_parse(&new, e) < 0)
		return -1;
	if (!cJSON_Compare(t->o, new.o, true))
		return err_set(e, "%s: can't %s; please do it by hand",
		    t->path, what);
	return save_write(t->path, &new.text, e);
}

/* Write the file with these items at the end of the list or object `name`, which
 * may be missing; `text` is their JSON. */
static int
save_add(struct save *t, const char *name, const char *text,
    const cJSON *items, struct err *e)
{
	AUTO_BUF struct buf new = BUF_INIT(0);
	AUTO_FREE char *what = NULL, *item = NULL;
	const char *around[2] = { "\n\t", "\n" };
	size_t at = save_list(t->blank, name);
	cJSON *list = cJSON_GetObjectItemCaseSensitive(t->o, name);
	bool named = cJSON_IsObject(items);
	const cJSON *it;

	if (at > 0) {
		item = xstrdup(text);
		around[0] = around[1] = "";
	} else {
		item = xasprintf(named ? "\"%s\": {%s}" : "\"%s\": [%s]",
		    name, text);
		at = strcspn(t->blank, "{");
	}
	save_insert(t, at, item, around, &new);
	if (list == NULL)
		list = named ? cJSON_AddObjectToObject(t->o, name) :
		    cJSON_AddArrayToObject(t->o, name);
	cJSON_ArrayForEach(it, items)
		if (named)
			json_copy(list, it->string, it);
		else
			cJSON_AddItemToArray(list, cJSON_Duplicate(it, 1));
	what = xasprintf("add %s to %s", text, name);
	return save_checked(t, buf_str(&new), what, e);
}

int
config_save_net_allow(const char *path, const char *entry, struct err *e)
{
	AUTO(save_release) struct save t = { 0 };
	AUTO_FREE char *text = NULL, *item = NULL;
	AUTO_JSON cJSON *items = NULL;

	if (save_open(&t, path, e) < 0)
		return -1;
	text = save_entry(&t, entry, e);
	if (text == NULL)
		return err_is_set(e) ? -1 : 0;
	item = xasprintf("\"%s\"", text);
	items = cJSON_CreateStringArray((const char *const *)&text, 1);
	return save_add(&t, "net_allow", item, items, e);
}

int
config_save_model(const char *path, const char *name, struct err *e)
{
	AUTO(save_release) struct save t = { 0 };
	AUTO_BUF struct buf new = BUF_INIT(0), item = BUF_INIT(0);
	const char *around[2] = { "\n\t", "\n" };

	if (save_open(&t, path, e) < 0)
		return -1;
	if (json_get(t.o, "model") != NULL)
		return 0;
	buf_adds(&item, "\"model\": ");
	json_quote(&item, name, strlen(name));
	save_insert(&t, strcspn(t.blank, "{"), buf_str(&item), around, &new);
	json_add_str(t.o, "model", name);
	return save_checked(&t, buf_str(&new), "set \"model\"", e) < 0 ? -1 : 1;
}

int
config_save_hooks(const char *path, const cJSON *hooks, struct err *e)
{
	AUTO(save_release) struct save t = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_JSON cJSON *all = NULL, *checked = NULL;
	struct err why = ERR_INIT;
	const cJSON *it, *had;

	if (save_open(&t, path, e) < 0)
		return -1;
	had = json_get(t.o, "hooks");
	all = had == NULL ? cJSON_CreateArray() : cJSON_Duplicate(had, 1);
	cJSON_ArrayForEach(it, hooks) {
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
		buf_adds(&text, text.len == 0 ? "" : ",\n\t\t");
		json_append(&text, it);
	}
	checked = hook_spec_list(all, &why);
	if (checked == NULL)
		return err_set(e, "%s: hooks: %s", path, why.text);
	return save_add(&t, "hooks", buf_str(&text), hooks, e);
}

int
config_save_mcp(const char *path, const cJSON *servers, struct err *e)
{
	AUTO(save_release) struct save t = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(0);
	const cJSON *it;

	if (save_open(&t, path, e) < 0)
		return -1;
	cJSON_ArrayForEach(it, servers) {
		if (json_get(json_get(t.o, "mcpServers"), it->string) != NULL)
			return err_set(e, "%s: mcpServers.%s: there is one of "
			    "this name", path, it->string);
		buf_adds(&text, text.len == 0 ? "" : ",\n\t\t");
		json_quote(&text, it->string, strlen(it->string));
		buf_adds(&text, ": ");
		json_append(&text, it);
	}
	return save_add(&t, "mcpServers", buf_str(&text), servers, e);
}

/* The member `name` of the object that opens here: from its key to the end of its
 * value. It exists. */
static void
save_member(const char *s, size_t open, const char *name, size_t *from,
    size_t *to)
{
	AUTO_FREE char *key = xasprintf("\"%s\"", name);
	size_t i = open + 1, end;

	for (;;) {
		i += strspn(s + i, SAVE_SPACE ",");
		end = save_string_end(s, i) + 1;
		*from = i;
		i = end + strspn(s + end, SAVE_SPACE) + 1;
		i += strspn(s + i, SAVE_SPACE);
		*to = s[i] == '{' || s[i] == '[' ? save_close(s, i) + 1 :
		    s[i] == '"' ? save_string_end(s, i) + 1 :
		    i + strcspn(s + i, SAVE_SPACE ",}");
		if (end - *from == strlen(key) &&
		    memcmp(s + *from, key, strlen(key)) == 0)
			return;
		i = *to;
	}
}

/* The text without this member and the comma that it no longer needs. */
static void
save_cut(const struct save *t, size_t open, const char *name, struct buf *new)
{
	const char *s = t->blank, *text = buf_str(&t->text);
	size_t from, to, before, after, line;

	save_member(s, open, name, &from, &to);
	after = to + strspn(s + to, SAVE_SPACE);
	for (before = from; strchr(SAVE_SPACE, s[before - 1]) != NULL;)
		before--;
	/* The comma is the next one's, or that of the one before. */
	if (s[after] == ',')
		to = after + 1;
	for (line = from; strchr(" \t", text[line - 1]) != NULL;)
		line--;
	if (text[line - 1] == '\n' &&
	    strspn(text + to, " \t") == strcspn(text + to, "\n")) {
		from = line;
		to += strcspn(text + to, "\n") + 1;
	}
	if (s[after] != ',' && s[before - 1] == ',') {
		buf_add(new, text, before - 1);
		buf_add(new, text + before, from - before);
	} else
		buf_add(new, text, from);
	buf_adds(new, text + to);
}

int
config_remove_mcp(const char *path, const char *name, struct err *e)
{
	AUTO(save_release) struct save t = { 0 };
	AUTO_BUF struct buf new = BUF_INIT(0);
	AUTO_FREE char *what = xasprintf("take mcpServers.%s out", name);
	size_t at = 0;

	if (save_open(&t, path, e) < 0)
		return -1;
	if (json_get(json_get(t.o, "mcpServers"), name) != NULL)
		at = save_list(t.blank, "mcpServers");
	if (at == 0)
		return err_set(e, "%s: can't %s; please do it by hand", path,
		    what);
	save_cut(&t, at, name, &new);
	cJSON_DeleteItemFromObjectCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(t.o, "mcpServers"), name);
	return save_checked(&t, buf_str(&new), what, e);
}

/* This member of another file, as it is there; NULL with *e. */
static cJSON *
save_member_of(const char *path, const char *name, struct err *e)
{
	AUTO_JSON cJSON *o = config_parse(AT_FDCWD, path, path, false, e);
	cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(o, name);

	if (o == NULL && !err_is_set(e))
		err_set(e, "%s doesn't exist", path);
	else if (o != NULL && member == NULL)
		err_set(e, "%s has no %s", path, name);
	return member;
}

cJSON *
config_hooks_of(const char *path, struct err *e)
{
	return save_member_of(path, "hooks", e);
}

cJSON *
config_mcp_of(const char *path, struct err *e)
{
	struct config checked = { 0 };
	cJSON *o = save_member_of(path, "mcpServers", e);

	if (o != NULL && config_mcp(&checked, o, path, e) < 0)
		json_drop(&o);
	cJSON_Delete(checked.mcp_servers);
	return o;
}
