"""--worktree: tasks in linked worktrees of their own, beside the user's
checkout, and `log -- FILE` in them."""

import fcntl
import glob
import os
import re
import shutil

from commitlib import OLD, repo
import harness
from harness import bash, edit

DONE = {"calls": [{"name": "done", "args": {"summary": "x"}}]}


def project(w):
    w.write("a.txt", "one\n")
    w.write("sub/b.txt", "two\n")
    w.repository()
    w.write("a.txt", "mine\n")


def folder(w, name=None):
    top, = glob.glob(w.path("home/.local/share/assent/worktrees/project-*"))
    return os.path.join(top, name) if name else top


def listed(w):
    """NAME -> its branch, by git; "unfinished" if nobody can work there."""
    top = folder(w)
    found = {n.lstrip("."): "" for n in os.listdir(top)}
    for tree in w.git("worktree", "list", "--porcelain").split("\n\n"):
        lines = tree.split("\n")
        if os.path.dirname(lines[0][9:]) == top:
            found[os.path.basename(lines[0])] = "".join(
                x[len("branch refs/heads/"):] for x in lines if x.startswith("branch "))
    for name in found:
        link = os.path.join(top, name, ".git")
        if os.path.exists(os.path.join(top, "." + name)) or \
                not os.path.exists(link) or not os.path.exists(
                    os.path.join(w.read(link)[8:-1], "HEAD")):
            found[name] = "unfinished"
    return found


def commit(w, at):
    w.git("-C", at, "add", ".")
    w.git("-C", at, "commit", "-qm", "work")


def test_a_folder_of_another_user(w):
    """They could change what is worked on."""
    if os.geteuid() != 0:
        raise harness.Skip("only root can give a folder away")
    project(w)
    data = w.path("data")
    os.makedirs(data)
    os.chown(data, 12345, 12345)
    m = w.mock([DONE])
    r = w.run("exec", "--worktree=x", "task", env={"XDG_DATA_HOME": data})
    assert r.returncode == 2 and b"belongs to another user" in r.stderr, r
    assert not os.listdir(data) and not m.requests()


def test_a_task_beside_the_checkout(w):
    """It begins with the last commit, what it writes stays there, and the
    repository itself is out of reach."""
    harness.need_sandbox(w)
    project(w)
    before = harness.tree(os.path.join(w.project, ".git"))
    m = w.mock([bash("pwd; cat a.txt; git log --oneline; echo new >n; "
                     "git commit -qam x; echo x >%s/.git/HEAD; "
                     "git branch stolen" % w.project), DONE],
               config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--worktree=fix-1", "first task",
              cwd=w.path("home/src/project/sub"))
    assert r.returncode in (0, 3), (r.stdout, r.stderr)
    at = folder(w, "fix-1")
    assert ("working in " + at) in r.stderr.decode(), r.stderr
    said = m.requests()[1]["body"]["messages"][-1]["content"]
    # The same place in the worktree as in the checkout.
    assert os.path.join(at, "sub") in said and "begin" in said, said
    assert w.read(os.path.join(at, "sub", "n")) == "new\n"
    assert w.read("a.txt") == "mine\n" and not os.path.exists(
        os.path.join(w.project, "sub", "n"))
    after = harness.tree(os.path.join(w.project, ".git"))
    changed = {n for n in set(before) | set(after)
               if before.get(n) != after.get(n)}
    assert all(re.match(r"worktrees(/|$)|refs/heads/assent(/|$)|"
                        r"logs/refs/heads/assent(/|$)", n)
               for n in changed), changed
    assert listed(w) == {"fix-1": "assent/fix-1"}, listed(w)
    assert w.git("-C", at, "status", "--porcelain") == "?? sub/n\n"
    r = w.run("commit")
    assert r.returncode == 2 and b"no session yet" in r.stderr and \
        b"assent ls --all lists those of its worktrees" in r.stderr, r
    # The same name goes on there; without one, a new name is found.
    m = w.mock([bash("cat n"), DONE], config={"plan": "skip"})
    r = w.run("exec", "--worktree=fix-1", "go on",
              cwd=w.path("home/src/project/sub"))
    assert b"as it was left" in r.stderr, r
    assert "new" in m.requests()[1]["body"]["messages"][-1]["content"]


