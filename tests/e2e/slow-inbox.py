"""Fifty sessions on three machines, ten of them killed in their work: one person
decides each of them once, from the inbox. And a machine that doesn't answer, and
one at the end of a slow line.
"""

import os
import signal
import sys
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
            t.ask_leave()
            t.need("d: detach")
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


# 300 ms there and back, 9,600 baud in each direction.
SLOW = """
import os, select, socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
ways = {0: (s.fileno(), []), s.fileno(): (1, [])}
free = {0: 0.0, s.fileno(): 0.0}
while True:
    now = time.monotonic()
    due = [q[0][0] for _, q in ways.values() if q]
    ready = select.select(list(ways), [], [],
                          max(0, min(due) - now) if due else None)[0]
    for fd in ready:
        data = os.read(fd, 96)
        if not data:
            sys.exit()
        free[fd] = max(free[fd], now) + len(data) / 960
        ways[fd][1].append((free[fd] + 0.15, data))
    for to, queue in ways.values():
        while queue and queue[0][0] <= time.monotonic():
            os.write(to, queue.pop(0)[1])
"""


def test_a_slow_line(w):
    w.write("slow.py", SLOW, base=w.path("client"))
    (m,) = sshlib.machines(w, "build1", proxy="%s %s %%p" % (
        sys.executable, w.path("client", "slow.py")))
    w.mock([edit("a.txt", "one", "ONE"), done()],
           config={"plan": "skip", "hosts": ["build1"]})
    m.begin("csv", "task")
    with Screen(w, "inbox") as t:
        t.need("connecting")
        t.need("waiting for you: 1", ms=120000)
        t.send("\r")
        t.review(ms=120000)
        t.send("y")
        t.write("Enter writes")
        t.need("wrote a.txt", ms=60000)
        t.need("Esc keys", ms=60000)
        t.send("\x1b")
        t.need("i type", ms=60000)
        t.ask_leave()
        t.need("d: detach", ms=60000)
        t.send("d")
        t.need("nothing waits for you", ms=60000)
        t.send("\x1b")
        t.ended("exit 0")
    m.stop()


harness.main(globals())
