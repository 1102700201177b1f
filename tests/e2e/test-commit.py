"""assent commit: what was applied, and only that, becomes a commit of the user's
own git; their index, staged and unstaged lines stay as they were.
"""

import json
import os
import shutil
import signal
import subprocess

from commitlib import DONE, OLD, change, clean, git, repo, show, status
import harness
from harness import bash, write


def agent(w, *answers, task="Make it better", args=()):
    """The agent's changes are applied."""
    harness.need_sandbox(w)
    w.mock(list(answers) + [DONE])
    w.run("exec", "--approve", "yes", "--plan", "skip",
          "--allow-protected", "*", *args, "--", task, code=0)


def commit(w, *args, **kw):
    args = args or ("-m", "msg")
    return w.run("commit", *args, **kw)


def hook(w, name, script):
    path = w.write(".git/hooks/" + name, "#!/bin/sh\n" + script)
    os.chmod(path, 0o755)
    return path


def head(w):
    return git(w, "rev-parse", "-q", "--verify", "HEAD", ok=False)


def index(w):
    with open(os.path.join(w.project, ".git", "index"), "rb") as f:
        return f.read()


def test_not_separable(w):
    """A hunk in which the agent or the user has changed a line of the other's
    isn't committed; the others are, also those of its file; it can be
    committed later."""
    repo(w, a=OLD, b=OLD)
    dirty = change(OLD, 12)
    w.write("a", dirty)
    agent(w, write("a", change(dirty, 13, 20, 21, 24).replace("LINE 12", "12")),
          write("b", change(OLD, 1)))
    w.write("a", "mine\n" + w.read("a").replace("LINE 21", "21"))
    r = commit(w, "--json", "-m", "x", code=5)
    said = b"not committed: lines 13-14, 21-22 of a mix your edit with an " \
        b"accepted one"
    assert b"assent: committed 2 files as " in r.stderr and r.stderr.endswith(
        b"\nassent: " + said + b"\nassent: assent commit --with-dirty commits "
        b"the whole file\n"), r
    o = json.loads(r.stdout)
    assert o["files"] == 2 and o["text"] == "committed 2 files as %s; %s; " \
        "assent commit --with-dirty commits the whole file" % (
            o["commit"][:12], said.decode()), o
    assert show(w, "b") == change(OLD, 1) and status(w) == " M a\n"
    assert show(w, "a") == show(w, "a", "") == change(OLD, 24)
    was = head(w), index(w)
    r = commit(w, code=5)
    assert b"assent: " + said + b"\nassent: nothing was committed; assent " \
        b"commit --with-dirty" in r.stderr, r
    assert (head(w), index(w)) == was and len(w.events("commit_begin")) == 1
    # The user commits theirs.
    w.write("a", change(OLD, 12, 24))
    git(w, "commit", "-qm", "mine", "--", "a")
    w.write("a", change(OLD, 12, 13, 20, 21, 24).replace("LINE 12", "12"))
    r = commit(w)
    assert r.returncode == 0 and show(w, "a") == w.read("a"), r
    # A binary file has no lines.
    w.write("data", b"1\0\n2\0\n")
    agent(w, bash("printf 'x\\0\\ny\\0\\n' >data"))
    w.write("data", b"x\0\nmine\0\n")
    assert commit(w).returncode == 5
    commit(w, "-m", "x", "--with-dirty", code=0)
    assert w.read("data") == show(w, "data") and status(w) == ""
    clean(w)


def test_half_of_a_rename(w):
    """Isn't committed where the other half can't be."""
    repo(w, a=OLD, b=OLD)
    agent(w, bash("mv a new; sed -i 's/line 5$/LINE 5/' new b"))
    w.write("new", change(OLD, 5, 6))
    r = commit(w, "-m", "x")
    assert r.returncode == 5 and b"nothing was committed; assent commit " \
        b"--with-dirty" in r.stderr and b" new mixes your edit" in r.stderr, r
    assert not w.events("commit_begin")
    assert commit(w, "-m", "x", "--with-dirty").returncode == 0
    assert status(w) == "" and show(w, "new") == change(OLD, 5, 6)


