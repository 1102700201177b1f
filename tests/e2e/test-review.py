"""assent review: your uncommitted changes on the review screen, without a model,
and git's index as the place where accepted hunks go. What `git add -p` does with
the same answers is right.
"""

import difflib
import json
import os
import random
import shutil
import subprocess

import harness
import protocol
import screenlib

DAY = "2026-01-01T00:00:00+0000"


def git(w, cwd, *args, stdin=None):
    r = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid",
         "-c", "init.defaultBranch=main", "-c", "core.safecrlf=false",
         "-c", "protocol.file.allow=always"] + list(args), cwd=cwd,
        env=dict(w.env, GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_DATE=DAY,
                 GIT_COMMITTER_DATE=DAY),
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode == 0, (args, r)
    return r.stdout.decode("utf-8", "surrogateescape")


def start(w, root, paths=(), cwd=None, **more):
    c = protocol.spawn(w)
    c.send(type="hello", version=protocol.version(),
           protocol=protocol.PROTOCOL, client="test")
    c.send(type="start", root=os.path.realpath(root),
           cwd=os.path.realpath(cwd or root), mode="review", plan="skip",
           approve="ask", person=True, keep_alive=True, diff="myers",
           home=w.home, path=w.env["PATH"], sandbox="auto",
           review={"paths": list(paths)}, **more)
    return c


def resumed(w):
    c = start(w, w.project, session=w.sessions()[-1])
    c.wait_live()
    return c


def proposal(c, after=0):
    """The next one; None: nothing is left."""
    p = c.wait_event("proposal", lambda e: e["seq"] > after)
    c.wait_status(" hunk" if p["files"] else "nothing left to review")
    return p if p["files"] else None


def decide(c, p, marks):
    """marks: hunk id -> yes or no; what was applied, and what is proposed then."""
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               {"hunk": k, "mark": v, "seen": True} for k, v in marks.items()])
    d = c.wait_event("decision", lambda e: e["seq"] > p["seq"])
    return proposal(c, d["seq"])


def state(w, root):
    """What git has of it, but for times."""
    return {
        "index": git(w, root, "ls-files", "-s"),
        "flags": git(w, root, "status", "--porcelain=v2",
                     "--untracked-files=all", "--no-renames"),
        "staged": git(w, root, "diff", "--cached", "--no-renames"),
        "left": git(w, root, "diff", "--no-renames"),
    }


def same(ours, theirs, where):
    for part in ours:
        assert ours[part] == theirs[part], (where, part, list(
            difflib.unified_diff(theirs[part].splitlines(),
                                 ours[part].splitlines(), n=0))[:40])


class Tree:
    """A repository that is made and changed by chance, the same in two
    places."""

    def __init__(self, w, root, seed, kind):
        self.w, self.root, self.kind = w, root, kind
        self.chance = random.Random(seed)
        self.made = 0
        os.makedirs(root)
        main = root
        if kind == "linked":
            main = root + "-main"
            os.makedirs(main)
            self.root = main
        git(w, main, "init", "-q")
        if kind == "linked":
            git(w, main, "config", "filter.up.clean", "tr a-z A-Z")
            git(w, main, "config", "filter.up.smudge", "tr A-Z a-z")
            git(w, main, "config", "core.autocrlf", "true")
            self.write(".gitattributes", b"*.up filter=up -text\n*.bin binary\n")
        else:
            self.write(".gitattributes", b"*.dos text eol=crlf\n*.bin binary\n")
        self.write(".gitignore", b"*.o\n")
        for i in range(8):
            self.write("f%d.txt" % i, self.lines(60), 0o755 if i % 3 == 0
                       else 0o644)
            self.write("sub/g%d.dos" % i, self.lines(30, b"\r\n"))
            self.write("sub dir/h%d.up" % i, self.lines(20))
        os.symlink("f1.txt", os.path.join(self.root, "link"))
        self.module = os.path.join(os.path.dirname(root), "module-" + kind)
        if not os.path.isdir(self.module):
            os.makedirs(self.module)
            git(w, self.module, "init", "-q")
            for i in range(20):
                git(w, self.module, "commit", "-q", "--allow-empty", "-m",
                    "c%d" % i)
        git(w, main, "add", "-A")
        if kind != "linked":
            git(w, main, "submodule", "--quiet", "add", self.module, "mod")
        git(w, main, "commit", "-qm", "first")
        if kind == "linked":
            os.rmdir(root)
            git(w, main, "worktree", "add", "-q", "-b", "other", root)
            self.root = root

    def lines(self, n, end=b"\n"):
        return b"".join(b"line %d %d" % (i, self.chance.randrange(1000)) + end
                        for i in range(n))

    def write(self, rel, text, mode=0o644):
        path = os.path.join(self.root, rel)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text)
        os.chmod(path, mode)

    def edit(self, rel):
        """Some lines go, change or come."""
        path = os.path.join(self.root, rel)
        with open(path, "rb") as f:
            v = f.read().splitlines(True)
        end = b"\r\n" if v and v[0].endswith(b"\r\n") else b"\n"
        for _ in range(self.chance.randrange(1, 6)):
            at = self.chance.randrange(len(v) + 1)
            kind = self.chance.randrange(3)
            if kind == 0 or at == len(v):
                v.insert(at, b"new %d" % self.chance.randrange(1000) + end)
            elif kind == 1:
                v[at] = b"now %d" % self.chance.randrange(1000) + end
            else:
                del v[at]
        if self.chance.randrange(4) == 0 and v:
            v[-1] = v[-1].rstrip(b"\r\n")
        with open(path, "wb") as f:
            f.write(b"".join(v))

    def change(self):
        """As an editor, and git add, would. (One that is gone and was only
        intended to be added, add -p calls deleted; here it isn't listed.)"""
        intended = git(self.w, self.root, "diff-files", "--name-only", "-z",
                       "--diff-filter=A").split("\0")
        names = sorted(n for n in git(self.w, self.root, "ls-files",
                                      "-z").split("\0")[:-1]
                       if os.path.isfile(os.path.join(self.root, n)) and
                       not n.startswith(".git") and n not in intended and
                       not os.path.islink(os.path.join(self.root, n)))
        for name in self.chance.sample(names, min(len(names), 24)):
            path = os.path.join(self.root, name)
            what = self.chance.randrange(12)
            if what == 0:
                os.unlink(path)
            elif what == 1:
                os.chmod(path, os.stat(path).st_mode ^ 0o111)
            elif what == 2:
                self.made += 1
                os.rename(path, path + ".%d" % self.made +
                          os.path.splitext(path)[1])
            elif what == 3:
                # Partly staged.
                self.edit(name)
                git(self.w, self.root, "add", "--", name)
                self.edit(name)
            else:
                if what == 4:
                    os.chmod(path, os.stat(path).st_mode ^ 0o111)
                self.edit(name)
        for i in range(2):
            self.made += 1
            n = self.chance.randrange(9)
            self.write("new%d.txt" % self.made, self.lines(n))
            if n > 0 and self.chance.randrange(3) == 0:
                git(self.w, self.root, "add", "-N", "new%d.txt" % self.made)
        link = os.path.join(self.root, "link")
        if self.chance.randrange(3) == 0:
            os.unlink(link)
            os.symlink("f%d.txt" % self.chance.randrange(1000), link)
        mod = os.path.join(self.root, "mod")
        if os.path.isdir(mod) and self.chance.randrange(2) == 0:
            git(self.w, mod, "checkout", "-q", "HEAD~1")


