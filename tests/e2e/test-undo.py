"""Undo and redo: what was applied comes back as a proposal in reverse, through
the same gate; a file that changed on disk keeps what others did to it; nothing is
followed out of the tree.
"""

import json
import os
import shutil

import harness
from harness import write
from messages import msg
import protocol

OLD = "".join("line %d\n" % n for n in range(1, 31))
NEW = OLD.replace("line 4\n", "LINE 4\n").replace("line 20\n", "LINE 20\n")
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def exec_yes(w, *answers, args=(), wrap=()):
    w.mock(list(answers) + [DONE])
    r = w.run("exec", "--approve", "yes", "--plan", "skip", *args, "do it",
              wrap=wrap)
    return r


def test_undo_and_redo(w):
    w.write("a.txt", OLD)
    w.write("gone.txt", "bye\n")
    os.chmod(os.path.join(w.project, "a.txt"), 0o640)
    before = harness.tree(w.project)
    harness.need_sandbox(w)
    r = exec_yes(w, write("a.txt", NEW), harness.bash(
        "rm gone.txt; mkdir d; echo new >d/n; "
        "ln -s a.txt link; chmod +x a.txt"),
                 args=("--allow-protected", "*"))
    assert r.returncode == 0, r
    after = harness.tree(w.project)
    assert after != before
    r = w.run("undo", "--list")
    assert r.returncode == 0 and r.stdout.startswith(b"1  "), r
    # The rest of it is open.
    r = w.run("undo", "--reject", "1", code=5)
    assert b"you rejected 1 hunk" in r.stdout and b"dropped" not in r.stdout, r
    # Nobody to ask: it waits, and is decided, or asked for again.
    for _ in range(2):
        r = w.run("undo")
        assert r.returncode == 5 and b"-LINE 4" in r.stdout, r
        assert harness.tree(w.project) == after
    assert w.run("decide", "--accept", "all").returncode == 0
    assert harness.tree(w.project) == before
    r = w.run("undo", "--accept", "all")
    assert r.returncode == 1 and msg.NO_APPLIED_CHANGE.encode() in r.stderr, r
    # Forth and back again.
    assert w.redo("--accept", "all").returncode == 0
    assert harness.tree(w.project) == after
    assert w.run("undo", "--accept", "all").returncode == 0
    assert harness.tree(w.project) == before
    assert w.redo("--accept", "all").returncode == 0
    assert harness.tree(w.project) == after


def test_beneath_what_is_open(w):
    """A write is undone while other changes are open: they stay so, and what
    overlaps is asked about as if you had put it back by hand. --accept is about
    the reverse alone."""
    w.write("a.txt", OLD)
    harness.need_sandbox(w)
    assert w.run("try", "--", "sed", "-i", "s/line 2/two/", "a.txt"
                 ).returncode == 5
    before = harness.tree(w.project)
    r = w.run("undo", "--accept", "all")
    assert r.returncode == 1 and msg.NO_APPLIED_CHANGE.encode() in r.stderr, r
    w.mock([write("a.txt", NEW), write("new.txt", "n\n"), DONE, harness.bash(
        "sed -i 's/^LINE 4$/four/; s/^line 28$/LINE 28/' a.txt; "
        "echo m >>new.txt; echo x >more.txt"), DONE, DONE])
    w.run("exec", "--approve", "ask", "--plan", "skip", "do it", code=5)
    w.run("decide", "--accept", "all", code=0)
    after = harness.tree(w.project)
    c = protocol.resume(w)
    c.wait_live()
    c.send(type="say", text="more")
    p = c.wait_event("proposal", lambda e: len(e["files"]) == 3)
    c.wait_status("to review")
    # A mark is about the files as they are now.
    h = p["files"][1]["hunks"][0]["id"]
    c.send(type="comment", proposal=p["seq"], version=1, hunk=h, text="careful")
    for mark in "yes", "none":
        c.send(type="mark", proposal=p["seq"], version=1, hunk=h, seen=True,
               mark=mark)
        c.send(type="undo")
        if mark == "yes":
            c.wait("a refusal", lambda: [x for x in c.lines if "unmark it" in
                                         x.get("text", "")])
    # It is dropped, then killed, and asked for once more.
    u = c.wait_event("proposal", lambda e: e.get("undo"))
    c.send(type="decide", proposal=u["seq"], version=1, all="no", seen=True)
    c.wait_event("proposal", lambda e: e["seq"] > u["seq"])
    assert harness.tree(w.project) == after
    c.send(type="undo")
    c.wait_event("proposal", lambda e: e.get("undo") and e["seq"] > u["seq"])
    protocol.kill(w, c)
    r = w.run("undo", "--accept", "all", code=0)
    assert harness.tree(w.project) == before
    p = json.loads(w.run("show", "--json").stdout)
    assert not p.get("undo") and p["version"] == 3, p
    over = {f["path"]: [h.get("overwrites", False) for h in f["hunks"]]
            for f in p["files"]}
    assert over == {"a.txt": [True, False], "more.txt": [False],
                    "new.txt": [True]}, over
    assert b"careful" in w.run("show").stdout
    w.run("decide", "--accept", "all", code=5)
    assert w.read("a.txt") == OLD.replace("line 28\n", "LINE 28\n")
    w.run("decide", "--overwrite", "1,2", code=0)
    assert w.read("a.txt") == OLD.replace("line 28\n", "LINE 28\n").replace(
        "line 4\n", "four\n") and w.read("new.txt") == "n\nm\n"
    assert b"(undone by 2)" in w.run("undo", "--list").stdout
    w.verify()


