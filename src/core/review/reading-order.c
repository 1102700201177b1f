#include "config.h"

#include "core/review/reading-order.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold.h"

/* Folders that say that tests are in them, or in which one of tests has its
 * code elsewhere. */
static const char *const reading_folders[] = {
	"test", "tests", "testing", "__tests__", "spec", "specs", "src", "lib",
	"main", "unit", "e2e", "t",
};
/* What the name of a test has beside that of its code. */
static const char *const reading_before[] = {
	"test_", "test-", "tests_", "check_", "Test",
}, *const reading_after[] = {
	"_test", "-test", ".test", "_tests", "-tests", ".tests", "_spec",
	"-spec", ".spec", "Tests", "Test", "Spec", "IT",
};

struct reading_file {
	struct ev_proposed_file f;
	char		*key;
	size_t		 rank;		/* of its code, if it is a test */
	int		 noted;
	bool		 follows;
};

/* How much asks for a look: 2 comes first. */
static int
reading_noted(const struct ev_proposed_file *f, const struct fold *plan)
{
	if (f->adds_len > 0)
		return 2;
	MEM_EACH(f, weaker, it)
		if (it->counts)
			return 1;
	return f->protected != NULL || f->note != NULL || f->changed_on_disk ||
	    (plan != NULL && (!fold_plan_expects(plan, f->path_bytes) ||
	    !fold_plan_expects(plan, f->from_bytes)));
}

/* Cut what marks a test off the name of *n bytes, unless nothing is left. */
static const char *
reading_untested(const char *name, size_t *n)
{
	size_t i, len;

	for (i = 0; i < MEM_COUNT(reading_before); i++) {
		len = strlen(reading_before[i]);
		if (*n > len && memcmp(name, reading_before[i], len) == 0) {
			*n -= len;
			return name + len;
		}
	}
	for (i = 0; i < MEM_COUNT(reading_after); i++) {
		len = strlen(reading_after[i]);
		if (*n > len && memcmp(name + *n - len, reading_after[i],
		    len) == 0) {
			*n -= len;
			break;
		}
	}
	return name;
}

/* "foo.c//sub/" for src/sub/foo.c and for tests/sub/test_foo.c. malloc'ed. */
static char *
reading_key(const struct ev_proposed_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *name = basename(f->path_bytes), *dir, *next;
	const char *end = strrchr(name, '.');
	size_t n;

	end = end == NULL || end == name ? name + strlen(name) : end;
	n = (size_t)(end - name);
	if (f->judges)
		name = reading_untested(name, &n);
	buf_add(&b, name, n);
	buf_addf(&b, "%s//", end);
	for (dir = f->path_bytes; (next = strchr(dir, '/')) != NULL;
	    dir = next + 1) {
		AUTO_FREE char *folder = xmemdup(dir, (size_t)(next - dir));

		if (MEM_FIND(reading_folders, folder) == NULL)
			buf_addf(&b, "%s/", folder);
	}
	return buf_take(&b);
}

static int
reading_compare(const void *a, const void *b)
{
	const struct reading_file *x = a, *y = b;

	if (x->noted != y->noted)
		return y->noted - x->noted;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->follows != y->follows)
		return x->follows ? 1 : -1;
	return strcmp(x->f.path_bytes, y->f.path_bytes);
}

static int
reading_compare_keys(const void *a, const void *b)
{
	struct reading_file *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* The first of the sorted code files whose key begins with these n bytes. */
static const struct reading_file *
reading_find(struct reading_file *const *code, size_t len, const char *key,
    size_t n)
{
	size_t i = MEM_FIRST(len, k, strncmp(code[k]->key, key, n) >= 0);

	return i < len && strncmp(code[i]->key, key, n) == 0 ? code[i] : NULL;
}

/* Put the tests of a code file after it; a noted one only if that is, too. The
 * files are sorted. */
static void
reading_pair(struct reading_file *v, size_t n)
{
	AUTO_FREE struct reading_file **code = xcalloc(n + 1, sizeof(*code));
	const struct reading_file *found;
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		v[i].rank = i;
		v[i].key = reading_key(&v[i].f);
		if (!v[i].f.judges)
			code[len++] = &v[i];
	}
	qsort(code, len, sizeof(*code), reading_compare_keys);
	for (i = 0; i < n; i++) {
		const char *key = v[i].key;

		if (!v[i].f.judges)
			continue;
		found = reading_find(code, len, key, strlen(key) + 1);
		if (found == NULL)
			found = reading_find(code, len, key, (size_t)
			    (strstr(key, "//") + 2 - key));
		if (found == NULL || v[i].noted > found->noted)
			continue;
		v[i].noted = found->noted;
		v[i].rank = found->rank;
		v[i].follows = true;
	}
	for (i = 0; i < n; i++)
		free(v[i].key);
}

void
reading_order(struct ev_proposed_file *files, size_t n,
    const struct fold *plan)
{
	AUTO_FREE struct reading_file *v = xcalloc(n + 1, sizeof(*v));
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = (struct reading_file){ .f = files[i],
			.noted = reading_noted(&files[i], plan) };
	qsort(v, n, sizeof(*v), reading_compare);
	reading_pair(v, n);
	qsort(v, n, sizeof(*v), reading_compare);
	for (i = 0; i < n; i++)
		files[i] = v[i].f;
}
