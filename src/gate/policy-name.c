/*
 * policy-name: names that mean another file if the project is on a file system
 * that distinguishes fewer of them: ext4 with case folding, vfat, NTFS, CIFS,
 * or a colleague's checkout. Only ever makes things stricter.
 */
#include "config.h"

#include "gate/policy-int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "base/mem.h"

#define SHORT_STEM 6	/* letters before the "~" */
#define SHORT_EXT 3

char *
policy_name_fold(const char *path)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t rc;
	const char *p;

	for (p = path; *p != '\0' && (unsigned char)*p < 0x80; p++)
		;
	if (*p == '\0')
		return NULL;
	rc = utf8proc_map((const utf8proc_uint8_t *)path, 0, &out,
	    (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE |
	    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
	if (rc == UTF8PROC_ERROR_NOMEM)
		mem_out();
	if (rc < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

char *
policy_name_plain(const char *path)
{
	AUTO_FREE char *folded = policy_name_fold(path);
	const char *p = folded == NULL ? path : folded;
	AUTO_BUF struct buf b = BUF_INIT(0);

	while (*p != '\0') {
		size_t n = strcspn(p, "/\\"), keep = n;
		const char *colon = memchr(p, ':', n);

		if (colon != NULL && colon > p)
			keep = (size_t)(colon - p);
		while (keep > 0 && (p[keep - 1] == '.' || p[keep - 1] == ' '))
			keep--;
		buf_add(&b, p, keep == 0 ? n : keep);
		if (p[n] != '\0')
			buf_addc(&b, '/');
		p += n + (p[n] != '\0');
	}
	if (strcmp(buf_str(&b), path) == 0)
		return NULL;
	return buf_take(&b);
}

static bool
policy_part_is_short(const char *p, size_t n)
{
	const char *tilde = memchr(p, '~', n), *end = p + n, *q;

	if (tilde == NULL || tilde == p || tilde - p > SHORT_STEM)
		return false;
	for (q = tilde + 1; q < end && *q >= '0' && *q <= '9'; q++)
		;
	if (q == tilde + 1)
		return false;
	return q == end || (*q == '.' && end - q - 1 <= SHORT_EXT);
}

bool
policy_name_is_short(const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (policy_part_is_short(path, n))
			return true;
	}
	return false;
}

bool
policy_name_joins(const char *path, const char *own)
{
	size_t n = strlen(path), m = strlen(own);
	size_t less = n < m ? n : m;

	return strcmp(own, ".") == 0 || (strncasecmp(path, own, less) == 0 &&
	    (n == m || (n < m ? own : path)[less] == '/'));
}
