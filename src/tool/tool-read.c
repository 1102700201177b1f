/*
 * read {path, from?, lines?, paths?, ranges?}: a text file's lines, or a
 * folder's names; or several of them, each after a line with its name. At most
 * TOOL_SHOW_MAX bytes in total. The text is the file's own without line
 * numbers, so that edit can use it; differences (truncation, other bytes, CRLF,
 * byte order mark, missing last newline) are listed in a final line in
 * brackets. Memory doesn't grow with the file, unless it is converted from
 * another encoding. The reply has "from", "to" (lines), "total" (lines, if known) and "cut"; for several files "unread", the
 * paths that were not shown.
 */
#include "config.h"

#include "tool/impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"

#define READ_CHUNK	((size_t)64 << 10)
#define READ_SEEK_MAX	((uint64_t)2 << 30)	/* bytes before `from` */
#define READ_COUNT_MAX	((uint64_t)64 << 20)	/* bytes after the shown part,
						   to count the lines */
#define READ_KEY_MAX	((size_t)64 << 10)
#define READ_NAMES_MAX	100000
#define READ_LINES_DIR	1000
#define READ_PARTS	50		/* in one call */
#define READ_PART_LEAST	((size_t)1000)	/* start no file with less room than
					   this */

struct read_file {
	struct buf	 raw;		/* the requested lines, as far as they
					   can be shown */
	size_t		 max;		/* bytes to show */
	const char	*why;		/* no more */
	int64_t		 from, want;	/* 0: to the end */
	int64_t		 newlines;	/* lines in the part that was read */
	uint64_t	 seen;		/* bytes read */
	uint64_t	 before;	/* of these, before raw */
	struct keytext_lines key;	/* line where raw begins */
	uint64_t	 after;		/* of these, after raw was full */
	bool		 at_end;	/* the whole file was read */
	bool		 ends_open;	/* and it lacks a final newline */
	bool		 full;		/* raw is full */
	const struct buf *about;	/* of its encoding */
};

/* Take the requested lines from one chunk; count the rest. */
static void
read_feed(struct read_file *r, const char *p, size_t n)
{
	const char *end = p + n, *nl;

	r->seen += n;
	while (p < end) {
		bool inside = !r->full && r->newlines + 1 >= r->from;
		size_t len;

		nl = memchr(p, '\n', (size_t)(end - p));
		len = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p) + 1;
		if (inside) {
			size_t room = r->raw.max - r->raw.len;

			buf_add(&r->raw, p, len < room ? len : room);
			if (len > room)
				r->full = true;
		} else if (r->full) {
			r->after += len;
		} else {
			r->before += len;
		}
		if (nl != NULL) {
			r->newlines++;
			if (inside && r->want > 0 &&
			    r->newlines + 1 >= r->from + r->want)
				r->full = true;
		}
		p += len;
	}
	r->ends_open = end[-1] != '\n';
}

/* The notes at the end of a text: "[a; b]". */
static void
read_note(struct buf *notes, const char *s)
{
	buf_adds(notes, notes->len == 0 ? "[" : "; ");
	buf_adds(notes, s);
}

static bool
read_is_crlf(const struct buf *raw)
{
	const char *p = buf_str(raw), *end = p + raw->len, *nl = p;
	bool any = false;

	while ((nl = memchr(nl, '\n', (size_t)(end - nl))) != NULL) {
		if (nl == p || nl[-1] != '\r')
			return false;
		any = true;
		nl++;
	}
	return any;
}

/* Drop an incomplete character at the end. */
static size_t
read_trim(const char *p, size_t n)
{
	size_t k;

	for (k = 1; k <= 3 && k <= n; k++) {
		unsigned char c = (unsigned char)p[n - k];

		if ((c & 0xc0) == 0x80)
			continue;
		if (c >= (k == 1 ? 0xc0 : k == 2 ? 0xe0 : 0xf0))
			return n - k;
		break;
	}
	return n;
}

/*
 * Copy complete lines of raw to out as far as they fit; if the first line alone
 * is too long, its beginning. Returns the number of lines, *open for a
 * truncated one.
 */
