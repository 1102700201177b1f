#include "config.h"

#include "base/mem.h"
#include "net/address.h"
#include "tests/unit/unit.h"

/* Each range's first and last address, and their neighbours. */
TEST(test_which_are_public)
{
	static const struct {
		const char	*text, *fault;	/* a part of it; NULL: public */
	} cases[] = {
		{ "0.0.0.0", "this network" }, { "0.255.255.255", "RFC 791" },
		{ "1.0.0.0", NULL }, { "8.8.8.8", NULL },
		{ "9.255.255.255", NULL }, { "10.0.0.0", "RFC 1918" },
		{ "10.255.255.255", "RFC 1918" }, { "11.0.0.0", NULL },
		{ "100.63.255.255", NULL }, { "100.64.0.0", "RFC 6598" },
		{ "100.100.100.200", "RFC 6598" },
		{ "100.127.255.255", "RFC 6598" }, { "100.128.0.0", NULL },
		{ "126.255.255.255", NULL }, { "127.0.0.1", "loopback" },
		{ "127.255.255.255", "loopback" }, { "128.0.0.0", NULL },
		{ "168.63.129.15", NULL }, { "168.63.129.16", "metadata" },
		{ "168.63.129.17", NULL },
		{ "169.253.255.255", NULL }, { "169.254.0.0", "link-local" },
		{ "169.254.169.254", "metadata" },
		{ "169.254.255.255", "link-local" }, { "169.255.0.0", NULL },
		{ "172.15.255.255", NULL }, { "172.16.0.0", "RFC 1918" },
		{ "172.31.255.255", "RFC 1918" }, { "172.32.0.0", NULL },
		{ "191.255.255.255", NULL }, { "192.0.0.0", "RFC 6890" },
		{ "192.0.0.192", "RFC 6890" }, { "192.0.1.0", NULL },
		{ "192.0.2.255", "documentation" }, { "192.0.3.0", NULL },
		{ "192.88.98.255", NULL }, { "192.88.99.1", "6to4" },
		{ "192.88.100.0", NULL },
		{ "192.167.255.255", NULL }, { "192.168.0.0", "RFC 1918" },
		{ "192.168.255.255", "RFC 1918" }, { "192.169.0.0", NULL },
		{ "198.17.255.255", NULL }, { "198.18.0.0", "benchmarks" },
		{ "198.19.255.255", "benchmarks" }, { "198.20.0.0", NULL },
		{ "198.51.100.7", "documentation" }, { "198.51.101.0", NULL },
		{ "203.0.113.7", "documentation" }, { "203.0.114.0", NULL },
		{ "223.255.255.255", NULL }, { "224.0.0.1", "multicast" },
		{ "239.255.255.255", "multicast" }, { "240.0.0.0", "reserved" },
		{ "255.255.255.255", "reserved" },

		{ "::", "unspecified" }, { "::1", "loopback" },
		{ "::2", "RFC 791" },
		{ "::127.0.0.1", "loopback" }, { "::8.8.8.8", NULL },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:7f00:1", "loopback" },
		{ "::ffff:a9fe:a9fe", "metadata" },
		{ "::ffff:10.1.2.3", "RFC 1918" },
		{ "::ffff:8.8.8.8", NULL },
		{ "::ffff:0:8.8.8.8", "RFC 7915" },
		{ "0:0:0:0:0:1::", "not given out" },
		{ "64:ff9a:ffff::", "not given out" },
		{ "64:ff9b::169.254.169.254", "metadata" },
		{ "64:ff9b::8.8.8.8", NULL },
		{ "64:ff9b:0:0:0:1::", "not given out" },
		{ "64:ff9b:1::8.8.8.8", "RFC 8215" },
		{ "64:ff9b:2::", "not given out" },
		{ "100::1", "RFC 6666" }, { "100:0:0:1::1", "not given out" },
		{ "1fff:ffff::", "not given out" },
		{ "2000::", NULL },
		{ "2001::1", "Teredo" },
		{ "2001:0:5ef5:79fd::1", "Teredo" },
		{ "2001:2::1", "benchmarks" }, { "2001:10::", "RFC 2928" },
		{ "2001:20::1", "RFC 2928" }, { "2001:1ff:ffff::", "RFC 2928" },
		{ "2001:200::", NULL }, { "2001:4860:4860::8888", NULL },
		{ "2001:db7:ffff::", NULL }, { "2001:db8::1", "documentation" },
		{ "2001:db8:ffff::", "documentation" },
		{ "2001:db9::", NULL },
		{ "2002:7f00:1::", "loopback" },
		{ "2002:a9fe:a9fe::1", "metadata" },
		{ "2002:c0a8:1::", "RFC 1918" }, { "2002:808:808::", NULL },
		{ "2003::", NULL }, { "2606:4700::1111", NULL },
		{ "3ffe:ffff::", NULL }, { "3fff::1", "documentation" },
		{ "3fff:fff:ffff::", "documentation" },
		{ "3fff:1000::", NULL },
		{ "4000::", "not given out" }, { "5f00::1", "not given out" },
		{ "fbff::", "not given out" }, { "fc00::", "private" },
		{ "fd00:ec2::254", "private" }, { "fdff:ffff::", "private" },
		{ "fe00::", "not given out" }, { "fe80::1", "link-local" },
		{ "febf::1", "link-local" }, { "fec0::1", "site-local" },
		{ "feff::1", "site-local" }, { "ff00::", "multicast" },
		{ "ff02::1", "multicast" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct net_address a;
		const char *fault;

		assert_int_equal(net_address_parse(&a, cases[i].text), 0);
		fault = net_address_fault(&a);
		if ((fault == NULL) != (cases[i].fault == NULL) ||
		    (fault != NULL && strstr(fault, cases[i].fault) == NULL))
			fail_msg("%s: %s", cases[i].text,
			    fault == NULL ? "public" : fault);
	}
}

TEST(test_hosts)
{
	static const struct {
		const char	*text, *want;	/* NULL: refused */
	} cases[] = {
		{ "registry.example", "registry.example:80" },
		{ "Registry.EXAMPLE.:8080", "registry.example:8080" },
		{ "a_b-c.x1:1", "a_b-c.x1:1" }, { "xn--bcher-kva.example:65535",
		    "xn--bcher-kva.example:65535" },
		{ "1.2.3.4", "1.2.3.4:80" }, { "1.2.3.4.:443", NULL },
		{ "[::1]", "[::1]:80" }, { "[FD00::0:1]:8", "[fd00::1]:8" },
		{ "[::FFFF:127.0.0.1]:80", "[::ffff:127.0.0.1]:80" },
		{ "1.2.3.4.example:80", "1.2.3.4.example:80" },
		{ "x0x7f", "x0x7f:80" }, { "", NULL }, { ".", NULL },
		{ ".a", NULL }, { "a..b", NULL }, { "a..", NULL },
		{ ":80", NULL }, { "a:", NULL }, { "a:0", NULL },
		{ "a:080", NULL }, { "a:65536", NULL }, { "a:-1", NULL },
		{ "a:8x", NULL }, { "a: 80", NULL }, { "a:80:80", NULL },
		{ "a b", NULL }, { "a/b", NULL }, { "u:p@a:80", NULL },
		{ "a%2eb", NULL }, { "b\xc3\xbc.de", NULL }, { "*.a", NULL },
		{ "[a]", NULL }, { "[1.2.3.4]", NULL }, { "::1", NULL },
		{ "[::1", NULL }, { "[::1]x", NULL }, { "[::1]:", NULL },
		{ "[[::1]]", NULL }, { "[]", NULL }, { "[fe80::1%eth0]", NULL },
		{ "127.1", NULL }, { "2130706433", NULL }, { "0x7f.1", NULL },
		{ "0177.0.0.1", NULL }, { "127.0.0.1.5", NULL },
		{ "a.1", NULL }, { "0X7F.0.0.1", NULL },
		{ "a23456789a123456789a123456789a123456789a123456789a123456789"
		  "abcde.b", NULL },
	};
	char text[400], big[NET_HOST_MAX + 3];
	struct net_authority t;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		int rc;

		/* Nothing is read beyond its end. */
		memset(text, '1', sizeof(text));
		memcpy(text, cases[i].text, strlen(cases[i].text));
		rc = net_authority_parse(&t, text, strlen(cases[i].text), 80);
		if (rc == 0)
			net_authority_add(&t, &b, 0);
		if ((rc == 0) != (cases[i].want != NULL) ||
		    (rc == 0 && strcmp(buf_str(&b), cases[i].want) != 0))
			fail_msg("%s: %s", cases[i].text, rc == 0 ?
			    buf_str(&b) : "refused");
	}
	assert_int_equal(net_authority_parse(&t, "a", 1, 0), -1);
	assert_int_equal(net_authority_parse(&t, "a\0b", 3, 80), -1);
	for (i = 0; i < sizeof(big); i++)
		big[i] = i % 2 == 0 ? 'a' : '.';
	assert_int_equal(net_authority_parse(&t, big, NET_HOST_MAX, 80), 0);
	assert_int_equal(net_authority_parse(&t, big, NET_HOST_MAX + 2, 80), -1);
}
