"""assent merge: the branch of a worktree comes into the user's checkout, by their
own git; the journal has it before and after.
"""

import os
import shutil
import subprocess

from commitlib import DONE, change, repo
import harness
from harness import edit

OLD = "".join("line %d\n" % n for n in range(1, 21))


def project(w, name="x", approve="yes", commit=True):
    """A repository, and a worktree of it in which line 5 is committed."""
    harness.need_sandbox(w)
    repo(w, a=OLD, b="b\n")
    work(w, name, 5, approve)
    if commit:
        w.run("commit", "-m", "work", cwd=at(w, name), code=0)


def work(w, name, line, approve="yes"):
    w.mock([edit("a", "line %d\n" % line, "LINE %d\n" % line), DONE],
           config={"plan": "skip"})
    r = w.run("exec", "--approve", approve, "--worktree=" + name, "task")
    assert r.returncode == (5 if approve == "later" else 0), r


def at(w, name):
    data = w.path("home/.local/share/assent/worktrees")
    top, = os.listdir(data)
    return os.path.join(data, top, name)


def merge(w, *args, code=0, **kw):
    r = w.run("merge", *(args or ("x",)), **kw, code=code)
    return r.stderr.decode()


def head(w, ref="HEAD"):
    return w.git("rev-parse", ref).strip()


def acts(w):
    """[act, argv, head before, status, head after] of each, None where it
    isn't said."""
    out = []
    for e in w.events():
        if e["type"] == "git_begin":
            out.append([e["act"], e["argv"], e.get("head"), "open", None])
        elif e["type"] == "git_end":
            out[-1][3:] = [e["status"], e.get("head")]
    return out


def test_merged(w):
    """As `git merge`: the user's dirty file stays, hooks run, the journal has
    both sides."""
    project(w)
    before = head(w)
    w.write("b", "mine\n")
    w.git("commit", "-qm", "mine too", "--allow-empty")
    mine = head(w)
    w.write(".git/hooks/commit-msg", "#!/bin/sh\nprintf '\\n\\nhooked\\n' >>\"$1\"\n",
            0o755)
    said = merge(w)
    assert "assent end --worktree x" in said, said
    assert w.read("a") == change(OLD, 5) and w.read("b") == "mine\n"
    assert w.git("status", "--porcelain") == " M b\n"
    assert w.git("log", "-1", "--format=%P").split() == [mine, head(w, "assent/x")]
    said = w.git("log", "-1", "--format=%B").split("\n")
    assert said[0] == "Merge branch 'assent/x'" and "hooked" in said, said
    assert acts(w) == [["merge", ["git", "merge", "assent/x"], mine,
                        0, head(w)]], acts(w)
    (begin,) = w.events("git_begin")
    assert begin["ref"] == "refs/heads/main" and begin["dir"] == w.project
    assert begin["by"].startswith("client:"), begin
    w.verify()
    shown = w.run("log", w.sessions()[-1]).stdout.decode()
    assert "merge: running git merge assent/x (HEAD %s)" % \
        mine[:12] in shown, shown
    assert "merge: done, HEAD is now " + head(w)[:12] in shown, shown
    # Once more: git has nothing to do, and that is no error.
    assert before != mine
    merge(w)
    assert acts(w)[1][2:] == [head(w), 0, head(w)]
    assert w.run("end", "--worktree", "x").returncode == 0
    assert w.git("branch", "--format=%(refname:short)") == "main\n"


def test_what_waits(w):
    """Hunks that nobody reviewed and lines that nobody committed aren't on the
    branch."""
    project(w, approve="later", commit=False)
    was = head(w)
    said = merge(w, code=5)
    id_ = w.sessions()[-1]
    assert "has an open question or review: assent resume " + id_ in said, said
    assert w.run("decide", id_, "--accept", "all").returncode == 0
    said = merge(w, code=1)
    assert "aren't committed: assent commit " + id_ in said, said
    assert at(w, "x") in said, said
    assert head(w) == was and acts(w) == []
    assert w.run("commit", id_, "-m", "x").returncode == 0
    merge(w)
    assert w.read("a") == change(OLD, 5)


def test_conflict(w):
    """git's own state stays, and both ways out of it work."""
    project(w)
    w.write("a", OLD.replace("line 5\n", "mine\n"))
    w.git("commit", "-qam", "mine")
    was = head(w)
    said = merge(w, code=1)
    assert "git merge --continue; or git merge --abort" in said, said
    assert w.project in said, said
    assert w.git("status", "--porcelain") == "UU a\n"
    assert acts(w) == [["merge", ["git", "merge", "assent/x"], was,
                        1, was]]
    # While it is in progress, there is no other.
    said = merge(w, code=1)
    assert "a merge is in progress: finish or abort it" in said, said
    assert len(acts(w)) == 1
    w.git("merge", "--abort")
    assert w.git("status", "--porcelain") == "" and head(w) == was
    merge(w, code=1)
    w.write("a", "both\n")
    w.git("add", "a")
    w.git("-c", "core.editor=true", "merge", "--continue")
    assert w.git("log", "-1", "--format=%P").split() == [was, head(w, "assent/x")]