static int64_t
read_show(struct read_file *r, struct buf *out, bool crlf, size_t *marks,
    bool *open)
{
	const char *p = buf_str(&r->raw), *end = p + r->raw.len, *nl;
	AUTO_BUF struct buf line = BUF_INIT(0);
	int64_t lines = 0;

	*open = false;
	for (; p < end; p = nl) {
		bool whole;
		size_t n, m;

		nl = memchr(p, '\n', (size_t)(end - p));
		whole = nl != NULL || (r->at_end && !r->full);
		nl = nl == NULL ? end : nl + 1;
		n = (size_t)(nl - p);
		if (crlf && n >= 2 && nl[-1] == '\n')
			n -= 2;
		if (!whole)
			n = read_trim(p, n);
		buf_clear(&line);
		if (keytext_line(&r->key, p, n - (n > 0 && p[n - 1] == '\n'))) {
			m = 0;
			buf_adds(&line, n > 0 && p[n - 1] == '\n' ?
			    KEYTEXT_MARK "\n" : KEYTEXT_MARK);
		} else {
			m = tool_show_text(&line, p, n);
		}
		if (whole && n < (size_t)(nl - p))
			buf_addc(&line, '\n');
		if (!whole || out->len + line.len > r->max) {
			if (lines > 0)
				break;
			*open = true;
			line.len = utf8_cut(buf_str(&line), line.len,
			    r->max - out->len);
		}
		buf_add(out, buf_str(&line), line.len);
		*marks += m;
		lines++;
		if (*open)
			break;
	}
	return lines;
}

static void
read_notes(struct read_file *r, struct buf *notes, int64_t shown, bool open,
    const struct stat *st)
{
	int64_t to = r->from + shown - 1;
	int64_t total = r->newlines + (r->ends_open ? 1 : 0);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (r->from > 1 || !r->at_end || to < total || open) {
		buf_addf(&b, "lines %lld-%lld of ", (long long)r->from,
		    (long long)to);
		if (r->at_end) {
			buf_addf(&b, "%lld", (long long)total);
		} else {
			buf_adds(&b, "a file of ");
			buf_add_size(&b, (uint64_t)st->st_size);
		}
		read_note(notes, buf_str(&b));
		buf_clear(&b);
	}
	if (open) {
		buf_addf(&b, "line %lld is cut off: only %zu kB of it are "
		    "shown; for the rest use bash (cut -c)",
		    (long long)to, r->max / 1000);
		read_note(notes, buf_str(&b));
		buf_clear(&b);
	}
	if ((!r->at_end || to < total) && shown != r->want) {
		buf_addf(&b, "%scontinue with from: %lld", r->why,
		    (long long)to + 1);
		read_note(notes, buf_str(&b));
	}
}

static void
read_text(struct read_file *r, const struct tool_path *path,
    const struct stat *st, cJSON *reply)
{
	AUTO_BUF struct buf out = BUF_INIT(0), notes = BUF_INIT(0);
	int64_t total = r->newlines + (r->ends_open ? 1 : 0), shown;
	size_t marks = 0;
	bool crlf, open, cut;

	if (r->seen == 0) {
		buf_adds(&out, "[the file is empty]");
		json_add_bool(reply, "cut", false);
		json_add_int(reply, "total", 0);
		tool_ok(reply, &out);
		return;
	}
	if (r->raw.len == 0 && r->at_end) {
		tool_fail(reply, "bad_args", "%s has only %lld line%s; from "
		    "was %lld", path->shown, (long long)total,
		    total == 1 ? "" : "s", (long long)r->from);
		return;
	}
	if (r->raw.len == 0) {
		tool_fail(reply, "too_large", "line %lld of %s is too far into "
		    "the file for read; use bash (sed -n, tail -c)",
		    (long long)r->from, path->shown);
		return;
	}
	crlf = read_is_crlf(&r->raw);
	if (r->from == 1 && utf8_bom(buf_str(&r->raw), r->raw.len) > 0) {
		buf_consume(&r->raw, strlen(UTF8_BOM));
		read_note(&notes, "the file starts with a byte order mark, "
		    "which edit keeps");
	}
	shown = read_show(r, &out, crlf, &marks, &open);
	if (shown == 0)		/* only the byte order mark */
		shown = 1;
	cut = r->from > 1 || !r->at_end || open || r->from + shown - 1 < total;
	read_notes(r, &notes, shown, open, st);
	if (r->about->len > 0)
		read_note(&notes, r->about->p);
	if (crlf)
		read_note(&notes, "lines end in CRLF, which edit keeps");
	if (marks > 0) {
		read_note(&notes, "\\xNN stands for a byte that isn't UTF-8; "
		    "edit can change the text around it");
		file_undeclared(path, &r->raw, r->about, r->full, reply);
	}
	if (r->at_end && r->ends_open && !open && r->from + shown - 1 >= total)
		read_note(&notes, "no newline at the end of the file");
	if (notes.len > 0) {
		if (out.len > 0 && out.p[out.len - 1] != '\n')
			buf_addc(&out, '\n');
		buf_addf(&out, "%s]", buf_str(&notes));
	}
	json_add_int(reply, "from", r->from);
	json_add_int(reply, "to", r->from + shown - 1);
	if (r->at_end)
		json_add_int(reply, "total", total);
	json_add_bool(reply, "cut", cut);
	tool_ok(reply, &out);
}

/* Does the shown part start inside a private key? Looks back as far as a key
 * can be long. */
