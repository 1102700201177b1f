"""assent review of what isn't in the work tree: what is staged, a commit, a range,
a branch, a pull request. What `git diff` prints between the same two is right;
nothing is checked out, and nothing is staged.
"""

import base64
import os
import random
import re
import subprocess

import harness
import protocol
import screenlib

ASK = b"read this hunk?"


def git(w, *args, cwd=None, stdin=b"", ok=True, **env):
    r = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid",
         "-c", "core.safecrlf=false", *args], cwd=cwd or w.project,
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(w.env, **env))
    assert not ok or r.returncode == 0, (args, r)
    return r.stdout


def id_of(w, name, cwd=None):
    return git(w, "rev-parse", name, cwd=cwd).decode().strip()


def commit(w, message="c", cwd=None):
    git(w, "add", "-A", cwd=cwd)
    git(w, "commit", "-q", "--allow-empty", "-m", message, cwd=cwd)
    return id_of(w, "HEAD", cwd)


def start(w, begin, end=None, root=None, paths=()):
    """A session that reads, as the front end begins it."""
    review = {"paths": list(paths), "from": begin, "words": "review of it"}
    if end is not None:
        review["to"] = end
    c = protocol.spawn(w)
    root = os.path.realpath(root or w.project)
    c.send(type="hello", version=protocol.version(),
           protocol=protocol.PROTOCOL, client="test")
    c.send(type="start", root=root, cwd=root, mode="review", plan="skip",
           approve="ask", person=True, keep_alive=True, diff="myers",
           home=w.home, path=w.env["PATH"], sandbox="auto", review=review)
    return c


def read(w, *args, **kw):
    """What such a session proposes."""
    c = start(w, *args, **kw)
    p = c.wait_event("proposal", lambda e: True)
    c.close_and_wait()
    return p


def text(h):
    return base64.b64decode(h["text_b64"]) if "text_b64" in h else \
        h["text"].encode()


def hunks_of(diff):
    """[(first old line, first new line, its lines)] of the patch of one file."""
    out, inside = [], False
    for line in diff.split(b"\n")[:-1]:
        inside = inside and not line.startswith(b"diff --git ")
        m = re.match(rb"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", line)
        if m:
            out.append((int(m[1]), int(m[2]), b""))
            inside = True
        elif inside and line[:1] in b" +-\\" and line:
            out[-1] = out[-1][:2] + (out[-1][2] + line + b"\n",)
    return out


def same(w, p, *between, root=None, prefix=""):
    """Is it what git diff prints? (A rename is two files there.)"""
    args = ["diff", "--no-ext-diff", "--no-textconv", "--no-color",
            "--src-prefix=a/", "--dst-prefix=b/", "--no-renames",
            "--ignore-submodules=none"]
    names = git(w, *args, "--name-status", "-z", "--relative", *between,
                cwd=root).decode("utf-8", "surrogateescape").split("\0")[:-1]
    want = dict(zip(names[1::2], names[0::2]))
    have = {}
    for f in p["files"]:
        path = os.fsdecode(base64.b64decode(f["path_b64"])) \
            if "path_b64" in f else f["path"]
        have[path] = {"added": "A", "deleted": "D", "type": "T",
                      "renamed": "A"}.get(f["status"], "M")
        hunks = f["hunks"]
        if f["status"] == "renamed":
            have[f["from"]] = "D"
            diff = git(w, *args, "-M01", *between, "--", ":(top)" + prefix +
                       f["from"], ":(top)" + prefix + path, cwd=root)
            hunks = hunks[1:]
        else:
            diff = git(w, *args, *between, "--", ":(top,literal)" + prefix +
                       path, cwd=root)
        if f["status"] == "type":
            # One whole change here, two files there.
            both = b"".join(h[2] for h in hunks_of(diff))
            assert f.get("binary") or text(hunks[0]) == both, (
                path, text(hunks[0])[-60:], both[-60:], diff[:300])
        elif not f.get("binary"):
            ours = [(h["old_start"], h["new_start"], text(h)) for h in hunks
                    if text(h)]
            assert ours == hunks_of(diff), (path, ours, hunks_of(diff))
        else:
            assert b"Binary files" in diff, (path, diff)
    assert have == want, (have, want)


