#!/bin/sh
d=$(mktemp -d) || exit 2
trap 'rm -rf "$d"' EXIT
mkdir "$d/src" "$d/to"
n=0

# is WANT GOT
is() {
	n=$((n + 1))
	[ "$1" = "$2" ] && return
	echo "not ok $n: $2, not $1"
	exit 1
}

release() {
	echo "$1" >"$d/src/version"
	tar -cf "$d/$1.tar" -C "$d/src" version
	sh ./deploy "$d/to" "$d/$1.tar"
}

is 1 "$(release one)"
is 2 "$(release two)"
is two "$(cat "$d/to/current/version")"
is 1 "$(sh ./rollback "$d/to")"
is one "$(cat "$d/to/current/version")"
sh ./rollback "$d/to" 2>/dev/null && is fails works
is 3 "$(release three)"
echo "$n ok"