def add_p(w, root, answers):
    """git add -p with these answers of each file; untracked ones as after git
    add -N, and only what was taken of them stays there."""
    new = git(w, root, "ls-files", "-o", "-z",
              "--exclude-standard").split("\0")[:-1]
    if new:
        git(w, root, "add", "-N", "--", *new)
    # What has only another time isn't listed after this.
    git(w, root, "status")
    order = git(w, root, "diff-files", "--name-only", "-z").split("\0")[:-1]
    given = [a for name in order for a in answers.get(name, [])]
    assert sorted(order) == sorted(answers), (order, sorted(answers))
    out = git(w, root, "add", "-p", stdin="".join(
        "y\n" if a == "yes" else "n\n" for a in given).encode())
    asked = out.count("[y,n,")
    assert asked == len(given), [x for x in zip(
        out.split("diff --git ")[1:], order)
        if x[0].count("[y,n,") != len(answers[x[1]])]
    left = [line[-1] for line in (x.split(" ", 8) for x in git(
        w, root, "status", "--porcelain=v2", "--no-renames",
        "-z").split("\0"))
        if line[:2] == ["1", ".A"]]
    for name in new:
        if name in left:
            git(w, root, "rm", "-q", "--cached", "--", name)


def choose(chance, p):
    """Marks by chance for all hunks, and the same answers for git."""
    marks, answers = {}, {}
    for f in p["files"]:
        took = [chance.choice(["yes", "no"]) for h in f["hunks"]]
        if f.get("from"):
            # Two files for git.
            took = [took[0]] * len(took)
            answers[f["from"]] = answers[f["path"]] = took[:1]
        else:
            answers[f["path"]] = list(took)
        marks.update((h["id"], t) for h, t in zip(f["hunks"], took))
    return marks, answers


def as_add_p(w, kind, seed, rounds):
    a = Tree(w, w.path("home", kind, "a"), seed, kind)
    b = Tree(w, w.path("home", kind, "b"), seed, kind)
    chance = random.Random(seed)
    a.change()
    b.change()
    c = start(w, a.root)
    p, n = proposal(c), 0
    for i in range(rounds):
        marks, answers = choose(chance, p)
        n += len(marks)
        # The editor saves meanwhile: what was shown is what is staged.
        p = decide(c, p, marks)
        add_p(w, b.root, answers)
        same(state(w, a.root), state(w, b.root), (kind, i))
        if i % 3 == 2:
            for t in (a, b):
                git(w, t.root, "add", "-A")
                git(w, t.root, "commit", "-qm", "all")
        a.change()
        b.change()
        seen = p["seq"] if p else c.event_list("proposal")[-1]["seq"]
        c.send(type="reread")
        p = proposal(c, seen)
    c.close_and_wait()
    return n


def test_as_add_p(w):
    n = as_add_p(w, "plain", 1, 4) + as_add_p(w, "linked", 2, 4)
    assert n > 300, n


@harness.slow
def test_long_as_add_p(w):
    n = as_add_p(w, "plain", 1, 12) + as_add_p(w, "linked", 2, 12)
    assert n > 1000, n


def repository(w, **files):
    """A repository with these files of twenty lines, committed."""
    for name in files or ("a", "b"):
        w.write(name + ".txt", "".join("%d\n" % i for i in range(60)))
    w.repository()


