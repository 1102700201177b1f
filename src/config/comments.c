/*
 * Replaces comments in our JSON files with spaces, so that one parser reads
 * everything and its positions are those of the file.
 */
#include "config.h"

#include "config/config-int.h"

static void
comments_blank(char *p, size_t from, size_t to)
{
	for (; from < to; from++)
		if (p[from] != '\n' && p[from] != '\r')
			p[from] = ' ';
}

int
config_strip_comments(char *p, size_t n, struct err *e)
{
	size_t i = 0, from;

	while (i < n) {
		if (p[i] == '"') {
			for (i++; i < n && p[i] != '"'; i++)
				if (p[i] == '\\')
					i++;
			if (i >= n)
				return err_set(e, "unterminated string");
			i++;
		} else if (p[i] == '/' && i + 1 < n && p[i + 1] == '/') {
			for (from = i; i < n && p[i] != '\n'; i++)
				continue;
			comments_blank(p, from, i);
		} else if (p[i] == '/' && i + 1 < n && p[i + 1] == '*') {
			for (from = i, i += 2; i + 1 < n &&
			    (p[i] != '*' || p[i + 1] != '/'); i++)
				continue;
			if (i + 1 >= n)
				return err_set(e, "unterminated comment");
			i += 2;
			comments_blank(p, from, i);
		} else
			i++;
	}
	return 0;
}
