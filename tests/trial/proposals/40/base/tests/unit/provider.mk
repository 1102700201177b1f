# unit tests of provider
UNIT_TESTS += tests/wire/test-wire
tests_wire_test_wire_SOURCES = tests/wire/test-wire.c
tests_wire_test_wire_LDADD = $(PROVIDER_LIBS) $(UNIT_RUN)
UNIT_TESTS += tests/wire/test-request
tests_wire_test_request_SOURCES = tests/wire/test-request.c
tests_wire_test_request_LDADD = $(PROVIDER_LIBS) $(UNIT_RUN)
UNIT_TESTS += tests/wire/test-plain-schema
tests_wire_test_plain_schema_SOURCES = tests/wire/test-plain-schema.c
tests_wire_test_plain_schema_LDADD = $(PROVIDER_LIBS) $(UNIT_RUN)
UNIT_TESTS += tests/unit/test-http
tests_unit_test_http_SOURCES = tests/unit/test-http.c
tests_unit_test_http_CPPFLAGS = $(AM_CPPFLAGS) -DPYTHON3='"$(PYTHON3)"'
tests_unit_test_http_LDADD = $(PROVIDER_LIBS) $(UNIT_RUN)
EXTRA_DIST += tests/e2e/mockserver.py