def edit(w, name, *lines):
    """Each of these lines has another text."""
    v = w.read(name).split("\n")
    for i in lines:
        v[i] += " new"
    w.write(name, "\n".join(v))


def hunks(p, path):
    return [h for f in p["files"] if f["path"] == path for h in f["hunks"]]


def test_editor_saves_meanwhile(w):
    """What was shown is staged; the rest is shown then."""
    repository(w)
    edit(w, "a.txt", 5, 30)
    c = start(w, w.project)
    p = proposal(c)
    one, two = hunks(p, "a.txt")
    edit(w, "a.txt", 30, 50)
    # Of a git that was killed while it read.
    w.write("index.lock", "", base=os.path.join(w.session_dir(), "review"))
    p = decide(c, p, {one["id"]: "yes", two["id"]: "yes"})
    assert "+5 new\n" in w.git("diff", "--cached")
    assert "+30 new\n" in w.git("diff", "--cached")
    assert "new new" not in w.git("diff", "--cached")
    assert [h["text"].count("+") for h in hunks(p, "a.txt")] == [1, 1], p
    # Somebody stages something else: nothing is staged, and it is shown anew.
    one, two = hunks(p, "a.txt")
    w.git("reset", "-q")
    p = decide(c, p, {one["id"]: "yes"})
    assert w.git("diff", "--cached") == ""
    assert len(hunks(p, "a.txt")) == 3, p
    assert not w.events("applied")[-1]["ops"][0]["ok"]
    c.close_and_wait()


def test_lines_move(w):
    """A hunk below what was inserted meanwhile has its new line numbers."""
    repository(w)
    edit(w, "a.txt", 30)
    s = screenlib.Screen(w, "review")
    s.review("y stage")
    s.need(" 31 +30 new")
    w.write("a.txt", "0\n" + w.read("a.txt"))
    s.see("\x0c", "version 2")
    s.see("J", " 32 +30 new")
    s.close()


def test_split_stays(w):
    """A hunk that is shown split is so when the files are read again, and its
    parts are staged alone. A check is no matter."""
    repository(w)
    edit(w, "a.txt", 5, 8)
    c = start(w, w.project, test="true", test_by="config")
    p = proposal(c)
    one, = hunks(p, "a.txt")
    c.send(type="split", proposal=p["seq"], hunk=one["id"])
    p = c.wait_event("proposal", lambda e: len(hunks(e, "a.txt")) == 2)
    edit(w, "b.txt", 7)
    c.send(type="reread")
    p = c.wait_event("proposal", lambda e: hunks(e, "b.txt"))
    one, two = hunks(p, "a.txt")
    p = decide(c, p, {two["id"]: "yes"})
    assert "+8 new\n" in w.git("diff", "--cached")
    assert "+5 new\n" not in w.git("diff", "--cached")
    assert [h["text"].count("+") for h in hunks(p, "a.txt")] == [1]
    c.close_and_wait()


def test_index_is_a_link(w):
    """Git follows it, and so does what is staged, with the lock there."""
    repository(w)
    edit(w, "a.txt", 5, 30)
    index = os.path.join(w.project, ".git", "index")
    os.rename(index, w.path("index"))
    os.symlink(w.path("index"), index)
    c = start(w, w.project)
    p = proposal(c)
    one, two = hunks(p, "a.txt")
    p = decide(c, p, {one["id"]: "yes"})
    assert os.path.islink(index)
    assert "+5 new\n" in w.git("diff", "--cached")
    w.write("index.lock", "", base=w.path())
    two, = hunks(p, "a.txt")
    p = decide(c, p, {two["id"]: "yes"})
    assert "another git" in w.events("applied")[-1]["ops"][0]["text"]
    assert hunks(p, "a.txt")
    c.close_and_wait()


def test_file_and_folder(w):
    """Git would take the one out of the index for the other: not if that isn't
    accepted, too, or another git has put it there meanwhile."""
    w.write("d", "file\n")
    repository(w)
    os.unlink(os.path.join(w.project, "d"))
    w.write("d/x", "x\n")
    w.write("e", "file\n")
    c = start(w, w.project)
    p = proposal(c)
    ids = {f["path"]: f["hunks"][0]["id"] for f in p["files"]}
    assert set(ids) == {"d", "d/x", "e"}
    was = w.git("ls-files", "-s")
    p = decide(c, p, {ids["d/x"]: "yes", ids["d"]: "no"})
    assert w.git("ls-files", "-s") == was
    assert "of one name" in w.events("applied")[-1]["ops"][0]["text"]
    os.unlink(os.path.join(w.project, "e"))
    w.write("e/f", "theirs\n")
    w.git("add", "e/f")
    was = w.git("ls-files", "-s")
    decide(c, p, {ids["e"]: "yes"})
    assert w.git("ls-files", "-s") == was
    c.close_and_wait()


def test_work_tree_is_elsewhere(w):
    """The repository's word for it: nothing there is read."""
    repository(w)
    w.write("id_rsa", "secret\n", base=w.path("home", ".ssh"))
    w.git("config", "core.worktree", w.path("home", ".ssh"))
    c = start(w, w.project)
    e = c.wait_event("error", lambda e: True)
    assert "git's work tree is elsewhere: " in e["text"], e
    c.close_and_wait()
    w.git("config", "--unset", "core.worktree")


