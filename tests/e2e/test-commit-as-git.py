"""assent commit makes the commit that git add -p and git commit make of the same
choice, byte for byte, in repositories of every kind; or says why it doesn't.
"""

import os
import random
import shutil

from commitlib import OLD, change, git, init
import harness

NEEDS_SANDBOX = True
DATES = {"GIT_AUTHOR_DATE": "1700000000 +0100",
         "GIT_COMMITTER_DATE": "1700000000 +0100"}


def tree_of(w):
    """Of the work tree as it is, by git."""
    env = {"GIT_INDEX_FILE": w.path("tree-index")}
    git(w, "read-tree", "--empty", env=env)
    git(w, "add", "-A", env=env)
    tree = git(w, "write-tree", env=env).decode().strip()
    os.unlink(w.path("tree-index"))
    return tree


def applied(w, tree):
    """A session applies what makes the work tree this one."""
    patch = git(w, "diff", "--binary", tree_of(w), tree)
    if not patch:
        return None
    w.write(w.path("patch"), patch)
    w.run("review", "--accept", "all", w.path("patch"), code=0)
    return w.sessions()[-1]


def commit(w, *args, code=0, **kw):
    r = w.run("commit", "-m", "msg", *args, env=DATES, **kw, code=code)
    return r


# ---- at random: SEED=n, ROUNDS=n ----

def edited(ops):
    """Lines 1 to 12 with those ops: {line: (kind, who)}."""
    out = []
    for n in range(1, 13):
        kind, who = ops.get(n, ("", ""))
        if kind == "change":
            out.append("%s's %d" % (who, n))
        elif kind != "delete":
            out.append("line %d" % n)
        if kind == "insert":
            out.append("%s's after %d" % (who, n))
    return "".join(s + "\n" for s in out)


def random_file(r):
    """User and agent change the same file; the user may edit the agent's
    lines, or undo them."""
    ops = {n: (r.choice(["change", "change", "delete", "insert"]),
               r.choice(["user", "later", "agent", "agent"]))
           for n in range(1, 13) if r.random() < 0.5}
    for n, op in list(ops.items()):
        # Of a line of the user's in HEAD and the agent's, which comes first?
        if op == ("insert", "agent") and ops.get(n + 1) == ("delete", "user"):
            del ops[n + 1]
    of = lambda *who: {n: o for n, o in ops.items() if o[1] in who}
    f = {"agent": of("agent"), "before": of("user"),
         "after": of("user", "agent"), "work": dict(ops),
         "staged": of("user") if r.random() < 0.5 else {}, "touched": set()}
    for n, (kind, _) in f["agent"].items():
        what = r.random()
        # An edit of an inserted line may have undone the insertion.
        if what < 0.1 or (what < 0.2 and kind == "insert"):
            del f["work"][n]
            f["touched"].add(n)
        elif what < 0.2 and kind != "delete":
            f["work"][n] = kind, "mixed"
            f["touched"].add(n)
    return f


def may_be_left(f, ops, n):
    """Is the line in one hunk of git diff HEAD with one of the user's, or with
    one that they went on with?"""
    first = last = n
    while first - 1 in ops:
        first -= 1
    while last + 1 in ops:
        last += 1
    return any(k in f["touched"] or ops[k][1] != "agent"
               for k in range(first, last + 1))


def check_file(w, name, f, said):
    """HEAD has whole lines of the agent's, all but those that may be left."""
    head = show_at(w, "HEAD", name)
    got = {n: o for n, o in f["agent"].items() if (
        "line %d\n" % n not in head if o[0] != "insert" else
        "agent's after %d\n" % n in head)}
    assert head == edited(got), (name, f, head)
    # An accepted line that the user took back isn't committed.
    assert all(n in f["work"] for n in got), (name, f, head)
    assert show_at(w, "", name) == edited({**f["staged"], **got}), (name, f)
    ops = {**f["work"], **f["after"]}
    left = [n for n, o in f["agent"].items() if n not in got and
            f["work"].get(n)]
    assert all(may_be_left(f, ops, n) for n in left), (name, f, left, head)
    assert not any(o == got[n] for n, o in f["work"].items()
                   if n in got and o[1] == "mixed"), (name, f)
    assert not left or b" of %s mix" % name.encode() in said, (name, f, said)
    return len(left)


