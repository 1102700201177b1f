"""A patch of what a run proposes: written by exec --patch-out, reviewed elsewhere
by review FILE. Nothing in it is trusted."""

import json
import os
import shutil
import subprocess

import harness
from harness import call
from messages import msg

NEEDS_SANDBOX = True
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def begin(w):
    """A project, and a clone of it, where what it proposes is reviewed."""
    w.write("a.txt", "one\n")
    w.write("b.txt", "b\n" * 30)
    w.write("bin", "a\0b\n")
    w.repository()
    clone = w.path("clone")
    subprocess.run(["git", "clone", "-q", w.project, clone], check=True)
    return clone


def propose(w, *answers, args=("--approve", "ask"), name="p.patch"):
    w.mock(list(answers) + [DONE])
    r = w.run("exec", "--plan", "skip", "--patch-out", w.path(name), *args,
              "mend it")
    with open(w.path(name), "rb") as f:
        return r, f.read()


EDIT = call("write", path="a.txt", content="two\n")


def content(folder):
    """Each file: its bytes, link or mode; without git."""
    found = {}
    for base, dirs, files in os.walk(os.fsencode(folder)):
        dirs[:] = [d for d in dirs if d != b".git"]
        for f in files:
            path = os.path.join(base, f)
            name = os.path.relpath(path, os.fsencode(folder))
            if os.path.islink(path):
                found[name] = os.readlink(path)
            else:
                with open(path, "rb") as g:
                    found[name] = g.read(), os.stat(path).st_mode & 0o100
    return found


SCRIPT = r"""
    printf two >a.txt; mkdir -p 'd d'; git mv 2>/dev/null b.txt x || mv b.txt 'd d/c"\.txt'
    echo z >>'d d/c"\.txt'; printf 'q\0r' >bin; printf '\377\0' >new.bin
    ln -s a.txt link; printf 'x\n' >run; chmod +x run
    printf 'u\n' >"$(printf 'odd\377\nname')"; printf '' >empty
"""


def indexes(patch):
    return sorted(x for x in patch.splitlines() if x.startswith(b"index "))


def test_round_trip(w):
    """Binary files, renames, modes, links, no newline, odd names."""
    clone = begin(w)
    r, p = propose(w, call("bash", command=SCRIPT))
    assert r.returncode == 5, r
    head = w.git("rev-parse", "HEAD").strip()
    assert p.startswith(b"base-commit: %s\n" % head.encode()), p[:99]
    before = content(clone)
    subprocess.run(["git", "apply", "--check", w.path("p.patch")], cwd=clone,
                   check=True)
    r = w.run("review", w.path("p.patch"), cwd=clone)
    assert r.returncode == 5 and content(clone) == before, r
    assert b"other content" not in r.stderr, r
    r = w.run("review", "--accept", "all", w.path("p.patch"), cwd=clone, code=0)
    w.run("decide", "--accept", "all", w.sessions()[0])
    now = content(w.project)
    assert now == content(clone), (now, content(clone), r)
    assert now[b"link"] == b"a.txt" and b"odd\xff\nname" in now, now
    assert now[b"run"] == (b"x\n", 0o100) and now[b"a.txt"][0] == b"two", now
    # The names of the contents are git's.
    w.git("add", "-A")
    made = w.git("diff", "--cached", "--full-index", "--binary",
                 "--no-renames")
    assert indexes(p) == indexes(made.encode()), (p, made)
    # Again: there is nothing to decide.
    r = w.run("review", w.path("p.patch"), cwd=clone)
    assert r.returncode == 0 and msg.APPLIED_ALREADY.encode() in r.stderr, r
    os.chmod(clone + "/run", 0o644)
    r = w.run("review", w.path("p.patch"), cwd=clone)
    assert r.returncode == 1 and msg.APPLIED_ALREADY.encode() not in r.stderr, r


