#!/bin/sh
# The ten test files below a build folder that took longest.
find "${1:-.}" -name '*.trs' | while read -r f; do
	sed -n "s|^:test-ms: \([0-9]*\)\$|\1 ${f%.trs}|p" "$f"
done | sort -rn | head -n 10 |
    awk '{ printf "%7.1f s  %s\n", $1 / 1000, $2 }'
