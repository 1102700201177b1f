"""The screen on a real terminal, fed from files in place of a core."""
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from vt import DEADLINE_MS, Terminal  # noqa: E402

SRC = os.environ.get("srcdir", ".")
BUILD = os.environ.get("builddir", ".")
FIXTURES = os.path.join(SRC, "tests/fixtures/journal")


class Play(Terminal):
    """ui-play in a terminal, with the first `lines` lines of a fixture."""

    def __init__(self, name, lines, env=None, **kw):
        self.dir = tempfile.mkdtemp(prefix="assent-screen-")
        with open(os.path.join(FIXTURES, name), "rb") as f:
            data = f.read().splitlines(True)[:lines]
        self.lines = os.path.join(self.dir, "lines")
        with open(self.lines, "wb") as f:
            f.write(b"".join(data))
        self.out = os.path.join(self.dir, "out")
        open(self.out, "w").close()
        self.fifo = os.path.join(self.dir, "feed")
        os.mkfifo(self.fifo)
        full = dict(os.environ, LC_ALL="C.UTF-8", TMPDIR=self.dir,
                    XDG_RUNTIME_DIR=self.dir)
        full.pop("NO_COLOR", None)
        full.update(env or {})
        self.start([os.path.join(BUILD, "tests/e2e/ui-play"), self.lines,
                    self.out, self.fifo], env=full, **kw)

    def start(self, argv, **kw):
        super().__init__(argv, **kw)

    def feed(self, *lines):
        with open(self.fifo, "w") as f:
            f.write("".join(line + "\n" for line in lines))

    def sent(self, text=None, ms=DEADLINE_MS):
        """What the screen sent; waits for the text if one is given, else until
        nothing more can come."""
        due = time.monotonic() + ms / 1000
        if text is None:
            self.idle()
        while True:
            with open(self.out) as f:
                got = f.read()
            if text is None or text in got or time.monotonic() > due:
                return got
            self.pause(20)

    def close(self):
        super().close()
        shutil.rmtree(self.dir, ignore_errors=True)


def expect(condition, terminal, what):
    if not condition:
        raise AssertionError("%s\n%s" % (what, terminal.show()))


def test_plan_approved():
    with Play("demo.jsonl", 13) as t:
        expect(t.review("y approve"), t, "the plan is offered")
        expect(t.wait("Commas inside quotes"), t, "the goal is shown")
        t.send("y")
        expect('"action":"approve"' in t.sent("approve"), t, "approved")


def test_plan_edited():
    with Play("demo.jsonl", 13, env={
            "EDITOR": "sh -c 'pwd >&2; sed -i s/Commas/Quotes/ \"$1\"' e",
            "VISUAL": ""}) as t:
        expect(t.review("y approve"), t, "the plan is offered")
        t.send("e")
        got = t.sent('"action":"edit"')
        expect('"goal":"Quotes inside' in got, t, "edited: " + got)
        expect(t.review("y approve"), t, "the screen is back")
        left = [n for n in os.listdir(t.dir) if n.startswith("assent-plan")]
        expect(not left, t, "the private folder is gone: %r" % left)


def test_plan_with_a_slip():
    """What cannot be taken is not lost: it is opened again."""
    with Play("demo.jsonl", 13, env={
            "EDITOR": "sh -c 'if grep -q Quotes \"$1\"; then sed -i /slip/d "
            "\"$1\"; else sed -i s/Commas/Quotes/ \"$1\"; echo slip "
            ">>\"$1\"; fi' e", "VISUAL": ""}) as t:
        expect(t.review("y approve"), t, "the plan is offered")
        t.send("e")
        expect(t.wait("e opens your edit"), t, "it says so")
        expect(t.sent() == "", t, t.sent())
        t.send("\x0c")
        expect(t.review("y approve"), t, "the screen is back")
        t.send("e")
        got = t.sent('"action":"edit"')
        expect('"goal":"Quotes inside' in got, t, "edited: " + got)


def test_plan_looked_at():
    """To leave the editor without a change approves nothing."""
    with Play("demo.jsonl", 13, env={"EDITOR": "true", "VISUAL": ""}) as t:
        expect(t.review("y approve"), t, "the plan is offered")
        t.send("e")
        expect(t.wait("plan unchanged"), t, "said")
        expect(t.sent() == "", t, t.sent())


def test_hunks():
    with Play("demo.jsonl", 33) as t:
        expect(t.wait("7 of 7 open"), t, "the proposal is offered")
        expect(t.wait("model says: parse_next"), t, "the model's reason")
        expect(t.review(), t, "the keys are alive")
        t.send("y")
        expect(t.wait("6 of 7 open"), t, "a mark is shown")
        got = t.sent('"mark":"yes"')
        expect(got.count('"mark"') >= 1 and '"seen":true' in got, t, got)
        expect(t.wait("hunk 2/7"), t, "on to the next")
        t.send("n")
        expect(t.wait("rejected · u undoes it"), t, "a refusal is shown")


