# tests/fault
# What goes wrong around the programs: servers, disks, sudden death.  What takes
# longer than a few seconds is run by `make check-slow`.
FAULT_TESTS = tests/fault/test-disk.py tests/fault/test-server.py
SLOW_TESTS += tests/fault/slow-kill.py tests/fault/slow-server.py
EXTRA_DIST += $(FAULT_TESTS) tests/fault/rawserver.py
if HAVE_PYTHON3
TESTS += $(FAULT_TESTS)
endif
