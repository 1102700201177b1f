#!/usr/bin/env python3
"""assent try where it hurts: odd names and contents, entries that can never be
proposed, disks that are full, users who edit meanwhile, commands that will not
go."""

import os
import shutil
import signal
import stat

import harness
from messages import msg

ALL_BYTES = bytes(range(256))


def shell(w, script, *flags, **kw):
    return w.run("try", *flags, "--", "sh", "-c", script, **kw)


def home_of_sandbox(w):
    return os.path.join(w.session_dir(), "stage", "home")


def started(w):
    return w.sessions() and os.path.isdir(home_of_sandbox(w)) and \
        os.path.exists(os.path.join(home_of_sandbox(w), "ready"))


HOLD = ": > $HOME/ready; until test -e $HOME/go; do sleep 0.02; done; "


def go(w):
    open(os.path.join(home_of_sandbox(w), "go"), "w").close()


def test_output_passes_through(w):
    harness.need_sandbox(w)
    w.write("f", "a\n")
    w.write("bytes", ALL_BYTES * 1200)
    r = shell(w, "cat bytes; echo b >f")
    assert r.stdout.startswith(ALL_BYTES * 1200), r.stdout[:600]
    rest = r.stdout[256 * 1200:]
    # What the command left without a newline does not hide the diff.
    assert rest.startswith(b"\ndiff --git a/f b/f\n"), rest[:200]
    assert r.returncode == 5
    r = shell(w, "printf 'no newline'")
    assert r.stdout == b"no newline" and r.returncode == 0, r


def test_command_status(w):
    harness.need_sandbox(w)
    for argv, words in ((("sh", "-c", "exit 0"), b"exit status: 0"),
                        (("sh", "-c", "exit 42"), b"exit status: 42"),
                        (("sh", "-c", "kill -SEGV $$"), b"signal 11"),
                        (("no-such-command",), b"no-such-command")):
        r = w.run("try", "--", *argv)
        assert r.returncode == 0, r
        assert words in r.stderr + r.stdout, (words, r)


def test_kinds_of_change(w):
    harness.need_sandbox(w)
    w.env["ASSENT_PRODUCTS"] = "!*"
    w.write("kept", "k\n")
    w.write("gone", "x\n")
    w.write("old name", "1\n2\n3\n4\n5\n6\n")
    w.write("mode", "m\n", 0o755)
    w.write("tool.sh", "#!/bin/sh\n", 0o644)
    w.write("bin", ALL_BYTES)
    w.write("gone.bin", b"\0\1")
    w.write("empty", "")
    w.write("gone.empty", "")
    w.write("cut", "no newline")
    w.write("crlf", b"a\r\nb\r\n")
    w.write("d/one", "1\n")
    w.write("d/two", "2\n")
    w.write("text", "t\n")
    os.symlink("kept", os.path.join(w.project, "link"))
    os.symlink("kept", os.path.join(w.project, "gone link"))
    before = harness.tree(w.project)
    script = (
        "rm gone gone.bin gone.empty 'gone link'; mv 'old name' 'new name';"
        "chmod -x mode; chmod +x tool.sh; printf '\\0\\1\\2' >>bin;"
        ": >new.empty; printf more >>empty; printf ' at all' >>cut;"
        "printf 'c\\r\\n' >>crlf; rm -r d; echo file >d;"
        "rm text; ln -s kept text; rm link; ln -s crlf link;"
        "ln -s /etc/passwd out; ln -s ../up up; mkdir -p x/y/z;"
        "echo deep >x/y/z/f; printf 'script' >new.sh; chmod +x new.sh")
    r = shell(w, script)
    assert r.returncode == 5 and harness.tree(w.project) == before, r
    assert b"Binary files" in r.stdout or b"GIT binary" in r.stdout, r.stdout
    assert b"\nbin: binary: " in r.stderr and b"text: binary" not in r.stderr
    assert b"\\ No newline at end of file" in r.stdout
    for name in (b"out", b"up", b"tool.sh", b"new.sh"):
        assert b"protected: " + name + b":" in r.stderr, (name, r.stderr)
    r = shell(w, script, "--approve", "yes")
    assert r.returncode == 5, r      # what is protected waits
    after = harness.tree(w.project)
    want = {
        "kept": ("file", 0o644, b"k\n"),
        "new name": ("file", 0o644, b"1\n2\n3\n4\n5\n6\n"),
        "mode": ("file", 0o644, b"m\n"),
        "tool.sh": ("file", 0o644, b"#!/bin/sh\n"),
        "bin": ("file", 0o644, ALL_BYTES + b"\0\1\2"),
        "empty": ("file", 0o644, b"more"),
        "new.empty": ("file", 0o644, b""),
        "cut": ("file", 0o644, b"no newline at all"),
        "crlf": ("file", 0o644, b"a\r\nb\r\nc\r\n"),
        "d": ("file", 0o644, b"file\n"),
        "text": ("link", 0, "kept"), "link": ("link", 0, "crlf"),
        "x": ("dir", 0o755, ""), "x/y": ("dir", 0o755, ""),
        "x/y/z": ("dir", 0o755, ""), "x/y/z/f": ("file", 0o644, b"deep\n"),
    }
    assert after == want, {k: (after.get(k), want.get(k))
                           for k in set(after) | set(want)
                           if after.get(k) != want.get(k)}
    r = shell(w, script.split(";")[-1] + "; ln -s /etc/passwd out; "
              "printf script >new.sh; chmod +x new.sh", "--approve", "yes",
              "--allow-protected", "out", "--allow-protected", "new.sh")
    assert r.returncode == 0, r
    assert os.readlink(os.path.join(w.project, "out")) == "/etc/passwd"
    assert os.access(os.path.join(w.project, "new.sh"), os.X_OK)
    w.verify()


