"""Streams that never end and say nothing, up to the limit of a stream (256 MB):
see test-server.py.
"""

import os
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
from rawserver import flood, session


def test_what_never_ends_is_ended(w):
    for fmt, part in (("openai-chat", b": still here\n" * 20000),
                      ("openai-chat", b"\n" * (1 << 20)),
                      ("anthropic", b"event: ping\ndata: {}\n\n" * 5000)):
        end, _ = session(w, [flood(part)], fmt=fmt)
        assert (end["outcome"], end["exit"]) == ("provider", 6), (part, end)


harness.main(globals())
