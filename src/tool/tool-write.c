/*
 * write {path, content, reason?}: create a file or replace a whole one. The
 * content is written byte for byte, except that a file keeps its byte order mark
 * and CRLF line endings. The reply has "path" (relative to the root) and "created".
 */
#include "config.h"

#include "base/mem.h"
#include "tool/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"

void
tool_write(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *content = json_str_or(args, "content", ""), *p;
	size_t n, lines = 0;
	AUTO_BUF struct buf text = BUF_INIT(TOOL_TEXT_MAX), kept = BUF_INIT(0);
	AUTO(path_release) struct tool_path path = { 0 };
	struct stat st;
	AUTO_BUF struct buf old = BUF_INIT(TOOL_FILE_MAX);
	AUTO_BUF struct buf new = BUF_INIT(0);
	bool is_new = false, had = false, same;
	int fd;

	if (path_resolve(&path, env, json_str_or(args, "path", ""),
	    PATH_WRITE, reply) < 0)
		return;
	if (path.wants_dir || strcmp(path.rel, ".") == 0) {
		tool_fail(reply, "is_dir", "%s is a folder: name a file",
		    path.shown);
		return;
	}
	fd = fs_open_beneath(path.base_fd, path.rel, O_PATH, 0);
	if (fd < 0 && errno == ENOENT) {
		is_new = true;
	} else {
		fs_close(fd);
		fd = path_open(&path, "not_found", &st, reply);
		if (fd < 0)
			return;
		if (S_ISDIR(st.st_mode))
			path_fail(&path, "write", EISDIR, reply);
		else	/* what it had, unless that is too large */
			had = fs_read_all(fd, &old) == 0;
		close(fd);
		if (S_ISDIR(st.st_mode))
			return;
	}
	buf_adds(&new, content);
	if (had && file_may_get(&path, &old, content, new.len, reply) < 0)
		return;
	if (had)
		file_keep_form(&old, &new, &kept);
	content = buf_str(&new);
	n = new.len;
	same = had && old.len == n && memcmp(buf_str(&old), content, n) == 0;
	if (!same && file_store(&path, content, n, is_new ? NULL : &st,
	    reply) < 0)
		return;
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
		    lines == 1 ? "" : "s", n, n == 1 ? "" : "s",
		    n > 0 && content[n - 1] != '\n' ?
		    " It does not end with a newline." : "",
		    buf_str(&kept));
	tool_ok(reply, &text);
	if (!same && (is_new || had))
		tool_add_diff(reply, &old, &new);
}
