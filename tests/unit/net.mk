# unit tests of the proxy
UNIT_TESTS += tests/unit/test-net-address
tests_unit_test_net_address_SOURCES = tests/unit/test-net-address.c
tests_unit_test_net_address_LDADD = libnet.a libpolicy.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-net-head
tests_unit_test_net_head_SOURCES = tests/unit/test-net-head.c
tests_unit_test_net_head_LDADD = libnet.a libpolicy.a $(UNIT_LIBS)
UNIT_TESTS += tests/unit/test-net-confine
tests_unit_test_net_confine_SOURCES = tests/unit/test-net-confine.c
tests_unit_test_net_confine_LDADD = libnet.a $(UNIT_LIBS) $(SECCOMP_LIBS)
