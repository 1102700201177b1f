"""The screen on a real terminal, fed from files in place of a core."""
import os
import shutil
import tempfile
import time

from vt import DEADLINE_MS, Terminal

SRC = os.environ.get("srcdir", ".")
BUILD = os.environ.get("builddir", ".")
FIXTURES = os.path.join(SRC, "tests/fixtures/journal")


class Play(Terminal):
    """ui-play in a terminal, with the first `lines` lines of a fixture."""

    def __init__(self, name, lines, env=None, before=(), **kw):
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
        self.start(list(before) + [
            os.path.join(BUILD, "tests/e2e/ui-play"), self.lines, self.out,
            self.fifo], env=full, **kw)

    def start(self, argv, **kw):
        super().__init__(argv, **kw)

    def feed(self, *lines):
        with open(self.fifo, "w") as f:
            f.write("".join(line + "\n" for line in lines))

    def sent(self, text=None, ms=DEADLINE_MS):
        """Return what the screen sent; wait for the text if one is given, else
        until no more can come."""
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
