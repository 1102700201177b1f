# Each folder of tests adds its programs to check_PROGRAMS and TESTS.
include tests/unit/local.mk