def test_parts(w):
    """Each undo of a part is told, until it is redone; and its review is no end of
    the task."""
    w.write("a.txt", OLD)
    harness.need_sandbox(w)
    assert exec_yes(w, write("a.txt", NEW), write("b.txt", "b\n")
                    ).returncode == 0

    def listed():
        return [r.split("  ", 2)[2] for r in w.run(
            "undo", "--list", code=0).stdout.decode().splitlines()]
    ends = len(w.events("agent_end"))
    for _ in range(2):
        w.run("undo", code=5)
        w.run("decide", "--accept", "1", code=0)
    assert listed()[0] == "a.txt, b.txt (undone in part by 3, 2): do it"
    w.run("undo", "--accept", "all", code=0)
    assert listed()[0] == "a.txt, b.txt (undone by 4, 3, 2): do it"
    w.run("undo", "--change", "3", "--accept", "all", code=0)
    assert listed() == [
        "a.txt, b.txt (undone in part by 4, 2): do it",
        "a.txt (undoes 1): do it", "a.txt (undoes 1) (undone by 5): do it",
        "b.txt (undoes 1): do it", "a.txt (undoes 3): do it"], listed()
    assert len(w.events("agent_end")) == ends


def test_a_task_that_stands_still(w):
    """At a limit, or since its core was killed: an undo lets it neither go on nor
    end."""
    w.write("a.txt", OLD)
    harness.need_sandbox(w)
    m = w.mock([write("a.txt", NEW), DONE, write("b.txt", "b\n"),
                {"text": "slow", "stall": True}, harness.bash("true")])
    c = protocol.start(w, task="go", max_turns=3)
    p = c.wait_event("proposal")
    c.wait_status("to review")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    c.send(type="say", text="more")
    c.wait("the slow answer", lambda: [x for x in c.lines if
                                       x.get("type") == "delta"])
    protocol.kill(w, c)
    w.run("undo", "--accept", "all", code=0)
    assert w.read("a.txt") == OLD and len(w.events("agent_end")) == 1
    state, = json.loads(w.run("ls", "--json").stdout)["sessions"]
    assert state["state"] == "stopped" and len(m.requests()) == 4, state
    # A message is a reason to go on; its third turn reaches the limit.
    c = protocol.resume(w, rests=True)
    c.wait_live()
    c.send(type="say", text="go on")
    c.wait_status("limit reached")
    assert w.redo().returncode == 5
    w.run("decide", "--accept", "all", code=0)
    assert w.read("a.txt") == NEW and len(m.requests()) == 5
    c.send(type="budget", action="stop")
    c.wait("its end", lambda: len(c.event_list("agent_end")) == 2)
    assert c.event_list("agent_end")[-1]["outcome"] == "limit"
    c.close_and_wait()