def test_written_and_open(w):
    """Both are in the patch; without either it is empty."""
    clone = begin(w)
    secret = call("write", path=".envrc", content="x\n")
    r, p = propose(w, EDIT, secret, args=("--approve", "yes"))
    assert r.returncode == 5 and w.read("a.txt") == "two\n", r
    assert not os.path.exists(w.project + "/.envrc")
    r = w.run("review", "--accept", "all", w.path("p.patch"), cwd=clone, code=0)
    assert content(clone)[b".envrc"] == (b"x\n", 0), content(clone)
    assert content(clone)[b"a.txt"] == (b"two\n", 0), content(clone)
    r, p = propose(w, name="none.patch")
    assert r.returncode == 0 and p == b"", (r, p)
    r = w.run("review", w.path("none.patch"), cwd=clone)
    assert r.returncode == 0 and b"nothing is proposed" in r.stderr, r
    # Rejected: it isn't proposed any more.
    r, p = propose(w, secret, args=("--approve", "ask"))
    w.run("decide", "--accept", "none")
    r = w.run("exec", "--patch-out", w.path("no", "x"), "go")
    assert r.returncode == 2 and b"--patch-out" in r.stderr, r


def test_hostile_patches(w):
    """Changed by somebody: refused, or reviewed as what it is."""
    clone = begin(w)
    r, good = propose(w, EDIT, call("bash", command="printf 'q\\0r' >bin"))
    good = good.decode()
    before = content(clone)
    head = good.split("\n")[0] + "\n"
    bad = "base-commit: %s\n"
    for p, code, words in (
            (good.replace("a.txt", "../a.txt"), 1, "doesn't apply"),
            (good.replace("a.txt", ".git/x"), 1, "doesn't apply"),
            (good.replace("b/bin", "b/../x").replace("a/bin", "a/../x"), 1,
             "doesn't apply"),
            ("hello\n", 2, "unified diff"), (head, 2, "unified diff"),
            (good.replace("+two", "+two\x1b]0;x\x07"), 0, ""),
            # The content isn't what the patch is made on.
            (good.replace("..2f2e261d", "..2f2e261e"), 1, "doesn't apply"),
            (bad % "--output=victim" + good.replace("-one", "-x"), 1, ""),
            (bad % ("1" * 40) + good.replace(head, "").replace(
                "-one", "-x"), 1, ""),
            (bad % "\x1b]0;x\x07\nsaid" + good, 0, "")):
        w.write(w.path("other.patch"), p)
        r = w.run("review", "--accept", "none" if code == 0 else "all",
                  w.path("other.patch"), cwd=clone)
        assert r.returncode == (5 if code == 0 else code), (code, p, r)
        assert words.encode() in r.stderr, (words, p, r)
        assert content(clone) == before, (words, r)
        assert b"\x1b" not in r.stderr, r
        assert not os.path.exists(clone + "/victim")


def test_another_project(w):
    """A patch of another repository isn't written here, even if it only
    adds."""
    clone = begin(w)
    r, p = propose(w, call("write", path="ci.yml", content="x\n"))
    other = w.path("git")
    os.makedirs(other)
    w.git("init", "-q", cwd=other)
    for args in (), ("--root", other):
        r = w.run("review", *args, "--accept", "all", w.path("p.patch"),
                  cwd=other)
        assert r.returncode == 1 and b"was made on commit" in r.stderr and \
            b"git fetch" in r.stderr, r
        assert not os.path.exists(other + "/ci.yml"), r
    # The same repository, another folder in it.
    w.write(w.path("sub.patch"), p.replace(b"\n", b":sub/\n", 1))
    r = w.run("review", "--accept", "all", w.path("sub.patch"), cwd=clone)
    assert r.returncode == 1 and b"was made on commit" in r.stderr, r
    w.write("sub/x", "1\n", base=clone)
    r = w.run("review", "--accept", "all", w.path("sub.patch"), "--root",
              clone + "/sub", cwd=clone, code=0)
    assert os.path.exists(clone + "/sub/ci.yml")
    # Without the commit, its files tell.
    r, p = propose(w, EDIT, name="edit.patch")
    w.write("a.txt", "one\n", base=other)
    r = w.run("review", "--accept", "all", w.path("edit.patch"), cwd=other,
              code=0)
    with open(other + "/a.txt") as f:
        assert f.read() == "two\n"


def test_without_git(w):
    """There is no commit; the files are compared."""
    w.write("a.txt", "one\n" + "x\n" * 9)
    r, p = propose(w, call("edit", path="a.txt", old_text="one\n",
                           new_text="two\n"))
    assert p.startswith(b"diff --git "), p
    other = w.path("other")
    w.write("a.txt", "one\n" + "x\n" * 9 + "mine\n", base=other)
    r = w.run("review", "--accept", "all", w.path("p.patch"), cwd=other, code=0)
    assert b"made on other content of a.txt" in r.stderr, r
    with open(other + "/a.txt") as f:
        assert f.read() == "two\n" + "x\n" * 9 + "mine\n"


