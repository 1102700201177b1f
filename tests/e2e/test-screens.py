#!/usr/bin/env python3
"""What the screen shows at some sizes, compared with what it showed when
somebody last looked at it: tests/fixtures/screens/NAME-COLSxROWS.txt, a row
after each bar and its styles below it (ui-shot.c has the letters).

    test-screens.py --update    write them again; then read `git diff`
"""

import difflib
import os
import subprocess
import sys

SRC = os.environ.get("srcdir", ".")
BUILD = os.environ.get("builddir", ".")
SCREENS = os.path.join(SRC, "tests/fixtures/screens")
DEMO = os.path.join(SRC, "tests/fixtures/journal/demo.jsonl")
HOSTILE = os.path.join(SRC, "tests/fixtures/journal/hostile.jsonl")
STOPS = os.path.join(SRC, "tests/fixtures/journal/stops.jsonl")
RUN = os.path.join(SRC, "tests/fixtures/journal/run.jsonl")

SMALL, USUAL, LARGE, WIDE = (40, 12), (80, 24), (120, 40), (200, 50)
ALL = (SMALL, USUAL, LARGE, WIDE)

PLAN = ("waiting", "plan to review")
REVIEW = ("waiting", "7 of 7 hunks to review")
READY = ("idle", "ready")
THINKS = ("model", "thinking")

# name, fixture, its first lines, the core's status, keys, sizes
TABLE = (
    ("plan", DEMO, 13, PLAN, "", ALL),
    ("proposal", DEMO, 33, REVIEW, "", ALL),
    ("transcript", DEMO, 33, REVIEW, "2", ALL),
    ("question", DEMO, 33, REVIEW, "A", (SMALL, USUAL)),
    ("limit", STOPS, 33, ("waiting", "limit reached"), "", (SMALL, USUAL)),
    ("leave", DEMO, 33, REVIEW, "q", (SMALL,)),
    ("word", DEMO, 33, REVIEW, "rit is too much", (SMALL, USUAL)),
    ("help", DEMO, 33, REVIEW, "?", (USUAL,)),
    ("typing", DEMO, 4, THINKS, "ihalf a sent", (SMALL, USUAL)),
    ("columns", DEMO, 33, REVIEW, "\\", (WIDE,)),
    ("columns-front-left", DEMO, 33, REVIEW, "\\2", (WIDE,)),
    ("strip-larger", DEMO, 33, REVIEW, "((((", (LARGE,)),
    ("zoom", DEMO, 33, REVIEW, "z", (USUAL,)),
    ("hostile", HOSTILE, 1000, ("waiting", "9 of 9 hunks to review"), "2",
     (USUAL,)),
    ("run", RUN, 10, THINKS, "2", (SMALL, USUAL)),
    ("run-output", RUN, 3, READY, "3", (USUAL,)),
    ("run-typing", RUN, 3, READY, "!make -j2 test", (USUAL,)),
    ("run-asked", RUN, 1000, ("waiting", "your command needs permission"), "",
     (USUAL,)),
)


def shot(fixture, lines, status, keys, size):
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
    return subprocess.run(
        [os.path.join(BUILD, "tests/e2e/ui-shot"), fixture, str(lines),
         str(size[1]), str(size[0]), *status, keys], check=True, env=env,
        stdout=subprocess.PIPE).stdout.decode()


def main():
    update = "--update" in sys.argv[1:]
    cases = [("%s-%dx%d" % (name, size[0], size[1]), fixture, lines, status,
              keys, size) for name, fixture, lines, status, keys, sizes in
             TABLE for size in sizes]
    print("1..%d" % (len(cases) + 1))
    n = 0
    for name, fixture, lines, status, keys, size in cases:
        n += 1
        path = os.path.join(SCREENS, name + ".txt")
        got = shot(fixture, lines, status, keys, size)
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
    left = sorted(set(os.listdir(SCREENS)) - {c[0] + ".txt" for c in cases})
    print("%s %d - no screen is left over %s" %
          ("not ok" if left else "ok", n, " ".join(left)))


if __name__ == "__main__":
    main()