def test_ignored(w):
    """Left out with a word, also where the user had it before or has changed it
    since; the others are committed."""
    repo(w, a=OLD, **{".gitignore": "*.log\n"})
    w.write("mine.log", "mine\n")
    agent(w, write("a", change(OLD, 5)), write("mine.log", "agent\n"),
          write("new.log", "agent\n"))
    accepted = w.read("new.log") if os.path.exists(
        os.path.join(w.project, "new.log")) else None
    if accepted:
        w.write("new.log", "agent\nmine\n")
    r = commit(w, "-m", "x")
    assert r.returncode == 0 and b"mine.log: git ignores it" in r.stderr, r
    assert not accepted or b"new.log: git ignores it" in r.stderr, r
    assert git(w, "show", "--format=", "--name-only") == b"a\n"
    clean(w)


def test_kinds(w):
    """Created, deleted, renamed, empty, a link, the executable bit, binary,
    names like options, with a newline, and not UTF-8."""
    repo(w, gone="gone\n", old=OLD, x="#!/bin/sh\n", d="file\n",
         data=b"\0\1\2", mine="mine\n")
    w.write("mine", "dirty\n")
    agent(w, bash("rm gone d; mv old renamed; chmod +x x; ln -s x link; "
                  "mkdir d; echo in >d/f; : >empty; echo 1 >-rf; "
                  "echo 2 >--amend; echo 3 >\"$(printf 'new\\nline')\"; "
                  "echo 4 >\"$(printf 'b\\377d')\"; echo 5 >':(glob)*'; "
                  "printf '\\0\\3' >data"))
    commit(w, code=0)
    assert status(w) == " M mine\n", status(w)
    names = git(w, "ls-tree", "-r", "-z", "--name-only", "HEAD").split(b"\0")
    assert set(names) == {
        b"--amend", b"-rf", b":(glob)*", b"b\xffd", b"d/f", b"data", b"empty",
        b"link", b"mine", b"new\nline", b"renamed", b"x", b""}, names
    assert b"100755 blob" in git(w, "ls-tree", "HEAD", "x")
    assert b"120000 blob" in git(w, "ls-tree", "HEAD", "link")
    assert git(w, "show", "HEAD:data") == b"\0\3"
    clean(w)


def counted(w):
    """`assent commit`; how often it ran git."""
    log = w.path("ran")
    w.write("git", "#!/bin/sh\necho \"$*\" >>%s\nexec %s \"$@\"\n" % (
        log, shutil.which("git")), 0o755, base=w.path("bin"))
    commit(w, env={"PATH": w.path("bin") + ":" + w.env["PATH"]}, code=0)
    with open(log) as f:
        n = len(f.readlines())
    os.rename(log, log + ".was")
    return n


def test_odd_state_folder(w):
    """git reads the names of the session's contents from there."""
    repo(w, a=OLD)
    w.env["XDG_STATE_HOME"] = w.path('a "state"\\\nfolder')
    os.mkdir(w.env["XDG_STATE_HOME"], 0o700)
    agent(w, write("a", change(OLD, 5)))
    w.write("a", change(OLD, 5, 30))
    commit(w, code=0)
    assert show(w, "a") == change(OLD, 5) and status(w) == " M a\n"


def test_many_files(w):
    repo(w, **{"d/f%d" % n: "%d\n" % n for n in range(450)})
    w.write("d/f7", "mine\n")
    git(w, "add", "d/f7")
    agent(w, bash("echo x >>d/f3; mkdir n; echo n >n/n"))
    few = counted(w)
    agent(w, bash("for f in d/f?[0-9]*; do echo x >>$f; done; mkdir e; "
                  "for n in $(seq 40); do echo $n >e/$n; done"))
    many = counted(w)
    assert git(w, "show", "--format=", "--name-only").count(b"\n") == 480
    assert status(w) == "M  d/f7\n"
    assert many <= few, (few, many)
    clean(w)


def test_hook_changes(w):
    """It formats what is committed, and adds a file."""
    repo(w, a=OLD, c="c\n")
    w.write("s", "staged\n")
    git(w, "add", "s")
    staged = change(OLD, 40)
    w.write("a", staged)
    git(w, "add", "a")
    agent(w, write("a", change(staged, 5)))
    hook(w, "pre-commit", "git diff --cached --name-only >.git/seen\n"
         "git show :a | sed 's/LINE 5/Line 5/' >.git/t\n"
         "git update-index --cacheinfo 100644,"
         "$(git hash-object -w .git/t),a\n"
         "sed -i 's/LINE 5/Line 5/' a; echo more >>c; git add c\n")
    r = commit(w, code=0)
    assert b"; a hook changed a, added c\n" in r.stderr, r
    assert w.read(".git/seen") == "a\n"
    assert show(w, "a") == OLD.replace("line 5", "Line 5")
    assert show(w, "c") == "c\nmore\n"
    assert show(w, "a", "") == staged.replace("line 5", "Line 5")
    assert status(w) == "M  a\nA  s\n", status(w)
    clean(w)


