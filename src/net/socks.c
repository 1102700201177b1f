/* See socks.h. A step reads one message: the bytes that it takes, 0 if they
 * aren't all here. */
#include "config.h"

#include "net/socks.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"
#include "net/same.h"

#define SOCKS_PASSWORD_VERSION 1
#define SOCKS_METHOD_NONE 0
#define SOCKS_METHOD_PASSWORD 2
#define SOCKS_NO_METHOD 0xff
#define SOCKS_COMMAND_CONNECT 1
#define SOCKS_TYPE_V4 1
#define SOCKS_TYPE_NAME 3
#define SOCKS_TYPE_V6 4
#define SOCKS_HEAD 4			/* of a request, before the address */
#define SOCKS_PORT 2

void
net_socks_answer(struct buf *b, enum net_socks_code code)
{
	/* Don't leak our address. */
	const char answer[] = { NET_SOCKS_VERSION, (char)code, 0, SOCKS_TYPE_V4,
		0, 0, 0, 0, 0, 0 };

	buf_add(b, answer, sizeof(answer));
}

static void
socks_pair(struct buf *b, int version, int what)
{
	buf_addc(b, (char)version);
	buf_addc(b, (char)what);
}

static size_t
socks_greeting(struct net_socks *s, const char *secret,
    const unsigned char *p, size_t n, struct buf *answer, bool *ends)
{
	int method = SOCKS_METHOD_PASSWORD;

	if (n < 2 || n < 2u + p[1])
		return 0;
	/* A client that insists on a password may have any. */
	if (secret == NULL && memchr(p + 2, SOCKS_METHOD_NONE, p[1]) != NULL)
		method = SOCKS_METHOD_NONE;
	else if (memchr(p + 2, SOCKS_METHOD_PASSWORD, p[1]) == NULL)
		method = SOCKS_NO_METHOD;
	*ends = p[0] != NET_SOCKS_VERSION || method == SOCKS_NO_METHOD;
	socks_pair(answer, NET_SOCKS_VERSION, method);
	s->step = method == SOCKS_METHOD_NONE ? NET_SOCKS_REQUEST :
	    NET_SOCKS_PASSWORD;
	return 2u + p[1];
}

static size_t
socks_password(struct net_socks *s, const char *secret,
    const unsigned char *p, size_t n, struct buf *answer, bool *ends)
{
	char given[2 * 256];
	size_t user, len;

	if (n < 2 || n < (user = 2u + p[1]) + 1 ||
	    n < (len = user + 1 + p[user]))
		return 0;
	(void)snprintf(given, sizeof(given), "%.*s:%.*s", (int)p[1],
	    (const char *)p + 2, (int)p[user], (const char *)p + user + 1);
	*ends = p[0] != SOCKS_PASSWORD_VERSION ||
	    (secret != NULL && !net_same(secret, given));
	explicit_bzero(given, sizeof(given));
	socks_pair(answer, SOCKS_PASSWORD_VERSION, *ends ? 1 : 0);
	s->step = NET_SOCKS_REQUEST;
	return len;
}

/* The length of the address with what says its length; 0: not known yet. */
static size_t
socks_address_len(const unsigned char *p, size_t n)
{
	switch (p[3]) {
	case SOCKS_TYPE_V4:
		return 4;
	case SOCKS_TYPE_V6:
		return 16;
	default:
		return n > SOCKS_HEAD ? 1u + p[SOCKS_HEAD] : 0;
	}
}

static int
socks_host(struct net_socks *s, const unsigned char *p, size_t len)
{
	struct net_address a = { .family = p[3] == SOCKS_TYPE_V4 ? AF_INET :
		AF_INET6 };
	char text[NET_ADDRESS_TEXT];

	p += SOCKS_HEAD;
	if (p[-1] == SOCKS_TYPE_NAME)
		return net_authority_host(&s->to, (const char *)p + 1, len - 1);
	memcpy(a.bytes, p, len);
	net_address_text(&a, text);
	return net_authority_host(&s->to, text, strlen(text));
}

static size_t
socks_request(struct net_socks *s, const unsigned char *p, size_t n,
    struct buf *answer, bool *ends)
{
	enum net_socks_code code = NET_SOCKS_OK;
	size_t len;

	if (n < SOCKS_HEAD)
		return 0;
	if (p[0] != NET_SOCKS_VERSION || p[1] != SOCKS_COMMAND_CONNECT)
		code = NET_SOCKS_NO_COMMAND;
	else if (p[3] != SOCKS_TYPE_V4 && p[3] != SOCKS_TYPE_NAME &&
	    p[3] != SOCKS_TYPE_V6)
		code = NET_SOCKS_NO_TYPE;
	else {
		len = socks_address_len(p, n);
		if (len == 0 || n < SOCKS_HEAD + len + SOCKS_PORT)
			return 0;
		s->to.port = (unsigned)p[SOCKS_HEAD + len] << 8 |
		    p[SOCKS_HEAD + len + 1];
		if (socks_host(s, p, len) == 0 && s->to.port != 0)
			return SOCKS_HEAD + len + SOCKS_PORT;
		code = NET_SOCKS_DENIED;
	}
	net_socks_answer(answer, code);
	*ends = true;
	return SOCKS_HEAD;
}

enum net_socks_result
net_socks_feed(struct net_socks *s, const char *secret, const char *text,
    size_t n, size_t *used, struct buf *answer)
{
	bool ends = false, asks;
	size_t len;

	*used = 0;
	do {
		const unsigned char *p = (const unsigned char *)text + *used;
		size_t left = n - *used;

		asks = s->step == NET_SOCKS_REQUEST;
		if (s->step == NET_SOCKS_GREETING)
			len = socks_greeting(s, secret, p, left, answer, &ends);
		else if (s->step == NET_SOCKS_PASSWORD)
			len = socks_password(s, secret, p, left, answer, &ends);
		else
			len = socks_request(s, p, left, answer, &ends);
		*used += len;
		if (len == 0)
			return NET_SOCKS_MORE;
		if (ends)
			return NET_SOCKS_ENDED;
	} while (!asks);
	return NET_SOCKS_ASKS;
}
