"""The inbox of other machines, over a real sshd: their rows are among ours, and
Enter opens a session there.
"""

import os
import signal

import harness
import sshlib
from harness import done, edit
from screenlib import Screen

FIX = edit("a.txt", "one", "ONE")


def test_rows_of_other_machines(w):
    a, b = sshlib.machines(w, "build1", "build2")
    w.mock([FIX, done()] * 3,
           config={"plan": "skip", "hosts": ["build1", "build2", "gone"]})
    w.write("a.txt", "one\n", base=w.path("here"))
    w.run("--detach", "task here", cwd=w.path("here"))
    # The model's answers are for one after the other.
    harness.wait_until("it waits", lambda: w.run("inbox", "--json").stdout)
    a.begin("csv", "task on build1")
    try:
        with Screen(w, "inbox", rows=24, cols=100) as t:
            t.need("waiting for you: 2")
            t.need("here ")
            t.need("build1:csv")
            # One that doesn't exist says why.
            t.need("Could not resolve hostname gone")
            b.begin("doc", "task on build2")
            t.need("waiting for you: 3")
            t.see("build2:doc", "> build2:doc")
            t.send("\r")
            t.review()
            t.send("y")
            t.need("wrote a.txt")
            t.leave()
            # The title names the session's host; N leads back to the list.
            t.need(os.uname().nodename.split(".")[0] + ":doc")
            t.need("N back to your list")
            t.see("N", "waiting for you: 2")
            t.see("\x15gone", "It is tried again from time to time")
            assert "^M" not in t.text(), t.text()
            t.see("\x15", "build1:csv")
            # The line is gone, and comes again.
            a.stop()
            for pid in a.followers():
                os.kill(pid, signal.SIGKILL)
            t.need("waiting for you: 1")
            a.start()
            t.need("waiting for you: 2", ms=60000)
            t.send("\x1b")
            t.ended("exit 0")
        id = a.id("csv")
        with Screen(w, "resume", "build1:" + id, rows=24, cols=100) as t:
            t.review()
            t.detach()
        out = w.run("ls", "build1:").stdout.decode()
        assert id in out and "task on build1" in out, out
        w.run("resume", "-oProxyCommand=x:1", code=2)
        r = w.run("resume", "build1:$(id)")
        assert r.returncode == 2 and b"isn't a host" in r.stderr, r
        with open(os.path.join(b.env["HOME"], "doc", "a.txt")) as f:
            assert f.read() == "ONE\n"
        harness.wait_until("nobody follows", lambda: not a.followers())
    finally:
        a.stop()
        b.stop()


harness.main(globals())