def test_rebase(w):
    """The branch's commits come on top of the checkout's, which isn't touched
    until a conflict in the worktree is resolved; no merge commit."""
    project(w)
    w.write("a", OLD.replace("line 5\n", "mine\n"))
    w.git("commit", "-qam", "mine")
    mine = head(w)
    said = merge(w, "--rebase", "x", code=1)
    assert "In %s: resolve" % at(w, "x") in said, said
    assert "git rebase --continue, then assent merge x --rebase; or git " \
        "rebase --abort" in said, said
    assert head(w) == mine and w.git("status", "--porcelain") == ""
    assert "in worktree x, a rebase is in progress" in merge(w, code=1)
    w.write("a", "both\n", base=at(w, "x"))
    w.git("-C", at(w, "x"), "add", "a")
    w.git("-C", at(w, "x"), "-c", "core.editor=true", "rebase", "--continue")
    merge(w, "x", "--rebase")
    assert w.read("a") == "both\n" and head(w) == head(w, "assent/x")
    assert w.git("log", "--format=%s") == "work\nmine\nstart\n"
    assert [(a[0], a[1][1:], a[3]) for a in acts(w)] == [
        ("rebase", ["rebase", mine], 1), ("rebase", ["rebase", mine], 0),
        ("merge", ["merge", "--ff-only", "assent/x"], 0)]


def logged(w, *args, **kw):
    r = w.run("log", *args, **kw, code=0)
    return [s.split("  ", 1)[1] for s in r.stdout.decode().splitlines()]


def test_who_accepted_it(w):
    """log -- FILE in the checkout, and in each worktree: also after the merge
    and when the worktree is gone."""
    project(w)
    work(w, "x", 6)
    w.write("sub/c", "c\n")
    one, two = w.sessions()
    was = "change 1 of session %s in worktree x, +1 -1, accepted by rule yes, " \
        "proposed by mock/m, " % one
    head = w.git("rev-parse", "--short=12", "assent/x").strip()
    assert logged(w, "--", "a") == [
        was.replace(one, two) + "not committed",
        was + "commit %s, not on this branch" % head], logged(w, "--", "a")
    here = logged(w, "--", "a", cwd=at(w, "x"))
    assert here[1] == was.replace(" in worktree x", "") + "commit " + head, here
    w.run("commit", two, "-m", "more", cwd=at(w, "x"), code=0)
    said = merge(w, "assent/x")
    assert "assent end --worktree x" in said, said
    lines = logged(w, "--", "../a", cwd=os.path.join(w.project, "sub"))
    assert lines[1] == was + "commit " + head, lines
    assert w.run("end", "--worktree", "x").returncode == 0
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


def test_mistakes(w):
    """Each is a sentence, and git isn't run."""
    project(w)
    was = head(w)
    for name in "y", "--abort", "../x", "", "x\n\x1b[31m":
        said = merge(w, "--", name, code=2)
        assert "no worktree is named" in said and "\x1b" not in said, said
    assert "which worktree?" in w.run("merge").stderr.decode()
    # A tag of that name isn't what is merged.
    w.git("tag", "assent/x", "HEAD")
    merge(w)
    assert acts(w)[0][1] == ["git", "merge", "heads/assent/x"]
    assert head(w) == head(w, "refs/heads/assent/x") != was
    w.git("tag", "-d", "assent/x")
    w.git("reset", "-q", "--hard", was)
    # A branch that is named like an option of git's.
    w.git("-C", at(w, "x"), "symbolic-ref", "HEAD", "refs/heads/-n")
    w.git("update-ref", "refs/heads/-n", "assent/x")
    merge(w)
    assert acts(w)[1][1] == ["git", "merge", "refs/heads/-n"]
    assert head(w) == head(w, "assent/x") != was
    # Nothing is checked out there; the folder is gone.
    w.git("-C", at(w, "x"), "checkout", "-q", "--detach", "HEAD")
    said = merge(w, code=1)
    assert "has no branch checked out" in said, said
    w.git("-C", at(w, "x"), "checkout", "-q", "assent/x")
    shutil.rmtree(at(w, "x"))
    said = merge(w, code=1)
    assert "git merge assent/x merges its branch" in said, said


def test_killed_rebase(w):
    """Its files are still in the worktree."""
    project(w)
    w.git("commit", "-qm", "mine", "--allow-empty")
    w.write(".git/hooks/pre-rebase", "#!/bin/sh\nexec >/dev/null 2>&1\n"
            "kill -9 $(ps -o ppid= -p $PPID)\n", 0o755)
    assert w.run("merge", "x", "--rebase").returncode == -9
    r = w.run("ls", cwd=at(w, "x"))
    assert b"how an interrupted rebase ended: see git status in " + \
        at(w, "x").encode() in r.stderr, r


