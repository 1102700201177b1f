"""A project on bindfs, a file system that cannot exchange two names."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}


def write(path, text):
    return {"calls": [{"name": "write", "args": {"path": path,
                                                 "content": text}}]}


def edit(path, old, new):
    return {"calls": [
        {"name": "read", "args": {"path": path}},
        {"name": "edit", "args": {"path": path, "old_string": old,
                                      "new_string": new}}]}


def on_bindfs(below, top, what):
    if shutil.which("bindfs") is None:
        raise harness.Skip("there is no bindfs: ./bootstrap engines")
    for path in (below, top):
        os.makedirs(path, exist_ok=True)
    harness.own_mounts()
    r = subprocess.run(["bindfs", below, top], stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise harness.Skip("bindfs: " + r.stderr.decode().strip())
    try:
        what()
    finally:
        subprocess.run(["umount", top], check=True)


def test_changes_are_applied(w):
    below = w.path("below")

    def change():
        w.write("a.txt", "one\n")
        w.mock([edit("a.txt", "one", "two"), write("new.txt", "new\n"), DONE],
               config={"plan": "skip"})
        r = w.run("exec", "--approve", "yes", "change it")
        assert r.returncode == 0, (r.stdout, r.stderr)
        assert sorted(os.listdir(below)) == ["a.txt", "new.txt"]
        assert w.read("a.txt") == "two\n"
        assert w.read("new.txt") == "new\n"
        said = [e["text"] for e in w.events("note")]
        assert any("hasn't tested this file system" in x for x in said), said
        assert ["atomic" in e for e in w.events("proposal")] == [True, False]
        r = w.run("doctor")
        assert b"\nwrites      may not be atomic" in r.stdout, r.stdout
        w.verify()
    on_bindfs(below, w.project, change)


def test_no_save_is_lost(w):
    """The gate's own tests, there: saves aimed at each step, and crashes."""
    top = w.path("top")
    # In memory: the steps are tested, not the disk.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    below = tempfile.mkdtemp(dir=memory)

    def run():
        for name in ("test_apply_aimed_saves", "test_apply_crash*"):
            r = subprocess.run(
                [os.path.join(harness.BUILD, "tests", "unit", "test-apply")],
                env=dict(os.environ, TMPDIR=top, APPLY_TESTS=name),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert r.returncode == 0, r.stdout.decode()
    try:
        on_bindfs(below, top, run)
    finally:
        shutil.rmtree(below)


harness.main(globals())
