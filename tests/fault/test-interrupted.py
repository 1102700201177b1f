"""The core died during an apply: the next program says how far it came;
nothing is written, undone or run again without the user; and the journal tells
the state of the tree."""

import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
from messages import msg
import protocol

FAULTS = os.path.join(harness.BUILD, "tests", "fault", "core-faults")
NAMES = ["f%d.txt" % i for i in range(5)]
COMMAND = ("echo run >>runs; for f in f*.txt; do echo new >$f; done; "
           "rm gone.txt; echo made >made.txt")
def project(w):
    for name in NAMES:
        w.write(name, "old\n")
    w.write("gone.txt", "gone\n")
    w.write("runs", "")
    w.repository()


def killed(w, fault, *args):
    """assent with this command line, whose core dies at that call."""
    bin_ = w.path("bin")
    if not os.path.isdir(bin_):
        harness.programs(w, FAULTS)
    w.write(os.path.join(bin_, "fault"), fault + "\n")
    usual = harness.ASSENT
    harness.ASSENT = os.path.join(bin_, "assent")
    try:
        r = w.run(*args)
    finally:
        harness.ASSENT = usual
    assert os.path.exists(w.path("bin", "fired")), r
    os.unlink(w.path("bin", "fired"))
    assert r.returncode == 1, r
    return r


def tried(w, fault):
    """A try whose all eight files were taken, and its core then died."""
    harness.need_sandbox(w)
    project(w)
    killed(w, fault, "try", "--accept", "all", "--", "sh", "-c", COMMAND)


def half(w):
    """Five of eight are written: gone.txt and f0 to f3."""
    tried(w, "11 0 renameat2")


def is_new(w):
    return [w.read(n) == "new\n" for n in NAMES]


def status(w):
    return w.git("status", "--porcelain")


def check_end(w):
    assert len(w.events("tool_call")) == 1, "the command ran twice"
    assert len(w.events("tool_result")) == 1, "its end is told twice"
    assert ".assent-" not in status(w), status(w)
    w.verify()


def test_a_command_is_never_run_again(w):
    """A user's save in the place where it stopped, and a proposal that is not
    the final one."""
    half(w)
    w.write("f4.txt", "mine\n")
    r = w.run("decide", "--recover", "finish", "--accept", "none")
    events = w.events("applied")
    assert len(events) == 1 and events[0]["recovered"] == "finish", events
    assert [o["path"] for o in events[0]["ops"] if not o["ok"]] == ["f4.txt"]
    assert w.read("f4.txt") == "mine\n" and w.read("runs") == "run\n", r
    left = [f["path"] for f in w.events("proposal")[-1]["files"]]
    assert left in ([], ["f4.txt"]), left
    check_end(w)


def test_everybody_is_told(w):
    half(w)
    before = harness.tree(w.project)
    journal = w.events()
    words = b"stopped while applying, 5 of 8 files written"
    assert words in w.run("ls").stdout
    for args in (["show"], ["end"], ["decide", "--accept", "all"],
                 ["decide", "--accept", "none"], ["undo"]):
        r = w.run(*args)
        assert r.returncode == 5 and words in r.stderr, (args, r)
        assert r.stdout == b"", (args, r)
    shown = json.loads(w.run("show", "--json").stdout)
    assert shown["stopped"] == {"files": 8, "written": 5, "before": 3}, shown
    assert shown["proposal"] is None
    w.run("decide", "--recover", "maybe", code=2)
    assert harness.tree(w.project) == before and w.events() == journal
    # Of many, too.
    first = w.session_dir()
    for n in range(10):
        shutil.copytree(first, first[:-4] + "000%d" % n,
                        ignore=shutil.ignore_patterns("stage", "sock"))
    assert w.run("ls").stdout.count(words) == 11


def again(w, how):
    """There is nothing left to continue, and nothing to wait for."""
    before, journal = status(w), w.events()
    r = w.run("decide", "--recover", how)
    assert r.returncode == 1 and b"didn't stop while" in r.stderr, r
    assert status(w) == before and w.events() == journal


