#!/usr/bin/env python3
"""What assent costs: a table of name, value, unit.  Counts (system calls,
fsyncs, bytes) are the same on every machine and show a regression before a
stopwatch does; times are medians.  See README.md beside this.

    run.py [--quick] [--tap] [GROUP...]

--quick runs with tiny counts, to see that it still runs; --tap says the same as
a test.  A group is the name of a bench_* function below.  It needs python3, a
Linux /proc, and for counts of system calls strace; what is missing is "-".
"""

import contextlib
import ctypes
import fcntl
import io
import json
import os
import pty
import re
import resource
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("srcdir", os.path.join(HERE, "..", ".."))
os.environ.setdefault("builddir", os.getcwd())
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness      # noqa: E402
import long         # noqa: E402
import mockserver   # noqa: E402
import protocol     # noqa: E402

QUICK = False
COUNTS = False          # no times: what --counts asks for
PROGRAMS = ("assent", "assent-core", "assent-worker")
FRAME = b"2 transcript"         # of every frame, whatever it shows
START_MARK, END_MARK = b"QSTARTQ", b"QENDQ"
TIMES = ("ms", "s", "times")
SYNCS = ("fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync")
ROWS = []
OVER = []               # rows over their budget


def row(name, value, unit, aim=None, budget=None):
    """value: a number, or None for what cannot be had here. aim: the most it
    should come to, printed beside it. budget: the most that a count may come
    to; run.py exits 1 where it is more."""
    if COUNTS and unit in TIMES:
        return
    def text(x):
        return "-" if x is None else \
            "%.2f" % x if isinstance(x, float) else "%d" % x
    ROWS.append((name, value, unit))
    print("%-46s %12s  %s%s" % (
        name, text(value), unit,
        "" if aim is None else " (aim: %s)" % text(aim)), flush=True)
    if budget is not None and value is not None and value > budget:
        OVER.append("%s: %s %s, and the budget is %s" %
                    (name, text(value), unit, text(budget)))


def times(full, quick):
    return quick if QUICK else full


def program(name):
    return os.path.join(harness.BUILD, name)


