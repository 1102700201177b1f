/* Valid entries of net_allow, and the hosts that they allow. */
#include "config.h"

#include "base/mem.h"
#include "policy/net-allow.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

/* The entries of a text, separated by spaces. */
static struct net_allow
list_of(const char *text)
{
	struct net_allow l = { NULL, 0 };
	struct err e = ERR_INIT;
	char *copy = xstrdup(text), *save = NULL, *s;

	for (s = strtok_r(copy, " ", &save); s != NULL;
	    s = strtok_r(NULL, " ", &save))
		if (net_allow_add(&l, s, "config", &e) < 0)
			fail_msg("%s: %s", s, e.text);
	free(copy);
	return l;
}

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(test_bad_entries)
{
	static const struct {
		const char *entry, *want;
	} cases[] = {
		{ "", "must be HOST[:PORT], such as" },
		{ ".example.org", "must be HOST[:PORT], such as" },
		{ "-a.example.org", "must be HOST[:PORT], such as" },
		{ " example.org", "must be HOST[:PORT], such as" },
		{ "example.org\n", "must be HOST[:PORT], such as" },
		{ "a.*.org", "must be HOST[:PORT], such as" },
		{ "[1.2.3.4]", "must be HOST[:PORT], such as" },
		{ "[fe80::1%lo]:80", "must be HOST[:PORT], such as" },
		{ L63 "a.example.org", "must be HOST[:PORT], such as" },
		{ L63 "." L63 "." L63 "." L63 "." L63,
		  "must be HOST[:PORT], such as" },
		{ "https://example.org", "without a scheme, a user or a path" },
		{ "user@example.org", "without a scheme, a user or a path" },
		{ "*.b\303\274cher.example", "its xn-- form" },
		{ "example\343\200\202org", "its xn-- form" },
		{ "*.com", "two labels" },
		{ "*example.org", "two labels" },
		{ "*.127.0.0.1", "two labels" },
		{ "example.org:0", "port from 1 to 65535" },
		{ "example.org:65536", "port from 1 to 65535" },
		{ "example.org:080", "port from 1 to 65535" },
		{ "example.org:https", "port from 1 to 65535" },
		{ "[::1]:", "port from 1 to 65535" },
		{ "::1:8080", "address in brackets" },
		{ "[::1]8080", "address in brackets" },
		{ "127.1", "four numbers" },
		{ "0177.0.0.1", "four numbers" },
		{ "0X7F000001", "four numbers" },
		{ "example.0xaf", "four numbers" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;

		if (net_allow_check(cases[i].entry, &e) == 0 ||
		    strstr(e.text, cases[i].want) == NULL)
			fail_msg("%s: \"%s\" lacks \"%s\"", cases[i].entry,
			    e.text, cases[i].want);
	}
}

TEST(test_find)
{
	static const struct {
		const char *list, *host;
		int port;
		const char *want;
	} cases[] = {
		{ "", "example.org", 443, NULL },
		{ "example.org", "example.org", 443, "example.org" },
		{ "example.org", "example.org", 80, "example.org" },
		{ "example.org", "example.org", 22, NULL },
		{ "example.org", "example.org", 0, NULL },
		{ "example.org:8443", "example.org", 443, NULL },
		{ "example.org:8443", "example.org", 8443,
		  "example.org:8443" },
		{ "example.org:8443", "example.org", 8443 + 65536, NULL },
		{ "example.org", "EXAMPLE.Org", 443, "example.org" },
		{ "example.org", "example.org.", 443, "example.org" },
		{ "example.org", "example.org..", 443, NULL },
		{ "example.org", "a.example.org", 443, NULL },
		{ "example.org", "example.org.evil.com", 443, NULL },
		{ "example.org", "evil-example.org", 443, NULL },
		{ "example.org", "example.org@evil.com", 443, NULL },
		{ "example.org", "example.org/", 443, NULL },
		{ "example.org", "example.org%00.evil.com", 443, NULL },
		{ "example.org", " example.org", 443, NULL },
		{ "example.org", "", 443, NULL },
		{ "*.example.org", "example.org", 443, NULL },
		{ "*.example.org", ".example.org", 443, NULL },
		{ "*.example.org", "a.example.org", 443, "*.example.org" },
		{ "*.example.org", "A.B.example.org.", 443, "*.example.org" },
		{ "*.example.org", "evil-example.org", 443, NULL },
		{ "*.example.org", "a.example.org.evil.com", 443, NULL },
		{ "*.example.org", "*.example.org", 443, NULL },
		{ "*.example.org", "a..example.org", 443, NULL },
		{ "*.example.org", "a.example.org", 25, NULL },
		{ "a.example.org:1 *.example.org", "a.example.org", 443,
		  "*.example.org" },
		{ "127.0.0.1:4873", "127.0.0.1", 4873, "127.0.0.1:4873" },
		{ "127.0.0.1:4873", "::ffff:127.0.0.1", 4873,
		  "127.0.0.1:4873" },
		{ "127.0.0.1:4873", "localhost", 4873, NULL },
		{ "127.0.0.1:4873", "127.1", 4873, NULL },
		{ "127.0.0.1:4873", "2130706433", 4873, NULL },
		{ "[::1]:80", "::1", 80, "[::1]:80" },
		{ "[::1]:80", "[0:0:0:0:0:0:0:1]", 80, "[::1]:80" },
		{ "[::1]:80", "[::1", 80, NULL },
		{ "[::1]:80", "::1%lo", 80, NULL },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct net_allow l = list_of(cases[i].list);
		const struct net_allow_entry *a = net_allow_find(&l,
		    cases[i].host, cases[i].port);

		if ((a == NULL) != (cases[i].want == NULL) || (a != NULL &&
		    strcmp(a->text, cases[i].want) != 0))
			fail_msg("%s, %s:%d: %s", cases[i].list, cases[i].host,
			    cases[i].port, a == NULL ? "refused" : a->text);
		net_allow_release(&l);
	}
}

/* ---- at random ---- */

static uint64_t seed;

/* Of any bytes, what is accepted is plain and means the same once more. */
TEST(test_bytes_any)
{
	static const char bytes[] = "aZx019..--__::[]**%/@ \t\n\200\377";
	unsigned long long round = 0, rounds = rounds_of(100000, 3000000);
	char s[320], once[NET_ALLOW_HOST_MAX + 1], twice[sizeof(once)];

	seed = rounds_seed();
	for (; round < rounds; round++) {
		struct net_allow l = { NULL, 0 };
		size_t n = random_next(&seed,
		    random_next(&seed, 8) == 0 ? sizeof(s) : 12), i;
		/* Mostly what a host has. */
		size_t range = random_next(&seed, 2) == 0 ? 10 :
		    sizeof(bytes) - 1;

		for (i = 0; i < n; i++)
			s[i] = bytes[random_next(&seed, range)];
		s[n] = '\0';
		if (net_allow_host(s, once)) {
			assert_int_equal(strspn(once, "abcdefghijklmnopqrstuvw"
			    "xyz0123456789.-_:"), strlen(once));
			assert_true(net_allow_host(once, twice));
			assert_string_equal(once, twice);
		}
		if (net_allow_add(&l, s, "x", NULL) == 0) {
			assert_int_equal(net_allow_add(&l, l.v[0].text, "x",
			    NULL), 0);
			assert_int_equal(l.len, 1);
		}
		net_allow_release(&l);
	}
}
