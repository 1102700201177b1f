"""The main job at a terminal: the real screen, the real core, a scripted model.
What is decided is what was pressed, and the tree is that to the byte.
"""

import json
import os
import signal
import subprocess

import harness
from screenlib import (DONE, Screen, core_pid, edits, numbers,
                       wait_events)
from messages import msg

PLAN = {"goal": "Some lines are louder", "steps": [
    {"title": "Raise the voice in a.txt"}, {"title": "And in b.txt"}],
    "files": ["a.txt", "b.txt"], "risks": ["none"]}
PLAN_CALL = {"calls": [{"name": "plan", "args": PLAN}]}
SKIP = {"plan": "skip"}
# Passes once line 3 is loud.
CHECK = {"test": "grep -c 'LINE 3$' a.txt"}


def project(w):
    w.write("a.txt", numbers(60))
    w.write("b.txt", numbers(60))
    w.repository()


FIVE = edits(("a.txt", 3), ("a.txt", 23), ("a.txt", 43), ("b.txt", 5),
             ("b.txt", 50))


def open_proposal(w, answers=(FIVE, DONE), config=None, **kw):
    """A screen with an open proposal of five hunks, its keys alive."""
    project(w)
    mock = w.mock(list(answers), config=dict(SKIP, **(config or {})))
    t = Screen(w, "raise the voice", **kw)
    t.need("/5 · 5 open")
    t.review()
    return t, mock


def test_the_main_job(w):
    harness.need_sandbox(w)
    project(w)
    mock = w.mock([
        {"text": "I look first.", "calls": [
            {"name": "read", "args": {"path": "a.txt"}}]},
        PLAN_CALL, FIVE, harness.done(1, 2),
        edits(("a.txt", 44)), DONE], config=CHECK)
    with Screen(w) as t:
        t.need(" ready")
        t.see("raise the voice\r", "Raise the voice in a.txt")
        t.review("y approve")
        t.need("grep -c 'LINE 3$' a.txt")
        before = harness.tree(w.project)
        t.send("y")
        t.write("Enter approves")
        t.review()
        t.need("/5 · 5 open")
        t.need("model says: line 3 is said louder")
        t.need("model says: line 23 is said louder")
        t.need("check passed")
        t.review()
        t.see("y", " 4 open")
        t.need("2/5")
        t.see("n", " 3 open")
        t.need("+LINE 43")
        t.send("j")
        t.idle()
        t.see("r", "reason (")
        assert harness.tree(w.project) == before
        t.see("only the next one\r", " 2 open")
        t.review()             # the keys are alive again
        t.send("A")
        t.write("Y writes them too")
        # The refused one with a word made the model try again.
        t.review()
        t.need("/1 · 1 open")
        assert w.read("a.txt") == numbers(60, (3,))
        assert w.read("b.txt") == numbers(60, (5, 50))
        t.see("y", "It is louder now.")
        t.need(" ready")
        text = t.end()
    assert w.read("a.txt") == numbers(60, (3, 44))
    now = harness.tree(w.project)
    assert {k for k in now if now[k] != before.get(k)} == {"a.txt", "b.txt"}
    assert sorted(now) == sorted(before)
    for words in ("It is louder now.", "passed", "wrote 2 files: a.txt, b.txt",
                  "assent log", "6 turns"):
        assert words in text, (words, text)
    assert "only the next one" in str(mock.requests()[4]["body"])
    last = w.events("decision")
    assert [[h["decision"] for f in d["files"] for h in f["hunks"]]
            for d in last] == [["yes", "no", "no", "yes", "yes"], ["yes"]]
    assert last[0]["client"].startswith("/dev/pts/"), last[0]
    drafts = w.events("draft")
    assert [len(harness.marks([d])) for d in drafts] == [1, 1, 1, 2, 1], drafts
    assert all(m["seen"] for m in harness.marks(drafts[:3])), drafts
    end = w.events("agent_end")[-1]
    assert end["outcome"] == "done" and end["exit"] == 0, end
    assert end["modified_files"] == ["a.txt", "b.txt"], end
    assert w.events("plan")[1]["client"].startswith("/dev/pts/")


def test_plan_of_a_task_that_ended(w):
    """Approved later it is begun, by the core that saw it end or another."""
    project(w)
    mock = w.mock([PLAN_CALL, edits(("a.txt", 3)), DONE, DONE])
    with Screen(w, "raise the voice") as t:
        t.review("y approve")
        t.say("/interrupt\r")
        t.need("interrupted")
        t.need(msg.READY_THE_LAST_PLAN)
        t.review("y approve")
        t.send("y")
        t.write("Enter approves")
        t.review()
        t.need("/1 · 1 open")
        t.end("exit 5")
    first, second = mock.requests()[:2]
    assert second["body"]["tools"] == first["body"]["tools"]
    assert [e["text"] for e in w.events("user_message")] == [
        "raise the voice", ""]
    assert "Begin with step 1" in json.dumps(mock.requests()[1])
    assert [e["status"] for e in w.events("plan")] == ["proposed", "approved"]


