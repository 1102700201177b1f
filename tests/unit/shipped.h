/* shipped: a JSON file that we ship, by its path in the source tree. */
#ifndef ASSENT_TESTS_SHIPPED_H
#define ASSENT_TESTS_SHIPPED_H

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/json.h"
#include "tests/unit/unit.h"

/* The caller deletes. */
static inline cJSON *
shipped(const char *name)
{
	const char *src = getenv("srcdir");
	char *path = fs_join(src == NULL ? "." : src, name);
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	cJSON *o;

	if (fs_read_file(AT_FDCWD, path, &b, &e) < 0)
		fail_msg("%s", e.text);
	o = json_parse(b.p, b.len, JSON_NUL_REFUSE, &e);
	if (o == NULL)
		fail_msg("%s: %s", path, e.text);
	buf_release(&b);
	free(path);
	return o;
}

#endif
