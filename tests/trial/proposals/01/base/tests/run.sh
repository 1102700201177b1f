#!/bin/sh
# run.sh PROGRAM: each case is a file with the two texts and the diff between
# them, under "== a", "== b" and "== diff".
program=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
for case in "$(dirname "$0")"/cases/*; do
	awk -v dir="$dir" '/^== /{ name = dir "/" $2; printf "" >name; next }
	    { print >name }' "$case"
	flag=
	case $case in
	*.words) flag=-w ;;
	esac
	if ! "$program" $flag "$dir/a" "$dir/b" | cmp -s - "$dir/diff"; then
		echo "failed: $case"
		"$program" $flag "$dir/a" "$dir/b" | diff "$dir/diff" -
		failed=1
	fi
done
[ $failed = 0 ] && echo "all cases passed"
exit $failed