def test_typed_ahead():
    """Keys from before the proposal stood on the screen decide nothing."""
    with open(os.path.join(FIXTURES, "demo.jsonl")) as f:
        lines = f.read().splitlines()
    with Play("demo.jsonl", 30) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        # Both are there when it looks again.
        t.signal(signal.SIGSTOP)
        expect(t.stopped(), t, "it stands still")
        t.feed(*lines[30:33])
        t.send("yyyyAY")
        t.signal(signal.SIGCONT)
        # Read before the lines or after the frame: both can be.
        due = time.monotonic() + DEADLINE_MS / 1000
        while time.monotonic() < due:
            if t.wait("Tab: review", 20):
                t.send("4")
                break
            if t.wait("hunk 1/7", 20):
                break
        # What one of the keys was answered stands there until the next.
        expect(t.wait("hunk 1/7"), t, "the diff")
        t.idle()
        t.send("\x0c")
        expect(t.review(), t, "its keys")
        said = [l for l in t.sent().splitlines()
                if '"type":"colours"' not in l and '"type":"typing"' not in l]
        expect(not said, t, "sent: %r" % said)


def test_resize():
    with Play("demo.jsonl", 33) as t:
        expect(t.wait("7 of 7 open"), t, "the proposal is offered")
        for rows, cols in ((12, 40), (1, 1), (50, 200), (5, 20), (24, 80)):
            t.resize(rows, cols)
        expect(t.wait("y accept"), t, "the key is shown again")
        expect(t.wait("7 of 7 open"), t, "as before")


def test_terminals():
    for term in ("xterm-256color", "xterm", "screen", "tmux", "vt100",
                 "linux"):
        for env in ({}, {"LC_ALL": "C"}, {"NO_COLOR": "1"}):
            with Play("demo.jsonl", 33, term=term, env=env) as t:
                expect(t.wait("7 of 7 open"), t, "%s %r" % (term, env))
                raw = t.raw()
                if "LC_ALL" in env:
                    expect(max(raw) < 0x80, t, "ASCII alone")
                t.press("\tqd")
                expect(t.eof() == "exit 0", t, "detached")
                expect("assent resume 20261120-083206-1a2b" in t.show(), t,
                       "how to come back")


def test_no_terminal_type():
    for term, word in (("dumb", "cannot move the cursor"), ("", "TERM is not set"),
                       ("no-such-terminal", "terminfo")):
        with Play("demo.jsonl", 33, term=term) as t:
            expect(t.wait(word), t, "says why: %r" % term)
            expect(t.eof() == "exit 2", t, "exit code")


def test_no_core_without_a_screen():
    """A terminal that cannot show the screen starts nothing."""
    with tempfile.TemporaryDirectory(prefix="assent-screen-") as d:
        os.mkdir(os.path.join(d, "project"))
        env = dict(os.environ, HOME=d, XDG_STATE_HOME=os.path.join(d, "state"),
                   OPENAI_API_KEY="none", OPENAI_BASE_URL="http://127.0.0.1:9")
        env.pop("ASSENT_CONFIG", None)
        with Terminal([os.path.join(BUILD, "assent"), "--root",
                       os.path.join(d, "project"), "a task"], term="no-such-one",
                      env=env) as t:
            expect(t.eof() == "exit 2", t, "exit code")
            expect("terminfo" in t.show(), t, "says why")
        assert not os.path.exists(os.path.join(d, "state/assent/sessions"))


def test_hostile():
    """Nothing a journal says gets to the terminal raw."""
    with Play("hostile.jsonl", 1000, env={"NO_COLOR": "1"}) as t:
        expect(t.review(), t, "a frame")
        for keys, shown in (("2", "[2 transcript]"), ("g  1", "[1 plan]"),
                            (" 3", "[3 output]"), (" 4", "[4 diff]"),
                            ("gJJJ?", "The usual")):
            t.press(keys)
            expect(t.wait(shown), t, shown)
        t.send("x")
        expect(t.gone("The usual"), t, "the help is closed")
        t.send("2")
        expect(t.wait("[2 transcript]"), t, "the transcript")
        raw = t.raw().decode("utf-8")
        bad = [hex(ord(c)) for c in raw if 0x80 <= ord(c) < 0xa0 or
               0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 or
               0x200b <= ord(c) <= 0x200f or ord(c) in (0x7f, 0xfeff)]
        expect(not bad, t, "raw: %r" % bad)
        expect("\x1b]" not in raw and "\x1bP" not in raw, t, "no strings")


