"""The screen's room: resizes in the midst of all, terminals of every kind, what
is written to a slow one."""

import os
import re
import signal
import subprocess

import harness
from line import Line
from messages import msg
from screen import BUILD, Play, expect
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


# Types that a host may lack; it has the entries of these.
UNKNOWN = ("xterm-ghostty", "xterm-kitty", "wezterm", "foot-extra",
           "alacritty-direct", "contour-latest", "rio", "tomorrow",
           "screen.xterm-ghostty", "tmux-direct")
HOST = {"TERMS": "xterm-256color screen-256color tmux-256color"}
ASKED = b"\x1b[c"
ANSWER = "\x1b[?62;22c"
LACKS = msg.TERMINFO_HAS_NO_TERMINAL + ' "%s"'


class Asked(Play):
    """On such a host, with a clock that the test puts forward."""

    def __init__(self, w, term, lines=33, env=HOST, **kw):
        self.clock = w.path("clock-" + term)
        self.forward(0)
        super().__init__("demo.jsonl", lines, term=term, rows=30, cols=120,
                         env=dict(env, CLOCK=self.clock), **kw)

    def forward(self, ms):
        with open(self.clock + ".new", "w") as f:
            f.write("%d" % ms)
        os.rename(f.name, self.clock)

    def asked(self):
        seen = b""
        while ASKED not in seen:
            self.pause(20)
            seen += self.raw()

    def first(self):
        """The first frame, and whether the first row of its message line says
        that the type is unknown; a key that only moves ends that."""
        expect(self.wait(" 7 open"), self, "the first frame")
        self.idle()
        said = [row for row in self.screen() if msg.USING_THE_ENTRY_OF in row]
        # No core is there: keys that decide never count.
        self.send("\x1b[D", ahead=True)
        self.idle()
        return self.screen(), said


def test_unknown_terminals(w):
    """Where the terminal answers, they have the picture of the type whose entry
    they get, and a row says so."""
    def one(term, locale, like, want):
        with Asked(w, term, env=dict(HOST, LC_ALL=locale)) as t:
            got, said = t.first()
            expect(got == want, t, "%s, %s\n%s" % (term, locale,
                                                  "\n".join(want)))
            expect([row.rstrip() for row in said] == [
                'terminfo has no "%s" here: %s %s' % (
                    term, msg.USING_THE_ENTRY_OF, like)], t, said)
            expect(t.raw().count(ASKED) == 1, t, "asked once")

    for locale in "C.UTF-8", "xx_XX":
        want = {}
        for like in "xterm-256color", "screen-256color":
            with Asked(w, like, env=dict(HOST, LC_ALL=locale)) as t:
                want[like], said = t.first()
                expect(not said and ASKED not in t.raw(), t, like)
        like = {term: ("screen" if term.startswith(("screen", "tmux")) else
                       "xterm") + "-256color" for term in UNKNOWN}
        together(one, [(term, locale, like[term], want[like[term]])
                       for term in UNKNOWN])


def test_unknown_terminals_answer(w):
    """What is typed meanwhile, and the answer, in pieces, are no keys."""
    with Asked(w, "tomorrow", quiet=True) as t:
        t.asked()
        for piece in "yA\rihello\r", "\x1b[?6", "2;2", "2cyA\rihello":
            t.send(piece, ahead=True)
        _, said = t.first()
        expect(said and "0 accepted, 0 rejected, 7 open" in t.show(), t, said)
        t.send("i", ahead=True)
        t.idle()
        expect(t.screen()[-1] == ">", t, "an empty line")
        expect("mark" not in t.sent() and "say" not in t.sent(), t, t.sent())


# Begins at a key, and says what was typed when it has ended.
SHELL = ("sh", "-c", "read -r x; \"$@\"; echo \"status $?\"; read -r x;"
         " echo \"typed <$x>\" | cat -v", "sh")


def test_unknown_terminals_without_answer(w):
    """One that is silent, or late, is given back as it was, also if a signal comes
    meanwhile, and what comes late isn't typed at the shell."""
    for how in "silent", "late", "stopped":
        with Asked(w, "tomorrow", quiet=True, before=SHELL) as t:
            before = t.modes()
            t.send("\r", ahead=True)
            t.asked()
            if how == "stopped":
                pid, = harness.running(os.path.join(
                    BUILD, "tests/e2e/ui-play"))
                os.kill(pid, signal.SIGTERM)
            t.forward(500 if how == "late" else 5000)
            if how == "late":
                t.send(ANSWER, ahead=True)
            if how == "stopped":
                expect(t.wait("status 143"), t, how)
            else:
                expect(t.wait(LACKS % "tomorrow"), t, how)
                expect(t.wait("TERM=xterm-256color"), t, "what helps")
                expect(t.wait("status 2"), t, how)
            expect(t.modes() == before, t, how)
            t.send("it\r", ahead=True)
            expect(t.wait("typed <it>"), t, how)
            expect(b"\x1b[?1049h" not in t.raw(), t, "no screen")


def test_terminals_without_entries(w):
    """Where no entry could be used, nothing is asked."""
    for term, types in (("tomorrow", ""), ("xterm-256color", ""),
                        ("tomorrow", "screen-256color"),
                        ("tmux", "xterm-256color"),
                        ("dumb", HOST["TERMS"]), ("unknown", HOST["TERMS"])):
        with Asked(w, term, env={"TERMS": types}) as t:
            expect(t.wait(LACKS % term), t, term)
            expect(t.eof() == "exit 2" and ASKED not in t.raw(), t, term)


def test_known_terminals_are_not_asked(w):
    """An entry of the host's is used, whatever the name."""
    with open(w.path("ti.src"), "w") as f:
        f.write("tomorrow|a new one,\n\tsmcup=\\E[?1049h\\E[?7777h,"
                " use=xterm-256color,\n")
    subprocess.run(["tic", "-x", "-o", w.path("ti"), w.path("ti.src")],
                   check=True)
    with Asked(w, "tomorrow", env={"TERMINFO": w.path("ti")}) as t:
        expect(t.wait(" 7 open"), t, "the first frame")
        raw = t.raw()
        expect(b"\x1b[?7777h" in raw and ASKED not in raw, t, raw[:200])


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
