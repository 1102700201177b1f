# tests/wire: the folders are copied as they are
EXTRA_DIST += tests/wire/requests tests/wire/samples tests/wire/recorded