# ---- by chance ----

class History:
    """Commits in which files change by chance."""

    def __init__(self, w, seed):
        self.w, self.chance, self.made = w, random.Random(seed), 0
        git(w, "init", "-q", "-b", "main")
        git(w, "config", "filter.up.clean", "tr a-z A-Z")
        w.write(".gitattributes", "*.up filter=up\n*.dos text eol=crlf\n")
        self.files = {}
        for i in range(12):
            self.new("d%d/f%d" % (i % 3, i))
        os.symlink("f1", w.path("home", "src", "project", "link"))

    def line(self):
        return b"%d %s\n" % (self.chance.randrange(400), self.chance.choice(
            [b"a", b"\xe9", b"\xc3\xa9", b"\x1b[31m", b"x" * 200, b"\r"]))

    def new(self, name):
        ext = self.chance.choice(["", ".up", ".dos", ".txt"])
        lines = [self.line() for _ in range(self.chance.randrange(1, 80))]
        self.files[name + ext] = lines
        self.put(name + ext)

    def put(self, name):
        path = os.path.join(self.w.project, name)
        if os.path.islink(path):
            os.unlink(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(b"".join(self.files[name]))

    def step(self):
        for name in self.chance.sample(sorted(self.files), 5):
            path = os.path.join(self.w.project, name)
            what = self.chance.randrange(9)
            v = self.files[name]
            if what == 0:
                os.unlink(path)
                del self.files[name]
                continue
            if what == 1:
                os.chmod(path, os.stat(path).st_mode ^ 0o111)
            if what == 2:
                v.append(b"no newline at the end")
            if what == 3:
                v[0] = b"bin\0ary %d\n" % self.chance.randrange(100)
            if what == 4:
                os.unlink(path)
                os.symlink("f%d" % self.chance.randrange(100), path)
                continue
            for _ in range(self.chance.randrange(1, 8)):
                at = self.chance.randrange(len(v) + 1)
                v[at:at + self.chance.randrange(3)] = [
                    self.line() for _ in range(self.chance.randrange(3))]
            v or v.append(b"x\n")
            self.put(name)
        self.made += 1
        self.new("new/n%d \u00e9\x1b[1m" % self.made)
        link = os.path.join(self.w.project, "link")
        os.unlink(link)
        os.symlink("f%d" % self.chance.randrange(5), link)
        return commit(self.w, "c%d" % self.made)


def test_by_chance(w):
    h = History(w, 7)
    ids = [commit(w)] + [h.step() for _ in range(12)]
    for _ in range(12):
        a, b = h.chance.sample(ids, 2)
        same(w, read(w, a, b), a, b)
    # What is staged; the files and the index stay as they are.
    for name in sorted(h.files)[:6]:
        h.files[name].insert(0, b"staged\n")
        if not os.path.islink(os.path.join(w.project, name)):
            h.put(name)
    git(w, "add", "-A")
    w.write("d0/later", "not staged\n")
    git(w, "add", "-N", "d0/later")
    before = git(w, "ls-files", "-s"), git(w, "status", "--porcelain=v2")
    same(w, read(w, ids[-1]), "--cached", ids[-1])
    assert before == (git(w, "ls-files", "-s"),
                      git(w, "status", "--porcelain=v2"))
    # A part of the repository.
    sub = os.path.join(w.project, "d1")
    same(w, read(w, ids[0], ids[-1], root=sub), ids[0], ids[-1], root=sub,
         prefix="d1/")
    p = read(w, ids[0], ids[-1], paths=["d1", "link"])
    assert p["files"] and all(f["path"].startswith(("d1/", "link"))
                              for f in p["files"]), p


# ---- which ----

def project(w):
    """A clone, beside the repository that it is of."""
    up = w.path("home", "up")
    os.makedirs(up)
    git(w, "init", "-q", "-b", "main", cwd=up)
    for name in "abc":
        w.write(name, "".join("%s %d\n" % (name, i) for i in range(30)),
                base=up)
        commit(w, name, cwd=up)
    git(w, "checkout", "-q", "-b", "feature", cwd=up)
    w.write("a", "feature\n", base=up)
    commit(w, "feature", cwd=up)
    git(w, "update-ref", "refs/pull/1/head", "HEAD", cwd=up)
    git(w, "checkout", "-q", "main", cwd=up)
    w.write("b", "main\n", base=up)
    commit(w, "main", cwd=up)
    os.rmdir(w.project)
    git(w, "clone", "-q", up, w.project, cwd=up)
    return up


def plain(w, *args, answers=((b"Press Enter", b"/end\n"),), code=0, **kw):
    w.env.update({"TERM": "dumb", "LC_ALL": "C.UTF-8"})
    got, seen = harness.on_terminal(w, list(answers), "review", "--plain",
                                    *args, **kw)
    seen = seen.replace(b"\r\n", b"\n").decode()
    assert got == code, (args, got, seen)
    return seen


def paths(w):
    return sorted(f["path"] for f in w.events("proposal")[-1]["files"])


def test_targets(w):
    project(w)
    short = lambda name: id_of(w, name)[:10]
    for args, words, files in (
            (["HEAD"], "commit %s against its first parent" % short("HEAD"),
             ["b"]),
            (["HEAD~3"], "commit %s against nothing (it has no parent here)" %
             short("HEAD~3"), ["a"]),
            (["HEAD", "--base", "HEAD~2"], "commit %s against HEAD~2" %
             short("HEAD"), ["b", "c"]),
            (["HEAD~2..HEAD"], "HEAD~2..HEAD (%s..%s)" % (
                short("HEAD~2"), short("HEAD")), ["b", "c"]),
            (["main..origin/feature"], "main..origin/feature (%s..%s)" % (
                short("main"), short("origin/feature")), ["a", "b"]),
            (["main...origin/feature"], "main...origin/feature (%s...%s)" % (
                short("main"), short("origin/feature")), ["a"]),
            # As the remote had it when it was fetched.
            (["feature"], "branch origin/feature at %s against origin/main "
             "(merge base %s)" % (short("origin/feature"), short("HEAD~1")),
             ["a"]),
            (["origin/feature", "--base", "HEAD~2"], "branch origin/feature at "
             "%s against HEAD~2 (merge base %s)" % (
                 short("origin/feature"), short("HEAD~2")), ["a", "c"]),
            (["HEAD~2..HEAD", "--", "c"], "HEAD~2..HEAD (%s..%s): c" % (
                short("HEAD~2"), short("HEAD")), ["c"])):
        seen = plain(w, *args)
        assert "\nreview of %s\n" % words in seen, (words, seen)
        assert paths(w) == files, (args, paths(w))
    w.write("c", "staged\n")
    git(w, "add", "c")
    assert "\nreview of what is staged against HEAD\n" in plain(w, "--staged")
    assert paths(w) == ["c"]
    assert "review of what is staged against HEAD" in \
        w.run("ls", code=0).stdout.decode()


def test_names(w):
    """What both a branch and a file, or a commit, is called."""
    project(w)
    for name in ("docs", "deadbeef"):
        git(w, "branch", name, "origin/feature")
    w.write("docs", "a file\n")
    seen = plain(w, "docs")
    assert "for the file of that name: assent review -- docs" in seen, seen
    assert "review of branch docs at " in seen and paths(w) == ["a"]
    plain(w, "--", "docs")
    assert paths(w) == ["docs"] and w.events("proposal")[-1]["files"][0][
        "status"] == "added"
    assert "review of branch deadbeef at " in plain(w, "deadbeef")
    # A file that is gone is a file.
    os.unlink(os.path.join(w.project, "c"))
    plain(w, "c")
    assert paths(w) == ["c"]


def test_errors(w):
    project(w)
    git(w, "branch", "same")
    git(w, "checkout", "-q", "--orphan", "alone")
    commit(w)
    git(w, "checkout", "-q", "main")
    count = len(w.sessions())
    for args, code, words in (
            (["none"], 2, "none: no commit, branch or file of that name here"),
            (["main..none"], 2, "main..none: no commit"),
            (["--pr", "0x1"], 2, "must be the number of a pull request"),
            (["--pr", "1", "--staged"], 2, "use one"),
            (["--base", "main"], 2, "--base needs a commit"),
            (["HEAD", "--base", "none"], 2, "--base none: no commit"),
            (["HEAD", "--base=--output=x"], 2, "no commit or branch"),
            (["main..same", "--base", "main"], 2, "use one"),
            (["alone"], 1, "no commit in common"),
            (["same"], 2, "nothing to review in branch same at"),
            (["main..same"], 2, "nothing to review in main..same"),
            (["--staged"], 2, "nothing to review in what is staged"),
            (["HEAD~1", "HEAD"], 2, "assent review HEAD~1..HEAD"),
            (["HEAD", "--", "a"], 2, "nothing to review in commit ")):
        seen = plain(w, *args, answers=(), code=code)
        assert words in seen, (args, seen)
    git(w, "remote", "rm", "origin")
    assert "and main have no commit in common" in plain(
        w, "alone", answers=(), code=1)
    assert "no remote to fetch pull request 1 from" in plain(
        w, "--pr", "1", answers=(), code=1)
    assert len(w.sessions()) == count and \
        not os.path.exists(os.path.join(w.project, "x"))


# ---- marks ----

def test_marks_are_kept(w):
    """They and comments stay with the session, also when the repository has lost
    the objects; nothing is staged, written or decided."""
    project(w)
    git(w, "checkout", "-q", "-b", "mine")
    w.write("a", "gone soon\n")
    w.write("b", "gone soon, too\n")
    lost = commit(w)
    git(w, "checkout", "-q", "main")
    before = git(w, "ls-files", "-s"), harness.tree(w.project)
    seen = plain(w, lost, answers=[
        (b"Press Enter", b"\n"), (ASK, b"c 0 why\n"), (ASK, b"y\n"),
        (ASK, b"x\n"), (b"nothing is staged in this review", b"n\n"),
        (b"no hunk is open; your marks stay", b"/end\n")])
    assert [x["text"] for x in w.events("comment")] == ["why"]
    assert not w.events("decision") and not w.events("apply_begin")
    assert before[0] == git(w, "ls-files", "-s")
    assert harness.tree(os.path.join(w.project, "..", "project")) == before[1]
    git(w, "branch", "-qD", "mine")
    git(w, "reflog", "expire", "--expire=now", "--all")
    git(w, "gc", "-q", "--prune=now")
    assert git(w, "cat-file", "-e", lost, ok=False) == b""
    w.env.update({"TERM": "dumb", "LC_ALL": "C.UTF-8"})
    code, seen = harness.on_terminal(w, [(b"commit", b"/diff\n"),
                                         (b"+gone soon", b"/end\n")],
                                     "resume", "--plain")
    assert code in (0, 5) and b"review of commit " + lost[:10].encode() in seen, seen
    assert [(e["mark"]) for e in w.events("draft")] == ["yes", "no"]
    assert len(w.events("proposal")) == 1
    # The repository can't say it any more.
    assert "no commit, branch or file" in plain(w, lost, answers=(), code=2)


def test_screen(w):
    project(w)
    git(w, "checkout", "-q", "-b", "mine")
    w.write("a", w.read("a").replace("a 5\n", "A 5\n"))
    commit(w)
    git(w, "checkout", "-q", "main")
    s = screenlib.Screen(w, "review", "mine")
    s.review("y read")
    assert s.screen()[0].startswith("review of branch mine at "), s.text()
    assert not re.search(r"(^| )x \w", s.screen()[-1]), s.text()
    s.need("marks are for you alone, and stay until it changes")
    s.see(b"x", "nothing is staged in this review")
    s.review("y read")
    s.see(b"X", "only your own uncommitted changes can be discarded")
    s.review("y read")
    s.see(b"A", "0 open")
    s.close()
    assert [e["mark"] for e in w.events("draft")] == ["yes"]
    assert not w.events("decision")


# ---- pull requests ----

def refs(w):
    return git(w, "for-each-ref", "--format=%(refname) %(objectname)",
               "refs/assent").decode().split()


def test_pull_request(w):
    up = project(w)
    # The base has gone on; the clone doesn't know yet.
    w.write("c", "later\n", base=up)
    base = commit(w, "later", cwd=up)
    git(w, "checkout", "-q", "-b", "next", cwd=up)
    w.write("a", "next\n", base=up)
    head = commit(w, "next", cwd=up)
    git(w, "tag", "v1", cwd=up)
    git(w, "update-ref", "refs/pull/12/head", "HEAD", cwd=up)
    git(w, "checkout", "-q", "main", cwd=up)
    hook = w.path("home", "hooked")
    for name in ("reference-transaction", "post-checkout"):
        w.write(os.path.join(w.project, ".git/hooks", name),
                "#!/bin/sh\ntouch '%s'\n" % hook, 0o755)
    before = git(w, "for-each-ref")
    seen = plain(w, "--pr", "12")
    assert seen.index("fetching pull request 12 from origin\n") < \
        seen.index("refs/pull/12/head"), seen
    assert "\nreview of pull request 12 at %s against main of origin (merge " \
        "base %s)\n" % (head[:10], base[:10]) in seen, seen
    assert paths(w) == ["a"]
    assert refs(w) == ["refs/assent/pr/12", head]
    assert not os.path.exists(hook)
    assert not os.path.exists(os.path.join(w.project, ".git/FETCH_HEAD"))
    assert git(w, "status", "--porcelain") == b""
    seen = plain(w, "--pr", "12", "--base", "HEAD")
    assert "against HEAD (merge base %s)\n" % id_of(w, "HEAD")[:10] in seen
    assert paths(w) == ["a", "c"]
    # It goes with the last session that names it, as does one of a review that
    # died before it had a session; and nothing else has changed.
    first, last = sorted(w.sessions())[:2]
    git(w, "update-ref", "refs/assent/pr/99", "HEAD")
    w.run("ls", "--rm", "--force", last, code=0)
    assert refs(w) == ["refs/assent/pr/12", head]
    w.run("ls", "--rm", "--force", first, code=0)
    assert refs(w) == []
    assert git(w, "for-each-ref") == before


def test_pull_request_by_gh(w):
    """Which branch it is to go to."""
    up = project(w)
    git(w, "branch", "stable", "HEAD~1", cwd=up)
    w.write("gh", "#!/bin/sh\necho \"$@\" >%s\necho stable\n" %
            w.path("home", "asked"), 0o755, base=w.path("home", "bin"))
    w.env["PATH"] = w.path("home", "bin") + ":" + w.env["PATH"]
    assert " against stable of origin (merge base " in plain(w, "--pr", "1")
    with open(w.path("home", "asked")) as f:
        assert f.read() == "pr view 1 --json baseRefName --jq .baseRefName\n"


def test_pull_request_fails(w):
    up = project(w)
    seen = plain(w, "--pr", "77", answers=(), code=1)
    assert "pull request 77 can't be fetched from origin" in seen, seen
    # A tree with a name that git fsck refuses.
    blob = git(w, "hash-object", "-w", "--stdin", cwd=up,
               stdin=b"x\n").decode().strip()
    tree = git(w, "hash-object", "-t", "tree", "-w", "--literally", "--stdin",
               cwd=up, stdin=b"100644 ..\0" + bytes.fromhex(blob))
    bad = git(w, "commit-tree", "-m", "bad", "-p", "HEAD",
              tree.decode().strip(), cwd=up).decode().strip()
    git(w, "update-ref", "refs/pull/2/head", bad, cwd=up)
    seen = plain(w, "--pr", "2", answers=(), code=1)
    assert "hasDotdot" in seen and "can't be fetched" in seen, seen
    os.rename(up, up + "-away")
    seen = plain(w, "--pr", "1", answers=(), code=1)
    assert "pull request 1 can't be fetched from origin" in seen, seen
    assert refs(w) == [] and w.sessions() == []


# ---- a stranger's ----

def raw_tree(w, entries):
    return git(w, "hash-object", "-t", "tree", "-w", "--literally", "--stdin",
               stdin=b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid)
                              for mode, name, oid in entries)
               ).decode().strip()


