"""The screen on a serial line, whose kernel says how many bytes it hasn't
transmitted: what is old is not sent, and nothing is decided about what hasn't got
there.  Times are not asserted: what counts is the
order and the number of bytes.
"""


import harness
from line import COUNTS, Line

DELTA = '{"type":"delta","kind":"text","text":"%s"}'
BOTTOM = b"*comma = strchr"      # in one that is sent late


def leave(line):
    """By keys that are read after all that was sent before."""
    line.read(200)
    line.press(b"\x15\x1b[24~/quit\rd")
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
    with Line(lines=4) as line:
        line.need(b"2 transcript")
        line.rest()
        line.left(4000)
        at = len(line.raw)
        line.feed(line.more)
        line.read(200)
        line.press(b"\tyynaAYYx")
        leave(line)
        assert BOTTOM not in line.raw[at:] and not COUNTS.search(line.raw)
        for kind in ("mark", "decide"):
            assert '"type":"%s"' % kind not in line.sent(), line.sent()


def test_stands_still(w):
    """A line that stands still: what has not gone by the kernel's count is not
    added to."""
    with Line(lines=4) as line:
        line.need(b"2 transcript")
        line.feed(['{"type":"status","state":"model"}'])
        line.rest()
        line.left(4000)
        at = len(line.raw)
        line.feed([DELTA % "QXWZ"])
        line.send(b"typed")
        line.read(50)
        for n in range(1, 5):
            while line.sent().count('"interrupt"') < n:
                line.send(b"\x03")
                line.read(50)
        for words in (b"typed", b"interrupt sent"):
            assert words not in line.raw[at:], line.raw[at:]
        line.left(0)
        line.need(b"interrupt sent", at)
        line.need(b"QXWZ", at)


def test_decision_when_it_has_left(w):
    """A question that the kernel still has was not read."""
    with Line(left=1) as line:
        line.need("7 open".encode())
        line.need(BOTTOM)
        nothing_is_decided(line)
    with Line(left=1) as line:
        line.need("7 open".encode())
        line.left(0)
        line.review()
        line.send(b"y")
        assert '"seen":true' in line.need_sent('"type":"mark"')
        leave(line)


harness.main(globals())
