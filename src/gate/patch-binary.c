#include "config.h"

#include "gate/patch-binary.h"

#include <string.h>

#include "store/gitlib.h"

#define PATCH_BINARY_HEAD "GIT binary patch\n"

/* The object's name as hex, zeros for no object. */
static int
patch_binary_name(char hex[GIT_OID_HEXSZ + 1], const struct buf *b)
{
	git_oid oid = { { 0 } };

	if (b != NULL && git_odb_hash(&oid, b->p, b->len,
	    GIT_OBJECT_BLOB) < 0)
		return -1;
	git_oid_tostr(hex, GIT_OID_HEXSZ + 1, &oid);
	return 0;
}

int
patch_binary_make(struct buf *out, const struct buf *before,
    const struct buf *after, struct err *e)
{
	char old[GIT_OID_HEXSZ + 1], new[GIT_OID_HEXSZ + 1];
	git_buf text = { 0 };
	git_diff_options opt;
	git_patch *patch = NULL;
	const char *body;
	int rc = -1;

	if (gitlib_init(e) < 0)
		return -1;
	git_diff_options_init(&opt, GIT_DIFF_OPTIONS_VERSION);
	opt.flags = GIT_DIFF_FORCE_BINARY | GIT_DIFF_SHOW_BINARY;
	if (git_patch_from_buffers(&patch,
	    before == NULL ? NULL : buf_str(before),
	    before == NULL ? 0 : before->len, "x",
	    after == NULL ? NULL : buf_str(after),
	    after == NULL ? 0 : after->len, "x", &opt) < 0 ||
	    git_patch_to_buf(&text, patch) < 0 ||
	    patch_binary_name(old, before) < 0 ||
	    patch_binary_name(new, after) < 0)
		(void)gitlib_error(e, "the patch of a binary file");
	else if ((body = strstr(text.ptr, "\n" PATCH_BINARY_HEAD)) == NULL)
		err_set(e, "libgit2 writes no binary patch");
	else {
		buf_addf(out, "index %s..%s", old, new);
		buf_adds(out, body);
		rc = 0;
	}
	git_buf_dispose(&text);
	git_patch_free(patch);
	gitlib_release();
	return rc;
}
