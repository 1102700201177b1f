"""assent commit of a part of what was applied: some files, some changes; each
commit says what is in it.
"""

import json
import os
import shutil

from commitlib import DONE, OLD, change, clean, repo, show, status
import harness
from harness import bash, calls, write
import protocol


def agent(w, *steps, goal="Make it better"):
    """Each step is a change of its own, which is applied."""
    harness.need_sandbox(w)
    plan = harness.call("plan", goal=goal, files=["a"], risks=[], steps=[{
        "title": "Step %d" % (n + 1)} for n in range(len(steps))])
    w.mock([plan] + [calls(call, harness.call("step_done", step=n + 1))
                     for n, call in enumerate(steps)] + [DONE])
    c, at = protocol.start(w, plan="auto", task="do it"), 0
    for _ in steps:
        p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > at)
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], all="yes", seen=True)
        at = c.wait_event("applied", lambda e: e["seq"] > p["seq"])["seq"]
    c.wait_event("agent_end")
    c.close_and_wait()


def commit(w, *args, **kw):
    return w.run("commit", *args, **kw)


def files(w, at="HEAD"):
    return w.git("show", "--format=", "--name-only", at).split()


def test_paths(w):
    """git's pathspecs, from where the user is."""
    repo(w, a=OLD, **{"d/b.c": OLD, "d/e.c": OLD, "gone": "x\n", "c": OLD,
                      "del": "x\n"})
    w.write("a", change(OLD, 12))
    agent(w, bash("sed -i 's/LINE 12$/LINE 13/' a; sed -i 's/line 2$/LINE 2/' "
                  "d/b.c d/e.c c; rm gone; mkdir gone; echo y >gone/f; "
                  "echo z >\"d/*\"; rm del"))
    r = commit(w, "-m", "x", "--", "a")
    assert r.returncode == 5 and b"--with-dirty commits" in r.stderr, r
    for paths in (["nothing"], [":!."], ["a/x"]):
        r = commit(w, "-m", "x", "--", *paths)
        assert r.returncode == 1 and b"no change that isn't committed yet " \
            b"matches " + paths[0].encode() in r.stderr, r
    assert not w.events("commit_begin")
    r = commit(w, "c")
    assert r.returncode == 2 and b"a file comes after --: assent commit -- c" \
        in r.stderr, r
    sub = os.path.join(w.project, "d")
    r = commit(w, "-m", "x", "--", "b.c", cwd=sub)
    assert r.returncode == 0 and files(w) == ["d/b.c"], (r, files(w))
    r = commit(w, w.sessions()[-1], "-m", "x", "--", "*.c", cwd=sub)
    assert r.returncode == 0 and files(w) == ["d/e.c"], (r, files(w))
    commit(w, "-m", "x", "--", ":(literal)d/*", "gone", code=0)
    assert sorted(files(w)) == ["d/*", "gone", "gone/f"], files(w)
    # The user has staged the deletion: only HEAD has the name.
    w.git("rm", "-q", "--cached", "del")
    r = commit(w, "-m", "x", "--", "del")
    assert r.returncode == 0 and files(w) == ["del"], (r, files(w))
    # The files that a shell makes of *: more than git accepts at once.
    names = ["n%d" % n for n in range(3000)]
    r = commit(w, "-m", "x", "--", *names, "c")
    assert r.returncode == 0 and files(w) == ["c"], (r, files(w))
    assert status(w) == " M a\n", status(w)
    r = commit(w, "-m", "x", "--with-dirty", "--", "a")
    assert r.returncode == 0 and status(w) == "", r
    clean(w)


