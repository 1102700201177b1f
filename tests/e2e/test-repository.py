"""A repository of somebody else's: its configuration and hooks name programs,
and nothing of assent but `commit`, `merge` and `pr` has git run them; and words
of a journal or a proposal that are no commit's hash but an option of
git's."""

import glob
import json
import os
import re
import shutil
import subprocess

import harness
from harness import call

DONE = {"calls": [{"name": "done", "args": {"summary": "x"}}]}
# All that git has, and one that it hasn't; {} is the program.
KEYS = """
core.fsmonitor core.sshCommand core.gitProxy core.askPass core.editor
core.pager core.alternateRefsCommand sequence.editor interactive.diffFilter
pager.log pager.status pager.config pager.diff alias.st alias.ls-files
credential.helper credential.https://x.invalid.helper
gpg.program gpg.ssh.program gpg.x509.program gpg.ssh.defaultKeyCommand
diff.external diff.evil.textconv diff.evil.command merge.evil.driver
diff.guitool difftool.evil.cmd mergetool.evil.cmd difftool.evil.path
filter.evil.clean filter.evil.smudge filter.evil.process
filter.two.clean filter.two.smudge filter.with.dots.smudge
remote.origin.uploadpack remote.origin.receivepack remote.origin.vcs
remote.other.uploadpack uploadpack.packObjectsHook gc.recentObjectsHook
trailer.sign.command trailer.sign.cmd web.browser browser.evil.cmd
man.evil.cmd help.browser instaweb.httpd imap.tunnel sendemail.toCmd
guitool.evil.cmd hook.evil.command receive.procReceiveRefs
""".split()
HOOKS = """applypatch-msg fsmonitor-watchman post-applypatch post-checkout
post-commit post-index-change post-merge post-receive post-rewrite post-update
pre-applypatch pre-auto-gc pre-commit pre-merge-commit pre-push pre-rebase
pre-receive prepare-commit-msg proc-receive push-to-checkout
reference-transaction sendemail-validate update commit-msg""".split()
# The user's word for what the repository names.
TRUSTING = {"commit", "pr"}


def project(w, where):
    """Its files, a clone that lacks objects, and the traps: `where` they are
    set."""
    w.write("a.txt", "one\n")
    w.write("b.two", "b\n")
    w.write("c.with", "c\n")
    w.write(".gitattributes", "* diff=evil merge=evil filter=evil\n"
            "*.two filter=two\n*.with filter=with.dots\n")
    w.repository()
    traps = w.path("traps")
    w.write("trap", "#!/bin/sh\necho \"$0 $*\" >>%s\n" % w.path("ran"), 0o755,
            base=traps)
    for hook in HOOKS:
        w.write(hook, "#!/bin/sh\necho hook %s >>%s\n" % (hook, w.path("ran")),
                0o755, base=w.path("hooks"))
        w.write(".git/hooks/" + hook, "#!/bin/sh\necho hook %s >>%s\n" %
                (hook, w.path("ran")), 0o755)
    conf = os.path.join(w.project, ".git", "config")
    w.git("config", "extensions.partialClone", "origin")
    w.git("config", "remote.origin.promisor", "true")
    w.git("config", "remote.origin.url", ".")
    w.git("config", "core.repositoryFormatVersion", "1")
    if where == "worktree":
        w.git("config", "extensions.worktreeConfig", "true")
        conf += ".worktree"
    elif where == "included":
        w.git("config", "include.path", "../traps.inc")
        conf = os.path.join(w.project, "traps.inc")
    elif where == "conditional":
        # Only once a worktree is there, and its branch.
        for n, on in enumerate(("gitdir:**/worktrees/*", "onbranch:assent/**",
                                "onbranch:b/**", "onbranch:main")):
            w.git("config", "includeIf.%s.path" % on, w.path("traps.inc"))
        conf = w.path("traps.inc")
    for key in KEYS:
        if where == "hooks":
            break
        w.git("config", "-f", conf, key, "%s/trap %s" % (traps, key))
    if where == "included":
        w.git("config", "-f", conf, "core.hooksPath", w.path("hooks"))
    # Refreshing looks at the content.
    os.utime(os.path.join(w.project, "a.txt"), (1, 1))


def ran(w):
    if not os.path.exists(w.path("ran")):
        return ""
    return w.read(w.path("ran"))


def journal(w, *more):
    """Lines at the journal's end, by somebody who can count."""
    w.sound = False
    with open(os.path.join(w.session_dir(), "journal.jsonl")) as f:
        lines = f.readlines()
    last = json.loads(lines[-1])
    for n, o in enumerate(more):
        lines.append(json.dumps(dict({"seq": last["seq"] + 1 + n, "t":
                     last["t"]}, **o, prev=last["h"], h=last["h"]),
                     separators=(",", ":")) + "\n")
    harness.rewrite_journal(w.session_dir(), lines)


