/*
 * write {path, content, reason?}: create a file or replace a whole one. The
 * content is written byte for byte, except that a file keeps its byte order mark
 * and CRLF line endings, and that it is stored in its encoding, as with all tools
 * here. The reply has "path" (relative to the root) and "created".
 */

#include "config.h"

#include "tool/impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "tool/edit-match.h"
#include "tool/v4a.h"

#define TOOL_BINARY_LOOK ((size_t)8000)		/* a NUL in this many first
						   bytes: binary */

/* A file as the tools change it: file_read decodes it, file_encode is the way
 * back. */
struct tool_file {
	struct buf	 text;		/* its bytes, if they aren't converted */
	struct encoding	 is;		/* name "": not converted; bom: needs a
					   mark, and has none */
	struct buf	 about;		/* why a declared one doesn't count */
	struct stat	 st;
	size_t		 bytes;		/* as stored */
	bool		 converted;	/* and they aren't the text */
	bool		 crlf;		/* new, and its lines are to end so */
};

static void
tool_file_release(struct tool_file *f)
{
	buf_release(&f->text);
	buf_release(&f->about);
}

/* The two halves of file_store: write the content next to the file, then rename
 * it. A prepared file must be committed or dropped. */
struct file_new {
	int		 dir;		/* -1: nothing is prepared */
	const char	*name;		/* in the path's rel */
	char		 temp[64];
};

/* By its byte order mark, or by its first two characters, if they are ASCII; or
 * UTF-32, which has such a mark, too. */
static bool
file_is_utf16(const char *p, size_t n)
{
	return (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 ||
	    memcmp(p, "\xfe\xff", 2) == 0)) || (n >= 4 &&
	    (memcmp(p, "\0\0\xfe\xff", 4) == 0 ||
	    (isprint((unsigned char)p[0]) && p[1] == '\0' &&
	    isprint((unsigned char)p[2]) && p[3] == '\0') ||
	    (p[0] == '\0' && isprint((unsigned char)p[1]) &&
	    p[2] == '\0' && isprint((unsigned char)p[3]))));
}

bool
file_is_binary(const char *p, size_t n, const char *shown, off_t size,
    const struct buf *about, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(64);
	bool utf16 = file_is_utf16(p, n);

	if (!utf16 && (n == 0 || memchr(p, '\0', n < TOOL_BINARY_LOOK ? n :
	    TOOL_BINARY_LOOK) == NULL))
		return false;
	buf_add_size(&b, (uint64_t)size);
	if (reply != NULL)
		tool_fail(reply, "binary", "%s is %s (%s)%s%s%s", shown, utf16 ?
		    "UTF-16 or UTF-32 text" : "a binary file", buf_str(&b),
		    about->len > 0 ? ", " : utf16 ? ", without a byte order "
		    "mark or a declared encoding" : "", buf_str(about),
		    utf16 ? "; use bash, with iconv to convert it" : "");
	return true;
}

/* Tell the model how a file is stored. */
static void
file_note(const struct tool_file *f, struct buf *b)
{
	if (f->converted)
		buf_addf(b, " Stored in %s.", f->is.name);
	else if (f->about.len > 0)
		buf_addf(b, " It is %s.", buf_str(&f->about));
}

/* May this text go into the file, or has that an encoding that we don't convert?
 * -1 with the failure set. */
static int
file_check_text(const struct tool_path *p, const struct tool_file *f,
    const char *text, size_t n, cJSON *reply)
{
	AUTO_BUF struct buf why = BUF_INIT(0);
	const struct buf *file = &f->text;

	if (f->is.name[0] != '\0')
		return 0;
	if (file_is_utf16(buf_str(file), file->len))
		return file_is_binary(buf_str(file), file->len, p->shown,
		    (off_t)file->len, &f->about, reply) ? -1 : 0;
	/* ISO-2022-JP and the like are ASCII but for their escapes. */
	if (utf8_is_ascii(text, n) || (utf8_is_valid(buf_str(file), file->len) &&
	    (!utf8_is_ascii(buf_str(file), file->len) ||
	    memmem(buf_str(file), file->len, "\033$", 2) == NULL)))
		return 0;
	file_note(f, &why);
	file_undeclared(p, file, &f->about, false, reply);
	return tool_fail(reply, "encoding", "%s is not UTF-8, and the new text "
	    "is not ASCII: the file would not keep its encoding. Nothing was "
	    "changed.%s Give ASCII, tell the user that its encoding must be "
	    "declared, or use bash with a program that writes it (iconv "
	    "converts)", p->shown, buf_str(&why));
}

/* Find the encoding of a file from its path and its first bytes (none: it is
 * new). */
static void
file_declared(const struct tool_env *env, const struct tool_path *p,
    const struct buf *begins, struct tool_file *f)
{
	encodings_find(env->declared, p->rel, buf_str(begins), begins->len,
	    &f->is);
	if (strcmp(f->is.name, "UTF-8") == 0)
		f->is.name[0] = '\0';
	f->crlf = begins->len == 0 && encodings_crlf(env->declared, p->rel);
}

