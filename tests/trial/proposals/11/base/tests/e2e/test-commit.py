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
    clean(w)