def show_at(w, at, name):
    return git(w, "show", "%s:%s" % (at, name)).decode()


def test_random(w):
    """Of many files, with lines of both side by side: HEAD and the index get
    whole hunks of what was applied and is still there, and nothing else."""
    init(w)
    seed = int(os.environ.get("SEED", 1))
    for k in range(int(os.environ.get("ROUNDS", 1))):
        files = {"%d.txt" % n: random_file(random.Random("%d %d" % (
            seed + k, n))) for n in range(60)}

        def write(key):
            for name, f in files.items():
                w.write(name, edited(f[key] if key else {}))
        git(w, "read-tree", "--empty")
        write(None)
        git(w, "add", "-A")
        git(w, "commit", "-q", "--allow-empty", "-m", "start")
        write("after")
        tree = tree_of(w)
        write("staged")
        git(w, "add", "-A")
        write("before")
        session = applied(w, tree)
        write("work")
        r = w.run("commit", "-m", "msg", session, code=5)
        left = sum(check_file(w, name, f, r.stderr)
                   for name, f in files.items())
        print("# SEED=%d: left %d of %d lines" % (seed + k, left, sum(
            len(f["agent"]) for f in files.values())))


# ---- repositories of every kind ----

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}


def start(w, *args, **more):
    init(w, *args)
    for name, text in dict({"a": OLD, "b": "b\n"}, **more).items():
        w.write(name, text)
    git(w, "add", ".")
    git(w, "commit", "-qm", "start")


def plain(w):
    start(w)


def detached(w):
    start(w)
    git(w, "checkout", "-q", "--detach")


def unborn(w):
    init(w)
    w.write("a", OLD)


def sha256(w):
    if b"unknown" in git(w, "init", "--object-format=sha256", w.path("try"),
                         ok=False):
        raise harness.Skip("git knows no SHA-256")
    start(w, "--object-format=sha256")


def autocrlf(w):
    start(w)
    git(w, "config", "core.autocrlf", "true")
    os.unlink(os.path.join(w.project, "a"))
    git(w, "checkout", "-q", "a")
    assert "\r\n" in w.read("a")


def filemode(w):
    start(w)
    git(w, "config", "core.fileMode", "false")
    os.chmod(os.path.join(w.project, "a"), 0o755)


def sparse(w):
    start(w, **{"in/x": "x\n", "out/y": "y\n"})
    git(w, "sparse-checkout", "set", "--cone", "in")
    assert not os.path.exists(os.path.join(w.project, "out"))


def elsewhere(w, make):
    """The repository is not where the project will be."""
    project, w.project = w.project, w.path("home", "src", "origin")
    os.makedirs(w.project)
    start(w)
    make(project)
    w.project = project


def shallow(w):
    def make(project):
        for n in range(3):
            git(w, "commit", "-q", "--allow-empty", "-m", str(n))
        os.rmdir(project)
        git(w, "clone", "-q", "--depth=1", "file://" + w.project, project)
    elsewhere(w, make)
    init(w)


def linked(w):
    def make(project):
        os.rmdir(project)
        git(w, "worktree", "add", "-q", "-b", "side", project)
    elsewhere(w, make)


def submodules(w):
    """lib, and lib/inner in it."""
    top = w.project
    start(w)
    for name, inner in (("inner", None), ("lib", "inner")):
        w.project = w.path(name)
        start(w, f=OLD)
        if inner:
            git(w, "submodule", "add", "-q", w.path(inner), inner)
            git(w, "commit", "-qm", inner)
    w.project = top
    git(w, "submodule", "add", "-q", w.path("lib"), "lib")
    git(w, "submodule", "update", "-q", "--init", "--recursive")
    git(w, "commit", "-qm", "lib")
    for d in "lib", "lib/inner":
        init(w, cwd=os.path.join(top, d))


