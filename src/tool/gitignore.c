/*
 * gitignore: .gitignore files, one in another's folder. The innermost that has a
 * matching rule decides.
 */
#include "config.h"

#include "tool/gitignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/mem.h"

struct gitignore {
	const struct gitignore	*up;
	size_t			 base_n;	/* with its slash */
	struct glob_list	*globs;
};

struct gitignore *
gitignore_new(const struct gitignore *up, const char *base, const char *text,
    size_t n)
{
	struct gitignore *ig = xcalloc(1, sizeof(*ig));

	ig->up = up;
	ig->base_n = *base == '\0' ? 0 : strlen(base) + 1;
	ig->globs = glob_list_new(false);
	(void)glob_list_add_lines(ig->globs, text, n);
	return ig;
}

void
gitignore_free(struct gitignore *ig)
{
	if (ig == NULL)
		return;
	glob_list_free(ig->globs);
	free(ig);
}

bool
gitignore_match(const struct gitignore *ig, const char *path, bool is_dir)
{
	enum glob_verdict v = GLOB_NONE;

	for (; ig != NULL && v == GLOB_NONE; ig = ig->up)
		v = glob_list_match(ig->globs, path + ig->base_n, is_dir);
	return v == GLOB_YES;
}
