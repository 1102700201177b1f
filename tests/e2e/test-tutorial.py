"""assent-tutorial(7): its commands and keys lead to the screens that it shows."""

import os
import re
import shlex
import subprocess

import harness
from screenlib import Screen

PAGE = os.path.join(harness.SRC, "man", "assent-tutorial.7")
ENV = {"ASSENT_SYNTAX": "never"}


def examples():
    """Of each example: its commands, and the rows below them."""
    with open(PAGE) as f:
        page = f.read()
    for escape, means in (("\\e", "\\"), ("\\(br", "\u2502"),
                          ("\\(pc", "\u00b7")):
        page = page.replace(escape, means)
    for text in re.findall(r"^\.Bd .*\n((?:.*\n)*?)\.Ed$", page, re.M):
        rows = text.splitlines()
        yield ([row[2:] for row in rows if row.startswith("$ ")],
               [row for row in rows if row and not row.startswith("$ ")])


def shell(w, cwd, commands):
    """Run them in one shell; where that is at the end."""
    r = subprocess.run(["sh", "-c", "\n".join(commands + ["pwd"])], cwd=cwd,
                       check=True, stdout=subprocess.PIPE, text=True,
                       env=dict(w.env, GIT_CONFIG_NOSYSTEM="1",
                                GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@t",
                                GIT_COMMITTER_NAME="t",
                                GIT_COMMITTER_EMAIL="t@t"))
    return r.stdout.splitlines()[-1]


def opened(w, command, cwd):
    program, *args = shlex.split(command)
    assert program == "assent", command
    return Screen(w, *args, env=ENV, cwd=cwd, rows=24, cols=80)


def see(t, rows):
    for row in rows:
        t.need(row)
    t.settle()


def demo(w, page):
    (command,), _ = next(page)
    with opened(w, command, w.root) as t:
        t.review("y approve")
        for row in ("Enter approves", "Enter writes"):
            see(t, next(page)[1])
            t.send("y")
            see(t, next(page)[1])
            t.write(row)
            t.review()
        t.need("CHANGES \u00b7 1/1")
        t.send("y")
        t.write("Enter writes")
        see(t, next(page)[1])
        t.press("\x1bu")
        see(t, next(page)[1])
        t.write("Enter puts back")
        t.need("U redoes")
        t.need(" ready")
        t.press("\x1bU")
        t.write("Enter writes")
        t.need("redid 1 file")
        t.need(" ready")
        t.leave()
        t.see("C", "[changes: 2 written]")
        t.settle()
        t.see("\x1b", "[2 transcript]")
        t.settle()
        t.send("q")
        t.ended("exit 0")


def project(w, page):
    """Up to the review of its changes; its folder."""
    commands, _ = next(page)
    cwd = shell(w, w.root, commands[:-1])
    with opened(w, commands[-1], cwd) as t:
        t.need("C-]: review 2 hunks")
        see(t, next(page)[1])
        t.after_command()
        t.send("n")
        see(t, next(page)[1])
        t.send("q")
        t.ended("exit 5")
    (command,), rows = next(page)
    with opened(w, command, cwd) as t:
        see(t, rows)
        t.send("\r")
        t.review()
        see(t, next(page)[1])
        t.send("y")
        t.write("Enter writes")
        see(t, next(page)[1])
        t.see("q", "nothing waits for you")
        t.settle()
        t.send("\x1b")
        t.ended("exit 0")
    assert not os.path.exists(os.path.join(cwd, "count.txt"))
    assert b"list.txt" in w.run("undo", "--list", cwd=cwd, code=0).stdout
    commands, rows = next(page)
    shell(w, cwd, commands[:-1])
    with opened(w, commands[-1], cwd) as t:
        t.review("y stage")
        see(t, rows)
        t.send("s")
        see(t, next(page)[1])
        t.see("y", "1 open")
        t.send("n")
        t.write("Enter stages 1 hunk")
        see(t, next(page)[1])
        t.send("q")
        t.ended("exit 0")
    with open(os.path.join(cwd, "list.txt")) as f:
        assert f.read() == "bread\nmilk\ntea\n"


def test_its_screens(w):
    page = examples()
    demo(w, page)
    project(w, page)
    rest = [c for commands, rows in page for c in commands]
    assert len(rest) == 3, rest
    for command in rest:
        w.run(*shlex.split(command)[1:], "--help", code=0)


harness.main(globals())
