#!/bin/sh
# The tests: one line each, and a count at the end.
cd "$(dirname "$0")" || exit 1
. lib/hms.sh
passed=0 failed=0

is() {
	got=$(hms "$1")
	if [ "$got" = "$2" ]; then
		passed=$((passed + 1))
		echo "ok      $1 seconds are $2"
	else
		failed=$((failed + 1))
		echo "FAILED  $1 seconds: expected $2, got $got"
	fi
}

is 0 0:00
is 5 0:05
is 65 1:05
is 600 10:00
is 3599 59:59
is 3600 1:00:00
is 3725 1:02:05
is 45296 12:34:56
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