def test_killed(w):
    """Between git and the line about its end: nobody guesses."""
    project(w)
    w.git("commit", "-qm", "mine", "--allow-empty")
    was = head(w)
    # git ends with the process that started it.
    hook = w.write(".git/hooks/commit-msg",
                   "#!/bin/sh\nexec >/dev/null 2>&1\n"
                   "kill -9 $(ps -o ppid= -p $PPID)\n"
                   "while [ \"$(ps -o ppid= -p $$)\" -eq $PPID ]; do "
                   "sleep 0.02; done\ntouch %s\n" % w.path("gone"), 0o755)
    r = w.run("merge", "x")
    assert r.returncode == -9, r
    assert acts(w)[0][3] == "open"
    shown = w.run("log", w.sessions()[-1]).stdout.decode()
    assert "git still runs, or it isn't known how it ended" in shown, shown
    for args, cwd in ((["ls"], None), (["ls"], at(w, "x")),
                      (["log", "--", "a"], None)):
        r = w.run(*args, cwd=cwd)
        assert b"it isn't known how an interrupted merge ended: " \
            b"see git status in " + w.project.encode() in r.stderr, (args, r)
    harness.wait_until("git is gone", lambda: os.path.exists(w.path("gone")))
    os.unlink(hook)
    assert head(w) == was
    # git's state is as it left it, and the first thing that is looked at.
    assert "a merge is in progress" in merge(w, code=1)
    w.git("merge", "--abort")
    said = merge(w)
    assert "isn't known how an interrupted merge ended: see git status in " + \
        w.project in said, said
    assert [a[3] for a in acts(w)] == [None, 0]
    assert w.read("a") == change(OLD, 5)
    w.verify()
    shown = w.run("log", w.sessions()[-1]).stdout.decode()
    assert "merge: it isn't known how it ended" in shown, shown
    assert "git still runs" not in shown, shown
    assert os.listdir(w.path("state/assent/committing")) == []


def restore(w, kept, places):
    for n, place in enumerate(places):
        harness.make_writable(place)
        shutil.rmtree(place)
        subprocess.run(["cp", "-a", os.path.join(kept, str(n)), place],
                       check=True)


@harness.slow
def test_killed_anywhere(w):
    """Before each program that it starts, and each line to the core: nobody
    guesses, nothing is merged twice, and another one does what is left."""
    if shutil.which("strace") is None or subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"],
            stderr=subprocess.DEVNULL).returncode != 0:
        raise harness.Skip("strace doesn't work here")
    project(w)
    w.write("a", change(OLD, 15))
    w.git("commit", "-qam", "mine")
    was = head(w)
    kept, places = w.path("kept"), (w.path("home"), w.path("state"))
    os.mkdir(kept)
    for n, place in enumerate(places):
        subprocess.run(["cp", "-a", place, os.path.join(kept, str(n))],
                       check=True)

    def next_one():
        r = w.run("merge", *how)
        return b"is under way" not in r.stderr and r
    rounds = 0
    for how in (("x",), ("x", "--rebase")):
        for call in ("clone", "sendto"):
            for n in range(1, 200):
                r = w.run("merge", *how, wrap=(
                    "strace", "-qq", "-o", w.path("strace"), "-e",
                    "trace=" + call, "-e",
                    "inject=%s:signal=KILL:when=%d" % (call, n)))
                assert r.returncode in (0, -9, 137), r
                ended = r.returncode == 0
                before = acts(w)
                r = harness.wait_until("git is gone", next_one)
                assert r.returncode == 0, (call, n, r)
                unknown = before and before[-1][3] == "open"
                assert (b"isn't known how" in r.stderr) == bool(unknown), r
                assert w.read("a") == change(OLD, 5, 15)
                assert all(a[3] in (0, None) for a in acts(w)), acts(w)
                assert len([a for a in acts(w) if a[3] is None]) == \
                    bool(unknown)
                assert w.git("rev-list", "--count", was + "..HEAD") == \
                    ("1\n" if len(how) > 1 else "2\n")
                assert w.git("status", "--porcelain") == ""
                w.verify()
                restore(w, kept, places)
                if ended:
                    break
                rounds += 1
    assert rounds > 20, rounds


def test_its_turn(w):
    """The core records it: a session that runs does, too, and two don't at
    once."""
    project(w)
    w.git("commit", "-qm", "mine", "--allow-empty")
    there, on = w.path("there"), w.path("on")
    w.write(".git/hooks/pre-merge-commit", "#!/bin/sh\ntouch %s\n"
            "while [ ! -e %s ]; do sleep 0.02; done\n" % (there, on), 0o755)
    p = w.start("merge", "x")
    harness.wait_until("the hook", lambda: os.path.exists(there))
    assert acts(w)[0][3] == "open"      # durable before git ran
    beside = w.path("beside")
    w.git("worktree", "add", "-q", "-b", "other", beside, "HEAD")
    said = merge(w, code=1, cwd=beside)
    assert "is under way" in said, said
    open(on, "w").close()
    out, err = p.communicate()
    assert p.returncode == 0, (out, err)
    assert [a[3] for a in acts(w)] == [0]


harness.main(globals())
