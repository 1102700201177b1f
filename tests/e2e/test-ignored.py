"""Ignored files and caches stay in the copy and are counted; what the model
wrote on purpose is proposed whatever git ignores, a binary as a whole; a person
includes one that is ignored.
"""

import os

import harness
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
MESS = ("mkdir -p __pycache__ node_modules/x && echo 1 >__pycache__/a.pyc && "
        "echo 2 >node_modules/x/i.js && echo 3 >a.o && echo 4 >made.txt && "
        "echo 5 >big.log")


def write(path, text):
    return {"name": "write", "args": {"path": path, "content": text}}


def bash(command):
    return {"name": "bash", "args": {"command": command}}


def paths(p):
    return [f["path"] for f in p["files"]]


def noise(p):
    return {n["path"]: (n["files"], n["why"]) for n in p["products"]}


def number(p):
    return p.get("proposal") or p["seq"]


def begin(w, *calls):
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write(".gitignore", "*.log\n")
    w.mock([{"calls": list(calls)}, DONE, {"text": "well"}])
    c = protocol.start(w, task="go")
    return c, c.wait_event("proposal")


def decide(c, p):
    c.send(type="decide", proposal=number(p), version=p["version"],
           all="yes", seen=True)


def test_include(w):
    c, p = begin(w, bash(MESS), write("kept.log", "on purpose\n"))
    assert paths(p) == ["kept.log", "made.txt"], paths(p)
    assert msg.IGNORED_BY_GIT in p["files"][0]["note"], p["files"][0]
    assert noise(p) == {
        "__pycache__/": (1, "cache"), "a.o": (1, "cache"),
        "big.log": (1, "git"), "node_modules/": (1, "cache")}, noise(p)
    c.send(type="include", path="nothing.o")
    c.wait("refusal", lambda: [x for x in c.lines
                               if x.get("type") == "refused"])
    c.send(type="include", path="../a.o")
    c.wait("refusals", lambda: len([x for x in c.lines if x.get("type") ==
                                    "refused"]) == 2)
    assert not c.event_list("products")
    c.send(type="include", path="node_modules/")
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    assert paths(p) == ["kept.log", "made.txt", "node_modules/x/i.js"]
    decide(c, p)
    c.wait_event("agent_end")
    assert w.read("node_modules/x/i.js") == "2\n"
    # Nothing is open any more: including makes a proposal of its own.
    c.send(type="include", glob="*.pyc")
    p = c.wait_event("proposal", lambda e: paths(e) ==
                     ["__pycache__/a.pyc"])
    decide(c, p)
    c.wait("applied", lambda: len(c.event_list("applied")) == 2)
    assert w.read("__pycache__/a.pyc") == "1\n"


RULES = "/made\n/gen/\n*.sh\n"


def test_the_staged_gitignore(w):
    """It hides what a command made, which is listed with the rule; not what a
    tool wrote, a tracked file, a file of the user's, or a protected path. What
    is rejected of it counts no more."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write(".gitignore", "*.log\n")
    w.write("kept.sh", "one\n")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    w.write("mine.sh", "the user's\n")
    w.mock([{"calls": [
        bash("for n in $(seq 60); do echo >$n.log; done; mkdir gen; for f in made gen/a.c gen/b.c gen/.envrc x.sh "
             "kept.sh mine.sh big.log; do echo new >>$f; done; "
             "chmod +x made; echo '*' >gen/.gitignore"),
        write("tool.sh", "on purpose\n"), bash("echo more >>tool.sh"),
        write(".gitignore", "*.log\n!*.log\n" + RULES)]}, DONE,
        {"text": "well"}])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    seen = [".gitignore", "gen/.envrc", "gen/.gitignore", "kept.sh",
            "mine.sh", "tool.sh"]
    assert paths(p) == seen, paths(p)
    assert [(n["path"], n["files"], n["why"], n.get("rule"))
            for n in p["products"] if n["why"] != "git"] == [
        ("gen/", 2, "staged", ".gitignore: /gen/"),
        ("made", 1, "staged", ".gitignore: /made"),
        ("x.sh", 1, "staged", ".gitignore: *.sh")], p["products"]
    # Another core knows it, too; and the user wants one of them.
    c.close()
    c = protocol.resume(w)
    c.wait_status("review")
    c.send(type="include", path="x.sh")
    p = c.wait_event("proposal", lambda e: "x.sh" in paths(e))
    assert paths(p) == seen + ["x.sh"], paths(p)
    rows = [h["id"] for f in p["files"] if f["path"].endswith(".gitignore")
            for h in f["hunks"]]
    c.send(type="decide", proposal=number(p), version=p["version"], marks=[
        {"hunk": h, "mark": "no", "seen": True} for h in rows])
    p = c.wait_event("proposal", lambda e: "made" in paths(e))
    assert paths(p) == ["gen/.envrc", "made", "gen/a.c", "gen/b.c", "kept.sh",
                        "mine.sh", "tool.sh", "x.sh"], paths(p)
    assert {n["why"] for n in p["products"]} == {"git"} and \
        len(p["products"]) == 50 and p["ignored"] == 61, p["products"]
    assert not os.path.exists(os.path.join(w.project, "made"))


def test_a_binary_is_a_hunk(w):
    """Whoever made it: as a whole, with its kind and size."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write("kept.png", "tracked \0 one\n" * 9)
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    w.write("own.bin", "\x7fELF\0 the user's own program\n")
    w.write("notes.db", "the user's \0\n")
    w.mock([{"calls": [
        bash("printf '\\211PNG\\r\\n\\032\\n\\0' >icon.png; mkdir sub;"
             "printf '\\0y' >sub/prog; cp kept.png sub/copy.png; rm kept.png;"
             "printf '\\0' | tee -a own.bin >>notes.db"),
        bash("printf '\\0z' >>icon.png; mv sub/prog sub/prog-2")]},
        DONE, {"text": "well"}])
    c = protocol.start(w, task="go")
    p = c.wait_event("proposal")
    assert paths(p) == ["icon.png", "notes.db", "own.bin", "sub/copy.png",
                        "sub/prog-2"], paths(p)
    assert not p["products"] and p["ignored"] == 0, p
    icon = p["files"][0]
    assert (icon["kind"], icon["binary"], icon["after"]["size"],
            len(icon["hunks"])) == ("PNG image", True, 11, 1), icon
    assert p["files"][3]["from"] == "kept.png", p["files"][3]
    decide(c, p)
    c.wait_event("agent_end")
    assert w.read("sub/prog-2") == "\0y" and w.read("own.bin").endswith("\n\0")
    # One that is rejected isn't there any more, or is as it was.
    c.send(type="run", command="printf '\\0' | tee built >>own.bin")
    p = c.wait_event("proposal", lambda e: paths(e) == ["built", "own.bin"])
    c.send(type="decide", proposal=number(p), version=p["version"], all="no",
           seen=True)
    c.wait_event("decision", lambda e: e["proposal"] == number(p))
    c.send(type="run", command="test ! -e built && tail -c 1 own.bin | od -c")
    c.wait_event("tool_result", lambda e: "0000001" in e["text"] and
                 e["exit"] == 0)


