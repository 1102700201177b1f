#!/usr/bin/env python3
"""A connection that is cut, over a real sshd: whatever the session was doing, it
is all there for the next one."""

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess

import harness
from screenlib import (DONE, Screen, decided, edits, numbers)

SKIP = {"plan": "skip"}
PLAN = {"calls": [{"name": "plan", "args": {
    "goal": "Some lines are louder", "steps": [{"title": "Raise the voice"}],
    "files": ["a.txt"], "risks": ["none"]}}]}
TWO = [edits(("a.txt", 3), ("a.txt", 43)), DONE]
HELD = "echo be''gun; while ! test -e go; do sleep 0.1; done"


class Server:
    """An sshd of this user's, for their own key."""

    def __init__(self, w):
        self.w = w
        os.makedirs(w.path("ssh"))
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                            "-f", w.path("ssh", name)], check=True)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        w.write("sshd_config", "Port %d\nListenAddress 127.0.0.1\n"
                "HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\n"
                "PidFile none\nPermitRootLogin yes\nLogLevel VERBOSE\n" % (
                    port, w.path("ssh", "host"), w.path("ssh", "key.pub")),
                base=w.path("ssh"))
        # What a login would set; the server knows neither terminal nor locale.
        w.write("there", "#!/bin/sh\n%s\nexport LC_ALL=xx_XX.UTF-8\ncd '%s' "
                "&& exec '%s' \"$@\"\n" % ("\n".join(
                    "export %s=%s" % (name, shlex.quote(value))
                    for name, value in w.env.items()
                    if name not in ("TERM", "LC_ALL")), w.project,
                    harness.ASSENT), 0o755, base=w.path("ssh"))
        w.write("line", "#!/bin/sh\nexec ssh -F none -tt -q -p %d -i '%s' "
                "-o IdentitiesOnly=yes -o StrictHostKeyChecking=no "
                "-o UserKnownHostsFile=/dev/null '%s'@127.0.0.1 '%s' \"$@\"\n" %
                (port, w.path("ssh", "key"), pwd.getpwuid(os.getuid()).pw_name,
                 w.path("ssh", "there")), 0o755, base=w.path("ssh"))
        with open(w.path("ssh", "log"), "wb") as log:
            # By its full name, or it refuses to start.
            self.p = subprocess.Popen(
                [sshd(), "-D", "-e", "-f", w.path("ssh", "sshd_config")],
                stderr=log)
        harness.wait_until("sshd", lambda: self.p.poll() is not None or
                           "listening" in self.log())
        # It may refuse to start, or refuse this user.
        if self.p.poll() is not None or subprocess.run(
                [w.path("ssh", "line"), "--version"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL).returncode != 0:
            self.p.kill()
            self.p.wait()
            raise harness.Skip("sshd: " + "; ".join(
                self.log().splitlines()[-3:]))

    def log(self):
        with open(self.w.path("ssh", "log")) as f:
            return f.read()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.p.terminate()
        self.p.wait()

    def screen(self, *args):
        return Screen(self.w, *args, path=self.w.path("ssh", "line"),
                      term="xterm-ghostty")


def sshd():
    return shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")


def mark_one(t):
    t.review()
    t.see("y", "/2 · 1 accepted, 0 rejected, 1 open")


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
    t.see("y", "2 open")
    accepted(w, t, mock)


def accepted(w, t, mock):
    t.review()
    t.see("y", "/2 · 1 accepted, 0 rejected, 1 open")
    mark_last(w, t, mock)


def mark_last(w, t, mock):
    """The other hunk is still open, and the cursor gets there."""
    t.review("n reject")
    if "hunk 2/2" not in t.text():
        t.see("m", "hunk 2/2")
    t.review()
    t.see("n", "wrote a.txt ")
    assert w.read("a.txt") == numbers(60, (3,)), decided(w)


def typed(w, t, mock):
    t.send("\x15")
    t.need_gone("half a wo")
    accepted(w, t, mock)


def extended(w, t, mock):
    t.review("e extend")
    t.send("e")
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
    "hunks": (TWO, SKIP, None, "/2 · 0 accepted, 0 rejected, 2 open",
              accepted),
    "half marked": (TWO, SKIP, mark_one, "/2 · 1 accepted, 0 rejected, 1 open",
                    mark_last),
    "a question": (TWO, dict(SKIP, max_turns=1), None, "e extend", extended),
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
    if sshd() is None or shutil.which("ssh") is None:
        raise harness.Skip("ssh and sshd are not installed")
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
                old.need(shows if act is None else "2 open")
                if act is not None:
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
