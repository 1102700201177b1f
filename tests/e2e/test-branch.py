"""exec --branch and --commit: what was applied becomes commits, on a branch of
its own if the user says so."""

import json
import os

import harness

PLAN = harness.call("plan", goal="Say it louder", files=["a.md", "b.md"],
    risks=[], steps=[{"title": "first"}, {"title": "second"}])
DONE = {"calls": [{"name": "done", "args": {"summary": "Louder now."}}]}


def edit(name):
    return {"name": "edit", "args": {"path": name, "old_string": "one",
                                     "new_string": "ONE"}}


def step(name, n):
    return {"calls": [edit(name),
                      {"name": "step_done", "args": {"step": n}}]}


def project(w):
    w.write("a.md", "one\n")
    w.write("b.md", "one\n")
    w.git("init", "-q")
    w.git("config", "user.name", "t")
    w.git("config", "user.email", "t@example.invalid")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    w.write("mine.md", "mine\n")


def run(w, *args, code=0, answers=(PLAN, step("a.md", 1), step("b.md", 2),
                                   DONE)):
    w.mock(list(answers), config={"check_retries": 0})
    r = w.run("exec", "--plan", "auto", "--approve", "small", *args,
              "--", "make it louder", code=code)
    return r


def commits(w, ref="HEAD"):
    """Subject and files of each commit but the first, oldest first."""
    out = []
    for h in w.git("rev-list", "--reverse", ref).split()[1:]:
        said = w.git("show", "--format=%s", "--name-only", h).split("\n")
        out.append((said[0], [x for x in said[1:] if x]))
    return out


def test_a_branch_of_its_own(w):
    """One commit a task; the branch they were on stays, and so does what the
    user hasn't committed."""
    project(w)
    r = run(w, "--branch", "louder", "--json")
    assert w.git("branch", "--show-current") == "louder\n"
    assert commits(w) == [("Say it louder", ["a.md", "b.md"])]
    assert commits(w, "main") == []
    assert w.git("status", "--porcelain") == "?? mine.md\n"
    for line in r.stdout.splitlines():
        json.loads(line)
    w.verify()
    # It exists now: git's words, and no request.
    m = w.mock([DONE])
    r = w.run("exec", "--branch", "louder", "more")
    assert r.returncode == 2 and b"already exists" in r.stderr, r
    assert not m.requests()


def test_a_commit_a_decision(w):
    project(w)
    run(w, "--commit", "decision")
    assert w.git("branch", "--show-current") == "main\n"
    assert [f for _, f in commits(w)] == [["a.md"], ["b.md"]]
    assert w.git("status", "--porcelain") == "?? mine.md\n"


def test_nothing_to_commit(w):
    """No change, or one that is rolled back: a branch, and no commit."""
    project(w)
    run(w, "--branch", "look", answers=[DONE])
    assert w.git("branch", "--show-current") == "look\n" and commits(w) == []
    harness.need_sandbox(w)
    r = run(w, "--branch", "no", "--require", "false", code=5)
    assert b"on the new branch no; git switch - goes back" in r.stderr, r
    w.git("switch", "-q", "-")
    assert w.git("branch", "--show-current") == "look\n"
    run(w, "--branch", "try", "--rollback", "--test", "false", code=3)
    assert commits(w) == [] and w.read("a.md") == "one\n"


def test_refused(w):
    """A hook, a name, a folder without git: each says so; what was applied
    stays, and can be committed later."""
    r = w.run("exec", "--branch", "x", "go", code=2)
    project(w)
    m = w.mock([DONE])
    for args in (["--branch", "a..b"], ["--branch", "-x"], ["--branch", ""],
                 ["--commit", "never"]):
        r = w.run("exec", *args, "go")
        assert r.returncode == 2, (args, r)
    assert not m.requests()
    hook = os.path.join(w.project, ".git", "hooks", "pre-commit")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    w.write(hook, "#!/bin/sh\necho too loud >&2\nexit 1\n", 0o755)
    r = run(w, "--commit", "task", code=1)
    assert b"too loud" in r.stderr and b"assent commit" in r.stderr, r
    assert w.read("a.md") == "ONE\n" and commits(w) == []
    os.unlink(hook)
    assert w.run("commit", "--no-edit").returncode == 0
    assert len(commits(w)) == 1


harness.main(globals())
