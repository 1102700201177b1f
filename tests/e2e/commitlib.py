"""Shared by the tests of assent commit: a repository of the user's, an agent's
changes in it, and git's view of it afterwards."""

import os
import subprocess

DONE = {"calls": [{"name": "done", "args": {"summary": "Did it."}}]}
OLD = "".join("line %d\n" % n for n in range(1, 41))


def change(text, *lines):
    """These lines in capitals."""
    for n in lines:
        text = text.replace("line %d\n" % n, "LINE %d\n" % n)
    return text


def git(w, *args, ok=True, cwd=None, env=None, stdin=b""):
    r = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *args],
        cwd=cwd or w.project, input=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**w.env, "GIT_OPTIONAL_LOCKS": "0", **(env or {})})
    assert not ok or r.returncode == 0, (args, r)
    return r.stdout


def init(w, *args, cwd=None):
    os.makedirs(cwd or w.project, exist_ok=True)
    git(w, "init", "-q", "-b", "main", *args, cwd=cwd)
    git(w, "config", "user.name", "U", cwd=cwd)
    git(w, "config", "user.email", "u@example.com", cwd=cwd)


def repo(w, *args, **files):
    """The project as a repository with these files committed, by somebody else:
    a commit of the same author and second would be as good as an amended one."""
    init(w, *args)
    for name, text in files.items():
        w.write(name, text)
    if files:
        w.git("add", ".")
        w.git("commit", "-qm", "start")


def show(w, name, at="HEAD"):
    return git(w, "show", "%s:%s" % (at, name)).decode()


def status(w):
    return git(w, "status", "--porcelain").decode()


def clean(w):
    """Nothing is left of it but the commit."""
    left = [n for n in os.listdir(os.path.join(w.project, ".git"))
            if n.endswith(".lock") or "assent" in n]
    assert not left, left
    assert not os.path.exists(os.path.join(w.session_dir(), "commit"))
    git(w, "fsck", "--no-dangling")
    w.verify()
