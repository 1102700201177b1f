"""However the screen goes, the terminal is as it was, and what is to be known
stays in the shell's scrollback.
"""

import os
import re
import resource
import signal

import harness
import screen
import vt
from messages import msg
from screenlib import Screen

TERMS = ("xterm-256color", "screen", "tmux", "vt100", "linux")


class Shell(screen.Play):
    """The screen below a shell, which shows what it leaves behind."""

    def __init__(self, name, lines, **kw):
        super().__init__(name, lines, **kw)
        assert self.wait("ready")
        self.before = self.modes()
        self.send("\n")

    def start(self, argv, **kw):
        vt.Terminal.__init__(self, [
            "sh", "-c", "echo ready; read x; \"$@\"; echo rc=$?; read y",
            "sh"] + argv, **kw)

    def program(self):
        """The screen's process."""
        pid = self.p.pid
        for _ in range(2):
            with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                pid = int(f.read().split()[0])
        return pid

    def kill(self, number):
        os.kill(self.program(), number)

    def is_ours(self, plain=False):
        assert self.props()[0] or plain, "not the alternate screen"
        assert self.modes() != self.before

    def written(self):
        """The output so far; raw() returns each byte only once."""
        self.kept = getattr(self, "kept", b"") + self.raw()
        return self.kept

    def is_given_back(self, term, raw=None):
        assert self.modes() == self.before, (term, self.modes(), self.before)
        alt, cursor = self.props()
        assert not alt and cursor, (term, alt, cursor)
        raw = raw or self.raw()
        for on, off in ((b"\x1b[?2004h", b"\x1b[?2004l"),
                        (b"\x1b[?7l", b"\x1b[?7h"),
                        (b"\x1b[?2026h", b"\x1b[?2026l"),
                        (b"\x1b[?25l", b"\x1b[?25h"),
                        (b"\x1b[>4;1m", b"\x1b[>4m"),
                        (b"\x1b[>5u", b"\x1b[<u"),
                        (b"\x1b[?1h", b"\x1b[?1l"),
                        (b"\x1b[22;2t", b"\x1b[23;2t")):
            assert raw.rfind(on) <= raw.rfind(off), (term, on, raw[-400:])
        # Each screen has its own keys; other types would draw the request.
        asks = not term.startswith(("vt100", "linux"))
        assert keys_asked(raw) == ([0, 0], [0, int(asks)]), (term, raw)
        assert asks or b"\x1b[>" not in raw, (term, raw)
        # The user's own colours are not ours to set back.
        for reset in (b"\x1b]104", b"\x1b]R"):
            assert reset not in raw, (term, reset)
        # Nothing that we drew is left among what the shell says.
        for words in ("[4 diff]", "model says", "y accept", "Quit?"):
            assert words not in self.show(), (term, words, self.show())
        # The cursor stays where the shell had it.
        left = raw.rfind(b"\x1b[?1049l")
        assert left < 0 or not re.search(rb"\x1b\[\d+;\d+H", raw[left:]), \
            (term, raw[left:])


def keys_asked(raw):
    """How deep kitty's stacks are at the end, of the main screen and of the
    other, and were at most."""
    at, depth, most = 0, [0, 0], [0, 0]
    for what in re.findall(rb"\x1b\[(\?(?:47|1049)[hl]|>5u|<\d*u)", raw):
        if what.startswith(b"?"):
            at = int(what.endswith(b"h"))
        elif what == b">5u":
            depth[at] += 1
            most[at] = max(most[at], depth[at])
        else:
            depth[at] = max(0, depth[at] - int(what[1:-1] or 1))
    return depth, most


def begin(term, **kw):
    t = Shell("demo.jsonl", 33, term=term, **kw)
    assert t.wait("7 open"), t.show()
    assert t.review(), t.show()
    # A vt100 has no other screen.
    t.is_ours(plain=term in ("vt100", "linux"))
    return t


PASTED = "some words "


