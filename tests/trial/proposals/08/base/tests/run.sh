#!/bin/sh
# run.sh PROGRAM
conf=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# is WANT NAME: of the file that is the input
is() {
	cat >"$dir/conf"
	got=$("$conf" "$dir/conf" "$2" 2>&1 | sed "s|$dir/||")
	if [ "$got" != "$1" ]; then
		echo "$2: '$got' instead of '$1'"
		failed=1
	fi
}

is 1 a <<'END'
# a comment
a = 1
END
is '' b <<'END'
a = 1
[b]
; another
END
is 'x y' s.name <<'END'
 [ s ]
	name =  x y  
[t]
name = z
END
is 2 a <<'END'
a = 1
a = 2
END
is '  "q"	' a <<'END'
a = "  \"q\"\t"
END
is 'conf: conf:2: the quotes are wrong' a <<'END'
a = 1
a = "x" y
END
is 'conf: conf:1: no = in it' a <<'END'
a
END

[ $failed = 0 ] && echo "all passed"
exit $failed