def test_finish(w):
    half(w)
    r = w.run("decide", "--recover", "finish")
    assert r.returncode == 0 and b"8 files are written" in r.stderr, r
    assert all(is_new(w)) and w.read("runs") == "run\n"
    assert not os.path.exists(os.path.join(w.project, "gone.txt"))
    assert [o["ok"] for o in w.events("applied")[0]["ops"]] == [True] * 8
    check_end(w)
    assert b"finished" in w.run("ls").stdout
    again(w, "finish")
    w.run("undo", "--accept", "all", code=0)
    assert status(w) == ""


def test_undo(w):
    half(w)
    w.run("decide", "--recover", "undo", code=5)
    assert status(w) == ""
    assert [o["ok"] for o in w.events("applied")[0]["ops"]] == [False] * 8
    again(w, "undo")
    # It is proposed as before, and can be decided.
    w.run("decide", "--accept", "all", code=0)
    assert all(is_new(w)) and w.read("runs") == "run\n"
    check_end(w)


def two_changes(w):
    """A session with two changes, of one file and of five; what there is after the
    first, and after both."""
    harness.need_sandbox(w)
    project(w)
    w.mock([harness.bash("echo one >>runs"), harness.done(),
            harness.bash("for f in f*.txt; do echo two >>$f; done"),
            harness.done()])
    w.run("exec", "--approve", "yes", "--plan", "skip", "do it", code=0)
    one = harness.tree(w.project)
    w.run("say", w.sessions()[0], "and more", code=0)
    w.run("wait", w.sessions()[0], code=5)
    w.run("decide", "--accept", "all", code=0)
    return one, harness.tree(w.project)


UNDO = "undo", "--accept", "all"


def undoes_of(w, tx):
    """The undos of this change that aren't undone."""
    changes = json.loads(w.run("undo", "--list", "--json").stdout)["changes"]
    return [c["change"] for c in changes
            if c.get("undoes") == tx and not c["undone"]]


def test_an_undo_is_ended(w):
    """The undo of the last change was killed: the same command, with what its
    message says, ends that undo, says so, and takes back nothing else."""
    one, both = two_changes(w)
    none, some, whole = "1 0", "24 0", "32 0"
    finished = b"the undo of change 2 is finished"
    for fault, args, text in (
            (none, UNDO, b"wrote 5 files"),
            (some, UNDO + ("--recover", "finish"), finished),
            (some, ("undo", "--recover", "finish"), finished),
            (some, UNDO + ("--recover", "leave"), b"wrote 3 files"),
            (some, UNDO + ("--recover", "undo"), b"wrote 5 files"),
            (whole, UNDO, finished),
            (whole, ("undo", "--change", "2"), finished)):
        killed(w, fault, *UNDO)
        left = [n for n in NAMES if harness.tree(w.project)[n] != one[n]]
        assert len(left) == {none: 5, some: 3, whole: 0}[fault], left
        if fault == some:
            r = w.run(*UNDO, code=5)
            assert b"use --recover finish" in r.stderr, r
        r = w.run(*args, code=0)
        assert text in r.stderr + r.stdout, (fault, args, r)
        assert harness.tree(w.project) == one, (fault, args, r)
        w.verify()
        # Forth, for the next one; in two, where some were left. It can be
        # ended, too.
        for tx in undoes_of(w, 2):
            redo = "undo", "--change", str(tx), "--accept", "all"
            if fault == whole:
                killed(w, some, *redo)
                r = w.run(*redo, "--recover", "finish", code=0)
                assert b"the redo of change 2 is finished" in r.stderr, r
            else:
                w.run(*redo, code=0)
        assert harness.tree(w.project) == both, (fault, args)
    # What was rejected stays so.
    part = "undo", "--accept", "f0.txt=1", "--accept", "f1.txt=1"
    killed(w, "11 0", *part)
    w.run(*part, "--recover", "finish", code=0)
    assert [w.read(n) for n in NAMES] == ["old\n"] * 2 + ["old\ntwo\n"] * 3


@harness.slow
def test_an_undo_killed_at_each_call(w):
    one, both = two_changes(w)
    for n in range(1, 33):
        killed(w, "%d 0" % n, *UNDO)
        r = w.run(*UNDO, "--recover", "finish", code=0)
        assert harness.tree(w.project) == one, (n, r)
        w.redo("--accept", "all")
        assert harness.tree(w.project) == both, n
    w.verify()


