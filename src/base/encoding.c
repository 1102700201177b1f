#include "config.h"

#include "base/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define ENCODING_FILE	((size_t)256 << 10)
#define ENCODING_RULES	1000
#define ENCODING_FROM	((size_t)100)	/* shown of a path: its end */

/* ---- names ---- */

#define ENCODING_BOM	(1u << 0)	/* a new file begins with a mark */
#define ENCODING_ORDER	(1u << 1)	/* its byte order needs a mark */
#define ENCODING_YEN	(1u << 2)	/* iconv reads \ and ~ as yen and
					   overline; editors don't */

/* Names are equal without their case, '-' and '_'. */
static const struct encoding_row {
	const char	*name;		/* as declared */
	const char	*is;		/* iconv's, if that is another */
	const char	*wider;		/* a superset that is often meant; or
					   NULL */
	unsigned	 flags;
} encoding_rows[] = {
	{ "BIG5", NULL, "BIG5-HKSCS", 0 },
	{ "BIG5-HKSCS", NULL, NULL, 0 },
	{ "CP1250", "WINDOWS-1250", NULL, 0 },
	{ "CP1251", "WINDOWS-1251", NULL, 0 },
	{ "CP1252", "WINDOWS-1252", NULL, 0 },
	{ "CP1253", "WINDOWS-1253", NULL, 0 },
	{ "CP1254", "WINDOWS-1254", NULL, 0 },
	{ "CP1255", "WINDOWS-1255", NULL, 0 },
	{ "CP1256", "WINDOWS-1256", NULL, 0 },
	{ "CP1257", "WINDOWS-1257", NULL, 0 },
	{ "CP437", NULL, NULL, 0 },
	{ "CP850", NULL, NULL, 0 },
	{ "CP852", NULL, NULL, 0 },
	{ "CP866", NULL, NULL, 0 },
	{ "CP932", NULL, NULL, 0 },
	{ "CP936", "GBK", "GB18030", 0 },
	{ "CP949", NULL, NULL, 0 },
	{ "EUC-JP", NULL, "EUC-JP-MS", 0 },
	{ "EUC-JP-MS", NULL, NULL, 0 },
	{ "EUC-KR", NULL, "CP949", 0 },
	{ "GB18030", NULL, NULL, 0 },
	{ "GB2312", NULL, "GB18030", 0 },
	{ "GBK", NULL, "GB18030", 0 },
	{ "IBM852", "CP852", NULL, 0 },
	{ "IBM866", "CP866", NULL, 0 },
	{ "ISO-8859-1", NULL, "WINDOWS-1252", 0 },
	{ "ISO-8859-13", NULL, NULL, 0 },
	{ "ISO-8859-15", NULL, NULL, 0 },
	{ "ISO-8859-2", NULL, "WINDOWS-1250", 0 },
	{ "ISO-8859-5", NULL, NULL, 0 },
	{ "ISO-8859-7", NULL, "WINDOWS-1253", 0 },
	{ "ISO-8859-9", NULL, "WINDOWS-1254", 0 },
	{ "KOI8-R", NULL, NULL, 0 },
	{ "KOI8-U", NULL, NULL, 0 },
	{ "LATIN1", "ISO-8859-1", NULL, 0 },
	{ "MS932", "CP932", NULL, 0 },
	{ "SHIFT_JIS", NULL, "CP932", ENCODING_YEN },
	{ "SJIS", "SHIFT_JIS", NULL, 0 },
	{ "TIS-620", NULL, NULL, 0 },
	{ "UHC", "CP949", NULL, 0 },
	{ "UTF-16", NULL, NULL, ENCODING_BOM | ENCODING_ORDER },
	{ "UTF-16BE", NULL, NULL, 0 },
	{ "UTF-16BE-BOM", "UTF-16BE", NULL, ENCODING_BOM },
	{ "UTF-16LE", NULL, NULL, 0 },
	{ "UTF-16LE-BOM", "UTF-16LE", NULL, ENCODING_BOM },
	{ "UTF-32", NULL, NULL, ENCODING_BOM | ENCODING_ORDER },
	{ "UTF-32BE", NULL, NULL, 0 },
	{ "UTF-32LE", NULL, NULL, 0 },
	{ "UTF-8", NULL, NULL, 0 },
	{ "UTF-8-BOM", "UTF-8", NULL, ENCODING_BOM },
	{ "WINDOWS-1250", NULL, NULL, 0 },
	{ "WINDOWS-1251", NULL, NULL, 0 },
	{ "WINDOWS-1252", NULL, NULL, 0 },
	{ "WINDOWS-1253", NULL, NULL, 0 },
	{ "WINDOWS-1254", NULL, NULL, 0 },
	{ "WINDOWS-1255", NULL, NULL, 0 },
	{ "WINDOWS-1256", NULL, NULL, 0 },
	{ "WINDOWS-1257", NULL, NULL, 0 },
	{ "WINDOWS-31J", "CP932", NULL, 0 },
};

