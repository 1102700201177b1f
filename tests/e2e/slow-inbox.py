"""Fifty sessions on three machines, ten of them killed in their work: one person
decides each of them once, from the inbox. And a machine that doesn't answer, on a
slow line.
"""

import os
import signal
import time

import harness
import sshlib
from harness import done, edit
from screenlib import Screen

STALL = {"text": "...", "stall": True}


def lock_of(m, id):
    with open(os.path.join(m.env["XDG_STATE_HOME"], "assent", "sessions", id,
                           "lock")) as f:
        return int(f.read())


def begin(w, m, name, killed):
    """A session that waits with a hunk, or whose core is killed."""
    mock = w.mock([STALL] * killed + [edit("a.txt", "one", name), done()],
                  config={"plan": "skip", "hosts": ["build1", "build2"]})
    id = w.run("--detach", "write " + name, env=m.env,
               cwd=m.project(name)).stdout.decode().strip()
    if killed:
        harness.wait_until("asked", lambda: mock.requests())
        os.kill(lock_of(m, id), signal.SIGKILL)
    harness.wait_until("it waits", lambda: id in m.rows())


class Here(sshlib.Machine):
    """This one: no ssh leads to it."""

    def __init__(self, w):
        self.w, self.name, self.env = w, "", w.env


def test_fifty(w):
    machines = [Here(w)] + sshlib.machines(w, "build1", "build2")
    names = {}
    for i in range(50):
        m, name = machines[i % 3], "p%02d" % i
        begin(w, m, name, i % 5 == 4)
        names[name] = m
    keys, began = 0, time.monotonic()
    with Screen(w, "inbox", rows=50, cols=140) as t:
        for left in range(50, 0, -1):
            t.need("waiting for you: %d," % left)
            t.send("\r")
            t.review()
            t.send("y")
            t.need("wrote a.txt")
            t.see("q", "d: detach")
            t.send("d")
            keys += 4
        t.need("nothing waits for you")
        t.send("\x1b")
        t.ended("exit 0")
    print("# %d keys, %.0f s" % (keys, time.monotonic() - began))
    for name, m in names.items():
        with open(os.path.join(m.env["HOME"], name, "a.txt")) as f:
            assert f.read() == name + "\n", name
    for m in machines[1:]:
        m.stop()


def test_a_stalled_line(w):
    (m,) = sshlib.machines(w, "build1")
    w.mock([edit("a.txt", "one", "ONE"), done()],
           config={"plan": "skip", "hosts": ["build1"]})
    m.begin("csv", "task")
    with Screen(w, "inbox") as t:
        t.need("waiting for you: 1")
        for pid in m.followers():
            os.kill(pid, signal.SIGSTOP)
        t.need("doesn't answer", ms=150000)
        for pid in m.followers():
            os.kill(pid, signal.SIGKILL)
        t.need("waiting for you: 1", ms=60000)
        t.send("\x1b")
        t.ended("exit 0")
    m.stop()


harness.main(globals())
