/*
 * error: what a failed request means. The formats report errors in nearly the
 * same way, and compatible servers mix them, so one table maps words, status
 * and headers to a kind.
 */
#ifndef ASSENT_PROVIDER_ERROR_H
#define ASSENT_PROVIDER_ERROR_H

#include "provider/provider.h"

/* Fill in all members; the message is printf-like, repaired and truncated. */
void	provider_error_set(struct provider_error *, enum provider_error_kind,
	    bool retry, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* From the JSON of an error body or error event; root may be NULL. */
void	provider_error_from_json(struct provider_error *, long status,
	    const char *headers, const cJSON *root);
/* From any body. */
void	provider_error_from_body(struct provider_error *, long status,
	    const char *headers, const char *body, size_t n);
/* Copy a header's value to out; false if it is missing. */
bool	provider_header_get(const char *headers, const char *name, char *out,
	    size_t size);
/* Mask the key wherever it occurs in the message. */
void	provider_error_mask(struct provider_error *, const char *key);
/* The same with the secret values of header lines, each with its NUL; NULL is
 * fine. */
void	provider_error_mask_lines(struct provider_error *, const struct buf *);

#endif
