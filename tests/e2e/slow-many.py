"""What is large in a proposal: a file of 50,000 lines that changes in 300 places,
the first and the last line among them; a line of 10 MB; 500 files."""

import harness
from large import (CHANGED, LONG, MANY, SCRIPT, begin, by_rule, by_screen, data,
                   many)
from screenlib import DONE, Screen, wait_events
from harness import bash
from large import SKIP

FILES = ("for n in $(seq 500); do mkdir -p d$((n % 9)); "
         "echo $n >d$((n % 9))/$n; done")


def test_many_hunks_by_rule(w):
    begin(w, {"f": MANY})
    p, after = by_rule(w, SCRIPT % ("f", "f"), 1)
    assert len(p["files"][0]["hunks"]) == 300, len(p["files"][0]["hunks"])
    assert after["f"][2] == many(CHANGED)


def test_many_hunks_on_the_screen(w):
    begin(w, {"f": MANY})
    by_screen(w, SCRIPT % ("f", "f"), 300, "+changed 50000")
    assert data(w, "f") == many([50000])


def test_many_hunks_on_the_command_line(w):
    """The first, the last and one between, out of 300."""
    begin(w, {"f": MANY})
    r = w.run("try", "--approve", "ask", "--", "sh", "-c",
              SCRIPT % ("f", "f"))
    assert r.returncode == 5, r.stderr
    r = w.run("decide", "--accept", "1,150,300")
    assert r.returncode == 0, r.stderr
    assert data(w, "f") == many([1, CHANGED[149], 50000])
    w.verify()


def test_hundreds_of_files_by_rule(w):
    begin(w, {"a": "a\n"})
    _, after = by_rule(w, FILES, 500)
    assert after["d5/500"][2] == b"500\n"


def test_hundreds_of_files_on_the_screen(w):
    begin(w, {"a": "a\n"})
    by_screen(w, FILES, 500, "d8/98")
    new = [k for k in harness.tree(w.project) if k.startswith("d8/")]
    assert new == ["d8/98"], new


def test_one_long_line_by_rule(w):
    begin(w, {"f": LONG + b"\n"})
    p, after = by_rule(w, "printf x >>f", 1)
    assert p["files"][0]["binary"] and len(p["files"][0]["hunks"]) == 1
    assert after["f"][2] == LONG + b"\nx"


def test_one_long_line_on_the_screen(w):
    """All or nothing, with both sizes; the other file is decided alone."""
    begin(w, {"f": LONG + b"\n", "g": "g\n"})
    w.mock([bash("printf x >>f; echo G >g"), DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("/2 · 0 accepted, 0 rejected, 2 open")
        t.review()
        t.need("10485761")
        t.send("y")
        wait_events(w, "draft")
        t.need(", 1 open")
        t.send("x")
        wait_events(w, "applied")
        t.end("exit 5")
    assert data(w, "f") == LONG + b"\nx" and data(w, "g") == b"g\n"
    w.verify()


def test_a_line_that_fits_a_hunk_on_the_screen(w):
    """900 kB in one line: it is shown, to its end, and can be taken."""
    line = b"abcdefghi " * 90000
    begin(w, {"f": b"one\n" + line + b"\ntwo\n"})
    w.mock([bash("sed -i s/two/TWO/ f"), DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("/1 · 0 accepted, 0 rejected, 1 open")
        t.review()
        t.send("G")
        t.need("+TWO")
        assert t.written() < 60 * 8192
        # Not all of it was on the screen: a second key.
        t.send("y")
        t.need("haven't seen")
        t.need("Y to confirm")
        t.send("Y")
        wait_events(w, "applied")
        t.need(" ready")
        t.end()
    assert data(w, "f") == b"one\n" + line + b"\nTWO\n"
    w.verify()


harness.main(globals())
