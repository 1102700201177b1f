#include "config.h"

#include "base/sha1.h"

#include <openssl/evp.h>

#include "base/mem.h"

void
sha1_bytes(const void *p, size_t n, unsigned char sum[SHA1_SIZE])
{
	if (EVP_Digest(p, n, sum, NULL, EVP_sha1(), NULL) != 1)
		mem_out();
}