def typed_over(words, raw):
    """Are they there, with what the terminal echoes meanwhile in between?"""
    between = ("[%s\r\n]*" % "".join(sorted(set(PASTED)))).encode()
    return re.search(between.join(re.escape(c.encode()) for c in words), raw)


def end_by(term, what, rc, words, scrolled=False):
    """scrolled: the words may have left the screen, as lines do."""
    with begin(term) as t:
        what(t)
        if scrolled:
            harness.wait_until("its end",
                               lambda: b"rc=%d" % rc in t.written())
        assert scrolled or t.wait("rc=%d" % rc), (term, t.show())
        raw = t.written()
        for w in words:
            assert w in t.show() or scrolled and typed_over(w, raw), (
                term, w, t.show())
        t.is_given_back(term, raw)


SUMMARY = ("detached", "to review: 7 of 7 hunks", "assent resume")


def test_keys(w):
    for term in TERMS:
        def leave(t):
            t.send("q")
            assert t.wait("d: detach")
            t.send("d")
        end_by(term, leave, 0, SUMMARY)


def test_end_of_input(w):
    """C-d asks how to leave, if something was said; at the end of a text it does
    nothing, and where keys act it only moves. Where nothing is left to do, q
    leaves at once, and nothing keeps running."""
    w.mock([{"text": "Hello."}] * 2)

    def by_keys(t, key="\x04"):
        t.see(key, "d: detach")
        t.send("\r")
        return t.ended("exit 0")
    with Screen(w, "--plan", "skip") as t:
        t.need(" ready")
        t.send("\x04")
        assert msg.SESSION_ENDED_NOTHING_WAS_SAID in t.ended("exit 0")
    with Screen(w, "--plan", "skip") as t:
        t.need(" ready")
        t.see("half a word", "> half a word")
        t.press("\x04\x1b")
        t.need("? help")
        t.press("\x04")
        t.idle()
        left = by_keys(t, "q")
        assert "unsent text is kept" in left and "detached" not in left, left
    with Screen(w, "--plan", "skip", "hi") as t:
        t.need("Hello.")
        t.need(" ready")
        left = by_keys(t)
        assert "session ended" in left and "detached" not in left, left
    with Screen(w, "--plan", "skip", "hi") as t:
        t.need("Hello.")
        t.need(" ready")
        t.leave()
        t.settle()
        t.send("q")
        left = t.ended("exit 0")
        assert "session ended" in left and "detached" not in left, left


def test_signals(w):
    for number, rc in ((signal.SIGTERM, 143), (signal.SIGHUP, 129),
                       (signal.SIGQUIT, 131)):
        for term in TERMS if number == signal.SIGTERM else TERMS[:1]:
            end_by(term, lambda t: t.kill(number), rc, SUMMARY)


def test_crashes(w):
    """The terminal is restored, and the way back is printed."""
    if harness.sanitized():
        raise harness.Skip("the sanitizer takes the signals")
    for number in (signal.SIGSEGV, signal.SIGABRT):
        for term in ("xterm-256color", "vt100"):
            end_by(term, lambda t: t.kill(number), 128 + number,
                   ("crashed", "assent resume 20261120-083206-1a2b"))


def test_out_of_memory(w):
    if harness.sanitized():
        raise harness.Skip("the sanitizer needs the memory")

    def take_all(t):
        t.say("a word")
        assert t.wait("a word"), t.show()
        resource.prlimit(t.program(), resource.RLIMIT_DATA, (1, 1))
        for _ in range(100):
            t.send("\x1b[200~" + PASTED * 300 + "\x1b[201~", ahead=True)
            if t.wait("rc=", 30) or b"rc=" in t.written():
                break
    for term in ("xterm-256color", "vt100"):
        # Unread keys go to the shell, which shows them.
        end_by(term, take_all, 1, ("out of memory", "crashed",
                                   "assent resume 20261120-083206-1a2b"),
               scrolled=True)


