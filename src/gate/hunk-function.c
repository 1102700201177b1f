/*
 * The function that a hunk is in, as git names it by default: the nearest line
 * that starts with a letter, '_' or '$', but before the first change, not before
 * the context above it: a function that begins there is the one.
 */
#include "config.h"

#include "gate/hunk.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static bool
hunk_function_is(const char *line, size_t n)
{
	return n > 0 && (line[0] == '_' || line[0] == '$' ||
	    (line[0] >= 'a' && line[0] <= 'z') ||
	    (line[0] >= 'A' && line[0] <= 'Z'));
}

/* Without the brace and the spaces at its end. */
static void
hunk_function_set(struct hunk *h, const char *line, size_t n)
{
	while (n > 0 && strchr(" \t\r{", line[n - 1]) != NULL)
		n--;
	n = utf8_cut(line, n, sizeof(h->function) - 1);
	memcpy(h->function, line, n);
	h->function[n] = '\0';
}

void
hunk_list_functions(struct hunk_list *l, const struct buf *before)
{
	const char *p = buf_str(before), *found = NULL, *nl;
	size_t off = 0, end, len = 0, i;

	for (i = 0; i < l->len; i++) {
		struct hunk *h = &l->v[i];

		if (h->kind != HUNK_TEXT)
			continue;
		for (; off < before->len && off < h->old_off; off = end) {
			nl = memchr(p + off, '\n', before->len - off);
			end = nl == NULL ? before->len : (size_t)(nl - p) + 1;
			if (hunk_function_is(p + off, end - off)) {
				found = p + off;
				len = end - off - (nl != NULL);
			}
		}
		if (found != NULL)
			hunk_function_set(h, found, len);
	}
}
