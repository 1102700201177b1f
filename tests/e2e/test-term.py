"""assent-term, the real program: the test is the front end at the other end of its
channel, and holds the other end of the terminal."""

import os
import pty
import select
import signal
import socket
import struct
import subprocess
import termios
import fcntl
import tty

import harness

PROGRAM = os.path.join(harness.BUILD, "assent-term")
OWN = 0xffffffff


class Term:
    """The program, and both ends. `rows` are those of the last frame."""

    def __init__(self, rows=4, cols=20):
        if not os.access(PROGRAM, os.X_OK):
            raise harness.Skip("no libvterm")
        self.channel, theirs = socket.socketpair()
        master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.proc = subprocess.Popen([PROGRAM], stdin=theirs, stdout=master)
        theirs.close()
        os.close(master)
        self.channel.settimeout(20)
        self.rows, self.cells, self.ended = [], {}, False
        self.size(rows, cols)

    def say(self, kind, data=b""):
        self.channel.sendall(kind + struct.pack(">H", len(data)) + data)

    def size(self, rows, cols):
        self.say(b"s", struct.pack(">HH", rows, cols))

    def exactly(self, n):
        got = b""
        while len(got) < n:
            more = self.channel.recv(n - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def message(self):
        kind, n = struct.unpack(">cI", self.exactly(5))
        data = self.exactly(n)
        if kind == b"E":
            self.ended, self.cut, self.gone = True, data[0], data[1:].decode()
            return
        assert kind == b"F", kind
        (rows, cols, self.y, self.x, self.flags, self.keys,
         self.other) = struct.unpack(">HHHHBBB", data[:11])
        at = 11
        if len(self.rows) != rows:
            self.rows = [""] * rows
        while at < n:
            y, = struct.unpack(">H", data[at:at + 2])
            at += 2
            line = ""
            for x in range(cols):
                width, attr, fg, bg, size = struct.unpack(
                    ">BBIIB", data[at:at + 11])
                text = data[at + 11:at + 11 + size].decode()
                at += 11 + size
                self.cells[y, x] = (width, attr, fg, bg, text)
                line += text or (" " if width else "")
            self.rows[y] = line.rstrip()
        assert at == n

    def see(self, *words):
        """Ask for frames until the screen holds them."""
        while not all(w in "\n".join(self.rows) for w in words):
            self.say(b"f")
            self.message()

    def see_size(self, rows, cols):
        """It has that size from now on."""
        self.size(rows, cols)
        while len(self.rows) != rows:
            self.say(b"f")
            self.message()

    def write(self, data):
        while data:
            data = data[os.write(self.slave, data):]

    def typed(self, n):
        got = b""
        while len(got) < n:
            assert select.select([self.slave], [], [], 20)[0], got
            got += os.read(self.slave, n - len(got))
        return got

    def close(self):
        self.proc.kill()
        self.proc.wait()


def with_term(test):
    def run(w):
        t = Term()
        try:
            test(t)
        finally:
            t.close()
    run.__name__ = test.__name__
    return run


@with_term
def test_cells(t):
    t.write(b"plain \x1b[1;31mred\x1b[0m \xe4\xb8\xad e\xcc\x81\r\n"
            b"\x1b[38;2;1;2;3mrgb\x1b[0m\a")
    t.see("plain red", "rgb")
    assert t.rows[0] == "plain red 中 é".replace("é", "e\u0301"), t.rows
    assert t.cells[0, 6] == (1, 1, 1, OWN, "r"), t.cells[0, 6]
    assert [t.cells[0, x][0] for x in (10, 11)] == [2, 0]
    assert t.cells[1, 0][2] == 0x1010203, t.cells[1, 0]
    assert (t.y, t.x) == (1, 3) and t.flags & 1


@with_term
def test_what_ends_here(t):
    """A clipboard, a title, answers that would be typed by the user's terminal."""
    t.write(b"\x1b]52;c;aGk=\a\x1b]0;title\a\x1bP+q544e\x1b\\\x1b[5n\x1b[20thello")
    t.see("hello")
    assert t.rows[0] == "hello", t.rows
    # The status report is the command's own terminal's.
    assert t.typed(4) == b"\x1b[0n"


@with_term
def test_keys(t):
    """As the command wants them, whatever the user's terminal sends."""
    t.say(b"k", b"a\x03\x1b[A")
    assert t.typed(5) == b"a\x03\x1b[A"
    t.write(b"\x1b[?1h\x1b[?2004hready")
    t.see("ready")
    t.say(b"k", b"\x1b[A\x1b[200~x\x1b[201~\x1b[15~")
    assert t.typed(21) == b"\x1bOA\x1b[200~x\x1b[201~\x1b[15~"


@with_term
def test_a_paste(t):
    """As it came, whatever form the command wants keys in."""
    t.write(b"\x1b[?1h\x1b[?2004hready")
    t.see("ready")
    t.say(b"k", b"\x1b[200~")
    t.say(b"k", b"x\x1b[A")
    t.say(b"k", b"\x1b[201~\x1b[A")
    assert t.typed(19) == b"\x1b[200~x\x1b[A\x1b[201~\x1bOA"


@with_term
def test_form_of_keys(t):
    """Flags of each screen come with frames; arrows have one form by them."""
    t.write(b"\x1b[?1h\x1b[>5u\x1b[>4;2mone")
    t.see("one")
    assert (t.keys, t.other) == (5, 2)
    # An old terminal ignores them.
    t.say(b"k", b"\x1b[A")
    assert t.typed(3) == b"\x1bOA"
    t.say(b"u", b"\1")
    t.say(b"k", b"\x1b[A\x1b[13;2u")
    assert t.typed(10) == b"\x1b[A\x1b[13;2u"
    t.write(b"\x1b[?1049htwo")
    t.see("two")
    assert (t.keys, t.other) == (0, 2)
    t.write(b"\x1b[>1u\x1b[=8;2u\x1b[?1049l\x1b[>4m three")
    t.see("one three")
    assert (t.keys, t.other) == (5, 0)
    t.write(b"\x1b[?1049hfour")
    t.see("four")
    assert t.keys == 9
    t.write(b"\x1bcfive")
    t.see("five")
    assert t.keys == 0


@with_term
def test_question_for_the_protocol(t):
    """Answered where the user's terminal speaks it, before what was asked later;
    no answer goes out until that is known."""
    t.write(b"\x1b[>3u\x1b[?u\x1b[casked")
    t.see("asked")
    t.say(b"k", b"x")
    assert not select.select([t.slave], [], [], 0)[0]
    t.say(b"u", b"\1")
    assert t.typed(5) == b"\x1b[?3u"
    while t.typed(1) != b"x":
        pass
    t.write(b"\x1b[<u\x1b[?u")
    assert t.typed(5) == b"\x1b[?0u"


@with_term
def test_question_to_an_old_terminal(t):
    t.say(b"u", b"\0")
    t.write(b"\x1b[?u\x1b[5n")
    assert t.typed(4) == b"\x1b[0n"


@with_term
def test_question_that_nobody_answers(t):
    """Then it is an old one."""
    t.write(b"\x1b[5n\x1b[?u\x1b[5n")
    assert t.typed(8) == b"\x1b[0n\x1b[0n"


@with_term
def test_size(t):
    t.write(b"one")
    t.see("one")
    assert len(t.rows) == 4
    size = fcntl.ioctl(t.slave, termios.TIOCGWINSZ, b"\0" * 8)
    assert struct.unpack("4H", size)[:2] == (4, 20)
    t.size(6, 30)
    t.say(b"f")
    t.message()
    assert len(t.rows) == 6 and t.rows[0] == "one", t.rows
    for wrong in ((0, 5), (5, 0), (5, 1), (513, 5), (5, 1025)):
        t.size(*wrong)
    t.write(b" two")
    t.see("one two")
    assert len(t.rows) == 6


@with_term
def test_too_many_numbers(t):
    """The rest of them is dropped, also if a read ends within them."""
    for i in range(1, 60):
        t.write(b"\x1b[" + b"1094795585;" * i)
        t.write(b"1094795585:" * i + b"m")
    t.write(b"\x1b[H\x1b[Jhere")
    t.see("here")
    assert t.rows[0] == "here", t.rows


@with_term
def test_a_lower_window(t):
    """It has no margins, and what begins below its end scrolls."""
    t.see_size(50, 20)
    t.write(b"\x1b[30;50rbegin")
    t.see("begin")
    t.see_size(20, 20)
    t.write(b"\r\n%s\x1b[Hhere" % (b"x" * 3000))
    t.see("here")
    assert t.rows[:2] == ["here" + "x" * 16, "x" * 20]


@with_term
def test_output_that_nobody_draws(t):
    """It is read, and takes no memory."""
    def memory():
        with open("/proc/%d/statm" % t.proc.pid) as f:
            return int(f.read().split()[1])
    t.write(b"begin\r\n")
    t.see("begin")
    before = memory()
    line = b"\x1b[31m\x1b]0;" + b"t" * 3000 + b"\a" + b"x" * 60000 + b"\x1b[?1049h"
    for _ in range(300):
        t.write(line)
    t.write(b"\x1b[2J\x1b[Hthe end")
    t.see("the end")
    assert memory() - before < 1024, (before, memory())


@with_term
def test_ends(t):
    """With the command's terminal; the last screen comes first."""
    t.write(b"last words")
    t.see("last")
    t.write(b"!")
    os.close(t.slave)
    while not t.ended:
        t.message()
    assert t.rows[0] == "last words!" and t.gone == "", t.rows
    assert t.proc.wait(20) == 0


@with_term
def test_what_scrolled_off(t):
    """Comes with the end, what isn't a full-screen program's: its last MB."""
    t.write(b"\x1b[1mone  \xe4\xb8\xad\x1b[0m\r\n\r\n3\r\n4\r\n5\r\n6"
            b"\x1b[?1049h" + b"\r\n" * 9 + b"\x1b[?1049l")
    os.close(t.slave)
    while not t.ended:
        t.message()
    assert (t.cut, t.gone, t.rows) == (0, "one  \u4e2d\n\n", list("3456"))


@with_term
def test_much_scrolled_off(t):
    for i in range(400):
        t.write(b"%19d\r\n" % i * 1000)
    os.close(t.slave)
    while not t.ended:
        t.message()
    lines = t.gone.splitlines()
    assert t.cut == 1 and 2 << 20 <= len(t.gone) <= 4 << 20, len(t.gone)
    assert lines[-1] == "%19d" % 399 and set(map(len, lines[1:])) == {19}


@with_term
def test_ends_with_the_front_end(t):
    t.channel.close()
    assert t.proc.wait(20) == 3


@with_term
def test_it_can_do_nothing_else(t):
    """One call that it never makes ends it; it holds two descriptors."""
    t.write(b"x")
    t.see("x")
    status = open("/proc/%d/status" % t.proc.pid).read()
    assert "Seccomp:\t2\n" in status and "NoNewPrivs:\t1\n" in status, status
    # Only root may look at one that can't be traced.
    if os.geteuid() == 0:
        assert sorted(os.listdir("/proc/%d/fd" % t.proc.pid)) == ["0", "1"]


harness.main(globals())