@harness.slow
def test_refused(w):
    """In the middle of something, or no repository."""
    agent(w, write("a", "new\n"))
    r = commit(w)
    assert r.returncode == 2 and b"isn't in a git repository" in r.stderr, r
    git(w, "init", "-q", "-b", "main")
    w.write(".git/info/exclude", "a\n")
    repo(w, b=OLD)
    w.write(".git/info/exclude", "")
    git(w, "checkout", "-qb", "other")
    w.write("b", change(OLD, 1))
    git(w, "commit", "-qam", "one")
    git(w, "checkout", "-q", "main")
    w.write("b", OLD.replace("line 1\n", "theirs\n"))
    git(w, "commit", "-qam", "two")
    for args, what in ((("merge", "other"), b"a merge is in progress"),
                       (("rebase", "other"), b"a rebase"),
                       (("cherry-pick", "other"), b"a cherry-pick is")):
        git(w, *args, ok=False)
        was = head(w), index(w)
        r = commit(w)
        assert r.returncode == 1 and what in r.stderr, r
        assert (head(w), index(w)) == was
        git(w, args[0], "--abort")
    # At the stop of an interactive rebase.
    w.env["GIT_SEQUENCE_EDITOR"] = "sed -i s/^pick/edit/"
    git(w, "rebase", "-i", "HEAD~1")
    r = commit(w)
    assert r.returncode == 1 and b"git commit, then git rebase --continue" in \
        r.stderr, r
    git(w, "rebase", "--abort")
    w.write(".git/index.lock", "")
    r = commit(w)
    assert r.returncode == 1 and b"index.lock exists" in r.stderr, r
    assert w.read(".git/index.lock") == ""
    os.unlink(os.path.join(w.project, ".git/index.lock"))
    assert commit(w).returncode == 0
    clean(w)


def test_on_a_terminal(w):
    """Output of git is sanitized; its editor and the user's hooks have the
    terminal."""
    repo(w, a=OLD)
    git(w, "switch", "-qc", "top\u009b31m\u202e")
    agent(w, write("a", change(OLD, 5)))
    has = "#!/bin/sh\n[ -t %d ] && [ -t 2 ] && echo %s has it >&2\n"
    w.write(".git/hooks/pre-commit", has % (2, "hook"), 0o755)
    w.write("editor", has % (1, "editor"), 0o755, base=w.path())
    w.env["GIT_EDITOR"] = w.path("editor")
    for args in ["--dry-run"], []:
        code, seen = harness.on_terminal(w, [], "commit", *args)
        assert code == 0 and b"top<U+009B>31m<U+202E>" in seen, seen
        assert b"\xc2\x9b" not in seen and b"\xe2\x80\xae" not in seen, seen
    assert b"hook has it" in seen and b"editor has it" in seen, seen


@harness.slow
def test_message(w):
    """Goal and summary, in the editor, where no line of them is a comment; amend
    and fixup."""
    repo(w, a=OLD)
    w.write("editor", "#!/bin/sh\ncat \"$1\" >>%s\necho '# gone' >>\"$1\"\n"
            "exit ${REFUSE:-0}\n" % w.path("seen"), 0o755, base=w.path())
    env = {"GIT_EDITOR": w.path("editor")}
    agent(w, write("a", change(OLD, 5)), {"calls": [{
        "name": "done", "args": {"summary": "## What\nDid it.\n; all"}}]},
        task="# Make it better\n\n#12 asks for it.")
    w.configure(w.mocks[-1].url(), config={"assisted_by": "on"})
    was = head(w), index(w)
    r = w.run("commit", env={"REFUSE": "1", **env})
    assert r.returncode == 1 and (head(w), index(w)) == was, r
    w.run("commit", env=env, code=0)
    assert git(w, "log", "-1", "--format=%B") == \
        b"Make it better\n\n #12 asks for it.\n\n ## What\nDid it.\n; all\n\n" \
        b"Assisted-by: mock/m\n\n"
    with open(w.path("seen")) as f:
        assert "modified:   a\n" in f.read()
    first = head(w)
    agent(w, write("b", "b\n"))
    r = w.run("commit", "--no-edit", "--amend", env={"GIT_EDITOR": "false"})
    assert r.returncode == 0, r
    assert head(w) != first
    assert git(w, "rev-list", "--count", "HEAD") == b"2\n"
    assert show(w, "b") == "b\n" and show(w, "a") == change(OLD, 5)
    agent(w, write("c", "c\n"))
    w.run("commit", "--fixup=HEAD", env={"GIT_EDITOR": "false"}, code=0)
    assert git(w, "log", "-1", "--format=%s") == b"fixup! Make it better\n"
    agent(w, write("d", "d\n"), task="--amend\x1b[2J " + 30 * "word ")
    w.run("commit", "--no-edit", env={"GIT_EDITOR": "false"}, code=0)
    said = git(w, "log", "-1", "--format=%B")
    assert said.startswith(b"--amend^[[2J word word") and b"\x1b" not in said
    assert len(said.split(b"\n")[0]) <= 72, said
    # Without an editor git drops no comment.
    agent(w, write("e", "e\n"), task="#12 asks for it")
    w.run("commit", "--no-edit", env={"GIT_EDITOR": "false"}, code=0)
    assert git(w, "log", "-1", "--format=%s") == b"#12 asks for it\n"
    assert status(w) == ""
    clean(w)


