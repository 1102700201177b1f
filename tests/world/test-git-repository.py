"""assent commit, worktrees, merge and log in a large repository, by the same
choice as git add -p: git's own (thousands of files, years of history), and the
hunks of its commits. GIT_SUBJECT names a clone of it, or of another; it is only
read.
"""

import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "e2e"))
import harness      # noqa: E402

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}


def subject(w):
    """A clone of it as the project."""
    at = os.environ.get("GIT_SUBJECT")
    if not at:
        raise harness.Skip("GIT_SUBJECT names no clone of a large repository: "
                           "git clone https://github.com/git/git")
    harness.need_sandbox(w)
    r = subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", at,
                        w.project], env=w.env, stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise harness.Skip("GIT_SUBJECT: " + r.stderr.decode().strip())
    # Its bytes are compared, whatever its .gitattributes make of them.
    with open(os.path.join(w.project, ".git", "info", "attributes"), "w") as f:
        f.write("* -text -filter -ident\n")
    w.git("checkout", "-q", "-B", "main", "HEAD")
    w.git("config", "user.name", "U")
    w.git("config", "user.email", "u@example.com")


def texts(w, n):
    """The n longest sources that git has here, which are text."""
    sizes = []
    for line in w.git("ls-tree", "-r", "-l", "HEAD").splitlines():
        head, name = line.split("\t")
        mode, _, _, size = head.split()
        if mode == "100644" and name.endswith((".c", ".h", ".sh", ".py")) and \
                name.isascii() and '"' not in name:
            sizes.append((int(size), name))
    return [name for _, name in sorted(sizes)[-n:]]