def test_ended_at_once(w):
    """An `end` with an undo, which stops a request, or with a decision, which
    begins one, though the task had ended before its proposal was decided."""
    harness.need_sandbox(w)
    for undoes in (True, False):
        w.write("a.txt", OLD)
        w.mock([write("a.txt", NEW), DONE, {"text": "slow", "stall": True}])
        c = protocol.start(w, task="go")
        c.wait_event("proposal")
        c.wait_status("to review")
        c.close_and_wait()
        c = protocol.resume(w)
        c.wait_live()
        p = c.wait_event("proposal")
        about = {"proposal": p["seq"], "version": p["version"]}
        c.send(type="comment", text="Do more.", line=0,
               hunk=p["files"][0]["hunks"][0]["id"], **about)
        c.wait_event("comment")
        last = dict(about, type="decide", all="yes", seen=True)
        if undoes:
            c.send(**last)
            c.wait("the slow answer", lambda: [x for x in c.lines if
                                               x.get("type") == "delta"])
            last = {"type": "undo"}
        c.sock.sendall(b"".join(json.dumps(x).encode() + b"\n"
                                for x in (last, {"type": "end"})))
        c.wait_eof()
        assert c.event_list("agent_end")[-1]["outcome"] == "interrupted"


def test_the_file_changed_on_disk(w):
    w.write("a.txt", OLD)
    w.write("b.txt", "one\n")
    harness.need_sandbox(w)
    assert exec_yes(w, write("a.txt", NEW), write("b.txt", "two\n"),
                    write("new.txt", "n\n")).returncode == 0
    # Elsewhere in the file: merged. The same line, or a new file: left.
    w.write("a.txt", NEW.replace("line 12\n", "line twelve\n"))
    w.write("b.txt", "three\n")
    w.write("new.txt", "mine\n")
    w.run("undo", "--accept", "all", code=0)
    assert w.read("a.txt") == OLD.replace("line 12\n", "line twelve\n")
    assert w.read("b.txt") == "three\n"
    assert w.read("new.txt") == "mine\n"
    note = " ".join(e["text"] for e in w.events("note"))
    assert "b.txt: the same lines were edited after this change" in note, note
    assert "new.txt: it was edited after this change; delete it" in note, note


def test_the_model_is_told(w):
    """Of each file that is different now, once; of none that is back."""
    w.write("a.txt", OLD)
    w.write("b.txt", OLD)
    harness.need_sandbox(w)
    assert exec_yes(w, write("a.txt", NEW), write("b.txt", NEW), DONE,
                    DONE).returncode == 0
    for step in (w.run, "undo"), (w.redo,), (w.run, "undo"):
        assert step[0](*step[1:], "--accept", "all").returncode == 0
    c = protocol.resume(w)
    c.wait_live()
    c.send(type="say", text="more")
    c.wait_event("agent_end", lambda e: len(w.events("agent_end")) == 2)
    told = [e["text"] for e in w.events("user_message")
            if e["by"] == "core" and "undone" in e["text"]]
    assert len(told) == 1 and told[0].endswith(
        "before you change them:\na.txt\nb.txt"), told
    c.close_and_wait()
    assert w.redo("--accept", "all").returncode == 0
    assert w.run("undo", "--accept", "all").returncode == 0
    c = protocol.resume(w)
    c.wait_live()
    c.send(type="say", text="more")
    c.wait_event("agent_end", lambda e: len(w.events("agent_end")) == 3)
    assert len([e for e in w.events("user_message") if e["by"] == "core" and
                "undone" in e["text"]]) == 1


