#include "config.h"

#include "base/mem.h"
#include "net/head.h"
#include "tests/unit/unit.h"

#define GET "GET http://a.example/x HTTP/1.1\r\n"
#define POST "POST http://a.example/x HTTP/1.1\r\n"
#define SENT "GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"
#define POSTED "POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"

/* One head, in a piece of memory of its size; its status, 0 if it is good, -1 if
 * its bytes are refused, -2 if it has no end. */
static int
parse_for(struct net_head *h, bool origin, const char *text, size_t n)
{
	char *copy = malloc(n);
	size_t seen = 0, i;
	int64_t len = 0;
	int status;

	assert_non_null(copy);
	memcpy(copy, text, n);
	/* It makes no difference in which pieces it comes. */
	for (i = 1; i <= n && len == 0; i++)
		len = net_head_find(copy, i, &seen);
	seen = 0;
	assert_int_equal(net_head_find(copy, n, &seen), len);
	memset(h, 0, sizeof(*h));
	status = len < 0 ? -1 : len == 0 ? -2 :
	    net_head_parse(h, copy, (size_t)len, origin, NULL);
	free(copy);
	return status;
}

static int
parse(struct net_head *h, const char *text, size_t n)
{
	return parse_for(h, false, text, n);
}

TEST(test_what_is_sent_on)
{
	static const struct {
		const char	*in, *out;
		int64_t		 body;
	} cases[] = {
		{ GET "\r\n", SENT "\r\n", 0 },
		{ GET "Host: b.example\r\n\r\n", SENT "\r\n", 0 },
		{ "GET HTTP://A.Example.:8080 HTTP/1.0\r\n\r\n",
		    "GET / HTTP/1.0\r\nHost: a.example:8080\r\n"
		    "Connection: close\r\n\r\n", 0 },
		{ "GET http://[FD00::1]?q=http://b/ HTTP/1.1\r\n\r\n",
		    "GET /?q=http://b/ HTTP/1.1\r\nHost: [fd00::1]\r\n"
		    "Connection: close\r\n\r\n", 0 },
		{ GET "X:  a\tb \r\nAccept:\r\nUser-Agent: \xc3\xbc\r\n\r\n",
		    SENT "X: a\tb\r\nAccept: \r\nUser-Agent: \xc3\xbc\r\n\r\n",
		    0 },
		{ GET "Proxy-Authorization: Basic eDp5\r\nproxy-x: 1\r\n"
		    "Proxy-Connection: keep-alive\r\nTE: trailers\r\n"
		    "Keep-Alive: timeout=5\r\nUpgrade: h2c\r\n\r\n",
		    SENT "\r\n", 0 },
		{ GET "Connection: keep-alive, x-hop\r\nX-Hop: 1\r\n"
		    "X-Hop2: 2\r\nCONNECTION: X-Third ,\r\nx-third: 3\r\n\r\n",
		    SENT "X-Hop2: 2\r\n\r\n", 0 },
		{ POST "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n",
		    POSTED "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n",
		    12 },
		{ POST "Transfer-Encoding: Chunked\r\n\r\n",
		    POSTED "Transfer-Encoding: chunked\r\n\r\n", -1 },
	};
	struct net_head h;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int status = parse(&h, cases[i].in, strlen(cases[i].in));

		if (status != 0 || strcmp(buf_str(&h.request),
		    cases[i].out) != 0 || h.body != cases[i].body || h.tunnel)
			fail_msg("%s: %d\n%s", cases[i].in, status,
			    buf_str(&h.request));
		net_head_release(&h);
	}
}

