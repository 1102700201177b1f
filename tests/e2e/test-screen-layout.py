"""The screen's room: resizes in the midst of all, terminals of every kind, what
is written to a slow one."""

import os
import re

import harness
from line import Line
from screen import Play, expect
from vt import together

DELTA = '{"type":"delta","kind":"text","text":"%s"}'


# ---- sizes ----

SIZES = ((12, 40), (1, 1), (50, 200), (2, 300), (5, 20), (3, 3), (40, 12),
         (24, 161), (120, 40), (24, 80))


def test_resize_storm_in_a_decision(w):
    with Play("demo.jsonl", 33, rows=200, cols=200) as t:
        # Here all of it is seen: a large size that is drawn on the way, or is
        # not, shows nothing new.
        expect(t.wait(" 7 open"), t, "the proposal is offered")
        expect(t.review("n reject"), t, "and its keys")
        t.idle()
        expect("  unread" not in t.show(), t, "all of it is in sight")
        t.resize(24, 80)
        expect(t.review("n reject"), t, "and here")
        t.idle()
        t.send("n")
        expect(t.wait(" 6 open"), t, "one is refused")
        for i in range(6):
            for rows, cols in SIZES:
                t.resize(rows, cols)
                if i == 5:
                    t.idle()        # so that each is drawn once
        expect(t.wait(" 6 open"), t, "as before")
        expect(">[ ] @@ -11,12 +12,18" in t.show(), t, "the same hunk")
        sent = t.sent().count('"type":"mark"')
        expect(sent == 1, t, "one mark, no more: " + t.sent())
        # The keys are still about the hunk under the cursor.
        t.send("n")
        expect(t.wait(" 5 open"), t, "the next")


def test_no_size(w):
    """A line that knows no size has 24 rows of 80."""
    with Line(0, 0) as line:
        line.need("7 open".encode())


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


def test_terminals(w):
    """The same words on each, but for signs that its font may lack; colour only
    where it is wanted."""
    want = {}
    for term in TERMS:
        if not has_terminfo(term):
            continue
        for env in ({}, {"NO_COLOR": "1"}) if term == "xterm" else ({},):
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


def test_unknown_terminals(w):
    """What the host's terminfo lacks isn't guessed: a line says what helps."""
    for term in ("xterm-of-tomorrow", "tomorrow"):
        with Play("demo.jsonl", 2, term=term) as t:
            expect(t.wait('terminfo has no terminal "%s"' % term), t, term)
            expect(t.wait("TERM=xterm-256color"), t, term)
            expect(b"\x1b[?1049h" not in t.raw(), t, term)


def test_locale(w):
    """UTF-8, if its name says so, whether it is installed or not."""
    for name, value, utf8 in (
            ("LC_ALL", "xx_XX.UTF-8", True), ("LC_ALL", "xx_XX.utf8@x", True),
            ("LC_CTYPE", "UTF-8", True), ("LANG", "xx_XX.UTF-8", True),
            ("LC_ALL", "xx_XX", False), ("LC_ALL", "xx_XX.ISO-8859-1", False),
            ("LC_ALL", "C", False)):
        env = {"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}
        env[name] = value
        with Play("demo.jsonl", 33, env=env, rows=30, cols=120) as t:
            expect(t.review(), t, value)
            expect((max(t.raw()) >= 0x80) == utf8, t, name + "=" + value)


def test_ascii(w):
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


def test_frames(w):
    """Whole frames, at most 30 a second, none when nothing changes. The test puts
    the screen's clock forward, so no frame depends on the machine's speed."""
    if not has_terminfo("alacritty"):
        raise harness.Skip("this host's terminfo has no alacritty")
    clock, now = w.path("clock"), 1000000

    def forward(ms):
        nonlocal now
        now += ms
        with open(clock + ".new", "w") as f:
            f.write("%d" % now)
        os.rename(f.name, clock)

    forward(0)
    with Play("demo.jsonl", 4, term="alacritty", rows=24, cols=80,
              env={"CLOCK": clock}) as t:
        def frames(ms, *lines):
            """How many are drawn when this time has passed."""
            forward(ms)
            t.feed(*lines)
            t.idle()
            raw = t.raw()
            expect(raw.count(b"\x1b[?2026l") == frames_of(raw), t, "closed")
            return frames_of(raw)

        expect(t.wait("[2 transcript]"), t, "the transcript")
        t.idle()
        for _ in range(2):
            frames(1000, DELTA % "")
        # After a pause a few frames may follow at once; then none, however much
        # comes, until the clock has moved.
        drawn = [frames(0, DELTA % ("%d is a line\\n\\n" % i))
                 for i in range(6)]
        expect(1 <= sum(drawn) <= 3 and sum(drawn[3:]) == 0, t, drawn)
        drawn = [frames(11, DELTA % ("%d is a line\\n\\n" % i))
                 for i in range(6, 24)]
        expect(4 <= sum(drawn) <= 18 * 11 // 33 + 1, t, drawn)
        # The last line is drawn, and lines without news draw nothing.
        frames(1000, DELTA % "")
        expect(t.wait("23 is a line"), t, "the last")
        expect(sum(frames(1000, DELTA % "") for _ in range(3)) == 0, t, "none")


WORDS = ("the model goes on to say what it has found in the files that it was "
         "asked to read and why a change of them may be needed at all here and "
         "what would then have to be told to those who have been using it ")


def test_cost_of_a_stream(w):
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


def test_idle_is_silent(w):
    with Play("demo.jsonl", 33) as t:
        expect(t.review(), t, "the proposal is offered")
        t.press("jk\x0c")
        t.idle()
        first = t.written()
        t.pause(400)
        expect(t.written() == first, t, "wrote %d bytes while idle" %
               (t.written() - first))


def test_refused(w):
    with Play("demo.jsonl", 0) as t:
        expect(t.wait("starting"), t, "the first frame")
        t.feed('{"type":"refused","text":"no such\\u001b[2J model",'
               '"exit":2}')
        expect(t.wait("no such^[[2J model"), t, "the reason")
        t.feed("die")
        expect(t.eof() == "exit 2", t, "exit code")
        expect("assent: no such^[[2J model" in t.show(), t, "last words")


harness.main(globals())
