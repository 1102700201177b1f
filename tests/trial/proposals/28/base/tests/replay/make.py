#!/usr/bin/env python3
"""Makes the recordings beside it again, by a scripted model. Run it in the build
folder, with srcdir and builddir set, after a change of what they show that
`assent replay --update` can't take over (other calls, other files)."""
import os
import sys

def main():
    for story in tools, patch, check, person:
        w = harness.World("record")
        try:
            r = story(w)
            assert r is None or r.returncode in (0, 5), r
            to = os.path.join(HERE, story.__name__ + ".json")
            r = w.run("record", "-o", to)
            assert r.returncode == 0, r
            r = w.run("replay", to)
            assert r.returncode == 0, r
            print(to)
        finally:
            w.close()