def test_large_file(w):
    harness.need_sandbox(w)
    w.write("many", "".join("line %d\n" % i for i in range(50000)))
    r = shell(w, "sed -i 's/^line 25000$/changed/' many; seq 50000 >new",
              "--approve", "yes")
    assert r.returncode == 0, (r.returncode, r.stderr)
    lines = w.read("many").split("\n")
    assert lines[25000] == "changed" and len(lines) == 50001
    assert w.read("new") == "".join("%d\n" % i for i in range(1, 50001))
    assert len(r.stdout) > 50000 * 6, len(r.stdout)
    # Every line of a large file, as one change.
    r = shell(w, "sed -i 's/$/ more/' many", "--approve", "yes")
    assert r.returncode == 0, (r.returncode, r.stderr)
    assert w.read("many").split("\n")[49999] == "line 49999 more"
    w.verify()


NAMES = [b"new\nline", b"esc\x1b[31m", b"\xff\xfe", b"quote\"", b"back\\slash",
         b" lead", b"trail ", b"-dash", b"tab\t", b"star*", b"a\xcc\x81",
         "bidi\u202e".encode(), b"x" * 255]


def test_odd_names(w):
    harness.need_sandbox(w)
    root = os.fsencode(w.project)
    for n in NAMES:
        with open(os.path.join(root, n), "wb") as f:
            f.write(b"old\n")
    r = shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
              "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :")
    assert r.returncode == 5, r
    # The diff is one that git takes as it is.
    w.write("p.diff", r.stdout, base=w.root)
    w.git("apply", "--check", w.path("p.diff"))
    r = shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
              "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :",
              "--approve", "yes")
    assert r.returncode == 0, r
    for n in NAMES:
        with open(os.path.join(root, n), "rb") as f:
            assert f.read() == b"new\n", n
    with open(os.path.join(root, b"d\n\x1b/f\n"), "rb") as f:
        assert f.read() == b"n\n"
    w.verify()


