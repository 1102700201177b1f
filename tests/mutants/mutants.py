#!/usr/bin/env python3
"""Do the tests notice when a line of the sources is wrong?

    tests/mutants/mutants.py BUILD [SUBJECT...]
    tests/mutants/mutants.py BUILD --all [NUMBER]

changes one line at a time (a condition turned round, a comparison off by one, a
statement left out), builds, and runs tests until one fails. BUILD is the build
directory of a clone that nobody else uses: the sources are changed in place, and
put back. It prints a line for each mutant: the subject, the place, what was
changed, and the test that failed, or "lives". The choice is by chance, but the
same each time for the same sources. Mutants that don't compile are not counted.
Some that live change nothing that can be seen.

Without --all: lines of the gate and the review, and the tests of each subject.
A change that removes tests must leave as many dead as `killed` has.

With --all: 60 (NUMBER) lines of all of src and ui, and the tests of `make check`
that come to the changed statement. To know these, it first runs them all, with
a mark at each statement. The seed is the last commit that changed src or ui. It
needs root (each test has a mount of its own) and an hour or two, the most for
those that live; after Ctrl-C it prints what it has. `all` is what it printed.

The rows of "hand" in `killed` were chosen and tried by hand.

In `killed` and `all`, "(gone since)" instead of a file: the sources no longer have
that line in that function.
"""
import concurrent.futures
import contextlib
import ctypes
import glob
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

# Subject: how many mutants, the sources, the tests in the order tried.
UI = ["unit/test-review-any", "unit/test-ui-changes",
      "unit/test-ui-diff", "unit/test-ui-questions", "unit/test-ui-review-file",
      "unit/test-ui", "unit/test-ui-panes", "unit/test-ui-any"]
SUBJECTS = {
    "decide": (40, ["ui/app/decide", "ui/panes/confirm", "src/review/review",
                    "src/review/target"],
               UI),
    "displayed": (25, ["src/review/review"],
                  UI),
    "marks": (20, ["src/journal/fold-proposal"],
              ["unit/test-fold"] + UI + ["e2e/test-decide.py"]),
    "apply": (35, ["src/gate/apply", "src/gate/apply-commit",
                   "src/gate/reverse"],
              ["unit/test-apply", "unit/test-gate-any",
               "fault/test-apply-faults.py", "e2e/test-undo.py",
               "e2e/test-changed-on-disk.py", "e2e/test-kinds.py"]),
    "compose": (25, ["src/gate/compose", "src/gate/patch"],
                ["unit/test-hunk", "unit/test-gate-any", "unit/test-proposal",
                 "unit/test-hunk-cut", "fuzz/check-hunk",
                 "fuzz/check-amend", "fuzz/check-compose",
                 "e2e/test-changed-on-disk.py"]),
    "filter": (20, ["src/sandbox/filter"],
               ["unit/test-filter", "unit/test-sandbox",
                "e2e/test-brokered.py"]),
    "broker": (25, ["src/sandbox/broker"],
               ["unit/test-sandbox", "e2e/test-brokered.py"]),
    "fold": (25, ["src/journal/fold", "src/journal/fold-proposal",
                  "src/journal/fold-changes", "src/journal/fold-end",
                  "src/journal/fold-plan"],
             ["unit/test-fold"] + UI),
}
SEED = 40
PR_SET_CHILD_SUBREAPER = 36
SWAPS = [(" && ", " || "), (" || ", " && "), (" == ", " != "),
         (" != ", " == "), (" < ", " <= "), (" > ", " >= "), (" <= ", " < "),
         (" >= ", " > "), (" + 1", ""), (" - 1", ""),
         ("return true;", "return false;"), ("return false;", "return true;"),
         ("return 0;", "return -1;"), ("return -1;", "return 0;")]