def test_copies(w):
    """worktree_copy: what git doesn't track, with its mode and time; links stay
    links, a missing name is said, and a secret stays hidden from commands."""
    w.write("linked/b.txt", "two\n")
    os.symlink(w.path("outside"), w.project + "/leads")
    project(w)
    os.unlink(w.project + "/leads")
    w.write("leads/out", "mine\n")
    w.git("init", "-q", "nested")
    w.write(".gitignore", "node_modules\n.env*\n")
    w.write(".env.test", "TOKEN=abcdef\n", 0o640)
    w.write("sub/node_modules/m/run", "#!/bin/sh\n", 0o755)
    w.write("linked/c", "mine\n")
    w.write("outside/c", "mine\n", base=w.root)
    os.symlink("../m/run", w.write("sub/node_modules/.bin/x", "") + "2")
    os.symlink(w.path("outside"), w.project + "/node_modules")
    os.utime(w.project + "/sub/node_modules/m/run", (1, 10**9))
    w.mock([bash("cat .env.test; ls -R sub"), DONE], config={
        "plan": "skip", "worktree_copy": [".env.test", "node_modules", "nope",
                                          "a.txt", "linked", "leads",
                                          "nested"]})
    r = w.run("exec", "--worktree=x", "task", code=0)
    at = folder(w, "x")
    run = os.stat(at + "/sub/node_modules/m/run")
    assert (run.st_mode & 0o777, run.st_mtime) == (0o755, 10**9)
    assert run.st_nlink == 1
    assert os.stat(at + "/.env.test").st_mode & 0o777 == 0o640
    assert os.readlink(at + "/sub/node_modules/.bin/x2") == "../m/run"
    assert os.readlink(at + "/node_modules") == w.path("outside")
    with open(at + "/a.txt") as f:
        assert f.read() == "one\n"
    assert sorted(os.listdir(at + "/linked")) == ["b.txt", "c"]
    assert os.listdir(w.path("outside")) == ["c"]
    assert b"1 file not copied: cannot copy leads/out: " in r.stderr, r
    assert b"not copied: nested/ is a repository of its own" in r.stderr, r
    assert b"copying node_modules\n" in r.stderr, r
    assert b"worktree_copy: nope matches no file or link in " in r.stderr and \
        b"worktree_copy: a.txt matches no file or link in " in r.stderr, r
    if harness.level(w) != "none":
        said = w.mocks[0].requests()[1]["body"]["messages"][-1]["content"]
        assert "TOKEN" not in said and "m" in said, said


def test_a_hook_builds_first(w):
    """What a hook of session_start builds is there for the model's commands, and
    not in the worktree."""
    harness.need_sandbox(w)
    w.write(".gitignore", "built/\n")
    project(w)
    m = w.mock([bash("cat built/x"), DONE], config={"plan": "skip", "hooks": [{
        "event": "session_start", "name": "setup", "timeout_s": 60,
        "command": "mkdir built; echo $PWD >built/x"}]})
    w.run("exec", "--worktree=x", "go", code=0)
    at = folder(w, "x")
    assert at + "\n" in m.requests()[1]["body"]["messages"][-1]["content"]
    assert not os.path.exists(at + "/built")


def test_copies_without_a_sandbox(w):
    """A copied secret is hidden there, too."""
    wrap = harness.need_none()
    m = w.mock([harness.call("read", path=".env"), DONE], config={
        "plan": "skip", "worktree_copy": [".env"]})
    w.write(".env", "A=1\n")
    w.write("a.txt", "one\n")
    w.git("init", "-q")
    w.git("add", "a.txt")
    w.git("commit", "-qm", "x")
    w.run("exec", "--worktree=x", "go", wrap=wrap)
    assert os.path.exists(folder(w, "x") + "/.env")
    assert "A=1" not in str(m.requests()[-1]["body"])


