#!/usr/bin/env python3
"""What was planted in the trial's twins is named at its line, and the same
change without it has hardly a word of that kind (TAP)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("srcdir", os.path.dirname(os.path.dirname(HERE)))
os.environ.setdefault("builddir", os.path.join(os.environ["srcdir"], "build"))
sys.path[:0] = [HERE, os.path.join(os.environ["srcdir"], "tests", "unit")]

import adds                                             # noqa: E402
import proposals                                        # noqa: E402
import tap                                              # noqa: E402

KINDS = {
    "secret in a log": "logged", "certificates unchecked": "unchecked",
    "wrong package": "package", "added address": "host",
    "second recipient": "host", "test host that isn't one": "host",
}
PLANTED, TWINS = 54, 6


def main():
    missed, false = [], []
    twins = [p for p in map(proposals.get, proposals.numbers())
             if isinstance(p, proposals.Twin)]
    kinds = {p.pair: KINDS[p.truth["defect"]] for p in twins
             if p.truth["defect"]}
    with adds.Words() as words:
        for p in twins:
            kind, name = kinds[p.pair], os.path.basename(p.folder)
            found = [w for w in adds.shown(words, p.base, p.changed)
                     if w[2] == kind]
            if not p.truth["defect"]:
                false += ["%s: %s at %s:%d" % (name, w[3], w[0], w[1])
                          for w in found[:1]]
            elif not any(w[0] == file and first <= w[1] <= last for w in found
                         for file, first, last, _ in p.places()):
                missed.append("%s: nothing of kind %s at %s:%d" % (
                    name, kind, p.truth["file"], p.truth["lines"][0]))
    named = len(kinds) - len(missed)
    tap.check("of 60 planted changes %d are named at their line" % named,
              missed if named < PLANTED else None)
    tap.check("of 60 twins %d have a word of that kind" % len(false),
              false if len(false) > TWINS else None)
    if "-v" in sys.argv:
        print("\n".join(missed + false))
    tap.plan()


main()