/* Requests that could be read in two ways, or aren't requests. */
TEST(test_what_is_refused)
{
#define CASE(text, status) { text, sizeof(text) - 1, status }
	static const struct {
		const char	*in;
		size_t		 n;
		int		 status;
	} cases[] = {
		CASE(GET, -2), CASE(GET "A: b\r\n", -2), CASE(GET "\n", -1),
		CASE("GET http://a/ HTTP/1.1\n\n", -1),
		CASE(GET "A: b\n\r\n", -1), CASE(GET "A: b\rc\r\n\r\n", -1),
		CASE(GET "A: b\r\r\n\r\n", -1), CASE(GET "A: b\0c\r\n\r\n", -1),
		CASE(GET "A: b\x7f\r\n\r\n", -1), CASE(GET "A: \x1b[m\r\n\r\n",
		    -1),
		CASE("\r\n" GET "\r\n", 400), CASE("\r\n\r\n", 400),
		CASE(GET " A: b\r\n\r\n", 400), CASE(GET "A: b\r\n c\r\n\r\n",
		    400), CASE(GET "A: b\r\n\tc\r\n\r\n", 400),
		CASE(GET "A : b\r\n\r\n", 400), CASE(GET "A\t: b\r\n\r\n", 400),
		CASE(GET ": b\r\n\r\n", 400), CASE(GET "A\r\n\r\n", 400),
		CASE(GET "A\x80: b\r\n\r\n", 400),
		CASE(GET "Transfer-Encoding : chunked\r\n\r\n", 400),
		CASE(GET "Host: a\r\nHost: a\r\n\r\n", 400),
		CASE(POST "Content-Length: 1\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n", 400),
		CASE(POST "Transfer-Encoding: chunked\r\nContent-Length: 1"
		    "\r\n\r\n", 400),
		CASE(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
		    400), CASE(POST "Content-Length: 1\r\nA: b\r\n"
		    "content-length: 1\r\n\r\n", 400),
		CASE(POST "Content-Length: 1, 1\r\n\r\n", 400),
		CASE(POST "Content-Length: +1\r\n\r\n", 400),
		CASE(POST "Content-Length: 0x1\r\n\r\n", 400),
		CASE(POST "Content-Length: 1 1\r\n\r\n", 400),
		CASE(POST "Content-Length:\r\n\r\n", 400),
		CASE(POST "Content-Length: -1\r\n\r\n", 400),
		CASE(POST "Content-Length: 1111111111111111111\r\n\r\n", 400),
		CASE(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
		CASE(POST "Transfer-Encoding: identity\r\n\r\n", 400),
		CASE(POST "Transfer-Encoding: xchunked\r\n\r\n", 400),
		CASE(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n", 400),
		CASE("POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n", 400),
		CASE(POST "Content-Length: 1\r\nConnection: content-length"
		    "\r\n\r\n", 400),
		CASE(POST "Connection: a,Transfer-Encoding\r\n\r\n", 400),
		CASE(GET "Proxy-Connection: host\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
		CASE("GET https://a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET ftp://a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http:/a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http:///x HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://u@a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://u:p@a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a#b HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a\\b/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://127.1/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a/\x80 HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a/\t HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a/ x HTTP/1.1\r\n\r\n", 505),
		CASE("GET  http://a/ HTTP/1.1\r\n\r\n", 400),
		CASE("GET http://a/  HTTP/1.1\r\n\r\n", 505),
		CASE("GET http://a/ HTTP/1.1 \r\n\r\n", 505),
		CASE("GET http://a/\r\n\r\n", 505),
		CASE("GET http://a/ HTTP/2.0\r\n\r\n", 505),
		CASE("GET http://a/ http/1.1\r\n\r\n", 505),
		CASE("GET\r\n\r\n", 400),
		CASE("Get http://a/ HTTP/1.1\r\n\r\n", 501),
		CASE("TRACE http://a/ HTTP/1.1\r\n\r\n", 501),
		CASE("G(T http://a/ HTTP/1.1\r\n\r\n", 400),
		CASE("connect a:1 HTTP/1.1\r\n\r\n", 501),
		CASE("CONNECT a HTTP/1.1\r\n\r\n", 400),
		CASE("CONNECT http://a:1 HTTP/1.1\r\n\r\n", 400),
		CASE("CONNECT a:1/ HTTP/1.1\r\n\r\n", 400),
		CASE("CONNECT ::1:80 HTTP/1.1\r\n\r\n", 400),
	};
	struct net_head h;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int status = parse(&h, cases[i].in, cases[i].n);

		if (status != cases[i].status)
			fail_msg("%s: %d", cases[i].in, status);
		net_head_release(&h);
	}
}

/* What an origin server is asked: the same, without the proxy's. */
TEST(test_origin)
{
#define OWN "POST /x?y HTTP/1.1\r\nHost: a\r\n"
	static const struct {
		const char	*in;
		int		 status;
		const char	*out;
		int64_t		 body;
	} cases[] = {
		{ OWN "\r\n", 0, "POST /x?y HTTP/1.1\r\n\r\n", 0 },
		{ OWN "Connection: close, X\r\nX: 1\r\nY: 2\r\nTE: a\r\n"
		    "Content-Length: 3\r\n\r\n", 0, "POST /x?y HTTP/1.1\r\n"
		    "Y: 2\r\nContent-Length: 3\r\n\r\n", 3 },
		{ OWN "Transfer-Encoding: chunked\r\n\r\n", 0,
		    "POST /x?y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		    -1 },
		{ "POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", 0 },
		{ "POST a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", 0 },
		{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", 0 },
		{ "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", 0 },
		{ "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", 0 },
		{ "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505, "", 0 },
		{ "GET / HTTP/1.1\r\n\r\n", 400, "", 0 },
		{ OWN "Host: a\r\n\r\n", 400, "", 0 },
		{ OWN "Upgrade: websocket\r\n\r\n", 400, "", 0 },
		{ OWN "Expect: 100-continue\r\n\r\n", 417, "", 0 },
		{ OWN "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "", 0 },
		{ OWN "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"
		    "\r\n", 400, "", 0 },
		{ OWN "Transfer-Encoding: chunked, identity\r\n\r\n", 400, "", 0 },
		{ OWN " A: b\r\n\r\n", 400, "", 0 }, { OWN "A: b\r\n c\r\n\r\n", 400, "", 0 },
		{ OWN "A: b\n\r\n", -1, "", 0 },
	};
	struct net_head h;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int status = parse_for(&h, true, cases[i].in,
		    strlen(cases[i].in));

		if (status != cases[i].status || (status == 0 &&
		    (strcmp(buf_str(&h.request), cases[i].out) != 0 ||
		    h.body != cases[i].body)))
			fail_msg("%s: %d\n%s", cases[i].in, status,
			    buf_str(&h.request));
		net_head_release(&h);
	}
}

TEST(test_chunks)
{
	static const struct {
		const char	*in;
		bool		 first;
		int64_t		 size;	/* of the chunk; -1: not one */
	} cases[] = {
		{ "3\r\n", true, 3 }, { "\r\n0aF\r\n", false, 175 },
		{ "0\r\n\r\n", true, 0 }, { "\r\n000\r\n\r\n", false, 0 },
		{ "7fffffffffffffe\r\n", true, 0x7fffffffffffffe },
		{ "3\r\n", false, -1 }, { "\r\n3\r\n", true, -1 },
		{ "\n3\r\n", false, -1 }, { "3\n", true, -1 },
		{ "3\rx", true, -1 }, { "3 \r\n", true, -1 },
		{ "3;a=b\r\n", true, -1 }, { "0x3\r\n", true, -1 },
		{ "-1\r\n", true, -1 }, { "+1\r\n", true, -1 },
		{ " 1\r\n", true, -1 }, { "\r\n", true, -1 },
		{ "0\r\nA: b\r\n", true, -1 },
		{ "8000000000000000\r\n", true, -1 },
		{ "0000000000000001\r\n", true, -1 },
	};
	size_t i, n;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int64_t size = -1, used = 0;

		for (n = 0; n <= strlen(cases[i].in) && used == 0; n++)
			used = net_chunk_find(cases[i].in, n, cases[i].first,
			    &size);
		if (cases[i].size < 0 ? used >= 0 : used !=
		    (int64_t)strlen(cases[i].in) || size != cases[i].size)
			fail_msg("%s: %lld", cases[i].in, (long long)used);
	}
}