def lfs(w):
    if shutil.which("git-lfs") is None:
        raise harness.Skip("git-lfs isn't installed")
    init(w)
    git(w, "lfs", "install", "--local")
    git(w, "lfs", "track", "*.bin")
    start(w, **{"data.bin": "data\n" * 9})
    assert b"git-lfs" in git(w, "show", "HEAD:data.bin")


# The agent's changes besides two lines of a and a new file, the message about
# them, and why a flag is refused.
KINDS = {
    plain: {},
    detached: {},
    unborn: {"worktree": b"HEAD", "script": "echo n >new"},
    sha256: {},
    autocrlf: {},
    filemode: {},
    sparse: {"also": "echo x >>in/x", "add": ["in/x"]},
    shallow: {},
    linked: {},
    submodules: {"also": "echo x >>lib/f; echo x >>lib/inner/f",
                 "said": [b"lib/f: in another repository",
                          b"lib/inner/f: in another repository"],
                 "beside": "mkdir lib/d; echo x >lib/d/f",
                 "status": b" M lib\n",
                 "left": [b"lib/d/f: in another repository"]},
    lfs: {"also": "echo more >>data.bin", "add": ["data.bin"]},
}
LINES = "sed -i 's/line 5\\b/LINE 5/; s/line 35\\b/LINE 35/' a; echo n >new; "


def script(kind):
    return KINDS[kind].get("script", LINES + KINDS[kind].get("also", ""))


def agent(w, command, *args, code=0):
    w.mock([{"calls": [{"name": "bash", "args": {"command": command}}]}, DONE],
           config={"check_retries": 0})
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--root", w.project,
              "--allow-protected", "*", *args, "--", "msg", code=code)
    return r


def same_as_by_hand(w, kind):
    """With a line of the user's between the two."""
    rows = KINDS[kind]
    kind(w)
    w.write("a", w.read("a").replace("line 20", "mine"))
    agent(w, script(kind))
    head = git(w, "rev-parse", "-q", "--verify", "HEAD", ok=False)
    at = os.path.join(w.project, git(w, "rev-parse", "--git-path",
                                     "index").decode().strip())
    if os.path.exists(at):
        shutil.copy(at, w.path("index"))
    git(w, "add", "-p", "a", stdin=b"y\nn\ny\n", ok=kind is not unborn)
    git(w, "add", "new", *rows.get("add", ()))
    git(w, "commit", "-qm", "msg", env=DATES)
    made = git(w, "rev-parse", "HEAD")
    staged, status = git(w, "ls-files", "-s"), git(w, "status", "--porcelain")
    if head:
        git(w, "update-ref", "HEAD", head.decode().strip())
        shutil.copy(w.path("index"), at)
    else:
        git(w, "update-ref", "-d", "HEAD")
        os.unlink(at)
    r = commit(w, "--root", w.project)
    assert git(w, "rev-parse", "HEAD") == made, git(w, "show", "HEAD")
    assert git(w, "ls-files", "-s") == staged
    assert git(w, "status", "--porcelain") == status
    for words in rows.get("said", ()):
        assert words in r.stderr, r
    git(w, "fsck", "--no-dangling")


def on_a_branch(w, kind):
    kind(w)
    was = git(w, "status", "--porcelain")
    agent(w, KINDS[kind].get("script", LINES), "--branch", "other")
    assert git(w, "branch", "--show-current") == b"other\n"
    assert git(w, "log", "-1", "--format=%s") == b"msg\n"
    assert git(w, "status", "--porcelain") == was, kind