def test_an_undo_killed_at_each_line(w):
    """The journal ends there, and as many files are written as can be then: asked
    for again, one change is undone."""
    one, both = two_changes(w)
    for last, written in (("note", 0), ("proposal", 0), ("decision", 0),
                          ("apply_begin", 0), ("apply_begin", 2),
                          ("apply_begin", 5), ("applied", 5)):
        at = len(w.events())
        w.run(*UNDO, code=0)
        with open(w.session_dir() + "/journal.jsonl") as f:
            lines = f.readlines()
        kinds = [json.loads(x)["type"] for x in lines]
        harness.rewrite_journal(w.session_dir(), lines[
            :kinds.index(last, at) + 1])
        for name in NAMES[written:]:
            w.write(name, both[name][2].decode())
        r = w.run(*UNDO, "--recover", "finish")
        assert r.returncode == 0, (last, written, r)
        assert harness.tree(w.project) == one, (last, written, r)
        w.redo("--accept", "all")
        assert harness.tree(w.project) == both, (last, written)
        w.verify()


def test_undo_and_then_nothing(w):
    """The restored files are named, though the choice can't be carried out."""
    half(w)
    w.write("f4.txt", "mine\n")
    r = w.run("decide", "--recover", "undo", "--accept", "all")
    assert r.returncode == 1 and b"were restored" in r.stderr and \
        b"nothing was changed" not in r.stderr, r
    assert is_new(w) == [False] * 5 and w.read("f4.txt") == "mine\n"


def test_leave(w):
    half(w)
    w.run("decide", "--recover", "leave", code=5)
    ok = {o["path"]: o["ok"] for o in w.events("applied")[0]["ops"]}
    rest = ["f4.txt", "made.txt", "runs"]
    assert sorted(k for k, v in ok.items() if not v) == rest, ok
    assert [f["path"] for f in w.events("proposal")[-1]["files"]] == rest
    assert is_new(w) == [True] * 4 + [False]
    w.run("decide", "--accept", "none", code=5)
    assert is_new(w) == [True] * 4 + [False]
    check_end(w)


def test_asked_at_a_terminal(w):
    half(w)
    code, seen = harness.on_terminal(
        w, [(msg.FINISH_UNDO_OR_LEAVE.encode(), b"what\n"),
            (msg.FINISH_UNDO_OR_LEAVE.encode(), b"u\n")], "decide", "--accept", "none")
    assert code == 5 and b"5 of 8" in seen, (code, seen)
    assert status(w) == ""
    check_end(w)


def test_a_tree_that_was_reset_is_not_written(w):
    """Whenever it died: before anything lay in the tree, in the middle, at the
    end."""
    for fault, choice in (("1 0", "none"), ("20 0", "none"),
                          ("11 0 renameat2", "none"),
                          ("15 0 renameat2", "none"),
                          ("11 0 renameat2", "made.txt=all")):
        tried(w, fault)
        w.git("reset", "-q", "--hard")
        w.git("clean", "-qfd")
        assert b"0 of 8 files written" in w.run("ls").stdout
        r = w.run("decide", "--accept", choice)
        assert r.returncode == (5 if choice == "none" else 0), (fault, r)
        assert msg.WITHOUT_A_NEW_DECISION.encode() in r.stderr, r
        assert status(w) == ("" if choice == "none" else "?? made.txt\n")
        check_end(w)
        w.clean_project()


def test_a_command_that_was_killed_is_offered(w):
    harness.need_sandbox(w)
    project(w)
    p = w.start("try", "--", "sh", "-c",
                "echo run >>runs; echo ready; sleep 1000")
    assert p.stdout.readline() == b"ready\n"
    core, = harness.running("assent-core")
    os.kill(core, signal.SIGKILL)
    p.communicate()
    assert b"stopped" in w.run("ls").stdout
    # Nobody has seen yet what it would be about.
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 1 and b"+run" in r.stdout, r
    w.run("decide", "--accept", "all", code=0)
    assert w.read("runs") == "run\n"
    notes = [e["text"] for e in w.events("note")]
    assert any(msg.STOPPED_WHILE_THE_COMMAND_RAN in t for t in notes), notes
    assert any("changes so far are kept: runs" in t for t in notes), notes
    assert "half done" in w.events("proposal")[0]["files"][0]["note"]
    check_end(w)


