"""A hundred megabytes, as text and as binary: taken by a rule, and on the screen,
where such a change is all or nothing."""

import harness
from harness import bash
from large import DONE, SKIP, Screen, begin, by_rule, digest, wait_events

BIG = 100 << 20
CHANGE = "printf changed | dd of=f bs=1 seek=%d conv=notrunc 2>/dev/null"


def text():
    return b"".join(b"%07d\n" % n * (1 << 17) for n in range(BIG >> 20))


def binary():
    return b"".join(b"%06d\0\n" % n * (1 << 17) for n in range(BIG >> 20))


def one(w, content):
    begin(w, {"f": content})
    p, _ = by_rule(w, CHANGE % 1000, 1)
    f, = p["files"]
    assert f["binary"] and f["before"]["size"] == f["after"]["size"] == BIG, f
    w.mock([bash(CHANGE % (BIG - 100)), DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("/1 · 1 open", 120000)
        t.review()
        assert t.written() < 60 * 8192
        t.send("y")
        wait_events(w, "applied")
        t.need(" ready", 120000)
        t.end()
    p = [e for e in w.events("proposal") if e["files"]][-1]
    assert digest(w, "f") == p["files"][0]["after"]["hash"]
    w.verify()


def test_text(w):
    one(w, text())


def test_binary(w):
    one(w, binary())


harness.main(globals())
