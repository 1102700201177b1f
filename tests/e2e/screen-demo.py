"""`assent demo` on a real screen: plan, hunks, applied, tests pass. Its first
hunk is the picture of the README.

    screen-demo.py --update    makes it again, where the sandbox is level A
"""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import picture  # noqa: E402
from vt import Terminal  # noqa: E402

BUILD = os.environ.get("builddir", ".")
ASSENT = os.path.join(BUILD, "assent")
PICTURE = os.path.join(os.environ.get("srcdir", "."),
                       "tests/fixtures/pictures/review.svg")
UPDATE = "--update" in sys.argv[1:]
LAST = "This was a recording"
PR_SET_CHILD_SUBREAPER = 36


class Demo(Terminal):
    def __init__(self, **kw):
        self.dir = tempfile.mkdtemp(prefix="assent-demo-screen-")
        self.env = dict(os.environ, LC_ALL="C.UTF-8", HOME=self.dir,
                        TMPDIR=self.dir, VISUAL="true", EDITOR="true",
                        COLORTERM="truecolor", COLORFGBG="15;0",
                        # Not every host has Pygments.
                        ASSENT_SYNTAX="never",
                        XDG_STATE_HOME=os.path.join(self.dir, "state"))
        for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "NO_COLOR",
                     "TMUX", "STY"):
            self.env.pop(name, None)
        super().__init__([ASSENT, "demo"], env=self.env, **kw)

    def need(self, text, ms=60000):
        if not self.wait(text, ms):
            raise AssertionError("not on the screen: %s\n%s" %
                                 (text, "\n".join(self.screen())))

    def clean(self):
        self.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def left_over(ms=60000):
    """What became our child because its parent went away, and stays."""
    due = time.monotonic() + ms / 1000
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        while time.monotonic() < due:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                signal.sigtimedwait({signal.SIGCHLD}, 1)
        return True
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def readme_picture(t):
    """Without the number of an estimate: it grows with the name of the
    folder."""
    t.idle()
    p = picture.of_terminal(t)
    p.rows = [[part[:3] + (re.sub(r"~[0-9]+% context", "~93% context", part[3]),)
               for part in row] for row in p.rows]
    return p.svg()


def see_readme(t):
    """Its picture is what this screen shows, where the sandbox is the one of
    the README and no line of the model is awaited any more."""
    # The sandbox is named from the first frame on.
    if " sandboxed" not in t.show():
        return
    if UPDATE:
        with open(PICTURE, "w") as f:
            f.write(readme_picture(t))
    with open(PICTURE) as f:
        want = f.read()
    due = time.monotonic() + 60
    while readme_picture(t) != want:
        assert time.monotonic() < due, \
            "%s shows another (screen-demo.py --update):\n%s" % (
                PICTURE, t.show())
        t.pause(50)


def another(t):
    """Is another hunk offered? Not once the end of the task is told."""
    due = time.monotonic() + 60
    while not t.wait(LAST, 0) and time.monotonic() < due:
        if t.review(ms=200):
            return True
    return False


# What the model says at the end, and how the sample's test ends.
RUNS = (((24, 80), "yy", "CHANGES has a line", "passes"),
        ((50, 200), "yn", "CHANGES is unchanged", "passes"),
        ((24, 80), "n", "3 of 8", "fails"))


def commit(t):
    """Its folder has a repository, whatever git knows of its user."""
    t.send("i")
    t.need("Enter send")
    t.send("/commit\r")
    t.need("committed 2 files")
    t.need("Esc back")
    t.send("\x1b")
    t.need("q quit")


def test_reviewed(size, marks, says, ends):
    t = Demo(rows=size[0], cols=size[1])
    try:
        t.review("y approve")
        t.send("y")
        decided = 0
        # The keys are named once they count.
        while another(t):
            if size == (24, 80) and marks == "yy" and decided == 0:
                see_readme(t)
            # The model says what came of it.
            t.send(marks[decided])
            decided += 1
            # On a small screen the key shows the rest of the hunk first.
            if not t.wait("not accepted yet", 100):
                t.gone("y accept", 10000)
            if t.wait(LAST, 100):
                break
        # It stays until it is left.
        t.need(LAST)
        t.need(says)
        t.settle()
        if marks == "yy":
            commit(t)
        elif marks == "yn":
            t.send("u")
            t.need("Y to confirm")
            t.send("n")
            t.need("undo dropped: nothing changes")
        t.press("\tq")
        t.need("e: end the demo")
        t.send("e")
        end = t.eof(60000)
        text = "\n".join(t.screen())
        assert end == "exit %d" % (0 if ends == "passes" else 5), \
            "%s\n%s" % (end, text)
        assert decided == len(marks), text
        joined = text.replace("\n", "")
        assert ("this session wrote" in joined) == ("y" in marks), text
        assert "test on your files now: " + ends in joined, text
        # No command that needs its folder, which is gone.
        assert "assent resume" not in text, text
        session = re.search(r"  assent log (\S+)", text).group(1)
        verify = subprocess.run([ASSENT, "log", session, "--verify"],
                                env=t.env, capture_output=True)
        assert verify.returncode == 0, verify
        log = subprocess.run([ASSENT, "log", session, "--json"], env=t.env,
                             capture_output=True, text=True).stdout
        assert '"type":"decision"' in log and '"seen":true' in log, log
    finally:
        t.clean()


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    runs = RUNS[:1] if UPDATE else RUNS
    print("1..%d" % len(runs))
    for i, run in enumerate(runs, 1):
        try:
            test_reviewed(*run)
            assert not left_over(), "a process is left"
            print("ok %d - demo on %dx%d, %s" % ((i,) + run[0] + (run[1],)),
                  flush=True)
        except Exception:
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print("not ok %d - demo on %dx%d, %s" %
                  ((i,) + run[0] + (run[1],)), flush=True)


if __name__ == "__main__":
    main()
