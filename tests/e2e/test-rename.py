"""A renamed file is shown and decided as one change: if accepted, the old name
goes when the new one is there; if rejected, both stay; and if somebody else
changes either meanwhile, nothing is lost."""

import os
import subprocess

import harness
from harness import bash
import protocol

TEXT = "".join("line %d\n" % n for n in range(20))
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def begin(w, command, **more):
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write("old name.txt", TEXT, mode=0o755)
    w.write("b.txt", "b\n")
    w.mock([bash(command), DONE, {"text": "well"}])
    c = protocol.start(w, task="go", **more)
    return c, c.wait_event("proposal")


def number(p):
    return p.get("proposal") or p["seq"]


def decide(c, p, what="yes"):
    for f in p["files"]:
        for h in f["hunks"]:
            c.send(type="mark", proposal=number(p), version=p["version"],
                   hunk=h["id"], mark=what, seen=True)
    c.write(p)


def listed(w):
    return sorted(n for n in os.listdir(w.project) if n != ".git")


def kinds(p):
    return [(f["status"], f.get("from"), f["path"]) for f in p["files"]]


def test_taken(w):
    c, p = begin(w, "mkdir -p n; mv 'old name.txt' n/new.txt; echo B >b.txt")
    assert kinds(p) == [("modified", None, "b.txt"),
                        ("renamed", "old name.txt", "n/new.txt")], kinds(p)
    r = w.run("show")
    assert b"rename from old name.txt\nrename to n/new.txt\n" in r.stdout, r
    # Shown is git's own result.
    copy = w.path("copy")
    subprocess.check_call(["cp", "-a", w.project, copy])
    subprocess.run(["git", "apply", "-"], cwd=copy, input=r.stdout,
                   check=True)
    decide(c, p)
    c.wait_event("agent_end")
    assert listed(w) == ["b.txt", "n"]
    assert w.read("n/new.txt") == TEXT and w.read("b.txt") == "B\n"
    assert os.stat(os.path.join(w.project, "n/new.txt")).st_mode & 0o100
    assert harness.tree(w.project + "/n") == harness.tree(copy + "/n")
    ops = {o["path"]: o["op"] for o in w.events("apply_begin")[0]["ops"]}
    assert ops == {"n/new.txt": "create", "old name.txt": "delete",
                   "b.txt": "replace"}, ops
    assert not w.events("proposal")[-1]["files"]
    # And back.
    c.send(type="undo")
    p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > p["seq"])
    assert ("renamed", "n/new.txt", "old name.txt") in kinds(p), kinds(p)
    decide(c, p)
    c.wait("undone", lambda: len(c.event_list("applied")) == 2)
    assert listed(w) == ["b.txt", "old name.txt"]
    assert w.read("old name.txt") == TEXT


def test_undone_by_its_old_name(w):
    """Both names of that file, and no other one."""
    c, p = begin(w, "mv 'old name.txt' $'new\\xff'; echo B >b.txt")
    decide(c, p)
    c.wait_event("agent_end")
    c.send(type="undo", tx=1, path="old name.txt")
    p = c.wait_event("proposal", lambda e: e["files"] and
                     e["seq"] > p["seq"])
    assert [(f["status"], f["path"]) for f in p["files"]] == [
        ("renamed", "old name.txt")], p["files"]
    decide(c, p)
    c.wait("undone", lambda: len(c.event_list("applied")) == 2)
    assert listed(w) == ["b.txt", "old name.txt"]
    assert w.read("b.txt") == "B\n"


def test_refused(w):
    c, p = begin(w, "mv 'old name.txt' new.txt")
    before = harness.tree(w.project)
    c.send(type="mark", proposal=number(p), version=1, seen=True,
           hunk=p["files"][0]["hunks"][0]["id"], mark="no",
           word="keep it")
    c.write(p)
    c.wait_event("agent_end")
    assert harness.tree(w.project) == before
    assert not w.events("proposal")[-1]["files"]
    said = str([e["text"] for e in w.events("tool_result")])
    assert "the renaming of old name.txt to new.txt, because: keep" in said, said


def test_the_old_one_changed_on_disk(w):
    c, p = begin(w, "mv 'old name.txt' new.txt")
    w.write("old name.txt", TEXT + "the user's\n")
    decide(c, p)
    p = c.wait_event("proposal", lambda e: e["version"] > 1)
    assert w.read("old name.txt") == TEXT + "the user's\n"
    assert not os.path.exists(os.path.join(w.project, "new.txt"))
    assert all(f["status"] != "renamed" for f in p["files"]), kinds(p)


def test_a_folder_of_twins_from_the_command_line(w):
    harness.need_sandbox(w)
    w.git("init", "-q")
    for i in range(30):
        w.write("d/f%02d" % i, "same\n")
    r = w.run("try", "--accept", "e/=all", "--", "mv", "d", "e", code=0)
    assert r.stdout.count(b"rename from") == 30, r
    assert b"rename from d/f07\nrename to e/f07" in r.stdout
    assert listed(w) == ["e"] and len(os.listdir(
        os.path.join(w.project, "e"))) == 30


# ---- with another content, too ----

EDITED = "mkdir -p n; sed -e 's/^line 2$/two/' -e 's/^line 17$/17th/' " \
    "'old name.txt' >n/new.txt; chmod +x n/new.txt; rm 'old name.txt'"
HALF = TEXT.replace("line 17\n", "17th\n")


def proposed(w):
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write("old name.txt", TEXT, mode=0o755)
    w.write("a.txt", "a\n")
    w.run("try", "--approve", "ask", "--", "sh", "-c",
          "echo A >a.txt; " + EDITED, code=5)


def test_from_the_command_line(w):
    """Numbers are those of the patch; a hunk comes with the new name."""
    proposed(w)
    w.run("decide", "--accept", "1,3", code=0)
    assert w.read("a.txt") == "A\n" and w.read("n/new.txt") == HALF
    assert listed(w) == ["a.txt", "n"]


harness.main(globals())
