UNIT_TESTS += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c
tests_unit_test_base_LDADD = $(UNIT_LIBS)

# What sources may include and call, and programs link.
EXTRA_DIST += tests/unit/test-source.py
if HAVE_PYTHON3
TESTS += tests/unit/test-source.py
endif
