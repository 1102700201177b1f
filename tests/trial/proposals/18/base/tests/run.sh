#!/bin/sh
# is WANT TEXT ARG...
n=0
is() {
	n=$((n + 1))
	want=$1 text=$2
	shift 2
	got=$(printf "$text" | ./foldtext "$@"; echo .)
	[ "$got" = "$(printf "$want"; echo .)" ] && return
	printf 'not ok %d: %s\n%s\n' $n "$text" "$got"
	exit 1
}

is 'a b\nc\n' 'a b c' 3
is 'a b c\n' 'a\nb\n  c\n'
is 'a\n\nb\n' 'a\n\n\nb'
is 'longer\na\n' 'longer a' 3
is '' ' \n\n '
echo "$n ok"
