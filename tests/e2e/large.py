"""Large changes, the whole way: a command makes them in the sandbox, they are taken
without a person, and one of them is decided on the screen.  What they cost is
counted in bytes that the screen writes, not in seconds.
"""

import hashlib
import os

import harness
from harness import bash
from screenlib import DONE, Screen, wait_events

SKIP = {"plan": "skip"}
MANY = b"".join(b"line %d\n" % n for n in range(1, 50001))
CHANGED = [n for n in range(1, 49930, 167)] + [50000]
SCRIPT = ("awk '(NR %% 167 == 1 && NR < 49930) || NR == 50000 "
          "{ print \"changed \" NR; next } 1' %s >n && mv n %s")
# A screen of 80 by 24 is 2 kB, and with its colours some more; so many of them.
SCREENS = 60 * 8192


def many(numbers):
    lines = MANY.split(b"\n")
    for n in numbers:
        lines[n - 1] = b"changed %d" % n
    return b"\n".join(lines)


def begin(w, files):
    harness.need_sandbox(w)
    w.git("init", "-q")
    for name, content in files.items():
        w.write(name, content)


def data(w, name):
    with open(os.path.join(w.project, name), "rb") as f:
        return f.read()


def digest(w, name):
    h = hashlib.sha256()
    with open(os.path.join(w.project, name), "rb") as f:
        for part in iter(lambda: f.read(1 << 20), b""):
            h.update(part)
    return h.hexdigest()


def by_rule(w, command, files):
    """Taken by `yes`; then undone. The proposal, with what was in it."""
    before = harness.tree(w.project)
    w.mock([bash(command), DONE], config=SKIP)
    w.run("exec", "--approve", "yes", "go", code=0)
    p = [e for e in w.events("proposal") if e["files"]][-1]
    assert len(p["files"]) == files, len(p["files"])
    after = harness.tree(w.project)
    w.run("undo", "--accept", "all", code=0)
    assert harness.tree(w.project) == before
    w.verify()
    return p, after


def by_screen(w, command, hunks, last):
    """Opened, scrolled to its end, the last hunk taken and sent, and the rest
    left."""
    w.mock([bash(command), DONE], config=SKIP)
    with Screen(w, "--", "go") as t:
        t.need("%d open" % hunks)
        t.review()
        top = " %d hunk%s, +" % (hunks, "" if hunks == 1 else "s")
        for key, text in (("G", last), ("g", top), ("G", last)):
            t.send(key)
            t.need(text)
        t.press("KJ")
        harness.wait_until("the last hunk to be seen", lambda: [
            row for row in t.screen() if row.startswith(">[ ]") and
            "unread" not in row] and last in t.text())
        t.idle()
        t.send("y")
        wait_events(w, "draft")
        t.need("%d of %d hunks to review" % (hunks - 1, hunks))
        t.send("x")
        wait_events(w, "applied")
        t.need("%d of %d hunks to review" % (hunks - 1, hunks - 1))
        wrote = t.written()
        t.end("exit 5")
    assert wrote < SCREENS, wrote
    w.verify()