def test_changes(w):
    """Changes of one session in several commits, also of one file, in any
    order."""
    repo(w, a=OLD)
    five = change(OLD, 5, 6, 25).replace("LINE 5\n", "five\n")
    agent(w, write("a", change(OLD, 5)), write("a", change(OLD, 5, 25)),
          write("b", "b\n"), write("a", five))
    for word in ("0", "x", "1-", "3-2", "1x", "9", "2-9", "",
                 "1- 2", "1-+2"):
        r = commit(w, "--no-edit", "--change", word)
        assert r.returncode == 2 and b"--change " + word.encode() in \
            r.stderr, (word, r)
    assert not w.events("commit_begin")
    commit(w, "--no-edit", "--change", "2", code=0)
    assert show(w, "a") == change(OLD, 25), show(w, "a")
    assert w.git("log", "-1", "--format=%s|%b") == \
        "Make it better: a|Did it.\n\n"
    assert status(w) == " M a\n?? b\n", status(w)
    # Also of line 5.
    r = commit(w, "--no-edit", "--json", "--change", "4")
    assert r.returncode == 5 and b"lines 5-6 of a mix what you chose " \
        b"with change 1" in r.stderr, r
    assert b"nothing was committed; assent commit --change 4 --change 1 " \
        b"commits them together" in r.stderr, r
    assert json.loads(r.stdout)["needs"] == [1], r
    commit(w, "--no-edit", "--change=1", "--change", "4", code=0)
    assert show(w, "a") == five and files(w) == ["a"]
    listed = [s.split("  ", 2)[::2] for s in
              w.run("undo", "--list").stdout.decode().splitlines()]
    o = json.loads(w.run("undo", "--list", "--json").stdout)
    assert [c["change"] for c in o["changes"]] == [1, 2, 3, 4], o
    assert o["changes"][2]["files"] == [{"path": "b"}], o
    assert o["changes"][0]["task"] == "do it", o
    assert not o["changes"][0]["undone"], o
    log = w.git("log", "--format=%h", "--abbrev=12").split()
    assert listed == [["1", "a, commit %s: do it" % log[0]],
                      ["2", "a, commit %s: do it" % log[1]], ["3", "b: do it"],
                      ["4", "a, commit %s: do it" % log[0]]], listed
    r = commit(w, "--no-edit", "--change", "1-2")
    assert r.returncode == 0 and b"nothing to commit" in r.stderr, r
    r = commit(w, "--no-edit")
    assert r.returncode == 0 and files(w) == ["b"] and status(w) == "", r
    clean(w)