def test_idle_is_silent():
    with Play("demo.jsonl", 33) as t:
        expect(t.wait("7 of 7 open"), t, "the proposal is offered")
        t.press("jk\x0c")
        t.idle()
        first = t.written()
        t.pause(400)
        expect(t.written() == first, t, "wrote %d bytes while idle" %
               (t.written() - first))


def test_stream():
    with Play("demo.jsonl", 4) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        t.feed('{"type":"delta","kind":"text","text":"streaming wor"}')
        expect(t.wait("streaming wor"), t, "as it comes")
        t.feed('{"type":"delta","kind":"text","text":"ds\\u001b[2J"}')
        expect(t.wait("streaming words^[[2J"), t, "as it comes")


def test_typing():
    with Play("demo.jsonl", 4) as t:
        expect(t.wait("[2 transcript]"), t, "the transcript")
        t.press("\ti")
        t.idle()
        t.send("one\x0atwo \x1b[200~y\rA\x1b[201~")
        expect(t.wait("> one"), t, "the input")
        time_to_type = t.wait("two y")
        expect(time_to_type, t, "the second line")
        t.slow(100)
        t.send("\r")
        expect('"text":"one\\ntwo y\\nA"' in t.sent("say"), t, t.sent())


def test_interrupt():
    with Play("demo.jsonl", 4) as t:
        t.feed('{"type":"status","state":"model","doing":"thinking"}')
        expect(t.wait("thinking 0:"), t, "it works")
        t.send("\x03")
        expect("interrupt" in t.sent("interrupt"), t, "sent")


def test_end():
    with Play("demo.jsonl", 51) as t:
        expect(t.wait("Quotes keep their commas"), t, "the end")
        t.send("\x1b")
        expect(t.wait("q quit"), t, "the panes")
        t.send("q")
        expect(t.wait("d: detach"), t, "asked")
        t.send("x")
        expect(t.gone("d: detach"), t, "stays")
        t.send("q")
        expect(t.wait("d: detach"), t, "asked")
        t.send("e")
        expect(t.eof() == "exit 5", t, "the core's exit code")
        text = t.show()
        for words in (": src/parse.c", "assent log ",
                      "the model says: It is done.",
                      "success check: make check: passed",
                      "session: 4 turns, 16,800"):
            expect(words in text, t, "last words: " + words)


def test_core_gone():
    with Play("demo.jsonl", 33) as t:
        expect(t.wait("7 of 7 open"), t, "the proposal is offered")
        t.feed("die")
        expect(t.eof() == "exit 1", t, "exit code")
        expect("assent resume" in t.show(), t, "last words")
        expect("to review: 7 of 7" in t.show(), t, "what waits")


def test_suspend():
    with Play("demo.jsonl", 33) as t:
        expect(t.review(), t, "the proposal is offered")
        t.raw()
        # Nobody is there who would bring it back.
        t.send("\x1a")
        expect(t.wait("no shell could resume it: C-z again"), t,
               "it is not stopped by one key")
        t.send("j\x1a")
        expect(t.wait("no shell could"), t, "nor by another between two")
        t.send("\x1a")
        expect(t.stopped(), t, "it stands still")
        expect(t.gone("7 of 7 open"), t, "the screen is given back")
        t.signal(signal.SIGCONT)
        expect(t.review(), t, "the screen is back")
        t.send("y")
        expect(t.wait("6 of 7 open"), t, "and works")


def test_refused():
    with Play("demo.jsonl", 0) as t:
        expect(t.wait("starting"), t, "the first frame")
        t.feed('{"type":"refused","text":"no such\\u001b[2J model",'
               '"exit":2}')
        expect(t.wait("no such^[[2J model"), t, "the reason")
        t.feed("die")
        expect(t.eof() == "exit 2", t, "exit code")
        expect("assent: no such^[[2J model" in t.show(), t, "last words")


def test_signals():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV):
        with Play("demo.jsonl", 33) as t:
            expect(t.wait("7 of 7 open"), t, "the proposal is offered")
            t.raw()
            t.signal(number)
            end = t.eof()
            raw = t.raw()
            if number == signal.SIGSEGV:
                expect(end.startswith(("signal", "exit")), t, end)
            else:
                expect(end == "exit %d" % (128 + number), t, end)
            expect(b"\x1b[?1049l" in raw and b"\x1b[?2004l" in raw, t,
                   "the terminal is restored: %r" % raw)


def main(names):
    """The tests among these, or of them those that are asked for."""
    tests = [(n, f) for n, f in sorted(names.items())
             if n.startswith("test_") and
             (len(sys.argv) < 2 or n in sys.argv[1:])]
    print("1..%d" % len(tests))
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, name), flush=True)
        except Exception:
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print("not ok %d - %s" % (i, name), flush=True)


if __name__ == "__main__":
    main(globals())