CONDITION = re.compile(r"^(\t+(?:\} else )?if \()(.*)(\)(?: \{)?)$")
STATEMENT = re.compile(r"^\t+[a-z_][\w>.\[\]()-]*(\(.*\)|(\+\+|--)| [-+|&]?= .*);$")
SLOW_S = 240


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


@contextlib.contextmanager
def mutant(path, i, new):
    """The source with another line i, until the block's end."""
    text = read(path)
    lines = text.split("\n")
    lines[i] = new
    try:
        write(path, "\n".join(lines))
        yield
    finally:
        write(path, text)


def mutations(line):
    """(what, the new line) of each."""
    m = CONDITION.match(line)
    if m and m.group(2).count("(") == m.group(2).count(")"):
        yield "if not", "%s!(%s)%s" % m.groups()
    for a, b in SWAPS:
        if a in line:
            yield a.strip() + " is " + (b.strip() or "gone"), \
                line.replace(a, b, 1)
    if STATEMENT.match(line) and line.count("(") == line.count(")"):
        yield "no statement", ";"


def choices(top, files, seed=SEED):
    found = []
    for name in files:
        path = os.path.join(top, name + ".c")
        function = ""
        lines = read(path).split("\n")
        before = ""
        for i, line in enumerate(lines):
            if re.match(r"[a-z_]\w*\(", line):
                function = line.split("(")[0]
            # A statement that begins on this line.
            whole = before.endswith((";", "{", "}", ":", "else", ")"))
            if line.startswith("\t") and function:
                found += [(path, i, function, what, new)
                          for what, new in mutations(line)
                          if whole or what != "no statement"]
            before = line.split("/*")[0].rstrip() or before
    random.Random(seed).shuffle(found)
    return found


def run(argv, cwd, env, limit):
    """The exit status, or None after the time limit."""
    p = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    try:
        return p.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        return None


def killed_by(top, build, tests, env):
    """The first test that fails; "" if none; None if it doesn't build."""
    if run(["make"], build, env, 600) != 0:
        return None
    for name in tests:
        if name.endswith(".py"):
            argv = [sys.executable, os.path.join(top, "tests", name)]
        else:
            if run(["make", "tests/" + name], build, env, 600) != 0:
                return None
            argv = [os.path.join(build, "tests", name)]
        status = run(argv, build, env, SLOW_S)
        if status not in (0, 77):
            return name + (" (never ends)" if status is None else "")
    return ""


# ---- all of src and ui ----

MAKE = ["make", "-j2", "check", "TESTS="]
MARKS_LEN = 4096
# Shared memory, since the processes of a sandbox open no file when they end.
MARKS = """#include "config.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static char mutant_none[%d], *mutant_marks = mutant_none;
__attribute__((constructor)) static void
mutant_open(void)
{
	int fd = open("%s", O_RDWR | O_CLOEXEC);
	void *p = mmap(NULL, sizeof(mutant_none), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		mutant_marks = p;
	close(fd);
}
#define MARK(n) (mutant_marks[n] = 1)
"""
# It reads the sources and runs nothing.
NO_TESTS = ["tests/unit/test-source.py"]
BEGINS = re.compile(r"\t+(?:\} )?(?:else )?(?:(?:if|while|for|switch) \(|return )")


def put_mark(lines, i, n, coarse):
    """Before the statement that line i is a part of; coarse: where its function
    begins. False: it is in no function."""
    at = i
    while not lines[at].startswith(("{", "}")):
        at -= 1
    if lines[at].startswith("}"):
        return False
    if coarse:
        lines[at] = "{ MARK(%d);%s" % (n, lines[at][1:])
        return True
    code = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"),
                  "\n".join(lines), flags=re.S).split("\n")
    while True:
        before = next(c.rstrip() for c in reversed(code[:i]) if c.strip())
        if before.endswith((";", "{", "}", ":", "else", ")")) or \
                before.startswith("#"):
            break
        i -= 1
    head = BEGINS.match(lines[i])
    if re.match(r"\t*(case |\w+:)", lines[i]):
        return put_mark(lines, i, n, True)
    if head:
        lines[i] = "%sMARK(%d), %s" % (head.group(), n, lines[i][head.end():])
    else:       # the only statement after an if, or one of several
        only = before.endswith((")", "else"))
        lines[i] = "MARK(%d)%s %s" % (n, "," if only else ";", lines[i])
    return True