static const struct encoding_mark {
	const char	*bytes, *name;
	size_t		 n;
} encoding_marks[] = {
	{ UTF8_BOM, "UTF-8", 3 },
	{ "\xff\xfe\0\0", "UTF-32LE", 4 },	/* before UTF-16 */
	{ "\0\0\xfe\xff", "UTF-32BE", 4 },
	{ "\xff\xfe", "UTF-16LE", 2 },
	{ "\xfe\xff", "UTF-16BE", 2 },
};

static const struct encoding_row *
encoding_row(const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(encoding_rows); i++)
		if (near_score(name, encoding_rows[i].name) == 0)
			return &encoding_rows[i];
	return NULL;
}

/* The superset of iconv's encoding `name`, by its row, or NULL. */
static const char *
encoding_wider(const char *name)
{
	const struct encoding_row *r = MEM_FIND(encoding_rows, name);

	return r == NULL ? NULL : r->wider;
}

static bool
encoding_has(const char *name, unsigned flag)
{
	const struct encoding_row *r = MEM_FIND(encoding_rows, name);

	return r != NULL && (r->flags & flag) != 0;
}

bool
encoding_is_wide(const char *name)
{
	return strncmp(name, "UTF-16", 6) == 0 ||
	    strncmp(name, "UTF-32", 6) == 0;
}

/* A name of the table as iconv's, else as it is, if it can be one: "//" begins
 * options of iconv. */