def test_tree_is_gone(w):
    """Nothing is staged, and what is said is true."""
    repository(w)
    edit(w, "a.txt", 5)
    c = start(w, w.project)
    p = proposal(c)
    os.rename(w.project, w.project + "-gone")
    c.send(type="decide", proposal=p["seq"], version=p["version"],
           marks=[{"hunk": h["id"], "mark": "yes", "seen": True}
                  for h in hunks(p, "a.txt")])
    (op,) = c.wait_event("applied")["ops"]
    os.rename(w.project + "-gone", w.project)
    assert "can't run git in %s" % os.path.realpath(w.project) in op["text"], op
    assert w.git("diff", "--cached") == ""
    c.close_and_wait()


def discard(c, p, hunk):
    c.send(type="discard", proposal=p["proposal"] or p["seq"], hunk=hunk["id"])
    d = c.wait_event("decision", lambda e: e["seq"] > p["seq"])
    assert d["discard"]
    return proposal(c, d["seq"])


def test_discard(w):
    """A hunk goes out of the file, and an undo brings it back; also with line
    ends and filters, new and deleted files, and modes."""
    w.write(".gitattributes", "*.dos text eol=crlf\n*.up filter=up -text\n")
    w.write("a.dos", "".join("%d\r\n" % i for i in range(60)))
    w.write("u.up", "".join("line %d\n" % i for i in range(60)))
    w.write("gone", "gone\n")
    w.git("init", "-q")
    w.git("config", "filter.up.clean", "tr a-z A-Z")
    w.git("config", "filter.up.smudge", "tr A-Z a-z")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    was = {n: w.read(n) for n in ("a.dos", "u.up", "gone")}
    w.write("a.dos", was["a.dos"].replace("5\r", "five\r", 1).replace(
        "50\r", "fifty\r"))
    w.write("u.up", was["u.up"].replace("line 9\n", "line nine\n"), 0o755)
    os.unlink(os.path.join(w.project, "gone"))
    w.write("new", "new\n")
    w.write("odd.dos", "new\n")
    changed = {n: w.read(n) for n in ("a.dos", "u.up", "new")}
    c = start(w, w.project)
    p = proposal(c)
    index = w.git("ls-files", "-s")
    p = discard(c, p, hunks(p, "a.dos")[0])
    assert w.read("a.dos") == was["a.dos"].replace("50\r", "fifty\r")
    p = discard(c, p, hunks(p, "a.dos")[0])
    assert w.read("a.dos") == was["a.dos"]
    p = discard(c, p, hunks(p, "u.up")[0])     # the mode
    assert not os.access(os.path.join(w.project, "u.up"), os.X_OK)
    assert w.read("u.up") == changed["u.up"]
    p = discard(c, p, hunks(p, "u.up")[0])
    assert w.read("u.up") == was["u.up"]
    p = discard(c, p, hunks(p, "gone")[0])
    assert w.read("gone") == "gone\n"
    p = discard(c, p, hunks(p, "new")[0])
    assert not os.path.exists(os.path.join(w.project, "new"))
    # git would check it out with other line ends.
    p = discard(c, p, hunks(p, "odd.dos")[0])
    assert w.read("odd.dos") == "new\n"
    assert "nothing is discarded" in w.events("error")[-1]["text"]
    assert w.git("ls-files", "-s") == index
    assert {f["path"] for f in p["files"]} == {"odd.dos"}
    # All of them come back, the last one first.
    for tx in reversed([e["tx"] for e in w.events("applied")]):
        c.send(type="undo", tx=tx)
        p = c.wait_event("proposal", lambda e: e.get("undo") == tx)
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], all="yes", seen=True)
        c.wait_event("proposal", lambda e: e["files"] and
                     not e.get("undo") and e["seq"] > p["seq"])
    assert {n: w.read(n) for n in changed} == changed
    assert not os.path.exists(os.path.join(w.project, "gone"))
    assert w.git("ls-files", "-s") == index
    c.close_and_wait()


def undo(c, p, tx, times=1):
    """What is proposed then. Another one at the same time is refused."""
    c.sock.sendall(times * (json.dumps({"type": "undo", "tx": tx}) +
                            "\n").encode())
    if times > 1:
        c.wait("a refusal", lambda: [x for x in c.lines if "another undo" in
                                     x.get("text", "")])
    p = c.wait_event("proposal", lambda e: e.get("undo") == tx and
                     e["seq"] > p["seq"])
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], all="yes", seen=True)
    return c.wait_event("proposal", lambda e: not e.get("undo") and
                        e["seq"] > p["seq"])


def test_undo_staged(w):
    """What was staged goes out of the index again, the last staging first, and
    is as it was; a redo stages it again."""
    repository(w)
    w.write("run", "run\n")
    w.write("gone", "gone\n")
    w.git("add", ".")
    w.git("commit", "-qm", "two")
    edit(w, "a.txt", 5, 20, 40)
    w.git("add", "a.txt")
    edit(w, "a.txt", 5, 20, 30, 40, 50)     # partly staged
    w.write("new", "new\n")
    os.chmod(os.path.join(w.project, "run"), 0o755)
    os.unlink(os.path.join(w.project, "gone"))
    before = [state(w, w.project)]
    c = start(w, w.project)
    p = proposal(c)
    first = hunks(p, "a.txt")[0]
    p = decide(c, p, {first["id"]: "yes"})
    before.append(state(w, w.project))
    p = decide(c, p, {h["id"]: "yes" for f in p["files"] for h in f["hunks"]
                      if f["path"] != "a.txt"})
    before.append(state(w, w.project))
    assert before[1]["index"] not in (before[0]["index"], before[2]["index"])
    one, two = [e["tx"] for e in w.events("applied")]
    p = undo(c, p, two)
    same(state(w, w.project), before[1], "the second one")
    assert {f["path"] for f in p["files"]} == {"a.txt", "gone", "new", "run"}
    p = undo(c, p, w.events("applied")[-1]["tx"])
    same(state(w, w.project), before[2], "staged again")
    p = undo(c, p, two)
    p = undo(c, p, one, 2)
    same(state(w, w.project), before[0], "the first one")
    assert all(e["index"] for e in w.events("applied"))
    r = w.run("undo", "--list", w.sessions()[-1], code=0)
    assert r.stdout.count(b"(staged)") == 6, r
    c.close_and_wait()


