/*
 * error: what a failed request means.  The formats speak of errors in nearly
 * the same way, and compatible servers mix them, so there is one mapping from
 * words, status and headers to a kind.
 */
#ifndef ASSENT_PROVIDER_ERROR_H
#define ASSENT_PROVIDER_ERROR_H

#include "provider/provider.h"

/* Fill in all members; the words are printf-like, repaired and cut. */
void	provider_error_set(struct provider_error *, enum provider_error_kind,
	    bool retry, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* From the JSON of an error body or of an error event; root may be NULL. */
void	provider_error_from_json(struct provider_error *, long status,
	    const char *headers, const cJSON *root);
/* From any body. */
void	provider_error_from_body(struct provider_error *, long status,
	    const char *headers, const char *body, size_t n);
/* Copy the value of a header into out; false if it is not there. */
bool	provider_header_get(const char *headers, const char *name, char *out,
	    size_t size);
/* ---- error-wait.c: how long the server wants us to wait, in ms; -1: it does
 * not say ---- */
int64_t	error_wait_header(const char *headers);
/* What a service tells of its limits beside an answer, where one is used up;
 * -1 if that is more than 2 minutes: most say when all of it is back, and some
 * of it is earlier. */
int64_t	error_wait_limits(const char *headers);
/* "Please try again in 1m2.5s": some put it nowhere else. */
int64_t	error_wait_words(const char *message);
/* google.rpc.RetryInfo among an error's details; NULL is fine. */
int64_t	error_wait_details(const cJSON *details);
/* Replace the key wherever it stands in the message. */
void	provider_error_mask(struct provider_error *, const char *key);

#endif