def test_a_hunk_was_edited_since(w):
    """Its lines stay, and are named; the others go back, and can come again."""
    w.write("a.txt", OLD)
    w.write("b.txt", "one\n")
    harness.need_sandbox(w)
    new = NEW.replace("line 28\nline 29\n", "line 28\nmore\n").replace(
        "line 12\n", "")
    assert exec_yes(w, write("a.txt", new), write("b.txt", "two\n")
                    ).returncode == 0
    mine = "mine\n" + new.replace("LINE 20\n", "LINE twenty\n").replace(
        "line 8\n", "line eight\n").replace("line 13\n",
                                            "between\nline 13\n")
    w.write("a.txt", mine)
    w.run("undo", code=5)
    p = json.loads(w.run("show", "--json").stdout)
    why = "the same lines were edited after this change: line 13, 21; " \
        "the rest is proposed"
    assert p["undo_left"] == [{"path": "a.txt", "why": why}], p["undo_left"]
    assert ("not undone: a.txt: " + why) in w.events("note")[-1]["text"]
    assert w.run("decide", "--accept", "all").returncode == 0
    undone = mine.replace("LINE 4\n", "line 4\n").replace("more\n",
                                                         "line 29\n")
    assert w.read("a.txt") == undone and w.read("b.txt") == "one\n"
    r = w.run("undo", "--list")
    assert b"(undone in part by 2)" in r.stdout, r
    assert w.redo("--accept", "all").returncode == 0
    assert w.read("a.txt") == mine and w.read("b.txt") == "two\n"


def test_undo_is_no_dead_end(w):
    """After what a user does to files that were applied, an undo finds its way:
    what is left of the change, and nothing of the user's."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    for d in ("all", "one", "else", "file", "moved"):
        w.write(d + "/a", d + " a\n")
        w.write(d + "/b/c", d + " c\n")
    w.write("old", OLD + "old\n")
    w.write("reverted", OLD)
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    before = harness.tree(w.project)
    w.run("try", "--allow-protected", "*", "--", "sh", "-c",
          "rm -r all one else file; mv moved there; mv old name; "
          "echo x >reverted; mkdir fresh wiped; echo x >fresh/x; "
          "echo x >wiped/x", code=5)
    assert w.run("decide", "--accept", "all").returncode == 0
    w.git("checkout", "--", "all", "one/a", "moved", "old", "reverted")
    shutil.rmtree(os.path.join(w.project, "wiped"))
    w.write("else/mine", "mine\n")
    w.write("file", "mine\n")
    w.write("fresh/mine", "mine\n")
    after = harness.tree(w.project)
    r = w.run("undo", code=5)
    p = json.loads(w.run("show", "--json").stdout)
    assert {f["path"] for f in p["files"]} == {
        "else/a", "else/b/c", "one/b/c", "there/a", "there/b/c", "name",
        "fresh/x"}, p["files"]
    assert w.run("decide", "--accept", "all").returncode == 0
    wanted = {k: v for k, v in before.items() if not k.startswith("file")}
    wanted.update((k, after[k]) for k in ("else/mine", "file", "fresh",
                                          "fresh/mine"))
    assert harness.tree(w.project) == wanted
    # Forth, by hand, and once more.
    for r in w.redo("--accept", "all"), w.run("undo", "--accept", "all"):
        assert r.returncode == 0, r
    assert harness.tree(w.project) == wanted


def test_links_are_not_followed(w):
    out = w.path("outside")
    w.write(out, "keep\n")
    w.write("a.txt", "one\n")
    w.write("d/b.txt", "one\n")
    harness.need_sandbox(w)
    assert exec_yes(w, write("a.txt", "two\n"),
                    write("d/b.txt", "two\n")).returncode == 0
    os.unlink(os.path.join(w.project, "a.txt"))
    os.symlink(out, os.path.join(w.project, "a.txt"))
    os.rename(os.path.join(w.project, "d"), w.path("moved"))
    os.symlink(w.path("moved"), os.path.join(w.project, "d"))
    w.run("undo", "--accept", "all", code=1)
    with open(out) as f:
        assert f.read() == "keep\n"
    with open(w.path("moved", "b.txt")) as f:
        assert f.read() == "two\n"
    assert os.path.islink(os.path.join(w.project, "a.txt"))


def no_retries(w):
    """These tests are about the time after the model's last words."""
    harness.need_sandbox(w)
    w.env["ASSENT_CHECK_RETRIES"] = "0"


