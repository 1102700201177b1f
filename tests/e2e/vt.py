"""A program on a real terminal screen (vtdrive), for tests."""
import concurrent.futures
import os
import re
import subprocess
import time

# A deadline that only a failing test reaches.
DEADLINE_MS = 1000 * min(60, int(os.environ.get("ASSENT_DEADLINE", "60")))
# A text that never appears: to wait for it lets time pass.
NEVER = "\x01"
# Bytes that wait for the program, or for its end.
WAITS = ("wait ", "gone ", "idle ", "stopped ", "signal ")


def together(f, cases):
    """f(*case) for each, some at once: most of it waits. Each has a terminal of
    its own."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(f, *case) for case in cases]:
            done.result()


# How long a key that opens something isn't one, after a letter (UI_QUIET_MS).
LETTER_S = 0.75
OPENS = [bytes([c]) for c in b"eo!tiucr.q/:?"]


class Terminal:
    waited = True       # since the last key
    last = None         # that key, if it was meant for the screen
    enters = True       # see again()
    letter = 0          # when it was one

    def __init__(self, argv, rows=24, cols=80, term="xterm-256color",
                 env=None, cwd=None, odd=False, quiet=False):
        """odd: it has other widths; quiet: it answers nothing."""
        build = os.environ.get("builddir", ".")
        self.p = subprocess.Popen(
            [os.path.join(os.path.abspath(build), "tests/e2e/vtdrive")] +
            ["-o"] * odd + ["-q"] * quiet + ["-t", term, "-r", str(rows), "-c", str(cols),
                            "--"] + argv,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=cwd)

    def ask(self, line):
        self.p.stdin.write(line.encode() + b"\n")
        self.p.stdin.flush()
        answer = self.p.stdout.readline().decode().rstrip("\n")
        if not answer:
            raise RuntimeError("vtdrive is gone")
        if answer == "ok" and line.startswith(WAITS):
            self.waited = True
        return answer

    def send(self, keys, ahead=False):
        """A key, or a text for the line that has the focus. The screen that it
        is for was waited for, unless the test sends it ahead of that: to see
        what becomes of it, or because it is the same wherever it comes."""
        if isinstance(keys, str):
            keys = keys.encode()
        assert ahead or self.waited, \
            "sent before its screen was waited for: %r" % keys
        assert ahead or b"\t" not in keys[:-1] or keys.startswith(b"\x1b["), \
            "Tab leads to another screen: press() sends what follows: %r" % keys
        if not ahead:
            self.counts()
            # Letters in a row are words, not keys.
            if keys[:1] in OPENS and \
                    time.monotonic() - self.letter < LETTER_S:
                self.pause(int(1000 * LETTER_S))
        if keys[-1:].isalpha():
            self.letter = time.monotonic()
        self.waited = False
        assert self.ask("send " + keys.hex()) == "ok"
        self.last = None if ahead else keys

    def counts(self):
        """Until the row of hints names the keys that decide, if it has any, or
        says no more that a page has just come. The row of a write can wrap
        there."""
        due = time.monotonic() + DEADLINE_MS / 1000
        while re.search(r"(^|  )[\u00b7.] (?![A-Z])|keys in a moment",
                        "\n".join(self.screen()[-3:]), re.M):
            assert time.monotonic() < due, self.show()
            self.pause(20)

    def again(self):
        """As a user does after the notice that the screen just changed, when a
        row says to press its key once more, and, to go on, when it says what
        Enter does with what the last key marked or chose."""
        if not self.last:
            return
        rows = "\n".join(self.screen()[-6:])
        if "just changed" in rows:
            self.counts()
        elif "which? press" in rows:
            self.pause(750)
        elif re.search(r"\bpress (Enter|Y)( \u00b7|$)", rows, re.M):
            self.pause(400)
        elif self.enters and self.last[-1:] in b"ynaAdswx\r" and re.search(
                r"^Enter \w.* back", rows, re.M | re.S):
            self.pause(750)
            self.last = b"\r"
        else:
            return
        assert self.ask("send " + self.last.hex()) == "ok"

    def write(self, row="Enter "):
        """Press the key of the row that says what a write, or an answer, does;
        it begins with that key."""
        assert self.wait(row), self.show()
        self.idle()
        self.pause(750)
        if re.search(r"\bY ", row):
            # It chooses, and Enter does.
            self.send("Y")
            self.idle()
            self.pause(400)
        self.send("\r")

    def press(self, keys):
        """Keys, each on the screen that the one before it leads to."""
        for i, key in enumerate(re.findall("\x1b[O[].|.", keys, re.DOTALL)):
            if i > 0:
                self.settle()
            self.send(key)

    def wait(self, text, ms=DEADLINE_MS):
        """Until the screen shows the text; False after the deadline."""
        due = time.monotonic() + ms / 1000
        while True:
            left = max(0, int(1000 * (due - time.monotonic())))
            if self.ask("wait %d %s" % (min(left, 300), text)) == "ok":
                return True
            if left <= 300:
                return False
            self.again()

    def gone(self, text, ms=DEADLINE_MS):
        return self.ask("gone %d %s" % (ms, text)) == "ok"

    def review(self, want="y accept", ms=DEADLINE_MS):
        """Until what waits (a proposal, a plan, a command, a limit) has the
        keys; from elsewhere with Tab, and from a text with Esc before it."""
        due = time.monotonic() + ms / 1000
        while not self.wait(want, 200):
            if self.wait("Tab: ", 0):
                # Not what an older frame says.
                self.ask("idle 2000")
                if self.wait("Tab: ", 0) and not self.wait(want, 0):
                    self.press("\x1b\t" if self.wait("Esc Tab: ", 0) else "\t")
                    return self.wait(want, ms)
            self.again()
            if time.monotonic() > due:
                return False
        return True

    def idle(self):
        """Until it has done all that it has to do, and sleeps."""
        assert self.ask("idle %d" % DEADLINE_MS) == "ok", \
            "it does not come to rest:\n" + self.show()

    def settle(self):
        """The same, of one that may work on for long: some time then."""
        self.ask("idle 500")
        self.waited = True

    def pause(self, ms):
        """Let this time pass. What the program does in it nobody knows."""
        self.ask("wait %d %s" % (ms, NEVER))

    def slow(self, ms):
        """Let this time pass for a program that has done what it could, as
        between the keys of a slow line."""
        self.idle()
        self.pause(ms)
        self.idle()

    def rows(self):
        """The screen when it does not change any more."""
        self.idle()
        self.counts()
        self.idle()
        return [row.rstrip() for row in self.screen()]

    def same(self, rows, what):
        """Until these rows stand there."""
        due = time.monotonic() + DEADLINE_MS / 1000
        while self.rows() != rows:
            if time.monotonic() > due:
                raise AssertionError("%s\nwas\n%s\nis\n%s" % (
                    what, "\n".join(rows), self.show()))

    def screen(self):
        head = self.ask("screen").split()
        rows = [self.p.stdout.readline().decode().rstrip("\n")[1:]
                for _ in range(int(head[1]))]
        assert self.p.stdout.readline() == b"ok\n"
        return rows

    def show(self):
        return "\n".join(self.screen())

    def resize(self, rows, cols):
        assert self.ask("resize %d %d" % (rows, cols)) == "ok"

    def written(self):
        return int(self.ask("bytes").split()[1])

    def say(self, text):
        """Into the message line, from a pane. In one read it would be taken
        for a paste."""
        self.settle()
        # The cursor is there already, after a write a moment too early.
        if self.screen()[-1].startswith((">", "run>")):
            self.pause(750)
            self.waited = True
            self.send(text)
            return
        self.send("i")
        # A draft stays on the last row, and another pane's hints may have the
        # key.
        assert self.wait("Enter "), self.show()
        due = time.monotonic() + DEADLINE_MS / 1000
        while not self.screen()[-1].startswith((">", "run>")):
            assert time.monotonic() < due, self.show()
            self.pause(20)
        self.settle()
        self.send(text)

    def raw(self):
        return bytes.fromhex(self.ask("raw")[4:])

    def eof(self, ms=DEADLINE_MS):
        return self.ask("eof %d" % ms)

    def signal(self, number):
        assert self.ask("signal %d" % number) == "ok"

    def hang_up(self):
        """The terminal goes away."""
        assert self.ask("hangup") == "ok"

    def modes(self):
        """The terminal's settings, to be compared."""
        return self.ask("modes")

    def props(self):
        """Is it the alternate screen, and is the cursor shown?"""
        return tuple(x == "1" for x in self.ask("props").split()[1:])

    def stopped(self, ms=DEADLINE_MS):
        return self.ask("stopped %d" % ms) == "ok"

    def close(self):
        """The program is killed if it still runs."""
        if self.p.poll() is None:
            try:
                self.p.stdin.write(b"quit\n")
                self.p.stdin.close()
            except OSError:
                pass
            self.p.wait()
        self.p.stdout.close()

    def __enter__(self):
        return self

    def last_screen(self):
        """It may still owe an answer to what was asked before."""
        self.p.stdin.write(b"screen\n")
        self.p.stdin.flush()
        head = b"?"
        while head and not head.startswith(b"screen "):
            head = self.p.stdout.readline()
        return [self.p.stdout.readline().decode()[1:].rstrip()
                for _ in range(int(head.split()[1]) if head else 0)]

    def __exit__(self, failed, *args):
        if failed and self.p.poll() is None:
            print("".join("# |%s\n" % row for row in self.last_screen()))
        self.close()
