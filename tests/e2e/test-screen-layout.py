#!/usr/bin/env python3
"""The screen's room: resizes in the midst of all, terminals of every kind, what
is written to a slow one, how it is given back, how a person is called."""

import os
import re
import signal
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from line import Line  # noqa: E402
from screen import Play, expect, main  # noqa: E402
from vt import together  # noqa: E402
from messages import msg     # noqa: E402

DELTA = '{"type":"delta","kind":"text","text":"%s"}'


# ---- sizes ----

SIZES = ((12, 40), (1, 1), (50, 200), (2, 300), (5, 20), (3, 3), (40, 12),
         (24, 161), (120, 40), (24, 80))


def test_resize_storm_in_a_decision():
    with Play("demo.jsonl", 33, rows=200, cols=200) as t:
        # Here all of it is seen: a large size that is drawn on the way, or is
        # not, shows nothing new.
        expect(t.wait(", 7 open"), t, "the proposal is offered")
        expect(t.review("n reject"), t, "and its keys")
        t.idle()
        expect("0 unseen" in t.show(), t, "all of it is in sight")
        t.resize(24, 80)
        expect(t.review("n reject"), t, "and here")
        t.idle()
        t.send("n")
        expect(t.wait("6 of 7 open"), t, "one is refused")
        for i in range(6):
            for rows, cols in SIZES:
                t.resize(rows, cols)
                if i == 5:
                    t.idle()        # so that each is drawn once
        expect(t.wait("6 of 7 open"), t, "as before")
        expect(">[ ] @@ -11,12 +12,18" in t.show(), t, "the same hunk")
        sent = t.sent().count('"type":"mark"')
        expect(sent == 1, t, "one mark, no more: " + t.sent())
        # The hunk under the cursor is still the one that a key is about.
        t.send("n")
        expect(t.wait("5 of 7 open"), t, "the next")


def test_resize_in_a_question():
    with Play("demo.jsonl", 33) as t:
        expect(t.review("A accept all"), t, "the keys")
        t.send("A")
        expect(t.wait("to confirm"), t, "it asks")
        t.resize(3, 20)
        t.idle()
        # A question that does not stand there in full is not answered.
        t.send("Y")
        t.idle()
        expect('"decision":"yes"' not in t.sent(), t, t.sent())
        t.resize(24, 80)
        t.idle()
        expect('"decision":"yes"' not in t.sent(), t, t.sent())


def test_resize_while_typing():
    with Play("demo.jsonl", 4) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        t.press("\ti")
        t.idle()
        t.send("one and two \x1b[200~three\x1b[201~")
        for rows, cols in SIZES:
            t.resize(rows, cols)
        expect(t.wait("> one and two three"), t, "what was typed")
        # A key right behind a paste belongs to it.
        t.idle()
        t.send("\r")
        expect('"text":"one and two three"' in t.sent("say"), t, t.sent())


def test_resize_in_a_stream():
    with Play("demo.jsonl", 4) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        for i, (rows, cols) in enumerate(SIZES * 3):
            t.feed(DELTA % ("paragraph %d of it\\n\\n" % i))
            t.resize(rows, cols)
        t.feed(DELTA % "the end of it")
        expect(t.wait("the end of it"), t, "the end is followed")
        t.send("\x0c")
        t.idle()
        expect(t.wait("paragraph 29 of it"), t, "and what is before it")


def test_redraw_changes_nothing():
    """What was sent bit by bit is what a whole picture would be."""
    for rows, cols, keys in ((24, 80, "jjJ2k1 4zzj"), (50, 200, "2kk4Jj"),
                             (12, 40, "Jj?"), (24, 161, "J|j")):
        with Play("demo.jsonl", 33, rows=rows, cols=cols) as t:
            expect(t.wait("1/7 · "), t, "the proposal is offered")
            for key in keys:
                t.send(key)
                t.idle()
            before = t.rows()
            t.raw()
            t.send("\x0c")
            t.same(before, "%dx%d" % (cols, rows))
            expect(len(t.raw()) > 100, t, "it was drawn again")


