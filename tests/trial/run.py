#!/usr/bin/env python3
"""The trial: shows a proposal to a reader in one way, and measures. README.md
says how to read; `run.py --help` lists the commands."""

import argparse
import datetime
import fcntl
import json
import os
import pty
import random
import re
import select
import shlex
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import termios
import textwrap
import time
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("srcdir", os.path.dirname(os.path.dirname(HERE)))
os.environ.setdefault("builddir", os.path.join(os.environ["srcdir"], "build"))
sys.path[:0] = [HERE, os.path.join(os.environ["srcdir"], "tests", "e2e")]

import harness                                          # noqa: E402
import proposals                                        # noqa: E402
import vt                                               # noqa: E402
from screenlib import Screen                            # noqa: E402

# Name -> the program, settings and options of assent. A setting that it doesn't
# know is left out: that version has no such part.
OFF = {"proofs": "off", "order": "path"}
WAYS = {
    "git": ("git", {}, ()),
    "screen": ("assent", OFF, ()),
    "proofs": ("assent", dict(OFF, proofs="on"), ()),
    "weakened": ("assent", OFF, ()),
    "moved": ("assent", OFF, ()),
    "alike": ("assent", OFF, ()),
    "order": ("assent", {"proofs": "off"}, ()),
    "adds": ("assent", OFF, ()),
    "all": ("assent", {"proofs": "on"}, ()),
}
# No setting makes these: an install must.
OF_PROGRAM = ("weakened", "moved", "alike", "adds")
# Of readers. No table has two of them.
KINDS = {"model": "Language models", "person": "People", "script": "Scripts"}

