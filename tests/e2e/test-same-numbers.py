#!/usr/bin/env python3
"""All commands say the same of a session: hunks, cost, outcome. Twelve recorded
sessions (tests/fixtures/sessions) with what is easily counted twice."""
import glob
import json
import os
import re
import sys

import harness

SESSIONS = os.path.join(harness.SRC, "tests", "fixtures", "sessions")


def install(w, path, sid):
    """The fixture as the session `sid` of the project."""
    w.sound = False
    with open(path) as f:
        text = f.read().replace("/home/you/project", w.project)
    events = [json.loads(line) for line in text.splitlines()]
    events[0]["session"] = sid
    events[0]["root"] = w.project
    folder = w.path("state", "assent", "sessions", sid)
    os.makedirs(folder, mode=0o700)
    harness.rewrite_journal(folder, [json.dumps(dict(
        e, prev="", h="0" * 64), separators=(",", ":")) + "\n"
        for e in events])
    return events


def money(text):
    m = re.search(r"\$(\d+\.\d+)", text)
    return float(m.group(1)) if m else None


def test_twelve(w):
    paths = sorted(glob.glob(os.path.join(SESSIONS, "*.jsonl")))
    assert len(paths) == 12, paths
    for i, path in enumerate(paths):
        sid = "20261128-0000%02d-00aa" % i
        install(w, path, sid)
        print("#", os.path.basename(path), sid)
        stats = json.loads(w.run("stats", "--json", sid).stdout)
        for args in (("log", sid), ("log", "--md", sid)):
            print("\n".join("#   " + l for l in w.run(*args).stdout.decode().split("\n")))
        print("#", json.dumps(stats["sessions"][0]))
    print("#", w.run("ls").stdout.decode())
    print("#", w.run("inbox", "--json").stdout.decode())


if __name__ == "__main__":
    harness.main(globals())