/* Read the file's text. If this returns -1, with errno, only its encoding is
 * known. */
static int
file_read(const struct tool_env *env, const struct tool_path *p, int fd,
    struct tool_file *f)
{
	AUTO_BUF struct buf bytes = BUF_INIT(TOOL_FILE_MAX);
	int rc = fs_read_all(fd, &bytes);

	file_declared(env, p, &bytes, f);
	if (rc < 0)
		return -1;
	/* If the file isn't empty, its byte order mark is in the text. */
	f->is.bom = f->is.bom && bytes.len == 0;
	if (f->is.name[0] != '\0' &&
	    file_decode(&f->is, &bytes, &f->text, &f->about))
		return 0;
	f->is.name[0] = '\0';
	buf_release(&f->text);
	f->text = bytes;
	buf_init(&bytes, 0);
	return 0;
}

/* The bytes that are stored for this text. -1 with the failure set. */
static int
file_encode(const struct tool_path *p, struct tool_file *f,
    const struct buf *text, struct buf *bytes, cJSON *reply)
{
	AUTO_BUF struct buf marked = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (f->is.bom && text->len > 0 &&
	    utf8_bom(buf_str(text), text->len) == 0)
		buf_adds(&marked, UTF8_BOM);
	edit_eol_keep(&marked, f->crlf ? "\r\n" : "\n", f->crlf ? 2 : 1,
	    buf_str(text), text->len);
	if (f->is.name[0] == '\0')
		buf_add(bytes, buf_str(&marked), marked.len);
	else if (encoding_encode(&f->is, buf_str(&marked), marked.len, bytes,
	    &e) < 0)
		return tool_fail(reply, "encoding", "%s: %s. %s is declared by "
		    "%s. Nothing was changed. Use other characters, or tell "
		    "the user to declare another one (/encoding)", p->shown,
		    e.text, f->is.name, f->is.from);
	f->bytes = bytes->len;
	f->converted = bytes->len != marked.len ||
	    memcmp(buf_str(bytes), buf_str(&marked), marked.len) != 0;
	return 0;
}

/* Give a file's new content the old one's byte order mark, and its CRLF if all
 * its lines end so; append what was kept. */
static void
file_keep_form(const struct buf *old, struct buf *new, struct buf *kept)
{
	struct buf b = BUF_INIT(0);
	size_t bom = new->len == 0 || utf8_bom(buf_str(new), new->len) > 0 ? 0 :
	    utf8_bom(buf_str(old), old->len);
	bool crlf;

	buf_add(&b, buf_str(old), bom);
	edit_eol_keep(&b, buf_str(old), old->len, buf_str(new), new->len);
	crlf = b.len > new->len + bom;
	buf_release(new);
	*new = b;
	if (bom > 0 || crlf)
		buf_addf(kept, " It keeps its %s%s%s.", bom > 0 ?
		    "byte order mark" : "", bom > 0 && crlf ? " and " : "",
		    crlf ? "CRLF line endings" : "");
}

/* A regular file of at most TOOL_FILE_MAX bytes. 0, or -1 with the failure
 * set. */
static int
file_load(const struct tool_env *env, const struct tool_path *p,
    struct tool_file *f, cJSON *reply)
{
	AUTO_CLOSE int fd = path_open(p, "file_missing", &f->st, reply);
	AUTO_BUF struct buf size = BUF_INIT(64);

	if (fd < 0)
		return -1;
	if (S_ISDIR(f->st.st_mode))
		return path_fail(p, "read", EISDIR, reply);
	if (f->st.st_size > (off_t)TOOL_FILE_MAX)
		errno = EFBIG;
	else if (file_read(env, p, fd, f) == 0)
		return 0;
	if (errno != EFBIG)
		return path_fail(p, "read", errno, reply);
	buf_add_size(&size, (uint64_t)f->st.st_size);
	return tool_fail(reply, "too_large", "%s is too large to edit here "
	    "(%s); use bash", p->shown, buf_str(&size));
}