def committed(w, commit):
    """The session's change is in that commit, it says."""
    tx = w.events("applied")[-1]["tx"]
    return ({"type": "commit_begin", "by": "user", "index": ".git/index",
             "head": commit, "tree": commit, "ref": "refs/heads/main",
             "amend": False, "changes": [tx], "files": [
                 {"path": "a.txt", "changes": [tx]}]},
            {"type": "committed", "by": "user", "begin": 0, "commit": commit,
             "files": 1})


def everything(w, all_of_them):
    """Each subcommand, or those that ask git, so that it asks what it can ask.
    Their names, and what --worktree said."""
    used = set()

    def go(*args, code=0, **kw):
        r = w.run(*args, env={"TMPDIR": w.root}, **kw)
        assert not ran(w), (args, ran(w))
        assert r.returncode == code, (args, r)
        used.add(args[0])
        return r

    def run(*args, text="two\n", **kw):
        w.mock([call("write", path="a.txt", content=text), DONE])
        return go("exec", "--plan", "skip", *args, "mend it", **kw)

    run("--approve", "yes", "--name", "mend", "--output", w.path("o"))
    mend, = w.sessions()
    # Git has it no longer: not here, says the clone.
    journal(w, *committed(w, "1" * 40))
    assert b"git no longer has" in go("log", "--", "a.txt").stdout
    run("--approve", "ask", "--patch-out", w.path("p.patch"), text="3\n",
        code=5)
    go("decide", "--accept", "all")
    for args in () if not all_of_them else (
                 ["show"], ["undo", "--accept",
                 "all"], ["undo", "--list"], ["ls"], ["stats"], ["log"],
                 ["exec", "--estimate", "x"],
                 ["end"], ["doctor"], ["config", "hooks"],
                 ["config", "models"], ["config", "keys"],
                 ["help"], ["completion", "bash"], ["login"], ["acp"],
                 ["demo"], ["try", "true"], ["inbox", "--plain"], ["mcp"],
                 ["config", "skills"], ["config", "protected"]):
        go(*args)
    if all_of_them:
        for args in (["login", "--remove", "mock"], ["wait"],
                     ["say", "none", "x"], ["fork", "none"]):
            go(*args, code=2)
    p = w.read(w.path("p.patch"))
    w.write(w.path("p.patch"), "base-commit: %s\n%s" % (
        "1" * 40, p.split("\n", 1)[1]))
    w.write("a.txt", "two\n")
    go("review", w.path("p.patch"), "--accept", "all")
    go("resume", code=2)
    # It commits as `commit` does.
    run("--approve", "ask", "--branch", "b/1", text="4\n", code=5)
    go("decide", "--accept", "none", code=5)
    r = run("--approve", "yes", "--worktree=one", text="one\n")
    run("--approve", "ask", "--branch", "b/2", "--worktree=two", text="5\n",
        code=5)
    go("decide", "--accept", "none", w.sessions()[-1], code=5)
    go("log", "--", "a.txt")
    return used, r.stderr.decode()


