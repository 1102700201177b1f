/*
 * scratch: a folder of its own for a test, and small files in it.  Include it
 * after cmocka; each function fails the test by itself.
 */
#ifndef ASSENT_TESTS_SCRATCH_H
#define ASSENT_TESTS_SCRATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

/* malloc'ed */
static inline char *
scratch_new(void)
{
	const char *base = getenv("TMPDIR");
	char *p = xasprintf("%s/assent-test-XXXXXX",
	    base != NULL && base[0] == '/' ? base : "/tmp");

	assert_non_null(mkdtemp(p));
	return p;
}

static inline void
scratch_free(char *dir)
{
	struct err e = ERR_INIT;

	if (fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		fail_msg("%s", e.text);
	free(dir);
}

/* For cmocka: the folder as a test's state. */
static inline int
scratch_setup(void **state)
{
	*state = scratch_new();
	return 0;
}

static inline int
scratch_teardown(void **state)
{
	scratch_free(*state);
	return 0;
}

#define SCRATCH_TEST(test) TEST_WITH(test, scratch_setup, scratch_teardown)

/* Write dir/path, with its parents. */
static inline void
scratch_put(const char *dir, const char *path, const char *text)
{
	struct err e = ERR_INIT;
	char *full = fs_join(dir, path), *slash;
	int fd;

	slash = strrchr(full, '/');
	*slash = '\0';
	if (fs_mkdirs(full, 0755, &e) < 0)
		fail_msg("%s", e.text);
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fail_msg("cannot write %s", full);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	close(fd);
	free(full);
}

/* The text of dir/path, malloc'ed; NULL if it doesn't exist. */
static inline char *
scratch_get(const char *dir, const char *path)
{
	struct buf b = BUF_INIT(0);
	char *full = fs_join(dir, path), *text = NULL;

	if (fs_read_file(AT_FDCWD, full, &b, NULL) == 0)
		text = buf_take(&b);
	buf_release(&b);
	free(full);
	return text;
}

#define assert_file(dir, path, want) do {				\
	char *got_ = scratch_get(dir, path);				\
	assert_non_null(got_);						\
	assert_string_equal(got_, want);				\
	free(got_);							\
} while (0)

#endif