static int
encoding_named(struct encoding *c, const char *name)
{
	const struct encoding_row *r = encoding_row(name);
	size_t n = strlen(name);

	memset(c, 0, sizeof(*c));
	/* "char" is the locale's. */
	if (n == 0 || n >= sizeof(c->name) || (r == NULL &&
	    (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_.:+") != n || strcasecmp(name, "char") == 0)))
		return -1;
	if (r != NULL)
		name = r->is != NULL ? r->is : r->name;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->bom = r != NULL && (r->flags & ENCODING_BOM) != 0;
	return 0;
}

/* ---- conversion ---- */

/* -1 with the position in *at of a byte that is invalid in `from`, or whose
 * character `to` lacks; for another error *at is n, and *e is set. */
static int
encoding_iconv(const char *to, const char *from, const char *p, size_t n,
    struct buf *out, size_t *at, struct err *e)
{
	iconv_t cd = iconv_open(to, from);
	char *in = (char *)(uintptr_t)p, part[4096];
	size_t left = n, rc;
	bool end = false;

	*at = n;
	if (cd == (iconv_t)-1)
		return err_set(e, "iconv can't convert %s to %s", from,
		    to);
	while (!end && !out->full) {
		char *to_p = part;
		size_t room = sizeof(part);

		/* At the end, flush what iconv still holds. */
		end = left == 0;
		rc = iconv(cd, end ? NULL : &in, end ? NULL : &left, &to_p,
		    &room);
		buf_add(out, part, (size_t)(to_p - part));
		if (rc == (size_t)-1 && errno == E2BIG)
			end = false;
		else if (rc == (size_t)-1)
			break;
	}
	iconv_close(cd);
	if (out->full)
		return err_set(e, "it is too large to convert");
	*at = n - left;
	if (end && *at == n)
		return 0;
	if (*at == n)
		return err_set(e, "it ends inside a character");
	return -1;
}

static int
encoding_to_text(const char *name, const char *p, size_t n, struct buf *out,
    size_t *at, struct err *e)
{
	size_t from = out->len, len;
	int rc = encoding_iconv("UTF-8", name, p, n, out, at, e);
	char *in, *to;

	if (!encoding_has(name, ENCODING_YEN) || out->len == from)
		return rc;
	for (in = to = out->p + from; in < out->p + out->len; in += len) {
		len = strncmp(in, "\xc2\xa5", 2) == 0 ? 2 :
		    strncmp(in, "\xe2\x80\xbe", 3) == 0 ? 3 : 1;
		*to++ = len == 2 ? '\\' : len == 3 ? '~' : *in;
	}
	buf_cut(out, (size_t)(to - out->p));
	return rc;
}

/* Convert from UTF-8 to the encoding; *at is a position in the text. */
static int
encoding_from_text(const char *name, const char *p, size_t n, struct buf *out,
    size_t *at, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, len;
	int rc;

	if (!encoding_has(name, ENCODING_YEN))
		return encoding_iconv(name, "UTF-8", p, n, out, at, e);
	/* GNU libiconv has other characters for ASCII's. */
	for (i = 0; i < n; i++)
		buf_add(&b, p[i] == '\\' ? "\xc2\xa5" : p[i] == '~' ?
		    "\xe2\x80\xbe" : p + i, p[i] == '\\' ? 2 :
		    p[i] == '~' ? 3 : 1);
	rc = encoding_iconv(name, "UTF-8", buf_str(&b), b.len, out, at, e);
	for (i = len = 0; len < *at; i++)
		len += p[i] == '\\' ? 2 : p[i] == '~' ? 3 : 1;
	*at = i;
	return rc;
}

/* The first byte where they differ. */
static size_t
encoding_differs(const char *p, size_t n, const struct buf *b)
{
	size_t i;

	for (i = 0; i < n && i < b->len && p[i] == b->p[i]; i++)
		continue;
	return i;
}

int
encoding_decode(const struct encoding *c, const char *p, size_t n,
    struct buf *out, struct err *e)
{
	AUTO_BUF struct buf back = BUF_INIT(0), more = BUF_INIT(0);
	const char *wider = encoding_wider(c->name), *text;
	bool is_utf8 = utf8_is_valid(p, n) && memchr(p, '\0', n) == NULL;
	size_t from = out->len, at, unused;

	/* Plain ASCII is the same in all others. */
	if (is_utf8 && (n == 0 || strcmp(c->name, "UTF-8") == 0 ||
	    (utf8_is_ascii(p, n) && !encoding_is_wide(c->name))))
		return buf_add(out, p, n) == 0 ? 0 :
		    err_set(e, "it is too large to convert");
	if (is_utf8)
		return err_set(e, "its bytes are UTF-8");
	/* It could be a script, but for a byte. */
	if (encoding_is_wide(c->name) && memchr(p, '\0', n) == NULL)
		return err_set(e, "it has no NUL, as each line end of %s has",
		    c->name);
	if (encoding_has(c->name, ENCODING_ORDER))
		return err_set(e, "it has no byte order mark: only %sLE or "
		    "%sBE says how to read it", c->name, c->name);
	if (encoding_to_text(c->name, p, n, out, &at, e) == 0) {
		text = buf_str(out) + from;
		if (memchr(text, '\0', out->len - from) != NULL)
			err_set(e, "it has a NUL, so it isn't text");
		else if (!utf8_is_valid(text, out->len - from))
			err_set(e, "it has characters that Unicode doesn't "
			    "have");
		else if (encoding_from_text(c->name, text,
		    out->len - from, &back, &unused, e) == 0 &&
		    back.len == n && memcmp(buf_str(&back), p, n) == 0)
			return 0;
		err_set(e, "its bytes would not be the same after conversion "
		    "from %s and back, from line %zu on", c->name,
		    1 + mem_lines(p, encoding_differs(p, n, &back)));
	} else if (at < n) {
		bool better = wider != NULL && encoding_to_text(wider, p, n,
		    &more, &unused, NULL) == 0;

		err_set(e, "line %zu: byte 0x%02X (%zu bytes into the file) "
		    "begins no character of %s%s%s%s",
		    1 + mem_lines(buf_str(out) + from, out->len - from),
		    (unsigned)(unsigned char)p[at], at, c->name,
		    better ? "; try " : "", better ? wider : "",
		    better ? ", which has more of them" : "");
	}
	buf_cut(out, from);
	out->full = false;
	return -1;
}

int
encoding_decode_in_place(const struct encoding *c, struct buf *b, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	const struct buf old = *b;

	if (encoding_decode(c, buf_str(b), b->len, &text, e) < 0)
		return -1;
	*b = text;
	text = old;
	return 0;
}

/* The character at this byte, in words. */
static int
encoding_lacks(const struct encoding *c, const char *text, size_t n, size_t at,
    struct err *e)
{
	const char *wider = encoding_wider(c->name);
	AUTO_BUF struct buf shown = BUF_INIT(0), b = BUF_INIT(0);
	struct encoding other = { 0 };
	size_t i, line = 1, column = 1, len;
	uint32_t cp = 0;
	bool better;

	for (i = 0; i < at; i += len) {
		len = utf8_next(text + i, n - i, &cp);
		column = cp == '\n' ? 1 : column + 1;
		line += cp == '\n';
	}
	if (i == n)
		return err_set(e, "the text can't be written in %s", c->name);
	len = utf8_next(text + i, n - i, &cp);
	sanitize_add(&shown, text + i, len, 0);
	better = wider != NULL && encoding_named(&other, wider) == 0 &&
	    encoding_encode(&other, text + i, len, &b, NULL) == 0;
	return err_set(e, "line %zu, character %zu: \"%s\" (U+%04X) isn't in "
	    "%s%s%s%s", line, column, buf_str(&shown), (unsigned)cp, c->name,
	    better ? ", but in " : "", better ? wider : "",
	    better ? ", which the file may be meant to have" : "");
}

int
encoding_encode(const struct encoding *c, const char *text, size_t n,
    struct buf *out, struct err *e)
{
	AUTO_BUF struct buf back = BUF_INIT(0);
	size_t from = out->len, at, unused;

	if (!utf8_is_valid(text, n))
		return err_set(e, "the text isn't UTF-8");
	if (utf8_is_ascii(text, n) && !encoding_is_wide(c->name) &&
	    buf_add(out, text, n) == 0)
		return 0;
	if (encoding_from_text(c->name, text, n, out, &at, e) == 0) {
		if (encoding_to_text(c->name, buf_str(out) + from,
		    out->len - from, &back, &unused, e) == 0 &&
		    back.len == n && memcmp(buf_str(&back), text, n) == 0)
			return 0;
		/* iconv replaced a character by a similar one. */
		at = encoding_differs(text, n, &back);
		while (at > 0 && at < n && (text[at] & 0xc0) == 0x80)
			at--;
	}
	/* This has no effect if *e has another reason. */
	encoding_lacks(c, text, n, at, e);
	buf_cut(out, from);
	out->full = false;
	return -1;
}

/* glibc's are beside the library, also where /lib is a link to /usr/lib. */
static int
encoding_find_libc(struct dl_phdr_info *info, size_t size UNUSED, void *arg)
{
	const char *name = strrchr(info->dlpi_name, '/');
	char **dir = arg;

	if (name == NULL || strncmp(name, "/libc.so.", 9) != 0)
		return 0;
	*dir = xasprintf("%s%.*s/gconv", strncmp(info->dlpi_name, "/lib",
	    4) == 0 ? "/usr" : "", (int)(name - info->dlpi_name),
	    info->dlpi_name);
	return 1;
}

char *
encoding_tables(void)
{
	char *dir = NULL;

	dl_iterate_phdr(encoding_find_libc, &dir);
	if (dir != NULL && access(dir, R_OK | X_OK) < 0)
		FREE_NULL(dir);
	return dir;
}

/* ---- the setting ---- */

/* Is each ASCII byte, also those that begin escapes in other encodings,
 * itself? */
static bool
encoding_keeps_ascii(const char *name)
{
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	size_t at;
	char c;

	for (c = 1; c < 127; c++)
		buf_addc(&in, c);
	buf_adds(&in, "\177+AGE-~{VPND~}\033$B");
	return encoding_to_text(name, buf_str(&in), in.len, &out, &at,
	    NULL) == 0 && out.len == in.len && memcmp(in.p, out.p, in.len) == 0;
}

static int
encoding_check(const char *name, struct err *e)
{
	const char *near = NEAR_IN(encoding_rows, MEM_COUNT(encoding_rows),
	    name);
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct encoding c;
	size_t at;

	if (near == NULL)
		near = "UTF-8";
	if (encoding_named(&c, name) < 0)
		return err_set(e, "\"%.40s\" is no name of an encoding; did "
		    "you mean \"%s\"?", name, near);
	if (encoding_iconv("UTF-8", c.name, "", 0, &b, &at, NULL) < 0 ||
	    encoding_iconv(c.name, "UTF-8", "", 0, &b, &at, NULL) < 0)
		return err_set(e, "iconv can't convert \"%.40s\" "
		    "(iconv -l lists what it can)%s%s%s", name,
		    near_score(name, near) > 0 ? "; did you mean \"" : "",
		    near_score(name, near) > 0 ? near : "",
		    near_score(name, near) > 0 ? "\"?" : "");
	return encoding_is_wide(c.name) || encoding_keeps_ascii(c.name) ? 0 :
	    err_set(e, "\"%.40s\" gives ASCII bytes another meaning, so that "
	    "a diff could hide a line", name);
}

void
encodings_add(cJSON *to, const cJSON *rules)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, rules) {
		cJSON_DeleteItemFromObjectCaseSensitive(to, it->string);
		json_copy(to, it->string, cJSON_IsNull(it) ? NULL : it);
	}
}

int
encodings_check(const cJSON *user, struct err *e)
{
	const cJSON *it;

	if (!cJSON_IsObject(user))
		return err_set(e, "must be an object, such as {\"*.ini\": "
		    "\"shift_jis\"}");
	if (cJSON_GetArraySize(user) > ENCODING_RULES)
		return err_set(e, "must have at most %d entries",
		    ENCODING_RULES);
	cJSON_ArrayForEach(it, user)
		if (it->string[0] == '\0' || it->string[0] == '!')
			return err_set(e, "\"%.40s\" is no pattern; to take "
			    "files out, say \"utf-8\" for them in a later one",
			    it->string);
		else if (!cJSON_IsString(it) && !cJSON_IsNull(it))
			return err_set(e, "\"%.40s\" must be a string",
			    it->string);
		else if (cJSON_IsString(it) &&
		    encoding_check(it->valuestring, e) < 0)
			return -1;
	return 0;
}

/* ---- what is declared ---- */

struct encoding_rule {
	struct glob_list *globs;
	struct encoding	  is;
	bool		  eol, crlf;	/* it is about line ends instead */
};

/* The rules of one file, or of the setting. */
struct encoding_rules {
	struct encoding_rule *v;
	size_t	 len;
	bool	 root;		/* .editorconfig: don't look above it */
};

struct encoding_folder {
	char	*path;
	struct encoding_rules *git, *editor;
};

struct encodings {
	int	 root_fd;
	struct encoding_rules *user, *info;	/* info is read when needed */
	struct pathmap folders;
};

static void
encoding_rules_free(struct encoding_rules *r)
{
	size_t i;

	for (i = 0; i < r->len; i++)
		glob_list_free(r->v[i].globs);
	FREE_ALL(r->v, r);
}

/* Takes the globs. `name` NULL: nothing is declared for these files. */
static void
encoding_rules_add(struct encoding_rules *r, struct glob_list *globs,
    const char *name, const char *from, size_t line)
{
	AUTO_FREE char *shown = sanitize_dup(from, 0);
	size_t n = strlen(shown), skip = n > ENCODING_FROM ?
	    n - ENCODING_FROM : 0;
	struct encoding_rule *to;

	while ((shown[skip] & 0xc0) == 0x80)
		skip++;
	to = GROW_ADD(r->v, r->len);
	*to = (struct encoding_rule){ .globs = globs };
	if (name == NULL || encoding_named(&to->is, name) < 0)
		memset(&to->is, 0, sizeof(to->is));
	if (line == 0)
		snprintf(to->is.from, sizeof(to->is.from), "%s", from);
	else
		snprintf(to->is.from, sizeof(to->is.from), "%s%s:%zu",
		    skip > 0 ? "..." : "", shown + skip, line);
}

#define ENCODING_ATTRIBUTE "working-tree-encoding"

static struct glob_list *
encoding_glob(const char *pattern)
{
	struct glob_list *g = glob_list_new(false);

	glob_list_add(g, pattern, strlen(pattern));
	return g;
}

/* The line end that git's attribute asks for: "crlf", "" for another; NULL if
 * the word isn't about that. */
static const char *
encoding_git_eol(const char *word)
{
	if (strcmp(word, "eol=crlf") == 0)
		return "crlf";
	return strncmp(word, "eol=", 4) == 0 || strcmp(word, "-eol") == 0 ||
	    strcmp(word, "!eol") == 0 || strcmp(word, "-text") == 0 ||
	    strcmp(word, "binary") == 0 ? "" : NULL;
}

static void
encoding_git_line(struct encoding_rules *r, char *line, const char *path,
    size_t at)
{
	size_t len = strlen(ENCODING_ATTRIBUTE);
	char *rest, *word, *key, *found = NULL, *save = NULL;
	const char *eol = NULL, *says;

	if (strchr("#![", *line) != NULL)
		return;
	rest = *line == '"' ? strchr(++line, '"') :
	    line + strcspn(line, " \t\r");
	if (rest == NULL || *rest == '\0')
		return;
	*rest++ = '\0';
	for (word = strtok_r(rest, " \t\r", &save); word != NULL;
	    word = strtok_r(NULL, " \t\r", &save)) {
		key = word + strspn(word, "-!");
		if (strncmp(key, ENCODING_ATTRIBUTE, len) == 0 &&
		    (key[len] == '=' || key[len] == '\0'))
			found = key + len;
		if ((says = encoding_git_eol(word)) != NULL)
			eol = says;
	}
	if (eol != NULL) {
		encoding_rules_add(r, encoding_glob(line), NULL, path, at);
		r->v[r->len - 1].eol = true;
		r->v[r->len - 1].crlf = *eol != '\0';
	}
	/* Git knows more names than a project can use here. */
	if (found != NULL)
		encoding_rules_add(r, encoding_glob(line), *found == '=' &&
		    encoding_row(found + 1) != NULL ? found + 1 : NULL, path,
		    at);
}

/* Translate a section of .editorconfig into our glob: with a slash it begins at
 * the folder, and "**" is any text, also as a part of a name. */
static struct glob_list *
encoding_section(const char *p)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct glob_list *g = glob_list_new(false);
	const char *start = p;

	if (*p != '/' && strchr(p, '/') != NULL)
		buf_addc(&b, '/');
	for (; *p != '\0'; p++) {
		bool any = strncmp(p, "**", 2) == 0;

		if (any && ((p > start && strchr("/{,", p[-1]) == NULL) ||
		    strchr("/},", p[2]) == NULL))
			buf_adds(&b, "{*,*/**/*}");
		else
			buf_add(&b, p, any ? 2 : 1);
		p += any;
	}
	(void)glob_list_add_braces(g, buf_str(&b), b.len, NULL);
	return g;
}

