#include "config.h"

#include "base/sha.h"

#include <stddef.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

static void *
sha256_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return xrealloc(p, n);
}

static void *
sha256_malloc(size_t n, const char *file, int line)
{
	return sha256_realloc(NULL, n, file, line);
}

static void
sha256_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* For all of libcrypto, including curl's TLS; call before its first
 * allocation. */
static void __attribute__((constructor))
sha256_init(void)
{
	(void)CRYPTO_set_mem_functions(sha256_malloc, sha256_realloc,
	    sha256_free);
}

struct sha256 *
sha256_new(void)
{
	/* EVP_sha256() would look for an implementation each time. */
	static EVP_MD *md;
	struct sha256 *h = xcalloc(1, sizeof(*h));

	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (md == NULL || h->ctx == NULL ||
	    EVP_DigestInit_ex(h->ctx, md, NULL) != 1)
		mem_out();
	return h;
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void
sha256_end_free(struct sha256 *h, char hex[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0, i;

	if (EVP_DigestFinal_ex(h->ctx, md, &len) != 1 || len != 32)
		abort();
	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[2 * len] = '\0';
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void
sha256_hex(const void *p, size_t n, char hex[SHA256_HEX_SIZE])
{
	struct sha256 *h = sha256_new();

	sha256_add(h, p, n);
	sha256_end_free(h, hex);
}