def refused(c, **command):
    def all_of_them():
        return [x for x in c.lines if x.get("type") == "refused"]
    n = len(all_of_them())
    c.send(**command)
    return c.wait("a refusal", lambda: all_of_them()[n:])[0]["text"]


def test_undo_staged_since(w):
    """Not if the index has other content since, or a commit has it."""
    repository(w)
    edit(w, "a.txt", 5, 20)
    edit(w, "b.txt", 7)
    c = start(w, w.project)
    p = proposal(c)
    p = decide(c, p, {hunks(p, "a.txt")[0]["id"]: "yes"})
    w.git("add", "a.txt")
    index = w.git("ls-files", "-s")
    said = refused(c, type="undo", tx=1)
    assert "a.txt changed in the index since it was staged" in said, said
    assert "git restore --staged a.txt" in said, said
    w.git("restore", "--staged", "a.txt")
    c.send(type="reread")
    p = c.wait_event("proposal", lambda e: len(hunks(e, "a.txt")) == 2 and
                     e["seq"] > p["seq"])
    p = decide(c, p, {hunks(p, "b.txt")[0]["id"]: "yes"})
    git(w, w.project, "commit", "-qm", "of another program")
    index = w.git("ls-files", "-s")
    said = refused(c, type="undo", tx=2)
    assert "b.txt is committed" in said, said
    assert w.git("ls-files", "-s") == index
    c.close_and_wait()


def test_resume(w):
    """Marks and comments are kept; it is shown as it is then."""
    repository(w)
    edit(w, "a.txt", 5, 30)
    c = start(w, w.project)
    p = proposal(c)
    one, two = hunks(p, "a.txt")
    c.send(type="mark", proposal=p["seq"], hunk=one["id"], mark="yes", seen=True)
    c.send(type="comment", proposal=p["seq"], hunk=two["id"], line=0,
           text="Why?")
    c.wait_event("comment")
    protocol.kill(w, c)
    edit(w, "b.txt", 7)
    c = start(w, w.project, session=w.sessions()[-1])
    p = c.wait_event("proposal", lambda e: hunks(e, "b.txt"))
    c.send(type="decide", proposal=p["proposal"], version=p["version"])
    p = proposal(c, c.wait_event("decision")["seq"])
    assert w.git("diff", "--cached", "--stat").count("|") == 1
    assert "+5 new\n" in w.git("diff", "--cached")
    assert len(hunks(p, "a.txt")) == len(hunks(p, "b.txt")) == 1
    copy = os.path.join(w.session_dir(), "review")
    assert os.path.exists(copy)
    c.close_and_wait()
    assert not os.path.exists(copy)


def inbox(w):
    return [json.loads(line)["id"] for line in w.run(
        "inbox", "--json").stdout.decode().splitlines()]


def test_resume_to_nothing(w):
    """A review has no task that a resume could go on with."""
    repository(w)
    edit(w, "a.txt", 5, 30)
    c = start(w, w.project)
    p = proposal(c)
    protocol.kill(w, c)
    c = resumed(w)
    assert inbox(w) == [w.sessions()[-1]]
    w.git("checkout", "-q", ".")
    c.send(type="reread")
    c.wait_event("proposal", lambda e: e["seq"] > p["seq"] and
                 not e.get("files"))
    c.wait_status("nothing left to review")
    assert not w.events("agent_end") and not w.events("error")
    # One that you end waits for nobody: git has all of it.
    edit(w, "a.txt", 5)
    c.send(type="reread")
    c.wait_status("to review")
    c.close_and_wait()
    assert inbox(w) == []


GIT = """#!/bin/sh
# Kills the core, or what runs git for it, at one of the commands that stage,
# before or after it; or hangs.
[ ! -e HANG ] || { : >HANGS; read x <HANG; }
if read n pid 2>/dev/null <ARMED; then
    [ $pid != 0 ] || pid=$PPID
    echo $((n - 1)) $pid >ARMED
    [ $n -ne 2 ] || kill -9 $pid
    GIT "$@"
    code=$?
    [ $n -ne 1 ] || kill -9 $pid
    exit $code
fi
exec GIT "$@"
"""


def with_git(w):
    """A git that does so."""
    w.write("gitbin/git", GIT.replace("GIT", shutil.which("git")).replace(
        "ARMED", w.path("armed")).replace("HANGS", w.path("hangs")).replace(
        "HANG", w.path("hang")), 0o755, base=w.root)
    w.env["PATH"] = w.path("gitbin") + ":" + w.env["PATH"]


