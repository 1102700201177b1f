/*
 * blob-priv: what the files of the blob store share: blob.c (contents by hash),
 * blob-large.c (writing a large one) and blob-commit.c (the history of what was
 * applied); for these three only.
 */
#ifndef ASSENT_STORE_BLOB_PRIV_H
#define ASSENT_STORE_BLOB_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include <git2.h>

#include "store/blob.h"

#define BLOB_LARGE	((size_t)1 << 20)
#define BLOB_REF	"refs/heads/applied"

/* Up to so many contents of a batch are fsynced one by one; beyond, the whole
 * file system is, which costs the same however many they are. */
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
	bool		 fan[256];	/* folders that are known durable */
	bool		 rebuilt;	/* the objects were read once */
	/* Put since blob_batch_begin and not yet durable. */
	bool		 batch;
	size_t		 batch_len;
	git_oid		 batch_oids[BLOB_BATCH_EACH];
	bool		 batch_fan;	/* objects/ has a new folder */
};

/* ---- blob.c ---- */
/* The id of a key, by the map or, once, by reading all objects; or NULL. */
const struct blob_id *blob_find(struct blob_store *, const char *hex);

/* ---- blob-large.c ---- */
/* Durable when it returns 0, but for a new folder's entry. */
int	blob_write_large(struct blob_store *, git_oid *oid, const void *p,
	    size_t n, struct err *);

#endif
