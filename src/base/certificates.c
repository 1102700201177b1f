#include "config.h"

#include "base/certificates.h"

#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

#define CERTIFICATES_BEGIN	"-----BEGIN CERTIFICATE-----"
#define CERTIFICATES_END	"-----END CERTIFICATE-----"
#define CERTIFICATES_IN		"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"

const char *const certificates_variables[CERTIFICATES_VARIABLES] = {
	"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE",
	"CURL_CA_BUNDLE", "GIT_SSL_CAINFO" };

int
certificates_read(const char *path, const char *root, struct buf *out,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(CERTIFICATES_MAX);
	AUTO_FREE char *real = fs_realpath(path);
	const char *p, *end;
	size_t had = out->len;

	if (real == NULL)
		return err_sys(e, "can't read %s", path);
	if (path[0] != '/' || (root != NULL && (fs_is_below(path, root) ||
	    fs_is_below(real, root))))
		return err_set(e, "%s is %s", path, path[0] != '/' ?
		    "no absolute path" : "in the project");
	if (fs_check_own(path, e) < 0)
		return -1;
	/* A regular file; the path is absolute. */
	if (fs_read_file(-1, real, &b, e) < 0)
		return -1;
	for (p = buf_str(&b); (p = strstr(p, CERTIFICATES_BEGIN)) != NULL;
	    p = end) {
		end = p + strlen(CERTIFICATES_BEGIN);
		end += strspn(end, CERTIFICATES_IN);
		if (strncmp(end, CERTIFICATES_END,
		    strlen(CERTIFICATES_END)) != 0)
			continue;
		buf_add(out, p, (size_t)(end - p));
		buf_adds(out, CERTIFICATES_END "\n");
	}
	return out->len > had ? 0 : err_set(e, "%s has no certificate", path);
}