def dies(w, c, n, act):
    """Before or after the nth command of git of this act? Then the session goes on
    in the client that is returned."""
    armed = w.path("armed")
    with open(armed, "w") as f:
        f.write("%d %d\n" % (n, c.process.pid))
    act()
    os.unlink(armed)
    died = c.eof
    if died:
        c.close()
        c = resumed(w)
        c.wait("the rest", lambda: w.events("applied") and
               len(w.events("decision")) == len(w.events("applied")) and
               w.events("proposal")[-1]["seq"] > w.events("applied")[-1]["seq"])
    assert all(op["ok"] for e in w.events("applied") for op in e["ops"])
    assert not [x for x in os.listdir(os.path.join(w.project, ".git"))
                if "assent" in x or x == "index.lock"]
    return c, died


def killed(w, n):
    """While it stages: whatever it has done by then, what was accepted is staged
    once."""
    repository(w, a=1, b=1, c=1)
    edit(w, "a.txt", 5, 30)
    edit(w, "b.txt", 7, 40)
    os.unlink(os.path.join(w.project, "c.txt"))
    w.write("new.txt", "new\n")
    c = start(w, w.project)
    p = proposal(c)
    chance = random.Random(n)
    marks = {h["id"]: chance.choice(["yes", "no"]) for f in p["files"]
             for h in f["hunks"]}
    marks[p["files"][0]["hunks"][0]["id"]] = "yes"
    want = [(f["path"], h["text"]) for f in p["files"] for h in f["hunks"]
            if marks[h["id"]] == "no"]

    def act():
        c.send(type="decide", proposal=p["seq"], version=1, marks=[
            {"hunk": k, "mark": v, "seen": True} for k, v in marks.items()])
        c.wait("its end", lambda: c.eof or c.event_list(
            "proposal", lambda e: e["seq"] > p["seq"]))

    c, died = dies(w, c, n, act)
    p = w.events("proposal")[-1]
    left = [(f["path"], h["text"]) for f in p["files"] for h in f["hunks"]]
    assert sorted(left) == sorted(want), (n, left, want)
    staged = w.git("diff", "--cached")
    assert staged.count("new") <= 10
    assert len(w.events("applied")) == 1
    c.close_and_wait()
    w.git("reset", "-q", "--hard")
    return died


def killed_undoing(w, n):
    """The same while that is undone: the index is as it was, before the decision
    with what was staged."""
    repository(w, a=1)
    edit(w, "a.txt", 5, 30)
    w.write("new.txt", "new\n")
    was = state(w, w.project)
    c = start(w, w.project)
    p = proposal(c)
    p = decide(c, p, {hunks(p, "a.txt")[0]["id"]: "yes",
                      hunks(p, "new.txt")[0]["id"]: "yes"})
    staged = state(w, w.project)

    def act():
        c.send(type="undo", tx=1)
        c.wait("the undo", lambda: c.eof or c.event_list(
            "proposal", lambda e: e.get("undo")))
        if not c.eof:
            q = w.events("proposal")[-1]
            c.send(type="decide", proposal=q["proposal"] or q["seq"],
                   version=q["version"], all="yes", seen=True)
        c.wait("its end", lambda: c.eof or c.event_list(
            "proposal", lambda e: not e.get("undo") and e["seq"] > p["seq"]))

    c, died = dies(w, c, n, act)
    done = len(w.events("applied")) == 2
    same(state(w, w.project), was if done else staged, n)
    c.close_and_wait()
    w.git("reset", "-q", "--hard")
    return died


def each_kill(w, step):
    """hash-object, ls-files, update-index twice: before and after each; an undo
    looks first."""
    with_git(w)
    for die, least in (killed, 8), (killed_undoing, 12):
        n = 1
        while die(w, n):
            w.clean_project()
            n += step
        w.clean_project()
        assert n > least, n


def test_killed_while_staging(w):
    each_kill(w, 3)


@harness.slow
def test_killed_at_each_git_while_staging(w):
    each_kill(w, 1)


class Hang:
    """While it lasts, git waits for a pipe that nobody writes to."""

    def __init__(self, w):
        self.w, self.pipe, self.hangs = w, w.path("hang"), w.path("hangs")

    def __enter__(self):
        os.mkfifo(self.pipe)
        return self

    def wait(self, c):
        c.wait("a git that hangs", lambda: os.path.exists(self.hangs))

    def __exit__(self, *args):
        # Who waits for it goes on.
        fd = os.open(self.pipe, os.O_RDWR)
        os.unlink(self.pipe)
        os.close(fd)
        if os.path.exists(self.hangs):
            os.unlink(self.hangs)


def alone(w):
    """Git, and what ran it, are gone."""
    return not [x for x in harness.children().values()
                if w.path("gitbin") in x or " review " in x]


