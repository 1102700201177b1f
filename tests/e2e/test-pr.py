"""assent pr: the branch goes to a bare repository, the draft to a stand-in for gh,
which keeps its arguments and its input.
"""

import json
import os
import shutil
import signal

import harness
from harness import call

DONE = {"calls": [{"name": "done", "args": {"summary": "Did it."}}]}
OLD = "".join("line %d\n" % n for n in range(1, 21))
URL = "https://github.com/o/r.git"
HOSTILE = "Fix `x`; $(touch /tmp/pwned) \x1b[31m\u202e--help"

GH = """#!/usr/bin/env python3
import json, os, sys, time
calls = %r
n = len(os.listdir(calls))
with open(os.path.join(calls, "%%03d" %% n), "w") as f:
    json.dump({"argv": sys.argv[1:], "stdin": sys.stdin.read(),
               "cwd": os.getcwd(), "tty": os.isatty(0) or os.isatty(1),
               "env": [k for k in os.environ if k.startswith("GIT_DIR")]}, f)
do = os.environ.get("GH_DO", "")
if sys.argv[1:3] == ["auth", "status"]:
    sys.exit(sys.argv[4] not in ("github.com", "git.example.org"))
if sys.argv[1:3] == ["pr", "view"]:
    print(os.environ.get("GH_OPEN", ""))
    if do == "fail":
        sys.stderr.write("gh: not \\x1b[31mlogged in\\n")
    sys.exit("GH_OPEN" not in os.environ and 4)
if do == "hang":
    open(calls + ".hangs", "w").close()
    time.sleep(1000)
if do == "fail":
    sys.stderr.write("gh: not \\x1b[31mlogged in\\n")
    sys.exit(4)
print("https://github.com/o/r/pull/7")
print("\\x1b[31mmore")
"""


def edit(old, new):
    return call("edit", path="a", old_string=old, new_string=new)


def git(w, *args):
    return w.git(*args).strip()


def project(w, url=URL, branch="work", gh=True):
    """A clone of a bare repository, on a branch."""
    harness.need_sandbox(w)
    bare = w.path("bare.git")
    w.git("init", "-q", "--bare", "-b", "main", bare)
    w.git("init", "-q", "-b", "main")
    for key, value in (("user.name", "U"), ("user.email", "u@example.com"),
                       ("url.%s.insteadOf" % bare, url)):
        w.git("config", key, value)
    w.write("a", OLD)
    w.git("add", ".")
    w.git("commit", "-qm", "start")
    w.git("remote", "add", "origin", url)
    w.git("push", "-q", "origin", "main")
    w.git("checkout", "-q", "-b", branch)
    os.makedirs(w.path("calls"))
    if gh:
        w.write("bin/gh", GH % w.path("calls"), 0o755, base=w.path())
        w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]
    return bare


def work(w, task="Make line 5 louder", answers=None, args=(), commit=True,
         plan=False):
    w.mock(answers or [edit("line 5\n", "LINE 5\n"), DONE],
           config={"plan": "auto" if plan else "skip", "check_retries": 0})
    r = w.run("exec", "--approve", "yes", "--allow-protected", "*", *args,
              "--", task)
    assert r.returncode in (0, 3), r
    if commit:
        assert w.run("commit", "-m", "work").returncode == 0


def calls(w):
    out = []
    for name in sorted(os.listdir(w.path("calls"))):
        with open(w.path("calls", name)) as f:
            out.append(json.load(f))
    return [c for c in out if c["argv"][:2] not in (["pr", "view"],
                                                    ["auth", "status"])]


def pushed(w, bare, branch="work"):
    refs = git(w, "ls-remote", bare, "refs/heads/" + branch)
    return refs.split()[0] if refs else None


def pr(w, *args, code=0, **kw):
    r = w.run("pr", *(args or ("--push",)), **kw, code=code)
    assert b"\x1b" not in r.stderr.replace(b"\x1b[K", b""), r.stderr
    return r.stdout.decode(), r.stderr.decode()


def acts(w):
    """[act, argv, status, url]"""
    out = []
    for e in w.events():
        if e["type"] == "git_begin":
            out.append([e["act"], e["argv"], "open", None])
        elif e["type"] == "git_end":
            out[-1][2:] = [e["status"], e.get("url")]
    return out


def no_gh(w):
    """A PATH with what git needs, and without gh."""
    os.makedirs(w.path("others"))
    for name in "git", "sh":
        os.symlink(shutil.which(name), w.path("others", name))
    return w.path("others")


