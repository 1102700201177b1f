"""assent try where it hurts: odd names and contents, entries that can never be
proposed, disks that are full, users who edit meanwhile, commands that will not
go."""

import os
import signal
import stat

import harness
from messages import msg

NEEDS_SANDBOX = True
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
    w.write("f", "a\n")
    w.write("bytes", ALL_BYTES * 1200)
    r = shell(w, "cat bytes; echo b >f")
    assert r.stdout.startswith(ALL_BYTES * 1200), r.stdout[:600]
    rest = r.stdout[256 * 1200:]
    # Output that ends without a newline does not hide the diff.
    assert rest.startswith(b"\ndiff --git a/f b/f\n"), rest[:200]
    assert r.returncode == 5
    r = shell(w, "printf 'no newline'")
    assert r.stdout == b"no newline" and r.returncode == 0, r


def test_command_status(w):
    """The last line says how it ended, and what came of it."""
    for argv, words, end in (
            (("sh", "-c", "exit 0"), b"", b"nothing changed"),
            (("sh", "-c", "exit 42"), b"exit status: 42",
             b"the command failed (exit 42): nothing changed"),
            (("sh", "-c", "kill -SEGV $$"), b"signal 11",
             b"the command failed (killed by signal 11): nothing changed"),
            (("no-such-command",), b"no-such-command",
             b"the command failed (exit 127): nothing changed"),
            (("sh", "-c", "echo x > n; exit 3"), b"exit status: 3",
             b"the command failed (exit 3): waiting for you")):
        r = w.run("try", "--", *argv)
        assert r.returncode == (5 if end.endswith(b"for you") else 0), r
        assert words in r.stderr + r.stdout, (words, r)
        assert b"\n" + end + b"\n" in r.stderr, (end, r)
        assert b"turns" not in r.stderr and b"status: 0" not in r.stderr, r


NAMES = [b"new\nline", b"esc\x1b[31m", b"\xff\xfe", b"quote\"", b"back\\slash",
         b" lead", b"trail ", b"-dash", b"tab\t", b"star*", b"a\xcc\x81",
         "bidi\u202e".encode(), b"x" * 255]


def test_odd_names(w):
    root = os.fsencode(w.project)
    for n in NAMES:
        with open(os.path.join(root, n), "wb") as f:
            f.write(b"old\n")
    r = shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
              "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :", code=5)
    # git accepts the diff as it is.
    w.write("p.diff", r.stdout, base=w.root)
    w.git("apply", "--check", w.path("p.diff"))
    shell(w, "for f in * .[!.]*; do test -f \"$f\" && echo new >\"$f\"; "
          "done; mkdir 'd\n\033'; echo n >'d\n\033/f\n'; :",
          "--approve", "yes", code=0)
    for n in NAMES:
        with open(os.path.join(root, n), "rb") as f:
            assert f.read() == b"new\n", n
    with open(os.path.join(root, b"d\n\x1b/f\n"), "rb") as f:
        assert f.read() == b"n\n"


def test_odd_project_folders(w):
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


def test_started_in_a_folder_below(w):
    w.write("sub/f", "old\n")
    w.git("init", "-q")
    r = shell(w, "pwd; cat f; echo new >f; echo x >../g", "--approve", "yes",
              cwd=os.path.join(w.project, "sub"), code=0)
    assert r.stdout.startswith(os.fsencode(w.project) + b"/sub\nold\n"), r
    assert w.read("sub/f") == "new\n" and w.read("g") == "x\n"


def test_typed_ahead_decides_nothing(w):
    """Also not a line whose end comes after the question."""
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
            (harness.IGNORED, b""),
            (q, b"\n"), (q, b"n\n"), (q, b"n\n")],
        "try", "--plain", "--", "sh", "-c", "echo ready; " + HOLD +
        "echo two >f; echo two >g")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n" and w.read("g") == "one\n"
    assert [h["decision"] for e in w.events("decision") for f in e["files"]
            for h in f["hunks"]] == ["no", "no"]


def test_no_half_typed_answers(w):
    """Escape sequences, pastes and words are no answer."""
    w.write("f", "one\n")
    q = msg.ACCEPT_THIS_HUNK_Y.encode()
    code, seen = harness.on_terminal(
        w, [(q, b"\x1b[A\n"), (q, b"yes\n"), (q, b"\x1b[200~y\x1b[201~\n"),
            (q, b"\n"), (q, b"Yes\n"), (q, b"n\n")],
        "try", "--plain", "--", "sh", "-c", "echo two >f")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n"