def test_others_are_answered(w):
    """While git reads or stages, and hangs: another client, marks, an
    interrupt."""
    with_git(w)
    repository(w)
    edit(w, "a.txt", 5, 30)
    with Hang(w) as hang:
        c = start(w, w.project)
        hang.wait(c)
        c.wait_status("reading your changes")
        two = protocol.attach(w)
        two.wait_status("reading your changes")
        assert w.sessions()[-1].encode() in w.run("ls", "--json").stdout
        two.send(type="interrupt")
        e = c.wait_event("error")
        assert "can't be read: interrupted" in e["text"], e
        c.wait_status("your files aren't read")
        c.wait("its end", lambda: alone(w))
    c.send(type="reread")
    p = proposal(c)
    one, other = hunks(p, "a.txt")
    with Hang(w) as hang:
        # A review is open: it goes on while the files are read again.
        c.send(type="reread")
        hang.wait(c)
        two.send(type="mark", proposal=p["seq"], hunk=one["id"], mark="yes",
                 seen=True)
        c.wait_event("draft")
        two.send(type="interrupt")
        c.wait_status("to review")
    with Hang(w) as hang:
        c.send(type="decide", proposal=p["seq"], version=p["version"])
        hang.wait(c)
        c.wait_status("applying your decision")
        two.close()
        two = protocol.attach(w)
        two.wait_status("applying your decision")
        two.send(type="mark", proposal=p["seq"], hunk=other["id"], mark="yes",
                 seen=True)
        two.wait("why not", lambda: [x for x in two.lines if "your decision is "
                                     "being applied" in x.get("text", "")])
    d = c.wait_event("decision")
    p = proposal(c, d["seq"])
    assert [e["ok"] for e in w.events("applied")[-1]["ops"]] == [True]
    assert "+5 new\n" in w.git("diff", "--cached")
    other, = hunks(p, "a.txt")
    with Hang(w) as hang:
        c.send(type="discard", proposal=p["proposal"], hunk=other["id"])
        hang.wait(c)
        two.send(type="interrupt")
        two.close()
        two = protocol.attach(w)
        two.wait_status("applying your decision")
    assert proposal(c, c.wait_event("decision", lambda e: e.get("discard"))[
        "seq"]) is None
    assert w.read("a.txt").count("new") == 1
    c.close_and_wait()


def test_its_end(w):
    """What was accepted is staged before the session ends; a core that is
    killed leaves no git."""
    with_git(w)
    repository(w)
    edit(w, "a.txt", 5, 30)
    c = start(w, w.project)
    p = proposal(c)
    one, other = hunks(p, "a.txt")
    with Hang(w) as hang:
        c.send(type="decide", proposal=p["seq"], version=p["version"], marks=[
            {"hunk": one["id"], "mark": "yes", "seen": True}])
        hang.wait(c)
        c.send(type="end")
        two = protocol.attach(w)
        two.wait_status("applying your decision")
    c.wait_eof()
    assert "+5 new\n" in w.git("diff", "--cached")
    assert [e["ok"] for e in w.events("applied")[-1]["ops"]] == [True]
    assert len(w.events("proposal")) == 2
    # Nobody is left: the same.
    c = resumed(w)
    c.wait_status("to review")
    p = c.event_list("proposal")[-1]
    with Hang(w) as hang:
        c.send(type="decide", proposal=p["proposal"], version=p["version"],
               marks=[{"hunk": hunks(p, "a.txt")[0]["id"], "mark": "yes",
                       "seen": True}])
        hang.wait(c)
        c.close()
    harness.wait_until("the core's end", lambda: not harness.children())
    assert "+30 new\n" in w.git("diff", "--cached")
    assert w.events("proposal")[-1]["files"] == []
    edit(w, "a.txt", 50)
    with Hang(w) as hang:
        c = start(w, w.project, session=w.sessions()[-1])
        hang.wait(c)
        protocol.kill(w, c)
        harness.wait_until("git's end", lambda: alone(w))


def test_git_has_a_limit(w):
    with_git(w)
    repository(w)
    edit(w, "a.txt", 5, 30)
    with protocol.Clock(w) as clock, Hang(w) as hang:
        c = start(w, w.project)
        hang.wait(c)
        c.wait_status("reading your changes")
        clock.forward(300001)
        two = protocol.attach(w)
        e = c.wait_event("error")
        assert "git had no answer after 300 seconds" in e["text"], e
        two.close()
        c.close_and_wait()


def each_loss_of_git(w, step):
    """What runs git is killed: nothing is staged, or all; the user is told, and can
    go on."""
    with_git(w)
    repository(w)
    edit(w, "a.txt", 5, 30)
    armed = w.path("armed")
    c = start(w, w.project)
    p = proposal(c)
    for n in range(1, 25, step):
        one = hunks(p, "a.txt")[0]
        was = c.event_list("error")
        w.write("armed", "%d 0\n" % n, base=w.root)
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], marks=[
                   {"hunk": one["id"], "mark": "yes", "seen": True}])
        a = c.wait_event("applied", lambda e: e["seq"] > p["seq"])
        c.wait("the rest", lambda: c.event_list(
            "error") != was or c.event_list(
                "proposal", lambda e: e["seq"] > a["seq"]))
        os.unlink(armed)
        if c.event_list("error") != was:
            c.send(type="reread")
        p = c.wait_event("proposal", lambda e: e["seq"] > a["seq"])
        c.wait_status("to review")
        ok = a["ops"][0]["ok"]
        assert ok == ("+5 new\n" in w.git("diff", "--cached")), (n, a)
        assert len(hunks(p, "a.txt")) == (1 if ok else 2), (n, p)
        if ok:
            w.git("reset", "-q")
            c.send(type="reread")
            p = c.wait_event("proposal", lambda e: e["seq"] > p["seq"])
            c.wait_status("to review")
    c.close_and_wait()


def test_what_runs_git_is_killed(w):
    each_loss_of_git(w, 3)


@harness.slow
def test_what_runs_git_is_killed_each_time(w):
    each_loss_of_git(w, 1)


