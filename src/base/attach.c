/* See attach.h. */

#include "config.h"

#include "base/attach.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/url.h"
#include "base/utf8.h"

#define ATTACH_ENDS	" \t\r\n\"'`<>()[]{}|"	/* a word without quotes */

char *
attach_word(const char *text, const char **p, bool *quoted)
{
	const char *s, *end;

	for (s = *p; (s = strchr(s, '@')) != NULL; s++) {
		if (s != text && strchr(" \t\n([{\"'`<,:=", s[-1]) == NULL)
			continue;
		*quoted = s[1] == '"';
		if (*quoted) {
			end = s + 2 + strcspn(s + 2, "\"\n");
			if (*end != '"')
				continue;
			*p = end + 1;
			return xmemdup(s + 2, (size_t)(end - s - 2));
		}
		end = s + 1 + strcspn(s + 1, ATTACH_ENDS);
		*p = end;
		if (end > s + 1)
			return xmemdup(s + 1, (size_t)(end - s - 1));
	}
	return NULL;
}

bool
attach_named_image(const char *path)
{
	static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".gif",
		".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif" };

	return fs_has_ending(path, ends, MEM_COUNT(ends));
}

/* The file's path without links, malloc'ed; NULL if it isn't a file. */
static char *
attach_file(const char *path)
{
	struct stat st;

	return path[0] != '/' || !attach_named_image(path) ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode) ? NULL :
	    fs_realpath(path);
}

char *
attach_outside(const char *word, const char *root, const char *home)
{
	AUTO_FREE char *path = word[0] == '~' && word[1] == '/' && home != NULL ?
	    fs_join(home, word + 2) : xstrdup(word);
	AUTO_FREE char *real = attach_file(path);
	size_t n = strlen(path);

	while (real == NULL && n > 0 && strchr(".,;:!?", path[n - 1]) != NULL) {
		path[--n] = '\0';
		real = attach_file(path);
	}
	return real == NULL || fs_is_below(path, root) ||
	    fs_is_below(real, root) ? NULL : xstrdup(real);
}

cJSON *
attach_outside_all(const char *text, const char *root, const char *home)
{
	const char *p = text;
	cJSON *list = NULL;
	bool quoted;
	char *word;

	while (root != NULL &&
	    (word = attach_word(text, &p, &quoted)) != NULL) {
		AUTO_FREE char *real = attach_outside(word, root, home);

		if (real != NULL && list == NULL)
			list = cJSON_CreateArray();
		if (real != NULL)
			cJSON_AddItemToArray(list, cJSON_CreateString(real));
		free(word);
	}
	return list;
}

char *
attach_question(const char *path)
{
	return xasprintf("Send %s, an image outside the project, to the model?",
	    path);
}

char *
attach_pasted(const char *p, size_t n)
{
	AUTO_FREE char *text = xmemdup(p, n), *whole = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *s = text;

	if (strlen(text) != n)
		return NULL;
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		text[--n] = '\0';
	whole = attach_file(text);
	while (*s != '\0') {
		AUTO_FREE char *word = whole != NULL ? xstrdup(text) :
		    shell_word(&s);
		AUTO_FREE char *url = url_file(word);
		const char *path = url == NULL ? word : url;
		AUTO_FREE char *real = attach_file(path);

		if (real == NULL || !utf8_is_line(path) ||
		    strchr(path, '"') != NULL)
			return NULL;
		buf_addf(&b, strpbrk(path, ATTACH_ENDS) == NULL ? "@%s " :
		    "@\"%s\" ", path);
		if (whole != NULL)
			break;
	}
	return b.len == 0 ? NULL : buf_take(&b);
}