def test_odd_project_folders(w):
    harness.need_sandbox(w)
    for name in (b"with space", b"co:lon", b"com,ma", b"back\\slash",
                 b"new\nline", b"quo'te\"", b"=", b"\\040",
                 b"-n", "\u00fc\u202e".encode()):
        root = os.path.join(os.fsencode(w.root), b"projects", name)
        os.makedirs(root)
        with open(os.path.join(root, b"f"), "w") as f:
            f.write("old\n")
        r = shell(w, "test $(cat f) = old && echo new >f && echo n >g",
                  "--approve", "yes", cwd=root)
        assert r.returncode == 0, (name, r)
        with open(os.path.join(root, b"f")) as f:
            assert f.read() == "new\n", name
        with open(os.path.join(root, b"g")) as f:
            assert f.read() == "n\n", name
    # This one could not be named in a journal: said, and nothing begun.
    root = os.path.join(os.fsencode(w.root), b"not \xff utf8")
    os.makedirs(root)
    n = len(w.sessions())
    r = shell(w, "echo new >f", cwd=root)
    assert r.returncode == 2 and b"UTF-8" in r.stderr, r
    assert len(w.sessions()) == n


def test_project_below_tmp(w):
    harness.need_sandbox(w)
    import tempfile
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        with open(os.path.join(root, "f"), "w") as f:
            f.write("old\n")
        ours = os.path.basename(root) + ".t"
        tmp = "$TMPDIR" if harness.level(w) == "C" else "/tmp"
        r = shell(w, "echo new >f; echo t >%s/%s; cat %s/%s; "
                  "cat $TMPDIR/%s" % (tmp, ours, tmp, ours, ours), "--approve",
                  "yes", cwd=root)
        assert r.returncode == 0 and r.stdout.startswith(b"t\nt\n"), r
        with open(os.path.join(root, "f")) as f:
            assert f.read() == "new\n"
    assert not os.path.exists(os.path.join("/tmp", ours))


def test_started_in_a_folder_below(w):
    harness.need_sandbox(w)
    w.write("sub/f", "old\n")
    w.git("init", "-q")
    r = shell(w, "pwd; cat f; echo new >f; echo x >../g", "--approve", "yes",
              cwd=os.path.join(w.project, "sub"))
    assert r.returncode == 0, r
    assert r.stdout.startswith(os.fsencode(w.project) + b"/sub\nold\n"), r
    assert w.read("sub/f") == "new\n" and w.read("g") == "x\n"


def test_what_can_never_be_proposed(w):
    harness.need_sandbox(w)
    w.write("f", "1\n")
    script = (
        "mkdir .GIT; echo x >.GIT/config; git init -q nested; "
        "git init -q --bare bare; mkfifo pipe; "
        "python3 -c 'import socket; "
        "socket.socket(socket.AF_UNIX).bind(\"sock\")'; "
        "mknod dev c 1 3; mknod blk b 7 0; echo s >suid; chmod u+s suid; "
        "echo x >nested/file; :")
    if shutil.which("python3", path=w.env["PATH"]) is None:
        raise harness.Skip("no python3 for the socket")
    before = harness.tree(w.project)
    r = shell(w, script, "--approve", "yes")
    assert r.returncode == 5, r
    for name in (b".GIT", b"nested/.git", b"bare", b"pipe", b"sock"):
        assert any(name in line for line in r.stderr.splitlines()), \
            (name, r.stderr)
    for folder in ("nested/.git", ".GIT", "bare/HEAD", "pipe", "sock", "dev",
                   "blk"):
        assert not os.path.lexists(os.path.join(w.project, folder)), folder
    assert w.read("nested/file") == "x\n"
    assert w.read("f") == "1\n"
    assert before.items() <= harness.tree(w.project).items()
    w.verify()


def test_only_what_cannot_be_proposed(w):
    harness.need_sandbox(w)
    before = harness.tree(w.project)
    r = shell(w, "mkfifo pipe")
    assert r.returncode == 5 and b"pipe: a fifo" in r.stderr, r
    assert harness.tree(w.project) == before


