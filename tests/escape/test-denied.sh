#!/bin/sh
# The cage's tests on a host that refuses namespaces and mounts.
exec "$builddir/tests/escape/deny" "$builddir/tests/escape/test-cage" denied