def test_reverts(w):
    """A commit of an undo alone has a message like git revert's."""
    repo(w, a=OLD)
    agent(w, write("a", change(OLD, 5)), task="Say it louder")
    assert commit(w, "-m", "Louder").returncode == 0
    done = head(w).decode().strip()
    session = w.sessions()[-1]
    assert w.run("undo", "--accept", "all").returncode == 0
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%B").decode()
    assert said.split() == (
        "Revert \"Say it louder\" This reverts change 1 of session %s, "
        "commit %s." % (session, done[:12])).split(), said
    assert max(len(line) for line in said.split("\n")) <= 72, said
    assert w.redo("--accept", "all").returncode == 0
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%s")
    assert said == b"Say it louder\n", said
    # Part of one.
    agent(w, write("a", change(OLD, 5, 15, 35)), task="And louder")
    assert commit(w, "-m", "Two").returncode == 0
    done = head(w).decode().strip()
    session = w.sessions()[-1]
    assert w.run("undo", "--accept", "1").returncode in (0, 3)
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%B").decode()
    assert said.split() == (
        "Revert \"And louder\" This reverts part of change 1 of session %s, "
        "commit %s." % (session, done[:12])).split(), said


def test_subject(w):
    """Of a long goal: up to the end of a sentence or clause, without its mark,
    or cut with a mark of its own; all of it is in the body."""
    repo(w, a="a\n")
    clause = "Count whole packs, rounded up, and list what is out"
    for n, (task, subject) in enumerate((
            (clause + ", so that nothing is forgotten.", clause),
            ("Count whole packs. " + clause + "; then stop.",
             "Count whole packs"),
            ("Count it: " + "word " * 14, "Count it: " + ("word " * 12).strip() +
             "\u2026"),
            ("word " * 20, ("word " * 14).strip() + "\u2026"),
            ("x\u00e9" * 40, "x\u00e9" * 23 + "\u2026"))):
        agent(w, write("b", "%d\n" % n), task=task)
        assert commit(w, "--no-edit").returncode == 0
        said = git(w, "log", "-1", "--format=%B").decode().split("\n\n")
        assert said[0] == subject and said[2] == "Did it.", said
        assert said[1].replace("\n", " ") == task.strip(), said
        assert max(len(line) for part in said for line in
                   part.split("\n")) <= 80 - 8 * (" " in task), said
    agent(w, write("b", "b\n"), task="Say it.\n\nAnd more.")
    assert commit(w, "--no-edit").returncode == 0
    assert git(w, "log", "-1", "--format=%B") == \
        b"Say it\n\nAnd more.\n\nDid it.\n\n"


