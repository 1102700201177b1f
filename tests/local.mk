# Each folder of tests adds its programs to check_PROGRAMS and TESTS.  make starts
# tests in the order of TESTS: what takes long comes first, so that it does not
# run alone at the end.
include tests/escape/local.mk
include tests/e2e/local.mk
include tests/fault/local.mk
include tests/bench/local.mk
include tests/unit/local.mk
include tests/wire/local.mk
include tests/fuzz/local.mk
include tests/live/local.mk
include tests/engines/local.mk
include tests/world/local.mk
include tests/trial/local.mk

# What depends on who runs it: uid, owner, namespaces.
USER_TESTS += tests/escape/test-limits tests/escape/test-sandbox \
	tests/escape/test-escape tests/escape/test-ready \
	tests/escape/test-walls tests/escape/test-denied.sh
if HAVE_PYTHON3
USER_TESTS += tests/e2e/test-limits.py tests/e2e/test-hosts.py \
	tests/e2e/test-kinds.py tests/e2e/test-decide.py \
	tests/e2e/test-levels.py tests/e2e/test-toolchains.py \
	tests/e2e/test-image.py \
	tests/e2e/test-exec.py tests/e2e/test-attach.py \
	tests/e2e/test-login.py tests/fault/test-disk.py \
	tests/e2e/test-try.py
endif
if HAVE_CMOCKA
USER_TESTS += tests/unit/test-apply tests/unit/test-stage \
	tests/unit/test-stage-live tests/unit/test-session \
	tests/unit/test-policy tests/unit/test-cgroup
endif

# What the sanitizers look at: all that runs in one process, and one way through
# the programs for each thing that they do.
if HAVE_PYTHON3
SANITIZED_TESTS += tests/e2e/test-formats.py tests/e2e/test-together.py
if HAVE_VTERM
SANITIZED_TESTS += tests/e2e/test-screen.py
endif
SANITIZED_TESTS += tests/e2e/test-compact.py tests/fault/test-server.py \
	tests/e2e/test-exec.py tests/e2e/test-attach.py \
	tests/e2e/test-resume.py tests/e2e/test-try.py \
	tests/e2e/test-net-proxy.py tests/e2e/test-policy.py
endif
if HAVE_CMOCKA
SANITIZED_TESTS += $(UNIT_TESTS)
endif
SANITIZED_TESTS += $(FUZZ_CHECKS)
