#!/bin/sh
# Tests of snap, in a scratch folder.
snap=$(cd "$(dirname "$0")/.." && pwd)/snap
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0

fail() {
	echo "failed: $*"
	failed=1
}

# take DAY [HOUR]: a copy at that time.
take() {
	SNAP_NOW=$1-${2:-12}0000 "$snap" from to || fail "snap at $1 ended with $?"
}

# has NAME...: these copies and no others.
has() {
	got=$(ls to | tr '\n' ' ')
	[ "$got" = "$* " ] || fail "copies: $got, not $*"
}

mkdir -p from/sub
echo one >from/a
echo two >"from/sub/b c"

take 2026-03-01
echo three >from/a
take 2026-03-02
has 2026-03-01-120000 2026-03-02-120000
[ "$(cat to/2026-03-01-120000/a)" = one ] || fail "the first copy changed"
[ "$(cat to/2026-03-02-120000/a)" = three ] || fail "the second is old"
[ "to/2026-03-01-120000/sub/b c" -ef "to/2026-03-02-120000/sub/b c" ] ||
	fail "an equal file isn't linked"

SNAP_KEEP=2 take 2026-03-03
has 2026-03-02-120000 2026-03-03-120000
SNAP_KEEP=1 take 2026-03-04
has 2026-03-04-120000

SNAP_KEEP=x SNAP_NOW=2026-03-05-120000 "$snap" from to 2>/dev/null &&
	fail "SNAP_KEEP=x was taken"
mkdir to/lock
echo $$ >to/lock/pid
SNAP_NOW=2026-03-05-120000 "$snap" from to 2>/dev/null &&
	fail "two at a time"
rm -r to/lock
has 2026-03-04-120000

[ $failed = 0 ] && echo "all passed"
exit $failed