static void
read_key_before(struct read_file *r, const struct file_source *f)
{
	size_t want = r->before < READ_KEY_MAX ? (size_t)r->before :
	    READ_KEY_MAX;
	AUTO_FREE char *text = xmalloc(want + 1);
	ssize_t n = file_pread(f, text, want, (int64_t)(r->before - want));
	const char *p = text, *end = text + (n < 0 ? 0 : n), *nl;

	MEM_EACH_LINE(p, nl, end)
		(void)keytext_line(&r->key, p, (size_t)(nl - p));
}

static void
read_regular(const struct tool_env *env, const struct file_source *f,
    const struct stat *st, const struct tool_path *path,
    const struct buf *about, const cJSON *args, size_t max, cJSON *reply)
{
	struct read_file r = {
		.raw = BUF_INIT(max + 3),
		.max = max,
		.why = tool_room_why(env),
		.about = about,
		.from = json_int(args, "from", 1),
		.want = json_int(args, "lines", 0),
	};
	AUTO_FREE char *chunk = xmalloc(READ_CHUNK);
	ssize_t n = 0;

	do {
		n = file_pread(f, chunk, READ_CHUNK, (int64_t)r.seen);
		if (n < 0) {
			path_fail(path, "read", errno, reply);
			goto out;
		}
		if (r.seen == 0 && file_is_binary(chunk, (size_t)n,
		    path->shown, st->st_size, about, reply))
			goto out;
		if (n > 0)
			read_feed(&r, chunk, (size_t)n);
		r.at_end = n == 0;
	} while (n > 0 && (r.full ? r.after < READ_COUNT_MAX :
	    r.seen < READ_SEEK_MAX));
	read_key_before(&r, f);
	read_text(&r, path, st, reply);
out:
	buf_release(&r.raw);
}

static void
read_entry(struct buf *b, int dir, const char *name)
{
	struct stat st;
	char target[512];
	ssize_t n;

	show_name(b, name, strlen(name));
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		buf_adds(b, " (hidden or not accessible)");
	} else if (S_ISDIR(st.st_mode)) {
		buf_addc(b, '/');
	} else if (S_ISLNK(st.st_mode)) {
		buf_adds(b, " -> ");
		n = readlinkat(dir, name, target, sizeof(target));
		if (n > 0)
			show_name(b, target, (size_t)n);
	} else if (S_ISREG(st.st_mode)) {
		buf_adds(b, " (");
		buf_add_size(b, (uint64_t)st.st_size);
		buf_addc(b, ')');
	} else {
		buf_adds(b, " (not a regular file)");
	}
	buf_addc(b, '\n');
}

/* Takes ownership of fd. */
static void
read_folder(const struct tool_env *env, int fd, const struct tool_path *path,
    const cJSON *args, size_t max, cJSON *reply)
{
	int64_t from = json_int(args, "from", 1), i;
	int64_t want = json_int(args, "lines", READ_LINES_DIR);
	AUTO_BUF struct buf out = BUF_INIT(0), line = BUF_INIT(0);
	size_t n = 0;
	char **names = NULL;
	struct dirent *de;
	AUTO_DIR DIR *d = fs_dir_take(fd);
	bool more = false;

	if (d == NULL) {
		path_fail(path, "read", errno, reply);
		return;
	}
	while ((de = readdir(d)) != NULL) {
		if (fs_is_dots(de->d_name))
			continue;
		if (n == READ_NAMES_MAX) {
			more = true;
			break;
		}
		*GROW_ADD(names, n) = xstrdup(de->d_name);
	}
	MEM_SORT(names, n);
	for (i = from; i <= (int64_t)n && i - from < want; i++) {
		buf_clear(&line);
		read_entry(&line, dirfd(d), names[i - 1]);
		if (out.len + line.len > max)
			break;
		buf_add(&out, buf_str(&line), line.len);
	}
	if (n == 0)
		buf_adds(&out, "[the folder is empty]");
	else if (from > (int64_t)n)
		tool_fail(reply, "bad_args", "%s has only %zu entries; from "
		    "was %lld", path->shown, n, (long long)from);
	else if (i - from == json_int(args, "lines", 0))
		buf_addf(&out, "[entries %lld-%lld of %s%zu]", (long long)from,
		    (long long)i - 1, more ? "more than " : "", n);
	else if (i <= (int64_t)n || more)
		buf_addf(&out, "[entries %lld-%lld of %s%zu; %scontinue with "
		    "from: %lld, or use glob]",
		    (long long)from, (long long)i - 1,
		    more ? "more than " : "", n, i - from < want ?
		    tool_room_why(env) : "", (long long)i);
	if (json_get(reply, "error") == NULL) {
		json_add_int(reply, "from", from);
		json_add_int(reply, "to", i - 1);
		json_add_int(reply, "total", (int64_t)n);
		json_add_bool(reply, "cut", from > 1 || i <= (int64_t)n ||
		    more);
		tool_ok(reply, &out);
	}
	xfree_list(names, n);
}

