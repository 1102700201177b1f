"""assent commit, worktrees, merge and log in a large repository, by the same
choice as git add -p: git's own (thousands of files, years of history).
GIT_SUBJECT names a clone of it, or of another; it is only read.
"""

def test_as_git_add_p(w):
    """Staged, dirty and applied lines in twenty files: the tree is the one of
    git add -p, and the user's own lines stay where they are."""
    subject(w)
            w.git("add", *names[::2])
    index = w.git("write-tree")
    w.mock([{"calls": [{"name": "bash", "args": {"command":
            "for f in %s; do n=$(($(wc -l <$f) / 2)); sed -i \"${n}"
            "a applied\" $f; done; echo new >new" % " ".join(names)}}]}, DONE],
           config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--allow-protected", "*", "go")
    assert r.returncode == 0, r
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
    r = w.run("commit", "-m", "applied")
    assert r.returncode == 0, r
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
    r = w.run("exec", "--approve", "yes", "--worktree=x", "--commit", "task",
              "--allow-protected", "*", "go")
    assert r.returncode == 0, r
    assert w.run("merge", "x").returncode == 0
    assert w.run("end", "--worktree", "x").returncode == 0
    w.git("commit", "-q", "--amend", "-m", "by me")
    began = time.monotonic()
    r = w.run("log", "--", name)
    print("# log of a file: %.1f s" % (time.monotonic() - began))
        "commit %s (was " % now in r.stdout.decode(), r


