"""The stage and a real make: what is built in the sandbox is built from what a
person accepted, and from nothing else; nothing is built twice for nothing; and
the user may edit all the while.

The project is a C program of three files whose test asks for its output.  The
make rule for an object appends its name to built.log (ignored, so that it stays
in the stage): a count of compilations that needs no clock.
"""

import os
import shutil
import subprocess

import harness
import protocol

MAKEFILE = """CC = cc
OBJ = main.o word.o other.o
prog: $(OBJ)
\t$(CC) -o $@ $(OBJ)
.c.o:
\t$(CC) -c -o $@ $<
\t@echo $@ >>built.log
check: prog
\t@test "$$(./prog)" = "$$(cat expected)" && echo "1 passed"
"""
MAIN = """#include <stdio.h>
const char *word(void);
const char *other(void);
int
main(void)
{
\tprintf("%s %s\\n", word(), other());
\treturn 0;
}
"""
WORD = "const char *\nword(void)\n{\n\treturn \"%s\";\n}\n"
OTHER = "const char *\nother(void)\n{\n\treturn \"%s\";\n}\n"
TEST = "make -s check"
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def project(w, built=True):
    """With `built`, the user has built it before; objects lie in the tree."""
    if not shutil.which("make") or not shutil.which("cc"):
        raise harness.Skip("make and cc are not installed")
    harness.need_sandbox(w)
    w.write("Makefile", MAKEFILE)
    w.write("main.c", MAIN)
    w.write("word.c", WORD % "old")
    w.write("other.c", OTHER % "rest")
    w.write("expected", "old rest\n")
    w.write(".gitignore", "*.o\nprog\nbuilt.log\n")
    w.repository()
    if built:
        # Sources that are older than anything that is built now.
        for name in ("main.c", "word.c", "other.c", "Makefile"):
            os.utime(os.path.join(w.project, name), (1.5e9, 1.5e9))
        subprocess.run(["make", "-s", "prog"], cwd=w.project, check=True,
                       env=w.env)
        os.unlink(os.path.join(w.project, "built.log"))


def edit(path, old, new):
    return {"name": "edit", "args": {"path": path, "old_string": old,
                                     "new_string": new}}


def decide(client, proposal, take):
    """Mark each hunk of files in `take` yes, all others no."""
    for f in proposal["files"]:
        for h in f["hunks"]:
            client.send(type="mark", proposal=proposal["proposal"] or
                        proposal["seq"], version=proposal["version"],
                        hunk=h["id"], seen=True,
                        mark="yes" if f["path"] in take else "no")
    client.write(proposal)
    return client.wait_event("proposal",
                             lambda e: e["seq"] > proposal["seq"])


def test_refused_code_proves_nothing(w):
    """The check passes on the change, the change is refused: its last run
    is of code that nobody accepted, and so it runs again and fails."""
    project(w)
    w.write("expected", "new rest\n")
    w.mock([{"calls": [edit("word.c", "old", "new"),
                       {"name": "run_tests", "args": {}}]}, DONE])
    c = protocol.start(w, task="go", test=TEST, test_by="flag")
    p = c.wait_event("proposal")
    c.wait_event("evidence", lambda e: e["status"] == "done" and
                 e["exit"] == 0)
    decide(c, p, [])
    c.wait_event("evidence", lambda e: e["status"] == "stale")
    end = c.wait_event("agent_end")
    last = c.event_list("evidence", lambda e: e["status"] == "done")[-1]
    assert last["exit"] != 0, last
    assert end["check"]["exit"] != 0 and end["exit"] != 0, end
    assert w.read("word.c") == WORD % "old"


def test_a_staged_gitignore_hides_nothing_silently(w):
    """What a command wrote and ignores is named, with the rule; what it changed,
    or a tool wrote, is proposed."""
    project(w, built=False)
    w.mock([{"calls": [{"name": "bash", "args": {"command":
                        "echo evil.c >>.gitignore; echo '*.c' >sub.gitignore;"
                        "mkdir sub; echo '*' >sub/.gitignore;"
                        "echo 'int x;' >evil.c; echo y >sub/evil.h;"
                        "printf '*.c\\n' >.git/info/exclude;"
                        "echo '*.c' >>.gitignore; echo >>other.c; true"}},
                       {"name": "write", "args": {
                           "path": "tool.c", "content": "int y;\n"}},
                       edit("word.c", "old", "new")]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    paths = [f["path"] for f in p["files"]]
    assert paths == [".gitignore", "sub/.gitignore", "other.c",
                     "sub.gitignore", "tool.c", "word.c"], paths
    assert [(n["path"], n["why"], n["rule"]) for n in p["products"]] == [
        ("evil.c", "staged", ".gitignore: *.c"),
        ("sub/evil.h", "staged", "sub/.gitignore: *")], p["products"]
    marked = [f["path"] for f in p["files"] if f.get("protected")]
    assert ".gitignore" in marked and "sub/.gitignore" in marked, marked


harness.main(globals())
