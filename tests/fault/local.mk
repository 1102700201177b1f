# tests/fault
# What goes wrong around the programs: servers, disks, sudden death.  What takes
# longer than a few seconds is run by `make check-slow`.
FAULT_TESTS = tests/fault/test-disk.py tests/fault/test-server.py \
	tests/fault/test-apply-faults.py tests/fault/test-interrupted.py \
	tests/fault/test-memory.py
SLOW_TESTS += tests/fault/slow-kill.py tests/fault/slow-kills-any.py \
	tests/fault/slow-server.py \
	tests/fault/slow-apply-faults.py tests/fault/test-memory.py \
	tests/fault/test-disk.py tests/fault/test-interrupted.py
# The core, in which one call of an apply fails.
check_PROGRAMS += tests/fault/core-faults
tests_fault_core_faults_SOURCES = src/core/main/assent-core.c tests/fault/core-faults.c
tests_fault_core_faults_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=apply_prepare -Wl,--wrap=apply_commit_free \
	-Wl,--wrap=renameat2 -Wl,--wrap=renameat -Wl,--wrap=linkat \
	-Wl,--wrap=unlinkat -Wl,--wrap=fsync -Wl,--wrap=fchmod \
	-Wl,--wrap=fchown -Wl,--wrap=fsetxattr -Wl,--wrap=mkdirat \
	-Wl,--wrap=symlinkat -Wl,--wrap=write -Wl,--wrap=openat
tests_fault_core_faults_LDADD = $(assent_core_LDADD)
# The core, in which one allocation fails; not with a sanitizer, which has an
# allocator of its own.
if !SANITIZED
check_PROGRAMS += tests/fault/core-memory
tests_fault_core_memory_SOURCES = src/core/main/assent-core.c tests/fault/core-memory.c
tests_fault_core_memory_CFLAGS = $(AM_CFLAGS) -Wno-format-nonliteral
tests_fault_core_memory_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=xmalloc -Wl,--wrap=xcalloc -Wl,--wrap=xrealloc \
	-Wl,--wrap=xreallocarray -Wl,--wrap=xstrdup \
	-Wl,--wrap=xstrdup_null -Wl,--wrap=xmemdup \
	-Wl,--wrap=xvasprintf -Wl,--wrap=xasprintf \
	-Wl,--wrap=git_libgit2_init
tests_fault_core_memory_LDADD = $(assent_core_LDADD)
endif
EXTRA_DIST += $(FAULT_TESTS) tests/fault/rawserver.py
if HAVE_PYTHON3
TESTS += $(FAULT_TESTS)
endif
