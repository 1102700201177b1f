"""A front end in a few lines: starts the core as `assent` does and speaks its
protocol.  Used where a test wants to decide exactly what is sent and when.
"""

import json
import os
import re
import selectors
import signal
import socket
import subprocess
import time

import harness

CORE = os.path.join(harness.BUILD, "assent-core")
VERSION = None
PROTOCOL = 4


def version():
    global VERSION
    if VERSION is None:
        with open(os.path.join(harness.BUILD, "config.h")) as f:
            VERSION = re.search('PACKAGE_VERSION "(.*)"', f.read()).group(1)
    return VERSION


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.lines = []
        self.eof = False

    def send(self, **message):
        """One that is gone is found so by the next read."""
        try:
            self.sock.sendall(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass

    def pump(self, timeout):
        if self.eof:
            return
        sel = selectors.DefaultSelector()
        sel.register(self.sock, selectors.EVENT_READ)
        if sel.select(timeout):
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                self.eof = True
            self.buffer += data
            *whole, self.buffer = self.buffer.split(b"\n")
            self.lines += [json.loads(x) for x in whole]
        sel.close()

    def write(self, p):
        """Write what is marked of this version of a proposal."""
        self.send(type="decide", proposal=p.get("proposal") or p["seq"],
                  version=p["version"])

    def wait(self, what, condition, deadline_s=harness.DEADLINE_S):
        end = time.monotonic() + deadline_s
        while True:
            value = condition()
            if value:
                return value
            if self.eof or time.monotonic() > end:
                raise AssertionError("waited in vain for %s; last lines: %r" % (
                    what, [json.dumps(x)[:300] for x in self.lines[-8:]]))
            self.pump(0.2)

    def event_list(self, kind, match=lambda e: True):
        return [x for x in self.lines
                if x.get("type") == kind and "seq" in x and match(x)]

    def wait_event(self, kind, match=lambda e: True):
        return self.wait(kind, lambda: self.event_list(kind, match))[-1]

    def wait_status(self, words):
        """The latest status says that it waits for this."""
        def now():
            said = [x for x in self.lines if x.get("type") == "status"]
            return said and words in said[-1].get("doing", "")
        return self.wait("status " + words, now)

    def wait_live(self):
        self.wait("live", lambda: [x for x in self.lines
                                   if x.get("type") == "live"])

    def wait_eof(self):
        end = time.monotonic() + harness.DEADLINE_S
        while not self.eof:
            assert time.monotonic() < end, "the core did not close"
            self.pump(0.2)

    def close(self):
        self.sock.close()

    def close_and_wait(self):
        """End the session, and see the core go."""
        self.send(type="end")
        self.wait_eof()
        self.close()


def settings(w, **more):
    with open(os.path.join(w.path("config", "assent"), "config.json")) as f:
        conf = json.load(f)
    provider = conf["providers"]["mock"]
    start = {
        "type": "start", "root": os.path.realpath(w.project),
        "cwd": os.path.realpath(w.project), "mode": "interactive",
        "plan": "skip", "approve": "ask", "person": True, "keep_alive": more.get("person", True),
        "diff": "myers",
        "home": w.home, "path": w.env["PATH"],
        "sandbox": "auto", "max_turns": 30, "retry_base_ms": 10,
        "first_ms": 600000,
        "retry_time_ms": 100,
        "model": {"provider": "mock", "name": "m",
                  "format": provider["format"],
                  "base_url": provider["base_url"], "key_env": "MOCK_KEY"},
    }
    start.update(more)
    return start


def spawn(w, wrap=()):
    ours, theirs = socket.socketpair()
    env = {k: w.env[k] for k in ("HOME", "PATH", "XDG_STATE_HOME", "LC_ALL",
                                 "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                 "LSAN_OPTIONS") if k in w.env}
    fd = theirs.fileno()

    def prepare():
        os.dup2(fd, 3)
        os.set_inheritable(3, True)
        os.setsid()
    process = subprocess.Popen(
        list(wrap) + [CORE], env=env, preexec_fn=prepare, close_fds=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    theirs.close()
    c = Client(ours)
    c.process = process
    w.clients.append(c)
    return c


class Clock:
    """While it lasts, sessions have a core whose clock can be put forward."""

    def __init__(self, w):
        self.bin = harness.programs(w, os.path.join(
            harness.BUILD, "tests/e2e/core-clock"))

    def __enter__(self):
        global CORE
        self.usual = harness.ASSENT, CORE
        harness.ASSENT = os.path.join(self.bin, "assent")
        CORE = os.path.join(self.bin, "assent-core")
        return self

    def __exit__(self, *args):
        global CORE
        harness.ASSENT, CORE = self.usual

    def forward(self, ms):
        with open(os.path.join(self.bin, "new"), "w") as f:
            f.write("%d" % ms)
        os.rename(f.name, os.path.join(self.bin, "clock"))


def start(w, wrap=(), hello=None, **more):
    c = spawn(w, wrap)
    c.send(**dict({"type": "hello", "version": version(),
                   "protocol": PROTOCOL, "client": "test",
                   "key": w.env["MOCK_KEY"]}, **(hello or {})))
    c.send(**settings(w, **more))
    return c


def resume(w, **more):
    sid = w.sessions()[-1]
    return start(w, session=sid, **more)


def say(c, text, n):
    """Until the task that this begins, the nth, has ended."""
    c.send(type="say", text=text)
    c.wait("the end of task %d" % n,
           lambda: len(c.event_list("agent_end")) >= n)


def review(c, old, new):
    """Reviews of every kind: the plan returned, then approved; a hunk accepted
    and one rejected; the next one edited. Until the agent's end."""
    for version, answer in ((1, {"action": "return", "word": "Why?"}),
                            (2, {"action": "approve"})):
        c.wait_event("plan", lambda e: e["version"] == version and
                     e["status"] == "proposed")
        c.wait_status("plan")
        c.send(type="plan", version=version, **answer)
    at = 0
    for verdicts in (["yes", "no"], ["edited"]):
        p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > at)
        hunks = p["files"][0]["hunks"]
        assert len(hunks) == len(verdicts), p
        c.wait_status("review")
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], marks=[dict(
                   {"hunk": h["id"], "mark": v, "seen": True},
                   **({"edit": h["text"].replace(old, new)}
                      if v == "edited" else {"word": "No."}
                      if v == "no" else {}))
                   for h, v in zip(hunks, verdicts)])
        at = c.wait_event("decision", lambda e: e["seq"] > p["seq"])["seq"]
    c.wait_event("agent_end", lambda e: e["seq"] > at)


def secret(w):
    return w.read(os.path.join(w.session_dir(), "secret"))


def backgrounds(c):
    """The core's answer to `background`, by the commands' ids."""
    n = len([x for x in c.lines if x.get("type") == "backgrounds"])
    c.send(type="background")
    lines = c.wait("the list", lambda: (
        [x for x in c.lines if x.get("type") == "backgrounds"][n:]))
    return {x["id"]: x for x in lines[0]["commands"]}


def attach(w, **hello):
    """Another client of the running session, through its socket."""
    s = socket.socket(socket.AF_UNIX)
    fd = os.open(w.session_dir(), os.O_RDONLY)
    try:
        s.connect("/proc/self/fd/%d/sock" % fd)
    finally:
        os.close(fd)
    c = Client(s)
    w.clients.append(c)
    c.send(**dict({"type": "hello", "version": version(),
                   "protocol": PROTOCOL, "client": "test2",
                   "secret": secret(w)}, **hello))
    return c


def core_pid(w):
    """The running core below this test."""
    for pid in harness.running(CORE):
        return pid
    raise AssertionError("no core is running: %r" % harness.children())


def kill(w, client):
    """The core dies without a word."""
    os.kill(core_pid(w), signal.SIGKILL)
    client.wait_eof()
    client.close()
