/* See secret.h. */
#include "config.h"

#include "base/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

/* Header before the text. */
struct secret_head {
	size_t	mapped;
};

char *
secret_new(const char *text, size_t n)
{
	size_t size = sizeof(struct secret_head) + n + 1;
	struct secret_head *h;
	char *p;

	h = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h == MAP_FAILED)
		mem_out();
	/* Best effort: depends on the kernel and the limits. */
	(void)mlock(h, size);
	(void)madvise(h, size, MADV_DONTDUMP);
	(void)madvise(h, size, MADV_WIPEONFORK);
	h->mapped = size;
	p = (char *)(h + 1);
	memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

char *
secret_dup(const char *text)
{
	return text == NULL ? NULL : secret_new(text, strlen(text));
}

void
secret_free(char *p)
{
	struct secret_head *h;
	size_t mapped;

	if (p == NULL)
		return;
	h = (struct secret_head *)(uintptr_t)(p - sizeof(*h));
	mapped = h->mapped;
	explicit_bzero(h, mapped);
	(void)munmap(h, mapped);
}

bool
secret_is_value(const char *name, const char *value)
{
	static const char *const says[] = { "auth", "cookie", "cred", "key",
		"pass", "secret", "token" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t i;

	for (i = 0; i < MEM_COUNT(says); i++)
		if (strcasestr(name, says[i]) != NULL)
			return true;
	/* "scheme://name:password@host" */
	if (strchr(value, '@') != NULL)
		return true;
	return strpbrk(value, letters) != NULL &&
	    strpbrk(value, "0123456789") != NULL &&
	    strpbrk(value, "/ ") == NULL;
}
