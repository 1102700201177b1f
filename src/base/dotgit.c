#include "config.h"

#include "base/dotgit.h"

#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

/* The next significant byte in lower case: '\0' at the end, 0xff if it can't be
 * part of ".git". */
static unsigned char
dotgit_next(const char **p, size_t *n)
{
	unsigned char c;
	uint32_t cp;
	size_t used;

	while (*n > 0) {
		used = utf8_next(*p, *n, &cp);
		if (used == 0)
			return 0xff;
		*p += used;
		*n -= used;
		if (cp < 0x80) {
			c = (unsigned char)cp;
			return c < 'A' || c > 'Z' ? c :
			    (unsigned char)(c - 'A' + 'a');
		}
		/* HFS+ ignores some of these, ext4 with case folding all of
		 * them. */
		if (!utf8proc_get_property((utf8proc_int32_t)cp)->ignorable)
			return 0xff;
	}
	return '\0';
}

static bool
dotgit_is(const char *name, size_t n, const char *spelling)
{
	unsigned char c;

	for (; *spelling != '\0'; spelling++)
		if (dotgit_next(&name, &n) != (unsigned char)*spelling)
			return false;
	do {
		c = dotgit_next(&name, &n);
	} while (c == '.' || c == ' ');
	return c == '\0' || c == ':';
}

/* Is one component such a name? */
static bool
dotgit_part(const char *name, size_t n)
{
	const char *back;
	size_t len;

	for (;;) {
		back = n == 0 ? NULL : memchr(name, '\\', n);
		len = back == NULL ? n : (size_t)(back - name);
		if (dotgit_is(name, len, ".git") ||
		    dotgit_is(name, len, "git~1"))
			return true;
		if (back == NULL)
			return false;
		name += len + 1;
		n -= len + 1;
	}
}

bool
dotgit_in_path(const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (dotgit_part(path, n))
			return true;
	}
	return false;
}
