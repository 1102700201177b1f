"""assent commit: what was applied, and only that, becomes a commit of the user's
own git; their index, staged and unstaged lines stay as they were.
"""

def test_killed_after_head_moved(w):
    old = mixed(w)
    path = hook(w, "post-commit", "kill -9 $(ps -o ppid= -p $PPID)\n")
    r = commit(w)
    assert r.returncode == -9, r
    assert index(w) == old[1] and head(w) != old[0]
    os.unlink(path)
    # Who only looks says so.
    for args in ("ls",), ("show",), ("log",), ("stats",), ("end",):
        r = w.run(*args)
        assert b"has an interrupted commit: assent commit" in r.stderr, r
    assert index(w) == old[1]
    settled(w, old)
    assert b"interrupted" not in w.run("ls").stderr


def test_somebody_else(w):
    """Who commits while we look isn't undone; a file that is to be added; two at
    once."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 5)), write("new", "new\n"))
    git(w, "add", "-N", "new")
    real = shutil.which("git")
    w.write("git", "#!/bin/sh\n[ \"$3\" != write-tree ] || (\n"
            "unset GIT_INDEX_FILE GIT_LITERAL_PATHSPECS\n"
            "echo theirs >b; %s commit -qm theirs b) || exit\n"
            "exec %s \"$@\"\n" % (real, real), 0o755, base=w.path("bin"))
    r = commit(w, env={"PATH": w.path("bin") + ":" + w.env["PATH"]})
    assert r.returncode == 1 and b"somebody used git here" in r.stderr, r
    assert show(w, "b") == "theirs\n" and show(w, "a") == OLD
    w.write("editor", "#!/bin/sh\n%s commit -m x 2>%s\n" % (
        harness.ASSENT, w.path("second")), 0o755, base=w.path())
    w.run("commit", env={"GIT_EDITOR": w.path("editor")}, code=1)
    with open(w.path("second")) as f:
        assert "another assent commit" in f.read()
    commit(w, code=0)
    assert show(w, "b") == "theirs\n" and show(w, "new") == "new\n"
    assert status(w) == ""
    clean(w)