def test_hung_up(w):
    """The terminal goes away, in whatever state: the session goes on, and what
    was typed is there again."""
    w.write("a", "x\n")
    change = [{"calls": [{"name": "write", "args": {
        "path": "b", "content": "hello\n"}}]},
        {"calls": [{"name": "done", "args": {"summary": "Done."}}]}]
    w.mock(change + [{"text": ["It goes on. "] * 2000, "delay_ms": 100}],
           config={"plan": "skip"})
    env = {"EDITOR": "sh -c 'echo editing; exec sleep 1000' e"}

    def hang_up(t):
        t.hang_up()
        assert t.eof() == "exit 129"
        harness.wait_until("its editor too", lambda: not harness.running(
            "sleep"))

    with Screen(w, "go on", env=env) as t:
        t.review()
        t.say("half a word")
        t.need("half a word")
        hang_up(t)
    with Screen(w, "resume", env=env) as t:
        t.review()
        t.see("i", "> half a word")
        # Out of it, and none left.
        t.send("\x15")
        t.need_gone("half a word")
        t.review()
        t.see("e", "editing")
        hang_up(t)
    with Screen(w, "resume", env=env) as t:
        t.review()
        t.see("y", " ready")
        t.say("more\r")
        t.need("It goes on.")
        hang_up(t)
    with Screen(w, "resume") as t:
        t.need("It goes on.")
        t.see("\x03", "interrupted")
        t.end("exit 130")


def test_core_gone(w):
    for term in TERMS:
        end_by(term, lambda t: t.feed("die"), 1,
               ("process died", "assent resume"))


def test_while_the_editor_runs(w):
    for number, rc in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        # It does not go by itself.
        env = {"VISUAL": "", "EDITOR": "sh -c 'trap \"\" HUP; stty raw -echo; "
               "echo editing; exec sleep 1000' e"}
        with begin("xterm-256color", env=env) as t:
            t.send("e")
            assert t.wait("editing"), t.show()
            t.kill(number)
            assert t.wait("rc=%d" % rc), t.show()
            for words in SUMMARY:
                assert words in t.show(), (words, t.show())
            t.is_given_back("editor")