def test_killed_while_it_is_made(w):
    """The worktree is unfinished, and nobody worked there: the same command
    makes it anew, from what is committed now."""
    project(w)
    w.write(".env", "A=1\n")
    real = shutil.which("git")
    for at, args in (("worktree add", ["--branch", "loud"]),
                     ("reset", []), ("ls-files", [])):
        w.write("git", "#!/bin/sh\ncase \" $* \" in *' %s '*) %s \"$@\"; kill "
                "-9 $PPID; exit;; esac\nexec %s \"$@\"\n" % (at, real, real),
                0o755, base=w.path("bin"))
        w.mock([DONE], config={"plan": "skip", "worktree_copy": [".env"]})
        run = ["exec", "--name", "n " + at, "--worktree=x", *args, "look"]
        r = w.run(*run, env={"PATH": w.path("bin") + ":" + w.env["PATH"]})
        assert r.returncode == -9 and "unfinished" in listed(w)["x"], r
        if args:        # as git that was killed leaves it
            w.git("worktree", "lock", "--reason", "initializing",
                  folder(w, "x"))
        w.git("commit", "-qam", "mine", "--allow-empty")
        r = w.run(*run, code=0)
        assert b"worktree x is unfinished: making it anew\n" in r.stderr, r
        assert w.read(folder(w, "x/a.txt")) == "mine\n"
        assert w.read(folder(w, "x/.env")) == "A=1\n"
        assert listed(w) == {"x": args[-1] if args else "assent/x"}, listed(w)
        remove(w, "x")


def submodules(w):
    """one/in and one are checked out, two isn't; git's words that make one."""
    git = ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"]
    for name in ("in", "one", "two"):
        at = w.path("repos", name)
        w.write("f", name + "\n", base=at)
        w.git("init", "-q", at)
        w.git("-C", at, "add", "f")
        w.git("-C", at, "commit", "-qm", "x")
    w.git("-C", w.path("repos", "one"), *git, "submodule", "add", "-q",
          w.path("repos", "in"), "in")
    w.git("-C", w.path("repos", "one"), "commit", "-qm", "in")
    project(w)
    for name in ("one", "two"):
        w.git(*git, "submodule", "add", "-q", w.path("repos", name),
              "lib/" + name)
    w.git(*git, "submodule", "update", "-q", "--init", "--recursive")
    w.git("commit", "-qm", "submodules")
    w.git("submodule", "deinit", "-q", "-f", "lib/two")
    shutil.rmtree(w.project + "/.git/modules/lib/two")
    return git


def test_submodules(w):
    """They have the files of the checkout's, without the network, its hooks and
    its programs; an empty one is named to the user and the model."""
    harness.need_sandbox(w)
    git = submodules(w)
    ran = w.path("ran")
    module = w.project + "/.git/modules/lib/one"
    w.write("hooks/post-checkout", "#!/bin/sh\ntouch %s\n" % ran, 0o755,
            base=module)
    w.git("-C", w.project + "/lib/one", "config", "filter.x.smudge",
          "touch %s; cat" % ran)
    w.git("-C", w.project + "/lib/one", "config", "core.fsmonitor",
          "touch %s; false" % ran)
    w.write("info/attributes", "* filter=x\n", base=module)
    shutil.rmtree(w.path("repos"))
    before = harness.tree(module)
    m = w.mock([bash("cat lib/one/f lib/one/in/f; git status --short; "
                     "ls lib/two"), DONE], config={"plan": "skip"})
    r = w.run("exec", "--worktree=x", "look", code=0)
    at = folder(w, "x")
    assert b"empty submodules, which aren't checked out in %s: lib/two. To " \
        b"fetch them, run git submodule update --init in %s\n" % (
            os.path.realpath(w.project).encode(), at.encode()) in r.stderr, r
    said = [x["content"] for x in m.requests()[-1]["body"]["messages"]]
    told, = [x for x in said if "[assent] Where you work" in str(x)]
    assert "aren't checked out, so their folders are empty: lib/two\n" in told
    assert "lib/one" not in told, told
    assert "one\nin\n" in said[-1] and "M lib" not in said[-1], said[-1]
    assert w.git("-C", at, "submodule", "status")[0] == " "
    assert not os.path.exists(ran) and harness.tree(module) == before
    w.git("-C", at, *git, "submodule", "update", "--init", "lib/one")
    assert harness.tree(module) == before


def remove(w, name):
    """As the manual says: by git."""
    w.git("worktree", "remove", "-f", folder(w, name))
    w.git("branch", "-D", *[b for b in w.git(
        "branch", "--format=%(refname:short)").split() if b != "main"])
    assert listed(w) == {}


