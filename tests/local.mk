# Each folder of tests adds its programs to check_PROGRAMS and TESTS.
include tests/unit/local.mk
include tests/wire/local.mk
include tests/e2e/local.mk
include tests/fault/local.mk
include tests/bench/local.mk
include tests/escape/local.mk
include tests/fuzz/local.mk
include tests/live/local.mk
