/*
 * capture: what a command printed.  Head and tail for the model, the whole in
 * out/<sha256>, secrets masked in both.
 */
#ifndef ASSENT_CORE_CALL_CAPTURE_H
#define ASSENT_CORE_CALL_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct mask_list;

struct capture;

struct capture_result {
	char	*text;		/* UTF-8, malloc'ed, at most about cap bytes */
	size_t	 size;		/* of the whole */
	bool	 kept;		/* the whole is in out/ (text was cut) */
	char	 hash[SHA256_HEX_SIZE];
};

/* max: bytes kept at all; cap: bytes of text given back. */
struct capture *capture_new(size_t max);
void	capture_free(struct capture *);
void	capture_add(struct capture *, const char *p, size_t n);
const char *capture_bytes(const struct capture *, size_t *n);
/*
 * Mask, cut to cap bytes (tail_only: the last ones), keep the whole in out_dir
 * if it was cut (NULL: nowhere). -1 if it could not be kept; the text is given all the same.
 */
int	capture_end(struct capture *, const char *out_dir,
	    const struct mask_list *, size_t cap, bool tail_only,
	    struct capture_result *, struct err *);
void	capture_result_release(struct capture_result *);

/* Write bytes to out_dir/<sha256>, fsynced; the hash in hex. */
int	capture_keep_out(const char *out_dir, const void *p, size_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);

#endif