def test_draft(w):
    """Pushed, then a draft of which everything is shown before."""
    bare = project(w)
    plan = call("plan", goal="Make line 5 louder", steps=[
        {"title": "shout"}, {"title": "whisper"}, {"title": "hum"}])
    work(w, answers=[plan, edit("line 5\n", "LINE 5\n"),
                     call("step_done", step=1), DONE, DONE],
         args=("--test", "grep -q LINE a"), plan=True)
    out, err = pr(w)
    assert pushed(w, bare) == git(w, "rev-parse", "HEAD")
    assert git(w, "rev-parse", "--abbrev-ref", "@{u}") == "origin/work"
    (gh,) = calls(w)
    assert gh["argv"] == ["pr", "create", "--draft",
                          "--title=Make line 5 louder", "--body-file=-"], gh
    body = gh["stdin"]
    assert body == ("Did it.\n\n## Plan\n\n- [x] shout\n- [ ] whisper\n"
                    "- [ ] hum\n\n## Check\n\n`grep -q LINE a` passed\n"), body
    assert gh["cwd"] == w.project and not gh["tty"], gh
    for line in body.split("\n"):
        assert line in out, (line, out)
    assert "branch work, to origin (%s):\n" % bare in out, out
    assert git(w, "log", "-1", "--format=%h") + " work" in out, out
    assert "https://github.com/o/r/pull/7\n^[[31mmore\n" in out, out
    assert acts(w) == [
        ["push", ["git", "-c", "push.pushOption=", "push", "--no-follow-tags",
                  "--recurse-submodules=no", "-u", "--", "origin",
                  "refs/heads/work:refs/heads/work"], 0, None],
        ["pr", ["gh"] + gh["argv"], 0, "https://github.com/o/r/pull/7"]], acts(w)
    w.verify()
    shown = w.run("log", w.sessions()[-1]).stdout.decode()
    assert "pr: done, https://github.com/o/r/pull/7" in shown, shown


def test_destination(w):
    """All addresses that git pushes to, without passwords; and only the
    branch."""
    bare, other = project(w, gh=False), w.path("other.git")
    w.git("init", "-q", "--bare", other)
    for key, value in (
            ("url.%s.insteadOf" % other, "https://x.invalid/o/r"),
            ("remote.origin.pushurl", URL),
            ("remote.origin.pushurl", "https://x.invalid/o/r"),
            ("push.followTags", "true"), ("push.pushOption", "ci.skip")):
        w.git("config", "--add", key, value)
    for repo in (bare, other):
        w.git("-C", repo, "config", "receive.advertisePushOptions", "true")
        w.write("pre-receive", "#!/bin/sh\n[ ${GIT_PUSH_OPTION_COUNT:-0} = 0 ]",
                0o755, base=os.path.join(repo, "hooks"))
    work(w)
    w.git("tag", "-a", "-m", "t", "secret-tag")
    out, err = pr(w)
    assert "branch work, to origin (%s and %s):\n" % (bare, other) in out, out
    for repo in (bare, other):
        assert pushed(w, repo) and "tag" not in w.git("ls-remote", repo), repo
    w.git("config", "--unset-all", "remote.origin.pushurl")
    w.git("config", "url.https://me:secret@127.0.0.1:1/.pushInsteadOf", URL)
    out, err = pr(w, code=1)
    assert "to origin (https://127.0.0.1:1/):\n" in out, out


def test_asked(w):
    """At the terminal; without one, and without --push, nothing happens."""
    bare = project(w)
    work(w)
    out, err = pr(w, w.sessions()[-1], code=2)
    assert "assent pr --push" in err, err
    code, seen = harness.on_terminal(w, [(b"[capital Y, n]", b"n\n")], "pr")
    assert code == 0 and b"nothing was pushed" in seen, seen
    assert pushed(w, bare) is None and not calls(w) and not acts(w)
    code, seen = harness.on_terminal(w, [(b"[capital Y, n]", b"\x03")], "pr")
    assert code != 0 and pushed(w, bare) is None and not acts(w)
    w.write("hooks/post-receive", "#!/bin/sh\nprintf 'hi \\302\\23331m\\n'\n", 0o755,
            base=bare)
    code, seen = harness.on_terminal(
        w, [(b" to origin and open this draft? [capital Y, n]", b"Y\n")], "pr")
    assert code == 0 and b"pull/7" in seen, seen
    assert b"hi <U+009B>31m" in seen and b"\x1b" not in seen, seen
    assert pushed(w, bare) == git(w, "rev-parse", "HEAD")
    assert len(calls(w)) == 1 and not calls(w)[0]["tty"]


def test_hostile_words(w):
    """A title and a body that are the model's: one argument and standard input;
    control characters are visible."""
    project(w)
    work(w, task=HOSTILE, answers=[
        edit("line 5\n", "LINE 5\n"),
        call("done", summary="--draft=false\n\x1b]0;x\x07 <!-- @all -->")])
    out, err = pr(w)
    (gh,) = calls(w)
    assert gh["argv"][3] == \
        "--title=Fix `x`; $(touch /tmp/pwned) ^[[31m<U+202E>--help", gh
    assert gh["stdin"].startswith("--draft=false\n^[]0;x^G <!-- @ all -->"), gh
    assert not os.path.exists("/tmp/pwned")
    assert "\x1b" not in out and "\u202e" not in out, out