def in_a_worktree(w, kind):
    kind(w)
    why = KINDS[kind].get("worktree")
    was = git(w, "status", "--porcelain")
    if why is not None:
        r = agent(w, LINES, "--worktree=x", code=2)
        assert why in r.stderr, r
        return
    r = agent(w, LINES + KINDS[kind].get("beside", ""), "--worktree=x")
    assert git(w, "status", "--porcelain") == was
    at = r.stderr.decode().split("working in ")[1].split(",")[0]
    session = w.sessions()[-1]
    r = commit(w, session)
    assert git(w, "log", "-1", "--format=%s", "assent/x") == b"msg\n"
    assert git(w, "status", "--porcelain", cwd=at) == \
        KINDS[kind].get("status", b"")
    assert git(w, "show", "--format=", "--name-only", "assent/x") == \
        b"a\nnew\n"
    for words in KINDS[kind].get("left", ()):
        assert words in r.stderr, r


@harness.slow
def test_outside_the_sparse_checkout(w):
    """A file that the agent can't see isn't replaced, nor reported as new: the
    agent and the review are told."""
    sparse(w)
    agent(w, "mkdir out; echo changed >out/y; echo z >out/z")
    has = "the last commit has it, outside the sparse checkout"
    assert {f["path"]: f.get("note") for f in w.events("proposal")[0][
        "files"]} == {"out/y": has, "out/z": None}
    said = w.mocks[0].requests()[-1]["body_text"]
    assert said.count("out/y: " + has) == 1 and "out/z: " not in said, said
    r = commit(w, code=5)
    assert b"out/y mixes HEAD's file with an accepted new one" in \
        r.stderr, r
    commit(w, "--with-dirty")
    assert git(w, "show", "HEAD:out/y", "HEAD:out/z") == b"changed\nz\n"
    assert git(w, "status", "--porcelain") == b""


def test_hidden_since(w):
    """A file that left the sparse checkout isn't deleted: it is what is staged
    of it."""
    start(w, **{"in/x": "x\n", "out/y": OLD})
    agent(w, "sed -i 's/line 5$/LINE 5/' out/y; sed -i 's/line 5$/LINE 5/' a; "
          "echo x >>in/x")
    git(w, "add", "out/y")
    git(w, "sparse-checkout", "set", "--cone", "in")
    assert not os.path.exists(os.path.join(w.project, "out"))
    r = commit(w)
    assert b"not committed" not in r.stderr, r
    assert git(w, "show", "--format=", "--name-only") == b"a\nin/x\nout/y\n"
    assert git(w, "show", "HEAD:out/y").decode() == change(OLD, 5)
    assert git(w, "status", "--porcelain") == b""
    assert git(w, "ls-files", "-t", "out/y") == b"S out/y\n"
    # And one that nobody staged is as in HEAD.
    git(w, "sparse-checkout", "disable")
    agent(w, "sed -i 's/line 9$/LINE 9/' out/y; echo more >>a")
    git(w, "stash", "-q", "--", "out/y")
    git(w, "sparse-checkout", "set", "--cone", "in")
    r = commit(w)
    assert b"not committed" not in r.stderr, r
    assert git(w, "show", "--format=", "--name-only") == b"a\n"
    assert git(w, "status", "--porcelain") == b""


@harness.slow
def test_in_a_submodule(w):
    """Its files are committed there."""
    submodules(w)
    top = w.project
    for d in "lib", "lib/inner":
        w.project = os.path.join(top, d)
        w.write("f", OLD.replace("line 20", "mine"))
        agent(w, "sed -i 's/line 5$/LINE 5/' f; echo n >new")
        commit(w, "--root", w.project)
        assert git(w, "show", "HEAD:f").decode() == change(OLD, 5)
        assert git(w, "status", "--porcelain") == b" M f\n"
        git(w, "checkout", "-q", "f")
    w.project = top


for kind in KINDS:
    for check in same_as_by_hand, on_a_branch, in_a_worktree:
        def test(w, kind=kind, check=check):
            harness.need_sandbox(w)
            check(w, kind)
        name = "test_%s_%s" % (check.__name__, kind.__name__)
        test.__name__ = name
        globals()[name] = test if kind is plain else harness.slow(test)
del test


harness.main(globals())