def test_hostile(w):
    """Attributes, names, links, submodules and large files of a branch are shown;
    nothing of it runs."""
    git(w, "init", "-q", "-b", "main")
    w.write("a.txt", "a\n")
    base = commit(w)
    ran = w.path("home", "ran")
    program = "touch '%s'; cat" % ran
    for key in ("filter.x.clean", "filter.x.smudge", "filter.x.process",
                "diff.x.textconv", "diff.x.command", "diff.external"):
        git(w, "config", key, program)
    git(w, "checkout", "-q", "-b", "hostile")
    w.write(".gitattributes", "* filter=x diff=x -text working-tree-encoding="
            "UTF-16 ident export-subst\n")
    w.write("sub/.gitattributes", "* -diff\n")
    w.write(".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = ext::sh -c "
            "touch% " + ran + "\n\tignore = all\n\tupdate = !touch " + ran +
            "\n")
    w.write("\x1b[2J\u202egnp.exe", "text\x1b]0;title\x07\n")
    w.write("sub/large", "".join("line %d\n" % i for i in range(100000)))
    w.write("bin", "\0\1\2")
    os.symlink("/etc/passwd", os.path.join(w.project, "to-passwd"))
    os.symlink("x\x1b[31m\n", os.path.join(w.project, "strange"))
    git(w, "-c", "filter.x.clean=", "-c", "filter.x.process=", "-c",
        "core.attributesFile=/dev/null", "update-index", "--add",
        "--cacheinfo", "160000," + base + ",m")
    for name in git(w, "ls-files", "-o", "-z").decode().split("\0")[:-1]:
        if not os.path.islink(os.path.join(w.project, name)):
            oid = git(w, "hash-object", "-w", "--no-filters", "--", name)
            git(w, "update-index", "-z", "--index-info", stdin=b"100644 " +
                oid.strip() + b"\t" + os.fsencode(name) + b"\0")
        else:
            git(w, "update-index", "--add", "--", name)
    git(w, "commit", "-qm", "hostile")
    hostile = id_of(w, "HEAD")
    git(w, "symbolic-ref", "HEAD", "refs/heads/main")
    git(w, "reset", "-q")
    if os.path.exists(ran):
        os.unlink(ran)
    git(w, "config", "core.fsmonitor", program)
    p = read(w, base, hostile)
    assert not os.path.exists(ran)
    git(w, "config", "--unset", "core.fsmonitor")
    git(w, "clean", "-fdxq")
    same(w, p, base, hostile)
    assert not os.path.exists(ran)
    seen = plain(w, base + ".." + hostile, answers=[
        (b"Press Enter", b"/diff\n"), (b"Subproject commit ", b"/end\n")])
    for c in seen:
        assert c in "\n\a" or (c >= " " and c != "\u202e"), repr(seen[:3000])
    assert not os.path.exists(ran)


