"""A hundred megabytes, as text and as binary: taken by a rule and undone, and on
the screen, where such a change is all or nothing. (Many hunks and many files:
tests/bench.)"""

import os

import harness
from harness import bash
from screenlib import DONE, Screen, wait_events

SKIP = {"plan": "skip"}
BIG = 100 << 20
CHANGE = "printf changed | dd of=f bs=1 seek=%d conv=notrunc 2>/dev/null"


def text():
    return b"".join(b"%07d\n" % n * (1 << 17) for n in range(BIG >> 20))


def binary():
    return b"".join(b"%06d\0\n" % n * (1 << 17) for n in range(BIG >> 20))


def one(w, content):
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write("f", content)
    before = harness.tree(w.project)
    w.mock([bash(CHANGE % 1000), DONE], config=SKIP)
    w.run("exec", "--approve", "yes", "go", code=0)
    f, = [e for e in w.events("proposal") if e["files"]][-1]["files"]
    assert f["binary"] and f["before"]["size"] == f["after"]["size"] == BIG, f
    w.run("undo", "--accept", "all", code=0)
    assert harness.tree(w.project) == before
    w.verify()
    w.mock([bash(CHANGE % (BIG - 100)), DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("/1 · 1 open", 120000)
        t.review()
        assert t.written() < 60 * 8192
        t.send("y")
        t.write("Enter writes")
        wait_events(w, "applied")
        t.need(" ready", 120000)
        t.end()
    with open(os.path.join(w.project, "f"), "rb") as g:
        g.seek(BIG - 100)
        assert g.read(7) == b"changed"
    w.verify()


def test_text(w):
    one(w, text())


def test_binary(w):
    one(w, binary())


harness.main(globals())
