"""A build in the stage is right, and so is the user's own after an apply, where
no ignore rule names a product.  `cc` is a script: it writes into each product
the hashes of what it was made from, so that what tells is content, not time.
"""

import hashlib
import os
import shutil
import subprocess

import harness
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
CC = """#!/bin/sh
out=$1; shift
{ test -n "$TEXT" || printf '\\177ELF\\0\\377'; cat "$@" | sha256sum; } >"$out"
echo "$out" >>$TMPDIR/built
"""
SHOW = "touch $TMPDIR/built; cat %s | tr -cd '0-9a-f '; echo; cat $TMPDIR/built; " \
    ": >$TMPDIR/built"


def bash(command):
    return {"name": "bash", "args": {"command": command}}


def edit(path, old, new):
    return {"name": "edit", "args": {"path": path, "old_string": old,
                                     "new_string": new}}


def project(w, product, sources):
    """The product and what it is made of; no ignore rule."""
    if not shutil.which("make"):
        raise harness.Skip("make is not installed")
    harness.need_sandbox(w)
    os.chmod(w.write("cc.sh", CC), 0o755)
    w.write("Makefile", "%s: %s\n\t./cc.sh $@ %s\n" % (
        product, " ".join(sources), " ".join(sources)))
    for name in sources:
        w.write(name, "one of %s\n" % name)
    w.repository()


def wanted(w, sources, edited):
    text = "".join("two of %s\n" % n if n in edited else "one of %s\n" % n
                   for n in sources)
    return hashlib.sha256(text.encode()).hexdigest()


def results(client):
    return [e["text"] for e in client.event_list("tool_result")
            if e["name"] == "bash"]


def decide(c, p, all="yes"):
    c.send(type="decide", proposal=p.get("proposal") or p["seq"],
           version=p["version"], all=all, seen=True)


def run_order(w, product, sources, changed):
    project(w, product, sources)
    build = bash("make -s 2>&1; " + SHOW % product)
    w.mock([{"calls": [build]},
            {"calls": [edit(changed, "one", "two"), build, build]},
            DONE, {"calls": [build]}, DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    first, second, third = results(c)[:3]
    assert wanted(w, sources, []) in first, first
    assert wanted(w, sources, [changed]) in second, second
    assert product in second.split(), second
    assert product not in third.split(), ("built for nothing", third)
    assert changed in [f["path"] for f in p["files"]], p["files"]
    decide(c, p)
    c.wait_event("agent_end")
    subprocess.run(["make", "-s"], cwd=w.project, check=True, env=w.env)
    with open(os.path.join(w.project, product), "rb") as f:
        assert wanted(w, sources, [changed]).encode() in f.read()
    c.send(type="say", text="once more")
    c.wait("the second end", lambda: len(c.event_list("agent_end")) == 2)
    assert wanted(w, sources, [changed]) in results(c)[-1], results(c)
    assert product not in results(c)[-1].split(), results(c)
    c.close_and_wait()
    w.verify()


def test_a_source_that_sorts_before_its_product(w):
    run_order(w, "zprog", ["m.c", "a.c"], "a.c")


def test_a_source_that_sorts_after_its_product(w):
    run_order(w, "check", ["m.c", "x.c"], "x.c")


def test_text_made_by_a_command_keeps_its_place(w):
    """Made from a source that a tool edited before: both are proposed, and
    neither the next build nor the user's own after the apply makes it anew."""
    project(w, "agen.txt", ["z.c"])
    build = bash("export TEXT=1; make -s 2>&1; " + SHOW % "agen.txt")
    w.mock([{"calls": [build, edit("z.c", "one", "two"), build, build]},
            DONE])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    assert wanted(w, ["z.c"], ["z.c"]) in results(c)[1], results(c)
    assert "agen.txt" not in results(c)[2].split(), results(c)
    assert [f["path"] for f in p["files"]] == ["agen.txt", "z.c"], p["files"]
    decide(c, p)
    c.wait_event("agent_end")
    at = [os.stat(os.path.join(w.project, n)).st_mtime_ns
          for n in ("z.c", "agen.txt", "cc.sh")]
    assert at[2] < at[0] < at[1], at
    c.close_and_wait()
    w.verify()


def test_the_user_builds_between_an_edit_and_the_next_build(w):
    """In the stage a part was built since the edit; what was not is the
    user's, built from the old source, and newer than the edit."""
    project(w, "zprog", ["a.c"])
    w.write("Makefile", "all: zprog yprog\nzprog: a.c\n\t./cc.sh $@ a.c\n"
            "yprog: b.c\n\t./cc.sh $@ b.c\n")
    w.write("b.c", "one of b.c\n")
    w.git("add", ".")
    w.git("commit", "-qm", "two programs")
    w.mock([{"calls": [edit("a.c", "one", "two"), edit("b.c", "one", "two"),
                       bash("make -s zprog")]},
            {"calls": [bash("make -s; " + SHOW % "yprog"),
                       bash("make -s; " + SHOW % "yprog")],
             "wait_for": "go"}, DONE])
    c = protocol.start(w, task="go")
    c.wait("the first build", lambda: results(c))
    subprocess.run(["make", "-s"], cwd=w.project, check=True, env=w.env)
    w.mocks[0].release("go")
    c.wait_event("proposal")
    assert wanted(w, ["b.c"], ["b.c"]) in results(c)[1], results(c)
    assert "prog" not in results(c)[2], ("once", results(c))
    c.close_and_wait()
    w.verify()


harness.main(globals())
