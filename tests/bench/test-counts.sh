#!/bin/sh
# What does not depend on the machine's speed stays within its budget: system
# calls, fsyncs, the bytes of a first request, the memory that a long session
# takes.  It counts under strace, where no leaks can be looked for.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
exec python3 "$srcdir/tests/bench/run.py" --counts --tap start request turns \
	reopen prompt long grep many