/* *section is NULL before the first one. */
static void
encoding_editor_line(struct encoding_rules *r, char *line,
    const char **section, const char *path, size_t at)
{
	char *close = strrchr(line, ']'), key[16], value[16];

	if (*line == '[') {
		*section = close == NULL ? "" : line + 1;
		if (close != NULL)
			*close = '\0';
	} else if (sscanf(line, "%15[^= \t#;] = %15[^ \t\r;]", key,
	    value) != 2) {
		return;
	} else if (*section == NULL) {
		r->root = r->root || (strcasecmp(key, "root") == 0 &&
		    strcasecmp(value, "true") == 0);
	} else if (strcasecmp(key, "charset") == 0) {
		/* EditorConfig's own names, which don't include UTF-7. */
		encoding_rules_add(r, encoding_section(*section),
		    encoding_row(value) != NULL &&
		    (strcasecmp(value, "latin1") == 0 ||
		    strncasecmp(value, "utf-", 4) == 0) ? value : NULL, path,
		    at);
	}
}

/* An empty list if there is no such file, or it can't be used. */
static struct encoding_rules *
encoding_rules_read(int root_fd, const char *folder, const char *file,
    bool editor)
{
	struct encoding_rules *r = xcalloc(1, sizeof(*r));
	AUTO_BUF struct buf b = BUF_INIT(ENCODING_FILE);
	AUTO_FREE char *path = folder[0] == '\0' ? xstrdup(file) :
	    fs_join(folder, file);
	AUTO_CLOSE int fd = fs_open_regular(root_fd, path);
	const char *section = NULL;
	char *rest, *line;
	size_t at;

	if (fd < 0 || fs_read_all(fd, &b) < 0 || b.len == 0 ||
	    strlen(b.p) != b.len)
		return r;
	rest = b.p + utf8_bom(b.p, b.len);
	for (at = 1; (line = strsep(&rest, "\n")) != NULL; at++) {
		line += strspn(line, " \t");
		if (editor)
			encoding_editor_line(r, line, &section, path, at);
		else
			encoding_git_line(r, line, path, at);
		if (r->len > ENCODING_RULES) {
			encoding_rules_free(r);
			return xcalloc(1, sizeof(*r));
		}
	}
	return r;
}

