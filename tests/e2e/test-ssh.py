#!/usr/bin/env python3
"""A connection that is cut, over a real sshd: whatever the session was doing, it
is all there for the next one."""

import shlex
import signal
import subprocess

import harness
import sshlib
from screenlib import (DONE, Screen, decided, edits, numbers)

SKIP = {"plan": "skip"}
PLAN = harness.call("plan", goal="Some lines are louder",
    steps=[{"title": "Raise the voice"}], files=["a.txt"], risks=["none"])
TWO = [edits(("a.txt", 3), ("a.txt", 43)), DONE]
HELD = "echo be''gun; while ! test -e go; do sleep 0.1; done"


class Server(sshlib.Sshd):
    def __init__(self, w):
        super().__init__(w, "ssh")
        self.w = w
        # The environment of a login; the server doesn't know the
        # locale.
        w.write("there", "#!/bin/sh\n%s\nexport LC_ALL=xx_XX.UTF-8\ncd '%s' "
                "&& exec '%s' \"$@\"\n" % ("\n".join(
                    "export %s=%s" % (name, shlex.quote(value))
                    for name, value in w.env.items()
                    if name not in ("TERM", "LC_ALL")), w.project,
                    harness.ASSENT), 0o755, base=self.dir)
        w.write("config", self.client, base=self.dir)
        w.write("line", "#!/bin/sh\nexec ssh -F '%s' -tt -q x '%s' \"$@\"\n" % (
            self.path("config"), self.path("there")), 0o755, base=self.dir)
        self.check(subprocess.run(
            [self.path("line"), "--version"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL).returncode == 0)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.stop()

    def screen(self, *args):
        return Screen(self.w, *args, path=self.path("line"),
                      term="xterm-256color")


def mark_one(t):
    t.review()
    t.see("y", "/2 · 1 open")


def half_a_word(t):
    t.review()
    t.say("half a wo")
    t.need("half a wo")


def open_editor(t):
    t.review()
    t.see("e", "editing")


def thought(w, t, mock):
    mock.release("go")
    t.need("It ends.")


def ran(w, t, mock):
    t.send("\x03")
    t.need("interrupted")


def planned(w, t, mock):
    t.review("y approve")
    t.send("y")
    t.write("Enter approves")
    t.review()
    t.need("2 open")
    accepted(w, t, mock)


def accepted(w, t, mock):
    t.review()
    t.see("y", "/2 · 1 open")
    mark_last(w, t, mock)


def mark_last(w, t, mock):
    """The other hunk is still open, and the cursor gets there."""
    t.review("n reject")
    if "2/2" not in t.text():
        t.see("J", "2/2")
    t.review()
    t.send("n")
    t.write("Enter writes")
    t.need("wrote a.txt ")
    assert w.read("a.txt") == numbers(60, (3,)), decided(w)


def typed(w, t, mock):
    t.send("\x15")
    t.need_gone("half a wo")
    t.see("\x1b", "? help")
    accepted(w, t, mock)


def extended(w, t, mock):
    t.review("e extend")
    t.send("e")
    t.write("Enter continues")
    accepted(w, t, mock)


# The state: the model's answers, settings, what is done before the cut, what the
# screen shows, and what is then possible.
STATES = {
    "thinking": ([{"text": ["It begins. ", "It ends."], "wait_for": "go",
                   "wait_after": 2}], SKIP, None, "It begins.", thought),
    "running a command": ([
        {"calls": [{"name": "bash", "args": {"command": HELD}}]}], SKIP, None,
        "begun", ran),
    "a plan": ([PLAN] + TWO[:1] + [harness.done(1)], {"plan": "require"}, None,
               "Raise the voice", planned),
    "hunks": (TWO, SKIP, Screen.review, "/2 · 2 open",
              accepted),
    "half marked": (TWO, SKIP, mark_one, "/2 · 1 open",
                    mark_last),
    "a question": (TWO, dict(SKIP, max_turns=1), lambda t: t.review("e extend"),
                   "e extend", extended),
    "typing": (TWO, SKIP, half_a_word, "> half a wo", typed),
    "an editor": (TWO, SKIP, open_editor, "2 open", accepted),
}


def cut(t):
    """The server sees that the line is gone."""
    t.signal(signal.SIGKILL)
    t.eof()
    harness.wait_until("the end of the screen",
                       lambda: not harness.running(harness.ASSENT))


def freeze(t):
    """Neither side sees it."""
    t.signal(signal.SIGSTOP)


def test_cut(w):
    sshlib.need()
    harness.need_sandbox(w)
    w.env["EDITOR"] = "sh -c 'echo editing; exec sleep 1000' e"
    with Server(w) as server:
        for state, (answers, config, act, shows, then) in STATES.items():
            w.clean_project()
            w.write("a.txt", numbers(60))
            mock = w.mock(answers, config=config)
            with server.screen() as old:
                old.need(" ready")
                old.send("raise the voice\r")
                if act is None:
                    old.need(shows)
                else:
                    act(old)
                before = w.events()
                (freeze if state == "hunks" else cut)(old)
                with server.screen("resume") as t:
                    t.need(shows)
                    now = w.events()
                    assert now[:len(before)] == before, state
                    then(w, t, mock)
            w.run("end", w.sessions()[0])


harness.main(globals())