/* A new file in dir with a unique name; -1 with errno. */
static int
file_temp(int dir, char name[64])
{
	uint64_t r;
	int fd, i;

	for (i = 0; i < 16; i++) {
		if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
			return -1;
		snprintf(name, 64, ".assent-%016llx", (unsigned long long)r);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static void
file_drop(struct file_new *f)
{
	if (f->dir >= 0 && f->temp[0] != '\0')
		unlinkat(f->dir, f->temp, 0);
	fs_close(f->dir);
	f->dir = -1;
}

/* `old`: the file that it replaces, or one whose mode it gets; or NULL. */
static int
file_prepare(struct file_new *f, const struct tool_path *p,
    struct tool_file *file, const struct buf *text, const struct stat *old,
    cJSON *reply)
{
	AUTO_BUF struct buf bytes = BUF_INIT(TOOL_FILE_MAX);
	struct stat st;
	int fd = -1, error = 0;

	memset(f, 0, sizeof(*f));
	f->dir = -1;
	if (file_encode(p, file, text, &bytes, reply) < 0)
		return -1;
	if (old != NULL && (old->st_mode & 0222) == 0)
		return tool_fail(reply, "denied", "%s is read-only (mode "
		    "%04o). If it must change, give it write permission with "
		    "chmod first", p->shown, (unsigned)(old->st_mode & 07777));
	f->dir = fs_open_parent(p->base_fd, p->rel, true, &f->name);
	if (f->dir < 0)
		return path_fail(p, "write", errno == EINVAL ? EISDIR : errno,
		    reply);
	if (fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		error = S_ISREG(st.st_mode) ? 0 : S_ISLNK(st.st_mode) ? ELOOP :
		    S_ISDIR(st.st_mode) ? EISDIR : ENODEV;
	else if (errno != ENOENT)
		error = errno;
	if (error == 0 && (fd = file_temp(f->dir, f->temp)) < 0) {
		error = errno;
		f->temp[0] = '\0';
	}
	/* Drop set-user-id bits for new content, as write(2) does. */
	if (fd >= 0 && (fs_write_all(fd, buf_str(&bytes), bytes.len) < 0 ||
	    (old != NULL && fchmod(fd, old->st_mode & 01777) < 0)))
		error = errno;
	if (fd >= 0 && close(fd) < 0 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	file_drop(f);
	return path_fail(p, "write", error, reply);
}

static int
file_commit(struct file_new *f, const struct tool_path *p, cJSON *reply)
{
	int error = renameat(f->dir, f->temp, f->dir, f->name) < 0 ? errno : 0;

	if (error == 0)
		f->temp[0] = '\0';
	file_drop(f);
	return error == 0 ? 0 : path_fail(p, "write", error, reply);
}

static int
file_remove(const struct tool_path *p, cJSON *reply)
{
	const char *name;
	AUTO_CLOSE int dir = fs_open_parent(p->base_fd, p->rel, false, &name);

	return dir >= 0 && unlinkat(dir, name, 0) == 0 ? 0 :
	    path_fail(p, "remove", errno, reply);
}

/* Replace or create atomically; `old` is NULL for a new file. */
static int
file_store(const struct tool_path *p, struct tool_file *file,
    const struct buf *text, const struct stat *old, cJSON *reply)
{
	struct file_new f;

	return file_prepare(&f, p, file, text, old, reply) < 0 ? -1 :
	    file_commit(&f, p, reply);
}

/* Add "diff": what changed in one file. */
static void
tool_add_diff(cJSON *reply, const struct buf *before, const struct buf *after)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	line_diff(&b, buf_str(before), before->len, buf_str(after),
	    after->len);
	json_add_bytes(reply, "diff", b.p, b.len);
}

#define SHOW_CONTEXT	2	/* lines */
#define SHOW_ADDED	4	/* new lines at both ends of a long part */
#define SHOW_LINE	((size_t)300)
#define SHOW_MAX	((size_t)2000)

/* Mark what is to be shown: new lines, and those around a change. */
static void
show_mark(struct line_op *ops, size_t len)
{
	size_t i, k, n, run, added;

	for (i = 0; i < len; i = run) {
		run = i + 1;
		if (ops[i].sign == ' ')
			continue;
		for (k = i, n = 0; k > 0 && n < SHOW_CONTEXT; n++)
			ops[--k].shown = true;
		for (added = ops[i].sign == '+'; run < len &&
		    ops[run].sign != ' '; run++)
			added += ops[run].sign == '+';
		for (k = i, n = 0; k < run; k++) {
			ops[k].shown = n < SHOW_ADDED ||
			    n + SHOW_ADDED >= added;
			n += ops[k].sign == '+';
		}
		for (k = run; k < len && k < run + SHOW_CONTEXT; k++)
			ops[k].shown = true;
	}
}

/* Append the new text's lines where it differs, so that nobody has to read the
 * file again. */
static void
show_change(struct buf *out, const struct buf *before, const struct buf *after)
{
	struct keytext_lines key = { .left = 0 };
	size_t len, i, line = 0, next = 0, begin = out->len, n, cut;
	AUTO_FREE struct line_op *ops = line_ops(buf_str(before), before->len,
	    buf_str(after), after->len, false, &len);
	bool secret;

	show_mark(ops, len);
	for (i = 0; i < len && out->len - begin < SHOW_MAX; i++) {
		const struct line_op *op = &ops[i];

		if (op->sign == '-')
			continue;
		line++;
		n = op->n - (op->p[op->n - 1] == '\n');
		n -= n > 0 && op->p[n - 1] == '\r';
		secret = keytext_line(&key, op->p, n);
		if (!op->shown)
			continue;
		if (line != next)
			buf_addf(out, "\n[line %zu]", line);
		next = line + 1;
		buf_addc(out, '\n');
		cut = utf8_cut(op->p, n, SHOW_LINE);
		/* Half a word could be half a secret, which isn't masked. */
		while (cut < n && cut > 0 && op->p[cut - 1] != ' ')
			cut--;
		if (secret)
			buf_adds(out, KEYTEXT_MARK);
		else
			tool_show_text(out, op->p, cut);
		if (cut < n && !secret)
			buf_adds(out, "[the line goes on]");
	}
	if (i < len)
		buf_addf(out, "\n[what changed after line %zu isn't shown]",
		    line);
}

void
tool_write(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *content = json_str_or(args, "content", ""), *p;
	size_t n, lines = 0;
	AUTO_BUF struct buf text = BUF_INIT(TOOL_TEXT_MAX), kept = BUF_INIT(0);
	AUTO(path_release) struct tool_path path = { 0 };
	AUTO(tool_file_release) struct tool_file old = { 0 };
	AUTO_BUF struct buf new = BUF_INIT(0);
	bool is_new = false, had = false, same;
	AUTO_CLOSE int there = -1, fd = -1;

	if (path_resolve(&path, env, json_str_or(args, "path", ""),
	    PATH_WRITE, reply) < 0)
		return;
	if (path.wants_dir || strcmp(path.rel, ".") == 0) {
		tool_fail(reply, "is_dir", "%s is a folder: name a file",
		    path.shown);
		return;
	}
	there = fs_open_beneath(path.base_fd, path.rel, O_PATH, 0);
	is_new = there < 0 && errno == ENOENT;
	if (!is_new) {
		fd = path_open(&path, "not_found", &old.st, reply);
		if (fd < 0)
			return;
		if (S_ISDIR(old.st.st_mode)) {
			path_fail(&path, "write", EISDIR, reply);
			return;
		}
		/* The old text, unless it is too large. */
		had = file_read(env, &path, fd, &old) == 0;
	} else {
		file_declared(env, &path, &new, &old);
	}
	buf_adds(&new, content);
	if (had && file_check_text(&path, &old, content, new.len, reply) < 0)
		return;
	if (had)
		file_keep_form(&old.text, &new, &kept);
	content = buf_str(&new);
	n = new.len;
	same = had && old.text.len == n && memcmp(buf_str(&old.text), content,
	    n) == 0;
	if (!same && file_store(&path, &old, &new, is_new ? NULL : &old.st,
	    reply) < 0)
		return;
	file_note(&old, &kept);
	for (p = content; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	if (n > 0 && content[n - 1] != '\n')
		lines++;
	json_add_str(reply, "path", path.rel);
	json_add_bool(reply, "created", is_new);
	if (same)
		buf_addf(&text, "%s already has exactly this content; nothing "
		    "was changed.", path.shown);
	else
		buf_addf(&text, "%s %s: %zu line%s, %zu byte%s.%s%s",
		    is_new ? "Created" : "Replaced", path.shown, lines,
		    lines == 1 ? "" : "s", old.bytes, old.bytes == 1 ? "" : "s",
		    n > 0 && content[n - 1] != '\n' ?
		    " It does not end with a newline." : "",
		    buf_str(&kept));
	tool_ok(reply, &text);
	if (!same && (is_new || had))
		tool_add_diff(reply, &old.text, &new);
}

/*
 * edit {path, old_string, new_string, replace_all?, edits?, reason?}: replace
 * one or (edits) several pieces of a file, all or none. edit-match.c does the
 * matching. The reply of a successful edit has "path" (relative to the root),
 * "count", "lines" (of the first ten matches) and "fuzzy" if a match wasn't
 * exact; that of a failed one "size" (of the file), and "count" and "lines"
 * if old_string is ambiguous.
 */

#define EDIT_LIST_MAX 200

/* The edits of a call. The first is in the call itself if `own` is set. */
struct edit_call {
	struct edit_one	*v;
	size_t		 len;
	bool		 own;
};

static void
edit_lines(const struct edit_result *r, struct buf *b, cJSON *reply)
{
	cJSON *a = cJSON_AddArrayToObject(reply, "lines");
	size_t i;

	for (i = 0; i < r->lines_len; i++) {
		buf_addf(b, "%s%zu", i == 0 ? "" : ", ", r->lines[i]);
		cJSON_AddItemToArray(a,
		    cJSON_CreateNumber((double)r->lines[i]));
	}
	if (r->count > r->lines_len)
		buf_adds(b, ", \xe2\x80\xa6");
	json_add_int(reply, "count", (int64_t)r->count);
}

static void
edit_miss(const struct tool_path *p, const struct buf *file, const char *old,
    const char *name, const char *rest, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(TOOL_TEXT_MAX);

	edit_nearest(&b, buf_str(file), file->len, old, strlen(old));
	if (!utf8_is_valid(buf_str(file), file->len))
		buf_adds(&b, "\nThe file has bytes that aren't UTF-8, which "
		    "read shows as \\xNN; leave them out of old_string, and "
		    "don't begin it right after one.");
	tool_fail(reply, "not_found", "%sold_string is not in %s. %s%s", name,
	    p->shown, rest, buf_str(&b));
}

/* "edits[2]." for the i-th. */
static void
edit_name(const struct edit_call *c, size_t i, char name[32])
{
	name[0] = '\0';
	if (!c->own || i > 0)
		snprintf(name, 32, "edits[%zu].", c->own ? i - 1 : i);
}

static void
edit_fail(const struct tool_path *p, const struct edit_result *r,
    const struct buf *file, const struct edit_call *c, cJSON *reply)
{
	const char *rest = c->len > 1 ? "None of the edits was made. " : "";
	AUTO_BUF struct buf b = BUF_INIT(0);
	char name[32], other[32];

	edit_name(c, r->at, name);
	edit_name(c, r->other, other);
	/* After several failures call_advice tells the model to write the whole
	 * file, if it can. */
	json_add_int(reply, "size", (int64_t)file->len);
	switch (r->kind) {
	case EDIT_EMPTY_OLD:
		tool_fail(reply, "empty_old", "%sold_string is empty. %sGive "
		    "the text to replace, or use write for the whole file",
		    name, rest);
		break;
	case EDIT_NO_CHANGE:
		tool_fail(reply, "no_change", "%s would not change: "
		    "%snew_string is the same as %s", p->shown, name,
		    r->count == 0 ? "old_string" : "what is there (line "
		    "endings always follow the file's)");
		break;
	case EDIT_AMBIGUOUS:
		edit_lines(r, &b, reply);
		tool_fail(reply, "ambiguous", "%sold_string is in %s %zu times "
		    "(line%s %s)%s. %sAdd more lines to make it unique, or set "
		    "replace_all", name, p->shown, r->count,
		    r->count == 1 ? "" : "s", buf_str(&b), !r->fuzzy ? "" :
		    ", never exactly, only with special characters and spaces "
		    "read as plain ones", rest);
		break;
	case EDIT_OVERLAP:
		tool_fail(reply, "overlap", "%sold_string and %sold_string "
		    "overlap in %s. %sAll edits apply to the file as it is "
		    "now: merge these two", other, name,
		    p->shown, rest);
		break;
	case EDIT_TOO_LARGE:
		tool_fail(reply, "too_large", "%s would become too large",
		    p->shown);
		break;
	default:
		edit_miss(p, file, c->v[r->at].old, name, rest, reply);
		break;
	}
}

static void
edit_done(const struct tool_path *p, const struct tool_file *f,
    const struct edit_result *r, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(0), where = BUF_INIT(0);

	json_add_str(reply, "path", p->rel);
	edit_lines(r, &where, reply);
	buf_addf(&b, "Edited %s: replaced %zu place%s (line%s %s).", p->shown,
	    r->count, r->count == 1 ? "" : "s", r->count == 1 ? "" : "s",
	    buf_str(&where));
	if (r->fuzzy) {
		json_add_bool(reply, "fuzzy", true);
		buf_adds(&b, " old_string did not match exactly, only with "
		    "special characters, spaces and line endings read as plain "
		    "ones. What both strings have in common stays as in the "
		    "file; the rest has the file's line endings.");
	}
	file_note(f, &b);
	show_change(&b, &f->text, &r->content);
	tool_ok(reply, &b);
}

/* Fill the i-th edit from `o`. -1 if a part is missing. */
static int
edit_take(struct edit_call *c, const cJSON *o, cJSON *reply)
{
	const char *old = json_str(o, "old_string");
	const char *new = json_str(o, "new_string");

	if (old == NULL || new == NULL)
		return tool_fail(reply, "bad_args", "edit: the argument "
		    "\"%s\" is missing. Give path, old_string and new_string, "
		    "or path and edits: [{old_string, new_string}]",
		    old == NULL ? "old_string" : "new_string");
	c->v[c->len++] = (struct edit_one){ old, new, strlen(old), strlen(new),
	    json_bool(o, "replace_all", false) };
	return 0;
}

static int
edit_call_init(struct edit_call *c, const cJSON *args, cJSON *reply)
{
	const cJSON *list = json_array(args, "edits"), *it;
	int n = cJSON_GetArraySize(list);

	memset(c, 0, sizeof(*c));
	if (n > EDIT_LIST_MAX)
		return tool_fail(reply, "bad_args", "edit: more than %d edits "
		    "in one call", EDIT_LIST_MAX);
	c->v = xcalloc((size_t)n + 1, sizeof(*c->v));
	/* Some models fill in every argument. */
	c->own = n == 0 || json_str_or(args, "old_string", "")[0] != '\0';
	if (c->own && edit_take(c, args, reply) < 0)
		return -1;
	cJSON_ArrayForEach(it, list)
		if (edit_take(c, it, reply) < 0)
			return -1;
	return 0;
}

void
tool_edit(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	AUTO(tool_file_release) struct tool_file file = { 0 };
	struct edit_result r = { 0 };
	AUTO(path_release) struct tool_path path = { 0 };
	struct edit_call c;
	size_t i;

	if (edit_call_init(&c, args, reply) < 0 ||
	    path_resolve(&path, env, json_str_or(args, "path", ""),
	    PATH_EDIT, reply) < 0 || file_load(env, &path, &file, reply) < 0)
		goto out;
	for (i = 0; i < c.len; i++)
		if (file_check_text(&path, &file, c.v[i].new, c.v[i].new_n,
		    reply) < 0)
			goto out;
	edit_apply_list(&r, buf_str(&file.text), file.text.len, c.v, c.len,
	    TOOL_FILE_MAX);
	if (r.kind != EDIT_OK)
		edit_fail(&path, &r, &file.text, &c, reply);
	else if (file_store(&path, &file, &r.content, &file.st, reply) == 0) {
		edit_done(&path, &file, &r, reply);
		tool_add_diff(reply, &file.text, &r.content);
	}
out:
	buf_release(&r.content);
	free(c.v);
}

/*
 * apply_patch {input, reason?}: a patch in V4A format (v4a.h) for one or more
 * files. Every chunk of every file is found, and every new content written to
 * disk, before any file changes. The reply has "fuzzy" if spaces or typography
 * differed; a failure has "file", the path it is about.
 */

/* A file's state after the patch. */
struct patch_file {
	struct tool_path path;
	struct tool_file file;		/* with its text; st if it was there */
	bool		 was;		/* existed before the patch */
	bool		 is;		/* exists after it */
	bool		 same;		/* and isn't changed by it */
	struct file_new	 made;
};

struct patch {
	const struct tool_env *env;
	cJSON		*reply;
	struct patch_file *files;
	size_t		 len;
	struct buf	 told;		/* "M a.c (lines 3, 9)" */
	struct buf	 shown;		/* where they changed */
	struct buf	 notes;
	struct buf	 diff;
	bool		 fuzzy;
};

/* "a.c: chunk 2 (line 7 of the patch)". */
static void
patch_where(struct buf *b, const struct v4a_file *f, const char *shown,
    size_t chunk)
{
	buf_addf(b, "%s, ", shown);
	if (f->len > 1)
		buf_addf(b, "chunk %zu of %zu, ", chunk + 1, f->len);
	buf_addf(b, "line %zu of the patch", f->chunks[chunk].at);
}

/* Did links lead from the given name to this one? */
static bool
patch_is_link(const struct tool_env *env, const char *given, const char *rel)
{
	AUTO_FREE char *full = fs_normalize(env->cwd, given);
	AUTO_FREE char *real = fs_join(env->root, rel);

	return strcmp(full, real) != 0;
}

/* The state of a file so far; NULL with the failure set. `missing` files are
 * allowed, special files aren't. */
static struct patch_file *
patch_open(struct patch *p, const char *given, bool missing, bool no_link)
{
	struct patch_file *f;
	struct tool_path path;
	size_t i;
	int fd;

	if (path_resolve(&path, p->env, given, missing ? PATH_WRITE : PATH_EDIT,
	    p->reply) < 0)
		goto fail;
	if (no_link && patch_is_link(p->env, given, path.rel)) {
		tool_fail(p->reply, "denied", "%s goes through a symbolic "
		    "link: use bash to remove or rename it", path.shown);
		goto fail;
	}
	if (path.wants_dir || strcmp(path.rel, ".") == 0) {
		tool_fail(p->reply, "is_dir", "%s is a folder: name a file",
		    path.shown);
		goto fail;
	}
	for (i = 0; i < p->len; i++)
		if (strcmp(p->files[i].path.rel, path.rel) == 0) {
			f = &p->files[i];
			if (!f->is && !missing) {
				tool_fail(p->reply, "file_missing", "%s is "
				    "gone: an earlier part of the patch "
				    "removes it", path.shown);
				goto fail;
			}
			path_release(&path);
			return f;
		}
	f = &p->files[p->len];
	memset(f, 0, sizeof(*f));
	f->made.dir = -1;
	fd = fs_open_beneath(path.base_fd, path.rel, O_PATH, 0);
	fs_close(fd);
	if (fd < 0 && errno == ENOENT && missing) {
		file_declared(p->env, &path, &f->file.text, &f->file);
		f->same = true;
	} else {
		if (file_load(p->env, &path, &f->file, p->reply) < 0) {
			tool_file_release(&f->file);
			goto fail;
		}
		f->was = f->is = f->same = true;
	}
	f->path = path;
	p->len++;
	return f;
fail:
	if (json_get(p->reply, "file") == NULL)
		json_add_str(p->reply, "file", given);
	path_release(&path);
	return NULL;
}

static void
patch_miss(struct patch *p, const struct v4a_file *f, const char *shown,
    const struct patch_file *file, const struct edit_result *r)
{
	const struct v4a_chunk *c = &f->chunks[r->at];
	AUTO_BUF struct buf where = BUF_INIT(0), old = BUF_INIT(0);
	AUTO_BUF struct buf near = BUF_INIT(TOOL_TEXT_MAX);

	patch_where(&where, f, shown, r->at);
	switch (r->kind) {
	case EDIT_OVERLAP:
		tool_fail(p->reply, "overlap", "%s: its lines are also part of "
		    "another chunk. Nothing was changed", buf_str(&where));
		break;
	case EDIT_NO_CHANGE:
		tool_fail(p->reply, "no_change", "%s would not change. Nothing "
		    "was changed", shown);
		break;
	case EDIT_TOO_LARGE:
		tool_fail(p->reply, "too_large", "%s would become too large",
		    shown);
		break;
	default:
		v4a_chunk_text(c, false, &old);
		if (old.len == 0 && c->len > 0)
			buf_add(&old, c->lines[0].p, c->lines[0].n);
		edit_nearest(&near, buf_str(&file->file.text),
		    file->file.text.len, buf_str(&old), old.len);
		tool_fail(p->reply, "not_found", "%s: %s. Nothing was changed. "
		    "%s", buf_str(&where), r->kind == EDIT_NO_ANCHOR ?
		    "the line after @@ isn't in the file, nor do the chunk's "
		    "lines match just one place" : "its kept and removed lines "
		    "aren't in the file", buf_str(&near));
		break;
	}
}

static void
patch_told(struct patch *p, char letter, const char *shown,
    const struct edit_result *r)
{
	size_t i;

	buf_addf(&p->told, "\n%c %s", letter, shown);
	for (i = 0; r != NULL && i < r->lines_len; i++)
		buf_addf(&p->told, "%s%zu", i > 0 ? ", " : r->lines_len > 1 ?
		    " (lines " : " (line ", r->lines[i]);
	if (r != NULL && r->lines_len > 0)
		buf_adds(&p->told, ")");
}

/* May the file have the new lines of the patch? */
static int
patch_check_text(struct patch *p, const struct patch_file *file,
    const struct v4a_file *f)
{
	AUTO_BUF struct buf added = BUF_INIT(0);
	size_t i;

	buf_add(&added, buf_str(&f->content), f->content.len);
	for (i = 0; i < f->len; i++)
		v4a_chunk_text(&f->chunks[i], true, &added);
	if (file_check_text(&file->path, &file->file, buf_str(&added), added.len,
	    p->reply) == 0)
		return 0;
	json_add_str(p->reply, "file", f->path);
	return -1;
}

/* The file is gone: further parts of the patch with its name make a new
 * file. */
static void
patch_gone(struct patch *p, struct patch_file *f)
{
	tool_file_release(&f->file);
	file_declared(p->env, &f->path, &f->file.text, &f->file);
	f->is = f->same = false;
}

/* A file keeps its encoding under its new name, which may declare another. */
static void
patch_moved(struct patch *p, struct patch_file *file, struct patch_file *to)
{
	const struct buf *text = &file->file.text;
	struct stat st = to->was ? to->file.st : file->file.st;
	const char *new = to->file.is.name;

	if (strcmp(file->file.is.name, new) != 0 &&
	    utf8_bom(buf_str(text), text->len) == 0)
		buf_addf(&p->notes, "\n%s keeps its encoding, but under this "
		    "name it is read as %s.", to->path.shown,
		    new[0] == '\0' ? "UTF-8" : new);
	tool_file_release(&to->file);
	to->file = file->file;
	to->file.st = st;
	memset(&file->file.text, 0, sizeof(file->file.text));
	memset(&file->file.about, 0, sizeof(file->file.about));
	patch_gone(p, file);
	to->is = true;
	to->same = false;
}

/* Uses the patch's own names; patch_open may move the pointer. */
static int
patch_update(struct patch *p, const struct v4a_file *f)
{
	struct patch_file *file = patch_open(p, f->path, false,
	    f->move != NULL), *to;
	struct edit_result r = { .kind = EDIT_OK };
	struct buf *text;
	size_t from;

	if (file == NULL)
		return -1;
	from = (size_t)(file - p->files);
	if (f->len > 0) {
		if (patch_check_text(p, file, f) < 0)
			return -1;
		text = &file->file.text;
		v4a_apply(&r, f, buf_str(text), text->len, TOOL_FILE_MAX);
		if (r.kind != EDIT_OK) {
			json_add_str(p->reply, "file", f->path);
			json_add_int(p->reply, "size", (int64_t)text->len);
			patch_miss(p, f, file->path.shown, file, &r);
			buf_release(&r.content);
			return -1;
		}
		buf_addf(&p->diff, "=== %s\n", file->path.shown);
		line_diff(&p->diff, buf_str(text), text->len,
		    buf_str(&r.content), r.content.len);
		buf_addf(&p->shown, "\n==> %s <==", file->path.shown);
		show_change(&p->shown, text, &r.content);
		buf_release(text);
		*text = r.content;
		memset(&r.content, 0, sizeof(r.content));
		file->same = false;
		p->fuzzy = p->fuzzy || r.fuzzy;
		if (r.guessed > 0)
			buf_addf(&p->notes, "\n%s: %zu chunk%s fit%s more than "
			    "one place; the first was used. Check that it is "
			    "the right one.", file->path.shown,
			    r.guessed, r.guessed == 1 ? "" : "s",
			    r.guessed == 1 ? "s" : "");
	}
	patch_told(p, 'M', file->path.shown, &r);
	if (f->move == NULL)
		return 0;
	to = patch_open(p, f->move, true, true);
	file = &p->files[from];
	if (to == NULL)
		return -1;
	if (to->is) {
		json_add_str(p->reply, "file", f->move);
		return tool_fail(p->reply, "exists", "%s already exists: %s "
		    "cannot be moved to it. Nothing was changed",
		    to->path.shown, file->path.shown);
	}
	buf_addf(&p->told, " -> %s", to->path.shown);
	patch_moved(p, file, to);
	return 0;
}

static int
patch_plan(struct patch *p, const struct v4a_file *f)
{
	AUTO_BUF struct buf new = BUF_INIT(0), kept = BUF_INIT(0);
	struct patch_file *file;

	if (f->kind == V4A_UPDATE)
		return patch_update(p, f);
	file = patch_open(p, f->path, f->kind == V4A_ADD,
	    f->kind == V4A_DELETE);
	if (file == NULL)
		return -1;
	if (f->kind == V4A_ADD) {
		if (patch_check_text(p, file, f) < 0)
			return -1;
		buf_add(&new, buf_str(&f->content), f->content.len);
		file_keep_form(&file->file.text, &new, &kept);
		if (kept.len > 0)
			buf_addf(&p->notes, "\n%s:%s", file->path.shown,
			    buf_str(&kept));
		buf_release(&file->file.text);
		file->file.text = new;
		buf_init(&new, 0);
		file->is = true;
		file->same = false;
	} else {
		patch_gone(p, file);
	}
	buf_addf(&p->diff, "=== %s\n", file->path.shown);
	line_diff(&p->diff, "", 0, buf_str(&file->file.text),
	    file->file.text.len);
	patch_told(p, f->kind == V4A_ADD ? 'A' : 'D', file->path.shown, NULL);
	return 0;
}

/* First write all contents to disk, then rename. */
static int
patch_write(struct patch *p)
{
	AUTO_BUF struct buf kept = BUF_INIT(0);
	size_t i;

	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];
		bool mode = f->was || f->file.st.st_mode != 0;

		if (f->same || !f->is)
			continue;
		if (file_prepare(&f->made, &f->path, &f->file, &f->file.text,
		    mode ? &f->file.st : NULL, p->reply) < 0)
			return -1;
		file_note(&f->file, &kept);
		if (kept.len > 0)
			buf_addf(&p->notes, "\n%s:%s", f->path.shown,
			    buf_str(&kept));
		buf_clear(&kept);
	}
	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];

		if (!f->same && f->is && file_commit(&f->made, &f->path,
		    p->reply) < 0)
			return -1;
	}
	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];

		if (f->was && !f->is && file_remove(&f->path, p->reply) < 0)
			return -1;
	}
	return 0;
}

