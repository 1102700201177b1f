"""The screen on a pty that is only read when the test says so."""
import array
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import tempfile
import termios
import time

from screen import BUILD, DEADLINE_MS

# The hints show the key that rejects, and one after it, once they count.
COUNTS = re.compile(rb"n ?\x1b\[\d+C[rx]")


def ran(pid):
    """The state of a process, and how long it has run."""
    with open("/proc/%d/stat" % pid) as f:
        state = f.read().rpartition(")")[2].split()[0]
    with open("/proc/%d/schedstat" % pid) as f:
        return state, f.read().split()[0]


class Line:
    """ui-play on a line that is only read when the test says so."""

    def __init__(self, rows=24, cols=80, lines=33, term="xterm-256color",
                 baud=None, env=None, left=0):
        """baud: a constant of termios, for the settings of the line; left: as
        in left()."""
        self.dir = tempfile.mkdtemp(prefix="assent-line-")
        self.left(left)
        src = os.path.join(os.environ.get("srcdir", "."),
                           "tests/fixtures/journal/demo.jsonl")
        with open(src, "rb") as f:
            data = f.read().splitlines(True)
        self.more = [x.decode().rstrip() for x in data[lines:33]]
        with open(self.path("lines"), "wb") as f:
            f.write(b"".join(data[:lines]))
        open(self.path("out"), "w").close()
        os.mkfifo(self.path("feed"))
        self.raw = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, cols, 0, 0))
        if baud is not None:
            modes = termios.tcgetattr(slave)
            modes[4] = modes[5] = baud
            termios.tcsetattr(slave, termios.TCSANOW, modes)
        self.before = termios.tcgetattr(slave)
        more = env or {}
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for fd in (0, 1, 2):
                    os.dup2(slave, fd)
                env = dict(os.environ, TERM=term, LC_ALL="C.UTF-8",
                           TMPDIR=self.dir, XDG_RUNTIME_DIR=self.dir)
                env["LINE_LEFT"] = self.path("left")
                env["LINE_HOLD"] = self.path("hold")
                env.pop("NO_COLOR", None)
                env.update(more)
                os.execve(os.path.join(BUILD, "tests/e2e/ui-play"),
                          ["ui-play", self.path("lines"), self.path("out"),
                           self.path("feed")], env)
            finally:
                os._exit(127)
        # Kept open: the settings can be asked for when it has gone.
        self.slave = slave

    def path(self, name):
        return os.path.join(self.dir, name)

    def feed(self, lines):
        with open(self.path("feed"), "w") as f:
            f.write("".join(line + "\n" for line in lines))

    def read(self, ms):
        """All that is there; False if nothing came."""
        got = False
        while select.select([self.master], [], [], ms / 1000)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                break
            if not chunk:
                break
            self.raw += chunk
            got = True
        return got

    def need(self, text, at=0):
        due = time.monotonic() + DEADLINE_MS / 1000
        while text not in self.raw[at:]:
            if time.monotonic() > due:
                raise AssertionError("never came: %r: %r" %
                                     (text, self.raw[-500:]))
            self.read(20)

    def rest(self, read=True):
        """Until it and what feeds it have done what they can, and sleep."""
        due = time.monotonic() + DEADLINE_MS / 1000
        was = None
        while True:
            if read:
                self.read(100)
            else:
                select.select([], [], [], 0.1)
            now = [len(self.raw)] + [ran(pid) for pid in self.pids()]
            if now == was and all(x[0] == "S" for x in now[1:]):
                return
            assert time.monotonic() < due, "it does not come to rest"
            was = now

    def pids(self):
        with open("/proc/%d/task/%d/children" % (self.pid, self.pid)) as f:
            return [self.pid] + [int(pid) for pid in f.read().split()]

    def sent(self):
        """All that the screen has sent to its core."""
        with open(self.path("out")) as f:
            return f.read()

    def need_sent(self, text, keys=b"", read=True):
        """Until it has sent that; the keys are typed until it does."""
        due = time.monotonic() + DEADLINE_MS / 1000
        while text not in self.sent():
            if time.monotonic() > due:
                raise AssertionError("never sent: %s: %r" %
                                     (text, self.raw[-500:]))
            self.send(keys)
            if read:
                self.read(50)
            else:
                select.select([], [], [], 0.05)
        return self.sent()

    def review(self, at=0):
        """Until the proposal has the keys, and the hints name those that
        decide."""
        due = time.monotonic() + DEADLINE_MS / 1000
        while not COUNTS.search(self.raw, at):
            assert time.monotonic() < due, "no key: %r" % self.raw[-500:]
            self.read(20)

    def send(self, keys):
        os.write(self.master, keys)

    def press(self, keys):
        """Each in a read of its own, if it is not slow to come to that."""
        due = time.monotonic() + DEADLINE_MS / 1000
        n = array.array("i", [0])
        for i in range(len(keys)):
            self.send(keys[i:i + 1])
            n[0] = 1
            while n[0] > 0:
                assert time.monotonic() < due, "it reads no keys"
                select.select([], [], [], 0.02)
                fcntl.ioctl(self.slave, termios.FIONREAD, n)

    def left(self, n):
        """How many bytes the kernel says are still to be sent, as on a serial
        line."""
        with open(self.path("left.new"), "w") as f:
            f.write("%d" % n)
        os.rename(self.path("left.new"), self.path("left"))

    def hold(self):
        """Do the work that is due now, and then stop the clock."""
        os.mkfifo(self.path("hold"))

    def hold_end(self):
        fd = os.open(self.path("hold"), os.O_WRONLY)
        os.unlink(self.path("hold"))
        os.close(fd)

    def stop(self):
        """As ^S does: it takes nothing more."""
        termios.tcflow(self.slave, termios.TCOOFF)

    def go_on(self):
        termios.tcflow(self.slave, termios.TCOON)

    def settings(self):
        return termios.tcgetattr(self.slave)

    def wait(self):
        """Its status, when it has ended."""
        due = time.monotonic() + DEADLINE_MS / 1000
        while True:
            assert time.monotonic() < due, "it does not end"
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                self.pid = 0
                self.read(50)
                return status
            self.read(20)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        os.close(self.slave)
        os.close(self.master)
        shutil.rmtree(self.dir, ignore_errors=True)