def lose_contents(w):
    objects = os.path.join(w.session_dir(), "objects.git", "objects")
    for base, _, files in os.walk(objects):
        for name in files:
            os.unlink(os.path.join(base, name))


def test_contents_that_are_gone(w):
    """Contents that the copy and the project still have are stored
    again. A change without its old content becomes a change of the present
    file: it needs an answer."""
    w.sound = False
    harness.need_sandbox(w)
    project(w)
    w.run("try", "--", "sh", "-c", COMMAND + "; echo two >>gone.txt")
    lose_contents(w)
    w.write("runs", "mine\n")
    w.write("f0.txt", "mine\n")
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 1 and msg.PROPOSAL_HAS_CHANGED.encode() in r.stderr, r
    assert is_new(w) == [False] * 5
    r = w.run("decide", "--accept", "all", code=5)
    assert b"accept it: --overwrite 1\nopen: runs" in r.stderr, r.stderr
    assert is_new(w) == [False] + [True] * 4
    assert w.read("runs") == "mine\n" and w.read("made.txt") == "made\n"
    notes = " ".join(e["text"] for e in w.events("note"))
    assert "runs: the original content" in notes, notes
    left = w.events("proposal")[-1]["files"]
    assert [(f["path"], f["hunks"][0]["overwrites"]) for f in left] == [
        ("f0.txt", True), ("runs", True)], left
    r = w.run("decide", "--overwrite", "1,2")
    assert r.returncode == 0 and all(is_new(w)), r
    assert w.read("runs") == "run\n"


def test_the_stage_is_gone(w):
    """Its contents are in the store; ignored files are lost, which is
    reported."""
    harness.need_sandbox(w)
    project(w)
    w.run("try", "--", "sh", "-c", COMMAND + "; mv made.txt moved.txt; "
          "chmod +x f0.txt")
    shutil.rmtree(os.path.join(w.session_dir(), "stage"))
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 0 and all(is_new(w)), r
    assert sorted(status(w).split()) == sorted(
        ["M"] * 6 + ["D", "gone.txt", "??", "moved.txt", "runs"] + NAMES), r
    assert os.access(os.path.join(w.project, "f0.txt"), os.X_OK)
    notes = [e["text"] for e in w.events("note")]
    assert any(msg.COPY_WAS_GONE in x for x in notes), notes


def test_killed_before_the_new_stage_was_in_place(w):
    """The old one is half removed: it isn't what the agent left."""
    harness.need_sandbox(w)
    project(w)
    w.run("try", "--", "sh", "-c", COMMAND)
    stage = os.path.join(w.session_dir(), "stage")
    os.rename(stage, stage.replace("stage", "restaged"))
    os.makedirs(os.path.join(stage, harness.view(w)))
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 0 and all(is_new(w)), r
    notes = [e["text"] for e in w.events("note")]
    assert [x for x in notes if msg.COPY_IS_RESTORED in x], notes


def test_exec_after_done(w):
    """It had ended but for the apply: it ends, and is not unfinished."""
    for fault in ("2 0 renameat2", "3 0 fsync"):
        project(w)
        m = w.mock([{"calls": [{"name": "write", "args": {
            "path": n, "content": "new\n"}} for n in ("a.new", "b.new")]},
            {"calls": [{"name": "done", "args": {"summary": "did it"}}]}],
            config={"plan": "skip"})
        killed(w, fault, "exec", "--approve", "yes", "go")
        c = protocol.resume(w, recover="finish")
        end = c.wait_event("agent_end")
        assert end["outcome"] == "done", end
        c.wait_status("ready")
        assert len(m.requests()) == 2
        assert w.read("a.new") == w.read("b.new") == "new\n"
        c.close_and_wait()
        w.verify()
        w.clean_project()


harness.main(globals())
