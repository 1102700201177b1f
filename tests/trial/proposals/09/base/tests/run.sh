#!/bin/sh
# run.sh PROGRAM
cols=$1
failed=0

# is WANT ARGUMENT...: of the line a:b:c:d:e:f
is() {
	want=$1
	shift
	got=$(echo a:b:c:d:e:f | "$cols" -d : "$@" 2>&1)
	if [ "$got" != "$want" ]; then
		echo "cols $*: '$got' instead of '$want'"
		failed=1
	fi
}

is a 1
is a:c 1,3
is a:c 3,1
is b:c:d 2-4
is a:b:c -- -3
is e:f 5-
is a:b:c:d 1-3,2-4
is a:b:c 1,2,3
is '' 9
is b:f 2,6-9
is 'cols: 0: numbers begin with 1, and ranges don'"'"'t go down' 0
is 'cols: 4-2: numbers begin with 1, and ranges don'"'"'t go down' 4-2
is 'cols: 1;2: expected a comma' '1;2'
is 'cols: x: not a number' x

[ $failed = 0 ] && echo "all passed"
exit $failed