@contextlib.contextmanager
def with_marks(drawn, marks, build, env):
    """Built with a mark for each until the block's end: a test may run make. Its
    value: the numbers of those that have none."""
    texts = {c[0]: read(c[0]) for c in drawn}
    coarse, without = set(), set()
    try:
        while True:
            for path in texts:
                lines = texts[path].split("\n")
                for n, c in enumerate(drawn):
                    if c[0] == path and not put_mark(lines, c[1], n,
                                                     path in coarse):
                        without.add(n)
                write(path, "\n".join(lines).replace(
                    '#include "config.h"\n', MARKS % (MARKS_LEN, marks), 1))
            make = subprocess.run(MAKE + ["-k"], cwd=build, env=env, text=True,
                                  capture_output=True, check=False)
            if make.returncode == 0:
                break
            bad = {path for path in texts if re.search(
                re.escape(os.path.basename(path)) + r":\d+:\d+: error",
                make.stderr)} - coarse
            if not bad:
                sys.exit("the marks don't build:\n" + make.stderr)
            coarse |= bad
        yield without
    finally:
        for path in texts:
            write(path, texts[path])


def command(top, build, name, part):
    if name.endswith(".py"):
        return [sys.executable, os.path.join(top, name)] + \
            [part] * (part is not None)
    return ["sh"] * name.endswith(".sh") + \
        [os.path.join(top if name.endswith(".sh") else build, name)]


def reach(top, build, env, marks, name):
    """Run a test: [(name, part, ok, seconds, the marks it came to)]. The parts of
    a test with the harness are its functions; others have one, None."""
    parts = name.endswith(".py") and "harness.main(" in read(
        os.path.join(top, name))
    found = []
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(marks)) as f:
        f.write(bytes(MARKS_LEN))
        f.flush()
        os.chmod(f.name, 0o666)
        m = mmap.mmap(f.fileno(), MARKS_LEN)
        p = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$1" && shift && '
             'exec "$@"', f.name, marks] + command(top, build, name, None),
            cwd=build, env=env, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, errors="replace")
        begun, late = time.monotonic(), set()
        for line in p.stdout:
            t = re.match(r"(not )?ok \d+ - (test_\w+)", line)
            if parts and t:
                # The next function may have begun.
                now = {n for n in range(MARKS_LEN) if m[n]}
                for n in now:
                    m[n] = 0
                found.append((name, t[2], not t[1], time.monotonic() - begun,
                              now | late))
                begun, late = time.monotonic(), now
        ok = p.wait() in (0, 77)
        if not parts or not found:
            found = [(name, None, ok, time.monotonic() - begun,
                      {n for n in range(MARKS_LEN) if m[n]})]
    return found


def fails(top, build, env, test):
    """Twice: not by chance."""
    for _ in range(2):
        status = run(command(top, build, *test[:2]), build, env,
                     120 + 10 * test[3])
        if status in (0, 77):
            return False
    return True


def first_that_fails(top, build, env, tests):
    bad = []

    def one(test):
        if not bad and fails(top, build, env, test):
            bad.append(test)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(one, tests))
    end_children()
    return bad[0] if bad else None


def builds(build, env):
    return run(MAKE, build, env, 1200) == 0


def end_children():
    """Processes that a killed test left running are our children now."""
    while True:
        found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid",
                                str(os.getpid())], text=True, check=False,
                               stdout=subprocess.PIPE).stdout.split("\n")
        pids = [int(f.split()[0]) for f in found if f and "ps" not in f.split()]
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if not pids:
            return


