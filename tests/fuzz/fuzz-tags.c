/*
 * Output of ctags: the told names are names, of requested files, in lines that
 * fit, and the same each time. Input: how much room there is, the words of the
 * task, then the output.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "core/project/project.h"

static const char *const paths[] = { "a.c", "src/main.py", "src/lib/Parse.java",
	"b c.c" };

static char *
text_of(const char *task, const struct buf *output, size_t max)
{
	struct tags *t = tags_new(task);
	char *text;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		tags_add(t, paths[i]);
	FUZZ_CHECK(tags_choose(t, 100, 1000, NULL) == 4);
	text = tags_text(t, buf_str(output), output->len, max);
	tags_free(t);
	return text;
}

static bool
is_path(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strlen(paths[i]) == n && memcmp(paths[i], p, n) == 0)
			return true;
	return false;
}

static void
check_line(const char *p, size_t n)
{
	static const char some[] = "(files not listed: ";
	const char *colon = memchr(p, ':', n);
	size_t i;

	FUZZ_CHECK(colon != NULL);
	if (n > sizeof(some) && memcmp(p, some, sizeof(some) - 1) == 0)
		return;
	FUZZ_CHECK(is_path(p, (size_t)(colon - p)));
	for (i = (size_t)(colon - p); i < n; i++)
		FUZZ_CHECK(p[i] >= ' ' && p[i] < 0x7f &&
		    strchr("\"'<>{}`|\\/#*", p[i]) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	size_t max = (size_t)fuzz_byte(&in) * 4;
	const char *line, *end;
	struct buf task, output;
	char *text, *again;

	fuzz_part(&in, &task);
	buf_init(&output, 0);
	buf_add(&output, in.p, in.len);
	text = text_of(buf_str(&task), &output, max);
	FUZZ_CHECK(strlen(text) <= max + 40);
	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		FUZZ_CHECK(end != NULL);
		check_line(line, (size_t)(end - line));
	}
	again = text_of(buf_str(&task), &output, max);
	FUZZ_CHECK(strcmp(text, again) == 0);
	free(text);
	free(again);
	buf_release(&task);
	buf_release(&output);
	return 0;
}
