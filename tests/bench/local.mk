# What assent costs: `make bench`. `make check` holds the counts to their
# budgets; `make check-slow` sees that all of it runs.
check_PROGRAMS += tests/bench/sandbox tests/bench/fold
tests_bench_sandbox_SOURCES = tests/bench/sandbox.c
tests_bench_sandbox_LDADD = libsandboxclient.a libloop.a libbase.a $(BASE_LIBS) \
	$(CURL_LIBS)
tests_bench_fold_SOURCES = tests/bench/fold.c
tests_bench_fold_LDADD = libjournal.a libbase.a $(BASE_LIBS)
EXTRA_DIST += tests/bench/README.md tests/bench/run.py \
	tests/bench/test-bench.sh tests/bench/test-counts.sh
if HAVE_PYTHON3
SLOW_TESTS += tests/bench/test-bench.sh
TESTS += tests/bench/test-counts.sh
endif
bench: all tests/bench/sandbox tests/bench/fold
	$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/bench/run.py
.PHONY: bench
