"""A project on bindfs, a file system that cannot exchange two names."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}


def write(path, text):
    return {"calls": [{"name": "write", "args": {"path": path,
                                                 "content": text}}]}


def edit(path, old, new):
    return {"calls": [
        {"name": "read", "args": {"path": path}},
        {"name": "edit", "args": {"path": path, "old": old, "new": new}}]}


def test_changes_are_applied(w):
    if shutil.which("bindfs") is None:
        raise harness.Skip("there is no bindfs: ./bootstrap engines")
    below = w.path("below")
    os.makedirs(below)
    w.write("a.txt", "one\n", base=below)
    r = subprocess.run(["bindfs", below, w.project], stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise harness.Skip("bindfs: " + r.stderr.decode().strip())
    try:
        w.mock([edit("a.txt", "one", "two"), write("new.txt", "new\n"), DONE],
               config={"plan": "skip"})
        r = w.run("exec", "--approve", "yes", "change it")
        assert r.returncode == 0, (r.stdout, r.stderr)
        assert sorted(os.listdir(below)) == ["a.txt", "new.txt"]
        assert w.read("a.txt") == "two\n"
        assert w.read("new.txt") == "new\n"
        w.verify()
    finally:
        subprocess.run(["umount", w.project], check=True)


harness.main(globals())