def test_body(w):
    """The model's last words become no body of the message, unless it passes
    them to `done`; long lines are wrapped at spaces, except code."""
    repo(w, a="a\n")
    item = "- " + "item of the list " * 6 + "end"
    code = "    " + "code " * 20 + "end"
    agent(w, write("b", "b\n"), {"calls": [{"name": "done", "args": {
        "summary": "word " * 20 + "\n\n" + item + "\n\n" + code}}]})
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%b").decode()
    rows = said.split("\n")
    assert code in rows and "\n  item of the list " in said, said
    assert [r for r in rows if r != code and len(r) > 72] == [], said
    assert " ".join(said.split()) == " ".join(
        ("word " * 20 + item + code.replace("    ", " ")).split()), said
    # A subject that begins as an item stays one line.
    subject = "- " + "x " * 34 + "y"
    agent(w, write("b", "bb\n"), task=subject)
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%B").decode()
    assert said.split("\n")[0] == subject, said
    agent(w, write("b", "c\n"), {"text": "I've read your answer. Nothing else."})
    assert commit(w, "--no-edit").returncode == 0
    said = git(w, "log", "-1", "--format=%b").decode()
    assert said.strip() == "", said


def mixed(w):
    """A line of each kind in one file; what was there before."""
    repo(w, a=OLD)
    staged = change(OLD, 3)
    w.write("a", staged)
    git(w, "add", "a")
    dirty = change(staged, 35)
    w.write("a", dirty)
    agent(w, write("a", change(dirty, 12)))
    return head(w), index(w), status(w)


def mixed_done(w):
    new = change(OLD, 12)
    assert show(w, "a") == new
    assert show(w, "a", "") == change(new, 3)
    assert w.read("a") == change(new, 3, 35)
    assert status(w) == "MM a\n"
    assert git(w, "rev-list", "--count", "HEAD") == b"2\n"


def settled(w, old, args=("-m", "msg"), done=mixed_done):
    """After a crash: the next assent in the project has made index and HEAD as
    before or as after, and `commit` does what is left."""
    def is_settled():
        w.run("undo", "--list", code=0)
        return len(w.events("commit_begin")) == len(w.events("committed"))
    # git may be dying still.
    harness.wait_until("git is gone", is_settled)
    now = head(w), index(w), status(w)
    if now[0] == old[0]:
        assert now == old, now
        assert all(e["commit"] is None for e in w.events("committed"))
    else:
        done(w)
        assert w.events("committed")[-1]["commit"] == now[0].decode().strip()
    assert [e["seq"] for e in w.events("commit_begin")] == \
        [e["begin"] for e in w.events("committed")]
    r = commit(w, *args, code=0)
    assert (b"nothing to " in r.stderr) == (now[0] != old[0]), r
    done(w)
    assert os.listdir(w.path("state", "assent", "committing")) == []
    clean(w)


def killed(w, calls, begin=mixed, args=("-m", "msg"), done=mixed_done):
    """`assent commit` gets a SIGKILL at each of these system calls; how often
    it did."""
    if shutil.which("strace") is None or subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"],
            stderr=subprocess.DEVNULL).returncode != 0:
        raise harness.Skip("strace doesn't work here")
    old = begin(w)
    kept = w.path("kept")
    os.mkdir(kept)
    places = (w.project, w.path("state"))
    for n, place in enumerate(places):
        subprocess.run(["cp", "-a", place, os.path.join(kept, str(n))],
                       check=True)
    rounds = 0
    for call in calls:
        for n in range(1, 200):
            r = commit(w, *args, wrap=(
                "strace", "-qq", "-o", w.path("strace"), "-e",
                "trace=" + call, "-e",
                "inject=%s:signal=KILL:when=%d" % (call, n)))
            assert r.returncode in (0, -9, 137), r
            settled(w, old, args, done)
            for k, place in enumerate(places):
                harness.make_writable(place)
                shutil.rmtree(place)
                subprocess.run(["cp", "-a", os.path.join(kept, str(k)),
                                place], check=True)
            if r.returncode == 0:
                break
            rounds += 1
    return rounds


def test_terminal_closed(w):
    """While the editor is open."""
    old = mixed(w)
    there = w.path("open")
    w.write("editor", "#!/bin/sh\ntouch %s\nwhile [ -e %s ]; do sleep 0.02; "
            "done\n" % (there, there), 0o755, base=w.path())
    for sig in signal.SIGHUP, signal.SIGTERM:
        p = w.start("commit", env={"GIT_EDITOR": w.path("editor")},
                    start_new_session=True)
        harness.wait_until("the editor", lambda: os.path.exists(there))
        assert b"interrupted" not in w.run("ls").stderr
        if sig == signal.SIGHUP:
            os.killpg(p.pid, sig)
        else:
            p.send_signal(sig)
        assert p.wait(timeout=harness.DEADLINE_S) == 1, p.returncode
        os.unlink(there)
        p.communicate()
        assert (head(w), index(w), status(w)) == old
        assert w.events("committed")[-1]["commit"] is None
    settled(w, old)