def change(path, at, word):
    """A line of its own, after this many tenths of the file."""
    with open(path, "rb") as f:
        lines = f.read().split(b"\n")
    lines.insert(len(lines) * at // 10, word)
    with open(path, "wb") as f:
        f.write(b"\n".join(lines))


def test_as_git_add_p(w):
    """Staged, dirty and applied lines in twenty files: the tree is the one of
    git add -p, and the user's own lines stay where they are."""
    subject(w)
    names = texts(w, 20)
    for at, word, stage in (2, b"staged", True), (8, b"dirty", False):
        for name in names[::2]:
            change(os.path.join(w.project, name), at, word)
        if stage:
            w.git("add", *names[::2])
    index = w.git("write-tree")
    w.mock([{"calls": [{"name": "bash", "args": {"command":
            "for f in %s; do n=$(($(wc -l <$f) / 2)); sed -i \"${n}"
            "a applied\" $f; done; echo new >new" % " ".join(names)}}]}, DONE],
           config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--allow-protected", "*", "go")
    assert r.returncode == 0, r
    env = {**w.env, "GIT_INDEX_FILE": w.path("by-hand")}
    run = lambda *args, stdin=b"": subprocess.run(
        ["git", *args], cwd=w.project, env=env, input=stdin, check=True,
        stdout=subprocess.PIPE).stdout
    run("read-tree", "HEAD")
    run("add", "-p", "--", *names, stdin=b"".join(
        b"n\ny\nn\n" if name in names[::2] else b"y\n"
        for name in sorted(names)))
    run("add", "new")
    began = time.monotonic()
    r = w.run("commit", "-m", "applied")
    assert r.returncode == 0, r
    print("# commit of 21 files: %.1f s" % (time.monotonic() - began))
    assert w.git("rev-parse", "HEAD^{tree}").encode() == run("write-tree")
    diff = w.git("diff", "--cached", "-U0")
    assert diff.count("\n+staged") == 10 and "applied" not in diff
    assert w.git("diff", "-U0").count("\n+dirty") == 10
    assert w.git("diff", "--name-only").count("\n") == 10
    assert index != w.git("write-tree")
    w.verify()


def test_worktree(w):
    """A task beside the checkout, its merge, and who accepted it."""
    subject(w)
    name = texts(w, 1)[0]
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": "sed -i '1a applied' %s" % name}}]}, DONE],
           config={"plan": "skip"})
    r = w.run("exec", "--approve", "yes", "--worktree=x", "--commit", "task",
              "--allow-protected", "*", "go")
    assert r.returncode == 0, r
    assert w.run("merge", "x").returncode == 0
    assert w.run("end", "--worktree", "x").returncode == 0
    w.git("commit", "-q", "--amend", "-m", "by me")
    began = time.monotonic()
    r = w.run("log", "--", name)
    print("# log of a file: %.1f s" % (time.monotonic() - began))
    now = w.git("rev-parse", "--short=12", "HEAD").strip()
    assert "in worktree x, +1 -0, accepted by rule yes, proposed by mock/m, " \
        "commit %s (was " % now in r.stdout.decode(), r


def sections(patch):
    """Of the files whose lines it changes, and nothing else: the name, what
    comes before the hunks, and the hunks."""
    out = []
    for part in re.split(rb"^(?=diff --git )", patch, flags=re.M)[1:]:
        head, *hunks = re.split(rb"^(?=@@ )", part, flags=re.M)
        name = re.search(rb"^(?:\+\+\+ b|--- a)/([^\t\n]+)\t?$", head, re.M)
        if name is not None and hunks and b"=" not in name[1] and \
                not re.search(rb"^(old mode|.*mode 1[26]0000$|index .* 1[26]0000)",
                              head, re.M):
            out.append((name[1], head, hunks))
    # A deleted file and a new one may be a renamed one, with other numbers.
    if any(b"\nnew file mode" in head for _, head, _ in out):
        out = [x for x in out if b"\ndeleted file mode" not in x[1]]
    return out


RANGES = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def grows(hunk):
    """By how many lines the file is longer with it."""
    _, old, _, new = RANGES.match(hunk).groups()
    return int(new or 1) - int(old or 1)


def moved(hunk, lines):
    """The same hunk so many lines further down in the new file."""
    m = RANGES.match(hunk)
    return (hunk[:m.start(3)] + str(int(m[3]) + lines).encode() +
            hunk[m.end(3):])


def test_random_hunks(w):
    """GIT_SUBJECT_COMMITS commits as patches: some of their hunks, by their
    numbers, are what git apply makes of the same ones."""
    subject(w)
    seed = int(os.environ.get("SEED", "1"))
    rng = random.Random(seed)
    env = {**w.env, "GIT_INDEX_FILE": w.path("by-hand")}
    run = lambda *args, stdin=b"": subprocess.run(
        ["git", *args], cwd=w.project, env=env, input=stdin, check=True,
        stdout=subprocess.PIPE).stdout
    done = files = picked = all_hunks = 0
    for commit in w.git("rev-list", "--no-merges", "--min-parents=1",
                        "--max-count", os.environ.get("GIT_SUBJECT_COMMITS",
                                                      "10"),
                        "HEAD").splitlines():
        parts = sections(run("diff-tree", "-p", "-r", "--no-renames",
                             "--no-ext-diff", "--no-textconv", commit + "^",
                             commit))
        if not parts or len(parts) > 100:
            continue
        flags, some = [], b""
        for name, head, hunks in parts:
            take = [n for n in range(len(hunks)) if rng.randrange(2)]
            left = [n for n in range(len(hunks)) if n not in take]
            flags += ["--accept", os.fsdecode(name) + "=" + (",".join(
                str(n + 1) for n in take) or "none")]
            if take:
                # git apply looks for a hunk where it is afterwards.
                some += head + b"".join(
                    moved(hunks[n], -sum(grows(hunks[m]) for m in left
                                         if m < n)) for n in take)
            picked += len(take)
            all_hunks += len(hunks)
        w.git("checkout", "-q", "--detach", "-f", commit + "^")
        with open(w.path("patch"), "wb") as f:
            f.write(b"".join(h + b"".join(x) for _, h, x in parts))
        r = w.run("apply", *flags, w.path("patch"))
        assert r.returncode == (0 if some else 5), (seed, commit, flags, r)
        run("read-tree", commit + "^")
        if some:
            run("apply", "--cached", "--whitespace=nowarn", "--recount", "-",
                stdin=some)
        want = run("write-tree")
        w.git("add", "-A", "-f")
        assert w.git("write-tree").encode() == want, (seed, commit, flags)
        done += 1
        files += len(parts)
    print("# %d commits, %d files: %d of %d hunks" % (done, files, picked,
                                                       all_hunks))


harness.main(globals())
