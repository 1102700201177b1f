# What assent costs: `make bench`. `make check` holds the counts to their
# budgets; `make check-slow` sees that all of it runs.
EXTRA_DIST += tests/bench/README.md tests/bench/run.py \
	tests/bench/test-bench.sh tests/bench/test-counts.sh \
	tests/bench/test-growth.py
if HAVE_PYTHON3
SLOW_TESTS += tests/bench/test-bench.sh tests/bench/test-growth.py
TESTS += tests/bench/test-counts.sh tests/bench/test-growth.py
endif
# The programs, which count what they allocate.
check_PROGRAMS += tests/bench/counted tests/bench/counted-core
tests_bench_counted_SOURCES = src/cmd/assent.c tests/bench/count-allocations.c
tests_bench_counted_LDADD = $(assent_LDADD)
tests_bench_counted_core_SOURCES = src/core/main/assent-core.c \
	tests/bench/count-allocations.c
tests_bench_counted_core_LDADD = $(assent_core_LDADD)
bench: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/bench/run.py
.PHONY: bench
