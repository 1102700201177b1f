"""`assent demo` on a real screen: plan, hunks, applied, tests pass. Its first
hunk is the picture of the README.

    screen-demo.py --update    makes it again, where the sandbox is level A
"""
import os
import re
import sys
import time

import harness
import picture
from screenlib import Screen
from vt import Terminal

PICTURE = os.path.join(harness.SRC, "tests/fixtures/pictures/review.svg")
UPDATE = "--update" in sys.argv[1:]
LAST = "This was a recording"
# Not every host has Pygments.
ENV = {"COLORTERM": "truecolor", "COLORFGBG": "15;0", "VISUAL": "true",
       "ASSENT_SYNTAX": "never"}


def readme_picture(t):
    """Without the number of an estimate: it grows with the name of the
    folder."""
    t.idle()
    p = picture.of_terminal(t)
    p.rows = [[part[:3] + (re.sub(r"~[0-9]+% context", "~93% context", part[3]),)
               for part in row] for row in p.rows]
    return p.svg()


def see_readme(t):
    """Its picture is what this screen shows, where the sandbox is the one of
    the README and no line of the model is awaited any more."""
    # The sandbox is named from the first frame on.
    if " sandboxed" not in t.show():
        return
    if UPDATE:
        with open(PICTURE, "w") as f:
            f.write(readme_picture(t))
    with open(PICTURE) as f:
        want = f.read()
    due = time.monotonic() + 60
    while readme_picture(t) != want:
        assert time.monotonic() < due, \
            "%s shows another (screen-demo.py --update):\n%s" % (
                PICTURE, t.show())
        t.pause(50)


def another(t):
    """Is another hunk offered? Not once the end of the task is told."""
    due = time.monotonic() + 60
    while not t.wait(LAST, 0) and time.monotonic() < due:
        if Terminal.review(t, ms=200):
            return True
    return False


def commit(t):
    """Its folder has a repository, whatever git knows of its user."""
    t.see("i", "Enter send")
    t.see("/commit\r", "committed 2 files")
    t.need("Esc back")
    t.see("\x1b", "q quit")


def reviewed(w, size, marks, says, ends):
    """The model's last words, and the result of the sample's test."""
    with Screen(w, "demo", env=ENV, rows=size[0], cols=size[1]) as t:
        t.review("y approve")
        t.send("y")
        decided = 0
        # The keys are named once they count.
        while another(t):
            if size == (24, 80) and marks == "yy" and decided == 0:
                see_readme(t)
            # The model says what came of it.
            t.send(marks[decided])
            decided += 1
            # On a small screen the key shows the rest of the hunk first.
            if not t.wait("not accepted yet", 100):
                t.gone("y accept", 10000)
            if t.wait(LAST, 100):
                break
        # It stays until it is left.
        t.need(LAST)
        t.need(says)
        t.settle()
        if marks == "yy":
            commit(t)
        elif marks == "yn":
            t.see("u", "Y to confirm")
            t.see("n", "undo dropped: nothing changes")
        t.press("\tq")
        t.need("e: end the demo")
        t.send("e")
        t.ended("exit 0" if ends == "passes" else "exit 5")
        text = t.text()
        assert decided == len(marks), text
        joined = text.replace("\n", "")
        assert ("this session wrote" in joined) == ("y" in marks), text
        assert "test on your files now: " + ends in joined, text
        # No command that needs its folder, which is gone.
        assert "assent resume" not in text, text
        assert re.search(r"  assent log (\S+)", text).group(1) in w.sessions()
    assert any(m["seen"] for m in harness.marks(w.events("draft")))
    assert w.events("decision")


def test_accepted(w):
    reviewed(w, (24, 80), "yy", "CHANGES has a line", "passes")


def test_accepted_in_part_on_a_large_screen(w):
    reviewed(w, (50, 200), "yn", "CHANGES is unchanged", "passes")


def test_rejected(w):
    reviewed(w, (24, 80), "n", "3 of 8", "fails")


if UPDATE:
    sys.argv[1:] = ["test_accepted"]
harness.main(globals())