KEYS = {
    "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "BS": "\x7f", "Space": " ",
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D",
    "Home": "\x1b[H", "End": "\x1b[F", "PgUp": "\x1b[5~", "PgDn": "\x1b[6~",
    "lt": "<",
}
# Of a person's environment.
OWN = ("TERM", "COLORTERM", "COLORFGBG", "VISUAL", "EDITOR")
ESCAPES = re.compile(rb"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|"
                     rb"\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
# What the last rows have once a key counts.
NAMES_KEYS = re.compile(r"\? help|\bgo(es)? back|Enter|Esc")
QUESTION_S = 3
# A reader that never comes back.
PATIENCE_S = 4 * 3600


def key_list(words):
    """What a reader sends: [(keys, how many, is it a text)]. A word is keys one
    after the other, as <Enter> or <C-x> if they have a name; "text:..." is a
    text for an input line."""
    out = []
    for word in words:
        if word.startswith("text:"):
            out.append((word[5:], len(word) - 5, True))
            continue
        for name, char in re.findall(r"<([\w-]+)>|(.)", word, re.S):
            if name.startswith("C-") and len(name) == 3:
                char = chr(ord(name[2].upper()) & 0x1f)
            elif name and name not in KEYS:
                raise ValueError("no key <%s>; there are <C-x>, <%s>" % (
                    name, ">, <".join(KEYS)))
            out.append((KEYS.get(name, char), 1, False))
    return out


class Reading:
    """One proposal before one reader, on a terminal."""

    def __init__(self, number, way, rows=24, cols=80):
        self.proposal = proposals.get(number)
        self.way, self.rows, self.cols = way, rows, cols
        self.program, settings, self.flags = WAYS[way]
        self.settings = dict(settings)
        self.keys = self.letters = self.screens = self.bytes = 0
        self.comments, self.result = [], {}
        self.w = harness.World("trial")
        self.w.env.update(proposals.GIT_ENV)
        self.proposal.lay(self.w.project)
        self.w.repository()

    def open(self):
        """What is read, on the terminal self.t; the clock starts."""
        self.setup()
        self.settle()
        self.began = self.last = time.monotonic()

    def about(self):
        """What somebody who asked for the change knows, in any way."""
        return ["request: " + self.proposal.request,
                "step:    " + self.proposal.step]

    def press(self, words):
        for keys, n, is_text in key_list(words):
            if self.over():
                break
            self.last = time.monotonic()
            if is_text:
                self.letters += n
            else:
                self.keys += n
            if keys in ("Y", "\r", "r") and not is_text:
                self.t.pause(750)       # right after letters it may be text
            self.t.send(keys, ahead=True)
            self.settle()

    def settle(self):
        self.t.settle()

    def shown(self):
        rows = [row.rstrip() for row in self.look()]
        self.screens += 1
        self.bytes += len("\n".join(rows).encode())
        return rows

    def look(self):
        return self.t.screen()

    def record(self, kind, reader, said="", place=""):
        finished = self.over()
        self.stop()
        self.collect()
        out = {"proposal": self.proposal.number, "way": self.way,
               "kind": kind, "reader": reader, "settings": self.settings,
               "size": [self.rows, self.cols], "finished": finished}
        out.update(self.proposal.judge(self.result) if finished else
                   {"verdict": "not finished"})
        out.update(comments=self.comments, said=said, place=place,
                   named=self.proposal.names(place),
                   seconds=round(self.last - self.began, 1), keys=self.keys,
                   letters=self.letters, screens=self.screens,
                   bytes=self.bytes,
                   assent=self.w.run("--version").stdout.decode().strip(),
                   date=datetime.date.today().isoformat())
        return out

    def stop(self):
        """Nothing of it runs any more."""
        if hasattr(self, "t"):
            self.t.close()
        for session in self.w.sessions():
            self.w.run("end", session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.w.close()


class GitReading(Reading):
    """`git add -p` in a clone whose work tree has the change."""
    ARGV = ["git", "add", "-p"]
    came = b""

    def setup(self):
        self.prepare()
        self.t = vt.Terminal(self.ARGV, rows=self.rows, cols=self.cols,
                             env=self.w.env, cwd=self.w.project)

    def prepare(self):
        p, w = self.proposal, self.w
        p.change(w.project)
        if p.check:
            # What the check builds is no part of the change.
            copy = shutil.copytree(w.project, w.path("checked"))
            self.check_failed = subprocess.run(
                ["sh", "-c", p.check], cwd=copy, env=w.env,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                ).returncode
        # A new file has hunks only if git knows of it.
        w.git("add", "-N", ".")

    def about(self):
        """Also what they would have run."""
        p = self.proposal
        return super().about() + (["check:   %s: %s" % (
            p.check, "failed" if self.check_failed else "passed")]
            if p.check else [])

    def over(self):
        return self.t.ask("status") != "running"

    def look(self):
        """All that came since the last look, as in a terminal with a
        scrollbar; if nothing came, the same again."""
        self.came = self.t.raw() or self.came
        text = ESCAPES.sub(b"", self.came).decode("utf-8", "replace")
        return text.replace("\r", "").split("\n")

    def collect(self):
        """What came of it: of git, the index."""
        git = self.w.git
        for path in git("ls-files", "-z").split("\0")[:-1]:
            entry = git("ls-files", "-s", "--", path).split()
            # Of a new file only that it is to be added.
            if not git("diff", "--cached", "--name-only", "--", path) and \
                    not git("ls-tree", "HEAD", "--", path):
                continue
            self.result[path] = subprocess.run(
                ["git", "cat-file", "blob", entry[1]], cwd=self.w.project,
                check=True, stdout=subprocess.PIPE).stdout


class ScreenReading(Reading):
    """assent's review. The plan is approved before the reader comes."""

    def answers(self):
        """What the model says: one step, in which it makes the change."""
        p, calls = self.proposal, []
        files = p.changed_files()
        for path, text in files.items():
            calls.append(
                {"name": "bash", "args": {
                    "command": "rm " + shlex.quote(path)}} if text is None else
                {"name": "write", "args": {"path": path, "content": text}})
        return [{"calls": [{"name": "plan", "args": {
                    "goal": p.step, "steps": [{"title": p.step}],
                    "files": sorted(files)}}]},
                {"calls": calls}, harness.done(1, summary="Done."),
                {"text": "I see.", "repeat": True}]

    def drop_unknown(self):
        """Settings of another version."""
        for name in list(self.settings):
            self.w.configure("http://localhost:1", "openai-chat",
                             {name: self.settings[name]})
            r = self.w.run("config", "models")
            if any((name + why).encode() in r.stderr
                   for why in (": unknown setting", " was removed")):
                del self.settings[name]

    def setup(self):
        p, w = self.proposal, self.w
        self.drop_unknown()
        w.mock(self.answers(), config=self.settings)
        for name in self.settings:      # the harness sets some of them
            w.env.pop("ASSENT_" + name.upper(), None)
        # In the configuration its files would be protected.
        test = ("--test", p.check) if p.check and \
            harness.level(w) != "none" else ()
        self.t = t = Screen(w, *test, *self.flags, p.request, rows=self.rows,
                            cols=self.cols)
        t.review("y approve")
        t.send("y")
        t.write("Enter approves")
        if test:
            harness.wait_until("the success check", lambda:
                               w.events("evidence"))
        t.review("n reject")
        # Nothing that a proof says comes while they read.
        harness.wait_until("the proofs", lambda: "running" not in {
            e["which"]: e["status"] for e in w.events("proof")}.values())
        t.settle()
        self.session = w.sessions()[-1]

    def settle(self):
        """Also until its keys count; a question names them only then."""
        self.t.settle()
        self.t.counts()
        due = time.monotonic() + QUESTION_S
        while time.monotonic() < due and not NAMES_KEYS.search(
                "\n".join(self.t.screen()[-4:])):
            self.t.pause(50)

    def over(self):
        # One without files closes it.
        return not self.w.events("proposal")[-1]["files"]

    def collect(self):
        self.comments = [
            text for e in self.w.events("decision")
            for f in e["files"] for h in f["hunks"]
            for text in [h.get("word")] + [c["text"] for c in
                                           h.get("comments", [])] if text]
        self.result = proposals.tree(self.w.project)


def reading(args, size):
    if args.program:
        for at in "bin/assent", "assent":
            path = os.path.abspath(os.path.join(args.program, at))
            if os.path.isfile(path):
                harness.ASSENT = path
                break
        else:
            sys.exit("run.py: no assent in " + args.program)
    elif args.way in OF_PROGRAM:
        sys.exit("run.py: no setting makes the way %s; it needs --program" %
                 args.way)
    kind = GitReading if WAYS[args.way][0] == "git" else ScreenReading
    return kind(args.proposal, args.way, *size)


def keep(args, record):
    if args.name:
        record["way"] = args.name
    path = args.out
    with open(path, "a", encoding="utf-8") as f:
        f.write(json.dumps(record, sort_keys=True) + "\n")


# Step by step, from a shell: a process in the background has the terminal.

def serve(folder, r, args, ready):
    os.chdir(folder)
    s = socket.socket(socket.AF_UNIX)
    s.bind("socket")
    s.listen(1)
    s.settimeout(PATIENCE_S)
    r.open()
    os.write(ready, "\n".join(r.about() + [""] + r.shown()).encode())
    os.close(ready)
    said, answer = "", None
    while answer is None:
        try:
            conn = s.accept()[0]
        except socket.timeout:
            break
        with conn, conn.makefile("rw", encoding="utf-8") as f:
            ask = json.loads(f.readline())
            if "end" in ask:
                said = ask["end"]
                keep(args, r.record(args.kind, args.reader, said,
                                    ask["place"]))
                answer = "recorded"
                f.write(answer)
                continue
            try:
                r.press(ask["keys"])
                f.write("\n".join(r.shown()) + "\n")
            except ValueError as e:
                f.write("error: %s\n" % e)
            if r.over():
                f.write("\nThe review is over: run.py end.\n")
    if answer is None:
        keep(args, r.record(args.kind, args.reader, said))
    os.unlink("socket")


def cmd_start(args):
    folder = os.path.abspath(args.dir)
    os.makedirs(folder)
    args.out = os.path.abspath(args.out or
                               os.path.join(folder, "readings.jsonl"))
    out, ready = os.pipe()
    if os.fork() > 0:
        os.close(ready)
        with open(out, encoding="utf-8") as f:
            text = f.read()
        if not text:
            sys.exit("run.py: it didn't start; see %s/log" % folder)
        print(text)
        return
    os.close(out)
    os.setsid()
    log = os.open(os.path.join(folder, "log"), os.O_WRONLY | os.O_CREAT, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for fd, to in (null, 0), (log, 1), (log, 2):
        os.dup2(fd, to)
    with reading(args, args.size) as r:
        serve(folder, r, args, ready)


def ask(folder, what):
    # The address of a socket is short, a folder's need not be.
    os.chdir(folder)
    if not os.path.exists("socket"):
        sys.exit("run.py: no reading in %s" % folder)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("socket")
        with s.makefile("rw", encoding="utf-8") as f:
            f.write(json.dumps(what) + "\n")
            f.flush()
            text = f.read()
    # An empty screen has a line, too.
    if not text:
        sys.exit("run.py: the reading broke off; see %s/log" % folder)
    print(text.rstrip("\n"))


def cmd_keys(args):
    ask(args.dir, {"keys": args.keys})


def cmd_end(args):
    ask(args.dir, {"end": args.verdict, "place": args.place})


# A program that reads: screens to its input, its answers from its output.

def cmd_read(args):
    with reading(args, args.size) as r:
        r.open()
        said = ""
        with subprocess.Popen(args.command, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, encoding="utf-8") as p:
            def tell(name, rows):
                p.stdin.write("%s %d\n%s\n" % (name, len(rows),
                                               "\n".join(rows)))
                p.stdin.flush()
            tell("about", r.about())
            while not r.over():
                tell("screen", r.shown())
                word, _, said = p.stdout.readline().strip().partition(" ")
                if word != "keys":
                    break
                r.press(shlex.split(said))
                said = ""
        keep(args, r.record(args.kind, args.reader, said))


# A person, in the terminal that run.py was started in.

def count_keys(data):
    """Keys that are in these bytes; a terminal's own answers are none."""
    data = re.sub(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[?>\d;]*[cRu]",
                  b"", data)
    return len(re.findall(r"\x1b[\[O][\d;]*[ -~]|.",
                          data.decode("utf-8", "replace"), re.S))


def own_terminal(argv, r):
    """The program in this terminal; what is typed and shown is counted."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(r.w.project)
        os.execvpe(argv[0], argv, dict(r.w.env, **{
            name: os.environ[name] for name in OWN if name in os.environ}))

    def resize(*_):
        fcntl.ioctl(fd, termios.TIOCSWINSZ,
                    fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))
    resize()
    signal.signal(signal.SIGWINCH, resize)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    r.began = r.last = time.monotonic()
    try:
        while True:
            ready = select.select([0, fd], [], [])[0]
            if fd in ready:
                try:
                    data = os.read(fd, 65536)
                except OSError:
                    data = b""
                if not data:
                    break
                r.bytes += len(data)
                os.write(1, data)
            if 0 in ready:
                data = os.read(0, 65536)
                n = count_keys(data)
                # Until the review is over, if it stays on the screen.
                if n and not (r.program == "assent" and r.over()):
                    r.keys += n
                    r.last = time.monotonic()
                os.write(fd, data)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
    os.waitpid(pid, 0)


def cmd_person(args):
    size = os.get_terminal_size()
    with reading(args, (size.lines, size.columns)) as r:
        if r.program == "git":
            r.prepare()
            r.over = lambda: True
            argv = r.ARGV
        else:
            r.setup()
            r.t.detach()
            r.t.close()
            del r.t
            argv = [harness.ASSENT, "resume", r.session]
        for line in r.about():
            print(textwrap.fill(line, size.columns,
                                subsequent_indent=" " * 9))
        input("Enter begins. ")
        own_terminal(argv, r)
        place = input("Where the defect is, FILE:LINE, if there is one: ")
        said = input("Your words on it, if any: ")
        keep(args, r.record("person", args.reader, said, place))
    print("recorded in " + args.out)


def sets(count, first, last):
    """The proposals of these numbers in sets of so many, each with as many
    defects as another, and of each part (one more or less, if they don't
    divide). Twins are in different sets."""
    every = [proposals.get(n) for n in proposals.numbers()
             if first <= n <= last]
    mix = random.Random(len(every))
    order = mix.sample(range(last + 1), last + 1)
    out = [[] for _ in range(max(1, len(every) // count))]
    for has in False, True:
        mine = [p for p in every if bool(p.truth["defect"]) == has]
        mine.sort(key=lambda p: (p.truth.get("parts", []), order[p.pair]))
        for i, p in enumerate(mine):
            out[(i + has) % len(out)].append(p.number)
    return out


def cmd_assign(args):
    """Which proposals this reader sees, in which way and order. Readers of one
    set, as many as there are ways, see each of it once, and together in each
    way."""
    ways, all_of = args.ways, sets(args.count, args.first,
                                args.last)
    mine = all_of[(args.nth - 1) // len(ways) % len(all_of)]
    seen = [(n, ways[(i + args.nth) % len(ways)]) for i, n in enumerate(mine)]
    for n, way in random.Random(args.nth).sample(seen, len(seen)):
        print("%d %s" % (n, way))


def table(records):
    """Rows of the table, of readings of one kind of reader."""
    rows = [("way", "readers", "readings", "defects found", "missed", "named",
             "false alarms", "not finished", "median s", "median keys")]
    for way in sorted({r["way"] for r in records}):
        mine = [r for r in records if r["way"] == way]
        done = [r for r in mine if r["finished"]]
        found = [r["found"] for r in done if r["found"] is not None]

        def median(name):
            return "%.0f" % statistics.median(r[name] for r in done) \
                if done else "-"
        rows.append((way, len({r["reader"] for r in mine}), len(mine),
                     found.count(True), found.count(False),
                     sum(bool(r["named"]) for r in done),
                     sum(r["false_alarms"] for r in done),
                     len(mine) - len(done), median("seconds"),
                     median("keys")))
    return rows


def cmd_table(args):
    records = []
    for path in args.files:
        with open(path, encoding="utf-8") as f:
            records += [json.loads(line) for line in f]
    if args.part:
        of = {n: proposals.get(n).truth for n in proposals.numbers()}
        records = [r for r in records
                   if args.part in of[r["proposal"]].get("parts", [])]
    for kind, name in KINDS.items():
        mine = [r for r in records if r["kind"] == kind]
        if not mine:
            continue
        print("%s:\n" % name)
        for i, row in enumerate(table(mine)):
            print("| %s |" % " | ".join(str(x) for x in row))
            if i == 0:
                print("|%s" % ("---|" * len(row)))
        print()


def size(text):
    rows, _, cols = text.partition("x")
    return int(rows), int(cols)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    sub = p.add_subparsers(required=True, metavar="COMMAND")

    def command(name, does, words, out="readings.jsonl", one=True):
        c = sub.add_parser(name, help=words)
        c.set_defaults(does=does)
        if one:
            c.add_argument("--proposal", type=int, required=True,
                           choices=proposals.numbers(), metavar="N")
            c.add_argument("--way", choices=WAYS, required=True)
            c.add_argument("--program", metavar="DIR",
                           help="the install or build folder of assent")
            c.add_argument("--name", help="the way's name in the record")
            c.add_argument("--reader", default="unnamed",
                           help="a name for the record")
            c.add_argument("--out", default=out,
                           help="file to which the record is appended")
        return c

    def not_a_person(c):
        c.add_argument("--kind", choices=("model", "script"), default="model")
        c.add_argument("--size", type=size, default=(24, 80),
                       metavar="ROWSxCOLS")

    c = command("start", cmd_start, "show a proposal; keys and end follow",
                out=None)
    not_a_person(c)
    c.add_argument("--dir", required=True, help="a new folder for it")
    c = command("keys", cmd_keys, "send keys, print the screen then", one=False)
    c.add_argument("dir")
    c.add_argument("keys", nargs="*", metavar="KEYS",
                   help="y, <Enter>, <C-d>, 'text:some words'; none: look")
    c = command("end", cmd_end, "end it and record it", one=False)
    c.add_argument("dir")
    c.add_argument("--verdict", default="", help="your words on it")
    c.add_argument("--place", default="", metavar="FILE:LINE",
                   help="where the defect is; or FILE:some of the line's text")
    c = command("read", cmd_read, "let a program read a proposal")
    not_a_person(c)
    c.add_argument("command", nargs="+", metavar="PROGRAM")
    command("person", cmd_person, "read one yourself, in this terminal")
    c = command("assign", cmd_assign, "what the N-th reader reads", one=False)
    c.add_argument("nth", type=int, metavar="N")
    c.add_argument("--ways", nargs="+", default=["screen", "all"],
                   metavar="WAY")
    c.add_argument("--count", type=int, default=10,
                   help="proposals for a reader")
    c.add_argument("--from", dest="first", type=int, default=1, metavar="N",
                   help="leave out those with smaller numbers")
    c.add_argument("--to", dest="last", type=int, metavar="N",
                   default=proposals.numbers()[-1],
                   help="leave out those with larger numbers")
    c = command("table", cmd_table, "tables of recorded readings", one=False)
    c.add_argument("--part", choices=proposals.PARTS,
                   help="only defects at which it has something to say")
    c.add_argument("files", nargs="+", metavar="FILE")
    args = p.parse_args()
    args.does(args)


if __name__ == "__main__":
    main()
