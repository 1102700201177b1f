#!/usr/bin/env python3
"""What the screen shows at some sizes, compared with what it showed when
somebody last looked at it: tests/fixtures/screens/NAME-COLSxROWS.txt, a row
after each bar and its styles below it (ui-shot.c has the letters).

    test-screens.py --update    write them again; then read `git diff`

NAME-COLSxROWS.looks.txt is what a terminal makes of it, with its colours: for
each look, a row of LOOKS; picture.py says how to read it.

    test-screens.py --pictures DIR [LOOK...]    SVG (and PNG) of all screens
"""

import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import picture
import vt

SRC = os.environ.get("srcdir", ".")
BUILD = os.environ.get("builddir", ".")
SCREENS = os.path.join(SRC, "tests/fixtures/screens")
DEMO = os.path.join(SRC, "tests/fixtures/journal/demo.jsonl")
HOSTILE = os.path.join(SRC, "tests/fixtures/journal/hostile.jsonl")
STOPS = os.path.join(SRC, "tests/fixtures/journal/stops.jsonl")
RUN = os.path.join(SRC, "tests/fixtures/journal/run.jsonl")
ASKED = os.path.join(SRC, "tests/fixtures/journal/asked.jsonl")
HOOKS = os.path.join(SRC, "tests/fixtures/journal/hooks.jsonl")
SYNTAX = os.path.join(SRC, "tests/fixtures/socket/syntax.jsonl")
FOUND = os.path.join(SRC, "tests/fixtures/socket/files.jsonl")
# Of before the proposals, whenever they were checked out.
COPY = tempfile.TemporaryDirectory()
FILES = shutil.copytree(os.path.join(SRC, "tests/fixtures/files"),
                        os.path.join(COPY.name, "files"))
for folder, _, names in os.walk(FILES):
    for name in names:
        os.utime(os.path.join(folder, name), (0, 0))
# The same, at its limit with nothing to review, which would come first.
LIMIT = os.path.join(COPY.name, "limit.jsonl")
with open(STOPS, encoding="utf-8") as f, \
        open(LIMIT, "w", encoding="utf-8") as g:
    g.writelines([*f][:17])
    f.seek(0)
    g.writelines([*f][29:33])
FIRST = os.path.join(SRC, "tests/fixtures/journal/first.jsonl")
WEAKER = os.path.join(SRC, "tests/fixtures/journal/weaker.jsonl")
ADDS = os.path.join(SRC, "tests/fixtures/journal/adds.jsonl")
REVIEWED = os.path.join(SRC, "tests/fixtures/journal/review.jsonl")

SMALL, USUAL, WIDE = (40, 12), (80, 24), (200, 50)

PLAN = ("waiting", "plan to review")
REVIEW = ("waiting", "7 of 7 hunks to review")
READY = ("idle", "ready")
ONE = ("waiting", "1 of 1 hunk to review")
THINKS = ("model", "thinking")

