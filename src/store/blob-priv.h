/*
 * blob-priv: shared by the three files of the blob store: blob.c (contents by
 * hash), blob-large.c (writing large ones) and blob-commit.c (history of
 * applied changes).
 */
#ifndef ASSENT_STORE_BLOB_PRIV_H
#define ASSENT_STORE_BLOB_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include <git2.h>

#include "store/blob.h"

#define BLOB_LARGE	((size_t)1 << 20)
#define BLOB_REF	"refs/heads/applied"

/* Above this many contents in a batch, sync the whole file system instead of
 * each file: that cost doesn't grow with their number. */
#define BLOB_BATCH_EACH 16

struct blob_id {
	char	hex[SHA256_HEX_SIZE];
	git_oid	oid;
};

struct blob_store {
	git_repository	*repo;
	git_odb		*odb;		/* also the repository's */
	git_odb		*lazy;		/* the same without fsync: for batches */
	git_index	*index;		/* of the last commit, NULL until needed */
	void		*ids;		/* tsearch tree of struct blob_id */
	int		 map_fd;
	int		 objects_fd;
	bool		 fan[256];	/* folders known to be durable */
	bool		 rebuilt;	/* all objects were read once */
	/* Stored since blob_batch_begin, not yet durable. */
	bool		 batch;
	size_t		 batch_len;
	git_oid		 batch_oids[BLOB_BATCH_EACH];
	bool		 batch_fan;	/* objects/ has a new folder */
};

/* ---- blob.c ---- */
/* The git id for a key: from the map, or by reading all objects once; NULL if
 * there is none. */
const struct blob_id *blob_find(struct blob_store *, const char *hex);

/* ---- blob-large.c ---- */
/* Durable when it returns 0, except for the directory entry of a new folder. */
int	blob_write_large(struct blob_store *, git_oid *oid, const void *p,
	    size_t n, struct err *);

#endif
