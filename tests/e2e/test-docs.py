#!/usr/bin/env python3
"""The manual, the completion and the help say the same as the tables."""
import os
import re
import shutil
import subprocess
import sys

BUILD = os.environ["builddir"]
SRC = os.environ["srcdir"]
number = 0
failed = 0


def ok(cond, label, detail=""):
    global number, failed
    number += 1
    failed += not cond
    for line in [] if cond else str(detail).splitlines():
        print("# " + line)
    print("%s %d - %s" % ("ok" if cond else "not ok", number, label))


def skip(label, why):
    global number
    number += 1
    print("ok %d - %s # SKIP %s" % (number, label, why))


def text(*path):
    with open(os.path.join(SRC, *path), encoding="utf-8") as f:
        return f.read()


def assent(*args):
    return subprocess.run([os.path.join(BUILD, "assent"), *args], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def main():
    page = text("man", "assent.1")
    config = text("man", "assent-config.5")
    settings = re.findall(r'^\t\{ "(\w+)", SETTING_',
                          text("src", "config", "settings.c"), re.M)
    members = re.findall(r'^\t\{ "(\w+)", "', text(
        "src", "config", "settings.c"), re.M)
    ok(len(settings) > 10 and len(members) > 3, "settings.c was read")
    for name in settings + members:
        ok(re.search(r"^\.It Cm %s\b" % name, config, re.M),
           "assent-config(5) has " + name)
    for name in re.findall(r"^\.It Cm (\w+)", config, re.M):
        ok(name in settings + members + ["exec", "providers"],
           "assent-config(5): %s is a setting" % name)

    top = assent("--help")
    commands = re.findall(r"^  (\w+) ", top.split("commands:")[1]
                          .split("options:")[0], re.M)
    ok(len(commands) > 8, "help lists the commands")
    options = set()
    for name in [""] + commands:
        options.update(re.findall(r"^  (--[\w-]+)", assent(
            *([name] if name else []), "--help"), re.M))
    for name in commands:
        ok(re.search(r"^\.It Cm %s\b" % name, page, re.M),
           "assent(1) has " + name)
    for name in sorted(options):
        ok(re.search(r"^\.It Cm %s\b" % name, page, re.M),
           "assent(1) has " + name)
    for name in re.findall(r"^\.It Cm (--[\w-]+)", page, re.M):
        ok(name in options, "assent(1): %s is an option" % name)
    ok(text("contrib", "assent.bash") == assent("completion"),
       "contrib/assent.bash is what `assent completion` prints",
       "run: build/assent completion > contrib/assent.bash")

    for name in sorted(os.listdir(os.path.join(SRC, "man"))):
        if not re.search(r"\.[1-9]$", name):
            continue
        if shutil.which("mandoc") is None:
            skip(name + " is clean", "mandoc is not installed")
            continue
        r = subprocess.run(["mandoc", "-T", "lint", "-W", "style",
                            os.path.join(SRC, "man", name)],
                           stdout=subprocess.PIPE, text=True)
        # The pages refer to each other before they are installed.
        said = [s for s in r.stdout.splitlines()
                if "referenced manual not found" not in s]
        ok(not said, name + " is clean", "\n".join(said))
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