# name, fixture, its first lines, the core's status, keys, sizes. Each shows
# something that no other does: rules of what is shown are in the unit tests.
TABLE = (
    ("plan", DEMO, 13, PLAN, "", (SMALL, USUAL)),
    ("proposal", DEMO, 33, REVIEW, "", (SMALL, USUAL, WIDE)),
    ("notes", REVIEWED, 100, ("waiting", "2 of 3 hunks to review"), "",
     (WIDE,)),
    ("hooks", HOOKS, 100, ONE, "", (USUAL,)),
    ("weaker", WEAKER, 100, ("waiting", "4 of 4 hunks to review"), "J",
     (USUAL, WIDE)),
    ("adds", ADDS, 100, ("waiting", "3 of 3 hunks to review"), "", (USUAL,)),
    ("transcript", DEMO, 33, REVIEW, "2", (USUAL, WIDE)),
    ("end", DEMO, 1000, ("idle", "ready"), "\x1b", (USUAL,)),
    ("question", DEMO, 33, REVIEW, "A", (USUAL,)),
    ("limit", LIMIT, 1000, ("waiting", "limit reached"), "", (SMALL,)),
    ("help", DEMO, 33, REVIEW, "?", (USUAL,)),
    ("typing", DEMO, 4, THINKS, "half a sent", (SMALL,)),
    ("commands-typed", DEMO, 33, REVIEW, ":acc", (USUAL,)),
    ("models", DEMO, 33, REVIEW, ":/model\r", (USUAL,)),
    ("files", FOUND, "1+1", READY, "why does @pa", (USUAL,)),
    ("first", FIRST, 1, READY, "", (USUAL,)),
    ("running", SYNTAX, 8, ("tool", "running"), "\x1b", (USUAL,)),
    ("check-failed", SYNTAX, 12, ONE, "", (USUAL,)),
    ("syntax", SYNTAX, "12+2", ONE, "", (USUAL,)),
    ("applied", DEMO, "33+12", READY, "", (USUAL,)),
    ("changes", DEMO, 1000, READY, "\x1bC", (USUAL,)),
    ("lines", DEMO, 33, REVIEW, "Jvjjj j ", (USUAL,)),
    ("names", HOSTILE, 1000, ("waiting", "9 of 9 hunks to review"), "",
     (USUAL,)),
    ("run-asked", ASKED, 1000, ("waiting", "your command needs permission"), "",
     (USUAL,)),
)

# name: TERM, setting `colour`, environment
LOOKS = {
    "dark": ("xterm-256color", "dark", {}),
    "light": ("xterm-256color", "light", {}),
    "true": ("xterm-256color", "dark", {"COLORTERM": "truecolor"}),
    "true-light": ("xterm-256color", "light", {"COLORTERM": "truecolor"}),
    "256": ("xterm-256color", "auto", {}),
    "8": ("xterm", "auto", {}),
    "none": ("xterm-256color", "auto", {"NO_COLOR": "1"}),
    "ascii": ("vt100", "auto", {"LC_ALL": "C"}),
}
# Of these there are golden screens with colours.
EACH = ("dark", "8", "none", "ascii")
LOOKED_AT = {"%s-80x24" % name: EACH for name in (
    "transcript", "lines", "names", "syntax")}
LOOKED_AT["proposal-80x24"] = tuple(LOOKS)
# Of the fixtures' texts.
FOREIGN = {"0430", "202E", "2714", "2716"}
# The list of sessions: a fixture, and how many of its lines.
SESSIONS = ((DEMO, 1000), (REVIEWED, 100), (RUN, 10), (STOPS, 33))
SESSIONS_ROOT = "/home/mia/csv"


def argv(case, *options):
    _, fixture, lines, status, keys, size = case
    return [os.path.join(os.path.abspath(BUILD), "tests/e2e/ui-shot"),
            *options, "-r", FILES, fixture, str(lines), str(size[1]), str(size[0]), *status,
            keys]


def environment(**more):
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
    for name in ("NO_COLOR", "COLORTERM", "COLORFGBG", "TMUX", "STY"):
        env.pop(name, None)
    return dict(env, **more)


def shot(case):
    return subprocess.run(argv(case), check=True, env=environment(),
                          stdout=subprocess.PIPE).stdout.decode()


def seen(case, look):
    """The terminal's view of it."""
    term, colour, env = LOOKS[look]
    size = case[-1]
    with vt.Terminal(argv(case, "-d", colour), rows=size[1], cols=size[0],
                     term=term, env=environment(**env)) as t:
        t.idle()
        return picture.of_terminal(t)


def sessions(size, look):
    """The list of sessions, with the third one chosen."""
    term, colour, env = LOOKS[look]
    # As long as the name that the journals have.
    with tempfile.TemporaryDirectory(prefix="", dir="/tmp") as root, \
            tempfile.TemporaryDirectory() as home:
        for i, (fixture, lines) in enumerate(SESSIONS):
            folder = "%s/assent/sessions/20261120-0%d3206-1a2b" % (home, i)
            os.makedirs(folder, 0o700)
            with open(fixture) as f, \
                    open(folder + "/journal.jsonl", "w") as journal:
                for line in f.readlines()[:lines]:
                    journal.write(line.replace(SESSIONS_ROOT, root))
        with vt.Terminal([os.path.join(os.path.abspath(BUILD), "assent"),
                          "resume"], rows=size[1], cols=size[0], term=term,
                         cwd=root, env=environment(
                             HOME=home, XDG_STATE_HOME=home,
                             XDG_CONFIG_HOME=home, ASSENT_COLOUR=colour,
                             **env)) as t:
            assert t.wait("sessions"), t.show()
            t.press("\x0e\x0e")
            t.idle()
            text = picture.of_terminal(t).text()
            t.send("\x1b")
    return text.replace(root, SESSIONS_ROOT)


