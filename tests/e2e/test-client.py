#!/usr/bin/env python3
"""The client without a screen against a core that plays a script: what is
printed where, what is sent, and the exit code."""
import ctypes
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness
from messages import msg
import schema

BUILD = os.environ["builddir"]
SRC = os.environ["srcdir"]
DEADLINE = 60
PR_SET_CHILD_SUBREAPER = 36

number = 0
failed = 0


def ok(cond, label, detail=""):
    global number, failed
    number += 1
    if not cond:
        failed += 1
        for line in str(detail).splitlines() or [""]:
            print("# " + repr(line))
    print("%s %d - %s" % ("ok" if cond else "not ok", number, label),
          flush=True)


class Place:
    """assent beside a fake core, a home and a project."""

    def __init__(self, top):
        self.bin = os.path.join(top, "bin")
        self.home = os.path.join(top, "home")
        self.project = os.path.join(self.home, "project")
        os.makedirs(self.bin)
        os.makedirs(self.project)
        shutil.copy(os.path.join(BUILD, "assent"), self.bin)
        os.symlink(os.path.join(SRC, "share"), os.path.join(self.bin, "share"))
        core = os.path.join(self.bin, "assent-core")
        with open(os.path.join(SRC, "tests/e2e/fake-core.py")) as f:
            text = f.read()
        with open(core, "w") as f:
            f.write("#!%s\n%s" % (sys.executable, text))
        os.chmod(core, 0o755)
        self.config = os.path.join(top, "config.json")
        with open(self.config, "w") as f:
            json.dump({"model": "mock/m", "providers": {"mock": {
                "format": "openai-chat", "base_url": "http://127.0.0.1:1/v1",
                "api_key_env": "MOCK_KEY"}}}, f)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home,
                    "ASSENT_CONFIG": self.config, "MOCK_KEY": "sk-secret",
                    "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        for name in os.environ:
            if name.endswith("SAN_OPTIONS"):
                self.env[name] = os.environ[name]

    def heard(self):
        path = os.path.join(self.home, "heard")
        with open(path) as f:
            lines = [json.loads(s) for s in f]
        os.unlink(path)
        return lines

    def run(self, *args, stdin=b""):
        return subprocess.run([os.path.join(self.bin, "assent"), *args],
                              env=self.env, cwd=self.project, input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=DEADLINE)


def until(fd, text, seen):
    """Read from a terminal until the text has come."""
    end = time.monotonic() + DEADLINE
    while text not in bytes(seen):
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            raise TimeoutError("no %r in %r" % (text, bytes(seen)))
        try:
            got = os.read(fd, 4096)
        except OSError:
            got = b""
        if not got:
            raise EOFError("end before %r in %r" % (text, bytes(seen)))
        seen += got


def drain(fd, seen):
    """Read what comes until the other side is gone."""
    try:
        until(fd, b"\0 never", seen)
    except EOFError:
        pass