class Screen:
    """A program on a pty; what it writes is counted and kept, not drawn."""

    def __init__(self, argv, env, cwd, rows=24, cols=80):
        self.out, self.ended, self.reads = bytearray(), False, 0
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ,
                            struct.pack("HHHH", rows, cols, 0, 0))
                os.chdir(cwd)
                os.execve(argv[0], argv, env)
            finally:
                os._exit(127)

    def pump(self, timeout):
        """False when nothing came, or nothing will any more."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.out += data
        self.reads += 1
        self.ended = not data
        return not self.ended

    def wait(self, mark, since=0, deadline_s=60):
        """Offset of the mark; the time it came is in self.at."""
        end = time.monotonic() + deadline_s
        while True:
            found = self.out.find(mark, since)
            if found >= 0:
                self.at = time.monotonic()
                return found
            if self.ended or time.monotonic() > end:
                raise AssertionError("the screen %s %r: %r" % (
                    "ended without" if self.ended else "never showed", mark,
                    bytes(self.out[-600:])))
            self.pump(0.5)

    def quiet(self, ms):
        """Until nothing came for so long."""
        while self.pump(ms / 1000):
            pass

    def send(self, keys):
        os.write(self.fd, keys)

    def close(self):
        with contextlib.suppress(OSError):
            os.kill(self.pid, 15)
        while self.pump(1):
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@contextlib.contextmanager
def world(name):
    w = harness.World(name)
    try:
        w.write("a.txt", "line\n" * 50)
        w.write("b.txt", "one\n")
        yield w
        for m in w.mocks:
            m.stop()
        left = harness.leftovers()
        assert not left, "left running: %r" % left
    finally:
        w.close()


def screen_argv(*more):
    return [harness.ASSENT] + list(more)


def end(s):
    """End the session from its screen, and wait for that."""
    at = len(s.out)
    s.quiet(80)
    s.send(b"\x1b[24~/quit\r")     # as Screen.ask_leave()
    s.wait(b"e: end", at)
    s.send(b"e")
    while s.pump(10):
        pass
    os.close(s.fd)
    os.waitpid(s.pid, 0)


def have_strace():
    global _strace
    try:
        return _strace
    except NameError:
        pass
    path = shutil.which("strace")
    _strace = path if path and subprocess.run(
        [path, "-f", "-o", "/dev/null", "true"],
        stderr=subprocess.DEVNULL).returncode == 0 else None
    return _strace


def core_of(s):
    """The core that this front end started."""
    for pid, line in harness.children().items():
        if line.startswith("assent-core"):
            return pid
    raise AssertionError("no core is running")


# ---- start ----

def level():
    with world("doctor") as w:
        return harness.level(w)


def full(budget):
    """For level A alone: elsewhere files are copied and processes sampled."""
    return budget if level() == "A" else None


def bench_start():
    paint, echo, status, hello, calls, starts, keys = ([] for _ in range(7))
    with world("start") as w:
        w.mock([])
        for i in range(300):            # stored sessions cost nothing here
            w.write("20240101-000000-%04x/lock" % i, "1\n",
                    base=w.path("state", "assent", "sessions"))
        for i in range(times(15, 1)):
            s = Screen(screen_argv(), w.env, w.project)
            s.wait(FRAME)
            paint.append((s.at - s.began) * 1000)
            at = len(s.out)
            s.send(b"Q")
            s.wait(b"Q", at)
            echo.append((s.at - s.began) * 1000)
            s.wait(b"sandbox")
            status.append((s.at - s.began) * 1000)
            s.send(b"\x15")
            s.quiet(300)
            end(s)
        for i in range(times(9, 1)):
            began = time.monotonic()
            c = protocol.start(w)
            c.wait_live()
            hello.append((time.monotonic() - began) * 1000)
            c.close_and_wait()
        if have_strace():
            for i in range(times(3, 1)):
                log = w.path("trace")
                s = Screen([have_strace(), "-s400", "-o", log] + screen_argv(),
                           w.env, w.project)
                s.wait(b"sandbox")
                wait_rest()     # it reads what other sessions there are
                type_keys(s, 8, 0)
                end(s)
                n, started = calls_until_frame(log)
                calls.append(n)
                starts.append(started)
                keys.append(calls_a_key(log))
        s = Screen(screen_argv(), w.env, w.project)
        s.wait(b"sandbox")
        s.quiet(300)
        took = sorted(x for _ in range(times(8, 1))
                      for x in type_keys(s, times(25, 1), 50))
        end(s)
    row("start to first paint, 80x24", statistics.median(paint), "ms", 8)
    row("start to first echoed key", statistics.median(echo), "ms", 10)
    row("start to status line complete",
        statistics.median(status), "ms", 40)
    # With two for each folder of PATH: does it lead into the project?
    row("start to first paint, front end's calls",
        int(statistics.median(calls)) if calls else None, "system calls",
        budget=420)
    # The core loads its libraries meanwhile.
    row("start to first paint: processes started, with the core",
        max(starts, default=None), "processes", budget=1)
    row("key to echo", statistics.median(took), "ms")
    row("key to echo, 99 of 100", took[len(took) * 99 // 100], "ms", 0.3)
    row("key to echo: system calls", min(keys, default=None), "system calls",
        budget=8)
    row("core: start to session ready",
        statistics.median(hello), "ms", 40)
    row("core: start to session ready, all processes",
        core_start_calls(), "system calls", budget=full(2150))
    # The next sandbox is being built when it ends: what was done of that is
    # counted, too, 150 calls at most.
    for name, budget, wrap in (("A", 3250, lambda w: ()),
                               ("C", 3400, harness.need_level_c)):
        row("try -- true, level %s: all processes" % name,
            try_calls(budget, wrap), "system calls",
            budget=budget if name == "C" else full(budget))


def type_keys(s, n, gap_ms):
    """The time from each key to its echo, in ms; the line is empty then."""
    took = []
    for i in range(n):
        key, at = bytes([97 + i % 26]), len(s.out)
        began = time.monotonic()
        s.send(key)
        s.wait(key, at)
        took.append((s.at - began) * 1000)
        s.quiet(gap_ms)
    s.send(b"\x15")
    s.quiet(80)
    return took


def calls_a_key(log):
    with open(log, errors="replace") as f:
        at = [i for i, line in enumerate(f)
              if re.match(r'read\(0, "[a-h]", ', line)]
    return int(statistics.median(b - a for a, b in zip(at, at[1:])))


# The control groups of other sessions on the machine are looked at, too: as many
# calls as there are such groups.
OTHERS = re.compile(r'\bkill\(\d+, 0|'
                    r'\b(newfstatat|unlinkat)\(\d+, "assent-\d+-\d+"')


def calls_in(log):
    """(process, name, line) of each call in a log of strace. Left out is what
    only time or other sessions make: while a tool call runs, its limits are
    checked every 20 ms, and each check begins and ends with a look at the
    processor time that it took."""
    checking = set()
    with open(log, errors="replace") as f:
        for line in f:
            m = re.match(r"(\d+)\s+(\w+)\(", line)
            if m is None or OTHERS.search(line):
                continue
            pid, name = m.groups()
            if "(CLOCK_PROCESS_CPUTIME_ID" in line:
                checking ^= {pid}
            elif pid not in checking:
                yield pid, name, line


def try_calls(budget, wrap):
    """Of three counts the first within the budget, or the least: what the
    machine does beside it only adds."""
    got = []
    with world("try") as w, contextlib.suppress(harness.Skip):
        argv = [have_strace(), "-f", "-qq", "-o", w.path("trace"), *wrap(w),
                harness.ASSENT, "try", "--", "true"]
        while argv[0] and len(got) < 3 and min(got, default=budget + 1) > budget:
            subprocess.run(argv, cwd=w.project, env=w.env, check=True,
                           stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            got.append(sum(1 for _ in calls_in(w.path("trace"))))
    return min(got, default=None)


def calls_until_frame(log):
    """System calls until the write that holds the first frame, and how many of
    them start a process."""
    n, starts, memory = 0, 0, None
    with open(log, errors="replace") as f:
        for line in f:
            n += 1
            starts += re.match(r"v?fork|clone", line) is not None
            got = re.match(r"memfd_create\(.* = (\d+)$", line)
            if got is not None:
                memory = got.group(1)
            got = re.match(r"write\((\d+), .*\[\?1049h", line)
            if got is not None and got.group(1) != memory:
                return n, starts
    raise AssertionError("no frame was written")


def core_start_calls():
    if not have_strace():
        return None
    got = []
    # Other work on the machine only adds: take the least of three counts.
    for _ in range(3):
        with world("start") as w:
            w.mock([])
            got.append(sum(traced(w, "all", lambda c: None,
                                  task=None).values()))
    return min(got)


# ---- the first request ----

class Model:
    """A server that tells when a request came, and answers at once."""

    def __init__(self, w):
        self.listener = socket.create_server(("127.0.0.1", 0))
        w.configure("http://127.0.0.1:%d/v1" % self.listener.getsockname()[1])
        self.conn = None

    def request(self, screen=None):
        """When its first byte was there; the screen's output is read
        meanwhile."""
        at, data = None, b""
        while not self.is_whole(data):
            fds = [self.listener] + [x for x in (self.conn, screen and
                                                 screen.fd) if x]
            ready = select.select(fds, [], [], 60)[0]
            assert ready, "no request came"
            if screen and screen.fd in ready:
                screen.pump(0)
            if self.listener in ready:
                self.close_one()
                self.conn, data = self.listener.accept()[0], b""
            elif self.conn in ready:
                more = self.conn.recv(1 << 20)
                if not more:
                    self.close_one()
                at = at or (time.monotonic() if more else None)
                data += more
        body = b"".join(mockserver.chat_events({"text": END_MARK.decode()}, 1,
                                               "m"))
        self.conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
                          b"Content-Type: text/event-stream\r\n\r\n%s" %
                          (len(body), body))
        return at

    @staticmethod
    def is_whole(data):
        head, _, body = data.partition(b"\r\n\r\n")
        size = re.search(rb"content-length: (\d+)", head, re.I)
        return size is not None and len(body) >= int(size.group(1))

    def close_one(self):
        if self.conn:
            self.conn.close()
        self.conn = None

    def close(self):
        self.close_one()
        self.listener.close()


@contextlib.contextmanager
def request_world():
    """A project with a repository, a toolchain and names to find."""
    with world("request") as w:
        w.env.pop("ASSENT_SYMBOLS")
        w.write("Makefile", "all:\n\ttrue\n")
        for i in range(20):
            w.write("src/f%d.c" % i, "int f%d(void) { return 1; }\n" % i)
        w.git("init", "-q")
        w.git("add", ".")
        w.git("commit", "-qm", "first")
        files_age(w)
        yield w


def request_exec(w, model, log=None):
    began = time.monotonic()
    argv = [harness.ASSENT, "exec", "--plan", "skip", "look"]
    if log:
        argv = [have_strace(), "-f", "-qq", "-o", log] + argv
    p = subprocess.Popen(argv, cwd=w.project, env=w.env,
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    at = model.request()
    assert p.wait() == 0
    return (at - began) * 1000


def request_calls(log):
    """Processes, system calls and syncs until the request is sent; for how many
    processes the core waited before its first line."""
    n, pids, syncs, waits, first = 0, set(), 0, {}, None
    for pid, name, line in calls_in(log):
        n += 1
        pids.add(pid)
        syncs += name in SYNCS
        if name == "wait4" and first is None:
            waits[pid] = waits.get(pid, 0) + 1
        if r'"{\"seq\":1,' in line and first is None:
            first = waits.get(pid, 0)
        if '"POST ' in line:
            return len(pids), n, syncs, first
    raise AssertionError("no request was sent")


def bench_request():
    run, first, second = [], [], []
    with request_world() as w:
        model = Model(w)
        if have_strace():
            log = w.path("trace")
            request_exec(w, model)          # fills caches
            budget, most, counts = 5500, 16, []
            is_full = level() == "A"
            # On a slow connection, the next sandboxes start before the request
            # leaves: try again.
            while len(counts) < (3 if is_full else 1) and not any(
                    n <= most and calls <= budget for n, calls, *_ in counts):
                request_exec(w, model, log)
                counts.append(request_calls(log))
            processes, calls, syncs, waits = min(counts)
            row("exec to first request, all processes", calls,
                "system calls", budget=budget if is_full else None)
            row("exec to first request: processes", processes, "processes",
                budget=most if is_full else None)
            row("exec to first request: syncs", syncs, "fsyncs",
                budget=4 if is_full else None)
            # One tries to read the repository; the self-test's has said all,
            # unless a better level was tried first.
            row("exec to session_start: processes waited for", waits,
                "processes", budget=1 if is_full else None)
        for i in range(times(15, 1)):
            run.append(request_exec(w, model))
        for i in range(times(5, 1)):
            s = Screen(screen_argv("--plan", "skip"), w.env, w.project)
            s.wait(b"sandbox")
            for took in first, second:
                s.quiet(150)
                s.send(b"look")
                s.quiet(150)
                began, at = time.monotonic(), len(s.out)
                s.send(b"\r")
                took.append((model.request(s) - began) * 1000)
                s.wait(END_MARK, at)
                s.quiet(150)
            s.send(b"\x1b")
            s.quiet(150)
            end(s)
        model.close()
    row("exec to first request", statistics.median(run), "ms", 20)
    row("Enter to request, first of a session", statistics.median(first),
        "ms", 10)
    row("Enter to request, the second", statistics.median(second), "ms", 10)


# ---- idle ----

def smaps(pid, key):
    with contextlib.suppress(OSError), open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return None


def switches(pid):
    n = 0
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, tid)) as f:
            n += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", f.read(),
                               re.M).group(1))
    return n


def bench_idle():
    """After one answered task, with the session open."""
    with world("idle") as w:
        w.mock([{"calls": [{"name": "read", "args": {"path": "a.txt"}}]},
                {"text": "It is " + END_MARK.decode()}])
        s = Screen(screen_argv("--plan", "skip", "look"), w.env, w.project)
        s.wait(END_MARK)
        s.quiet(times(3000, 500))
        pids = {"assent": s.pid, "assent-core": core_of(s)}
        for name, pid in pids.items():
            row("%s: memory idle (PSS)" % name, smaps(pid, "Pss"), "KiB")
            row("%s: memory idle (private)" % name,
                smaps(pid, "Pss_Anon"), "KiB")
        seconds = times(20, 1)
        before = {n: switches(p) for n, p in pids.items()}
        s.quiet(1)
        wrote = len(s.out)
        end_at = time.monotonic() + seconds
        while time.monotonic() < end_at:
            s.pump(end_at - time.monotonic())
        for name, pid in pids.items():
            row("%s: wakeups in %d s idle" % (name, seconds),
                switches(pid) - before[name], "switches")
        row("terminal bytes in %d s idle" % seconds, len(s.out) - wrote,
            "bytes")
        end(s)


# ---- the stream ----

WORDS = ("the parser reads one record at a time and keeps what it has not "
         "understood yet, so that a field in quotes may hold commas, line "
         "ends and quotes of its own; nothing else is changed. ").split(" ")


def stream_pieces(size):
    """Text as models write it: words, a paragraph now and then."""
    out, n, i, line = [], 0, 0, 0
    while n < size:
        word = WORDS[i % len(WORDS)] + " "
        i += 1
        line += len(word)
        if line > 400:
            word += "\n\n"
            line = 0
        out.append(word)
        n += len(word)
    # About as many bytes a piece as a token or two has.
    text = "".join(out)
    return [text[k:k + 8] for k in range(0, len(text), 8)]


def cpu(pid):
    """Seconds that a process has run."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e9


