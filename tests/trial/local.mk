# Planted defects before readers.  By hand, but for its own test.
EXTRA_DIST += tests/e2e/slow-trial.py tests/trial/README.md \
	tests/trial/RESULTS.md tests/trial/run.py tests/trial/proposals.py \
	tests/trial/proposals
if HAVE_VTERM
if HAVE_PYTHON3
SLOW_TESTS += tests/e2e/slow-trial.py
endif
endif