def on_terminal(place, answers, *args):
    """Run on a terminal, answering each question; exit code and screen."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(place.project)
        os.execve(os.path.join(place.bin, "assent"), ["assent", *args],
                  place.env)
    seen = bytearray()
    try:
        for wait, answer in answers:
            here = bytearray()
            until(fd, wait, here)
            seen += here
            if callable(answer):
                answer(pid)
            else:
                os.write(fd, answer)
        drain(fd, seen)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), bytes(seen)


def test_story(p):
    r = p.run("exec", "story", "--output", "out.json")
    out = r.stdout.decode()
    ok(r.returncode == 0, "exec: the core's exit code", r.stderr)
    for want in ("plan v1: mend it", "* edit a.txt", "failed: no match",
                 "--- ", "+TWO", "check: make check passed",
                 "done: all of it", "changed: a.txt", "protected: b.sh"):
        ok(want in out, "exec prints: " + want, out)
    heard = p.heard()
    ok([o["type"] for o in heard] == ["hello", "start"],
       "hello, then start", heard)
    start = heard[1]
    ok("sk-secret" not in json.dumps(start) and heard[0]["key"] == "sk-secret",
       "the key is in hello and nowhere else")
    ok(start["root"] == p.project and start["plan"] == "auto"
       and start["approve"] == "ask" and start["mode"] == "exec"
       and start["person"] is False and start["keep_alive"] is False,
       "the start object", start)
    with open(os.path.join(p.home, "env")) as f:
        env = f.read().split()
    ok("MOCK_KEY" not in env and "ASSENT_CONFIG" not in env,
       "the core's environment is an allow list", env)
    with open(os.path.join(p.project, "out.json")) as f:
        o = json.load(f)
    want = {"version", "exit", "summary", "modified_files", "patch",
            "proposed", "turns", "tokens", "cost_usd", "check", "session", "outcome",
            "prompts", "accepted_by", "not_proposable", "products", "limit",
            "calls", "steps", "renamed", "findings", "decided",
            "rejected", "hooks", "ended", "stats", "mcp_missing"}
    ok(set(o) == want, "--output has its members", o)
    ok(not schema.check_output(os.path.join(p.project, "out.json")),
       "it fits its schema", o)
    ok(o["patch"].startswith("--- a/a.txt") and o["session"] == "S1"
       and o["cost_usd"] is None and o["outcome"] == "done",
       "--output has their values", o)


def test_json(p):
    r = p.run("exec", "--json", stdin=b"story\n")
    lines = [json.loads(s) for s in r.stdout.splitlines()]
    ok(r.returncode == 0 and lines, "exec --json", r.stderr)
    ok([o["seq"] for o in lines] == list(range(1, len(lines) + 1)),
       "journal lines and nothing else", r.stdout)
    ok(p.heard()[1]["task"] == "story", "the task comes from stdin")


def test_codes(p):
    for code in (0, 1, 3, 4, 5, 6, 130):
        r = p.run("exec", "exit%d" % code)
        ok(r.returncode == code, "exit code %d" % code, r.stderr)
    r = p.run("exec", "refuse", "--output", "no.json")
    ok(r.returncode == 2 and b"no such thing" in r.stderr,
       "a refused start", r.stderr)
    with open(os.path.join(p.project, "no.json")) as f:
        o = json.load(f)
    ok(o["outcome"] == "error" and o["summary"] == "no such thing"
       and o["session"] is None, "--output tells of it", o)
    ok(not schema.check_output(os.path.join(p.project, "no.json")),
       "it fits its schema", o)
    r = p.run("exec", "silent")
    ok(r.returncode == 1 and msg.BACKGROUND_PROCESS_DIDNT_START.encode() in r.stderr,
       "a core that says nothing", r.stderr)
    r = p.run("exec", "break")
    ok(r.returncode == 1 and b"assent resume S1" in r.stderr,
       "a core that breaks off", r.stderr)
    r = p.run("exec", "garbage")
    ok(r.returncode == 0 and msg.BACKGROUND_PROCESS_SENT_INVALID.encode() in r.stderr, "a broken line",
       r.stderr)
    os.unlink(os.path.join(p.home, "heard"))


def test_usage(p):
    for args, want in (
            ((), msg.FULL_SCREEN_UI_NEEDS.encode()),
            (("exec",), msg.NO_TASK_GIVEN.encode()),
            (("exec", "x", "--tools", "red"), b'did you mean "read"?'),
            (("exec", "x", "--output", "no/such/file"), b"--output"),
            (("exec", "x", "--root", "/"), msg.WHOLE_FILE_SYSTEM.encode()),
            (("exec", "x", "--max-time", "soon"), b"--max-time must be"),
            (("exec", "x", "--model", "zzz/y"), b"unknown provider"),
            (("try",), msg.NO_COMMAND_GIVEN.encode()),
            (("try", "--approve", "later", "--", "true"), b"ask or yes"),
            (("log", "nosuchsession"), b""),
            (("frobnicate", "--what"), b"unknown option --what (see assent help --all)")):
        r = p.run(*args)
        ok(r.returncode == 2 and want in r.stderr and r.stdout == b"",
           "usage: " + " ".join(args), r.stderr)
    r = p.run("--version")
    ok(r.returncode == 0 and r.stdout.startswith(b"assent 0"), "--version")
    for name in ("", "exec", "try", "demo", "resume", "end", "ls",
                 "log", "doctor"):
        r = p.run(*([name] if name else []), "--help")
        ok(r.returncode == 0 and b"usage: assent" in r.stdout,
           "--help " + name, r.stderr)
        ok(r.stderr == b"", "and nothing else", r.stderr)
    r = p.run("review", "--help")
    ok(r.returncode == 0 and b"usage: assent [options] [TASK]" in r.stdout and
       msg.ISNT_A_COMMAND.encode() in r.stderr, "--help of a task", r.stderr)


def test_interrupt(p):
    proc = subprocess.Popen(
        [os.path.join(p.bin, "assent"), "exec", "--json", "interrupt"],
        env=p.env, cwd=p.project, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    proc.stdout.readline()		# session_start: it is running
    proc.send_signal(signal.SIGINT)
    proc.communicate(timeout=DEADLINE)
    ok(proc.returncode == 130, "SIGINT is passed on, exit 130")
    ok(p.heard()[-1]["type"] == "interrupt", "as interrupt")


def test_try(p):
    r = p.run("try", "--", "effect")
    ok(r.returncode == 5, "try: exit 5 while something waits", r.stderr)
    out = r.stdout
    ok(out.startswith("caf\u00e9 ".encode() + b"\xff\n"),
       "the command's output, every byte of it", out)
    ok(b"\ndiff --git " in out or b"\n--- " in out,
       "a diff from column 1", out)
    ok(b"\x1b[2J" in out, "raw into a pipe", out)
    ok(b"exit status: 3" in r.stderr, "the command's status", r.stderr)
    start = p.heard()[1]
    ok(start["mode"] == "try" and start["command"] == ["effect"]
       and start["model"] is None and start["approve"] == "ask"
       and start["person"] is False, "the start object of try", start)


def test_review(p):
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, screen = on_terminal(p, [
        (q, b"y\n"), (q, b"yes\n"), (q, b"r no thanks\n"), (q, b"n\n")],
        "try", "--plain", "--", "effect")
    marks = {o["hunk"]: o for o in harness.marks(
        o for o in p.heard() if o["type"] == "mark")}
    ok(code == 5 and len(marks) == 3, "three questions, three marks", screen)
    ok([marks[h]["mark"] for h in ("h1", "h2", "h3")] == ["yes", "no", "no"],
       "yes, no, no", marks)
    ok(marks["h2"]["word"] == "no thanks" and all(
        m["seen"] and m["version"] == 1 and m["proposal"] == 7
        for m in marks.values()), "with version, word and seen", marks)
    ok(b"\x1b" not in screen.replace(b"\x1b[1m", b"").replace(
        b"\x1b[3", b"").replace(b"\x1b[m", b"") and b"^[" in screen,
       "nothing raw reaches the terminal", screen)
    ok(b"protected: b.sh: test rule" in screen and b"the model says: because"
       in screen, "badges and the model's words", screen)

    code, screen = on_terminal(p, [
        (q, b"a\n"), (msg.Y_OR_ANYTHING_ELSE.encode(), b"y\n"),
        (b"a capital Y confirms", b"Y\n"), (q, b"d\n")],
        "try", "--plain", "--", "effect")
    marks = {o["hunk"]: o for o in harness.marks(
        o for o in p.heard() if o["type"] == "mark")}
    ok([(marks[h]["mark"], marks[h]["seen"]) for h in ("h1", "h2", "h3")] ==
       [("yes", True), ("yes", False), ("no", True)],
       "a over unseen changes needs a Y and is recorded", marks)

    # Lines that come together are a paste.
    code, screen = on_terminal(p, [
        (q, b"\x1b[A\n"), (q, b"y\ny\ny\ny\n"), (q, b"q\n")],
        "try", "--plain", "--", "effect")
    heard = [o for o in p.heard() if o["type"] in ("mark", "decide", "end")]
    ok([o["type"] for o in heard] == ["end"],
       "an arrow key and a paste decide nothing; q ends", heard)

    code, screen = on_terminal(p, [
        (q, lambda pid: os.kill(pid, signal.SIGINT))], "try", "--plain", "--", "effect")
    ok(code == 130 and not [o for o in p.heard() if o["type"] == "mark"],
       "SIGINT at a question decides nothing", screen)


def test_flip(p):
    """A hunk that overwrites newer lines only since it was asked about: it is asked
    about again."""
    ask, env = msg.ACCEPT_THIS_HUNK_Y.encode(), p.env
    p.env = dict(env, TERM="dumb")
    try:
        code, screen = on_terminal(p, [
            (b"Press Enter to see ", b"\n"), (ask, b"c 1 why\n"),
            (msg.THIS_HAS_CHANGED_NOTHING.encode(), b"\n"), (ask, b"v\n"),
            (b"which lines", b"2\n"), (b"accept this?", b"y\n"),
            (b"done", b"\x04")],
            "--plan", "skip", "flip")
    finally:
        p.env = env
    said = [o for o in p.heard() if o["type"] == "mark"]
    ok(msg.OVERWRITES_THEM.encode() in screen and
       [(o["mark"], o.get("overwrite")) for o in said] == [("edited", True)],
       "what is shown to overwrite is taken so", (said, screen))


def leftovers():
    """Children that were handed to us, alive or not yet waited for."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            select.select([], [], [], 0.01)
    return True


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.alarm(600)
    top = os.path.realpath(tempfile.mkdtemp(prefix="assent-test-"))
    try:
        p = Place(top)
        for test in (test_story, test_json, test_codes, test_usage,
                     test_interrupt, test_try, test_review,
                     test_flip):
            try:
                test(p)
            except Exception as e:	# a crash of one test is its failure
                ok(False, test.__name__, repr(e))
        ok(not leftovers(), "no process is left over")
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
