#!/bin/sh
# What does not depend on the machine's speed stays within its budget: system
# calls, fsyncs, the bytes of a first request, of a stream and of a review's step on the
# terminal, the memory that a long session takes.  It counts under strace, where no leaks can be
# looked for.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
# What another test mounts meanwhile makes prepared sandboxes stale, and building
# them anew would be counted: root looks from mounts of its own.
alone=
if [ "$(id -u)" = 0 ] && unshare -m --propagation private true 2>/dev/null; then
	alone="unshare -m --propagation private"
fi
exec $alone python3 "$srcdir/tests/bench/run.py" --counts --tap start request turns \
	reopen prompt long grep many markdown review