def reach_all(top, build, env, drawn):
    """All tests, as reach() has them, the quickest first, without those that fail
    without a mutant."""
    names = subprocess.run(
        ["make", "-s", "--eval=names:;@echo $(TESTS)", "names"], cwd=build,
        text=True, check=True, stdout=subprocess.PIPE).stdout.split()
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        marks = os.path.join(d, "marks")
        write(marks, "\0" * MARKS_LEN)
        with with_marks(drawn, marks, build, env) as without, \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            parts = [t for found in pool.map(
                lambda name: reach(top, build, env, marks, name),
                [n for n in names if n not in NO_TESTS]) for t in found]
    if not builds(build, env):
        sys.exit("it doesn't build without a mutant")
    tests = []
    for t in sorted(parts, key=lambda t: t[3]):
        if not t[2] and fails(top, build, env, t):
            print("left out, fails without a mutant: %s %s" % (
                t[0], t[1] or ""), file=sys.stderr)
        else:       # one that failed only with marks could come to any
            tests.append(t[:4] + (t[4] | without if t[2] else
                                  set(range(len(drawn))),))
    return tests


def sample(build, env, number):
    top = os.path.dirname(build)
    commit = subprocess.run(["git", "log", "-1", "--format=%H", "--", "src",
                             "ui"], cwd=top, text=True, check=True,
                            stdout=subprocess.PIPE).stdout.strip()
    files = [os.path.relpath(p, top)[:-2] for d in ("src", "ui") for p in
             sorted(glob.glob(os.path.join(top, d, "**", "*.c"),
                              recursive=True))]
    # Half as many more: some don't compile.
    drawn = choices(top, files, commit)[:number + number // 2]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    tests = reach_all(top, build, env, drawn)
    report = []
    with contextlib.suppress(KeyboardInterrupt):
        for n, (path, i, function, what, new) in enumerate(drawn):
            if len(report) == number:
                break
            come = [t for t in tests if n in t[4]]
            old = read(path).split("\n")[i].strip()
            with mutant(path, i, new):
                if not builds(build, env):
                    continue
                by = first_that_fails(top, build, env, come)
            report.append("all\t%s:%s\t%s\t%s\t%s" % (
                os.path.relpath(path, top), function, what, old,
                "lives, %d tests come there" % len(come) if by is None else
                by[0][len("tests/"):] + (" " + by[1] if by[1] else "")))
            print(report[-1], file=sys.stderr, flush=True)
    builds(build, env)
    live = sum("\tlives, " in r for r in report)
    print("%d of %d mutants of all of src and ui at %s: %d live, %d die" % (
        len(report), number, commit, live, len(report) - live))
    print("\n".join(report))


def main():
    build = os.path.abspath(sys.argv[1])
    top = os.path.dirname(build)
    env = dict(os.environ, srcdir=top, builddir=build, LC_ALL="C.UTF-8",
               TZ="UTC", PYTHONDONTWRITEBYTECODE="1")
    if sys.argv[2:3] == ["--all"]:
        # A test that hangs counts as failed.
        sample(build, dict(env, ASSENT_DEADLINE="60"),
               int((sys.argv[3:] or ["60"])[0]))
        return
    all_, dead = 0, 0
    for subject in sys.argv[2:] or SUBJECTS:
        want, files, tests = SUBJECTS[subject]
        bad = killed_by(top, build, tests, env)
        if bad != "":
            sys.exit("%s: %s fails without a mutant" % (subject, bad))
        for path, i, function, what, new in choices(top, files):
            if want == 0:
                break
            old = read(path).split("\n")[i]
            with mutant(path, i, new):
                by = killed_by(top, build, tests, env)
            if by is None:
                continue
            want, all_, dead = want - 1, all_ + 1, dead + (by != "")
            print("%s\t%s:%s\t%s\t%s\t%s" % (
                subject, os.path.relpath(path, top), function, what,
                old.strip(), by or "lives"), flush=True)
    print("%d of %d mutants die" % (dead, all_))


main()
