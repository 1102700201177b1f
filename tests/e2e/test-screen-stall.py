"""A terminal that takes nothing: ^S, a line that hangs, a reader that sleeps.
The screen goes on reading keys and lines, decides only what had got there, can
be left and killed; when the terminal takes something again, the picture is the
same as if nothing had been.
"""

import array
import fcntl
import os
import signal
import termios
import time

import harness
from line import Line
from screenlib import Screen

DELTA = '{"type":"delta","kind":"text","text":"%s"}'
YES = '"mark":"yes"'
PASTE, TYPING = b"\x1b[200~x\x1b[201~", '"type":"typing"'


class Stopped(Line):
    """With its first question on the screen, and nothing more taken; `full`: as
    it is not read, else as after ^S."""

    def __init__(self, full, **kw):
        super().__init__(cols=200, **kw)
        self.need(" 7 open".encode())
        self.review()
        self.need(b"accept all")
        self.rest()
        self.full = full
        if full:
            self.fill()
        else:
            self.stop()

    def fill(self):
        """With whole pictures, until no more of them goes out: the kernel has
        room for some beyond those that it counts."""
        left, more = -1, 8
        while left != self.waits() or more > 0:
            more -= left == self.waits()
            left = self.waits()
            # Not one of these keys decides or asks.
            self.send(b"\x0c")
            self.rest(read=False)

    def waits(self):
        """Of what was written, the bytes in the kernel."""
        n = array.array("i", [0])
        fcntl.ioctl(self.master, termios.FIONREAD, n)
        return n[0]

    def sends(self, text, keys=b""):
        self.send(keys)
        return self.need_sent(text, read=False)


def both(test):
    for full in (False, True):
        with Stopped(full) as line:
            test(line)


def test_keys_are_read(w):
    """A hunk that was on the screen can be marked, and none after it, since that
    hasn't been seen. A text that was begun gets to the core."""
    def once(line):
        line.sends(YES, b"y")
        line.press(b"yyy\r")
        line.sends(TYPING, PASTE)
        line.rest(read=False)
        assert line.sent().count('"type":"mark"') == 1, line.sent()
        assert '"type":"decide"' not in line.sent(), line.sent()
        # Now it can get there.
        at = len(line.raw)
        line.go_on()
        line.press(b"\x0c")
        line.need(" 6 open".encode(), at)
        at = len(line.raw)
        line.send(b"\x1b")
        line.review(at)
        line.need_sent('"mark":"no"', b"n")
    both(once)


MARKED = ('{"seq":40,"type":"draft","proposal":31,"client":"other",'
          '"hunk":"7ed3b2c1a2e25a42","mark":"edited","edit":"+QXWZ\\n"}')


def test_late_to_read(w):
    """A key that is typed before it counts has no effect, however late it is
    read."""
    with Line(cols=200) as line:
        line.need(" 7 open".encode())
        line.review()
        line.rest()
        line.hold()
        at = len(line.raw)
        line.feed([MARKED])
        line.need(b"QXWZ", at)
        line.send(b"n")
        due = time.monotonic() + 1
        while time.monotonic() < due:
            line.read(50)
        line.hold_end()
        line.review(at)
        assert '"mark":"no"' not in line.sent(), line.sent()
        line.need_sent('"mark":"no"', b"n")


GIVEN_BACK = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?7h")
SUMMARY = (b"to review: 7 of 7 hunks", b"assent resume")


def is_left(line, words=SUMMARY):
    """The screen was left before these words: reading them needs no key."""
    line.read(50)
    for text in GIVEN_BACK + words:
        assert line.raw.rfind(text) > line.raw.rfind(b"\x1b[?1049h"), (
            text, line.raw[-500:])


def test_killed_at_once(w):
    def once(line, number):
        os.kill(line.pid, number)
        status = line_ends(line)
        is_left(line, SUMMARY if number == signal.SIGTERM else ())
        if number == signal.SIGTERM:
            assert os.WEXITSTATUS(status) == 128 + number, status
        else:
            assert os.WTERMSIG(status) == number, status
        assert line.settings() == line.before
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV):
        if number != signal.SIGHUP:
            both(lambda line: once(line, number))
    with Stopped(False) as line:
        line.feed([DELTA % "more"])
        os.kill(line.pid, signal.SIGHUP)
        assert os.WEXITSTATUS(line_ends(line)) == 128 + signal.SIGHUP


def line_ends(line):
    """Its status; nothing is read."""
    due = time.monotonic() + 60
    while True:
        pid, status = os.waitpid(line.pid, os.WNOHANG)
        if pid == line.pid:
            line.pid = 0
            return status
        assert time.monotonic() < due, "it does not end"
        time.sleep(0.02)


def test_old_is_not_kept(w):
    """One frame may wait in the queue; the next shows the latest state."""
    with Line(lines=4, cols=200) as line:
        line.need(b"2 transcript")
        line.rest()
        line.stop()
        at = len(line.raw)
        for i in range(24):
            line.feed([DELTA % (chr(ord("a") + i) * 190 + "\\n\\n")
                       for _ in range(30)])
            line.rest(read=False)
        line.go_on()
        line.feed([DELTA % "QXWZ"])
        line.need(b"QXWZ", at)
        line.rest()
        new = line.raw[at:]
        assert len(new) < 12000, len(new)
        seen = {c for c in b"abcdefghijklmnopqrstuvw" if bytes([c]) * 190 in
                new}
        assert len(seen) <= 1, seen


# ---- the picture in the end ----

def stop(t, how):
    """The terminal of a program that vtdrive runs."""
    pid = t.p.pid
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        child = f.read().split()[0]
    fd = os.open("/proc/%s/fd/0" % child, os.O_RDWR | os.O_NOCTTY)
    termios.tcflow(fd, how)
    os.close(fd)


def same_after(t):
    # A key takes away what the last row may say of an earlier one.
    t.send("1")
    t.idle()
    rows = t.rows()
    t.send("\x0c")
    t.same(rows, "after all of it once more")


def typed(t, text):
    """Among keys, of which the screen shows nothing."""
    for keys in "i", text:
        t.send(keys, ahead=True)
        t.idle()


def test_the_core_goes_on(w):
    """The real programs: an answer comes to its end in the journal while the
    screen cannot show it; Ctrl-C stops the next one."""
    w.write("a", "x\n")
    w.mock([{"text": "It begins here."},
            {"text": ["First of it.", "\n\nAnd QXWZ."]},
            {"text": ["Slowly. "] * 2000, "delay_ms": 200}],
           config={"plan": "skip"})
    with Screen(w, "say it") as t:
        t.need("It begins here.")
        t.need(" ready")
        stop(t, termios.TCOOFF)
        t.send("\x1b", ahead=True)
        t.idle()
        typed(t, "more\r")
        need_journal(w, "And QXWZ.")
        t.send("\x1b", ahead=True)
        t.idle()	# keys that come together are a paste
        typed(t, "and more\r")
        need_journal(w, "and more")
        need_journal(w, '"type":"turn_start","by":"core","turn":3')
        t.idle()	# the screen has read that the agent works
        t.send("\x03", ahead=True)
        need_journal(w, "interrupt")
        need_journal(w, '"agent_end"')
        assert "QXWZ" not in t.text(), t.text()
        stop(t, termios.TCOON)
        t.need("And QXWZ.")
        t.need("a message continues")
        t.see("\x1b", "i type")
        same_after(t)
        t.end("exit 130")


def need_journal(w, text):
    harness.wait_until(text + " in the journal", lambda: any(
        text in line for line in lines_of(w)))


def lines_of(w):
    with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
        return f.readlines()


harness.main(globals())