/* One file or folder, with its lines from `args`. */
static void
read_one(const struct tool_env *env, const char *given, const cJSON *args,
    size_t max, cJSON *reply)
{
	AUTO(path_release) struct tool_path path = { 0 };
	AUTO_BUF struct buf about = BUF_INIT(0);
	AUTO(file_source_release) struct file_source f = { .fd = -1,
		.text = BUF_INIT(0) };
	char head[4];
	ssize_t n;
	struct stat st;
	int fd = -1;

	if (path_resolve(&path, env, given, PATH_READ, reply) == 0)
		fd = path_open(&path, "not_found", &st, reply);
	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		read_folder(env, fd, &path, args, max, reply);
	} else if (fd >= 0) {
		f.fd = fd;
		if (path.base_fd == env->root_fd) {
			n = pread(fd, head, sizeof(head), 0);
			file_text(env, path.rel, head, n < 0 ? 0 : (size_t)n,
			    &f, &st, &about);
		}
		read_regular(env, &f, &st, &path, &about, args, max, reply);
	}
}

/* Several of them, as they are read. */
struct read_parts {
	const struct tool_env *env;
	struct buf	 text;
	cJSON		*unread;
	cJSON		*failed;	/* the first failed reply */
	cJSON		*whole;		/* the reply; borrowed */
	size_t		 len, shown;
};

static void
read_part(struct read_parts *p, const char *given, const cJSON *args)
{
	size_t room = tool_room(p->env);
	size_t left = p->text.len < room ? room - p->text.len : 0;
	int64_t from = json_int(args, "from", 1);
	cJSON *reply = cJSON_CreateObject();
	bool ok = false;

	p->len++;
	if (p->text.len > 0 && p->text.p[p->text.len - 1] != '\n')
		buf_addc(&p->text, '\n');
	buf_adds(&p->text, "==> ");
	show_name(&p->text, given, strlen(given));
	if (from > 1)
		buf_addf(&p->text, " from line %lld", (long long)from);
	buf_adds(&p->text, " <==\n");
	if (p->len > READ_PARTS || left < READ_PART_LEAST)
		buf_addf(&p->text, "[not shown: %sread it next]\n",
		    p->len <= READ_PARTS && *tool_room_why(p->env) != '\0' ?
		    tool_room_why(p->env) : "the answer is full; ");
	else {
		read_one(p->env, given, args, left, reply);
		ok = json_bool(reply, "ok", false);
		json_copy(p->whole, "undeclared",
		    json_get(reply, "undeclared"));
		if (ok)
			buf_adds(&p->text, json_str_or(reply, "text", ""));
		else
			buf_addf(&p->text, "[%s]\n", json_str_or(reply,
			    "error", ""));
	}
	p->shown += ok;
	if (!ok)
		cJSON_AddItemToArray(p->unread, cJSON_CreateString(given));
	if (!ok && p->failed == NULL)
		p->failed = reply;
	else
		cJSON_Delete(reply);
}

static void
read_several(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	struct read_parts p = { .env = env, .unread = cJSON_CreateArray(),
		.whole = reply };
	const char *own = json_str(args, "path");
	const cJSON *it;

	if (own != NULL && (json_array(args, "ranges") == NULL ||
	    json_get(args, "from") != NULL))
		read_part(&p, own, args);
	cJSON_ArrayForEach(it, json_array(args, "paths"))
		read_part(&p, it->valuestring, own == NULL ? args : NULL);
	cJSON_ArrayForEach(it, json_array(args, "ranges")) {
		const char *path = json_str_or(it, "path", own);

		if (path == NULL) {
			tool_fail(reply, "bad_args", "read: a range needs a "
			    "path, its own or the call's");
			goto out;
		}
		read_part(&p, path, it);
	}
	if (p.shown == 0)
		tool_fail(reply, json_str_or(p.failed, "kind", "bad_args"),
		    "%s", buf_str(&p.text));
	else
		tool_ok(reply, &p.text);
	json_set_take(reply, "unread", p.unread);
	p.unread = NULL;
out:
	cJSON_Delete(p.unread);
	cJSON_Delete(p.failed);
	buf_release(&p.text);
}

void
tool_read(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	if (cJSON_GetArraySize(json_array(args, "paths")) +
	    cJSON_GetArraySize(json_array(args, "ranges")) > 0)
		read_several(env, args, reply);
	else if (json_str(args, "path") == NULL)
		tool_fail(reply, "bad_args", "read: the argument \"path\" is "
		    "missing. Give path, or several in paths or ranges");
	else
		read_one(env, json_str(args, "path"), args, tool_room(env),
		    reply);
}