def test_git_is_out_of_reach(w):
    harness.need_sandbox(w)
    w.write("f", "1\n")
    w.repository()
    git = os.path.join(w.project, ".git")
    before = harness.tree(git)
    r = shell(w, "echo evil >.git/hooks/post-commit; "
              "git config core.pager evil; git -c user.name=a "
              "-c user.email=a commit --allow-empty -m x; git log --oneline; "
              "mv .git g; rm -rf .git; echo 2 >f; git diff --stat")
    assert b"begin" in r.stdout, r
    assert (b"Permission denied" if harness.level(w) == "C" else b"Read-only"
            ) in r.stdout, r
    assert r.returncode == 5 and b"+2\n" in r.stdout, r
    assert harness.tree(git) == before
    assert w.read("f") == "1\n"


def test_user_edits_meanwhile(w):
    harness.need_sandbox(w)
    for flags in ((), ("--approve", "yes")):
        w.write("both", "one\ntwo\n")
        w.write("mine", "m\n")
        w.write("theirs", "t\n")
        shutil.rmtree(w.path("state"), ignore_errors=True)
        p = w.start("try", *flags, "--", "sh", "-c", HOLD +
                    "echo command >both; echo command >theirs")
        harness.wait_until("the command", lambda: started(w))
        w.write("both", "user\n")
        w.write("mine", "user\n")
        go(w)
        out, err = p.communicate(timeout=harness.DEADLINE_S)
        assert p.returncode == 5, (p.returncode, out, err)
        assert w.read("both") == "user\n" and w.read("mine") == "user\n"
        assert w.read("theirs") == ("command\n" if flags else "t\n")
        assert b"both, hunk 1 overwrites newer lines" in err, err
        w.verify()


