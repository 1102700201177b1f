/*
 * sha: libcrypto's SHA-256 as 64 hex digits, and SHA-1 for git's names. Linked by
 * the core only.
 */
#ifndef ASSENT_BASE_SHA_H
#define ASSENT_BASE_SHA_H

#include <stddef.h>
#include <stdint.h>

struct sha256;

#define SHA256_HEX_SIZE 65

struct sha256 *sha256_new(void);
void	sha256_add(struct sha256 *, const void *, size_t);
/* Writes the digest and frees. */
void	sha256_end_free(struct sha256 *, char hex[SHA256_HEX_SIZE]);

void	sha256_hex(const void *p, size_t n, char hex[SHA256_HEX_SIZE]);
/* Hash a whole regular file, which should have this size (-1: unknown); returns
 * the one that it has, or -1 with errno. */
int64_t	sha256_fd(int fd, int64_t size, char hex[SHA256_HEX_SIZE]);

#define SHA1_SIZE 20

struct sha1;

struct sha1 *sha1_new(void);
void	sha1_add(struct sha1 *, const void *, size_t);
/* Writes the digest and frees. */
void	sha1_end_free(struct sha1 *, unsigned char md[SHA1_SIZE]);

#endif
