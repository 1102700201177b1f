/* sha1: libcrypto's SHA-1, for a file of git's. Linked by the core only. */
#ifndef ASSENT_BASE_SHA1_H
#define ASSENT_BASE_SHA1_H

#include <stddef.h>

#define SHA1_SIZE 20

void	sha1_bytes(const void *p, size_t n, unsigned char sum[SHA1_SIZE]);

#endif