def test_removal_by_git(w):
    """Its branch is found again; a folder that somebody deleted is said."""
    project(w)
    look(w)
    at = folder(w, "x")
    w.write("a.txt", "ONE\n", base=at)
    commit(w, at)
    w.git("worktree", "remove", at)
    look(w)
    assert w.read(os.path.join(at, "a.txt")) == "ONE\n"
    shutil.rmtree(at)
    r = look(w)
    assert r.returncode == 2 and b"git worktree prune" in r.stderr, r
    w.git("worktree", "prune")
    assert look(w).returncode == 0 and listed(w) == {"x": "assent/x"}


def test_start_that_fails(w):
    """Nothing is left of a worktree in which no session began; one that was
    there before stays."""
    project(w)
    for args in ([], ["--model", "nobody/x"]):
        r = w.run("exec", "--worktree=new", *args, "go")
        assert r.returncode != 0 and b"removed the worktree again" in \
            r.stderr, r
        assert listed(w) == {}
        assert w.git("branch", "--list", "assent/*") == ""
        assert os.listdir(folder(w)) == []
    w.git("branch", "assent/new")
    assert w.run("exec", "--worktree=new", "go").returncode != 0
    assert listed(w) == {}
    assert w.git("branch", "--list", "assent/*") == "  assent/new\n"
    w.mock([DONE], config={"plan": "skip"})
    assert w.run("exec", "--worktree=new", "go").returncode == 0
    r = w.run("exec", "--worktree=new", "--model", "nobody/x", "go")
    assert r.returncode != 0 and b"removed" not in r.stderr, r
    assert list(listed(w)) == ["new"]


def test_mistakes(w):
    """Each is a sentence, and makes nothing."""
    for name in ("../x", "-x", "a/b", "a b", ".x", "x.lock", "a..b", "x" * 101):
        r = w.run("exec", "--worktree=" + name, "task")
        assert r.returncode == 2, (name, r)
    w.git("init", "-q")
    r = w.run("exec", "--worktree=x", "task")       # no commit yet
    assert r.returncode == 2 and b"git worktree" in r.stderr, r
    project(w)
    for name in ("x.lock", "a..b"):
        r = w.run("exec", "--worktree=" + name, "task")
        assert r.returncode == 2 and b"valid" in r.stderr, (name, r)
    w.git("branch", "assent")
    r = w.run("exec", "--worktree=x", "task")
    assert r.returncode == 2 and b"assent/x" in r.stderr, r
    assert w.git("worktree", "list").count("\n") == 1


def test_branch_of_the_user(w):
    """--branch with --worktree: no second branch."""
    project(w)
    w.mock([DONE], config={"plan": "skip"})
    w.run("exec", "--worktree=x", "--branch", "louder", "go", code=0)
    assert w.git("branch", "--format=%(refname:short)") == "louder\nmain\n"
    assert "louder" in listed(w)["x"]
    # Another one in that worktree, and one in a worktree without a name.
    w.mock([DONE, DONE])
    r = w.run("exec", "--worktree=x", "--branch", "more", "go")
    assert r.returncode == 0 and "more" in listed(w)["x"], r
    r = w.run("exec", "--worktree", "--branch", "third", "go")
    assert r.returncode == 0 and "third" in listed(w)["work-1"], r
    for name in "third", "a..b", "":
        r = w.run("exec", "--worktree", "--branch", name, "go")
        assert r.returncode == 2 and b"git worktree" in r.stderr, r
        assert sorted(listed(w)) == ["work-1", "x"]


def logged(w, *args, **kw):
    r = w.run("log", *args, **kw, code=0)
    return [s.split("  ", 1)[1] for s in r.stdout.decode().splitlines()]