def stream_once(rows, cols, rate, size):
    """Terminal bytes for each byte of an answer, and the processor time that
    its screen and its core take."""
    with world("stream") as w:
        mid = stream_pieces(size)
        w.mock([{"text": [START_MARK.decode() + "\n\n"] + mid +
                 ["\n\n" + END_MARK.decode()],
                 "delay_ms": 8 * 1000 / rate}])
        s = Screen(screen_argv("--plan", "skip"), w.env, w.project, rows, cols)
        s.wait(FRAME)
        s.quiet(300)
        s.send(b"say\r")
        first = s.wait(START_MARK, deadline_s=60)
        pids = (s.pid, core_of(s))
        ran = sum(cpu(p) for p in pids)
        last = s.wait(END_MARK, deadline_s=240)
        ran = sum(cpu(p) for p in pids) - ran
        end(s)
        return (last - first) / sum(len(x) for x in mid), ran


def bench_stream():
    # (bytes a second, rows, columns, aim and budget).  A slow machine draws
    # more pictures of the same stream: the budget has room.
    for rate, rows, cols, aim, budget in (
            (4000, 24, 80, 1.4, 1.6),
            (4000, 50, 200, 1.4, 1.5),
            (200, 24, 80, None, None),
            (200, 50, 200, None, None)):
        if QUICK and rate == 200:
            continue
        size = times(20000 if rate == 4000 else 2000, 4000)
        got, ran = stream_once(rows, cols, rate, size)
        what = "%d B/s, %dx%d" % (rate, cols, rows)
        row("terminal bytes a streamed byte, " + what, float(got), "bytes",
            aim=aim, budget=budget)
        if rate == 4000:
            row("%d kB streamed at %s: CPU" % (size // 1000, what),
                float(ran), "s", aim=None if QUICK else 0.08)


def markdown_pieces(size):
    """Text as models write it: headings, lists, tables and code, four bytes a
    piece."""
    out, n, i = [], 0, 0

    def words(count):
        nonlocal i
        i += count
        return " ".join(WORDS[(i + k * k) % len(WORDS)].strip(",.")
                        for k in range(count))

    while n < size:
        out.append("## %s\n\n%s **%s** and `%s()` %s.\n\n" % (
            words(4), words(50), words(3), words(1), words(20)))
        out.append("".join("- %s\n" % words(9) for _ in range(5)))
        out.append("\n```c\n%s```\n\n" % "".join(
            "    int %s = %s(%s, %d);\n" % (words(1), words(1), words(1), i)
            for _ in range(8)))
        out.append("| %s | %s |\n|---|---|\n%s\n" % (
            words(1), words(1), "".join("| %s | %s |\n" % (words(2), words(3))
                                        for _ in range(4))))
        n = sum(map(len, out))
    text = "".join(out)[:size]
    return [text[k:k + 4] for k in range(0, len(text), 4)]


FRAME_BYTES = 50        # to scroll, and for a line that is cut in two


def bench_markdown():
    """The colours of its code are the lexer's, a process; and a frame holds all
    that has come since the last one."""
    mid = markdown_pieces(times(20000, 8000))
    with world("markdown") as w:
        w.env.update(COLORTERM="truecolor", COLORFGBG="15;0")
        w.mock([{"text": [START_MARK.decode() + "\n\n"] + mid + [
            "\n\n```c\nint x;\n```\n\n" + END_MARK.decode()],
                 "delay_ms": 1}])
        log = w.path("trace")
        argv = screen_argv("--plan", "skip")
        if have_strace():
            argv = [have_strace(), "-f", "-qq", "--seccomp-bpf", "-etrace=execve",
                    "-o", log] + argv
        s = Screen(argv, w.env, w.project)
        s.wait(FRAME)
        s.quiet(300)
        s.send(b"say\r")
        first = s.wait(START_MARK, deadline_s=60)
        began, frames = s.at, s.reads
        last = s.wait(END_MARK, deadline_s=240)
        took, frames = s.at - began, s.reads - frames
        s.wait(b"ready", last)
        s.quiet(1000)
        end(s)
        lexers = None
        if have_strace():
            with open(log, errors="replace") as f:
                lexers = sum("python" in line and line.endswith("= 0\n")
                             for line in f)
    size = sum(map(len, mid))
    row("terminal bytes a byte of Markdown, 4000 B/s, 80x24",
        (last - first) / size, "bytes", aim=1.4)
    # A slow machine draws more of them.
    row("terminal bytes a byte of it, without %d a frame" % FRAME_BYTES,
        (last - first - FRAME_BYTES * frames) / size, "bytes", budget=1.10)
    row("frames a second of it", frames / took, "frames", budget=30)
    row("processes for the colours of its code", lexers, "processes",
        budget=1)


# ---- tool turns ----

def answers_file(w, answers):
    """Lines as a journal has the model's answers."""
    path = w.path("answers.jsonl")
    with open(path, "w") as f:
        for i, a in enumerate(answers, 1):
            calls = [{"id": "call_%d_%d" % (i, n), "name": c["name"],
                      "arguments": json.dumps(c["args"]), "complete": True}
                     for n, c in enumerate(a.get("calls", []))]
            json.dump({"type": "assistant_message", "text": a.get("text", ""),
                       "calls": calls,
                       "stop": "tool_calls" if calls else "end",
                       "usage": {"input": 10, "output": 5}}, f,
                      separators=(",", ":"))
            f.write("\n")
    return path


def answers_start(w, answers, **more):
    """Settings of a session whose model is a file: no server's time."""
    if not os.path.exists(w.path("config", "assent", "config.json")):
        w.configure("http://127.0.0.1:9/v1")
    start = protocol.settings(w, max_turns=len(answers) + 10, **more)
    start["model"].update(answers=answers_file(w, answers))
    return start


def say_hello(c, w, start):
    c.send(type="hello", protocol=protocol.PROTOCOL, client="bench",
           key=w.env["MOCK_KEY"])
    c.send(**start)


TURNS = {
    "read": lambda i: {"name": "read", "args": {"path": "a.txt",
                                                "from": i % 40 + 1}},
    # Each edit makes a content that was never there before.
    "edit": lambda i: {"name": "edit", "args": {
        "path": "b.txt", "old_string": "one" if i == 0 else "n%d" % i,
        "new_string": "n%d" % (i + 1)}},
    "bash": lambda i: {"name": "bash", "args": {"command": "true %d" % i}},
}


def turns_of(kind, n):
    return [{"text": "Step %d." % i, "calls": [TURNS[kind](i)]}
            for i in range(n)] + [{"text": "It is so."}]


def traced(w, what, act, **more):
    """Calls by name, of the core and all it starts, from start to end."""
    log = w.path("trace")
    ours, theirs = socket.socketpair()
    argv = [have_strace(), "-f", "-qq", "-o", log]
    if what != "all":
        argv += ["-e", "trace=" + what]
    fd = theirs.fileno()

    def prepare():
        os.dup2(fd, 3)
        os.set_inheritable(3, True)
    proc = subprocess.Popen(
        argv + [protocol.CORE], preexec_fn=prepare, close_fds=False,
        env={k: w.env[k] for k in ("HOME", "PATH", "XDG_STATE_HOME",
                                   "LC_ALL")},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    theirs.close()
    c = protocol.Client(ours)
    start = more.pop("start", None) or protocol.settings(w, **more)
    say_hello(c, w, start)
    c.wait_live()
    act(c)
    c.send(type="end")
    c.wait_eof()
    c.close()
    proc.wait()
    names = {}
    for _, name, _ in calls_in(log):
        names[name] = names.get(name, 0) + 1
    return names


def turns_run(w, c):
    c.wait_event("assistant_message", lambda e: not e["calls"])
    c.wait("its end", lambda: c.event_list("agent_end") or [
        x for x in c.lines if x.get("type") == "status" and
        x.get("state") in ("waiting", "idle") and c.event_list(
            "assistant_message", lambda e: not e["calls"])])


def resting():
    """How often each process below this one has slept, if all of them sleep."""
    found = {}
    for pid in harness.children():
        try:
            with open("/proc/%d/stat" % pid) as f:
                state = f.read().rpartition(")")[2].split()[0]
            found[pid] = switches(pid)
        except OSError:
            return None
        if state != "S":
            return None
    return found


def wait_rest():
    """Until nothing runs any more, such as the building of the next sandbox."""
    now = None

    def rests():
        nonlocal now
        before, now = now, resting()
        return now is not None and now == before
    harness.wait_until("all processes to rest", rests)


def files_age(w):
    """What changed in the last two seconds is looked at by every walk, and its
    names are asked of ctags again: until the files are older."""
    last = os.path.join(w.project, ".git/index")
    harness.wait_until("the files to be older", lambda: time.time() -
                       os.stat(last).st_ctime > 2.1)


def tracked_files(w, names, text):
    """Files that git tracks, some time ago."""
    for name in names:
        w.write(name, text)
    w.repository()
    files_age(w)


def turns_traced(kind, count, files, end):
    with world("turns") as w:
        if files > 0:
            tracked_files(w, ["many/%d.%s" % (i, end) for i in range(files)],
                          "some text that is no key\n" * 9)
        start = answers_start(w, turns_of(kind, count), task="go")

        def act(c):
            turns_run(w, c)
            wait_rest()
        return traced(w, "all", act, start=start)


def turn_counts(kind, files=0, budget=None, fsyncs=1, end="txt"):
    """fsyncs, and all calls, that one more turn costs, beside so many other
    files that git tracks; those that end in .c aren't looked at for keys."""
    if not have_strace():
        return None, None
    n = 8 if COUNTS else times(10, 1)
    # A busy machine wakes the loop more often for the same work: over several
    # turns that is little.
    # A mount on the machine makes a prepared sandbox stale, which is built anew:
    # that adds to a run, so the least of three is what a turn costs, if the
    # first isn't within its budget.
    runs = {6: [], n + 6: []}
    for _ in range(3):
        for count, found in runs.items():
            found.append(turns_traced(kind, count, files, end))
        got = [min(found, key=lambda names: sum(names.values()))
               for found in runs.values()]
        more = {k: got[1].get(k, 0) - got[0].get(k, 0)
                for k in set(got[0]) | set(got[1])}
        calls = sum(more.values())
        syncs = sum(v for k, v in more.items() if k in SYNCS)
        if COUNTS and budget and 0 < calls <= n * budget and \
                syncs <= n * fsyncs:
            break
    if os.environ.get("BENCH_CALLS"):
        for k, v in sorted(more.items(), key=lambda x: -x[1])[:25]:
            print("# %s turn: %-20s %.1f" % (kind, k, v / n))
    return syncs / n, calls / n


def turn_ms(kind):
    n = times(40, 2)
    with world("turns") as w:
        start = answers_start(w, turns_of(kind, n), task="go")
        c = protocol.spawn(w)
        say_hello(c, w, start)
        turns_run(w, c)
        c.close_and_wait()
        at = [stamp_ms(e["t"]) for e in w.events("turn_start")]
    return statistics.median([b - a for a, b in zip(at, at[1:])])


def stamp_ms(t):
    h, m, s = t[11:-1].split(":")
    return (int(h) * 60 + int(m)) * 60000 + float(s) * 1000


# The usual cost of a turn; most_calls: its limit.
TURN_AIMS = {
    "read": {"fsyncs": 1, "calls": 240, "most_calls": 260, "ms": 3,
             "cpu": 1.5},
    # Its worker makes new namespaces for each call, as that of commands does.
    "edit": {"fsyncs": 5, "most_calls": 340, "ms": 4},
    # A prepared sandbox that a mount on the machine made stale is built anew.
    "bash": {"fsyncs": 1, "calls": 630, "most_calls": 720, "ms": 5},
}


def turn_cpu_ms(kind):
    """Processor time of all processes, for one more turn."""
    # Orphans of the core become our children, so their time counts as well.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)     # PR_SET_CHILD_SUBREAPER
    n, got = times(100, 2), []
    for count in (n // 2, n + n // 2):
        with world("turns") as w:
            start = answers_start(w, turns_of(kind, count), task="go")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            c = protocol.spawn(w)
            say_hello(c, w, start)
            turns_run(w, c)
            c.close_and_wait()
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.wait()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        got.append(after.ru_utime + after.ru_stime - before.ru_utime -
                   before.ru_stime)
    return (got[1] - got[0]) * 1000 / n


def bench_turns():
    found = level()
    # What it costs does not depend on them, but a command's on those that can
    # become a key: one look at each.
    for kind, end, budget in (("read", "txt", 270), ("read", "c", 270),
                              ("bash", "c", 720), ("bash", "txt", 1220)):
        budget = budget if found == "A" else None
        if budget is None and kind == "bash":
            continue
        calls = turn_counts(kind, 500, budget, end=end)[1]
        row("a turn with one %s beside 500 .%s files: all processes" %
            (kind, end), None if calls is None else int(calls), "system calls",
            budget=budget)
    for kind in TURNS:
        if kind == "bash" and found == "none":
            # Without one each command waits for a person.
            row("a turn with one bash: needs a sandbox", None, "")
            continue
        aims = TURN_AIMS[kind]
        budget = aims["most_calls"] if found == "A" else None
        syncs, calls = turn_counts(kind, 0, budget, aims["fsyncs"])
        row("a turn with one %s: fsyncs" % kind, syncs, "fsyncs",
            budget=aims["fsyncs"])
        row("a turn with one %s: all processes" % kind,
            None if calls is None else int(calls), "system calls",
            aims.get("calls"), budget)
        if not COUNTS:
            row("a turn with one %s: time" % kind, float(turn_ms(kind)), "ms",
                aims["ms"])
            row("a turn with one %s: processor time" % kind,
                turn_cpu_ms(kind), "ms", aims.get("cpu"))


# ---- a search ----

def grep_tree(w, n):
    """So many files of 1 to 20 kB, 20 to a folder; one in 1000 has the word."""
    text = "".join(stream_pieces(40000)).replace(" ", "\n", 9).encode()
    text = b"\n".join(text[i:i + 40] for i in range(0, len(text), 40))
    w.write(".gitignore", "*.o\nbuild/\n/dist\n!keep.o\n")
    for i in range(n):
        folder = os.path.join(w.project, "src", "part%d" % (i // 1000),
                              "unit%d" % (i // 20))
        if i % 20 == 0:
            os.makedirs(folder)
        # Most are small, as sources are.
        size = 1000 + i * 7919 % 19000 * (i * 31 % 100) // 200
        with open(os.path.join(folder, "file%d.c" % i), "wb") as f:
            f.write(text[i % 997:][:size])
            if i % 1000 == 0:
                f.write(b"\nint zebra_quux(void);\n")


def grep_answers(n):
    """No call is a repetition, which has a limit."""
    return [{"calls": [{"name": "grep", "args": {
        "pattern": "zebra_quux", "max": 100 + i}}]} for i in range(n)] + [
            {"calls": [{"name": "done", "args": {"summary": "seen"}}]}]


def grep_calls(n):
    """Calls of the process that searches so many files."""
    with world("grep") as w:
        grep_tree(w, n)
        start = answers_start(w, grep_answers(1), task="go")
        traced(w, "all", lambda c: c.wait_event("agent_end"), start=start)
        by = {}
        for pid, name, _ in calls_in(w.path("trace")):
            by.setdefault(pid, []).append(name)
        # Nobody else reads at an offset.
        return len(max(by.values(), key=lambda v: v.count("pread64")))


def bench_grep():
    if have_strace():
        few, more = 100, 300
        row("grep: system calls a file", (grep_calls(more) - grep_calls(few)) /
            (more - few), "system calls", budget=full(4.5))
    if COUNTS:
        return
    n, turns = times(80000, 400), times(5, 1)
    with world("grep") as w:
        grep_tree(w, n)
        for what, args in (("as installed", ()),
                           ("without CPU limit", ("--cpu", "all"))):
            m = w.mock(grep_answers(turns))
            began = time.monotonic()
            r = w.run("exec", *args, "look", deadline_s=300)
            whole = (time.monotonic() - began) * 1000
            assert r.returncode == 0, (r.returncode, r.stdout[-300:])
            m.stop()
            calls = [stamp_ms(e["t"]) for e in w.events("tool_call")]
            done = [e for e in w.events("tool_result") if e["name"] == "grep"]
            assert [e["ok"] for e in done] == [True] * turns
            row("grep in %d files, exec %s" % (n, what),
                min(stamp_ms(e["t"]) - t for e, t in zip(done, calls)), "ms",
                400)
            row("grep in %d files, exec %s: start and %d of them" % (
                n, what, turns), whole, "ms")


# ---- an old session ----

def resume_calls(w):
    """The front end's system calls until its first frame, which shows what
    waits without a word from the core."""
    if not have_strace():
        return None
    log = w.path("trace")
    s = Screen([have_strace(), "-s400", "-o", log] +
               screen_argv("resume", w.sessions()[-1]), w.env, w.project)
    s.wait(FRAME)
    assert b" open" in s.out, s.out
    end(s)
    return calls_until_frame(log)[0]


def bench_reopen():
    n = times(400, 4)
    answers = [{"text": "Step %d: %s" % (i, " ".join(WORDS)),
                "calls": [TURNS["read"](i) if i % 4 else
                          TURNS["edit"](i // 4)]} for i in range(n)]
    with world("reopen") as w:
        start = answers_start(w, answers + [{"text": "It is so."}], task="go")
        c = protocol.spawn(w)
        say_hello(c, w, start)
        turns_run(w, c)
        c.close_and_wait()
        first = [stamp_ms(e["t"]) for e in w.events("turn_start")]
        gaps = [b - a for a, b in zip(first, first[1:])]
        tenth = max(len(gaps) // 10, 1)
        row("the last turns of %d beside the first: time" % n,
            statistics.mean(gaps[-tenth:]) /
            max(statistics.mean(gaps[:tenth]), 0.001), "times")
        size = os.path.getsize(os.path.join(w.session_dir(),
                                            "journal.jsonl"))
        row("journal of %d turns" % n, size // 1024, "KiB")
        resume, attach, screen, keys = [], [], [], []
        for i in range(times(5, 1)):
            began = time.monotonic()
            c = protocol.spawn(w)
            say_hello(c, w, dict(start, session=w.sessions()[-1]))
            c.wait_live()
            resume.append((time.monotonic() - began) * 1000)
            began = time.monotonic()
            d = protocol.attach(w)
            d.wait_live()
            attach.append((time.monotonic() - began) * 1000)
            d.close()
            c.close_and_wait()
        row("resume, front end's calls until the screen stands",
            resume_calls(w), "system calls", budget=690)
        row("resume of %d turns, core until live" % n,
            statistics.median(resume), "ms")
        row("attach to %d turns, until live" % n,
            statistics.median(attach), "ms")
        for i in range(times(5, 1)):
            s = Screen(screen_argv("resume", w.sessions()[-1]), w.env,
                       w.project)
            at = s.wait(b" open")
            screen.append((s.at - s.began) * 1000)
            s.wait(b"accept", at)
            keys.append((s.at - s.began) * 1000)
            if i == 0:
                s.quiet(500)
                row("assent: memory with %d turns (PSS)" % n,
                    smaps(s.pid, "Pss"), "KiB")
                row("assent-core: memory with %d turns (PSS)" % n,
                    smaps(core_of(s), "Pss"), "KiB")
            end(s)
        row("resume of %d turns, until the screen shows what waits" % n,
            statistics.median(screen), "ms", aim=30)
        row("resume of %d turns, until a key decides" % n,
            statistics.median(keys), "ms")


# ---- a long one ----

def attach_read(c):
    """How much comes until it is live; nothing of it is parsed."""
    total, tail = 0, b""
    while b'"type":"live"' not in tail:
        data = c.sock.recv(1 << 20)
        assert data, "the core hung up"
        total += len(data)
        tail = (tail + data)[-(1 << 12):]
    return total


def attach_bytes(w, **hello):
    """The lines until the client is live, and how long they take."""
    began = time.monotonic()
    c = protocol.attach(w, **hello)
    total = attach_read(c)
    c.close()
    return total, (time.monotonic() - began) * 1000


def long_log(w):
    """The most memory that `assent log` takes, in KiB."""
    log = subprocess.Popen([harness.ASSENT, "log", w.sessions()[-1]],
                           env=w.env, cwd=w.project, stdout=subprocess.PIPE)
    most = 0
    while select.select([log.stdout], [], [])[0]:
        # Before what is in the pipe is taken, so that it still runs.
        with open("/proc/%d/status" % log.pid) as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    most = int(line.split()[1])
        if not os.read(log.stdout.fileno(), 1 << 16):
            break
    log.stdout.close()
    assert log.wait() == 0
    return most


def long_reads(s, core, what, command, most):
    """How much the screen of a long session read, and how much memory both use
    then."""
    with open("/proc/%d/io" % s.pid) as f:
        row("%s, %s: the screen reads" % (what, command),
            int(f.readline().split()[1]) // 1024, "KiB", budget=12 << 10)
    row("assent: memory with a %s (PSS)" % what, smaps(s.pid, "Pss"), "KiB")
    row("assent-core: memory with a %s (PSS)" % what, smaps(core, "Pss"),
        "KiB", aim=30 * 1024, budget=most and 30 * most)


def bench_long():
    size = times(90 << 20, 20 << 20)
    what = "journal of %d MB" % (size >> 20)
    most = None if harness.sanitized() else 1024
    with world("long") as w:
        start = answers_start(w, [{"text": "It is so."}], task="go")
        c = protocol.spawn(w)
        say_hello(c, w, start)
        c.wait_event("agent_end")
        c.close_and_wait()
        n = long.grow(w.session_dir(), size, (4600, 23000, 86000))
        row("turns of a " + what, n, "turns")
        row("log of a %s: memory" % what, long_log(w), "KiB", aim=15 * 1024,
            budget=most and 15 * most)
        waking = []
        for i in range(times(5, 1)):
            c = protocol.spawn(w)
            began = time.monotonic()
            c.send(type="hello", protocol=protocol.PROTOCOL, client="bench",
                   key=w.env["MOCK_KEY"], lines="cut")
            c.send(**dict(start, session=w.sessions()[-1]))
            attach_read(c)
            waking.append((time.monotonic() - began) * 1000)
            if i + 1 < times(5, 1):
                c.close_and_wait()
        row("%s, resume, until live" % what, min(waking), "ms", aim=100)
        got = [attach_bytes(w) for _ in range(times(5, 1))]
        row("%s, attach, all lines: sent" % what, got[0][0] // 1024, "KiB")
        row("%s, attach, all lines: until live" % what,
            min(ms for _, ms in got), "ms", aim=100)
        long.wait_for_brief(w)
        row("%s: its brief" % what, os.path.getsize(os.path.join(
            w.session_dir(), "brief")) // 1024, "KiB")
        for command in ("attach", "resume"):
            screen, keys = [], []
            for i in range(times(5, 1)):
                s = Screen(screen_argv("resume", w.sessions()[-1]), w.env,
                           w.project)
                s.wait(long.LAST.encode())
                screen.append((s.at - s.began) * 1000)
                s.wait(b"ready")
                keys.append((s.at - s.began) * 1000)
                if i == 0:
                    s.quiet(500)
                    long_reads(s, c.process.pid if command == "attach" else
                               core_of(s), what, command, most)
                if command == "resume":
                    end(s)
                    continue
                s.send(b"\x1b")
                s.quiet(80)
                s.send(b"q")
                s.close()
            row("%s, %s, until the screen stands" % (what, command),
                min(screen), "ms", aim=100)
            row("%s, %s, until it is live" % (what, command), min(keys), "ms")
            if command == "attach":
                c.close_and_wait()


# ---- a large change ----

MANY_S = 600            # it may take minutes on a busy machine

def many_try(w, what, n, command):
    began = time.monotonic()
    r = w.run("try", "--", "sh", "-c", command, deadline_s=MANY_S)
    assert r.returncode == 5, (r.returncode, r.stderr[-300:])
    row("%s, try until they are printed" % what,
        time.monotonic() - began, "s")
    got = sum(len(f["hunks"]) for f in w.events("proposal")[-1]["files"])
    assert got == n, (got, n)


def many_screen(w, what, aim):
    s = Screen(screen_argv("resume"), w.env, w.project, 24, 200)
    s.wait(b"hunks to review", deadline_s=MANY_S)
    row("%s, until the screen shows them" % what, s.at - s.began, "s")
    s.quiet(1000)
    at = len(s.out)
    s.send(b"A")
    s.wait(b"writes them too", at, MANY_S)
    s.quiet(1000)
    at = len(s.out)
    s.send(b"Y")
    s.wait(b"Enter writes them too", at, MANY_S)
    s.quiet(1000)
    at, began = len(s.out), time.monotonic()
    s.send(b"\r")
    s.wait(b"wrote ", at, MANY_S)        # the last words
    row("%s, from Enter until written and shown" % what, s.at - began, "s",
        aim=aim)
    s.quiet(1000)
    s.send(b"q")            # a try that is done ends
    while s.pump(10):
        pass
    os.close(s.fd)
    os.waitpid(s.pid, 0)


def many_headless(w, what, aim):
    began = time.monotonic()
    r = w.run("decide", "--accept", "all", deadline_s=MANY_S)
    assert r.returncode == 0, (r.returncode, r.stderr[-300:])
    row("%s, decide --accept all" % what, time.monotonic() - began, "s",
        aim=aim)


def many_undo(w, what):
    began = time.monotonic()
    r = w.run("undo", "--accept", "all", deadline_s=MANY_S)
    assert r.returncode == 0, (r.returncode, r.stderr[-300:])
    row("%s, undo --accept all" % what, time.monotonic() - began, "s")


def bench_many():
    """A change that a person takes as a whole: of many hunks, of many files."""
    # 70,000 lines: the largest file whose lines are shown.
    cases = ((times(20000, 100), 1), (times(70000, 200), 1),
             (times(100000, 200), times(1000, 5)))
    for n, files in cases[:1] if COUNTS else cases:
        what = "%d hunks in %d file%s" % (n, files, "s" * (files > 1))
        aim = 2.0 if n == 20000 else None
        with world("many") as w:
            w.mock([])
            for i in range(files):
                # No two changes share their context.
                w.write("many/%d/%d" % (i // 100, i), "".join(
                    "a%d\n\n\n\n\n\n\n\n" % k for k in range(n // files)))
            many_try(w, what, n, "find many -type f -exec sed -i s/a/b/ {} +")
            many_screen(w, what, aim)
            many_try(w, what + " again", n,
                     "find many -type f -exec sed -i s/b/c/ {} +")
            many_headless(w, what, aim)
            written(w, 2 * files)
    many_syncs()
    many_changed()
    if COUNTS:
        return
    n = times(20000, 50)
    what = "%d new files" % n
    with world("many") as w:
        w.mock([])
        many_try(w, what, n, many_files("many", n))
        many_screen(w, what, None)
        many_try(w, what + " more", n, many_files("more", n))
        many_headless(w, what, None)
        written(w, 2 * n)
        many_undo(w, what)
        row("%s, what the file system takes for them" % what,
            many_floor(w.path("floor"), n), "s")


def many_floor(folder, n):
    """Seconds in which a program makes as many files as safely: all written
    under another name, synced, renamed, synced."""
    os.makedirs(folder)
    top = os.open(folder, os.O_RDONLY)
    libc = harness.ctypes.CDLL(None)
    began = time.monotonic()
    for i in range(n):
        at = os.path.join(folder, str(i // 100))
        if i % 100 == 0:
            os.makedirs(at)
        with open(os.path.join(at, ".%d.tmp" % i), "w") as f:
            f.write("%d\n" % i)
    libc.syncfs(top)
    for i in range(n):
        at = os.path.join(folder, str(i // 100))
        os.rename(os.path.join(at, ".%d.tmp" % i), os.path.join(at, str(i)))
    libc.syncfs(top)
    took = time.monotonic() - began
    os.close(top)
    return took


def many_syncs():
    """A decision on few files syncs each, and each folder once; one on many
    syncs the file system instead.  And what each further file costs."""
    if not have_strace():
        return
    calls = {}
    # Some more where objects come into folders that are new.
    for n, budget in ((20, 60), (100, 40)):
        with world("many") as w:
            w.mock([])
            log = w.path("trace")
            wrap = (have_strace(), "-f", "-qq", "-o", log)
            for argv in (("try", "--", "sh", "-c", many_files("many", n)),
                         ("decide", "--accept", "all"),
                         ("undo", "--accept", "all")):
                r = w.run(*argv, deadline_s=MANY_S, wrap=wrap)
                assert r.returncode == 5 * (argv[0] == "try"), r.stderr[-300:]
                got = [name for _, name, _ in calls_in(log)]
                calls[argv[0], n] = len(got)
                if argv[0] == "decide":
                    row("a decision on %d new files: syncs" % n,
                        sum(x in SYNCS for x in got), "fsyncs",
                        budget=budget)
    for name, budget in (("try", 27), ("decide", 43), ("undo", 63)):
        row("many new files, %s: each" % name,
            (calls[name, 100] - calls[name, 20]) / 80, "system calls",
            budget=full(budget))


def many_changed():
    """What each further changed file costs, written by a rule and taken back;
    the shell takes some eight."""
    if not have_strace():
        return
    calls = {}
    for n in (70, 150):
        with world("many") as w:
            w.mock([])
            tracked_files(w, ["src/%d.c" % i for i in range(n)],
                          "int a;\nint b;\nint c;\nint d;\n")
            log = w.path("trace")
            wrap = (have_strace(), "-f", "-qq", "-o", log)
            for argv in (("try", "--approve", "yes", "--", "sh", "-c",
                          "for f in src/*; do echo x >>$f; done"),
                         ("undo", "--accept", "all")):
                r = w.run(*argv, deadline_s=MANY_S, wrap=wrap)
                assert r.returncode == 0, r.stderr[-300:]
                calls[argv[0], n] = sum(1 for _ in calls_in(log))
            written(w, 2 * n)
    for name, budget in (("try", 71), ("undo", 63)):
        row("many changed files, %s: each" % name,
            (calls[name, 150] - calls[name, 70]) / 80, "system calls",
            budget=full(budget))


def many_files(folder, n):
    return ("i=0; while [ $i -lt %d ]; do [ $((i %% 100)) = 0 ] && mkdir -p "
            "%s/$((i / 100)); echo $i >%s/$((i / 100))/$i; i=$((i + 1)); done"
            % (n, folder, folder))


def written(w, n):
    """All of it was, in all sessions of this world."""
    got = 0
    for sid in w.sessions():
        with open(os.path.join(w.path("state", "assent", "sessions", sid),
                               "journal.jsonl"), "rb") as f:
            for line in f:
                if b'"type":"applied"' in line[:256]:
                    got += sum(o["ok"] for o in json.loads(line)["ops"])
    assert got == n, (got, n)


# ---- files ----

def bench_programs():
    for name in PROGRAMS:
        libs, size = None, None
        if shutil.which("readelf"):
            out = subprocess.run(["readelf", "-d", program(name)],
                                 stdout=subprocess.PIPE,
                                 check=True).stdout.decode()
            libs = out.count("(NEEDED)")
            ldd = subprocess.run(["ldd", program(name)],
                                 stdout=subprocess.PIPE).stdout.decode()
        row("%s: libraries named" % name, libs, "libraries")
        row("%s: libraries loaded" % name,
            len(re.findall("=>", ldd)) if libs else None, "libraries")
        if shutil.which("size"):
            out = subprocess.run(["size", program(name)],
                                 stdout=subprocess.PIPE,
                                 check=True).stdout.decode().split()
            size = (int(out[6]) + int(out[7])) // 1024
        row("%s: code and data" % name, size, "KiB")
    # It is 290 more where relocations can't be packed (configure.ac).
    row("installed, stripped", installed_kb(), "kB", 3000,
        None if harness.sanitized() else 4100)


def installed_kb():
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DESTDIR")}
    with tempfile.TemporaryDirectory() as to:
        subprocess.run(["make", "-C", harness.BUILD, "install-strip",
                        "DESTDIR=" + to], env=env, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(to)
                   for name in names) // 1000


# ---- what each request begins with ----

def bench_review():
    """Terminal bytes of a step from one hunk to the next, twenty in a file."""
    with world("review") as w:
        w.env.update(COLORTERM="truecolor", COLORFGBG="15;0")
        lines = ["    total += value_%d;" % i for i in range(1, 2001)]
        w.write("a.c", "\n".join(lines) + "\n")
        w.git("init", "-q")
        w.git("add", ".")
        w.git("commit", "-qm", "first")
        for i in range(50, 2000, 100):
            lines[i:i + 2] = ["    if (value_%d > limit)" % i,
                              "        total += value_%d * 2;" % i,
                              "    count++;"]
        w.write("a.c", "\n".join(lines) + "\n")
        for rows, cols, aim, budget in ((24, 80, 1300, 850),
                                        (50, 200, 2500, 300)):
            s = Screen(screen_argv("review"), w.env, w.project, rows, cols)
            s.wait(b"1/20")
            s.quiet(1500)
            steps = []
            for _ in range(19):
                at = len(s.out)
                s.send(b"J")
                s.quiet(600)
                steps.append(len(s.out) - at)
            end(s)
            row("terminal bytes of a step to the next hunk, %dx%d" % (
                cols, rows), statistics.median(steps), "bytes", aim, budget)


def bench_prompt():
    """Tokens are bytes by four: what English and JSON come to, about."""
    for model in ("claude-opus-5-5", "gpt-6.1-sol", "gemini-4-argon", "any"):
        with world("prompt") as w:
            w.write("Makefile", "test:\n\ttrue\n")
            w.git("init", "-q")
            w.git("add", ".")
            w.git("commit", "-qm", "first")
            m = w.mock([{"calls": [{"name": "done", "args": {
                "summary": "seen"}}]}], config={"model": "mock/" + model})
            w.run("exec", "--test", "make test", "look")
            body = m.requests()[0]["body"]
            told = [x["content"] for x in body["messages"]]
            row("%s: system prompt" % model, len(told[0]) // 4, "tokens")
            row("%s: tools" % model, len(json.dumps(
                body["tools"], separators=(",", ":"))) // 4, "tokens")
            row("%s: environment" % model, len(told[1]) // 4, "tokens")
            row("%s: first request" % model, len(json.dumps(
                body, separators=(",", ":"))), "bytes", 9000, 9500)


def main():
    global QUICK, COUNTS
    COUNTS = "--counts" in sys.argv
    QUICK = COUNTS or "--quick" in sys.argv
    tap = "--tap" in sys.argv
    wanted = ["bench_" + a for a in sys.argv[1:] if not a.startswith("-")]
    groups = [(n, f) for n, f in list(globals().items())
              if n.startswith("bench_") and (not wanted or n in wanted)]
    harness.ctypes.CDLL(None).prctl(harness.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if tap:
        print("1..%d" % len(groups))
    failed = False
    for i, (name, f) in enumerate(groups, 1):
        if not tap:
            f()
            continue
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                f()
            assert not OVER, "; ".join(OVER)
            word = "ok"
        except Exception as why:
            harness.leftovers()
            word, failed = "not ok", True
            OVER.clear()
            out.write("%s: %s\n" % (type(why).__name__, why))
        for line in out.getvalue().splitlines():
            print("# " + line)
        print("%s %d - %s" % (word, i, name), flush=True)
    for words in OVER:
        print("run.py: over budget: " + words, file=sys.stderr)
    sys.exit(1 if failed or OVER else 0)


if __name__ == "__main__":
    main()