def test_what_a_partial_clone_lacks(w):
    """It is fetched, but not by a program that the repository names."""
    git(w, "init", "-q", "-b", "main")
    git(w, "config", "uploadpack.allowFilter", "true")
    w.write("a", "a\n")
    base = commit(w)
    w.write("a", "b\n")
    c = commit(w)
    commit(w, "more")
    part = w.path("home", "part")
    git(w, "rm", "-q", "a")
    commit(w, "without it")
    git(w, "clone", "-q", "--filter=blob:none", "file://" + w.project, part)
    ran = w.path("home", "ran")
    for key, value in (("remote.origin.url", "ext::sh -c touch% " + ran),
                       ("protocol.ext.allow", "always")):
        git(w, "config", key, value, cwd=part)
    s = start(w, base, c, root=part)
    s.wait_event("error", lambda e: "can't be read" in e["text"])
    s.close_and_wait()
    assert not os.path.exists(ran)
    git(w, "config", "remote.origin.url", "file://" + w.project, cwd=part)
    (f,) = read(w, base, c, root=part)["files"]
    assert text(f["hunks"][0]) == b"-a\n+b\n", f
    # Without trees, git fetches those of the two commits.
    bare = w.path("home", "bare")
    git(w, "clone", "-q", "--filter=tree:0", "--no-checkout",
        "file://" + w.project, bare)
    r = w.run("review", "%s..%s" % (base, c), cwd=bare)
    assert b"can't compare" not in r.stderr, r


