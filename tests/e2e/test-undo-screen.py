"""Undo and redo by the keys of the screen: nothing is undone by accident or in
the middle of something. The list of what was applied: test-ui-changes."""

import signal

import harness
from screenlib import DONE, Screen, edits, numbers, wait_events
from messages import msg

SKIP = {"plan": "skip"}


def three(w):
    """A session in which three changes were applied, and its screen is gone."""
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.mock([edits(("a.txt", 3)), DONE, edits(("a.txt", 50)), DONE,
            edits(("b.txt", 5), ("b.txt", 30)), DONE, {"text": "I see."}],
           config=SKIP)
    with Screen(w, "raise the voice") as t:
        for n in (1, 2, 3):
            t.review()
            t.send("A")
            t.write("Y writes them too" if n == 3 else "Enter writes")
            wait_events(w, "applied", n)
            t.need(" ready")
            if n < 3:
                t.say("more\r")
        t.detach()


def all_of(w, *upper_a):
    assert w.read("a.txt") == numbers(60, upper_a)


def put_back(w, t, n, words="Enter puts back"):
    """The question about an undo or redo, confirmed."""
    t.write(words)
    wait_events(w, "applied", n)
    t.need(" ready")


REDO = "Enter writes"


def test_while_it_works(w):
    """A write is undone while the model thinks, or a command runs: that is
    stopped, and the model is told and goes on."""
    harness.need_sandbox(w)
    w.write("a.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("a.txt", 50)), DONE,
            {"text": ["I think. "] * 2000, "delay_ms": 200},
            {"calls": [{"name": "bash", "args": {
                "command": "echo begun; sleep 600"}}]},
            {"text": "I know it."}], config=SKIP)
    with Screen(w, "raise the voice") as t:
        t.review()
        t.send("y")
        t.review()
        t.see("r", "reason (")
        t.send("not this\r")
        # An Enter right behind that may be the text's.
        t.need("Enter writes")
        t.send("x")
        t.write("Enter writes")
        t.need("I think.")
        wait_events(w, "applied")
        t.need("Esc u undoes")
        t.press("\x1bu")
        t.write("Enter puts back")
        wait_events(w, "applied", 2)
        t.need("begun")
        told = [e["text"] for e in w.events("note") + w.events("user_message")
                if "undone or redone" in e.get("text", "")]
        assert len(told) == 1 and "a.txt" in told[0], told
        assert w.read("a.txt") == numbers(60)
        t.press("\x1bU")
        t.write("Enter writes")
        wait_events(w, "applied", 3)
        t.need("I know it.")
        t.need(" ready")
        t.pause(800)
        assert w.read("a.txt") == numbers(60, (3,))
        assert not w.events("interrupt")
        t.end()


def test_in_a_review(w):
    """Without a mark `u` is about the write; what is open comes back after it.
    With one it is about the mark."""
    w.write("a.txt", numbers(60))
    w.mock([edits(("a.txt", 3), ("a.txt", 50)), DONE], config=SKIP)
    with Screen(w, "raise the voice") as t:
        t.review()
        t.see("y", "2/2")
        t.send("x")
        t.write("Enter writes")
        t.need("wrote a.txt")
        t.review()
        t.need("u undo")
        t.see("n", "Enter rejects")
        t.see("u", "undone")
        t.see("u", "undoes change 1")
        t.write("Enter puts back")
        wait_events(w, "applied", 2)
        assert w.read("a.txt") == numbers(60)
        t.need("U redo")
        t.review()
        t.send("y")
        t.write("Enter writes")
        wait_events(w, "applied", 3)
        assert w.read("a.txt") == numbers(60, (50,))
        t.need(" ready")
        t.detach()


def test_the_last(w):
    """If the screen dies, what it asked about is open for review, with its
    row."""
    three(w)
    with Screen(w, "resume") as t:
        t.need(" ready")
        t.see("\x1b", "u undoes")
        t.see("u", "undoes change 3")
        t.need("1 of 2 unread · Y puts back 2 hunks in 1 file (b.txt)")
        assert w.read("b.txt") == numbers(60, (5, 30))
        t.signal(signal.SIGKILL)
        t.eof()
    with Screen(w, "resume") as t:
        t.need("undoes change 3")
        t.need("Y puts back")
        t.see("\x1b", "undo dropped: nothing changes")
        t.need(" ready")
        assert "to review: undo" not in t.text(), t.text()
        # Each goes one step further, and U forward again.
        t.send("u")
        put_back(w, t, 4, "Y puts back")
        assert w.read("b.txt") == numbers(60)
        t.need("undid 1 file (+2 -2) · Esc U redoes")
        t.press("\x1bu")
        put_back(w, t, 5)
        all_of(w, 3)
        t.press("\x1bU")
        put_back(w, t, 6, REDO)
        all_of(w, 3, 50)
        t.press("\x1bU")
        put_back(w, t, 7, "Y writes")
        assert w.read("b.txt") == numbers(60, (5, 30))
        t.need("redid 1 file (+2 -2) · Esc u undoes")
        t.leave()
        t.see("U", msg.NOTHING_TO_REDO)
        t.detach()


harness.main(globals())
