"""The screen on a slow line: what is typed goes first, what is old is not sent,
nothing is decided that has had no time to get there, and in the end the picture
is the same.  Times are not asserted: what counts is the order and the number of
bytes.
"""

import os
import random
import termios
import time

import harness
from line import COUNTS, Line
from screen import Play
from screenlib import Screen

DELTA = '{"type":"delta","kind":"text","text":"%s"}'
TOP = b"plan v1 approved"       # in the first row of the picture
BOTTOM = b"model says"          # in one that is sent late
SLOWEST = "150"                 # a picture takes minutes


def slow(speed, **more):
    return Line(env={"LINE_SPEED": speed}, **more)


def ctrl_l_then(line, text):
    """A whole picture is asked for, and at once something is typed."""
    line.need("7 of 7 open".encode())
    line.need(BOTTOM)
    at = len(line.raw)
    line.send(b"\x0ci" + text)
    for x in (text, TOP, BOTTOM):
        line.need(x, at)
    return line.raw[at:]


def is_first(raw, text):
    return raw.index(text) < raw.index(TOP)


def test_typed_goes_first(w):
    with slow("19200") as line:
        raw = ctrl_l_then(line, b"QXZ")
        assert is_first(raw, b"QXZ"), raw
    # Where the line is quick, from the top.
    with slow("0") as line:
        raw = ctrl_l_then(line, b"QXZ")
        assert not is_first(raw, b"QXZ"), raw


def test_speed_of_the_terminal(w):
    """As its settings have it, where they can be believed."""
    for baud, term, speed, paced in (
            (termios.B19200, "xterm-256color", "0", True),
            (termios.B19200, "rxvt", "0", True),
            (termios.B38400, "xterm-256color", "0", False),
            (termios.B115200, "xterm-256color", "0", False),
            (termios.B19200, "screen-256color", "0", False),
            (termios.B19200, "xterm-256color", "-1", False),
            (termios.B115200, "xterm-256color", "19200", True)):
        with slow(speed, baud=baud, term=term) as line:
            raw = ctrl_l_then(line, b"QXZ")
            assert is_first(raw, b"QXZ") == paced, (baud, term, speed, raw)


def test_typed_in_the_middle(w):
    """It does not wait for the rest of a picture that has begun."""
    with slow("4800") as line:
        line.need(BOTTOM)
        line.send(b"i")
        # The picture may have ended before anybody could type.
        for k in range(8):
            text, at = b"QX%dZ" % k, len(line.raw)
            line.send(b"\x0c")
            line.need(TOP, at)
            line.send(text)
            line.need(text, at)
            line.need(BOTTOM, at)
            if line.raw.index(text, at) < line.raw.index(BOTTOM, at):
                return
        raise AssertionError(line.raw[at:])


def test_old_is_not_sent(w):
    began = time.monotonic()
    with slow("9600", lines=4) as line:
        line.need(b"2 transcript")
        for i in range(60):
            line.feed([DELTA % ("%d.%d stands in it for a while\\n\\n" %
                                (i, k)) for k in range(50)])
            line.read(20)
        line.feed([DELTA % "QXWZ"])
        line.need(b"QXWZ")
        took = time.monotonic() - began
        assert len(line.raw) < 960 * took + 1200, "%d bytes in %.1f s" % (
            len(line.raw), took)


def leave(line):
    """By keys that are read after all that was sent before."""
    line.read(200)
    line.press(b"\x15\tqd")
    assert line.wait() == 0


def nothing_is_decided(line):
    # When it asks what stands around a hunk, it has the proposal in front.
    line.press(b"\t")
    line.need_sent('"type":"around"', b"4+")
    # Nor later: the time begins when it is there. (What comes right behind
    # other keys may be a paste.)
    for ms in (200, 1000):
        line.read(ms)
        line.press(b"yynaAYYx")
    leave(line)
    assert not COUNTS.search(line.raw)
    for kind in ("mark", "decide"):
        assert '"type":"%s"' % kind not in line.sent(), line.sent()


def test_no_decision_before_it_is_there(w):
    with slow(SLOWEST) as line:
        line.need(b"starting")
        nothing_is_decided(line)
        assert BOTTOM not in line.raw
    # With the whole picture sent, and not yet there.
    with Line(env={"LINE_DELAY": "3600000"}) as line:
        line.need("7 of 7 open".encode())
        line.need(BOTTOM)
        nothing_is_decided(line)