def test_files_that_changed(w):
    """What differs is named; what doesn't fit changes nothing."""
    clone = begin(w)
    propose(w, EDIT)
    w.write("a.txt", "other\n", base=clone)
    before = content(clone)
    r = w.run("review", "--accept", "all", w.path("p.patch"), cwd=clone)
    assert r.returncode == 1 and content(clone) == before, r
    assert b"made on other content of a.txt; " in r.stderr, r
    assert w.git("rev-parse", "HEAD").strip().encode() in r.stderr, r
    assert b"a.txt: patch does not apply" in r.stderr, r
    os.unlink(clone + "/a.txt")
    r = w.run("review", w.path("p.patch"), cwd=clone)
    assert r.returncode == 1 and b"other content of a.txt" in r.stderr, r


def test_several(w):
    """One list: their files, and their numbers."""
    clone = begin(w)
    for name in "x", "y":
        propose(w, call("write", path=name, content=name + "\n"),
                name=name + ".patch")
    propose(w, call("write", path="a.txt", content="two\n"), name="a.patch")
    both = [w.path("a.patch"), w.path("x.patch"), w.path("y.patch")]
    r = w.run("review", *both, cwd=clone, code=5)
    shown = json.loads(w.run("show", "--json", cwd=clone).stdout)
    assert [f["path"] for f in shown["files"]] == ["a.txt", "x", "y"], shown
    listed = w.run("ls", cwd=clone).stdout
    assert b"review " + both[0].encode()[:20] in listed, listed
    w.run("review", *both, "--accept", "1-2", cwd=clone, code=0)
    assert content(clone)[b"x"] == (b"x\n", 0) and b"y" not in content(clone)
    # What is there already isn't asked again; the rest is.
    r = w.run("review", *both, "--accept", "all", cwd=clone, code=0)
    assert r.stderr.count(msg.APPLIED_ALREADY.encode()) == 2, r
    assert content(clone)[b"y"] == (b"y\n", 0)
    # All or nothing.
    w.git("checkout", "-q", ".", cwd=clone)
    w.git("clean", "-fdq", cwd=clone)
    before = content(clone)
    w.write(w.path("z.patch"), "--- a/z\n+++ b/z\n@@ -1 +1 @@\n-z\n+zz\n")
    w.write(w.path("p0.patch"), "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-one\n"
            "+1\n")
    for last, code, words in (
            (w.path("z.patch"), 1, "z: No such file"),
            (w.path("p0.patch"), 2, "names of another form"),
            (w.path("none.patch"), 2, "other words"), ("a.txt", 2,
                                                       "other words")):
        r = w.run("review", "--accept", "all", *both, last, cwd=clone)
        assert r.returncode == code and words.encode() in r.stderr, (last, r)
        assert content(clone) == before, r
    # A file that two of them change.
    w.git("add", ".")
    propose(w, EDIT, name="1.patch")
    w.run("decide", "--accept", "all")
    propose(w, call("write", path="a.txt", content="three\n"), name="2.patch")
    w.run("review", w.path("1.patch"), w.path("2.patch"), "--accept", "all",
          cwd=clone, code=0)
    assert content(clone)[b"a.txt"] == (b"three\n", 0), content(clone)


def test_what_is_a_patch(w):
    """By its name or its first line; after --, a path; else as git's."""
    clone = begin(w)
    propose(w, EDIT)
    with open(w.path("p.patch")) as f:
        text = f.read()
    for name in "plain", "x.diff":
        w.write(w.path(name), text)
        assert w.run("review", w.path(name), cwd=clone).returncode == 5
    assert w.run("review", "-", cwd=clone, stdin=text).returncode == 5
    r = w.run("apply", w.path("plain"), "--accept", "all", cwd=clone, code=0)
    assert b"apply FILE is assent review FILE now" in r.stderr, r
    w.write("notes", "see\n" + text, base=clone)
    w.write("own.patch", text, base=clone)
    for args, words in ((["notes"], "UI needs a terminal"),
                        (["--", "own.patch"], "UI needs a terminal"),
                        (["own.patch", "--", "notes"], "other words"),
                        (["--accept", "1", "notes"], "only for patches"),
                        (["--accept", "1"], "only for patches"),
                        (["--test", "true"], "only for patches"),
                        (["--approve", "yes"], "only for patches"),
                        (["--require-proof"], "only for patches"),
                        (["--staged", "own.patch"], "not for patches"),
                        (["--base", "HEAD", "own.patch"], "not for patches"),
                        (["--pr", "1", "own.patch"], "not for patches"),
                        (["nosuch.patch"], "nosuch.patch")):
        r = w.run("review", *args, cwd=clone)
        assert r.returncode == 2 and words.encode() in r.stderr, (args, r)
    r = w.run("apply", "notes.json", cwd=clone)
    assert r.returncode == 2 and b"notes.json" in r.stderr, r


