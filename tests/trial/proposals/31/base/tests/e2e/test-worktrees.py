"""--worktree: tasks in linked worktrees of their own, beside the user's
checkout; `ls --worktrees`, `end --worktree`."""

def test_killed_while_it_copies(w):
    """The worktree is unfinished, as after any kill."""
    project(w)
    w.write(".env", "A=1\n")
    real = shutil.which("git")
    w.write("git", "#!/bin/sh\ncase \" $* \" in *' ls-files '*) kill -9 $PPID;"
            "exit;; esac\nexec %s \"$@\"\n" % real, 0o755, base=w.path("bin"))
    w.mock([DONE], config={"plan": "skip", "worktree_copy": [".env"]})
    r = w.run("exec", "--worktree=x", "look",
              env={"PATH": w.path("bin") + ":" + w.env["PATH"]})
    assert r.returncode == -9 and "unfinished" in listed(w)["x"], r
    assert "removed x" in remove(w, "x", 0) and listed(w) == {}


def whole_or_said(w):
    """After a kill: work goes on in all of it or not at all, and the list says
    so; removal ends it in any case. Was it whole?"""
    lock = os.path.join(w.project, ".git/refs/heads/assent/x.lock")
    r = look(w)
    if r.returncode == 0:
        assert len(os.listdir(os.path.join(folder(w, "x"), "many"))) == 50
        assert listed(w)["x"].endswith("look"), listed(w)
    else:
        assert r.returncode == 2 and b"end --worktree x" in r.stderr, r
        assert "unfinished" in listed(w)["x"], listed(w)
        for at in os.listdir(folder(w)):
            if os.path.isdir(folder(w, at)):
                r = w.run("exec", "look", cwd=folder(w, at))
                assert r.returncode == 2 and b"is unfinished" in r.stderr, r
        said = w.run("merge", "x")
        assert said.returncode != 0 and b"--worktree x" in said.stderr, said
    assert "removed x" in remove(w, "x", 0)
    assert os.listdir(folder(w)) == [] and listed(w) == {}
    assert w.git("worktree", "list").count("\n") == 1
    if os.path.exists(lock):        # git's own
        os.unlink(lock)
        w.git("branch", "-d", "assent/x")
    assert w.git("branch", "--list", "assent/*") == ""
    return r.returncode == 0


def test_half_made(w):
    """As a kill leaves it: nothing is worked on there, and removal ends it."""
    for n in range(50):
        w.write("many/%d" % n, "x\n")
    project(w)
    real = shutil.which("git")
    env = {"PATH": w.path("bin") + ":" + w.env["PATH"]}
    for what, command in (
            ("add", ":"),
            ("add", "%s \"$@\"" % real),
            ("add", "%s \"$@\"; rm -r $x/many" % real),
            ("add", "%s \"$@\"; rm $x/.git" % real),
            ("remove", "rm -r $x/many $x/.git"),
            ("remove", "rm -r $x"),
            ("remove", "%s \"$@\"" % real)):
        w.write("git", "#!/bin/sh\nx=$(echo ~/.local/share/assent/worktrees/*)"
                "/x\ncase \" $* \" in *' worktree %s '*) %s\nkill -9 $PPID\nexit;; "
                "esac\nexec %s \"$@\"\n" % (what, command, real), 0o755,
                base=w.path("bin"))
        if what == "add":
            r = look(w, env=env)
        else:
            assert look(w).returncode == 0
            r = w.run("end", "--worktree", "x", env=env)
        assert r.returncode == -9, r
        assert not whole_or_said(w), (what, command)


