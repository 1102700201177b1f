# What assent costs: `make bench`. `make check` holds the counts to their
# budgets; `make check-slow` sees that all of it runs.
EXTRA_DIST += tests/bench/README.md tests/bench/run.py \
	tests/bench/test-bench.sh tests/bench/test-counts.sh
if HAVE_PYTHON3
SLOW_TESTS += tests/bench/test-bench.sh
TESTS += tests/bench/test-counts.sh
endif
bench: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/bench/run.py
.PHONY: bench
