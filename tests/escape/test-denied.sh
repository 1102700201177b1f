#!/bin/sh
# The sandbox's tests on a host that refuses namespaces and mounts.
exec "$builddir/tests/escape/deny" "$builddir/tests/escape/test-sandbox" denied
