"""Build products and caches stay in the stage and are counted; what the model
wrote on purpose is proposed whatever git ignores; a person includes the one or
hides the other, and both hold for the session.
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


def test_include_and_hide(w):
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
    c.send(type="hide", glob="*.txt")
    p = c.wait_event("proposal", lambda e: e["version"] == 3)
    assert paths(p) == ["kept.log", "node_modules/x/i.js"]
    assert noise(p)["made.txt"] == (1, "hidden")
    decide(c, p)
    c.wait_event("agent_end")
    assert w.read("node_modules/x/i.js") == "2\n"
    assert not os.path.exists(os.path.join(w.project, "made.txt"))
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


BINARIES = ["built", "built-1", "cleaned", "icon.png", "late", "own.bin",
            "photo-2.png", "photo-3.png", "sub/copy.png"]


def of_both(w, *calls, **env):
    """A session over files of a user's own that git does not track."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.write("kept.png", "tracked \0 one\n")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    for name in ("logo.png", "photo.png", "notes.db", "pack.zip"):
        w.write(name, "the user's \0 %s\n" % name)
    w.write("own.bin", "\x7fELF\0 the user's own program\n")
    w.write("built", "\x7fELF\0 of the user\n")
    w.write("cleaned", "\x7fELF\0 of the user's, too\n")
    w.write(os.path.join(w.project, "mine.png"), b"\x89PNG\r\n\x1a\n\0\0")
    w.mock([{"calls": list(calls)}, {"text": "well"}])
    c = protocol.start(w, task="go", **env)
    return c, c.wait_event("proposal")


def binaries_of_commands(w, **env):
    c, p = of_both(
        w, bash("printf '\\0x' >icon.png; printf '\\377\\376' >out.dat;"
                "mkdir sub; printf '\\0y' >sub/prog; ln -s icon.png link;"
                "echo text >made.txt; printf 'caf\\303\\251' >accent.txt;"
                "cp kept.png sub/copy.png; cp photo.png photo-2.png;"
                "printf '\\0' | tee -a own.bin notes.db >>mine.png;"
                "cp built built-1; cp built t; cat t >built; rm t cleaned"),
        write("tool.bin", "of a tool\n"),
        bash("printf '\\0' >>tool.bin; echo more >>made.txt;"
             "printf '\\0z' | tee -a built cleaned >>icon.png;"
             "cp photo-2.png photo-3.png; echo late >late; mv sub/prog sub/prog-2"),
        bash("printf '\\0' >late; echo now text >out.dat"),
        bash("mv logo.png new-name.png; mv pack.zip old.zip;"
             "printf '\\0' >>old.zip"), **env)
    assert paths(p) == [
        "accent.txt", "link", "logo.png", "made.txt", "mine.png",
        "new-name.png", "notes.db", "old.zip", "out.dat", "pack.zip",
        "tool.bin"], paths(p)
    assert noise(p) == {name: (1, "binary") for name in
                        BINARIES + ["sub/prog-2"]}, noise(p)
    return c, p


def test_a_binary_that_a_command_made_is_a_build_product(w):
    """And only that: not a text, not what a tool wrote, not what may be a file of
    the user's under another name."""
    c, p = binaries_of_commands(w)
    c.send(type="include", path="sub/prog-2")
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    assert "sub/prog-2" in paths(p) and sorted(noise(p)) == BINARIES
    decide(c, p)
    end = c.wait_event("agent_end")
    assert [n["path"] for n in end["products"]] == BINARIES, end
    assert w.read("sub/prog-2") == "\0y" and \
        w.read("new-name.png") == "the user's \0 logo.png\n"
    assert not os.path.exists(os.path.join(w.project, "icon.png"))
    c.send(type="run", command="printf '\\0' >>built-1; echo 1 >made.txt")
    p = c.wait_event("proposal", lambda e: paths(e) == ["made.txt"])
    assert sorted(noise(p)) == BINARIES, noise(p)
    # The user builds it too, and makes a source of another: git tells.
    w.write("icon.png", "built \0 by the user\n")
    w.write("late", "the user's \0\n")
    w.git("add", "late")
    c.send(type="hide", glob="nothing")
    p = c.wait_event("proposal", lambda e: paths(e) == [
        "late", "made.txt"])
    assert sorted(noise(p)) == [n for n in BINARIES if n != "late"]


def test_from_the_command_line(w):
    harness.need_sandbox(w)
    r = w.run("try", "--accept", "all", "--", "sh", "-c", "echo 1 >c.o")
    assert r.returncode == 0, r
    assert b"such as c.o (to propose it: --include PATH)" in r.stderr, r
    assert not os.listdir(w.project)
    w.run("try", "--accept", "all", "--include", "c.o", "--", "sh", "-c",
          "echo 1 >c.o; echo 2 >d.o", code=0)
    assert os.listdir(w.project) == ["c.o"]
    w.env["ASSENT_PRODUCTS"] = "!art"
    r = w.run("try", "--", "sh", "-c", "mkdir art; printf '\\0' >art/a; "
              "printf '\\0' >b")
    assert r.returncode == 5 and b"proposed: b\n" in r.stderr, r
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
    assert b"  build products: 1.o, 2.o, 3.o, 4.o, 5.o, ...\n" in \
        r.stdout + r.stderr and b"6.o" not in r.stdout + r.stderr, r


harness.main(globals())