def test_commit_three_times(w):
    """/commit commits what is staged; the review goes on with the rest."""
    repository(w)
    edit(w, "a.txt", 5, 20, 40)
    w.git("config", "user.name", "t")
    w.git("config", "user.email", "t@example.invalid")
    c = start(w, w.project)
    p = proposal(c)
    for i in range(3):
        h = hunks(p, "a.txt")[0]
        n = p["seq"]
        c.send(type="decide", proposal=p["proposal"] or n, version=p["version"],
               marks=[{"hunk": h["id"], "mark": "yes", "seen": True}])
        p = proposal(c, c.wait_event("decision", lambda e: e["seq"] > n)["seq"])
        r = w.run("commit", "-m", "part %d" % i, w.sessions()[-1], code=0)
        assert b"committed what was staged as" in r.stderr, r
    assert p is None
    assert w.git("log", "--format=%s").split("\n")[:3] == [
        "part 2", "part 1", "part 0"]
    assert w.git("status", "--porcelain") == ""
    r = w.run("commit", "-m", "none", w.sessions()[-1], code=1)
    assert b"nothing was committed" in r.stderr, r
    acts = w.events("git_end")
    assert [a["status"] for a in acts] == [0, 0, 0, 1], acts
    # What others changed meanwhile is shown after it, too.
    edit(w, "b.txt", 3)
    w.run("commit", "-m", "none", w.sessions()[-1], code=1)
    c.wait_event("proposal", lambda e: hunks(e, "b.txt"))
    c.close_and_wait()


def test_plain(w):
    """It says that it stages; nothing is written."""
    repository(w)
    edit(w, "a.txt", 5)
    ask = b"stage this hunk?"
    code, seen = harness.on_terminal(w, [
        (b"Press Enter", b"hello\n"), (b"uses no model", b""),
        (b"Press Enter", b"y\n"),
        (b"nothing sent (Enter asks the next one)", b"\n"), (ask, b"x\n"),
        (b"nothing is marked", b""), (ask, b"q\n"),
        (b"/write stages", b"/commit now\n"),
        (b"nothing", b"\n"),
        (ask, b"y\n"), (b"nothing left to review", b"/end\n")],
        "review", "--plain")
    assert code == 0 and b"write" not in seen.replace(b"/write", b""), seen
    assert b"/again" not in seen and b"renamed" not in seen, seen
    assert "+5 new\n" in w.git("diff", "--cached")
    # What only reads has nothing to edit, and writes nothing.
    code, seen = harness.on_terminal(w, [
        (b"Press Enter", b"\n"), (b"read this hunk?", b"e\n"), (b"read this hunk?", b"?\n"), (b"read this hunk?", b"q\n"),
        (b"your marks are kept", b"/end\n")],
        "review", "--plain", "--staged")
    assert code in (0, 5) and b"this review only reads" in seen, seen
    assert b"and write" not in seen, seen
    assert b"EDITOR" not in seen, seen


def test_paths(w):
    repository(w)
    os.makedirs(os.path.join(w.project, "sub"))
    w.write("sub/c.txt", "new\n")
    edit(w, "a.txt", 5)
    edit(w, "b.txt", 5)
    c = start(w, w.project, ["c.txt", "../b.txt"],
              os.path.join(w.project, "sub"))
    assert [f["path"] for f in proposal(c)["files"]] == ["b.txt", "sub/c.txt"]
    c.close_and_wait()
    code, seen = harness.on_terminal(w, [(b"Press Enter", b"/end\n")],
                                     "review", "--plain", "b.txt", "sub/c.txt")
    assert b"review of uncommitted changes: b.txt, sub/c.txt\r" in seen, seen


def test_nothing_to_review(w):
    def says(words, *args, **kw):
        r = w.run("review", *args, **kw)
        assert words in r.stderr.decode(), r

    w.write("a.txt", "one\n")
    says("isn't in a git repository", code=2)
    bare = w.path("bare.git")
    git(w, w.project, "init", "-q", "--bare", bare)
    says("bare.git is a bare repository", code=2, cwd=bare)
    w.repository()
    says("nothing to review: no uncommitted changes", code=2)
    w.write("a.txt", "two\n")
    says("nothing to review: no uncommitted changes in these paths", "--", "b.txt",
         code=2)
    says("b.txt: no commit, branch or file of that name", "b.txt", code=2)
    says("b.txt: no commit, branch or file of that name", "a.txt", "b.txt",
         code=2)
    w.git("add", ".")
    says("nothing to review: all changes are staged", code=2)
    w.git("commit", "-qm", "two")
    w.git("switch", "-qc", "other", "HEAD~1")
    w.write("a.txt", "three\n")
    w.git("commit", "-qam", "three")
    try:
        w.git("merge", "-q", "main")
    except subprocess.CalledProcessError:
        pass
    says("a.txt has conflicts: resolve them first", code=1)
    assert w.sessions() == []
    c = start(w, w.project)
    c.wait_event("error", lambda e: "a.txt has conflicts" in e["text"])
    c.close_and_wait()


def test_what_is_added(w):
    """Also of your own changes, compared with the files that you didn't change."""
    w.write("a.py", "x = 1\n")
    w.write("b.md", "see https://known.corp-a.net\n")
    w.repository()
    w.write("a.py", "x = 'https://known.corp-a.net/'\n"
            "y = 'https://new.corp-a.net/'\n")
    c = start(w, w.project)
    said = c.wait_event("adds")
    assert said["compared"] and said["known"] == ["known.corp-a.net"], said
    c.close_and_wait()
    assert b"adds: host new.corp-a.net" in w.run("show").stderr


if __name__ == "__main__":
    harness.main(globals())