@harness.slow
def test_killed_with_an_editor(w):
    """Of a part."""
    def begin(w):
        old = mixed(w)
        git(w, "config", "core.editor", "sed -i 1s/.*/msg/")
        return old
    assert killed(w, ("link", "rename", "unlink", "clone"), begin,
                  ("--change", "1", "-s", "--", ":!none")) > 20


@harness.slow
def test_killed_anywhere(w):
    """Between the steps that others can see, and before each git that it
    starts."""
    assert killed(w, ("link", "rename", "unlink", "clone")) > 20


def git_died_too(w):
    """And a git that wrote an index of the session's, which leaves its lock."""
    for name in "work", "index":
        w.write("commit/%s.lock" % name, "", base=w.session_dir())
    w.write(".git/index.assent-%s.lock" % w.sessions()[-1], "")


def test_killed_before_head_moves(w):
    """git ends with the process that started it."""
    old = mixed(w)
    hook(w, "pre-commit", "[ -n \"$KILL_IT\" ] || exit 0\n"
         "exec >/dev/null 2>&1\n"
         "kill -9 $(ps -o ppid= -p $PPID)\n"
         "while :; do case $(ps -o stat= -p $PPID) in\n"
         "''|Z*) exit 1;; esac; sleep 0.02; done\n")
    r = commit(w, env={"KILL_IT": "1"})
    assert r.returncode == -9, r
    assert index(w) == old[1] and head(w) == old[0]
    git_died_too(w)
    settled(w, old)


def test_killed_after_head_moved(w):
    old = mixed(w)
    path = hook(w, "post-commit", "kill -9 $(ps -o ppid= -p $PPID)\n")
    r = commit(w)
    assert r.returncode == -9, r
    assert index(w) == old[1] and head(w) != old[0]
    os.unlink(path)
    # Looking only is said so.
    for args in ("ls",), ("show",), ("log",), ("stats",), ("end",):
        r = w.run(*args)
        assert b"has an interrupted commit: assent commit" in r.stderr, r
    assert index(w) == old[1]
    git_died_too(w)
    settled(w, old)
    assert b"interrupted" not in w.run("ls").stderr


def test_somebody_looks(w):
    """A git that only looks writes the index anew, with other times of files."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 5)))
    real = shutil.which("git")
    w.write("git", "#!/bin/sh\n[ \"$3\" != write-tree ] || (\n"
            "unset GIT_INDEX_FILE GIT_LITERAL_PATHSPECS\n"
            "touch -d 2001-01-01 b; cp .git/index %s; %s update-index -q "
            "--refresh >&2; ! cmp -s .git/index %s) || exit\n"
            "exec %s \"$@\"\n" % (w.path("was"), real, w.path("was"), real),
            0o755, base=w.path("bin"))
    commit(w, env={"PATH": w.path("bin") + ":" + w.env["PATH"]}, code=0)
    assert show(w, "a") == change(OLD, 5) and status(w) == ""
    clean(w)


@harness.slow
def test_somebody_else(w):
    """A commit made while we look isn't undone; a file that is to be added;
    two commits at once."""
    repo(w, a=OLD, b=OLD)
    agent(w, write("a", change(OLD, 5)), write("new", "new\n"))
    git(w, "add", "-N", "new")
    real = shutil.which("git")
    w.write("git", "#!/bin/sh\n[ \"$3\" != write-tree ] || (\n"
            "unset GIT_INDEX_FILE GIT_LITERAL_PATHSPECS\n"
            "echo theirs >b; %s commit -qm theirs b) || exit\n"
            "exec %s \"$@\"\n" % (real, real), 0o755, base=w.path("bin"))
    r = commit(w, env={"PATH": w.path("bin") + ":" + w.env["PATH"]})
    assert r.returncode == 1 and b"somebody used git here" in r.stderr, r
    assert show(w, "b") == "theirs\n" and show(w, "a") == OLD
    w.write("editor", "#!/bin/sh\n%s commit -m x 2>%s\n" % (
        harness.ASSENT, w.path("second")), 0o755, base=w.path())
    w.run("commit", env={"GIT_EDITOR": w.path("editor")}, code=1)
    with open(w.path("second")) as f:
        assert "another assent commit" in f.read()
    commit(w, code=0)
    assert show(w, "b") == "theirs\n" and show(w, "new") == "new\n"
    assert status(w) == ""
    clean(w)


harness.main(globals())