def test_decision_when_it_is_there(w):
    for env in ({"LINE_SPEED": "19200"}, {"LINE_DELAY": "150"},
                {"LINE_SPEED": "19200", "LINE_DELAY": "50"}):
        with Line(env=env) as line:
            line.review()
            line.send(b"y")
            got = line.need_sent('"type":"mark"')
            assert got.count('"type":"mark"') == 1, got
            assert '"mark":"yes"' in got and '"seen":true' in got, got
            leave(line)


def test_behind_its_speed(w):
    """A serial line that stands still, or is slower than it says: what has not
    gone by the kernel's count is not added to."""
    with slow("115200", lines=4) as line:
        line.need(b"2 transcript")
        line.feed(['{"type":"status","state":"model"}'])
        line.rest()
        line.left(4000)
        at = len(line.raw)
        line.feed([DELTA % "QXWZ"])
        for n in range(1, 5):
            while line.sent().count('"interrupt"') < n:
                line.send(b"\x03")
                line.read(50)
        assert b"interrupt sent" not in line.raw[at:], line.raw[at:]
        line.left(0)
        line.need(b"interrupt sent", at)
        line.need(b"QXWZ", at)


def test_decision_when_it_has_left(w):
    """A question that the kernel still has was not read."""
    with slow("0", left=1) as line:
        line.need("7 of 7 open".encode())
        line.need(BOTTOM)
        nothing_is_decided(line)
    with slow("0", left=1) as line:
        line.need("7 of 7 open".encode())
        line.left(0)
        line.review()
        line.send(b"y")
        assert '"seen":true' in line.need_sent('"type":"mark"')
        leave(line)


# ---- the picture in the end ----

def rows(t, wide=True):
    """Without `wide`, rows with a wide letter are empty."""
    return ["" if "#" in row and not wide else row.rstrip()
            for row in t.screen()]


def same(quick, t, seed, wide=True):
    due = time.monotonic() + 60
    while rows(quick, wide) != rows(t, wide):
        assert time.monotonic() < due, "seed %d: is\n%s\nand not\n%s" % (
            seed, "\n".join(rows(t)), "\n".join(rows(quick)))
        t.pause(50)
        quick.pause(5)


# Keys whose effect does not depend on what was drawn before; what was seen is
# no part of these panes.
PLACES = (("demo.jsonl", 33, " open", 24, 80),
          ("demo.jsonl", 33, " open", 50, 200),
          ("hostile.jsonl", 1000, " open", 30, 100))


def walk(t, seed, pause):
    r = random.Random(seed)
    for _ in range(6):
        for _ in range(r.randrange(1, 5)):
            t.send(r.choice("1234z_?"), ahead=True)
            pause()
        if r.randrange(3) == 0:
            t.resize(r.randrange(10, 50), r.randrange(30, 200))
            pause()
    # The first one may do nothing but close the help.
    t.send(r.choice("123") * 2, ahead=True)


def test_same_in_the_end(w):
    """Whatever was left out on the way. Of eight colours both have the same."""
    seed = int(os.environ.get("SEED", "1"))
    for k in range(int(os.environ.get("ROUNDS", "1"))):
        for odd in (False, True):
            for name, n, mark, r, c in PLACES:
                seed += 1
                kw = {"rows": r, "cols": c, "odd": odd, "term": "xterm"}
                with Play(name, n, **kw) as quick, \
                        Play(name, n, env={"LINE_SPEED": "38400"}, **kw) as t:
                    assert quick.wait(mark, 60000) and t.wait(mark, 60000)
                    quick.press("\t2")
                    t.press("\t2")
                    walk(quick, seed, lambda: quick.pause(20))
                    walk(t, seed, lambda: t.pause(20))
                    # Where a dot is wide, what follows it depends on the
                    # changes that were drawn (draw_is_doubtful).
                    same(quick, t, seed, wide=not odd)
                    # And all of it once more. (A key ends a notice.)
                    quick.send("\x0c", ahead=True)
                    t.send("\x0c", ahead=True)
                    t.pause(60)
                    same(quick, t, seed)


def test_flag(w):
    """The real programs; they end as if nothing was to be waited for."""
    w.write("a", "x\n")
    w.mock([{"text": "It is said."}], config={"plan": "skip",
                                              "line_speed": 19200})
    with Screen(w, "say it") as t:
        t.need("It is said.")
        t.need(" ready")
        t.end()
    got = w.run("--line-speed", "-1", "x")
    assert got.returncode == 2 and b"must be from 0" in got.stderr, got
    got = w.run("--line-delay", "20", "x")
    assert got.returncode == 2 and b"from 1ms to 10s" in got.stderr, got
    w.verify()


harness.main(globals())
