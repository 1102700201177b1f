"""`assent demo` on a real screen: plan, hunks, applied, tests pass.  And the
pictures of the documents: the demo's first hunk, a change of lines that were
changed on disk, and the inbox.

    screen-demo.py --update    makes them again, where the sandbox is level A
"""
import os
import re
import sys
import time

import harness
import picture
from screenlib import Screen
from vt import Terminal

PICTURES = os.path.join(harness.SRC, "tests/fixtures/pictures")
UPDATE = "--update" in sys.argv[1:]
LAST = "This was a recording"
# Not every host has Pygments.
ENV = {"COLORTERM": "truecolor", "COLORFGBG": "15;0", "VISUAL": "true",
       "ASSENT_SYNTAX": "never"}
# What differs each time, and what the pictures have in its place: an estimate,
# which grows with the name of the folder; a session, its folder and times.
VARIES = ((r"~[0-9]+% context", "~93% context"),
          (r"\b\d{8}-\d{6}-\w{4}\b", "20261128-093012-4f1a"),
          (r"/\S+/src/", "/home/you/src/"),
          (r"\b\d+m\b", "0m"), (r"since \d\d:\d\d", "since 09:30"))
FETCH = """import urllib.request

TIMEOUT = 10    # seconds


def fetch(url):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as page:
        return page.read()
"""


def drawing(t):
    t.idle()
    p = picture.of_terminal(t)
    for pattern, same in VARIES:
        p.rows = [[part[:3] + (re.sub(pattern, same, part[3]),)
                   for part in row] for row in p.rows]
    return p.svg()


def sandboxed(t):
    """Is the sandbox that of the pictures? It is named from the first frame
    on."""
    return " sandboxed" in t.show()


def see_picture(t, name):
    """It is what this screen shows, once no line of the model is awaited any
    more."""
    path = os.path.join(PICTURES, name)
    if UPDATE:
        with open(path, "w") as f:
            f.write(drawing(t))
    with open(path) as f:
        want = f.read()
    due = time.monotonic() + 60
    while drawing(t) != want:
        assert time.monotonic() < due, \
            "%s shows another (screen-demo.py --update):\n%s" % (
                path, t.show())
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
    t.need("Esc keys")
    t.see("\x1b", "q quit")


def reviewed(w, size, marks, says, ends):
    """The model's last words, and the result of the sample's test."""
    with Screen(w, "demo", env=ENV, rows=size[0], cols=size[1]) as t:
        t.review("y approve")
        t.send("y")
        t.write("Enter approves")
        decided = 0
        # The keys are named once they count.
        while another(t):
            if size == (24, 80) and marks == "yy" and decided == 0 and \
                    sandboxed(t):
                see_picture(t, "review.svg")
            # The model says what came of it.
            t.send(marks[decided])
            t.write("Enter ")
            decided += 1
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
            t.leave()
            t.see("u", "Enter puts back")
            t.see("\x1b", "undo dropped: nothing changes")
        t.press("\x1b")
        t.ask_leave()
        t.need("e: end the demo")
        t.send("e")
        t.ended("exit 0" if ends == "passes" else "exit 5")
        text = t.text()
        assert decided == len(marks), text
        joined = text.replace("\n", "")
        assert ("this session wrote" in joined) == ("y" in marks), text
        assert "test after this session: " + ends in joined, text
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


def timeout(w, name, *answers):
    """A project, a change of one line, and what the model answers next."""
    w.project = w.path("home", "src", name)
    w.write("fetch.py", FETCH)
    w.repository()
    w.mock([{"calls": [{"name": "edit", "args": {
        "path": "fetch.py", "old_string": "TIMEOUT = 10",
        "new_string": "TIMEOUT = 60",
        "reason": "The mirror takes up to 40 seconds."}}]},
        harness.done(), *answers],
        config={"plan": "skip", "model": "mock/qwen3"})


def test_changed_on_disk(w):
    timeout(w, "fetch")
    with Screen(w, "The slow mirror times out. Fix it.", env=ENV,
                rows=31) as t:
        t.review()
        w.write("fetch.py", FETCH.replace("10 ", "20 "))
        t.send("y")
        t.write("Enter writes")
        t.need("changed on disk, not written: fetch.py")
        t.rows()
        if sandboxed(t):
            see_picture(t, "changed.svg")
        t.end("exit 5")
    assert "TIMEOUT = 20" in w.read("fetch.py")


def test_inbox(w):
    timeout(w, "fetch", harness.call("plan", goal="The parser reads quotes",
                                     steps=[{"title": "Write a test"},
                                            {"title": "Read quotes"}]),
            harness.done(summary="Every option is in the manual."))
    for name, task in (("fetch", "The slow mirror times out. Fix it."),
                       ("parser", "Accept quoted fields."),
                       ("manual", "Is every option in the manual?")):
        os.makedirs(w.path("home", "src", name), exist_ok=True)
        said = w.run("--detach", "--plan", "require" if name == "parser" else
                     "skip", task, cwd=w.path("home", "src", name), code=0)
        w.run("wait", said.stdout.decode().strip())
    with Screen(w, "inbox", env=ENV, rows=14) as t:
        t.need("waiting for you: 3, longest first")
        t.need("> fetch ")
        see_picture(t, "inbox.svg")
        t.send("\x1b")
        t.ended("exit 0")


if UPDATE:
    sys.argv[1:] = ["test_accepted", "test_changed_on_disk", "test_inbox"]
harness.main(globals())