# A check that passes once: what it passed with is written, and then fails it.
ONCE = "test ! -e $TMPDIR/ran && touch $TMPDIR/ran"


def test_rollback(w):
    no_retries(w)
    w.write("a.txt", OLD)
    before = harness.tree(w.project)
    r = exec_yes(w, write("a.txt", NEW), args=("--test", ONCE, "--rollback"))
    assert r.returncode == 3, r
    assert harness.tree(w.project) == before
    end = w.events("agent_end")[-1]
    assert end["rolled_back"] and end["modified_files"] == [], end
    yes, back = w.events("decision")
    assert back["rule"] == "rollback", back
    assert w.events("applied")[-1]["undoes"] == 1 and \
        b"(undone by 2)" in w.run("undo", "--list").stdout
    # Nobody has decided on what was taken back.
    n = len(yes["files"][0]["hunks"])
    assert (end["decided"], end["rejected"]) == (n, 0), end
    total = json.loads(w.run("stats", "--json").stdout)["total"]
    assert total["hunks"]["accepted"] == sum(
        len(f["hunks"]) for f in yes["files"]), total


def test_rollback_beside_what_is_open(w):
    """The check is run on what was applied; if that fails it is taken back,
    and what waits goes on waiting."""
    no_retries(w)
    w.write("a.txt", OLD)
    w.write("gone.txt", "bye\n")
    w.write("AGENTS.md", "old\n")
    before = harness.tree(w.project)
    change = {"calls": [{"name": "bash", "args": {
        "command": "sed -i s/line.4/LINE/ a.txt; rm gone.txt; echo n >n; "
                   "echo new >AGENTS.md"}}]}
    # It would pass with what is open.
    r = exec_yes(w, change, args=("--test", "grep -q new AGENTS.md",
                                  "--rollback"))
    assert r.returncode == 5, r
    assert harness.tree(w.project) == before
    end = w.events("agent_end")[-1]
    assert end["rolled_back"] and end["modified_files"] == [] and \
        end["proposed"] == ["AGENTS.md"], end
    assert [d["rule"] for d in w.events("decision")] == ["yes", "rollback"]
    assert w.events("evidence")[-2]["where"] == "accepted"
    assert json.loads(w.run("show", "--json").stdout)["files"][0]["path"] == \
        "AGENTS.md"
    r = w.run("decide", "--accept", "all")
    assert r.returncode == 0 and w.read("AGENTS.md") == "new\n", r
    assert w.read("a.txt") == OLD and w.read("gone.txt") == "bye\n"


def test_rollback_over_an_edit(w):
    """The user saves the file while the check runs on what was applied:
    what overlaps stays, and is named."""
    no_retries(w)
    mine = NEW.replace("LINE 4\n", "mine 4\n")
    w.write("a.txt", OLD)
    w.write("b.txt", "b\n")
    w.mock([write("a.txt", NEW), write("b.txt", "B\n"), DONE])
    p = w.start("exec", "--approve", "yes", "--plan", "skip", "--rollback",
                "--test", ONCE + " && exit; touch $TMPDIR/runs; until test -e "
                "$TMPDIR/go; do sleep 0.02; done; false", "do it")

    def runs():
        return [os.path.join(top, "runs") for top, _, files
                in os.walk(w.path("state")) if "runs" in files]
    there = harness.wait_until("the check to run", runs)[0]
    assert w.read("a.txt") == NEW
    w.write("a.txt", mine)
    with open(os.path.join(os.path.dirname(there), "go"), "w"):
        pass
    out, err = p.communicate()
    assert p.returncode == 3, (p.returncode, out, err)
    assert w.read("b.txt") == "b\n" and w.read("a.txt") == mine
    assert b"not rolled back: a.txt" in out, out
    assert w.events("agent_end")[-1]["rolled_back"]


harness.main(globals())
