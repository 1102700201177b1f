/*
 * output-file: an output in a file of the session's folder as it comes: of a
 * background command, or one that is too long for the model. It is masked, line by
 * line, and no more than there is room for outputs. At its end it is one of out/ as
 * well. A core that dies loses the line that had no end.
 */
#ifndef ASSENT_CORE_OUTPUT_FILE_H
#define ASSENT_CORE_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sha.h"
#include "journal/event.h"

struct core;
struct mask_list;

struct output_file {
	struct core	*core;
	char		*path;
	int		 fd;		/* -1: no more is kept */
	int64_t		 size, room;	/* bytes in it; more that may be */
	struct buf	 rest;		/* not in it yet */
	struct sha256	*sha;		/* of what is in it; NULL: an earlier
					   core began it */
	char		 hash[SHA256_HEX_SIZE];
	struct ev_kept_output kept;	/* after output_file_end */
};

/* Prepare the file output-ID. `begins`: it is new; otherwise an earlier core has
 * left it. */
void	output_file_init(struct output_file *, struct core *, const char *id,
	    bool begins);
/* Release the struct; no file is removed. */
void	output_file_release(struct output_file *);
void	output_file_add(struct output_file *, const char *p, size_t n);
/* What is masked already, instead. */
void	output_file_write(struct output_file *, const char *p, size_t n);
/* All of it is here: in out/, and durable; NULL if there is none. */
struct ev_kept_output *output_file_end(struct output_file *);
/* Where a text can be cut: no secret goes on there, if that is known of a place in
 * its second half; else its end. And drop what is before such a place. */
size_t	output_file_place(const struct buf *, const struct mask_list *);
void	output_file_cut(struct buf *, size_t n);
/* What out/ has doesn't need it. */
void	output_file_remove(struct output_file *);

#endif
