#!/bin/sh
# A log driver around another: how long the test took goes into its .trs file,
# which tests/slowest.sh reads.
begun=$(date +%s%N)
"$@"
status=$?
trs=
while [ $# -gt 0 ]; do
	[ "$1" != --trs-file ] || trs=$2
	shift
done
[ ! -f "$trs" ] ||
    echo ":test-ms: $((($(date +%s%N) - begun) / 1000000))" >>"$trs"
exit $status