void
tool_apply_patch(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *text = json_str_or(args, "input", "");
	struct patch p = { .env = env, .reply = reply };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i;

	if (v4a_parse(&v, text, strlen(text), &e) < 0) {
		tool_fail(reply, "bad_patch", "%s. Nothing was changed.\n%s",
		    e.text, tool_find("apply_patch")->form);
		goto out;
	}
	p.files = xcalloc(2 * v.len + 1, sizeof(*p.files));
	for (i = 0; i < v.len; i++)
		if (patch_plan(&p, &v.files[i]) < 0)
			goto out;
	if (patch_write(&p) < 0)
		goto out;
	buf_addf(&b, "Success. Updated the following files:%s",
	    buf_str(&p.told));
	if (p.fuzzy) {
		json_add_bool(reply, "fuzzy", true);
		buf_adds(&b, "\nThe patch and the file differ in spaces or "
		    "typography: kept lines stay as in the file, and added "
		    "ones get its indentation.");
	}
	buf_adds(&b, buf_str(&p.notes));
	buf_adds(&b, buf_str(&p.shown));
	tool_ok(reply, &b);
	json_add_bytes(reply, "diff", p.diff.p, p.diff.len);
out:
	for (i = 0; i < p.len; i++) {
		file_drop(&p.files[i].made);
		path_release(&p.files[i].path);
		tool_file_release(&p.files[i].file);
	}
	free(p.files);
	buf_release(&p.told);
	buf_release(&p.shown);
	buf_release(&p.notes);
	buf_release(&p.diff);
}
