"""The real front end and core on a terminal of their own, for tests of the
screen, of keys, and of the journal."""

import os

import harness
import vt

# Longer than the wait for the rest of a sequence (KEYS_WAIT_MS), and than a
# question is held back while the user types (UI_QUIET_MS).
TOO_SLOW_MS = 1300


class Screen(vt.Terminal):
    """`assent ARGS` in a pty, in the project of a world."""

    def __init__(self, w, *args, env=None, cwd=None, path=None, **kw):
        self.w = w
        full = dict(w.env, VISUAL="", EDITOR="false", TMPDIR=w.root,
                    builddir=harness.BUILD)
        full.update(env or {})
        for name in [k for k, v in full.items() if v is None]:
            del full[name]
        super().__init__([path or harness.ASSENT] + list(args), env=full,
                         cwd=cwd or w.project, **kw)

    def text(self):
        return "\n".join(self.screen())

    def words(self):
        """All rows in one line, without the sign of those that continue one."""
        return " ".join(w for w in self.text().split() if w != "\u00bb")

    def need(self, text, ms=vt.DEADLINE_MS):
        if not self.wait(text, ms):
            raise AssertionError("not on the screen: %s\n%s" %
                                 (text, self.text()))

    def see(self, keys, text):
        """Send the keys: then it is on the screen."""
        self.send(keys)
        self.need(text)

    def review(self, want="y accept", ms=vt.DEADLINE_MS):
        if not super().review(want, ms):
            raise AssertionError("not to be reviewed: %s\n%s" %
                                 (want, self.text()))
        return True

    def after_command(self, want="y accept"):
        """To the review of `try`'s command, which has ended: there C-] counts
        once nothing was typed for a time."""
        self.need("C-]: review")
        while "C-]" in self.text():
            self.pause(750)
            self.send("\x1d", ahead=True)
            self.idle()
        return self.review(want)

    def need_gone(self, text, ms=vt.DEADLINE_MS):
        if not self.gone(text, ms):
            raise AssertionError("still on the screen: %s\n%s" %
                                 (text, self.text()))

    def send_slowly(self, keys, ms=20):
        for i in range(len(keys)):
            self.send(keys[i:i + 1], ahead=True)
            self.pause(ms)

    def ended(self, want, ms=vt.DEADLINE_MS):
        """Wait for the end and check it; return the screen's text as one
        line."""
        got = self.eof(ms)
        text = self.text()
        assert got == want, "%s, not %s\n%s" % (got, want, text)
        return " ".join(text.split())

    def leave(self):
        """Out of a text, to its pane."""
        self.send("\x1b")
        self.need("? help")

    def ask_leave(self):
        """Typed the same in the empty line and where keys act. F12 does
        nothing, but ends a burst of letters."""
        self.settle()
        self.send("\x1b[24~/quit\r")

    def detach(self, want="exit 0"):
        self.ask_leave()
        self.need("d: detach")
        self.send("d")
        return self.ended(want)

    def end(self, want="exit 0"):
        self.ask_leave()
        self.need("e: end")
        self.send("e")
        return self.ended(want)


def numbers(n, upper=()):
    """n lines; those named are in capitals."""
    return "".join(("LINE %d\n" if i in upper else "line %d\n") % i
                   for i in range(1, n + 1))


def capital(path, i):
    """A call that puts one line in capitals."""
    return {"name": "edit", "args": {
        "path": path, "old_string": "line %d\n" % i,
        "new_string": "LINE %d\n" % i,
        "reason": "line %d is said louder" % i}}


def edits(*what):
    """Such calls, of (path, line)."""
    return {"calls": [capital(path, i) for path, i in what]}


DONE = {"calls": [{"name": "done", "args": {"summary": "It is louder now."}}]}


def decided(w):
    """hunk id -> decision, from all decisions."""
    return {h["id"]: h["decision"] for e in w.events("decision")
            for f in e["files"] for h in f["hunks"]}


def wait_events(w, kind, n=1):
    return harness.wait_until("%d lines %s" % (n, kind), lambda: (
        w.events(kind) if len(w.events(kind)) >= n else None))


def core_pid():
    """The running core below this test."""
    # Its exe link is not for an ordinary user: the core is not dumpable.
    for pid in harness.running("assent-core"):
        return pid
    raise AssertionError("no core is running: %r" % harness.children())


def screen_pid():
    for pid, line in harness.children().items():
        if os.path.basename(line.split(" ")[0]) == "assent":
            return pid
    raise AssertionError("no screen is running: %r" % harness.children())
