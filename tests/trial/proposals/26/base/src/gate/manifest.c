#include "config.h"

/* The id of the current boot, malloc'ed; NULL if the kernel doesn't say. */
static char *
manifest_boot_id(void)
{
	AUTO_BUF struct buf b = BUF_INIT(128);
	char *id = NULL;

	if (fs_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &b,
	    NULL) == 0)
		id = xmemdup(b.p, strcspn(buf_str(&b), "\n"));
	return id;
}

static int
manifest_parse(struct manifest *m, const struct buf *b, struct err *e)
{
	AUTO_JSON cJSON *o = json_parse(b->p, b->len, JSON_NUL_REFUSE, e);
	int64_t version = json_int(o, "version", 0);
	const cJSON *x;

	if (o == NULL)
		return -1;
	if (version != 1 && version != MANIFEST_VERSION) {
		err_set(e, "the staged copy was made by another version of "
		    "assent");
		return -1;
	}
	m->boot = xstrdup_null(json_str(o, "boot"));
	cJSON_ArrayForEach(x, json_array(o, "files")) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(x, "path", &n);
		struct manifest_entry *f;

	return 0;
}

