#!/usr/bin/env python3
"""assent try where it hurts: odd names and contents, entries that can never be
proposed, disks that are full, users who edit meanwhile, commands that will not
go."""

def test_odd_names(w):
    root = os.fsencode(w.project)
    for n in NAMES:
        with open(os.path.join(root, n), "wb") as f:
            f.write(b"old\n")
    r = shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
              "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :")
    assert r.returncode == 5, r
    # The diff is one that git takes as it is.
    w.write("p.diff", r.stdout, base=w.root)
    w.git("apply", "--check", w.path("p.diff"))
    r = shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
              "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :",
              "--approve", "yes")
    assert r.returncode == 0, r
    for n in NAMES:
        with open(os.path.join(root, n), "rb") as f:
            assert f.read() == b"new\n", n
    with open(os.path.join(root, b"d\n\x1b/f\n"), "rb") as f:
        assert f.read() == b"n\n"


def test_started_in_a_folder_below(w):
    w.write("sub/f", "old\n")
    w.git("init", "-q")
    r = shell(w, "pwd; cat f; echo new >f; echo x >../g", "--approve", "yes",
              cwd=os.path.join(w.project, "sub"))
    assert r.returncode == 0, r
    assert r.stdout.startswith(os.fsencode(w.project) + b"/sub\nold\n"), r
    assert w.read("sub/f") == "new\n" and w.read("g") == "x\n"


def test_read_only_folder(w):
    w.write("ro/f", "one\n")
    w.write("rw/f", "one\n")
    wrap = harness.as_user(w)
    os.chmod(os.path.join(w.project, "ro"), 0o555)
    before = harness.tree(w.project)
    r = shell(w, "chmod u+w ro; echo two >ro/f; echo two >rw/f", "--approve",
              "yes", wrap=wrap)
    assert r.returncode == 5, r
    assert b"ro" in r.stderr and b"Permission denied" in r.stderr, r.stderr
    assert r.stderr.count(b"Permission denied") == 1, r.stderr
    assert harness.tree(w.project) == before
    assert w.events("agent_end")[-1]["proposed"] == ["ro/f", "rw/f"]


def test_as_an_ordinary_user(w):
    w.write("f", "one\n", 0o640)
    w.write("x.sh", "#!/bin/sh\necho hi\n", 0o755)
    w.repository()
    wrap = harness.as_user(w)
    harness.need_sandbox(w, wrap)
    r = shell(w, "id -u; ./x.sh; echo two >>f; mkdir d; echo n >d/n; "
              "git status --short; (sleep 4713 &)", "--approve", "yes",
              wrap=wrap)
    assert r.returncode == 0, r
    assert r.stdout.startswith(b"%d\nhi\n M f\n?? d/\n" % (
        harness.USER if wrap else os.getuid())), r.stdout
    assert w.read("f") == "one\ntwo\n" and w.read("d/n") == "n\n"
    st = os.stat(os.path.join(w.project, "f"))
    assert stat.S_IMODE(st.st_mode) == 0o640
    if wrap:
    assert code == 5 and w.read("f") == "one\ntwo\n", (code, seen)


def test_root_in_a_users_project(w):
    """Root's files in a user's project stay the user's."""
    if os.geteuid() != 0:
        raise harness.Skip("we are not root")
    copied = harness.level(w) == "C"
    harness.users_project(w)
    if copied:
        # Root without capabilities can't enter a user's own folder.
        os.chmod(w.root, 0o711)
    harness.need_sandbox(w)
    r = shell(w, "echo two >f; mkdir d; echo n >d/n", "--approve", "yes")
    assert r.returncode == 0, r
    for name in ("f", "d", "d/n"):
        st = os.stat(os.path.join(w.project, name))
        assert st.st_uid == harness.USER, name
    # What was too long for a result can be read, by the user's tools too.
    r = shell(w, "ls /assent/out", "--approve", "yes")
    assert r.returncode == 0 and b"ermission" not in r.stdout, r