def check(w, where, all_of_them=True):
    project(w, where)
    used, said = everything(w, all_of_them)
    if all_of_them:
        text = w.run("help", "--all").stdout.decode()
        names = set(re.findall(r"^  ([a-z]+)  +[A-Z]", text, re.M))
        assert len(names) > 20 and not names - used - TRUSTING, names - used
    if where != "hooks":
        assert "without their filter" in said and "a.txt" in said, said
    # Git by itself runs them.
    for args in (["status"], ["switch", "-q", "-c", "x"]):
        subprocess.run(["git", *args], cwd=w.project, env=w.env,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert ran(w), where


def test_what_it_includes_somewhere(w):
    check(w, "conditional", False)


@harness.slow
def test_its_configuration(w):
    check(w, "local")


@harness.slow
def test_its_hooks(w):
    check(w, "hooks")


def test_the_user_s_own_filter(w):
    """A filter of the user's for all repositories runs, also if the repository
    sets the same one; a filter that would change nothing isn't named."""
    w.write("a.txt", "one\n")
    w.write(".gitattributes", "a.txt filter=up\n")
    w.repository()
    for level in (["--global"], []):
        w.git("config", *level, "filter.up.smudge", "tr a-z A-Z")
        w.git("config", *level, "filter.up.clean", "tr A-Z a-z")
    w.mock([DONE])
    r = w.run("exec", "--plan", "skip", "--worktree=one", "x")
    assert r.returncode == 0 and b"without their filter" not in r.stderr, r
    at, = glob.glob(w.path("home/.local/share/assent/worktrees/*/one"))
    assert w.read(os.path.join(at, "a.txt")) == "ONE\n"
    w.git("config", "filter.up.smudge", "touch ../ran")
    w.mock([DONE])
    r = w.run("exec", "--plan", "skip", "--worktree=two", "x")
    assert r.returncode == 0 and b"without their filter" in r.stderr, r
    assert w.read(os.path.join(at, "..", "two", "a.txt")) == "ONE\n"


def test_a_relative_program(w):
    """Settings of the user for all repositories whose path leads to a file of
    the repository; and their hooks, if the repository has others."""
    w.write("a.txt", "one\n")
    w.write("tools/it", "#!/bin/sh\necho \"$0\" >>%s\n" % w.path("ran"), 0o755)
    w.repository()
    w.write("reference-transaction", "#!/bin/sh\necho \"$0\" >>%s\n" % w.path("ran"),
            0o755, base=w.path("hooks"))
    w.git("config", "--global", "core.hooksPath", w.path("hooks"))
    w.git("config", "core.hooksPath", "tools")
    for value in ("tools/it", "./tools/it x", "'tools/it' x", None):
        if value is not None:
            w.git("config", "--global", "core.fsmonitor", value)
        w.mock([call("write", path="a.txt", content=str(value)), DONE])
        r = w.run("exec", "--plan", "skip", "--approve", "yes",
                  *(["--name", "n"] if value else ["--worktree"]), "x")
        assert r.returncode == 0 and ran(w) == "", (value, r, ran(w))
    w.git("config", "--global", "core.fsmonitor",
          os.path.join(w.project, "tools/it"))
    w.mock([call("write", path="a.txt", content="4"), DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--name", "n", "x")
    assert r.returncode == 0 and "tools/it" in ran(w), (r, ran(w))


def test_a_relative_path(w):
    """In PATH, it has no program for what starts on the host."""
    w.write("a.txt", "one\n")
    for name in ("git", "node_modules/.bin/git", "node_modules/.bin/mytool"):
        w.write(name, "#!/bin/sh\necho \"$0\" >>%s\nexec %s \"$@\"\n" %
                (w.path("ran"), shutil.which("git")), 0o755)
    w.write(".gitignore", "git\nnode_modules\n")
    w.repository()
    env = {"PATH": "./node_modules/.bin::.:" + w.env["PATH"] + ":"}
    w.mock([call("write", path="a.txt", content="two\n"), DONE], config={
        "hooks": [{"event": "session_start", "name": "h", "sandbox": False,
                   "command": "git --version; mytool; echo \"$PATH\" >" +
                   w.path("path")}]})
    for args in (["exec", "--plan", "skip", "--approve", "yes", "--name", "n",
                  "x"], ["log", "--", "a.txt"], ["doctor"]):
        r = w.run(*args, env=env)
        assert r.returncode == 0 and ran(w) == "", (args, r, ran(w))
    with open(w.path("path")) as f:
        assert f.read() == w.env["PATH"] + "\n"
    # Nothing is left of it: git is where it always is.
    r = w.run("log", "--", "a.txt", env={"PATH": "."})
    assert r.returncode == 0 and ran(w) == "", (r, ran(w))


def test_no_word_is_an_option(w):
    """A hash from a journal or a proposal, a branch and a file: each
    as an option of git's, and as what git reads otherwise."""
    w.write("a.txt", "one\n")
    w.repository()
    # (where each process of git would write)
    victims = [w.path("victim"), os.path.join(w.project, "victim"),
               w.path("home", "victim")]
    for v in victims:
        w.write(v, "kept\n")
    before = sorted(w.git("for-each-ref").splitlines())
    words = ["--output=" + victims[0], "--output=victim", "-ovictim", "HEAD",
             "1" * 39, "G" * 40, ""]
    w.mock([call("write", path="a.txt", content="two\n"), DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "ask", "--patch-out",
              w.path("p.patch"), "x", code=5)
    assert w.run("decide", "--accept", "all").returncode == 0
    path = os.path.join(w.session_dir(), "journal.jsonl")
    with open(path) as f:
        lines = f.readlines()
    p = w.read(w.path("p.patch")).split("\n", 1)[1]
    for word in words:
        begin, end = committed(w, word)
        journal(w, begin, end)
        r = w.run("log", "--", "a.txt")
        assert b"git no longer has" in r.stdout, (word, r)
        assert all(w.read(v) == "kept\n" for v in victims), word
        harness.rewrite_journal(w.session_dir(), lines)
        journal(w, begin)
        r = w.run("commit", "-m", "x")
        assert r.returncode != 0, (word, r)
        harness.rewrite_journal(w.session_dir(), lines)
        w.write("q.patch", "base-commit: %s\n%s" % (word, p), base=w.root)
        w.run("review", w.path("q.patch"), "--accept", "none")
        for more in ([], ["--worktree=x"]):
            if word.startswith("-") or not word:
                r = w.run("exec", "--branch", word, *more, "x")
                assert r.returncode == 2, (word, r)
        assert all(w.read(v) == "kept\n" for v in victims), word
    os.unlink(victims[1])
    assert sorted(w.git("for-each-ref").splitlines()) == before
    # As a branch name it can't be an option.
    for key in ("user.name", "user.email"):
        w.git("config", "--global", key, "t@example.invalid")
    name = "--output=victim"
    w.mock([call("write", path=name, content="new\n"), DONE])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "--branch", "b", "x")
    assert r.returncode == 0, r
    assert w.git("show", "--name-only", "--format=").split() == [name]
    assert b"change 1" in w.run("log", "--", name).stdout
    assert not os.path.exists(victims[1]), os.listdir(w.project)


harness.main(globals())
