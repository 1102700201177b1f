/*
 * The head of a client's HTTP request: however it is cut, it ends at the same
 * place; what is sent on is a head of its own, whatever came in, and to be read
 * in one way.
 *
 * Input: the head.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "net/head.h"

static void
check_request(const struct net_head *h, bool origin)
{
	const char *p = buf_str(&h->request), *hosts;
	size_t n = h->request.len, seen = 0;
	struct net_head again;

	FUZZ_CHECK(strlen(p) == n);
	FUZZ_CHECK(net_head_find(p, n, &seen) == (int64_t)n);
	hosts = strstr(p, "\r\nHost: ");
	FUZZ_CHECK(origin ? hosts == NULL : hosts != NULL &&
	    strstr(hosts + 1, "\r\nHost: ") == NULL);
	/* Not what a proxy is sent: a path alone. Nor has it a Host. */
	FUZZ_CHECK(net_head_parse(&again, p, n, origin, NULL) == 400);
	net_head_release(&again);
	FUZZ_CHECK((strstr(p, "\r\nTransfer-Encoding: chunked\r\n") != NULL) ==
	    (h->body < 0));
	FUZZ_CHECK(strcasestr(p, "\r\nProxy-") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *p = (const char *)bytes;
	size_t seen = 0, in_pieces = 0, n;
	int64_t len = net_head_find(p, size, &seen), cut = 0;
	AUTO_BUF struct buf named = BUF_INIT(0);
	struct net_authority to;
	struct net_head h;
	int status;

	for (n = 0; n <= size && cut == 0; n++)
		cut = net_head_find(p, n, &in_pieces);
	FUZZ_CHECK(cut == len);
	if (len <= 0)
		return 0;
	status = net_head_parse(&h, p, (size_t)len, true, NULL);
	FUZZ_CHECK(status == 0 || (status >= 400 && status < 600));
	FUZZ_CHECK(h.to.host[0] == '\0' && !h.tunnel);
	if (status == 0)
		check_request(&h, true);
	net_head_release(&h);
	status = net_head_parse(&h, p, (size_t)len, false, NULL);
	FUZZ_CHECK(status == 0 || (status >= 400 && status < 600));
	if (status == 0) {
		net_authority_add(&h.to, &named, 0);
		FUZZ_CHECK(net_authority_parse(&to, named.p, named.len,
		    0) == 0);
		FUZZ_CHECK(strcmp(to.host, h.to.host) == 0);
		FUZZ_CHECK(h.to.port >= 1 && h.to.port <= 65535);
		if (h.tunnel)
			FUZZ_CHECK(h.request.len == 0);
		else
			check_request(&h, false);
	}
	net_head_release(&h);
	return 0;
}
