# Planted defects before readers.  By hand, but for its own tests.
EXTRA_DIST += tests/e2e/slow-trial.py tests/trial/README.md \
	tests/trial/RESULTS.md tests/trial/run.py tests/trial/proposals.py \
	tests/trial/proposals
if HAVE_VTERM
if HAVE_PYTHON3
SLOW_TESTS += tests/e2e/slow-trial.py
endif
endif

# What changes add: the planted ones of the trial, and commits by hand.
check_PROGRAMS += tests/trial/adds-words
tests_trial_adds_words_SOURCES = tests/trial/adds-words.c
tests_trial_adds_words_LDADD = $(assent_core_LDADD)
EXTRA_DIST += tests/trial/adds.py tests/trial/test-adds-planted.py
if HAVE_PYTHON3
TESTS += tests/trial/test-adds-planted.py
endif