struct encodings *
encodings_new(int root_fd, const cJSON *user)
{
	struct encodings *es = xcalloc(1, sizeof(*es));
	const cJSON *it;

	es->root_fd = root_fd;
	es->user = xcalloc(1, sizeof(*es->user));
	cJSON_ArrayForEach(it, user)
		encoding_rules_add(es->user, encoding_glob(it->string),
		    it->valuestring, "user settings", 0);
	return es;
}

void
encodings_free(struct encodings *es)
{
	struct encoding_folder **v, **f;

	if (es == NULL)
		return;
	v = (struct encoding_folder **)pathmap_list(&es->folders);
	for (f = v; *f != NULL; f++) {
		encoding_rules_free((*f)->git);
		encoding_rules_free((*f)->editor);
	}
	free(v);
	pathmap_release(&es->folders);
	encoding_rules_free(es->user);
	if (es->info != NULL)
		encoding_rules_free(es->info);
	free(es);
}

/* The folder's, whose path is the first n bytes. */
static const struct encoding_folder *
encoding_folder(struct encodings *es, const char *path, size_t n)
{
	AUTO_FREE char *name = xmemdup(path, n);
	struct encoding_folder *f = pathmap_find(&es->folders, name);

	if (f != NULL)
		return f;
	f = pathmap_add(&es->folders, name, sizeof(*f));
	f->git = encoding_rules_read(es->root_fd, name, ".gitattributes",
	    false);
	f->editor = encoding_rules_read(es->root_fd, name, ".editorconfig",
	    true);
	return f;
}