def test_replaced(w):
    """What git replace shows in place of an object isn't what is in the commit."""
    git(w, "init", "-q", "-b", "main")
    w.write("a", "a\n")
    base = commit(w)
    w.write("a", "evil\n")
    c = commit(w)
    other = git(w, "hash-object", "-w", "--stdin", stdin=b"good\n").decode().strip()
    git(w, "replace", id_of(w, c + ":a"), other)
    git(w, "replace", c, base)
    (f,) = read(w, base, c)["files"]
    assert text(f["hunks"][0]) == b"-a\n+evil\n", f


def test_damaged(w):
    """Trees that git doesn't make."""
    git(w, "init", "-q", "-b", "main")
    w.write("a", "a\n")
    base = commit(w)
    blob = git(w, "hash-object", "-w", "--stdin", stdin=b"x\n").decode().strip()
    inner = raw_tree(w, [(b"100644", b"config", blob)])
    deep = [inner]
    for _ in range(100):
        deep.append(raw_tree(w, [(b"40000", b"d", deep[-1])]))
    t = raw_tree(w, [(b"100644", b"..", blob), (b"40000", b".GIT", inner),
                     (b"100644", b"a", blob), (b"100644", b"b", blob),
                     (b"40000", b"c", deep[99]), (b"40000", b"d", deep[100])])
    p = read(w, base, t)
    assert [f["path"] for f in p["files"]] == [
        "a", "b", "c/" + "d/" * 99 + "config"], p
    assert sorted(f["path"] for f in p["refused"]) == [
        "..", ".GIT/config", "d/" * 101 + "config"], p
    twice = raw_tree(w, [(b"100644", b"b", blob), (b"100644", b"c", blob),
                         (b"100644", b"b", git(
                             w, "hash-object", "-w", "--stdin",
                             stdin=b"y\n").decode().strip())])
    missing = raw_tree(w, [(b"100644", b"b", "12" * 20)])
    # Each folder has eight of the next: 8^9 files.
    bomb = blob
    for i in range(9):
        bomb = raw_tree(w, [(b"40000" if i else b"100644", b"%d" % k, bomb)
                            for k in range(8)])
    for tree, words in ((twice, "b is in a damaged folder"),
                        (missing, "lacks the object"),
                        (bomb, "too many files changed"),
                        ("1" * 40, "git diff-tree: ")):
        c = start(w, base, tree)
        e = c.wait_event("error", lambda e: True)
        assert words in e["text"], e
        c.close_and_wait()


if __name__ == "__main__":
    harness.main(globals())
