"""Disks that are full or read-only.  Where mounting is not possible (no root,
or no right to mount), these tests are skipped with the reason."""

import contextlib
import ctypes
import os
import re
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
import mcplib
import protocol
import screenlib

FIX = {"path": "a.txt", "old_string": "one", "new_string": "ONE"}
EDIT = {"calls": [{"name": "edit", "args": FIX}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096


def mount(source, target, kind, flags, data=None):
    harness.own_mounts()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(),
                  kind.encode() if kind else None, flags,
                  data.encode() if data else None) != 0:
        raise harness.Skip("cannot mount: %s" % os.strerror(
            ctypes.get_errno()))


def umount(target):
    ctypes.CDLL(None).umount2(target.encode(), 2)


@contextlib.contextmanager
def state_disk(w, size):
    """The folder of states, on a small disk of its own."""
    state = w.path("state")
    os.makedirs(state, exist_ok=True)
    mount("tmpfs", state, "tmpfs", 0, "size=%s,mode=0700" % size)
    try:
        yield state
    finally:
        umount(state)


def project(w):
    w.write("a.txt", "one\ntwo\n")
    w.repository()


def fill(folder, leave):
    """Use up the disk but for so many bytes."""
    st = os.statvfs(folder)
    size = st.f_bavail * st.f_frsize - leave
    with open(os.path.join(folder, "ballast"), "wb") as f:
        f.write(b"x" * max(size, 0))


def decide_until_applied(w, c):
    """Earlier decisions are carried out; the rest is decided now."""
    sent = []

    def step():
        said = [x for x in c.lines if x.get("type") == "status"]
        offers = [p["seq"] for p in c.event_list("proposal") if p["files"]]
        if said and "hunk" in said[-1].get("doing", "") and \
                offers[-1] not in sent:
            p = c.event_list("proposal")[-1]
            sent.append(offers[-1])
            c.send(type="decide", proposal=p["proposal"] or p["seq"],
                   version=p["version"], all="yes", seen=True)
        return w.read("a.txt") == "ONE\ntwo\n"
    c.wait("the change", step)


def test_the_state_folder_fills_up(w):
    """At whatever point the room ends: a sentence, no half change, and with
    room again the session goes on to the same end."""
    project(w)
    with state_disk(w, "4m") as state:
        for leave in (0, 4096, 8192, 12288, 16384, 24576, 32768, 49152):
            w.write("a.txt", "one\ntwo\n")
            m = w.mock([EDIT, dict(DONE, repeat=True)])
            c = protocol.start(w, plan="skip", task="go")
            p = c.wait_event("proposal")
            fill(state, leave)
            c.send(type="decide", proposal=p["seq"], version=1, all="yes",
                   seen=True)

            while not (c.eof or c.event_list("agent_end") or
                       c.event_list("error")):
                c.pump(harness.DEADLINE_S)
            assert w.read("a.txt") in ("one\ntwo\n", "ONE\ntwo\n")
            if c.eof:
                said = [x for x in c.lines if x.get("type") == "refused"]
                assert said and "No space" in said[-1]["text"], (
                    leave, c.lines[-3:])
                assert "assent resume" in said[-1]["text"], said
                assert "sessions take" in said[-1]["text"] and \
                    w.sessions()[-1] in said[-1]["text"], said
            else:
                c.send(type="end")
                c.wait_eof()
            c.close()
            os.unlink(os.path.join(state, "ballast"))
            c = protocol.resume(w)
            c.wait_live()
            decide_until_applied(w, c)
            c.close_and_wait()
            w.verify()
            m.stop()


def test_decide_ends_with_a_reason(w):
    """Wherever the room ends, and however little was written."""
    project(w)
    with state_disk(w, "4m") as state:
        for leave in (0, 4096, 8192, 12288, 16384, 20480, 32768):
            w.write("a.txt", "one\ntwo\n")
            r = w.run("try", "--", "sh", "-c",
                      "sed -i s/one/ONE/ a.txt; echo n >new.txt")
            fill(state, leave)
            r = w.run("decide", "--accept", "all")
            new = w.read("a.txt") == "ONE\ntwo\n"
            assert r.returncode == 0 and new or r.stderr, (leave, r)
            assert not (new and b"nothing was" in r.stderr), (leave, r)
            assert not [x for x in os.listdir(w.project)
                        if x.startswith(".assent-")]
            os.unlink(os.path.join(state, "ballast"))
            r = w.run("decide", "--accept", "all", "--recover", "finish")
            assert w.read("a.txt") == "ONE\ntwo\n", (leave, r)
            assert w.read("new.txt") == "n\n", (leave, r)
            w.verify()
            os.unlink(os.path.join(w.project, "new.txt"))
            w.git("checkout", "-q", "--", ".")


MANY = ["%s%02d.txt" % ("n" * 120, n) for n in range(30)]


def written(w):
    return sum(os.path.exists(os.path.join(w.project, n)) for n in MANY)


def proposed(w, state):
    """Many files, whose end takes another page of the journal than their
    beginning."""
    for name in MANY:
        if os.path.exists(os.path.join(w.project, name)):
            os.unlink(os.path.join(w.project, name))
    for sid in w.sessions():
        harness.remove(os.path.join(state, "assent/sessions", sid))
    w.run("try", "--", "sh", "-c", "for i in %s; do echo $i >$i; done" %
          " ".join(MANY))


def decided(w, leave, *args):
    """`decide` with so much room: its words, and that they are true of what
    there was before and is there now."""
    state = w.path("state")
    before = written(w)
    fill(state, leave)
    r = w.run("decide", "--accept", "all", *args)
    os.unlink(os.path.join(state, "ballast"))
    n, said = written(w), r.stderr.decode()
    told = (leave, args, before, n, r)
    assert r.returncode == (1 if "No space" in said else 0), told
    if n != before:
        assert "nothing was" not in said, told
    for words, count in re.findall(r"((\d+) (?:files? (?:is|was|are|were)|"
                                   r"of 30 files) written)", said):
        assert int(count) == n, (words, told)
    return n, said


def test_what_was_written_is_said(w):
    """The journal has no room for the end of an apply, of what follows it, or
    of the decision: the words are about the files that are there."""
    project(w)
    with state_disk(w, "8m") as state:
        seen = {}
        for leave in range(8192, 57345, 8192):
            proposed(w, state)
            n, said = decided(w, leave)
            kind = "half" if "of 30 files written: can't" in said else \
                "after" if "30 files were written; " in said else \
                "nothing" if "nothing was changed: can't" in said else "other"
            assert n == (0 if kind == "nothing" else 30), (leave, said)
            seen[kind] = leave
        assert {"nothing", "half", "after"} <= set(seen), seen
        # Not even how the interrupted apply ended.
        proposed(w, state)
        decided(w, seen["half"])
        os.unlink(os.path.join(w.project, MANY[0]))
        n, said = decided(w, 0, "--recover", "finish")
        assert n == 30 and "can't use the journal" in said, said


@harness.slow
def test_what_a_recovery_wrote_is_said(w):
    """The same, where an interrupted apply is ended first."""
    project(w)
    with state_disk(w, "8m") as state:
        for how in ("finish", "undo"):
            texts = []
            for leave in range(0, 57345, 8192):
                half = 20480
                while True:
                    proposed(w, state)
                    n, said = decided(w, half)
                    if "of 30 files written" in said:
                        break
                    half += 4096
                for name in MANY[:10]:
                    os.unlink(os.path.join(w.project, name))
                n, said = decided(w, leave, "--recover", how)
                assert n == 30 or n == 0 and how == "undo", (leave, n, said)
                texts.append(said)
            for words in ["interrupted apply were restored, and nothing else"
                          " was changed: can't"] if how == "undo" else [
                              "can't use the journal", "30 files are written"]:
                assert [t for t in texts if words in t], (words, texts)


def test_the_screen_says_it(w):
    """Files are written, and then the journal has no room: the last words are
    about the journal, and none says that nothing was done."""
    if not os.path.exists(os.path.join(harness.BUILD, "tests/e2e/vtdrive")):
        raise harness.Skip("no libvterm")
    project(w)
    with state_disk(w, "8m") as state:
        for leave in range(20480, 49152, 4096):
            m = w.mock([{"calls": [{"name": "write", "args": {
                "path": name, "content": "new\n"}} for name in MANY] +
                DONE["calls"]}])
            with screenlib.Screen(w, "--plan", "skip", "go") as t:
                assert t.review(), t.show()
                fill(state, leave)
                t.send("A")
                t.write("Y writes")
                said = t.ended("exit 1")
            assert "can't use the journal" in said and \
                "assent resume" in said, said
            assert "nothing was" not in said and \
                "No decision" not in said, said
            os.unlink(os.path.join(state, "ballast"))
            m.stop()
            if written(w) > 0:
                break
        r = w.run("decide", "--recover", "finish", code=0)
        assert b"30 files are written" in r.stderr, r


def test_the_project_fills_up(w):
    """No temporary file stays, and the messages are true."""
    project(w)
    mount("tmpfs", w.project, "tmpfs", 0, "size=1m,mode=0755")
    try:
        for n in range(10):
            w.write("f%d" % n, "old\n" * 1000)
        r = w.run("try", "--", "sh", "-c",
                  "for f in f?; do seq 9000 >$f; done")
        fill(w.project, 200000)
        r = w.run("decide", "--accept", "all")
        assert r.returncode == 1 and b"disk is full" in r.stdout, r
        left = sorted(os.listdir(w.project))
        assert left == ["ballast"] + ["f%d" % n for n in range(10)], left
        assert all(w.read("f%d" % n) == "old\n" * 1000 for n in range(10))
        os.unlink(os.path.join(w.project, "ballast"))
        w.run("decide", "--accept", "all", code=0)
    finally:
        umount(w.project)


def test_no_room_to_begin_with(w):
    project(w)
    state = w.path("state")
    os.makedirs(state, exist_ok=True)
    mount("tmpfs", state, "tmpfs", 0, "size=64k,mode=0700")
    try:
        # The folder, the first file, the first line: each may be too much.
        for leave in (0, 4096, 8192, 12288, 16384, 20480):
            for sid in w.sessions():
                harness.remove(os.path.join(state, "assent/sessions", sid))
            fill(state, leave)
            w.mock([EDIT, DONE])
            r = w.run("exec", "--approve", "yes", "--plan", "skip", "go")
            assert r.returncode == 1, (leave, r)
            assert b"No space" in r.stderr, (leave, r)
            assert b"didn't start" not in r.stderr, (leave, r)
            assert w.read("a.txt") == "one\ntwo\n"
            os.unlink(os.path.join(state, "ballast"))
    finally:
        umount(state)


LOOKS = (["log", "--verify"], ["log"], ["log", "--json"],
         ["log", "--", "a.txt"], ["ls"], ["ls", "--json"], ["show"],
         ["stats"], ["undo", "--list"], ["exec", "--estimate", "x"],
         ["doctor"])


def looks(w, state):
    """Commands that only read: their answers, and that they change nothing."""
    def tree():
        return sorted((d, x, os.stat(os.path.join(d, x)).st_mtime_ns)
                      for d, sub, names in os.walk(state)
                      for x in sub + names)
    before, said = tree(), []
    for args in LOOKS:
        r = w.run(*args)
        assert r.returncode == 0, (args, r)
        if args[0] != "doctor":
            assert tree() == before, args
            said.append((args, r.stdout, r.stderr))
    return said


def test_a_read_only_state_folder(w):
    """To look needs no right to write, and says the same."""
    project(w)
    with state_disk(w, "8m") as state:
        w.mock([EDIT, DONE])
        w.run("exec", "--approve", "ask", "--plan", "skip", "go")
        # A map that is torn or gone is made anew from the contents.
        where = os.path.join(state, "assent/sessions", w.sessions()[-1],
                             "objects.git/assent-map")
        for spoil in (lambda: None, lambda: os.truncate(where, 70),
                      lambda: os.unlink(where)):
            spoil()
            usual = looks(w, state)
            mount("none", state, None, MS_REMOUNT | MS_RDONLY)
            assert looks(w, state) == usual
            mount("none", state, None, MS_REMOUNT)
        fill(state, 0)
        assert looks(w, state) == usual


def test_verify_reads_all(w):
    """A content that isn't what its name says is damage; a file that you may
    not read isn't."""
    project(w)
    w.run("try", "--", "sed", "-i", "s/one/ONE/", "a.txt")
    objects = os.path.join(w.session_dir(), "objects.git/objects")
    w.verify()
    one = [os.path.join(d, x) for d, _, names in os.walk(objects)
           for x in names][0]
    os.chmod(one, 0o600)
    with open(one, "r+b") as f:
        kept = f.read()
        f.seek(len(kept) // 2)
        f.write(b"\0\0\0\0")
    r = w.run("log", "--verify")
    assert r.returncode == 1 and b"damaged: line" in r.stdout, r
    w.write(one, kept)
    w.verify()
    os.chmod(objects, 0)
    if os.geteuid() != 0:
        r = w.run("log", "--verify")
        assert r.returncode == 1 and not r.stdout, r
        assert b"Permission denied" in r.stderr, r
    os.chmod(objects, 0o700)


def test_a_read_only_project(w):
    """The project cannot be written when the decision comes: nothing is lost,
    the proposal stays, and once it can be, it is applied."""
    project(w)
    mount(w.project, w.project, None, MS_BIND)
    try:
        w.mock([EDIT, DONE])
        c = protocol.start(w, plan="skip", task="go")
        p = c.wait_event("proposal")
        mount("none", w.project, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
        c.send(type="decide", proposal=p["seq"], version=1, all="yes",
               seen=True)
        said = c.wait("a sentence", lambda: [
            x for x in c.lines if x.get("type") == "error" or
            x.get("type") == "applied"])
        text = " ".join(str(x) for x in said)
        assert "ead-only" in text, said
        assert w.read("a.txt") == "one\ntwo\n"
        c.wait_status("not written yet")
        mount("none", w.project, None, MS_REMOUNT | MS_BIND)
        p = c.event_list("proposal")[-1]
        c.send(type="decide", proposal=p["proposal"] or p["seq"],
               version=p["version"], all="yes", seen=True)
        c.wait_event("agent_end")
        assert w.read("a.txt") == "ONE\ntwo\n"
        c.close_and_wait()
        w.verify()
    finally:
        umount(w.project)


def test_a_decision_that_failed_is_kept(w):
    """Words, an edit, a comment and letters: nothing could be written, all
    hunks but one are marks again, and the answer about that one applies it."""
    project(w)
    for name in ("b", "c", "d"):
        w.write(name + ".txt", "one\n")
    mount(w.project, w.project, None, MS_BIND)
    try:
        w.mock([{"calls": [{"name": "edit", "args": dict(
            FIX, path=name + ".txt")} for name in "abcd"]}, DONE,
            {"text": "understood"}])
        c = protocol.start(w, plan="skip", task="go")
        p = c.wait_event("proposal")
        mount("none", w.project, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
        ids = {f["path"]: f["hunks"][0]["id"] for f in p["files"]}

        def mark(name, what, **more):
            c.send(type="mark", proposal=p["seq"], version=1,
                   hunk=ids[name], mark=what, seen=True, **more)
        c.send(type="comment", proposal=p["seq"], hunk=ids["c.txt"], line=1,
               text="why")
        mark("a.txt", "edited", edit="-one\n+ONE!\n two\n")
        mark("b.txt", "yes")
        mark("c.txt", "yes")
        mark("d.txt", "no", word="not this")
        c.write(p)
        e = c.wait_event("error")
        assert "ead-only" in e["text"] and "are kept" in e["text"], e
        c.wait_status("4 hunks marked")
        kept = {k["hunk"]: k for k in harness.marks(c.event_list("draft"))
                if k["by"] == "core"}
        assert set(kept) == set(ids.values()), kept
        assert kept[ids["a.txt"]]["edit"] == "-one\n+ONE!\n two\n"
        assert kept[ids["d.txt"]]["word"] == "not this"
        mount("none", w.project, None, MS_REMOUNT | MS_BIND)
        c.write(c.event_list("proposal")[-1])
        c.wait_event("agent_end")
        assert [w.read(x + ".txt") for x in "abcd"] == [
            "ONE!\ntwo\n", "ONE\n", "ONE\n", "one\n"]
        told = str(w.mocks[0].requests()[-1]["body"])
        for words in ("not this", "+ONE!", ": why"):
            assert told.count(words) == 1, (words, told)
        c.close_and_wait()
        w.verify()
    finally:
        umount(w.project)


def test_no_room_for_a_copy(w):
    """worktree_copy fills the disk: no half worktree stays."""
    project(w)
    data = w.path("data")
    os.makedirs(data)
    mount("tmpfs", data, "tmpfs", 0, "size=2m,mode=0700")
    try:
        w.write(".gitignore", "large\n")
        w.write("large", "x" * (4 << 20))
        w.mock([DONE], config={"worktree_copy": ["large"]})
        r = w.run("exec", "--worktree=x", "go", code=2,
                  env={"XDG_DATA_HOME": data})
        assert b"cannot copy large: No space left" in r.stderr, r
        assert w.git("worktree", "list").count("\n") == 1
        top = os.path.join(data, "assent", "worktrees")
        assert [os.listdir(os.path.join(top, d)) for d in os.listdir(top)] \
            == [[]]
    finally:
        umount(data)


def test_no_room_in_a_servers_copy(w):
    """What an MCP server's copy lacks then isn't a change of the server's."""
    harness.need_sandbox(w)
    with state_disk(w, "160m") as state:
        m = mcplib.configure(w, [
            harness.bash("yes 0123456789abcdef | head -c 6000000 >large"),
            dict(mcplib.call("run", text="true"), wait_for="full"),
            dict(mcplib.DONE, wait_for="room")])
        c = protocol.start(w, task="go", mcp_servers={"t": {
            "command": "python3", "args": ["mcp-server.py"]}})
        c.wait_event("turn_start", lambda e: e["turn"] == 2)
        c.send(type="propose")
        c.wait_event("proposal")
        fill(state, 3000000)
        m.release("full")
        e = c.wait_event("tool_result", lambda e: e["name"] == "t__run")
        assert e["error"] == "stage" and "wrote" not in e, e
        os.unlink(os.path.join(state, "ballast"))
        m.release("room")
        p = c.wait_event("proposal", lambda e: e["final"])
        assert [f["path"] for f in p["files"]] == ["large"], p
        c.close_and_wait()
        w.verify()


def test_a_full_disk_can_be_cleaned(w):
    """Ignored files fill the disk: without a byte left, and without a core,
    they can be removed, and the session goes on."""
    harness.need_sandbox(w)
    project(w)
    w.write(".gitignore", "build/\n")
    state = w.path("state")
    os.makedirs(state, exist_ok=True)
    mount("tmpfs", state, "tmpfs", 0, "size=120m,mode=0700")
    try:
        w.mock([{"calls": EDIT["calls"] + [{"name": "bash", "args":
                 {"command": "mkdir build; head -c 120000000 /dev/zero "
                  ">build/b; sleep 600"}},
                {"name": "bash", "args": {"command":
                 "mkdir build; head -c 20000000 /dev/zero >build/a"}}]}, DONE],
            config={"plan": "skip"})
        r = w.run("exec", "--approve", "ask", "go")
        e = w.events("tool_result")[1]
        assert e["killed"] == "disk" and "almost full" in e["limit"], e
        assert "without ignored files; removed" in e["note"], e
        fill(state, 0)
        r = w.run("try", "--clean", code=0)
        assert b"removed 20 MB from the copy" in r.stderr, r
        w.run("decide", "--accept", "all", code=0)
        assert w.read("a.txt") == "ONE\ntwo\n"
        w.verify()
    finally:
        umount(state)


harness.main(globals())
