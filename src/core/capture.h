/*
 * capture: the output of a command, as a terminal would show it. Head and tail
 * go to the model, the whole to out/<sha256>; secrets are masked in both.
 */
#ifndef ASSENT_CORE_CAPTURE_H
#define ASSENT_CORE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct buf;
struct mask_list;

struct capture_result {
	char	*text;		/* UTF-8, malloc'ed, at most about cap bytes */
	size_t	 size;		/* of the whole output */
	bool	 kept;		/* the whole output is in out/ (text was cut) */
	char	 hash[SHA256_HEX_SIZE];
};

/* Append; what exceeds the buffer's maximum is dropped. */
void	capture_add(struct buf *, const char *p, size_t n);
/* Drop what a later part of its line was written over, after a carriage
 * return. */
void	capture_overwrite(struct buf *);
/*
 * Mask secrets, cut to cap bytes (tail_only: the last ones), and keep the whole
 * output in out_dir if it was cut (NULL: don't). -1 if it couldn't be kept; the
 * text is returned anyway.
 */
int	capture_end(const struct buf *, const char *out_dir,
	    const struct mask_list *, size_t cap, bool tail_only,
	    struct capture_result *, struct err *);
void	capture_result_release(struct capture_result *);

/* Write bytes to out_dir/<sha256>, fsynced; returns the hash in hex. */
int	capture_keep_out(const char *out_dir, const void *p, size_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);

#endif