def test_the_check_comes_first(w):
    """review --test: on what is accepted, before any of it is written."""
    clone = begin(w)
    propose(w, EDIT, call("write", path="n", content="x\n"))
    before = content(clone)
    test = "echo looked; grep -q two a.txt && ! test -e n"

    def review(*args, wrap=(), test=test):
        return w.run("review", "--test", test, *args, w.path("p.patch"),
                     cwd=clone, wrap=wrap)
    r = review()
    assert r.returncode == 2 and b"--test needs --accept" in r.stderr, r
    # All of it fails; so does a part. Nothing is decided, either.
    for accept in "all", "n=all":
        r = review("--accept", accept)
        assert r.returncode == 3 and content(clone) == before, r
        assert b"looked" in r.stderr and b"nothing was changed: the check " \
            b"failed: " + test.encode() + b", exit 1" in r.stderr, r
        assert not w.events("decision") and len(w.events("evidence")) == 2
    r = review("--accept", "all", test="kill -9 $$")
    assert r.returncode == 3 and content(clone) == before, r
    r = review("--accept", "none")
    assert r.returncode == 5 and not w.events("evidence"), r
    deny = harness.need_none()
    r = review("--accept", "a.txt=all", wrap=deny)
    assert r.returncode != 0 and content(clone) == before, r
    r = review("--accept", "a.txt=all")
    assert r.returncode == 0 and b"check: " + test.encode() + b" passed" in \
        r.stderr, r
    assert content(clone) == {**before, b"a.txt": (b"two\n", 0)}, r


# ---- the run that it came from ----

def named(w, *answers, args=()):
    m = w.mock(list(answers))
    r = w.run("exec", "--name", "mend", "--plan", "skip", "--approve", "yes",
              "--patch-out", w.path("p.patch"), "--output", w.path("o.json"),
              *args, "go")
    with open(w.path("o.json")) as o, open(w.path("p.patch")) as p:
        return r, json.load(o), p.read(), len(m.requests())


def waits(w, sid):
    r = w.run("ls", "--json", "--all")
    one, = [x for x in json.loads(r.stdout)["sessions"] if x["session"] == sid]
    assert one["waits"] == (one["state"] == "waiting"), one
    return one["waits"]


def test_applied_elsewhere(w):
    """The named run doesn't wait for ever."""
    clone = begin(w)
    args = ("--test", "true")
    secret = call("write", path=".envrc", content="x\n")
    r, o, p, n = named(w, EDIT, secret, DONE, args=args)
    assert r.returncode == 5 and n == 3 and p.count("diff --git") == 2, (r, p)
    sid, = w.sessions()
    # Not yet; the file is written again, also after a commit.
    w.git("commit", "-qam", "one")
    r, o, again, n = named(w, args=args)
    assert r.returncode == 5 and n == 0 and again == p, r
    assert o["outcome"] == "waiting", o
    # Another content is there.
    w.write(".envrc", "y\n")
    r, o, again, n = named(w, args=args)
    assert r.returncode == 5 and n == 0 and waits(w, sid), r
    os.unlink(w.project + "/.envrc")
    # Accepted in the clone, and pulled.
    r = w.run("review", "--accept", "all", w.path("p.patch"), cwd=clone, code=0)
    shutil.copy(clone + "/.envrc", w.project + "/.envrc")
    for _ in range(2):
        r, o, again, n = named(w, args=args)
        assert r.returncode == 0 == o["exit"] and n == 0, r
        assert o["outcome"] == "done" and o["proposed"] == [], o
        assert sorted(o["modified_files"]) == [".envrc", "a.txt"], o
        assert again == p and "+x" in o["patch"] and not waits(w, sid), (o, p)
    w.write("b.txt", "changed\n")
    r, o, p, n = named(w, DONE, args=args)
    assert n == 1 and b"files have changed" in r.stderr, r


harness.main(globals())