def test_suspended(w):
    for term in TERMS:
        with begin(term) as t:
            ours = t.modes()
            for _ in range(2 if term == TERMS[0] else 1):
                t.send("\x1a")
                assert t.wait("no shell could"), t.show()
                t.send("\x1a")
                pid = t.program()
                harness.wait_until("it is stopped", lambda: open(
                    "/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0]
                    == "T")
                t.idle()
                t.is_given_back(term)
                t.kill(signal.SIGCONT)
                assert t.review(), t.show()
                harness.wait_until("it is ours", lambda: t.modes() == ours)
            t.send("q")
            assert t.wait("d: detach")
            t.send("d")
            assert t.wait("rc=0"), t.show()
            t.is_given_back(term)


class Job(Shell):
    """The shell has job control, and says when the job has stopped."""

    def start(self, argv, **kw):
        vt.Terminal.__init__(self, [
            "bash", "-c", "echo ready; read x; set -m; \"$@\"; echo stopped; "
            "read x; fg >/dev/null; echo rc=$?; read y", "bash"] + argv, **kw)


def test_stopped_job(w):
    """The terminal is left once, not once more when the job goes on."""
    with Job("demo.jsonl", 33, term="xterm-256color") as t:
        assert t.wait("7 open") and t.review(), t.show()
        t.raw()
        t.send("\x1a")
        assert t.wait("stopped"), t.show()
        t.send("\n")
        assert t.review(), t.show()
        t.send("q")
        assert t.wait("d: detach"), t.show()
        t.send("d")
        assert t.wait("rc=0"), t.show()
        raw = t.raw()
        assert re.findall(rb"\x1b\[\?1049[hl]", raw) == [
            b"\x1b[?1049l", b"\x1b[?1049h", b"\x1b[?1049l"], raw


def is_stopped(t):
    with open("/proc/%d/stat" % t.program()) as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "T"


def editor_is_left(t):
    """A key takes away the words about it, which hide the others."""
    assert t.wait("hunk unchanged"), t.show()
    t.send("\x0c")
    assert t.review(), t.show()


def test_suspended_in_the_editor(w):
    """Its Ctrl-Z gives the shell its terminal back, and it goes on with us."""
    env = {"VISUAL": "", "EDITOR": "sh -c 'echo editing; kill -STOP $$; "
           "echo again; read x' e"}
    with begin("xterm-256color", env=env) as t:
        t.send("e")
        assert t.wait("editing"), t.show()
        harness.wait_until("it is stopped", lambda: is_stopped(t))
        assert t.modes() == t.before
        t.kill(signal.SIGCONT)
        assert t.wait("again"), t.show()
        t.send("\n")
        editor_is_left(t)
        t.press("qd")
        assert t.wait("rc=0"), t.show()


def test_keys_of_the_editor(w):
    """Ctrl-C and Ctrl-\\ that are struck in it, or in a pager, are not ours."""
    env = {"VISUAL": "", "EDITOR": "sh -c 'echo editing; read x' e"}
    with begin("xterm-256color", env=env) as t:
        t.send("e")
        assert t.wait("editing"), t.show()
        t.kill(signal.SIGINT)
        t.kill(signal.SIGQUIT)
        t.send("\n")
        editor_is_left(t)
        assert '"interrupt"' not in t.sent(), t.sent()
        # Without one it is as the key.
        t.kill(signal.SIGINT)
        assert t.wait("nothing is running"), t.show()
        t.press("qd")
        assert t.wait("rc=0"), t.show()


def test_interrupt_in_a_flood(w):
    """Ctrl-C does not wait for what the core has to say."""
    with screen.Play("demo.jsonl", 33) as t:
        assert t.review(), t.show()
        t.feed('{"type":"status","state":"model"}')
        t.idle()
        line = ('{"type":"delta","kind":"text","text":"%s\\n"}' % ("x" * 60))
        flood = '{"type":"status","state":"model"}\n' + (line + "\n") * 200
        t.send("2")
        fd = os.open(t.fifo, os.O_WRONLY)
        try:
            for _ in range(3):
                os.write(fd, flood.encode())
            t.send("\x03", ahead=True)

            def answered():
                os.write(fd, flood.encode())
                return '"interrupt"' in open(t.out).read()
            harness.wait_until("an answer in a flood that does not end",
                               answered)
        finally:
            os.close(fd)


def test_another_runs(w):
    """A new session names one that was left."""
    gate = w.path("go")
    w.mock([{"text": "I think", "wait_for": gate, "wait_after": 1},
            {"text": "So be it."}])
    with Screen(w, "--", "hello") as t:
        t.need("thinking")
        assert "is open" not in t.text()
        t.detach()
    left = w.sessions()[0]
    says = "a session of this project is open: assent resume " + left
    with Screen(w) as t:
        t.need("Enter resumes the session that is open here:")
        t.need("running: hello")
        t.need("Enter resume")
        t.need(" ready")
        # A text is for the new session, also if it is taken back.
        t.see("h", "> h")
        t.need("Enter send")
        t.see("\x15", "Enter resume")
        t.see("\r", "thinking")
        t.need("> hello")
        assert "attaches" not in t.text()
        t.see("and more\r", "and more")
        t.detach()
    assert w.sessions()[0] == left and len(w.sessions()) == 2, w.sessions()
    assert [e["text"] for e in w.events("user_message", 0)] == [
        "hello", "and more"]
    assert not w.events("user_message", 1)
    code, seen = harness.on_terminal(w, [
        (says.encode(), b"/end\n")], "--plain")
    assert code == 0, (code, seen)
    with Screen(w, "resume", left) as t:
        open(gate, "w").close()
        t.need("So be it.")
        t.need("nothing changed")
        t.end()
    with Screen(w) as t:
        t.need(" ready")
        assert "is open" not in t.text()
        # It is over, and Enter doesn't go there.
        t.need("Last session here, done: hello")
        t.need("assent resume %s goes back to it" % left)
        t.need("Enter send")
        t.see("h", "> h")
        t.send("\x15")
        t.end()


harness.main(globals())
