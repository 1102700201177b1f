UNIT_TESTS += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c tests/unit/scratch.h
tests_unit_test_base_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=unlinkat
tests_unit_test_base_LDADD = $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-encoding
tests_unit_test_encoding_SOURCES = tests/unit/test-encoding.c \
	tests/unit/scratch.h
tests_unit_test_encoding_LDADD = $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test-front-matter
tests_unit_test_front_matter_SOURCES = tests/unit/test-front-matter.c
tests_unit_test_front_matter_LDADD = $(UNIT_LIBS)

# What sources may include and call, and programs link.
EXTRA_DIST += tests/unit/test-source.py tests/unit/tap.py
if HAVE_PYTHON3
TESTS += tests/unit/test-source.py
endif
