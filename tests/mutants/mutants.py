#!/usr/bin/env python3
"""Do the tests notice when a rule of the gate or the review is broken?

    tests/mutants/mutants.py BUILD [SUBJECT...]

changes one line at a time in the sources of each subject (a condition turned
round, a comparison off by one, a statement left out), builds, and runs the
subject's tests until one fails. BUILD is the build directory of a clone that
nobody else uses: the sources are changed in place, and put back. It prints a
line for each mutant: the subject, the place, what was changed, and the test
that failed, or "lives". The choice is by chance, but the same each time for the
same sources. Mutants that don't compile are not counted.

A change that removes tests must leave as many dead. Some that live change
nothing that can be seen.
"""
import os
import random
import re
import signal
import subprocess
import sys

# Subject: how many mutants, the sources, the tests in the order tried.
UI = ["unit/test-review-any", "unit/test-ui-answers", "unit/test-ui-changes",
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
SWAPS = [(" && ", " || "), (" || ", " && "), (" == ", " != "),
         (" != ", " == "), (" < ", " <= "), (" > ", " >= "), (" <= ", " < "),
         (" >= ", " > "), (" + 1", ""), (" - 1", ""),
         ("return true;", "return false;"), ("return false;", "return true;"),
         ("return 0;", "return -1;"), ("return -1;", "return 0;")]
CONDITION = re.compile(r"^(\t+(?:\} else )?if \()(.*)(\)(?: \{)?)$")
STATEMENT = re.compile(r"^\t+[a-z_][\w>.\[\]()-]*(\(.*\)|(\+\+|--)| [-+|&]?= .*);$")
SLOW_S = 240


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


def choices(top, files):
    found = []
    for name in files:
        path = os.path.join(top, name + ".c")
        function = ""
        with open(path) as f:
            lines = f.read().split("\n")
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
    random.Random(SEED).shuffle(found)
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


def main():
    build = os.path.abspath(sys.argv[1])
    top = os.path.dirname(build)
    env = dict(os.environ, srcdir=top, builddir=build, LC_ALL="C.UTF-8",
               TZ="UTC")
    all_, dead = 0, 0
    for subject in sys.argv[2:] or SUBJECTS:
        want, files, tests = SUBJECTS[subject]
        bad = killed_by(top, build, tests, env)
        if bad != "":
            sys.exit("%s: %s fails without a mutant" % (subject, bad))
        for path, i, function, what, new in choices(top, files):
            if want == 0:
                break
            with open(path) as f:
                text = f.read()
            lines = text.split("\n")
            old, lines[i] = lines[i], new
            try:
                with open(path, "w") as f:
                    f.write("\n".join(lines))
                by = killed_by(top, build, tests, env)
            finally:
                with open(path, "w") as f:
                    f.write(text)
            if by is None:
                continue
            want, all_, dead = want - 1, all_ + 1, dead + (by != "")
            print("%s\t%s:%s\t%s\t%s\t%s" % (
                subject, os.path.relpath(path, top), function, what,
                old.strip(), by or "lives"), flush=True)
    print("%d of %d mutants die" % (dead, all_))


main()
