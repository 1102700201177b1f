#include "config.h"

#include "journal/reading-order.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum reading_part {
	READING_FIRST, READING_CODE, READING_TEST, READING_DOC,
	READING_GENERATED,
};

/* Patterns with a space after each; "*" stands for any beginning. */
static const char reading_generated[] =
	"*.lock *.lockb *.lockfile *.min.js *.min.css *.js.map *.css.map "
	"*.pb.go *.pb.cc *.pb.h *_pb2.py *_pb2.pyi *.g.dart *.freezed.dart "
	"package-lock.json npm-shrinkwrap.json pnpm-lock.yaml go.sum "
	"packages.lock.json Package.resolved ";
static const char reading_docs[] =
	"*.md *.rst *.adoc *.org *.tex *.txt *.1 *.3 *.5 *.7 *.8 CHANGELOG "
	"NEWS README LICENSE COPYING AUTHORS ";
/* Text that a program reads. */
static const char reading_inputs[] = "CMakeLists.txt requirements.txt ";
/* Folders that say that tests are in them, or in which one of tests has its
 * code elsewhere. */
static const char reading_folders[] =
	"test tests testing __tests__ spec specs src lib main unit e2e t ";
/* What the name of a test has beside that of its code. */
static const char *const reading_before[] = {
	"test_", "test-", "tests_", "check_", "Test",
}, *const reading_after[] = {
	"_test", "-test", ".test", "_tests", "-tests", ".tests", "_spec",
	"-spec", ".spec", "Tests", "Test", "Spec", "IT",
};

/* Is the name of n bytes one of these? */
static bool
reading_matches(const char *patterns, const char *name, size_t n)
{
	const char *p, *next;
	size_t len;
	bool any;

	for (p = patterns; *p != '\0'; p = next) {
		next = strchr(p, ' ') + 1;
		any = *p == '*';
		p += any;
		len = (size_t)(next - p) - 1;
		if ((any ? n > len : n == len) &&
		    memcmp(name + n - len, p, len) == 0)
			return true;
	}
	return false;
}

bool
reading_is_generated(const char *path)
{
	const char *name = basename(path);

	return reading_matches(reading_generated, name, strlen(name));
}

static enum reading_part
reading_part(const struct reading_file *f)
{
	const char *name = basename(f->path);
	size_t n = strlen(name);

	return reading_matches(reading_generated, name, n) ? READING_GENERATED :
	    f->first ? READING_FIRST : f->test ? READING_TEST :
	    reading_matches(reading_docs, name, n) &&
	    !reading_matches(reading_inputs, name, n) ? READING_DOC :
	    READING_CODE;
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

/* "foo//sub/" for src/sub/foo.c and for tests/sub/test_foo.py. malloc'ed. */
static char *
reading_key(const struct reading_file *f)
{
	struct buf b = BUF_INIT(0);
	const char *name = basename(f->path), *dir, *next;
	const char *dot = strrchr(name, '.');
	size_t n = dot == NULL || dot == name ? strlen(name) :
	    (size_t)(dot - name);

	if (f->test)
		name = reading_untested(name, &n);
	for (; n > 0; n--, name++)
		buf_addc(&b, *name == '_' ? '-' : *name);
	buf_adds(&b, "//");
	for (dir = f->path; (next = strchr(dir, '/')) != NULL; dir = next + 1)
		if (!reading_matches(reading_folders, dir,
		    (size_t)(next - dir)))
			buf_add(&b, dir, (size_t)(next + 1 - dir));
	return buf_take(&b);
}

/* A file's places in the sorted lists; a test has those of its code. */
struct reading_at {
	struct reading_file *f;
	enum reading_part part;
	size_t		 rank;
	bool		 follows;	/* it is such a test */
	char		*key;
};

static int
reading_compare(const void *a, const void *b)
{
	const struct reading_at *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->follows != y->follows)
		return x->follows ? 1 : -1;
	if (x->f->lines != y->f->lines)
		return x->f->lines > y->f->lines ? -1 : 1;
	return (x->f > y->f) - (x->f < y->f);
}

static int
reading_compare_keys(const void *a, const void *b)
{
	const struct reading_at *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* The first of the sorted code files whose key begins with these n bytes. */
static const struct reading_at *
reading_find(struct reading_at *const *code, size_t len, const char *key,
    size_t n)
{
	size_t low = 0, high = len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strncmp(code[mid]->key, key, n) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < len && strncmp(code[low]->key, key, n) == 0 ? code[low] :
	    NULL;
}

/* Put the tests of a code file after it. The files are sorted. */
static void
reading_pair(struct reading_at *v, size_t n)
{
	AUTO_FREE struct reading_at **code = xcalloc(n + 1, sizeof(*code));
	const struct reading_at *found;
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		v[i].rank = i;
		v[i].key = reading_key(v[i].f);
		if (v[i].part <= READING_CODE && !v[i].f->test)
			code[len++] = &v[i];
	}
	qsort(code, len, sizeof(*code), reading_compare_keys);
	for (i = 0; i < n; i++) {
		if (v[i].part != READING_TEST)
			continue;
		found = reading_find(code, len, v[i].key,
		    strlen(v[i].key) + 1);
		if (found == NULL)
			found = reading_find(code, len, v[i].key, (size_t)
			    (strstr(v[i].key, "//") + 2 - v[i].key));
		if (found == NULL)
			continue;
		v[i].part = found->part;
		v[i].rank = found->rank;
		v[i].follows = true;
	}
	for (i = 0; i < n; i++)
		free(v[i].key);
}

static int
reading_compare_was(const void *a, const void *b)
{
	const struct reading_at *x = a, *y = b;

	if (x->f->was != y->f->was)
		return x->f->was < y->f->was ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

void
reading_order(struct reading_file *files, size_t n)
{
	AUTO_FREE struct reading_at *v = xcalloc(n + 1, sizeof(*v));
	size_t i, was = 0;

	for (i = 0; i < n; i++)
		v[i] = (struct reading_at){ .f = &files[i],
			.part = reading_part(&files[i]) };
	qsort(v, n, sizeof(*v), reading_compare);
	reading_pair(v, n);
	qsort(v, n, sizeof(*v), reading_compare);
	/* A new file has the old place of the one before it. */
	for (i = 0; i < n; i++) {
		v[i].rank = v[i].f->was > 0 ? 0 : i + 1;
		if (v[i].f->was == 0)
			v[i].f->was = was;
		was = v[i].f->was;
	}
	qsort(v, n, sizeof(*v), reading_compare_was);
	for (i = 0; i < n; i++)
		v[i].f->place = i;
}
