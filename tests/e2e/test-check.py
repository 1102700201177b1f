"""The check when the model says it is done: while it fails the model goes
on, and nothing is applied or shown as finished.
"""

import hashlib
import json
import os

import harness
from messages import msg
import protocol

CHECK = {"test": "sh t.sh", "test_by": "flag"}


def write(word):
    return {"name": "write", "args": {"path": "a.txt", "content": word + "\n"}}


PLAN = harness.call("plan", goal="g", steps=[{"title": "one"}])
STEP = {"name": "step_done", "args": {"step": 1}}


def done():
    return {"name": "done", "args": {"summary": "all is well"}}


def project(w):
    harness.need_sandbox(w)
    w.write("a.txt", "old\n")
    w.write("t.sh", "echo \"a.txt has $(cat a.txt)\"; grep -q good a.txt\n")


def returned(w):
    return [e.get("returned") for e in w.events("evidence")
            if e["status"] == "done"]


def test_goes_back(w):
    """The model hears what the check printed, and fixes it; then all is applied
    at once, and the check is not run again on the same files."""
    project(w)
    m = w.mock([{"calls": [write("bad"), done()]},
                {"calls": [write("good"), done()]}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
          "sh t.sh", "fix it", code=0)
    said = json.dumps(m.requests()[1]["body"])
    assert "a.txt has bad" in said and "failed, exit 1" in said, said
    assert returned(w) == [1, None], w.events("evidence")
    assert len(w.events("applied")) == 1 and w.read("a.txt") == "good\n"
    answer = [e for e in w.events("tool_result") if e["name"] == "done"]
    assert [a["ok"] for a in answer] == [False, True], answer
    assert answer[0]["error"] == "check", answer


def test_takes_a_path(w):
    """run_tests has the argument `path` only if the check has a place for it, which
    is empty when all of it runs."""
    project(w)
    for check, has in ("true", False), ("true {path}", True):
        m = w.mock([{"text": "ok"}])
        w.run("exec", "--plan", "skip", "--test", check, "look")
        tool, = [t["function"] for t in m.requests()[0]["body"]["tools"]
                 if t["function"]["name"] == "run_tests"]
        assert ("path" in tool["parameters"]["properties"]) == has, tool
    w.mock([{"calls": [write("good"), {"name": "run_tests", "args": {
        "path": "t.sh"}}, done()]}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
          "printf '<%s>' {path}x", "fix it", code=0)
    assert [e["text"] for e in w.events("tool_result")][1].endswith(
        "<t.shx>"), w.events("tool_result")
    assert w.events("evidence")[-1]["text"] == "<x>", w.events("evidence")


def test_what_run_tests_ran(w):
    """What passed there isn't run again by done on the same files; ignored files
    don't count."""
    product = "mkdir -p __pycache__; date +%N >__pycache__/a.pyc\n"
    look = {"name": "bash", "args": {"command": "true"}}
    for more, between, runs in (("", [], 0), (product, [], 0),
                                ("date +%N >new.txt\n", [], 1), ("", [look], 1)):
        w.clean_project()
        project(w)
        w.write("t.sh", w.read("t.sh") + more)
        w.mock([{"calls": [write("good"), {"name": "run_tests", "args": {}}] +
                 between + [done()]}])
        w.run("exec", "--plan", "skip", "--approve", "yes", "--test", "sh t.sh",
              "fix it", code=0)
        assert returned(w) == [None], w.events("evidence")
        assert len([e for e in w.events("evidence")
                    if e["status"] == "running"]) == runs, (more, between)
        assert w.events("evidence")[-1]["exit"] == 0


def test_what_run_tests_ran_before(w):
    """Not another check, which a changed plan brings, nor what was there before
    the user's next message."""
    project(w)
    tests = {"name": "run_tests", "args": {}}

    def plan(check):
        return {"name": "plan", "args": {"goal": check, "check": check, "steps": [
            {"title": "Write it"}]}}
    step = {"name": "step_done", "args": {"step": 1}}
    w.mock([{"calls": [plan("true")]}, {"calls": [write("good"), tests, step]},
            {"calls": [plan("sh t.sh; false"), done()]}, {"calls": [done()]}])
    w.run("exec", "--plan", "auto", "--approve", "yes", "fix it")
    texts = [e["text"] for e in w.events("tool_result")]
    assert texts[3].endswith("all steps are done; the check passed")
    assert "the check hasn't run on this" in texts[4], texts
    assert w.events("evidence")[-1]["exit"] == 1, w.events("evidence")
    w.clean_project()
    project(w)
    w.mock([{"calls": [write("good"), tests]}, {"text": "Shall I go on?"},
            {"calls": [done()]}, {"text": "It fails."}])
    c = protocol.start(w, task="go", test="sh t.sh", test_by="flag", plan="skip")
    c.wait_event("proposal")
    w.write("t.sh", "exit 7\n")
    c.send(type="say", text="yes, I changed t.sh")
    e = c.wait_event("evidence", lambda e: e["status"] == "done")
    assert e["exit"] == 7, e


def test_of_the_project(w):
    """It is said that the project set the check, and not the user."""
    project(w)
    w.write(".assent/config.json", '{"test": "sh t.sh"}')
    w.mock([{"calls": [write("good"), done()]}])
    r = w.run("exec", "--plan", "skip", "--approve", "yes", "fix it", code=0)
    assert msg.SET_BY_THE_PROJECT.encode() in r.stdout, r.stdout
    assert w.events("evidence")[-1]["check_by"] == "project"
    assert w.events("agent_end")[0]["check"]["by"] == "project"


def test_once_while_nothing_changes(w):
    """A model that changes nothing after it was sent back is done; one that says
    why the check can't pass is at once, and that comes first."""
    project(w)
    why = {"name": "done", "args": {"summary": "a.txt is bad.",
                                    "cannot_pass": "no pandoc here"}}
    look = {"name": "bash", "args": {"command": "cat a.txt"}}
    for answers, sent in (([done()], [look, done()]), [1, None]), \
            (([why],), [None]), (([done()], [why]), [1, None]):
        w.clean_project()
        w.write("a.txt", "old\n")
        w.write("t.sh", "exit 7\n")
        m = w.mock([{"calls": [write("bad")]}] +
                   [{"calls": calls} for calls in answers])
        r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
                  "sh t.sh", "fix it", code=3)
        assert returned(w) == sent, w.events("evidence")
        assert len(m.requests()) == len(answers) + 1
        end = w.events("agent_end")[0]
        assert (end["outcome"], end["exit"]) == ("unproven", 3), end
        if answers[-1] == [why]:
            assert end["summary"] == "The check can't pass: no " \
                "pandoc here\na.txt is bad.", end
            assert b"model says the check can't pass: no pandoc here\n" in \
                r.stdout, r
            assert b"check not passed: The check can't pass: no pandoc" in \
                r.stdout, r.stdout


def test_before_the_changes(w):
    """A check that fails and never passed runs once on the files without them,
    beside the model's work; if it fails there, too, both are told."""
    before_the_changes(w, "exit 1", "failed, exit 1")
    before_the_changes(w, "signal 15", "failed, exit 143")


def before_the_changes(w, how, record):
    w.clean_project()
    project(w)
    if how != "exit 1":
        w.write("t.sh", w.read("t.sh") + "kill -15 $$\n")
    if harness.level(w) != "A":
        raise harness.Skip("only layers cost nothing")
    look = {"name": "bash", "args": {"command": "echo look"}}
    m = w.mock([{"calls": [write("bad"), done()]},
                {"calls": [look], "wait_for": "go"}, {"calls": [done()]}])
    c = protocol.start(w, task="fix it", plan="skip", **CHECK)
    note = c.wait("the note", lambda: [e for e in c.event_list("note")
                                       if e.get("before")])[0]
    assert note["text"] == "the check failed before the agent's " \
        "changes, too (%s): sh t.sh" % how, note
    with open(m.dir + "/go", "w"):
        pass
    c.wait_status("1 of 1 hunk to review")
    told = [e["text"] for e in w.events("tool_result") if e["name"] == "bash"]
    assert "the check failed before your changes, too: %s, with " \
        "this last line: `a.txt has old`" % how in told[0], told
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    assert record + ", as before the changes" in \
        w.run("log").stdout.decode()
    assert len([e for e in w.events("note") if e.get("before")]) == 1
    assert not [n for n in os.listdir(w.session_dir()) if n == "baseline"]
    c.close_and_wait()


def test_before_the_changes_is_told_once(w):
    """With the check's own result, if it isn't told by then."""
    project(w)
    if harness.level(w) != "A":
        raise harness.Skip("only layers cost nothing")
    look = {"name": "bash", "args": {"command": "echo look"}}
    m = w.mock([{"calls": [write("bad"), {"name": "run_tests", "args": {}}]},
                {"calls": [done()], "wait_for": "go"}, {"calls": [look]},
                {"calls": [done()]}])
    c = protocol.start(w, task="fix it", plan="skip", **CHECK)
    c.wait_event("note", lambda e: e.get("before"))
    m.release("go")
    c.wait_status("1 of 1 hunk to review")
    told = [e["text"] for e in w.events("tool_result")]
    assert ["before your changes, too" in t for t in told] == [
        False, False, True, False], told
    assert "cannot_pass.\na.txt has bad" in told[2], told


def test_counts_first(w):
    """Of a check that passes the model gets its counts and the end of what it
    printed; of one that fails the counts before the rest."""
    project(w)
    w.write("t.sh", "yes 'libtool: link: cc' | head -99\n"
            "grep -q good a.txt && echo === 3 passed in 0.10s === && exit\n"
            "echo === 1 failed, 2 passed in 0.10s ===; exit 1\n")
    tests = {"name": "run_tests", "args": {}}
    w.mock([{"calls": [write("bad"), tests, done()]},
            {"calls": [write("good"), tests, done()]}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "--test", "sh t.sh",
          "fix it", code=0)
    bad, good = [e["text"] for e in w.events("tool_result")
                 if e["name"] == "run_tests"]
    assert bad.startswith("exit status 1: 1 failed, 2 passed\nlibtool"), bad
    assert good.startswith("exit status 0: 3 passed\n") and \
        bad.count("libtool") == 99 and 20 < good.count("libtool") < 30, good
    told = [e for e in w.events("tool_result") if e["name"] == "done"][0]
    assert "failed, exit 1 (1 failed, 2 passed). Fix" in told["text"], told


def test_before_is_not_the_models_doing(w):
    """What a command left that is in no proposal can make the check fail, and
    what it made can be missing without it: neither was so before."""
    project(w)
    if harness.level(w) != "A":
        raise harness.Skip("only layers cost nothing")
    w.write(".gitignore", "made\n")
    w.repository()
    text = w.read("t.sh")
    for check, command, word in (
            ("test ! -e ~/made || exit 1\n", "touch ~/made", "good"),
            ("test -e made || exit 127\n", "touch made", "bad")):
        w.write("t.sh", check + text)
        first = [{"name": "bash", "args": {"command": command}}]
        if word == "good":
            first.append({"name": "run_tests", "args": {}})
        w.mock([{"calls": first}, {"calls": [write(word), done()]},
                {"calls": [done()]}])
        w.run("exec", "--plan", "skip", "--test", "sh t.sh", "fix it", code=5)
        assert w.events("evidence")[-1]["exit"] == 1
        assert not [e for e in w.events("note") if e.get("before")], word


def test_before_any_change(w):
    """A check that fails before anything has changed, also while the model
    plans, failed before the changes: no other run is needed for that."""
    tests = {"name": "run_tests", "args": {}}
    plan = {"name": "plan", "args": {"goal": "g", "steps": [{"title": "s"}]}}
    for mode, first in ("skip", [tests]), ("auto", [tests, plan]):
        w.clean_project()
        project(w)
        w.mock([{"calls": first}, {"calls": [write("bad"), done()]},
                {"calls": [dict(done(), args={
                    "summary": "s", "cannot_pass": "no"})]}])
        r = w.run("exec", "--plan", mode, "--approve", "yes", "--test",
                  "sh t.sh", "fix it", code=3)
        notes = [e["text"] for e in w.events("note") if e.get("before")]
        assert notes == ["the check failed before the agent's "
                         "changes"], notes
        told = [e["text"] for e in w.events("tool_result")
                if e["name"] == "done"][0]
        assert "failed, exit 1; it failed before your changes, too. Fix" in \
            told, told
        assert b"  check: sh t.sh: failed, exit 1, as before the changes (set " \
            b"by --test)" in r.stdout, r.stdout


def test_before_the_changes_delays_nothing(w):
    """What is accepted is written although that run hangs, and ends it."""
    project(w)
    w.write("t.sh", "grep -q old a.txt && exec sleep 1000; exit 1\n")
    w.mock([{"calls": [write("bad"), done()]}, {"calls": [done()]}])
    c = protocol.start(w, task="fix it", plan="skip", **CHECK)
    c.wait_status("1 of 1 hunk to review")
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    assert w.read("a.txt") == "bad\n"
    assert not [e for e in w.events("note") if e.get("before")]
    assert "baseline" not in os.listdir(w.session_dir())


CANNOT = {"name": "done", "args": {"summary": "s",
                                   "cannot_pass": "make is missing"}}


def test_cannot_pass_without_a_check(w):
    """It is unproven, too."""
    project(w)
    w.mock([{"calls": [write("bad"), CANNOT]}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "fix it", code=3)


def test_cannot_pass_killed(w):
    """The core is killed before the check has ended, or while you review: it ends
    as if it hadn't been."""
    project(w)
    w.write("t.sh", "[ -e ~/ran ] && exit 7; touch ~/ran; echo written; "
            "exec sleep 1000\n")
    why = {"calls": [{"name": "done", "args": {
        "summary": "a.txt is bad.", "cannot_pass": "no pandoc here"}}]}
    for check in (CHECK, {}):
        m = w.mock([{"calls": [write("bad")] + why["calls"]}, why])
        c = protocol.start(w, task="go", plan="skip", **check)
        if check:
            wait_written(c)
        else:
            c.wait_status("1 of 1 hunk to review")
        protocol.kill(w, c)
        c = protocol.resume(w)
        c.wait_status("1 of 1 hunk to review")
        p = w.events("proposal")[-1]
        c.send(type="decide", proposal=p["seq"], version=1, all="yes",
               seen=True)
        end = c.wait_event("agent_end")
        assert (end["outcome"], end["exit"]) == ("unproven", 3), end
        assert end["summary"] == "The check can't pass: no pandoc " \
            "here\na.txt is bad.", end
        c.close_and_wait()
        assert len(m.requests()) == (2 if check else 1)
        w.write("a.txt", "old\n")


def test_cannot_pass_but_it_does(w):
    """What the check shows counts."""
    project(w)
    w.mock([{"calls": [write("good"), CANNOT]}])
    w.run("exec", "--plan", "skip", "--approve", "yes", "--test", "sh t.sh",
          "fix it", code=0)
    assert w.events("agent_end")[0]["summary"] == "s"


def test_at_most(w):
    """After check_retries times it ends as it is; an answer without calls ends
    the work, too, where nobody is there to be asked."""
    project(w)
    for says in (lambda n: {"calls": [write("bad %d" % n), done()]},
                 lambda n: {"text": "I am done."}):
        for retries, settings in ((3, {}), (1, {"ASSENT_CHECK_RETRIES": "1"}),
                                  (0, {"ASSENT_CHECK_RETRIES": "0"})):
            w.clean_project()
            w.write("a.txt", "old\n")
            w.write("t.sh", "exit 7\n")
            again = retries if says(0).get("calls") else min(retries, 1)
            m = w.mock([{"calls": [write("bad")]}] +
                       [says(n) for n in range(again + 1)])
            w.env.update(settings)
            r = w.run("exec", "--plan", "skip", "--approve", "yes", "--test",
                      "sh t.sh", "fix it")
            for name in settings:
                del w.env[name]
            assert r.returncode == 3, r.stdout + r.stderr
            assert returned(w) == list(range(1, again + 1)) + [None]
            assert len(m.requests()) == again + 2
            assert not w.events("proposal")[:-2], w.events("proposal")
            if again == 3:
                assert b"  failed 3 times before\n" in r.stdout, r
            w.verify()


def test_with_a_person(w):
    """You are asked when the model can do no more; your message restarts the
    count. A question to the model doesn't end the work."""
    project(w)
    bad = [{"calls": [write("bad %d" % n), done()]} for n in range(5)]
    w.mock(bad[:4] + [{"text": "Which one?"}, bad[4],
                      {"calls": [write("good"), done()]}])
    c = protocol.start(w, task="fix it", **CHECK)
    c.wait_event("proposal")
    c.wait_status("1 of 1 hunk to review")
    lines = [e for e in c.lines if "seq" in e]
    assert returned(w) == [1, 2, 3, None], w.events("evidence")
    assert [e["type"] for e in lines if e["type"] in ("proposal",) or
            e.get("status") == "done"] == ["evidence"] * 4 + ["proposal"]
    assert w.events("proposal")[0]["final"] is True
    c.send(type="say", text="go on")
    c.wait("an answer", lambda: [e for e in c.event_list("assistant_message")
                                 if "Which" in e["text"]])
    c.wait_status("to review")
    assert len(returned(w)) == 4, returned(w)
    c.send(type="say", text="that one")
    c.wait("a check that passes", lambda: c.event_list(
        "evidence", lambda e: e.get("exit") == 0))
    assert returned(w)[4:] == [1, None], returned(w)


def test_on_what_is_accepted_so_far(w):
    """It runs by itself after a mark that accepts a part, on that part; a decision
    waits for no result, and tells which it had."""
    harness.need_sandbox(w)
    w.write("a.txt", "".join("%d\n" % n for n in range(40)))
    text = w.read("a.txt").replace("\n5\n", "\nfive\n").replace(
        "\n20\n", "\ntwenty\n").replace("\n35\n", "\nmore\n")
    w.mock([{"calls": [{"name": "write", "args": {
        "path": "a.txt", "content": text}}, done()]}])
    # It hangs where twenty is accepted, and five isn't.
    check = ("cat a.txt; grep -q five a.txt || ! grep -q twenty a.txt || "
             "exec sleep 1000; grep -q five a.txt")
    c = protocol.start(w, task="go", test=check, test_by="flag", plan="skip")
    p = c.wait_event("proposal")
    c.wait_status("3 of 3 hunks to review")
    five, twenty, more = [h["id"] for h in p["files"][0]["hunks"]]

    def mark(hunk, what):
        c.send(type="mark", proposal=p["seq"], version=1, hunk=hunk, mark=what,
               seen=True)

    def ran(n):
        return c.wait("check %d" % n, lambda: [
            e for e in c.event_list("evidence") if e["status"] == "done" and
            e["where"] == "accepted"][n - 1:])[0]
    mark(five, "yes")
    e = ran(1)
    assert e["exit"] == 0 and "\ntwenty\n" not in e["text"], e
    e0 = e["seq"]
    # The same hunks are accepted: what it said of them holds.
    mark(more, "no")
    mark(five, "none")
    c.wait_event("evidence", lambda e: e["status"] == "stale")
    mark(five, "yes")
    again = c.wait_event("evidence", lambda e: e["status"] == "valid")
    mark(more, "none")
    mark(five, "no")
    mark(more, "yes")
    assert ran(2)["exit"] == 1
    assert [e["status"] for e in c.event_list("evidence")
            if e["seq"] > e0 and e["seq"] <= again["seq"]] == \
        ["stale", "valid"]
    mark(more, "none")

    def hangs(n):
        c.wait("a check that hangs", lambda: len(c.event_list(
            "evidence", lambda e: e["status"] == "running" and
            e["where"] == "accepted")) == n)
    # The user ends the check, and nothing else.
    mark(twenty, "yes")
    hangs(3)
    c.send(type="interrupt", check=True)
    c.wait("the check's end", lambda: c.event_list(
        "evidence", lambda e: e.get("stopped")))
    c.wait_status("1 of 3 hunks to review")
    # Too late for a check that has ended, it stops nothing else.
    c.send(type="interrupt", check=True)
    mark(twenty, "none")
    mark(twenty, "yes")
    hangs(4)
    assert not c.event_list("interrupt")
    c.send(type="decide", proposal=p["seq"], version=1)
    assert c.wait_event("decision")["check"] == "running"
    c.wait_event("applied")
    assert w.read("a.txt") == text.replace("five", "5").replace("more", "35")


def test_what_it_writes(w):
    """A file that only the check wrote isn't proposed. While you review, the
    check changes no proposed file: one that it writes each time, and that a
    command wrote, too, can be rejected. What its own .gitignore hid goes, too."""
    harness.need_sandbox(w)
    w.write("old.txt", "old\n")
    m = w.mock([PLAN, {"calls": [write("good"), {"name": "bash", "args": {
        "command": "date +%N >report.txt"}}, STEP]}, {"calls": [done()]}])
    c = protocol.start(w, task="go", test_by="flag", plan="auto",
                       test="date +%N | tee old.txt report.txt new.txt >>a.txt; "
                       "mkdir -p out; echo '*' | tee out/.gitignore >out/x")
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["a.txt", "report.txt"], p
    # It passed with these, which are undone.
    ran = c.wait_event("evidence", lambda e: e["status"] == "done")
    assert ran["exit"] == 0 and ran["unproposed"] == 6, ran
    assert ran["put_away"] == ["new.txt", "old.txt", "out/.gitignore",
                               "out/x"], ran
    c.wait_status("2 of 2 hunks to review")
    for f in p["files"]:
        c.send(type="mark", proposal=p["seq"], version=1, seen=True,
               hunk=f["hunks"][0]["id"],
               mark="yes" if f["path"] == "a.txt" else "no")
    c.send(type="decide", proposal=p["seq"], version=1)
    end = c.wait_event("agent_end")
    assert [(x["path"], x["why"]) for x in end["not_written"]] == [
        ("report.txt", "rejected"), ("new.txt", "by the check alone"),
        ("old.txt", "by the check alone"),
        ("out/.gitignore", "by the check alone"),
        ("out/x", "by the check alone")], end
    assert len(m.requests()) == 3
    # It ran once more when the model said that it is done.
    assert len(c.event_list("evidence", lambda e: e["status"] == "done")) == 2
    assert [e["files"] for e in c.event_list("proposal")[1:]] == [[]]
    assert w.read("a.txt") == "good\n" and w.read("old.txt") == "old\n"


def test_what_it_removes(w):
    """While you review, a file that is proposed stays so, if the check deletes it,
    gives it its old content, or makes a folder of it."""
    harness.need_sandbox(w)
    w.write("old.txt", "old\n")
    w.write("z", "old\n")
    w.mock([PLAN, {"calls": [write("good"), {"name": "bash", "args": {
        "command": "echo new | tee old.txt b z >c"}}, STEP]},
        {"calls": [done()]}])
    c = protocol.start(w, task="go", test_by="flag", plan="auto",
                       test="rm a.txt b c; echo old >old.txt; mkdir b; echo 1 >b/1")
    p = c.wait_event("proposal")
    c.wait_event("evidence", lambda e: e["status"] == "done")
    c.wait_status("of 5 hunks to review")
    c.send(type="mark", proposal=p["seq"], version=1, seen=True,
           hunk=p["files"][-1]["hunks"][0]["id"], mark="yes")
    c.send(type="decide", proposal=p["seq"], version=1)
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    assert [f["path"] for f in p["files"]] == ["a.txt", "b", "c", "old.txt"], p


# It writes, says so and, if it is to, waits to be killed.
WRITES = ("echo check >>a.txt; echo check >old.txt; echo check >new.txt; rm z; "
          "echo written; grep -q old b || exec sleep 1000")


def wait_written(c):
    c.wait("what the check prints", lambda: [
        x for x in c.lines if x.get("type") == "delta" and
        "written" in x.get("text", "")])


def writes_project(w):
    harness.need_sandbox(w)
    for name in ("old.txt", "b", "z"):
        w.write(name, "old\n")


def test_killed(w):
    """The core is killed while the check runs, before or while you review: what
    only the check wrote isn't proposed."""
    writes_project(w)
    for review in (False, True):
        w.mock([PLAN, {"calls": [write("good"), {"name": "bash", "args": {
            "command": "echo new | tee b >z"}},
            STEP if review else done()]}, {"calls": [done()]},
            {"text": "done"}])
        c = protocol.start(w, task="go", test_by="flag", plan="auto", test=WRITES)
        wait_written(c)
        assert len(c.event_list("proposal")) == review
        protocol.kill(w, c)
        c = protocol.resume(w)
        c.wait_status("of 3 hunks to review")
        p = w.events("proposal")
        assert [f["path"] for f in p[-1]["files"]] == ["a.txt", "b", "z"], p
        assert p[-1]["version"] == 1, p
        c.close_and_wait()


def test_saved_meanwhile(w):
    """A file that you save while a proposal is shown stays when the check's
    changes are undone, whether you save before it begins or while it runs."""
    writes_project(w)
    w.write("b", "new\n")      # it waits to be stopped

    def text(first="old", middle="line", last="line"):
        more = "line\n" * 4
        return "%s\n%s%s\n%s%s\n" % (first, more, middle, more, last)
    w.write("a.txt", text())
    w.mock([{"calls": [{"name": "write", "args": {
        "path": "a.txt", "content": text("good")}}, done()]}])
    c = protocol.start(w, task="go", test="true", test_by="flag", plan="skip")
    c.wait_event("proposal")
    c.wait_status("1 of 1 hunk to review")
    w.write("a.txt", text(last="mine"))
    c.send(type="set", check=WRITES)
    wait_written(c)
    w.write("a.txt", text(middle="mine, too", last="mine"))
    c.send(type="interrupt", check=True)
    c.wait_event("evidence", lambda e: e.get("stopped"))
    p = c.event_list("proposal")[0]
    c.send(type="mark", proposal=p["seq"], version=1, seen=True,
           hunk=p["files"][0]["hunks"][0]["id"], mark="yes")
    c.send(type="decide", proposal=p["seq"], version=1)
    # The file isn't as it was shown.
    p = c.wait_event("proposal", lambda e: e["version"] == 2)
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert [h["text"] for h in p["files"][0]["hunks"]] == [
        "-old\n+good\n line\n line\n line\n"], p
    assert p["files"][0]["before"]["hash"] == hashlib.sha256(
        w.read("a.txt").encode()).hexdigest()


def test_nothing_was_changed(w):
    """A question that was answered needs no passing check; in plain text, none."""
    project(w)
    m = w.mock([{"calls": [done()]}, {"text": "It is a file."}])
    c = protocol.start(w, task="what is a.txt?", **CHECK)
    assert c.wait_event("agent_end")["exit"] == 3
    assert returned(w) == [None], w.events("evidence")
    assert len(m.requests()) == 1
    c.send(type="say", text="what is it?")
    c.wait("the end", lambda: len(c.event_list("agent_end")) == 2)
    assert c.event_list("agent_end")[1]["outcome"] == "done"
    assert returned(w) == [None], w.events("evidence")


def test_the_model_asks(w):
    """The check doesn't begin while a question of the model's waits."""
    project(w)
    w.mock([{"calls": [write("good")]}, {"text": "This one, or **that?**"},
            {"calls": [done()]}])
    c = protocol.start(w, task="go", plan="skip", **CHECK)
    c.wait_event("proposal")
    c.wait_status("1 of 1 hunk to review")
    assert not w.events("evidence")
    c.send(type="say", text="this one")
    c.wait("the check", lambda: returned(w) == [None])
    c.wait_status("1 of 1 hunk to review")


harness.main(globals())
