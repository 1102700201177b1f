"""Files of any kind that a command may leave behind, or a user's tree may
have: each is proposed, or stays out with a reason that is in the journal, in
the text of `exec` and on the screen, or exceeds the quota. Nothing hangs, and
nothing but files and links comes into the real tree."""

import os
import socket
import stat
import subprocess
import sys

import harness
from harness import bash
import protocol
from messages import msg

DONE = {"calls": [{"name": "done", "args": {"summary": "s"}}]}
SKIP = {"plan": "skip"}
# Somewhere a shell would be too slow, or has no word for it.
PYTHON = "/usr/bin/python3"
LONG = "n" * 255


def py(text):
    return "%s - <<'END'\nimport os\n%s\nEND\n" % (PYTHON, text)


def project(w):
    harness.need_sandbox(w)
    if not os.access(PYTHON, os.X_OK):
        raise harness.Skip("there is no " + PYTHON)
    for name in ("a.txt", "b.txt", "f/x", "g", "h/y"):
        w.write(name, "1\n")
    w.repository()


def run(w, *commands, code=0):
    """How `exec` handled the files that the commands left: applied, refused,
    said."""
    w.mock([bash(c) for c in commands] + [DONE], config=SKIP)
    r = w.run("exec", "--approve", "yes", "x",
              deadline_s=110)
    refused = {}
    for p in w.events("proposal"):
        for f in p["refused"]:
            refused[f["path"]] = f["why"]
            assert f["why"] in r.stdout.decode(), (f, r.stdout)
    # A change that cannot be proposed means that the work isn't done.
    left = w.events("agent_end")[-1].get("not_proposable")
    assert r.returncode == (5 if left else code), (
        r.returncode, r.stdout[-3000:], r.stderr)
    assert bool(left) <= bool(refused), (left, refused)
    applied = [op["path"] for a in w.events("applied") for op in a["ops"]
               if op["ok"]]
    w.verify()
    for base, dirs, files in os.walk(w.project):
        for name in dirs + files:
            mode = os.lstat(os.path.join(base, name)).st_mode
            assert stat.S_ISREG(mode) or stat.S_ISDIR(mode) or \
                stat.S_ISLNK(mode), name
            assert not mode & 0o7000, name
    return applied, refused, r.stdout.decode()


