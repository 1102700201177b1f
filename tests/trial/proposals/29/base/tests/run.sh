#!/bin/sh
# is WANT EXPRESSION; "-": it fails.
n=0
is() {
	n=$((n + 1))
	got=$(./calc "$2" 2>/dev/null) || got=-
	[ "$got" = "$1" ] && return
	echo "not ok $n: $2: $got, not $1"
	exit 1
}

is 7 '1+2*3'
is 9 '(1+2)*3'
is 2 '9-4-3'
is - '1+'
is - '(1'
is - '1 2'
is - '1/(2-2)'
echo "$n ok"
