"""assent commit: what was applied, and only that, becomes a commit of the user's
own git; their index, staged and unstaged lines stay as they were.
"""

def test_not_separable(w):
    """Where the agent or the user has changed a line of the other's, that hunk is
    left, and the others are committed, also those of its file; it can be
    committed later."""
    repo(w, a=OLD, b=OLD)
    dirty = change(OLD, 12)
    w.write("a", dirty)
    agent(w, write("a", change(dirty, 13, 20, 21, 24).replace("LINE 12", "12")),
          write("b", change(OLD, 1)))
    w.write("a", "mine\n" + w.read("a").replace("LINE 21", "21"))
    r = commit(w, "--json", "-m", "x")
    assert r.returncode == 5, r
    said = b"not committed: lines 13-14, 21-22 of a mix your edit with an " \
        b"accepted one"
    assert b"assent: committed 2 files as " in r.stderr and r.stderr.endswith(
        b"\nassent: " + said + b"\nassent: assent commit --with-dirty commits "
        b"the whole file\n"), r
    o = json.loads(r.stdout)
    assert o["files"] == 2 and o["text"] == "committed 2 files as %s; %s; " \
        "assent commit --with-dirty commits the whole file" % (
            o["commit"][:12], said.decode()), o
    assert show(w, "b") == change(OLD, 1) and status(w) == " M a\n"
    assert show(w, "a") == show(w, "a", "") == change(OLD, 24)
    was = head(w), index(w)
    r = commit(w)
    assert r.returncode == 5, r
    assert b"assent: " + said + b"\nassent: nothing was committed; assent " \
        b"commit --with-dirty" in r.stderr, r
    assert (head(w), index(w)) == was and len(w.events("commit_begin")) == 1
    # The user commits theirs.
    w.write("a", change(OLD, 12, 24))
    git(w, "commit", "-qm", "mine", "--", "a")
    w.write("a", change(OLD, 12, 13, 20, 21, 24).replace("LINE 12", "12"))
    r = commit(w)
    assert r.returncode == 0 and show(w, "a") == w.read("a"), r
    # A binary file has no lines.
    w.write("data", b"1\0\n2\0\n")
    agent(w, bash("printf 'x\\0\\ny\\0\\n' >data"))
    w.write("data", b"x\0\nmine\0\n")
    assert commit(w).returncode == 5
    r = commit(w, "-m", "x", "--with-dirty")
    assert r.returncode == 0, r
    assert w.read("data") == show(w, "data") and status(w) == ""
    clean(w)


def test_kinds(w):
    """Created, deleted, renamed, empty, a link, the executable bit, binary,
    names like options, with a newline, and not UTF-8."""
    repo(w, gone="gone\n", old=OLD, x="#!/bin/sh\n", d="file\n",
         data=b"\0\1\2", mine="mine\n")
    w.write("mine", "dirty\n")
    agent(w, bash("rm gone d; mv old renamed; chmod +x x; ln -s x link; "
                  "mkdir d; echo in >d/f; : >empty; echo 1 >-rf; "
                  "echo 2 >--amend; echo 3 >\"$(printf 'new\\nline')\"; "
                  "echo 4 >\"$(printf 'b\\377d')\"; echo 5 >':(glob)*'; "
                  "printf '\\0\\3' >data"))
    r = commit(w)
    assert r.returncode == 0, r
    assert status(w) == " M mine\n", status(w)
    names = git(w, "ls-tree", "-r", "-z", "--name-only", "HEAD").split(b"\0")
    assert set(names) == {
        b"--amend", b"-rf", b":(glob)*", b"b\xffd", b"d/f", b"data", b"empty",
        b"link", b"mine", b"new\nline", b"renamed", b"x", b""}, names
    assert b"100755 blob" in git(w, "ls-tree", "HEAD", "x")
    assert b"120000 blob" in git(w, "ls-tree", "HEAD", "link")
    assert git(w, "show", "HEAD:data") == b"\0\3"
    clean(w)


def counted(w):
    """`assent commit`; how often it ran git."""
    log = w.path("ran")
    w.write("git", "#!/bin/sh\necho \"$*\" >>%s\nexec %s \"$@\"\n" % (
        log, shutil.which("git")), 0o755, base=w.path("bin"))
    r = commit(w, env={"PATH": w.path("bin") + ":" + w.env["PATH"]})
    assert r.returncode == 0, r
    with open(log) as f:
        n = len(f.readlines())
    os.rename(log, log + ".was")
    return n


def test_hook_changes(w):
    """It formats what is committed, and adds a file."""
    repo(w, a=OLD, c="c\n")
    w.write("s", "staged\n")
    git(w, "add", "s")
    staged = change(OLD, 40)
    w.write("a", staged)
    git(w, "add", "a")
    agent(w, write("a", change(staged, 5)))
    hook(w, "pre-commit", "git diff --cached --name-only >.git/seen\n"
         "git show :a | sed 's/LINE 5/Line 5/' >.git/t\n"
         "git update-index --cacheinfo 100644,"
         "$(git hash-object -w .git/t),a\n"
         "sed -i 's/LINE 5/Line 5/' a; echo more >>c; git add c\n")
    r = commit(w)
    assert r.returncode == 0, r
    assert w.read(".git/seen") == "a\n"
    assert show(w, "a") == OLD.replace("line 5", "Line 5")
    assert show(w, "c") == "c\nmore\n"
    assert show(w, "a", "") == staged.replace("line 5", "Line 5")
    assert status(w) == "M  a\nA  s\n", status(w)
    clean(w)


def settled(w, old, args=("-m", "msg"), done=mixed_done):
    """After a crash: the next assent in the project has made index and HEAD as
    before or as after, and `commit` does what is left."""
    def is_settled():
        w.run("undo", "--list", code=0)
        return len(w.events("commit_begin")) == len(w.events("committed"))
    # git may be dying still.
    harness.wait_until("git is gone", is_settled)
    now = head(w), index(w), status(w)
    if now[0] == old[0]:
        assert now == old, now
        assert all(e["commit"] is None for e in w.events("committed"))
    else:
        done(w)
        assert w.events("committed")[-1]["commit"] == now[0].decode().strip()
    assert [e["seq"] for e in w.events("commit_begin")] == \
        [e["begin"] for e in w.events("committed")]
    r = commit(w, *args)
    assert r.returncode == 0, r
    assert (b"nothing to " in r.stderr) == (now[0] != old[0]), r
    done(w)
    assert os.listdir(w.path("state", "assent", "committing")) == []
    clean(w)


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
    r = commit(w)
    assert r.returncode == 0, r
    assert show(w, "b") == "theirs\n" and show(w, "new") == "new\n"
    assert status(w) == ""
    clean(w)