def test_in_the_way(w):
    """A folder where a file was, or a file where a folder was: nothing goes that
    isn't chosen."""
    repo(w, a="a\n", c="c\n", **{"d/f": "f\n", "d/g": "g\n"})
    harness.need_sandbox(w)
    w.mock([bash("rm a; rm -r d"), DONE,
            bash("mkdir a; echo b >a/b; echo d >d; echo c >>c"), DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--", "One", code=0)
    sid = w.sessions()[-1]
    w.run("say", sid, "Two", code=0)
    w.run("wait", sid)
    w.run("decide", "--accept", "all", sid, code=0)
    was = w.git("rev-parse", "HEAD")
    for args in ("--change", "2"), ("--", "a/b"):
        r = commit(w, "--json", "-m", "x", *args)
        assert r.returncode == 5 and b": its removal isn't chosen, but a " \
            b"file that takes its place is" in r.stderr, r
        assert b"; assent commit --change " in r.stderr, r
        assert json.loads(r.stdout)["needs"] == [1], r
    assert w.git("rev-parse", "HEAD") == was and not w.events("commit_begin")
    commit(w, "-m", "x", "--change", "2", "--", "c", code=0)
    commit(w, "-m", "x", "--change", "1", code=0)
    assert files(w) == ["a", "d/f", "d/g"], files(w)
    commit(w, "-m", "x", code=0)
    assert files(w) == ["a/b", "d"] and status(w) == "", files(w)
    # The user has removed the other one.
    os.unlink(os.path.join(w.project, "d"))
    w.mock([bash("mkdir d; echo f >d/f; echo more >>c"), DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--", "Back", code=0)
    r = commit(w, "-m", "x")
    assert r.returncode == 5 and b"not committed: d: its removal isn't " \
        b"chosen" in r.stderr and b"--with-dirty" in r.stderr, r
    r = commit(w, "-m", "x", "--with-dirty")
    assert r.returncode == 0 and b"hook" not in r.stderr, r
    assert files(w) == ["c", "d", "d/f"] and status(w) == "", files(w)
    clean(w)


def test_undone_in_part(w):
    """A change is committed as it is now: with its undos and redos, of which
    nothing is left to commit then."""
    repo(w, a=OLD, b=OLD)
    agent(w, bash("sed -i 's/line 5$/LINE 5/; s/line 25$/LINE 25/' a b"))
    for args in (["undo", "--change=1", "--accept", "3,4"],
                 ["undo", "--change=2", "--accept", "all"],
                 ["undo", "--change=1", "--accept", "1"]):
        r = w.run(*args)
        assert r.returncode in (0, 3), r
    now = w.read("a")
    assert now in (change(OLD, 5), change(OLD, 25)), now
    r = commit(w, "--no-edit", "--change", "1")
    assert r.returncode == 0 and show(w, "a") == now, r
    assert show(w, "b") == change(OLD, 5, 25) and status(w) == "", status(w)
    assert w.events("commit_begin")[0]["changes"] == [1, 2, 3, 4]
    assert w.git("log", "-1", "--format=%s") == "Make it better\n"
    r = commit(w, "--no-edit", "--change", "3")
    assert r.returncode == 0 and b"nothing to commit" in r.stderr, r
    # The next commit undoes that one.
    r = w.run("undo", "--change=1", "--accept", "all")
    assert r.returncode == 0 and w.read("b") == OLD, r
    head = w.git("rev-parse", "HEAD")
    r = commit(w, "--no-edit")
    assert r.returncode == 0 and show(w, "b") == OLD and status(w) == "", r
    assert ", commit " + head[:12] in " ".join(w.git("log", "-1").split()), r
    clean(w)


def test_lines_that_come_back(w):
    """A change that the user has stashed is in no commit, nor in its message or
    record; when it is back, it can be committed. So can the undo of what the
    user has committed."""
    repo(w, a=OLD)
    harness.need_sandbox(w)
    w.mock([write("a", change(OLD, 3)), DONE,
            bash("sed -i 's/line 30$/LINE 30/' a"), DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--", "One", code=0)
    w.git("stash", "-q")
    sid = w.sessions()[-1]
    w.run("say", sid, "Two", code=0)
    w.run("wait", sid)
    w.run("decide", "--accept", "all", sid, code=0)
    commit(w, "--no-edit", code=0)
    assert w.git("log", "-1", "--format=%s") == "Two\n"
    assert show(w, "a") == change(OLD, 30)
    made = w.git("rev-parse", "--short=12", "HEAD").strip()
    said = w.run("log", "--", "a").stdout.decode()
    assert said.count("commit " + made) == 1, said
    w.git("stash", "pop", "-q")
    commit(w, "--no-edit", "--change", "1", code=0)
    assert w.git("log", "-1", "--format=%s") == "One\n"
    assert show(w, "a") == change(OLD, 3, 30) and status(w) == ""
    w.git("reset", "-q", "HEAD~2")
    w.git("commit", "-qam", "mine")
    assert w.run("undo", "--accept", "all").returncode == 0
    commit(w, "--no-edit", code=0)
    assert w.git("log", "-1", "--format=%s") == 'Revert "Two"\n'
    assert show(w, "a") == change(OLD, 3) and status(w) == ""
    # What the user committed isn't in the commit of its undo.
    agent(w, write("b", "b\n"))
    w.git("add", "-A")
    w.git("commit", "-qm", "mine")
    w.run("undo", "--accept", "all", code=0)
    commit(w, "--no-edit", code=0)
    made = w.git("rev-parse", "--short=12", "HEAD").strip()
    said = w.run("undo", "--list").stdout.decode()
    assert said.count("commit ") == said.count("(undoes 1), commit " + made) \
        == 1, said
    clean(w)


def test_beside_in_a_new_file(w):
    """Once a file of the session's is committed, its lines are as separate as
    those of any other."""
    repo(w, a=OLD)
    harness.need_sandbox(w)
    w.mock([write("new", OLD), DONE,
            bash("sed -i 's/line 5$/LINE 5/' new"), DONE,
            bash("sed -i 's/line 7$/LINE 7/' new"), DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip", "--", "x", code=0)
    sid = w.sessions()[-1]
    commit(w, "--no-edit", code=0)
    w.write("new", change(OLD, 20))
    for lines in (5,), (5, 7):
        w.run("say", sid, "more", code=0)
        w.run("wait", sid)
        w.run("decide", "--accept", "all", sid, code=0)
        commit(w, "--no-edit", code=0)
        assert show(w, "new") == show(w, "new", "") == change(OLD, *lines)
    assert status(w) == " M new\n"
    clean(w)


def test_staged_lines_beside_accepted_ones(w):
    """Changes that the user has staged stay staged, wherever they are."""
    for head, staged, work, want in (
            ("a\nb\n", "a\nS\nb\n", "a\nS\nb\n", "a\nA\nS\nb\n"),
            ("a\nb\n", "a\nS\nb\n", "a\nother\nb\n",
             "a\nother\nA\nb\n"),
            ("", "S\n", "S\n", "S\nA\n")):
        if w.sessions():
            w.write("a", head)
            w.git("commit", "-qam", "next", "--allow-empty")
        else:
            repo(w, a=head)
        w.write("a", staged)
        w.git("add", "a")
        w.write("a", work)
        agent(w, write("a", want))
        r = commit(w, code=5)
        assert b"staged" in r.stderr and show(w, "a", "") == staged, r
        assert show(w, "a") == head and w.read("a") == want, r


def test_amended(w):
    """A commit that was amended since still has its changes, although the user
    has written over their lines."""
    repo(w, a=OLD, b="b\n")
    agent(w, write("a", change(OLD, 5)))
    assert commit(w, "-m", "one").returncode == 0
    was = w.git("rev-parse", "--short=12", "HEAD").strip()
    w.write("b", "mine\n")
    w.git("commit", "-qa", "--amend", "-m", "two")
    mine = change(OLD, 5).replace("LINE 5\n", "my 5\n")
    w.write("a", mine)
    w.git("commit", "-qam", "three")
    now = w.git("rev-parse", "--short=12", "HEAD~1").strip()
    r = w.run("log", "--", "a")
    assert r.stdout.decode().endswith(", commit %s (was %s)\n" % (now, was)), r
    assert w.run("undo", "--accept", "all").returncode in (0, 1)
    w.write("a", mine.replace("line 30\n", "my 30\n"))
    r = commit(w, "--no-edit")
    assert r.returncode == 0 and b"nothing to commit" in r.stderr, r
    assert status(w) == " M a\n"


def editor(w, script):
    """Changes by the user meanwhile, as a shell script in the project."""
    w.write("ed", "#!/bin/sh\ncd %s\n%s\n"
            "echo text >\"$1\"\n" % (w.project, script), 0o755, base=w.path())
    return {"GIT_EDITOR": w.path("ed")}


def test_another_git_ends(w):
    """A git that has the index locked is waited for, by two commits of two
    sessions, which have an index file each; one that died isn't for long."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)))
    agent(w, write("b", "b\n"))
    names = dict(zip(w.sessions(), ("a", "b")))
    places = [os.path.join(w.project, ".git", "index.assent-" + sid)
              for sid in names]
    lock = w.write(".git/index.lock", "")
    for _ in range(20):
        runs = [w.start("commit", "-m", names[sid], sid) for sid in names]
        harness.wait_until("both wait", lambda: all(map(
            os.path.exists, places)) or any(r.poll() is not None for r in runs))
        if all(map(os.path.exists, places)):
            break
        for r in runs:
            r.communicate()
            assert r.returncode == 1, r
    os.unlink(lock)
    for r, sid in zip(runs, names):
        r.communicate()
        assert r.returncode in (0, 1), r
        # It saw the other one's lock, or its commit.
        if r.returncode == 1:
            commit(w, "-m", names[sid], sid, code=0)
    for at in "HEAD", "HEAD~":
        assert files(w, at) == w.git("log", "-1", "--format=%s", at).split()
    assert status(w) == "" and show(w, "a") == change(OLD, 5)
    agent(w, write("a", change(OLD, 5, 6)))
    w.write(".git/index.lock", "")
    r = commit(w, "-m", "x")
    assert r.returncode == 1 and b"another git is using the index, or has " \
        b"died" in r.stderr, r
    os.unlink(lock)
    assert commit(w, "-m", "x").returncode == 0
    clean(w)


def test_made_and_not_in_the_index(w):
    """A failure after git made the commit is reported as such; the next assent
    updates the index."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)))
    place = ".git/index.assent-" + w.sessions()[-1]
    w.write(".git/hooks/post-commit", "#!/bin/sh\nmkdir -p %s/x\n" % place,
            0o755)
    r = commit(w, "-m", "x")
    assert r.returncode == 1 and b"the commit is made, but not yet in the " \
        b"index: " in r.stderr and b"the next assent here updates it" in \
        r.stderr, r
    assert files(w) == ["a"] and status(w) == "MM a\n", status(w)
    shutil.rmtree(os.path.join(w.project, place))
    assert b"finished an interrupted" in w.run("undo", "--list").stderr
    assert status(w) == ""
    clean(w)


def test_locked_in_the_editor(w):
    """Nobody else commits or stages meanwhile, as with git commit -a."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 5)))
    r = commit(w, env=editor(w, "echo b >b; unset GIT_INDEX_FILE; "
                             "! git add b && ! git commit -qm theirs b"),
               code=0)
    assert b"index.lock" in r.stderr, r
    assert w.git("log", "--format=%s").split() == ["text", "start"]
    assert status(w) == " M b\n", status(w)
    clean(w)


def heads(w):
    return dict(x.split() for x in w.git(
        "for-each-ref", "--format=%(refname:short) %(subject)",
        "refs/heads").splitlines())


def test_switched_meanwhile(w):
    """With --on, nothing is committed on another branch. Else the commit is
    where git makes it, and the index is of it; also after a kill, where HEAD has
    left its branch."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)))
    other = editor(w, "git switch -qc other")
    r = commit(w, "--on", "main", env=other)
    assert r.returncode == 1 and b"nothing was committed: HEAD moved to " \
        b"refs/heads/other meanwhile: git switch main\n" in r.stderr, r
    assert heads(w) == {"main": "start", "other": "start"}, heads(w)
    assert status(w) == " M a\n", status(w)
    clean(w)
    w.git("switch", "-q", "main")
    w.git("branch", "-qD", "other")
    r = commit(w, env=other)
    assert r.returncode == 0, r
    assert heads(w) == {"main": "start", "other": "text"}, heads(w)
    assert status(w) == "", status(w)
    w.git("symbolic-ref", "HEAD", "refs/heads/main")
    w.git("reset", "-q", "--mixed", "main")
    w.git("branch", "-qD", "other")
    w.write(".git/hooks/post-commit", "#!/bin/sh\ngit branch other HEAD~\n"
            "git symbolic-ref HEAD refs/heads/other\n"
            "kill -9 $(ps -o ppid= -p $PPID)\n", 0o755)
    assert commit(w, "-m", "text").returncode == -9
    harness.wait_until("it is finished", lambda: b"finished an "
                       b"interrupted" in w.run("undo", "--list").stderr)
    assert heads(w) == {"main": "text", "other": "start"}, heads(w)
    assert status(w) == " M a\n", status(w)
    clean(w)


def test_switched_by_a_hook(w):
    """After the commit, which is on its branch."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)))
    w.write(".git/hooks/post-commit", "#!/bin/sh\ngit switch -qc other\n",
            0o755)
    assert commit(w, "--on", "main", "-m", "text").returncode == 0
    assert heads(w) == {"main": "text", "other": "text"}, heads(w)
    clean(w)


def test_staged_in_the_editor(w):
    """Beside what was staged before."""
    repo(w, a=OLD, c=OLD)
    agent(w, write("a", change(OLD, 5)))
    w.write("new", "x\n")
    w.write("c", change(OLD, 3))
    w.write("own", "own\n")
    w.git("add", "own")
    w.git("add", "-N", "new")
    w.write("own", "later\n")
    commit(w, env=editor(w, "git add c"), code=0)
    assert files(w) == ["a"], files(w)
    assert status(w) == "M  c\n A new\nAM own\n", status(w)
    assert w.git("show", ":own") == "own\n"
    clean(w)


def test_no_gc(w):
    """git gc isn't started with the index of the commit, which goes: by git,
    or by a hook, as a git that doesn't know maintenance.auto starts it."""
    repo(w, a=OLD, b=OLD)
    w.git("repack", "-q")
    w.write("b", "b\n")
    w.git("commit", "-qam", "more")
    w.git("repack", "-q")
    w.write(".git/hooks/pre-auto-gc", "#!/bin/sh\necho >.git/gc\nexit 1\n",
            0o755)
    w.write(".git/hooks/post-commit", "#!/bin/sh\ngit gc --auto\n", 0o755)
    w.git("config", "gc.autoPackLimit", "1")
    w.git("config", "gc.autoDetach", "false")
    agent(w, write("a", change(OLD, 5)))
    commit(w, "-m", "x", code=0)
    assert not os.path.exists(os.path.join(w.project, ".git", "gc"))
    w.git("commit", "-q", "--allow-empty", "-m", "theirs")
    assert w.read(".git/gc") == "\n"


def test_git_options(w):
    """Options of git mean the same here."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)), write("b", "b\n"),
          write("c", "c\n"), write("d", "d\n"), write("e", "e\n"))
    args = os.path.join(w.path(), "args")
    real = w.env["PATH"]
    w.write("git", "#!/bin/sh\nPATH=%s\n(while [ $1 = -c ]; do shift 2; done; "
            "[ $1 = commit ] && echo \"$@\" >>%s)\n"
            "exec git \"$@\"\n" % (real, args), 0o755, base=w.path("bin"))
    path = {"PATH": w.path("bin") + ":" + real}
    was = w.git("rev-parse", "HEAD")
    r = commit(w, "--dry-run", "--change", "2", "-m", "x")
    assert r.returncode == 0 and b"new file:   b" in r.stdout, r
    assert w.git("rev-parse", "HEAD") == was and not w.events("commit_begin")
    w.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n", 0o755)
    assert commit(w, "-m", "x", "--change", "1").returncode == 1
    commit(w, "-n", "-s", "-mx", "--message=y", "--change", "1", code=0)
    assert w.git("log", "-1", "--format=%B") == \
        "x\n\ny\n\nSigned-off-by: U <u@example.com>\n\n"
    w.write("sub/text", "From a file\n")
    commit(w, "--no-verify", "-F", "text", "--change", "2",
           cwd=os.path.join(w.project, "sub"), env=path, code=0)
    assert w.git("log", "-1", "--format=%s") == "From a file\n"
    commit(w, "-n", "-F-", "--change", "3", stdin=b"From stdin\n", code=0)
    assert w.git("log", "-1", "--format=%s") == "From stdin\n"
    w.write("ed", "#!/bin/sh\ngrep -q '^+d' \"$1\"\n", 0o755, base=w.path())
    r = commit(w, "-v", "-n", "--change", "4", env={"VISUAL": w.path("ed")})
    assert r.returncode == 0, r
    for sign in ("-S", "-SKEY", "--gpg-sign=KEY"):
        r = commit(w, sign, "-n", "-m", "x", env=dict(path, GNUPGHOME="/none"))
        assert r.returncode == 1, r
    with open(args) as f:
        lines = f.read().splitlines()
    assert [s.replace("commit -m x ", "") for s in lines[-3:]] == [
        "--gpg-sign --no-verify", "--gpg-sign=KEY --no-verify",
        "--gpg-sign=KEY --no-verify"], lines
    r = commit(w, "--json", "-n", "-m", "x")
    assert r.returncode == 0 and r.stdout.count(b"\n") == 1, r
    for bad in ("-z", "-sx", "-nv"):
        assert commit(w, bad).returncode == 2


def test_moved_by_git(w):
    """A file that the user has renamed or removed since is theirs, and doesn't
    hold back the others."""
    repo(w, a=OLD, b=OLD, c=OLD)
    agent(w, bash("sed -i 's/line 5$/LINE 5/' a b c"))
    w.git("mv", "a", "new")
    w.git("rm", "-q", "-f", "b")
    r = commit(w, "-m", "x")
    assert r.returncode == 0 and files(w) == ["c"], r
    for name in "a", "b":
        assert name + ": you have removed or renamed it; commit that with " \
            "git" in r.stderr.decode(), r
    assert status(w) == "D  b\nRM a -> new\n", status(w)
    clean(w)


def test_no_repository(w):
    """The message is ours, not git's about its environment."""
    w.write("a", OLD)
    agent(w, write("a", change(OLD, 5)))
    for args in (["commit"], ["pr", "--push"],
                 ["exec", "--branch", "x", "go"],
                 ["exec", "--worktree=x", "go"]):
        r = w.run(*args)
        assert r.returncode == 2 and b"isn't in a git repository" in \
            r.stderr and b"rev-parse" not in r.stderr, (args, r)


harness.main(globals())
