#include "config.h"

#include "tests/unit/tool-scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

int
scratch_setup(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	char *real;

	snprintf(s->top, sizeof(s->top), "/tmp/assent-tool-XXXXXX");
	assert_non_null(mkdtemp(s->top));
	real = realpath(s->top, NULL);
	s->top_fd = open(s->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->root = fs_join(real, "project");
	s->out = fs_join(real, "out");
	free(real);
	assert_int_equal(mkdirat(s->top_fd, "project", 0755), 0);
	assert_int_equal(mkdirat(s->top_fd, "out", 0755), 0);
	s->root_fd = openat(s->top_fd, "project",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->env = (struct tool_env){ .root_fd = s->root_fd, .root = s->root,
		.cwd = s->root, .sandboxed = true, .out_dir = s->out };
	*state = s;
	return 0;
}

int
scratch_teardown(void **state)
{
	struct scratch *s = *state;
	const char *name = strrchr(s->top, '/') + 1;
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	cJSON_Delete(s->reply);
	close(s->root_fd);
	close(s->top_fd);
	rc = fs_remove_tree(tmp, name, NULL);
	close(tmp);
	free(s->root);
	free(s->out);
	free(s);
	return rc;
}

void
put_bytes(struct scratch *s, const char *path, const void *p, size_t n)
{
	bool outside = strncmp(path, "../", 3) == 0;
	const char *name;
	int fd, dir = fs_open_parent(outside ? s->top_fd : s->root_fd,
	    outside ? path + 3 : path, true, &name);

	assert_true(dir >= 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	close(fd);
	close(dir);
}

void
put(struct scratch *s, const char *path, const char *text)
{
	put_bytes(s, path, text, strlen(text));
}

void
check_bytes(struct scratch *s, const char *path, const void *p, size_t n)
{
	bool outside = strncmp(path, "../", 3) == 0;
	struct buf b = BUF_INIT(0);

	assert_int_equal(fs_read_file(outside ? s->top_fd : s->root_fd,
	    outside ? path + 3 : path, &b, NULL), 0);
	if (b.len != n || memcmp(buf_str(&b), p, n) != 0)
		fail_msg("%s has '%s'", path, buf_str(&b));
	buf_release(&b);
}

void
check_text(struct scratch *s, const char *path, const char *text)
{
	check_bytes(s, path, text, strlen(text));
}

cJSON *
run(struct scratch *s, const char *tool, const char *args)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(args, strlen(args), JSON_NUL_REFUSE, &e);
	const char *text;

	if (o == NULL)
		fail_msg("%s: %s", args, e.text);
	cJSON_Delete(s->reply);
	s->reply = cJSON_CreateObject();
	tool_run(tool, &s->env, o, s->reply);
	cJSON_Delete(o);
	assert_true(cJSON_IsBool(json_get(s->reply, "ok")));
	text = json_str(s->reply, json_bool(s->reply, "ok", false) ?
	    "text" : "error");
	if (text == NULL)
		fail_msg("%s %s: no text", tool, args);
	assert_true(strlen(text) <= 65536);
	assert_true(utf8_is_valid(text, strlen(text)));
	return s->reply;
}

const char *
run_ok(struct scratch *s, const char *tool, const char *args)
{
	run(s, tool, args);
	if (!json_bool(s->reply, "ok", false))
		fail_msg("%s %s: %s", tool, args,
		    json_str(s->reply, "error"));
	return json_str(s->reply, "text");
}

const char *
run_fail(struct scratch *s, const char *tool, const char *args,
    const char *kind)
{
	run(s, tool, args);
	if (json_bool(s->reply, "ok", true))
		fail_msg("%s %s: ok, not %s", tool, args, kind);
	if (strcmp(json_str(s->reply, "kind"), kind) != 0)
		fail_msg("%s %s: %s: %s", tool, args,
		    json_str(s->reply, "kind"), json_str(s->reply, "error"));
	return json_str(s->reply, "error");
}

void
has(const char *text, const char *piece)
{
	if (strstr(text, piece) == NULL)
		fail_msg("'%s' is not in '%s'", piece, text);
}