def test_user_edits_before_answering(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")

    def edit():
        w.write("f", "user\n")
        return b"y\n"
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = harness.on_terminal(
        w, [(q, edit), (q, b"n\n")], "try", "--plain", "--", "sh", "-c", "echo two >f")
    assert w.read("f") == "user\n"
    assert code == 5, (code, seen)
    w.verify()


def test_two_at_once(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    w.write("g", "one\n")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()

    def other():
        r = shell(w, "echo second >f", "--approve", "yes")
        assert r.returncode == 0, r
        return b"y\n"
    code, seen = harness.on_terminal(
        w, [(q, other), (q, b"y\n"), (q, b"n\n")], "try", "--plain", "--", "sh", "-c",
        "echo first >f; echo first >g")
    # What could not be written and was rejected then counts once.
    end, = w.events("agent_end", 0)
    assert (code, end["decided"], end["rejected"]) == (0, 2, 1), (code, end)
    assert w.read("f") == "second\n" and w.read("g") == "first\n"
    w.verify()


def test_typed_ahead_decides_nothing(w):
    """Also not a line whose end comes after the question."""
    harness.need_sandbox(w)
    w.write("f", "one\n")
    w.write("g", "one\n")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()

    def early():
        return b"y\ny\ny"

    def release():
        go(w)
        return b""
    code, seen = harness.on_terminal(
        w, [(b"ready", early), (b"y\r\ny\r\ny", release),
            (b"(ignored what was typed before the question)", b""),
            (q, b"\n"), (q, b"n\n"), (q, b"n\n")],
        "try", "--plain", "--", "sh", "-c", "echo ready; " + HOLD +
        "echo two >f; echo two >g")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n" and w.read("g") == "one\n"
    assert [h["decision"] for e in w.events("decision") for f in e["files"]
            for h in f["hunks"]] == ["no", "no"]


def test_no_half_typed_answers(w):
    """Escape sequences, pastes and words are no answer."""
    harness.need_sandbox(w)
    w.write("f", "one\n")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = harness.on_terminal(
        w, [(q, b"\x1b[A\n"), (q, b"yes\n"), (q, b"\x1b[200~y\x1b[201~\n"),
            (q, b"\n"), (q, b"Y\n"), (q, b"n\n")],
        "try", "--plain", "--", "sh", "-c", "echo two >f")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n"


def test_terminal_hangs_up(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    code, seen = harness.on_terminal(
        w, [(msg.ACCEPT_THIS_HUNK_Y.encode(), b"\x04")], "try", "--plain", "--", "sh", "-c",
        "echo two >f")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n"
    assert w.events("agent_end")[-1]["proposed"] == ["f"]


def test_raw_bytes_on_a_terminal(w):
    harness.need_sandbox(w)
    w.write("f", b"one\n\x1b]0;title\x07\n\x9b2J\n")
    w.env["NO_COLOR"] = "1"
    code, seen = harness.on_terminal(
        w, [(msg.ACCEPT_THIS_HUNK_Y.encode(), b"y\n")], "try", "--plain", "--", "sh", "-c",
        "printf '\\033[2J\\033]52;c;eA==\\a' >>f; printf '\\033c\\a\\177'")
    assert code == 0, (code, seen)
    assert b"\x1b" not in seen and b"\x07" not in seen, seen
    assert b"\x9b" not in seen and b"\x7f" not in seen, seen
    with open(os.path.join(w.project, "f"), "rb") as f:
        assert f.read().endswith(b"\x1b[2J\x1b]52;c;eA==\x07")


def test_daemons_do_not_survive(w):
    harness.need_sandbox(w)
    script = ("(setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 7; "
              "done' >/dev/null 2>&1 &) ; setsid sleep 4711 & "
              "nohup sleep 4712 >/dev/null 2>&1 & echo left >f; exit 0")
    r = shell(w, script, "--approve", "yes")
    assert r.returncode == 0, r
    assert w.read("f") == "left\n"
    left = [line for line in harness.children().values() if "sleep" in line]
    assert not left, left


def test_interrupt(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    p = w.start("try", "--approve", "yes", "--", "sh", "-c",
                "echo two >f; " + HOLD)
    harness.wait_until("the command", lambda: started(w))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 130, (p.returncode, out, err)
    assert w.read("f") == "one\n"
    w.verify()


def test_nobody_reads_the_output(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    p = w.start("try", "--approve", "yes", "--", "sh", "-c",
                "echo two >f; while :; do echo more; done")
    p.stdout.read(10)
    p.stdout.close()
    err = p.stderr.read()
    code = p.wait(harness.DEADLINE_S)
    assert code in (130, 4, 1), (code, err)
    assert w.read("f") == "one\n"


def test_limits_end_in_4(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    # The sandbox is built and the file written in this time, too.
    cases = (("--timeout", "5s", HOLD, b"--timeout"),)
    for flag, value, script, words in cases:
        r = shell(w, "echo two >f; " + script, "--approve", "yes", flag, value)
        assert r.returncode == 4, r
        assert words in r.stderr, r.stderr
        assert b"+two\n" in r.stdout, r
        assert w.read("f") == "one\n"
        assert w.events("agent_end")[-1]["proposed"] == ["f"]
    r = shell(w, "echo two >f; exec cat /dev/zero", "--approve", "yes")
    assert r.returncode == 4 and w.read("f") == "one\n", \
        (r.returncode, r.stderr)
    r = shell(w, "echo two >f; exec python3 -c 'x = bytearray(1 << 31)\n"
              "while True:\n x[::4096] = b\"x\" * (1 << 19)'",
              "--approve", "yes", "--memory", "512M")
    assert r.returncode == 4 and w.read("f") == "one\n", \
        (r.returncode, r.stderr, r.stdout[-300:])
    w.verify()


def test_wrong_usage(w):
    for args, words in (((), b"no command"), (("--",), b"no command"),
                        (("--approve", "later", "--", "true"), b"--approve"),
                        (("--timeout", "soon", "--", "true"), b"timeout"),
                        (("--nonsense", "--", "true"), b"nonsense")):
        r = w.run("try", *args)
        assert r.returncode == 2 and words in r.stderr, (args, r)
    assert not w.sessions()


def test_read_only_folder(w):
    harness.need_sandbox(w)
    w.write("ro/f", "one\n")
    w.write("rw/f", "one\n")
    wrap = harness.as_user(w)
    os.chmod(os.path.join(w.project, "ro"), 0o555)
    before = harness.tree(w.project)
    r = shell(w, "chmod u+w ro; echo two >ro/f; echo two >rw/f", "--approve",
              "yes", wrap=wrap)
    assert r.returncode == 5, r
    assert b"ro" in r.stderr and b"Permission denied" in r.stderr, r.stderr
    assert r.stderr.count(b"Permission denied") == 1, r.stderr
    assert harness.tree(w.project) == before
    assert w.events("agent_end")[-1]["proposed"] == ["ro/f", "rw/f"]
    w.verify()


def test_unreadable_file(w):
    harness.need_sandbox(w)
    w.write("no", "one\n", 0)
    w.write("f", "one\n")
    os.mkdir(os.path.join(w.project, "closed"))
    wrap = harness.as_user(w)
    os.chmod(os.path.join(w.project, "closed"), 0)
    r = shell(w, "cat no; ls closed; rm -f no; echo two >no; echo two >f",
              "--approve", "yes", wrap=wrap)
    assert w.read("f") == "two\n", r
    assert b"no" in r.stderr and r.returncode == 5, r
    if os.geteuid() == 0:
        assert w.read("no") == "one\n"


def test_as_an_ordinary_user(w):
    w.write("f", "one\n", 0o640)
    w.write("x.sh", "#!/bin/sh\necho hi\n", 0o755)
    w.repository()
    wrap = harness.as_user(w)
    harness.need_sandbox(w, wrap)
    r = shell(w, "id -u; ./x.sh; echo two >>f; mkdir d; echo n >d/n; "
              "git status --short; (sleep 4713 &)", "--approve", "yes",
              wrap=wrap)
    assert r.returncode == 0, r
    assert r.stdout.startswith(b"%d\nhi\n M f\n?? d/\n" % (
        harness.USER if wrap else os.getuid())), r.stdout
    assert w.read("f") == "one\ntwo\n" and w.read("d/n") == "n\n"
    st = os.stat(os.path.join(w.project, "f"))
    assert stat.S_IMODE(st.st_mode) == 0o640
    if wrap:
        assert st.st_uid == harness.USER
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = harness.on_terminal(
        w, [(q, b"n\n")], "try", "--plain", "--", "sh", "-c", "echo three >f", wrap=wrap)
    assert code == 5 and w.read("f") == "one\ntwo\n", (code, seen)
    w.verify()


def test_root_in_a_users_project(w):
    """Root's files in a user's project stay the user's."""
    if os.geteuid() != 0:
        raise harness.Skip("we are not root")
    w.write("f", "one\n")
    copied = harness.level(w) == "C"
    harness.users_project(w)
    if copied:
        # Root without capabilities can't enter a user's own folder.
        os.chmod(w.root, 0o711)
    harness.need_sandbox(w)
    r = shell(w, "echo two >f; mkdir d; echo n >d/n", "--approve", "yes")
    assert r.returncode == 0, r
    for name in ("f", "d", "d/n"):
        st = os.stat(os.path.join(w.project, name))
        assert st.st_uid == harness.USER, name
    # What was too long for a result can be read, by the user's tools too.
    r = shell(w, "ls /assent/out", "--approve", "yes")
    assert r.returncode == 0 and b"ermission" not in r.stdout, r


def test_state_disk_is_full(w):
    harness.need_sandbox(w)
    w.write("f", "one\n")
    os.makedirs(w.path("state"))
    before = harness.tree(w.project)
    # No room for a session at all, then none for what the command writes,
    # then none for the copies that a proposal needs.
    for size, script in (("8k", "echo two >f"),
                         ("2m", "echo two >f; head -c 8m /dev/zero >big"),
                         ("3m", "base64 /dev/urandom | head -c 2800k >big")):
        wrap = harness.with_mount((w.path("state"), "size=" + size))
        r = shell(w, script, "--approve", "yes", wrap=wrap)
        assert r.returncode not in (0, 130) and r.returncode > 0, (size, r)
        assert b"o space left" in r.stderr + r.stdout or \
            msg.DISK_THAT_HOLDS_THE_SESSION.encode() in r.stderr, \
            (size, r)
        now = harness.tree(w.project)
        assert now == before or now == dict(
            before, f=("file", 0o644, b"two\n")), (size, now.keys())


def test_state_that_others_reach(w):
    """Who may write where sessions are kept, or above it, could decide in the
    user's place: nothing is begun there, opened, or decided."""
    harness.need_sandbox(w)
    w.write("f", "a\n")
    assert shell(w, "echo b >f").returncode == 5
    session, = w.sessions()
    state = w.path("state", "assent")
    pins = w.write("mcp.json", "{}", base=state)
    journal = os.path.join(w.session_dir(), "journal.jsonl")
    modes = [0o777]
    if os.geteuid() == 0:
        # A group that others are in: root's own would do no harm.
        modes += [0o720]
        os.chown(w.path("state"), 0, harness.USER)
    for at, more in ((w.path("state"), ()), (state, ()), (pins, ()),
                     (os.path.join(state, "sessions"), ()),
                     (w.session_dir(), (session,)), (journal, (session,))):
        was = os.stat(at)
        calls = [("decide", "--accept", "all", session),
                 ("resume", "--plain", session)]
        if not more:
            calls += [("try", "--", "true"), ("ls",), ("exec", "x")]
        for mode in modes:
            os.chmod(at, mode)
            if os.geteuid() == 0:
                os.chown(at, 0, harness.USER)
            for args in calls:
                r = w.run(*args)
                said = r.stderr.decode()
                assert r.returncode == 2, (args, r)
                assert msg.OTHER_USERS_CAN_WRITE_TO % (at, mode) in said, (
                    args, said)
                assert "chmod go-w " + at in said, said
                assert "set XDG_STATE_HOME" in said, said
            os.chmod(at, was.st_mode & 0o7777)
        if os.geteuid() == 0:
            os.chown(at, harness.USER, 0)
            r = w.run("decide", "--accept", "all", session)
            assert r.returncode == 2, r
            assert (at + " " + msg.BELONGS_TO_ANOTHER_USER).encode() in \
                r.stderr, r
            os.chown(at, 0, 0)
    assert w.read("f") == "a\n" and w.sessions() == [session]
    # Others may look, if its user lets them.
    os.chmod(state, 0o755)
    assert w.run("decide", "--accept", "all", session).returncode == 0
    assert w.read("f") == "b\n"
    w.verify()


def test_project_disk_is_full(w):
    harness.need_sandbox(w)
    w.write("small/f", "one\n")
    w.write("seed", "one\n")
    wrap = harness.with_mount((w.project, "size=1m"))
    r = w.run("try", "--approve", "yes", "--root", w.project, "--", "sh", "-c",
              "base64 /dev/urandom | head -c 3m >big; echo two >f; ls -la",
              wrap=wrap + ("sh", "-c", "cd '%s' && \"$@\"; c=$?; ls '%s'; "
                           "exit $c" % (w.project, w.project), "sh"))
    assert r.returncode == 5, r
    assert r.stderr.count(msg.DISK_IS_FULL_FREE_SOME.encode()) == 1, r.stderr
    assert b"\nbig\n" not in r.stdout[-200:] and b"\nf\n" not in \
        r.stdout[-200:], r.stdout[-200:]


def test_more_files_than_descriptors(w):
    """What an apply holds open is bounded, however many files it writes."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    few = ("sh", "-c", 'ulimit -n 256 && exec "$@"', "sh")
    r = w.run("try", "--accept", "all", "--", "sh", "-c",
              "for i in $(seq 300); do mkdir -p d/$((i % 9)); "
              "echo $i >d/$((i % 9))/$i; done", wrap=few)
    assert r.returncode == 0, r.stderr[-600:]
    assert w.read("d/3/300") == "300\n"
    assert all(o["ok"] for o in w.events("applied")[0]["ops"])


harness.main(globals())