def test_never_by_force(w):
    """A branch that was pushed and rewritten since is refused, whatever the
    settings say."""
    bare = project(w)
    work(w)
    pr(w)
    was = pushed(w, bare)
    w.git("commit", "-q", "--amend", "-m", "other")
    w.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    w.git("config", "alias.push", "push --force")
    out, err = pr(w, code=1)
    assert "git push failed, exit 1; no pull request was opened" in err, err
    assert pushed(w, bare) == was and len(calls(w)) == 1
    assert [a[2] for a in acts(w)] == [0, 0, 1]


def test_gh_fails(w):
    """Its message without control characters, and advice; or none. The branch
    is pushed."""
    bare = project(w)
    work(w)
    out, err = pr(w, code=1, env={"GH_DO": "fail"})
    assert "gh: not ^[[31mlogged in" in err, err
    assert "gh auth status" in err, err
    assert pushed(w, bare) and acts(w)[1][2] == 4
    out, err = pr(w, env={"PATH": no_gh(w)})
    assert "pushed; open the pull request on the server" in err, err
    assert len(acts(w)) == 3


def test_killed(w):
    """While gh works: Ctrl-C ends it, and is said; after a kill gh ends, too, and
    nobody guesses what it did."""
    project(w)
    work(w)
    p = w.start("pr", "--push", env={"GH_DO": "hang"}, start_new_session=True)
    harness.wait_until("gh", lambda: os.path.exists(w.path("calls.hangs")))
    os.killpg(p.pid, signal.SIGINT)
    out, err = p.communicate()
    assert p.returncode == 130 and b"see on the server whether a draft was " \
        b"opened" in err, (p.returncode, out, err)
    assert [a[2] for a in acts(w)] == [0, 130]
    os.unlink(w.path("calls.hangs"))
    p = w.start("pr", "--push", env={"GH_DO": "hang"})
    harness.wait_until("gh", lambda: os.path.exists(w.path("calls.hangs")))
    p.send_signal(signal.SIGKILL)
    p.communicate()
    assert acts(w)[3][2] == "open"
    r = w.run("undo", "--list")
    assert b"isn't known how an interrupted pr ended: see on the server" in r.stderr, r
    assert acts(w)[3][2] is None
    out, err = pr(w)
    assert [a[2] for a in acts(w)] == [0, 130, 0, None, 0, 0]


def test_again(w):
    """A branch with an open pull request is only pushed."""
    bare = project(w)
    work(w)
    url = "https://github.com/o/r/pull/3"
    out, err = pr(w, env={"GH_OPEN": url + "\x1b[31m"})
    assert "to the open pull request %s^[[31m\n" % url in out, out
    assert "draft:" not in out and out.endswith(url + "^[[31m\n"), out
    assert pushed(w, bare) == git(w, "rev-parse", "HEAD") and not calls(w)
    assert [a[0] for a in acts(w)] == ["push"]
    # Closed.
    pr(w, env={"GH_OPEN": ""})
    assert len(calls(w)) == 1


def test_refused(w):
    """Each with the way out, and before anything is pushed."""
    bare = project(w)
    work(w, commit=False)
    out, err = pr(w, code=1)
    assert "work has no commit that origin/main lacks: assent commit" in err
    assert w.run("commit", "-m", "x").returncode == 0
    w.write("a", "dirty\n")
    w.git("checkout", "-q", "--detach")
    out, err = pr(w, code=1)
    assert "git switch -c NAME" in err, err
    w.git("checkout", "-q", "-B", "main")
    out, err = pr(w, code=1)
    assert "main is the branch that pull requests go to" in err, err
    w.git("checkout", "-q", "work")
    w.git("remote", "rename", "origin", "one")
    w.git("remote", "add", "two", bare)
    out, err = pr(w, code=1)
    assert "which remote?" in err, err
    w.git("remote", "remove", "one")
    w.git("remote", "remove", "two")
    out, err = pr(w, code=1)
    assert "git remote add origin" in err, err
    assert git(w, "ls-remote", bare, "refs/heads/work") == "" and not calls(w)
    assert not acts(w)
    # Uncommitted changes are named, and stay.
    w.git("remote", "add", "origin", URL)
    w.git("fetch", "-q", "origin")
    out, err = pr(w)
    assert "uncommitted changes aren't included" in err, err
    assert w.read("a") == "dirty\n"


def test_from_a_worktree(w):
    """Its own branch, named by the session; open hunks are named."""
    bare = project(w)
    w.git("checkout", "-q", "main")
    work(w, args=("--worktree=x",), commit=False)
    id_ = w.sessions()[-1]
    assert w.run("commit", id_, "-m", "work").returncode == 0
    w.mock([edit("line 7\n", "LINE 7\n"), DONE], config={"plan": "skip"})
    w.run("exec", "--approve", "ask", "--worktree=x", "more", code=5)
    out, err = pr(w, w.sessions()[-1], "--push")
    assert "haven't reviewed aren't included: assent decide" in err, err
    assert pushed(w, bare, "assent/x") == git(w, "rev-parse", "assent/x")
    assert calls(w)[0]["cwd"].endswith("/x"), calls(w)
    assert git(w, "branch", "--show-current") == "main"


harness.main(globals())