def test_who_accepted_it(w):
    """log -- FILE in the checkout, and in each worktree: also after the merge
    and when the worktree is gone."""
    harness.need_sandbox(w)
    repo(w, a=OLD)
    for line in 5, 6:
        w.mock([edit("a", "line %d\n" % line, "LINE %d\n" % line), DONE],
               config={"plan": "skip"})
        w.run("exec", "--approve", "yes", "--worktree=x", "task", code=0)
        if line == 5:
            w.run("commit", "-m", "work", cwd=folder(w, "x"), code=0)
    w.write("sub/c", "c\n")
    one, two = w.sessions()
    was = "change 1 of session %s in worktree x, +1 -1, accepted by rule yes, " \
        "proposed by mock/m, " % one
    head = w.git("rev-parse", "--short=12", "assent/x").strip()
    assert logged(w, "--", "a") == [
        was.replace(one, two) + "not committed",
        was + "commit %s, not on this branch" % head], logged(w, "--", "a")
    here = logged(w, "--", "a", cwd=folder(w, "x"))
    assert here[1] == was.replace(" in worktree x", "") + "commit " + head, here
    w.run("commit", two, "-m", "more", cwd=folder(w, "x"), code=0)
    w.git("merge", "-q", "assent/x")
    lines = logged(w, "--", "../a", cwd=os.path.join(w.project, "sub"))
    assert lines[1] == was + "commit " + head, lines
    w.git("worktree", "remove", "-f", folder(w, "x"))
    w.git("branch", "-d", "assent/x")
    assert logged(w, "--", "a") == lines
    assert any("changed: a" in s or "wrote 1 file" in s
               for s in logged(w, one)), logged(w, one)
    assert w.run("log", "--", "b").stdout == b""
    r = w.run("undo", one)
    assert r.returncode == 1 and b"its worktree was removed; git revert" in \
        r.stderr, r
    # Without a repository there is still the session's part.
    shutil.rmtree(os.path.join(w.project, ".git"))
    assert logged(w, "--root", w.project, "--", "a") == []


def look(w, **kw):
    w.mock([{"text": "x"}], config={"plan": "skip"})
    return w.run("exec", "--worktree=x", "look", **kw)


def unfinished(w):
    """After a kill: nothing works there, and the list says so; the same command
    makes it anew."""
    assert "unfinished" in listed(w)["x"], listed(w)
    for at in os.listdir(folder(w)):
        if os.path.isdir(folder(w, at)):
            r = w.run("exec", "look", cwd=folder(w, at))
            assert r.returncode == 2 and b"is unfinished" in r.stderr, r
    r = look(w)
    assert r.returncode == 0 and b"making it anew" in r.stderr, r
    assert len(os.listdir(os.path.join(folder(w, "x"), "many"))) == 50
    assert listed(w) == {"x": "assent/x"}, listed(w)
    remove(w, "x")
    assert os.listdir(folder(w)) == []


def test_half_made(w):
    """As a kill leaves it."""
    for n in range(50):
        w.write("many/%d" % n, "x\n")
    project(w)
    real = shutil.which("git")
    env = {"PATH": w.path("bin") + ":" + w.env["PATH"]}
    for command in (":", "%s \"$@\"; rm -r $x/many" % real,
                    "%s \"$@\"; rm $x/.git" % real):
        w.write("git", "#!/bin/sh\nx=$(echo ~/.local/share/assent/worktrees/*)"
                "/x\ncase \" $* \" in *' worktree add '*) %s\nkill -9 $PPID\n"
                "exit;; esac\nexec %s \"$@\"\n" % (command, real), 0o755,
                base=w.path("bin"))
        assert look(w, env=env).returncode == -9
        unfinished(w)


def test_in_the_way(w):
    """A folder that git doesn't know isn't worked on."""
    project(w)
    assert look(w).returncode == 0
    at = folder(w, "x")
    w.git("worktree", "remove", at)
    w.write("mine", "mine\n", base=at)
    before = harness.tree(at)
    assert "unfinished" in listed(w)["x"]
    for r in look(w), w.run("exec", "look", cwd=at):
        assert r.returncode == 2 and b"worktree x is unfinished" in r.stderr, r
    assert harness.tree(at) == before


def test_two_at_once(w):
    """The second one says why it waits."""
    project(w)
    assert look(w).returncode == 0
    fd = os.open(folder(w), os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    w.mock([{"text": "x"}], config={"plan": "skip"})
    p = w.start("exec", "--worktree=x", "look")
    line = p.stderr.readline()
    assert b"waiting for another assent" in line, line
    os.close(fd)
    p.communicate()
    assert p.returncode == 0


harness.main(globals())
