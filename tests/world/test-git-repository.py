"""assent commit, worktrees and log in a large repository, by the same
choice as git add -p: git's own (thousands of files, years of history).
GIT_SUBJECT names a clone of it, or of another; it is only read.
"""

import glob
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}


def subject(w):
    """A clone of it as the project."""
    at = os.environ.get("GIT_SUBJECT")
    if not at:
        raise harness.Skip("GIT_SUBJECT names no clone of a large repository: "
                           "git clone https://github.com/git/git")
    harness.need_sandbox(w)
    r = subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", at,
                        w.project], env=w.env, stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise harness.Skip("GIT_SUBJECT: " + r.stderr.decode().strip())
    # Its bytes are compared, whatever its .gitattributes make of them.
    with open(os.path.join(w.project, ".git", "info", "attributes"), "w") as f:
        f.write("* -text -filter -ident\n")
    w.git("checkout", "-q", "-B", "main", "HEAD")
    w.git("config", "user.name", "U")
    w.git("config", "user.email", "u@example.com")


def texts(w, n):
    """The n longest sources that git has here, which are text."""
    sizes = []
    for line in w.git("ls-tree", "-r", "-l", "HEAD").splitlines():
        head, name = line.split("\t")
        mode, _, _, size = head.split()
        if mode == "100644" and name.endswith((".c", ".h", ".sh", ".py")) and \
                name.isascii() and '"' not in name:
            sizes.append((int(size), name))
    return [name for _, name in sorted(sizes)[-n:]]


def change(path, at, word):
    """A line of its own, after this many tenths of the file."""
    with open(path, "rb") as f:
        lines = f.read().split(b"\n")
    lines.insert(len(lines) * at // 10, word)
    with open(path, "wb") as f:
        f.write(b"\n".join(lines))


def test_as_git_add_p(w):
    """Staged, dirty and applied lines in twenty files: the tree is the one of
    git add -p, and the user's own lines stay where they are."""
    subject(w)
    names = texts(w, 20)
    for at, word, stage in (2, b"staged", True), (8, b"dirty", False):
        for name in names[::2]:
            change(os.path.join(w.project, name), at, word)
        if stage:
            w.git("add", *names[::2])
    index = w.git("write-tree")
    w.mock([{"calls": [{"name": "bash", "args": {"command":
            "for f in %s; do n=$(($(wc -l <$f) / 2)); sed -i \"${n}"
            "a applied\" $f; done; echo new >new" % " ".join(names)}}]}, DONE],
           config={"plan": "skip"})
    w.run("exec", "--approve", "yes", "--allow-protected", "*", "go", code=0)
    env = {**w.env, "GIT_INDEX_FILE": w.path("by-hand")}
    run = lambda *args, stdin=b"": subprocess.run(
        ["git", *args], cwd=w.project, env=env, input=stdin, check=True,
        stdout=subprocess.PIPE).stdout
    run("read-tree", "HEAD")
    run("add", "-p", "--", *names, stdin=b"".join(
        b"n\ny\nn\n" if name in names[::2] else b"y\n"
        for name in sorted(names)))
    run("add", "new")
    began = time.monotonic()
    w.run("commit", "-m", "applied", code=0)
    print("# commit of 21 files: %.1f s" % (time.monotonic() - began))
    assert w.git("rev-parse", "HEAD^{tree}").encode() == run("write-tree")
    diff = w.git("diff", "--cached", "-U0")
    assert diff.count("\n+staged") == 10 and "applied" not in diff
    assert w.git("diff", "-U0").count("\n+dirty") == 10
    assert w.git("diff", "--name-only").count("\n") == 10
    assert index != w.git("write-tree")


def test_worktree(w):
    """A task beside the checkout, its merge, and who accepted it."""
    subject(w)
    name = texts(w, 1)[0]
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": "sed -i '1a applied' %s" % name}}]}, DONE],
           config={"plan": "skip"})
    w.run("exec", "--approve", "yes", "--worktree=x", "--commit", "task",
          "--allow-protected", "*", "go", code=0)
    w.git("merge", "-q", "assent/x")
    w.git("worktree", "remove", "-f", *glob.glob(w.path(
        "home/.local/share/assent/worktrees/*/x")))
    w.git("branch", "-q", "-d", "assent/x")
    w.git("commit", "-q", "--amend", "-m", "by me")
    began = time.monotonic()
    r = w.run("log", "--", name)
    print("# log of a file: %.1f s" % (time.monotonic() - began))
    now = w.git("rev-parse", "--short=12", "HEAD").strip()
    assert "in worktree x, +1 -0, accepted by rule yes, proposed by mock/m, " \
        "commit %s (was " % now in r.stdout.decode(), r


harness.main(globals())
