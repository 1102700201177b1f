"""The inbox of other machines, over a real sshd: their rows are among ours, and
Enter opens a session there.
"""

import json
import os
import signal
import subprocess

import harness
import sshlib
from harness import done, edit
from screenlib import Screen

FIX = edit("a.txt", "one", "ONE")


class Machine(sshlib.Sshd):
    """With a home and sessions of its own. Its sshd knows `assent`."""

    def __init__(self, w, name):
        self.w, self.name = w, name
        self.env = dict(w.env, HOME=w.path(name, "home"),
                        XDG_STATE_HOME=w.path(name, "state"))
        os.makedirs(self.env["HOME"])
        w.write("assent", "#!/bin/sh\n%s\nexec '%s' \"$@\"\n" % ("\n".join(
            "export %s='%s'" % x for x in self.env.items() if x[0] != "TERM"),
            harness.ASSENT), 0o755, base=w.path(name, "bin"))
        super().__init__(w, os.path.join(name, "ssh"),
                         "SetEnv PATH=%s:/usr/bin:/bin\n" % w.path(name, "bin"))

    def project(self, name):
        self.w.write("a.txt", "one\n",
                     base=os.path.join(self.env["HOME"], name))
        return os.path.join(self.env["HOME"], name)

    def begin(self, name, task):
        id = self.w.run("--detach", task, env=self.env,
                        cwd=self.project(name)).stdout.decode().strip()
        harness.wait_until("it waits", lambda: id in self.rows())
        return id

    def id(self, name):
        return [x["id"] for x in map(json.loads, self.rows().splitlines())
                if x["project"].endswith("/" + name)][0]

    def rows(self):
        return self.w.run("inbox", "--json", env=self.env).stdout.decode()

    def followers(self):
        """Of the inbox, there."""
        out = subprocess.run(["pgrep", "-f", self.w.path(self.name, "bin") +
                              "|inbox --json --follow"],
                             stdout=subprocess.PIPE).stdout
        return [int(x) for x in out.split()]


def machines(w, *names):
    """`ssh NAME` reaches each, by the user's own configuration."""
    sshlib.need()
    made = [Machine(w, name) for name in names]
    w.write("config", "".join("Host %s\n%s" % (m.name, m.client)
                              for m in made), base=w.path("client"))
    w.write("ssh", "#!/bin/sh\nexec /usr/bin/ssh -F '%s' \"$@\"\n" %
            w.path("client", "config"), 0o755, base=w.path("client"))
    w.env["PATH"] = w.path("client") + ":" + w.env["PATH"]
    for m in made:
        m.check(subprocess.run(
            [w.path("client", "ssh"), "-o", "BatchMode=yes", m.name, "assent",
             "--version"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL).returncode == 0)
    return made


def test_rows_of_other_machines(w):
    a, b = machines(w, "build1", "build2")
    w.mock([FIX, done()] * 3,
           config={"plan": "skip", "hosts": ["build1", "build2", "gone"]})
    w.write("a.txt", "one\n", base=w.path("here"))
    w.run("--detach", "task here", cwd=w.path("here"))
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
            t.see("q", "d: detach")
            t.see("e", "waiting for you: 2")
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
        r = w.run("resume", "-oProxyCommand=x:1")
        assert r.returncode == 2, r
        r = w.run("resume", "build1:$(id)")
        assert r.returncode == 2 and b"isn't a host" in r.stderr, r
        with open(os.path.join(b.env["HOME"], "doc", "a.txt")) as f:
            assert f.read() == "ONE\n"
        harness.wait_until("nobody follows", lambda: not a.followers())
    finally:
        a.stop()
        b.stop()


harness.main(globals())