def test_all_of_it_scrolls():
    """The terminal is not left with a part that stands still."""
    for rows in (12, 24, 45):
        with Play("demo.jsonl", 33, rows=rows) as t:
            expect(t.review("n reject"), t, "the proposal is offered")
            t.idle()
            got = re.findall(rb"\x1b\[(\d+);(\d+)r", t.raw())
            expect(got and got[-1] == (b"1", b"%d" % rows), t, str(got))


def test_no_size():
    """A line that knows no size has 24 rows of 80."""
    with Line(0, 0) as line:
        line.need("7 of 7 open".encode())


# ---- terminals ----

TERMS = ("xterm-256color", "xterm", "xterm-mono", "xterm-direct", "screen",
         "screen-256color", "tmux", "tmux-256color", "vt100", "vt220",
         "linux", "rxvt")
COLOUR = re.compile(rb"\x1b\[(?:[0-9;:]*[;:])?(3[0-8]|4[0-8]|9[0-7])"
                    rb"(?:[;:][0-9;:]*)?m")


def has_terminfo(term):
    return any(os.path.exists(os.path.join(d, term[0], term)) for d in (
        "/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo",
        os.path.expanduser("~/.terminfo")))


def test_terminals():
    """The same words on each, but for signs that its font may lack; colour only
    where it is wanted."""
    want = {}
    for term in TERMS:
        if not has_terminfo(term):
            continue
        for env in ({}, {"NO_COLOR": "1"}):
            with Play("demo.jsonl", 33, term=term, env=env, rows=30, cols=120) as t:
                expect(t.review(), t, "%s %r" % (term, env))
                got = t.rows()
                small = term in ("vt100", "vt220", "linux")
                expect(("▾" in "".join(got)) != small, t, term)
                expect(got == want.setdefault(small, got), t,
                       "%s %r" % (term, env))
                coloured = COLOUR.search(t.raw()) is not None
                expect(coloured == (not env and term not in (
                    "xterm-mono", "vt100", "vt220")), t,
                    "%s %r: coloured: %r" % (term, env, coloured))


def test_ascii():
    with Play("demo.jsonl", 33, env={"LC_ALL": "C"}, rows=50, cols=200) as t:
        expect(t.review(), t, "the keys")
        for key in "\\21?":
            t.send(key)
            t.idle()
        raw = t.raw()
        expect(max(raw) < 0x80, t, "ASCII alone")


# ---- what is written ----

def frames_of(raw):
    return raw.count(b"\x1b[?2026h")


def test_frames():
    """Whole frames, at most 30 a second, none when nothing changes."""
    if not has_terminfo("alacritty"):
        return
    with Play("demo.jsonl", 4, term="alacritty", rows=24, cols=80) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        t.idle()
        t.raw()
        began = time.monotonic()
        for i in range(300):
            t.feed(DELTA % ("%d is a line\\n\\n" % i))
        expect(t.wait("299 is a line"), t, "the last")
        t.idle()
        took = time.monotonic() - began
        raw = t.raw()
        expect(raw.count(b"\x1b[?2026l") == frames_of(raw), t, "closed")
        expect(1 <= frames_of(raw) <= took * 31 + 3, t,
               "%d frames in %.2f s" % (frames_of(raw), took))
        # What says nothing new draws nothing.
        for _ in range(20):
            t.feed(DELTA % "")
        t.idle()
        expect(t.raw() == b"", t, "nothing")


def test_scrolls():
    """Where the pane has the whole width, a line costs a line."""
    for term in ("xterm-256color", "screen", "vt100", "linux"):
        with Play("demo.jsonl", 4, term=term) as t:
            expect(t.wait("[2 transcript]"), t, "the transcript")
            text = "a line of the answer that is as long as many are, %d"
            for i in range(30):
                t.feed(DELTA % (text % i + "\\n\\n"))
            expect(t.wait(text % 29), t, "the first")
            t.idle()
            before, n = t.written(), 0
            for i in range(30, 60):
                t.feed(DELTA % (text % i + "\\n\\n"))
                expect(t.wait(text % i), t, "line %d" % i)
                n += len(text % i) + 2
            t.idle()
            cost = (t.written() - before) / n
            expect(cost < 2.5, t, "%s: %.2f bytes a byte" % (term, cost))


WORDS = ("the model goes on to say what it has found in the files that it was "
         "asked to read and why a change of them may be needed at all here and "
         "what would then have to be told to those who have been using it ")


