#include "config.h"

#include "base/sha.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The SHA256_Init family needs neither a provider nor openssl.cnf. Finding an
 * EVP digest by name would take 0.7 ms at each start. */
#define OPENSSL_API_COMPAT 10101
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/mem.h"

struct sha256 {
	SHA256_CTX	 ctx;
};

static void *
sha256_realloc(void *p, size_t n, const char *file UNUSED, int line UNUSED)
{
	return xrealloc(p, n);
}

static void *
sha256_malloc(size_t n, const char *file, int line)
{
	return sha256_realloc(NULL, n, file, line);
}

static void
sha256_free(void *p, const char *file UNUSED, int line UNUSED)
{
	free(p);
}

/* Set memory functions for all of libcrypto, including curl's TLS; call before
 * its first allocation. */
static void __attribute__((constructor))
sha256_init(void)
{
	(void)CRYPTO_set_mem_functions(sha256_malloc, sha256_realloc,
	    sha256_free);
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *h = xcalloc(1, sizeof(*h));

	(void)SHA256_Init(&h->ctx);
	return h;
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	(void)SHA256_Update(&h->ctx, p, n);
}

void
sha256_end_free(struct sha256 *h, char hex[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[SHA256_DIGEST_LENGTH];
	unsigned i;

	(void)SHA256_Final(md, &h->ctx);
	for (i = 0; i < sizeof(md); i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[2 * sizeof(md)] = '\0';
	free(h);
}

void
sha256_hex(const void *p, size_t n, char hex[SHA256_HEX_SIZE])
{
	struct sha256 *h = sha256_new();

	sha256_add(h, p, n);
	sha256_end_free(h, hex);
}

int64_t
sha256_fd(int fd, int64_t size, char hex[SHA256_HEX_SIZE])
{
	struct sha256 *h = sha256_new();
	char chunk[65536];
	int64_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		sha256_add(h, chunk, (size_t)n);
		at += n;
		/* Fewer than asked for: the end, if it is where it should be. */
		if (at == size && (size_t)n < sizeof(chunk))
			break;
	}
	sha256_end_free(h, hex);
	return n < 0 ? -1 : at;
}

struct sha1 {
	SHA_CTX	 ctx;
};

struct sha1 *
sha1_new(void)
{
	struct sha1 *h = xcalloc(1, sizeof(*h));

	(void)SHA1_Init(&h->ctx);
	return h;
}

void
sha1_add(struct sha1 *h, const void *p, size_t n)
{
	(void)SHA1_Update(&h->ctx, p, n);
}

void
sha1_end_free(struct sha1 *h, unsigned char md[SHA1_SIZE])
{
	(void)SHA1_Final(md, &h->ctx);
	free(h);
}
