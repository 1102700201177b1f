# On other people's engines, which `./bootstrap engines` installs.
if HAVE_PYTHON3
ENGINE_TESTS += tests/engines/test-make.py
endif
EXTRA_DIST += tests/engines/engines.py tests/engines/test-make.py
