"""Usual tasks at the screen, from the first key until the files are as they
should be: prints for each how many keys and letters it took, and how long.

    make tasks

Nothing here depends on how long it took.
"""

import json
import os
import time

import harness
from screenlib import DONE, Screen, capital, edits, numbers, wait_events

SKIP = {"plan": "skip"}


class Task(Screen):
    """A screen whose keys are counted: those of a message are letters."""
    enters = False

    def __init__(self, w, *args, **kw):
        self.keys = self.letters = 0
        self.began = time.monotonic()
        super().__init__(w, *args, **kw)

    def key(self, keys):
        self.keys += len(keys)
        self.press(keys)

    def say(self, text):
        self.letters += len(text)
        self.send(text)
        self.need(text[-20:])
        self.key("\r")

    def writes(self, row="Enter writes"):
        self.write(row)
        self.keys += 1

    def go(self, want="y accept"):
        """An open question gets the keys by itself."""
        self.need(want)

    def done(self, name, *others):
        """Its files are as they should be."""
        seconds = time.monotonic() - self.began
        print("# %-28s %3d keys %4d letters %6.1f s" % (
            name, sum(t.keys for t in (self,) + others),
            sum(t.letters for t in (self,) + others), seconds), flush=True)


def begin(w, *answers, files=("a.txt",), **more):
    for path in files:
        w.write(path, numbers(60))
    return w.mock(list(answers) + [{"text": "I see."}], config=SKIP, **more)


def take(w, t, lines):
    """The last hunk: then these lines are louder."""
    t.key("y")
    t.writes()
    wait_events(w, "applied")
    assert w.read("a.txt") == numbers(60, lines)


def leave(w, t):
    t.end()
    w.verify()


def test_first_run(w):
    """Nothing is configured but a server on this machine."""
    m = begin(w, edits(("a.txt", 3)), DONE, key=None)
    with open(w.path("config", "assent", "config.json"), "w") as f:
        json.dump({"local_ports": ["here:%d" % m.port], "plan": "skip"}, f)
    with Task(w) as t:
        t.need("/local  use a model server")
        t.say("/local")
        t.need("> /model here/m")
        t.key("\r")
        t.need("model: here/m")
        t.say("raise the voice")
        t.go()
        take(w, t, (3,))
        t.done("first run")
        t.need(" ready")
        leave(w, t)


def test_one_file(w):
    begin(w, edits(("a.txt", 3)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        take(w, t, (3,))
        t.done("one-file fix")
        t.need(" ready")
        leave(w, t)


def test_codemod(w):
    """One line in each of 40 files, by a command."""
    harness.need_sandbox(w)
    files = ["src/f%02d.txt" % i for i in range(40)]
    begin(w, harness.bash("sed -i 's/^line 3$/LINE 3/' src/*.txt"), DONE,
        files=files)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice everywhere")
        t.go("accept")
        t.key("A")
        t.writes("39 of 40 unread · Y writes them too")
        wait_events(w, "applied")
        assert {w.read(path) for path in files} == {numbers(60, (3,))}
        t.done("40-file codemod")
        t.need(" ready")
        leave(w, t)


def test_reject_with_a_word(w):
    begin(w, edits(("a.txt", 3)), DONE, edits(("a.txt", 50)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        t.key("r")
        t.need("reason (")
        t.say("line 50, not line 3")
        t.writes("Enter rejects 1 hunk")
        t.need("+LINE 50")
        t.go()
        take(w, t, (50,))
        t.done("reject with a word")
        t.need(" ready")
        leave(w, t)


def test_partial(w):
    """One hunk accepted, one edited, one rejected."""
    begin(w, edits(("a.txt", 3), ("a.txt", 30), ("a.txt", 50)), DONE)
    editor = w.path("editor")
    w.write(editor, "#!/bin/sh\nsed -i 's/^+LINE 30$/+Line thirty/' \"$1\"\n")
    os.chmod(editor, 0o755)
    with Task(w, env={"EDITOR": editor}, rows=50) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        t.key("y")
        t.need(" 2 open")
        t.key("e")
        t.need(" 1 open")
        t.key("n")
        t.writes()
        wait_events(w, "applied")
        assert w.read("a.txt") == numbers(60, (3,)).replace(
            "line 30\n", "Line thirty\n"), w.read("a.txt")
        t.done("partial accept and edit")
        t.need(" ready")
        leave(w, t)


def test_question(w):
    """Why is this line as it is?"""
    begin(w, edits(("a.txt", 3)), DONE, {"text": "It has to be heard."})
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        t.key("c")
        t.need("comment (")
        t.say("why is it louder?")
        t.need("model answers: It has to be heard.")
        t.need(" 1 open")
        take(w, t, (3,))
        t.done("a question about a hunk")
        t.need(" ready")
        leave(w, t)


def test_message_meanwhile(w):
    m = begin(w, {"calls": [capital("a.txt", 3)], "wait_for": "said"},
              edits(("a.txt", 50)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.need("thinking")
        t.say("and line 50, too")
        t.need("1 message queued")
        m.release("said")
        t.go("accept")
        t.key("A")
        t.writes("Enter writes 2 hunks")
        wait_events(w, "applied")
        assert w.read("a.txt") == numbers(60, (3, 50))
        assert "and line 50, too" in str(m.requests()[-1]["body"])
        t.done("message in mid-work")
        t.need(" ready")
        leave(w, t)


def test_interrupt(w):
    harness.need_sandbox(w)
    begin(w, {"calls": [{"name": "bash", "args": {
        "command": "echo be''gun; sleep 1000"}}]}, edits(("a.txt", 3)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.need("│ begun")
        t.key("\x03")
        t.need("interrupted")
        t.say("only edit the file")
        t.go()
        take(w, t, (3,))
        t.done("interrupt")
        t.need(" ready")
        leave(w, t)


def test_detach(w):
    begin(w, edits(("a.txt", 3)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        t.key("q")
        t.need("d: detach")
        t.key("d")
        t.ended("exit 0")
        with Task(w, "resume") as u:
            u.go()
            take(w, u, (3,))
            t.done("detach, attach elsewhere", u)
            u.need(" ready")
            leave(w, u)


def test_undo(w):
    begin(w, edits(("a.txt", 3)), DONE)
    with Task(w) as t:
        t.need(" ready")
        t.say("raise the voice")
        t.go()
        take(w, t, (3,))
        t.need(" ready")
        t.key("u")
        t.writes("Enter puts back")
        wait_events(w, "applied", 2)
        assert w.read("a.txt") == numbers(60)
        t.done("undo")
        t.need(" ready")
        leave(w, t)


harness.main(globals())
