# unit tests of JSON-RPC
UNIT_TESTS += tests/unit/test-rpc
tests_unit_test_rpc_SOURCES = tests/unit/test-rpc.c
tests_unit_test_rpc_LDADD = librpc.a libloop.a $(UNIT_LIBS) $(CURL_LIBS)