/* The last one that matches, or NULL. */
static const struct encoding_rule *
encoding_rules_match(const struct encoding_rules *r, const char *path,
    bool above, bool eol)
{
	size_t i;

	for (i = r->len; i-- > 0;)
		if (r->v[i].eol == eol && (above ?
		    glob_list_covers(r->v[i].globs, path) :
		    glob_list_match(r->v[i].globs, path, false) == GLOB_YES))
			return &r->v[i];
	return NULL;
}

/* About the encoding, or about line ends. */
static const struct encoding_rule *
encoding_declared(struct encodings *es, const char *path, bool eol)
{
	const struct encoding_rule *git, *editor = NULL;
	const struct encoding_folder *f;
	size_t n = strlen(path), from;
	bool root = false;

	if (es->info == NULL)
		es->info = encoding_rules_read(es->root_fd, ".git/info",
		    "attributes", false);
	git = encoding_rules_match(es->user, path, true, eol);
	if (git == NULL)
		git = encoding_rules_match(es->info, path, false, eol);
	while (git == NULL && n > 0) {
		while (n > 0 && path[n - 1] != '/')
			n--;
		from = n;
		n -= n > 0;
		f = encoding_folder(es, path, n);
		git = encoding_rules_match(f->git, path + from, false, eol);
		if (editor == NULL && !root)
			editor = encoding_rules_match(f->editor, path + from,
			    false, eol);
		root = root || f->editor->root;
	}
	/* One without a name says that git declares nothing. */
	return git != NULL && (eol || git->is.name[0] != '\0') ? git : editor;
}

bool
encodings_crlf(struct encodings *es, const char *path)
{
	const struct encoding_rule *r = encoding_declared(es, path, true);

	return r != NULL && r->crlf;
}

bool
encoding_marked(struct encoding *c, const char *p, size_t n)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < MEM_COUNT(encoding_marks) && !c->bom; i++) {
		const struct encoding_mark *m = &encoding_marks[i];

		if (n < m->n || memcmp(p, m->bytes, m->n) != 0)
			continue;
		snprintf(c->name, sizeof(c->name), "%s", m->name);
		snprintf(c->from, sizeof(c->from), "byte order mark");
		c->bom = true;
	}
	return c->bom;
}

void
encodings_find(struct encodings *es, const char *path, const char *p,
    size_t n, struct encoding *c)
{
	const struct encoding_rule *r;

	if (encoding_marked(c, p, n) ||
	    (r = encoding_declared(es, path, false)) == NULL)
		return;
	*c = r->is;
	c->bom = c->bom && n == 0;
	if (n == 0 && encoding_has(c->name, ENCODING_ORDER))
		snprintf(c->name, sizeof(c->name), "%s",
		    strcmp(c->name, "UTF-16") == 0 ? "UTF-16LE" : "UTF-32LE");
}
