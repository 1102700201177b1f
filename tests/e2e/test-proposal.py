"""A proposal as a file: written by exec --proposal-out, reviewed elsewhere by
apply and decide --from. Nothing in it is trusted."""

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


def propose(w, *answers, args=(), name="p.json"):
    w.mock(list(answers) + [DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "later", "--proposal-out",
              w.path(name), *args, "mend it")
    with open(w.path(name)) as f:
        return r, json.load(f)


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


def test_round_trip(w):
    """Binary files, renames, modes, links, no newline, odd names."""
    clone = begin(w)
    script = r"""
        printf two >a.txt; mkdir -p 'd d'; git mv 2>/dev/null b.txt x || mv b.txt 'd d/c"\.txt'
        echo z >>'d d/c"\.txt'; printf 'q\0r' >bin; printf '\377\0' >new.bin
        ln -s a.txt link; printf 'x\n' >run; chmod +x run
        printf 'u\n' >"$(printf 'odd\377\nname')"; printf '' >empty
    """
    r, p = propose(w, call("bash", command=script),
                   args=("--test", "test -L link"))
    assert r.returncode == 5, r
    assert p["task"] == "mend it" and p["session"] == w.sessions()[0], p
    assert p["project"] == os.path.basename(w.project), p
    assert p["profile"] == "code" and p["model"], p
    assert p["evidence"]["passed"] is True, p["evidence"]
    line = [e for e in w.events("proposal")
            if e["seq"] == p["journal"]["seq"]][0]
    assert line["h"] == p["journal"]["h"], p["journal"]
    assert p["base"]["head"] == w.git("rev-parse", "HEAD").strip(), p["base"]
    before = content(clone)
    r = w.run("apply", w.path("p.json"), cwd=clone)
    assert r.returncode == 5 and content(clone) == before, r
    assert b"said by" in r.stderr and b"test -L link passed" in r.stderr, r
    assert b"changed since" not in r.stderr and b"other files" not in \
        r.stderr, r
    r = w.run("apply", "--accept", "all", w.path("p.json"), cwd=clone, code=0)
    w.run("decide", "--accept", "all", w.sessions()[0])
    now = content(w.project)
    assert now == content(clone), (now, content(clone), r)
    assert now[b"link"] == b"a.txt" and b"odd\xff\nname" in now, now
    assert now[b"run"] == (b"x\n", 0o100) and now[b"a.txt"][0] == b"two", now
    # Again: there is nothing to decide.
    r = w.run("apply", w.path("p.json"), cwd=clone)
    assert r.returncode == 0 and msg.APPLIED_ALREADY.encode() in r.stderr, r


def test_nothing_is_proposed(w):
    clone = begin(w)
    r, p = propose(w, args=("--output", w.path("o.json")))
    assert r.returncode == 0 and p["files"] == [] and p["patch"] == "", (r, p)
    assert p["journal"] is None and p["evidence"] is None, p
    r = w.run("apply", w.path("p.json"), cwd=clone)
    assert r.returncode == 0 and b"nothing is proposed" in r.stderr, r
    r = w.run("exec", "--proposal-out", w.path("no", "x"), "go")
    assert r.returncode == 2 and b"--proposal-out" in r.stderr, r


def put(w, p, name="other.json"):
    w.write(w.path(name), json.dumps(p))


def test_hostile_files(w):
    """Changed by somebody: refused, or reviewed as what it is."""
    clone = begin(w)
    r, good = propose(w, EDIT)
    before = content(clone)

    def changed(**members):
        return dict(good, **members)

    def file(**members):
        return changed(files=[dict(good["files"][0], **members)])
    side = good["files"][0]["after"]
    for p, words in (
            (changed(version=2), "version"),
            (changed(patch=1), "no patch"),
            (changed(files=None), "no list"),
            (changed(base=1), "isn't a proposal"),
            (file(path="../a.txt"), "outside"),
            (file(path="/etc/passwd"), "outside"),
            (file(path="x/.GIT/hooks/y"), "outside"),
            (file(path=""), "outside"),
            (file(before=1), "hashes"),
            (file(after=dict(side, mode=0o104755)), "hashes"),
            (changed(files=good["files"] * 2), "twice"),
            # The patch isn't what the file says.
            (file(after=dict(side, hash="0" * 64)), "other content"),
            (file(after=None), "other content"),
            (file(path="b.txt"), "doesn't name that file"),
            (changed(files=good["files"] + [dict(
                good["files"][0], path="c.txt", before=None)]),
             "doesn't change c.txt"),
            (changed(patch=good["patch"].replace("+two", "+TWO")),
             "other content"),
            (changed(patch=good["patch"].replace("a.txt", ".git/x")), ""),
            (changed(patch="hello"), "unified diff"), ({}, "")):
        put(w, p)
        r = w.run("apply", "--accept", "all", w.path("other.json"), cwd=clone)
        assert r.returncode in (1, 2) and words.encode() in r.stderr, \
            (words, p, r)
        assert content(clone) == before, (words, r)
    # Its text is printed on one line.
    put(w, changed(task="\x1b]0;x\x07\nsaid by nobody"))
    r = w.run("apply", w.path("other.json"), cwd=clone)
    assert b"\x1b" not in r.stderr and b"\nsaid by nobody" not in r.stderr, r


# ---- decide --from ----

def folder(w, n):
    """n proposals, each of a file of its own."""
    os.makedirs(w.path("in"))
    for i in range(n):
        w.mock([call("write", path="f%d" % i, content="new\n"), DONE])
        r = w.run("exec", "--plan", "skip", "--approve", "later",
                  "--proposal-out", w.path("in", "%d.json" % i), "task %d" % i)
        assert r.returncode == 5, r


def verdicts(w):
    found = {}
    for name in os.listdir(w.path("in", "decided")):
        if name.endswith(".verdict.json"):
            with open(w.path("in", "decided", name)) as f:
                found[name.split(".")[0]] = json.load(f)["verdict"]
        else:
            assert not os.path.exists(w.path("in", name)), name
    return found


def test_from_a_folder(w):
    clone = begin(w)
    folder(w, 4)
    shutil.copy(w.path("in", "3.json"), w.path("in", "4.json"))
    w.write("in/o.json", "{\"version\":1}\n", base=w.root)
    w.write("in/README", "x\n", base=w.root)
    r = w.run("decide", "--from", w.path("in"), "--root", clone)
    listed = r.stdout.decode().splitlines()
    assert r.returncode == 5 and len(listed) == 5, r
    assert listed[1].startswith(
        "file 1.json: task 1 (1 file; it says: check not run)"), r
    assert b"o.json is left alone" in r.stderr, r
    code, seen = harness.on_terminal(
        w, [(b"0.json: 1 of 5", b""), (b"[y,n", b"y\n"),
            (b"file 1.json: 2 of", b""), (b"[y,n", b"n\n"), (b"2.json", b""),
            (b"[y,n", b"q\n")],
        "decide", "--plain", "--from", w.path("in"), "--root", clone)
    assert code == 5, (code, seen)
    assert verdicts(w) == {"0": "accepted", "1": "rejected", "2": None}, \
        verdicts(w)
    assert os.path.exists(clone + "/f0") and not os.path.exists(clone + "/f1")
    # The next start goes on with the rest; the last is applied by then.
    r = w.run("decide", "--from", w.path("in"), "--accept", "all",
              "--root", clone, code=0)
    assert verdicts(w) == {"0": "accepted", "1": "rejected", "2": "accepted",
                           "3": "accepted", "4": "accepted"}, verdicts(w)
    assert msg.APPLIED_ALREADY.encode() in r.stderr, r
    assert os.path.exists(clone + "/f2") and os.path.exists(clone + "/f3")
    assert sorted(os.listdir(w.path("in"))) == ["README", "decided", "o.json"]
    r = w.run("decide", "--from", w.path("in"), "--root", clone)
    assert r.returncode == 0 and not r.stdout, r
    assert b"no proposals in" in r.stderr, r


def test_another_project(w):
    """A proposal of another session isn't written here, even if it only
    adds."""
    clone = begin(w)
    r, p = propose(w, call("write", path="ci.yml", content="x\n"))
    os.makedirs(w.path("in"))
    p["session"] = "20200101-000000-0000"
    put(w, p, "in/p.json")
    for git in (True, False):
        other = w.path("git" if git else "plain")
        os.makedirs(other)
        if git:
            w.git("init", "-q", cwd=other)
        for args in (["apply", "--accept", "all", w.path("in", "p.json")],
                     ["apply", "--root", other, "--accept", "all",
                      w.path("in", "p.json")],
                     ["decide", "--from", w.path("in"), "--accept", "all"]):
            r = w.run(*args, cwd=other)
            assert r.returncode == 1 and b"it was made in" in r.stderr, r
            assert not os.path.exists(other + "/ci.yml"), r
        # The same file is there already: it isn't decided by that.
        shutil.copy(w.path("in", "p.json"), other + "/ci.yml")
    assert os.listdir(w.path("in")) == ["p.json"], os.listdir(w.path("in"))
    # The same repository, another folder in it.
    p["base"]["folder"] = "sub/"
    put(w, p)
    r = w.run("apply", "--accept", "all", w.path("other.json"), cwd=clone)
    assert r.returncode == 1 and b"it was made in" in r.stderr, r


def test_another_project_without_git(w):
    """Its name, the files that it changes, or --root."""
    w.write("a.txt", "one\n")
    _, added = propose(w, call("write", path="n", content="x\n"))
    assert added["base"]["head"] is None, added
    other, same = w.path("other", "x"), w.path("o", os.path.basename(w.project))
    for folder, more, code in ((other, (), 1), (same, (), 0),
                               (other, ("--root", other), 0)):
        os.makedirs(folder, exist_ok=True)
        r = w.run("apply", "--accept", "all", *more, w.path("p.json"),
                  cwd=folder)
        assert r.returncode == code and os.listdir(folder) == \
            ["n"] * (not code) and (b"it was made in" in r.stderr) == code, r


def test_from_is_killed(w):
    """After the decision, before the move: it isn't asked again."""
    clone = begin(w)
    os.makedirs(w.path("in"))
    w.mock([call("write", path="f", content="1\n" * 9),
            call("write", path="g", content="x\n"), DONE])
    w.run("exec", "--plan", "skip", "--approve", "later", "--proposal-out",
          w.path("in", "p.json"), "go")
    # A folder where the file should go: it can't move, as if killed there.
    os.makedirs(w.path("in", "decided", "p.json", "x"))
    r = w.run("decide", "--from", w.path("in"), "--accept", "f=all",
              "--accept", "g=none", "--root", clone)
    assert r.returncode == 1 and b"can't move" in r.stderr, r
    assert os.path.exists(clone + "/f") and not os.path.exists(clone + "/g")
    shutil.rmtree(w.path("in", "decided", "p.json"))
    n = len(w.sessions())
    r = w.run("decide", "--from", w.path("in"), "--accept", "all",
              "--root", clone)
    assert r.returncode == 0 and verdicts(w) == {"p": "part"}, r
    assert len(w.sessions()) == n and not os.path.exists(clone + "/g")


def test_the_check_comes_first(w):
    """apply --test: on what is accepted, before any of it is written; what the
    file says of its own check doesn't count."""
    clone = begin(w)
    propose(w, EDIT, call("write", path="n", content="x\n"))
    before = content(clone)
    test = "echo looked; grep -q two a.txt && ! test -e n"

    def apply(*args, wrap=(), test=test):
        return w.run("apply", "--test", test, *args, w.path("p.json"),
                     cwd=clone, wrap=wrap)
    r = apply()
    assert r.returncode == 2 and b"--test needs --accept" in r.stderr, r
    # All of it fails; so does a part. Nothing is decided, either.
    for accept in "all", "n=all":
        r = apply("--accept", accept)
        assert r.returncode == 3 and content(clone) == before, r
        assert b"looked" in r.stderr and b"nothing was changed: the success " \
            b"check failed: " + test.encode() + b", exit 1" in r.stderr, r
        assert not w.events("decision") and len(w.events("evidence")) == 2
    r = apply("--accept", "all", test="kill -9 $$")
    assert r.returncode == 3 and content(clone) == before, r
    r = w.run("apply", "--accept", "none", "--test", test, w.path("p.json"),
              cwd=clone)
    assert r.returncode == 5 and not w.events("evidence"), r
    deny = harness.need_none()
    r = apply("--accept", "a.txt=all", wrap=deny)
    assert r.returncode != 0 and content(clone) == before, r
    r = apply("--accept", "a.txt=all")
    assert r.returncode == 0 and b"check: " + test.encode() + b" passed" in \
        r.stderr, r
    assert content(clone) == {**before, b"a.txt": (b"two\n", 0)}, r


# ---- the run that it came from ----

def named(w, *answers, args=()):
    m = w.mock(list(answers))
    r = w.run("exec", "--name", "mend", "--plan", "skip", "--approve", "yes",
              "--proposal-out", w.path("p.json"), "--output", w.path("o.json"),
              "--patch-out", w.path("patch"), *args, "go")
    with open(w.path("o.json")) as o, open(w.path("p.json")) as p:
        return r, json.load(o), json.load(p), len(m.requests())


def test_applied_elsewhere(w):
    """The named run doesn't wait for ever."""
    clone = begin(w)
    args = ("--test", "true")
    secret = call("write", path=".envrc", content="x\n")
    r, o, p, n = named(w, EDIT, secret, DONE, args=args)
    assert r.returncode == 5 and n == 3 and len(p["files"]) == 1, r
    # Not yet; the file is written again.
    r, o, again, n = named(w, args=args)
    assert r.returncode == 5 and n == 0 and again == p, r
    assert o["outcome"] == "waiting", o
    # Another content is there.
    w.write(".envrc", "y\n")
    r, o, again, n = named(w, args=args)
    assert r.returncode == 5 and n == 0, r
    os.unlink(w.project + "/.envrc")
    # Accepted in the clone, and pulled.
    r = w.run("apply", "--accept", "all", w.path("p.json"), cwd=clone, code=0)
    shutil.copy(clone + "/.envrc", w.project + "/.envrc")
    for _ in range(2):
        r, o, p, n = named(w, args=args)
        assert r.returncode == 0 == o["exit"] and n == 0, r
        assert o["outcome"] == "done" and o["proposed"] == [], o
        assert sorted(o["modified_files"]) == [".envrc", "a.txt"], o
        assert p["files"] == [] and "+x" in o["patch"], (o, p)
    w.write("b.txt", "changed\n")
    r, o, p, n = named(w, DONE, args=args)
    assert n == 1 and b"files have changed" in r.stderr, r


def waits(w, sid):
    r = w.run("ls", "--json", "--all")
    one, = [x for x in json.loads(r.stdout)["sessions"] if x["session"] == sid]
    assert one["waits"] == (one["state"] == "waiting"), one
    return one["waits"]


def test_the_session_knows(w):
    """A proposal that is decided from its file, on the machine of the session
    and in its project, no longer waits there; elsewhere that isn't known."""
    clone = begin(w)

    def proposed():
        r, p = propose(w, EDIT, call("write", path="n", content="x\n"))
        assert r.returncode == 5 and waits(w, p["session"]), r
        return p["session"]

    def again():
        w.git("clean", "-fdq")
        w.git("checkout", "-q", ".")
    # A part; the rest is rejected there, too.
    sid = proposed()
    r = w.run("apply", w.path("p.json"))
    assert r.returncode == 5 and waits(w, sid), r
    r = w.run("apply", "--accept", "a.txt=all", "--accept", "n=none",
              w.path("p.json"))
    assert b"the rest is rejected in session " + sid.encode() in r.stderr, r
    assert not waits(w, sid) and w.read("a.txt") == "two\n", r
    assert not os.path.exists(w.project + "/n")
    again()
    # In other files; then they come here.
    sid = proposed()
    r = w.run("apply", "--accept", "all", w.path("p.json"), cwd=clone)
    assert r.returncode == 0 and waits(w, sid), r
    w.write("a.txt", "two\n")
    w.write("n", "x\n")
    r = w.run("apply", w.path("p.json"))
    assert r.returncode == 0 and not waits(w, sid), r
    again()
    # One that somebody has changed rejects nothing of what it names.
    r, p = propose(w, call("write", path="n", content="x\n"))
    r, other = propose(w, EDIT, name="other.json")
    for name, rejects in (("changed.json", False), ("other.json", True)):
        put(w, dict(p, session=other["session"], journal=other["journal"]),
            "changed.json")
        r = w.run("apply", "--accept", "none", w.path(name))
        assert r.returncode == 5 and waits(w, other["session"]) != rejects \
            and (b"rejected in session" in r.stderr) == rejects, (name, r)


harness.main(globals())
