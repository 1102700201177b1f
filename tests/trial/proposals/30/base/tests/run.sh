#!/bin/sh
# is WANT HEX: what it prints; "-": nothing, and it fails.
n=0
is() {
	n=$((n + 1))
	got=$(./beacon "$2" 2>/dev/null) || got=-
	[ "$got" = "$1" ] && return
	echo "not ok $n: $2: $got, not $1"
	exit 1
}

is "id 0000002a" 01040000002a
is "id 0000002a power -4" 01040000002a0201fc
is - 01030000002a
is - 01040000002a02
is - 01040000002a0202fcfc
is "id 0000002a" 01040000002a0901ff
echo "$n ok"