def core_is_gone():
    harness.wait_until("the core is gone", lambda: not any(
        "assent-core" in x for x in harness.children().values()))


def test_detach_attach_end(w):
    t, _ = open_proposal(w)
    with t:
        t.see("y", " 4 open")
        # The mark as the core has it.
        wait_events(w, "draft")
        said = t.detach()
    sid = w.sessions()[0]
    assert "assent resume " + sid in said, said
    # It has nothing to do and nobody to tell: it is not needed now.
    core_is_gone()
    assert sid + "  waiting" in w.run("ls").stdout.decode()
    assert not w.events("decision")
    with Screen(w, "resume", sid) as t:
        t.need(" 4 open")
        t.need(">[ ] @@ -20,7")
        t.review()
        t.see("n", " 3 open")
        wait_events(w, "draft", 2)
        t.detach()
    # It is ending by itself, or has ended.
    r = w.run("end", sid)
    assert r.returncode in (0, 5), r
    core_is_gone()
    with Screen(w, "resume") as t:
        t.need("/5 · 3 open")
        t.review()
        w.run("end", sid, code=0)
        t.ended("exit 5")
    assert w.read("a.txt") == numbers(60)
    assert not w.events("decision")


def test_detach_from_what_goes_on(w):
    """The model's answer comes to an end while nobody looks."""
    project(w)
    gate = w.path("go")
    w.mock([dict(FIVE, text="first", wait_for=gate, wait_after=2), DONE],
           config=SKIP)
    with Screen(w, "raise the voice") as t:
        t.need("first")
        t.detach()
    pid = core_pid()
    sid = w.sessions()[0]
    assert sid + "  running" in w.run("ls").stdout.decode()
    with Screen(w, "resume", sid[:-1]) as t:
        t.need("first")
        t.need(" writing 0:")
        t.signal(signal.SIGKILL)
        t.eof()
    os.kill(pid, 0)
    open(gate, "w").close()
    wait_events(w, "proposal")
    with Screen(w, "resume") as t:
        t.need("/5 · 5 open")
        t.review()
        t.send("A")
        t.write("Y writes them too")
        t.need(" ready")
        told = t.end()
    assert "last task: done" in told and "session ended." in told, told
    assert " assent resume %s " % sid in told, told
    assert w.read("b.txt") == numbers(60, (5, 50))
    r = w.run("end", sid)
    assert b"isn't running" in r.stderr, r
    assert sid + "  ended  " in w.run("ls").stdout.decode()
    with Screen(w, "resume") as t:
        t.need("You ended the session. A message continues it.")
        t.detach()


def test_kill_the_core(w):
    t, _ = open_proposal(w)
    with t:
        t.see("y", " 4 open")
        t.send("n")
        wait_events(w, "draft", 2)
        os.kill(core_pid(), signal.SIGKILL)
        text = t.ended("exit 1")
        assert "assent resume" in text and msg.NO_DECISION_WAS_LOST in text
        assert "to review: 3 of 5 hunks" in text, text
    before = harness.tree(w.project)
    assert "  waiting" in w.run("ls").stdout.decode()
    with Screen(w, "resume") as t:
        t.need("/5 · 3 open")
        t.review()
        t.see("x", "/3 · 3 open")
        assert w.read("a.txt") == numbers(60, (3,))
        t.end("exit 5")
    assert before["b.txt"] == harness.tree(w.project)["b.txt"]


def test_what_keeps_it_from_starting(w):
    project(w)
    w.mock([])
    with Screen(w, env={"MOCK_KEY": None}) as t:
        assert "MOCK_KEY" in t.ended("exit 2")
    with Screen(w, cwd="/") as t:
        text = t.ended("exit 2")
        assert "cd" in text or "--root" in text, text
    with Screen(w, "--root", w.home) as t:
        assert "home" in t.ended("exit 2")
    with open(w.path("ti.src"), "w") as f:
        f.write("typewriter|paper and no cursor,\n\tam, cols#80, cr=^M,\n"
                "wyse|keys as a Wyse has them,\n\tam, cols#80, clear=^Z,"
                " cup=\\E=%p1%' '%+%c%p2%' '%+%c, kf1=^A@^M,\n")
    subprocess.run(["tic", "-o", w.path("ti"), w.path("ti.src")], check=True)
    for term, words in (("typewriter", "cannot move the cursor"),
                        ("unknown", msg.TERMINFO_HAS_NO_TERMINAL),
                        ("wyse", "keys that look like typed letters")):
        with Screen(w, term=term, env={"TERMINFO": w.path("ti")}) as t:
            assert words in t.ended("exit 2"), term
    assert not w.sessions()
    with open(w.path("file"), "w"):
        pass
    with Screen(w, env={"XDG_STATE_HOME": w.path("file")}) as t:
        assert w.path("file") in t.ended("exit 2").replace(" ", ""), t.text()
        assert b"\x1b[?1049h" not in t.raw(), "it opened the screen"
    assert not harness.children() or w.mocks