def test_cost_of_a_stream():
    """At 4 kB/s and 200 B/s a frame has so many new bytes: one is fed when the
    last one was drawn, so that no clock counts. Each word follows the last one
    without a word about where."""
    def stream(rows, cols, piece, n, most):
        with Play("demo.jsonl", 4, rows=rows, cols=cols) as t:
            expect(t.wait("[2 transcript]"), t, "the transcript")
            # Until it scrolls.
            for i in range(rows):
                t.feed(DELTA % ("line %d\\n\\n" % i))
            expect(t.wait("line %d" % (rows - 1)), t, "the lines")
            t.idle()
            before, sent, at = t.written(), 0, 0
            for i in range(n):
                text = (WORDS * 3)[at:at + piece]
                at = (at + piece) % len(WORDS)
                # Paragraphs, as a model's.
                end = "\\n\\n" if sent % 900 > 900 - piece else ""
                t.feed(DELTA % (text + end))
                sent += len(text) + (2 if end else 0)
                t.idle()
            cost = (t.written() - before) / sent
            expect(cost < most, t, "%dx%d, %d bytes a frame: %.2f" % (
                cols, rows, piece, cost))

    together(stream, [size + stride for size in ((24, 80), (50, 200))
                      for stride in ((4000 // 30, 20, 2), (200 // 30, 80, 2))])


def test_a_line_that_does_not_take():
    """Frames that nobody could see are not written one after the other."""
    with Line(lines=4, cols=200) as line:
        line.need(b"2 transcript")
        line.rest()
        size = len(line.raw)
        for i in range(24):
            # Not a cell is as it was.
            line.feed([DELTA % (chr(ord("a") + i % 26) * 190 + "\\n\\n")
                       for _ in range(30)])
            # It has had time for a frame; nothing is read.
            line.rest(read=False)
        line.feed([DELTA % "QXWZ"])
        line.send(b"iJKVB")
        line.need(b"QXWZ")
        line.need(b"JKVB")
        line.rest()
        wrote = len(line.raw) - size
        # What a line holds by itself, and two pictures of 2000; not all.
        assert wrote < 32000, "%d bytes" % wrote


# ---- how it is given back ----

GIVEN_BACK = b"\x1b[?1049l"


def test_given_back():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                   signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        with Line() as line:
            line.need("7 of 7 open".encode())
            line.rest()
            assert line.settings()[3] != line.before[3], "raw"
            os.kill(line.pid, number)
            line.wait()
            assert line.settings() == line.before, "%d: settings" % number
            end = line.raw[line.raw.rfind("7 of 7 open".encode()):]
            assert GIVEN_BACK in end and b"\x1b[?2004l" in end, end
            if number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                words = end[end.rfind(GIVEN_BACK):]
                assert b"to review: 7 of 7 hunks" in words, words
                assert b"assent resume" in words, words


def test_given_back_by_key():
    with Line() as line:
        line.need("7 of 7 open".encode())
        line.rest()
        line.send(b"\tq")
        line.need(b"d: detach")
        line.send(b"d")
        assert line.wait() == 0
        assert line.settings() == line.before, "settings"
        assert b"assent resume" in line.raw[line.raw.rfind(GIVEN_BACK):]


def test_suspended():
    with Line() as line:
        line.need("7 of 7 open".encode())
        line.rest()
        line.send(b"\x1a")
        line.need(msg.NO_SHELL_COULD_RESUME.encode())
        line.send(b"\x1a")
        line.need(GIVEN_BACK)
        os.waitpid(line.pid, os.WUNTRACED)
        assert line.settings() == line.before, "settings"
        at = len(line.raw)
        os.kill(line.pid, signal.SIGCONT)
        line.need("7 of 7 open".encode(), at)
        assert line.settings()[3] != line.before[3], "raw again"


def test_killed_outright():
    """Nothing can be given back then; `stty sane` and `reset` can, and the
    core, the marks and the proposal are not the screen's to lose."""
    with Line() as line:
        line.need("7 of 7 open".encode())
        os.kill(line.pid, signal.SIGKILL)
        line.wait()
        termios.tcsetattr(line.slave, termios.TCSANOW, line.before)
        assert line.settings() == line.before


if __name__ == "__main__":
    main(globals())
