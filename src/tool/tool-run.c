/*
 * tool_run: the file tools by name, and both forms of reply. Every reply has
 * one of the two forms in tool.h.
 */
#include "config.h"

#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tool/impl.h"

static const struct {
	const char *name;
	void (*run)(const struct tool_env *, const cJSON *, cJSON *);
} tool_runs[] = {
#define TOOL_ROW(name) { #name, tool_##name },
	TOOL_FILES(TOOL_ROW)
};

int
tool_fail(cJSON *reply, const char *kind, const char *fmt, ...)
{
	AUTO_BUF struct buf b = BUF_INIT(TOOL_TEXT_MAX);
	char text[8192];
	va_list ap;

	if (json_get(reply, "error") != NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	show_text(&b, text, utf8_cut(text, strlen(text), sizeof(text) - 4));
	json_add_bool(reply, "ok", false);
	json_add_str(reply, "error", buf_str(&b));
	json_add_str(reply, "kind", kind);
	return -1;
}

void
tool_add_diff(cJSON *reply, const struct buf *before, const struct buf *after)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	line_diff(&b, buf_str(before), before->len, buf_str(after),
	    after->len);
	json_add_bytes(reply, "diff", b.p, b.len);
}

void
tool_ok(cJSON *reply, const struct buf *text)
{
	static const char cut[] = "\n[truncated: the answer is limited]";
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = utf8_cut(buf_str(text), text->len,
	    TOOL_TEXT_MAX - sizeof(cut));

	buf_add(&b, buf_str(text), n);
	if (n < text->len)
		buf_adds(&b, cut);
	json_add_bool(reply, "ok", true);
	json_add_strn(reply, "text", buf_str(&b), b.len);
}

void
tool_run(const char *name, const struct tool_env *env, const cJSON *args,
    cJSON *reply)
{
	const struct tool_entry *t = tool_find(name);
	struct err e = ERR_INIT;

	if (t == NULL || MEM_FIND(tool_runs, name) == NULL) {
		tool_fail(reply, "bad_args", "no file tool \"%.60s\"",
		    name);
		return;
	}
	if (tool_check_args(t, args, &e) < 0) {
		tool_fail(reply, "bad_args", "%s", e.text);
		return;
	}
	MEM_FIND(tool_runs, name)->run(env, args, reply);
}