def is_drawn(p):
    """Has its SVG each word where the golden screen has it?"""
    root = xml.etree.ElementTree.fromstring(p.svg())
    rows = [g for g in root if g.tag.endswith("}g")]
    return len(rows) == len(p.rows) and all(
        "".join("".join(g.itertext()).split()) == "".join(p.row(y).split())
        for y, g in enumerate(rows))


def draw(case, look):
    p = seen(case, look)
    text = p.text()
    again = picture.of_text(text, p.cols)
    return text if is_drawn(p) and again.text() == text and \
        again.svg() == p.svg() else "not a picture: " + p.svg()


def looks(draws, of, names):
    """A file with all looks of a screen."""
    return "".join("# %s\n%s" % (look, draws(of, look)) for look in names)


def signs(name):
    """Characters without an ASCII form."""
    with open(os.path.join(SCREENS, name)) as f:
        text = dict(picture.looks_of(f.read())).get("ascii", "")
    return set(re.findall(r"<U\+(\w+)>", text))


def has_vterm():
    return os.path.exists(os.path.join(BUILD, "tests/e2e/vtdrive"))


def pictures(cases, folder, looks):
    os.makedirs(folder, exist_ok=True)

    def write(case, look):
        picture.write(seen(case, look),
                      os.path.join(folder, "%s.%s" % (case[0], look)),
                      picture.LIGHT if "light" in look else picture.DARK)
    vt.together(write, [(case, look) for case in cases
                        for look in looks or LOOKS])


def main():
    args = sys.argv[1:]
    update = "--update" in args
    cases = [("%s-%dx%d" % (name, size[0], size[1]), fixture, lines, status,
              keys, size) for name, fixture, lines, status, keys, sizes in
             TABLE for size in sizes]
    if args[:1] == ["--pictures"]:
        pictures(cases, args[1], args[2:])
        return
    golden = [(case[0], shot, (case,)) for case in cases]
    drawn = [(case[0] + ".looks", looks, (draw, case, LOOKED_AT[case[0]]))
             for case in cases if case[0] in LOOKED_AT]
    drawn.append(("sessions-80x24.looks", looks, (sessions, USUAL, EACH)))
    names = {row[0] + ".txt" for row in golden + drawn}
    if has_vterm():
        golden += drawn
    print("1..%d" % (len(golden) + 2))
    n = 0
    # Most of the time a terminal is waited for.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = [pool.submit(make, *args) for _, make, args in golden]
    for (name, _, _), result in zip(golden, made):
        n += 1
        path = os.path.join(SCREENS, name + ".txt")
        got = result.result()
        if update:
            os.makedirs(SCREENS, exist_ok=True)
            with open(path, "w") as f:
                f.write(got)
        try:
            with open(path) as f:
                want = f.read()
        except FileNotFoundError:
            want = ""
        for line in difflib.unified_diff(want.splitlines(), got.splitlines(),
                                         name, "now", lineterm="", n=1):
            print("# " + line)
        print("%s %d - %s" % ("ok" if got == want else "not ok", n, name),
              flush=True)
    n += 1
    marks = [name for name in sorted(names) if name.endswith(".looks.txt") and
             signs(name) - FOREIGN]
    print("%s %d - our own signs have an ASCII form %s" %
          ("not ok" if marks else "ok", n, " ".join(marks)))
    n += 1
    left = sorted(set(os.listdir(SCREENS)) - names)
    print("%s %d - no screen is left over %s" %
          ("not ok" if left else "ok", n, " ".join(left)))


if __name__ == "__main__":
    main()