# A terminal that has answered before it is asked: no time matters then.
ANSWERED = 'read -r x; exec "$@"'


def unknown(w, *args):
    """On a type that no host knows."""
    t = Screen(w, "-c", ANSWERED, "sh", harness.ASSENT, *args, path="sh",
               term="xterm-of-tomorrow")
    t.send("\r\x1b[?62c", ahead=True)
    return t


def test_unknown_terminal(w):
    """Whatever opens a screen starts; a row says once which entry it has."""
    project(w)
    w.mock([{"text": "Done."}] * 2, config=SKIP)
    said = '"xterm-of-tomorrow" here: %s xterm-256color' % \
        msg.USING_THE_ENTRY_OF
    for begins in True, False:
        with unknown(w) as t:
            t.need(" ready")
            assert t.wait(said, 0) == begins, t.text()
            assert "> type" in t.text(), t.text()
            t.end()
    for task in "mend it", "tell of it":
        w.run("exec", task)
    with unknown(w, "resume") as t:
        t.need("this project's sessions")
        t.send("\x1b")
        t.ended("exit 130")
    w.write("a.txt", "another\n")
    with unknown(w, "review") as t:
        t.need("1 open")
        t.end()
    with unknown(w, "try", "--", "sh", "-c", "echo inside; read x") as t:
        t.need("inside")
        t.need("C-] for assent")
        t.send("\r")
        t.ended("exit 0")


def test_edits_show_what_changed(w):
    """As a small diff, as soon as they are staged; what hides from the model
    hides here."""
    w.write("a.txt", "".join("line %d\n" % n for n in range(1, 31)) +
            "token sk-ant-api03-" + "a" * 80 + "\n")
    patch = ("*** Begin Patch\n*** Update File: a.txt\n@@\n line 19\n"
             "-line 20\n+LINE twenty\n line 21\n*** End Patch\n")
    mock = w.mock([
        {"calls": [
            {"name": "edit", "args": {"path": "a.txt", "old_string":
             "line 30", "new_string": "line thirty"}},
            {"name": "write", "args": {"path": "new.txt", "content":
             "".join("n%d\n" % n for n in range(40))}}]},
        {"calls": [{"name": "edit", "args": {"path": "a.txt", "edits": [
            {"old_string": "line 2\n", "new_string": "line two\n"},
            {"old_string": "line 9\n", "new_string": ""}]}}]},
        {"text": "Done.", "wait_for": "look"}], config=SKIP)
    with Screen(w, "edit it", rows=50) as t:
        # While the model is still at work.
        for words in ("  │ @@ -27,5 +27,5 @@", "  │ -line 30",
                      "  │ +line thirty", "  │ +n12",
                      "(27 more rows)", "  │ -line 9"):
            t.need(words)
        with open("%s/look" % mock.dir, "w"):
            pass
        t.need(" to review")
        t.end("exit 5")
    results = w.events("tool_result")
    assert results[1]["diff"].startswith("@@ -0,0 +1,40 @@\n+n0\n"), results
    assert "sk-ant" not in results[0]["diff"], results[0]
    assert results[2]["diff"] == (
        "@@ -1,12 +1,11 @@\n line 1\n-line 2\n+line two\n line 3\n line 4\n"
        " line 5\n line 6\n line 7\n line 8\n-line 9\n line 10\n line 11\n"
        " line 12\n"), results[2]["diff"]
    # The model is not told what it wrote.
    assert "@@ -27" not in str(mock.requests()[1]["body"])


def test_changes_without_a_plan(w):
    """They aren't kept: the end says how many, and what to do."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    done = {"calls": [{"name": "done", "args": {"summary": "all renamed"}}]}
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": "sed -i s/one/1/ a.txt"}}]}, done, done],
        config={"plan": "require"})
    with Screen(w, "rename it", rows=40) as t:
        t.need("ended without a plan, nothing kept")
        t.need("the model changed 1 file without a plan, so nothing was kept:")
        t.press("\x1b2g")
        t.need("1 file changed; changes before an approved plan")
        assert "Note about the project" not in t.text(), t.show()
        t.end()
    assert w.read("a.txt") == "one\n"


harness.main(globals())