def sweep(w):
    """Trees that are too deep for the harness."""
    for path in (w.path("state"), w.project):
        subprocess.run(["chmod", "-R", "u+rwx", path],
                       stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", path])
        os.makedirs(path, exist_ok=True)


def test_what_is_no_file(w):
    project(w)
    _, refused, said = run(
        w, "mkfifo p; " + py(
            "import socket\nsocket.socket(socket.AF_UNIX).bind('sock')") +
        "mknod c c 1 3; mknod w c 0 0; "
        "printf x >u; chmod u+s u; printf x >gg; chmod g+s gg")
    assert refused == {
        "p": "a fifo", "sock": "a socket",
        "u": msg.SET_USER_ID_OR_SET,
        "gg": msg.SET_USER_ID_OR_SET}, refused
    assert sum(x.startswith("can't be reviewed: ")
               for x in said.split("\n")) == 4, said
    assert not set(os.listdir(w.project)) & {"p", "sock", "u", "gg", "c", "w"}


def test_links(w):
    project(w)
    applied, refused, said = run(
        w, "ln -s loop loop; ln -s b a; ln -s a b; ln -s /etc/passwd out; "
        "ln -s ../../x up; ln -s a.txt fine; ln a.txt hard; echo h >>hard; "
        "mkdir -p d/e; ln -s .. d/e/round; rm -r h; ln -s /tmp h", code=5)
    assert not refused, refused
    assert sorted(applied) == ["a", "a.txt", "b", "d/e/round", "fine", "h/y",
                               "hard", "loop"], applied
    assert os.readlink(os.path.join(w.project, "loop")) == "loop"
    assert w.read("hard") == w.read("a.txt") == "1\nh\n"
    left = w.events("agent_end")[0]["proposed"]
    assert sorted(left) == ["h", "out", "up"], left


def test_names(w):
    project(w)
    names = ["new\nline", "esc\x1b[2Jx", "-rf", LONG, "A.TXT", "caf\u00e9",
             "cafe\u0301", "\u202egnp.exe", " ", "\\", "tab\tx", "*?[", "'\""]
    raw = [n.encode() for n in names] + [b"bad\xff\xfe", b"\xed\xa0\x80"]
    applied, refused, said = run(
        w, py("for n in %r: open(n, 'w').write('n\\n')" % raw))
    assert not refused and len(applied) == len(raw), (applied, refused)
    assert set(os.listdir(os.fsencode(w.project))) >= set(raw)
    for bad in ("\x1b", "\u202e", "new\nline"):
        assert bad not in said.replace("\\n", ""), said
    files = w.events("proposal")[0]["files"]
    notes = {f["path"]: f["note"] for f in files if "note" in f}
    assert notes == {" ": "name ends in a space",
                     "caf\u00e9": "name looks like cafe\u0301"}, notes


def test_git_in_disguise(w):
    project(w)
    w.mock([bash("mkdir -p q/.git/hooks q/r/.GIT 's/git~1'; "
               "echo e >q/.git/hooks/pre-commit; echo e >q/r/.GIT/config; "
               "mkdir -p bare/objects bare/refs; echo 'ref: x' >bare/HEAD; "
               "echo e >bare/config; mkdir -p b2/c; echo x >b2/HEAD; "
               "echo c >b2/commondir"),
            harness.write("git~1/x", "x\n"), DONE], config=SKIP)
    w.run("exec", "--approve", "yes", "x", code=5)
    refused = {f["path"]: f["why"] for p in w.events("proposal")
               for f in p["refused"]}
    assert refused == {"bare": msg.LOOKS_LIKE_A_GIT_REPOSITORY,
                       "b2": msg.LOOKS_LIKE_A_GIT_REPOSITORY}, refused
    told = [e["text"] for e in w.events("tool_result")]
    for name in ("q/.git", "q/r/.GIT", "s/git~1"):
        assert name + ": git's own files cannot be changed; removed" in \
            told[0], told
    assert "git~1/x is part of the repository's own data" in told[1], told
    assert not w.git("status", "--porcelain"), w.git("status", "--porcelain")


def hostile_tree(w):
    """The same in the user's own project, before the session."""
    def at(*parts):
        return os.path.join(w.project, *parts)
    project(w)
    os.mkfifo(at("pipe"))
    s = socket.socket(socket.AF_UNIX)
    s.bind(os.path.relpath(at("sock")))
    s.close()
    os.symlink("loop", at("loop"))
    os.symlink("..", at("up"))
    os.symlink("/etc", at("out"))
    w.write("u", "x\n", mode=0o4755)
    w.write("shut", "x\n", mode=0)
    w.write("closed/in", "x\n")
    os.chmod(at("closed"), 0)
    with open(at("sparse"), "w") as f:
        f.truncate(1 << 40)
    for name in (b"bad\xff", b"new\nline", b"esc\x1b[2J", LONG.encode()):
        with open(os.path.join(os.fsencode(w.project), name), "w") as f:
            f.write("x\n")
    home = os.getcwd()
    os.chdir(w.project)
    for name, n in (("d", 300), ("m" * 200, 22)):
        os.mkdir(name + "0")
        os.chdir(name + "0")
        for _ in range(n):
            os.mkdir(name)
            os.chdir(name)
        with open("end", "w") as f:
            f.write("x")
        os.chdir(w.project)
    os.chdir(home)


def work_in_it(w, call, **more):
    try:
        hostile_tree(w)
        w.mock([call, DONE])
        c = protocol.start(w, task="go", **more)
        p = c.wait_event("proposal")
        notes = [e["text"] for e in c.event_list("note")]
        c.close_and_wait()
        w.verify()
        return p, notes, c.event_list("session_start")[0]
    finally:
        os.chmod(os.path.join(w.project, "closed"), 0o700)
        sweep(w)


def test_a_project_of_such_things(w):
    p, notes, start = work_in_it(w, bash(
        "echo 2 >>a.txt; rm pipe; echo y >>u; cat loop; ls | cat -v >l.txt; true"))
    paths = [f["path"] for f in p["files"]]
    assert "a.txt" in paths and "l.txt" in paths, paths
    refused = {f["path"]: f["why"] for f in p["refused"]}
    if start["sandbox"]["view"] == "overlay":
        assert refused["pipe"] == \
            "the project's file of that name: a fifo", refused
    assert any(msg.COMMANDS_CANNOT_SEE in t for t in notes), notes


def test_a_copy_of_such_a_project(w):
    """With a copy, the files left out are named, and a sparse terabyte isn't a
    terabyte in the copy either."""
    p, notes, start = work_in_it(w, harness.edit("a.txt", "1", "2"),
        wrap=harness.need_deny())
    assert start["sandbox"]["view"] == "copy", start["sandbox"]
    note = [t for t in notes if "copied" in t][0]
    assert "pipe (a fifo)" in note or "..." in note, note
    assert "left out" in note, note
    assert [f["path"] for f in p["files"]] == ["a.txt"], p["files"]


def test_a_mount_point(w):
    """A file or folder that is a mount point can't be replaced: a note says so
    before the review, and the other changes are written."""
    project(w)
    at = [os.path.join(w.project, n) for n in ("g", "b.txt", "m")]
    os.mkdir(at[2])
    wrap = harness.with_script(
        "mount --bind '%s' '%s' && mount -t tmpfs none '%s'" % tuple(at))
    w.mock([bash("echo 2 >>a.txt; echo 2 >>b.txt; rmdir m; echo 2 >m"), DONE],
           config=SKIP)
    r = w.run("exec", "--approve", "yes", "x", wrap=wrap,
              deadline_s=110)
    said = r.stdout.decode()
    assert r.returncode == 5, (r.returncode, said, r.stderr)
    refused = w.events("proposal")[-1]["refused"]
    assert sorted(f["path"] for f in refused) == ["b.txt", "m"], refused
    assert msg.MOUNT_POINT_UNMOUNT in refused[0]["why"], refused
    assert refused[0]["why"] in said, said
    assert w.read("a.txt") == "1\n2\n" and w.read("b.txt") == "1\n"


sys.setrecursionlimit(10000)
harness.main(globals())
