# tests/wire: the folders are copied as they are
EXTRA_DIST += tests/wire/requests tests/wire/samples tests/wire/recorded
EXTRA_DIST += tests/wire/shapes.json tests/wire/shapes.py \
	tests/wire/test-shapes.py
if HAVE_PYTHON3
TESTS += tests/wire/test-shapes.py
endif
tests/wire/test-shapes.log: tests/wire/test-request
