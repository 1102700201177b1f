/* All staged changes as one hash, to detect whether a command has changed
 * any. */
#include "config.h"

#include "gate/stage.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

static void
sum_add(struct sha256 *h, const char *path, const char *hash,
    const int64_t *numbers, size_t n)
{
	sha256_add(h, path, strlen(path) + 1);
	sha256_add(h, hash, strlen(hash) + 1);
	sha256_add(h, numbers, n * sizeof(*numbers));
}

/* A build product's content isn't read. */
static void
sum_ignored(struct sha256 *h, const struct stage *s, const char *path)
{
	int64_t numbers[4] = { 0 };
	struct stat st;

	if (fstatat(stage_view_fd(s), path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		numbers[0] = st.st_mtim.tv_sec;
		numbers[1] = st.st_mtim.tv_nsec;
		numbers[2] = st.st_size;
		numbers[3] = (int64_t)st.st_ino;
	}
	sum_add(h, path, "", numbers, MEM_COUNT(numbers));
}

int
stage_digest(struct stage *s, char hex[SHA256_HEX_SIZE], struct err *e)
{
	struct stage_scan scan;
	struct sha256 *h;
	int64_t rest[2];
	size_t i;

	if (stage_scan(s, &scan, e) < 0)
		return -1;
	h = sha256_new();
	for (i = 0; i < scan.changes_len; i++) {
		const struct stage_side *after = &scan.changes[i].after;
		const int64_t numbers[] = { after->exists, after->mode };

		sum_add(h, scan.changes[i].path, after->exists ? after->hash :
		    "", numbers, MEM_COUNT(numbers));
	}
	for (i = 0; i < scan.refused_len; i++)
		sum_add(h, scan.refused[i].path, scan.refused[i].why, NULL, 0);
	for (i = 0; i < scan.ignored_len; i++)
		sum_ignored(h, s, scan.ignored[i]);
	rest[0] = (int64_t)(scan.ignored_all - scan.ignored_len);
	rest[1] = (int64_t)scan.ignored_mix;
	sum_add(h, "", "", rest, MEM_COUNT(rest));
	sha256_end_free(h, hex);
	stage_scan_release(&scan);
	return 0;
}
