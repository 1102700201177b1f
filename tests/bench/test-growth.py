"""Twice as many files, hunks, turns, sessions or hosts cost at most 2.2 times as
much, by system calls of all processes, and by the allocations of assent and its
core. What the same costs with one of them is subtracted first.

    test-growth.py [CASE...]

Without a case: the quick ones, and all of them in `make check-slow`.
"""

import contextlib
import http.server
import os
import shutil
import struct
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness      # noqa: E402
import protocol     # noqa: E402
from harness import bash, call, done       # noqa: E402
from screenlib import Screen               # noqa: E402

USUAL = harness.ASSENT
PROGRAMS = os.path.join(harness.BUILD, "tests", "bench", "counted")
STRACE = shutil.which("strace")
MOST = 2.2
# What depends on when processes run, beside what one costs.
NOISE = 0.05


class World(harness.World):
    """Each step of it is counted."""

    def __init__(self, n):
        super().__init__("growth")
        self.n, self.got = n, {}
        harness.ASSENT = USUAL
        harness.programs(self, PROGRAMS + "-core")
        shutil.copy(PROGRAMS, self.path("bin", "assent"))
        with open(self.path("bin", "allocations"), "wb") as f:
            f.write(bytes(16))
        harness.ASSENT = self.path("bin", "assent")
        protocol.CORE = self.path("bin", "assent-core")

    def allocations(self):
        with open(self.path("bin", "allocations"), "rb") as f:
            return struct.unpack("QQ", f.read(16))

    @contextlib.contextmanager
    def counted(self, step):
        """The words before a command, which does this step until the end of the
        block."""
        log, before = self.path("calls"), self.allocations()
        yield [STRACE, "-f", "-qq", "-c", "-o", log]
        harness.leftovers()
        with open(log) as f:
            calls, = (int(x.split()[3]) for x in f if x.endswith(" total\n"))
        count, size = (b - a for a, b in zip(before, self.allocations()))
        self.got[step, "system calls"] = calls
        self.got[step, "allocations"] = count
        self.got[step, "bytes"] = size

    def step(self, step, *args, code=0):
        with self.counted(step) as wrap:
            return self.run(*args, wrap=wrap, code=code)

    @contextlib.contextmanager
    def screen(self, step, *args):
        with self.counted(step) as wrap, Screen(
                self, *wrap[1:], harness.ASSENT, *args, path=STRACE) as t:
            yield t

    def tree(self, name="src/part%d/file%d.c"):
        for i in range(self.n):
            self.write(name % (i // 20, i), "int f%d;\n" % i)
        self.write("a.txt", "one\n")
        self.repository()


# ---- files ----

def files(w):
    """Of the project; one of them changes."""
    w.tree()
    w.mock([done()])
    w.step("exec", "exec", "--plan", "skip", "look")
    w.step("try", "try", "--", "sh", "-c", "echo two >a.txt", code=5)
    w.step("decide", "decide", "--accept", "all")


def changed_files(w):
    w.tree()
    w.mock([])
    w.step("try", "try", "--", "sh", "-c",
           "for f in src/*/*; do echo more >>$f; done", code=5)
    w.step("show", "show")
    w.step("decide", "decide", "--accept", "all")
    w.step("undo", "undo", "--accept", "all")


def deep(w):
    """New folders, each in the one before, with a file."""
    w.write("a.txt", "one\n")
    w.repository()
    w.mock([])
    w.step("try", "try", "--", "sh", "-c", "i=0; while [ $i -lt %d ]; do "
           "mkdir d; cd d; echo >f; i=$((i + 1)); done" % w.n, code=5)
    w.step("decide", "decide", "--accept", "all")


def first_request(w):
    """What comes before it, with more files that nobody has looked at: the same."""
    harness.need_level(w, "A", "elsewhere the project is copied first")
    for i in range(w.n):
        w.write("data/a/b/c/file%d.dat" % i, "x" * 50)
    w.mock([{"text": "four"}])
    log = w.path("calls")
    c = protocol.start(w, wrap=[STRACE, "-f", "-qq", "-s", "8", "-o", log],
                       plan="skip", task="go", first_ms=0)
    c.wait_event("agent_end")
    c.close_and_wait()
    c.process.wait()
    with open(log) as f:
        calls = [x.split(None, 1) for x in f]
    at = next(i for i, x in enumerate(calls) if '"POST /v' in x[1])
    w.got["before it", "system calls"] = len(
        [x for x in calls[:at] if x[0] == calls[at][0] and
         not x[1].startswith("<...")])


# ---- hunks ----

def hunks(w):
    w.write("a.txt", "".join("a%d\n\n\n\n\n\n\n\n" % i for i in range(w.n)))
    w.repository()
    w.mock([])
    w.step("try", "try", "--", "sed", "-i", "s/a/b/", "a.txt", code=5)
    w.step("show", "show")
    w.step("decide", "decide", "--accept", ",".join(
        str(i) for i in range(1, w.n + 1, 2)))


def marks(w):
    """Of hunks, one after the other."""
    w.write("a.txt", "".join("a%d\n\n\n\n\n\n\n\n" % i for i in range(w.n)))
    w.repository()
    w.mock([bash("sed -i s/a/b/ a.txt"), done()])
    with w.counted("marks") as wrap:
        c = protocol.start(w, wrap=wrap, plan="skip", task="go")
        c.wait_status("review")
        p = c.wait_event("proposal", lambda e: e["files"])
        for i, h in enumerate(p["files"][0]["hunks"]):
            c.send(type="mark", proposal=p["seq"], version=1, hunk=h["id"],
                   mark="yes", seen=True)
            c.wait("a mark", lambda: len(c.event_list("draft")) > i)
        c.send(type="decide", proposal=p["seq"], version=1)
        c.wait_event("agent_end")
        c.close_and_wait()
        c.process.wait()


# ---- turns ----

def turns(w):
    w.write("a.txt", "line\n" * 500)
    w.mock([call("read", path="a.txt", **{"from": i % 400 + 1})
            for i in range(w.n)] + [done()] + [{"text": "QENDQ"}] * 2)
    w.step("turns", "exec", "--plan", "skip", "--max-turns", "1000", "look")
    with w.screen("resume", "resume", w.sessions()[-1]) as t:
        t.need("ready")
        t.send("again\r")
        t.need("QENDQ")
        t.end()
    w.step("log", "log")
    w.step("stats", "stats")


# ---- sessions ----

def sessions(w):
    w.write("a.txt", "one\n")
    w.mock([])
    w.run("try", "--", "sh", "-c", "echo two >a.txt", code=5)
    one, = w.sessions()
    for i in range(w.n):
        shutil.copytree(w.session_dir(), os.path.join(
            os.path.dirname(w.session_dir()), one[:-4] + "%04x" % i),
                        symlinks=True, ignore=shutil.ignore_patterns("sock"))
    w.step("ls", "ls")
    w.step("inbox", "inbox")
    with w.screen("picker", "resume") as t:
        t.need("> waiting")
        t.send("\x1b")
        t.ended("exit 130")


# ---- hosts ----

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


def hosts(w):
    """Allowed ones, which are all connected to."""
    if shutil.which("curl") is None:
        raise harness.Skip("no curl")
    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        names = ["127.0.%d.%d:%d" % (i // 100, i % 100 + 1, server.server_port)
                 for i in range(w.n)]
        w.mock([bash("xargs curl -sS --noproxy '' <urls"), done()],
               config={"net_allow": names})
        w.write("urls", "".join("http://%s/\n" % x for x in names))
        w.step("requests", "exec", "--plan", "skip", "fetch them")
        got = {(e["host"], e.get("refused")) for e in w.events("net")}
        assert len(got) == w.n and {x[1] for x in got} == {None}, got
        server.shutdown()


# How many, and the most that twice as many cost. Twice as deep, each path is
# twice as long, too. Of 0 only
# the noise is allowed.
QUICK = "first_request", "hunks", "turns", "sessions"
CASES = (
    (files, 500, MOST),
    (first_request, 6000, 0),
    (changed_files, 60, MOST),
    (deep, 20, 4),
    (hunks, 600, MOST),
    (marks, 40, MOST),
    (turns, 25, MOST),
    (sessions, 50, MOST),
    (hosts, 60, MOST),
)


def measured(f, n):
    w = World(n)
    try:
        harness.need_sandbox(w)
        f(w)
        return w.got
    finally:
        for c in w.clients:
            c.close()
        left = harness.leftovers()
        w.close()
        assert not left, "left running: %r" % left


def growth(f, n, most):
    """What grows too fast. Other work on the machine only adds: the least of
    three counts."""
    least = {}
    for attempt in range(3):
        for k in 1, n, 2 * n:
            for what, count in measured(f, k).items():
                counts = least.setdefault(what, {})
                counts[k] = min(count, counts.get(k, count))
        found = {what: c for what, c in least.items() if c[2 * n] - c[1] >
                 most * max(c[n] - c[1], 0) + NOISE * c[1]}
        if not found:
            break
    for (step, kind), c in least.items():
        more = c[n] - c[1]
        print("# %-9s %-13s %9d %9d %9d  %5.2f  %s%s" % (
            step, kind, c[1], c[n], c[2 * n], c[2 * n] / max(c[n], 1),
            "%.2f" % ((c[2 * n] - c[1]) / more) if more > NOISE * c[1] else
            "-", " too much" * ((step, kind) in found)))
    return found


def main():
    if STRACE is None or subprocess.run(
            [STRACE, "-f", "-o", "/dev/null", "true"],
            stderr=subprocess.DEVNULL).returncode != 0:
        print("1..0 # SKIP strace doesn't work here")
        return
    names = sys.argv[1:] or QUICK
    wanted = [row for row in CASES if row[0].__name__ in names or
              len(sys.argv) == 1 and os.environ.get("ASSENT_SLOW")]
    harness.ctypes.CDLL(None).prctl(harness.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # No leaks can be looked for under strace.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + \
        ":detect_leaks=0"
    # What another test mounts makes sandboxes stale, which are built anew.
    with contextlib.suppress(harness.Skip):
        harness.own_mounts()
    print("1..%d" % len(wanted))
    failed = False
    for i, row in enumerate(wanted, 1):
        skip = ""
        try:
            bad = bool(growth(*row))
        except harness.Skip as why:
            bad, skip = False, " # SKIP %s" % why
        except Exception as why:
            bad = True
            print("# %s: %.2000s" % (type(why).__name__, why))
        failed = failed or bad
        print("%sok %d - %s%s" % ("not " * bad, i, row[0].__name__, skip),
              flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
