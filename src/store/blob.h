/*
 * blob: stores contents by hash in the session's objects.git (bare, no
 * alternates, libgit2). Our keys are the hex SHA-256 of the bytes; the store
 * maps them to git objects. A blob is fsynced before put returns, so a journal
 * line may refer to it.
 */
#ifndef ASSENT_STORE_BLOB_H
#define ASSENT_STORE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sha.h"

struct blob_store;

/* `dir` is the session folder; objects.git is created in it if missing. `look`:
 * to read only; makes and changes nothing. */
struct blob_store *blob_store_open(const char *dir, bool look, struct err *);
void	blob_store_free(struct blob_store *);
/* Make the store of the session folder `to` with the contents of that of `from`,
 * which may be in use; `commit` (or NULL) is the last one there. Nothing is
 * synced. */
int	blob_store_link(const char *from, const char *to, const char *commit,
	    struct err *);
AUTO_AT(blob_store_free, struct blob_store)
int	blob_put(struct blob_store *, const void *p, size_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);
/* A content of this size or less is read as a whole; a larger one passes through
 * the next two in pieces. */
#define BLOB_LARGE ((size_t)1 << 20)
/* The first n bytes of a file, which is read anew: 0, or 1 if it has fewer, or,
 * unless that is large, more. */
int	blob_put_file(struct blob_store *, int fd, int64_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);
/* Many puts, one sync: contents put in a batch are durable once its end has
 * returned 0, not before. Batches don't nest. */
int	blob_batch(struct blob_store *, bool begin, struct err *);
/* From now on some contents that are put or read stay in memory, where
 * blob_get, and blob_copy into a file, find them, and where blob_put and
 * blob_commit see that they are stored; until this is called with false. */
void	blob_keep(struct blob_store *, bool keep);
/* Append to out; verifies the hash. */
int	blob_get(struct blob_store *, const char *hex, struct buf *out,
	    struct err *);
/* Write the content to a file; -1: only verify it. If this returns -1 and *e is
 * set, the content is missing or damaged (errno EIO), and what was written must
 * not be used. If *e isn't set, errno says why the file can't be written. */
int	blob_copy(struct blob_store *, const char *hex, int fd, struct err *);
bool	blob_has(struct blob_store *, const char *hex);
#define BLOB_GIT_NAME 41
/* Git's name of a content that is there; zeros: of none (NULL). */
int	blob_git_name(struct blob_store *, const char *hex,
	    char name[BLOB_GIT_NAME], struct err *);
/* Is it known to have more than so many bytes? One that isn't there hasn't. */
bool	blob_is_over(struct blob_store *, const char *hex, size_t most);

/*
 * One commit for one applied change: a tree of `n` paths with their new
 * contents (hash NULL: deleted) on top of the last commit. id receives the hex
 * commit id (41 bytes).
 */
struct blob_entry {
	const char	*path;
	const char	*hash;	/* SHA-256 of a blob in the store, or NULL */
	unsigned	 mode;	/* 0100644, 0100755, 0120000 */
};
int	blob_commit(struct blob_store *, const struct blob_entry *, size_t n,
	    const char *message, char id[41], struct err *);

#endif
