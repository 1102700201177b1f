"""The hooks of contrib/hooks, each in the sandbox."""

import json
import os
import re
import shutil

import harness

HOOKS = os.path.join(os.environ["srcdir"], "contrib", "hooks")


def write(path, text):
    return {"name": "write", "args": {"path": path, "content": text}}


def done():
    return {"name": "done", "args": {"summary": "done"}}


def installed(w):
    """In the home, where a user would put them."""
    path = os.path.join(w.home, "hooks")
    if not os.path.exists(path):
        shutil.copytree(HOOKS, path)
    return path


def start(w, files, *hooks, calls=(), **more):
    """exec with these writes of the model, accepted by a rule."""
    harness.need_sandbox(w)
    m = w.mock([{"calls": list(calls) + [write(p, t) for p, t in files.items()] +
                 [done()]}])
    w.configure(m.url(), config={"toolchains": [installed(w)], "hooks": [
        dict({"event": e, "command": os.path.join(installed(w), c),
              "name": c.split()[0]}, **more) for e, c in hooks]})
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "do it")
    ends = [e for e in w.events("hook") if e["status"] == "done"]
    assert ends and all(e["ok"] for e in ends), ends
    w.verify()
    return r, ends


def test_format(w):
    """With a program that is found, and only what changed."""
    w.write("fmt/clang-format", "#!/bin/sh\nsed -i 's/  */ /g' \"$2\"\n", 0o755)
    w.write(".clang-format", "BasedOnStyle: LLVM\n")
    w.write("old.c", "int  old;\n")
    hook = ("proposal", "format")
    harness.need_sandbox(w)
    m = w.mock([{"calls": [write("a b.c", "int   x;\n"),
                           write("n.txt", "a   b\n"), done()]}])
    w.configure(m.url(), config={"toolchains": [installed(w)], "hooks": [
        {"event": hook[0], "name": "format",
         "command": "PATH=$PWD/fmt:$PATH " + os.path.join(installed(w), "format")}]})
    w.run("exec", "--plan", "skip", "--approve", "yes", "do it", code=0)
    assert w.read("a b.c") == "int x;\n" and w.read("old.c") == "int  old;\n"
    assert w.read("n.txt") == "a   b\n"


def test_lint(w):
    """Its errors keep the hunks open; its warnings are findings."""
    bad = "#!/bin/sh\nif true; then\n"
    w.write(".shellcheckrc", "disable=all\n")
    r, ends = start(w, {"a.sh": bad}, ("before_apply", "lint"))
    if not ends[0]["findings"]:
        raise harness.Skip("no shellcheck in the sandbox")
    assert ends[0]["decision"] == "deny" and r.returncode == 5, ends
    assert ends[0]["findings"][0]["path"] == "a.sh", ends
    assert not os.path.exists(os.path.join(w.project, "a.sh"))


def test_secrets(w):
    """The hook reports the place of a key and never the key, whatever the
    file's name; ordinary text is written."""
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    r, ends = start(w, {"a.py": "x = 1\nkey = '%s'\n" % key},
                    ("before_apply", "secrets"))
    assert ends[0]["decision"] == "deny" and r.returncode == 5, ends
    found = ends[0]["findings"]
    assert [(f["path"], f["line"]) for f in found] == [("a.py", 2)], found
    assert key not in json.dumps(ends)
    w.clean_project()
    r, ends = start(w, {}, ("before_apply", "secrets"), calls=[
        {"name": "bash", "args": {"command": "echo %s >\"$(printf "
                                  "'b\\377.py')\"" % key}}])
    assert ends[0]["decision"] == "deny" and r.returncode == 5, ends
    assert key not in json.dumps(ends)
    w.clean_project()
    r, ends = start(w, {"a.py": "url = 'https://host/a:b@c'\nsk = 'task-list'\n"},
                    ("before_apply", "secrets"))
    assert ends[0]["decision"] == "allow" and r.returncode == 0, ends


def test_notify(w):
    """It says what happened and no more, and runs nothing of the project's."""
    for name in "json.py", "encodings.py", "sitecustomize.py":
        w.write(name, "open(%r, 'w')\n" % w.path("owned"))
    w.write("notify-send", "#!/bin/sh\necho \"$@\" >>\"$HOME/told\"\n",
            0o755, base=w.path("bin"))
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]
    r, ends = start(w, {"a.txt": "secret\n"}, ("applied", "notify"),
                    sandbox=False)
    assert r.returncode == 0, r.stdout + r.stderr
    with open(os.path.join(w.home, "told")) as f:
        assert f.read() == "assent files were written\n"
    assert not os.path.exists(w.path("owned"))


def test_nothing_is_read_as_a_program(w):
    """Of all in contrib: python without a script of its own looks for modules in
    the folder it is in, and tmux gives its formats to a shell."""
    top = os.path.dirname(HOOKS)
    for base, _, names in os.walk(top):
        for name in names:
            with open(os.path.join(base, name), encoding="utf-8") as f:
                text = f.read()
            if not name.endswith(".md"):
                assert not re.search(r"python3? (?!-I )-?[cm]\b|python3 -[cm]",
                                     text), name
            for job in re.findall(r"#\((.*)\)", text):
                assert set(re.findall(r"#\{(.*?)\}", job)) <= {"pane_id"}, name


harness.main(globals())
