"""The screen on a slow line: what is typed goes first, what is old is not sent,
nothing is decided that has had no time to get there, and in the end the picture
is the same.  Times are not asserted: what counts is the order and the number of
bytes.
"""


import harness
from line import COUNTS, Line
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
    # From the top, where the line is quick.
    with slow("0") as line:
        raw = ctrl_l_then(line, b"QXZ")
        assert not is_first(raw, b"QXZ"), raw


def leave(line):
    """By keys that are read after all that was sent before."""
    line.read(200)
    line.press(b"\x15\tqd")
    assert line.wait() == 0


def nothing_is_decided(line):
    # When it asks for the lines around a hunk, it has drawn the proposal.
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


def test_behind_its_speed(w):
    """A serial line that is stopped, or slower than it says: as long as the
    kernel still holds bytes, no more are added."""
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


def test_flag(w):
    """The real programs; they end as if nothing was to be waited for."""
    w.write("a", "x\n")
    w.mock([{"text": "It is said."}], config={"plan": "skip",
                                              "line_speed": 19200})
    with Screen(w, "say it") as t:
        t.need("It is said.")
        t.need(" ready")
        t.end()
    got = w.run("--line-speed", "200000000", "x")
    assert got.returncode == 2 and b"must be from 0" in got.stderr, got
    got = w.run("--line-delay", "20", "x")
    assert got.returncode == 2 and b"from 1ms to 10s" in got.stderr, got


harness.main(globals())