MANY = ("mkdir -p obj few pix; for i in 1 2 3 4; do printf '\\0%d' $i | "
        "tee obj/$i.bin pix/$i.raw >few/$i; done; rm few/4; echo >obj/list;"
        "printf '\\0' >obj/.envrc")


def test_many_binaries_of_a_folder(w):
    """No rule accepts them, unless the plan names them; what is protected by its
    name is on its own."""
    harness.need_sandbox(w)
    plan = {"name": "plan", "args": {"goal": "g", "files": ["pix/*"],
                                     "steps": [{"title": "make pictures"}]}}
    w.mock([{"calls": [plan]}, {"calls": [bash(MANY)]}, DONE, {"text": "well"}])
    r = w.run("exec", "--plan", "auto", "--approve", "yes", "make it", code=5)
    p = w.events("proposal")[0]
    assert {f["path"]: f.get("binaries") for f in p["files"]} == dict(
        {"obj/%d.bin" % i: 4 for i in range(1, 5)}, **{
            f: None for f in ["few/1", "few/2", "few/3", "obj/list",
                              "obj/.envrc"] +
            ["pix/%d.raw" % i for i in range(1, 5)]}), p["files"]
    assert sorted(os.listdir(w.project)) == ["few", "obj", "pix"], r
    assert os.listdir(os.path.join(w.project, "obj")) == ["list"]
    left = [(x["path"], x["why"]) for x in w.events("agent_end")[-1]
            ["not_written"]]
    assert left == [("obj/.envrc", "open: its path is protected"),
                    ("obj/", "4 binaries, open")], left
    assert (b"  not written: obj/.envrc (open: its path is protected), obj/ "
            b"(4 binaries, open)\n") in r.stdout, r
    assert r.stdout.count(b"obj/1.bin") == 0 and \
        r.stdout.count(b"\n4 binaries that commands made in obj/\n") == 1, r
    assert len(os.listdir(os.path.join(w.project, "pix"))) == 4
    r = w.run("decide", "--accept", "obj/2.bin=all", code=0)
    assert sorted(os.listdir(os.path.join(w.project, "obj"))) == \
        ["2.bin", "list"], r
    left = [(x["path"], x["why"]) for x in w.events("agent_end")[-1]
            ["not_written"]]
    assert left == [("obj/.envrc", "rejected")] + [
        ("obj/%d.bin" % i, "rejected") for i in (1, 3, 4)], left


def test_from_the_command_line(w):
    harness.need_sandbox(w)
    r = w.run("try", "--accept", "all", "--", "sh", "-c", "echo 1 >c.o")
    assert r.returncode == 0, r
    assert b"such as c.o (to propose it: --include PATH)" in r.stderr, r
    assert not os.listdir(w.project)
    w.run("try", "--accept", "all", "--include", "c.o", "--", "sh", "-c",
          "echo 1 >c.o; echo 2 >d.o", code=0)
    assert os.listdir(w.project) == ["c.o"]
    r = w.run("try", "--", "sh", "-c", "echo 1 >t; echo 2 >d.o; echo 3 >e.o")
    assert r.returncode == 5, r
    r = w.run("decide", "--include", "x.o", "--accept", "all")
    assert r.returncode == 1 and msg.NOTHING_WAS_CHANGED.encode() in r.stderr, r
    w.run("decide", "--include", "d.o", code=5)
    w.run("decide", "--include", "e.o", "--accept", "d.o=all",
          "--accept", "e.o=1", code=0)
    assert sorted(os.listdir(w.project)) == ["c.o", "d.o", "e.o"]
    # Not one by one, if there are many.
    w.mock([{"calls": [bash("echo >a.txt; for i in $(seq 7); do echo >$i.o; done")]}, DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "build", code=0)
    assert b"  not written: 1.o (cache), 2.o (cache), 3.o (cache), " \
        b"4.o (cache), 5.o (cache) and 2 more\n" in r.stdout + r.stderr, r


harness.main(globals())