def test_terminal_hangs_up(w):
    w.write("f", "one\n")
    code, seen = harness.on_terminal(
        w, [(msg.ACCEPT_THIS_HUNK_Y.encode(), b"\x04")], "try", "--plain", "--", "sh", "-c",
        "echo two >f")
    assert code == 5, (code, seen)
    assert w.read("f") == "one\n"
    assert w.events("agent_end")[-1]["proposed"] == ["f"]


def test_raw_bytes_on_a_terminal(w):
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


def test_interrupt(w):
    w.write("f", "one\n")
    p = w.start("try", "--approve", "yes", "--", "sh", "-c",
                "echo two >f; " + HOLD)
    harness.wait_until("the command", lambda: started(w))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 130, (p.returncode, out, err)
    assert w.read("f") == "one\n"


def test_nobody_reads_the_output(w):
    w.write("f", "one\n")
    p = w.start("try", "--approve", "yes", "--", "sh", "-c",
                "echo two >f; while :; do echo more; done")
    p.stdout.read(10)
    p.stdout.close()
    err = p.stderr.read()
    code = p.wait(harness.DEADLINE_S)
    assert code == 130 and b"was closed" in err, (code, err)
    assert w.read("f") == "one\n"


def test_read_only_folder(w):
    w.write("ro/f", "one\n")
    w.write("rw/f", "one\n")
    wrap = harness.as_user(w)
    os.chmod(os.path.join(w.project, "ro"), 0o555)
    before = harness.tree(w.project)
    r = shell(w, "chmod u+w ro; echo two >ro/f; echo two >rw/f", "--approve",
              "yes", wrap=wrap, code=5)
    assert b"ro" in r.stderr and b"Permission denied" in r.stderr, r.stderr
    assert r.stderr.count(b"Permission denied") == 1, r.stderr
    assert harness.tree(w.project) == before
    assert w.events("agent_end")[-1]["proposed"] == ["ro/f", "rw/f"]


def test_as_an_ordinary_user(w):
    w.write("f", "one\n", 0o640)
    w.write("x.sh", "#!/bin/sh\necho hi\n", 0o755)
    w.repository()
    wrap = harness.as_user(w)
    harness.need_sandbox(w, wrap)
    r = shell(w, "id -u; ./x.sh; echo two >>f; mkdir d; echo n >d/n; "
              "git status --short; (sleep 4713 &)", "--approve", "yes",
              wrap=wrap, code=0)
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
    shell(w, "echo two >f; mkdir d; echo n >d/n", "--approve", "yes", code=0)
    for name in ("f", "d", "d/n"):
        st = os.stat(os.path.join(w.project, name))
        assert st.st_uid == harness.USER, name
    # A text that was too long for a result can be read, by the user's tools
    # too.
    r = shell(w, "ls /assent/out", "--approve", "yes")
    assert r.returncode == 0 and b"ermission" not in r.stdout, r


def test_state_that_others_reach(w):
    """A user who may write where sessions are kept, or above, could decide for
    the owner: no session is begun, opened or decided there."""
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
            r = w.run("decide", "--accept", "all", session, code=2)
            assert (at + " " + msg.BELONGS_TO_ANOTHER_USER).encode() in \
                r.stderr, r
            os.chown(at, 0, 0)
    assert w.read("f") == "a\n" and w.sessions() == [session]
    # Others may look, if its user lets them.
    os.chmod(state, 0o755)
    assert w.run("decide", "--accept", "all", session).returncode == 0
    assert w.read("f") == "b\n"


def test_more_files_than_descriptors(w):
    """The number of files that an apply holds open is bounded, however many it
    writes."""
    w.git("init", "-q")
    few = ("sh", "-c", 'ulimit -n 256 && exec "$@"', "sh")
    w.run("try", "--accept", "all", "--", "sh", "-c",
          "for i in $(seq 300); do mkdir -p d/$((i % 9)); "
          "echo $i >d/$((i % 9))/$i; done", wrap=few, code=0)
    assert w.read("d/3/300") == "300\n"
    assert all(o["ok"] for o in w.events("applied")[0]["ops"])


harness.main(globals())
