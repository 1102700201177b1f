/* The journal's files: chain, head, lock, torn and damaged lines. */
#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

SCRATCH_TEST(test_refused_fields)
{
	struct seen s = { .text = BUF_INIT(0) };
	struct err e = ERR_INIT;
	assert_int_equal(journal_verify(dir, NULL, NULL, NULL, &e), 0);
	j = journal_open(dir, false, seen_line, &s, NULL, &e);
	assert_non_null(j);
	journal_free(j);
	buf_release(&s.text);
	free(dir);
}

