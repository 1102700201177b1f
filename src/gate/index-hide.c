/*
 * Writes version 3 of gitformat-index(5), without extensions: libgit2 writes an
 * index only to the file it was read from.
 */
#include "config.h"

#include "gate/index-hide.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <git2.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sha1.h"

#define INDEX_FIXED	64	/* bytes of an entry before its path, with the
				   extended flags */

static void
index_add_32(struct buf *out, uint32_t v)
{
	v = htonl(v);
	(void)buf_add(out, &v, sizeof(v));
}

static void
index_add_16(struct buf *out, unsigned v)
{
	uint16_t be = htons((uint16_t)v);

	(void)buf_add(out, &be, sizeof(be));
}

static void
index_add_entry(struct buf *out, const git_index_entry *e, bool hidden,
    int64_t time)
{
	static const char zeroes[8];
	size_t n = strlen(e->path);
	unsigned more = (e->flags_extended & GIT_INDEX_ENTRY_EXTENDED_FLAGS) |
	    (hidden ? GIT_INDEX_ENTRY_SKIP_WORKTREE : 0u);
	unsigned flags = (e->flags & (GIT_INDEX_ENTRY_STAGEMASK |
	    GIT_INDEX_ENTRY_VALID)) | (more != 0 ? GIT_INDEX_ENTRY_EXTENDED :
	    0u);
	size_t fixed = more != 0 ? INDEX_FIXED : INDEX_FIXED - 2;

	index_add_32(out, (uint32_t)e->ctime.seconds);
	index_add_32(out, e->ctime.nanoseconds);
	index_add_32(out, (uint32_t)e->mtime.seconds);
	index_add_32(out, e->mtime.nanoseconds);
	index_add_32(out, e->dev);
	index_add_32(out, e->ino);
	index_add_32(out, e->mode);
	index_add_32(out, e->uid);
	index_add_32(out, e->gid);
	/* As git does: a size of 0 means that the times don't say whether the
	 * file was changed. */
	index_add_32(out, e->mtime.seconds >= time ? 0 : e->file_size);
	(void)buf_add(out, e->id.id, GIT_OID_RAWSZ);
	index_add_16(out, flags | (n < GIT_INDEX_ENTRY_NAMEMASK ?
	    (unsigned)n : GIT_INDEX_ENTRY_NAMEMASK));
	if (more != 0)
		index_add_16(out, more);
	(void)buf_add(out, e->path, n);
	(void)buf_add(out, zeroes, 8 - (fixed + n) % 8);
}

/* Which entries are these paths; NULL: none. */
static bool *
index_find(git_index *index, const char *prefix, const char *const *paths)
{
	bool *hidden = NULL;
	size_t at;

	for (; *paths != NULL; paths++) {
		AUTO_FREE char *full = xasprintf("%s%s", prefix, *paths);

		if (git_index_find(&at, index, full) != 0 ||
		    GIT_INDEX_ENTRY_STAGE(git_index_get_byindex(index, at)) !=
		    0)
			continue;
		if (hidden == NULL)
			hidden = xcalloc(git_index_entrycount(index),
			    sizeof(*hidden));
		hidden[at] = true;
	}
	return hidden;
}

bool
index_hide(git_index *index, const char *prefix, const char *const *paths,
    int64_t time, struct buf *out)
{
	AUTO_FREE bool *hidden = index_find(index, prefix, paths);
	size_t n = git_index_entrycount(index), i, at = out->len;
	const git_index_entry *e, *last = NULL;
	unsigned char sum[SHA1_SIZE];

	if (hidden == NULL)
		return false;
	(void)buf_add(out, "DIRC", 4);
	index_add_32(out, 3);
	index_add_32(out, (uint32_t)n);
	for (i = 0; i < n; i++, last = e) {
		e = git_index_get_byindex(index, i);
		/* With core.ignorecase libgit2 sorts them in another way. */
		if (out->full || (last != NULL && strcmp(last->path,
		    e->path) > 0))
			return false;
		index_add_entry(out, e, hidden[i], time);
	}
	sha1_bytes(out->p + at, out->len - at, sum);
	(void)buf_add(out, sum, sizeof(sum));
	return !out->full;
}
