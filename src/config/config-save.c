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
#include "policy/net-allow.h"

#define SAVE_MAX ((size_t)1 << 20)
#define SAVE_SPACE " \t\r\n"

/* A file's text, and the same with spaces for its comments. */
struct save {
	const char	*text, *blank;
};

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

/* Where this member's list opens; 0: it isn't there. */
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
					return s[end] == '[' ? end : 0;
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
	const char *s = t->blank;
	size_t close = save_close(s, open), last = close, line, nl, indent;
	size_t first = open + 1 + strspn(s + open + 1, SAVE_SPACE);

	if (first == close) {
		buf_add(to, t->text, open + 1);
		buf_addf(to, "%s%s%s", around[0], item, around[1]);
		buf_adds(to, t->text + open + 1);
		return;
	}
	while (strchr(SAVE_SPACE, s[last - 1]) != NULL)
		last--;
	for (line = first; line > open && s[line - 1] != '\n'; line--)
		;
	buf_add(to, t->text, last);
	if (line <= open + 1) {
		buf_addf(to, ", %s", item);
		buf_adds(to, t->text + last);
		return;
	}
	indent = first - line;
	for (nl = close; nl > last && s[nl - 1] != '\n'; nl--)
		;
	/* What follows the last one in its line is about that one. */
	if (nl > last && strspn(t->text + nl, SAVE_SPACE) >= close - nl) {
		buf_addc(to, ',');
		buf_add(to, t->text + last, nl - last);
		buf_add(to, s + line, indent);
		buf_addf(to, "%s\n", item);
		buf_adds(to, t->text + nl);
	} else {
		buf_adds(to, ",\n");
		buf_add(to, s + line, indent);
		buf_adds(to, item);
		buf_adds(to, t->text + last);
	}
}

/* The text without its comments (malloc'ed) and its object. */
static int
save_parse(const char *text, const char *path, char **blank, cJSON **o,
    struct err *e)
{
	struct err why = ERR_INIT;
	size_t n = strlen(text);

	*blank = xmemdup(text, n);
	if (config_strip_comments(*blank, n, &why) < 0 ||
	    (*o = json_parse(*blank, n, JSON_NUL_REFUSE, &why)) == NULL)
		return err_set(e, "%s: %s", path, why.text);
	if (!cJSON_IsObject(*o))
		return err_set(e, "%s: must be an object: { ... }", path);
	return 0;
}

/* The entry as it is stored, malloc'ed; NULL without an error: it is there. */
static char *
save_entry(const cJSON *o, const char *path, const char *entry,
    struct err *e)
{
	struct net_allow l = { NULL, 0 };
	struct err why = ERR_INIT;
	const cJSON *it, *list = json_get(o, "net_allow");
	char *text = NULL;
	size_t before;
	int rc = list == NULL || cJSON_IsArray(list) ? 0 :
	    err_set(&why, "must be a list of strings");

	cJSON_ArrayForEach(it, list)
		if (rc == 0)
			rc = net_allow_add(&l, cJSON_IsString(it) ?
			    it->valuestring : "", "config", &why);
	if (rc < 0)
		err_set(e, "%s: net_allow: %s", path, why.text);
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

int
config_save_net_allow(const char *path, const char *entry, struct err *e)
{
	AUTO_BUF struct buf old = BUF_INIT(SAVE_MAX), new = BUF_INIT(0);
	AUTO_FREE char *blank = NULL, *again = NULL, *text = NULL;
	AUTO_FREE char *item = NULL;
	AUTO_JSON cJSON *o = NULL, *result = NULL;
	const char *around[2] = { "\n\t", "\n" };
	cJSON *list;
	struct save t;
	size_t at;
	int rc = config_read(AT_FDCWD, path, path, false, &old, e);

	if (rc == 0)
		buf_adds(&old, "{}\n");
	if (rc < 0 || save_parse(buf_str(&old), path, &blank, &o, e) < 0)
		return -1;
	text = save_entry(o, path, entry, e);
	if (text == NULL)
		return err_is_set(e) ? -1 : 0;
	t = (struct save){ buf_str(&old), blank };
	at = save_list(blank, "net_allow");
	if (at > 0) {
		item = xasprintf("\"%s\"", text);
		around[0] = around[1] = "";
	} else {
		item = xasprintf("\"net_allow\": [\"%s\"]", text);
		at = strcspn(blank, "{");
	}
	save_insert(&t, at, item, around, &new);
	list = cJSON_GetObjectItemCaseSensitive(o, "net_allow");
	if (list == NULL)
		list = cJSON_AddArrayToObject(o, "net_allow");
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	if (save_parse(buf_str(&new), path, &again, &result, e) < 0)
		return -1;
	if (!cJSON_Compare(o, result, true))
		return err_set(e, "%s: can't add %s to net_allow; please do "
		    "it by hand", path, text);
	return save_write(path, &new, e);
}
